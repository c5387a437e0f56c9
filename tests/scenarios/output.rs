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

    /// The `icmp` record of a frame.
    pub(crate) fn message(&self, frame: &Value) -> Option<&Value> {
        self.of_type("icmp")
            .find(|record| record["frame"] == *frame)
    }
}
