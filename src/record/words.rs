//! The fixed words of the output: one per value, the same in JSON and in text.

use crate::correlate::exchange::{ExchangeKind, ExchangeOutcome};
use crate::correlate::trace::PathEnd;
use crate::correlate::verdict::{AftermathOutcome, DropReason, Role};
use crate::correlate::{AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original};
use crate::findings::{Confidence, Severity};
use crate::model::LinkCipher;
use crate::record::summary::ErrorOutcome;
use crate::source::DamageKind;
use crate::wire::link::{Dropper, SystemMessage};
use crate::wire::tunnel::ReportMessage;
use crate::wire::{ChecksumStatus, Encryption, Layer, Limit, Locked, Undecodable, Unverified};

/// A value that output names by one snake-case word.
pub trait Word {
    /// The word.
    fn word(&self) -> &'static str;
}

impl Word for ExchangeKind {
    fn word(&self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Timestamp => "timestamp",
            Self::Mask => "mask",
            Self::Information => "information",
            Self::ExtendedEcho => "extended_echo",
            Self::Neighbor => "neighbor",
            Self::Router => "router",
            Self::NodeInformation => "node_information",
        }
    }
}

impl Word for Role {
    fn word(&self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl Word for ExchangeOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Error => "error",
            Self::Pending => "pending",
            Self::Evicted => "evicted",
            Self::Unknown => "unknown",
            Self::NoReplyExpected => "no_reply_expected",
        }
    }
}

impl Word for AnswerOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Corrupted => "corrupted",
            Self::Unsolicited(_) => "unsolicited",
        }
    }
}

impl Word for NearMiss {
    fn word(&self) -> &'static str {
        match self {
            Self::Identifier(_) => "id",
            Self::Sender(_) => "sender",
        }
    }
}

impl Word for MatchKind {
    fn word(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Segment => "segment",
            Self::Flow => "flow",
            Self::Translated => "translated",
        }
    }
}

impl Word for NoOriginal {
    fn word(&self) -> &'static str {
        match self {
            Self::NotCaptured => "not_captured",
            Self::BeforeCapture => "before_capture",
            Self::OneSided => "one_sided",
            Self::RefusedAtSender => "refused_at_sender",
            Self::Evicted => "evicted",
            Self::FragmentWithoutPorts => "fragment_without_ports",
            Self::QuoteWithoutPorts => "quote_without_ports",
            Self::QuoteCut => "quote_cut",
        }
    }
}

impl Word for Original {
    fn word(&self) -> &'static str {
        match self {
            Self::Found { match_kind, .. } => match_kind.word(),
            Self::None(_) => "none",
        }
    }
}

impl Word for ErrorOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Found(match_kind) => match_kind.word(),
            Self::None(reason) => reason.word(),
            Self::NotLooked => "not_looked_for",
        }
    }
}

impl Word for DropReason {
    fn word(&self) -> &'static str {
        self.name()
    }
}

impl Word for PathEnd {
    fn word(&self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Refused { .. } => "refused",
            Self::Loop { .. } => "loop",
            Self::Silent { .. } => "silent",
        }
    }
}

impl Word for AftermathOutcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Retransmitting => "retransmitting",
            Self::Reset => "reset",
            Self::Silent => "silent",
            Self::Ended => "ended",
            Self::HalfClosed => "half_closed",
            Self::Unknown => "unknown",
        }
    }
}

impl Word for Severity {
    fn word(&self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl Word for Confidence {
    fn word(&self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

impl Word for ChecksumStatus {
    fn word(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad { .. } => "bad",
            Self::Unverified(_) => "unverified",
            Self::Absent => "absent",
        }
    }
}

impl Word for Unverified {
    fn word(&self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Fragment => "fragment",
            Self::Destination => "destination",
            Self::Prefix => "prefix",
            Self::Address => "address",
            Self::PseudoHeader => "pseudo_header",
        }
    }
}

impl Word for Layer {
    fn word(&self) -> &'static str {
        self.name()
    }
}

impl Word for ReportMessage {
    fn word(&self) -> &'static str {
        match self {
            Self::FlowSample => "flow_sample",
            Self::DiscardedPacket => "discarded_packet",
            Self::PacketIn => "packet_in",
            Self::PacketOut => "packet_out",
            Self::SourceActive => "source_active",
            Self::PacketSection => "packet_section",
            Self::RemoteCapture => "remote_capture",
            Self::TrafficIndication => "traffic_indication",
        }
    }
}

impl Word for SystemMessage {
    fn word(&self) -> &'static str {
        match self {
            Self::NetfilterLog => "netfilter_log",
            Self::NetfilterQueue => "netfilter_queue",
            Self::PacketSample => "packet_sample",
            Self::PacketDrop => "packet_drop",
            Self::PfLog => "pf_log",
        }
    }
}

impl Word for Dropper {
    fn word(&self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Hardware => "hardware",
            Self::Pf => "pf",
        }
    }
}

impl Word for Limit {
    fn word(&self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Frame => "frame",
            Self::IpLength => "ip_length",
            Self::OwnLength => "own_length",
            Self::Fragment => "fragment",
            Self::Quote => "quote",
        }
    }
}

impl Word for DamageKind {
    fn word(&self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Corrupt => "corrupt",
            Self::Block => "block",
            Self::Io => "io",
            Self::Gone => "gone",
        }
    }
}

impl Word for LinkCipher {
    fn word(&self) -> &'static str {
        match self {
            Self::Wep => "wep",
            Self::Tkip => "tkip",
            Self::Ccmp128 => "ccmp_128",
            Self::Ccmp256 => "ccmp_256",
            Self::Gcmp128 => "gcmp_128",
            Self::Gcmp256 => "gcmp_256",
        }
    }
}

impl Word for Undecodable {
    fn word(&self) -> &'static str {
        match self {
            Self::LinkType => "link_type",
            Self::Short => "short",
            Self::Malformed => "malformed",
            Self::Encrypted(Encryption::Ieee802_11) => "encrypted_802_11",
            Self::Encrypted(Encryption::Wlan(Locked::NoHandshake)) => {
                "encrypted_802_11_no_handshake"
            }
            Self::Encrypted(Encryption::Wlan(Locked::NoKey)) => "encrypted_802_11_no_key",
            Self::Encrypted(Encryption::Wlan(Locked::NotAuthentic)) => {
                "encrypted_802_11_not_authentic"
            }
            Self::Encrypted(Encryption::Ieee802_15_4) => "encrypted_802_15_4",
            Self::Encrypted(Encryption::MacSec) => "encrypted_macsec",
            Self::Encrypted(Encryption::GprsLlc) => "encrypted_gprs_llc",
            Self::Encrypted(Encryption::WireGuard(Locked::NoHandshake)) => {
                "encrypted_wireguard_no_handshake"
            }
            Self::Encrypted(Encryption::WireGuard(Locked::NoKey)) => "encrypted_wireguard_no_key",
            Self::Encrypted(Encryption::WireGuard(Locked::NotAuthentic)) => {
                "encrypted_wireguard_not_authentic"
            }
            Self::Encrypted(Encryption::Esp(Locked::NoHandshake | Locked::NoKey)) => {
                "encrypted_esp_no_key"
            }
            Self::Encrypted(Encryption::Esp(Locked::NotAuthentic)) => "encrypted_esp_not_authentic",
            Self::Compression => "compression",
            Self::FirstFragment => "first_fragment",
        }
    }
}

/// The name of an IP protocol number in lower case, for those that icmpdump reads something of
/// and a few that ICMP errors often quote.
pub const fn protocol(number: u8) -> Option<&'static str> {
    Some(match number {
        0 => "hopopt",
        1 => "icmp",
        2 => "igmp",
        4 => "ipip",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        41 => "ipv6",
        46 => "rsvp",
        47 => "gre",
        48 => "dsr",
        50 => "esp",
        51 => "ah",
        54 => "nhrp",
        58 => "icmpv6",
        59 => "no_next_header",
        80 => "iso_ip",
        88 => "eigrp",
        89 => "ospf",
        93 => "ax25",
        94 => "ipip94",
        97 => "etherip",
        103 => "pim",
        108 => "ipcomp",
        112 => "vrrp",
        115 => "l2tp",
        132 => "sctp",
        135 => "mobility",
        136 => "udplite",
        137 => "mpls_in_ip",
        139 => "hip",
        140 => "shim6",
        143 => "ethernet",
        _ => return None,
    })
}

/// The same name as people write it.
pub const fn protocol_title(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPIP",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        41 => "IPv6",
        46 => "RSVP",
        47 => "GRE",
        48 => "DSR",
        50 => "ESP",
        51 => "AH",
        54 => "NHRP",
        58 => "ICMPv6",
        80 => "ISO-IP",
        88 => "EIGRP",
        89 => "OSPF",
        93 => "AX.25",
        97 => "EtherIP",
        103 => "PIM",
        108 => "IPComp",
        112 => "VRRP",
        115 => "L2TP",
        132 => "SCTP",
        135 => "mobility header",
        136 => "UDP-Lite",
        137 => "MPLS",
        139 => "HIP",
        140 => "Shim6",
        143 => "Ethernet",
        _ => return None,
    })
}
