//! How frames of 802.11be, and of 802.11ah below 1 GHz, are coded, as fields of radiotap tell it.

use super::scheme::{TWELFTHS, tenths};

/// The fields of 802.11be: of the universal signal field the part that all versions have, and of
/// that of its own what tells of this frame. What is known of each they say themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtremelyHighThroughput {
    /// Of the universal signal field (U-SIG).
    pub universal: u32,
    /// What is known of the words behind.
    pub known: u32,
    /// The first two of those.
    pub data: [u32; 2],
    /// Of the station whose frame this is.
    pub user: u32,
}

impl ExtremelyHighThroughput {
    /// The bits of a user's word that say whose frame was captured.
    const THIS_USER: u32 = 0x80;
    /// Subcarriers of a resource unit, and those of them that carry data, by number.
    const RESOURCE_UNITS: [(u16, u32); 16] = [
        (26, 24),
        (52, 48),
        (106, 102),
        (242, 234),
        (484, 468),
        (996, 980),
        (1992, 1960),
        (3984, 3920),
        (78, 72),
        (132, 126),
        (726, 702),
        (1480, 1448),
        (1722, 1682),
        (2476, 2428),
        (2988, 2940),
        (3472, 3408),
    ];

    /// The word of those of all users that tells of the captured frame.
    pub(super) fn of_this_user(mut users: impl Iterator<Item = u32>) -> u32 {
        let first = users.next().unwrap_or(0);
        if first & Self::THIS_USER != 0 {
            return first;
        }
        match users.find(|user| user & Self::THIS_USER != 0) {
            Some(user) => user,
            None => first,
        }
    }

    /// The version of the physical layer: 0 is 802.11be.
    pub fn version(self) -> Option<u32> {
        (self.universal & 1 != 0).then_some(self.universal >> 12 & 7)
    }

    /// In MHz.
    pub fn bandwidth(self) -> Option<u16> {
        if self.universal & 2 == 0 {
            return None;
        }
        Some(match self.universal >> 15 & 7 {
            0 => 20,
            1 => 40,
            2 => 80,
            3 => 160,
            // Two ways to lay it over the channels.
            4 | 5 => 320,
            _ => return None,
        })
    }

    /// From a station to its access point.
    pub const fn is_uplink(self) -> bool {
        self.universal & 4 != 0 && self.universal & 0x4_0000 != 0
    }

    /// What tells the cell from others.
    pub fn colour(self) -> Option<u32> {
        (self.universal & 8 != 0).then_some(self.universal >> 19 & 0x3f)
    }

    /// In tenths of a microsecond.
    pub fn guard_interval(self) -> Option<u16> {
        if self.known & 4 == 0 {
            return None;
        }
        match self.data[0] >> 7 & 3 {
            0 => Some(8),
            1 => Some(16),
            2 => Some(32),
            _ => None,
        }
    }

    fn unit(self) -> Option<(u16, u32)> {
        let number = usize::try_from(self.data[1] & 0x1f).ok()?;
        let unit = *Self::RESOURCE_UNITS.get(number)?;
        (self.known & 0x40_0000 != 0).then_some(unit)
    }

    /// Subcarriers of its part of the channel.
    pub fn resource_unit(self) -> Option<u16> {
        self.unit().map(|(tones, _)| tones)
    }

    /// The number of the scheme.
    pub fn scheme(self) -> Option<u8> {
        (self.user & 2 != 0).then_some(u8::try_from(self.user >> 20 & 0xf).unwrap_or_default())
    }

    /// Streams, of a station that has its part of the channel alone.
    pub fn streams(self) -> Option<u8> {
        let number = u8::try_from(self.user >> 24 & 0xf).unwrap_or_default();
        (self.user & 0x10 != 0).then_some(number + 1)
    }

    /// Whether it is coded by LDPC, where that is known.
    pub const fn is_ldpc(self) -> bool {
        self.user & 4 != 0 && self.user & 0x8_0000 != 0
    }

    /// Tenths of Mb/s (IEEE 802.11be section 36.5).
    pub fn rate(self) -> Option<u32> {
        let subcarriers = match (self.unit(), self.bandwidth()) {
            (Some((_, data)), _) => data,
            (None, Some(20)) => 234,
            (None, Some(40)) => 468,
            (None, Some(80)) => 980,
            (None, Some(160)) => 1960,
            (None, Some(_)) => 3920,
            (None, None) => return None,
        };
        let twelfths = match self.scheme()? {
            12 => 108,
            13 => 120,
            // Each bit on two subcarriers.
            15 => 3,
            scheme => *TWELFTHS.get(usize::from(scheme))?,
        };
        let symbol = 128 + u32::from(self.guard_interval()?);
        let streams = u32::from(self.streams()?);
        Some(tenths(twelfths * streams, subcarriers, symbol))
    }
}

/// The field of 802.11ah: what is known, and two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubGigahertz(pub [u16; 3]);

impl SubGigahertz {
    /// The bits of the first word from `shift` on, where `known` says that they are.
    fn bits(self, known: u16, shift: u16, mask: u16) -> Option<u8> {
        let Self([are_known, first, _]) = self;
        let bits = u8::try_from(first >> shift & mask).unwrap_or_default();
        (are_known & known != 0).then_some(bits)
    }

    /// In tenths of a microsecond.
    pub fn guard_interval(self) -> Option<u16> {
        let is_short = self.bits(0x04, 5, 1)? != 0;
        Some(if is_short { 40 } else { 80 })
    }

    /// Streams.
    pub fn streams(self) -> Option<u8> {
        self.bits(0x08, 6, 3).map(|number| number + 1)
    }

    /// In MHz.
    pub fn bandwidth(self) -> Option<u16> {
        let number = self.bits(0x10, 8, 0xf).filter(|number| *number <= 4)?;
        Some(1 << number)
    }

    /// The number of the scheme.
    pub fn scheme(self) -> Option<u8> {
        self.bits(0x20, 12, 0xf)
    }

    /// What tells the cell from others.
    pub const fn colour(self) -> Option<u16> {
        let Self([known, _, second]) = self;
        if known & 0x40 == 0 {
            None
        } else {
            Some(second & 7)
        }
    }

    /// From a station to its access point.
    pub const fn is_uplink(self) -> bool {
        let Self([known, _, second]) = self;
        known & 0x80 != 0 && second & 8 != 0
    }

    /// Strength of the signal in units of the radio's own.
    pub fn rssi(self) -> u32 {
        u32::from(self.0[2] >> 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least and the most of tables 36-71 on of IEEE 802.11be, and rates between.
    #[test]
    fn rates_of_802_11be_are_those_of_its_tables() {
        for (bandwidth, scheme, streams, guard_interval, rate) in [
            (0_u32, 0_u32, 1_u32, 0_u32, 86),
            (0, 11, 1, 0, 1434),
            (1, 12, 1, 0, 3097),
            (2, 13, 2, 0, 14412),
            (3, 13, 1, 2, 12250),
            (4, 13, 8, 0, 230_588),
            (4, 15, 1, 2, 613),
            (2, 15, 1, 0, 180),
        ] {
            let field = ExtremelyHighThroughput {
                universal: 3 | bandwidth << 15,
                known: 4,
                data: [guard_interval << 7, 0],
                user: 0x96 | scheme << 20 | (streams - 1) << 24,
            };
            assert_eq!(field.rate(), Some(rate), "{bandwidth} {scheme}");
        }
    }
}
