//! How frames of 802.11n, 802.11ac and 802.11ax are coded, as fields of radiotap tell it.

/// The field of 802.11n: what of it is known, flags, and the number of the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HighThroughput(pub [u8; 3]);

impl HighThroughput {
    /// That the bandwidth is known.
    pub const BANDWIDTH: u8 = 0x01;
    /// That the scheme is known.
    pub const SCHEME: u8 = 0x02;
    /// That the guard interval is known.
    pub const GUARD_INTERVAL: u8 = 0x04;
    /// That it is known whether stations before 802.11n can read it.
    pub const FORM: u8 = 0x08;

    /// Whether this of it is known.
    pub const fn knows(self, what: u8) -> bool {
        self.0[0] & what != 0
    }

    /// The number of the scheme.
    pub const fn scheme(self) -> u8 {
        self.0[2]
    }

    /// Whether the guard interval is the short one, of 0.4 us.
    pub const fn has_short_guard_interval(self) -> bool {
        self.0[1] & 4 != 0
    }

    /// Whether it is in the form that stations before 802.11n cannot read.
    pub const fn is_greenfield(self) -> bool {
        self.knows(Self::FORM) && self.0[1] & 0x08 != 0
    }

    /// Whether it is coded by LDPC.
    pub const fn is_ldpc(self) -> bool {
        self.knows(0x10) && self.0[1] & 0x10 != 0
    }

    /// Whether streams are coded in space and time.
    pub const fn has_stbc(self) -> bool {
        self.knows(0x20) && self.0[1] & 0x60 != 0
    }

    /// In MHz.
    pub const fn bandwidth(self) -> u16 {
        if self.0[1] & 3 == 1 { 40 } else { 20 }
    }

    /// How many streams the scheme has, where all are coded alike.
    pub const fn streams(self) -> Option<u8> {
        match self.scheme() {
            scheme @ 0..=31 => Some(scheme / 8 + 1),
            _ => None,
        }
    }

    /// Tenths of Mb/s (IEEE 802.11 section 19.5).
    pub fn rate(self) -> Option<u32> {
        /// Coded bits of all streams on a subcarrier, where the streams differ.
        const OF_2: [u32; 3] = [6, 8, 10];
        const OF_3: [u32; 7] = [8, 10, 10, 12, 14, 14, 16];
        const OF_4: [u32; 12] = [10, 12, 14, 12, 14, 16, 18, 16, 18, 20, 20, 22];
        // Half of them are data, and three quarters in the schemes behind.
        let unequal = |of: &[u32], n: u8| {
            let n = usize::from(n);
            let coded = of.get(n).map(|bits| bits * 6);
            coded.or_else(|| of.get(n - of.len()).map(|bits| bits * 9))
        };
        let (is_wide, is_short) = (self.bandwidth() == 40, self.has_short_guard_interval());
        let scheme = self.scheme();
        let twelfths = match scheme {
            0..=31 => TWELFTHS[usize::from(scheme & 7)] * u32::from(scheme / 8 + 1),
            // One stream twice, side by side.
            32 => return is_wide.then_some(if is_short { 67 } else { 60 }),
            33..=38 => unequal(&OF_2, scheme - 33)?,
            39..=52 => unequal(&OF_3, scheme - 39)?,
            53..=76 => unequal(&OF_4, scheme - 53)?,
            _ => return None,
        };
        Some(tenths(
            twelfths,
            if is_wide { 108 } else { 52 },
            if is_short { 36 } else { 40 },
        ))
    }
}

/// Data bits of one stream on a subcarrier, in twelfths, by scheme; 802.11n has the first eight,
/// 802.11ac two more.
pub(super) const TWELFTHS: [u32; 12] = [6, 12, 18, 24, 36, 48, 54, 60, 72, 80, 90, 100];

/// Tenths of Mb/s, where so many twelfths of a bit are on each subcarrier in a symbol of so many
/// tenths of a microsecond.
pub(super) const fn tenths(twelfths: u32, subcarriers: u32, symbol: u32) -> u32 {
    let (bits, divide) = (twelfths * subcarriers * 100, 12 * symbol);
    (bits + divide / 2) / divide
}

/// The field of 802.11ac.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VeryHighThroughput(pub [u8; 12]);

impl VeryHighThroughput {
    /// That the guard interval is known.
    pub const GUARD_INTERVAL: u8 = 0x04;
    /// That the bandwidth is known.
    pub const BANDWIDTH: u8 = 0x40;

    /// Whether this of it is known.
    pub const fn knows(self, what: u8) -> bool {
        self.0[0] & what != 0
    }

    /// Whether the guard interval is the short one, of 0.4 us.
    pub const fn has_short_guard_interval(self) -> bool {
        self.0[2] & 4 != 0
    }

    /// Whether streams are coded in space and time.
    pub const fn has_stbc(self) -> bool {
        self.knows(0x01) && self.0[2] & 0x01 != 0
    }

    /// The number of the bandwidth, which tells its place in a wider one as well.
    pub const fn bandwidth_number(self) -> u8 {
        self.0[3] & 0x1f
    }

    /// In MHz.
    pub const fn bandwidth(self) -> Option<u16> {
        Some(match self.bandwidth_number() {
            0 | 2 | 3 | 7..=10 | 18..=25 => 20,
            1 | 5 | 6 | 14..=17 => 40,
            4 | 12 | 13 => 80,
            11 => 160,
            _ => return None,
        })
    }

    /// Scheme and number of streams of those users of four that there are, and whether each is coded
    /// by LDPC.
    pub fn users(self) -> impl Iterator<Item = VeryHighThroughputUser> {
        let Self([_, _, _, _, users @ .., coding, _, _, _]) = self;
        (0..)
            .zip(users)
            .filter_map(move |(number, octet): (u8, u8)| {
                let streams = octet & 0x0f;
                (streams > 0).then_some(VeryHighThroughputUser {
                    number,
                    scheme: octet >> 4,
                    streams,
                    is_ldpc: coding >> number & 1 != 0,
                })
            })
    }

    /// Tenths of Mb/s of one of them (IEEE 802.11 section 21.5).
    pub fn rate(self, user: VeryHighThroughputUser) -> Option<u32> {
        let subcarriers = match self.bandwidth()? {
            20 => 52,
            40 => 108,
            80 => 234,
            _ => 468,
        };
        let twelfths = TWELFTHS.get(..10)?.get(usize::from(user.scheme))?;
        // A symbol holds a whole number of bits, and each encoder has as many, or the scheme is not
        // in use.
        let has_whole_bits = (twelfths * subcarriers * u32::from(user.streams)).is_multiple_of(12);
        let is_uneven = matches!(
            (subcarriers, user.scheme, user.streams),
            (234, 6, 3 | 7) | (234, 9, 6) | (468, 9, 3)
        );
        if !has_whole_bits || is_uneven {
            return None;
        }
        let symbol = if self.has_short_guard_interval() {
            36
        } else {
            40
        };
        Some(tenths(
            twelfths * u32::from(user.streams),
            subcarriers,
            symbol,
        ))
    }
}

/// Whom a frame of 802.11ac is for, which may be several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VeryHighThroughputUser {
    /// From 0.
    pub number: u8,
    /// The scheme.
    pub scheme: u8,
    /// Streams.
    pub streams: u8,
    /// Whether it is coded by LDPC.
    pub is_ldpc: bool,
}

/// The field of 802.11ax: six words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HighEfficiency(pub [u8; 12]);

impl HighEfficiency {
    const fn word(self, n: usize) -> u16 {
        u16::from_le_bytes([self.0[2 * n - 2], self.0[2 * n - 1]])
    }

    /// The number of the scheme.
    pub fn scheme(self) -> Option<u8> {
        self.nibble(1 << 5, self.word(3) >> 8)
    }

    /// Spatial streams.
    pub fn streams(self) -> Option<u8> {
        // That is known in all forms of it, and counts those in space and time.
        let streams = self.nibble(0, self.word(6)).filter(|count| *count > 0)?;
        Some(if self.has_stbc() {
            streams.div_ceil(2)
        } else {
            streams
        })
    }

    /// Whether this bit of the third word is set and, by the first word, known.
    const fn has(self, known: u16, bit: u16) -> bool {
        self.word(1) & known != 0 && self.word(3) & bit != 0
    }

    /// Whether two streams in space and time carry what one does.
    pub const fn has_stbc(self) -> bool {
        self.has(0x0200, 0x8000)
    }

    /// Whether each bit is on two subcarriers (dual carrier modulation).
    pub const fn is_dual_carrier(self) -> bool {
        self.has(0x40, 0x1000)
    }

    /// Whether it is coded by LDPC.
    pub const fn is_ldpc(self) -> bool {
        self.has(0x80, 0x2000)
    }

    /// From a station to its access point.
    pub const fn is_uplink(self) -> bool {
        self.has(0x10, 0x80)
    }

    /// What tells the cell (basic service set) from others on the channel.
    pub const fn colour(self) -> Option<u16> {
        if self.word(1) & 0x04 == 0 {
            None
        } else {
            Some(self.word(3) & 0x3f)
        }
    }

    /// For whom the frame is, and how far it is to reach.
    pub const fn form(self) -> &'static str {
        match self.word(1) & 3 {
            0 => "su",
            1 => "ext_su",
            2 => "mu",
            _ => "trigger",
        }
    }

    /// Subcarriers of the part of the channel that the frame has.
    pub fn resource_unit(self) -> Option<u16> {
        const FIRST: u8 = 4;
        const TONES: [u16; 7] = [26, 52, 106, 242, 484, 996, 1992];
        let number = self.bandwidth_number()?.checked_sub(FIRST)?;
        TONES.get(usize::from(number)).copied()
    }

    /// The number of the bandwidth, or of the part of it that the frame has.
    fn bandwidth_number(self) -> Option<u8> {
        self.nibble(1 << 14, self.word(5))
    }

    /// In MHz; none where the frame has a part of the band alone.
    pub fn bandwidth(self) -> Option<u16> {
        match self.bandwidth_number()? {
            0 => Some(20),
            1 => Some(40),
            2 => Some(80),
            3 => Some(160),
            _ => None,
        }
    }

    /// In tenths of a microsecond.
    pub const fn guard_interval(self) -> Option<u16> {
        const KNOWN: u16 = 1 << 1;
        if self.word(2) & KNOWN == 0 {
            return None;
        }
        match self.word(5) >> 4 & 3 {
            0 => Some(8),
            1 => Some(16),
            2 => Some(32),
            _ => None,
        }
    }

    /// Tenths of Mb/s (IEEE 802.11ax section 27.5).
    pub fn rate(self) -> Option<u32> {
        /// Of whole bands, then of their parts.
        const SUBCARRIERS: [u32; 11] = [234, 468, 980, 1960, 24, 48, 102, 234, 468, 980, 1960];
        let mut subcarriers = *SUBCARRIERS.get(usize::from(self.bandwidth_number()?))?;
        if self.is_dual_carrier() {
            subcarriers /= 2;
        }
        let twelfths = TWELFTHS.get(usize::from(self.scheme()?))?;
        let symbol = 128 + u32::from(self.guard_interval()?);
        Some(tenths(
            twelfths * u32::from(self.streams()?),
            subcarriers,
            symbol,
        ))
    }

    /// The low four bits of `word`, where `known` of the first word says that they are.
    fn nibble(self, known: u16, word: u16) -> Option<u8> {
        (known == 0 || self.word(1) & known != 0)
            .then(|| u8::try_from(word & 0x0f).unwrap_or_default())
    }
}
