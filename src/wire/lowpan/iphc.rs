//! The compressed IPv6 header (RFC 6282 section 3).

use super::Contexts;
use super::make::{Making, Reader};
use super::nhc::{self, Ends};
use super::routing::Route;
use crate::model::UnknownPrefix;
use crate::wire::Undecodable;
use crate::wire::ip::protocol;

/// The first three bits of the dispatch octet.
pub(super) const DISPATCH: u8 = 0b011;

/// A prefix that nodes have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Its bits, then zeros.
    octets: [u8; 16],
    /// How many bits count, up to 128.
    bits: u8,
}

impl Prefix {
    /// The first `bits` of `octets`; more than 128 are all of them.
    pub fn new(octets: [u8; 16], bits: u8) -> Self {
        let bits = bits.min(128);
        let kept = u128::MAX.checked_shl(u32::from(128 - bits)).unwrap_or(0);
        Self {
            octets: (u128::from_be_bytes(octets) & kept).to_be_bytes(),
            bits,
        }
    }

    /// `fe80::/64`.
    const LINK_LOCAL: Self = Self {
        octets: [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        bits: 64,
    };
    /// Stands for one that is not known.
    const UNKNOWN: Self = Self {
        octets: [0; 16],
        bits: 64,
    };

    /// The address of this interface identifier, of which the prefix covers what it is long for
    /// (RFC 6282 section 3.1.1).
    fn with_identifier(&self, identifier: [u8; 8]) -> [u8; 16] {
        let identifier = u128::from(u64::from_be_bytes(identifier));
        let free = u128::MAX.checked_shr(self.bits.into()).unwrap_or(0);
        (u128::from_be_bytes(self.octets) | identifier & free).to_be_bytes()
    }
}

/// What surrounds a compressed header: it may leave out what that tells.
pub(super) struct Around<'c> {
    /// Interface identifier of the sender.
    pub(super) src: Option<[u8; 8]>,
    /// Interface identifier of the receiver.
    pub(super) dst: Option<[u8; 8]>,
    /// Prefixes that may cover those identifiers, where they are not known.
    pub(super) unknown: UnknownPrefix,
    pub(super) contexts: &'c Contexts,
    /// The headers that stand before it (RFC 8138).
    pub(super) route: &'c Route<'c>,
}

/// Makes an IPv6 header, and the compressed headers behind it.
pub(super) fn expand(
    from: &mut Reader<'_>,
    around: &Around<'_>,
    into: &mut Making<'_>,
) -> Result<(), Undecodable> {
    const NEXT_IS_COMPRESSED: u16 = 1 << 10;
    const CONTEXTS_FOLLOW: u16 = 1 << 7;
    const MULTICAST: u16 = 1 << 3;
    let base = from.u16()?;
    let (src_context, dst_context) = if base & CONTEXTS_FOLLOW == 0 {
        (0, 0)
    } else {
        let both = from.u8()?;
        (both >> 4, both & 0x0f)
    };
    let (class, label) = class_and_label(base >> 11 & 3, from)?;
    let next = if base & NEXT_IS_COMPRESSED == 0 {
        Some(from.u8()?)
    } else {
        None
    };
    let hop_limit = match base >> 8 & 3 {
        0 => from.u8()?,
        1 => 1,
        2 => 64,
        _ => 255,
    };
    let mut unknown = UnknownPrefix::default();
    let src = {
        let mut field = Field {
            mode: Mode::of(base >> 6, base >> 4),
            context: src_context,
            elided: around.src,
            outer: around.route.around[0],
            elided_unknown: around.unknown.src,
            contexts: around.contexts,
            unknown: &mut unknown.src,
        };
        field.source(from)?
    };
    let dst = {
        let mut field = Field {
            mode: Mode::of(base >> 2, base),
            context: dst_context,
            elided: around.dst,
            outer: around.route.around[1],
            elided_unknown: around.unknown.dst,
            contexts: around.contexts,
            unknown: &mut unknown.dst,
        };
        if base & MULTICAST == 0 {
            field.destination(from)?
        } else {
            field.group(from)?
        }
    };
    let first = 6 << 28 | u32::from(class) << 20 | label;
    let start = into.ipv6(unknown)?;
    into.octets.extend_from_slice(&first.to_be_bytes());
    // The payload length follows when all is made.
    into.octets.extend_from_slice(&[0, 0]);
    into.octets.push(protocol::NO_NEXT_HEADER);
    into.octets.push(hop_limit);
    into.octets.extend_from_slice(&src);
    into.octets.extend_from_slice(&dst);
    into.named_at = around.route.follow(start, into)?;
    let ends = Ends {
        src,
        dst,
        unknown,
        contexts: around.contexts,
    };
    match next {
        Some(next) => into.name(next),
        None => nhc::expand(from, &ends, into)?,
    }
    Ok(())
}

/// Traffic class and flow label (section 3.2.1): the class's two parts change places.
fn class_and_label(mode: u16, from: &mut Reader<'_>) -> Result<(u8, u32), Undecodable> {
    let label = |[high, a, b]: [u8; 3]| u32::from_be_bytes([0, high & 0x0f, a, b]);
    Ok(match mode {
        0 => {
            let class = from.u8()?.rotate_left(2);
            (class, label(from.array()?))
        }
        1 => {
            let octets: [u8; 3] = from.array()?;
            (octets[0] >> 6, label(octets))
        }
        2 => (from.u8()?.rotate_left(2), 0),
        _ => (0, 0),
    })
}

/// How an address is compressed: with which prefix, and how many octets of it are there.
#[derive(Clone, Copy)]
struct Mode {
    stateful: bool,
    size: u16,
}

impl Mode {
    const fn of(stateful: u16, size: u16) -> Self {
        Self {
            stateful: stateful & 1 != 0,
            size: size & 3,
        }
    }
}

/// An address that is to be made.
struct Field<'f> {
    mode: Mode,
    context: u8,
    /// Interface identifier by what surrounds the header.
    elided: Option<[u8; 8]>,
    /// The same by the header around it, where the prefix is a context's (RFC 8138 section 5.2.3).
    outer: Option<[u8; 8]>,
    elided_unknown: Option<u8>,
    contexts: &'f Contexts,
    unknown: &'f mut Option<u8>,
}

impl Field<'_> {
    /// SAC and SAM (section 3.1.1).
    fn source(&mut self, from: &mut Reader<'_>) -> Result<[u8; 16], Undecodable> {
        match self.mode.size {
            0 if self.mode.stateful => Ok([0; 16]),
            0 => from.array(),
            _ => self.with_prefix(from),
        }
    }

    /// DAC and DAM for M = 0.
    fn destination(&mut self, from: &mut Reader<'_>) -> Result<[u8; 16], Undecodable> {
        match self.mode.size {
            0 if self.mode.stateful => Err(Undecodable::Malformed),
            0 => from.array(),
            _ => self.with_prefix(from),
        }
    }

    fn with_prefix(&mut self, from: &mut Reader<'_>) -> Result<[u8; 16], Undecodable> {
        let prefix = if self.mode.stateful {
            self.of_context()
        } else {
            Prefix::LINK_LOCAL
        };
        let identifier = match self.mode.size {
            1 => from.array()?,
            2 => of_short(from.array()?),
            _ => {
                *self.unknown = self.unknown.or(self.elided_unknown);
                let outer = self.outer.filter(|_| self.mode.stateful);
                outer.or(self.elided).ok_or(Undecodable::Malformed)?
            }
        };
        Ok(prefix.with_identifier(identifier))
    }

    /// DAC and DAM for M = 1.
    fn group(&mut self, from: &mut Reader<'_>) -> Result<[u8; 16], Undecodable> {
        let mut group = [0; 16];
        group[0] = 0xff;
        match (self.mode.stateful, self.mode.size) {
            (false, 0) => return from.array(),
            (false, 1) => {
                group[1] = from.u8()?;
                group[11..].copy_from_slice(&from.array::<5>()?);
            }
            (false, 2) => {
                group[1] = from.u8()?;
                group[13..].copy_from_slice(&from.array::<3>()?);
            }
            (false, _) => {
                group[1] = 2;
                group[15] = from.u8()?;
            }
            // A group made of a network's prefix (RFC 3306, RFC 3956).
            (true, 0) => {
                let [flags, interface, id @ ..] = from.array::<6>()?;
                let prefix = self.of_context();
                group[1..3].copy_from_slice(&[flags, interface]);
                group[3] = prefix.bits.min(64);
                group[4..12].copy_from_slice(&prefix.octets[..8]);
                group[12..].copy_from_slice(&id);
            }
            (true, _) => return Err(Undecodable::Malformed),
        }
        Ok(group)
    }

    fn of_context(&mut self) -> Prefix {
        let known = self.contexts.get(usize::from(self.context)).copied();
        known.flatten().unwrap_or_else(|| {
            *self.unknown = Some(self.context);
            Prefix::UNKNOWN
        })
    }
}

/// The interface identifier of a 16-bit address (section 3.2.2).
pub(super) const fn of_short([high, low]: [u8; 2]) -> [u8; 8] {
    [0, 0, 0, 0xff, 0xfe, 0, high, low]
}
