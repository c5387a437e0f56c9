//! What the packets of tunnels carried: an error often quotes no more of them than their own headers.

mod recent;

use self::recent::{Links, Recent};
use super::aftermath::{Hit, is_of_tunnel};
use super::flows::{Fingerprint, Ring, is_icmp, is_told_apart};
use super::lead::Lead;
use super::network::{Domain, Network, Networks};
use super::numbered::{Named, Numbered};
use super::observation::Observation;
use super::trace::MAX_TTL;
use super::traces::ProbeAnswer;
use super::verdict::DropReason;
use super::{Correlator, Original, quoted};
use crate::icmp::Quote;
use crate::model::{FlowKey, Frame, FrameRef};
use crate::wire::ip::protocol::TCP;
use crate::wire::tunnel::{Tunnel, TunnelKind};
use crate::wire::{Packet, is_reported};

/// The innermost packets of the last tunnel packets.
#[derive(Debug, Default)]
pub(super) struct Carried {
    recent: Recent,
}

/// The innermost packet of a tunnel's.
#[derive(Debug)]
struct Inside {
    packet: Observation,
    domain: Domain,
    /// What the packet is about, where that is not in what leads it.
    named: Option<Named>,
    /// The flow of the packet that it was encrypted in: its octets do not tell that it is a tunnel's.
    sealed: Option<FlowKey>,
    links: Links,
}

impl Inside {
    const fn network(&self) -> Network {
        self.domain.link.network
    }
}

/// The packet in all the tunnels of one that an error quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    /// Its flow, and what the error tells of it.
    pub(super) hit: Hit,
    /// What it asks or answers, if it does.
    pub(super) query: Option<Numbered>,
    /// IPv4 identification.
    pub(super) id: Option<u32>,
}

/// Whether tunnels of this kind are known by what was read of their packets, not by their flows.
const fn is_sealed(kind: TunnelKind) -> bool {
    matches!(
        kind,
        TunnelKind::Esp { .. } | TunnelKind::EspNull { .. } | TunnelKind::WireGuard { .. }
    )
}

impl Inner {
    /// Whether a quote ends before the sequence number of its segment or query.
    fn lacks_number(&self) -> bool {
        match self.hit.flow.protocol {
            TCP => self.hit.dropped().is_none(),
            protocol if is_icmp(protocol) => self.query.is_none(),
            _ => false,
        }
    }
}

impl Carried {
    /// Takes note of the packet in `frame`, which is in tunnels.
    pub(super) fn push(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        let around = packet.tunnels.encapsulations();
        let mut sealed = around.filter(|around| is_sealed(around.tunnel.kind));
        let sealed = sealed.find_map(|around| Some(Observation::of(frame, &around.outer?).flow()));
        self.recent.push(Inside {
            packet: Observation::of(frame, &packet.ip),
            domain: Domain::of(packet),
            named: Named::of(&packet.ip),
            sealed,
            links: Links::default(),
        });
    }

    /// Whether a flow is a tunnel's, by what it is or because a packet of it was decrypted.
    fn is_tunnel(&self, flow: &FlowKey) -> bool {
        is_of_tunnel(flow) || self.recent.has_sealed(flow)
    }

    /// Whether an error quotes a tunnel's packet, by this flow of it, or because what it encrypts was read.
    fn quotes_tunnel(&self, quote: &Quote<'_>, flow: &FlowKey) -> bool {
        let outermost = || quote.tunnels()?.iter().next();
        let shows = |tunnel: Tunnel| is_sealed(tunnel.kind);
        self.is_tunnel(flow) || outermost().is_some_and(shows)
    }

    /// What a tunnel's packet that an error quotes carries: as quoted, or else as it was captured, if
    /// it is known which packet that was, and that it held one packet only. Of a later fragment the first
    /// one tells.
    pub(super) fn in_quote(
        &self,
        ring: Option<&Ring>,
        quote: &Quote<'_>,
        original: Option<Original>,
    ) -> Option<Inner> {
        let first = ring.and_then(|ring| Some((ring, quoted::datagram(ring, quote)?)));
        let flow = first.and_then(|(ring, first)| ring.flow_of(first));
        let flow = flow.unwrap_or_else(|| quote.flow());
        if !self.quotes_tunnel(quote, &flow) {
            return None;
        }
        let innermost = quote.innermost();
        let quoted = (innermost.bytes.len() < quote.bytes.len()).then(|| Inner {
            hit: Hit::of(&innermost, innermost.flow()),
            query: Numbered::of_quote(&innermost),
            id: innermost.ip.id,
        });
        let is_told = quoted.is_some_and(|inner| is_told_apart(&inner.hit.flow));
        if is_told && !quoted.is_some_and(|inner| inner.lacks_number()) {
            return quoted;
        }
        let exact = || original?.exact();
        let frame = first.map(|(_, first)| first.frame).or_else(exact);
        let captured = frame.and_then(|frame| self.in_frame(frame));
        let captured = captured.map(|Inside { packet, named, .. }| Inner {
            hit: Hit::of_packet(packet),
            query: Numbered::of_lead(
                packet.version,
                packet.addrs(),
                packet.protocol,
                (packet.lead, *named),
            ),
            id: packet.id(),
        });
        let fits = |inner: &Inner| match quoted {
            Some(quoted) if is_told => inner.hit.flow == quoted.hit.flow,
            // Of a tunnel in it the packet itself may be the innermost that was read.
            _ => inner.hit.flow != flow,
        };
        captured.filter(fits).or(quoted)
    }

    /// What an error about a tunnel's packet answers: that of the probe in it, if the tunnel's TTL began
    /// with that of what it carries. Of another it is no hop.
    pub(super) fn answered<'a>(
        &self,
        (answer, reason): (ProbeAnswer<'a>, DropReason),
    ) -> (ProbeAnswer<'a>, DropReason) {
        let around = FlowKey {
            protocol: answer.protocol,
            addrs: answer.addrs,
            ports: answer.lead.ports(answer.protocol),
        };
        // No port is closed but the tunnel's own.
        let may_answer = reason != DropReason::PortUnreachable && self.is_tunnel(&around);
        let probe = may_answer.then(|| self.in_frame(answer.probe)).flatten();
        let probe = probe.map(|inside| &inside.packet);
        let is_copied = |probe: &&Observation| (answer.ttl..=MAX_TTL).contains(&probe.ttl);
        let answer = probe.filter(is_copied).map_or(answer, |probe| ProbeAnswer {
            addrs: probe.addrs(),
            protocol: probe.protocol,
            lead: probe.lead,
            ttl: probe.ttl,
            tunnel: Some(answer.addrs),
            ..answer
        });
        (answer, reason)
    }

    /// Whether a tunnel's packet in `frame` carries something else than the one that an error quotes.
    pub(super) fn is_of_other(&self, quote: &Quote<'_>, frame: FrameRef) -> bool {
        let quoted = quote.innermost();
        let flow = quoted.flow();
        if quoted.bytes.len() == quote.bytes.len() || !is_told_apart(&flow) {
            return false;
        }
        let Some(Inside { packet, named, .. }) = self.in_frame(frame) else {
            return false;
        };
        let (key, addrs) = (|it: Numbered| it.key, packet.addrs());
        let lead = (packet.lead, *named);
        let captured = Numbered::of_lead(packet.version, addrs, packet.protocol, lead).map(key);
        let quoted = Numbered::of_quote(&quoted).map(key);
        packet.flow() != flow || quoted.is_some_and(|quoted| captured != Some(quoted))
    }

    /// The network of what a tunnel's packet in `frame` carries, if that is of `flow`.
    pub(super) fn network(&self, frame: FrameRef, flow: &FlowKey) -> Network {
        let inside = self.in_frame(frame);
        let inside = inside.filter(|inside| inside.packet.is_of(flow));
        inside.map_or(Network::NONE, Inside::network)
    }

    /// The network `own` of a flow, and the last other one that has a flow like that.
    pub(super) fn networks(&self, own: Network, flow: &FlowKey) -> Networks {
        if own == Network::NONE {
            return Networks::default();
        }
        let mut networks = self.recent.of_flow(flow).map(Inside::network);
        let other = networks.find(|network| network.is_other_than(own));
        Networks {
            own,
            other: other.unwrap_or(Network::NONE),
        }
    }

    /// The network of a flow about which an error came in `seen`: that, if packets of the flow are in it as
    /// well; or else where such packets are, as errors may be routed another way (RFC 9135 section 4.1).
    pub(super) fn domain_of(&self, flow: &FlowKey, seen: Domain) -> Domain {
        if seen.link.network == Network::NONE {
            return seen;
        }
        let mut elsewhere = None;
        for inside in self.recent.of_flow(flow) {
            if inside.network() == seen.link.network {
                return seen;
            }
            elsewhere = elsewhere.or(Some(inside.domain));
        }
        elsewhere.unwrap_or(seen)
    }

    /// Tells packets that were captured in another network than `own`.
    pub(super) fn elsewhere(&self, own: Network) -> impl Fn(&Fingerprint) -> bool {
        let recent = (own != Network::NONE).then_some(&self.recent);
        Self::told(recent, move |network| network.is_other_than(own))
    }

    /// Of packets that answer a flow of these networks, the same.
    pub(super) fn answers_elsewhere(&self, networks: Networks) -> impl Fn(&Fingerprint) -> bool {
        let recent = (networks.other != Network::NONE).then_some(&self.recent);
        Self::told(recent, move |network| {
            networks.is_answered_elsewhere(network)
        })
    }

    fn told(
        recent: Option<&Recent>,
        is_it: impl Fn(Network) -> bool,
    ) -> impl Fn(&Fingerprint) -> bool {
        move |packet| {
            let mut there = recent.into_iter().flat_map(|it| it.in_frame(packet.frame));
            // Not those of the tunnels around them, which are in the same frame.
            there.any(|seen| seen.packet.left(packet) && is_it(seen.network()))
        }
    }

    /// What is in the one tunnel of this frame, if it shows the ports there: what a later fragment
    /// makes whole has them in the frame of the first.
    fn in_frame(&self, frame: FrameRef) -> Option<&Inside> {
        let mut there = self.recent.in_frame(frame);
        let found = there
            .next()
            .filter(|inside| inside.packet.shows_transport())?;
        there.next().is_none().then_some(found)
    }
}

impl Correlator {
    /// The flow of the packet that `quote` quotes: that of a later fragment as its first one tells.
    pub fn quoted_flow(&mut self, quote: &Quote<'_>) -> FlowKey {
        self.datagrams.flow(self.ring.as_ref(), quote)
    }

    /// The flow in all the tunnels of a packet that an error in `frame` quotes, as quoted or as captured.
    pub fn carried_by(&self, frame: &Frame<'_>, quote: &Quote<'_>) -> Option<FlowKey> {
        let may_carry =
            quote.ip.is_later_fragment() || self.carried.quotes_tunnel(quote, &quote.flow());
        if is_reported(frame) || !may_carry {
            return None;
        }
        let mut room = [0; Lead::OCTETS];
        let quote = &self.made_whole(quote, frame.ts, &mut room);
        let (original, _) = self.original(quote, (frame.reference(), frame.ts), Network::NONE);
        let inner = (self.carried).in_quote(self.ring.as_ref(), quote, original)?;
        Some(inner.hit.flow)
    }
}

#[cfg(test)]
mod tests;
