//! How a frame of 802.11 was received or sent, in tcpdump's words: the fields of radiotap, as
//! <https://www.radiotap.org> defines them.

use super::number;
use crate::record::write;
use crate::wire::bytes::{array_at, u8_at};

/// Numbers of fields, as the bits of the presence words tell them.
mod field {
    pub(super) const XCHANNEL: u32 = 18;
    pub(super) const MCS: u32 = 19;
    pub(super) const RADIOTAP_NAMESPACE: u32 = 29;
    pub(super) const VENDOR_NAMESPACE: u32 = 30;
    pub(super) const MORE_WORDS: u32 = 31;
}

/// The header ended within a field, or has one of a size that is not known.
struct Stop;

/// `9.0 Mb/s 2412 MHz 11g -42dBm signal antenna 0 `, and how many octets of check sequence follow
/// the frame.
pub(super) fn tap(out: &mut Vec<u8>, data: &[u8]) -> u32 {
    const WITH_CHECK_SEQUENCE: u8 = 0x10;
    let length = array_at(data, 2).map_or(0, u16::from_le_bytes);
    let header = data.get(..usize::from(length)).unwrap_or(data);
    let mut words = 1;
    let word = |n: usize| array_at(header, 4 * n).map(u32::from_le_bytes);
    while word(words).is_some_and(|word| word >> field::MORE_WORDS != 0) {
        words += 1;
    }
    let mut fields = Fields {
        header,
        at: 4 * (words + 1),
        flags: 0,
    };
    let (mut first, mut of_vendor) = (0, None);
    for present in (1..=words).map_while(word) {
        let read = match of_vendor.take() {
            Some(octets) => fields.skip(octets),
            None => (0..field::RADIOTAP_NAMESPACE)
                .filter(|bit| present >> bit & 1 != 0)
                .try_for_each(|bit| fields.tell(out, first + bit, present)),
        };
        if read.is_err() {
            break;
        }
        let has = |bit: u32| present >> bit & 1 != 0;
        first = match (has(field::RADIOTAP_NAMESPACE), has(field::VENDOR_NAMESPACE)) {
            (true, false) => 0,
            (false, true) => match fields.vendor() {
                Some(octets) => {
                    of_vendor = Some(octets);
                    0
                }
                None => break,
            },
            (false, false) => first + 32,
            // No such thing is defined.
            (true, true) => first,
        };
    }
    if fields.flags & WITH_CHECK_SEQUENCE == 0 {
        0
    } else {
        4
    }
}

/// The fields of a header, each aligned to its own size from the header's start.
struct Fields<'a> {
    header: &'a [u8],
    at: usize,
    /// What the field of flags said.
    flags: u8,
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self, align: usize) -> Option<[u8; N]> {
        let at = self.at.next_multiple_of(align);
        let octets = array_at(self.header, at)?;
        self.at = at + N;
        Some(octets)
    }

    fn skip(&mut self, octets: u16) -> Result<(), Stop> {
        self.at += usize::from(octets);
        (self.at <= self.header.len()).then_some(()).ok_or(Stop)
    }

    /// How many octets of a vendor's fields follow.
    fn vendor(&mut self) -> Option<u16> {
        let [_, _, _, _, low, high] = self.take(2)?;
        Some(u16::from_le_bytes([low, high]))
    }

    /// Tells the field of this number, of those that `present` lists.
    fn tell(&mut self, out: &mut Vec<u8>, field: u32, present: u32) -> Result<(), Stop> {
        self.told(out, field, present).unwrap_or_else(|| {
            out.extend_from_slice(b" [|802.11_radio]");
            Err(Stop)
        })
    }

    fn told(&mut self, out: &mut Vec<u8>, field: u32, present: u32) -> Option<Result<(), Stop>> {
        match field {
            0 => {
                number(out, b"", u64::from_le_bytes(self.take(8)?));
                out.extend_from_slice(b"us tsft ");
            }
            1 => {
                [self.flags] = self.take(1)?;
                flags(out, self.flags);
            }
            2 => rate(out, self.take::<1>(1)?[0]),
            3 => {
                let [a, b, c, d] = self.take(2)?;
                if present >> field::XCHANNEL & 1 == 0 {
                    let flags = u32::from(u16::from_le_bytes([c, d]));
                    channel(out, u16::from_le_bytes([a, b]), flags, present);
                }
            }
            4 => {
                let [set, pattern] = self.take(2)?;
                number(out, b"fhset ", set.into());
                number(out, b" fhpat ", pattern.into());
                out.push(b' ');
            }
            5 => signed(out, self.take(1)?, b"dBm signal "),
            6 => signed(out, self.take(1)?, b"dBm noise "),
            7 => {
                number(out, b"", u16::from_le_bytes(self.take(2)?).into());
                out.extend_from_slice(b" sq ");
            }
            8 => {
                let attenuation = i16::from_le_bytes(self.take(2)?);
                minus(out, -i32::from(attenuation), b" tx power ");
            }
            9 => {
                let [attenuation] = self.take(1)?;
                let attenuation = i8::from_le_bytes([attenuation]);
                minus(out, -i32::from(attenuation), b"dB tx attenuation ");
            }
            10 => signed(out, self.take(1)?, b"dBm tx power "),
            11 => {
                number(out, b"antenna ", self.take::<1>(1)?[0].into());
                out.push(b' ');
            }
            12 | 13 => {
                number(out, b"", self.take::<1>(1)?[0].into());
                out.extend_from_slice(if field == 12 {
                    b"dB signal "
                } else {
                    b"dB noise "
                });
            }
            14 => _ = self.take::<2>(2)?,
            field::XCHANNEL => {
                let flags = u32::from_le_bytes(self.take(4)?);
                let frequency = u16::from_le_bytes(self.take(2)?);
                let [_channel, _most_power] = self.take(1)?;
                channel(out, frequency, flags, present);
            }
            field::MCS => high_throughput(out, self.take(1)?),
            20 => _ = self.take::<8>(4)?,
            21 => very_high_throughput(out, self.take(2)?),
            other => {
                number(out, b"[bit ", other.into());
                out.extend_from_slice(b"] ");
                return Some(Err(Stop));
            }
        }
        Some(Ok(()))
    }
}

fn signed(out: &mut Vec<u8>, value: [u8; 1], unit: &[u8]) {
    minus(out, i8::from_le_bytes(value).into(), unit);
}

fn minus(out: &mut Vec<u8>, value: i32, unit: &[u8]) {
    if value < 0 {
        out.push(b'-');
    }
    write::decimal(out, value.unsigned_abs().into());
    out.extend_from_slice(unit);
}

fn flags(out: &mut Vec<u8>, flags: u8) {
    for (flag, word) in [
        (0x01, b"cfp ".as_slice()),
        (0x02, b"short preamble "),
        (0x04, b"wep "),
        (0x08, b"fragmented "),
        (0x40, b"bad-fcs "),
    ] {
        if flags & flag != 0 {
            out.extend_from_slice(word);
        }
    }
}

/// In units of 500 kb/s; some systems give the number of a coding scheme instead.
fn rate(out: &mut Vec<u8>, rate: u8) {
    if let 0x80..=0x8f = rate {
        number(out, b"MCS ", (rate & 0x7f).into());
        out.push(b' ');
    } else {
        tenths(out, u64::from(rate) * 5);
        out.extend_from_slice(b" Mb/s ");
    }
}

fn tenths(out: &mut Vec<u8>, value: u64) {
    write::decimal(out, value / 10);
    number(out, b".", value % 10);
}

/// `2412 MHz 11g `: frequency and modulation.
fn channel(out: &mut Vec<u8>, frequency: u16, flags: u32, present: u32) {
    const TURBO: u32 = 0x10;
    const CCK: u32 = 0x20;
    const OFDM: u32 = 0x40;
    const GHZ2: u32 = 0x80;
    const GHZ5: u32 = 0x100;
    const DYNAMIC: u32 = 0x400;
    const GFSK: u32 = 0x800;
    const HALF: u32 = 0x4000;
    const QUARTER: u32 = 0x8000;
    const HT20: u32 = 0x1_0000;
    const HT40_ABOVE: u32 = 0x2_0000;
    const HT40_BELOW: u32 = 0x4_0000;
    let has = |bits: u32| flags & bits == bits;
    let width: &[u8] = match flags & (HALF | QUARTER) {
        0 => b"",
        QUARTER => b"/5Mhz",
        _ => b"/10Mhz",
    };
    write::decimal(out, frequency.into());
    out.extend_from_slice(b" MHz");
    if present >> field::MCS & 1 != 0 {
        out.extend_from_slice(b" 11n");
    } else {
        if has(GHZ2 | GFSK) {
            out.extend_from_slice(b" FHSS");
        }
        if has(GHZ5 | OFDM) {
            out.extend_from_slice(b" 11a");
            out.extend_from_slice(width);
        }
        if has(GHZ2 | OFDM) || has(GHZ2 | DYNAMIC) {
            out.extend_from_slice(b" 11g");
            out.extend_from_slice(width);
        } else if has(GHZ2 | CCK) {
            out.extend_from_slice(b" 11b");
        }
        if has(TURBO) {
            out.extend_from_slice(b" Turbo");
        }
    }
    out.extend_from_slice(if has(HT20) {
        b" ht/20 ".as_slice()
    } else if has(HT40_BELOW) {
        b" ht/40- "
    } else if has(HT40_ABOVE) {
        b" ht/40+ "
    } else {
        b" "
    });
}

/// `65.0 Mb/s MCS 7 20 MHz long GI mixed BCC FEC `.
fn high_throughput(out: &mut Vec<u8>, [known, flags, scheme]: [u8; 3]) {
    const BANDWIDTH: u8 = 0x01;
    const SCHEME: u8 = 0x02;
    const GUARD_INTERVAL: u8 = 0x04;
    const WIDTHS: [&[u8]; 4] = [b"20 MHz ", b"40 MHz ", b"20 MHz (L) ", b"20 MHz (U) "];
    let (width, is_short) = (flags & 3, flags & 4 != 0);
    if known & SCHEME != 0 {
        let rate = (known & (BANDWIDTH | GUARD_INTERVAL) != 0)
            .then(|| tenths_of_scheme(scheme, width == 1, is_short))
            .flatten();
        if let Some(rate) = rate {
            tenths(out, rate);
            out.extend_from_slice(b" Mb/s ");
        }
        number(out, b"MCS ", scheme.into());
        out.push(b' ');
    }
    if known & BANDWIDTH != 0 {
        out.extend_from_slice(WIDTHS[usize::from(width)]);
    }
    let choose = |bit: u8, set: &'static [u8], clear: &'static [u8]| {
        if flags & bit != 0 { set } else { clear }
    };
    for (bit, words) in [
        (GUARD_INTERVAL, choose(0x04, b"short GI ", b"long GI ")),
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

/// Tenths of Mb/s of a scheme (IEEE 802.11 section 19.5).
fn tenths_of_scheme(scheme: u8, is_wide: bool, is_short: bool) -> Option<u64> {
    /// Bits of one stream on a subcarrier, in twelfths.
    const EQUAL: [u64; 8] = [6, 12, 18, 24, 36, 48, 54, 60];
    /// Coded bits of all streams on a subcarrier, where the streams differ.
    const OF_2: [u64; 3] = [6, 8, 10];
    const OF_3: [u64; 7] = [8, 10, 10, 12, 14, 14, 16];
    const OF_4: [u64; 12] = [10, 12, 14, 12, 14, 16, 18, 16, 18, 20, 20, 22];
    // Half of them are data, and three quarters in the schemes behind.
    let unequal = |of: &[u64], n: u8| {
        let n = usize::from(n);
        let coded = of.get(n).map(|bits| bits * 6);
        coded.or_else(|| of.get(n - of.len()).map(|bits| bits * 9))
    };
    let twelfths = match scheme {
        0..=31 => EQUAL[usize::from(scheme & 7)] * u64::from(scheme / 8 + 1),
        // One stream twice, side by side.
        32 => return is_wide.then_some(if is_short { 67 } else { 60 }),
        33..=38 => unequal(&OF_2, scheme - 33)?,
        39..=52 => unequal(&OF_3, scheme - 39)?,
        53..=76 => unequal(&OF_4, scheme - 53)?,
        _ => return None,
    };
    // 52 or 108 subcarriers in 4 us, or in 3.6.
    let per_bit = if is_wide { 27 } else { 13 };
    let (multiply, divide) = if is_short { (100, 108) } else { (10, 12) };
    Some((twelfths * per_bit * multiply + divide / 2) / divide)
}

/// `User 0 MCS 9 LDPC FEC 80 MHz short GI `.
fn very_high_throughput(out: &mut Vec<u8>, field: [u8; 12]) {
    const GUARD_INTERVAL: u8 = 0x04;
    const BANDWIDTH: u8 = 0x40;
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
    let [known, _, flags, bandwidth, ..] = field;
    let coding = u8_at(&field, 8).unwrap_or(0);
    for user in 0..4_u8 {
        let streams = u8_at(&field, 4 + usize::from(user)).unwrap_or(0);
        let (scheme, streams) = (streams >> 4, streams & 0x0f);
        if streams == 0 {
            continue;
        }
        number(out, b"User ", user.into());
        number(out, b" MCS ", scheme.into());
        out.extend_from_slice(if coding >> user & 1 != 0 {
            b" LDPC FEC "
        } else {
            b" BCC FEC "
        });
    }
    if known & BANDWIDTH != 0 {
        let number_of = bandwidth & 0x1f;
        if let Some(width) = WIDTHS.get(usize::from(number_of)) {
            out.extend_from_slice(width.as_bytes());
        } else {
            number(out, b"unknown (", number_of.into());
            out.push(b')');
        }
        out.push(b' ');
    }
    if known & GUARD_INTERVAL != 0 {
        out.extend_from_slice(if flags & 0x04 != 0 {
            b"short GI "
        } else {
            b"long GI "
        });
    }
}
