//! What a dropped TCP segment was to its connection: what a program is told depends on that.

use crate::icmp::Quote;
use crate::wire::bytes;
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, CONTROL_BITS, RST, SYN};

/// A TCP segment by its control bits (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// It asks for a connection.
    Syn,
    /// It accepts one: the system sends it before any program has the connection.
    SynAck,
    /// It belongs to a connection that is there, or ends it.
    Connected,
    /// It refuses or resets one.
    Reset,
}

impl Segment {
    /// With these flags; `None` where they are none, as those that are not known.
    pub(super) const fn with(flags: u8) -> Option<Self> {
        match flags {
            0 => None,
            _ if flags & RST != 0 => Some(Self::Reset),
            _ if flags & SYN == 0 => Some(Self::Connected),
            _ if flags & ACK == 0 => Some(Self::Syn),
            _ => Some(Self::SynAck),
        }
    }

    /// The one that `quote` quotes, where it goes on to the flags.
    pub(super) fn quoted(quote: &Quote<'_>) -> Option<Self> {
        let ip = &quote.ip;
        if ip.protocol != TCP || ip.is_later_fragment() {
            return None;
        }
        Self::with(bytes::u8_at(ip.payload, CONTROL_BITS)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_bits_tell_what_a_segment_is_for() {
        let of = |flags| Segment::with(flags);
        // With ECN's bits as well.
        assert_eq!(
            (of(0x02), of(0xc2)),
            (Some(Segment::Syn), Some(Segment::Syn))
        );
        assert_eq!(of(0x52), Some(Segment::SynAck));
        for flags in [0x10, 0x18, 0x11, 0x01, 0x08] {
            assert_eq!(of(flags), Some(Segment::Connected), "{flags:#x}");
        }
        assert_eq!(
            (of(0x04), of(0x14)),
            (Some(Segment::Reset), Some(Segment::Reset))
        );
        assert_eq!(of(0), None);
    }
}
