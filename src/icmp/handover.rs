//! Fast handovers (RFC 5568 section 6).

use super::Body;
use super::decode::Decoder;
use super::field::{FieldSpec, Names, spec};
use super::nd_option::{self, HANDOVER_ASSIST, HANDOVER_LINK_LAYER, IP_ADDRESS_PREFIX, NdOptions};
use crate::wire::bytes::{tail, u8_at, u16_at};

/// Octets before options.
const HEADER: usize = 8;

/// A message of fast handovers.
#[derive(Clone, Copy, Debug)]
pub struct FastHandover<'a> {
    bytes: &'a [u8],
}

impl<'a> FastHandover<'a> {
    /// Which message: see [`subtype_name`].
    pub fn subtype(&self) -> Option<u8> {
        u8_at(self.bytes, 4)
    }

    /// Identifier.
    pub fn id(&self) -> Option<u16> {
        u16_at(self.bytes, 6)
    }

    /// The snake-case name of the message's code (RFC 5568 section 6.1; RFC 5268 section 6.2).
    pub(super) fn code_name(&self, code: u8) -> Option<&'static str> {
        let names = match self.subtype()? {
            PROXY_ADVERTISEMENT => &ADVERTISEMENT_CODES,
            HANDOVER_INITIATE => &INITIATE_CODES,
            HANDOVER_ACKNOWLEDGE => &ACKNOWLEDGE_CODES,
            _ => return None,
        };
        names.word(code.into())
    }

    pub(super) fn table(&self) -> &'static [FieldSpec] {
        match self.subtype() {
            Some(PROXY_ADVERTISEMENT) => PROXY_ADVERTISEMENT_FIELDS,
            Some(HANDOVER_INITIATE) => HANDOVER_INITIATE_FIELDS,
            _ => HANDOVER_FIELDS,
        }
    }

    /// The options, in the format of Neighbor Discovery.
    pub fn options(&self) -> NdOptions<'a> {
        NdOptions::new(tail(self.bytes, HEADER))
    }
}

/// What the code of a proxy router advertisement says.
const ADVERTISEMENT_CODES: Names = Names {
    key: "code_name",
    words: &[
        "use_the_access_points_told",
        "network_initiated_handover",
        "no_new_router_information",
        "limited_new_router_information",
        "unsolicited",
        "new_router_information_dhcp_required",
    ],
};
/// That of a handover initiate.
const INITIATE_CODES: Names = Names {
    key: "code_name",
    words: &["source_was_previous_address", "source_was_new_address"],
};
/// That of a handover acknowledge.
const ACKNOWLEDGE_CODES: Names = Names {
    key: "code_name",
    words: &spec::sparse::<131>(&[
        (0, "accepted_address_valid"),
        (1, "accepted_address_not_valid_or_in_use"),
        (2, "accepted_address_assigned"),
        (3, "accepted_use_previous_address"),
        (4, "unsolicited"),
        (128, "not_accepted"),
        (129, "administratively_prohibited"),
        (130, "insufficient_resources"),
    ]),
};

/// The snake-case names of fast handover messages (RFC 5568 section 11; 4 and 5 of RFC 5268).
const SUBTYPES: Names = Names {
    key: "subtype_name",
    words: &[
        "",
        "",
        "proxy_router_solicitation",
        "proxy_router_advertisement",
        "handover_initiate",
        "handover_acknowledge",
    ],
};

/// The snake-case name of a fast handover message.
pub fn subtype_name(subtype: u8) -> Option<&'static str> {
    SUBTYPES.word(subtype.into())
}

/// Subtypes (RFC 5568 section 6.1, RFC 5268 section 6.2).
const PROXY_SOLICITATION: u8 = 2;
const PROXY_ADVERTISEMENT: u8 = 3;
const HANDOVER_INITIATE: u8 = 4;
const HANDOVER_ACKNOWLEDGE: u8 = 5;

pub(super) fn fast_handover<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    decoder.need(HEADER);
    // Between a host and its router (RFC 5568 sections 6.1.1 and 6.1.2); the others go further.
    if matches!(
        u8_at(decoder.bytes, 4),
        Some(PROXY_SOLICITATION | PROXY_ADVERTISEMENT)
    ) {
        decoder.expect_hop_limit_255("hop limit of a proxy router message is not 255");
    }
    let options = tail(decoder.bytes, HEADER);
    nd_option::check(options, decoder.limit(), decoder.defects);
    match u8_at(decoder.bytes, 4) {
        Some(PROXY_SOLICITATION) => solicitation_rules(decoder),
        Some(PROXY_ADVERTISEMENT) => advertisement_rules(decoder),
        _ => {}
    }
    Body::FastHandover(FastHandover {
        bytes: decoder.bytes,
    })
}

/// RFC 5568 section 6.1.1; what is no link-layer address may stand instead of one (RFC 5271 section 6.1).
fn solicitation_rules(decoder: &mut Decoder<'_, '_>) {
    decoder.expect_code_0();
    if !decoder.is_whole() {
        return;
    }
    let options = || NdOptions::new(tail(decoder.bytes, HEADER));
    let wildcards = count(options(), HANDOVER_LINK_LAYER, WILDCARD);
    let named = count(options(), HANDOVER_LINK_LAYER, NEW_ACCESS_POINT);
    let is_assisted = options().any(|option| option.kind == HANDOVER_ASSIST);
    if wildcards + named == 0 && !is_assisted {
        decoder.rule(HEADER, "no new access point");
    }
    if wildcards > 0 && wildcards + named > 1 {
        decoder.rule(HEADER, "wildcard beside another access point");
    }
}

/// RFC 5568 section 6.1.2.
fn advertisement_rules(decoder: &mut Decoder<'_, '_>) {
    if decoder
        .source6()
        .is_some_and(|source| !source.is_unicast_link_local())
    {
        decoder.rule(
            0,
            "source of a proxy router advertisement is not link-local",
        );
    }
    if decoder.code > 1 || !decoder.is_whole() {
        return;
    }
    let options = || NdOptions::new(tail(decoder.bytes, HEADER));
    let link_layer = count(options(), HANDOVER_LINK_LAYER, NEW_ROUTER);
    let addresses = count(options(), IP_ADDRESS_PREFIX, NEW_ROUTER);
    if link_layer == 0 {
        decoder.rule(HEADER, "no link-layer address of the new router");
    }
    if addresses == 0 {
        decoder.rule(HEADER, "no address of the new router");
    }
}

/// How many options of a type say by their code whose address they tell.
fn count(options: NdOptions<'_>, kind: u8, code: u8) -> usize {
    let of_code = |bytes| u8_at(bytes, 2) == Some(code);
    options
        .filter(|option| option.kind == kind && of_code(option.bytes))
        .count()
}

/// Whose address an option tells (RFC 5568 sections 6.4.1 and 6.4.3).
const WILDCARD: u8 = 0;
const NEW_ACCESS_POINT: u8 = 1;
const NEW_ROUTER: u8 = 3;

const HANDOVER_FIELDS: &[FieldSpec] = &[
    spec::named(spec::u8(4, "subtype"), &SUBTYPES),
    spec::hex(5, 1, "flags"),
    spec::u16(6, "id"),
];
/// RFC 5271 section 6.4.
const PROXY_ADVERTISEMENT_FIELDS: &[FieldSpec] = &[
    spec::named(spec::u8(4, "subtype"), &SUBTYPES),
    spec::hex(5, 1, "flags"),
    spec::flag(5, 0x80, "reactive_only"),
    spec::u16(6, "id"),
];
/// RFC 5268 section 6.2.1.
const HANDOVER_INITIATE_FIELDS: &[FieldSpec] = &[
    spec::named(spec::u8(4, "subtype"), &SUBTYPES),
    spec::hex(5, 1, "flags"),
    spec::flag(5, 0x80, "assign_address"),
    spec::flag(5, 0x40, "buffer"),
    spec::u16(6, "id"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::Value;
    use crate::icmp::tests::{every_code, every_prefix, parse, v6};

    #[test]
    fn fast_handovers() {
        let packet = v6(&[154, 0, 0, 0, 2, 0, 0, 7, 19, 1, 1, 2, 3, 4, 5, 6]);
        let Body::FastHandover(message) = parse(&packet).body else {
            panic!();
        };
        assert_eq!(
            message.subtype().and_then(subtype_name),
            Some("proxy_router_solicitation")
        );
        assert_eq!(message.id(), Some(7));
        assert_eq!(message.options().count(), 1);
        every_prefix(&packet);
        every_code(&packet);
    }

    /// RFC 5568 section 6.1.2, RFC 5271 section 6.4.
    #[test]
    fn proxy_router_advertisements_tell_code_and_mode() {
        let packet = v6(&[154, 5, 0, 0, 3, 0x80, 0, 7]);
        let message = parse(&packet);
        let name = Some("new_router_information_dhcp_required");
        assert_eq!(message.code_name(), name);
        let is_reactive = |packet: &[u8]| {
            let mode = parse(packet).fields().find(|f| f.name == "reactive_only")?;
            Some(mode.value == Value::Flag(true))
        };
        assert_eq!(is_reactive(&packet), Some(true));
        every_prefix(&packet);
        // A solicitation has no such flag, nor code.
        let packet = v6(&[154, 5, 0, 0, 2, 0x80, 0, 7]);
        assert_eq!(parse(&packet).code_name(), None);
        assert_eq!(is_reactive(&packet), None);
    }
}
