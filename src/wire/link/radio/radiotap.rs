//! Radiotap (<https://www.radiotap.org>): words that tell which fields are there, then those, in
//! little-endian numbers, each aligned to its own size from the header's start.

use std::ops::ControlFlow;

use super::{Channel, Coding, Fact, Flags, HighEfficiency, HighThroughput, VeryHighThroughput};
use crate::wire::bytes::array_at;

/// Numbers of fields, as the bits of the presence words tell them.
mod field {
    pub(super) const XCHANNEL: u32 = 18;
    pub(super) const MCS: u32 = 19;
    pub(super) const RADIOTAP_NAMESPACE: u32 = 29;
    pub(super) const VENDOR_NAMESPACE: u32 = 30;
    pub(super) const MORE_WORDS: u32 = 31;
}

/// Gives what the header at the start of `data` tells.
pub(super) fn facts(data: &[u8], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
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
    };
    let (mut first, mut of_vendor) = (0, None);
    for present in (1..=words).map_while(word) {
        match of_vendor.take() {
            Some(octets) => fields.skip(octets)?,
            None => {
                for bit in (0..field::RADIOTAP_NAMESPACE).filter(|bit| present >> bit & 1 != 0) {
                    let field = first + bit;
                    match fields.read(field, present) {
                        Some(Read::Fact(fact)) => told(fact)?,
                        Some(Read::Nothing) => {}
                        // What its size is, is not known.
                        Some(Read::Unknown) => return told(Fact::Other(field)),
                        None => return told(Fact::Cut),
                    }
                }
            }
        }
        let has = |bit: u32| present >> bit & 1 != 0;
        first = match (has(field::RADIOTAP_NAMESPACE), has(field::VENDOR_NAMESPACE)) {
            (true, false) => {
                told(Fact::Next)?;
                0
            }
            (false, true) => match fields.vendor() {
                Some(octets) => {
                    of_vendor = Some(octets);
                    0
                }
                None => return ControlFlow::Continue(()),
            },
            (false, false) => first + 32,
            // No such thing is defined.
            (true, true) => first,
        };
    }
    ControlFlow::Continue(())
}

/// What came of a field.
enum Read {
    Fact(Fact),
    /// There is nothing in it to be told.
    Nothing,
    Unknown,
}

/// The fields of a header.
struct Fields<'a> {
    header: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self, align: usize) -> Option<[u8; N]> {
        let at = self.at.next_multiple_of(align);
        let octets = array_at(self.header, at)?;
        self.at = at + N;
        Some(octets)
    }

    fn octet(&mut self) -> Option<u8> {
        self.take::<1>(1).map(|[octet]| octet)
    }

    fn skip(&mut self, octets: u16) -> ControlFlow<()> {
        self.at += usize::from(octets);
        if self.at <= self.header.len() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    /// How many octets of a vendor's fields follow.
    fn vendor(&mut self) -> Option<u16> {
        let [_, _, _, _, low, high] = self.take(2)?;
        Some(u16::from_le_bytes([low, high]))
    }

    /// Reads the field of this number, of those that `present` lists; none where the header ends.
    fn read(&mut self, field: u32, present: u32) -> Option<Read> {
        let has = |bit: u32| present >> bit & 1 != 0;
        let coding = if has(field::MCS) {
            Coding::HighThroughput
        } else {
            Coding::ByFlags
        };
        let signed = |octet: u8| i8::from_le_bytes([octet]);
        Some(Read::Fact(match field {
            0 => Fact::Clock(u64::from_le_bytes(self.take(8)?)),
            1 => Fact::Flags(Flags(self.octet()?)),
            // Some systems give the number of a coding scheme instead.
            2 => match self.octet()? {
                scheme @ 0x80..=0x8f => Fact::Scheme(scheme & 0x7f),
                rate => Fact::Rate(u32::from(rate) * 5),
            },
            3 => {
                let [a, b, c, d] = self.take(2)?;
                if has(field::XCHANNEL) {
                    return Some(Read::Nothing);
                }
                Fact::Channel(Channel {
                    frequency: u16::from_le_bytes([a, b]),
                    flags: u16::from_le_bytes([c, d]).into(),
                    coding,
                })
            }
            4 => {
                let [set, pattern] = self.take(2)?;
                Fact::Hopping(set, pattern)
            }
            5 => Fact::Signal(signed(self.octet()?).into()),
            6 => Fact::Noise(signed(self.octet()?).into()),
            7 => Fact::Quality(u16::from_le_bytes(self.take(2)?).into()),
            8 => Fact::Attenuation(i16::from_le_bytes(self.take(2)?)),
            9 => Fact::AttenuationDb(signed(self.octet()?)),
            10 => Fact::Power(signed(self.octet()?)),
            11 => Fact::Antenna(self.octet()?.into()),
            12 => Fact::RelativeSignal(self.octet()?),
            13 => Fact::RelativeNoise(self.octet()?),
            14 => {
                self.take::<2>(2)?;
                return Some(Read::Nothing);
            }
            field::XCHANNEL => {
                let flags = u32::from_le_bytes(self.take(4)?);
                let frequency = u16::from_le_bytes(self.take(2)?);
                let [_channel, _most_power] = self.take(1)?;
                Fact::Channel(Channel {
                    frequency,
                    flags,
                    coding,
                })
            }
            field::MCS => Fact::HighThroughput(HighThroughput(self.take(1)?)),
            20 => {
                self.take::<8>(4)?;
                return Some(Read::Nothing);
            }
            21 => Fact::VeryHighThroughput(VeryHighThroughput(self.take(2)?)),
            22 => {
                self.take::<12>(8)?;
                Fact::Other(22)
            }
            23 => Fact::HighEfficiency(HighEfficiency(self.take(2)?)),
            _ => return Some(Read::Unknown),
        }))
    }
}
