//! How an interface is to be captured on.

use std::time::Duration;

use crate::source::Resolution;

/// How interfaces are to be captured on; as tcpdump's options of that meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // libpcap's switches
pub struct Options {
    /// Octets to keep of each packet (`-s`).
    pub snaplen: u32,
    /// Octets of the kernel's buffer (`-B`).
    pub buffer: u32,
    /// Whether packets for others are asked for (not with `-p`).
    pub promiscuous: bool,
    /// Monitor mode of wireless interfaces (`-I`).
    pub monitor: bool,
    /// How soon packets are handed on.
    pub delivery: Delivery,
    /// Packets of one direction only (`-Q`).
    pub direction: Option<Direction>,
    /// Link type by name or number (`-y`).
    pub link: Option<String>,
    /// How fine time stamps are.
    pub resolution: Resolution,
    /// Who stamps the time (`-j`).
    pub timestamps: Option<TimestampKind>,
    /// What the kernel hands over.
    pub take: Take,
}

/// How soon the kernel hands packets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By blocks, which cost least.
    Blocks,
    /// By blocks that are handed on before a person would notice that they are not there.
    SmallBlocks,
    /// Each as it comes (`--immediate-mode`). Each takes room for the largest there can be, so that
    /// the same buffer holds few.
    Packets,
}

impl Delivery {
    /// How long a packet may be kept back, for others to be handed over with it.
    pub(super) const fn block_timeout(self) -> Duration {
        Duration::from_millis(match self {
            Self::Blocks => 100,
            Self::SmallBlocks => 10,
            Self::Packets => 1,
        })
    }

    /// After this long a packet is readable: a block's timeout, and time for its timer to run.
    pub(super) const fn lag(self) -> Duration {
        Duration::from_millis(match self {
            Self::Blocks => 150,
            Self::SmallBlocks => 60,
            Self::Packets => 10,
        })
    }
}

/// What the kernel hands over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// All ICMP that is not inside a tunnel, and what the expression selects; see
    /// [`kernel_filter`](crate::source::filter::kernel_filter).
    Icmp {
        /// The user's filter, which may be empty.
        and: String,
    },
    /// What the expression selects and nothing else (`--only-filter`).
    Only(String),
    /// All packets (`--flows`).
    Everything,
}

/// Packets as seen from the interface (`-Q`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
    /// Both.
    Both,
}

impl From<Direction> for pcap::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::In => Self::In,
            Direction::Out => Self::Out,
            Direction::Both => Self::InOut,
        }
    }
}

/// Who stamps the time (`-j`), by libpcap's names (`pcap-tstamp(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampKind {
    /// The host.
    Host,
    /// The host, with low precision.
    HostLowPrecision,
    /// The host, with high precision.
    HostHighPrecision,
    /// The adapter, whose clock follows the host's.
    Adapter,
    /// The adapter, by a clock of its own.
    AdapterUnsynced,
}

impl From<TimestampKind> for pcap::TimestampType {
    fn from(kind: TimestampKind) -> Self {
        match kind {
            TimestampKind::Host => Self::Host,
            TimestampKind::HostLowPrecision => Self::HostLowPrec,
            TimestampKind::HostHighPrecision => Self::HostHighPrec,
            TimestampKind::Adapter => Self::Adapter,
            TimestampKind::AdapterUnsynced => Self::AdapterUnsynced,
        }
    }
}
