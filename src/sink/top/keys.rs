//! What keys do: the state of the screen, apart from what it shows.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Pings,
    Droppers,
    Flows,
    Findings,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Pings, Self::Droppers, Self::Flows, Self::Findings];

    const fn at(self) -> usize {
        self as usize
    }

    /// What its rows can be sorted by, the first at the start.
    pub(super) const fn orders(self) -> &'static [Order] {
        match self {
            Self::Pings => &[
                Order::Loss,
                Order::Rtt,
                Order::Recent,
                Order::Count,
                Order::Name,
            ],
            Self::Droppers | Self::Flows => &[Order::Count, Order::Recent, Order::Name],
            Self::Findings => &[Order::Severity],
        }
    }
}

/// What rows are sorted by: the largest, worst or latest on top, names by the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Loss,
    Rtt,
    Recent,
    Count,
    Name,
    Severity,
}

impl Order {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Rtt => "rtt",
            Self::Recent => "latest",
            Self::Count => "count",
            Self::Name => "name",
            Self::Severity => "severity",
        }
    }
}

/// Whether what is shown follows the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flowing {
    Running,
    /// The picture stands still; capture goes on.
    Paused,
}

/// How much of the screen the part with the focus takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zoom {
    AllParts,
    OnePart,
}

/// Whether letters are commands or go into the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    Commands,
    Filter,
}

/// Whether it is told what keys and signs mean, in place of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Help {
    Hidden,
    Shown,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Stay,
    Quit,
}

/// What the person at the keyboard has chosen.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    pub(super) focus: Part,
    pub(super) flowing: Flowing,
    pub(super) zoom: Zoom,
    pub(super) typing: Typing,
    pub(super) help: Help,
    /// Rows are shown that hold this; in lower case.
    pub(super) filter: String,
    orders: [usize; 4],
    scrolled: [usize; 4],
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            focus: Part::Pings,
            flowing: Flowing::Running,
            zoom: Zoom::AllParts,
            typing: Typing::Commands,
            help: Help::Hidden,
            filter: String::new(),
            orders: [0; 4],
            scrolled: [0; 4],
        }
    }
}

/// The longest filter, in characters.
const FILTER_MAX: usize = 60;
/// Rows that a page moves by.
const PAGE: usize = 10;

impl Choices {
    pub(super) fn order(&self, part: Part) -> Order {
        let orders = part.orders();
        let chosen = self.orders.get(part.at()).copied().unwrap_or(0);
        orders.get(chosen).copied().unwrap_or(Order::Name)
    }

    /// How many rows of a part lie above its first line.
    pub(super) fn scrolled(&self, part: Part) -> usize {
        self.scrolled.get(part.at()).copied().unwrap_or(0)
    }

    /// Brings the scroll position of a part back to where rows are: at most `most`.
    pub(super) fn limit(&mut self, part: Part, most: usize) {
        if let Some(scrolled) = self.scrolled.get_mut(part.at()) {
            *scrolled = most.min(*scrolled);
        }
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, mut key: KeyEvent) -> Next {
        if key.kind == KeyEventKind::Release {
            return Next::Stay;
        }
        if key.modifiers.contains(KeyModifiers::ALT) {
            // A terminal tells Escape with a key right behind it in the same way.
            key.modifiers.remove(KeyModifiers::ALT);
            self.press(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c')) {
            return Next::Quit;
        }
        match self.typing {
            Typing::Filter => self.type_filter(key.code, control),
            Typing::Commands => return self.command(key.code),
        }
        Next::Stay
    }

    fn type_filter(&mut self, code: KeyCode, control: bool) {
        match code {
            KeyCode::Enter => self.typing = Typing::Commands,
            KeyCode::Esc => {
                self.typing = Typing::Commands;
                self.filter.clear();
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char('u') if control => self.filter.clear(),
            KeyCode::Char(letter) if !control && self.filter.chars().count() < FILTER_MAX => {
                self.filter.extend(letter.to_lowercase());
            }
            _ => {}
        }
    }

    fn command(&mut self, code: KeyCode) -> Next {
        // Whatever is pressed next leaves it, and means something else.
        let help = std::mem::replace(&mut self.help, Help::Hidden);
        match code {
            KeyCode::Char('q') => return Next::Quit,
            KeyCode::Char('?' | 'h') | KeyCode::F(1) if help == Help::Hidden => {
                self.help = Help::Shown;
            }
            _ if help == Help::Shown => {}
            KeyCode::Char('p' | ' ') => {
                self.flowing = match self.flowing {
                    Flowing::Running => Flowing::Paused,
                    Flowing::Paused => Flowing::Running,
                };
            }
            KeyCode::Char('s') => {
                let count = self.focus.orders().len();
                if let Some(order) = self.orders.get_mut(self.focus.at()) {
                    *order = (*order + 1) % count;
                }
            }
            KeyCode::Char('/') => self.typing = Typing::Filter,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Enter => {
                self.zoom = match self.zoom {
                    Zoom::AllParts => Zoom::OnePart,
                    Zoom::OnePart => Zoom::AllParts,
                };
            }
            KeyCode::Tab => self.move_focus(1),
            KeyCode::BackTab => self.move_focus(Part::ALL.len() - 1),
            KeyCode::Down | KeyCode::Char('j') => self.scroll(|at| at.saturating_add(1)),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(|at| at.saturating_sub(1)),
            KeyCode::PageDown => self.scroll(|at| at.saturating_add(PAGE)),
            KeyCode::PageUp => self.scroll(|at| at.saturating_sub(PAGE)),
            KeyCode::Home => self.scroll(|_| 0),
            KeyCode::End => self.scroll(|_| usize::MAX),
            _ => {}
        }
        Next::Stay
    }

    fn move_focus(&mut self, by: usize) {
        let next = (self.focus.at() + by) % Part::ALL.len();
        self.focus = Part::ALL.get(next).copied().unwrap_or(Part::Pings);
    }

    fn scroll(&mut self, to: impl FnOnce(usize) -> usize) {
        if let Some(scrolled) = self.scrolled.get_mut(self.focus.at()) {
            *scrolled = to(*scrolled);
        }
    }
}
