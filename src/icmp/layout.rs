//! Where each field of a packet stands: for hex dumps with the names beside the octets.

mod gaps;
mod quoted;

use std::ops::Range;

use super::cause::{self, ChecksumCause, Proven, QuotedBy};
use super::describe::{BEFORE_QUOTE, IPV4, IPV6};
use super::field::{Field, FieldSpec, Unit, Value, spec};
use super::item::Item;
use super::payload::PayloadGuess;
use super::{Body, Message, Quote, ip_header, rpl_metric, svc_param, tunnel_header};
use crate::model::LinkType;
use crate::wire::bytes::{offset_in, tail};
use crate::wire::tunnel::Encapsulation;
use crate::wire::{Checksum, ChecksumStatus, HeaderOrigin, Ip, IpVersion, header_checksum};

/// A field with its place in the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaidField<'a> {
    /// Its octets, counted from the first of the IP header: `ip.header`, then `ip.payload`.
    pub range: Range<usize>,
    /// Snake-case name.
    pub name: &'static str,
    /// What it holds; `None` for octets without a format.
    pub value: Option<Value<'a>>,
    /// What its number counts, where that is told.
    pub unit: Option<Unit>,
    /// What its number is called: snake-case.
    pub word: Option<&'static str>,
    /// Where it belongs.
    pub part: Part,
    /// The option or extension header of IP that begins with it: its snake-case name.
    pub begins: Option<&'static str>,
    /// What a checksum came to.
    pub checksum: Option<ChecksumStatus>,
    /// Why that is bad, where something proves it.
    pub cause: Option<ChecksumCause>,
}

/// The parts of a packet that are to be told apart at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Header of the link that the frame came over.
    Link,
    /// IP header of a tunnel's packet.
    OuterIp,
    /// Header of a tunnel, with those of UDP before it and of the link inside.
    Tunnel,
    /// IP header, options and extension headers.
    Ip,
    /// ICMP header and fixed fields.
    Icmp,
    /// Options, records and entries of the message.
    Item,
    /// Payload of an echo, and other octets without a format.
    Payload,
    /// IP header of the quoted packet.
    QuotedIp,
    /// Transport header of the quoted packet.
    QuotedTransport,
    /// What was quoted behind that.
    QuotedPayload,
    /// RFC 4884 structure.
    Extension,
}

impl Part {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::OuterIp => "outer_ip",
            Self::Tunnel => "tunnel",
            Self::Ip => "ip",
            Self::Icmp => "icmp",
            Self::Item => "item",
            Self::Payload => "payload",
            Self::QuotedIp => "quoted_ip",
            Self::QuotedTransport => "quoted_transport",
            Self::QuotedPayload => "quoted_payload",
            Self::Extension => "extension",
        }
    }
}

/// The fields of a packet and the message in it, by ascending place. Every captured octet belongs
/// to a field; fields share octets only if they are bits of the same. The payload of an echo has those
/// that `guess` tells of; bad checksums have the causes that are `proven`, or that the packet tells.
pub fn fields<'a>(
    ip: &Ip<'a>,
    message: &Message<'a>,
    guess: Option<&PayloadGuess>,
    proven: Proven,
) -> Vec<LaidField<'a>> {
    let mut layout = Layout::new();
    let addrs = ip.ends();
    layout.ip(ip, 0, Part::Ip, || proven.of_header(ip, message));
    layout.by = Some(QuotedBy {
        addrs,
        checksum: message.checksum,
        proven,
    });
    layout.message(message, ip.header.len(), || proven.of_message(ip, message));
    if let (Body::Echo(echo), Some(guess)) = (&message.body, guess) {
        let start = ip.header.len() + ip.payload.len() - echo.payload.len();
        layout.payload(echo.payload, guess, start);
    }
    layout.finish(ip.header.len() + ip.payload.len())
}

/// The fields of an IP header and its options or extension headers.
pub fn header<'a>(ip: &Ip<'a>) -> Vec<LaidField<'a>> {
    let mut layout = Layout::new();
    layout.ip(ip, 0, Part::OuterIp, || cause::of_header(ip, None));
    layout.finish(ip.header.len())
}

/// The fields of the header that a frame of this link begins with, of which these are the octets up to its
/// packet.
pub fn link(link: LinkType, octets: &[u8]) -> Vec<LaidField<'_>> {
    of_link(tunnel_header::link_parts(link, octets), octets)
}

/// The fields of what stands right before a packet in its transfer of USB.
pub fn transfer(octets: &[u8]) -> Vec<LaidField<'_>> {
    of_link(tunnel_header::transfer_parts(octets), octets)
}

fn of_link<'a>(parts: tunnel_header::Parts<'a>, octets: &'a [u8]) -> Vec<LaidField<'a>> {
    let mut layout = Layout::new();
    layout.region(0..octets.len(), "header", Part::Link);
    for part in parts {
        layout.begin(&part, octets, 0, Part::Link);
    }
    layout.finish(octets.len())
}

/// The fields of a tunnel's header, by their place in its octets.
pub fn tunnel<'a>(around: &Encapsulation<'a>) -> Vec<LaidField<'a>> {
    let mut layout = Layout::new();
    layout.tunnel(around, 0);
    layout.finish(around.header.len())
}

struct Layout<'a> {
    fields: Vec<LaidField<'a>>,
    /// What octets without a field are called, and where they belong; later ones go before.
    regions: Vec<(Range<usize>, &'static str, Part)>,
    /// How many packets inside of one that is quoted are still followed.
    deeper: usize,
    /// The error, until the packet that it quotes is laid.
    by: Option<QuotedBy>,
}

impl<'a> Layout<'a> {
    const fn new() -> Self {
        Self {
            fields: Vec::new(),
            regions: Vec::new(),
            deeper: Quote::NESTED,
            by: None,
        }
    }

    fn region(&mut self, range: Range<usize>, name: &'static str, part: Part) {
        if !range.is_empty() {
            self.regions.push((range, name, part));
        }
    }

    /// A field of no octets has no place among them.
    fn push(&mut self, at: usize, field: &Field<'a>, part: Part) {
        if field.range.is_empty() {
            return;
        }
        self.fields.push(LaidField {
            range: at + field.range.start..at + field.range.end,
            name: field.name,
            value: Some(field.value),
            unit: field.unit,
            word: field.word().map(|(_, word)| word),
            part,
            begins: None,
            checksum: None,
            cause: None,
        });
    }

    /// The first checksum among the fields behind the first so many.
    fn checksum(&mut self, fields: usize) -> Option<&mut LaidField<'a>> {
        let mut laid = self.fields.iter_mut().skip(fields);
        laid.find(|field| field.name == "checksum")
    }

    /// Says what that came to.
    fn verified(&mut self, fields: usize, checksum: Option<Checksum>) {
        self.explained(fields, checksum, || None);
    }

    /// The same, and if it is bad what `explain` tells of that.
    fn explained(
        &mut self,
        fields: usize,
        checksum: Option<Checksum>,
        explain: impl FnOnce() -> Option<ChecksumCause>,
    ) {
        if let (Some(field), Some(checksum)) = (self.checksum(fields), checksum) {
            field.checksum = Some(checksum.status);
            if let ChecksumStatus::Bad { .. } = checksum.status {
                field.cause = explain();
            }
        }
    }

    /// The same of the transport in `ip`, which is quoted `by` an error.
    fn verified_upper(
        &mut self,
        fields: usize,
        (ip, by): (&Ip<'_>, Option<QuotedBy>),
        checksum: Option<Checksum>,
    ) {
        self.explained(fields, checksum, || {
            checksum.and_then(|sum| cause::of_quoted(sum, ip, by))
        });
    }

    /// What the number of the last field is called.
    fn word(&mut self, word: Option<&'static str>) {
        if let Some(last) = self.fields.last_mut() {
            last.word = last.word.or(word);
        }
    }

    fn table(&mut self, table: &[FieldSpec], octets: &'a [u8], at: usize, part: Part) {
        for field in table.iter().filter_map(|spec| spec.read(octets)) {
            self.push(at, &field, part);
        }
    }

    /// `explain` tells why its checksum is bad.
    fn ip(
        &mut self,
        ip: &Ip<'a>,
        at: usize,
        part: Part,
        explain: impl FnOnce() -> Option<ChecksumCause>,
    ) {
        let header = ip.header;
        if ip.origin == HeaderOrigin::Captured {
            self.region(at..at + header.len(), "reserved", part);
            let fixed = match ip.version {
                IpVersion::V4 => IPV4,
                IpVersion::V6 => IPV6,
            };
            let fields = self.fields.len();
            self.table(fixed, header, at, part);
            self.explained(fields, header_checksum(ip), explain);
        }
        for option in ip_header::options(ip) {
            self.begin(&option, header, at, part);
        }
        for extension in ip.extension_headers() {
            self.begin(&ip_header::extension_header(&extension), header, at, part);
            for option in extension.options() {
                self.begin(&ip_header::option(&option), header, at, part);
            }
        }
    }

    /// An option or extension header of IP, named where it begins.
    fn begin(&mut self, item: &Item<'a>, header: &'a [u8], at: usize, part: Part) {
        let first = self.fields.len();
        self.item(item, header, at, part);
        if let Some(field) = self.fields.get_mut(first) {
            field.begins = item.name.or(Some("unknown_option"));
        }
    }

    fn tunnel(&mut self, around: &Encapsulation<'a>, at: usize) {
        self.region(at..at + around.header.len(), "header", Part::Tunnel);
        self.tunnel_parts(around, at);
    }

    fn tunnel_parts(&mut self, around: &Encapsulation<'a>, at: usize) {
        let fields = self.fields.len();
        for part in tunnel_header::parts(around) {
            self.begin(&part, around.header, at, Part::Tunnel);
        }
        match &around.outer {
            Some(outer) => self.verified_upper(fields, (outer, None), around.checksum()),
            None => self.verified(fields, around.checksum()),
        }
    }

    /// `explain` tells why its checksum is bad.
    fn message(
        &mut self,
        message: &Message<'a>,
        at: usize,
        explain: impl FnOnce() -> Option<ChecksumCause>,
    ) {
        let bytes = message.bytes;
        let (rest_name, rest_part) = match message.body {
            Body::Fragment => ("fragment", Part::Payload),
            _ => ("reserved", Part::Icmp),
        };
        self.region(at..at + bytes.len(), rest_name, rest_part);
        let fields = self.fields.len();
        for field in message.header_fields() {
            self.push(at, &field, Part::Icmp);
        }
        self.explained(fields, Some(message.checksum), explain);
        for field in message.fields() {
            let part = match field.name {
                "payload" | "data" | "encrypted" => Part::Payload,
                _ => Part::Icmp,
            };
            self.push(at, &field, part);
        }
        for item in message.items() {
            self.item(&item, bytes, at, Part::Item);
        }
        if let Some(octets) = message.unread()
            && let Some(start) = offset_in(bytes, octets)
        {
            let start = at + start;
            self.region(start..start + octets.len(), "unread", Part::Icmp);
        }
        if message.quote().is_none() {
            self.behind_quote(message, at, BEFORE_QUOTE);
        }
        if let Some(cut) = message.cut_quote() {
            let quoted = at + BEFORE_QUOTE..at + bytes.len();
            self.region(quoted, "unread", Part::QuotedIp);
            let fields = self.fields.len();
            for field in message.short_quote() {
                self.push(at, &field, Part::QuotedIp);
            }
            self.verified(fields, cut.checksum);
        }
        if let Some(quote) = message.quote()
            && let Some(start) = offset_in(bytes, quote.bytes)
        {
            let end = start + quote.bytes.len();
            self.behind_quote(message, at, end);
            self.quote(quote, at + start);
        }
        if let Some(extensions) = message.extensions()
            && let Some(objects) = offset_in(bytes, extensions.bytes)
            && let Some(start) = objects.checked_sub(super::extension::HEADER)
        {
            self.region(at + start..at + bytes.len(), "reserved", Part::Extension);
            let fields = self.fields.len();
            self.table(STRUCTURE, tail(bytes, start), at + start, Part::Extension);
            self.verified(fields, Some(extensions.checksum));
            for item in extensions.items() {
                self.item(&item, bytes, at, Part::Extension);
            }
        }
    }

    /// What is behind the length of a quote that ends there in a message, or in place of one.
    fn behind_quote(&mut self, message: &Message<'a>, at: usize, end: usize) {
        if !matches!(message.body, Body::Error(_) | Body::Redirect { .. }) {
            return;
        }
        let name = match message.unread() {
            Some(_) => "unread",
            None => "padding",
        };
        let place = at + end..at + message.bytes.len().max(end);
        self.region(place, name, Part::QuotedPayload);
    }

    /// The header that the payload of an echo has, with what is behind it.
    fn payload(&mut self, payload: &'a [u8], guess: &PayloadGuess, at: usize) {
        self.region(at..at + payload.len(), "payload", Part::Payload);
        for field in guess.laid(payload) {
            self.push(at, &field, Part::Payload);
        }
    }

    fn item(&mut self, item: &Item<'a>, bytes: &'a [u8], at: usize, part: Part) {
        // Of what another protocol says not every field is named.
        let rest = match part {
            Part::QuotedPayload => item.name.unwrap_or("payload"),
            _ => "reserved",
        };
        self.item_with(item, bytes, at, part, rest);
    }

    /// The same, in which octets without a field are called `rest`.
    fn item_with(
        &mut self,
        item: &Item<'a>,
        bytes: &'a [u8],
        at: usize,
        part: Part,
        rest: &'static str,
    ) {
        if let Some(start) = offset_in(bytes, item.bytes) {
            self.region(at + start..at + start + item.bytes.len(), rest, part);
            for reserved in item.reserved() {
                let place = at + start + reserved.start..at + start + reserved.end;
                self.region(place, "reserved", part);
            }
            if let Some(octets) = item.unread() {
                let end = at + start + item.bytes.len();
                self.region(end - octets.len()..end, "unread", part);
            }
            for field in item.fields() {
                // Of what is made of parts each has fields of its own.
                match field.value {
                    Value::RplMetrics(octets) => {
                        self.items(rpl_metric::items(octets), bytes, at, part);
                    }
                    Value::SvcParams(octets) => {
                        self.items(svc_param::items(octets), bytes, at, part);
                    }
                    Value::Parts(parts, octets) if part != Part::QuotedPayload => {
                        self.listed(parts.items(octets), bytes, at, part);
                    }
                    _ => {
                        // Where fields are told of some of them, octets that are none of these belong
                        // to the whole.
                        if let (Value::Octets(_), "certificate" | "data") =
                            (field.value, field.name)
                        {
                            let range = field.range.clone();
                            let place = at + start + range.start..at + start + range.end;
                            self.region(place, field.name, part);
                        }
                        self.push(at + start, &field, part);
                        let has_word = matches!(part, Part::Item | Part::QuotedTransport)
                            || item.group == ip_header::cipso::TAGS;
                        if has_word && field.name == "type" {
                            self.word(item.name);
                        }
                    }
                }
            }
        }
    }

    fn items(
        &mut self,
        items: impl Iterator<Item = Item<'a>>,
        bytes: &'a [u8],
        at: usize,
        part: Part,
    ) {
        for item in items {
            self.item(&item, bytes, at, part);
        }
    }

    /// What a field lists. In the headers of other protocols and of tunnels not every field of that is named.
    fn listed(
        &mut self,
        items: impl Iterator<Item = Item<'a>>,
        bytes: &'a [u8],
        at: usize,
        part: Part,
    ) {
        match part {
            Part::QuotedTransport | Part::Tunnel => {
                for item in items {
                    let rest = item.name.unwrap_or("data");
                    self.item_with(&item, bytes, at, part, rest);
                }
            }
            _ => self.items(items, bytes, at, part),
        }
    }
}

/// RFC 4884 section 7.
const STRUCTURE: &[FieldSpec] = &[spec::bits(0, 4, 4, "version"), spec::hex(2, 2, "checksum")];
