//! Numbers, times and sizes, as arguments give them.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, bail};

/// The memory under which the tables are of no use.
const LEAST_MEMORY: u64 = 1 << 20;

/// What reads a whole number in this range, and says which that is where it is given another.
pub(crate) fn number<T: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| match (range.start(), range.end()) {
                (least, &u64::MAX) => format!("give a whole number, {least} or more"),
                (least, most) => format!("give a whole number from {least} to {most}"),
            })
    }
}

/// A span of time: a number of seconds, or one with a unit.
pub(super) fn duration(text: &str) -> anyhow::Result<Duration> {
    let (number, unit) = split_unit(text);
    let seconds = match unit {
        "" | "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => bail!("'{text}' is not a time: give seconds, or a number with ms, s, m or h"),
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
        .filter(|span| !span.is_zero())
        .with_context(|| {
            format!("'{text}' is not a time above zero: give for example 10s or 500ms")
        })
}

/// A size in octets: a number, or one with a binary unit.
pub(super) fn size(text: &str) -> anyhow::Result<u64> {
    let (number, unit) = split_unit(text);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => bail!("'{text}' is not a size: give octets, or a number with KiB, MiB or GiB"),
    };
    let octets = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .with_context(|| format!("'{text}' is not a size: give for example 256MiB"))?;
    if octets < LEAST_MEMORY {
        bail!("'{text}' is too little: give at least 1MiB");
    }
    Ok(octets)
}

fn split_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    (number.trim(), unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_and_in_their_range() {
        let from_one = number::<u64>(1..=u64::MAX);
        assert_eq!(from_one("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "0", "-1", "1.5", "x", "18446744073709551616"] {
            let refused = Err("give a whole number, 1 or more".to_owned());
            assert_eq!(from_one(bad), refused, "{bad}");
        }
        let some = number::<u32>(0..=7);
        assert_eq!((some("0"), some("7")), (Ok(0), Ok(7)));
        assert_eq!(some("8").unwrap_err(), "give a whole number from 0 to 7");
    }

    #[test]
    fn times_take_units_and_refuse_nonsense() {
        assert_eq!(duration("10").unwrap(), Duration::from_secs(10));
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(duration("1.5 m").unwrap(), Duration::from_secs(90));
        for bad in ["", "0", "-1", "ten", "1e400", "5 parsecs", "nan", "inf"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_take_units_and_refuse_nonsense() {
        assert_eq!(size("64MiB").unwrap(), 64 << 20);
        assert_eq!(size("1g").unwrap(), 1 << 30);
        assert_eq!(size("2097152").unwrap(), 2 << 20);
        for bad in ["", "1", "1k", "99999999999999G", "-5M", "1.5G", "5x"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
