//! Locator updates of the Identifier-Locator Network Protocol (RFC 6743).

use super::Body;
use super::decode::Decoder;
use super::field::{FieldSpec, Names, spec};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};

/// A locator update.
#[derive(Clone, Copy, Debug)]
pub struct LocatorUpdate<'a> {
    bytes: &'a [u8],
}

/// One of its locators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locator {
    /// The 64-bit locator: the prefix of an address.
    pub locator: u64,
    /// Preference; lower is better.
    pub preference: u16,
    /// Seconds it may be used, 0 to stop at once.
    pub lifetime: u16,
}

impl<'a> LocatorUpdate<'a> {
    /// How many locators it claims.
    pub fn count(&self) -> Option<u8> {
        u8_at(self.bytes, 4)
    }

    /// The locators that were captured whole, at most as many as claimed.
    pub fn locators(&self) -> impl Iterator<Item = Locator> + use<'a> {
        let (entries, _) = self.locator_octets().as_chunks::<LOCATOR>();
        entries.iter().filter_map(|entry| {
            Some(Locator {
                locator: u64::from_be_bytes(array_at(entry, 0)?),
                preference: u16_at(entry, 8)?,
                lifetime: u16_at(entry, 10)?,
            })
        })
    }

    pub(super) fn locator_octets(&self) -> &'a [u8] {
        let octets = tail(self.bytes, HEADER);
        let claimed = usize::from(self.count().unwrap_or(0)) * LOCATOR;
        octets.get(..claimed).unwrap_or(octets)
    }
}

/// Octets before the locators.
const HEADER: usize = 8;

/// Octets of a locator with preference and lifetime.
pub(super) const LOCATOR: usize = 12;

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    let count = u8_at(decoder.bytes, 4);
    decoder.need(HEADER + usize::from(count.unwrap_or(0)) * LOCATOR);
    decoder.expect_code_0();
    // RFC 6743 section 2.
    if count == Some(0) {
        decoder.rule(4, "locator update without locators");
    }
    // Section 6: without one it is to be discarded as a forgery.
    if decoder.lacks_destination_option(NONCE) {
        decoder.rule(0, "locator update without nonce");
    }
    Body::LocatorUpdate(LocatorUpdate {
        bytes: decoder.bytes,
    })
}

/// The nonce of a session (RFC 6744 section 2).
const NONCE: u8 = 0x8b;

pub(super) const FIELDS: &[FieldSpec] = &[
    spec::u8(4, "locator_count"),
    spec::named(spec::u8(5, "operation"), &OPERATIONS),
    spec::reserved(6, 2, 0xffff, "reserved"),
];

/// What the message does with its locators (RFC 6743 section 2).
const OPERATIONS: Names = Names {
    key: "operation_name",
    words: &["", "advertisement", "acknowledgement"],
};

pub(super) const LOCATOR_FIELDS: &[FieldSpec] = &[
    spec::hex(0, 8, "locator"),
    spec::u16(8, "preference"),
    spec::seconds_of(10, 2, "lifetime"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v6, with_destination_option};

    /// RFC 6743 section 6.
    #[test]
    fn a_locator_update_without_nonce_is_a_forgery() {
        let mut octets = vec![156, 0, 0, 0, 1, 1, 0, 0];
        octets.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 1, 0]);
        let told = |option: &[u8]| rules(&parse(&with_destination_option(option, &octets)));
        assert!(told(&[0x8b, 4, 1, 2, 3, 4]).is_empty());
        for packet in [
            v6(&octets),
            with_destination_option(&[1, 4, 0, 0, 0, 0], &octets),
        ] {
            assert_eq!(rules(&parse(&packet)), ["locator update without nonce"]);
        }
    }

    /// With a nonce.
    fn with_nonce(octets: &[u8]) -> Vec<u8> {
        with_destination_option(&[0x8b, 4, 1, 2, 3, 4], octets)
    }

    #[test]
    fn locators_with_preference_and_lifetime() {
        let mut octets = vec![156, 0, 0, 0, 2, 0, 0, 0];
        for preference in [17, 51] {
            octets.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, preference, 1, 0]);
        }
        let packet = with_nonce(&octets);
        let Body::LocatorUpdate(update) = parse(&packet).body else {
            panic!();
        };
        let locators: Vec<_> = update.locators().collect();
        assert_eq!(locators.len(), 2);
        assert_eq!(
            locators[1],
            Locator {
                locator: 0x2001_0db8_0000_0001,
                preference: 51,
                lifetime: 256
            }
        );
        assert_eq!(parse(&packet).items().count(), 2);
        assert!(parse(&packet).defects.is_empty());
        every_prefix(&packet);
        every_code(&packet);
        for (operation, name) in [
            (0, None),
            (1, Some("advertisement")),
            (2, Some("acknowledgement")),
        ] {
            octets[5] = operation;
            let packet = with_nonce(&octets);
            let message = parse(&packet);
            let field = message
                .fields()
                .find(|field| field.name == "operation")
                .unwrap();
            assert_eq!(field.word().map(|(_, word)| word), name);
        }
        octets[4] = 3;
        assert_eq!(parse(&with_nonce(&octets)).defects.count(), 1);
        octets[4] = 1;
        assert_eq!(parse(&with_nonce(&octets)).items().count(), 1);
        assert!(parse(&with_nonce(&octets)).defects.is_empty());
        octets[4] = 0;
        octets.truncate(8);
        assert_eq!(parse(&with_nonce(&octets)).defects.count(), 1);
    }
}
