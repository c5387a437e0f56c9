//! What address translation makes of the errors of a verdict.

use std::net::IpAddr;

use crate::model::{AddrPair, FlowKey, FrameRef};

/// The other side of an address translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherSide {
    /// The flow as quoted there: it differs in its source, or in its destination.
    pub flow: FlowKey,
    /// Who sends the errors there.
    pub dropper: IpAddr,
    /// The first error in which it is quoted so.
    pub error: FrameRef,
}

/// Errors that were translated on one side only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halves {
    /// From whom to whom the first of them goes.
    pub ends: AddrPair,
    /// Where they are: other frames than those of the errors of a verdict, where these were captured
    /// before their translation.
    pub frames: Vec<FrameRef>,
}
