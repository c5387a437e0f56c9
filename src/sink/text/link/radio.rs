//! How a frame of 802.11 was received or sent, in tcpdump's words.

use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;

use crate::model::Frame;
use crate::record::write::{self, number};
use crate::wire::link::radio::{
    self, Channel, Coded, Coding, ExtremelyHighThroughput, Fact, Flags, HighEfficiency,
    HighThroughput, Mark, Phy, Quantity, SubGigahertz, VeryHighThroughput,
};

/// `9.0 Mb/s 2412 MHz 11g -42dBm signal antenna 0 `. tcpdump has these words for radiotap alone; they
/// serve for the headers before that as well. What it does not know is told alike.
pub(super) fn tell(out: &mut Vec<u8>, frame: &Frame<'_>) {
    radio::facts(frame, &mut |fact| fact_in_words(out, fact));
}

fn fact_in_words(out: &mut Vec<u8>, fact: Fact) -> ControlFlow<()> {
    match fact {
        Fact::Clock(microseconds) => labelled(out, microseconds.into(), b"us tsft "),
        Fact::Flags(set) => flags(out, set),
        Fact::Rate(rate) => {
            tenths(out, rate.into());
            out.extend_from_slice(b" Mb/s ");
        }
        Fact::Scheme(scheme) => {
            number(out, b"MCS ", scheme.into());
            out.push(b' ');
        }
        Fact::Channel(told) => channel(out, told),
        Fact::ChannelNumber(told) => {
            number(out, b"channel ", told.into());
            out.push(b' ');
        }
        Fact::Hopping(set, pattern) => {
            number(out, b"fhset ", set.into());
            number(out, b" fhpat ", pattern.into());
            out.push(b' ');
        }
        Fact::Signal(signal) => labelled(out, signal.into(), b"dBm signal "),
        Fact::Noise(noise) => labelled(out, noise.into(), b"dBm noise "),
        Fact::Quality(quality) => labelled(out, quality.into(), b" sq "),
        Fact::Rssi(rssi) => labelled(out, rssi.into(), b" rssi "),
        Fact::Attenuation(attenuation) => {
            labelled(out, -i128::from(attenuation), b" tx power ");
        }
        Fact::AttenuationDb(attenuation) => {
            labelled(out, -i128::from(attenuation), b"dB tx attenuation ");
        }
        Fact::Power(power) => labelled(out, power.into(), b"dBm tx power "),
        Fact::Antenna(antenna) => {
            number(out, b"antenna ", antenna.into());
            out.push(b' ');
        }
        Fact::RelativeSignal(signal) => labelled(out, signal.into(), b"dB signal "),
        Fact::RelativeNoise(noise) => labelled(out, noise.into(), b"dB noise "),
        Fact::HighThroughput(field) => high_throughput(out, field),
        Fact::VeryHighThroughput(field) => very_high_throughput(out, field),
        Fact::Next => {}
        Fact::HighEfficiency(field) => high_efficiency(out, field),
        Fact::ExtremelyHighThroughput(field) => extremely_high_throughput(out, field),
        Fact::SubGigahertz(field) => sub_gigahertz(out, field),
        Fact::BitRate(rate) => labelled(out, rate.into(), b" b/s "),
        Fact::Frequency(middle) => shown(out, format_args!("{middle} kHz ")),
        Fact::Strength(strength) => shown(out, format_args!("{strength}dBm signal ")),
        Fact::Phy(phy) => out.extend_from_slice(match phy {
            Phy::FrequencyHopping => b"FHSS ",
            Phy::DirectSequence => b"DSSS ",
            Phy::Infrared => b"infrared ",
            Phy::B => b"11b ",
            Phy::G => b"11g ",
            Phy::A => b"11a ",
        }),
        Fact::Bandwidth(width) => labelled(out, width.into(), b" MHz wide "),
        Fact::Streams(streams) => labelled(out, streams.into(), b" streams "),
        Fact::NoiseRssi(noise) => labelled(out, noise.into(), b" noise rssi "),
        // tcpdump ends at such a field.
        Fact::Quantity(Quantity::Unread, field) => shown(out, format_args!("[bit {field}] ")),
        Fact::Quantity(quantity, value) => {
            words(out, quantity.name());
            number(out, b" ", value);
            out.push(b' ');
        }
        Fact::Mark(Mark::Cut) => {
            out.extend_from_slice(b" [|802.11_radio]");
            return ControlFlow::Break(());
        }
        Fact::Mark(mark) => {
            words(out, mark.name());
            out.push(b' ');
        }
    }
    ControlFlow::Continue(())
}

/// A name with spaces in the place of `_`.
fn words(out: &mut Vec<u8>, name: &str) {
    out.extend(
        name.bytes()
            .map(|octet| if octet == b'_' { b' ' } else { octet }),
    );
}

fn shown(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = out.write_fmt(text);
}

/// A value with its unit, or with what it is called.
fn labelled(out: &mut Vec<u8>, value: i128, unit: &[u8]) {
    if value < 0 {
        out.push(b'-');
    }
    write::decimal(out, u64::try_from(value.unsigned_abs()).unwrap_or(u64::MAX));
    out.extend_from_slice(unit);
}

fn flags(out: &mut Vec<u8>, flags: Flags) {
    for (flag, word) in [
        (Flags::CONTENTION_FREE, b"cfp ".as_slice()),
        (Flags::SHORT_PREAMBLE, b"short preamble "),
        (Flags::WEP, b"wep "),
        (Flags::FRAGMENTED, b"fragmented "),
        (Flags::PADDED, b"padded "),
        (Flags::BAD_CHECK_SEQUENCE, b"bad-fcs "),
        (Flags::SHORT_GUARD_INTERVAL, b"short GI "),
    ] {
        if flags.has(flag) {
            out.extend_from_slice(word);
        }
    }
}

fn tenths(out: &mut Vec<u8>, value: u64) {
    write::decimal(out, value / 10);
    number(out, b".", value % 10);
}

/// `2412 MHz 11g `: frequency and modulation.
fn channel(out: &mut Vec<u8>, channel: Channel) {
    const TURBO: u32 = 0x10;
    const GFSK: u32 = 0x800;
    const HALF: u32 = 0x4000;
    const QUARTER: u32 = 0x8000;
    const HT20: u32 = 0x1_0000;
    const HT40_ABOVE: u32 = 0x2_0000;
    const HT40_BELOW: u32 = 0x4_0000;
    let width: &[u8] = match channel.flags & (HALF | QUARTER) {
        0 => b"",
        QUARTER => b"/5Mhz",
        _ => b"/10Mhz",
    };
    write::decimal(out, channel.frequency.into());
    out.extend_from_slice(b" MHz");
    if channel.coding == Coding::HighThroughput {
        out.extend_from_slice(b" 11n");
    } else {
        if channel.has(Channel::GHZ2 | GFSK) {
            out.extend_from_slice(b" FHSS");
        }
        if channel.has(Channel::GHZ5 | Channel::OFDM) {
            out.extend_from_slice(b" 11a");
            out.extend_from_slice(width);
        }
        if channel.has(Channel::GHZ2 | Channel::OFDM)
            || channel.has(Channel::GHZ2 | Channel::DYNAMIC)
        {
            out.extend_from_slice(b" 11g");
            out.extend_from_slice(width);
        } else if channel.has(Channel::GHZ2 | Channel::CCK) {
            out.extend_from_slice(b" 11b");
        }
        if channel.has(TURBO) {
            out.extend_from_slice(b" Turbo");
        }
    }
    out.extend_from_slice(if channel.has(HT20) {
        b" ht/20 ".as_slice()
    } else if channel.has(HT40_BELOW) {
        b" ht/40- "
    } else if channel.has(HT40_ABOVE) {
        b" ht/40+ "
    } else {
        b" "
    });
}

/// `65.0 Mb/s MCS 7 20 MHz long GI mixed BCC FEC `.
fn high_throughput(out: &mut Vec<u8>, field: HighThroughput) {
    const KNOWN_FOR_RATE: u8 = HighThroughput::BANDWIDTH | HighThroughput::GUARD_INTERVAL;
    const WIDTHS: [&[u8]; 4] = [b"20 MHz ", b"40 MHz ", b"20 MHz (L) ", b"20 MHz (U) "];
    let HighThroughput([known, flags, scheme]) = field;
    if field.knows(HighThroughput::SCHEME) {
        if let Some(rate) = field.rate().filter(|_| field.knows(KNOWN_FOR_RATE)) {
            tenths(out, rate.into());
            out.extend_from_slice(b" Mb/s ");
        }
        number(out, b"MCS ", scheme.into());
        out.push(b' ');
    }
    if field.knows(HighThroughput::BANDWIDTH) {
        out.extend_from_slice(WIDTHS[usize::from(flags & 3)]);
    }
    let choose = |bit: u8, set: &'static [u8], clear: &'static [u8]| {
        if flags & bit != 0 { set } else { clear }
    };
    for (bit, words) in [
        (
            HighThroughput::GUARD_INTERVAL,
            choose(0x04, b"short GI ", b"long GI "),
        ),
        (0x08, choose(0x08, b"greenfield ", b"mixed ")),
        (0x10, choose(0x10, b"LDPC FEC ", b"BCC FEC ")),
    ] {
        if known & bit != 0 {
            out.extend_from_slice(words);
        }
    }
    if known & 0x20 != 0 {
        number(out, b"RX-STBC", u64::from(flags >> 5 & 3));
        out.push(b' ');
    }
}

/// `User 0 MCS 9 LDPC FEC 80 MHz short GI `.
fn very_high_throughput(out: &mut Vec<u8>, field: VeryHighThroughput) {
    const WIDTHS: [&str; 26] = [
        "20 MHz",
        "40 MHz",
        "20 MHz (L)",
        "20 MHz (U)",
        "80 MHz",
        "80 MHz (L)",
        "80 MHz (U)",
        "80 MHz (LL)",
        "80 MHz (LU)",
        "80 MHz (UL)",
        "80 MHz (UU)",
        "160 MHz",
        "160 MHz (L)",
        "160 MHz (U)",
        "160 MHz (LL)",
        "160 MHz (LU)",
        "160 MHz (UL)",
        "160 MHz (UU)",
        "160 MHz (LLL)",
        "160 MHz (LLU)",
        "160 MHz (LUL)",
        "160 MHz (LUU)",
        "160 MHz (ULL)",
        "160 MHz (ULU)",
        "160 MHz (UUL)",
        "160 MHz (UUU)",
    ];
    for user in field.users() {
        number(out, b"User ", user.number.into());
        number(out, b" MCS ", user.scheme.into());
        out.extend_from_slice(if user.is_ldpc {
            b" LDPC FEC "
        } else {
            b" BCC FEC "
        });
    }
    if field.knows(VeryHighThroughput::BANDWIDTH) {
        let number_of = field.bandwidth_number();
        if let Some(width) = WIDTHS.get(usize::from(number_of)) {
            out.extend_from_slice(width.as_bytes());
        } else {
            number(out, b"unknown (", number_of.into());
            out.push(b')');
        }
        out.push(b' ');
    }
    if field.knows(VeryHighThroughput::GUARD_INTERVAL) {
        out.extend_from_slice(if field.has_short_guard_interval() {
            b"short GI "
        } else {
            b"long GI "
        });
    }
}

/// `HE SU 720.6 Mb/s MCS 7 2 streams 80 MHz 0.8us GI `: what is known of it.
fn coded(out: &mut Vec<u8>, kind: &str, coded: &Coded, marks: &[(bool, &str)]) {
    shown(out, format_args!("{kind} "));
    if let Some(rate) = coded.rate {
        tenths(out, rate.into());
        out.extend_from_slice(b" Mb/s ");
    }
    if let Some(scheme) = coded.scheme {
        shown(out, format_args!("MCS {scheme} "));
    }
    match coded.streams {
        Some(1) => out.extend_from_slice(b"1 stream "),
        Some(streams) => shown(out, format_args!("{streams} streams ")),
        None => {}
    }
    if let Some(bandwidth) = coded.bandwidth {
        shown(out, format_args!("{bandwidth} MHz "));
    }
    if let Some(tones) = coded.resource_unit {
        shown(out, format_args!("{tones}-tone RU "));
    }
    if let Some(interval) = coded.guard_interval {
        tenths(out, interval.into());
        out.extend_from_slice(b"us GI ");
    }
    for (_, word) in marks.iter().filter(|(holds, _)| *holds) {
        shown(out, format_args!("{word} "));
    }
    if let Some(colour) = coded.colour {
        shown(out, format_args!("BSS color {colour} "));
    }
}

fn high_efficiency(out: &mut Vec<u8>, field: HighEfficiency) {
    let kind = match field.form() {
        "su" => "HE SU",
        "ext_su" => "HE ext SU",
        "mu" => "HE MU",
        _ => "HE TB",
    };
    let marks = [
        (field.is_dual_carrier(), "DCM"),
        (field.has_stbc(), "STBC"),
        (field.is_ldpc(), "LDPC FEC"),
        (field.is_uplink(), "uplink"),
    ];
    coded(out, kind, &field.into(), &marks);
}

fn extremely_high_throughput(out: &mut Vec<u8>, field: ExtremelyHighThroughput) {
    let marks = [(field.is_ldpc(), "LDPC FEC"), (field.is_uplink(), "uplink")];
    coded(out, "EHT", &field.into(), &marks);
}

fn sub_gigahertz(out: &mut Vec<u8>, field: SubGigahertz) {
    coded(out, "S1G", &field.into(), &[(field.is_uplink(), "uplink")]);
    number(out, b"", field.rssi().into());
    out.extend_from_slice(b" rssi ");
}
