//! Messages in which one word is not that of the packet they come from: the payload of the request that a
//! reply brings back, or what an error quotes.

use crate::correlate::flows::{Chain, Fingerprint, Ring};
use crate::correlate::lead::Lead;
use crate::correlate::numbered::Numbered;
use crate::correlate::translated::Look;
use crate::correlate::{Answer, Correlator, MatchKind, Original, Relation};
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::cause::{self, Altered, ChecksumCause, Proven, QuotedBy};
use crate::icmp::{Message, Quote};
use crate::model::FrameRef;
use crate::wire::Checksum;
use crate::wire::bytes::{offset_in, u8_at};
use crate::wire::checksum::upper_checksum;
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::CONTROL_BITS;

/// Octets of an echo before its payload.
const ECHO_HEADER: usize = 8;

impl Correlator {
    /// The word of a message, which was related so, that is another in the packet it comes from and makes
    /// its checksum as wrong as it is.
    #[cold]
    pub(super) fn altered(
        &self,
        message: &Message<'_>,
        relation: Relation,
    ) -> Option<ChecksumCause> {
        let off = Sum::off(message.checksum)?;
        let explains = |word: Altered| word.explains(message.bytes, off);
        match relation {
            Relation::Answer(Answer {
                change: Some(change),
                ..
            }) => change.altered(ECHO_HEADER).and_then(explains),
            Relation::Error {
                original:
                    Some(Original::Found {
                        match_kind: MatchKind::Exact,
                        frame,
                        flags,
                        ..
                    }),
            } => {
                let quote = message.quote()?;
                let start = offset_in(message.bytes, quote.ip.payload)?;
                let in_lead = || of_lead(self.ring.as_ref()?, quote, frame, start);
                in_lead()
                    .and_then(explains)
                    .or_else(|| explains(of_flags(quote, flags, start)?))
                    .or_else(|| explains(self.of_payload(quote, frame, start)?))
            }
            _ => None,
        }
    }

    /// The word of the quoted payload of an echo request that is another in the request itself.
    fn of_payload(&self, quote: &Quote<'_>, original: FrameRef, start: usize) -> Option<Altered> {
        let asked = Numbered::of_quote(quote)?.request()?;
        let change = self.exchanges.change(asked, original, quote.payload())?;
        change.altered(start + ECHO_HEADER)
    }
}

/// Whether the checksum of the TCP, UDP or ICMP that an error quotes, which nothing in it explains, is as
/// wrong as a word makes it that is another in the packet itself.
pub(super) fn of_quoted(
    ring: &Ring,
    error: &Look<'_, '_>,
    original: Option<Original>,
) -> Option<ChecksumCause> {
    let Some(Original::Found {
        match_kind: MatchKind::Exact,
        frame,
        flags,
        ..
    }) = original
    else {
        return None;
    };
    let (quote, ip) = (error.quote, &error.quote.ip);
    let checksum = upper_checksum(ip)?;
    let off = Sum::off(checksum)?;
    let by = QuotedBy {
        addrs: error.ip.ends(),
        checksum: Checksum::NONE,
        proven: Proven::default(),
    };
    if cause::of_quoted(checksum, ip, Some(by)).is_some() {
        return None;
    }
    let explains = |word: Altered| word.explains(ip.payload, off);
    of_lead(ring, quote, frame, 0)
        .and_then(explains)
        .or_else(|| explains(of_flags(quote, flags, 0)?))
}

/// The word with the flags of a quoted TCP segment, whose transport begins at `start`, as it was with those
/// of the packet itself.
fn of_flags(quote: &Quote<'_>, flags: u8, start: usize) -> Option<Altered> {
    const AT: usize = CONTROL_BITS - 1;
    let ip = &quote.ip;
    let quoted = u8_at(ip.payload, CONTROL_BITS)?;
    let is_other = ip.protocol == TCP && !ip.is_later_fragment() && quoted != flags;
    is_other.then_some(Altered {
        at: start + AT,
        was: u16::from_be_bytes([u8_at(ip.payload, AT)?, flags]),
    })
}

/// The word in the first octets of the quoted transport that is another in the packet itself.
fn of_lead(ring: &Ring, quote: &Quote<'_>, original: FrameRef, start: usize) -> Option<Altered> {
    let quoted = Lead::of_ip(&quote.ip);
    let hashes = ring.hashes(quote.ip.addrs, quote.ip.protocol, quoted);
    let mut found = None;
    ring.walk(Chain::Flow, &hashes, |seen: &Fingerprint| {
        found = (seen.frame == original).then_some(seen.lead);
        found.is_some()
    });
    let sent = found.filter(|_| quote.ip.payload.len() >= Lead::OCTETS)?;
    let mut others = (0..4).filter(|&at| sent.half(at) != quoted.half(at));
    let at = others.next().filter(|_| others.next().is_none())?;
    Some(Altered {
        at: start + 2 * usize::try_from(at).ok()?,
        was: sent.half(at),
    })
}
