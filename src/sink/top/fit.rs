//! What finds room in the width there is.

use ratatui::layout::Constraint;

use super::columns::Columns;

/// How wide the leading columns are, and which of those behind there is room for. The leading ones
/// are as wide as their longest text where that fits; else spare columns give way, then the widest
/// of the leading ones, then the last columns.
pub(super) fn fit<'n, R>(
    rows: impl Iterator<Item = &'n [String]>,
    columns: &Columns<R>,
    width: u16,
) -> (Vec<u16>, Vec<usize>) {
    /// What a leading column gets before a spare one is shown: two addresses with ports.
    const COMFORT: u16 = 40;
    /// What a column that can do with less needs at least.
    const LEAST: u16 = 12;
    let mut wanted: Vec<u16> = Vec::new();
    for names in rows {
        wanted.resize(names.len(), 0);
        for ((width, name), head) in wanted.iter_mut().zip(names).zip(columns.heads) {
            let longest = name.chars().count().max(head.len());
            *width = u16::try_from(longest).unwrap_or(u16::MAX).max(*width);
        }
    }
    // With a blank before each but the first.
    let room = usize::from(width) + 1;
    let leading = |widths: &[u16]| {
        let widths = widths.iter().map(|width| usize::from(*width) + 1);
        widths.sum::<usize>()
    };
    let behind = |shown: &[usize]| {
        let widths = shown.iter().filter_map(|at| columns.widths.get(*at));
        widths
            .map(|width| usize::from(needed(*width)) + 1)
            .sum::<usize>()
    };
    let mut widths: Vec<u16> = wanted.iter().map(|width| COMFORT.min(*width)).collect();
    let all = 0..columns.widths.len();
    let mut shown: Vec<usize> = all.filter(|at| !columns.spare.contains(at)).collect();
    for spare in columns.spare {
        shown.push(*spare);
        if leading(&widths) + behind(&shown) > room {
            shown.pop();
        }
    }
    shown.sort_unstable();
    loop {
        let excess = (leading(&widths) + behind(&shown)).saturating_sub(room);
        let excess = u16::try_from(excess).unwrap_or(u16::MAX);
        match widths.iter_mut().max() {
            _ if excess == 0 => break,
            Some(widest) if *widest > LEAST => {
                *widest = widest.saturating_sub(excess).max(LEAST);
            }
            _ if shown.pop().is_some() => {}
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    // What is left goes to those that want more.
    let left = room.saturating_sub(leading(&widths) + behind(&shown));
    let mut left = u16::try_from(left).unwrap_or(u16::MAX);
    for (width, wanted) in widths.iter_mut().zip(wanted) {
        let more = wanted.saturating_sub(*width).min(left);
        *width += more;
        left -= more;
    }
    (widths, shown)
}

/// What a column needs to be of use.
fn needed(width: Constraint) -> u16 {
    match width {
        Constraint::Length(width) => width,
        _ => 12,
    }
}

/// At most `width` characters, with a mark where there were more: half an address looks whole.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut start: String = text.chars().take(width.saturating_sub(1)).collect();
    start.push('…');
    start
}
