//! Diagnoses: what the verdicts add up to, one file each.

use crate::model::FrameRef;

/// A diagnosis with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable snake-case name.
    pub name: &'static str,
    /// How bad.
    pub severity: Severity,
    /// One plain sentence.
    pub title: String,
    /// The frames that show it, capped.
    pub evidence: Vec<FrameRef>,
    /// How sure.
    pub confidence: Confidence,
    /// What to do.
    pub advice: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Something does not work as it should.
    Warning,
    /// Traffic is lost.
    Critical,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It fits, other causes do too.
    Suspected,
    /// The frames prove it.
    Confirmed,
}
