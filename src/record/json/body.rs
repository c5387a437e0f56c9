//! The fields that an ICMP message's type decides.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::{ExtensionEntry, ItemEntry, RecordEntry, put_fields};
use super::packet::ChecksumState;
use super::value::{Addr, Fields, Iter};
use crate::icmp::field::Field;
use crate::icmp::item::{Item, ROUTERS};
use crate::icmp::mld::Mld;
use crate::icmp::{Body, ErrorClass, Extensions, Message};
use crate::icmp::{mtu, node_info};

/// Adds the fields of the message's body.
///
/// The types that make up nearly all messages are written out here; the others follow the
/// decoder's tables.
pub(super) fn put<M: SerializeMap>(map: &mut M, message: &Message<'_>) -> Result<(), M::Error> {
    match &message.body {
        Body::Echo(echo) => {
            map.put("id", &echo.id)?;
            map.put("seq", &echo.seq)?;
            map.put("payload_length", &message.length.saturating_sub(8))
        }
        Body::Timestamp(timestamp) => {
            map.put("id", &timestamp.id)?;
            map.put("seq", &timestamp.seq)?;
            map.put("timestamps", &Timestamps(timestamp))
        }
        Body::Error(error) => match error.class {
            ErrorClass::TooBig { mtu } => {
                put_unused(map, message)?;
                map.maybe("mtu", mtu)?;
                map.maybe("mtu_estimate", mtu::untold(message))
            }
            ErrorClass::ParameterProblem { pointer } => {
                map.maybe("pointer", pointer)?;
                put_unused(map, message)
            }
            _ => put_fields(map, message.fields()),
        },
        Body::Redirect { gateway, .. } => map.maybe("gateway", gateway.map(|g| Addr(g.into()))),
        Body::ExtendedEcho(echo) => {
            put_fields(map, message.fields())?;
            match &echo.extensions {
                Some(extensions) => put_extensions(map, extensions),
                None => Ok(()),
            }
        }
        Body::RouterAdvertisement4(_) => {
            put_fields(map, message.fields())?;
            let is_router = |item: &Item<'_>| item.group == ROUTERS;
            let routers = || message.items().filter(is_router).map(ItemEntry);
            map.put("addresses", &Iter(routers))?;
            let extensions = || message.items().filter(|item| !is_router(item));
            match extensions().next() {
                Some(first) => map.put(first.group, &Iter(|| extensions().map(ItemEntry))),
                None => Ok(()),
            }
        }
        Body::Mld(mld) => {
            // The sources are those that the message counts, not all octets behind its fields.
            put_fields(
                map,
                message.fields().filter(|field| field.name != "sources"),
            )?;
            match mld {
                Mld::Report { .. } => map.put("records", &Iter(|| mld.records().map(RecordEntry))),
                Mld::QueryV2(query) => {
                    map.put("sources", &Iter(|| query.sources().map(|a| Addr(a.into()))))
                }
                Mld::V1 { .. } | Mld::Short => Ok(()),
            }?;
            let extensions = || mld.extensions().map(|it| ItemEntry(it.item()));
            match extensions().next() {
                Some(_) => map.put("mld_extensions", &Iter(extensions)),
                None => Ok(()),
            }
        }
        Body::NodeInformation(node) => {
            put_fields(map, message.fields())?;
            map.maybe("qtype_name", node.qtype().and_then(node_info::qtype_name))?;
            put_items(map, message)
        }
        _ => {
            put_fields(map, message.fields())?;
            put_items(map, message)
        }
    }
}

/// Adds bits that nothing uses, where some are set, and the length of the quote, where it is told.
fn put_unused<M: SerializeMap>(map: &mut M, message: &Message<'_>) -> Result<(), M::Error> {
    let unused = |field: &Field<'_>| matches!(field.name, "unused" | "quote_words");
    put_fields(map, message.fields().filter(unused))
}

struct Timestamps<'a>(&'a crate::icmp::Timestamp);

impl Serialize for Timestamps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.maybe("originate", self.0.originate)?;
        map.maybe("receive", self.0.receive)?;
        map.maybe("transmit", self.0.transmit)?;
        map.end()
    }
}

/// Adds the parts that repeat: options, entries, whatever the type calls them.
fn put_items<M: SerializeMap>(map: &mut M, message: &Message<'_>) -> Result<(), M::Error> {
    match message.items().next() {
        Some(first) => map.put(first.group, &Iter(|| message.items().map(ItemEntry))),
        None => Ok(()),
    }
}

/// Adds an extension structure and its objects.
pub(super) fn put_extensions<M: SerializeMap>(
    map: &mut M,
    extensions: &Extensions<'_>,
) -> Result<(), M::Error> {
    map.put("extension_structure", &Structure(extensions))?;
    map.put(
        "extensions",
        &Iter(|| extensions.objects().map(ExtensionEntry)),
    )
}

struct Structure<'a>(&'a Extensions<'a>);

impl Serialize for Structure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("located", self.0.located.name())?;
        map.put("version", &self.0.version)?;
        map.some("reserved", self.0.reserved.into())?;
        map.put("checksum", &ChecksumState(self.0.checksum))?;
        map.end()
    }
}
