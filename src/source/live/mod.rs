//! Live capture: interfaces through libpcap, as one source.
//!
//! All interfaces of a run are one source, so that its frames are numbered as they are in the
//! file that `-w` writes of them. Where there are several, a frame waits until none of the others
//! can bring an older one.
//!
//! The kernel hands packets over in blocks: one that is not full stays with it for some time, which
//! [`Delivery`] decides. What this costs is time only: nothing counts as not captured before the
//! blocks of that time have been read ([`Step::Tick`](super::Step::Tick) tells up to when that is so), and at a stop
//! the last block is waited for.

mod batch;
mod capture;
mod counters;
pub mod devices;
mod error;
mod interface;
mod line;
mod links;
mod machine;
mod options;
#[cfg(test)]
mod tests;

use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use self::batch::Batch;
use self::capture::Live;
use self::counters::Reading;
use self::interface::{Interface, Opened};
use self::machine::System;
use super::filter::dlt;
use super::{InterfaceInfo, Source};
use crate::model::LinkType;
pub use error::LiveError;
pub use interface::ANY;
pub use options::{Delivery, Direction, Options, Take, TimestampKind};

/// What frames come from: an interface, or what a test makes of one.
trait Tap {
    /// Adds what there is to `batch`, without waiting for more.
    fn read(&mut self, batch: &mut Batch) -> Result<(), String>;
    /// The kernel's counters, unless they cannot be read.
    fn counters(&mut self) -> Option<Reading>;
    /// Becomes readable when there is something to read.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;
}

/// An interface that is listened to, for a banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Its name.
    pub name: String,
    /// Its link type.
    pub link: LinkType,
    /// The expression that the kernel filters by; empty for everything.
    pub kernel_filter: String,
}

/// Opens interfaces by name.
///
/// `waker` becomes readable when a signal came; `duration` is when the capture ends by itself.
///
/// # Errors
///
/// Why one of them cannot be captured on.
pub fn open(
    names: &[String],
    options: &Options,
    duration: Option<Duration>,
    waker: Option<UnixStream>,
) -> Result<(impl Source + use<>, Vec<Listening>), LiveError> {
    let system = System::new(waker);
    let mut taps = Vec::new();
    let mut listening = Vec::new();
    for name in names {
        let Opened {
            interface,
            link,
            resolution,
            kernel_filter,
        } = Interface::open(name, options)?;
        listening.push(Listening {
            name: name.clone(),
            link,
            kernel_filter,
        });
        let info = InterfaceInfo {
            name: Some(name.clone()),
            link,
            filter: None,
            comments: Vec::new(),
            snaplen: options.snaplen,
            fcs_len: 0,
            resolution,
        };
        let index = system.interface_index(name).filter(|_| name != ANY);
        taps.push((interface, index, info));
    }
    let mut live = Live::new(taps, system, options.delivery.lag());
    if options.timestamps == Some(TimestampKind::AdapterUnsynced) {
        live.ignore_time();
    }
    live.is_whole();
    if let Some(duration) = duration {
        live.end_after(duration);
    }
    Ok((live, listening))
}

/// The link types that an interface can be captured with, the default one first.
///
/// # Errors
///
/// Why the interface cannot be captured on.
pub fn link_types(name: &str, options: &Options) -> Result<Vec<LinkType>, LiveError> {
    let links = Interface::link_types(name, options)?.into_iter();
    Ok(links.map(|link| dlt::to_linktype(link.0)).collect())
}
