//! The facts that both programs' output is taken apart into.

use std::collections::BTreeMap;

/// What is said of a message: for each field the values in their order.
#[derive(Debug, Default)]
pub(super) struct Facts(pub(super) BTreeMap<&'static str, Vec<String>>);

impl Facts {
    #[allow(clippy::needless_pass_by_value)] // It makes the many calls shorter.
    pub(super) fn put(&mut self, field: &'static str, value: impl ToString) {
        self.0.entry(field).or_default().push(value.to_string());
    }

    pub(super) fn maybe(&mut self, field: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.put(field, value);
        }
    }
}

/// What the fields of an IP header are called.
pub(super) struct Names {
    pub(super) ttl: &'static str,
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) id: &'static str,
    pub(super) offset: &'static str,
    pub(super) df: &'static str,
    pub(super) more: &'static str,
    pub(super) protocol: &'static str,
    pub(super) length: &'static str,
    pub(super) found: &'static str,
    pub(super) expected: &'static str,
    pub(super) src: &'static str,
    pub(super) dst: &'static str,
    pub(super) options: &'static str,
    pub(super) extensions: &'static str,
}

/// Of the packet that carries the message.
pub(super) const OUTER: Names = Names {
    ttl: "ip ttl",
    class: "ip class",
    label: "ip flow label",
    id: "ip id",
    offset: "ip offset",
    df: "ip df",
    more: "ip more",
    protocol: "ip protocol",
    length: "ip length",
    found: "ip checksum",
    expected: "ip checksum expected",
    src: "ip src",
    dst: "ip dst",
    options: "ip options",
    extensions: "ip extension headers",
};

/// Of the packet that it quotes.
pub(super) const QUOTED: Names = Names {
    ttl: "quoted ttl",
    class: "quoted class",
    label: "quoted flow label",
    id: "quoted id",
    offset: "quoted offset",
    df: "quoted df",
    more: "quoted more",
    protocol: "quoted protocol",
    length: "quoted length",
    found: "quoted checksum",
    expected: "quoted checksum expected",
    src: "quoted src",
    dst: "quoted dst",
    options: "quoted options",
    extensions: "quoted extension headers",
};

/// Of the outermost packet, where the message travels in a tunnel.
pub(super) const TUNNEL: Names = Names {
    ttl: "tunnel ttl",
    class: "tunnel class",
    label: "tunnel flow label",
    id: "tunnel id",
    offset: "tunnel offset",
    df: "tunnel df",
    more: "tunnel more",
    protocol: "tunnel protocol",
    length: "tunnel length",
    found: "tunnel checksum",
    expected: "tunnel checksum expected",
    src: "tunnel src",
    dst: "tunnel dst",
    options: "tunnel options",
    extensions: "tunnel extension headers",
};
