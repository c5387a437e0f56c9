//! What is wrong with a packet, told beside what could be decoded of it.

use std::fmt;

/// The layer a defect was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Link header and VLAN tags.
    Link,
    /// IPv4 header and options.
    Ipv4,
    /// IPv6 header.
    Ipv6,
    /// An IPv6 extension header.
    Ipv6Extension,
    /// A tunnel header.
    Tunnel,
    /// ICMP or ICMPv6.
    Icmp,
    /// The packet an error quotes.
    Quote,
    /// RFC 4884 extension structure.
    Extension,
    /// A Neighbor Discovery option.
    NdOption,
    /// An MLD record.
    MldRecord,
    /// An extension of an MLDv2 message.
    MldExtension,
}

/// What bounded the octets that were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The snap length of the capture.
    Capture,
    /// The frame's end.
    Frame,
    /// The length field of the IP header.
    IpLength,
    /// The length field of the layer itself.
    OwnLength,
    /// The quoting router cut the packet here.
    Quote,
    /// The packet around it is a fragment, which ends here.
    Fragment,
}

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Defect {
    /// Where.
    pub layer: Layer,
    /// Octets from the start of the layer.
    pub offset: u32,
    /// What.
    pub kind: DefectKind,
}

/// The kinds of defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefectKind {
    /// Octets are missing.
    Short {
        /// Octets the layer asks for.
        needed: u32,
        /// Octets there were.
        available: u32,
        /// What limited them.
        limit: Limit,
    },
    /// A field holds what its RFC forbids; the text names field and rule.
    Rule(&'static str),
}

/// Up to [`Defects::CAPACITY`] defects in place; what is more is counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Defects {
    found: [Option<Defect>; Self::CAPACITY],
    count: u16,
}

impl Defects {
    /// How many are kept.
    pub const CAPACITY: usize = 6;

    /// Adds one.
    pub fn push(&mut self, defect: Defect) {
        if let Some(slot) = self.found.get_mut(usize::from(self.count)) {
            *slot = Some(defect);
        }
        self.count = self.count.saturating_add(1);
    }

    /// Adds that octets were missing.
    pub fn short(
        &mut self,
        layer: Layer,
        offset: usize,
        needed: usize,
        available: usize,
        limit: Limit,
    ) {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.push(Defect {
            layer,
            offset: narrow(offset),
            kind: DefectKind::Short {
                needed: narrow(needed),
                available: narrow(available),
                limit,
            },
        });
    }

    /// Adds that a rule was broken.
    pub fn rule(&mut self, layer: Layer, offset: usize, rule: &'static str) {
        self.push(Defect {
            layer,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
            kind: DefectKind::Rule(rule),
        });
    }

    /// Counts `more` that are not kept.
    pub(super) fn count_unlisted(&mut self, more: usize) {
        let more = u16::try_from(more).unwrap_or(u16::MAX);
        self.count = self.count.saturating_add(more);
    }

    /// Those that were kept, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = Defect> + '_ {
        self.found.iter().flatten().copied()
    }

    /// How many there were, kept or not.
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Layer {
    /// Its snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Ipv6Extension => "ipv6_extension",
            Self::Tunnel => "tunnel",
            Self::Icmp => "icmp",
            Self::Quote => "quote",
            Self::Extension => "extension",
            Self::NdOption => "nd_option",
            Self::MldRecord => "mld_record",
            Self::MldExtension => "mld_extension",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Capture => "snap length",
            Self::Frame => "end of frame",
            Self::IpLength => "IP length",
            Self::OwnLength => "own length",
            Self::Fragment => "fragment",
            Self::Quote => "end of quote",
        })
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DefectKind::Short {
                needed,
                available,
                limit,
            } => write!(
                f,
                "{} short at {}: {needed} octets needed, {available} there ({limit})",
                self.layer.name(),
                self.offset
            ),
            DefectKind::Rule(rule) => {
                write!(f, "{} at {}: {rule}", self.layer.name(), self.offset)
            }
        }
    }
}
