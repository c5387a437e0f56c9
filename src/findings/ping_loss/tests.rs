use super::*;
use crate::correlate::exchange::{ExchangeEnd, ReplyDrop};
use crate::correlate::verdict::DropReason;
use crate::model::{FrameRef, SourceId};

fn addrs() -> AddrPair {
    AddrPair::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into())
}

/// Takes pings of which the last ones are lost.
fn pings(diagnosis: &mut PingLoss, request_ttl: u8, answered: u64, lost: u64) {
    pings_at(diagnosis, request_ttl, (answered, 1), (lost, 1));
}

/// A request that was answered so, or was lost.
fn exchange(
    number: u64,
    request_ttl: u8,
    end: Option<ExchangeEnd>,
    request_points: u8,
) -> Exchange {
    let outcome = match end {
        Some(_) => ExchangeOutcome::Answered,
        None => ExchangeOutcome::Lost,
    };
    Exchange {
        end,
        request_ttl,
        request_points,
        ..Exchange::ping(addrs(), number, outcome)
    }
}

/// The same, each kind seen at so many points.
fn pings_at(
    diagnosis: &mut PingLoss,
    request_ttl: u8,
    (answered, answered_at): (u64, u8),
    (lost, lost_at): (u64, u8),
) {
    for number in 1..=answered + lost {
        let request = FrameRef::new(SourceId(0), number);
        let end = (number <= answered).then_some(ExchangeEnd::Reply(request));
        let points = end.map_or(lost_at, |_| answered_at);
        diagnosis.exchange(&exchange(number, request_ttl, end, points));
    }
}

#[test]
fn requests_that_went_less_far_than_others_were_lost_on_their_way_out() {
    for (points, told) in [(1, true), (2, false)] {
        let mut diagnosis = PingLoss::default();
        pings_at(&mut diagnosis, 64, (9, 2), (0, 2));
        pings_at(&mut diagnosis, 64, (0, 2), (1, points));
        let found = found(diagnosis);
        let title = &found.first().unwrap().title;
        assert_eq!(title.contains("lost on their way there"), told, "{title}");
    }
}

#[test]
fn a_request_that_an_error_explains_late_was_not_lost_on_its_way() {
    let mut diagnosis = PingLoss::default();
    pings_at(&mut diagnosis, 64, (9, 2), (3, 1));
    // The last two are those of which parts were missing at reassembly.
    for number in [11, 12] {
        diagnosis.late_error(&exchange(number, 64, None, 1));
    }
    let found = found(diagnosis);
    let [finding] = found.as_slice() else {
        panic!("{found:?}");
    };
    let title = &finding.title;
    assert!(title.contains(" lost 1 of 12 pings "), "{title}");
    assert!(
        title.ends_with("; the requests were lost on their way there"),
        "{title}"
    );
}

/// 50 of 51 are lost, and the first met an error for this reason.
#[test]
fn errors_explain_the_losses_of_what_they_are_about() {
    let told = |reason, [refused, lost]: [u32; 2]| {
        let mut diagnosis = PingLoss::default();
        diagnosis.exchange(&Exchange {
            outcome: ExchangeOutcome::Error,
            refused: Some(reason),
            request_length: Some(refused),
            ..exchange(1, 64, None, 1)
        });
        for number in 2..=51 {
            diagnosis.exchange(&Exchange {
                request_length: Some(lost),
                ..exchange(number, 64, None, 1)
            });
        }
        found(diagnosis).into_iter().map(|it| (it.title, it.advice))
    };
    for reason in [
        DropReason::FragmentationNeeded,
        DropReason::ReassemblyTimeout,
    ] {
        assert_eq!(told(reason, [1480, 1480]).count(), 0);
        let (title, advice) = told(reason, [1480, 64]).next().unwrap();
        assert!(title.contains(" lost 50 of 51 pings "), "{title}");
        // Nothing came in between.
        assert!(advice.starts_with("Capture nearer"), "{advice}");
    }
    assert_eq!(told(DropReason::HostUnreachable, [1480, 64]).count(), 0);
}

#[test]
fn replies_that_were_dropped_as_is_told_late_are_lost_in_the_order_of_their_requests() {
    for (late, told) in [
        (
            &[3, 5][..],
            " lost 2 of 4 pings to 10.0.0.2 (50.0 %), one at a time",
        ),
        (
            &[4, 5],
            " lost 2 of 4 pings to 10.0.0.2 (50.0 %), up to 2 in a row, 1 burst",
        ),
        (
            &[2, 3, 4, 5],
            " lost 4 of 4 pings to 10.0.0.2 (100.0 %), all of them",
        ),
    ] {
        let mut diagnosis = PingLoss::default();
        let ping = |number: u64| Exchange {
            seq: u16::try_from(number).ok(),
            ..exchange(
                number,
                64,
                Some(ExchangeEnd::Reply(FrameRef::new(SourceId(0), number + 10))),
                1,
            )
        };
        for number in 2..=5 {
            diagnosis.exchange(&ping(number));
        }
        for number in late {
            let error = FrameRef::new(SourceId(0), number + 20);
            diagnosis.late_error(&Exchange {
                outcome: ExchangeOutcome::Lost,
                reply_dropped: Some(ReplyDrop::Error {
                    frame: error,
                    dropper: [10, 0, 0, 1].into(),
                }),
                ..ping(*number)
            });
        }
        let found = found(diagnosis);
        let [finding] = found.as_slice() else {
            panic!("{found:?}");
        };
        let title = &finding.title;
        assert!(title.contains(told), "{title}");
        let dropped = format!(
            "; {} of the replies were dropped on the way back by 10.0.0.1",
            late.len()
        );
        assert!(title.ends_with(&dropped), "{title}");
        let first = [late[0], late[0] + 10, late[0] + 20].map(|n| FrameRef::new(SourceId(0), n));
        assert!(
            finding.evidence.starts_with(&first),
            "{:?}",
            finding.evidence
        );
    }
}

fn found(mut diagnosis: PingLoss) -> Vec<Finding> {
    let mut found = Vec::new();
    diagnosis.findings(&mut found);
    found
}

fn severity(answered: u64, lost: u64) -> Option<Severity> {
    let mut diagnosis = PingLoss::default();
    pings(&mut diagnosis, 64, answered, lost);
    found(diagnosis).first().map(|finding| finding.severity)
}

/// Who pings and traces the same host is told of the pings only.
#[test]
fn probes_of_a_traceroute_are_no_pings() {
    let mut diagnosis = PingLoss::default();
    pings(&mut diagnosis, 3, 4, 2);
    assert_eq!(found(diagnosis.clone()).len(), 1);
    diagnosis.path(&Path {
        src: addrs().src(),
        dst: addrs().dst(),
        protocol: 1,
        id: None,
        hops: Vec::new(),
        reached: false,
        first_probe: FrameRef::new(SourceId(0), 1),
        shown: true,
    });
    assert_eq!(found(diagnosis.clone()), []);
    pings(&mut diagnosis, 64, 9, 1);
    let titles: Vec<_> = found(diagnosis).into_iter().map(|f| f.title).collect();
    let [title] = &titles[..] else {
        panic!("{titles:?}");
    };
    assert!(title.contains(" lost 1 of 10 pings "), "{title}");
}

#[test]
fn a_loop_explains_that_nothing_comes_back() {
    let looped = |answered| {
        let mut diagnosis = PingLoss::default();
        pings(&mut diagnosis, 64, answered, 3);
        diagnosis.in_loops.insert(addrs().dst());
        found(diagnosis).len()
    };
    assert_eq!(looped(0), 0);
    // Some got there.
    assert_eq!(looped(3), 1);
}

#[test]
fn a_share_of_few_is_not_critical() {
    assert_eq!(severity(10, 0), None);
    for (answered, lost) in [(0, 1), (1, 1), (0, 2), (1, 3), (9, 1), (100, 9)] {
        assert_eq!(severity(answered, lost), Some(Severity::Warning));
    }
    for (answered, lost) in [(0, 5), (3, 2), (8, 2), (90, 10)] {
        assert_eq!(severity(answered, lost), Some(Severity::Critical));
    }
}
