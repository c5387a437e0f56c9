//! The time at the start of a line, in tcpdump's five styles.

use jiff::tz::TimeZone;

use crate::model::Timestamp;
use crate::record::write;

/// What the time at the start of a line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampStyle {
    /// The local time of day.
    #[default]
    Clock,
    /// `-t`: nothing.
    None,
    /// `-tt`: seconds since the epoch.
    Epoch,
    /// `-ttt`: time since the line before.
    SincePrevious,
    /// `-tttt`: date and local time.
    Date,
    /// `-ttttt`: time since the first line.
    SinceFirst,
}

/// How many decimals a second has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Six.
    #[default]
    Micro,
    /// Nine.
    Nano,
}

/// Local time, with the zone's offset kept: looking it up costs more than the rest of a line.
pub(crate) struct Clock {
    zone: TimeZone,
    /// The quarter of an hour for which `offset` holds: no zone changes within one.
    quarter: i64,
    offset: i64,
    /// The day that `date` spells.
    day: i64,
    date: Vec<u8>,
    /// The second, as the zone has it not yet, that `time` spells: most lines tell that of the last.
    second: i64,
    time: [u8; 8],
}

impl Clock {
    const QUARTER: i64 = 900;

    pub(crate) fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            quarter: i64::MIN,
            offset: 0,
            day: i64::MIN,
            date: Vec::new(),
            second: i64::MIN,
            time: [0; 8],
        }
    }

    /// Day and second of the day in local time, and the nanoseconds beyond.
    fn local(&mut self, ts: Timestamp) -> (i64, u64, u64) {
        let (seconds, nanos) = write::split(ts);
        let quarter = seconds.div_euclid(Self::QUARTER);
        if quarter != self.quarter {
            self.quarter = quarter;
            self.offset = jiff::Timestamp::from_second(seconds)
                .map_or(0, |at| self.zone.to_offset(at).seconds().into());
        }
        let (day, second) = write::split_day(seconds + self.offset);
        (day, second, nanos)
    }

    /// `YYYY-MM-DD HH:MM:SS.ffffff`.
    pub(crate) fn date_clock(&mut self, out: &mut Vec<u8>, ts: Timestamp, precision: Precision) {
        let (day, second, nanos) = self.local(ts);
        if day != self.day {
            self.day = day;
            self.date.clear();
            write::date(&mut self.date, day);
        }
        out.extend_from_slice(&self.date);
        out.push(b' ');
        write::clock(out, second);
        fraction(out, nanos, precision);
    }

    fn clock(&mut self, out: &mut Vec<u8>, ts: Timestamp, precision: Precision) {
        let (second, nanos) = write::split(ts);
        if second != self.second {
            let (_, of_day, _) = self.local(ts);
            self.time = write::clock_text(of_day);
            self.second = second;
        }
        out.extend_from_slice(&self.time);
        fraction(out, nanos, precision);
    }
}

/// A point and the decimals; what lies beyond them is cut off, as tcpdump does.
fn fraction(out: &mut Vec<u8>, nanos: u64, precision: Precision) {
    out.push(b'.');
    match precision {
        Precision::Micro => write::six(out, nanos / 1000),
        Precision::Nano => write::nine(out, nanos),
    }
}

/// The times of lines: two styles depend on the lines before.
pub(super) struct Lines {
    style: TimestampStyle,
    precision: Precision,
    /// The first line's time, or that of the line before.
    reference: Option<Timestamp>,
}

impl Lines {
    pub(super) const fn new(style: TimestampStyle, precision: Precision) -> Self {
        Self {
            style,
            precision,
            reference: None,
        }
    }

    /// The time of the next line, with the blank behind it.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, ts: Timestamp, clock: &mut Clock) {
        match self.style {
            TimestampStyle::None => return,
            TimestampStyle::Clock => clock.clock(out, ts, self.precision),
            TimestampStyle::Date => clock.date_clock(out, ts, self.precision),
            TimestampStyle::Epoch => epoch(out, ts, self.precision),
            TimestampStyle::SincePrevious => {
                let before = self.reference.replace(ts).unwrap_or(ts);
                difference(out, ts, before, self.precision);
            }
            TimestampStyle::SinceFirst => {
                let first = *self.reference.get_or_insert(ts);
                difference(out, ts, first, self.precision);
            }
        }
        out.push(b' ');
    }
}

fn epoch(out: &mut Vec<u8>, ts: Timestamp, precision: Precision) {
    let (seconds, nanos) = write::split(ts);
    if seconds < 0 {
        out.push(b'-');
    }
    write::decimal(out, seconds.unsigned_abs());
    fraction(out, nanos, precision);
}

fn difference(out: &mut Vec<u8>, ts: Timestamp, from: Timestamp, precision: Precision) {
    let ahead = ts.since(from);
    // The place of the sign.
    out.push(if ahead.is_some() { b' ' } else { b'-' });
    let span = ahead.unwrap_or_else(|| from.since(ts).unwrap_or_default());
    write::clock(out, span.as_secs());
    fraction(out, span.subsec_nanos().into(), precision);
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_nanos(1_753_518_350_469_472_123);

    fn lines(style: TimestampStyle, precision: Precision, times: &[Timestamp]) -> Vec<String> {
        let mut stamps = Lines::new(style, precision);
        let mut clock = Clock::new(TimeZone::UTC);
        let mut line = |ts| {
            let mut out = Vec::new();
            stamps.write(&mut out, ts, &mut clock);
            String::from_utf8(out).unwrap()
        };
        times.iter().map(|ts| line(*ts)).collect()
    }

    #[test]
    fn each_style_looks_as_in_tcpdump() {
        use Precision::{Micro, Nano};
        let one = |style, precision| lines(style, precision, &[AT]).remove(0);
        assert_eq!(one(TimestampStyle::Clock, Micro), "08:25:50.469472 ");
        assert_eq!(one(TimestampStyle::Clock, Nano), "08:25:50.469472123 ");
        assert_eq!(one(TimestampStyle::None, Micro), "");
        assert_eq!(one(TimestampStyle::Epoch, Micro), "1753518350.469472 ");
        assert_eq!(
            one(TimestampStyle::Date, Nano),
            "2025-07-26 08:25:50.469472123 "
        );
    }

    #[test]
    fn differences_may_be_negative() {
        let at = |nanos| Timestamp::from_nanos(AT.as_nanos() + nanos);
        let times = [
            at(0),
            at(28_000),
            at(-3_600_000_000_000),
            at(90_061_000_000_000),
        ];
        assert_eq!(
            lines(TimestampStyle::SincePrevious, Precision::Micro, &times),
            [
                " 00:00:00.000000 ",
                " 00:00:00.000028 ",
                "-01:00:00.000028 ",
                " 26:01:01.000000 "
            ]
        );
        assert_eq!(
            lines(TimestampStyle::SinceFirst, Precision::Micro, &times),
            [
                " 00:00:00.000000 ",
                " 00:00:00.000028 ",
                "-01:00:00.000000 ",
                " 25:01:01.000000 "
            ]
        );
    }

    #[test]
    fn local_time_follows_the_zone_through_its_changes() {
        // Lord Howe Island changes by half an hour, at 15:00 and 15:30 UTC.
        for name in [
            "Europe/Berlin",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "UTC",
        ] {
            let zone = TimeZone::get(name).unwrap();
            let mut clock = Clock::new(zone.clone());
            for step in 0..4 * 24 * 365 {
                let second = 1_735_689_600 + step * 900 + step % 900;
                let mut out = Vec::new();
                clock.date_clock(
                    &mut out,
                    Timestamp::from_parts(second, 5_000),
                    Precision::Micro,
                );
                let local = jiff::Timestamp::from_second(second)
                    .unwrap()
                    .to_zoned(zone.clone());
                assert_eq!(
                    String::from_utf8(out).unwrap(),
                    local.strftime("%F %T.000005").to_string(),
                    "{name} {second}"
                );
            }
        }
    }

    #[test]
    fn no_time_overflows() {
        let ends = [Timestamp::MIN, Timestamp::MAX, Timestamp::MIN];
        for style in [
            TimestampStyle::Clock,
            TimestampStyle::Epoch,
            TimestampStyle::SincePrevious,
            TimestampStyle::Date,
            TimestampStyle::SinceFirst,
        ] {
            assert_eq!(lines(style, Precision::Nano, &ends).len(), 3);
        }
    }
}
