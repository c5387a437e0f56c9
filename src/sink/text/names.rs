//! Names in place of addresses (`--resolve`), in text only.
//!
//! Text is made of addresses first, whoever makes it: lines, verdicts, titles of findings. Here
//! they are found again in it, so that all of it names hosts in one way.

use std::borrow::Cow;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// What is known of the names of addresses. Asking goes on beside the capture, and a line does not
/// wait for it longer than whoever answers finds bearable.
pub trait Names: Send {
    /// Has the name of an address looked up, if that is not under way.
    fn ask(&mut self, addr: IpAddr);

    /// The name of an address, if it is known.
    fn name(&mut self, addr: IpAddr) -> Option<&HostName>;

    /// No packet follows: what remains to be told can wait a little.
    fn closing(&mut self);
}

/// The name of a host: what the DNS answers is up to whoever owns the address, so that nothing else
/// is taken for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(Box<str>);

impl HostName {
    /// Takes letters, digits, hyphens, underscores and dots (RFC 1123 section 2.1), at most 253
    /// octets (RFC 1035 section 2.3.4), unless they read as an address.
    pub fn new(name: &str) -> Option<Self> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
        let is_name = (1..=253).contains(&name.len())
            && name.bytes().all(is_plain)
            && name.split('.').all(|label| !label.is_empty())
            // No top-level domain is a number, and an address ends in one.
            && name.rsplit('.').next().is_some_and(|last| !last.bytes().all(|c| c.is_ascii_digit()));
        is_name.then(|| Self(name.into()))
    }

    /// The name without its domain (`-N`).
    #[must_use]
    pub fn without_domain(&self) -> Self {
        let label = self.0.split('.').next().unwrap_or_default();
        // `10.example` must not become a number.
        Self::new(label).unwrap_or_else(|| self.clone())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Puts names in the place of addresses, if names are wanted.
#[derive(Default)]
pub(in crate::sink) struct Naming(RefCell<Option<Box<dyn Names>>>);

impl Naming {
    pub(super) fn set(&mut self, names: Box<dyn Names>) {
        *self.0.get_mut() = Some(names);
    }

    pub(super) fn closing(&mut self) {
        if let Some(names) = self.0.get_mut() {
            names.closing();
        }
    }

    /// Names in what `out` holds from `from` on.
    pub(in crate::sink) fn apply(&self, out: &mut Vec<u8>, from: usize) {
        let mut names = self.0.borrow_mut();
        let Some(names) = names.as_mut() else {
            return;
        };
        let written = out.get(from..).unwrap_or_default();
        if let Some(replaced) = replace(written, names.as_mut()) {
            out.truncate(from);
            out.extend_from_slice(&replaced);
        }
    }

    /// `text` with names.
    pub(in crate::sink) fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut names = self.0.borrow_mut();
        let replaced = (names.as_mut()).and_then(|names| replace(text.as_bytes(), names.as_mut()));
        match replaced.map(String::from_utf8) {
            Some(Ok(replaced)) => Cow::Owned(replaced),
            _ => Cow::Borrowed(text),
        }
    }
}

/// `text` with names; `None` where it stays as it is.
fn replace(text: &[u8], names: &mut dyn Names) -> Option<Vec<u8>> {
    let found: Vec<(Range<usize>, IpAddr)> = addresses(text).collect();
    // All of them first: they are looked up at the same time.
    for (_, addr) in &found {
        names.ask(*addr);
    }
    let mut out = Vec::new();
    let mut copied = 0;
    for (place, addr) in found {
        let Some(name) = names.name(addr) else {
            continue;
        };
        out.extend_from_slice(text.get(copied..place.start)?);
        out.extend_from_slice(name.as_str().as_bytes());
        copied = place.end;
    }
    (copied > 0).then(|| {
        out.extend_from_slice(text.get(copied..).unwrap_or_default());
        out
    })
}

/// Where addresses stand in text, ports behind them left out.
fn addresses(text: &[u8]) -> impl Iterator<Item = (Range<usize>, IpAddr)> {
    let is_part = |c: &u8| c.is_ascii_hexdigit() || matches!(c, b'.' | b':');
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.iter().position(is_part)?;
            let length =
                (text.get(start..)?.iter().position(|c| !is_part(c))).unwrap_or(text.len() - start);
            at = start + length;
            let before = start.checked_sub(1).and_then(|at| text.get(at));
            // What goes on is a word, and what has a length is a network.
            let goes_on = |c: &u8| c.is_ascii_alphanumeric() || b"-_/\\".contains(c);
            if before.is_some_and(goes_on) || text.get(at).is_some_and(goes_on) {
                continue;
            }
            let token = std::str::from_utf8(text.get(start..at)?).ok()?;
            if let Some((length, addr)) = address(token) {
                return Some((start..start + length, addr));
            }
        }
    })
}

/// The address that `token` begins with, and how long it is: punctuation or a port may follow.
fn address(token: &str) -> Option<(usize, IpAddr)> {
    // The shortest address is `::`.
    if token.len() < 2 {
        return None;
    }
    let parse = |text: &str| {
        let v4 = text.parse().map(|addr: Ipv4Addr| addr.into());
        v4.or_else(|_| text.parse().map(|addr: Ipv6Addr| addr.into()))
            .ok()
    };
    let bare = token.trim_end_matches(['.', ':']);
    let port = bare.rfind('.').filter(|&dot| {
        let port = bare.get(dot + 1..).unwrap_or_default();
        port.bytes().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    // `2001:db8::` ends in what could be punctuation.
    [Some(token.len()), Some(bare.len()), port]
        .into_iter()
        .flatten()
        .chain(token.strip_suffix(':').map(str::len))
        .find_map(|length| Some((length, parse(token.get(..length)?)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows one name and says what it was asked.
    #[derive(Default)]
    struct One(Vec<String>, Option<HostName>);

    impl Names for One {
        fn ask(&mut self, addr: IpAddr) {
            self.0.push(addr.to_string());
        }

        fn name(&mut self, _addr: IpAddr) -> Option<&HostName> {
            self.1.as_ref()
        }

        fn closing(&mut self) {}
    }

    fn named(text: &str) -> (String, Vec<String>) {
        let mut one = One(Vec::new(), HostName::new("host.example"));
        let replaced = replace(text.as_bytes(), &mut one);
        let replaced = replaced.unwrap_or_else(|| text.as_bytes().to_vec());
        (String::from_utf8(replaced).unwrap(), one.0)
    }

    #[test]
    fn addresses_are_found_with_and_without_ports() {
        for (text, expected) in [
            ("IP 10.0.0.1 > 10.0.0.2: ICMP", "IP H > H: ICMP"),
            (
                "quotes UDP 10.0.0.1.53 > 2001:db8::1.443 ttl",
                "quotes UDP H.53 > H.443 ttl",
            ),
            ("IP6 fe80::1 > ff02::1:ff00:2: ICMP6", "IP6 H > H: ICMP6"),
            ("who has 2001:db8::, tgt is ::", "who has H, tgt is H"),
            ("2001:db8::: ICMP6", "H: ICMP6"),
            ("::ffff:10.0.0.1.80 > ::", "H.80 > H"),
            ("about 10.0.0.1.", "about H."),
            ("(10.0.0.1)", "(H)"),
            ("\x1b[31m10.0.0.1\x1b[0m", "\x1b[31m10.0.0.1\x1b[0m"),
            ("10.0.0.1\u{a0}and", "H\u{a0}and"),
        ] {
            let expected = expected.replace('H', "host.example");
            assert_eq!(named(text).0, expected, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_stays() {
        for text in [
            "08:25:50.469444 id 19, seq 1, length 64",
            "02:42:ac:11:00:02 > 33:33:00:00:00:01",
            "net 10.0.0.0/8, 2001:db8::/32",
            "x10.0.0.1 10.0.0.1x eth10.0.0.1 10.0.0.1-old a_10.0.0.1",
            "1.2.3 1.2.3.4.5.6 256.1.1.1 010.0.0.1 10.0.0.1.99999",
            "-- #1 answered by #2, rtt 0.028 ms",
            "ICMP 3/13 face: bad. ...: :",
            "",
        ] {
            assert_eq!(named(text), (text.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn all_are_asked_for_and_unknown_ones_stay() {
        let mut names = One::default();
        assert_eq!(replace(b"10.0.0.1 > 10.0.0.2.5", &mut names), None);
        assert_eq!(names.0, ["10.0.0.1", "10.0.0.2"]);
    }

    #[test]
    fn names_that_are_none() {
        for name in [
            "",
            ".",
            "a..b",
            "10.0.0.1",
            "host.1",
            "evil\x1b[31m",
            "a b",
            "a > b: ICMP",
            "\u{202e}moc",
            "fe80::1",
            "-- summary:",
            &"a".repeat(254),
        ] {
            assert_eq!(HostName::new(name), None, "{name}");
        }
        let name = |name| HostName::new(name).map(|name| name.as_str().to_owned());
        assert_eq!(name("Gw-1_a.example."), Some("Gw-1_a.example".into()));
        assert_eq!(name("localhost"), Some("localhost".into()));
    }

    #[test]
    fn names_without_their_domain() {
        let short = |name| HostName::new(name).unwrap().without_domain();
        assert_eq!(short("nic.ddn.mil").as_str(), "nic");
        assert_eq!(short("localhost").as_str(), "localhost");
        assert_eq!(short("10.example").as_str(), "10.example");
    }
}
