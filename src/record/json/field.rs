//! Fields by the decoder's own tables, extension objects, options and records.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::{Addr, Fields, Hex, Iter, NameText, Text, Time, short};
use crate::icmp::application::snmp;
use crate::icmp::field::{
    Extent, Field, Value, fixed_points, numbers, sequences, strings, v4_addresses, v4_times,
    v6_addresses,
};
use crate::icmp::item::Item;
use crate::icmp::mld;
use crate::icmp::node_name::NodeName;
use crate::icmp::object::{
    Address, ExtensionObject, InterfaceIdentification, InterfaceInformation, Label, Object,
    family_name,
};
use crate::icmp::x509::{self, Told};
use crate::icmp::{dns, rpl_metric, svc_param};
use crate::record::escape::Escaped;
use crate::record::write;

/// Adds fields under their own names.
pub(super) fn put_fields<'a, M: SerializeMap>(
    map: &mut M,
    fields: impl Iterator<Item = Field<'a>>,
) -> Result<(), M::Error> {
    for field in fields {
        // A length field that is not used is told as the quote's own length.
        let unused = field.name == "quote_words" && field.value == Value::Number(0);
        // These say how the octets behind them are laid out, which other fields tell.
        if !unused
            && !matches!(
                field.name,
                "payload" | "next_header" | "header_extension_length"
            )
        {
            let key = key(field.name);
            match field.value {
                Value::Octets(octets) if is_link_address(field.name, octets) => {
                    map.put(key, &LinkAddress(octets))?;
                }
                // Many readers of JSON keep 53 bits of a number.
                Value::Hex(n) if field.range.len() == size_of::<u64>() => {
                    map.put(key, &Hex(&n.to_be_bytes()))?;
                }
                value => map.put(key, &FieldValue(value))?,
            }
            map.fact(cut(field.name), matches!(field.value, Value::CutText(_)))?;
            if let Some((key, word)) = field.word() {
                map.name(key, word)?;
            }
        }
    }
    Ok(())
}

/// The name of the fact that text goes on where its packet was cut.
fn cut(name: &'static str) -> &'static str {
    match name {
        "line" => "line_cut",
        "file" => "file_cut",
        "mode" => "mode_cut",
        "host" => "host_cut",
        "command" => "command_cut",
        _ => "text_cut",
    }
}

/// A field's name, or another one where every message and item has a field of that name.
fn key(name: &'static str) -> &'static str {
    match name {
        "version" => "body_version",
        "type" => "body_type",
        "code" => "body_code",
        "name" => "body_name",
        "length" => "body_length",
        "checksum" => "body_checksum",
        other => other,
    }
}

/// Whether octets are an address of the link layer: EUI-48 or EUI-64.
pub(crate) fn is_link_address(name: &str, octets: &[u8]) -> bool {
    matches!(name, "address" | "src_address" | "dst_address") && matches!(octets.len(), 6 | 8)
}

/// An address of the link layer: octets with colons between them.
pub(super) struct LinkAddress<'a>(pub(super) &'a [u8]);

impl Serialize for LinkAddress<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        short(serializer, |out| write::hex_octets(out, self.0, b":"))
    }
}

struct FieldValue<'a>(Value<'a>);

impl Serialize for FieldValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(n) | Value::Hex(n) | Value::Nanoseconds(n) => serializer.serialize_u64(n),
            Value::Signed(n) => serializer.serialize_i64(n),
            Value::Seconds(n) => serializer.serialize_u32(n),
            Value::Flag(set) => serializer.serialize_bool(set),
            Value::Address(addr) => Addr(addr).serialize(serializer),
            Value::Octets(octets) => Hex(octets).serialize(serializer),
            Value::Text(text) | Value::CutText(text) => Text(text).serialize(serializer),
            Value::V4List(octets) => {
                let list = v4_addresses(octets).map(|a: Ipv4Addr| Addr(a.into()));
                serializer.collect_seq(list)
            }
            Value::V6List(octets) => {
                let list = v6_addresses(octets).map(|a: Ipv6Addr| Addr(a.into()));
                serializer.collect_seq(list)
            }
            Value::NumberList(size, octets) => serializer.collect_seq(numbers(size, octets)),
            Value::FixedPointList(bits, octets) => {
                serializer.collect_seq(fixed_points(bits, octets))
            }
            Value::Sequences(first, octets) => serializer.collect_seq(sequences(first, octets)),
            Value::V4Times(octets) => serializer.collect_seq(v4_times(octets).map(AddressedTime)),
            Value::Labels(octets) => {
                serializer.collect_seq(octets.as_chunks::<4>().0.iter().map(LabelEntry))
            }
            Value::Strings(octets) => serializer.collect_seq(strings(octets).map(Text)),
            Value::SvcParams(octets) => {
                serializer.collect_seq(svc_param::items(octets).map(ItemEntry))
            }
            Value::X509(part, octets) => match x509::told(part, octets) {
                Some(Told::Text(text)) => NameText(&text).serialize(serializer),
                Some(Told::List(texts)) => {
                    serializer.collect_seq(texts.iter().map(|text| NameText(text)))
                }
                Some(Told::Number(n)) => serializer.serialize_u64(n),
                Some(Told::Flag(set)) => serializer.serialize_bool(set),
                None => Hex(octets).serialize(serializer),
            },
            Value::Parts(parts, octets) => {
                serializer.collect_seq(parts.items(octets).map(PartEntry))
            }
            Value::RplMetrics(octets) => {
                serializer.collect_seq(rpl_metric::items(octets).map(ItemEntry))
            }
            Value::Time(ts) => Time(ts).serialize(serializer),
            Value::Preference(preference) => serializer.serialize_u8(preference.bits()),
            Value::SourceRoute(route, octets) => {
                let list = route.addresses(octets).map(|a| Addr(a.into()));
                serializer.collect_seq(list)
            }
            Value::NodeNames(names) => serializer.collect_seq(names.iter().map(NodeNameText)),
            Value::DnsNames(octets) => serializer.collect_seq(dns::names(octets).map(DnsName)),
            Value::NetBiosName(name) => serializer.collect_str(&format_args!(
                "{}<{:02x}>",
                Escaped(name.text()),
                name.suffix()
            )),
            Value::Oid(oid) => serializer.collect_str(&oid),
            Value::Bindings(octets) => {
                serializer.collect_seq(snmp::bindings(octets).map(BindingEntry))
            }
        }
    }
}

/// A variable of SNMP, and its value, if it has one.
struct BindingEntry<'a>(snmp::Binding<'a>);

impl Serialize for BindingEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("variable", &FieldValue(Value::Oid(self.0.variable)))?;
        map.maybe("value", self.0.value.map(FieldValue))?;
        map.maybe("exception", self.0.exception)?;
        map.end()
    }
}

/// A router, and what its clock said (RFC 791 section 3.1).
struct AddressedTime((Ipv4Addr, u32));

impl Serialize for AddressedTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.put("address", &Addr(self.0.0.into()))?;
        map.put("time", &self.0.1)?;
        map.end()
    }
}

pub(super) struct DnsName<'a>(pub(super) dns::Name<'a>);

/// A name of node information: one that is fully qualified ends in a dot.
struct NodeNameText<'a>(NodeName<'a>);

impl Serialize for NodeNameText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for NodeNameText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        dotted(f, self.0.labels())?;
        f.write_str(if self.0.is_qualified() { "." } else { "" })
    }
}

impl Serialize for DnsName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for DnsName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_root() {
            f.write_str(".")?;
        }
        dotted(f, self.0.labels())
    }
}

/// Labels with dots between them.
fn dotted<'a>(f: &mut fmt::Formatter<'_>, labels: impl Iterator<Item = &'a [u8]>) -> fmt::Result {
    for (i, label) in labels.enumerate() {
        let separator = if i == 0 { "" } else { "." };
        write!(f, "{separator}{}", Escaped(label))?;
    }
    Ok(())
}

/// An object of an extension structure.
pub(super) struct ExtensionEntry<'a>(pub(super) Object<'a>);

impl Serialize for ExtensionEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("class", &object.class)?;
        map.put("c_type", &object.c_type)?;
        map.maybe("name", object.name())?;
        map.put("length", &object.length)?;
        match object.kind {
            ExtensionObject::Mpls(labels) => {
                map.put(
                    "labels",
                    &Iter(|| labels.0.as_chunks::<4>().0.iter().map(LabelEntry)),
                )?;
            }
            ExtensionObject::Interface(interface) => put_interface(&mut map, &interface)?,
            ExtensionObject::Identification(identification) => match identification {
                InterfaceIdentification::Name(name) => map.put("interface_name", &Text(name))?,
                InterfaceIdentification::Index(index) => map.put("interface_index", &index)?,
                InterfaceIdentification::Address(address) => put_address(&mut map, address)?,
            },
            ExtensionObject::Pointer(pointer) => map.put("pointer", &pointer)?,
            ExtensionObject::Unknown if object.extent() == Extent::Whole => {
                map.put("bytes", &Hex(object.bytes))?;
            }
            ExtensionObject::Unknown => {}
        }
        map.maybe("c_type_reserved", object.c_type_reserved())?;
        map.maybe("reserved", object.reserved())?;
        map.maybe("padding", object.padding().map(Hex))?;
        map.maybe("unread", object.unread().map(Hex))?;
        map.end()
    }
}

fn put_interface<M: SerializeMap>(
    map: &mut M,
    interface: &InterfaceInformation<'_>,
) -> Result<(), M::Error> {
    map.name("role", interface.role.name())?;
    map.maybe("interface_index", interface.index)?;
    if let Some(address) = interface.address {
        put_address(map, address)?;
    }
    map.maybe("interface_name", interface.name.map(Text))?;
    map.maybe("mtu", interface.mtu)
}

fn put_address<M: SerializeMap>(map: &mut M, address: Address<'_>) -> Result<(), M::Error> {
    match address {
        Address::Ip(addr) => map.put("address", &Addr(addr)),
        Address::Other { family, bytes } => {
            map.put("address_family", &family)?;
            if let Some(name) = family_name(family) {
                map.name("address_family_name", name)?;
            }
            map.put("bytes", &Hex(bytes))
        }
    }
}

struct LabelEntry<'a>(&'a [u8; 4]);

impl Serialize for LabelEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let labels = crate::icmp::object::Labels(self.0);
        let mut map = serializer.serialize_map(None)?;
        if let Some(Label {
            label,
            traffic_class,
            bottom,
            ttl,
        }) = labels.iter().next()
        {
            map.put("label", &label)?;
            map.put("traffic_class", &traffic_class)?;
            map.put("bottom", &bottom)?;
            map.put("ttl", &ttl)?;
        }
        map.end()
    }
}

/// A part of a message that may come several times: an option, an entry.
pub(super) struct ItemEntry<'a>(pub(super) Item<'a>);

impl Serialize for ItemEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_item(&mut map, &self.0)?;
        map.end()
    }
}

fn put_item<M: SerializeMap>(map: &mut M, item: &Item<'_>) -> Result<(), M::Error> {
    put_kind(map, item)?;
    map.maybe("length", item.odd_length())?;
    put_own_fields(map, item)?;
    map.maybe("unread", item.unread().map(Hex))
}

/// A part in a list that is a field itself, of which no defect tells where it was cut.
struct PartEntry<'a>(Item<'a>);

impl Serialize for PartEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_item(&mut map, &self.0)?;
        map.fact("cut", self.0.extent == Extent::Cut)?;
        map.end()
    }
}

/// Adds what an item is.
pub(super) fn put_kind<M: SerializeMap>(map: &mut M, item: &Item<'_>) -> Result<(), M::Error> {
    map.maybe("type", item.number)?;
    map.maybe("name", item.name)
}

/// Adds an item's fields but for those that say what it is.
pub(super) fn put_own_fields<M: SerializeMap>(
    map: &mut M,
    item: &Item<'_>,
) -> Result<(), M::Error> {
    // The number is told already, and lengths count in units that differ from item to item.
    let told = |field: &Field<'_>| {
        (field.name == "type" && item.number.is_some())
            || field.name == "length"
            || (field.name == "name" && item.name.is_some())
    };
    put_fields(map, item.fields().filter(|field| !told(field)))
}

/// A record of an MLDv2 report.
pub(super) struct RecordEntry<'a>(pub(super) mld::Record<'a>);

impl Serialize for RecordEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("type", &record.kind)?;
        map.maybe("name", record.name())?;
        map.put("group", &Addr(record.group.into()))?;
        map.put("source_count", &record.count)?;
        map.put(
            "sources",
            &Iter(|| record.sources().map(|a| Addr(a.into()))),
        )?;
        if record.auxiliary.is_empty() {
            map.some("auxiliary_length", record.auxiliary_length.into())?;
        } else {
            map.put("auxiliary", &Hex(record.auxiliary))?;
        }
        map.maybe("unread", record.item().unread().map(Hex))?;
        map.end()
    }
}
