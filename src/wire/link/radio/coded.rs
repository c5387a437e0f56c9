//! What the codings after 802.11ac have in common.

use super::{ExtremelyHighThroughput, HighEfficiency, SubGigahertz};

/// How a frame of 802.11ax, 802.11be or 802.11ah is coded, as far as it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coded {
    /// Tenths of Mb/s.
    pub rate: Option<u32>,
    /// The number of the scheme.
    pub scheme: Option<u8>,
    /// Spatial streams.
    pub streams: Option<u8>,
    /// MHz.
    pub bandwidth: Option<u16>,
    /// Subcarriers of the part of the channel that the frame has.
    pub resource_unit: Option<u16>,
    /// Tenths of a microsecond.
    pub guard_interval: Option<u16>,
    /// What tells the cell (basic service set) from others on the channel.
    pub colour: Option<u32>,
}

impl From<HighEfficiency> for Coded {
    fn from(field: HighEfficiency) -> Self {
        Self {
            rate: field.rate(),
            scheme: field.scheme(),
            streams: field.streams(),
            bandwidth: field.bandwidth(),
            resource_unit: field.resource_unit(),
            guard_interval: field.guard_interval(),
            colour: field.colour().map(u32::from),
        }
    }
}

impl From<ExtremelyHighThroughput> for Coded {
    fn from(field: ExtremelyHighThroughput) -> Self {
        Self {
            rate: field.rate(),
            scheme: field.scheme(),
            streams: field.streams(),
            bandwidth: field.bandwidth(),
            resource_unit: field.resource_unit(),
            guard_interval: field.guard_interval(),
            colour: field.colour(),
        }
    }
}

impl From<SubGigahertz> for Coded {
    fn from(field: SubGigahertz) -> Self {
        Self {
            scheme: field.scheme(),
            streams: field.streams(),
            bandwidth: field.bandwidth(),
            guard_interval: field.guard_interval(),
            colour: field.colour().map(u32::from),
            ..Self::default()
        }
    }
}
