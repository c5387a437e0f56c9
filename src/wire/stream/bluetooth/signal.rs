//! What devices agree on about their channels (Core 5.3, volume 3 part A section 4): commands of a code, a
//! number, a length, and parameters.

use super::channel::{Channel, Mode, Protocol};
use super::{Bluetooth, Direction, Way};
use crate::wire::bytes::{array_at, tail, u8_at};

/// Channels that one command asks for.
const MOST: usize = 5;

/// Channels that a device asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// What it calls them, zero for none.
    channels: [u16; MOST],
    number: u16,
}

/// Reads the commands that go this way.
pub(super) fn read(bluetooth: &mut Bluetooth, way: Way, commands: &[u8]) {
    let mut rest = commands;
    while let Some([code, id, low, high]) = array_at(rest, 0) {
        let behind = tail(rest, 4);
        let length = usize::from(u16::from_le_bytes([low, high]));
        command(
            bluetooth,
            way,
            (code, id),
            behind.get(..length).unwrap_or(behind),
        );
        rest = tail(behind, length);
    }
}

fn command(bluetooth: &mut Bluetooth, way: Way, (code, id): (u8, u8), parameters: &[u8]) {
    const CONNECT: u8 = 0x02;
    const CONNECTED: u8 = 0x03;
    const CONFIGURE: u8 = 0x04;
    const DISCONNECT: u8 = 0x06;
    const CONNECT_WITH_CREDITS: u8 = 0x14;
    const CONNECTED_WITH_CREDITS: u8 = 0x15;
    const CONNECT_SEVERAL: u8 = 0x17;
    const CONNECTED_SEVERAL: u8 = 0x18;
    let word = |at| array_at(parameters, at).map(u16::from_le_bytes);
    let channels = |at: usize| {
        let mut channels = [0; MOST];
        for (place, channel) in channels
            .iter_mut()
            .zip(tail(parameters, at).chunks_exact(2))
        {
            *place = array_at(channel, 0).map_or(0, u16::from_le_bytes);
        }
        channels
    };
    let one = |channel: Option<u16>| [channel.unwrap_or(0), 0, 0, 0, 0];
    match code {
        CONNECT | CONNECT_WITH_CREDITS => {
            ask(bluetooth, way, (code, id), word(0), one(word(2)));
        }
        CONNECT_SEVERAL => ask(bluetooth, way, (code, id), word(0), channels(8)),
        CONNECTED if word(4) == Some(0) => answer(bluetooth, way, id, one(word(0)), Mode::Basic),
        CONNECTED_WITH_CREDITS if word(8) == Some(0) => {
            answer(bluetooth, way, id, one(word(0)), Mode::Credits);
        }
        CONNECTED_SEVERAL => answer(bluetooth, way, id, channels(8), Mode::Credits),
        CONFIGURE => {
            if let Some(channel) = word(0) {
                configure(bluetooth, Way { channel, ..way }, tail(parameters, 4));
            }
        }
        DISCONNECT => {
            if let (Some(there), Some(here)) = (word(0), word(2)) {
                bluetooth.channels.remove(&Way {
                    channel: there,
                    ..way
                });
                bluetooth.channels.remove(&way.back(here));
            }
        }
        _ => {}
    }
}

/// A device asks for channels: what comes back goes to those that it names.
fn ask(
    bluetooth: &mut Bluetooth,
    way: Way,
    (code, id): (u8, u8),
    number: Option<u16>,
    channels: [u16; MOST],
) {
    const BASIC: u8 = 0x02;
    let Some(number) = number else {
        return;
    };
    let mode = if code == BASIC {
        Mode::Basic
    } else {
        Mode::Credits
    };
    for channel in channels.into_iter().filter(|channel| *channel != 0) {
        let opened = Channel::new(Protocol::of(number), mode, None);
        bluetooth.channels.set(way.back(channel), opened);
    }
    let asked = Asked { channels, number };
    let key = (way.place, way.direction, id);
    bluetooth.asked.set(key, asked);
}

/// The device that was asked names its channels.
fn answer(bluetooth: &mut Bluetooth, way: Way, id: u8, channels: [u16; MOST], mode: Mode) {
    let key = (way.place, way.direction.map(Direction::back), id);
    let Some(asked) = bluetooth.asked.get(&key) else {
        return;
    };
    bluetooth.asked.remove(&key);
    for (theirs, ours) in asked.channels.into_iter().zip(channels) {
        if theirs == 0 || ours == 0 {
            continue;
        }
        let protocol = Protocol::of(asked.number);
        let opened = |peer| Channel::new(protocol, mode, Some(peer));
        // What was asked for is what they receive on, and this device answers.
        bluetooth.channels.set(
            Way {
                channel: theirs,
                ..way
            },
            opened(ours),
        );
        bluetooth.channels.set(way.back(ours), opened(theirs));
    }
}

/// A device tells what it wants on a channel (section 5): kind, length and value of each.
fn configure(bluetooth: &mut Bluetooth, way: Way, options: &[u8]) {
    const RETRANSMISSION: u8 = 0x04;
    const CHECK: u8 = 0x05;
    const EXTENDED_WINDOW: u8 = 0x07;
    const HINT: u8 = 0x80;
    const BASIC: u8 = 0;
    let Some(mut channel) = bluetooth.channels.get(&way) else {
        return;
    };
    let peer = channel.peer.map(|peer| way.back(peer));
    let mut other = peer.and_then(|peer| bluetooth.channels.get(&peer));
    let mut rest = options;
    while let Some([kind, length]) = array_at(rest, 0) {
        let value = tail(rest, 2);
        match (kind & !HINT, u8_at(value, 0)) {
            (RETRANSMISSION, Some(mode)) => {
                let mode = if mode == BASIC {
                    Mode::Basic
                } else {
                    Mode::Enhanced
                };
                channel.mode = mode;
                if let Some(other) = &mut other {
                    other.mode = mode;
                }
            }
            (CHECK, Some(0)) => channel.wants_no_check = true,
            (EXTENDED_WINDOW, _) => {
                channel.is_extended = true;
                if let Some(other) = &mut other {
                    other.is_extended = true;
                }
            }
            _ => {}
        }
        rest = tail(value, length.into());
    }
    bluetooth.channels.set(way, channel);
    if let (Some(peer), Some(other)) = (peer, other) {
        bluetooth.channels.set(peer, other);
    }
}
