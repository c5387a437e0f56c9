//! How a frame of IEEE 802.11 was received or sent.

use std::ops::ControlFlow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::Fields;
use crate::model::Frame;
use crate::wire::link::radio::{
    self, Channel, Coding, Fact, Flags, HighEfficiency, HighThroughput, VeryHighThroughput,
};

/// What the radio's header tells. What it tells several times, as of several antennas, is that which
/// stands first.
#[derive(Default, PartialEq)]
pub(super) struct Radio {
    clock: Option<u64>,
    flags: Flags,
    /// Tenths of Mb/s.
    rate: Option<u32>,
    phy: Option<&'static str>,
    scheme: Option<u8>,
    streams: Option<u8>,
    /// MHz.
    bandwidth: Option<u16>,
    /// Tenths of a microsecond.
    guard_interval: Option<u16>,
    /// MHz.
    frequency: Option<u16>,
    channel: Option<u32>,
    quality: Option<u32>,
    power: Option<i8>,
    attenuation: Option<i16>,
    attenuation_db: Option<i8>,
    reception: Reception,
    /// As each antenna had it, where several tell.
    antennas: Vec<Reception>,
}

/// How strong a signal was.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Reception {
    antenna: Option<u32>,
    signal: Option<i32>,
    noise: Option<i32>,
    relative_signal: Option<u8>,
    relative_noise: Option<u8>,
    rssi: Option<u32>,
}

impl Radio {
    /// That of `frame`, if it has such a header, which tells anything.
    pub(super) fn of(frame: &Frame<'_>) -> Option<Self> {
        let mut found = None::<Self>;
        radio::facts(frame, &mut |fact| {
            found.get_or_insert_default().take(fact);
            ControlFlow::Continue(())
        });
        found.filter(|found| *found != Self::default())
    }

    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Clock(clock) => first(&mut self.clock, Some(clock)),
            // That a check sequence is there, the frame shows.
            Fact::Flags(flags) => self.flags.0 |= flags.0 & !Flags::WITH_CHECK_SEQUENCE,
            Fact::Rate(rate) => first(&mut self.rate, Some(rate)),
            Fact::Scheme(scheme) => first(&mut self.scheme, Some(scheme)),
            Fact::Channel(channel) => {
                first(&mut self.frequency, Some(channel.frequency));
                first(&mut self.channel, channel.number());
                first(&mut self.phy, phy(channel));
            }
            Fact::ChannelNumber(number) => first(&mut self.channel, Some(number)),
            Fact::Quality(quality) => first(&mut self.quality, Some(quality)),
            Fact::Power(power) => first(&mut self.power, Some(power)),
            Fact::Attenuation(by) => first(&mut self.attenuation, Some(by)),
            Fact::AttenuationDb(by) => first(&mut self.attenuation_db, Some(by)),
            Fact::HighThroughput(field) => self.high_throughput(field),
            Fact::VeryHighThroughput(field) => self.very_high_throughput(field),
            Fact::HighEfficiency(field) => self.high_efficiency(field),
            Fact::Next => self.antennas.push(Reception::default()),
            Fact::Signal(_)
            | Fact::Noise(_)
            | Fact::RelativeSignal(_)
            | Fact::RelativeNoise(_)
            | Fact::Rssi(_)
            | Fact::Antenna(_) => {
                let place = self.antennas.last_mut().unwrap_or(&mut self.reception);
                place.take(fact);
            }
            Fact::Hopping(..) | Fact::Other(_) | Fact::Cut => {}
        }
    }

    fn high_throughput(&mut self, field: HighThroughput) {
        self.phy = Some("n");
        let known = |what| field.knows(what).then_some(());
        let width = known(HighThroughput::BANDWIDTH).map(|()| field.bandwidth());
        let interval = known(HighThroughput::GUARD_INTERVAL)
            .map(|()| guard_interval(field.has_short_guard_interval()));
        if field.knows(HighThroughput::SCHEME) {
            first(&mut self.scheme, Some(field.scheme()));
            first(&mut self.streams, field.streams());
            first(
                &mut self.rate,
                width.and(interval).and_then(|_| field.rate()),
            );
        }
        first(&mut self.bandwidth, width);
        first(&mut self.guard_interval, interval);
    }

    fn very_high_throughput(&mut self, field: VeryHighThroughput) {
        self.phy = Some("ac");
        let width = field.bandwidth();
        let width = width.filter(|_| field.knows(VeryHighThroughput::BANDWIDTH));
        let interval = (field.knows(VeryHighThroughput::GUARD_INTERVAL))
            .then(|| guard_interval(field.has_short_guard_interval()));
        let mut users = field.users();
        // A frame for several has no rate of its own.
        if let (Some(user), None) = (users.next(), users.next()) {
            first(&mut self.scheme, Some(user.scheme));
            first(&mut self.streams, Some(user.streams));
            let rate = width.and(interval).and_then(|_| field.rate(user));
            first(&mut self.rate, rate);
        }
        first(&mut self.bandwidth, width);
        first(&mut self.guard_interval, interval);
    }

    fn high_efficiency(&mut self, field: HighEfficiency) {
        self.phy = Some("ax");
        first(&mut self.scheme, field.scheme());
        first(&mut self.streams, field.streams());
        first(&mut self.bandwidth, field.bandwidth());
        first(&mut self.guard_interval, field.guard_interval());
        first(&mut self.rate, field.rate());
    }
}

impl Reception {
    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Signal(signal) => first(&mut self.signal, Some(signal)),
            Fact::Noise(noise) => first(&mut self.noise, Some(noise)),
            Fact::RelativeSignal(signal) => first(&mut self.relative_signal, Some(signal)),
            Fact::RelativeNoise(noise) => first(&mut self.relative_noise, Some(noise)),
            Fact::Rssi(rssi) => first(&mut self.rssi, Some(rssi)),
            Fact::Antenna(antenna) => first(&mut self.antenna, Some(antenna)),
            _ => {}
        }
    }

    fn put_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.maybe("signal_dbm", self.signal)?;
        map.maybe("noise_dbm", self.noise)?;
        map.maybe("signal_db", self.relative_signal)?;
        map.maybe("noise_db", self.relative_noise)?;
        map.maybe("rssi", self.rssi)?;
        map.maybe("antenna", self.antenna)
    }
}

impl Serialize for Reception {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.put_into(&mut map)?;
        map.end()
    }
}

impl Serialize for Radio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tenths = |value: u32| f64::from(value) / 10.0;
        let mut map = serializer.serialize_map(None)?;
        map.maybe("tsf_us", self.clock)?;
        map.maybe("phy", self.phy)?;
        map.maybe("rate_mbps", self.rate.map(tenths))?;
        map.maybe("mcs", self.scheme)?;
        map.maybe("streams", self.streams)?;
        map.maybe("bandwidth_mhz", self.bandwidth)?;
        let interval = self.guard_interval.map(u32::from);
        map.maybe("guard_interval_us", interval.map(tenths))?;
        map.maybe("channel", self.channel)?;
        map.maybe("frequency_mhz", self.frequency)?;
        self.reception.put_into(&mut map)?;
        let told = |reception: &&Reception| **reception != Reception::default();
        if self.antennas.iter().any(|reception| told(&reception)) {
            let antennas: Vec<_> = self.antennas.iter().filter(told).collect();
            map.put("antennas", &antennas)?;
        }
        map.maybe("quality", self.quality)?;
        map.maybe("tx_power_dbm", self.power)?;
        map.maybe("tx_attenuation", self.attenuation)?;
        map.maybe("tx_attenuation_db", self.attenuation_db)?;
        for (name, flag) in [
            ("contention_free", Flags::CONTENTION_FREE),
            ("short_preamble", Flags::SHORT_PREAMBLE),
            ("wep", Flags::WEP),
            ("fragmented", Flags::FRAGMENTED),
            ("bad_fcs", Flags::BAD_CHECK_SEQUENCE),
        ] {
            map.fact(name, self.flags.has(flag))?;
        }
        map.end()
    }
}

/// Keeps what is there.
fn first<T>(place: &mut Option<T>, value: Option<T>) {
    if place.is_none() {
        *place = value;
    }
}

/// In tenths of a microsecond (IEEE 802.11 section 19.3.5).
const fn guard_interval(is_short: bool) -> u16 {
    if is_short { 4 } else { 8 }
}

/// The amendment that a frame is coded by, as far as its channel tells.
fn phy(channel: Channel) -> Option<&'static str> {
    if channel.coding == Coding::HighThroughput {
        Some("n")
    } else if channel.has(Channel::GHZ5 | Channel::OFDM) {
        Some("a")
    } else if channel.has(Channel::GHZ2 | Channel::OFDM)
        || channel.has(Channel::GHZ2 | Channel::DYNAMIC)
    {
        Some("g")
    } else if channel.has(Channel::GHZ2 | Channel::CCK) {
        Some("b")
    } else {
        None
    }
}
