//! What `icmpdump --json` says of a capture.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub(crate) struct Output {
    records: Vec<Value>,
}

impl Output {
    pub(crate) fn of(capture: &Path) -> Self {
        let run = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
            .arg("--json")
            .arg("-r")
            .arg(capture)
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}: {} {}",
            capture.display(),
            run.status,
            String::from_utf8_lossy(&run.stderr)
        );
        let text = String::from_utf8(run.stdout).unwrap();
        let records = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        Self { records }
    }

    pub(crate) fn of_type(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.records
            .iter()
            .filter(move |record| record["type"] == name)
    }

    /// Whether the capture ends less than a second after this time.
    pub(crate) fn ends_soon_after(&self, time: &Value) -> bool {
        let summary = self.of_type("summary").next().unwrap();
        let [end, time] = [&summary["last"], time].map(nanos_of_day);
        (end - time).rem_euclid(nanos(86_400)) < nanos(1)
    }

    /// The `icmp` record of a frame.
    pub(crate) fn message(&self, frame: &Value) -> Option<&Value> {
        self.of_type("icmp")
            .find(|record| record["frame"] == *frame)
    }
}

const fn nanos(seconds: i64) -> i64 {
    seconds * 1_000_000_000
}

/// Of a time such as `2025-07-26T08:25:50.469472000Z`.
fn nanos_of_day(time: &Value) -> i64 {
    let time = time.as_str().unwrap();
    let field = |at: std::ops::Range<usize>| -> i64 { time[at].parse().unwrap() };
    nanos(field(11..13) * 3600 + field(14..16) * 60 + field(17..19)) + field(20..29)
}
