//! What happens to a capture, in words for standard error.

use std::collections::HashMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::KeyLog;
use icmpdump::model::{InterfaceId, KeyKind, LineFault, Timestamp};
use icmpdump::source::{KernelCounts, Notice, SecretsFault, SecretsOrigin, SourceInfo};

/// How often drops are told while they go on.
const DROPS_TOLD_EVERY: Duration = Duration::from_secs(5);

/// Words notices for standard error.
#[derive(Debug)]
pub(crate) struct Notices {
    /// Known before a sandbox keeps its file from being read.
    zone: TimeZone,
    drops: HashMap<InterfaceId, Drops>,
    /// Names of files of keys.
    key_logs: Vec<String>,
}

/// The drops of one interface.
#[derive(Clone, Copy, Debug, Default)]
struct Drops {
    /// Since when they were not told, and how many.
    untold: Option<(Timestamp, KernelCounts)>,
    told: Option<Timestamp>,
}

impl Notices {
    pub(crate) fn new(key_logs: &[KeyLog]) -> Self {
        Self {
            zone: TimeZone::system(),
            drops: HashMap::new(),
            key_logs: key_logs.iter().map(|log| log.name.clone()).collect(),
        }
    }

    /// What to say of a notice, if it is to be said now.
    pub(crate) fn word(&mut self, notice: &Notice, sources: &[SourceInfo]) -> Option<String> {
        // Local time of day.
        let clock = |ts: &Timestamp| {
            let at = jiff::Timestamp::from_nanosecond(i128::from(ts.as_nanos()));
            let at = at.unwrap_or_default().to_zoned(self.zone.clone());
            at.strftime("%H:%M:%S").to_string()
        };
        let name = |interface: InterfaceId| {
            let source = sources.first();
            source
                .and_then(|source| source.interfaces.get(interface.0 as usize))
                .and_then(|interface| interface.name.clone())
                .unwrap_or_default()
        };
        match notice {
            Notice::Drops {
                interface,
                counts,
                from,
                until,
            } => {
                let of = self.drops.entry(*interface).or_default();
                let (since, sum) = of.untold.unwrap_or((*from, KernelCounts::default()));
                let sum = sum.plus(*counts);
                of.untold = Some((since, sum));
                let recently = (of.told)
                    .and_then(|told| until.since(told))
                    .is_some_and(|ago| ago < DROPS_TOLD_EVERY);
                if recently {
                    return None;
                }
                of.told = Some(*until);
                of.untold = None;
                Some(drops(&name(*interface), sum, &clock(&since), &clock(until)))
            }
            Notice::Down { interface, at } => Some(format!(
                "{} {}: the interface is down; capture goes on once it is up again",
                clock(at),
                name(*interface)
            )),
            Notice::Up { interface, at } => Some(format!(
                "{} {}: the interface is up again",
                clock(at),
                name(*interface)
            )),
            Notice::Removed { interface, at } => Some(format!(
                "{} {}: the interface was removed; capture goes on with the others",
                clock(at),
                name(*interface)
            )),
            Notice::Joined {
                source,
                offset,
                frame,
            } => Some(format!(
                "warning: {}: another pcap file begins at offset {offset}, frame {frame}; it was \
                 read on, as if both were one",
                (sources.get(usize::from(source.0))).map_or("", |source| &source.name)
            )),
            Notice::Version { source, version } => Some(format!(
                "warning: {}: its header, at offset 4, tells version {}.{} of pcap, which nobody wrote; \
                 it was read as version 2.4. If what is told makes no sense, fetch the file again",
                (sources.get(usize::from(source.0))).map_or("", |source| &source.name),
                version.major,
                version.minor
            )),
            Notice::Secrets { origin, fault } => {
                let place = match origin {
                    SecretsOrigin::Block { source, offset } => format!(
                        "{}: secrets at offset {offset}",
                        (sources.get(usize::from(source.0))).map_or("", |source| &source.name)
                    ),
                    SecretsOrigin::File(number) => self
                        .key_logs
                        .get(usize::from(*number))
                        .cloned()
                        .unwrap_or_default(),
                };
                Some(format!("warning: {place}: {}", secrets(fault)))
            }
            // The summary tells how many a file says are missing.
            Notice::Whole { .. } | Notice::Missed { .. } => None,
            Notice::ClockStep { before, after } => Some(format!(
                "warning: the clock was set from {} to {}; requests that waited for a reply then \
                 are unknown, not lost",
                clock(before),
                clock(after)
            )),
        }
    }
}

/// What is wrong with secrets. What is in them is not told.
fn secrets(fault: &SecretsFault) -> String {
    match fault {
        SecretsFault::Cut { claimed, found } => {
            format!("the block claims {claimed} octets and has {found}; the keys in these are used")
        }
        SecretsFault::Lines(unread) => {
            let why = match unread.why {
                LineFault::Long => "is longer than any with a key",
                LineFault::Name => "names no key that is known",
                LineFault::Key => "has no key of 32 octets in base64",
                LineFault::Alone => "has a pre-shared key without an ephemeral one before it",
                LineFault::Full => "has a key more than are kept",
                LineFault::Hex => "has no key of hexadecimal digits, as many as its kind has",
                LineFault::Passphrase => "has no passphrase of 8 to 63 characters",
                LineFault::Ssid => "has no name of a network of 1 to 32 octets",
                LineFault::Association => "has no SPI, or no address of an end",
                LineFault::Cipher => "names a cipher or a hash that is not known",
            };
            let others = match unread.count {
                0 | 1 => String::new(),
                2 => ", and one line more is of no use".to_owned(),
                count => format!(", and {} lines more are of no use", count - 1),
            };
            format!(
                "line {} {why}{others}; any other keys are used",
                unread.line
            )
        }
        SecretsFault::NoKey(KeyKind::Wlan) => {
            "no Wi-Fi key in it; there are lines such as wpa-pwd:PASSPHRASE:SSID".to_owned()
        }
        SecretsFault::NoKey(KeyKind::WireGuard) => {
            "no WireGuard key in it; a key log has lines such as LOCAL_STATIC_PRIVATE_KEY=..."
                .to_owned()
        }
        SecretsFault::NoKey(KeyKind::Esp) => {
            "no key of ESP in it; it is what `ip xfrm state` prints, or Wireshark's file esp_sa"
                .to_owned()
        }
        SecretsFault::Unreadable => "cannot be read on; the keys before are used".to_owned(),
    }
}

fn drops(name: &str, counts: KernelCounts, since: &str, until: &str) -> String {
    let mut parts = Vec::new();
    if counts.dropped > 0 {
        parts.push(format!(
            "the kernel dropped {} packets, its buffer being full (-B makes it larger)",
            counts.dropped
        ));
    }
    if counts.interface_dropped > 0 {
        parts.push(format!(
            "the interface dropped {} packets",
            counts.interface_dropped
        ));
    }
    format!(
        "warning: {name}: between {since} and {until} {}",
        parts.join(", and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use icmpdump::model::{LinkType, SourceId};
    use icmpdump::source::{InterfaceInfo, Resolution};

    fn sources() -> [SourceInfo; 1] {
        let interface = |name: &str| InterfaceInfo {
            name: Some(name.to_owned()),
            link: LinkType(1),
            filter: None,
            comments: Vec::new(),
            snaplen: 0,
            fcs_len: 0,
            resolution: Resolution::Nanoseconds,
        };
        [SourceInfo {
            id: SourceId(0),
            name: "eth0,eth1".to_owned(),
            format: "live",
            comments: Vec::new(),
            interfaces: ["eth0", "eth1"].map(interface).to_vec(),
        }]
    }

    fn drops_of(interface: u32, second: i64, dropped: u64) -> Notice {
        Notice::Drops {
            interface: InterfaceId(interface),
            counts: KernelCounts {
                received: dropped,
                dropped,
                interface_dropped: 0,
            },
            from: Timestamp::from_parts(second, 0),
            until: Timestamp::from_parts(second + 1, 0),
        }
    }

    #[test]
    fn drops_that_go_on_are_told_now_and_then_and_with_their_interface() {
        let mut notices = Notices {
            zone: TimeZone::UTC,
            drops: HashMap::new(),
            key_logs: Vec::new(),
        };
        let mut told = Vec::new();
        for second in 0..8 {
            for (interface, dropped) in [(0, 5), (1, 70)] {
                told.extend(notices.word(&drops_of(interface, second, dropped), &sources()));
            }
        }
        let starts = |name: &str, from: &str, until: &str, count: u64| {
            format!(
                "warning: {name}: between {from} and {until} the kernel dropped {count} packets"
            )
        };
        let expected = [
            starts("eth0", "00:00:00", "00:00:01", 5),
            starts("eth1", "00:00:00", "00:00:01", 70),
            starts("eth0", "00:00:01", "00:00:06", 25),
            starts("eth1", "00:00:01", "00:00:06", 350),
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(&expected), "{told}");
        }
    }
}
