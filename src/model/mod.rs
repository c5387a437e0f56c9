//! What every other module speaks of: time, frames, flows. Depends on nothing.

pub(crate) mod byteorder;
mod expanded;
pub mod flow;
pub mod frame;
mod frame_ref;
mod key_log;
pub mod options;
mod share;
mod stored;
pub mod time;

pub use expanded::{EspParts, Expanded, Form, LinkFragment, Proof, Sealing, UnknownPrefix};
pub use flow::{AddrPair, FlowKey};
pub use frame::{Frame, InterfaceId, LinkCipher, LinkType, Part, SourceId, UsbTransfer};
pub use frame_ref::FrameRef;
pub use key_log::{KeyKind, LineFault, UnreadLines};
pub use options::Options;
pub use share::Permille;
pub use stored::StoredFrames;
pub use time::Timestamp;
