//! What options mean.

use std::net::Ipv6Addr;

use super::super::dns;
use super::super::field::{Extent, pref64_length, prefix, unpadded, v6_addresses};
use super::super::ndp::Preference;
use super::{NdOption, tables};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NdValue<'a> {
    /// Link-layer address of the sender; the link says how many of the octets count.
    SourceLinkLayer(&'a [u8]),
    /// Link-layer address of the target.
    TargetLinkLayer(&'a [u8]),
    /// A prefix of the link.
    Prefix {
        /// Its significant bits.
        length: u8,
        /// L, A and R flags as on the wire (top three bits).
        flags: u8,
        /// Seconds it is on-link; all ones is for ever.
        valid: u32,
        /// Seconds addresses made from it are preferred; all ones is for ever.
        preferred: u32,
        /// The prefix.
        prefix: Ipv6Addr,
    },
    /// The packet that was redirected, from its IP header on.
    RedirectedHeader(&'a [u8]),
    /// MTU of the link in octets.
    Mtu(u32),
    /// Milliseconds between the router's advertisements, at most.
    AdvertisementInterval(u32),
    /// The router as a home agent.
    HomeAgent {
        /// Whether it serves mobile routers (RFC 3963 section 7.3).
        is_for_routers: bool,
        /// Higher is better.
        preference: u16,
        /// Seconds it serves.
        lifetime: u16,
    },
    /// Addresses of the sender or of the target (RFC 3122).
    Addresses(V6List<'a>),
    /// When it was sent: seconds since 1970 in 48 bits, and 1/65536ths of a second.
    Timestamp(u64),
    /// What ties an advertisement to its solicitation.
    Nonce(&'a [u8]),
    /// A route through the sender.
    Route {
        /// Significant bits of the prefix.
        length: u8,
        /// Which router to prefer.
        preference: Preference,
        /// Seconds it may be used; all ones is for ever.
        lifetime: u32,
        /// The prefix.
        prefix: Ipv6Addr,
    },
    /// Recursive DNS servers.
    Rdnss {
        /// Seconds they may be used; all ones is for ever.
        lifetime: u32,
        /// Their addresses.
        servers: V6List<'a>,
    },
    /// DNS search list.
    Dnssl {
        /// Seconds it may be used; all ones is for ever.
        lifetime: u32,
        /// Its names.
        domains: DnsList<'a>,
    },
    /// More flags of a router advertisement, 48 bits of them.
    RaFlags([u8; 6]),
    /// Registration of an address (RFC 6775, RFC 8505).
    AddressRegistration {
        /// 0 success, 1 duplicate, 2 table full; see RFC 8505 for more. Of an advertisement.
        status: u8,
        /// Flags as on the wire.
        flags: u8,
        /// Transaction, where the flags say that it counts.
        transaction: u8,
        /// Minutes the registration lasts.
        lifetime: u16,
        /// EUI-64 or registration ownership verifier.
        owner: &'a [u8],
    },
    /// A context of 6LoWPAN header compression.
    Context {
        /// Significant bits of the prefix.
        length: u8,
        /// Whether it may be used to compress.
        compression: bool,
        /// Its number.
        id: u8,
        /// Minutes it is valid.
        lifetime: u16,
        /// The prefix.
        prefix: Ipv6Addr,
    },
    /// The border router that the information comes from.
    BorderRouter {
        /// Version of the information.
        version: u32,
        /// Minutes it is valid; 0 is 10,000.
        lifetime: u16,
        /// Its address.
        address: Ipv6Addr,
    },
    /// URI of the captive portal's API without the octets that pad it; to be escaped wherever it
    /// is shown.
    CaptivePortal(&'a [u8]),
    /// The NAT64 prefix.
    Pref64 {
        /// Seconds it may be used.
        lifetime: u16,
        /// Significant bits, `None` for a reserved code.
        length: Option<u8>,
        /// The prefix.
        prefix: Ipv6Addr,
    },
    /// Another option, one too short for its type, or one that was cut before its end tells what it
    /// holds: [`NdOption::fields`] tells what is in it.
    Unknown,
}

/// IPv6 addresses one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V6List<'a>(&'a [u8]);

impl V6List<'_> {
    /// The addresses.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Ipv6Addr> + Clone + '_ {
        v6_addresses(self.0)
    }
}

/// Names in DNS wire format one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsList<'a>(&'a [u8]);

impl<'a> DnsList<'a> {
    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = dns::Name<'a>> + Clone + use<'a> {
        dns::names(self.0)
    }
}

pub(super) fn of<'a>(option: &NdOption<'a>) -> NdValue<'a> {
    let long_enough =
        tables::format(option.kind).is_some_and(|format| option.words >= format.min_words);
    if !long_enough {
        return NdValue::Unknown;
    }
    // Of lists and of a packet what is there counts, of what else has no length of its own the whole.
    if option.extent() == Extent::Cut && matches!(option.kind, 1 | 2 | 14 | 24 | 31 | 33 | 34 | 37)
    {
        return NdValue::Unknown;
    }
    read(option.kind, option.bytes).unwrap_or(NdValue::Unknown)
}

fn read(kind: u8, bytes: &[u8]) -> Option<NdValue<'_>> {
    Some(match kind {
        1 => NdValue::SourceLinkLayer(tail(bytes, 2)),
        2 => NdValue::TargetLinkLayer(tail(bytes, 2)),
        3 => NdValue::Prefix {
            length: u8_at(bytes, 2)?,
            flags: u8_at(bytes, 3)?,
            valid: u32_at(bytes, 4)?,
            preferred: u32_at(bytes, 8)?,
            prefix: array_at::<16>(bytes, 16)?.into(),
        },
        4 => NdValue::RedirectedHeader(tail(bytes, 8)),
        5 => NdValue::Mtu(u32_at(bytes, 4)?),
        7 => NdValue::AdvertisementInterval(u32_at(bytes, 4)?),
        8 => NdValue::HomeAgent {
            is_for_routers: u8_at(bytes, 2)? & 0x80 != 0,
            preference: u16_at(bytes, 4)?,
            lifetime: u16_at(bytes, 6)?,
        },
        9 | 10 => NdValue::Addresses(V6List(tail(bytes, 8))),
        13 => NdValue::Timestamp(u64::from_be_bytes(array_at(bytes, 8)?)),
        14 => NdValue::Nonce(tail(bytes, 2)),
        24 => NdValue::Route {
            length: u8_at(bytes, 2)?,
            preference: Preference::of(u8_at(bytes, 3)?),
            lifetime: u32_at(bytes, 4)?,
            prefix: prefix(tail(bytes, 8)),
        },
        25 => NdValue::Rdnss {
            lifetime: u32_at(bytes, 4)?,
            servers: V6List(tail(bytes, 8)),
        },
        26 => NdValue::RaFlags(array_at(bytes, 2)?),
        31 => NdValue::Dnssl {
            lifetime: u32_at(bytes, 4)?,
            domains: DnsList(tail(bytes, 8)),
        },
        33 => NdValue::AddressRegistration {
            status: u8_at(bytes, 2)? & 0x3f,
            flags: u8_at(bytes, 4)?,
            transaction: u8_at(bytes, 5)?,
            lifetime: u16_at(bytes, 6)?,
            owner: tail(bytes, 8),
        },
        34 => NdValue::Context {
            length: u8_at(bytes, 2)?,
            compression: u8_at(bytes, 3)? & 0x10 != 0,
            id: u8_at(bytes, 3)? & 0x0f,
            lifetime: u16_at(bytes, 6)?,
            prefix: prefix(tail(bytes, 8)),
        },
        35 => NdValue::BorderRouter {
            version: u32::from(u16_at(bytes, 4)?) << 16 | u32::from(u16_at(bytes, 2)?),
            lifetime: u16_at(bytes, 6)?,
            address: array_at::<16>(bytes, 8)?.into(),
        },
        37 => NdValue::CaptivePortal(unpadded(tail(bytes, 2))),
        38 => pref64(u16_at(bytes, 2)?, array_at(bytes, 4)?),
        _ => return None,
    })
}

/// RFC 8781 section 4: 13 bits of lifetime in units of 8 seconds, 3 bits that tell the length.
fn pref64<'a>(word: u16, octets: [u8; 12]) -> NdValue<'a> {
    NdValue::Pref64 {
        lifetime: word & !7,
        length: pref64_length(word.to_be_bytes()[1]),
        prefix: prefix(&octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8]) -> NdValue<'_> {
        assert_eq!(bytes.len() % 8, 0);
        of(&NdOption {
            kind: bytes[0],
            words: u8::try_from(bytes.len() / 8).unwrap(),
            bytes,
            message: super::super::Message::Other,
        })
    }

    fn address(text: &str) -> Ipv6Addr {
        text.parse().unwrap()
    }

    #[test]
    fn options_of_rfc_4861() {
        assert_eq!(
            value(&[1, 1, 2, 0, 0, 0, 0, 9]),
            NdValue::SourceLinkLayer(&[2, 0, 0, 0, 0, 9])
        );
        assert_eq!(
            value(&[2, 1, 2, 0, 0, 0, 0, 9]),
            NdValue::TargetLinkLayer(&[2, 0, 0, 0, 0, 9])
        );
        let mut prefix = vec![3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0];
        prefix.extend(address("2001:db8::").octets());
        assert_eq!(
            value(&prefix),
            NdValue::Prefix {
                length: 64,
                flags: 0xc0,
                valid: 9,
                preferred: 8,
                prefix: address("2001:db8::")
            }
        );
        assert_eq!(value(&[5, 1, 0, 0, 0, 0, 5, 220]), NdValue::Mtu(1500));
        assert_eq!(
            value(&[4, 2, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 59, 1]),
            NdValue::RedirectedHeader(&[0x60, 0, 0, 0, 0, 0, 59, 1])
        );
    }

    #[test]
    fn names_and_servers() {
        let mut servers = vec![25, 5, 0, 0, 0, 0, 0, 60];
        servers.extend(address("2001:db8::53").octets());
        servers.extend(address("2001:db8::54").octets());
        let NdValue::Rdnss {
            lifetime: 60,
            servers,
        } = value(&servers)
        else {
            panic!();
        };
        assert_eq!(servers.iter().len(), 2);
        let NdValue::Dnssl {
            lifetime: 60,
            domains,
        } = value(b"\x1f\x02\0\0\0\0\0\x3c\x03lab\0\0\0\0")
        else {
            panic!();
        };
        assert_eq!(domains.iter().count(), 1);
        assert_eq!(
            value(b"\x25\x03https://lab.test/\0\0\0\0\0"),
            NdValue::CaptivePortal(b"https://lab.test/")
        );
    }

    #[test]
    fn routes_and_prefixes_of_every_length() {
        for (octets, expected) in [
            (&[24, 1, 0, 0x08, 0, 0, 0, 60][..], "::"),
            (
                &[
                    24, 2, 48, 0x18, 0, 0, 0, 60, 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0,
                ],
                "2001:db8:1::",
            ),
        ] {
            let NdValue::Route {
                prefix,
                lifetime: 60,
                preference,
                ..
            } = value(octets)
            else {
                panic!();
            };
            assert_eq!(prefix, address(expected));
            assert!(matches!(preference, Preference::High | Preference::Low));
        }
        for (code, length) in [(0, Some(96)), (5, Some(32)), (6, None), (7, None)] {
            let mut octets = [0; 16];
            octets[..8].copy_from_slice(&[38, 2, 0x02, 0x58 | code, 0, 0x64, 0xff, 0x9b]);
            assert_eq!(
                value(&octets),
                NdValue::Pref64 {
                    lifetime: 600,
                    length,
                    prefix: address("64:ff9b::")
                }
            );
        }
    }

    #[test]
    fn the_rest() {
        assert_eq!(
            value(&[7, 1, 0, 0, 0, 0, 3, 232]),
            NdValue::AdvertisementInterval(1000)
        );
        for (flags, is_for_routers) in [(0, false), (0x80, true), (0x7f, false)] {
            assert_eq!(
                value(&[8, 1, flags, 0, 0, 5, 0, 60]),
                NdValue::HomeAgent {
                    is_for_routers,
                    preference: 5,
                    lifetime: 60
                }
            );
        }
        assert_eq!(
            value(&[13, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0]),
            NdValue::Timestamp(0x18000)
        );
        assert_eq!(
            value(&[14, 1, 1, 2, 3, 4, 5, 6]),
            NdValue::Nonce(&[1, 2, 3, 4, 5, 6])
        );
        assert_eq!(
            value(&[26, 1, 0x80, 0, 0, 0, 0, 0]),
            NdValue::RaFlags([0x80, 0, 0, 0, 0, 0])
        );
        assert_eq!(
            value(&[33, 2, 1, 0, 3, 7, 0, 60, 1, 2, 3, 4, 5, 6, 7, 8]),
            NdValue::AddressRegistration {
                status: 1,
                flags: 3,
                transaction: 7,
                lifetime: 60,
                owner: &[1, 2, 3, 4, 5, 6, 7, 8]
            }
        );
        assert_eq!(
            value(&[
                34, 2, 64, 0x13, 0, 0, 0, 60, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0
            ]),
            NdValue::Context {
                length: 64,
                compression: true,
                id: 3,
                lifetime: 60,
                prefix: address("2001:db8::")
            }
        );
        let mut router = vec![35, 3, 0, 2, 0, 1, 0, 60];
        router.extend(address("2001:db8::1").octets());
        assert_eq!(
            value(&router),
            NdValue::BorderRouter {
                version: 0x1_0002,
                lifetime: 60,
                address: address("2001:db8::1")
            }
        );
        let mut list = vec![9, 3, 0, 0, 0, 0, 0, 0];
        list.extend(address("fe80::1").octets());
        let NdValue::Addresses(addresses) = value(&list) else {
            panic!();
        };
        assert_eq!(addresses.iter().next(), Some(address("fe80::1")));
    }
}
