//! The options of Neighbor Discovery (RFC 4861 section 4.6, IANA registry
//! `IPv6 Neighbor Discovery Option Formats`).

mod card;
mod certificate;
mod encrypted_dns;
mod fault;
mod format;
mod handover;
mod made;
mod names;
mod protection;
mod signed;
mod tables;
mod value;

pub(super) use card::part as card_part;
pub(super) use fault::{
    behind_prefix, prefix as prefix_faults, prefix_bits, prefix_length as prefix_length_fault,
    route as route_faults,
};
pub(super) use signed::check as check_signed;
pub(super) use tables::ROUTE;
pub use value::NdValue;

use super::field::{Extent, Field, FieldSpec};
use super::item::{Item, Specs};
use crate::wire::bytes::{tail, u8_at};
use crate::wire::{Defects, Layer, Limit};

/// Source link-layer address (RFC 4861 section 4.6.1).
pub const SOURCE_LINK_LAYER: u8 = 1;
/// Target link-layer address (RFC 4861 section 4.6.1).
pub const TARGET_LINK_LAYER: u8 = 2;
/// Link-layer address (RFC 5568 section 6.4.3).
pub(super) const HANDOVER_LINK_LAYER: u8 = 19;
/// Prefix information (RFC 4861 section 4.6.2).
pub(super) const PREFIX_INFORMATION: u8 = 3;
/// IP address or prefix (RFC 5568 section 6.4.1).
pub(super) const IP_ADDRESS_PREFIX: u8 = 17;
/// Prefix of a new router (RFC 4068 section 6.4.2).
const NEW_ROUTER_PREFIX: u8 = 18;
/// Acknowledgment of a neighbor advertisement (RFC 5568 section 6.4.6).
const ADVERTISEMENT_ACK: u8 = 20;
/// Redirected header (RFC 4861 section 4.6.3).
pub const REDIRECTED_HEADER: u8 = 4;
/// Shortcut limit (RFC 2491 appendix D).
pub(super) const SHORTCUT_LIMIT: u8 = 6;
/// What a home agent tells of itself (RFC 6275 section 7.4).
pub(super) const HOME_AGENT_INFORMATION: u8 = 8;
/// Target address list (RFC 3122 section 3.1).
pub const TARGET_ADDRESS_LIST: u8 = 10;
/// Parameters of a cryptographically generated address (RFC 3971 section 5.1).
const CGA: u8 = 11;
/// Signature over a message (RFC 3971 section 5.2).
const RSA_SIGNATURE: u8 = 12;
/// When a message was sent (RFC 3971 section 5.3.1).
const TIMESTAMP: u8 = 13;
/// What an answer repeats (RFC 3971 section 5.3.2).
const NONCE: u8 = 14;
/// Trust anchor (RFC 3971 section 6.4.3).
pub(super) const TRUST_ANCHOR: u8 = 15;
/// The type of its name that is one of the DNS.
const DOMAIN: u8 = 2;
/// The same by a name of X.501.
const DISTINGUISHED: u8 = 1;
/// Certificate (RFC 3971 section 6.4.4).
pub(super) const CERTIFICATE: u8 = 16;
/// That of X.509 (section 6.4.4).
const X509: u8 = 1;
/// Identifier of a provisioning domain (RFC 8801 section 3.1).
pub(super) const PROVISIONING_DOMAIN: u8 = 21;
/// Route information (RFC 4191 section 2.3).
pub(super) const ROUTE_INFORMATION: u8 = 24;
/// Further flags of a router advertisement (RFC 5175 section 4).
pub(super) const RA_FLAGS: u8 = 26;
/// Handover key request (RFC 5269 section 4.1).
const HANDOVER_KEY_REQUEST: u8 = 27;
/// Handover key reply (RFC 5269 section 4.2).
const HANDOVER_KEY_REPLY: u8 = 28;
/// Handover assist information (RFC 5271 section 6.1).
pub(super) const HANDOVER_ASSIST: u8 = 29;
/// Mobile node identifier (RFC 5271 section 6.2).
const MOBILE_NODE_IDENTIFIER: u8 = 30;
/// Registration of an address (RFC 6775 section 4.1).
const ADDRESS_REGISTRATION: u8 = 33;
/// Encrypted DNS (RFC 9463 section 6.1).
const ENCRYPTED_DNS: u8 = 144;

/// An option with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NdOption<'a> {
    /// Option type.
    pub kind: u8,
    /// Length in units of 8 octets as the option states it, header included. With 0, which it must
    /// not be, nobody knows where the option ends; it is 0 too if it was cut.
    pub words: u8,
    /// The option's octets from its type on, as captured; all that are left where it tells no end.
    pub bytes: &'a [u8],
    message: Message,
}

/// What it is in, where that tells how it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    NeighborSolicitation,
    Other,
}

impl<'a> NdOption<'a> {
    /// The snake-case name of its type.
    pub fn name(&self) -> Option<&'static str> {
        Some(tables::format(self.kind)?.name)
    }

    /// What it holds.
    pub fn value(&self) -> NdValue<'a> {
        value::of(self)
    }

    /// Its fields behind type and length, as far as they were captured, by their place in `bytes`.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.item().fields().skip(tables::FIELDS.len())
    }

    /// The same as an item, type and length included.
    pub(super) fn item(&self) -> Item<'a> {
        Item {
            group: "options",
            number: Some(self.kind.into()),
            name: self.name(),
            length: u8_at(self.bytes, 1).map(|words| u32::from(words) * 8),
            bytes: self.bytes,
            extent: self.extent(),
            specs: self.specs(),
        }
    }

    /// The same in an option of a provisioning domain, where another one is not looked into: that
    /// would go on without end.
    pub(super) fn item_of_domain(&self) -> Item<'a> {
        match self.kind {
            PROVISIONING_DOMAIN => Item {
                specs: Specs::Two(tables::FIELDS, tables::UNKNOWN),
                ..self.item()
            },
            _ => self.item(),
        }
    }

    /// Whether its octets are all that it states.
    pub(super) fn extent(&self) -> Extent {
        Extent::of(self.bytes.len(), self.stated().max(tables::FIELDS.len()))
    }

    /// Whether it has not the octets that its type takes.
    fn is_too_short(&self) -> bool {
        tables::format(self.kind).is_some_and(|format| self.words < format.min_words)
    }

    /// Octets that it states.
    fn stated(&self) -> usize {
        usize::from(self.words) * 8
    }

    fn specs(&self) -> Specs {
        if self.words == 0 {
            return Specs::Two(tables::FIELDS, tables::UNKNOWN);
        }
        if self.is_too_short() {
            return made::too_short(self.bytes, self.table());
        }
        match self.kind {
            ROUTE_INFORMATION if self.words == 1 => made::default_route(),
            TRUST_ANCHOR => made::trust_anchor(self.bytes, self.stated(), self.table()),
            SOURCE_LINK_LAYER | TARGET_LINK_LAYER if is_eui_64(self.bytes) => made::eui_64(),
            HANDOVER_LINK_LAYER if self.words == 2 => {
                made::handover_address(self.bytes, self.table())
            }
            HANDOVER_KEY_REQUEST => {
                made::handover_key_request(self.bytes, self.stated(), self.table())
            }
            HANDOVER_KEY_REPLY => made::handover_key_reply(self.bytes, self.stated(), self.table()),
            PROVISIONING_DOMAIN => made::provisioning_domain(self.bytes, self.table()),
            CGA => made::cga(self.bytes, self.stated(), self.table()),
            HANDOVER_ASSIST => made::identifier(self.bytes, self.stated(), self.table()),
            MOBILE_NODE_IDENTIFIER => {
                made::node_identifier(self.bytes, self.stated(), self.table())
            }
            ADDRESS_REGISTRATION if self.registers_prefix() => {
                Specs::Two(tables::FIELDS, tables::PREFIX_REGISTRATION)
            }
            protection::PARAMETERS => protection::parameters(self.bytes),
            protection::SIGNATURE => protection::signature(self.bytes),
            card::REQUEST | card::REPLY => card::specs(self.bytes, self.table()),
            ENCRYPTED_DNS => made::encrypted_dns(self.bytes),
            _ => Specs::Two(tables::FIELDS, self.table()),
        }
    }

    /// Whether a registration is that of a prefix, whose length stands where an advertisement has a status
    /// (RFC 9926 section 7.2).
    fn registers_prefix(&self) -> bool {
        const PREFIX: u8 = 3;
        self.message == Message::NeighborSolicitation
            && u8_at(self.bytes, 4).is_some_and(|flags| flags >> 4 & 3 == PREFIX)
    }

    /// Whether it is a registration with a status, which it has in an advertisement alone (RFC 8505
    /// section 4.1).
    pub(super) fn solicits_with_status(&self) -> bool {
        const STATUS: u8 = 0x3f;
        self.kind == ADDRESS_REGISTRATION
            && self.message == Message::NeighborSolicitation
            && !self.registers_prefix()
            && u8_at(self.bytes, 2).is_some_and(|octet| octet & STATUS != 0)
    }

    fn table(&self) -> &'static [FieldSpec] {
        tables::format(self.kind).map_or(tables::UNKNOWN, |format| format.fields)
    }
}

/// Whether a link-layer address is an EUI-64 and padding, as IEEE 802.15.4 has it (RFC 4944 section 8).
fn is_eui_64(option: &[u8]) -> bool {
    matches!(*option, [_, 2, _, _, _, _, _, _, _, _, 0, 0, 0, 0, 0, 0])
}

/// The snake-case name of an option type.
pub fn option_name(kind: u8) -> Option<&'static str> {
    Some(tables::format(kind)?.name)
}

/// The option types that have a name, with it, in ascending order.
pub fn option_types() -> impl Iterator<Item = (u8, &'static str)> {
    tables::FORMATS
        .iter()
        .map(|format| (format.kind, format.name))
}

/// The options of a message.
#[derive(Clone, Debug)]
pub struct NdOptions<'a> {
    rest: &'a [u8],
    message: Message,
}

impl<'a> NdOptions<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self {
            rest: octets,
            message: Message::Other,
        }
    }

    /// Those of a neighbor solicitation.
    pub(super) const fn of_solicitation(octets: &'a [u8]) -> Self {
        Self {
            rest: octets,
            message: Message::NeighborSolicitation,
        }
    }
}

impl<'a> Iterator for NdOptions<'a> {
    type Item = NdOption<'a>;

    /// The next option; one that claims more than is there is given as far as it goes. One of length
    /// 0 is the last, as nothing can be found behind it.
    fn next(&mut self) -> Option<NdOption<'a>> {
        let kind = u8_at(self.rest, 0)?;
        let words = u8_at(self.rest, 1).unwrap_or(0);
        let length = match words {
            0 => self.rest.len(),
            words => usize::from(words) * 8,
        };
        let bytes = self.rest.get(..length).unwrap_or(self.rest);
        self.rest = tail(self.rest, length);
        Some(NdOption {
            kind,
            words,
            bytes,
            message: self.message,
        })
    }
}

/// The options in `octets`, each with its place there.
pub(super) fn placed(octets: &[u8]) -> impl Iterator<Item = (usize, NdOption<'_>)> {
    let mut at = 0;
    NdOptions::new(octets).map(move |option| {
        let place = at;
        at += option.bytes.len();
        (place, option)
    })
}

/// Tells what is wrong with the options in `octets`.
pub(super) fn check(octets: &[u8], limit: Limit, defects: &mut Defects) {
    let mut at = 0;
    while at < octets.len() {
        let available = octets.len() - at;
        let Some(words) = u8_at(octets, at + 1) else {
            return defects.short(Layer::NdOption, at, 2, available, limit);
        };
        let length = usize::from(words) * 8;
        if length == 0 {
            return defects.rule(Layer::NdOption, at + 1, fault::ZERO_LENGTH);
        }
        if length > available {
            return defects.short(Layer::NdOption, at, length, available, limit);
        }
        let format = u8_at(octets, at).and_then(tables::format);
        if let Some(rule) = format.and_then(|format| format.length_fault(words)) {
            defects.rule(Layer::NdOption, at + 1, rule);
        } else {
            let option = octets.get(at..at + length).unwrap_or_default();
            fault::each(option, &mut |offset, rule| {
                defects.rule(Layer::NdOption, at + offset, rule);
            });
        }
        at += length;
    }
}

#[cfg(test)]
mod tests;
