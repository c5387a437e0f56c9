//! SNMP (RFC 1157, RFC 3416): who asks for what. Its values are BER, of which a quote cuts the outer
//! ones: they are read as far as they are there.

use std::fmt;
use std::net::Ipv4Addr;
use std::ops::Range;

use super::Payload;
use crate::icmp::field::{FieldSpec, Names, Value, number, signed, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::icmp::x509::der_head;
use crate::wire::bytes::tail;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
/// RFC 2578 section 7.1.
const IP_ADDRESS: u8 = 0x40;
const COUNTER: u8 = 0x41;
const TIME_TICKS: u8 = 0x43;
const COUNTER_64: u8 = 0x46;
/// RFC 3416 section 3.
const TRAP_V1: u8 = 0xa4;
const GET_BULK: u8 = 0xa5;

const VERSIONS: Names = Names {
    key: "version_name",
    words: &["v1", "v2c", "", "v3"],
};

/// A value as far as it is there.
#[derive(Clone, Debug)]
pub(super) struct Ber {
    tag: u8,
    /// Its content.
    content: Range<usize>,
    is_whole: bool,
}

impl Ber {
    /// The value at `at`.
    pub(super) fn at(octets: &[u8], at: usize) -> Option<Self> {
        let value = tail(octets, at);
        let (head, length) = der_head(value)?;
        let start = at + head;
        Some(Self {
            tag: *value.first()?,
            content: start..octets.len().min(start + length),
            is_whole: start + length <= octets.len(),
        })
    }

    /// It, if it is of that kind.
    pub(super) fn of(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }

    pub(super) const fn tag(&self) -> u8 {
        self.tag
    }

    /// Where its content begins.
    pub(super) const fn start(&self) -> usize {
        self.content.start
    }

    /// Where its content is and how long that is, if all of it is there.
    fn place(&self) -> Option<(u16, u16)> {
        let length = u16::try_from(self.content.len()).ok()?;
        self.is_whole
            .then_some((u16::try_from(self.content.start).ok()?, length))
    }

    /// Its content as a field, if there is any and all of it is there.
    pub(super) fn row(
        &self,
        made: impl Fn(u16, u16, &'static str) -> FieldSpec,
        name: &'static str,
    ) -> Option<FieldSpec> {
        let (at, length) = self.place()?;
        Some(made(at, length, name))
    }

    /// The field of a number that fits into eight octets.
    pub(super) fn number(&self, name: &'static str) -> Option<FieldSpec> {
        self.number_as(spec::number, name)
    }

    /// That of one that may be negative.
    fn signed(&self, name: &'static str) -> Option<FieldSpec> {
        self.number_as(spec::signed, name)
    }

    fn number_as(
        &self,
        made: impl Fn(u16, u8, &'static str) -> FieldSpec,
        name: &'static str,
    ) -> Option<FieldSpec> {
        let (at, length) = self.place()?;
        let length = u8::try_from(length)
            .ok()
            .filter(|length| (1..=8).contains(length))?;
        matches!(self.tag, INTEGER | ENUMERATED | TIME_TICKS).then(|| made(at, length, name))
    }

    /// The field of a list of bindings, as far as that goes.
    fn bindings(self) -> Option<FieldSpec> {
        let list = self.of(SEQUENCE)?;
        let at = u16::try_from(list.content.start).ok()?;
        let length = u16::try_from(list.content.len()).ok()?;
        Some(spec::bindings(at, length, "variables"))
    }

    /// What stands behind it.
    pub(super) fn next(&self, octets: &[u8]) -> Option<Self> {
        Self::at(octets, self.content.end).filter(|_| self.is_whole)
    }

    /// Why it is no value, if it is one of the exceptions (RFC 3416 section 3).
    const fn exception(&self) -> Option<&'static str> {
        Some(match self.tag {
            0x80 => "no_such_object",
            0x81 => "no_such_instance",
            0x82 => "end_of_mib_view",
            _ => return None,
        })
    }

    /// What it says, if it is not null or one of its exceptions.
    fn told<'a>(&self, octets: &'a [u8]) -> Option<Value<'a>> {
        const NULL: u8 = 0x05;
        let content = octets.get(self.content.clone())?;
        let fits = (1..=8).contains(&content.len());
        Some(match self.tag {
            NULL => return None,
            _ if self.exception().is_some() => return None,
            INTEGER if fits => Value::Signed(signed(content)?),
            COUNTER..=TIME_TICKS | COUNTER_64 if fits => Value::Number(number(content)),
            // Of 64 bits with the highest set.
            COUNTER_64 if content.len() == 9 => Value::Number(number(tail(content, 1))),
            OCTET_STRING if content.iter().all(|octet| matches!(octet, b' '..=b'~')) => {
                Value::Text(content)
            }
            OBJECT_IDENTIFIER => Value::Oid(Oid(content)),
            IP_ADDRESS => Value::Address(Ipv4Addr::from(*content.first_chunk()?).into()),
            _ => Value::Octets(content),
        })
    }
}

/// What a message asks for, told or changed: its PDU (RFC 3416 section 3, RFC 1157 section 4.1.6).
const fn pdu(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0xa0 => "get",
        0xa1 => "get_next",
        0xa2 => "response",
        0xa3 => "set",
        TRAP_V1 => "trap",
        GET_BULK => "get_bulk",
        0xa6 => "inform",
        0xa7 => "trap_v2",
        0xa8 => "report",
        _ => return None,
    })
}

pub(super) fn message<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const V3: u64 = 3;
    let octets = payload.octets;
    let outer = Ber::at(octets, 0)?.of(SEQUENCE)?;
    let version = Ber::at(octets, outer.content.start)?.of(INTEGER)?;
    let known = number(octets.get(version.content.clone())?);
    let next = Ber::at(octets, version.content.end);
    let mut rows = [None; 13];
    let mut name = None;
    let mut bytes = octets;
    rows[0] = version
        .number("version")
        .map(|row| spec::named(row, &VERSIONS));
    if known == V3 {
        let (fields, ends) = v3(octets, next.as_ref());
        for (to, row) in rows.iter_mut().skip(1).zip(fields) {
            *to = row;
        }
        if let Some(V3Ends { user, security }) = ends {
            let (kind, list) = scoped(octets, security);
            name = kind;
            rows[12] = list;
            // Parameters of authentication and what is encrypted are of no use here.
            if list.is_none() {
                bytes = octets.get(..user).unwrap_or(octets);
            }
        }
    } else if known < V3
        && let Some(community) = next.and_then(|next| next.of(OCTET_STRING))
    {
        rows[1] = community.row(spec::text_of, "community");
        if let Some(body) = community.next(octets) {
            name = pdu(body.tag);
            let fields = match body.tag {
                TRAP_V1 => trap,
                GET_BULK => bulk,
                _ => request,
            };
            for (to, row) in rows
                .iter_mut()
                .skip(2)
                .zip(fields(octets, body.content.start))
            {
                *to = row;
            }
        }
    } else if known > V3 {
        return None;
    }
    let specs = Specs::made(rows.into_iter().flatten());
    Some(UpperHeader::new("snmp", None, name, bytes, specs))
}

/// Where parts of a message of version 3 end.
struct V3Ends {
    /// The user's name.
    user: usize,
    /// What the security model has; behind it may be encrypted.
    security: usize,
}

/// The header of version 3 (RFC 3412 section 6) and its user (RFC 3414 section 2.4).
fn v3(octets: &[u8], header: Option<&Ber>) -> ([Option<FieldSpec>; 11], Option<V3Ends>) {
    let mut rows = [None; 11];
    let within = |value: &Ber| Ber::at(octets, value.content.start);
    let behind = |value: &Ber| value.next(octets);
    let id = header.and_then(within);
    let size = id.as_ref().and_then(behind);
    let flags = size.as_ref().and_then(behind);
    let model = flags.as_ref().and_then(behind);
    rows[0] = id.as_ref().and_then(|value| value.number("message_id"));
    rows[1] = size.as_ref().and_then(|value| value.number("max_size"));
    if let Some((at, 1)) = flags
        .and_then(|value| value.of(OCTET_STRING))
        .and_then(|value| value.place())
    {
        rows[2] = Some(spec::flag(at, 0x01, "authenticated"));
        rows[3] = Some(spec::flag(at, 0x02, "private"));
        rows[4] = Some(spec::flag(at, 0x04, "reportable"));
    }
    rows[5] = model
        .as_ref()
        .and_then(|value| value.number("security_model"));
    let Some(security) = header
        .and_then(behind)
        .and_then(|value| value.of(OCTET_STRING))
    else {
        return (rows, None);
    };
    let user = within(&security).and_then(|value| value.of(SEQUENCE));
    let engine = user.as_ref().and_then(within);
    let boots = engine.as_ref().and_then(behind);
    let time = boots.as_ref().and_then(behind);
    let name = time.as_ref().and_then(behind);
    rows[6] = engine.and_then(|value| value.of(OCTET_STRING)?.row(spec::octets, "engine"));
    rows[7] = boots.and_then(|value| value.number("engine_boots"));
    rows[8] = time.and_then(|value| value.number("engine_time"));
    let name = name.and_then(|value| value.of(OCTET_STRING));
    rows[9] = (name.as_ref()).and_then(|value| value.row(spec::text_of, "user"));
    let ends = name.map(|name| V3Ends {
        user: name.content.end,
        security: security.content.end,
    });
    (rows, ends.filter(|_| security.is_whole))
}

/// The message in the scope at `at`, and its variables (RFC 3412 section 6.8); nothing of one that is
/// encrypted.
fn scoped(octets: &[u8], at: usize) -> (Option<&'static str>, Option<FieldSpec>) {
    let scope = Ber::at(octets, at).and_then(|value| value.of(SEQUENCE));
    let engine = scope.and_then(|value| Ber::at(octets, value.content.start));
    let context = engine.and_then(|value| value.next(octets));
    let body = context.and_then(|value| value.next(octets));
    body.map_or((None, None), |body| {
        (pdu(body.tag), request(octets, body.content.start)[3])
    })
}

type Rows = [Option<FieldSpec>; 6];

/// RFC 3416 section 3, RFC 1157 section 4.1.1.
const ERROR_STATUS: Names = Names {
    key: "error_name",
    words: &[
        "",
        "too_big",
        "no_such_name",
        "bad_value",
        "read_only",
        "general_error",
        "no_access",
        "wrong_type",
        "wrong_length",
        "wrong_encoding",
        "wrong_value",
        "no_creation",
        "inconsistent_value",
        "resource_unavailable",
        "commit_failed",
        "undo_failed",
        "authorization_error",
        "not_writable",
        "inconsistent_name",
    ],
};

/// RFC 3416 section 3: what all but a request in bulk and the first version's trap have.
fn request(octets: &[u8], at: usize) -> Rows {
    let mut rows = numbered(octets, at, ["error_status", "error_index"]);
    rows[1] = rows[1].map(|row| spec::named(row, &ERROR_STATUS));
    rows
}

/// RFC 3416 section 3: where others have what went wrong.
fn bulk(octets: &[u8], at: usize) -> Rows {
    numbered(octets, at, ["non_repeaters", "max_repetitions"])
}

/// An identifier, two numbers, and the bindings.
fn numbered(octets: &[u8], at: usize, names: [&'static str; 2]) -> Rows {
    let mut rows = [None; 6];
    let id = Ber::at(octets, at);
    rows[0] = id.as_ref().and_then(|value| value.signed("request_id"));
    let mut value = id.and_then(|value| value.next(octets));
    for (row, name) in rows.iter_mut().skip(1).zip(names) {
        *row = value.as_ref().and_then(|value| value.number(name));
        value = value.and_then(|value| value.next(octets));
    }
    rows[3] = value.and_then(Ber::bindings);
    rows
}

/// RFC 1157 section 4.1.6.
fn trap(octets: &[u8], at: usize) -> Rows {
    let enterprise = Ber::at(octets, at);
    let agent = enterprise.as_ref().and_then(|value| value.next(octets));
    let generic = agent.as_ref().and_then(|value| value.next(octets));
    let specific = generic.as_ref().and_then(|value| value.next(octets));
    let ticks = specific.as_ref().and_then(|value| value.next(octets));
    let list = ticks.as_ref().and_then(|value| value.next(octets));
    [
        enterprise.and_then(|value| value.of(OBJECT_IDENTIFIER)?.row(spec::oid, "enterprise")),
        agent.and_then(|value| {
            let (at, length) = value.of(IP_ADDRESS)?.place()?;
            (length == 4).then(|| spec::v4(at, "agent"))
        }),
        generic.and_then(|value| value.number("generic_trap")),
        specific.and_then(|value| value.number("specific_trap")),
        ticks.and_then(|value| value.number("uptime_ticks")),
        list.and_then(Ber::bindings),
    ]
}

/// A variable and its value, as far as they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    /// Which variable.
    pub variable: Oid<'a>,
    /// `None` where it has none, as in a request, or was cut.
    pub value: Option<Value<'a>>,
    /// Why it has none: the snake-case name of an exception.
    pub exception: Option<&'static str>,
}

/// The bindings in the content of a list of them; of one that is cut the variable at least.
pub fn bindings(octets: &[u8]) -> impl Iterator<Item = Binding<'_>> + Clone {
    let mut at = 0;
    std::iter::from_fn(move || {
        let pair = Ber::at(octets, at)?.of(SEQUENCE)?;
        at = pair.content.end;
        let variable = Ber::at(octets, pair.content.start)?.of(OBJECT_IDENTIFIER)?;
        let value = variable.next(octets).filter(|value| value.is_whole);
        variable.place()?;
        Some(Binding {
            variable: Oid(octets.get(variable.content.clone())?),
            exception: value.as_ref().and_then(Ber::exception),
            value: value.and_then(|value| value.told(octets)),
        })
    })
}

/// An object identifier, in BER without tag and length (ITU-T X.690 section 8.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oid<'a>(pub &'a [u8]);

impl Oid<'_> {
    /// Its arcs; those that 64 bits do not hold, and what is behind the last octet that ends one, are
    /// left out.
    pub fn arcs(&self) -> impl Iterator<Item = u64> {
        let mut octets = self.0.iter();
        let mut second = None;
        let mut is_first = true;
        std::iter::from_fn(move || {
            if let Some(arc) = second.take() {
                return Some(arc);
            }
            let mut arc = 0_u64;
            loop {
                let octet = *octets.next()?;
                arc = arc.checked_mul(0x80)? | u64::from(octet & 0x7f);
                if octet & 0x80 == 0 {
                    break;
                }
            }
            if std::mem::take(&mut is_first) {
                let root = (arc / 40).min(2);
                second = Some(arc - root * 40);
                return Some(root);
            }
            Some(arc)
        })
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arc) in self.arcs().enumerate() {
            let separator = if i == 0 { "" } else { "." };
            write!(f, "{separator}{arc}")?;
        }
        Ok(())
    }
}
