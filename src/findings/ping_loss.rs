//! Pings that went unanswered, and how they lie in time.
//!
//! Rule: of an echo sender and destination at least one request is lost, whatever the identifiers:
//! a script that pings again and again takes a new one each time. Probes of a traceroute do not
//! count: being unanswered is ordinary there. Nor is anything said where errors came and no reply:
//! they tell why, and that some requests got none is their sender's limit; but that a packet is too big
//! tells nothing of shorter ones. Where nothing came back
//! to the sender from anybody the capture may see one direction only: that is `ping_unanswered`, no
//! loss, and said once where it is so of many destinations.
//! Nor where all packets to that destination go in a loop. A reply that was captured, but not where the
//! request and replies to others were, is lost on its way; so is one that was dropped as an error about
//! it says, or the verdict with which it was captured; and a request that was captured at fewer points
//! than one that was answered, on its way out.
//! If those that were lost are all longer than those that were answered, a link on the way may take smaller
//! packets only; where none of these was answered between them it may have been an interruption, too.
//! Source: RFC 2680 (one-way loss), RFC 3357 (bursts).

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::drop_log::DropLog;
use super::group::{EVIDENCE, Groups};
use super::ping_losses::{Losses, OnlyLarge};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeKind, ExchangeOutcome};
use crate::correlate::trace::Path;
use crate::model::{AddrPair, Permille};

/// Loss, in percent, from which a finding is critical.
const CRITICAL_PERCENT: u64 = 10;
/// ... of at least so many requests, and not of a single one: a first request waits for address
/// resolution, and a share of two or three says nothing.
const CRITICAL_SENT: u64 = 5;
const CRITICAL_LOST: u64 = 2;
/// Destinations of one sender that are named one by one, if none of them answers.
const NAMED: usize = 3;
/// Traced pairs remembered.
const TRACES: usize = 10_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct PingLoss {
    pings: Groups<AddrPair, Losses>,
    /// Requests with the TTL of a probe, apart: what somebody traces somebody may ping.
    probes: Groups<AddrPair, Losses>,
    traced: HashSet<AddrPair, RandomState>,
    /// What logs tell of.
    pub(super) logged: DropLog,
    /// Destinations to which packets go in loops: that is told of them.
    pub(super) in_loops: HashSet<IpAddr, RandomState>,
}

impl PingLoss {
    /// Takes a request that was lost, or answered, and of which or of whose reply an error came later.
    pub(super) fn late_error(&mut self, exchange: &Exchange) {
        if exchange.kind == ExchangeKind::Echo
            && let Some((losses, _)) = self.of(exchange)
        {
            losses.late_error(exchange);
        }
    }

    /// The pings that a request is one of, and what logs tell.
    fn of(&mut self, exchange: &Exchange) -> Option<(&mut Losses, &DropLog)> {
        let pings = if exchange.may_be_probe() {
            &mut self.probes
        } else {
            &mut self.pings
        };
        Some((pings.entry(exchange.addrs)?, &self.logged))
    }

    /// The senders to whom anything came back.
    fn heard(&self) -> HashSet<IpAddr, RandomState> {
        let answered = self
            .pings
            .iter()
            .chain(self.probes.iter())
            .filter(|(_, losses)| losses.lost < losses.sent);
        answered.map(|(addrs, _)| addrs.src()).collect()
    }
}

impl Diagnosis for PingLoss {
    fn exchange(&mut self, exchange: &Exchange) {
        let decided = matches!(
            exchange.outcome,
            ExchangeOutcome::Answered | ExchangeOutcome::Error | ExchangeOutcome::Lost
        );
        if exchange.kind == ExchangeKind::Echo
            && decided
            && let Some((losses, logged)) = self.of(exchange)
        {
            losses.add(exchange, logged);
        }
    }

    fn path(&mut self, path: &Path) {
        if let Some(addrs) = path.of_echoes()
            && self.traced.len() < TRACES
        {
            self.traced.insert(addrs);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let heard = self.heard();
        let mut unanswered: Groups<IpAddr, Vec<(IpAddr, &Losses)>> = Groups::default();
        let untraced = |(addrs, _): &&(AddrPair, Losses)| !self.traced.contains(addrs);
        let pings = self.pings.iter();
        for (addrs, losses) in pings.chain(self.probes.iter().filter(untraced)) {
            losses.course.findings(*addrs, found);
            let goes_round = losses.lost == losses.sent && self.in_loops.contains(&addrs.dst());
            if losses.lost == 0 || losses.are_explained() || goes_round {
                continue;
            }
            let (src, dst) = (addrs.src(), addrs.dst());
            if !losses.one_sided || losses.dropped > 0 || losses.logged > 0 || heard.contains(&src)
            {
                found.push(finding(src, dst, losses));
            } else if let Some(silent) = unanswered.entry(src) {
                silent.push((dst, losses));
            }
        }
        for (src, silent) in unanswered.iter() {
            let at_once = if silent.len() > NAMED {
                silent.len()
            } else {
                1
            };
            let told = silent.chunks(at_once);
            found.extend(told.map(|silent| self::unanswered(*src, silent)));
        }
    }
}

/// What one sender sent to these, whom nothing came back from.
fn unanswered(src: IpAddr, silent: &[(IpAddr, &Losses)]) -> Finding {
    let to = match silent {
        [(dst, _)] => dst.to_string(),
        several => format!("{} hosts", several.len()),
    };
    let sum = |count: fn(&Losses) -> u64| -> u64 { silent.iter().map(|(_, it)| count(it)).sum() };
    let evidence = silent.iter().flat_map(|(_, losses)| &losses.evidence);
    Finding {
        name: "ping_unanswered",
        severity: Severity::Warning,
        title: format!(
            "{src} got no answer to {} of {} pings to {to}, and the capture has no packet that \
             goes back",
            sum(|losses| losses.lost),
            sum(|losses| losses.sent)
        ),
        evidence: evidence.take(EVIDENCE).copied().collect(),
        confidence: Confidence::Suspected,
        advice:
            "Either the destination is dead or filtered, or its replies take another way: make \
                 sure that the capture point sees both directions before calling this loss."
                .to_owned(),
    }
}

fn finding(src: IpAddr, dst: IpAddr, losses: &Losses) -> Finding {
    let share = Permille::of(losses.lost, losses.sent)
        .map(|share| format!(" ({share} %)"))
        .unwrap_or_default();
    let pattern = match losses.longest {
        0 | 1 => "one at a time".to_owned(),
        longest if longest == losses.sent => "all of them".to_owned(),
        longest => format!(
            "up to {longest} in a row, {} burst{}",
            losses.bursts,
            if losses.bursts == 1 { "" } else { "s" }
        ),
    };
    let by_length = losses.only_large().map_or(String::new(), |large| {
        let OnlyLarge { lost, answered, .. } = large;
        format!(", all of length {lost} and more, while length {answered} and less is answered")
    });
    let of_them = |count, became| match count {
        0 => String::new(),
        count => format!(", {count} of them {became}"),
    };
    let on_way = |count, which| match count {
        0 => String::new(),
        all if all == losses.lost => format!("; the {which}"),
        some => format!("; {some} of the {which}"),
    };
    let dropped = of_them(losses.dropped, "dropped where they were captured");
    let logged = of_them(losses.logged, "logged as dropped");
    let out = on_way(losses.on_way_out(), "requests were lost on their way there");
    let back = on_way(losses.on_way_back, "replies came on their way back");
    let (confidence, advice) = advice(losses);
    Finding {
        name: "ping_loss",
        severity: if losses.lost * 100 >= CRITICAL_PERCENT * losses.sent
            && losses.sent >= CRITICAL_SENT
            && losses.lost >= CRITICAL_LOST
            && !losses.one_sided
        {
            Severity::Critical
        } else {
            Severity::Warning
        },
        title: format!(
            "{src} lost {} of {} pings to {dst}{share}, {pattern}{by_length}{dropped}{logged}{out}{back}{}",
            losses.lost,
            losses.sent,
            losses.replies_dropped.words()
        ),
        evidence: losses.evidence.clone(),
        confidence,
        advice,
    }
}

/// How sure it is, and what to do about it, by where the packets were lost.
fn advice(losses: &Losses) -> (Confidence, String) {
    if let Some(advice) = losses.replies_dropped.advice() {
        return (Confidence::Confirmed, advice);
    }
    let (confidence, advice) = if losses.dropped == losses.lost {
        (
            Confidence::Confirmed,
            "They were dropped where they were captured: look at the XDP program or the tc filters of \
             that interface.",
        )
    } else if losses.logged > 0 {
        (
            Confidence::Suspected,
            "A log that was captured, too, says that packets named here were dropped: look for the rule \
             that logs so, or for the reason that it gives.",
        )
    } else if losses.on_way_out() > 0 {
        (
            Confidence::Confirmed,
            "Requests were captured on their way there, and not at all points where others were: they \
             vanish behind the last point that has them.",
        )
    } else if losses.on_way_back > 0 {
        (
            Confidence::Confirmed,
            "Replies were captured on their way back, and not where the requests and other replies \
             were: the packets vanish behind the point where those named here were last seen.",
        )
    } else if losses.one_sided {
        (
            Confidence::Suspected,
            "No packet of the other direction was captured: make sure the capture point sees the \
             replies before calling this loss.",
        )
    } else if let Some(large) = losses.only_large()
        && !large.is_between
    {
        (
            Confidence::Confirmed,
            "Large packets alone may be lost, as where some link or tunnel on the way takes smaller ones only and \
             nobody sends an error, or a filter keeps it away, or drops fragments. Nothing smaller was answered \
             between them, so it may also have been an interruption, of which times in the logs of the devices \
             on the path tell. Try `ping -M do -s` with larger and smaller sizes in turn.",
        )
    } else if losses.only_large().is_some() {
        (
            Confidence::Confirmed,
            "Only large packets are lost: some link or tunnel on the way may take smaller ones only, and \
             nobody sends an error, or a filter keeps it away, or drops fragments. Try `ping -M do -s` with \
             smaller sizes, and let ICMP type 3 code 4 and ICMPv6 type 2 through.",
        )
    } else if losses.longest > 1 && losses.are_in_between() {
        (
            Confidence::Confirmed,
            "Loss in bursts points to an interruption: a link flap, a route change, a full queue. \
             Compare the times with the logs of the devices on the path.",
        )
    } else {
        (
            Confidence::Confirmed,
            "Capture nearer to the destination to find out on which side of it the packets vanish.",
        )
    };
    (confidence, advice.to_owned())
}

#[cfg(test)]
mod tests;
