//! What a quoted DNS message asks or answers (RFC 1035 section 4.1): routers that quote more than
//! eight octets of a datagram tell which name a client asked for in vain.

use super::Quote;
use super::dns::Name;
use super::dns_record::{self, Record};
use super::field::{Extent, spec};
use super::item::{Item, Specs};
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::ip::protocol;

/// Octets of UDP's header, and of the message's before its first question.
const UDP_HEADER: usize = 8;
const HEADER: usize = 12;

/// The message, of which at least the header was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotedDns<'a> {
    bytes: &'a [u8],
    /// Identifier.
    pub id: u16,
    /// Whether it answers.
    pub is_response: bool,
    /// What came of it, in a response: see [`rcode_name`].
    pub rcode: Option<u8>,
    /// Questions that it says it has.
    questions: u16,
    /// Records that it says it has: answers, authorities, additional ones.
    pub counts: [u16; 3],
    /// The name of its first question, perhaps without its end.
    pub name: Option<Name<'a>>,
    /// The type of record that it asks for.
    pub query_type: Option<u16>,
}

impl<'a> Quote<'a> {
    /// The DNS message of a quoted datagram, by its port: that of DNS, of multicast DNS (RFC 6762)
    /// or of LLMNR (RFC 4795).
    pub fn dns(&self) -> Option<QuotedDns<'a>> {
        const PORTS: [u16; 3] = [53, 5353, 5355];
        let (ip, payload) = (&self.ip, self.ip.payload);
        if ip.protocol != protocol::UDP || ip.is_later_fragment() {
            return None;
        }
        let ports = [u16_at(payload, 0)?, u16_at(payload, 2)?];
        if !ports.iter().any(|port| PORTS.contains(port)) {
            return None;
        }
        read(tail(payload, UDP_HEADER))
    }
}

fn read(bytes: &[u8]) -> Option<QuotedDns<'_>> {
    const RESPONSE: u16 = 0x8000;
    /// The highest that is assigned (IANA registry `DNS OpCodes`).
    const LAST_OPCODE: u16 = 6;
    /// Multicast DNS asks several at once; text in the header's place would be thousands.
    const MOST_QUESTIONS: u16 = 255;
    let (id, flags) = (u16_at(bytes, 0)?, u16_at(bytes, 2)?);
    let questions = u16_at(bytes, 4)?;
    u16_at(bytes, HEADER - 2)?;
    // Probes and others send anything to these ports.
    if flags >> 11 & 0x0f > LAST_OPCODE || questions > MOST_QUESTIONS {
        return None;
    }
    let name = name(tail(bytes, HEADER)).filter(|_| questions > 0);
    let query_type = match name {
        Some(name) if name.complete => u16_at(bytes, HEADER + name.wire_len()),
        _ => None,
    };
    Some(QuotedDns {
        bytes,
        id,
        is_response: flags & RESPONSE != 0,
        rcode: (flags & RESPONSE != 0).then_some((flags & 0x0f) as u8),
        questions,
        counts: [6, 8, 10].map(|at| u16_at(bytes, at).unwrap_or(0)),
        name,
        query_type,
    })
}

/// The name in front of `octets`; none where its labels are none (RFC 1035 section 3.1).
fn name(octets: &[u8]) -> Option<Name<'_>> {
    const LONGEST: usize = 255;
    let mut at = 0;
    loop {
        match u8_at(octets, at) {
            Some(0) => return Some(Name::new(octets.get(..=at)?, true)),
            Some(length @ 1..=63) if at < LONGEST => at += 1 + usize::from(length),
            None if at > 0 => return Some(Name::new(octets, false)),
            _ => return None,
        }
    }
}

impl<'a> QuotedDns<'a> {
    /// Its records, as far as they were quoted.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + Clone + use<'a> {
        dns_record::records(self.bytes, HEADER, self.questions, self.counts)
    }

    /// Its fields.
    pub(super) fn item(&self) -> Item<'a> {
        let name_length = self.name.map_or(0, |name| name.wire_len());
        let name_length = u16::try_from(name_length).unwrap_or(0);
        let fixed = [
            spec::u16(0, "dns_id"),
            spec::hex(2, 2, "dns_flags"),
            spec::u16(4, "questions"),
            spec::u16(6, "answers"),
            spec::u16(8, "authorities"),
            spec::u16(10, "additional_records"),
        ];
        let question = [
            spec::dns_names_of(12, name_length, "question"),
            spec::u16(12 + name_length, "query_type"),
            spec::u16(14 + name_length, "query_class"),
        ];
        let count = match self.name {
            Some(name) if name.complete => 3,
            Some(_) => 1,
            None => 0,
        };
        let rows = fixed.into_iter().chain(question.into_iter().take(count));
        Item {
            group: "headers",
            number: None,
            name: Some("dns"),
            length: None,
            bytes: (self.bytes)
                .get(..HEADER + usize::from(name_length) + 4)
                .unwrap_or(self.bytes),
            extent: Extent::Whole,
            specs: Specs::made(rows),
        }
    }
}

/// The name of a response code (IANA registry `DNS RCODEs`).
pub const fn rcode_name(rcode: u8) -> Option<&'static str> {
    Some(match rcode {
        0 => "NoError",
        1 => "FormErr",
        2 => "ServFail",
        3 => "NXDomain",
        4 => "NotImp",
        5 => "Refused",
        6 => "YXDomain",
        7 => "YXRRSet",
        8 => "NXRRSet",
        9 => "NotAuth",
        10 => "NotZone",
        _ => return None,
    })
}

/// The mnemonic of a type of records (IANA registry `Resource Record (RR) TYPEs`), of those that
/// clients ask for, and of those beside them.
pub const fn type_name(query_type: u16) -> Option<&'static str> {
    Some(match query_type {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        13 => "HINFO",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        29 => "LOC",
        33 => "SRV",
        35 => "NAPTR",
        39 => "DNAME",
        41 => "OPT",
        43 => "DS",
        44 => "SSHFP",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        50 => "NSEC3",
        52 => "TLSA",
        64 => "SVCB",
        65 => "HTTPS",
        251 => "IXFR",
        252 => "AXFR",
        255 => "ANY",
        257 => "CAA",
        _ => return None,
    })
}
