//! Node information (RFC 4620).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::decode::Decoder;
use super::dns;
use super::field::{FieldSpec, spec};
use super::node_name::{NodeName, NodeNames, Place};
use super::{Body, Direction};
use crate::wire::bytes::{array_at, tail, u16_at, u32_at};

/// A node information query or response.
#[derive(Clone, Copy, Debug)]
pub struct NodeInformation<'a> {
    /// Whether it asks or answers.
    pub direction: Direction,
    code: u8,
    bytes: &'a [u8],
}

/// What a query asks about (RFC 4620 section 4, by its code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The node with this address.
    V6(Ipv6Addr),
    /// The node with this address.
    V4(Ipv4Addr),
    /// The node with this name.
    Name(NodeName<'a>),
}

/// Name of the node (RFC 4620 section 6.2).
const NODE_NAME: u16 = 2;
/// Its IPv6 addresses (section 6.3).
const NODE_ADDRESSES: u16 = 3;
/// Its IPv4 addresses (section 6.4).
const IPV4_ADDRESSES: u16 = 4;

/// The snake-case name of a query type (RFC 4620 section 6).
pub const fn qtype_name(qtype: u16) -> Option<&'static str> {
    match qtype {
        0 => Some("noop"),
        NODE_NAME => Some("node_name"),
        NODE_ADDRESSES => Some("node_addresses"),
        IPV4_ADDRESSES => Some("ipv4_addresses"),
        _ => None,
    }
}

impl<'a> NodeInformation<'a> {
    /// Query type.
    pub fn qtype(&self) -> Option<u16> {
        u16_at(self.bytes, 4)
    }

    /// Flags as on the wire; what they mean depends on the query type.
    pub fn flags(&self) -> Option<u16> {
        u16_at(self.bytes, 6)
    }

    /// The nonce that ties a response to its query.
    pub fn nonce(&self) -> Option<[u8; 8]> {
        array_at(self.bytes, 8)
    }

    /// What stands behind the nonce: the subject of a query, the answer of a response.
    pub fn data(&self) -> &'a [u8] {
        tail(self.bytes, HEADER)
    }

    /// What a query asks about.
    pub fn subject(&self) -> Option<Subject<'a>> {
        if self.direction != Direction::Request {
            return None;
        }
        let data = self.data();
        match self.code {
            0 => array_at::<16>(data, 0).map(|octets| Subject::V6(octets.into())),
            1 => NodeNames::new(data, Place::Subject)
                .iter()
                .next()
                .map(Subject::Name),
            2 => array_at::<4>(data, 0).map(|octets| Subject::V4(octets.into())),
            _ => None,
        }
    }

    /// The names that a response gives.
    pub fn names(&self) -> impl Iterator<Item = NodeName<'a>> + Clone + use<'a> {
        let is_answer = self.is_answer_to(NODE_NAME);
        NodeNames::new(if is_answer { self.data() } else { &[] }, Place::Answer).iter()
    }

    /// The table and size of the entries in a response's list of addresses.
    pub(super) fn answer_table(&self) -> Option<(&'static [FieldSpec], usize)> {
        if self.is_answer_to(NODE_ADDRESSES) {
            Some((V6_ENTRY, 20))
        } else if self.is_answer_to(IPV4_ADDRESSES) {
            Some((V4_ENTRY, 8))
        } else {
            None
        }
    }

    fn is_answer_to(&self, qtype: u16) -> bool {
        self.direction == Direction::Reply && self.code == 0 && self.qtype() == Some(qtype)
    }

    /// The fields of the header, then those of subject or answer; all by their place in the message.
    pub(super) fn tables(&self) -> [(&'static [FieldSpec], usize); 2] {
        let header = match (self.qtype(), self.direction) {
            (Some(NODE_ADDRESSES), Direction::Request) => ADDRESSES_ASKED,
            (Some(NODE_ADDRESSES), _) => ADDRESSES_TOLD,
            (Some(IPV4_ADDRESSES), Direction::Request) => IPV4_ASKED,
            (Some(IPV4_ADDRESSES), _) => IPV4_TOLD,
            _ => FIELDS,
        };
        let data = match (self.direction, self.code) {
            (Direction::Request, 0) => QUERY_V6,
            (Direction::Request, 1) => QUERY_NAME,
            (Direction::Request, 2) => QUERY_V4,
            _ if self.is_answer_to(NODE_NAME) => NAME_ANSWER,
            _ if self.answer_table().is_some() => &[],
            _ => OTHER,
        };
        [(header, 0), (data, 0)]
    }
}

/// Octets before the data.
pub(super) const HEADER: usize = 16;

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    decoder.need(HEADER);
    let message = NodeInformation {
        direction,
        code: decoder.code,
        bytes: decoder.bytes,
    };
    // Section 6.1: a NOOP never has any data.
    let needed = match (direction, decoder.code) {
        (Direction::Request, 0) => 16,
        (Direction::Request, 2) => 4,
        _ => 0,
    };
    if message.qtype().is_some_and(|qtype| qtype != 0) {
        decoder.need(HEADER + needed);
    }
    // What is not there is told already, where the capture ends it.
    if decoder.is_whole() {
        if message.names().any(|name| name.is_broken()) {
            decoder.rule(HEADER + 4, dns::RULE);
        }
        if let Some(Subject::Name(name)) = message.subject()
            && name.is_broken()
        {
            decoder.rule(HEADER, dns::RULE);
        }
    }
    if let Some((_, size)) = message.answer_table() {
        let rest = message.data().len() % size;
        if rest != 0 {
            decoder.need(decoder.bytes.len() - rest + size);
        }
    }
    rules(decoder, &message);
    Body::NodeInformation(message)
}

/// What RFC 4620 forbids of messages that ask or answer nothing (sections 4, 5 and 6.1), and of how long
/// an answer is good (sections 6.2 to 6.4).
fn rules(decoder: &mut Decoder<'_, '_>, message: &NodeInformation<'_>) {
    const NOOP: u16 = 0;
    let has_data = !message.data().is_empty();
    if message.qtype() == Some(NOOP) {
        match (message.direction, message.code) {
            (Direction::Request, 1) | (Direction::Reply, 0) => {}
            (Direction::Request, _) => decoder.rule(1, "code of a NOOP query is not 1"),
            (Direction::Reply, _) => decoder.rule(1, "code of a NOOP reply is not 0"),
        }
        if has_data {
            decoder.rule(HEADER, "data in a NOOP");
        }
    } else if has_data && message.direction == Direction::Reply && matches!(message.code, 1 | 2) {
        decoder.rule(HEADER, "data in a reply without answer");
    }
    let size = match message.answer_table() {
        Some((_, size)) => size,
        // Of all names there is one.
        None if message.is_answer_to(NODE_NAME) => usize::MAX,
        None => return,
    };
    let mut entries = message.data().chunks(size);
    let is_set = |entry| u32_at(entry, 0).is_some_and(|ttl| ttl != 0);
    if let Some(index) = entries.position(is_set) {
        decoder.rule(HEADER + index * size, "ttl of node information is not 0");
    }
}

/// The header, with the flags that mean something.
macro_rules! fields {
    ($($flag:expr),*) => {
        &[
            spec::u16(4, "qtype"),
            spec::hex(6, 2, "flags"),
            $($flag,)*
            spec::hex(8, 8, "nonce"),
        ]
    };
}

const FIELDS: &[FieldSpec] = fields!();
/// Of queries for addresses and of their answers (RFC 4620 section 6.3).
macro_rules! scopes {
    ($($more:expr),*) => {
        fields!(
            spec::masked(6, 0x20, "global_addresses"),
            spec::masked(6, 0x10, "site_local_addresses"),
            spec::masked(6, 0x08, "link_local_addresses"),
            spec::masked(6, 0x04, "ipv4_compatible_addresses"),
            ALL_UNICAST
            $(, $more)*
        )
    };
}

const ADDRESSES_ASKED: &[FieldSpec] = scopes!();
const ADDRESSES_TOLD: &[FieldSpec] = scopes!(TRUNCATED);
/// Of those of IPv4 (section 6.4).
const IPV4_ASKED: &[FieldSpec] = fields!(ALL_UNICAST);
const IPV4_TOLD: &[FieldSpec] = fields!(ALL_UNICAST, TRUNCATED);
const ALL_UNICAST: FieldSpec = spec::masked(6, 0x02, "all_unicast_addresses");
const TRUNCATED: FieldSpec = spec::masked(6, 0x01, "truncated");
const OTHER: &[FieldSpec] = &[spec::rest(16, "data")];
const QUERY_V6: &[FieldSpec] = &[spec::v6(16, "subject")];
const QUERY_V4: &[FieldSpec] = &[spec::v4(16, "subject")];
const QUERY_NAME: &[FieldSpec] = &[spec::node_names(16, Place::Subject, "subject")];
const NAME_ANSWER: &[FieldSpec] = &[
    spec::seconds_of(16, 4, "ttl"),
    spec::node_names(20, Place::Answer, "names"),
];

const V6_ENTRY: &[FieldSpec] = &[spec::seconds_of(0, 4, "ttl"), spec::v6(4, "address")];
const V4_ENTRY: &[FieldSpec] = &[spec::seconds_of(0, 4, "ttl"), spec::v4(4, "address")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::{Field, Value};
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, told, v6};

    fn message(kind: u8, code: u8, qtype: u8, data: &[u8]) -> Vec<u8> {
        let header = [kind, code, 0, 0, 0, qtype, 0, 0x3e];
        v6(&[&header, &b"12345678"[..], data].concat())
    }

    fn decode(packet: &[u8]) -> NodeInformation<'_> {
        match parse(packet).body {
            Body::NodeInformation(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn queries_by_subject() {
        for (code, data) in [(0, &[0xfe; 16][..]), (1, b"\x03lab\0"), (2, &[10, 0, 0, 1])] {
            let packet = message(139, code, 2, data);
            let query = decode(&packet);
            assert_eq!(query.qtype(), Some(2));
            assert_eq!(query.flags(), Some(0x3e));
            assert_eq!(query.nonce(), Some(*b"12345678"));
            match (code, query.subject().unwrap()) {
                (0, Subject::V6(address)) => assert_eq!(address.octets(), [0xfe; 16]),
                (1, Subject::Name(name)) => assert_eq!(name.labels().next(), Some(&b"lab"[..])),
                (2, Subject::V4(address)) => assert_eq!(address, Ipv4Addr::new(10, 0, 0, 1)),
                other => panic!("{other:?}"),
            }
            assert!(parse(&packet).defects.is_empty());
            every_prefix(&packet);
            every_code(&packet);
        }
        let packet = message(139, 9, 2, &[1, 2]);
        assert_eq!(decode(&packet).subject(), None);
        assert_eq!(
            parse(&packet).fields().last().unwrap().value,
            Value::Octets(&[1, 2])
        );
    }

    #[test]
    fn answers_by_query_type() {
        let packet = message(140, 0, 2, b"\0\0\0\0\x03lab\x04test\0");
        let names: Vec<_> = decode(&packet).names().collect();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].labels().count(), 2);
        every_prefix(&packet);
        every_code(&packet);

        let entry = [&[0, 0, 0, 9][..], &[0x20; 16]].concat();
        let packet = message(140, 0, 3, &[&entry[..], &entry, &[0, 0]].concat());
        let addresses: Vec<_> = parse(&packet).items().collect();
        assert_eq!(addresses.len(), 3, "the third was cut");
        assert_eq!(addresses[1].fields().count(), 2);
        assert_eq!(addresses[2].fields().count(), 0);
        assert!(!parse(&packet).defects.is_empty());
        every_prefix(&packet);

        let packet = message(140, 0, 4, &[0, 0, 0, 9, 10, 0, 0, 1]);
        let address = parse(&packet)
            .items()
            .next()
            .unwrap()
            .fields()
            .last()
            .unwrap();
        assert_eq!(
            address.value,
            Value::Address(Ipv4Addr::new(10, 0, 0, 1).into())
        );
        every_prefix(&packet);
    }

    #[test]
    fn names_that_run_over_their_end_are_told() {
        for (kind, code, data) in [(140, 0, &b"\0\0\0\0\x3fhost"[..]), (139, 1, b"\xc0\x04")] {
            let packet = message(kind, code, 2, data);
            assert_eq!(rules(&parse(&packet)), [dns::RULE]);
            every_prefix(&packet);
        }
    }

    /// RFC 4620 sections 4, 5 and 6.1.
    #[test]
    fn a_message_without_question_or_answer_has_no_data() {
        let broken = |kind: u8, code: u8, qtype: u8, data: &[u8]| {
            let packet = message(kind, code, qtype, data);
            every_prefix(&packet);
            rules(&parse(&packet))
        };
        assert!(broken(139, 1, 0, &[]).is_empty() && broken(140, 0, 0, &[]).is_empty());
        assert_eq!(broken(139, 0, 0, &[]), ["code of a NOOP query is not 1"]);
        assert_eq!(broken(140, 1, 0, &[]), ["code of a NOOP reply is not 0"]);
        assert_eq!(broken(139, 1, 0, b"\x03lab\0"), ["data in a NOOP"]);
        for code in [1, 2] {
            assert!(broken(140, code, 3, &[]).is_empty());
            assert_eq!(
                broken(140, code, 3, &[1, 2, 3, 4]),
                ["data in a reply without answer"]
            );
        }
    }

    /// RFC 4620 sections 6.2 to 6.4.
    #[test]
    fn an_answer_is_good_for_no_time() {
        let broken = |qtype: u8, data: &[u8]| told(&parse(&message(140, 0, qtype, data)));
        let rule = "ttl of node information is not 0";
        assert_eq!(broken(2, b"\0\0\0\0\x03lab\0"), []);
        assert_eq!(broken(2, b"\0\0\0\x05\x03lab\0"), [(16, rule)]);
        let entries = |ttl: u8| [0, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0, ttl, 10, 0, 0, 2];
        assert_eq!(broken(4, &entries(0)), []);
        assert_eq!(broken(4, &entries(9)), [(24, rule)]);
    }

    /// RFC 4620 sections 6.3 and 6.4: a value of 32 bits, as tshark and tcpdump show it.
    #[test]
    fn times_to_live_have_no_sign() {
        let is_told = |mut fields: Box<dyn Iterator<Item = Field<'_>> + '_>| {
            fields.any(|field| field.name == "ttl" && field.value == Value::Number(u32::MAX.into()))
        };
        for (qtype, size) in [(3, 16), (4, 4)] {
            let packet = message(140, 0, qtype, &[&[0xff; 4][..], &[1; 16][..size]].concat());
            let entry = parse(&packet).items().next().unwrap();
            assert!(is_told(Box::new(entry.fields())), "{qtype}");
        }
        let packet = message(140, 0, 2, b"\xff\xff\xff\xff\x03lab\0");
        assert!(is_told(Box::new(parse(&packet).fields())));
    }

    #[test]
    fn queries_for_addresses_tell_which() {
        let shown = |kind: u8, qtype: u8| {
            let header = [kind, 0, 0, 0, 0, qtype, 0, 0x3f];
            let packet = v6(&[&header, &b"12345678"[..], &[0xfe; 16]].concat());
            let fields = parse(&packet).fields();
            let set = fields.filter(|field| field.value == Value::Flag(true));
            set.map(|field| field.name).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(139, 3),
            [
                "global_addresses",
                "site_local_addresses",
                "link_local_addresses",
                "ipv4_compatible_addresses",
                "all_unicast_addresses"
            ]
        );
        assert_eq!(shown(140, 3).len(), 6);
        assert_eq!(shown(139, 4), ["all_unicast_addresses"]);
        assert_eq!(shown(140, 4), ["all_unicast_addresses", "truncated"]);
        assert!(shown(139, 2).is_empty());
    }
}
