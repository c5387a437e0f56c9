//! Low-power networks: duplicate address messages (RFC 6775 section 4.4, RFC 8505 section 4.2),
//! MPL control (RFC 7731 section 6.2), and the contexts that compressed headers need.

use std::net::Ipv6Addr;

use super::decode::Decoder;
use super::field::{Extent, FieldSpec, Names, spec};
use super::item::Specs;
use super::nd_option::{self, NdOption, NdOptions, NdValue};
use super::{Body, Direction};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::lowpan::Prefix;

/// A prefix that headers may leave out, as a router advertises it (RFC 6775 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvertisedContext {
    /// Its number, 0 to 15.
    pub id: u8,
    /// The prefix; `None` where it is withdrawn, by a lifetime of 0.
    pub prefix: Option<Prefix>,
}

/// The context in an option, if it holds one.
pub(super) fn advertised_context(option: &NdOption<'_>) -> Option<AdvertisedContext> {
    match option.value() {
        NdValue::Context {
            length,
            id,
            lifetime,
            prefix,
            ..
        } => Some(AdvertisedContext {
            id,
            prefix: (lifetime > 0).then_some(Prefix::new(prefix.octets(), length)),
        }),
        _ => None,
    }
}

/// A duplicate address request or confirmation.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateAddress<'a> {
    /// Whether it asks (type 157) or answers (158).
    pub direction: Direction,
    code: u8,
    bytes: &'a [u8],
}

impl<'a> DuplicateAddress<'a> {
    /// Status of a confirmation: 0 success, 1 duplicate, 2 table full; see RFC 8505 section 9.4 for more.
    pub fn status(&self) -> Option<u8> {
        match self.direction {
            Direction::Reply => u8_at(self.bytes, 4),
            Direction::Request => None,
        }
    }

    /// The snake-case name of its status.
    pub fn status_name(&self) -> Option<&'static str> {
        REGISTRATION_STATUSES.word(self.status()?.into())
    }

    /// Transaction (RFC 8505; reserved in RFC 6775).
    pub fn transaction(&self) -> Option<u8> {
        u8_at(self.bytes, 5)
    }

    /// Lifetime of the registration in minutes.
    pub fn lifetime(&self) -> Option<u16> {
        u16_at(self.bytes, 6)
    }

    /// EUI-64, or registration ownership verifier, of who registers the address.
    pub fn owner(&self) -> Option<&'a [u8]> {
        self.bytes.get(8..8 + self.owner_octets())
    }

    /// The address that is registered; of a prefix its octets, without its length behind them.
    pub fn address(&self) -> Option<Ipv6Addr> {
        let mut octets = array_at::<16>(self.bytes, 8 + self.owner_octets())?;
        if self.is_of_prefix() {
            let [.., length] = &mut octets;
            *length = 0;
        }
        Some(octets.into())
    }

    /// The options, in the format of Neighbor Discovery (RFC 8929 section 3.1).
    pub fn options(&self) -> NdOptions<'a> {
        NdOptions::new(tail(self.bytes, self.fixed()))
    }

    /// Octets before the options.
    fn fixed(&self) -> usize {
        8 + self.owner_octets() + 16
    }

    /// Octets of the owner: the low half of the code counts in eights, 0 being RFC 6775's one
    /// (RFC 8505 section 4.2).
    fn owner_octets(&self) -> usize {
        usize::from(self.code & 0x0f).clamp(1, 4) * 8
    }

    /// Whether it asks for a prefix (RFC 9926 section 7.3).
    fn is_of_prefix(&self) -> bool {
        self.direction == Direction::Request
            && u8_at(self.bytes, 4).is_some_and(|flags| flags >> 6 == PREFIX)
    }

    pub(super) fn table(&self) -> &'static [FieldSpec] {
        let [owner_8, owner_16, owner_24, owner_32] = match self.direction {
            Direction::Reply => CONFIRMATIONS,
            Direction::Request if self.is_of_prefix() => PREFIX_REQUESTS,
            Direction::Request => REQUESTS,
        };
        match self.owner_octets() {
            8 => owner_8,
            16 => owner_16,
            24 => owner_24,
            _ => owner_32,
        }
    }
}

/// That it is a prefix that is registered.
const PREFIX: u8 = 3;

pub(super) fn duplicate_address<'a>(
    decoder: &mut Decoder<'_, 'a>,
    direction: Direction,
) -> Body<'a> {
    let message = DuplicateAddress {
        direction,
        code: decoder.code,
        bytes: decoder.bytes,
    };
    let fixed = message.fixed();
    decoder.need(fixed);
    // RFC 8505 section 4.2.
    if decoder.code > 0x0f {
        decoder.rule(1, "code prefix is not 0");
    }
    if message.is_of_prefix()
        && let Some(length) = u8_at(decoder.bytes, fixed - 1)
        && !(16..=120).contains(&(length & 0x7f))
    {
        decoder.rule(fixed - 1, "prefix length not from 16 to 120");
    }
    let options = tail(decoder.bytes, fixed);
    nd_option::check(options, decoder.limit(), decoder.defects);
    Body::DuplicateAddress(message)
}

/// IANA registry "Address Registration Option Status Values" (RFC 6775, RFC 8505, RFC 9685).
pub(super) const REGISTRATION_STATUSES: Names = Names {
    key: "status_name",
    words: &[
        "success",
        "duplicate_address",
        "neighbor_cache_full",
        "moved",
        "removed",
        "validation_requested",
        "duplicate_source_address",
        "invalid_source_address",
        "address_topologically_incorrect",
        "6lbr_registry_saturated",
        "validation_failed",
        "registration_refresh_request",
        "invalid_registration",
    ],
};

/// What is registered (RFC 9685 section 7.1, RFC 9926).
pub(super) const REGISTERED_KINDS: Names = Names {
    key: "address_kind_name",
    words: &["unicast", "multicast", "anycast", "prefix"],
};

/// What the opaque octet of a registration tells, by its I field: an index of a routing topology
/// (RFC 8505 section 4.1).
pub(super) const OPAQUE_KINDS: Names = Names {
    key: "opaque_kind_name",
    words: &["topology"],
};

macro_rules! duplicate_address {
    ($owner:literal, [$($status:expr),*], [$($address:expr),*]) => {
        &[
            $($status,)*
            spec::u8(5, "transaction"),
            spec::minutes(6, "lifetime"),
            spec::octets(8, $owner, "owner"),
            $($address(8 + $owner),)*
        ]
    };
}

/// Those of a message, by octets of the owner: 8, 16, 24 and 32.
macro_rules! by_owner {
    ($status:tt, $address:tt) => {
        [
            duplicate_address!(8, $status, $address),
            duplicate_address!(16, $status, $address),
            duplicate_address!(24, $status, $address),
            duplicate_address!(32, $status, $address),
        ]
    };
}

const CONFIRMATIONS: [&[FieldSpec]; 4] = by_owner!(
    [spec::named(spec::u8(4, "status"), &REGISTRATION_STATUSES)],
    [address]
);
/// RFC 9685 section 7.2.
const REQUESTS: [&[FieldSpec]; 4] = by_owner!([KIND, KIND_RESERVED], [address]);
/// RFC 9926 section 7.3.
const PREFIX_REQUESTS: [&[FieldSpec]; 4] = by_owner!(
    [KIND, KIND_RESERVED],
    [prefix, prefix_reserved, prefix_length]
);

const KIND: FieldSpec = spec::named(spec::bits(4, 6, 2, "address_kind"), &REGISTERED_KINDS);
const KIND_RESERVED: FieldSpec = spec::reserved(4, 1, 0x3f, "reserved");

const fn address(at: u16) -> FieldSpec {
    spec::v6(at, "address")
}

/// Octets of a prefix, its length behind it.
const PREFIX_OCTETS: u8 = 15;

const fn prefix(at: u16) -> FieldSpec {
    spec::v6_prefix_of(at, PREFIX_OCTETS, "prefix")
}

const fn prefix_reserved(at: u16) -> FieldSpec {
    spec::reserved(at + PREFIX_OCTETS as u16, 1, 0x80, "prefix_reserved")
}

const fn prefix_length(at: u16) -> FieldSpec {
    spec::bits(at + PREFIX_OCTETS as u16, 0, 7, "prefix_length")
}

/// An MPL control message: what the sender has buffered of each seed.
#[derive(Clone, Copy, Debug)]
pub struct Mpl<'a> {
    bytes: &'a [u8],
}

impl<'a> Mpl<'a> {
    /// The seeds, in order.
    pub fn seeds(&self) -> Seeds<'a> {
        Seeds {
            rest: tail(self.bytes, 4),
        }
    }
}

/// What the sender has of one seed (RFC 7731 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed<'a> {
    /// Lowest sequence number it still has.
    pub min_sequence: u8,
    /// Which seed; empty where it is the source of the message.
    pub id: &'a [u8],
    /// Bit `i` from the left: the message `min_sequence + i` is buffered.
    pub buffered: &'a [u8],
    /// All its octets, as captured.
    pub bytes: &'a [u8],
}

impl Seed<'_> {
    /// Whether its octets are all that it states.
    pub(super) fn extent(&self) -> Extent {
        let (id, bitmap) = seed_octets(u8_at(self.bytes, 1).unwrap_or(0));
        Extent::of(self.bytes.len(), 2 + id + bitmap)
    }

    pub(super) fn specs(&self) -> Specs {
        let (id, _) = seed_octets(u8_at(self.bytes, 1).unwrap_or(0));
        let id = u16::try_from(id).unwrap_or(0);
        let head = [
            spec::u8(0, "min_sequence"),
            spec::bits(1, 2, 6, "bitmap_octets"),
            spec::named(spec::bits(1, 0, 2, "seed_id_kind"), &SEED_IDS),
        ];
        let seed = (id > 0).then_some(spec::octets(2, id, "seed_id"));
        let buffered = [
            spec::rest(2 + id, "buffered"),
            spec::sequences(2 + id, self.min_sequence, "sequences"),
        ];
        Specs::made(head.into_iter().chain(seed).chain(buffered))
    }
}

/// What tells the seed (RFC 7731 section 6.3).
const SEED_IDS: Names = Names {
    key: "seed_id_kind_name",
    words: &["source_address", "16_bits", "64_bits", "128_bits"],
};

/// The seeds of an MPL control message.
#[derive(Clone, Debug)]
pub struct Seeds<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Seeds<'a> {
    type Item = Seed<'a>;

    /// The next one; one that was cut is given as far as it goes.
    fn next(&mut self) -> Option<Seed<'a>> {
        let (min_sequence, lengths) = (u8_at(self.rest, 0)?, u8_at(self.rest, 1)?);
        let (id, bitmap) = seed_octets(lengths);
        let end = 2 + id + bitmap;
        let bytes = self.rest.get(..end).unwrap_or(self.rest);
        self.rest = tail(self.rest, end);
        let behind = tail(bytes, 2);
        Some(Seed {
            min_sequence,
            id: behind.get(..id).unwrap_or(behind),
            buffered: tail(behind, id),
            bytes,
        })
    }
}

/// Octets of seed identifier and bitmap.
const fn seed_octets(lengths: u8) -> (usize, usize) {
    let id = match lengths & 3 {
        0 => 0,
        1 => 2,
        2 => 8,
        _ => 16,
    };
    (id, (lengths >> 2) as usize)
}

pub(super) fn mpl<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    decoder.expect_code_0();
    // RFC 7731 section 6.2.
    decoder.expect_hop_limit_255("hop limit of an MPL control message is not 255");
    if decoder
        .destination6()
        .is_some_and(|destination| !is_link_multicast(destination))
    {
        decoder.rule(
            0,
            "destination of an MPL control message is no link-local multicast",
        );
    }
    let message = Mpl {
        bytes: decoder.bytes,
    };
    let mut at = 4;
    for seed in message.seeds() {
        let (id, bitmap) = seed_octets(u8_at(seed.bytes, 1).unwrap_or(0));
        decoder.need(at + 2 + id + bitmap);
        at += seed.bytes.len();
    }
    if at < decoder.bytes.len() {
        decoder.need(at + 2);
    }
    Body::Mpl(message)
}

/// Whether an address is that of a group on the link.
fn is_link_multicast(address: Ipv6Addr) -> bool {
    const LINK_LOCAL: u8 = 2;
    let [_, flags_and_scope, ..] = address.octets();
    address.is_multicast() && flags_and_scope & 0x0f == LINK_LOCAL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v6, v6_between};

    fn duplicate(packet: &[u8]) -> DuplicateAddress<'_> {
        match parse(packet).body {
            Body::DuplicateAddress(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_code_tells_how_long_the_owner_is() {
        for (code, length) in [(0, 8), (1, 8), (2, 16), (3, 24), (4, 32), (0x12, 16)] {
            for kind in [157, 158] {
                let mut octets = vec![kind, code, 0, 0, 1, 5, 0, 60];
                octets.extend(vec![0xaa; length]);
                octets.extend([0x20; 16]);
                // Options may follow (RFC 8929 section 3.1).
                octets.extend([1, 1, 2, 0, 0, 0, 0, 9]);
                let packet = v6(&octets);
                let message = duplicate(&packet);
                let status = (kind == 158).then_some(1);
                assert_eq!((message.status(), message.transaction()), (status, Some(5)));
                assert_eq!(message.lifetime(), Some(60));
                assert_eq!(message.owner(), Some(&vec![0xaa; length][..]));
                assert_eq!(message.address(), Some([0x20; 16].into()));
                let names: Vec<_> = parse(&packet).items().map(|item| item.name).collect();
                assert_eq!(names, [Some("source_link_layer_address")]);
                let told: &[_] = match code {
                    0..=0x0f => &[],
                    _ => &["code prefix is not 0"],
                };
                assert_eq!(rules(&parse(&packet)), told);
                every_prefix(&packet);
                every_code(&packet);
            }
        }
    }

    /// RFC 9685 section 7.2, RFC 9926 section 7.3.
    #[test]
    fn a_request_tells_what_is_to_be_registered() {
        let request = |flags: u8, last: u8| {
            let mut octets = vec![157, 0, 0, 0, flags, 5, 0, 60];
            octets.extend([0xaa; 8]);
            octets.extend([0x20; 15]);
            octets.push(last);
            v6(&octets)
        };
        let told = |packet: &[u8]| -> Vec<_> {
            let message = parse(packet);
            let fields = message.fields();
            fields.map(|f| (f.name, f.word())).collect()
        };
        let kind = |word| ("address_kind", Some(("address_kind_name", word)));
        let packet = request(0x40, 0x20);
        assert_eq!(told(&packet)[0], kind("multicast"));
        assert_eq!(duplicate(&packet).address(), Some([0x20; 16].into()));
        let packet = request(0xc1, 64);
        let fields = told(&packet);
        assert_eq!(fields[..2], [kind("prefix"), ("reserved", None)]);
        assert_eq!(fields[5..], [("prefix", None), ("prefix_length", None)]);
        let mut prefix = [0x20; 16];
        prefix[15] = 0;
        assert_eq!(duplicate(&packet).address(), Some(prefix.into()));
        assert!(parse(&packet).defects.is_empty());
        every_prefix(&packet);
        for length in [15, 121] {
            assert_eq!(
                rules(&parse(&request(0xc0, length))),
                ["prefix length not from 16 to 120"]
            );
        }
    }

    #[test]
    fn seeds_of_every_kind() {
        for (kind, id) in [(0u8, 0), (1, 2), (2, 8), (3, 16)] {
            let mut octets = vec![159, 0, 0, 0];
            for min in [9, 10] {
                octets.extend([min, 2 << 2 | kind]);
                octets.extend(vec![0xbb; id]);
                octets.extend([0x80, 0x01]);
            }
            let packet = v6_between("fe80::1", "ff02::fc", 255, &octets);
            let Body::Mpl(message) = parse(&packet).body else {
                panic!();
            };
            let seeds: Vec<_> = message.seeds().collect();
            assert_eq!(seeds.len(), 2);
            assert_eq!(seeds[1].min_sequence, 10);
            assert_eq!(seeds[1].id, vec![0xbb; id]);
            assert_eq!(seeds[1].buffered, [0x80, 0x01]);
            assert!(parse(&packet).defects.is_empty());
            every_prefix(&packet);
            every_code(&packet);
            octets.pop();
            let cut = v6_between("fe80::1", "ff02::fc", 255, &octets);
            assert_eq!(parse(&cut).defects.count(), 1);
        }
    }

    /// RFC 7731 section 6.2.
    #[test]
    fn mpl_control_messages_stay_on_their_link() {
        let told =
            |dst: &str, hops: u8| rules(&parse(&v6_between("fe80::1", dst, hops, &[159, 0, 0, 0])));
        assert!(told("ff02::fc", 255).is_empty());
        assert_eq!(
            told("ff02::fc", 64),
            ["hop limit of an MPL control message is not 255"]
        );
        for dst in ["fe80::2", "ff03::fc"] {
            assert_eq!(
                told(dst, 255),
                ["destination of an MPL control message is no link-local multicast"]
            );
        }
    }
}
