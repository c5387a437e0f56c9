//! What an echo's payload and its TTL let one guess: who sent it, when, from how far away; and in which
//! order the numbers and times of queries were written.
//!
//! All of this is inference, not decoding. The patterns were read off packets of the programs
//! named; another program may send the same.

mod counting;
mod day;
mod distance;
mod sender;
mod ticking;
mod times;

use self::counting::Counting;
pub use self::counting::{Numbers, little_endian};
pub use self::day::LittleEndianTimes;
pub use self::distance::{distance, hops, initial_ttl};
pub use self::sender::Sender;
use self::ticking::{Ticking, Unit};
use self::times::{ByteOrder, Fraction};

use super::field::{Extent, Field, FieldSpec, Value, spec};
use super::kind::{v4, v6};
use super::{Direction, Echo, Message};
use crate::model::Timestamp;
use crate::model::flow::AddrPair;
use crate::wire::bytes::{array_at, tail, u8_at};
use crate::wire::checksum::internet;
use crate::wire::{ChecksumStatus, IpVersion};

/// What is learned of senders from one echo after another.
#[derive(Debug, Default)]
pub struct Senders {
    counting: Counting,
    ticking: Ticking,
}

impl Senders {
    /// Identifier and sequence number of the message between `addrs` as its sender meant them, if it
    /// has them and both were written in little-endian order. `guess` is what its payload tells.
    pub fn little_endian(
        &mut self,
        addrs: AddrPair,
        message: &Message<'_>,
        guess: Option<PayloadGuess>,
    ) -> Option<(u16, u16)> {
        let sender = guess.map(|guess| guess.sender);
        let numbers = Numbers::of(message)?;
        (self.counting).little_endian(addrs, numbers, message.end(), sender)
    }

    /// What `echo` of `message`, between `addrs`, lets one guess, with those of the echoes before it.
    pub fn payload(
        &mut self,
        addrs: AddrPair,
        message: &Message<'_>,
        echo: &Echo<'_>,
        captured: Timestamp,
    ) -> Option<PayloadGuess> {
        of_echo(message, echo, captured).or_else(|| {
            let is_whole = message.end() == Extent::Whole;
            let unit = is_whole.then(|| self.ticking.unit(addrs, echo, captured))??;
            let sender = match unit {
                Unit::Microseconds => Sender::BusyBox,
                Unit::Milliseconds => Sender::Toybox,
            };
            Some(PayloadGuess { sender, sent: None })
        })
    }
}

/// What a payload lets one guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadGuess {
    /// Who sent it.
    pub sender: Sender,
    /// When, by the sender's clock, where the payload holds that.
    pub sent: Option<Timestamp>,
}

impl PayloadGuess {
    /// The fields of the header that the sender has at the start of its payload, if it has one.
    pub fn header<'a>(&self, payload: &'a [u8]) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.probable(payload).map(|field| Field {
            name: field.name.strip_prefix(PROBABLE).unwrap_or(field.name),
            ..field
        })
    }

    /// The same under names that tell that they are guessed, for where nothing beside them does; or the
    /// time that the sender has there instead, in its own format.
    pub fn laid<'a>(&self, payload: &'a [u8]) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.probable(payload).chain(self.time(payload))
    }

    fn probable<'a>(&self, payload: &'a [u8]) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let table = match self.sender {
            Sender::HiPerConTracer => HIPERCONTRACER,
            _ => &[],
        };
        table.iter().filter_map(|spec| spec.read(payload))
    }

    fn time<'a>(&self, payload: &[u8]) -> Option<Field<'a>> {
        let sent = self.sent?;
        let octets = match self.sender {
            Sender::Iputils | Sender::Inetutils | Sender::CheckIcmp => 16,
            Sender::Clock if times::wide(payload, sent).is_some() => 16,
            Sender::Timeval32 | Sender::Bsd | Sender::Go | Sender::Clock => 8,
            _ => return None,
        };
        Some(Field {
            name: "probable_send_time",
            range: 0..octets,
            value: Value::Time(sent),
            unit: None,
            naming: None,
        })
    }
}

/// What the names of guessed fields begin with.
const PROBABLE: &str = "probable_";

/// What `HiPerConTracer` begins with; the time counts microseconds from 1976-09-29 on.
const HIPERCONTRACER: &[FieldSpec] = &[
    spec::hex(0, 4, "probable_magic"),
    spec::u8(4, "probable_send_ttl"),
    spec::u8(5, "probable_round"),
    spec::hex(6, 2, "probable_checksum_tweak"),
    spec::number(8, 8, "probable_send_time_us"),
];

/// What the payload of an echo request or reply lets one guess. `captured` is when it was
/// captured: a time in the payload counts if it is within a day of that, and not before the year 2001.
///
/// Of a payload that was cut only that is guessed which no octets behind it can contradict; the program
/// that a time is of may be told by those.
pub fn guess(payload: &[u8], extent: Extent, captured: Timestamp) -> Option<PayloadGuess> {
    let only = |sender| (extent == Extent::Whole).then_some(PayloadGuess { sender, sent: None });
    if payload.is_empty() {
        return None;
    }
    if let Some((sent, fraction)) = times::wide(payload, captured) {
        let sender = match fraction {
            Fraction::Micros => beside_wide_time(tail(payload, 16), extent),
            Fraction::Nanos => Sender::Clock,
        };
        return Some(PayloadGuess {
            sender,
            sent: Some(sent),
        });
    }
    if let Some(timed) = short_time(payload, captured) {
        return Some(timed);
    }
    if let Some(sender) = pattern(payload) {
        return only(sender);
    }
    if (extent == Extent::Whole || payload.len() >= 8 + PROOF)
        && let Some(sent) = times::short(payload, captured)
    {
        return Some(PayloadGuess {
            sender: Sender::Clock,
            sent: Some(sent),
        });
    }
    if let Some(sender) = pattern_behind(payload) {
        return only(sender);
    }
    // A count from the first octet on has no time before it.
    let counts = |&first| counts_from(payload, first);
    (!payload.first().is_some_and(counts))
        .then(|| hipercontracer(payload, extent, captured))
        .flatten()
}

/// The same of `echo`, of which `message` holds what more there is: its checksum tells of some.
pub fn of_echo(
    message: &Message<'_>,
    echo: &Echo<'_>,
    captured: Timestamp,
) -> Option<PayloadGuess> {
    guess(echo.payload, message.end(), captured).or_else(|| {
        is_scamper(message, echo).then_some(PayloadGuess {
            sender: Sender::Scamper,
            sent: None,
        })
    })
}

/// Two octets that make the request's checksum its identifier, then zeros. Of others' such payloads one of
/// 65536 is like that.
fn is_scamper(message: &Message<'_>, echo: &Echo<'_>) -> bool {
    let zeros = tail(echo.payload, 2);
    let is_good = message.checksum.status == ChecksumStatus::Good;
    is_good
        && zeros.len() >= PROOF
        && zeros.iter().all(|&octet| octet == 0)
        && checksum_of_request(message, echo.direction) == Some(echo.id)
}

/// The checksum that an echo has or its request had, from which a reply differs in its type.
fn checksum_of_request(message: &Message<'_>, direction: Direction) -> Option<u16> {
    let found = message.checksum.found?;
    let asks = match (direction, message.version) {
        (Direction::Request, _) => return Some(found),
        (Direction::Reply, IpVersion::V4) => v4::ECHO_REQUEST,
        (Direction::Reply, IpVersion::V6) => v6::ECHO_REQUEST,
    };
    let [asked, answered] = [asks, message.kind].map(|kind| u16::from(kind) << 8);
    // RFC 1624 section 3, equation 3.
    Some(internet(&[
        &(!found).to_be_bytes(),
        &(!answered).to_be_bytes(),
        &asked.to_be_bytes(),
    ]))
}

/// What liboping sends unless told otherwise begins with.
const LIBOPING: &[u8] = b"liboping -- ICMP ping library";
/// And what `blackbox_exporter` sends.
const BLACKBOX_EXPORTER: &[u8] = b"Prometheus Blackbox Exporter";

/// Whose payloads are one pattern, or nearly, by all octets there are.
fn pattern(payload: &[u8]) -> Option<Sender> {
    let behind = tail(payload, 8);
    Some(match payload.len() {
        // A few octets are zero for many reasons.
        8.. if payload.iter().all(|&octet| octet == 0) => Sender::Zeros,
        _ if is_windows(payload) => Sender::Windows,
        _ if payload.starts_with(LIBOPING) => Sender::Liboping,
        _ if payload.starts_with(BLACKBOX_EXPORTER) => Sender::BlackboxExporter,
        8.. if is_linux_traceroute(payload) => Sender::LinuxTraceroute,
        4.. if is_hping(payload) => Sender::Hping,
        16.. if behind.chunks(2).all(|pair| [0xab, 0xcd].starts_with(pair)) => Sender::Cisco,
        _ => return None,
    })
}

/// The patterns without a time that fits: another clock, or a capture with rewritten times.
fn pattern_behind(payload: &[u8]) -> Option<Sender> {
    // A count from the first octet on has no time before it.
    if (payload.first()).is_some_and(|&first| counts_from(payload, first)) {
        return None;
    }
    let behind = tail(payload, 8);
    let wide = tail(payload, 16);
    Some(match payload.len() {
        16.. if counts_from(behind, 8) => match times::of_bsd(payload)? {
            Fraction::Micros => Sender::Bsd,
            Fraction::Nanos => Sender::FreeBsd,
        },
        24.. if counts_from(wide, 16) => match times::of_other_clock(payload)? {
            Fraction::Micros => Sender::Iputils,
            Fraction::Nanos => Sender::NetBsd,
        },
        24.. if counts_from(wide, 0) => match times::of_other_clock(payload)? {
            Fraction::Micros => Sender::Inetutils,
            Fraction::Nanos => return None,
        },
        _ => return None,
    })
}

/// So many octets that count on are proof of who sent a time before them, whatever follows; fewer are
/// none.
const PROOF: usize = 8;

/// Whether octets count on from `first`, as far as it takes.
fn counts_on(octets: &[u8], first: u8) -> bool {
    (octets.get(..PROOF)).is_some_and(|octets| counts_from(octets, first))
}

/// Whether every octet is one more than the one before it, from `first` on.
pub(super) fn counts_from(octets: &[u8], first: u8) -> bool {
    const ROUND: usize = 256;
    /// Two rounds, so that one can begin anywhere.
    const COUNT: [u8; 2 * ROUND] = {
        let mut count = [0_u8; 2 * ROUND];
        let mut at = 1;
        while at < count.len() {
            count[at] = count[at - 1].wrapping_add(1);
            at += 1;
        }
        count
    };
    let round = tail(&COUNT, first.into());
    (octets.chunks(ROUND)).all(|octets| round.starts_with(octets))
}

/// Who sends a time of two words of 64 bits, by the octets `behind` it. The time proves no program: with
/// `ping -p` anything may follow.
fn beside_wide_time(behind: &[u8], extent: Extent) -> Sender {
    if counts_on(behind, 16) {
        Sender::Iputils
    } else if counts_on(behind, 0) {
        Sender::Inetutils
    } else if extent == Extent::Whole && is_check_icmp(behind) {
        Sender::CheckIcmp
    } else {
        Sender::Clock
    }
}

/// The constant 10 and zeros to the end. `ping -p` repeats what it is given after 16 octets at the
/// latest.
fn is_check_icmp(behind: &[u8]) -> bool {
    const REPEATED: usize = 16;
    let zeros = tail(behind, 2).iter().all(|&octet| octet == 0);
    let begins = behind.starts_with(&[10, 0]) || behind.starts_with(&[0, 10]);
    behind.len() >= REPEATED + PROOF && begins && zeros
}

/// A time in eight octets, and what proves who sent it.
fn short_time(payload: &[u8], captured: Timestamp) -> Option<PayloadGuess> {
    let counts = counts_on(tail(payload, 8), 8);
    let timeval = |order| counts.then(|| times::timeval(payload, captured, order))?;
    let nanos = || times::nanos(payload, captured).filter(|_| payload.len() >= 24);
    let of = |sender| move |sent| (sender, sent);
    let (sender, sent) = (timeval(ByteOrder::Little).map(of(Sender::Timeval32)))
        .or_else(|| timeval(ByteOrder::Big).map(of(Sender::Bsd)))
        .or_else(|| nanos().map(of(Sender::Go)))?;
    Some(PayloadGuess {
        sender,
        sent: Some(sent),
    })
}

/// The header of `HiPerConTracer`, which no document tells; this is what Wireshark has of it.
fn hipercontracer(payload: &[u8], extent: Extent, captured: Timestamp) -> Option<PayloadGuess> {
    const TTL_AT: usize = 4;
    const TIME_AT: usize = 8;
    /// As many as [`pattern_behind`] has to have.
    const LEAST_OF_CUT: usize = 24;
    if extent == Extent::Cut && payload.len() < LEAST_OF_CUT {
        return None;
    }
    let sent = times::since_1976(array_at(payload, TIME_AT)?, captured)?;
    (u8_at(payload, TTL_AT)? != 0).then_some(PayloadGuess {
        sender: Sender::HiPerConTracer,
        sent: Some(sent),
    })
}

/// What counts from 0x40 to 0x7f over and over, from behind the eight octets of the header on.
fn is_linux_traceroute(payload: &[u8]) -> bool {
    payload
        .iter()
        .zip(linux_traceroute())
        .all(|(&octet, counted)| octet == counted)
}

/// What that has in its payload.
pub(super) fn linux_traceroute() -> impl Iterator<Item = u8> {
    (0x40..0x80).cycle().skip(8)
}

/// The letter X, as often as was asked for; not at all by default.
fn is_hping(payload: &[u8]) -> bool {
    payload.iter().all(|&octet| octet == b'X')
}

/// What Windows and .NET have in their payload, over and over.
pub(super) const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvw";

/// The letters of Windows and .NET.
fn is_windows(payload: &[u8]) -> bool {
    payload.len() >= 4 && (payload.chunks(LETTERS.len())).all(|octets| LETTERS.starts_with(octets))
}

#[cfg(test)]
mod tests;
