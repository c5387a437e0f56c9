//! What a quoted DNS message asks or answers (RFC 1035 section 4.1): routers that quote more than
//! eight octets of a datagram tell which name a client asked for in vain.

use super::Quote;
use super::dns::Name;
use super::dns_record::{self, Cast, Class, Question, Record};
use super::field::{Extent, spec};
use super::item::{Item, Specs};
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::ip::protocol;

/// Octets of a message before its first question.
const HEADER: usize = 12;

const DNS: u16 = 53;
const MULTICAST_DNS: u16 = 5353;
const LLMNR: u16 = 5355;

/// The message, of which at least identifier and flags were quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotedDns<'a> {
    bytes: &'a [u8],
    cast: Cast,
    /// Identifier.
    pub id: u16,
    flags: Flags,
    /// Questions that it says it has.
    pub questions: Option<u16>,
    /// Records that it says it has: answers, authorities, additional ones.
    pub counts: [u16; 3],
    /// The name of its first question, perhaps without its end.
    pub name: Option<Name<'a>>,
    /// The type of record that it asks for.
    pub query_type: Option<u16>,
    /// The class of that.
    pub query_class: Option<Class>,
}

/// The second word of a message (RFC 1035 section 4.1.1, RFC 4035 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flags(u16);

impl Flags {
    const RESPONSE: u16 = 0x8000;
    /// To be zero.
    const RESERVED: u16 = 0x0040;
    /// Names of those of LLMNR (RFC 4795 section 2.1.1): conflict, truncation, tentative.
    const OF_LLMNR: &[(u16, &'static str)] = &[(0x0400, "c"), (0x0200, "tc"), (0x0100, "t")];
    /// Names of the others, the first bit first.
    const NAMES: &[(u16, &'static str)] = &[
        (0x0400, "aa"),
        (0x0200, "tc"),
        (0x0100, "rd"),
        (0x0080, "ra"),
        (0x0020, "ad"),
        (0x0010, "cd"),
    ];

    const fn is_response(self) -> bool {
        self.0 & Self::RESPONSE != 0
    }

    fn opcode(self) -> u8 {
        self.0.to_be_bytes()[0] >> 3 & 0x0f
    }

    fn rcode(self) -> u8 {
        self.0.to_be_bytes()[1] & 0x0f
    }

    /// Whether probes and others, who send anything to these ports, hardly have them.
    fn are_likely(self) -> bool {
        /// The highest that is assigned (IANA registry `DNS OpCodes`).
        const LAST_OPCODE: u8 = 6;
        self.opcode() <= LAST_OPCODE
    }

    /// The same, where nothing else tells.
    fn are_plain(self) -> bool {
        let answers = self.is_response() || (self.rcode() == 0 && self.0 & 0x0480 == 0);
        self.are_likely() && self.0 & Self::RESERVED == 0 && answers
    }
}

impl<'a> Quote<'a> {
    /// The DNS message of a quoted datagram, by its port: that of DNS, of multicast DNS (RFC 6762)
    /// or of LLMNR (RFC 4795); or that a quoted segment begins with.
    pub fn dns(&self) -> Option<QuotedDns<'a>> {
        const PORTS: [u16; 3] = [DNS, MULTICAST_DNS, LLMNR];
        let (ip, octets) = (&self.ip, self.ip.payload);
        if !matches!(ip.protocol, protocol::UDP | protocol::TCP) || ip.is_later_fragment() {
            return None;
        }
        let ports = [u16_at(octets, 0)?, u16_at(octets, 2)?];
        if !ports.iter().any(|port| PORTS.contains(port)) {
            return None;
        }
        let cast = if ports.contains(&MULTICAST_DNS) {
            Cast::Multicast
        } else if ports.contains(&LLMNR) {
            Cast::LinkLocal
        } else {
            Cast::Unicast
        };
        if ip.protocol == protocol::TCP {
            return read_segment(self.payload(), cast);
        }
        read(self.datagram_payload(), cast)
    }
}

/// A message behind its length (RFC 1035 section 4.2.2). Most segments of a long answer begin within
/// it: only what has the header of a message is told.
fn read_segment(octets: &[u8], cast: Cast) -> Option<QuotedDns<'_>> {
    let length = usize::from(u16_at(octets, 0)?);
    let message = tail(octets, 2);
    let message = message.get(..length).unwrap_or(message);
    let dns = read(message, cast)?;
    // That of a zone transfer has no question in all messages but the first (RFC 5936 section 2.2).
    let has_question = match dns.questions? {
        0 => dns.is_response() && dns.counts[0] > 0,
        1 => message.len() == HEADER || dns.name.is_some(),
        _ => false,
    };
    (message.len() >= HEADER && dns.flags.are_plain() && has_question).then_some(dns)
}

fn read(bytes: &[u8], cast: Cast) -> Option<QuotedDns<'_>> {
    /// Multicast DNS asks several at once; text in the header's place would be thousands.
    const MOST_QUESTIONS: u16 = 255;
    let (id, flags) = (u16_at(bytes, 0)?, Flags(u16_at(bytes, 2)?));
    let questions = u16_at(bytes, 4);
    let is_likely = if bytes.len() < HEADER {
        flags.are_plain()
    } else {
        flags.are_likely()
    };
    if !is_likely || questions > Some(MOST_QUESTIONS) {
        return None;
    }
    let name = name(tail(bytes, HEADER)).filter(|_| questions > Some(0));
    let behind = name.filter(|name| name.complete);
    let behind = behind.map(|name| HEADER + name.wire_len());
    Some(QuotedDns {
        bytes,
        cast,
        id,
        flags,
        questions,
        counts: [6, 8, 10].map(|at| u16_at(bytes, at).unwrap_or(0)),
        name,
        query_type: behind.and_then(|at| u16_at(bytes, at)),
        query_class: behind.and_then(|at| Some(Class::of(u16_at(bytes, at + 2)?, cast))),
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
    /// Whether it answers.
    pub const fn is_response(&self) -> bool {
        self.flags.is_response()
    }

    /// What it is for: see [`opcode_name`].
    pub fn opcode(&self) -> u8 {
        self.flags.opcode()
    }

    /// The names of its flags that are set.
    pub fn flags(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        let Flags(bits) = self.flags;
        let names = match self.cast {
            Cast::LinkLocal => Flags::OF_LLMNR,
            Cast::Unicast | Cast::Multicast => Flags::NAMES,
        };
        let set = names.iter().filter(move |(mask, _)| bits & mask != 0);
        set.map(|&(_, name)| name)
    }

    /// What came of it, in a response: see [`rcode_name`].
    pub fn rcode(&self) -> Option<u8> {
        self.is_response().then(|| self.flags.rcode())
    }

    /// The questions behind its first, as far as they were quoted.
    pub fn further_questions(&self) -> impl Iterator<Item = Question<'a>> + Clone + use<'a> {
        let count = self.questions.unwrap_or(0);
        dns_record::questions(self.bytes, HEADER, count, self.cast).skip(1)
    }

    /// Its records, as far as they were quoted.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + Clone + use<'a> {
        let questions = self.questions.unwrap_or(0);
        dns_record::records(self.bytes, HEADER, questions, self.counts, self.cast)
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

/// What a message is for, but for a query (IANA registry `DNS OpCodes`).
pub const fn opcode_name(opcode: u8) -> Option<&'static str> {
    Some(match opcode {
        1 => "iquery",
        2 => "status",
        4 => "notify",
        5 => "update",
        6 => "stateful",
        _ => return None,
    })
}

/// The mnemonic of a class (IANA registry `DNS CLASSes`).
pub const fn class_name(class: u16) -> Option<&'static str> {
    Some(match class {
        1 => "IN",
        3 => "CH",
        4 => "HS",
        254 => "NONE",
        255 => "ANY",
        _ => return None,
    })
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

/// The mnemonic of a type of records (IANA registry `Resource Record (RR) TYPEs`).
pub const fn type_name(query_type: u16) -> Option<&'static str> {
    Some(match query_type {
        1 => "A",
        2 => "NS",
        3 => "MD",
        4 => "MF",
        5 => "CNAME",
        6 => "SOA",
        7 => "MB",
        8 => "MG",
        9 => "MR",
        10 => "NULL",
        11 => "WKS",
        12 => "PTR",
        13 => "HINFO",
        14 => "MINFO",
        15 => "MX",
        16 => "TXT",
        17 => "RP",
        18 => "AFSDB",
        19 => "X25",
        20 => "ISDN",
        21 => "RT",
        22 => "NSAP",
        23 => "NSAP-PTR",
        24 => "SIG",
        25 => "KEY",
        26 => "PX",
        27 => "GPOS",
        28 => "AAAA",
        29 => "LOC",
        30 => "NXT",
        31 => "EID",
        32 => "NIMLOC",
        33 => "SRV",
        34 => "ATMA",
        35 => "NAPTR",
        36 => "KX",
        37 => "CERT",
        38 => "A6",
        39 => "DNAME",
        40 => "SINK",
        41 => "OPT",
        42 => "APL",
        43 => "DS",
        44 => "SSHFP",
        45 => "IPSECKEY",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        49 => "DHCID",
        50 => "NSEC3",
        51 => "NSEC3PARAM",
        52 => "TLSA",
        53 => "SMIMEA",
        55 => "HIP",
        56 => "NINFO",
        57 => "RKEY",
        58 => "TALINK",
        59 => "CDS",
        60 => "CDNSKEY",
        61 => "OPENPGPKEY",
        62 => "CSYNC",
        63 => "ZONEMD",
        64 => "SVCB",
        65 => "HTTPS",
        66 => "DSYNC",
        67 => "HHIT",
        68 => "BRID",
        99 => "SPF",
        100 => "UINFO",
        101 => "UID",
        102 => "GID",
        103 => "UNSPEC",
        104 => "NID",
        105 => "L32",
        106 => "L64",
        107 => "LP",
        108 => "EUI48",
        109 => "EUI64",
        128 => "NXNAME",
        249 => "TKEY",
        250 => "TSIG",
        251 => "IXFR",
        252 => "AXFR",
        253 => "MAILB",
        254 => "MAILA",
        255 => "ANY",
        256 => "URI",
        257 => "CAA",
        258 => "AVC",
        259 => "DOA",
        260 => "AMTRELAY",
        261 => "RESINFO",
        262 => "WALLET",
        263 => "CLA",
        264 => "IPN",
        32768 => "TA",
        32769 => "DLV",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IANA registry `Resource Record (RR) TYPEs`.
    #[test]
    fn types_of_records_have_their_mnemonics() {
        for (kind, name) in [
            (1, "A"),
            (10, "NULL"),
            (16, "TXT"),
            (23, "NSAP-PTR"),
            (28, "AAAA"),
            (38, "A6"),
            (41, "OPT"),
            (51, "NSEC3PARAM"),
            (53, "SMIMEA"),
            (55, "HIP"),
            (59, "CDS"),
            (63, "ZONEMD"),
            (65, "HTTPS"),
            (68, "BRID"),
            (99, "SPF"),
            (104, "NID"),
            (256, "URI"),
            (32769, "DLV"),
        ] {
            assert_eq!(type_name(kind), Some(name));
        }
        for kind in [0, 54, 69, 110, 129, 248, 265, 65280] {
            assert_eq!(type_name(kind), None, "{kind}");
        }
        let named = (0..=u16::MAX).filter(|&kind| type_name(kind).is_some());
        assert_eq!(named.count(), 97);
    }
}
