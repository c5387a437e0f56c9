//! Whether a packet was captured itself, or a message tells of it.

use super::Packet;
use super::link::{SystemReport, is_system_report};
use super::tunnel::Output;
use crate::model::Frame;

/// Whether `frame` stands for a packet that a message tells of: one of another protocol, or of the system
/// that logs, queues, samples or drops it. Where else that packet went is not known.
#[inline]
pub fn is_reported(frame: &Frame<'_>) -> bool {
    frame.reported().is_some() || is_system_report(frame)
}

/// Whether that message says that the packet, which `packet` is, was dropped.
pub fn is_dropped(frame: &Frame<'_>, packet: &Packet<'_>) -> bool {
    let discarded = |told: super::tunnel::Report| matches!(told.output, Some(Output::Discarded(_)));
    packet.report().is_some_and(discarded)
        || SystemReport::of(frame).is_some_and(|told| told.dropped.is_some())
}
