//! What a quote lacks that was cut, taken from the captured packet that it has to be of.

use std::net::IpAddr;

use super::{ERROR_DELAY, FLOW_DEPTH, ICMP_CHECKSUM, Wanted};
use crate::correlate::flows::{Chain, Fingerprint, Ring, datagram_checksum, has_ports, is_icmp};
use crate::correlate::lead::Lead;
use crate::correlate::repeats::Spot;
use crate::correlate::sighting::Mirror;
use crate::correlate::verdict::Evidence;
use crate::correlate::{Correlator, Relation, numbered};
use crate::icmp::{Body, CutHeader, Message, Quote};
use crate::model::{AddrPair, Frame, Timestamp};
use crate::wire::{IpVersion, Limit, Packet};

impl Correlator {
    /// The quote of an error of this time with what was cut of it, where the packet that it has to be of
    /// was captured.
    pub(in crate::correlate) fn made_whole<'q>(
        &self,
        quote: &Quote<'q>,
        ts: Timestamp,
        room: &'q mut [u8; Lead::OCTETS],
    ) -> Quote<'q> {
        let told = (self.ring.as_ref()).and_then(|ring| missing_octets(ring, quote, ts));
        match told {
            Some(told) => {
                *room = told.lead.octets();
                quote.with_transport(room.get(..told.known).unwrap_or(room))
            }
            None => *quote,
        }
    }

    /// What an error of this time quotes, where the snap length ends inside of the IP header.
    #[inline]
    pub(in crate::correlate) fn quoted_in_part(
        &self,
        message: &Message<'_>,
        ts: Timestamp,
    ) -> Option<Completed> {
        match (&message.body, &self.ring) {
            (Body::Error(error), Some(ring)) if error.quote.is_none() => {
                Completed::of(ring, message, ts)
            }
            _ => None,
        }
    }

    /// Relates an error whose quote ends before it tells where the packet went. Who dropped what of whom, and
    /// why, is known all the same.
    pub(in crate::correlate) fn vague_error(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        shown: bool,
    ) -> Relation {
        // What its other fragments have is told when they are put together.
        let is_fragment = packet.ip.limit == Limit::Fragment || packet.ip.fragment.is_some();
        let told = Completed::to_nobody(message, packet.ip.dst())
            .filter(|_| packet.ip.is_acceptable() && !is_fragment);
        let quote = told.as_ref().and_then(Completed::quote);
        let (blind, to) = (&mut self.exchanges.blind, AddrPair::of_one(packet.ip.dst()));
        blind.add_vague(to, frame.ts);
        if !is_fragment && quote.is_none_or(|quote| numbered::may_be_reply(&quote)) {
            blind.add_vague_reply(to, frame.source, frame.ts);
        }
        let Some(quote) = quote else {
            return Relation::Error { original: None };
        };
        let evidence = Evidence::Captured;
        let seen = (&Spot::of(frame, packet), |_| Mirror::Unknown);
        let known = (self.repeats).copy_of(evidence, packet.ip.addrs, message.bytes, seen);
        if let Some(of) = known {
            return Relation::Copy { of };
        }
        let error = (frame, packet, message);
        self.error_alone(error, (&quote, quote.flow()), evidence, shown);
        Relation::Error { original: None }
    }
}

/// How the transport of a packet begins whose quote, in an error captured at `ts`, ends before that:
/// cut by the snap length, or by who sent it. The IPv4 header tells the packet, as the only one of late
/// between the two hosts with this identification (RFC 6864) and length; that of IPv6 those with this flow
/// label and length, which may agree in fewer octets. `None` where nothing is to be added.
pub(super) fn missing_octets(ring: &Ring, quote: &Quote<'_>, ts: Timestamp) -> Option<Beginning> {
    let ip = &quote.ip;
    let is_cut = ip.payload.len() < Lead::OCTETS && !ip.is_whole() && !ip.is_later_fragment();
    let is_labelled = match ip.version {
        IpVersion::V4 => ip.id.is_some_and(|id| id != 0),
        // Of extension headers it is not known where they end, or what else the packet has.
        IpVersion::V6 => {
            ip.header.len() == HEADER && (has_ports(ip.protocol) || is_icmp(ip.protocol))
        }
    };
    if !is_cut || !is_labelled || !ring.direction_seen(&ip.ends()) {
        return None;
    }
    let hashes = ring.hashes(ip.ends(), ip.protocol, Lead::of_ip(ip));
    let wanted = Wanted::new(quote, &hashes);
    let least = match ip.version {
        IpVersion::V4 => Lead::OCTETS,
        IpVersion::V6 => ip.payload.len() + 1,
    };
    let mut found: Option<Beginning> = None;
    let mut looked = 0;
    let mut visit = |seen: &Fingerprint| {
        let is_late = || ts.since(seen.ts).is_none_or(|age| age <= ERROR_DELAY);
        let may_come_from = || ip.version == IpVersion::V4 || ip.ttl <= seen.ttl;
        if wanted.is_labelled_as(seen) && may_come_from() && is_late() {
            found = Some(match found {
                None => Beginning::of(seen.lead),
                Some(known) => known.and(seen.lead, ip.protocol),
            });
        }
        looked += 1;
        found.is_some_and(|found| found.known < least) || looked > FLOW_DEPTH
    };
    if !has_ports(ip.protocol) {
        ring.walk(Chain::Destination, &hashes, visit);
    } else if wanted.known >= 4 {
        ring.walk(Chain::Flow, &hashes, visit);
    } else {
        // No chain leads there without the ports.
        ring.recent(FLOW_DEPTH).any(&mut visit);
    }
    found.filter(|found| found.known >= least)
}

/// How the transport begins of the packets that a quote may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) lead: Lead,
    /// In how many leading octets they agree, whatever their checksums.
    pub(super) known: usize,
}

impl Beginning {
    const fn of(lead: Lead) -> Self {
        Self {
            lead,
            known: Lead::OCTETS,
        }
    }

    /// That of another of them as well. A checksum in which they differ is left out.
    fn and(self, other: Lead, protocol: u8) -> Self {
        let checksum = match protocol {
            protocol if is_icmp(protocol) => ICMP_CHECKSUM,
            protocol => datagram_checksum(protocol),
        };
        let bits = |lead: Lead| u64::from_be_bytes(lead.octets());
        let (one, other) = (bits(self.lead), bits(other));
        let agree = ((one ^ other) & !checksum).leading_zeros() / 8;
        let lead = if (one ^ other) & checksum == 0 {
            self.lead
        } else {
            Lead::of(&(one & !checksum).to_be_bytes())
        };
        Self {
            lead,
            known: self.known.min(usize::try_from(agree).unwrap_or_default()),
        }
    }
}

impl Wanted {
    /// Whether `seen` can be this packet by what the IP header and the known octets tell, and is no
    /// later fragment, which has the same number.
    fn is_labelled_as(&self, seen: &Fingerprint) -> bool {
        seen.protocol == self.protocol
            && seen.pair == self.pair
            && seen.label == self.label
            && seen.length == self.length
            && seen.lead != Lead::default()
            && self.same_lead(seen)
    }
}

/// A quote that ends inside of its IPv6 header, with what the captured packets say of the rest.
#[derive(Debug)]
pub(in crate::correlate) struct Completed {
    octets: [u8; HEADER + Lead::OCTETS],
    /// How many of them are known.
    known: usize,
    /// Length of the whole packet in octets.
    on_wire: usize,
}

/// Octets of an IPv6 header, and where the destination begins in it.
const HEADER: usize = 40;
const DESTINATION: usize = 24;

impl Completed {
    /// What an error, captured at `ts`, quotes, if the quote reaches into the destination. The packet is
    /// one of late from the quoted source with the quoted flow label, length and protocol, to an address
    /// that begins so; of several what they agree in. `None` where they went to several hosts, or there
    /// is none.
    #[cold]
    fn of(ring: &Ring, message: &Message<'_>, ts: Timestamp) -> Option<Self> {
        let header = message
            .cut_quote()
            .filter(|it| it.version == IpVersion::V6)?;
        let (cut, length) = message.quoted_octets()?;
        let begins = cut.get(DESTINATION..).filter(|begins| !begins.is_empty())?;
        let (src, protocol) = (header.src?, header.protocol?);
        let mut found: Option<(AddrPair, Beginning)> = None;
        let fits = |seen: &&Fingerprint| {
            is_quoted_by(&header, seen) && ts.since(seen.ts).is_none_or(|age| age <= ERROR_DELAY)
        };
        for seen in ring.recent(FLOW_DEPTH).filter(fits) {
            let Some(addrs) = ring.addrs_of(seen.pair) else {
                continue;
            };
            if addrs.src() != src || !octets_of(addrs.dst()).starts_with(begins) {
                continue;
            }
            found = match found {
                None => Some((addrs, Beginning::of(seen.lead))),
                Some((known, begins)) if known == addrs => {
                    Some((addrs, begins.and(seen.lead, protocol)))
                }
                Some(_) => return None,
            };
        }
        let (addrs, Beginning { lead, known }) = found?;
        let mut octets = [0; HEADER + Lead::OCTETS];
        let (destination, lead) = (octets_of(addrs.dst()), lead.octets());
        let rest = destination.iter().skip(begins.len()).chain(&lead);
        for (to, from) in octets.iter_mut().zip(cut.iter().chain(rest)) {
            *to = *from;
        }
        Some(Self {
            octets,
            known: HEADER + known,
            on_wire: usize::try_from(length).unwrap_or(usize::MAX),
        })
    }

    /// What an error to the host `to` quotes, if the quote reaches to the protocol and does not tell the
    /// destination: with the unspecified address in its place, and from whom errors about it go to.
    #[cold]
    fn to_nobody(message: &Message<'_>, to: IpAddr) -> Option<Self> {
        let header = message.cut_quote().filter(|it| it.protocol.is_some())?;
        let (cut, length) = message.quoted_octets()?;
        let (source, known) = match header.version {
            IpVersion::V4 => (12, 20),
            IpVersion::V6 => (8, HEADER),
        };
        let mut octets = [0; HEADER + Lead::OCTETS];
        for (to, from) in octets.iter_mut().zip(cut.iter().take(source)) {
            *to = *from;
        }
        let from = match header.src.unwrap_or(to) {
            IpAddr::V4(addr) => &addr.octets()[..],
            IpAddr::V6(addr) => &addr.octets(),
        };
        (octets.get_mut(source..)?.get_mut(..from.len())?).copy_from_slice(from);
        Some(Self {
            octets,
            known,
            on_wire: usize::try_from(length).unwrap_or(usize::MAX),
        })
    }

    pub(in crate::correlate) fn quote(&self) -> Option<Quote<'_>> {
        Quote::of(self.octets.get(..self.known)?, self.on_wire)
    }
}

/// Whether a packet can be that of which a quoted header has these fields.
fn is_quoted_by(header: &CutHeader, seen: &Fingerprint) -> bool {
    Some(seen.protocol) == header.protocol
        && Some(seen.label) == header.flow_label
        && Some(seen.length) == header.length
        && header.ttl.is_some_and(|ttl| ttl <= seen.ttl)
        && seen.lead != Lead::default()
}

fn octets_of(addr: IpAddr) -> [u8; 16] {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    }
}
