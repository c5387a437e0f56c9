//! What records of DNS say, as a zone file has it (RFC 1035 section 5.1).

use crate::icmp::dns_record::{PackedName, RecordData};
use crate::icmp::field::strings;
use crate::record::{escape, write};

/// `lab.test`; the root is a point. `lab.<bad pointer>` of a name that leads nowhere.
pub fn name(out: &mut Vec<u8>, name: PackedName<'_>) {
    let is_empty = name.labels().next().is_none();
    labels(out, name.labels());
    if !name.is_whole() {
        out.extend_from_slice(if is_empty { b"" } else { b"." });
        out.extend_from_slice(b"<bad pointer>");
    } else if is_empty {
        out.push(b'.');
    }
}

/// `lab.test`: labels with points between them, escaped.
pub fn labels<'a>(out: &mut Vec<u8>, labels: impl Iterator<Item = &'a [u8]>) {
    for (i, label) in labels.enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b"." });
        escape::push(out, label);
    }
}

/// `192.0.2.1`, `10 mail.lab.test`: text, escaped.
pub fn data(out: &mut Vec<u8>, data: RecordData<'_>) {
    match data {
        RecordData::Address(addr) => write::ip(out, addr),
        RecordData::Name(other) => name(out, other),
        RecordData::Numbered(numbers, other) => {
            for pair in numbers.as_chunks::<2>().0 {
                write::decimal(out, u16::from_be_bytes(*pair).into());
                out.push(b' ');
            }
            name(out, other);
        }
        RecordData::Strings(octets) => {
            for (i, string) in strings(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                escape::push(out, string);
            }
        }
        RecordData::Authority(primary, serial) => {
            name(out, primary);
            if let Some(serial) = serial {
                out.extend_from_slice(b" serial ");
                write::decimal(out, serial.into());
            }
        }
        RecordData::Octets(octets) => write::hex_octets(out, octets, b""),
    }
}
