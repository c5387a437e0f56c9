//! How a run stands while it goes on: for views that people watch.

use super::summary::FrameCounts;
use crate::correlate::verdict::DropVerdict;
use crate::findings::Finding;
use crate::model::Timestamp;
use crate::source::InterfaceCounts;

/// How a run stands.
#[derive(Clone, Debug, Default)]
pub struct Interim {
    /// The frames up to now.
    pub frames: FrameCounts,
    /// What the kernel counted by interface, for live capture.
    pub kernel: Option<Vec<InterfaceCounts>>,
    /// Time of the latest frame.
    pub now: Option<Timestamp>,
    /// Verdicts that are still growing: the newest [`Interim::VERDICTS`] of them.
    pub growing: Vec<DropVerdict>,
    /// What would be found if the run ended here.
    pub findings: Vec<Finding>,
}

impl Interim {
    /// How many growing verdicts are told.
    pub const VERDICTS: usize = 512;
}
