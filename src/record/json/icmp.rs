//! The `icmp` record: one message with all that is known of it when it is seen.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::put_fields;
use super::link::Link;
use super::options::Told;
use super::packet::{
    DefectList, ExplainedChecksum, IpHeader, LinkFragmentPosition, Place, put_encapsulation,
};
use super::quoted::{CutQuote, Quoted};
use super::system::SystemReportOf;
use super::value::{Addr, Fields, Hex, Text, Time};
use super::{Context, Reference, body};
use crate::correlate::{Answer, AnswerOutcome, NearMiss, Original, PayloadChange, Relation};
use crate::icmp::payload::{self, LittleEndianTimes, PayloadGuess, Senders};
use crate::icmp::{Body, Echo, Message, tunnel_header};
use crate::model::FrameRef;
use crate::record::words::Word;
use crate::record::{IcmpEvent, LinkHeader, Payloads};
use crate::wire::Ip;
use crate::wire::link::{self, SystemReport};
use crate::wire::reassembly::{Common, Octets, Reassembly};
use crate::wire::tunnel::{Output, Report};

pub(super) struct Event<'a> {
    pub(super) event: &'a IcmpEvent<'a>,
    pub(super) context: &'a Context,
}

impl Event<'_> {
    pub(super) fn reference(&self, frame: FrameRef) -> Reference<'_> {
        Reference {
            frame,
            own: self.event.frame.source,
            context: self.context,
        }
    }

    fn interface(&self) -> Option<Text<'_>> {
        let index = usize::try_from(self.event.frame.interface?.0).ok()?;
        let name = self.event.source()?.interfaces.get(index)?.name.as_ref()?;
        Some(Text(name.as_bytes()))
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let IcmpEvent {
            frame,
            packet,
            message,
            ..
        } = self.event;
        let said = self.event.said();
        let mut community = self.context.community.borrow_mut();
        let mut map = serializer.serialize_map(None)?;
        map.name("type", "icmp")?;
        map.put("frame", &frame.number)?;
        map.maybe("packet", frame.packet())?;
        map.put("ts", &Time(frame.ts))?;
        map.put("source", &self.context.source(frame.source))?;
        map.maybe("interface", self.interface())?;
        if frame.is_cut() {
            map.put("wire_length", &frame.wire_len)?;
            map.put("captured_length", &frame.data.len())?;
        }
        if self.context.link_header == LinkHeader::Shown {
            map.put("link", &Link(frame))?;
        }
        map.maybe("capture", Told::of(frame.options))?;
        let fragment = frame.expanded.and_then(|packet| packet.fragment);
        map.maybe("link_fragment", fragment.map(LinkFragmentPosition))?;
        map.maybe("decrypted", frame.cipher.as_ref().map(Word::word))?;
        put_encapsulation(&mut map, packet)?;
        let header = IpHeader {
            ip: &packet.ip,
            place: Place::Around(self),
        };
        map.put("ip", &header)?;
        let fields = Fields4And6 {
            ip: &packet.ip,
            message,
            of: self,
        };
        map.put("icmp", &fields)?;
        let id = community.message(packet.ip.addrs, said);
        map.maybe("community_id", id)?;
        if let Some(quote) = said.quote() {
            let quoted = Quoted::new(quote, said.extensions(), self, &mut community);
            map.put("quoted", &quoted)?;
        }
        let cut = said.cut_quote().map(|header| CutQuote {
            header,
            limit: None,
        });
        map.maybe("quoted", cut)?;
        map.maybe("report", packet.report().map(ReportOf))?;
        if packet.report().is_none() {
            map.maybe("report", SystemReport::of(frame).map(SystemReportOf))?;
        }
        self.put_relation(&mut map)?;
        if let Some(reassembly) = self.event.reassembly {
            map.put(
                "reassembly",
                &FragmentOutcome {
                    reassembly,
                    of: self,
                },
            )?;
        }
        let inferred = Inferred::of(self.event, &mut self.context.senders.borrow_mut());
        map.maybe("inferred", inferred)?;
        let of_link = link::check_sequence(frame).map(|check| check.defects(frame));
        let of_link = of_link.unwrap_or_default();
        let of_tunnels = tunnel_header::defects(packet.tunnels);
        let defects = [&of_link, &of_tunnels, &packet.ip.defects(), &said.defects];
        let defects = DefectList(&defects);
        if !defects.is_empty() {
            map.put("defects", &defects)?;
        }
        map.end()
    }
}

impl Event<'_> {
    fn put_relation<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self.event.relation {
            Relation::None
            | Relation::Request
            | Relation::Reported
            | Relation::Error { original: None } => Ok(()),
            Relation::Answer(answer) => map.put("answers", &Answers { answer, of: self }),
            Relation::Copy { of } => map.put("copy_of", &self.reference(of)),
            Relation::Error {
                original: Some(original),
            } => map.put("original", &OriginalPacket { original, of: self }),
        }
    }
}

/// What a message of another protocol tells of this one.
struct ReportOf(Report);

impl Serialize for ReportOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.word("message", &report.message)?;
        map.put("by", &Addr(report.by))?;
        map.maybe("sampling_rate", report.sampling_rate)?;
        map.maybe("input", report.input)?;
        match report.output {
            Some(Output::Port(number)) => map.put("output", &number)?,
            Some(Output::Ports(count)) => map.put("output_count", &count)?,
            Some(Output::Discarded(reason)) => map.put("discard_reason", &reason)?,
            None => {}
        }
        map.end()
    }
}

/// What a fragment came to.
struct FragmentOutcome<'a> {
    reassembly: &'a Reassembly,
    of: &'a Event<'a>,
}

impl FragmentOutcome<'_> {
    fn frames(&self, frames: &[FrameRef]) -> Vec<Reference<'_>> {
        { frames.iter() }
            .map(|&frame| self.of.reference(frame))
            .collect()
    }

    /// Those of the tunnel's packet that holds the fragment, if this one made it whole.
    fn frames_around(&self) -> Option<Vec<Reference<'_>>> {
        let made = self.of.event.frame.expanded?;
        (!made.frames.is_empty()).then(|| self.frames(&made.frames))
    }
}

impl Serialize for FragmentOutcome<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.name("status", self.reassembly.name())?;
        match self.reassembly {
            Reassembly::Complete(whole) => {
                map.put("frames", &self.frames(whole.frames()))?;
                if let Some(whole) = self.of.event.whole {
                    map.put(
                        "icmp",
                        &Fields4And6 {
                            ip: &whole.ip,
                            message: &whole.message,
                            of: self.of,
                        },
                    )?;
                }
            }
            Reassembly::Duplicate { of: frame } => {
                map.put("with", &self.of.reference(*frame))?;
                map.maybe("frames", self.frames_around())?;
            }
            Reassembly::Overlap { with, common, .. } => {
                map.put("with", &self.of.reference(*with))?;
                map.maybe("common", common.as_ref().map(InCommon))?;
            }
            Reassembly::Refused(why) => map.name("reason", why.name())?,
            Reassembly::Incomplete(_) => map.maybe("frames", self.frames_around())?,
            Reassembly::NotIcmpFragment => {}
        }
        map.end()
    }
}

/// The octets that two fragments both hold.
struct InCommon<'a>(&'a Common);

impl Serialize for InCommon<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Common {
            first,
            last,
            octets,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("first", first)?;
        map.put("last", last)?;
        map.put("differ", &(*octets == Octets::Other))?;
        map.end()
    }
}

/// What the payload of an echo, its TTL, and the numbers of a query let one guess.
#[derive(Default)]
struct Inferred<'a> {
    payload: Option<PayloadGuess>,
    /// What that is guessed of.
    octets: Cow<'a, [u8]>,
    distance: Option<(u8, u8)>,
    little_endian: Option<(u16, u16)>,
    little_endian_times: Option<LittleEndianTimes>,
}

impl<'a> Inferred<'a> {
    fn of(event: &IcmpEvent<'a>, senders: &mut Senders) -> Option<Self> {
        let (addrs, said) = (event.packet.ip.addrs, event.said());
        let mut inferred = match &said.body {
            Body::Echo(echo) => Self::of_echo(event, echo, senders),
            Body::Timestamp(timestamp) => Self {
                little_endian_times: LittleEndianTimes::of(timestamp, event.frame.ts),
                ..Self::default()
            },
            Body::Query(_) => Self::default(),
            _ => return None,
        };
        inferred.little_endian = senders.little_endian(addrs, said, inferred.payload);
        let any = inferred.payload.is_some()
            || inferred.distance.is_some()
            || inferred.little_endian.is_some()
            || inferred.little_endian_times.is_some();
        any.then_some(inferred)
    }

    /// What payload and TTL of an echo tell.
    fn of_echo(event: &IcmpEvent<'a>, echo: &Echo<'a>, senders: &mut Senders) -> Self {
        let octets = event.sent_payload(echo);
        let sent = Echo {
            payload: &octets,
            ..*echo
        };
        let addrs = event.packet.ip.addrs;
        Self {
            payload: senders.payload(addrs, event.said(), &sent, event.frame.ts),
            distance: (event.packet.ip.hop_limit())
                .and_then(|ttl| payload::distance(echo.direction, ttl)),
            octets,
            ..Self::default()
        }
    }
}

impl Serialize for Inferred<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(payload) = self.payload {
            map.name("sender", payload.sender.name())?;
            map.maybe("sent", payload.sent.map(Time))?;
            if payload.header(&self.octets).next().is_some() {
                map.put("header", &PayloadHeader(payload, &self.octets))?;
            }
        }
        if let Some((initial, hops)) = self.distance {
            map.put("initial_ttl", &initial)?;
            map.put("hops", &hops)?;
        }
        map.maybe("little_endian", self.little_endian.map(LittleEndian))?;
        map.maybe("little_endian_times", self.little_endian_times.map(Times))?;
        map.end()
    }
}

/// The header that a payload begins with.
struct PayloadHeader<'a>(PayloadGuess, &'a [u8]);

impl Serialize for PayloadHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_fields(&mut map, self.0.header(self.1))?;
        map.end()
    }
}

/// Identifier and sequence number as they may have been meant.
struct LittleEndian((u16, u16));

impl Serialize for LittleEndian {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.put("id", &self.0.0)?;
        map.put("seq", &self.0.1)?;
        map.end()
    }
}

/// Times of a day as they may have been meant.
struct Times(LittleEndianTimes);

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.maybe("originate", self.0.originate)?;
        map.maybe("receive", self.0.receive)?;
        map.maybe("transmit", self.0.transmit)?;
        map.end()
    }
}

struct Answers<'a> {
    answer: Answer,
    of: &'a Event<'a>,
}

impl Serialize for Answers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Answer {
            request,
            rtt,
            outcome,
            change,
        } = self.answer;
        let mut map = serializer.serialize_map(None)?;
        if let Some(request) = request {
            self.of.reference(request).put_into(&mut map)?;
        }
        map.span("rtt_ns", rtt)?;
        map.word("outcome", &outcome)?;
        if let AnswerOutcome::Unsolicited(Some(miss)) = outcome {
            map.put("near_miss", &Miss { miss, of: self.of })?;
        }
        map.maybe("change", change.map(Change))?;
        map.end()
    }
}

struct Change(PayloadChange);

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let change = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("octets", &change.octets)?;
        map.put("first", &change.first)?;
        map.put("last", &change.last)?;
        map.maybe("xor", change.xor)?;
        map.end()
    }
}

struct Miss<'a> {
    miss: NearMiss,
    of: &'a Event<'a>,
}

impl Serialize for Miss<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (NearMiss::Identifier(request) | NearMiss::Sender(request)) = self.miss;
        let mut map = serializer.serialize_map(None)?;
        map.word("differs_in", &self.miss)?;
        self.of.reference(request).put_into(&mut map)?;
        map.end()
    }
}

struct OriginalPacket<'a> {
    original: Original,
    of: &'a Event<'a>,
}

impl Serialize for OriginalPacket<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.word("match", &self.original)?;
        match self.original {
            Original::Found { frame, before, .. } => {
                self.of.reference(frame).put_into(&mut map)?;
                map.span("before_ns", before)?;
            }
            Original::None(reason) => map.word("reason", &reason)?,
        }
        map.end()
    }
}

/// The message itself.
struct Fields4And6<'a> {
    ip: &'a Ip<'a>,
    message: &'a Message<'a>,
    of: &'a Event<'a>,
}

impl Serialize for Fields4And6<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { ip, message, of } = *self;
        let mut map = serializer.serialize_map(None)?;
        if matches!(message.body, Body::Fragment) {
            // A later fragment holds no ICMP header, so there is no type to tell.
            map.put("version", &message.version.number())?;
            map.name("name", "fragment")?;
            map.put("length", &ip.own_payload_length())?;
            return map.end();
        }
        put_names(&mut map, message)?;
        if message.bytes.is_empty() {
            return map.end();
        }
        let checksum = ExplainedChecksum::of_message(message.checksum, of);
        map.put("checksum", &checksum)?;
        body::put(&mut map, message)?;
        if of.context.payloads == Payloads::Shown
            && let Body::Echo(echo) = &message.body
        {
            map.put("payload", &Hex(echo.payload))?;
        }
        map.maybe("unread", message.unread().map(Hex))?;
        map.end()
    }
}

/// Adds what a message is.
pub(super) fn put_names<M: SerializeMap>(
    map: &mut M,
    message: &Message<'_>,
) -> Result<(), M::Error> {
    map.put("version", &message.version.number())?;
    // What was cut away is not 0.
    map.maybe("type", message.bytes.first().copied())?;
    map.maybe("code", message.bytes.get(1).copied())?;
    map.name("name", message.name())?;
    map.maybe("code_name", message.code_name())?;
    map.put("length", &message.length)
}
