//! The frames of L2CAP on a link (Core 5.3, volume 3 part A section 3.1): a length, a channel, and octets,
//! which may take several packets of the link.

use super::super::units::Units;
use super::channel::{Channel, Mode, Protocol};
use super::devices::Address;
use super::signal;
use super::transport::Data;
use super::{Bluetooth, Place, Way};
use crate::wire::bytes::{array_at, tail};

/// One way of a link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link {
    /// The frame that is not over.
    frame: Option<Frame>,
    /// The bit of the last packet.
    sequence: Option<u8>,
    /// Whether a channel of it carried packets.
    has_packets: bool,
}

/// A frame that is read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    head: [u8; Self::HEAD],
    held: u8,
    /// Octets that came.
    came: usize,
    reads: Reads,
}

/// What becomes of the octets of a frame.
#[derive(Clone, Copy, Debug)]
enum Reads {
    /// That is not known yet.
    Head,
    /// They are let pass.
    Nothing,
    /// They are kept: the devices agree on something.
    Signal,
    /// They are part of a unit, up to this octet of the frame.
    Channel(Way, usize),
    /// They are a unit of a channel of which nothing is known.
    Alone(Channel, usize),
}

/// Octets of length and channel.
const HEADER: usize = 4;

/// What is to be told of a link while its octets are read.
struct Reader<'b> {
    bluetooth: &'b mut Bluetooth,
    way: Way,
    ends: [Option<Address>; 2],
    units: &'b mut u64,
    into: &'b mut Units,
}

/// Takes what a packet of a link has.
pub(super) fn take(
    bluetooth: &mut Bluetooth,
    place: Place,
    data: &Data<'_>,
    units: &mut u64,
    into: &mut Units,
) {
    let key = (place, data.direction);
    let mut link = bluetooth.links.get(&key).unwrap_or_default();
    if data.direction.is_some() && data.sequence.is_some() {
        if link.sequence == data.sequence {
            // It was sent again.
            return;
        }
        link.sequence = data.sequence;
    }
    let mut reader = Reader {
        ends: bluetooth.devices.ends(&place).of(data.direction),
        way: Way {
            place,
            direction: data.direction,
            channel: 0,
        },
        bluetooth,
        units,
        into,
    };
    if data.begins {
        link.frame = Some(Frame::new());
    }
    match &mut link.frame {
        Some(frame) => {
            reader.read(frame, data.octets);
            if data.is_cut {
                reader.cut(frame);
            }
            if data.is_cut || frame.is_over() {
                link.frame = None;
            }
        }
        None if link.has_packets && !data.octets.is_empty() => reader.into.add_lost(),
        None => {}
    }
    link.has_packets |= !reader.into.is_empty();
    bluetooth.links.set(key, link);
}

impl Frame {
    const HEAD: usize = 64;

    const fn new() -> Self {
        Self {
            head: [0; Self::HEAD],
            held: 0,
            came: 0,
            reads: Reads::Head,
        }
    }

    fn head(&self) -> &[u8] {
        self.head.get(..self.held.into()).unwrap_or_default()
    }

    /// Octets of it, and its channel.
    fn header(&self) -> Option<(usize, u16)> {
        let word = |at| array_at(self.head(), at).map(u16::from_le_bytes);
        Some((HEADER + usize::from(word(0)?), word(2)?))
    }

    fn is_over(&self) -> bool {
        self.header().is_some_and(|(octets, _)| self.came >= octets)
    }

    /// Keeps an octet, if there is room.
    fn keep(&mut self, octet: u8) {
        if let Some(place) = self.head.get_mut(usize::from(self.held)) {
            *place = octet;
            self.held += 1;
        }
    }
}

impl Reader<'_> {
    /// Reads on in a frame.
    fn read(&mut self, frame: &mut Frame, octets: &[u8]) {
        let mut octets = octets;
        while matches!(frame.reads, Reads::Head | Reads::Signal)
            && let Some((octet, rest)) = octets.split_first()
        {
            if frame.is_over() {
                return;
            }
            frame.keep(*octet);
            frame.came += 1;
            octets = rest;
            if matches!(frame.reads, Reads::Head) {
                frame.reads = self.begin(frame);
            }
            if matches!(frame.reads, Reads::Signal) && frame.is_over() {
                let commands = tail(frame.head(), HEADER);
                signal::read(self.bluetooth, self.way, commands);
            }
        }
        let start = frame.came;
        frame.came += octets.len();
        let own = |end: usize| {
            let own = octets.len().min(end.saturating_sub(start));
            octets.get(..own).unwrap_or_default()
        };
        match &mut frame.reads {
            Reads::Channel(way, end) => {
                if let Some(mut channel) = self.bluetooth.channels.get(way) {
                    channel.take(own(*end), self.ends, self.into);
                    self.bluetooth.channels.set(*way, channel);
                }
            }
            Reads::Alone(channel, end) => channel.take(own(*end), self.ends, self.into),
            Reads::Head | Reads::Nothing | Reads::Signal => {}
        }
    }

    /// What becomes of a frame that begins so.
    fn begin(&mut self, frame: &Frame) -> Reads {
        const SIGNALS: [u16; 2] = [1, 5];
        const FIRST_DYNAMIC: u16 = 0x40;
        let Some((octets, channel)) = frame.header() else {
            return Reads::Head;
        };
        if SIGNALS.contains(&channel) {
            return Reads::Signal;
        }
        if channel < FIRST_DYNAMIC {
            return Reads::Nothing;
        }
        let way = Way {
            channel,
            ..self.way
        };
        let known = self.bluetooth.channels.get(&way);
        let mut of = known.unwrap_or(Channel::new(Protocol::Unknown, Mode::Basic, None));
        let end = octets.saturating_sub(self.check(way, &of));
        let head = tail(frame.head(), HEADER);
        let Some(part) = of.part(head, end.saturating_sub(HEADER)) else {
            return if head.len() + HEADER < octets {
                Reads::Head
            } else {
                Reads::Nothing
            };
        };
        if of.protocol == Protocol::Other {
            return Reads::Nothing;
        }
        *self.units += 1;
        let is_read = of.begin(part, *self.units);
        if known.is_none() {
            return Reads::Alone(of, end);
        }
        self.bluetooth.channels.set(way, of);
        if is_read {
            Reads::Channel(way, end)
        } else {
            Reads::Nothing
        }
    }

    /// Octets of the check sequence behind a frame of a channel.
    fn check(&self, way: Way, channel: &Channel) -> usize {
        const CHECK: usize = 2;
        let back = (channel.peer).and_then(|peer| self.bluetooth.channels.get(&way.back(peer)));
        let has_none = channel.wants_no_check && back.is_some_and(|back| back.wants_no_check);
        if channel.mode == Mode::Enhanced && !has_none {
            CHECK
        } else {
            0
        }
    }

    /// The rest of a frame was cut.
    fn cut(&mut self, frame: &mut Frame) {
        match &mut frame.reads {
            Reads::Channel(way, _) => {
                if let Some(mut channel) = self.bluetooth.channels.get(way) {
                    channel.cut(self.into);
                    self.bluetooth.channels.set(*way, channel);
                }
            }
            Reads::Alone(channel, _) => channel.cut(self.into),
            Reads::Head | Reads::Nothing | Reads::Signal => {}
        }
    }
}
