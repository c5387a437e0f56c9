//! Why a capture cannot begin.

use thiserror::Error;

use crate::source::remedy::Missing;

/// Why a capture cannot begin; what to do about it is for the program to say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LiveError {
    /// There is no interface to capture on, or none that may be seen.
    #[error("no interface to capture on was found; name one with -i")]
    NoInterfaces,
    /// No interface has that name.
    #[error("{name}: no such interface; there are {}", known.join(", "))]
    NoSuchInterface {
        /// As it was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The system does not allow it.
    #[error("{name}: no permission to capture: {why}")]
    NoPermission {
        /// The interface.
        name: String,
        /// What it lacks.
        missing: Missing,
        /// What libpcap says.
        why: String,
    },
    /// The interface is down.
    #[error("{name}: the interface is down; bring it up first: ip link set {name} up")]
    Down {
        /// The interface.
        name: String,
    },
    /// The interface has no such link type.
    #[error("{name}: no link type {asked} on this interface; -L lists those it has")]
    NoSuchLinkType {
        /// The interface.
        name: String,
        /// As it was asked for.
        asked: String,
    },
    /// The filter does not compile for the interface.
    #[error("{name}: filter '{expression}': {why}")]
    Filter {
        /// The interface.
        name: String,
        /// What the kernel was to be asked for.
        expression: String,
        /// What libpcap says.
        why: String,
    },
    /// Anything else.
    #[error("{name}: cannot be captured on: {why}")]
    Refused {
        /// The interface.
        name: String,
        /// What libpcap says.
        why: String,
    },
}
