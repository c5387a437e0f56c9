//! What every other module speaks of: time, frames, flows. Depends on nothing.

pub mod flow;
pub mod frame;
mod stored;
pub mod time;

pub use flow::{AddrPair, FlowKey};
pub use frame::{Frame, FrameRef, InterfaceId, LinkType, SourceId};
pub use stored::StoredFrames;
pub use time::Timestamp;
