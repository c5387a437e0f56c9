//! What a system tells of the packets that it logs, queues for a program, samples or drops.
//!
//! Such a packet was somewhere in the system at that moment. Whether it went on, the message tells
//! where it was dropped, and leaves open where it was not; it may be told of at several places.

use super::{linktype as lt, netlink, pseudo};
use crate::model::byteorder::Order;
use crate::model::{Frame, Timestamp};
use crate::wire::bytes::{array_at, text, u8_at, u16_at, u32_at};

/// What a system tells of a packet. Interfaces are told by the system's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemReport<'a> {
    /// Which message.
    pub message: SystemMessage,
    /// Text that a rule puts before what it logs.
    pub prefix: Option<&'a [u8]>,
    /// Protocol family and hook of netfilter.
    pub hook: Option<(u8, u8)>,
    /// Number of the log, queue or group of samples.
    pub group: Option<u32>,
    /// Number of the packet among those of its log or group.
    pub sequence: Option<u32>,
    /// Number by which a program decides on a packet that is queued.
    pub packet_id: Option<u32>,
    /// One packet of so many is told of.
    pub sampling_rate: Option<u32>,
    /// Interface that it came in by.
    pub input: Option<u32>,
    /// Interface that it goes out by.
    pub output: Option<u32>,
    /// Port of a bridge that it came in by.
    pub physical_input: Option<u32>,
    /// Port of a bridge that it goes out by.
    pub physical_output: Option<u32>,
    /// Name of the interface.
    pub interface: Option<&'a [u8]>,
    /// Mark of the packet in the system.
    pub mark: Option<u32>,
    /// User whose socket sent it.
    pub uid: Option<u32>,
    /// Group of that user.
    pub gid: Option<u32>,
    /// Address of the station that it came from.
    pub hardware_address: Option<&'a [u8]>,
    /// When the packet was there, where that is told.
    pub ts: Option<Timestamp>,
    /// Who dropped it and why, if it was dropped.
    pub dropped: Option<Dropped<'a>>,
    /// What pf did.
    pub pf: Option<PfRule<'a>>,
}

/// Messages of a system about packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemMessage {
    /// A rule of netfilter logs it.
    NetfilterLog,
    /// A rule of netfilter has a program decide on it.
    NetfilterQueue,
    /// It was sampled.
    PacketSample,
    /// It was dropped, says the drop monitor.
    PacketDrop,
    /// A rule of pf logs it.
    PfLog,
}

/// Who dropped a packet, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// Who did.
    pub by: Dropper,
    /// Why, in the words of who did.
    pub reason: Option<&'a [u8]>,
    /// Where in the system's program.
    pub symbol: Option<&'a [u8]>,
    /// What in the hardware traps such packets.
    pub trap: Option<&'a [u8]>,
    /// The group that this belongs to.
    pub trap_group: Option<&'a [u8]>,
}

/// What of a system drops packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dropper {
    /// The kernel.
    Kernel,
    /// The chip of a switch.
    Hardware,
    /// The packet filter of BSD.
    Pf,
}

/// What the packet filter of BSD did with a packet, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PfRule<'a> {
    /// What it did, by its number.
    pub action: u8,
    /// Why, by its number.
    pub reason: u8,
    /// Which way the packet went: 1 in, 2 out.
    pub direction: u8,
    /// Number of the rule.
    pub rule: u32,
    /// Number of the rule within the ruleset of an anchor.
    pub subrule: Option<u32>,
    /// Name of that ruleset.
    pub ruleset: &'a [u8],
}

impl<'a> SystemReport<'a> {
    /// Of this message, with nothing told.
    pub(super) const fn new(message: SystemMessage) -> Self {
        Self {
            message,
            prefix: None,
            hook: None,
            group: None,
            sequence: None,
            packet_id: None,
            sampling_rate: None,
            input: None,
            output: None,
            physical_input: None,
            physical_output: None,
            interface: None,
            mark: None,
            uid: None,
            gid: None,
            hardware_address: None,
            ts: None,
            dropped: None,
            pf: None,
        }
    }

    /// What `frame` tells of its packet, if it is a message of a system.
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        match frame.link {
            lt::NFLOG => Some(netfilter_log(frame.data)),
            lt::PFLOG => pf_log(frame.data),
            _ => {
                let (protocol, at) = netlink_in(frame)?;
                netlink::told(frame.data, at, protocol)
            }
        }
    }

    /// The name of the hook, by the family that has it (`linux/netfilter.h`).
    pub fn hook_name(&self) -> Option<&'static str> {
        const INET: u8 = 1;
        const ARP: u8 = 3;
        const NETDEV: u8 = 5;
        const BRIDGE: u8 = 7;
        let (family, hook) = self.hook?;
        Some(match (family, hook) {
            (NETDEV, 0) | (INET, 5) => "ingress",
            (NETDEV, 1) => "egress",
            (BRIDGE, 5) => "brouting",
            (ARP, 0) => "input",
            (ARP, 1) => "output",
            (ARP, 3..) | (NETDEV, 2..) => return None,
            (_, 0) => "prerouting",
            (_, 1) => "input",
            (_, 2) => "forward",
            (_, 3) => "output",
            (_, 4) => "postrouting",
            _ => return None,
        })
    }

    /// Takes what both messages of netfilter tell alike, by the numbers of a log.
    pub(super) fn read_netfilter(&mut self, attribute: u16, value: &'a [u8]) {
        let word = u32_at(value, 0);
        match attribute {
            nfula::MARK => self.mark = word,
            nfula::TIMESTAMP => self.ts = netfilter_time(value),
            nfula::IN_DEVICE => self.input = word,
            nfula::OUT_DEVICE => self.output = word,
            nfula::PHYSICAL_IN_DEVICE => self.physical_input = word,
            nfula::PHYSICAL_OUT_DEVICE => self.physical_output = word,
            nfula::HARDWARE_ADDRESS => {
                let length = u16_at(value, 0).unwrap_or(0);
                self.hardware_address = value.get(4..4 + usize::from(length));
            }
            nfula::PREFIX => self.prefix = Some(text(value)),
            nfula::UID => self.uid = word,
            nfula::GID => self.gid = word,
            nfula::SEQUENCE => self.sequence = word,
            _ => {}
        }
    }
}

impl PfRule<'_> {
    /// What it did.
    pub fn action_name(&self) -> Option<&'static str> {
        const NAMES: [&str; 16] = [
            "pass",
            "block",
            "scrub",
            "noscrub",
            "nat",
            "nonat",
            "binat",
            "nobinat",
            "rdr",
            "nordr",
            "synproxy-drop",
            "defer",
            "match",
            "divert",
            "rt",
            "afrt",
        ];
        NAMES.get(usize::from(self.action)).copied()
    }

    /// Why.
    pub fn reason_name(&self) -> Option<&'static str> {
        const NAMES: [&str; 17] = [
            "match",
            "bad-offset",
            "fragment",
            "short",
            "normalize",
            "memory",
            "bad-timestamp",
            "congestion",
            "ip-option",
            "proto-cksum",
            "state-mismatch",
            "state-insert",
            "state-limit",
            "src-limit",
            "synproxy",
            "translate",
            "no-route",
        ];
        NAMES.get(usize::from(self.reason)).copied()
    }

    /// Which way the packet went.
    pub fn direction_name(&self) -> Option<&'static str> {
        const NAMES: [&str; 4] = ["in/out", "in", "out", "fwd"];
        NAMES.get(usize::from(self.direction)).copied()
    }
}

/// Whether a frame is a message of a system about a packet.
pub fn is_system_report(frame: &Frame<'_>) -> bool {
    matches!(frame.link, lt::NFLOG | lt::PFLOG) || netlink_in(frame).is_some()
}

/// The family of the netlink message in a frame, and where that starts behind a header of cooked
/// captures.
fn netlink_in(frame: &Frame<'_>) -> Option<(u16, usize)> {
    let data = frame.data;
    let (hardware, protocol, at) = match frame.link {
        lt::NETLINK | lt::LINUX_SLL => (u16_at(data, 2)?, u16_at(data, 14)?, 16),
        lt::LINUX_SLL2 => (u16_at(data, 8)?, u16_at(data, 0)?, 20),
        _ => return None,
    };
    (frame.link == lt::NETLINK || hardware == pseudo::ARPHRD_NETLINK).then_some((protocol, at))
}

/// Attributes of a log of netfilter (`linux/netfilter/nfnetlink_log.h`).
pub(super) mod nfula {
    pub(in super::super) const PACKET_HEADER: u16 = 1;
    pub(in super::super) const MARK: u16 = 2;
    pub(in super::super) const TIMESTAMP: u16 = 3;
    pub(in super::super) const IN_DEVICE: u16 = 4;
    pub(in super::super) const OUT_DEVICE: u16 = 5;
    pub(in super::super) const PHYSICAL_IN_DEVICE: u16 = 6;
    pub(in super::super) const PHYSICAL_OUT_DEVICE: u16 = 7;
    pub(in super::super) const HARDWARE_ADDRESS: u16 = 8;
    pub(in super::super) const PREFIX: u16 = 10;
    pub(in super::super) const UID: u16 = 11;
    pub(in super::super) const SEQUENCE: u16 = 12;
    pub(in super::super) const GID: u16 = 14;
}

/// A log of netfilter, of the link type that is nothing else.
fn netfilter_log(data: &[u8]) -> SystemReport<'_> {
    let mut told = SystemReport::new(SystemMessage::NetfilterLog);
    told.group = u16_at(data, 2).map(u32::from);
    let family = u8_at(data, 0).unwrap_or(0);
    let Some(mut attributes) = pseudo::nflog_attributes(data) else {
        return told;
    };
    while let Ok(Some((kind, value))) = attributes.next_value() {
        if kind == nfula::PACKET_HEADER {
            told.hook = u8_at(value, 2).map(|hook| (family, hook));
        }
        told.read_netfilter(kind, value);
    }
    told
}

/// Seconds and microseconds.
fn netfilter_time(value: &[u8]) -> Option<Timestamp> {
    let [seconds, micros] = [0, 8].map(|at| Order::Big.i64(value, at));
    let micros = u32::try_from(micros?)
        .ok()
        .filter(|micros| *micros < 1_000_000)?;
    Some(Timestamp::from_parts(seconds?, micros * 1000))
}

/// The header of pf's log (`net/if_pflog.h`), whose end differs by system and age.
fn pf_log(data: &[u8]) -> Option<SystemReport<'_>> {
    const BLOCK: u8 = 1;
    const SYNPROXY_DROP: u8 = 10;
    const NAME: usize = 16;
    /// Without users and processes (`OpenBSD` 3.4), and with them.
    const DIRECTION_OLD: usize = 44;
    const DIRECTION: usize = 60;
    let [length, _, action, reason] = array_at(data, 0)?;
    let direction = if usize::from(length) > DIRECTION {
        DIRECTION
    } else {
        DIRECTION_OLD
    };
    let name = |at: usize| data.get(at..at + NAME).map(text);
    let rule = PfRule {
        action,
        reason,
        direction: u8_at(data, direction)?,
        rule: u32_at(data, 36)?,
        subrule: u32_at(data, 40).filter(|number| *number != u32::MAX),
        ruleset: name(20)?,
    };
    let mut told = SystemReport::new(SystemMessage::PfLog);
    told.interface = name(4);
    told.dropped = matches!(action, BLOCK | SYNPROXY_DROP).then(|| Dropped {
        by: Dropper::Pf,
        reason: rule.reason_name().map(str::as_bytes),
        symbol: None,
        trap: None,
        trap_group: None,
    });
    told.pf = Some(rule);
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_named_by_their_family() {
        let named = |family, hook| {
            let mut told = SystemReport::new(SystemMessage::NetfilterLog);
            told.hook = Some((family, hook));
            told.hook_name()
        };
        let all = |family| (0..7).map(|hook| named(family, hook)).collect::<Vec<_>>();
        let of_ip = ["prerouting", "input", "forward", "output", "postrouting"].map(Some);
        assert_eq!(all(2), [&of_ip[..], &[None, None]].concat());
        assert_eq!(all(10), all(2));
        assert_eq!(all(1), [&of_ip[..], &[Some("ingress"), None]].concat());
        assert_eq!(all(7), [&of_ip[..], &[Some("brouting"), None]].concat());
        assert_eq!(all(5)[..2], [Some("ingress"), Some("egress")]);
        assert_eq!(all(5)[2..], [None; 5]);
        assert_eq!(all(3)[..3], ["input", "output", "forward"].map(Some));
        assert_eq!(all(3)[3..], [None; 4]);
    }

    #[test]
    fn times_of_netfilter_are_seconds_and_microseconds() {
        let time = |seconds: i64, micros: i64| {
            netfilter_time(&[seconds.to_be_bytes(), micros.to_be_bytes()].concat())
        };
        assert_eq!(
            time(1, 999_999),
            Some(Timestamp::from_parts(1, 999_999_000))
        );
        assert_eq!(time(1, 1_000_000), None);
        assert_eq!(time(1, -1), None);
        assert_eq!(netfilter_time(&[0; 15]), None);
    }
}
