//! What tcpdump's text says, and ours where it is held to the same words.

use icmpdump::record::words;

use super::facts::{Facts, Names, OUTER, QUOTED, TUNNEL};

/// What tcpdump says of a frame in `text`, its lines.
pub(super) fn theirs(text: &str) -> Facts {
    let mut facts = heads(text);
    checksum(&mut facts, text);
    router(&mut facts, text);
    for line in text.lines() {
        option(&mut facts, line);
    }
    records(&mut facts, text);
    if let Some((_, quote)) = text[message_start(text)..].split_once("\n\tIP ") {
        upper_checksum(&mut facts, quote);
    }
    facts
}

/// `[udp sum ok]`, `[bad udp cksum 0x183c -> 0x2f3a!]`, `cksum 0x3e97 (correct)`: of the quoted packet
/// if it was quoted whole.
fn upper_checksum(facts: &mut Facts, quote: &str) {
    let status = "status of the quoted checksum";
    if quote.contains("[udp sum ok]") {
        facts.put(status, "good");
    } else if quote.contains("[no cksum]") {
        facts.put(status, "absent");
    }
    let bad = quote.split_once("[bad udp cksum ");
    let sums = bad.or_else(|| quote.split_once(", cksum "));
    let Some((_, sums)) = sums else { return };
    facts.maybe("sum in the quote", sums.split(' ').next().and_then(hex));
    let is_good = sums
        .split_once(" (")
        .is_some_and(|(_, rest)| rest.starts_with("correct"));
    facts.put(status, if is_good { "good" } else { "bad" });
    if !is_good {
        let expected = sums.split_once("-> ").map_or("", |(_, rest)| rest);
        facts.maybe(
            "sum expected in the quote",
            expected.split([')', '!']).next().and_then(hex),
        );
    }
}

/// What is said of the IP headers, the packet's and the quoted one's.
pub(super) fn heads(text: &str) -> Facts {
    let mut facts = Facts::default();
    let start = message_start(text);
    // tcpdump puts the outer header before, we put it on a line below.
    let outermost = match text.split_once("\n\tin IP") {
        Some((_, ours)) => Some(ours),
        None => text
            .find("IP")
            .filter(|&first| first < start)
            .map(|first| &text[first..start]),
    };
    if let Some(outermost) = outermost {
        head(&mut facts, &TUNNEL, outermost);
        let is_udp = facts
            .0
            .get(TUNNEL.protocol)
            .is_some_and(|all| all[0] == "udp");
        let ports = is_udp.then_some(["tunnel src port", "tunnel dst port"]);
        addresses(&mut facts, &TUNNEL, outermost, ports);
    }
    let text = &text[start..];
    let (message, quote) = match text.split_once("\n\tIP ") {
        Some((message, quote)) => (message, Some(quote)),
        None => (text, None),
    };
    head(&mut facts, &OUTER, message);
    addresses(&mut facts, &OUTER, message, None);
    extension_headers(&mut facts, message);
    if let Some(quote) = quote {
        head(&mut facts, &QUOTED, quote);
        let protocol = facts.0.get(QUOTED.protocol).and_then(|all| all.first());
        let has_ports = matches!(protocol.map(String::as_str), Some("tcp" | "udp"));
        let ports = has_ports.then_some(["quoted src port", "quoted dst port"]);
        addresses(&mut facts, &QUOTED, quote, ports);
        tcp(&mut facts, quote);
    }
    facts
}

/// `Flags [S], seq 9, win 64240, options [mss 1460], length 0`; ours begin with a small letter.
fn tcp(facts: &mut Facts, quote: &str) {
    let Some((_, told)) = quote.split_once("lags [") else {
        return;
    };
    // The packet's own flags are told in the first line.
    let Some((_, told)) = told.split_once("lags [") else {
        return;
    };
    facts.maybe("quoted tcp flags", told.split(']').next());
    facts.maybe("quoted tcp window", behind(told, " win "));
    let options = told.split_once("options [").map(|(_, options)| options);
    facts.maybe(
        "quoted tcp options",
        options.and_then(|o| o.split(']').next()),
    );
}

/// Where the header of the packet begins that carries the message: the last before that.
fn message_start(text: &str) -> usize {
    let words = [": ICMP ", "ICMP6,"];
    let message = words.iter().filter_map(|word| text.find(word)).min();
    let before = &text[..message.unwrap_or(text.len())];
    let headers = ["IP (tos", "IP6 ("];
    let last = headers
        .iter()
        .filter_map(|header| before.rfind(header))
        .max();
    last.or_else(|| text.find("IP")).unwrap_or(0)
}

/// `HBH (rtalert: 0x0000) (padn)` between addresses and message, without the blanks. Options of
/// which tcpdump knows nothing but the number we tell more of.
fn extension_headers(facts: &mut Facts, message: &str) {
    let Some((_, rest)) = message.split_once(" > ") else {
        return;
    };
    let Some((_, rest)) = rest.split_once(": ") else {
        return;
    };
    let end = ["[icmp6", "[bad icmp6", "ICMP6,", "\n", "|"].map(|word| rest.find(word));
    let told = &rest[..end.into_iter().flatten().min().unwrap_or(rest.len())];
    let is_header = ["HBH", "DSTOPT", "RT6", "frag (", "AH("].map(|word| told.starts_with(word));
    if is_header.contains(&true) && !told.contains("opt_type") {
        facts.put(OUTER.extensions, told.replace(' ', ""));
    }
}

/// `a > b:`, with ports behind a point where there are any.
fn addresses(facts: &mut Facts, names: &Names, text: &str, ports: Option<[&'static str; 2]>) {
    let Some((before, after)) = text.split_once(" > ") else {
        return;
    };
    let src = before.rsplit([' ', '\n', '\t']).next().unwrap_or("");
    let dst = after
        .split(": ")
        .next()
        .unwrap_or("")
        .trim_end_matches(':')
        .trim_end();
    let dst = dst
        .split(['\n', ' '])
        .next()
        .unwrap_or(dst)
        .trim_end_matches(':');
    let sides = [(names.src, src), (names.dst, dst)];
    for (i, (field, told)) in sides.into_iter().enumerate() {
        let points = told.matches('.').count();
        match (ports, told.rsplit_once('.')) {
            (Some(ports), Some((address, port))) if points == 4 => {
                facts.put(field, address);
                facts.put(ports[i], port);
            }
            _ => facts.put(field, told),
        }
    }
}

/// ICMPv6: good or bad; ICMP: only told if it is bad.
fn checksum(facts: &mut Facts, message: &str) {
    if message.contains("[icmp6 sum ok]") {
        facts.put("checksum", "good");
    }
    for (label, separator) in [
        ("(wrong icmp cksum ", " (->"),
        ("[bad icmp6 cksum ", " -> "),
    ] {
        if let Some((_, rest)) = message.split_once(label)
            && let Some((found, rest)) = rest.split_once(separator)
        {
            facts.put("checksum", "bad");
            facts.maybe("checksum found", hex(found));
            facts.maybe(
                "checksum expected",
                rest.split([')', '!']).next().and_then(hex),
            );
        }
    }
}

/// The line of a router advertisement's own fields.
fn router(facts: &mut Facts, text: &str) {
    let Some((_, told)) = text.split_once("\thop limit ") else {
        return;
    };
    facts.maybe("hop limit", told.split(',').next());
    facts.maybe(
        "router lifetime",
        behind(told, "router lifetime ").map(|t| t.trim_end_matches('s')),
    );
    facts.maybe(
        "reachable",
        behind(told, "reachable time ").map(|t| t.trim_end_matches("ms")),
    );
    facts.maybe(
        "retransmit",
        behind(told, "retrans timer ").map(|t| t.trim_end_matches("ms")),
    );
    let flags = told.split_once("Flags [").map_or("", |(_, rest)| rest);
    let flags = flags.split(']').next().unwrap_or("");
    facts.put("managed", flags.contains("managed"));
    facts.put("other config", flags.contains("other stateful"));
    facts.put("home agent", flags.contains("home agent"));
}

/// `  mtu option (5), length 8 (1):  1500`.
fn option(facts: &mut Facts, line: &str) {
    let Some((_, rest)) = line.split_once(" option (") else {
        return;
    };
    let Some((kind, told)) = rest.split_once(')') else {
        return;
    };
    facts.put("option", kind);
    let told = told.split_once("):").map_or("", |(_, told)| told.trim());
    let seconds = |label| behind(told, label).map(|value| value.trim_end_matches('s'));
    match kind {
        "1" | "2" => facts.put("link address", told),
        "3" => {
            facts.maybe("prefix", told.split(',').next());
            facts.put("on link", told.contains("onlink"));
            facts.put("autonomous", told.contains("auto"));
            facts.maybe("valid", seconds("valid time "));
            facts.maybe("preferred", seconds("pref. time "));
        }
        "5" => facts.put("option mtu", told),
        "7" => facts.put("interval", told.trim_end_matches("ms")),
        "24" => {
            facts.maybe("route", told.split(',').next());
            facts.maybe("route lifetime", seconds("lifetime="));
        }
        "25" => {
            facts.maybe("rdnss lifetime", seconds("lifetime "));
            for server in told.split("addr: ").skip(1) {
                facts.put("server", server.trim());
            }
        }
        "31" => {
            facts.maybe("dnssl lifetime", seconds("lifetime "));
            let names = told
                .split_once("domain(s): ")
                .map_or("", |(_, names)| names);
            for name in names.split(' ') {
                facts.put("domain", name.trim_end_matches('.'));
            }
        }
        _ => {}
    }
}

/// `[gaddr ff02::16 to_ex { 2001:db8::1 }]`.
fn records(facts: &mut Facts, text: &str) {
    for told in text.split("[gaddr ").skip(1) {
        let (told, _) = told.split_once(']').unwrap_or((told, ""));
        let mut words = told.split(' ');
        facts.maybe("group", words.next());
        let Some(mode) = words.next().filter(|word| !word.contains('=')) else {
            continue;
        };
        facts.put("mode", mode);
        let sources = told
            .split_once("{ ")
            .and_then(|(_, rest)| rest.split_once('}'));
        for source in sources
            .map_or("", |(sources, _)| sources)
            .split_whitespace()
        {
            facts.put("source", source);
        }
    }
}

/// What stands behind `label` up to a character that ends a value.
fn behind<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(label)?;
    let end = rest
        .find([',', ')', ']', ' ', '\n', ';'])
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

fn hex(digits: &str) -> Option<u64> {
    u64::from_str_radix(digits.trim_start_matches("0x"), 16).ok()
}

/// The header fields in the first pair of parentheses of `text`.
fn head(facts: &mut Facts, names: &Names, text: &str) {
    let Some((_, told)) = text.split_once('(') else {
        return;
    };
    // Parentheses nest once: `proto ICMP (1)`.
    let mut depth = 1;
    let end = told.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let told = &told[..end.unwrap_or(told.len())];
    if told.starts_with("tos ") {
        // A TTL of 0 goes untold.
        facts.put(names.ttl, behind(told, "ttl ").unwrap_or("0"));
        facts.maybe(names.class, behind(told, "tos ").and_then(hex));
        facts.maybe(names.id, behind(told, " id "));
        facts.maybe(names.offset, behind(told, " offset "));
        let flags = told.split_once("flags [").map_or("", |(_, rest)| rest);
        let flags = flags.split(']').next().unwrap_or("");
        facts.put(names.df, flags.contains("DF"));
        facts.put(names.more, flags.contains('+'));
        let proto = told
            .split_once("proto ")
            .and_then(|(_, rest)| behind(rest, "("));
        facts.maybe(names.protocol, proto.map(protocol));
        facts.maybe(names.length, behind(told, "), length "));
        let options = told.split_once("options (").map(|(_, options)| options);
        facts.maybe(
            names.options,
            options.and_then(|options| options.split(')').next()),
        );
        if let Some((_, sums)) = told.split_once("bad cksum ") {
            let found = sums.split(' ').next().and_then(hex);
            let expected = behind(sums, "(->").and_then(hex);
            facts.maybe(names.found, found);
            facts.maybe(names.expected, expected);
        }
    } else {
        facts.put(names.ttl, behind(told, "hlim ").unwrap_or("0"));
        facts.put(
            names.class,
            behind(told, "class ").and_then(hex).unwrap_or(0),
        );
        facts.put(
            names.label,
            behind(told, "flowlabel ").and_then(hex).unwrap_or(0),
        );
        let length = behind(told, "payload length: ").and_then(|n| n.parse::<u64>().ok());
        facts.maybe(names.length, length.filter(|n| *n > 0).map(|n| n + 40));
    }
}

fn protocol(number: &str) -> String {
    let word = number.parse().ok().and_then(words::protocol);
    word.unwrap_or(number).to_owned()
}
