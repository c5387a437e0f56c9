//! From octets to an IP packet: link layers, IP, tunnels, checksums, fragments.
//!
//! Decoding is total: any octets give what could be read, plus [`Defects`]. It borrows and does
//! not allocate.

mod aead;
pub mod arp;
pub mod bytes;
pub mod checksum;
pub mod defect;
pub mod esp;
pub mod ip;
pub mod ipcomp;
mod key_log;
pub mod link;
pub mod lowpan;
mod opener;
pub mod piece;
mod plain;
pub mod reassembly;
mod reported;
pub mod stream;
pub mod tcp;
pub mod tunnel;
pub mod wireguard;
pub mod wlan;

pub use checksum::{Checksum, ChecksumStatus, Unverified, icmp_checksum};
pub use defect::{Defect, DefectKind, Defects, Layer, Limit};
pub use esp::is_esp;
pub use ip::{Fragment, HeaderOrigin, Ip, IpVersion, header_checksum};
pub use key_log::{KeyLines, KeyLog};
pub use link::{LinkHeader, Network, Vlans};
pub use opener::Opener;
pub use plain::{Plain, capturing, plain};
pub use reported::{is_dropped, is_reported};
pub use tunnel::{Packet, TunnelPath};

use crate::model::Frame;

/// What a frame is, as cheaply as that can be told.
#[derive(Clone, Copy, Debug)]
pub enum Classified<'a> {
    /// An IP packet whose upper layer is ICMP or ICMPv6, perhaps inside tunnels.
    Icmp(Packet<'a>),
    /// Any other IP packet.
    OtherIp(Packet<'a>),
    /// ARP, spanning tree and the like.
    NotIp,
    /// The octets do not say what they are.
    Undecodable(Undecodable),
}

/// Why a frame could not be classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undecodable {
    /// The link type is not known here.
    LinkType,
    /// The frame is too short for its link or IP header.
    Short,
    /// The IP header contradicts itself (version, header length).
    Malformed,
    /// The link, or a tunnel, encrypts what it carries, be it ICMP or not.
    Encrypted(Encryption),
    /// A header (6LoWPAN) or a payload (`IPComp`) is compressed in a way that is not known here, or damaged.
    Compression,
    /// The frame is a fragment, and the one with the IP header was not seen (6LoWPAN).
    FirstFragment,
}

impl Undecodable {
    /// Whether there may be a packet all the same.
    pub const fn hides(self) -> bool {
        matches!(
            self,
            Self::Encrypted(_) | Self::Compression | Self::FirstFragment
        )
    }
}

/// By what a link or a tunnel encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encryption {
    /// WEP, WPA and their successors (IEEE 802.11 section 12).
    Ieee802_11,
    /// The same, whose packets are read where its keys are known, and some are.
    Wlan(Locked),
    /// IEEE 802.15.4 section 9.
    Ieee802_15_4,
    /// IEEE 802.1AE.
    MacSec,
    /// The LLC of GPRS (3GPP TS 44.064 section 8.9).
    GprsLlc,
    /// WireGuard, whose packets are read where its keys are known.
    WireGuard(Locked),
    /// ESP, whose packets are read where its keys are known, and some are.
    Esp(Locked),
}

/// Why what is encrypted cannot be read, where keys are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locked {
    /// The handshake of its session was not captured, or no more than half of it.
    NoHandshake,
    /// The keys do not lead to those of the session.
    NoKey,
    /// It is not what the session's keys encrypted: damaged, or forged.
    NotAuthentic,
}

/// Tells what `frame` is. Looks at no octet behind the IP headers.
pub fn classify<'a>(frame: &Frame<'a>) -> Classified<'a> {
    tunnel::classify(frame)
}
