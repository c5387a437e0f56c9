//! The same input gives the same output, octet by octet, in each run: the seeds of tables differ, and
//! must not show.

mod common;

use std::net::Ipv4Addr;

use common::crafted::{Crafted, Varied, echo_request, error, udp};
use common::{command, finish};

const HOST: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const RUNS: usize = 3;

/// Requests from thousands of addresses, which fill every approximate table well; packets of
/// many flows, and errors about them and about what nobody sent.
fn varied() -> Crafted {
    let mut capture = Crafted::new();
    let mut varied = Varied(1);
    let mut micros = 0;
    for turn in 0..8_000_u32 {
        micros += u64::from(varied.below(1000));
        let request = echo_request((varied.addr(), HOST), 64, (7, 1), b"whatever");
        capture.push(micros, &request);
        if turn % 8 == 0 {
            let ports = (4000 + u16::try_from(turn % 512).expect("16 bits"), 53);
            let ends = (Ipv4Addr::from_bits(0x0a00_0000 | varied.below(200)), HOST);
            let sent = udp(ends, 64, ports);
            capture.push(micros, &sent);
            let unsent = udp((varied.addr(), varied.addr()), 3, ports);
            for quoted in [&sent, &unsent] {
                capture.push(micros, &error(varied.addr(), (3, 13), 0, quoted));
            }
        }
    }
    // Long enough for all of them to be lost.
    capture.push(micros + 20_000_000, &udp((HOST, HOST), 64, (1, 2)));
    capture
}

#[test]
fn the_same_capture_is_told_the_same_in_each_run() {
    let file = varied().file();
    for flags in [
        &["--json"] as &[&str],
        &["-q"],
        &["-v"],
        // Nothing but what was evicted.
        &["--json", "--memory-limit", "1MiB"],
        &["--json", "--originals", "off"],
    ] {
        let told = || {
            let mut command = command();
            command.arg("-r").arg(file.path()).args(flags);
            finish(&mut command).good()
        };
        let first = told();
        assert!(first.len() > 10_000, "{flags:?}");
        for run in 1..RUNS {
            let again = told();
            let differs = first.lines().zip(again.lines()).find(|(a, b)| a != b);
            assert_eq!(differs, None, "{flags:?} in run {run}");
            assert_eq!(first.len(), again.len(), "{flags:?} in run {run}");
        }
    }
}
