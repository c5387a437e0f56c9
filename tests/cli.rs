//! The command as its users meet it: what it refuses, how it ends, what each flag does.

mod common;

#[path = "cli/aggregate.rs"]
mod aggregate;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/bits.rs"]
mod bits;
#[path = "cli/captures.rs"]
mod captures;
#[path = "cli/carried.rs"]
mod carried;
#[path = "cli/cuts.rs"]
mod cuts;
#[path = "cli/damage.rs"]
mod damage;
#[path = "cli/elements.rs"]
mod elements;
#[path = "cli/encrypted.rs"]
mod encrypted;
#[path = "cli/ends.rs"]
mod ends;
#[path = "cli/esp.rs"]
mod esp;
#[path = "cli/facts.rs"]
mod facts;
#[path = "cli/headerless.rs"]
mod headerless;
#[path = "cli/lines.rs"]
mod lines;
#[path = "cli/link_details.rs"]
mod link_details;
#[path = "cli/links.rs"]
mod links;
#[path = "cli/lowpan.rs"]
mod lowpan;
#[path = "cli/memory.rs"]
mod memory;
#[path = "cli/much.rs"]
mod much;
#[path = "cli/networks.rs"]
mod networks;
#[path = "common/lowpan.rs"]
mod nodes;
#[path = "cli/overlay.rs"]
mod overlay;
#[path = "cli/radio.rs"]
mod radio;
#[path = "cli/radio_headers.rs"]
mod radio_headers;
#[path = "cli/radiotap.rs"]
mod radiotap;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/repeated.rs"]
mod repeated;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/routed.rs"]
mod routed;
#[path = "cli/samples.rs"]
mod samples;
#[path = "cli/sources.rs"]
mod sources;
#[path = "cli/streams.rs"]
mod streams;
#[path = "cli/told.rs"]
mod told;
#[path = "cli/usb.rs"]
mod usb;
#[path = "cli/vague.rs"]
mod vague;
#[path = "cli/whole.rs"]
mod whole;
#[path = "cli/wireless.rs"]
mod wireless;
#[path = "cli/wlan.rs"]
mod wlan;
#[path = "cli/x25.rs"]
mod x25;
