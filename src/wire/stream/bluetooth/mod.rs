//! Bluetooth: packets of networks (BNEP) and of IPv6 (RFC 7668) in the channels of its logical links
//! (L2CAP), which are taken apart to fit what is below.

mod bnep;
mod channel;
mod devices;
mod link;
mod signal;
mod transport;

use super::followed::Followed;
use super::units::Units;
use super::{Point, Streams};
use crate::model::Frame;
use channel::Channel;
use devices::Devices;
use link::Link;
use transport::Transport;

/// What is known of Bluetooth.
#[derive(Debug, Default)]
pub(super) struct Bluetooth {
    devices: Devices,
    links: Followed<(Place, Option<Direction>), Link>,
    channels: Followed<Way, Channel>,
    /// Channels that were asked for, by who asked and the number of that.
    asked: Followed<(Place, Option<Direction>, u8), signal::Asked>,
}

/// A link between two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    point: Point,
    connection: Connection,
}

/// What names such a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Connection {
    /// Between host and controller: the number of the controller and a handle.
    Handle(u16, u16),
    /// On the air.
    AccessAddress([u8; 4]),
}

/// The way that data take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Direction {
    /// To the controller, or from the central.
    Out,
    /// The other way.
    In,
}

impl Direction {
    const fn back(self) -> Self {
        match self {
            Self::Out => Self::In,
            Self::In => Self::Out,
        }
    }
}

/// One way of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Way {
    place: Place,
    direction: Option<Direction>,
    /// What the receiver calls it.
    channel: u16,
}

impl Way {
    /// The other way, of a channel that its receiver calls this.
    fn back(self, channel: u16) -> Self {
        Self {
            direction: self.direction.map(Direction::back),
            channel,
            ..self
        }
    }
}

/// Takes what `frame` holds, if it is one of Bluetooth's.
pub(super) fn take(streams: &mut Streams, frame: &Frame<'_>, into: &mut Units) {
    let Some((controller, transport)) = transport::of(frame) else {
        return;
    };
    let point = Point::of(frame);
    let bluetooth = &mut streams.bluetooth;
    match transport {
        Transport::Command(octets) => bluetooth.devices.command((point, controller), octets),
        Transport::Event(octets) => bluetooth.devices.event((point, controller), octets),
        Transport::Controller(address) => bluetooth.devices.is_own((point, controller), address),
        Transport::Connect(octets) => bluetooth.devices.connect(point, octets),
        Transport::Data(data) => {
            let place = Place {
                point,
                connection: data.connection,
            };
            link::take(bluetooth, place, &data, &mut streams.units, into);
        }
    }
}
