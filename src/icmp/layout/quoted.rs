//! Where each field of a quoted packet stands, and of those inside it.

use super::{Layout, Part};
use crate::icmp::cause::ChecksumCause;
use crate::icmp::field::Value;
use crate::icmp::item::Item;
use crate::icmp::{
    Message, Quote, TunnelsAlone, application, cause, describe, ip_header, quoted_transport,
    upper_header,
};
use crate::wire::bytes::offset_in;
use crate::wire::checksum::upper_checksum;
use crate::wire::{Ip, TunnelPath};

impl<'a> Layout<'a> {
    pub(super) fn quote(&mut self, quote: &Quote<'a>, at: usize) {
        let ip = &quote.ip;
        let by = self.by.take();
        self.region(at..at + quote.bytes.len(), "data", Part::QuotedPayload);
        self.ip(ip, at, Part::QuotedIp, || cause::of_quoted_header(ip, by));
        if ip.is_later_fragment() {
            return;
        }
        if let Some(tunnels) = quote.tunnels() {
            self.quoted_tunnels(quote, tunnels, at);
            return;
        }
        let at = at + ip.header.len();
        let part = Part::QuotedTransport;
        if let Some(alone) = quote.tunnels_alone() {
            self.tunnels_alone(&alone, ip, at);
            return;
        }
        if let Some(message) = quote.message() {
            self.quoted_message(&message, at, || cause::of_quoted(message.checksum, ip, by));
            return;
        }
        if let Some(header) = upper_header::of(quote) {
            let fields = self.fields.len();
            self.header(&header.item, at, part);
            self.verified_upper(fields, (ip, by), upper_checksum(ip));
            self.typed(fields, header.message);
        }
        if let Some(header) = quoted_transport::of(quote) {
            let at = at + ip.payload.len() - header.item.bytes.len();
            let fields = self.fields.len();
            self.header(&header.item, at, part);
            self.typed(fields, header.message);
        }
        for option in quote.tcp().into_iter().flat_map(|tcp| tcp.options()) {
            self.begin(&ip_header::option(&option), ip.payload, at, part);
        }
        if let Some(dns) = quote.dns() {
            self.item(&dns.item(), ip.payload, at, Part::QuotedPayload);
            for record in dns.records() {
                self.item(&record.item(), ip.payload, at, Part::QuotedPayload);
            }
        }
        if let Some(header) = application::of(quote) {
            self.item(&header.item, ip.payload, at, Part::QuotedPayload);
        }
    }

    /// The tunnels in `ip`, whose payload lies at `at`, as far as they are there.
    fn tunnels_alone(&mut self, alone: &TunnelsAlone<'a>, ip: &Ip<'a>, at: usize) {
        for around in alone.headers.encapsulations() {
            if let Some(start) = offset_in(ip.payload, around.header) {
                self.tunnel_parts(&around, at + start);
            }
        }
        if let Some((cut, octets)) = alone.inside
            && let Some(start) = offset_in(ip.payload, octets)
        {
            let at = at + start;
            self.region(at..at + octets.len(), "unread", Part::QuotedIp);
            let fields = self.fields.len();
            self.table(describe::ip_header(octets), octets, at, Part::QuotedIp);
            self.verified(fields, cut.checksum);
        }
    }

    /// A quoted message, with what that quotes again.
    fn quoted_message(
        &mut self,
        message: &Message<'a>,
        at: usize,
        explain: impl FnOnce() -> Option<ChecksumCause>,
    ) {
        let Some(deeper) = self.deeper.checked_sub(1) else {
            return;
        };
        let (fields, regions) = (self.fields.len(), self.regions.len());
        self.deeper = deeper;
        self.message(message, at, explain);
        self.deeper += 1;
        let quoted = |part| match part {
            Part::Icmp | Part::Item | Part::Extension => Part::QuotedTransport,
            Part::Payload => Part::QuotedPayload,
            other => other,
        };
        for field in self.fields.iter_mut().skip(fields) {
            match (field.part, field.name) {
                (Part::Icmp, "type") => field.word = Some(message.name()),
                (Part::Icmp, "code") => field.word = message.code_name(),
                _ => {}
            }
            field.part = quoted(field.part);
        }
        for (.., part) in self.regions.iter_mut().skip(regions) {
            *part = quoted(*part);
        }
    }

    /// The tunnels that a quoted packet makes, and the packet inside them.
    fn quoted_tunnels(&mut self, quote: &Quote<'a>, tunnels: TunnelPath<'a>, at: usize) {
        for (depth, around) in tunnels.encapsulations().enumerate() {
            if depth > 0
                && let Some(outer) = &around.outer
                && let Some(start) = offset_in(quote.bytes, outer.header)
            {
                self.ip(outer, at + start, Part::QuotedIp, || {
                    cause::of_header(outer, None)
                });
            }
            if let Some(start) = offset_in(quote.bytes, around.header) {
                self.tunnel(&around, at + start);
            }
        }
        self.inner(quote, at);
    }

    /// The packet inside the quoted one, of which that lies at `at`.
    fn inner(&mut self, quote: &Quote<'a>, at: usize) {
        if let Some(deeper) = self.deeper.checked_sub(1)
            && let Some(inner) = quote.inner()
            && let Some(start) = offset_in(quote.bytes, inner.bytes)
        {
            self.deeper = deeper;
            self.quote(&inner, at + start);
            self.deeper += 1;
        }
    }

    /// What the type among the fields behind the first so many is called.
    fn typed(&mut self, fields: usize, message: Option<&'static str>) {
        let mut laid = self.fields.iter_mut().skip(fields);
        if let Some(field) = laid.find(|field| field.name == "type") {
            field.word = field.word.or(message);
        }
    }

    /// The fields of a quoted header, and octets of one that does not fit into what is there of it.
    fn header(&mut self, item: &Item<'a>, at: usize, part: Part) {
        if let Some(start) = item.half() {
            self.region(at + start..at + item.bytes.len(), "unread", part);
        }
        for field in item.fields() {
            match field.value {
                Value::Parts(parts, octets) => {
                    self.listed(parts.items(octets), item.bytes, at, part);
                }
                _ => self.push(at, &field, part),
            }
        }
    }
}
