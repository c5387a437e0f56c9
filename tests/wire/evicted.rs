//! Replies in fragments that there was no room for.

use serde_json::json;

use crate::captured::{records, written_at};
use crate::fragmented::{ENDS, cut, echo, ip4};

/// So many first fragments take more than what there is for fragments.
const OTHERS: u16 = 4000;

#[test]
fn a_reply_that_memory_ran_out_for_is_not_told_as_lost() {
    let plain = |packet: &[u8]| packet.to_vec();
    let in_tunnel = |packet: &[u8]| ip4(ENDS, 4, packet);
    for around in [&plain as &dyn Fn(&[u8]) -> Vec<u8>, &in_tunnel] {
        // Of 1, the fragments of the reply lie far apart; of 2, the last one is missing.
        let reply = cut(&around(&echo(0, 1, 2000)), 1, 1480);
        let others = (0..OTHERS).map(|n| cut(&around(&echo(0, 9, 2000)), 100 + n, 1480).remove(0));
        let missing = cut(&around(&echo(0, 2, 2000)), 2, 1480).remove(0);
        let frames = [around(&echo(8, 1, 100)), reply[0].clone()].into_iter();
        let frames = frames.chain(others).chain([reply[1].clone()]);
        let frames = frames.chain([around(&echo(8, 2, 100)), missing, around(&echo(8, 3, 100))]);
        let frames = (1..)
            .zip(frames)
            .chain([(30_000_000, around(&echo(8, 4, 100)))]);
        let records = records(&written_at(super::tunnel_fragments::RAW, frames));
        let exchanges = records.iter().filter(|record| record["type"] == "exchange");
        let told: Vec<_> = exchanges
            .map(|record| (&record["seq"], &record["outcome"]))
            .collect();
        let expected = ["evicted", "lost", "lost", "pending"].map(|outcome| json!(outcome));
        let seqs = [1, 2, 3, 4].map(|seq| json!(seq));
        assert_eq!(told, seqs.iter().zip(&expected).collect::<Vec<_>>());
    }
}
