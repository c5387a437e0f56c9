//! Whatever comes in: no panic, no hang, bounded memory, output that stays well-formed.

#[path = "hostile/hammer.rs"]
mod hammer;

use hammer::{Corpus, MEMORY, hammer};

/// Octets beside the tables: buffers, fragments, the report, the summary.
const BESIDE: u64 = 24 << 20;

#[test]
fn mutated_frames_pass_through_everything() {
    let corpus = Corpus::read(&["testdata", "../shared/captures"]);
    let mut shown = 0;
    let used = allocation_counter::measure(|| {
        for seed in 1..=3 {
            shown += hammer(&corpus, seed, 15_000).frames.icmp;
        }
    });
    assert!(shown > 10_000, "only {shown} of the frames were ICMP");
    let peak = used.bytes_max;
    assert!(peak < MEMORY as u64 + BESIDE, "{peak} octets at the peak");
}
