//! What the collector counts.
