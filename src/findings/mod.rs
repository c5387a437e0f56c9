//! Diagnoses: what exchanges, verdicts and paths add up to, one file each.
//!
//! A diagnosis sees what correlation tells, keeps a bounded account, and says at the end what it
//! found. None looks at octets, none knows another.

mod address_conflict;
mod admin_prohibited;
mod backscatter;
mod bad_checksums;
mod capture_quality;
mod closed_port;
mod closed_socket;
mod drop_log;
mod dropped_replies;
mod echo_tunnel;
mod firewall_reject;
mod flood;
mod fragments_missing;
mod group;
mod icmp_rate_limited;
mod invalid_error;
mod laps;
mod ping_course;
mod ping_loss;
mod ping_losses;
mod pmtu;
mod redirect;
mod refusal;
mod routing_loop;
mod silent_drop;
mod sweep;
mod traceroute;
mod unreachable;

use std::collections::HashSet;

use foldhash::fast::RandomState;

use self::fragments_missing::{Extent, Fragmented};
use self::group::Counted;
use crate::correlate::Relation;
use crate::correlate::exchange::Exchange;
use crate::correlate::stalled::Stalled;
use crate::correlate::trace::Path;
use crate::correlate::unanswered::Unanswered;
use crate::correlate::verdict::{DropVerdict, Evidence};
use crate::icmp::Message;
use crate::model::{FlowKey, Frame, FrameRef, Timestamp};
use crate::source::{InterfaceCounts, RecordedFilter};
use crate::wire::Packet;
use crate::wire::reassembly::Reassembly;

/// A diagnosis with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable snake-case name.
    pub name: &'static str,
    /// How bad.
    pub severity: Severity,
    /// One plain sentence.
    pub title: String,
    /// The frames that show it, capped.
    pub evidence: Vec<FrameRef>,
    /// How sure.
    pub confidence: Confidence,
    /// What to do.
    pub advice: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Something does not work as it should.
    Warning,
    /// Traffic is lost.
    Critical,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It fits, other causes do too.
    Suspected,
    /// The frames prove it.
    Confirmed,
}

/// One way to see trouble.
trait Diagnosis {
    /// An ICMP message, shown or not.
    fn icmp(&mut self, _frame: &Frame<'_>, _message: &Message<'_>, _relation: Relation) {}
    /// A request was decided.
    fn exchange(&mut self, _exchange: &Exchange) {}
    /// A drop verdict is complete.
    fn verdict(&mut self, _verdict: &DropVerdict) {}
    /// A traceroute is complete.
    fn path(&mut self, _path: &Path) {}
    /// What it all came to.
    fn findings(&mut self, found: &mut Vec<Finding>);
}

/// All diagnoses at work.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    ping_loss: ping_loss::PingLoss,
    bad_checksums: bad_checksums::BadChecksums,
    capture_quality: capture_quality::CaptureQuality,
    pmtu: pmtu::PathMtu,
    routing_loop: routing_loop::RoutingLoop,
    unreachable: unreachable::Unreachable,
    admin_prohibited: Counted<admin_prohibited::AdminProhibited>,
    closed_port: Counted<closed_port::ClosedPort>,
    closed_socket: Counted<closed_socket::ClosedSocket>,
    firewall_reject: Counted<firewall_reject::FirewallReject>,
    icmp_rate_limited: icmp_rate_limited::IcmpRateLimited,
    redirect: redirect::Redirect,
    address_conflict: address_conflict::AddressConflict,
    silent_drop: silent_drop::SilentDrop,
    invalid_error: invalid_error::InvalidError,
    flood: flood::Flood,
    fragments_missing: fragments_missing::FragmentsMissing,
    echo_tunnel: echo_tunnel::EchoTunnel,
    sweep: sweep::Sweep,
    backscatter: backscatter::Backscatter,
    traceroute: traceroute::Traceroute,
    /// Flows on one side of a translation that were told of.
    translated: HashSet<FlowKey, RandomState>,
}

/// How many of these flows are remembered.
const TRANSLATED: usize = 10_000;

impl Diagnostics {
    /// Takes an ICMP message with what is known of it.
    pub fn icmp(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        relation: Relation,
    ) {
        // This runs for every message: only those that look at messages are asked.
        self.bad_checksums
            .message(frame, &packet.ip, message, relation);
        self.capture_quality.icmp(frame, message, relation);
        let addrs = packet.ip.addrs;
        if !matches!(relation, Relation::Copy { .. }) {
            self.redirect.message(frame, &packet.ip, message);
            self.invalid_error.message(frame, addrs, message);
        }
        self.address_conflict
            .message(frame, packet, message, relation);
        self.flood.message(frame, addrs, relation);
        self.fragments_missing.message(frame.ts);
        self.routing_loop.message(frame, packet, relation);
        self.echo_tunnel.message(frame, addrs, message, relation);
        self.backscatter.message(frame, addrs, message, relation);
    }

    /// Takes an ICMP message that another protocol tells of.
    pub fn reported(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, message: &Message<'_>) {
        self.ping_loss.logged.reported(frame, packet, message);
    }

    /// Takes what a fragment came to that is told of.
    pub fn fragment(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, came_to: &Reassembly) {
        let message = Fragmented {
            addrs: packet.ip.addrs,
            id: packet.ip.fragment_id(),
        };
        let told = (Extent::of(&packet.ip), came_to);
        self.fragments_missing.fragment(frame.ts, message, told);
    }

    /// Takes what the kernel counted while capturing.
    pub fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.capture_quality.kernel(interfaces);
        self.silent_drop.kernel(interfaces);
        self.fragments_missing.kernel(interfaces);
        self.pmtu.kernel(interfaces);
        self.invalid_error.kernel(interfaces);
        self.backscatter.kernel(interfaces);
    }

    /// Takes the filters that may have kept out what answers the packets that were captured.
    pub fn filtered<'a>(&mut self, filters: impl Iterator<Item = &'a RecordedFilter>) {
        self.capture_quality.filtered(filters);
    }

    /// Takes a request that was decided.
    pub fn exchange(&mut self, exchange: &Exchange) {
        self.ping_loss.exchange(exchange);
        self.fragments_missing.exchange(exchange);
        self.bad_checksums.exchange(exchange);
        self.capture_quality.exchange(exchange);
        self.sweep.exchange(exchange);
        self.backscatter.exchange(exchange);
    }

    /// Takes a request that was decided as lost, and of which an error came later.
    pub fn late_error(&mut self, exchange: &Exchange) {
        self.ping_loss.late_error(exchange);
    }

    /// Takes a drop verdict.
    pub fn verdict(&mut self, verdict: &DropVerdict) {
        // Without a destination there is nobody to tell of.
        if !verdict.flow.has_destination() || self.is_told_there(verdict) {
            return;
        }
        if verdict.is_damaged() {
            // What it says may be what was damaged; that nobody heard of it blinds its sender.
            self.pmtu.verdict(verdict);
            return;
        }
        if verdict.is_unfounded() {
            self.pmtu.verdict(verdict);
            self.invalid_error.verdict(verdict);
            return;
        }
        for diagnosis in self.all() {
            diagnosis.verdict(verdict);
        }
    }

    /// Takes a connection that nobody answered.
    pub fn unanswered(&mut self, attempt: &Unanswered) {
        self.silent_drop.unanswered(attempt);
    }

    /// Takes a connection whose data nobody acknowledged.
    pub fn stalled(&mut self, stall: &Stalled) {
        if pmtu::PathMtu::is_about(stall) {
            self.pmtu.stalled(stall);
        } else {
            self.silent_drop.stalled(stall);
        }
    }

    /// Takes a traceroute.
    pub fn path(&mut self, path: &Path) {
        for diagnosis in self.all() {
            diagnosis.path(path);
        }
    }

    /// Whether the same packets were told of as they were behind a translation of their destination:
    /// nearer to where they were dropped, and not in the translator's name.
    fn is_told_there(&mut self, verdict: &DropVerdict) -> bool {
        let Some(there) = verdict.same_as else {
            return false;
        };
        let is_told = self.translated.contains(&there.flow);
        if self.translated.len() < TRANSLATED {
            self.translated.insert(verdict.flow);
        }
        // Its quote may be as it was there.
        let there = (there.flow.addrs.dst(), there.dropper);
        is_told && verdict.counted_there && there != (verdict.flow.addrs.dst(), verdict.dropper)
    }

    /// Takes how many messages in fragments were given up for want of memory.
    pub fn evicted(&mut self, fragmented: u64) {
        self.fragments_missing.evicted(fragmented);
    }

    /// Takes note that the capture ran on until then.
    pub fn ran_until(&mut self, end: Timestamp) {
        self.fragments_missing.message(end);
    }

    /// What was found, the worst first.
    pub fn findings(&mut self) -> Vec<Finding> {
        let mut found = Vec::new();
        self.ping_loss.in_loops = self.routing_loop.destinations();
        for diagnosis in self.all() {
            diagnosis.findings(&mut found);
        }
        // Stable: within a severity the order of the diagnoses stays.
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        found
    }

    /// What would be found if the run ended here, with the verdicts that are still growing. The
    /// account itself stays as it is.
    pub fn so_far(&self, growing: &[DropVerdict]) -> Vec<Finding> {
        let mut copy = self.clone();
        let captured = |v: &&DropVerdict| v.shown && v.evidence == Evidence::Captured;
        for verdict in growing.iter().filter(captured) {
            copy.verdict(verdict);
        }
        copy.findings()
    }

    fn all(&mut self) -> [&mut dyn Diagnosis; 21] {
        [
            &mut self.pmtu,
            &mut self.routing_loop,
            &mut self.ping_loss,
            &mut self.unreachable,
            &mut self.admin_prohibited,
            &mut self.firewall_reject,
            &mut self.closed_port,
            &mut self.closed_socket,
            &mut self.silent_drop,
            &mut self.fragments_missing,
            &mut self.icmp_rate_limited,
            &mut self.redirect,
            &mut self.address_conflict,
            &mut self.invalid_error,
            &mut self.flood,
            &mut self.backscatter,
            &mut self.echo_tunnel,
            &mut self.sweep,
            &mut self.bad_checksums,
            &mut self.traceroute,
            &mut self.capture_quality,
        ]
    }
}
