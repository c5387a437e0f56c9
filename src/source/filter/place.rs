//! Where an expression stops making sense: libpcap says `syntax error` and no more.
//!
//! Its parser stops at the first word that nothing can make right. So the longest beginning is
//! looked for that some end completes; the word behind it is the one.

use super::tokens::{Token, Tokens, is_keyword};

/// What may complete a beginning: nothing, a primitive, or what its last word asks for.
const ENDS: &[&str] = &[
    "",
    "ip",
    "0",
    "10.0.0.0",
    "host 10.0.0.1",
    "00:00:00:00:00:01",
    "host 00:00:00:00:00:01",
    "1-2",
    "255.0.0.0",
    "mgt",
    "proto 6",
];

/// What makes a condition of a number.
const COMPARISON: &str = " = 0";

/// Says at which word the syntax error is. `compiles` tells whether libpcap finds no syntax error
/// in a text.
pub(super) fn of_syntax_error(expression: &str, compiles: impl Fn(&str) -> bool) -> String {
    let words = words(expression);
    let beginning = |count: usize| words.get(..count).unwrap_or_default();
    let (mut good, mut bad) = (0, words.len() + 1);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if can_be_completed(beginning(middle), &compiles) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    let told = |word: Option<&Word<'_>>| word.map_or(String::new(), |word| word.told.to_owned());
    let before = told(good.checked_sub(1).and_then(|at| words.get(at)));
    match words.get(good) {
        None => format!("syntax error at its end: something has to follow '{before}'"),
        Some(at) if good == 0 => format!("syntax error at '{}', its beginning", at.told),
        Some(at) => format!("syntax error at '{}' behind '{before}'", at.told),
    }
}

/// A word as it was given, and as it is tried.
struct Word<'a> {
    told: &'a str,
    tried: &'a str,
}

fn words(expression: &str) -> Vec<Word<'_>> {
    let mut tokens = Tokens(expression);
    let mut words = Vec::new();
    let mut service = false;
    while let Some(token) = tokens.next() {
        let left = tokens.0.len();
        let consumed = expression.get(..expression.len() - left);
        let told = match token {
            Token::Word(text) | Token::Operator(text) => text,
            // With its backslash; what is no token is one character.
            Token::Escaped(name) => consumed
                .and_then(|text| text.get(text.len() - name.len() - 1..))
                .unwrap_or(name),
            Token::Other => consumed
                .and_then(|text| text.char_indices().next_back())
                .and_then(|(at, _)| expression.get(at..expression.len() - left))
                .unwrap_or_default(),
        };
        let is_name = matches!(token, Token::Word(word) if !is_keyword(word)
            && !word.contains(':')
            && word.starts_with(|c: char| c.is_ascii_alphabetic()));
        // Names of hosts would be looked up again and again.
        let tried = if is_name && !service {
            "10.0.0.1"
        } else {
            told
        };
        service = matches!(
            token,
            Token::Word("port" | "portrange" | "proto" | "protochain")
        ) || service && matches!(token, Token::Word("or") | Token::Operator("(" | "||"));
        words.push(Word { told, tried });
    }
    words
}

/// Whether some end makes an expression of these words.
fn can_be_completed(words: &[Word<'_>], compiles: &impl Fn(&str) -> bool) -> bool {
    let mut open = Vec::new();
    let mut text = String::new();
    for word in words {
        match word.tried {
            "(" => open.push(')'),
            "[" => open.push(']'),
            ")" | "]" => drop(open.pop()),
            _ => {}
        }
        // No blank where it would part what belongs together: `tcp[0]`, `10/8`.
        if !matches!(word.tried, "[" | "]" | "/" | ":") && !text.ends_with(['[', '/', ':']) {
            text.push(' ');
        }
        text.push_str(word.tried);
    }
    let closing: Vec<char> = open.into_iter().rev().collect();
    ENDS.iter().any(|end| {
        // A number becomes a condition inside of the innermost parentheses, or outside of some.
        let compared = (0..=closing.len()).map(Some).chain([None]);
        compared.into_iter().any(|at| {
            let mut whole = text.clone();
            if !text.ends_with(['[', '/', ':']) {
                whole.push(' ');
            }
            whole.push_str(end);
            for (nth, bracket) in closing.iter().enumerate() {
                if at == Some(nth) {
                    whole.push_str(COMPARISON);
                }
                whole.push(*bracket);
            }
            if at == Some(closing.len()) {
                whole.push_str(COMPARISON);
            }
            compiles(&whole)
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::source::filter::{Filter, QuotedPolicy};

    #[test]
    fn the_word_that_nothing_makes_right() {
        for (expression, told) in [
            ("foo bar baz", "at 'foo', its beginning"),
            ("icmp and and udp", "at 'and' behind 'and'"),
            ("icmp and", "at its end: something has to follow 'and'"),
            ("host", "at its end: something has to follow 'host'"),
            ("host and", "at 'and' behind 'host'"),
            ("(icmp", "at its end: something has to follow 'icmp'"),
            ("icmp)", "at ')' behind 'icmp'"),
            (") icmp", "at ')', its beginning"),
            (
                "icmp[icmptype",
                "at its end: something has to follow 'icmptype'",
            ),
            (
                "icmp[icmptype]==",
                "at its end: something has to follow '=='",
            ),
            ("icmp[icmptype] = = 8", "at '=' behind '='"),
            ("(icmp[0:2] == 8 or (tcp[0 + 2)", "at ')' behind '2'"),
            ("port http x", "at 'x' behind 'http'"),
            ("port 80 81", "at '81' behind '80'"),
            ("host localhost && tcp port port", "at 'port' behind 'port'"),
            ("net 10.0/8/8", "at '/' behind '8'"),
            (
                "ether host 00:11:22:33:44:55 66",
                "at '66' behind '00:11:22:33:44:55'",
            ),
            (
                "tcp dst port (80 or 443 and",
                "at its end: something has to follow 'and'",
            ),
            ("icmp & host 10.0.0.1", "at '&' behind 'icmp'"),
            ("less", "at its end: something has to follow 'less'"),
            ("icmp \u{2228} udp", "at '\u{2228}' behind 'icmp'"),
            ("ip proto \\tcp \\udp", "at '\\udp' behind '\\tcp'"),
        ] {
            let mut filter = Filter::new(expression, QuotedPolicy::Auto);
            let error = filter.check(&[]).map_err(|error| error.message);
            assert_eq!(error, Err(format!("syntax error {told}")), "{expression}");
        }
    }

    /// Looking for the place takes few tries.
    #[test]
    fn long_expressions() {
        let mut expression = "host 10.0.0.1 or ".repeat(2000);
        expression.push_str("and udp");
        let tries = std::cell::Cell::new(0);
        let told = super::of_syntax_error(&expression, |text| {
            tries.set(tries.get() + 1);
            !text.contains("or and")
        });
        assert_eq!(told, "syntax error at 'and' behind 'or'");
        assert!(tries.get() < 1000, "{}", tries.get());
    }
}
