//! The link-layer header of a frame, for `-e`.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::LinkAddress;
use super::link_detail::detail;
use super::radio::Radio;
use super::value::{Fields, Iter, Text};
use crate::model::Frame;
use crate::wire::link::usb::TransferHeader;
use crate::wire::link::{
    self, AddressForm, Addresses, CheckSequence, Direction, FrameFlag, FrameRelay, MeshControl,
    PacketTap, PacketType, Process, Repeater, SecTag, SwitchChip, SwitchTag, VlanTag,
    WirelessHeader,
};

/// The link-layer header.
pub(super) struct Link<'a>(pub(super) &'a Frame<'a>);

impl Serialize for Link<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = link::addresses(self.0);
        let Addresses {
            src,
            dst,
            ether_type,
            packet_type,
            interface_index,
            pan,
            macsec,
            switch,
            frame_relay,
            hdlc_address,
            direction,
            ..
        } = &told;
        let mut map = serializer.serialize_map(None)?;
        map.maybe("src", src.as_ref().map(Station))?;
        map.maybe("dst", dst.as_ref().map(Station))?;
        if link::repeaters(self.0).next().is_some() {
            map.put("via", &Iter(|| link::repeaters(self.0).map(Via)))?;
        }
        map.maybe("pan", *pan)?;
        map.maybe("packet_type", packet_type.map(PacketType::name))?;
        map.maybe("interface_index", *interface_index)?;
        let tap = PacketTap::of(self.0);
        let direction = direction.or_else(|| tap.and_then(|tap| tap.direction));
        map.maybe("direction", direction.map(Direction::name))?;
        if let Some(tap) = tap {
            if !tap.interface.is_empty() {
                map.put("interface", &Text(tap.interface))?;
            }
            map.maybe("process", tap.process.map(ProcessFacts))?;
            map.maybe("effective_process", tap.effective.map(ProcessFacts))?;
        }
        map.maybe("usb", link::usb::transfer_header(self.0).map(Usb))?;
        map.maybe("hdlc_address", *hdlc_address)?;
        map.maybe("switch", switch.map(Switch))?;
        map.maybe("frame_relay", frame_relay.map(Circuit))?;
        if told.tags().next().is_some() {
            map.put("tags", &Iter(|| told.tags().map(Tag)))?;
        }
        map.maybe("macsec", macsec.map(Macsec))?;
        if let Some(told) = link::detail(self.0) {
            detail(&mut map, told)?;
        }
        map.maybe("ether_type", *ether_type)?;
        map.maybe("wireless", WirelessHeader::of(self.0).map(Wireless))?;
        map.maybe("radio", Radio::of(self.0))?;
        map.maybe("fcs", link::check_sequence(self.0).map(Fcs))?;
        map.end()
    }
}

/// The check sequence that a frame ends in.
struct Fcs(CheckSequence);

impl Serialize for Fcs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            CheckSequence::Good { found } => {
                map.name("status", "good")?;
                map.put("value", &found)?;
            }
            CheckSequence::Bad { found, expected } => {
                map.name("status", "bad")?;
                map.put("value", &found)?;
                map.put("expected", &expected)?;
            }
            CheckSequence::Cut => {
                map.name("status", "unverified")?;
                map.name("reason", "truncated")?;
            }
        }
        map.end()
    }
}

/// The address of a station.
struct Station<'a>(&'a link::LinkAddress);

impl Serialize for Station<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.form() {
            AddressForm::Octets => LinkAddress(self.0.as_slice()).serialize(serializer),
            AddressForm::CallSign => serializer.collect_str(self.0),
        }
    }
}

struct ProcessFacts<'a>(Process<'a>);

impl Serialize for ProcessFacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("id", &self.0.id)?;
        map.put("command", &Text(self.0.command))?;
        map.end()
    }
}

struct Usb(TransferHeader);

impl Serialize for Usb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.maybe("bus", self.0.bus)?;
        map.maybe("device", self.0.device)?;
        map.maybe("endpoint", self.0.endpoint)?;
        map.maybe("direction", self.0.direction.map(Direction::name))?;
        map.maybe("session", self.0.session)?;
        map.end()
    }
}

struct Wireless(WirelessHeader);

impl Serialize for Wireless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Greater numbers are no time (IEEE 802.11 section 9.2.4.2).
        const LONGEST: u16 = 0x7fff;
        let header = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.maybe("bssid", header.bssid().map(Mac))?;
        map.put("transmitter", &Mac(header.transmitter()))?;
        map.put("receiver", &Mac(header.receiver()))?;
        map.put("sequence", &header.sequence)?;
        map.put("fragment", &header.fragment)?;
        map.maybe("tid", header.tid)?;
        let duration = Some(header.duration).filter(|it| *it <= LONGEST);
        map.maybe("duration_us", duration)?;
        for flag in FrameFlag::ALL {
            map.fact(flag.name(), header.has(flag))?;
        }
        map.maybe("mesh", header.mesh.as_ref().map(Mesh))?;
        map.end()
    }
}

struct Mac([u8; 6]);

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LinkAddress(&self.0).serialize(serializer)
    }
}

struct Mesh<'a>(&'a MeshControl);

impl Serialize for Mesh<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("ttl", &self.0.ttl)?;
        map.put("sequence", &self.0.sequence)?;
        let addresses = || self.0.extension().map(Mac);
        if addresses().next().is_some() {
            map.put("addresses", &Iter(addresses))?;
        }
        map.end()
    }
}

struct Via(Repeater);

impl Serialize for Via {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("station", &Station(&self.0.address))?;
        map.fact("repeated", self.0.has_repeated)?;
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

struct Macsec(SecTag);

impl Serialize for Macsec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("association", &self.0.association())?;
        map.put("packet_number", &self.0.packet_number)?;
        map.some("short_length", self.0.short_length.into())?;
        let channel = self.0.channel.as_ref();
        map.maybe("channel", channel.map(|octets| LinkAddress(octets)))?;
        map.fact("encrypted", self.0.encrypted())?;
        map.fact("changed", self.0.changed())?;
        map.fact("end_station", self.0.end_station())?;
        map.fact("single_copy_broadcast", self.0.single_copy_broadcast())?;
        map.end()
    }
}

struct Circuit(FrameRelay);

impl Serialize for Circuit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("dlci", &self.0.dlci)?;
        map.fact("command_response", self.0.command_response())?;
        map.fact("forward_congestion", self.0.forward_congestion())?;
        map.fact("backward_congestion", self.0.backward_congestion())?;
        map.fact("discard_eligible", self.0.discard_eligible())?;
        map.end()
    }
}

struct Switch(SwitchTag);

impl Serialize for Switch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.name(
            "chip",
            match self.0.chip {
                SwitchChip::Broadcom => "broadcom",
                SwitchChip::Marvell => "marvell",
            },
        )?;
        map.put("tag", &LinkAddress(&self.0.octets))?;
        map.maybe("device", self.0.device())?;
        map.maybe("port", self.0.port())?;
        map.fact("trunk", self.0.is_trunk())?;
        map.maybe("vlan", self.0.vlan())?;
        map.end()
    }
}
