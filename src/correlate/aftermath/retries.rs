//! A program that is refused and begins anew, from another port to the same service.

use std::time::Duration;

use super::{Followed, Whose, is_of_tunnel, opened};
use crate::correlate::flows::Ring;
use crate::correlate::network::Link;
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, Timestamp};

/// A service as one host sees it: what a program tries again to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Service {
    addrs: AddrPair,
    protocol: u8,
    port: u16,
}

impl Service {
    /// The service of a flow, with the source port.
    pub(super) fn of(flow: &FlowKey) -> Option<(Self, u16)> {
        let FlowPorts::Ports { src, dst } = flow.ports else {
            return None;
        };
        if is_of_tunnel(flow) {
            return None;
        }
        let service = Self {
            addrs: flow.addrs,
            protocol: flow.protocol,
            port: dst,
        };
        Some((service, src))
    }
}

/// A new try later than this after an error has other reasons.
pub(super) const RETRIED_WITHIN: Duration = Duration::from_mins(1);

impl Followed {
    /// A flow on this link was begun, or met an error: where another one to the same service was refused a
    /// little while ago, and before this one began, the program tries again. Not in another network.
    pub(in crate::correlate) fn tried(
        &mut self,
        ring: &Ring,
        (flow, link): (&FlowKey, Link),
        ts: Timestamp,
    ) {
        let Some((service, port)) = Service::of(flow) else {
            return;
        };
        let Some(&(refused, error)) = self.refused.get(&service) else {
            return;
        };
        let soon = ts.since(error).is_some_and(|gap| gap <= RETRIED_WITHIN);
        if !soon || refused.flow == *flow {
            return;
        }
        let Some(before) = self.flows.get_mut(&refused) else {
            return;
        };
        let is_of_other = before.networks.own.is_other_than(link.network);
        if is_of_other || before.tried_from == Some(port) {
            return;
        }
        before.tried_from = Some(port);
        let whose = self.whose(*flow, link);
        let began = self.began(ring, whose).unwrap_or(ts);
        if let Some(before) = self.flows.get_mut(&refused) {
            (before.accounts.iter_mut()).for_each(|account| account.retried(began, ts));
        }
    }

    /// When a flow began, as far as its packets are known. Of one that met errors that is looked for
    /// once.
    fn began(&mut self, ring: &Ring, whose: Whose) -> Option<Timestamp> {
        match self.flows.get_mut(&whose) {
            Some(flow) if flow.began.is_some() => flow.began,
            Some(followed) => {
                followed.began = opened::first_known(ring, &whose.flow);
                followed.began
            }
            None => opened::first_known(ring, &whose.flow),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::correlate::replay::{self, Replay};
    use crate::correlate::segment::Segment;
    use crate::correlate::verdict::DropVerdict;

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];
    const ROUTER: [u8; 4] = [10, 0, 1, 1];

    /// A segment of the client from this port.
    fn sent(from: u16, seq: u32, octets: usize) -> Vec<u8> {
        replay::segment((CLIENT, from), (SERVER, 443), (seq, 1), octets)
    }

    fn syn(from: u16) -> Vec<u8> {
        let mut packet = sent(from, 99, 0);
        packet[33] = 0x02;
        packet
    }

    fn refusal(packet: &[u8], quoted: usize) -> Vec<u8> {
        replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &packet[..quoted])
    }

    fn retried(verdicts: &[DropVerdict]) -> Vec<u32> {
        let of = |verdict: &DropVerdict| verdict.aftermath.retried;
        verdicts.iter().map(of).collect()
    }

    #[test]
    fn a_connection_that_was_there_before_is_no_new_try() {
        // However much of the packets the router quotes.
        for quoted in [28, 40] {
            let mut capture = Replay::new();
            for (at, port) in [(0, 4000), (10, 4001)] {
                capture.at(at, &syn(port));
                capture.at(at + 1, &sent(port, 100, 50));
            }
            for (at, port) in [(2000, 4000), (2010, 4001), (2200, 4000), (2210, 4001)] {
                let data = sent(port, 150, 50);
                capture.at(at, &data);
                capture.at(at + 1, &refusal(&data, quoted));
            }
            let verdicts = capture.verdicts();
            assert_eq!(retried(&verdicts), [0, 0], "{quoted}");
            for verdict in &verdicts {
                assert_eq!(verdict.segment, Some(Segment::Connected), "{quoted}");
            }
        }
    }

    #[test]
    fn a_syn_sent_again_was_begun_before_the_error() {
        let mut capture = Replay::new();
        capture.at(0, &syn(4000));
        capture.at(1, &syn(4001));
        capture.at(5, &refusal(&syn(4000), 40));
        capture.at(1001, &syn(4001));
        let verdicts = capture.verdicts();
        assert_eq!(retried(&verdicts), [0]);
        assert_eq!(verdicts[0].segment, Some(Segment::Syn));
    }

    #[test]
    fn a_connection_begun_after_the_error_is_a_new_try() {
        let mut capture = Replay::new();
        for (at, port) in [(0, 4000), (1000, 4001), (2000, 4002)] {
            capture.at(at, &syn(port));
            capture.at(at + 1, &refusal(&syn(port), 28));
        }
        assert_eq!(retried(&capture.verdicts()), [1, 1, 0]);
    }
}
