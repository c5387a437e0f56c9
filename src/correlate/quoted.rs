//! quoted
