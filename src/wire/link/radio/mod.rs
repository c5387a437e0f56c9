//! How a frame of IEEE 802.11 or 802.15.4 was received or sent, as the headers tell that capture tools
//! put before it: radiotap, AVS, Prism, PPI, TAP. Read only when it is asked for.

mod coded;
mod later;
mod older;
mod ppi;
mod radiotap;
mod scheme;
mod tap;
mod told;

use std::ops::ControlFlow;

pub use coded::Coded;
pub use later::{ExtremelyHighThroughput, SubGigahertz};
pub use scheme::{HighEfficiency, HighThroughput, VeryHighThroughput};
pub use told::{Mark, Quantity};

use super::linktype as lt;
use crate::model::Frame;
use crate::wire::bytes::u32_at;

/// One thing that such a header tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact {
    /// The radio's clock, in microseconds (TSF timer).
    Clock(u64),
    /// See there.
    Flags(Flags),
    /// Tenths of Mb/s.
    Rate(u32),
    /// The same in b/s.
    BitRate(u32),
    /// The number of a coding scheme, in the place of a rate.
    Scheme(u8),
    /// The middle of the channel in MHz, and flags that tell of the modulation, as radiotap numbers
    /// them.
    Channel(Channel),
    /// The channel's number.
    ChannelNumber(u32),
    /// The middle of the channel in kHz.
    Frequency(f32),
    /// What the frame was modulated by, in the place of its channel's flags.
    Phy(Phy),
    /// In MHz.
    Bandwidth(u16),
    /// Spatial streams.
    Streams(u8),
    /// Hop set and pattern of a radio that hops.
    Hopping(u8, u8),
    /// In dBm.
    Signal(i32),
    /// The same with its fraction.
    Strength(f32),
    /// In dBm.
    Noise(i32),
    /// In dB from any reference.
    RelativeSignal(u8),
    /// In dB from any reference.
    RelativeNoise(u8),
    /// Strength of the signal in units of the radio's own.
    Rssi(u32),
    /// Of the noise in those.
    NoiseRssi(u32),
    /// How well the code was locked to; without a unit.
    Quality(u32),
    /// Of what was sent, in units of the radio's own.
    Attenuation(u16),
    /// The same in dB.
    AttenuationDb(u16),
    /// Of what was sent, in dBm.
    Power(i8),
    /// The antenna's number.
    Antenna(u32),
    /// Coding of 802.11n.
    HighThroughput(HighThroughput),
    /// Coding of 802.11ac.
    VeryHighThroughput(VeryHighThroughput),
    /// Coding of 802.11ax.
    HighEfficiency(HighEfficiency),
    /// Coding of 802.11be.
    ExtremelyHighThroughput(ExtremelyHighThroughput),
    /// Coding of 802.11ah.
    SubGigahertz(SubGigahertz),
    /// What follows is told of another antenna.
    Next,
    /// What is a number.
    Quantity(Quantity, u64),
    /// What holds.
    Mark(Mark),
}

/// How a frame was modulated before 802.11n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phy {
    /// By hops from channel to channel.
    FrequencyHopping,
    /// Spread over the channel.
    DirectSequence,
    /// In infrared light.
    Infrared,
    /// As in 802.11b.
    B,
    /// As in 802.11g.
    G,
    /// As in 802.11a.
    A,
}

/// A frame's properties, as radiotap numbers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// Sent or received during the contention free period.
    pub const CONTENTION_FREE: u8 = 0x01;
    /// With the short preamble.
    pub const SHORT_PREAMBLE: u8 = 0x02;
    /// Encrypted by WEP.
    pub const WEP: u8 = 0x04;
    /// Fragmented.
    pub const FRAGMENTED: u8 = 0x08;
    /// The frame ends in its check sequence.
    pub const WITH_CHECK_SEQUENCE: u8 = 0x10;
    /// Octets to a multiple of four stand between header and payload.
    pub const PADDED: u8 = 0x20;
    /// The radio found that the check sequence does not verify.
    pub const BAD_CHECK_SEQUENCE: u8 = 0x40;
    /// With the short guard interval.
    pub const SHORT_GUARD_INTERVAL: u8 = 0x80;

    /// Whether one of these is set.
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// In MHz.
    pub frequency: u16,
    /// As radiotap's fields of channels have them.
    pub flags: u32,
    /// What the frame itself was coded by.
    pub coding: Coding,
}

/// Whether the coding of 802.11n is told beside a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// It is not.
    ByFlags,
    /// It is.
    HighThroughput,
}

impl Channel {
    /// Complementary code keying.
    pub const CCK: u32 = 0x20;
    /// Orthogonal frequency division multiplexing.
    pub const OFDM: u32 = 0x40;
    /// In the band at 2.4 GHz.
    pub const GHZ2: u32 = 0x80;
    /// In that at 5 GHz.
    pub const GHZ5: u32 = 0x100;
    /// CCK or OFDM, frame by frame.
    pub const DYNAMIC: u32 = 0x400;

    /// Whether all of these flags are set.
    pub const fn has(self, flags: u32) -> bool {
        self.flags & flags == flags
    }

    /// Its number (IEEE 802.11 annex E).
    pub fn number(self) -> Option<u32> {
        const JAPAN: u16 = 2484;
        let steps = |from: u16| u32::from((self.frequency - from) / 5);
        match self.frequency {
            JAPAN => Some(14),
            2412..=2472 => Some(steps(2407)),
            4915..=4980 => Some(steps(4000)),
            5035..=5925 => Some(steps(5000)),
            5935 => Some(2),
            5955..=7115 => Some(steps(5950)),
            _ => None,
        }
    }
}

/// Gives each thing that the header of `frame` tells, in the order they stand there, until `told` has
/// enough. Frames of links without such a header tell nothing.
pub fn facts(frame: &Frame<'_>, told: &mut dyn FnMut(Fact) -> ControlFlow<()>) {
    const AVS: u32 = 0x8021_1000;
    let data = frame.data;
    // That there was enough is nothing to tell on.
    let _ = match frame.link {
        lt::IEEE802_11_RADIOTAP => radiotap::facts(data, told),
        lt::IEEE802_11_AVS => older::avs(data, told),
        lt::IEEE802_11_PRISM if u32_at(data, 0).is_some_and(|magic| magic & !0xfff == AVS) => {
            older::avs(data, told)
        }
        lt::IEEE802_11_PRISM => older::prism(data, told),
        lt::PPI => ppi::facts(data, told),
        lt::IEEE802_15_4_TAP => tap::facts(data, told),
        _ => ControlFlow::Continue(()),
    };
}

/// Whether the header of `frame` says that it ends in its check sequence.
pub fn has_check_sequence(frame: &Frame<'_>) -> bool {
    let mut found = Flags::default();
    facts(frame, &mut |fact| match fact {
        Fact::Flags(flags) => {
            found = flags;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.has(Flags::WITH_CHECK_SEQUENCE)
}
