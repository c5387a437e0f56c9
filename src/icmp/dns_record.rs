//! Resource records of a DNS message (RFC 1035 section 4.1.3), whose names may lead to names before
//! them.

use std::iter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::field::{Extent, spec};
use super::item::{Item, Specs};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// A name that may end in a pointer to another (RFC 1035 section 4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedName<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> PackedName<'a> {
    /// The one at `at` of the octets that pointers count in.
    pub(super) const fn new(message: &'a [u8], at: usize) -> Self {
        Self { message, at }
    }

    /// The labels, outermost last, as far as they are there. To be escaped wherever they are shown.
    pub fn labels(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut walk = Walk::from(*self);
        iter::from_fn(move || walk.next().ok().flatten())
    }

    /// Whether the labels lead to the end of a name, not to a pointer that leads nowhere.
    pub fn is_whole(&self) -> bool {
        let mut walk = Walk::from(*self);
        loop {
            match walk.next() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(NoName) => return false,
            }
        }
    }
}

/// The way through the labels of a name.
struct Walk<'a> {
    message: &'a [u8],
    at: usize,
    /// The first octet of all that were looked at: a pointer leads further back, so that none is
    /// followed twice.
    first: usize,
    left: u8,
}

/// What is there is no end of a name.
struct NoName;

impl<'a> From<PackedName<'a>> for Walk<'a> {
    fn from(PackedName { message, at }: PackedName<'a>) -> Self {
        /// Labels of the longest name (RFC 1035 section 2.3.4).
        const MOST: u8 = 127;
        Self {
            message,
            at,
            first: at,
            left: MOST,
        }
    }
}

impl<'a> Walk<'a> {
    /// The next label; `None` behind the last.
    fn next(&mut self) -> Result<Option<&'a [u8]>, NoName> {
        let message = self.message;
        loop {
            match u8_at(message, self.at).ok_or(NoName)? {
                0 => return Ok(None),
                length @ 1..=63 => {
                    self.left = self.left.checked_sub(1).ok_or(NoName)?;
                    let label = tail(message, self.at + 1).get(..length.into());
                    let label = label.ok_or(NoName)?;
                    self.at += 1 + label.len();
                    return Ok(Some(label));
                }
                0xc0.. => {
                    let target = u16_at(message, self.at).ok_or(NoName)? & 0x3fff;
                    self.at = usize::from(target);
                    if self.at >= self.first {
                        return Err(NoName);
                    }
                    self.first = self.at;
                }
                _ => return Err(NoName),
            }
        }
    }
}

/// Where the name at `at` ends; `None` where it does not, or is none.
pub(super) fn name_end(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match u8_at(message, at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0.. => return u8_at(message, at + 1).map(|_| at + 2),
            _ => return None,
        }
    }
}

/// How a message is sent. Multicast DNS has a bit of its own in front of a class (RFC 6762 sections
/// 18.12 and 18.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// To one, or to those that know no such bit.
    Unicast,
    /// As LLMNR, whose flags are its own (RFC 4795 section 2.1.1).
    LinkLocal,
    /// As multicast DNS.
    Multicast,
}

/// A class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its number: see [`super::quoted_dns::class_name`].
    pub number: u16,
    /// Of a question of multicast DNS, that the response should be unicast; of a record, that it
    /// replaces those that are kept.
    pub marked: bool,
}

impl Class {
    /// The Internet's.
    pub const IN: u16 = 1;

    pub(super) const fn of(word: u16, cast: Cast) -> Self {
        const MARK: u16 = 0x8000;
        match cast {
            Cast::Unicast | Cast::LinkLocal => Self {
                number: word,
                marked: false,
            },
            Cast::Multicast => Self {
                number: word & !MARK,
                marked: word & MARK != 0,
            },
        }
    }
}

/// A question that is all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// What it is about.
    pub name: PackedName<'a>,
    /// The type of record that it asks for.
    pub kind: u16,
    /// Their class.
    pub class: Class,
}

/// Octets of type and class.
const TYPE_AND_CLASS: usize = 4;

/// The questions from `at` on, at most so many, up to the first that is not all there.
pub(super) fn questions(
    message: &[u8],
    at: usize,
    count: u16,
    cast: Cast,
) -> impl Iterator<Item = Question<'_>> + Clone {
    let mut next = at;
    (0..count).map_while(move |_| {
        let at = next;
        let end = name_end(message, at)?;
        next = end + TYPE_AND_CLASS;
        Some(Question {
            name: PackedName { message, at },
            kind: u16_at(message, end)?,
            class: Class::of(u16_at(message, end + 2)?, cast),
        })
    })
}

/// The part of a message that a record is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// It answers the question.
    Answer,
    /// It tells who has authority.
    Authority,
    /// It helps with the others.
    Additional,
}

impl Section {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Authority => "authority",
            Self::Additional => "additional",
        }
    }
}

/// A record, of which at least name and type are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    message: &'a [u8],
    start: usize,
    /// Where its type is.
    fixed: usize,
    /// The part of the message that it is in.
    pub section: Section,
    /// Its type.
    pub kind: u16,
    /// Its class; EDNS has none.
    pub class: Option<Class>,
    /// For how many seconds it may be kept.
    pub ttl: Option<u32>,
    /// What EDNS has in their places.
    pub edns: Option<Edns>,
    /// Its data, if all of that is there.
    data: Option<Range<usize>>,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordData<'a> {
    /// An address (A, AAAA).
    Address(IpAddr),
    /// Another name (NS, CNAME, PTR, DNAME).
    Name(PackedName<'a>),
    /// A name, and the numbers before it (MX, SRV).
    Numbered(&'a [u8], PackedName<'a>),
    /// Strings, an octet of length before each (TXT, HINFO): see [`super::field::strings`].
    Strings(&'a [u8]),
    /// Who has authority, and the serial number of what is known there (SOA).
    Authority(PackedName<'a>, Option<u32>),
    /// Another type, or data that do not fit theirs.
    Octets(&'a [u8]),
}

/// EDNS: what is no record of a name has neither class nor time to live.
const OPT: u16 = 41;

/// What EDNS tells in front of its options (RFC 6891 section 6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns {
    /// Octets of a datagram that its sender can take.
    pub udp_size: u16,
    /// The upper bits of the response code.
    pub extended_rcode: u8,
    /// Version.
    pub version: u8,
    /// Whether DNSSEC is wanted (RFC 3225).
    pub dnssec_ok: bool,
}

impl Edns {
    /// At `at`, where other records have their class.
    fn read(message: &[u8], at: usize) -> Option<Self> {
        const DNSSEC_OK: u8 = 0x80;
        let [extended_rcode, version, flags, _] = array_at(message, at + 2)?;
        Some(Self {
            udp_size: u16_at(message, at)?,
            extended_rcode,
            version,
            dnssec_ok: flags & DNSSEC_OK != 0,
        })
    }
}

impl<'a> Record<'a> {
    /// Whose record it is.
    pub fn name(&self) -> PackedName<'a> {
        PackedName {
            message: self.message,
            at: self.start,
        }
    }

    /// What it says, if all of that is there.
    pub fn data(&self) -> Option<RecordData<'a>> {
        let Range { start, end } = self.data.clone()?;
        let octets = self.message.get(start..end)?;
        let name = |before: usize| {
            let name = PackedName {
                message: self.message,
                at: start + before,
            };
            let fits = name_end(self.message, name.at).is_some_and(|name_end| name_end <= end);
            fits.then_some(name)
        };
        let told = match self.kind {
            1 => array_at::<4>(octets, 0).map(|a| RecordData::Address(Ipv4Addr::from(a).into())),
            28 => array_at::<16>(octets, 0).map(|a| RecordData::Address(Ipv6Addr::from(a).into())),
            2 | 5 | 12 | 39 => name(0).map(RecordData::Name),
            15 => name(2).and_then(|name| Some(RecordData::Numbered(octets.get(..2)?, name))),
            33 => name(6).and_then(|name| Some(RecordData::Numbered(octets.get(..6)?, name))),
            6 => name(0).map(|primary| {
                let mailbox = name_end(self.message, start);
                let serial = mailbox.and_then(|at| name_end(self.message, at));
                let serial = serial.and_then(|at| u32_at(self.message.get(..end)?, at));
                RecordData::Authority(primary, serial)
            }),
            13 | 16 => Some(RecordData::Strings(octets)),
            _ => None,
        };
        Some(told.unwrap_or(RecordData::Octets(octets)))
    }

    /// Its fields.
    pub(super) fn item(&self) -> Item<'a> {
        let end = self
            .data
            .as_ref()
            .map_or(self.message.len(), |data| data.end);
        let bytes = self.message.get(self.start..end).unwrap_or_default();
        let name = u16::try_from(self.fixed - self.start).unwrap_or(0);
        let data = match (self.kind, self.data.as_ref().map(Range::len)) {
            (1, Some(4)) => spec::v4(name + 10, "record_data"),
            (28, Some(16)) => spec::v6(name + 10, "record_data"),
            _ => spec::rest(name + 10, "record_data"),
        };
        let rows = [
            spec::octets(0, name, "record_name"),
            spec::u16(name, "record_type"),
            spec::hex(name + 2, 2, "record_class"),
            spec::u32(name + 4, "record_ttl"),
            spec::u16(name + 8, "record_length"),
            data,
        ];
        Item {
            group: "records",
            number: None,
            name: None,
            length: None,
            bytes,
            extent: Extent::Whole,
            specs: Specs::made(rows),
        }
    }
}

/// The records behind so many questions that begin at `at`, in each section as many as `counts` has,
/// up to the first whose type is not there any more.
pub(super) fn records(
    message: &[u8],
    at: usize,
    questions: u16,
    counts: [u16; 3],
    cast: Cast,
) -> impl Iterator<Item = Record<'_>> + Clone {
    const FIXED: usize = 10;
    let behind = |at, _| Some(name_end(message, at)? + TYPE_AND_CLASS);
    let mut next = (0..questions).try_fold(at, behind);
    let sections = [Section::Answer, Section::Authority, Section::Additional];
    let each = sections.into_iter().zip(counts);
    let all = each.flat_map(|(section, count)| iter::repeat_n(section, count.into()));
    all.map_while(move |section| {
        let start = next?;
        let fixed = name_end(message, start)?;
        let kind = u16_at(message, fixed)?;
        let class = u16_at(message, fixed + 2).map(|word| Class::of(word, cast));
        let length = u16_at(message, fixed + 8).map(usize::from);
        let at = fixed + FIXED;
        let data = length.map(|length| at..at + length);
        let data = data.filter(|data| data.end <= message.len());
        // Nothing behind data that are cut.
        next = data.as_ref().map(|data| data.end);
        Some(Record {
            message,
            start,
            fixed,
            section,
            kind,
            class: class.filter(|_| kind != OPT),
            ttl: u32_at(message, fixed + 4).filter(|_| kind != OPT),
            edns: Edns::read(message, fixed + 2).filter(|_| kind == OPT),
            data,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: PackedName<'_>) -> String {
        let labels: Vec<_> = name.labels().map(String::from_utf8_lossy).collect();
        labels.join(".")
    }

    #[test]
    fn names_lead_back_and_never_round() {
        let message = b"\x03lab\x04test\0\x03www\xc0\0\xc0\x0f\xc0\x10";
        let at = |at| text(PackedName { message, at });
        assert_eq!(at(0), "lab.test");
        assert_eq!(at(10), "www.lab.test");
        assert_eq!((at(16), at(18)), (String::new(), String::new()));
        assert_eq!(name_end(message, 10), Some(16));
        let round = [0xc0, 2, 0xc0, 0];
        for at in [0, 2] {
            let name = PackedName {
                message: &round,
                at,
            };
            assert_eq!(name.labels().count(), 0);
            assert!(!name.is_whole());
        }
        for at in [0, 10, 16, 18] {
            assert!(PackedName { message, at }.is_whole(), "{at}");
        }
        let cut = &message[..9];
        assert!(
            !PackedName {
                message: cut,
                at: 0
            }
            .is_whole()
        );
        let long = [1; 400];
        let name = PackedName {
            message: &long,
            at: 0,
        };
        assert_eq!(name.labels().count(), 127);
    }

    #[test]
    fn every_prefix_of_records_is_told_as_far_as_it_goes() {
        let question = b"\x03lab\0\0\x01\0\x01";
        let answers = b"\xc0\0\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x01\
            \xc0\0\0\x0f\0\x01\0\0\0\x05\0\x08\0\x0a\x03www\xc0\0";
        let message = [&question[..], answers].concat();
        for length in 0..=message.len() {
            let octets = &message[..length];
            let all: Vec<_> = records(octets, 0, 1, [1, 1, 0], Cast::Unicast).collect();
            let expected = usize::from(length >= 13) + usize::from(length >= 29);
            assert_eq!(all.len(), expected, "{length}");
            if let Some(first) = all.first() {
                assert_eq!(
                    (first.section, text(first.name())),
                    (Section::Answer, "lab".into())
                );
                let data = RecordData::Address([192, 0, 2, 1].into());
                assert_eq!(first.data(), (length >= 25).then_some(data), "{length}");
                assert_eq!(first.ttl, (length >= 19).then_some(300));
                assert!(first.item().fields().count() <= 6);
            }
        }
        let all: Vec<_> = records(&message, 0, 1, [1, 1, 9], Cast::Unicast).collect();
        let Some(RecordData::Numbered(before, name)) = all[1].data() else {
            panic!("{all:?}");
        };
        assert_eq!((before, text(name)), (&[0, 10][..], "www.lab".into()));
        assert_eq!(
            records(&[0xff; 90], 0, 255, [u16::MAX; 3], Cast::Unicast).count(),
            0
        );
        assert!(records(&[0; 900], 0, 0, [u16::MAX; 3], Cast::Multicast).count() < 90);
    }
}
