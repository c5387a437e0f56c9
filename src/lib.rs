//! icmpdump: who dropped your traffic, where, why, and what became of the flow.
//!
//! # The way of a packet
//!
//! ```text
//! source -> wire -> icmp -> correlate -> findings -> record -> sink
//! ```
//!
//! A straight line: a module uses only what stands to its left, and [`model`], which lies under
//! all. Only `app` wires them.

pub mod correlate;
pub mod findings;
pub mod icmp;
pub mod model;
pub mod pipeline;
pub mod record;
pub mod sink;
pub mod source;
pub mod wire;
