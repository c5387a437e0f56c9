//! What filters select, in the built command: messages, records, written packets; with tcpdump as
//! the oracle wherever a filter means what it means there.

mod common;

#[path = "filters/agreement.rs"]
mod agreement;
#[path = "filters/oracle.rs"]
mod oracle;
#[path = "filters/quoted.rs"]
mod quoted;
#[path = "formats/read.rs"]
#[allow(dead_code)]
mod read;
#[path = "filters/shown.rs"]
mod shown;
#[path = "filters/written.rs"]
mod written;
