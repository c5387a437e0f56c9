//! What stands around an ICMP message: IP headers, tunnels, checksums, defects, quotes.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::field::{ItemEntry, put_fields};
use super::icmp::Event;
use super::value::{Addr, Fields, Iter};
use crate::icmp::cause::{self, ChecksumCause, QuotedBy};
use crate::icmp::field::{Field, Value};
use crate::icmp::{ip_header, tunnel_header};
use crate::model::{LinkFragment, Proof, Sealing, UnknownPrefix};
use crate::wire::ip::{ExtensionHeader, IpOption, header_checksum};
use crate::wire::tunnel::{Encapsulation, TunnelKind, outer_ports};
use crate::wire::{
    Checksum, ChecksumStatus, Defect, DefectKind, Defects, Fragment, HeaderOrigin, Ip, IpVersion,
};

/// An IP header.
pub(super) struct IpHeader<'a> {
    pub(super) ip: &'a Ip<'a>,
    pub(super) place: Place<'a>,
}

/// Where a header stands, which tells why its checksum may be bad.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// Around a tunnel, or inside of what is quoted.
    Other,
    /// Around the message of this event.
    Around(&'a Event<'a>),
    /// Quoted by that message.
    Quoted(&'a Event<'a>),
}

impl<'a> Place<'a> {
    /// Of one that is quoted, the error that does so.
    pub(super) fn quoted_by(self) -> Option<QuotedBy> {
        match self {
            Self::Quoted(of) => Some(of.event.quoted_by()),
            Self::Other | Self::Around(_) => None,
        }
    }

    /// The event that has it.
    fn event(self) -> Option<&'a Event<'a>> {
        match self {
            Self::Around(of) | Self::Quoted(of) => Some(of),
            Self::Other => None,
        }
    }
}

impl<'a> IpHeader<'a> {
    fn of_other(ip: &'a Ip<'a>) -> Self {
        let place = Place::Other;
        Self { ip, place }
    }
}

impl Serialize for IpHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { ip, place } = *self;
        let mut map = serializer.serialize_map(None)?;
        map.put("version", &ip.version.number())?;
        map.put("src", &Addr(ip.addrs.src()))?;
        map.put("dst", &Addr(ip.addrs.dst()))?;
        if ip.origin == HeaderOrigin::Made {
            map.put("headerless", &true)?;
            return map.end();
        }
        map.put("ttl", &ip.ttl)?;
        map.some("traffic_class", ip.traffic_class.into())?;
        map.some("flow_label", ip.flow_label)?;
        map.maybe("id", ip.id)?;
        map.put("length", &ip.length)?;
        map.fact("length_from_frame", ip.length_from_frame)?;
        if ip.version == IpVersion::V4 {
            map.put("df", &ip.dont_fragment)?;
            map.fact("reserved_flag", ip.reserved_flag())?;
        }
        map.maybe("fragment", ip.own_fragment().map(FragmentPosition))?;
        map.maybe(
            "final_destination",
            ip.final_destination.map(|a| Addr(a.into())),
        )?;
        map.maybe("home_address", ip.home_address.map(|a| Addr(a.into())))?;
        let unknown = Some(ip.unknown_prefix).filter(|unknown| !unknown.is_none());
        map.maybe("unknown_prefix", unknown.map(UnknownContexts))?;
        map.fact("router_alert", ip.router_alert)?;
        // Nearly all headers end with their fixed fields.
        if ip.header.len() > fixed_length(ip.version) {
            put_behind(&mut map, ip)?;
        }
        let checksum = header_checksum(ip).map(|sum| ExplainedChecksum::of_header(sum, ip, place));
        map.maybe("checksum", checksum)?;
        map.end()
    }
}

/// Octets of the fixed fields.
pub(super) const fn fixed_length(version: IpVersion) -> usize {
    match version {
        IpVersion::V4 => 20,
        IpVersion::V6 => 40,
    }
}

/// Adds IPv4 options and extension headers; padding is left out.
fn put_behind<M: SerializeMap>(map: &mut M, ip: &Ip<'_>) -> Result<(), M::Error> {
    let options = ip.options().filter(|option| !option.is_padding());
    if options.clone().next().is_some() {
        map.put("options", &Iter(|| options.clone().map(OptionEntry)))?;
    }
    if ip.extension_headers().next().is_some() {
        let headers = || ip.extension_headers().map(ExtensionHeaderEntry);
        map.put("extension_headers", &Iter(headers))?;
    }
    Ok(())
}

pub(super) struct OptionEntry<'a>(pub(super) IpOption<'a>);

impl Serialize for OptionEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ItemEntry(ip_header::option(&self.0)).serialize(serializer)
    }
}

struct ExtensionHeaderEntry<'a>(ExtensionHeader<'a>);

impl Serialize for ExtensionHeaderEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let item = ip_header::extension_header(&self.0);
        map.put("type", &self.0.protocol)?;
        map.maybe("name", item.name)?;
        // Reserved octets that are 0 tell nothing.
        let is_told = |field: &Field<'_>| field.name != "reserved" || field.value != Value::Hex(0);
        put_fields(&mut map, item.fields().filter(is_told))?;
        let options = self.0.options().filter(|option| !option.is_padding());
        if options.clone().next().is_some() {
            map.put("options", &Iter(|| options.clone().map(OptionEntry)))?;
        }
        map.end()
    }
}

/// The contexts that addresses lack a prefix of.
struct UnknownContexts(UnknownPrefix);

impl Serialize for UnknownContexts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.maybe("src", self.0.src)?;
        map.maybe("dst", self.0.dst)?;
        map.end()
    }
}

/// A part of a datagram that the link took apart.
pub(super) struct LinkFragmentPosition(pub(super) LinkFragment);

impl Serialize for LinkFragmentPosition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.put("tag", &self.0.tag)?;
        map.put("size", &self.0.size)?;
        map.put("offset", &self.0.offset)?;
        map.end()
    }
}

/// Where a fragment belongs.
pub(super) struct FragmentPosition(pub(super) Fragment);

impl Serialize for FragmentPosition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.put("offset", &self.0.offset)?;
        map.put("more", &self.0.more)?;
        map.end()
    }
}

/// A checksum: what it proved to be, and the values.
pub(super) struct ChecksumState(pub(super) Checksum);

impl ChecksumState {
    /// The same fields in an object that has others too.
    pub(super) fn put_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Checksum { status, found } = self.0;
        map.word("status", &status)?;
        match status {
            ChecksumStatus::Good => map.maybe("value", found)?,
            ChecksumStatus::Bad { expected } => {
                map.maybe("value", found)?;
                map.put("expected", &expected)?;
            }
            ChecksumStatus::Unverified(why) => {
                map.word("reason", &why)?;
                map.maybe("value", found)?;
            }
            ChecksumStatus::Absent => {}
        }
        Ok(())
    }
}

impl Serialize for ChecksumState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.put_into(&mut map)?;
        map.end()
    }
}

/// A checksum, and why it may be bad.
pub(super) struct ExplainedChecksum<'a> {
    checksum: Checksum,
    cause: Option<ChecksumCause>,
    of: Option<&'a Event<'a>>,
}

impl<'a> ExplainedChecksum<'a> {
    /// Of the message of an event.
    pub(super) fn of_message(checksum: Checksum, of: &'a Event<'a>) -> Self {
        Self::new(checksum, || of.event.cause(), Some(of))
    }

    /// Of TCP, UDP or another protocol right behind the headers of `ip`.
    pub(super) fn of_quoted(checksum: Checksum, ip: &Ip<'_>, place: Place<'a>) -> Self {
        let explain = || cause::of_quoted(checksum, ip, place.quoted_by());
        Self::new(checksum, explain, place.event())
    }

    fn of_header(checksum: Checksum, ip: &Ip<'_>, place: Place<'a>) -> Self {
        let explain = || match place {
            Place::Other => cause::of_header(ip, None),
            Place::Around(of) => of.event.header_cause(),
            Place::Quoted(_) => cause::of_quoted_header(ip, place.quoted_by()),
        };
        Self::new(checksum, explain, place.event())
    }

    fn new(
        checksum: Checksum,
        explain: impl FnOnce() -> Option<ChecksumCause>,
        of: Option<&'a Event<'a>>,
    ) -> Self {
        let is_bad = matches!(checksum.status, ChecksumStatus::Bad { .. });
        Self {
            checksum,
            cause: is_bad.then(explain).flatten(),
            of,
        }
    }
}

impl Serialize for ExplainedChecksum<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        ChecksumState(self.checksum).put_into(&mut map)?;
        if let Some(cause) = self.cause {
            map.name("cause", cause.name())?;
            match cause {
                ChecksumCause::OldAddress(address) => map.put("old_address", &Addr(address))?,
                ChecksumCause::AlteredWord(word) => {
                    map.put("altered_offset", &word.at)?;
                    map.put("altered_from", &word.was)?;
                }
                ChecksumCause::OldSequence(seq) => map.put("old_sequence", &seq)?,
                ChecksumCause::Untranslated(before) | ChecksumCause::OfRequest(before) => {
                    let before = self.of.map(|of| of.reference(before));
                    map.maybe("captured_before", before)?;
                }
                _ => {}
            }
        }
        map.end()
    }
}

/// What identifies a tunnel.
pub(super) fn put_identifiers<M: SerializeMap>(
    map: &mut M,
    kind: TunnelKind,
) -> Result<(), M::Error> {
    if let Some((name, value)) = kind.identifier() {
        map.put(name, &value)?;
    }
    if let TunnelKind::L2tp { tunnel, .. } = kind {
        map.put("tunnel", &tunnel)?;
    }
    Ok(())
}

/// A tunnel.
pub(super) struct TunnelHeader<'a> {
    pub(super) around: Encapsulation<'a>,
    /// Its packet, where no other place of the record tells it.
    pub(super) outer: Option<Ip<'a>>,
}

impl Serialize for TunnelHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let tunnel = &self.around.tunnel;
        let kind = tunnel.kind;
        map.name("kind", kind.name())?;
        put_identifiers(&mut map, kind)?;
        if let Some((src, dst)) = tunnel.outer {
            map.put("src", &Addr(src))?;
            map.put("dst", &Addr(dst))?;
        }
        let vlans = tunnel.vlans.as_slice();
        if !vlans.is_empty() {
            map.put("vlan", vlans)?;
        }
        if let Some((src_port, dst_port)) = self.outer.as_ref().and_then(outer_ports) {
            map.put("src_port", &src_port)?;
            map.put("dst_port", &dst_port)?;
        }
        let captured = self.outer.as_ref().and(self.around.captured());
        map.maybe("ip", captured.map(IpHeader::of_other))?;
        if let Some(outer) = &self.outer
            && let Some(checksum) = self.around.checksum()
        {
            map.put(
                "checksum",
                &ExplainedChecksum::of_quoted(checksum, outer, Place::Other),
            )?;
        }
        let headers = || tunnel_header::parts(&self.around).map(ItemEntry);
        if headers().next().is_some() {
            map.put("headers", &Iter(headers))?;
        }
        put_sealing(&mut map, &self.around)?;
        map.end()
    }
}

/// Adds the parts of ESP whose lengths no packet tells, and what the check value proved.
fn put_sealing<M: SerializeMap>(map: &mut M, around: &Encapsulation<'_>) -> Result<(), M::Error> {
    let proof = match around.sealing {
        Some(Sealing::Esp(parts) | Sealing::NullEsp(parts)) => {
            map.put("iv_length", &parts.vector)?;
            map.put("icv_length", &parts.check_value)?;
            if parts.check_value == 0 {
                return Ok(());
            }
            parts.proof
        }
        Some(Sealing::WireGuard(proof)) => proof,
        None => return Ok(()),
    };
    map.name(
        "icv",
        match proof {
            Proof::CheckValue => "good",
            Proof::Form => "unverified",
        },
    )
}

/// The defects of several layers, one list.
pub(super) struct DefectList<'a>(pub(super) &'a [&'a Defects]);

impl DefectList<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|defects| defects.is_empty())
    }
}

impl Serialize for DefectList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for defects in self.0 {
            for defect in defects.iter() {
                seq.serialize_element(&OneDefect(defect))?;
            }
        }
        seq.end()
    }
}

struct OneDefect(Defect);

impl Serialize for OneDefect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.word("layer", &self.0.layer)?;
        map.put("offset", &self.0.offset)?;
        match self.0.kind {
            DefectKind::Short {
                needed,
                available,
                limit,
            } => {
                map.put("needed", &needed)?;
                map.put("available", &available)?;
                map.word("limit", &limit)?;
            }
            DefectKind::Rule(rule) => map.put("rule", rule)?,
        }
        map.end()
    }
}

/// VLAN identifiers and tunnels around a packet.
pub(super) fn put_encapsulation<M: SerializeMap>(
    map: &mut M,
    packet: &crate::wire::Packet<'_>,
) -> Result<(), M::Error> {
    let vlans = packet.link.vlans.as_slice();
    if !vlans.is_empty() {
        map.put("vlan", vlans)?;
    }
    if !packet.tunnels.is_empty() {
        let tunnels = || {
            (packet.tunnels.encapsulations()).map(|around| TunnelHeader {
                outer: around.outer,
                around,
            })
        };
        map.put("tunnel", &Iter(tunnels))?;
    }
    Ok(())
}
