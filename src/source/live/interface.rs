//! One interface, through libpcap.

use std::os::fd::{AsFd, BorrowedFd};

use pcap::{Active, Capture, Device, Linktype};

use super::Tap;
use super::batch::{BATCH, Batch};
use super::counters::Reading;
use super::error::LiveError;
use super::options::{Delivery, Options, Take};
use crate::model::{LinkType, Timestamp};
use crate::source::Resolution;
use crate::source::filter::{self, dlt, kernel_filter};
use crate::source::remedy::Missing;

/// The pseudo-interface that captures on all others.
pub const ANY: &str = "any";
/// Cooked capture of the second version, whose header names the interface.
const DLT_LINUX_SLL2: Linktype = Linktype(276);

/// An interface that is being captured on.
pub(super) struct Interface {
    capture: Capture<Active>,
    resolution: Resolution,
}

/// What is known of an interface once it is open.
pub(super) struct Opened {
    pub(super) interface: Interface,
    pub(super) link: LinkType,
    pub(super) resolution: Resolution,
    pub(super) kernel_filter: String,
}

impl Interface {
    pub(super) fn open(name: &str, options: &Options) -> Result<Opened, LiveError> {
        let resolution = options.resolution;
        let refused = |error: pcap::Error| refused(name, text(error));
        let mut asked = Capture::from_device(name)
            .map_err(refused)?
            .snaplen(i32::try_from(options.snaplen).unwrap_or(i32::MAX))
            // 'any' cannot be promiscuous, and libpcap's warning of it would count as an error.
            .promisc(options.promiscuous && name != ANY)
            .immediate_mode(options.delivery == Delivery::Packets)
            .timeout(
                i32::try_from(options.delivery.block_timeout().as_millis()).unwrap_or(i32::MAX),
            )
            .buffer_size(i32::try_from(options.buffer).unwrap_or(i32::MAX))
            .precision(match resolution {
                Resolution::Microseconds => pcap::Precision::Micro,
                Resolution::Nanoseconds => pcap::Precision::Nano,
            });
        if options.monitor {
            asked = asked.rfmon(true);
        }
        if let Some(kind) = options.timestamps {
            asked = asked.tstamp_type(kind.into());
        }
        let mut capture = asked.open().map_err(refused)?;
        set_link_type(&mut capture, name, options)?;
        let link = dlt::to_linktype(capture.get_datalink().0);
        let filter = match &options.take {
            // libpcap has no filters for some links at all: all is taken, and sorted here.
            Take::Icmp { .. } if !filter::is_filtered(link) => String::new(),
            Take::Icmp { and } => kernel_filter(link, Some(and)),
            Take::Only(filter) => filter.clone(),
            Take::Everything => String::new(),
        };
        if !filter.is_empty() {
            capture.filter(&filter, true).map_err(|error| {
                let expression = match &options.take {
                    Take::Icmp { and: user } | Take::Only(user) => user.clone(),
                    Take::Everything => String::new(),
                };
                LiveError::Filter {
                    name: name.to_owned(),
                    why: filter::with_place(text(error), &expression, link),
                    expression,
                }
            })?;
        }
        if let Some(direction) = options.direction {
            capture.direction(direction.into()).map_err(refused)?;
        }
        let capture = capture.setnonblock().map_err(refused)?;
        Ok(Opened {
            interface: Self {
                capture,
                resolution,
            },
            link,
            resolution,
            kernel_filter: filter,
        })
    }

    /// The link types an interface can be captured with.
    pub(super) fn link_types(name: &str, options: &Options) -> Result<Vec<Linktype>, LiveError> {
        let refused = |error: pcap::Error| refused(name, text(error));
        let mut asked = Capture::from_device(name).map_err(refused)?;
        if options.monitor {
            asked = asked.rfmon(true);
        }
        let capture = asked.open().map_err(refused)?;
        capture.list_datalinks().map_err(refused)
    }
}

impl Tap for Interface {
    fn read(&mut self, batch: &mut Batch) -> Result<(), String> {
        let fraction = match self.resolution {
            Resolution::Microseconds => 1000,
            Resolution::Nanoseconds => 1,
        };
        // Seconds and their fraction have 32 bits on some systems.
        #[allow(clippy::useless_conversion)]
        let read = self.capture.dispatch(Some(BATCH), |packet| {
            let header = packet.header;
            let nanos = i64::from(header.ts.tv_usec).saturating_mul(fraction);
            let ts = Timestamp::from_parts(
                i64::from(header.ts.tv_sec),
                u32::try_from(nanos).unwrap_or(999_999_999),
            );
            batch.push(ts, header.len, packet.data);
        });
        match read {
            Ok(_) | Err(pcap::Error::TimeoutExpired) => Ok(()),
            Err(error) => Some(text(error))
                .filter(|why| !is_nothing_there(why))
                .map_or(Ok(()), Err),
        }
    }

    fn counters(&mut self) -> Option<Reading> {
        let stats = self.capture.stats().ok()?;
        Some(Reading {
            received: stats.received,
            dropped: stats.dropped,
            interface_dropped: stats.if_dropped,
        })
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.capture.as_fd())
    }
}

fn set_link_type(
    capture: &mut Capture<Active>,
    name: &str,
    options: &Options,
) -> Result<(), LiveError> {
    let Some(asked) = &options.link else {
        if name == ANY && capture.get_datalink() != DLT_LINUX_SLL2 {
            // Which interface a packet passed is worth more than the older header; where libpcap
            // does not know the newer one, the older one stays.
            let _ = capture.set_datalink(DLT_LINUX_SLL2);
        }
        return Ok(());
    };
    let unknown = || LiveError::NoSuchLinkType {
        name: name.to_owned(),
        asked: asked.clone(),
    };
    let link = asked
        .parse()
        .map(Linktype)
        .or_else(|_| Linktype::from_name(asked))
        .map_err(|_| unknown())?;
    capture.set_datalink(link).map_err(|_| unknown())
}

/// Why libpcap did not open an interface: its errors are nothing but text.
fn refused(name: &str, why: String) -> LiveError {
    let owned = name.to_owned();
    let says = |words: &str| why.contains(words);
    if says("ermission") || says("not permitted") || says("CAP_NET_") {
        let missing = if says("CAP_NET_ADMIN") || says("romisc") || says("PACKET_ADD_MEMBERSHIP") {
            Missing::Promiscuous
        } else {
            Missing::Capture
        };
        // Without permission libpcap does not get so far as to look for the interface.
        if says("romisc") || find(name).is_some() {
            return LiveError::NoPermission {
                name: owned,
                missing,
                why,
            };
        }
    }
    // Of these one is listed, and each has as many as there are numbers.
    let is_numbered = ["nflog:", "nfqueue:"]
        .iter()
        .any(|kind| name.starts_with(kind));
    match find(name) {
        None if is_numbered => LiveError::Refused { name: owned, why },
        None => LiveError::NoSuchInterface {
            name: owned,
            known: all().into_iter().map(|device| device.name).collect(),
        },
        Some(device) if name != ANY && !device.flags.is_up() => LiveError::Down { name: owned },
        Some(_) => LiveError::Refused { name: owned, why },
    }
}

/// Whether that is all libpcap found: of netfilter it makes an error of it (`EAGAIN`, in the system's
/// words).
fn is_nothing_there(why: &str) -> bool {
    why.ends_with("Resource temporarily unavailable")
}

fn find(name: &str) -> Option<Device> {
    all().into_iter().find(|device| device.name == name)
}

fn all() -> Vec<Device> {
    Device::list().unwrap_or_default()
}

/// What libpcap says, without the wrapper's introduction.
pub(super) fn text(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) if !message.is_empty() => message,
        other => other.to_string(),
    }
}
