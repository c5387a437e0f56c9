//! What tcpdump selects, frame by frame.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::common::{of_type, records, tool};
use crate::read::{self, Read};

/// The frames that tcpdump writes for a filter.
pub(crate) fn written(capture: &str, filter: &str) -> Vec<Read> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out.pcap");
    let out_name = out.to_str().expect("UTF-8");
    // Nanoseconds, so that no time is rounded.
    let output = tool(
        "tcpdump",
        &["--nano", "-r", capture, "-w", out_name, filter],
    );
    assert!(
        output.status.success(),
        "tcpdump {capture} {filter}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    frames(&out)
}

/// All frames of a capture.
pub(crate) fn frames(path: &Path) -> Vec<Read> {
    let whole = read::file(path).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(whole.damage, [], "{}", path.display());
    whole.frames
}

/// Frames as far as a capture file keeps them.
pub(crate) fn kept(frames: &[Read]) -> Vec<(i64, u32, u32, &[u8])> {
    frames
        .iter()
        .map(|f| (f.nanos, f.link.0, f.wire_len, f.data.as_slice()))
        .collect()
}

/// The numbers of the frames that tcpdump selects.
pub(crate) fn numbers(capture: &str, filter: &str) -> BTreeSet<u64> {
    let whole = frames(Path::new(capture));
    let mut whole = whole.iter();
    written(capture, filter)
        .iter()
        .map(|selected| {
            let same = |f: &&Read| f.nanos == selected.nanos && f.data == selected.data;
            // Both are in the same order.
            whole.find(same).expect("a frame of the capture").number
        })
        .collect()
}

/// The numbers of the frames whose messages are shown.
pub(crate) fn shown(records: &[Value]) -> BTreeSet<u64> {
    of_type(records, "icmp")
        .iter()
        .map(|record| record["frame"].as_u64().expect("a number"))
        .collect()
}

/// The frames whose messages icmpdump shows with these arguments.
pub(crate) fn shown_by(capture: &str, arguments: &[&str]) -> BTreeSet<u64> {
    let mut all = vec!["-r", capture, "--emit", "icmp"];
    all.extend(arguments);
    shown(&records(&all))
}
