//! Router renumbering (RFC 2894).

use std::net::{IpAddr, Ipv6Addr};

use super::Body;
use super::decode::Decoder;
use super::field::{FieldSpec, Names, spec};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// A router renumbering message.
#[derive(Clone, Copy, Debug)]
pub struct RouterRenumbering<'a> {
    /// Command, result or reset, by its code.
    pub kind: RenumberingKind,
    bytes: &'a [u8],
}

/// What the code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenumberingKind {
    /// It tells routers what to change.
    Command,
    /// A router tells what it did.
    Result,
    /// Sequence numbers start anew.
    Reset,
    /// Another code.
    Other,
}

impl<'a> RouterRenumbering<'a> {
    /// Sequence number.
    pub fn sequence(&self) -> Option<u32> {
        u32_at(self.bytes, 4)
    }

    /// Segment number.
    pub fn segment(&self) -> Option<u8> {
        u8_at(self.bytes, 8)
    }

    /// T, R, A, S and P flags as on the wire (RFC 2894 section 3.1).
    pub fn flags(&self) -> Option<u8> {
        u8_at(self.bytes, 9)
    }

    /// Milliseconds by which a router may delay its reply.
    pub fn max_delay(&self) -> Option<u16> {
        u16_at(self.bytes, 10)
    }

    /// The operations of a command, or the results.
    pub fn parts(&self) -> Parts<'a> {
        Parts {
            kind: self.kind,
            rest: tail(self.bytes, HEADER),
            use_prefixes: 0,
        }
    }
}

/// A part of the message's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which format it has.
    pub kind: PartKind,
    /// Its octets, as captured.
    pub bytes: &'a [u8],
}

/// The formats of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Which prefixes an operation is about (RFC 2894 section 3.2.1.1).
    MatchPrefix,
    /// What they become (section 3.2.1.2).
    UsePrefix,
    /// What a router did (section 3.2.2).
    Result,
}

impl PartKind {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MatchPrefix => "match_prefix",
            Self::UsePrefix => "use_prefix",
            Self::Result => "result",
        }
    }

    pub(super) const fn size(self) -> usize {
        match self {
            Self::MatchPrefix | Self::Result => 24,
            Self::UsePrefix => 32,
        }
    }

    pub(super) const fn table(self) -> &'static [FieldSpec] {
        match self {
            Self::MatchPrefix => MATCH_FIELDS,
            Self::UsePrefix => USE_FIELDS,
            Self::Result => RESULT_FIELDS,
        }
    }
}

/// The parts of a body, in order.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    kind: RenumberingKind,
    rest: &'a [u8],
    /// Use-prefix parts to come before the next operation.
    use_prefixes: u8,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    /// The next part; one that was cut is given as far as it goes.
    fn next(&mut self) -> Option<Part<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let kind = match self.kind {
            RenumberingKind::Command if self.use_prefixes > 0 => {
                self.use_prefixes -= 1;
                PartKind::UsePrefix
            }
            RenumberingKind::Command => {
                // OpLength is 4N + 3 for N use-prefix parts (section 3.2.1.1).
                self.use_prefixes = u8_at(self.rest, 1).unwrap_or(0).saturating_sub(3) / 4;
                PartKind::MatchPrefix
            }
            RenumberingKind::Result => PartKind::Result,
            RenumberingKind::Reset | RenumberingKind::Other => return None,
        };
        let (bytes, behind) = self
            .rest
            .split_at_checked(kind.size())
            .unwrap_or((self.rest, &[]));
        self.rest = behind;
        Some(Part { kind, bytes })
    }
}

/// Octets before the body.
const HEADER: usize = 16;

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    decoder.need(HEADER);
    let kind = match decoder.code {
        0 => RenumberingKind::Command,
        1 => RenumberingKind::Result,
        255 => RenumberingKind::Reset,
        _ => RenumberingKind::Other,
    };
    let message = RouterRenumbering {
        kind,
        bytes: decoder.bytes,
    };
    command_rules(decoder, kind);
    let mut at = HEADER;
    let mut ordinals = [false; 256];
    for part in message.parts() {
        decoder.need(at + part.kind.size());
        // Section 3.2.1.1: an operation with another OpLength must be ignored.
        if part.kind == PartKind::MatchPrefix
            && u8_at(part.bytes, 1).is_some_and(|length| length % 4 != 3)
        {
            decoder.rule(at + 1, "length of a prefix operation is not 4N + 3");
        }
        if part.kind == PartKind::MatchPrefix
            && let Some(ordinal) = u8_at(part.bytes, 2)
            && let Some(is_taken) = ordinals.get_mut(usize::from(ordinal))
            && std::mem::replace(is_taken, true)
        {
            decoder.rule(at + 2, "ordinal of an operation before it");
        }
        for (offset, rule) in faults(&part) {
            decoder.rule(at + offset, rule);
        }
        at += part.bytes.len();
    }
    Body::RouterRenumbering(message)
}

/// What is wrong with a command or reset before its operations (sections 3.1 and 4.1).
fn command_rules(decoder: &mut Decoder<'_, '_>, kind: RenumberingKind) {
    const PROCESSED: u8 = 0x08;
    if !matches!(kind, RenumberingKind::Command | RenumberingKind::Reset) {
        return;
    }
    if let IpAddr::V6(dst) = decoder.ip.dst()
        && dst.is_multicast()
        && !is_all_routers(dst)
    {
        decoder.rule(0, "router renumbering is not to all routers");
    }
    if kind == RenumberingKind::Command
        && u8_at(decoder.bytes, 9).is_some_and(|flags| flags & PROCESSED != 0)
    {
        decoder.rule(9, "command that is processed already");
    }
}

/// Whether it is the address of all routers of the node, the link or the site (RFC 4291 section 2.7.1).
fn is_all_routers(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0xff01 | 0xff02 | 0xff05, 0, 0, 0, 0, 0, 0, 2]
    )
}

/// What is wrong with a part (sections 3.2.1.1, 3.2.1.2 and 4.2), by its place there.
fn faults(part: &Part<'_>) -> impl Iterator<Item = (usize, &'static str)> + use<> {
    const BITS: u16 = 128;
    const LAST_OPERATION: u16 = 3;
    let octet = |at| u8_at(part.bytes, at).map_or(0, u16::from);
    let found = match part.kind {
        PartKind::MatchPrefix => [
            (octet(0) == 0 || octet(0) > LAST_OPERATION).then_some((0, "undefined operation")),
            (octet(3) > BITS).then_some((3, "match length over 128")),
            // What the others lead to is no match (RFC 2894 section 4.2).
            None,
        ],
        PartKind::UsePrefix => [
            (octet(0) > BITS).then_some((0, "use length over 128")),
            (octet(0) <= BITS && octet(0) + octet(1) > BITS)
                .then_some((1, "use length and keep length over 128 together")),
            array_at::<16>(part.bytes, 16)
                .map(Ipv6Addr::from)
                .filter(|prefix| prefix.is_multicast() || prefix.is_unicast_link_local())
                .map(|_| (16, "use prefix is multicast or link-local")),
        ],
        PartKind::Result => [
            (octet(3) > BITS).then_some((3, "matched length over 128")),
            None,
            None,
        ],
    };
    found.into_iter().flatten()
}

pub(super) const FIELDS: &[FieldSpec] = &[
    spec::u32(4, "sequence"),
    spec::u8(8, "segment"),
    spec::flag(9, 0x80, "test"),
    spec::flag(9, 0x40, "result_requested"),
    spec::flag(9, 0x20, "all_interfaces"),
    spec::flag(9, 0x10, "site_specific"),
    spec::flag(9, 0x08, "processed_previously"),
    spec::reserved(9, 1, 0x07, "reserved1"),
    spec::millis(10, 2, "max_delay"),
    spec::reserved(12, 4, 0xffff_ffff, "reserved2"),
];

/// RFC 2894 section 3.2.1.1.
const OPERATIONS: Names = Names {
    key: "operation_name",
    words: &["", "add", "change", "set_global"],
};

const MATCH_FIELDS: &[FieldSpec] = &[
    spec::named(spec::u8(0, "operation"), &OPERATIONS),
    spec::u8(1, "operation_length"),
    spec::u8(2, "ordinal"),
    spec::u8(3, "match_length"),
    spec::u8(4, "min_length"),
    spec::u8(5, "max_length"),
    spec::reserved(6, 2, 0xffff, "reserved"),
    spec::v6(8, "match_prefix"),
];

const USE_FIELDS: &[FieldSpec] = &[
    spec::u8(0, "use_length"),
    spec::u8(1, "keep_length"),
    spec::hex(2, 1, "flag_mask"),
    spec::hex(3, 1, "ra_flags"),
    spec::flag(3, 0x80, "on_link"),
    spec::flag(3, 0x40, "autonomous"),
    spec::seconds(4, "valid_lifetime"),
    spec::seconds(8, "preferred_lifetime"),
    spec::flag(12, 0x80, "decrement_valid"),
    spec::flag(12, 0x40, "decrement_preferred"),
    spec::reserved(12, 4, 0x3fff_ffff, "reserved"),
    spec::v6(16, "use_prefix"),
];

const RESULT_FIELDS: &[FieldSpec] = &[
    spec::reserved(0, 2, 0xfffc, "reserved"),
    spec::flag(1, 0x02, "bounds"),
    spec::flag(1, 0x01, "forbidden"),
    spec::u8(2, "ordinal"),
    spec::u8(3, "matched_length"),
    spec::u32(4, "interface_index"),
    spec::v6(8, "matched_prefix"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v6, v6_between};

    fn header(code: u8) -> Vec<u8> {
        vec![138, code, 0, 0, 0, 0, 0, 7, 1, 0x60, 0x03, 0xe8, 0, 0, 0, 0]
    }

    fn message(packet: &[u8]) -> RouterRenumbering<'_> {
        match parse(packet).body {
            Body::RouterRenumbering(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_command_has_operations_with_prefixes() {
        let mut octets = header(0);
        octets.extend([1, 7, 0, 64, 48, 128, 0, 0]);
        octets.extend([0x20; 16]);
        octets.extend([64, 16, 0xc0, 0x80, 0, 0, 0, 9, 0, 0, 0, 8, 0x80, 0, 0, 0]);
        octets.extend([0x30; 16]);
        octets.extend([2, 3, 1, 64, 48, 128, 0, 0]);
        octets.extend([0x40; 16]);
        let packet = v6(&octets);
        let decoded = message(&packet);
        assert_eq!((decoded.sequence(), decoded.segment()), (Some(7), Some(1)));
        assert_eq!(
            (decoded.flags(), decoded.max_delay()),
            (Some(0x60), Some(1000))
        );
        let kinds: Vec<_> = decoded.parts().map(|p| (p.kind, p.bytes.len())).collect();
        assert_eq!(
            kinds,
            [
                (PartKind::MatchPrefix, 24),
                (PartKind::UsePrefix, 32),
                (PartKind::MatchPrefix, 24)
            ]
        );
        assert!(parse(&packet).defects.is_empty());
        every_prefix(&packet);
        every_code(&packet);
        octets[17] = 8;
        assert_eq!(
            rules(&parse(&v6(&octets))),
            ["length of a prefix operation is not 4N + 3"]
        );
    }

    #[test]
    fn lengths_of_more_bits_than_an_address_has_are_told() {
        let told = |code: u8, part: &[u8]| {
            let octets = [&header(code)[..], part, &[0x20; 16]].concat();
            rules(&parse(&v6(&octets)))
        };
        assert_eq!(
            told(0, &[1, 3, 0, 130, 129, 40, 0, 0]),
            ["match length over 128"]
        );
        assert_eq!(
            told(1, &[0, 3, 0, 129, 0, 0, 0, 2]),
            ["matched length over 128"]
        );
        let used = |taken, kept| {
            let mut part = vec![1, 7, 0, 64, 48, 128, 0, 0];
            part.extend([0x20; 16]);
            part.extend([taken, kept, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            told(0, &part)
        };
        assert!(used(64, 64).is_empty());
        assert_eq!(
            used(64, 65),
            ["use length and keep length over 128 together"]
        );
        assert_eq!(used(129, 0), ["use length over 128"]);
    }

    /// Sections 3.1, 3.2.1.1, 3.2.1.2, 4.1 and 4.2.
    #[test]
    fn commands_that_routers_do_not_carry_out() {
        let operation = |code: u8, ordinal: u8| {
            [&[code, 3, ordinal, 64, 48, 128, 0, 0], &[0x20; 16][..]].concat()
        };
        let told = |parts: &[Vec<u8>]| {
            let packet = v6(&[header(0), parts.concat()].concat());
            every_prefix(&packet);
            rules(&parse(&packet))
        };
        for code in 1..=3 {
            assert!(told(&[operation(code, 0)]).is_empty());
        }
        for code in [0, 4] {
            assert_eq!(told(&[operation(code, 0)]), ["undefined operation"]);
        }
        assert!(told(&[operation(1, 0), operation(1, 1)]).is_empty());
        assert_eq!(
            told(&[operation(1, 7), operation(1, 7)]),
            ["ordinal of an operation before it"]
        );
        let with_prefix = |first: u8| {
            let mut part = operation(1, 0);
            part[1] = 7;
            part.extend([64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            part.extend([first, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            told(&[part])
        };
        assert!(with_prefix(0x20).is_empty());
        for first in [0xff, 0xfe] {
            assert_eq!(
                with_prefix(first),
                ["use prefix is multicast or link-local"]
            );
        }
        let sent = |dst: &str, code: u8, flags: u8| {
            let mut octets = header(code);
            octets[9] |= flags;
            rules(&parse(&v6_between("fe80::1", dst, 255, &octets)))
        };
        for dst in ["fe80::2", "ff02::2", "ff05::2"] {
            assert!(sent(dst, 0, 0).is_empty() && sent(dst, 255, 0).is_empty());
        }
        for code in [0, 255] {
            assert_eq!(
                sent("ff02::1", code, 0),
                ["router renumbering is not to all routers"]
            );
        }
        assert_eq!(
            sent("ff02::2", 0, 0x08),
            ["command that is processed already"]
        );
        // That is what a result says.
        assert!(sent("ff02::1", 1, 0x08).is_empty());
    }

    #[test]
    fn results_and_resets() {
        let mut octets = header(1);
        octets.extend([0, 3, 0, 64, 0, 0, 0, 2]);
        octets.extend([0x20; 16]);
        let packet = v6(&octets);
        assert_eq!(
            message(&packet).parts().next().unwrap().kind,
            PartKind::Result
        );
        every_prefix(&packet);
        let packet = v6(&header(255));
        assert_eq!(message(&packet).kind, RenumberingKind::Reset);
        assert_eq!(message(&packet).parts().count(), 0);
        every_prefix(&packet);
    }
}
