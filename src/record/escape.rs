//! Text that a packet or a file controls, made safe to print.
//!
//! Interface names (RFC 5837), node names, comments and file names may hold control characters
//! that a terminal obeys, and characters that reorder or hide what stands around them. They are
//! written as `\xNN` (octets that are no character, control characters) and `\u{NNNN}`; the
//! backslash itself is doubled, so that what was escaped can be told from what was there.

use std::fmt;

use super::write;

/// Displays octets as escaped text.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a [u8]);

/// Appends `octets` as escaped text.
pub fn push(out: &mut Vec<u8>, octets: &[u8]) {
    for chunk in octets.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(out, c);
        }
        for octet in chunk.invalid() {
            out.extend_from_slice(b"\\x");
            write::hex(out, u64::from(*octet), 2);
        }
    }
}

/// Appends text whose backslashes are escapes already, as those of a distinguished name (RFC 4514
/// section 2.4): they stay as they are.
pub fn push_name(out: &mut Vec<u8>, name: &str) {
    for c in name.chars() {
        match c {
            '\\' => out.push(b'\\'),
            c => push_char(out, c),
        }
    }
}

fn push_char(out: &mut Vec<u8>, c: char) {
    match c {
        '\\' => out.extend_from_slice(b"\\\\"),
        ' '..='~' => out.push(c as u8),
        '\0'..='\u{9f}' => {
            out.extend_from_slice(b"\\x");
            write::hex(out, u64::from(u32::from(c)), 2);
        }
        c if is_unprintable(c) => {
            out.extend_from_slice(b"\\u{");
            write::hex(out, u64::from(u32::from(c)), 1);
            out.push(b'}');
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Characters that show nothing themselves but change how others are shown: bidirectional
/// controls (Unicode Standard Annex 9), zero-width characters, line separators, variation
/// selectors, tags, and what is private or no character.
fn is_unprintable(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut safe = Vec::with_capacity(self.0.len());
        push(&mut safe, self.0);
        f.write_str(&String::from_utf8_lossy(&safe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let cases: &[(&[u8], &str)] = &[
            (b"ge-0/0/1.100", "ge-0/0/1.100"),
            (b"a\x1b[2Jb\n\0", "a\\x1b[2Jb\\x0a\\x00"),
            (b"\x7f\xc2\x9b", "\\x7f\\x9b"),
            (b"\xff\xfeok\xc3", "\\xff\\xfeok\\xc3"),
            (b"back\\slash", "back\\\\slash"),
            ("Z\u{fc}rich \u{1f600}".as_bytes(), "Z\u{fc}rich \u{1f600}"),
            (
                "a\u{202e}b\u{2066}\u{200b}".as_bytes(),
                "a\\u{202e}b\\u{2066}\\u{200b}",
            ),
            (
                "\u{2028}\u{feff}\u{e0041}".as_bytes(),
                "\\u{2028}\\u{feff}\\u{e0041}",
            ),
        ];
        for (octets, expected) in cases {
            assert_eq!(Escaped(octets).to_string(), *expected);
        }
    }

    #[test]
    fn no_octets_whatever_give_a_control_character() {
        for a in 0..=255 {
            for b in 0..=255 {
                let text = Escaped(&[a, b, b'.']).to_string();
                assert!(!text.chars().any(char::is_control), "{a:02x} {b:02x}");
            }
        }
    }
}
