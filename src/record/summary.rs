//! The closing account.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::correlate::exchange::{ExchangeKind, ExchangeOutcome};
use crate::correlate::verdict::{DropReason, Evidence};
use crate::correlate::{Evictions, MatchKind, NoOriginal, Original};
use crate::model::{AddrPair, LinkType, Timestamp};
use crate::source::{Damage, DropsTold, InterfaceCounts, KernelCounts};
use crate::wire::reassembly::Fates;
use crate::wire::{IpVersion, Undecodable};

/// Everything the closing account holds.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The accounting identity: `read + further_packets + reported = undecodable + other + filtered +
    /// icmp`.
    pub frames: FrameCounts,
    /// What the kernel counted by interface, for live capture.
    pub kernel: Option<Vec<InterfaceCounts>>,
    /// Shown messages by version, type and code.
    pub messages: BTreeMap<MessageKind, MessageCounts>,
    /// Shown frames that hold no ICMP header: later fragments, and those cut before it.
    pub fragments: u64,
    /// What became of fragmented messages.
    pub reassembly: Fates,
    /// Exchanges by kind and outcome.
    pub exchanges: BTreeMap<ExchangeKind, BTreeMap<ExchangeOutcome, u64>>,
    /// Replies no request was seen for.
    pub unsolicited: u64,
    /// Replies after their window.
    pub late: u64,
    /// Shown errors by reason and by what was found of the packets they quote.
    pub errors: BTreeMap<DropReason, BTreeMap<ErrorOutcome, u64>>,
    /// One row per ping pair, in order of first request.
    pub pairs: Vec<PairSummary>,
    /// Requests of ping pairs beyond those listed.
    pub requests_omitted: u64,
    /// One row per dropper and reason, in order of first error.
    pub droppers: Vec<DropperSummary>,
    /// Errors of droppers beyond those listed.
    pub errors_omitted: u64,
    /// Entries that correlation gave up for want of room.
    pub evictions: Evictions,
    /// The earliest and the latest time of a frame.
    pub first: Option<Timestamp>,
    /// See `first`.
    pub last: Option<Timestamp>,
    /// Frames whose time lies before that of the frame before them.
    pub time_backwards: u64,
    /// Largest step back.
    pub largest_step_back: Duration,
    /// Frames of which nobody can tell whether they are ICMP, by what hides it.
    pub unread: Unread,
    /// Link types that could not be decoded, with the number of frames.
    pub unknown_links: BTreeMap<LinkType, u64>,
    /// Inputs that were cut short or broken.
    pub damaged: Vec<Damage>,
}

impl Summary {
    /// What the kernel counted over all interfaces.
    pub fn kernel_total(&self) -> Option<KernelCounts> {
        let interfaces = self.kernel.as_ref()?.iter();
        Some(interfaces.fold(KernelCounts::default(), |sum, interface| {
            sum.plus(interface.counts)
        }))
    }

    /// How many of those that [`Summary::kernel_total`] counts as dropped packets of a file tell of, and not
    /// why.
    pub fn missing_as_packets_tell(&self) -> u64 {
        let told = self.kernel.iter().flatten();
        let told = told.filter(|interface| interface.drops == DropsTold::WithPackets);
        told.map(|interface| interface.counts.dropped).sum()
    }

    /// All shown messages by the state of their checksum.
    pub fn checksums(&self) -> MessageCounts {
        let mut sum = MessageCounts::default();
        for counts in self.messages.values() {
            sum.good += counts.good;
            sum.bad += counts.bad;
            sum.unverified += counts.unverified;
            sum.absent += counts.absent;
            sum.reported += counts.reported;
        }
        sum
    }
}

/// Frames that may be ICMP for all that is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Those that count as undecodable, by reason.
    pub undecodable: BTreeMap<Undecodable, u64>,
    /// Those that count as not ICMP, as they are IP, by what hides the packet in their tunnel.
    pub in_tunnels: BTreeMap<Undecodable, u64>,
    /// Those that count as not ICMP, as they are IP: what they hold is encrypted (ESP, RFC 4303).
    pub esp: u64,
    /// Those that count as not ICMP, as what they hold lies deeper than tunnels are followed.
    pub deep: u64,
    /// Messages of TCP streams that may hold a packet, of which not all was captured in time.
    pub messages: u64,
}

impl Unread {
    /// Counts a frame that is undecodable.
    pub fn count(&mut self, why: Undecodable) {
        *self.undecodable.entry(why).or_default() += 1;
    }

    /// Counts a packet whose tunnel holds what cannot be read.
    pub fn count_in_tunnel(&mut self, why: Undecodable) {
        *self.in_tunnels.entry(why).or_default() += 1;
    }

    /// So many that were undecodable, and so many in tunnels, were read after all.
    pub fn take_back(&mut self, why: Undecodable, undecodable: u64, in_tunnels: u64) {
        for (counts, read) in [
            (&mut self.undecodable, undecodable),
            (&mut self.in_tunnels, in_tunnels),
        ] {
            if let Some(count) = counts.get_mut(&why) {
                *count = count.saturating_sub(read);
            }
            counts.retain(|_, count| *count > 0);
        }
    }
}

/// What was found of the packet that an error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorOutcome {
    /// A captured packet that fits.
    Found(MatchKind),
    /// None, and why.
    None(NoOriginal),
    /// It was not looked for, or the error quotes nothing.
    NotLooked,
}

impl From<Option<Original>> for ErrorOutcome {
    fn from(original: Option<Original>) -> Self {
        match original {
            Some(Original::Found { match_kind, .. }) => Self::Found(match_kind),
            Some(Original::None(reason)) => Self::None(reason),
            None => Self::NotLooked,
        }
    }
}

/// Each frame counts in the first class that fits, as does each packet of a frame that holds several
/// (IEEE 802.11 A-MSDU), and each message that a frame reports besides: `read`, `further_packets` and
/// `reported` are together the sum of all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// All frames.
    pub read: u64,
    /// Packets besides the first of each frame that holds several.
    pub further_packets: u64,
    /// ICMP messages that are data of another protocol (sFlow, MSDP, `OpenFlow`), besides the frames
    /// that they are in.
    pub reported: u64,
    /// Frames whose link or IP header could not be read.
    pub undecodable: u64,
    /// Frames that are not ICMP.
    pub other: u64,
    /// ICMP frames the filter hides.
    pub filtered: u64,
    /// ICMP frames shown.
    pub icmp: u64,
}

/// Version, type and code of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKind {
    /// ICMP or ICMPv6.
    pub version: IpVersion,
    /// Type.
    pub kind: u8,
    /// Code, where it was captured.
    pub code: Option<u8>,
}

/// Messages of one kind by the state of their checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Checksum good.
    pub good: u64,
    /// Checksum bad.
    pub bad: u64,
    /// Checksum covers octets that are not there.
    pub unverified: u64,
    /// No checksum.
    pub absent: u64,
    /// Those that were reported, besides all others.
    pub reported: u64,
}

impl MessageCounts {
    /// All that were captured themselves.
    pub fn total(&self) -> u64 {
        self.good + self.bad + self.unverified + self.absent
    }
}

/// One ping: source, destination, identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairSummary {
    /// Addresses of the requests.
    pub addrs: AddrPair,
    /// Identifier.
    pub id: u16,
    /// Requests.
    pub sent: u64,
    /// Requests answered.
    pub answered: u64,
    /// Requests lost.
    pub lost: u64,
    /// Requests that an ICMP error answered.
    pub errors: u64,
    /// Requests still open at the end.
    pub pending: u64,
    /// Requests whose fate is not known: evicted, or lost by the capture.
    pub unknown: u64,
    /// Requests that nobody had to answer: to a group.
    pub no_reply_expected: u64,
    /// Replies beyond the first.
    pub duplicates: u64,
    /// Replies with another payload.
    pub corrupted: u64,
    /// Round trips, where any were measured.
    pub rtt: Option<RttSummary>,
    /// No packet of the reverse direction was captured: loss may be the capture's.
    pub one_sided_possible: bool,
    /// All are probes of a traceroute: being unanswered is ordinary there, and no loss.
    pub probe: bool,
}

impl PairSummary {
    /// Nothing sent yet.
    pub const fn new(addrs: AddrPair, id: u16) -> Self {
        Self {
            addrs,
            id,
            sent: 0,
            answered: 0,
            lost: 0,
            errors: 0,
            pending: 0,
            unknown: 0,
            no_reply_expected: 0,
            duplicates: 0,
            corrupted: 0,
            rtt: None,
            one_sided_possible: false,
            probe: false,
        }
    }

    /// Requests whose time is over.
    pub const fn decided(&self) -> u64 {
        self.sent.saturating_sub(self.pending)
    }

    /// lost / (sent - pending), where that is not 0 / 0, and not of a traceroute.
    pub fn loss(&self) -> Option<f64> {
        let decided = self.decided();
        #[allow(clippy::cast_precision_loss)] // counts of packets, far below 2^52
        (decided > 0 && !self.probe).then(|| self.lost as f64 / decided as f64)
    }
}

/// Round-trip times; percentiles are exact up to 32 of them, and within 1 % beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RttSummary {
    /// Smallest.
    pub min: Duration,
    /// Median.
    pub median: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// Largest.
    pub max: Duration,
}

/// Errors from one dropper for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropperSummary {
    /// Who sent the errors.
    pub dropper: IpAddr,
    /// ICMP or ICMPv6.
    pub version: IpVersion,
    /// Type of the errors.
    pub kind: u8,
    /// Code of the errors.
    pub code: u8,
    /// Why.
    pub reason: DropReason,
    /// First error.
    pub first: Timestamp,
    /// How many errors.
    pub count: u64,
    /// How many flows were hit.
    pub flows: u64,
    /// Errors among them that answered a traceroute's probes.
    pub probes: u64,
    /// The smallest MTU reported, in octets.
    pub mtu: Option<u32>,
    /// How the errors are known.
    pub evidence: Evidence,
}
