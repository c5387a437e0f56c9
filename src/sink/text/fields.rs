//! Fields and the parts that they make, by the decoder's own tables.

use std::io::Write;
use std::time::Duration;

use super::addr;
use super::verbose::labels;
use crate::icmp::application::snmp::{self, Oid};
use crate::icmp::field::{
    Extent, Field, NetBiosName, Unit, Value, fixed_points, numbers, sequences, strings,
    v4_addresses, v4_times, v6_addresses,
};
use crate::icmp::item::Item;
use crate::icmp::node_name::NodeName;
use crate::icmp::object::Labels;
use crate::icmp::x509::{self, Told};
use crate::icmp::{dns, rpl_metric, svc_param};
use crate::record::dns::labels as dns_labels;
use crate::record::escape;
use crate::record::json::is_link_address;
use crate::record::write::{self, number};

/// `mtu 1400`.
pub(super) fn name_value(out: &mut Vec<u8>, field: &Field<'_>) {
    if !matches!(field.value, Value::Labels(_)) {
        let name = span_name(field.name, field.value);
        let symbol = field.unit.map_or("", Unit::symbol);
        // `max_response_ms` has its unit behind the number, as all have.
        let bare = name
            .strip_suffix(symbol)
            .and_then(|name| name.strip_suffix('_'));
        addr::words_of(out, bare.unwrap_or(name));
        out.push(b' ');
    }
    match field.value {
        Value::Octets(octets)
            if is_link_address(field.name, octets) || is_eui_64(field.name, octets) =>
        {
            write::hex_octets(out, octets, b":");
        }
        // An identifier, of which zeros in front are part.
        Value::Hex(n) if field.range.len() == size_of::<u64>() => {
            out.extend_from_slice(b"0x");
            write::hex(out, n, 16);
        }
        other => value(out, other),
    }
    unit(out, field.unit, field.value);
    if let Some((_, word)) = field.word() {
        out.push(b' ');
        addr::words_of(out, word);
    }
}

/// The name of a field without the unit that records tell a span of time in.
pub(super) fn span_name(name: &'static str, value: Value<'_>) -> &'static str {
    match value {
        Value::Nanoseconds(_) => name.strip_suffix("_ns").unwrap_or(name),
        _ => name,
    }
}

/// What a number counts, behind it; what lasts for ever has no unit.
pub(super) fn unit(out: &mut Vec<u8>, unit: Option<Unit>, value: Value<'_>) {
    if let Some(unit) = unit
        && value != Value::Seconds(u32::MAX)
    {
        out.push(b' ');
        out.extend_from_slice(unit.symbol().as_bytes());
    }
}

/// Whether octets tell who owns an address by an EUI-64 (RFC 6775 section 4.1), not by a verifier of
/// RFC 8505.
fn is_eui_64(name: &str, octets: &[u8]) -> bool {
    name == "owner" && octets.len() == 8
}

/// A field's value.
pub(super) fn value(out: &mut Vec<u8>, value: Value<'_>) {
    /// Octets of a field that are worth a place in a line.
    const OCTETS: usize = 32;
    match value {
        Value::Number(n) => write::decimal(out, n),
        Value::Seconds(u32::MAX) => out.extend_from_slice(b"infinity"),
        Value::Seconds(n) => write::decimal(out, n.into()),
        Value::Hex(n) => {
            out.extend_from_slice(b"0x");
            write::hex(out, n, 1);
        }
        Value::Signed(n) => {
            if n < 0 {
                out.push(b'-');
            }
            write::decimal(out, n.unsigned_abs());
        }
        Value::Flag(set) => out.extend_from_slice(if set { b"yes" } else { b"no" }),
        Value::Address(addr) => write::ip(out, addr),
        Value::Octets(octets) => {
            write::hex_octets(out, octets.get(..OCTETS).unwrap_or(octets), b"");
            let more = octets.len().saturating_sub(OCTETS);
            if more > 0 {
                number(out, b"... (", more as u64);
                out.extend_from_slice(b" octets more)");
            }
        }
        Value::Text([]) => out.extend_from_slice(b"\"\""),
        Value::Text(text) => escape::push(out, text),
        Value::CutText(text) => {
            escape::push(out, text);
            out.extend_from_slice(b"...");
        }
        Value::V4List(octets) => spaced(out, v4_addresses(octets), write::ipv4),
        Value::NumberList(size, octets) => spaced(out, numbers(size, octets), write::decimal),
        Value::FixedPointList(bits, octets) => spaced(out, fixed_points(bits, octets), |out, n| {
            write!(out, "{n}").unwrap_or_default();
        }),
        Value::Sequences(first, octets) => {
            let numbers = sequences(first, octets).map(u64::from);
            spaced(out, numbers, write::decimal);
        }
        Value::V4Times(octets) => spaced(out, v4_times(octets), |out, (addr, time)| {
            write::decimal(out, time.into());
            out.push(b'@');
            write::ipv4(out, addr);
        }),
        Value::V6List(octets) => spaced(out, v6_addresses(octets), write::ipv6),
        Value::Labels(octets) => labels(out, &Labels(octets)),
        Value::Strings(octets) => spaced(out, strings(octets), escape::push),
        Value::SvcParams(octets) => items(out, svc_param::items(octets)),
        Value::X509(part, octets) => match x509::told(part, octets) {
            Some(Told::Text(text)) => escape::push_name(out, &text),
            Some(Told::List(texts)) => {
                spaced(out, texts.iter(), |out, text| escape::push_name(out, text));
            }
            Some(Told::Number(n)) => write::decimal(out, n),
            Some(Told::Flag(set)) => out.extend_from_slice(if set { b"yes" } else { b"no" }),
            None => self::value(out, Value::Octets(octets)),
        },
        Value::NetBiosName(name) => netbios(out, name),
        Value::Oid(oid) => oid_text(out, oid),
        Value::Bindings(octets) => bindings(out, octets),
        Value::Parts(parts, octets) => {
            for (i, part) in parts.items(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b"; " });
                item(out, &part);
                if part.extent == Extent::Cut {
                    out.extend_from_slice(b", cut");
                }
            }
        }
        Value::RplMetrics(octets) => items(out, rpl_metric::items(octets)),
        Value::Time(ts) => write::rfc3339(out, ts),
        Value::Nanoseconds(n) => write::span(out, Duration::from_nanos(n)),
        Value::Preference(preference) => out.extend_from_slice(preference.name().as_bytes()),
        Value::SourceRoute(route, octets) => spaced(out, route.addresses(octets), write::ipv6),
        Value::NodeNames(names) => spaced(out, names.iter(), node_name),
        Value::DnsNames(octets) => {
            spaced(out, dns::names(octets), |out, name| dns_name(out, &name));
        }
    }
}

/// Items with spaces between them.
fn spaced<T>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        write(out, item);
    }
}

/// `WORKGROUP<1d>`, as tshark writes it.
fn netbios(out: &mut Vec<u8>, name: NetBiosName) {
    escape::push(out, name.text());
    out.push(b'<');
    write::hex(out, name.suffix().into(), 2);
    out.push(b'>');
}

/// `1.3.6.1.2.1.1.3.0=4711`, one behind the other.
fn bindings(out: &mut Vec<u8>, octets: &[u8]) {
    for (i, binding) in snmp::bindings(octets).enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b"; " });
        oid_text(out, binding.variable);
        if let Some(bound) = binding.value {
            out.push(b'=');
            value(out, bound);
        }
        if let Some(exception) = binding.exception {
            out.extend_from_slice(b"=[");
            addr::words_of(out, exception);
            out.push(b']');
        }
    }
}

/// `1.3.6.1.2.1.1.3.0`.
fn oid_text(out: &mut Vec<u8>, oid: Oid<'_>) {
    for (i, arc) in oid.arcs().enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b"." });
        write::decimal(out, arc);
    }
}

/// `lab.test`.
pub(super) fn dns_name(out: &mut Vec<u8>, name: &dns::Name<'_>) {
    if name.is_root() {
        out.push(b'.');
    }
    dns_labels(out, name.labels());
}

/// One that is fully qualified ends in a dot.
pub(super) fn node_name(out: &mut Vec<u8>, name: NodeName<'_>) {
    dns_labels(out, name.labels());
    if name.is_qualified() {
        out.push(b'.');
    }
}

fn items<'a>(out: &mut Vec<u8>, items: impl Iterator<Item = Item<'a>>) {
    for (i, part) in items.enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b"; " });
        item(out, &part);
    }
}

/// `source link layer address (1): address 02:00:00:00:01:01`.
pub(super) fn item(out: &mut Vec<u8>, item: &Item<'_>) {
    item_with(out, item, item.fields());
}

/// "options" of one thing are an "option", "addresses" an "address", "prefixes" a "prefix".
fn one_of(group: &'static str) -> &'static str {
    let takes_es = group.ends_with("ses") || group.ends_with("xes");
    let end = if takes_es { "es" } else { "s" };
    group.strip_suffix(end).unwrap_or(group)
}

pub(super) fn item_with<'a>(
    out: &mut Vec<u8>,
    item: &Item<'a>,
    fields: impl Iterator<Item = Field<'a>> + Clone,
) {
    addr::words_of(out, item.name.unwrap_or_else(|| one_of(item.group)));
    if let Some(number_of_kind) = item.number {
        number(out, b" (", number_of_kind.into());
        out.push(b')');
    }
    if let Some(length) = item.odd_length() {
        number(out, b", length ", length.into());
    }
    let mut separator: &[u8] = b": ";
    let mut flags = Flags::new(fields.clone());
    for field in fields {
        if matches!(field.name, "type" | "length") {
            continue;
        }
        if flags.put(out, &field, separator) {
            separator = b", ";
            continue;
        }
        out.extend_from_slice(separator);
        separator = b", ";
        name_value(out, &field);
    }
    if let Some(octets) = item.unread() {
        out.extend_from_slice(separator);
        unread(out, octets);
    }
}

/// Flags in tcpdump's way: those that are set, all of one word in one place.
pub(super) struct Flags<I> {
    /// The fields that they are among, up to those that have been told.
    fields: I,
    /// Whether those of the word were told.
    are_told: bool,
    /// Whether the word that they are bits of was told just before.
    behind_word: bool,
}

/// Whether flags behind it are its bits.
fn is_word(field: &Field<'_>) -> bool {
    field.name == "flags" || field.name == "options" && matches!(field.value, Value::Hex(_))
}

impl<'a, I: Iterator<Item = Field<'a>>> Flags<I> {
    pub(super) const fn new(fields: I) -> Self {
        Self {
            fields,
            are_told: false,
            behind_word: false,
        }
    }

    /// Whether `field` is a flag; the first writes `flags [on link, autonomous]` for all.
    pub(super) fn put(&mut self, out: &mut Vec<u8>, field: &Field<'_>, before: &[u8]) -> bool {
        if !matches!(field.value, Value::Flag(_)) {
            self.behind_word = is_word(field);
            self.are_told &= !self.behind_word;
            return false;
        }
        if self.are_told {
            return true;
        }
        self.are_told = true;
        if !self.behind_word {
            out.extend_from_slice(before);
            out.extend_from_slice(b"flags");
        }
        out.extend_from_slice(b" [");
        let mut separator: &[u8] = b"";
        let is_flag = |field: &Field<'_>| matches!(field.value, Value::Flag(_));
        let first = self.fields.by_ref().find(is_flag);
        let others = self.fields.by_ref().take_while(|field| !is_word(field));
        let of_word = first.into_iter().chain(others);
        for set in of_word.filter(|field| field.value == Value::Flag(true)) {
            out.extend_from_slice(separator);
            addr::words_of(out, set.name);
            separator = b", ";
        }
        out.extend_from_slice(if separator.is_empty() { b"none]" } else { b"]" });
        true
    }
}

/// Octets that no field is made of.
pub(super) fn unread(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(b"unread ");
    value(out, Value::Octets(octets));
}
