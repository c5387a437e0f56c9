//! Radiotap (<https://www.radiotap.org>): words that tell which fields are there, then those, in
//! little-endian numbers, each aligned to its own size from the header's start. Behind them may be
//! fields of type, length and value.

use std::ops::ControlFlow;

use super::told::{Mark, Quantity};
use super::{
    Channel, Coding, ExtremelyHighThroughput, Fact, Flags, HighEfficiency, HighThroughput,
    SubGigahertz, VeryHighThroughput,
};
use crate::wire::bytes::array_at;

/// Numbers of fields, as the bits of the presence words tell them.
mod field {
    pub(super) const XCHANNEL: u32 = 18;
    pub(super) const MCS: u32 = 19;
    pub(super) const TYPE_LENGTH_VALUE: u32 = 28;
    pub(super) const RADIOTAP_NAMESPACE: u32 = 29;
    pub(super) const VENDOR_NAMESPACE: u32 = 30;
    pub(super) const MORE_WORDS: u32 = 31;
    /// These have no bits.
    pub(super) const S1G: u32 = 32;
    pub(super) const U_SIG: u32 = 33;
    pub(super) const EHT: u32 = 34;
}

/// Where facts are told, until there are enough.
type Told<'t> = &'t mut dyn FnMut(Fact) -> ControlFlow<()>;

/// Gives what the header at the start of `data` tells.
pub(super) fn facts(data: &[u8], told: Told<'_>) -> ControlFlow<()> {
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
        let has = |bit: u32| present >> bit & 1 != 0;
        match of_vendor.take() {
            Some(octets) => fields.skip(octets)?,
            None => {
                for bit in (0..field::RADIOTAP_NAMESPACE).filter(|bit| has(*bit)) {
                    let number = first + bit;
                    if number == field::TYPE_LENGTH_VALUE {
                        return fields.items(present, told);
                    }
                    match fields.read(number, present, told) {
                        Some(read) => read?,
                        None => return told(Fact::Mark(Mark::Cut)),
                    }
                }
            }
        }
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

    fn short(&mut self) -> Option<u16> {
        self.take(2).map(u16::from_le_bytes)
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
    fn read(&mut self, number: u32, present: u32, told: Told<'_>) -> Option<ControlFlow<()>> {
        let has = |bit: u32| present >> bit & 1 != 0;
        let coding = if has(field::MCS) {
            Coding::HighThroughput
        } else {
            Coding::ByFlags
        };
        let signed = |octet: u8| i8::from_le_bytes([octet]);
        Some(told(match number {
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
                    return Some(ControlFlow::Continue(()));
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
            7 => Fact::Quality(self.short()?.into()),
            8 => Fact::Attenuation(self.short()?),
            9 => Fact::AttenuationDb(self.short()?),
            10 => Fact::Power(signed(self.octet()?)),
            11 => Fact::Antenna(self.octet()?.into()),
            12 => Fact::RelativeSignal(self.octet()?),
            13 => Fact::RelativeNoise(self.octet()?),
            16 => Fact::Quantity(Quantity::RtsRetries, self.octet()?.into()),
            17 => Fact::Quantity(Quantity::DataRetries, self.octet()?.into()),
            field::XCHANNEL => {
                let flags = u32::from_le_bytes(self.take(4)?);
                let frequency = self.short()?;
                let [_channel, _most_power] = self.take(1)?;
                Fact::Channel(Channel {
                    frequency,
                    flags,
                    coding,
                })
            }
            field::MCS => Fact::HighThroughput(HighThroughput(self.take(1)?)),
            21 => Fact::VeryHighThroughput(VeryHighThroughput(self.take(2)?)),
            23 => Fact::HighEfficiency(HighEfficiency(self.take(2)?)),
            _ => return self.read_parts(number, told),
        }))
    }

    /// As [`Self::read`] where a field tells several things, or none.
    fn read_parts(&mut self, number: u32, told: Told<'_>) -> Option<ControlFlow<()>> {
        /// Parts of the channel in MHz, by number.
        const WIDTHS: [u16; 4] = [20, 40, 80, 160];
        Some(match number {
            14 => {
                let flags = self.short()?;
                tell_known(&[(flags & 0x02, Fact::Mark(Mark::BadPlcp))], told)
            }
            15 => {
                let flags = self.short()?;
                let marks = [
                    (0x01, Mark::TxFailed),
                    (0x02, Mark::TxCts),
                    (0x04, Mark::TxRts),
                    (0x08, Mark::TxNoAck),
                    (0x10, Mark::TxFixedSequence),
                    (0x20, Mark::TxInOrder),
                ];
                tell_known(
                    &marks.map(|(bit, mark)| (flags & bit, Fact::Mark(mark))),
                    told,
                )
            }
            // Status of an aggregate.
            20 => {
                let reference = u32::from_le_bytes(self.take(4)?);
                let flags = self.short()?;
                let [_delimiter, _] = self.take(1)?;
                let is_last = u16::from(flags & 0x0c == 0x0c);
                let aggregate = Fact::Quantity(Quantity::Aggregate, reference.into());
                let all = [
                    (1, aggregate),
                    (is_last, Fact::Mark(Mark::LastOfAggregate)),
                    (flags & 0x10, Fact::Mark(Mark::BadDelimiter)),
                ];
                tell_known(&all, told)
            }
            22 => {
                let time = u64::from_le_bytes(self.take(8)?);
                let [_, _, unit, _flags] = self.take(2)?;
                told(match unit & 0x0f {
                    0 => Fact::Quantity(Quantity::Milliseconds, time),
                    1 => Fact::Quantity(Quantity::Microseconds, time),
                    2 => Fact::Quantity(Quantity::Nanoseconds, time),
                    _ => return Some(ControlFlow::Continue(())),
                })
            }
            // What a frame for several stations tells of all.
            24 => {
                let (flags, more) = (self.short()?, self.short()?);
                self.take::<8>(1)?;
                let scheme = Fact::Quantity(Quantity::SignalBScheme, (flags & 0x0f).into());
                let width = Fact::Bandwidth(WIDTHS[usize::from(more & 3)]);
                tell_known(&[(flags & 0x10, scheme), (more & 0x04, width)], told)
            }
            // Of another station than the frame's.
            25 => {
                self.take::<6>(2)?;
                ControlFlow::Continue(())
            }
            // That there is no frame; where there is one, that shows.
            26 => {
                self.octet()?;
                ControlFlow::Continue(())
            }
            // The signal field that all stations can read.
            27 => {
                let (known, value) = (self.short()?, self.short()?);
                let rate = Fact::Quantity(Quantity::SignalRate, (value & 0x0f).into());
                let length = Fact::Quantity(Quantity::SignalLength, (value >> 4).into());
                tell_known(&[(known & 1, rate), (known & 2, length)], told)
            }
            // What its size is, is not known.
            _ => {
                let unread = Fact::Quantity(Quantity::Unread, number.into());
                let _ = told(unread);
                ControlFlow::Break(())
            }
        })
    }

    /// Reads the fields of type, length and value that fill the rest of the header. Their ends may
    /// be left out: what is not there is 0.
    fn items(&self, present: u32, told: Told<'_>) -> ControlFlow<()> {
        /// More than any field has that is no list.
        const LONGEST: usize = 48;
        let mut coded = None::<ExtremelyHighThroughput>;
        let mut at = self.at.next_multiple_of(4);
        while at < self.header.len() {
            let start = array_at(self.header, at);
            let (kind, length) = start.map_or((0, usize::MAX), |[a, b, c, d]| {
                let length = u16::from_le_bytes([c, d]);
                (u16::from_le_bytes([a, b]).into(), length.into())
            });
            let end = (at + 4).saturating_add(length);
            let Some(value) = self.header.get(at + 4..end) else {
                told(Fact::Mark(Mark::Cut))?;
                break;
            };
            let mut padded = [0; LONGEST];
            for (octet, there) in padded.iter_mut().zip(value) {
                *octet = *there;
            }
            let word = |n: usize| array_at(&padded, 4 * n).map_or(0, u32::from_le_bytes);
            let short = |n: usize| array_at(&padded, 2 * n).map_or(0, u16::from_le_bytes);
            match kind {
                // Padding, and fields of a vendor.
                field::TYPE_LENGTH_VALUE | field::VENDOR_NAMESPACE => {}
                field::S1G => told(Fact::SubGigahertz(SubGigahertz([0, 1, 2].map(short))))?,
                field::U_SIG => coded.get_or_insert_default().universal = word(0),
                field::EHT => {
                    let coded = coded.get_or_insert_default();
                    (coded.known, coded.data) = (word(0), [word(1), word(2)]);
                    let users = value.get(40..).unwrap_or_default().chunks_exact(4);
                    coded.user = ExtremelyHighThroughput::of_this_user(
                        users.filter_map(|user| array_at(user, 0).map(u32::from_le_bytes)),
                    );
                }
                ..field::TYPE_LENGTH_VALUE => {
                    let mut alone = Fields {
                        header: &padded,
                        at: 0,
                    };
                    // The longest of these fits.
                    alone
                        .read(kind, present, told)
                        .unwrap_or(ControlFlow::Continue(()))?;
                }
                other => told(Fact::Quantity(Quantity::Unread, other.into()))?,
            }
            at = end.next_multiple_of(4);
        }
        match coded {
            Some(coded) => told(Fact::ExtremelyHighThroughput(coded)),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Tells the facts whose flags are not 0.
fn tell_known(facts: &[(u16, Fact)], told: Told<'_>) -> ControlFlow<()> {
    for (known, fact) in facts {
        if *known != 0 {
            told(*fact)?;
        }
    }
    ControlFlow::Continue(())
}
