//! The link-layer header of a frame, for `-e`.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::LinkAddress;
use super::value::{Fields, Iter};
use crate::wire::link::{Addresses, PacketType, VlanTag};

/// The link-layer header.
pub(super) struct Link(pub(super) Addresses);

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Addresses {
            src,
            dst,
            ether_type,
            packet_type,
            interface_index,
            pan,
            ..
        } = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.maybe("src", src.as_ref().map(|src| LinkAddress(src.as_slice())))?;
        map.maybe("dst", dst.as_ref().map(|dst| LinkAddress(dst.as_slice())))?;
        map.maybe("pan", *pan)?;
        map.maybe("packet_type", packet_type.map(PacketType::name))?;
        map.maybe("interface_index", *interface_index)?;
        if self.0.tags().next().is_some() {
            map.put("tags", &Iter(|| self.0.tags().map(Tag)))?;
        }
        map.maybe("ether_type", *ether_type)?;
        map.end()
    }
}

struct Tag(VlanTag);

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.put("tpid", &self.0.tpid)?;
        map.put("priority", &self.0.priority())?;
        map.put("drop_eligible", &self.0.drop_eligible())?;
        map.put("vlan", &self.0.id())?;
        map.end()
    }
}
