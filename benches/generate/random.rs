//! Numbers that are the same for the same seed on every machine and in every release.

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and good enough to shape traffic.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least `low`, below `high`.
    pub(crate) fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    pub(crate) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % count
    }

    pub(crate) fn u16(&mut self, low: u16, high: u16) -> u16 {
        u16::try_from(self.range(low.into(), high.into())).unwrap_or(low)
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).unwrap_or(0)
    }

    pub(crate) fn u8(&mut self, low: u8, high: u8) -> u8 {
        u8::try_from(self.range(low.into(), high.into())).unwrap_or(low)
    }

    /// True `in_million` times in a million.
    pub(crate) fn chance(&mut self, in_million: u64) -> bool {
        self.next() % 1_000_000 < in_million
    }

    /// About exponential with the given mean: waiting times. In whole numbers only, since
    /// floating-point logarithms differ between machines.
    pub(crate) fn waiting(&mut self, mean: u64) -> u64 {
        // The number of leading zeros is geometric; the bits behind them fill the steps.
        let bits = self.next() | 1;
        let steps = u64::from(bits.leading_zeros());
        let fraction = bits & 0xffff;
        // ln 2 = 0.693
        mean * 693 * (steps * 0x1_0000 + fraction) / 65_536_000
    }
}
