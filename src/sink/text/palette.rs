//! Colours, few and quiet: what stands out is what went wrong.

use anstyle::{AnsiColor, Style};

/// Whether escape sequences colour the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// They do not: pipes and files.
    #[default]
    Never,
    /// They do: terminals.
    Always,
}

impl From<bool> for Colour {
    /// Whether there is to be colour.
    fn from(wanted: bool) -> Self {
        if wanted { Self::Always } else { Self::Never }
    }
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// What is known of a message, behind ` | `.
    Known,
    /// An ICMP error.
    Error,
    /// A fault of the packet: checksum, defect.
    Fault,
    /// The first words of a verdict or a section.
    Head,
    /// Names of fields in a dump.
    Field,
    /// Octets around the packet, and payload.
    Link,
}

/// The escape sequences for each role, made once.
#[derive(Clone, Debug)]
pub(crate) struct Palette {
    starts: [String; 6],
    reset: String,
}

impl Palette {
    pub(crate) fn new(colour: Colour) -> Self {
        let style = |style: Style| match colour {
            Colour::Never => String::new(),
            Colour::Always => style.render().to_string(),
        };
        Self {
            starts: [
                style(AnsiColor::Cyan.on_default()),
                style(AnsiColor::Yellow.on_default()),
                style(AnsiColor::Red.on_default()),
                style(Style::new().bold()),
                style(AnsiColor::Green.on_default()),
                style(Style::new().dimmed()),
            ],
            reset: match colour {
                Colour::Never => String::new(),
                Colour::Always => anstyle::Reset.render().to_string(),
            },
        }
    }

    /// Text of this role begins.
    pub(crate) fn start(&self, out: &mut Vec<u8>, role: Role) {
        if let Some(start) = self.starts.get(role as usize) {
            out.extend_from_slice(start.as_bytes());
        }
    }

    /// It ends.
    pub(crate) fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.reset.as_bytes());
    }
}
