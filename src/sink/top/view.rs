//! The picture: a snapshot as seen through the choices of who watches.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Paragraph, Row, Table, Wrap};

use super::columns::{Columns, DROPPERS, FINDINGS, FLOWS, PINGS, bad};
use super::fit::{cut, fit};
use super::keys::{Choices, Flowing, Help, Order, Part, Typing, Zoom};
use super::model::{Phase, Snapshot};
use crate::record::escape::Escaped;

/// Lines below which one part has the screen for itself.
const ALL_PARTS: u16 = 20;
/// Characters of a title that stay however little room there is.
const TITLE: usize = 12;

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, shown: &Snapshot, choices: &mut Choices) {
    let areas = Layout::vertical([
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length(1),
    ]);
    let [head, body, foot] = areas.areas(frame.area());
    frame.render_widget(Paragraph::new(headline(shown, choices, head.width)), head);
    frame.render_widget(Paragraph::new(footline(choices)), foot);
    if choices.help == Help::Shown {
        help(frame, body);
        return;
    }
    if choices.zoom == Zoom::OnePart || body.height < ALL_PARTS {
        match choices.focus {
            Part::Findings => findings_in_full(frame, body, shown, choices),
            other => part(frame, body, other, shown, choices),
        }
        return;
    }
    let rows = [
        shown.pings.len(),
        shown.droppers.len(),
        shown.flows.len(),
        shown.findings.len(),
    ];
    let areas = Layout::vertical(shares(body.height, rows).map(Constraint::Length));
    let areas: [Rect; 4] = areas.areas(body);
    for (which, area) in Part::ALL.into_iter().zip(areas) {
        part(frame, area, which, shown, choices);
    }
}

/// What keys and signs mean.
fn help(frame: &mut Frame<'_>, area: Rect) {
    const KEYS: [(&str, &str); 8] = [
        ("q  Ctrl-C", "quit"),
        (
            "p  Space",
            "stop the picture, and go on; capture goes on behind it",
        ),
        ("Tab  Shift-Tab", "next part, and the one before"),
        (
            "Enter",
            "this part alone, and back; findings then say what to do",
        ),
        ("s", "sort this part by something else"),
        (
            "/",
            "only rows with some text; Enter keeps it, Esc clears it",
        ),
        ("↑ ↓  j k", "scroll this part; PgUp PgDn Home End, too"),
        ("?  h", "this help; any key leaves it"),
    ];
    const SIGNS: [(&str, &str); 6] = [
        ("▁ to █", "answered: the higher, the longer its round trip"),
        ("x", "lost"),
        ("!", "ended by an error"),
        (".", "still open"),
        ("?", "nobody can say"),
        ("loss", "among the requests whose time for a reply is over"),
    ];
    let row = |(sign, what): (&'static str, &'static str)| {
        Line::from(vec![Span::raw(format!(" {sign:<15}")).bold(), what.into()])
    };
    let mut lines: Vec<_> = KEYS.into_iter().map(row).collect();
    lines.push(Line::default());
    lines.push(Line::raw(" Of the latest requests of a ping:"));
    lines.extend(SIGNS.into_iter().map(row));
    let block = Block::new().borders(Borders::TOP).title(" Help ");
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// The lines of each part: as many as its rows need, and where they are too few for all, as many
/// as the others get.
fn shares(height: u16, rows: [usize; 4]) -> [u16; 4] {
    // The heading, the heads of columns, and a row or what is said instead.
    const LEAST: u16 = 3;
    let needs = rows.map(|rows| u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2));
    let mut shares = [LEAST; 4];
    let mut left = height.saturating_sub(4 * LEAST);
    while left > 0 {
        let before = left;
        for (share, need) in shares.iter_mut().zip(needs) {
            if *share < need && left > 0 {
                *share += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    shares
}

fn headline(shown: &Snapshot, choices: &Choices, width: u16) -> Vec<Line<'static>> {
    let (state, style) = match (choices.flowing, shown.phase) {
        (Flowing::Paused, _) => ("paused", Style::new().yellow().bold()),
        (Flowing::Running, Phase::Ended) => ("end of input", Style::new().bold()),
        (Flowing::Running, Phase::Reading) => ("running", Style::new().green()),
    };
    let mut behind = vec![Span::raw("  "), Span::styled(state, style)];
    // What the capture itself misses comes before the counts, which may find no room.
    if let Some(kernel) = shown.kernel {
        let dropped = kernel.dropped.saturating_add(kernel.interface_dropped);
        let style = if dropped > 0 { bad() } else { Style::new() };
        let told = format!(
            "  dropped: {} by kernel, {} by interface",
            kernel.dropped, kernel.interface_dropped
        );
        behind.push(Span::styled(told, style));
    }
    let name = "icmpdump  ";
    let taken = name.len() + behind.iter().map(Span::width).sum::<usize>();
    let room = usize::from(width).saturating_sub(taken).max(TITLE);
    let title = cut(&Escaped(shown.title.as_bytes()).to_string(), room);
    let mut line = vec![name.bold(), Span::raw(title)];
    line.append(&mut behind);
    let frames = shown.frames;
    let further = match frames.further_packets {
        0 => String::new(),
        more => format!(" and {more} further packets in them"),
    };
    let reported = match frames.reported {
        0 => String::new(),
        some => format!(" and {some} messages that they report"),
    };
    let mut counts = vec![Span::raw(format!(
        "{} frames{further}{reported}: {} ICMP shown, {} hidden, {} not ICMP, {} undecodable",
        frames.read, frames.icmp, frames.filtered, frames.other, frames.undecodable
    ))];
    if shown.omitted > 0 {
        let told = format!("; {} messages without room for a row", shown.omitted);
        counts.push(Span::styled(told, bad()));
    }
    vec![Line::from(line), Line::from(counts)]
}

fn footline(choices: &Choices) -> Line<'static> {
    if choices.typing == Typing::Filter {
        return Line::from(vec![
            Span::raw("rows with: "),
            Span::raw(choices.filter.clone()).bold(),
            Span::raw("_"),
            Span::raw("   Enter keeps, Esc clears").dim(),
        ]);
    }
    let mut spans = Vec::new();
    if !choices.filter.is_empty() {
        let told = format!("rows with '{}' (Esc: all)  ", choices.filter);
        spans.push(Span::raw(told).yellow());
    }
    let sort = choices.order(choices.focus).word();
    for (key, what) in [
        ("q", "quit".to_owned()),
        ("p", "pause".to_owned()),
        ("s", format!("sort: {sort}")),
        ("/", "filter".to_owned()),
        ("Tab", "next".to_owned()),
        ("Enter", "enlarge".to_owned()),
        ("?", "help".to_owned()),
    ] {
        spans.push(Span::raw(key).bold());
        spans.push(Span::raw(format!(" {what}  ")));
    }
    Line::from(spans)
}

/// One part: a heading and a table.
fn part(frame: &mut Frame<'_>, area: Rect, part: Part, shown: &Snapshot, choices: &mut Choices) {
    match part {
        Part::Pings => table(frame, area, part, &PINGS, &shown.pings, shown, choices),
        Part::Droppers => table(
            frame,
            area,
            part,
            &DROPPERS,
            &shown.droppers,
            shown,
            choices,
        ),
        Part::Flows => table(frame, area, part, &FLOWS, &shown.flows, shown, choices),
        Part::Findings => table(
            frame,
            area,
            part,
            &FINDINGS,
            &shown.findings,
            shown,
            choices,
        ),
    }
}

/// The rows of a part, chosen and in order, and its heading; `None` where there is none, which is
/// said.
fn chosen<'r, R>(
    frame: &mut Frame<'_>,
    area: Rect,
    part: Part,
    columns: &Columns<R>,
    rows: &'r [R],
    choices: &Choices,
) -> Option<(Vec<&'r R>, Block<'static>)> {
    let mut chosen: Vec<&R> = rows
        .iter()
        .filter(|row| {
            choices.filter.is_empty()
                || (columns.name)(row).to_lowercase().contains(&choices.filter)
        })
        .collect();
    let order = choices.order(part);
    if order == Order::Name {
        chosen.sort_by_cached_key(|row| (columns.name)(row));
    } else {
        (columns.sort)(&mut chosen, order);
    }
    let count = if chosen.len() == rows.len() {
        format!("{}", rows.len())
    } else {
        format!("{} of {}", chosen.len(), rows.len())
    };
    let title = format!(" {} ({count}), by {} ", columns.title, order.word());
    let style = if choices.focus == part {
        Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)
    } else {
        Style::new()
    };
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(style)
        .title(Span::styled(title, style));
    if chosen.is_empty() {
        let why = if rows.is_empty() {
            columns.empty
        } else {
            "none has the filter's text"
        };
        let told = Paragraph::new(Line::from(why).dim()).block(block);
        frame.render_widget(told, area);
        return None;
    }
    Some((chosen, block))
}

/// Findings with all their words, and what to do.
fn findings_in_full(frame: &mut Frame<'_>, area: Rect, shown: &Snapshot, choices: &mut Choices) {
    let part = Part::Findings;
    let findings = chosen(frame, area, part, &FINDINGS, &shown.findings, choices);
    let Some((findings, block)) = findings else {
        return;
    };
    choices.limit(part, findings.len() - 1);
    let mut lines = Vec::new();
    for finding in findings.into_iter().skip(choices.scrolled(part)) {
        let style = (FINDINGS.style)(finding);
        let names = (FINDINGS.names)(finding).join("  ");
        lines.push(Line::styled(names, style));
        let advice = Escaped(finding.advice.as_bytes()).to_string();
        if !advice.is_empty() {
            lines.push(Line::raw(advice));
        }
        lines.push(Line::default());
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: true }).block(block);
    frame.render_widget(text, area);
}

fn table<R>(
    frame: &mut Frame<'_>,
    area: Rect,
    part: Part,
    columns: &Columns<R>,
    rows: &[R],
    shown: &Snapshot,
    choices: &mut Choices,
) {
    let Some((chosen, block)) = chosen(frame, area, part, columns, rows, choices) else {
        return;
    };
    // A line for the heading, one for the heads of columns.
    let lines = usize::from(area.height.saturating_sub(2));
    choices.limit(part, chosen.len().saturating_sub(lines));
    let visible: Vec<_> = chosen
        .iter()
        .skip(choices.scrolled(part))
        .take(lines)
        .map(|row| ((columns.names)(row), *row))
        .collect();
    let names = visible.iter().map(|(names, _)| names.as_slice());
    let (leading, behind) = fit(names, columns, area.width);
    let widths = leading.iter().copied().map(Constraint::Length);
    let widths = widths.chain(
        behind
            .iter()
            .filter_map(|at| columns.widths.get(*at).copied()),
    );
    let rows = visible.into_iter().map(|(names, row)| {
        let names = names.iter().zip(&leading);
        let names = names.map(|(name, width)| Cell::new(cut(name, usize::from(*width))));
        let cells = (columns.cells)(row, shown.now);
        let cells = behind.iter().filter_map(|at| cells.get(*at).cloned());
        Row::new(names.chain(cells).collect::<Vec<_>>()).style((columns.style)(row))
    });
    let (first, others) = columns
        .heads
        .split_at(leading.len().min(columns.heads.len()));
    let others = behind.iter().filter_map(|at| others.get(*at));
    let heads = Row::new(first.iter().chain(others).copied()).dim();
    let table = Table::new(rows, widths)
        .header(heads)
        .column_spacing(1)
        .block(block);
    frame.render_widget(table, area);
}
