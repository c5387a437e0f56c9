//! TAP of IEEE 802.15.4: fields of type, length and value, all numbers little-endian
//! (<https://gitlab.com/exegin/ieee802-15-4-tap>).

use std::ops::ControlFlow;

use super::{Fact, Mark, Quantity};
use crate::wire::bytes::array_at;

/// Gives what the header at the start of `data` tells.
pub(super) fn facts(data: &[u8], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const HEADER: usize = 4;
    let short = |at: usize| array_at(data, at).map(u16::from_le_bytes);
    let end = short(2).map_or(0, usize::from);
    let mut at = HEADER;
    while at + HEADER <= end {
        let (Some(kind), Some(length)) = (short(at), short(at + 2)) else {
            return told(Fact::Mark(Mark::Cut));
        };
        at += HEADER;
        let length = usize::from(length);
        let Some(value) = data.get(at..at + length) else {
            return told(Fact::Mark(Mark::Cut));
        };
        field(kind, value, told)?;
        at += length.next_multiple_of(4);
    }
    ControlFlow::Continue(())
}

/// One field; one that is shorter than its kind tells nothing.
fn field(
    kind: u16,
    value: &[u8],
    told: &mut dyn FnMut(Fact) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let float = |at| array_at(value, at).map(f32::from_le_bytes);
    let float = |at| float(at).filter(|number| number.is_finite());
    let short = |at| array_at(value, at).map(u16::from_le_bytes);
    let word = || array_at(value, 0).map(u32::from_le_bytes);
    let octet = |at: usize| value.get(at).copied();
    let long = |what| {
        let number = array_at(value, 0).map(u64::from_le_bytes);
        number.map(|number| Fact::Quantity(what, number))
    };
    let small = |what, number: Option<u8>| number.map(|number| Fact::Quantity(what, number.into()));
    let facts = match kind {
        1 => [float(0).map(Fact::Strength), None, None],
        2 => [word().map(Fact::BitRate), None, None],
        3 => [
            short(0).map(|number| Fact::ChannelNumber(number.into())),
            small(Quantity::ChannelPage, octet(2)),
            None,
        ],
        4 => [
            small(Quantity::SunBand, octet(0)),
            small(Quantity::SunKind, octet(1)),
            small(Quantity::SunMode, octet(2)),
        ],
        5 => [long(Quantity::FrameStart), None, None],
        6 => [long(Quantity::FrameEnd), None, None],
        7 => [long(Quantity::Slot), None, None],
        8 => [long(Quantity::SlotStart), None, None],
        9 => [
            word().map(|length| Fact::Quantity(Quantity::SlotLength, length.into())),
            None,
            None,
        ],
        10 => [small(Quantity::LinkQuality, octet(0)), None, None],
        11 => [float(0).map(Fact::Frequency), None, None],
        12 => [
            short(8).map(|count| Fact::Quantity(Quantity::PlanChannels, count.into())),
            None,
            None,
        ],
        _ => [None; 3],
    };
    for fact in facts.into_iter().flatten() {
        told(fact)?;
    }
    ControlFlow::Continue(())
}
