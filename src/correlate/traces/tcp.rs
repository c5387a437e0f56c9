//! What a destination answers to probes of TCP.

use super::{EarlyAnswer, ProbeAnswer};
use crate::correlate::copies::Copies;
use crate::correlate::flows::{Chain, Fingerprint, Ring};
use crate::correlate::lead::Lead;
use crate::correlate::observation::Observation;
use crate::correlate::trace::Fate;
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, RST, SYN};

/// The probe that a TCP packet of a destination answers: the last one sent on that connection that it may
/// acknowledge. Where that was not captured yet, what is to be known of it.
pub(super) fn tcp_answer(
    ring: &Ring,
    packet: &Observation,
) -> Option<Result<ProbeAnswer<'static>, EarlyAnswer>> {
    if packet.flags & (SYN | RST) == 0 || packet.begins() {
        return None;
    }
    let (src, dst) = (packet.lead.half(1), packet.lead.half(0));
    let asked = Lead::of_ports(src, dst);
    let acknowledged = packet.ack().filter(|_| packet.flags & ACK != 0);
    let is_acknowledged = |seen: &Fingerprint| {
        acknowledged.is_none_or(|ack| {
            // A SYN takes a number of its own (RFC 9293 section 3.4).
            (1..=seen.data.saturating_add(1)).contains(&ack.wrapping_sub(seen.lead.seq()))
        })
    };
    let hashes = ring.hashes(packet.addrs().reversed(), TCP, asked);
    let mut probe: Option<Copies> = None;
    ring.walk(Chain::Flow, &hashes, |seen| {
        let sent =
            seen.protocol == TCP && seen.pair == hashes.pair && seen.lead.word() == asked.word();
        let sent = sent && is_acknowledged(seen);
        match &mut probe {
            Some(copies) if sent => return copies.met(seen),
            None if sent => {
                let source = packet.frame.source();
                probe = Some(Copies::of(*seen, source, packet.addrs().reversed()));
            }
            _ => {}
        }
        false
    });
    // None is sent with 0: that stands for a packet without its header.
    let ttl_back = Some(packet.ttl).filter(|ttl| *ttl > 0);
    let Some(Copies { nearest, timed, .. }) = probe else {
        return Some(Err(EarlyAnswer {
            addrs: packet.addrs().reversed(),
            protocol: TCP,
            lead: Lead::of_segment(src, dst, acknowledged?.wrapping_sub(1)),
            frame: packet.frame,
            ts: packet.ts,
            ttl_back,
            shown: false,
        }));
    };
    Some(Ok(ProbeAnswer {
        addrs: packet.addrs().reversed(),
        protocol: TCP,
        lead: nearest.lead,
        ttl: nearest.ttl,
        probe: nearest.frame,
        frame: packet.frame,
        from: packet.addrs().src(),
        rtt: packet.ts.since(timed.ts),
        ttl_back,
        ts: packet.ts,
        mpls: None,
        fate: Fate::Arrived,
        tunnel: None,
        shown: false,
    }))
}
