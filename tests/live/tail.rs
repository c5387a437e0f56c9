//! Packets right before the interrupt.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::net::Net;

/// Runs unless `ICMPDUMP_TAIL_RUNS` says otherwise.
const RUNS: u32 = 1000;

/// Five pings on loopback, then SIGINT at once: all ten packets.
#[test]
fn an_interrupt_right_after_the_last_packet_loses_none() {
    let runs = std::env::var("ICMPDUMP_TAIL_RUNS")
        .map_or(RUNS, |runs| runs.parse().expect("a number of runs"));
    let left = AtomicU32::new(runs);
    // A run mostly waits: several at once, each in a namespace of its own.
    let work = || {
        let net = Net::new();
        let take = |n: u32| n.checked_sub(1);
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
        {
            let capture = net.capture(&["-i", "lo", "-t"]);
            assert_eq!(net.ping("-c5 -i0.002 127.0.0.1"), 5);
            let ended = capture.interrupt().exits(0);
            let lines = ended.out.lines().filter(|line| !line.starts_with("-- "));
            assert_eq!(lines.count(), 10, "{}\n{}", ended.out, ended.err);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
}
