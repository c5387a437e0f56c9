//! Protocols whose headers are rows of a table: what tells them, and what their types are called.

mod devices;
mod flows;
mod links;
mod mobile_core;
mod services;

use super::Payload;
use crate::icmp::field::{FieldSpec, Value};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;

/// A header whose fields have their places.
struct Layout {
    name: &'static str,
    /// Whether the octets have the version, magic number or length of one.
    fits: fn(&Payload<'_>) -> bool,
    /// Fields in front, which several have.
    common: &'static [FieldSpec],
    /// The field `type`, of these or those in front, tells the message.
    fields: &'static [FieldSpec],
    /// Octets of it.
    length: usize,
    /// What its messages are called by type.
    messages: &'static [(u16, &'static str)],
}

impl Layout {
    fn read<'a>(&self, payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
        if !(self.fits)(payload) {
            return None;
        }
        let bytes = payload.octets.get(..self.length).unwrap_or(payload.octets);
        let mut rows = self.common.iter().chain(self.fields);
        let field = rows.find(|row| row.name == "type");
        let kind = field.and_then(|row| match row.read(bytes)?.value {
            Value::Number(kind) | Value::Hex(kind) => u16::try_from(kind).ok(),
            _ => None,
        });
        let message = self.messages.iter().find(|(of, _)| Some(*of) == kind);
        let message = message.map(|(_, message)| *message);
        let specs = Specs::Two(self.common, self.fields);
        Some(UpperHeader::new(self.name, kind, message, bytes, specs))
    }
}

/// The layouts that what goes to or from a port may have.
type Layouts = &'static [(&'static [u16], &'static [Layout])];

/// Of datagrams, by port.
const DATAGRAMS: Layouts = &[
    (&[177], services::XDMCP),
    (&[427], services::SLP),
    (&[464], services::KPASSWD),
    (&[623, 664], devices::RMCP),
    (&[654], services::AODV),
    (&[1194], services::OPENVPN),
    (&[2055, 4739, 9555, 9995, 9996], flows::EXPORTS),
    (&[2123], mobile_core::GTP),
    (&[2222], devices::ETHERNET_IP_IO),
    (&[3386], mobile_core::GTP_PRIME),
    (&[4569], services::IAX2),
    (&[5359], services::AHCP),
    (&[8231], services::HNCP),
    (&[8805], mobile_core::PFCP),
    (&[30490], devices::SOME_IP),
    (&[44818], devices::ETHERNET_IP),
    (&[47808], devices::BACNET),
];

/// Of segments.
const SEGMENTS: Layouts = &[
    (&[502], devices::MODBUS),
    (&[3386], mobile_core::GTP_PRIME),
    (&[11211], services::MEMCACHED),
    (&[30490], devices::SOME_IP),
    (&[44818], devices::ETHERNET_IP),
];

/// A datagram or a segment that has the layout of its port.
pub(super) fn datagram<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    find(DATAGRAMS, payload)
}

pub(super) fn segment<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    find(SEGMENTS, payload)
}

/// What GRE carries: IS-IS.
pub(super) fn isis<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    links::ISIS.iter().find_map(|layout| layout.read(payload))
}

fn find<'a>(layouts: Layouts, payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let of_port = (layouts.iter()).filter(|(ports, _)| ports.iter().any(|&port| payload.has(port)));
    let mut layouts = of_port.flat_map(|(_, layouts)| layouts.iter());
    layouts.find_map(|layout| layout.read(payload))
}

/// Whether a length at `at`, of so many octets behind that of which `behind` are counted, is that of
/// the whole payload.
fn is_whole(payload: &Payload<'_>, length: Option<impl Into<u64>>, uncounted: u64) -> bool {
    length.is_some_and(|length| length.into() + uncounted == payload.length as u64)
}
