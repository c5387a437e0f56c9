//! What every other module speaks of: time, frames, flows. Depends on nothing.

pub(crate) mod byteorder;
pub mod flow;
pub mod frame;
mod key_log;
pub mod options;
mod share;
mod stored;
pub mod time;

pub use flow::{AddrPair, FlowKey};
pub use frame::{
    EspParts, Expanded, Form, Frame, FrameRef, InterfaceId, LinkCipher, LinkFragment, LinkType,
    Part, Sealing, SourceId, UnknownPrefix, UsbTransfer,
};
pub use key_log::{KeyKind, LineFault, UnreadLines};
pub use options::Options;
pub use share::Permille;
pub use stored::StoredFrames;
pub use time::Timestamp;
