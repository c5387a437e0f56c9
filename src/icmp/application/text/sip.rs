//! SIP (RFC 3261 section 7): its first line, and of its header who speaks to whom, and which call it is.

use super::super::Payload;
use crate::icmp::field::FieldSpec;
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::tail;

/// Names of header fields with the short ones (RFC 3261 section 7.3.3), and those of ours.
const FIELDS: [(&str, &str, &str); 6] = [
    ("via", "v", "via"),
    ("from", "f", "from"),
    ("to", "t", "to"),
    ("call-id", "i", "call_id"),
    ("cseq", "", "cseq"),
    ("contact", "m", "contact"),
];

pub(super) fn message<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let (line, row) = payload.line(0)?;
    let mut end = line.len();
    let mut rows: [Option<FieldSpec>; 1 + FIELDS.len()] = [None; 1 + FIELDS.len()];
    rows[0] = Some(row);
    let mut at = behind(payload.octets, end);
    while let Some(start) = at {
        let Some((line, _)) = payload.line(start) else {
            break;
        };
        at = behind(payload.octets, start + line.len());
        // Of each the first: a message has a line of `Via` for each proxy that it passed.
        let found = value(line).and_then(|(number, skip)| {
            let free = rows.get_mut(1 + number).filter(|row| row.is_none())?;
            let (_, _, name) = FIELDS.get(number)?;
            let end = payload.end(start, |octet| matches!(octet, b'\r' | b'\n'));
            let length = end.map(|end| end - skip);
            *free = payload.text(start + skip, length, name);
            *free
        });
        if found.is_some() {
            end = start + line.len();
        }
    }
    let bytes = payload.octets.get(..end)?;
    rows.sort_unstable_by_key(|row| row.map_or(u16::MAX, |row| row.at));
    let specs = Specs::made(rows.into_iter().flatten());
    Some(UpperHeader::new("sip", None, None, bytes, specs))
}

/// Where the line behind that which ends at `at` begins, if that is there.
fn behind(octets: &[u8], at: usize) -> Option<usize> {
    match tail(octets, at) {
        [b'\r', b'\n', _, ..] => Some(at + 2),
        [b'\r' | b'\n', _, ..] => Some(at + 1),
        _ => None,
    }
}

/// Which field a line is, and where its value begins.
fn value(line: &[u8]) -> Option<(usize, usize)> {
    let colon = line.iter().position(|&octet| octet == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is = |of: &str| name.eq_ignore_ascii_case(of.as_bytes());
    let number = FIELDS
        .iter()
        .position(|(long, short, _)| is(long) || !short.is_empty() && is(short))?;
    let blanks = tail(line, colon + 1).iter();
    let blanks = blanks.take_while(|octet| matches!(octet, b' ' | b'\t'));
    Some((number, colon + 1 + blanks.count()))
}
