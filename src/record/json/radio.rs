//! How a frame of IEEE 802.11 was received or sent.

use std::ops::ControlFlow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::Fields;
use crate::model::Frame;
use crate::wire::link::radio::{
    self, Channel, Coded, Coding, ExtremelyHighThroughput, Fact, Flags, HighEfficiency,
    HighThroughput, Mark, Phy, Quantity, SubGigahertz, VeryHighThroughput,
};

/// What the radio's header tells. What it tells several times, as of several antennas, is that which
/// stands first.
#[derive(Default, PartialEq)]
pub(super) struct Radio {
    clock: Option<u64>,
    flags: Flags,
    /// Tenths of Mb/s, by the coding.
    rate: Option<u32>,
    /// In Mb/s, as told without one.
    plain_rate: Option<f64>,
    phy: Option<&'static str>,
    /// The form of a frame of 802.11ax.
    form: Option<&'static str>,
    scheme: Option<u8>,
    streams: Option<u8>,
    /// MHz.
    bandwidth: Option<u16>,
    /// Tenths of a microsecond.
    guard_interval: Option<u16>,
    /// MHz.
    frequency: Option<u16>,
    /// The same in kHz.
    middle: Option<f32>,
    channel: Option<u32>,
    quality: Option<u32>,
    power: Option<i8>,
    attenuation: Option<u16>,
    attenuation_db: Option<u16>,
    /// In dBm.
    strength: Option<f32>,
    reception: Reception,
    /// As each antenna had it, where several tell.
    antennas: Vec<Reception>,
    quantities: Vec<(Quantity, u64)>,
    marks: Vec<Mark>,
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
    noise_rssi: Option<u32>,
}

impl Radio {
    /// That of `frame`, if it has such a header, which tells anything.
    pub(super) fn of(frame: &Frame<'_>) -> Option<Self> {
        let mut found = None::<Self>;
        radio::facts(frame, &mut |fact| {
            found.get_or_insert_default().take(fact);
            ControlFlow::Continue(())
        });
        if let Some(found) = &mut found
            && found.flags.has(Flags::SHORT_GUARD_INTERVAL)
        {
            first(&mut found.guard_interval, Some(guard_interval(true)));
        }
        found.filter(|found| *found != Self::default())
    }

    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Clock(clock) => first(&mut self.clock, Some(clock)),
            // That a check sequence is there, the frame shows.
            Fact::Flags(flags) => self.flags.0 |= flags.0 & !Flags::WITH_CHECK_SEQUENCE,
            Fact::Rate(rate) => first(&mut self.plain_rate, Some(tenths(rate))),
            Fact::BitRate(rate) => first(&mut self.plain_rate, Some(f64::from(rate) / 1e6)),
            Fact::Scheme(scheme) => first(&mut self.scheme, Some(scheme)),
            Fact::Channel(channel) => {
                first(&mut self.frequency, Some(channel.frequency));
                first(&mut self.channel, channel.number());
                first(&mut self.phy, phy(channel));
            }
            Fact::ChannelNumber(number) => first(&mut self.channel, Some(number)),
            Fact::Frequency(middle) => first(&mut self.middle, Some(middle)),
            Fact::Phy(phy) => first(&mut self.phy, Some(name(phy))),
            Fact::Bandwidth(width) => first(&mut self.bandwidth, Some(width)),
            Fact::Streams(streams) => first(&mut self.streams, Some(streams)),
            Fact::Strength(strength) => first(&mut self.strength, Some(strength)),
            Fact::Hopping(set, pattern) => {
                first(&mut self.phy, Some(name(Phy::FrequencyHopping)));
                self.quantity(Quantity::HopSet, set.into());
                self.quantity(Quantity::HopPattern, pattern.into());
            }
            Fact::Quality(quality) => first(&mut self.quality, Some(quality)),
            Fact::Power(power) => first(&mut self.power, Some(power)),
            Fact::Attenuation(by) => first(&mut self.attenuation, Some(by)),
            Fact::AttenuationDb(by) => first(&mut self.attenuation_db, Some(by)),
            Fact::HighThroughput(field) => self.high_throughput(field),
            Fact::VeryHighThroughput(field) => self.very_high_throughput(field),
            Fact::HighEfficiency(field) => self.high_efficiency(field),
            Fact::ExtremelyHighThroughput(field) => self.extremely_high_throughput(field),
            Fact::SubGigahertz(field) => self.sub_gigahertz(field),
            Fact::Quantity(quantity, value) => self.quantity(quantity, value),
            Fact::Mark(mark) => self.mark(mark, true),
            Fact::Next => self.antennas.push(Reception::default()),
            Fact::Signal(_)
            | Fact::Noise(_)
            | Fact::RelativeSignal(_)
            | Fact::RelativeNoise(_)
            | Fact::Rssi(_)
            | Fact::NoiseRssi(_)
            | Fact::Antenna(_) => {
                let place = self.antennas.last_mut().unwrap_or(&mut self.reception);
                place.take(fact);
            }
        }
    }

    fn quantity(&mut self, quantity: Quantity, value: u64) {
        if self.quantities.iter().all(|(told, _)| *told != quantity) {
            self.quantities.push((quantity, value));
        }
    }

    fn mark(&mut self, mark: Mark, holds: bool) {
        if holds && !self.marks.contains(&mark) {
            self.marks.push(mark);
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
        self.mark(Mark::Greenfield, field.is_greenfield());
        self.mark(Mark::Ldpc, field.is_ldpc());
        self.mark(Mark::Stbc, field.has_stbc());
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
            self.mark(Mark::Ldpc, user.is_ldpc);
        }
        first(&mut self.bandwidth, width);
        first(&mut self.guard_interval, interval);
        self.mark(Mark::Stbc, field.has_stbc());
    }

    fn high_efficiency(&mut self, field: HighEfficiency) {
        self.phy = Some("ax");
        first(&mut self.form, Some(field.form()));
        self.coded(field.into());
        self.mark(Mark::Uplink, field.is_uplink());
        self.mark(Mark::DualCarrier, field.is_dual_carrier());
        self.mark(Mark::Ldpc, field.is_ldpc());
        self.mark(Mark::Stbc, field.has_stbc());
    }

    fn extremely_high_throughput(&mut self, field: ExtremelyHighThroughput) {
        // Those behind it have the same field before their own.
        self.phy = (field.version().unwrap_or(0) == 0).then_some("be");
        self.coded(field.into());
        self.mark(Mark::Uplink, field.is_uplink());
        self.mark(Mark::Ldpc, field.is_ldpc());
    }

    fn sub_gigahertz(&mut self, field: SubGigahertz) {
        self.phy = Some("ah");
        first(&mut self.reception.rssi, Some(field.rssi()));
        self.coded(field.into());
        self.mark(Mark::Uplink, field.is_uplink());
    }

    fn coded(&mut self, told: Coded) {
        first(&mut self.rate, told.rate);
        first(&mut self.scheme, told.scheme);
        first(&mut self.streams, told.streams);
        first(&mut self.bandwidth, told.bandwidth);
        first(&mut self.guard_interval, told.guard_interval);
        if let Some(colour) = told.colour {
            self.quantity(Quantity::Colour, colour.into());
        }
        if let Some(tones) = told.resource_unit {
            self.quantity(Quantity::ResourceUnit, tones.into());
        }
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
            Fact::NoiseRssi(noise) => first(&mut self.noise_rssi, Some(noise)),
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
        map.maybe("noise_rssi", self.noise_rssi)?;
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
        let mut map = serializer.serialize_map(None)?;
        map.maybe("tsf_us", self.clock)?;
        map.maybe("phy", self.phy)?;
        map.maybe("ppdu", self.form)?;
        map.maybe("rate_mbps", self.rate.map(tenths).or(self.plain_rate))?;
        map.maybe("mcs", self.scheme)?;
        map.maybe("streams", self.streams)?;
        map.maybe("bandwidth_mhz", self.bandwidth)?;
        let interval = self.guard_interval.map(u32::from);
        map.maybe("guard_interval_us", interval.map(tenths))?;
        map.maybe("channel", self.channel)?;
        match self.middle {
            Some(middle) => map.put("frequency_mhz", &(f64::from(middle) / 1e3))?,
            None => map.maybe("frequency_mhz", self.frequency)?,
        }
        map.maybe("signal_dbm", self.strength)?;
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
            ("padded", Flags::PADDED),
            ("bad_fcs", Flags::BAD_CHECK_SEQUENCE),
        ] {
            map.fact(name, self.flags.has(flag))?;
        }
        for (quantity, value) in &self.quantities {
            map.put(quantity.name(), value)?;
        }
        for mark in &self.marks {
            map.put(mark.name(), &true)?;
        }
        map.end()
    }
}

fn tenths(value: u32) -> f64 {
    f64::from(value) / 10.0
}

/// Keeps what is there.
fn first<T>(place: &mut Option<T>, value: Option<T>) {
    if place.is_none() {
        *place = value;
    }
}

const fn name(phy: Phy) -> &'static str {
    match phy {
        Phy::FrequencyHopping => "fhss",
        Phy::DirectSequence => "dsss",
        Phy::Infrared => "ir",
        Phy::B => "b",
        Phy::G => "g",
        Phy::A => "a",
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
