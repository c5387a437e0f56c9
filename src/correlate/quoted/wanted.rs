//! What a quote says of the packet that caused an error, and what a captured packet is to that.

mod unnumbered;

use crate::correlate::content::Shown;
use crate::correlate::copies::tells_content;
use crate::correlate::flows::{Fingerprint, Hashes, datagram_checksum, has_ports, is_icmp};
use crate::correlate::lead::Lead;
use crate::correlate::observation::{label, occupied};
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::{Quote, QuotedTransport};
use crate::model::AddrPair;
use crate::model::flow::FlowPorts;
use crate::wire::checksum::upper_checksum;
use crate::wire::ip::protocol::{ESP, TCP, UDP};
use crate::wire::{ChecksumStatus, Ip, IpVersion};

/// Where ICMP has its checksum in the leading octets.
pub(super) const ICMP_CHECKSUM: u64 = 0x0000_ffff_0000_0000;

/// What the quote says of the packet that caused the error.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct Wanted {
    lead: Lead,
    /// How many octets of `lead` the quote really holds.
    pub(super) known: u32,
    content: Shown,
    pub(super) protocol: u8,
    version: IpVersion,
    pub(super) label: u32,
    /// Length of the IP packet, as the quoted header claims.
    pub(super) length: u32,
    /// The same without routing headers, which a router on the way may have put in.
    unrouted: u32,
    seq: Option<u32>,
    addrs: AddrPair,
    pub(super) pair: u32,
    is_later_fragment: bool,
    numbering: Numbering,
    /// The quote's own checksum verifies: no translation left it behind.
    is_sound: bool,
}

/// What a packet of the flow is to the one that is quoted, by all that both show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::correlate) enum Fit {
    /// It is another.
    Other,
    /// It can be that one, and nothing tells that it is.
    Alike,
    /// Of IPv6: so is all that the quote shows of it, which tells no more than the flow and the length. It is
    /// that one if there is no other like it.
    Lone,
    /// It is that one by all but its flow label, of which the quote has none.
    Unlabelled,
    /// Its number is the same, and a checksum differs as one does that a translation left behind.
    Numbered,
    /// It is that one, or has the same octets.
    Same,
}

/// What the label tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    /// The packet.
    Number,
    /// Nothing, where it agrees: an identification of 0 (RFC 6864 section 4), or a flow label.
    Nothing,
    /// Nothing: there is no flow label. Translators leave it out, whatever the sender wrote there (RFC 7915
    /// section 4.1).
    Unlabelled,
}

impl Numbering {
    fn of(ip: &Ip<'_>) -> Self {
        match (ip.version, ip.fragment_id()) {
            (IpVersion::V6, None) if ip.flow_label == 0 => Self::Unlabelled,
            (IpVersion::V6, None) => Self::Nothing,
            _ if label(ip) == 0 => Self::Nothing,
            _ => Self::Number,
        }
    }
}

/// What two checksums tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sums {
    Agree,
    Differ,
    /// Nothing: there are none, or a card fills them in behind the point of capture.
    Untold,
}

impl Wanted {
    pub(in crate::correlate) fn new(quote: &Quote<'_>, hashes: &Hashes) -> Self {
        let ip = &quote.ip;
        Self {
            lead: Lead::of_ip(ip),
            content: Shown::of(ip),
            // Of a packet that ends sooner the rest is known, too: there is none.
            known: if ip.is_later_fragment() || ip.is_whole() {
                8
            } else {
                u32::try_from(ip.payload.len()).unwrap_or(8).min(8)
            },
            protocol: ip.protocol,
            version: ip.version,
            label: label(ip),
            length: ip.length,
            unrouted: ip.length.saturating_sub(routing_octets(ip)),
            seq: match quote.transport {
                QuotedTransport::Tcp { seq, .. } => seq,
                _ => None,
            },
            addrs: ip.ends(),
            pair: hashes.pair,
            is_later_fragment: ip.is_later_fragment(),
            numbering: Numbering::of(ip),
            is_sound: ip.is_whole()
                && upper_checksum(ip).is_some_and(|sum| sum.status == ChecksumStatus::Good),
        }
    }

    /// Whether `seen` is of the quoted flow: the chain alone does not say so.
    pub(in crate::correlate) fn is_flow(&self, seen: &Fingerprint) -> bool {
        seen.protocol == self.protocol
            && seen.pair == self.pair
            && seen.lead.flow_word(self.protocol) == self.lead.flow_word(self.protocol)
    }

    /// Whether the transport octets agree, leaving out checksums, which offload falsifies.
    pub(super) fn same_lead(&self, seen: &Fingerprint) -> bool {
        let known = match self.known {
            0 => 0,
            known => u64::MAX << (64 - 8 * known.min(8)),
        };
        self.lead.agrees(seen.lead, known & !self.checksum())
    }

    /// Where in the leading octets of its transport a checksum is.
    pub(super) fn checksum(&self) -> u64 {
        if self.is_later_fragment {
            0
        } else if is_icmp(self.protocol) {
            ICMP_CHECKSUM
        } else {
            datagram_checksum(self.protocol)
        }
    }

    /// Whether it may tell the packet from the next one.
    pub(in crate::correlate) fn is_identified(&self) -> bool {
        self.known == 8 && (self.version == IpVersion::V6 || self.label != 0)
    }

    /// What `seen`, of its flow, is to this packet.
    pub(in crate::correlate) fn fit(&self, seen: &Fingerprint) -> Fit {
        let begins_it = self.is_put_together_from(seen);
        let same_length = begins_it || seen.length == self.length || seen.length == self.unrouted;
        let same_label = begins_it || seen.label == self.label;
        // Old stacks quote IPv4 lengths in another byte order, or without the header.
        let may_differ = self.version == IpVersion::V4;
        let may_be_labelled = same_label || self.numbering == Numbering::Unlabelled;
        if !may_be_labelled || !self.same_lead(seen) || !same_length && !may_differ {
            return Fit::Other;
        }
        let (content, sums) = (self.content.agrees(seen.content), self.sums(seen));
        let differs = content == Some(false) || sums == Sums::Differ;
        if differs && !self.may_be_rewritten(content) {
            return Fit::Other;
        }
        let is_told = self.numbering == Numbering::Number
            || same_length
                && match self.protocol {
                    // Of IPv4 it may be one of several with these octets: it is a segment that holds them.
                    TCP => self.version == IpVersion::V6,
                    ESP => true,
                    protocol if is_icmp(protocol) => sums == Sums::Agree,
                    _ if matches!(self.content, Shown::Nothing) => true,
                    _ => content == Some(true) || sums == Sums::Agree,
                };
        match self.version {
            _ if self.known < 8 => Fit::Alike,
            _ if is_told && !same_label => Fit::Unlabelled,
            _ if is_told && differs => Fit::Numbered,
            _ if is_told => Fit::Same,
            IpVersion::V4 => Fit::Alike,
            IpVersion::V6 => Fit::Lone,
        }
    }

    /// Whether `seen`, with the same lead, is the first fragment of this datagram of IPv6, quoted by who put it
    /// together: that is as long as the datagram says, and has a flow label in the place of their number.
    fn is_put_together_from(&self, seen: &Fingerprint) -> bool {
        const HEADER: u32 = 40;
        const DATAGRAM_LENGTH: u32 = 2;
        let is_whole = self.version == IpVersion::V6 && self.numbering != Numbering::Number;
        is_whole
            && self.protocol == UDP
            && seen.length < HEADER + u32::from(self.lead.half(DATAGRAM_LENGTH))
            && self.sums(seen) == Sums::Agree
    }

    /// Whether a translation on the way can be why octets differ: it rewrites what the quote shows and may
    /// leave checksums behind, and moves the numbers of TCP.
    fn may_be_rewritten(&self, content: Option<bool>) -> bool {
        let is_numbered = self.numbering == Numbering::Number;
        let is_translatable = self.version == IpVersion::V4 && is_numbered;
        is_translatable && (self.protocol == TCP || content != Some(false) && !self.is_sound)
    }

    /// What the checksums in the leading octets tell.
    fn sums(&self, seen: &Fingerprint) -> Sums {
        let mask = self.checksum();
        if mask == 0 || self.known < 8 || self.lead.agrees(Lead::default(), mask) {
            return Sums::Untold;
        }
        let agree = self.lead.agrees(seen.lead, mask);
        let is_final = |lead| self.protocol != UDP || tells_content(UDP, lead, self.addrs);
        match agree {
            _ if !is_final(seen.lead) || !is_final(self.lead) => Sums::Untold,
            true => Sums::Agree,
            false if self.protocol == UDP || is_icmp(self.protocol) => Sums::Differ,
            false => Sums::Untold,
        }
    }

    /// Whether `seen` holds the quoted octets: the TCP segment with the sequence number, also
    /// where offload captured many segments as one; for ICMP, the query with its sequence number.
    pub(super) fn is_segment(&self, seen: &Fingerprint) -> bool {
        if self.is_later_fragment {
            return false;
        }
        if let Some(seq) = self.seq {
            // What holds nothing is another where it acknowledges something else.
            let is_it = occupied(seen.data, seen.flags) > 0
                || self.content.agrees(seen.content) != Some(false);
            return seq == seen.lead.seq() && is_it
                || seq.wrapping_sub(seen.lead.seq()) < seen.data;
        }
        let is_query = matches!(seen.lead.ports(self.protocol), FlowPorts::Query { .. });
        is_query && self.known == 8 && self.same_lead(seen)
    }

    /// Whether `seen`, of its flow and so alike, can be this packet where nothing tells that it is:
    /// datagrams may look alike, and offload captures several as one.
    pub(super) fn may_be(&self, seen: &Fingerprint, fit: Fit) -> bool {
        let is_larger = self.protocol == UDP && seen.length > self.length && self.is_cut_from(seen);
        is_larger || fit > Fit::Other
    }

    /// Whether the quote tells no more than the length of the datagram, and that may as well be a piece of
    /// `seen`, of its flow, which a card takes apart that finishes the checksums as well.
    pub(super) fn may_be_piece_of(&self, seen: &Fingerprint) -> bool {
        self.may_be(seen, Fit::Other)
            && !self.lead.agrees(Lead::default(), self.checksum())
            && !tells_content(UDP, seen.lead, self.addrs)
    }

    /// Whether numbers allow that the card made this one of `seen`: from the number of that it counts on.
    fn is_cut_from(&self, seen: &Fingerprint) -> bool {
        /// Datagrams that Linux lets a card make of one.
        const PIECES: u32 = 128;
        self.version == IpVersion::V6 || (self.label.wrapping_sub(seen.label) & 0xffff) < PIECES
    }

    /// Whether `seen` can be this very packet on the other side of a translation of one of its ends.
    pub(in crate::correlate) fn is_other_side(&self, seen: &Fingerprint) -> bool {
        (seen.label, seen.length) == (self.label, self.length)
            && (self.is_translated(seen) || self.is_redirected(seen))
    }

    /// Whether `seen` can be this packet before its destination was rewritten.
    pub(super) fn is_redirected(&self, seen: &Fingerprint) -> bool {
        /// Source port and TCP sequence number.
        const PORT_AND_SEQ: u64 = 0xffff_0000_ffff_ffff;
        /// Source port and the length of a datagram.
        const PORT_AND_LENGTH: u64 = 0xffff_0000_ffff_0000;
        /// ICMP type, identifier and sequence number.
        const QUERY: u64 = 0xff00_0000_ffff_ffff;
        if seen.protocol != self.protocol || seen.pair == self.pair || self.known < 8 {
            return false;
        }
        let same_label = self.label != 0 && seen.label == self.label;
        match self.protocol {
            TCP => self.lead.agrees(seen.lead, PORT_AND_SEQ),
            protocol if is_icmp(protocol) && !self.is_query() => {
                same_label && self.is_same_message(seen)
            }
            protocol if is_icmp(protocol) => {
                self.lead.agrees(seen.lead, QUERY) && (same_label || self.is_same_echo(seen))
            }
            protocol if has_ports(protocol) => {
                same_label && self.lead.agrees(seen.lead, PORT_AND_LENGTH)
            }
            _ => false,
        }
    }

    /// Whether `seen`, which nothing numbers, as little as this packet, is an echo of the same octets, but for an
    /// identifier that was rewritten, and its checksum with it: in IPv4 that covers no addresses.
    fn is_same_echo(&self, seen: &Fingerprint) -> bool {
        const CHECKSUM: u32 = 1;
        const ID: u32 = 2;
        let sum = |lead: Lead| Sum::of(lead.half(CHECKSUM)).plus(Sum::of(lead.half(ID)));
        self.version == IpVersion::V4
            && (self.label, self.length) == (0, seen.length)
            && seen.label == 0
            && !self.is_later_fragment
            && self.is_query()
            && sum(self.lead) == sum(seen.lead)
    }

    /// Whether what leads it tells its flow from others of its hosts.
    pub(super) fn has_ports_or_id(&self) -> bool {
        has_ports(self.protocol) || self.is_query()
    }

    /// Whether an identifier leads it, and a sequence number.
    fn is_query(&self) -> bool {
        matches!(self.lead.ports(self.protocol), FlowPorts::Query { .. })
    }

    /// Whether `seen` has what a translation leaves alone of an ICMP message without an identifier: all but
    /// its checksum, and the addresses and ports of what it quotes. What quotes nothing is not translated.
    fn is_same_message(&self, seen: &Fingerprint) -> bool {
        self.known == 8
            && self.length == seen.length
            && self.lead.agrees(seen.lead, !ICMP_CHECKSUM)
            && self.content.agrees(seen.content) == Some(true)
    }

    /// Whether `seen` can be this packet before its source was rewritten.
    pub(super) fn is_translated(&self, seen: &Fingerprint) -> bool {
        /// Destination port and the 16 bits behind it.
        const PORT_AND_LENGTH: u64 = 0x0000_ffff_ffff_0000;
        /// Destination port and TCP sequence number.
        const PORT_AND_SEQ: u64 = 0x0000_ffff_ffff_ffff;
        /// ICMP type and sequence number: identifiers are rewritten as ports are.
        const TYPE_AND_SEQ: u64 = 0xff00_0000_0000_ffff;
        let same_label = self.label != 0 && seen.label == self.label;
        if seen.protocol != self.protocol || seen.pair == self.pair {
            return false;
        }
        let agrees = |mask| self.known == 8 && self.lead.agrees(seen.lead, mask);
        match self.protocol {
            TCP => agrees(PORT_AND_SEQ),
            protocol if is_icmp(protocol) && !self.is_query() => {
                same_label && self.is_same_message(seen)
            }
            protocol if is_icmp(protocol) => {
                agrees(TYPE_AND_SEQ) && (same_label || self.is_same_echo(seen))
            }
            protocol if has_ports(protocol) => agrees(PORT_AND_LENGTH) && same_label,
            _ => same_label,
        }
    }
}

/// Octets of the routing headers of `ip` (RFC 8200 section 4.4).
fn routing_octets(ip: &Ip<'_>) -> u32 {
    if ip.version == IpVersion::V4 {
        return 0;
    }
    let routing = ip.extension_headers();
    let routing = routing.filter(|header| header.routing_type().is_some());
    let octets = routing.map(|header| header.bytes.len()).sum::<usize>();
    u32::try_from(octets).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
