//! Which expressions also find ICMP errors by the packet they quote.
//!
//! `host 10.0.0.5 and tcp port 443` asks for a flow, and errors about a flow belong to it, though
//! routers sent them. An expression that looks at ICMP, negates, or reads octets and lengths asks
//! for packets of a certain shape, and must mean what it means in tcpdump.

/// A token, as libpcap's scanner cuts them, as far as the difference matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword, name, number or address.
    Word(&'a str),
    /// A name after a backslash, which is no keyword: `\tcp`.
    Escaped(&'a str),
    /// An operator or parenthesis.
    Operator(&'a str),
    /// No token of the language, or one that only stands in other expressions.
    Other,
}

/// Whether `expression` is made of host, net, port, portrange, protocol names, directions, `and`,
/// `or` and parentheses alone. It need not be valid: that is for libpcap to tell.
pub fn speaks_of_flows_only(expression: &str) -> bool {
    let mut after_proto = false;
    for token in Tokens(expression) {
        let allowed = match token {
            Token::Word("host" | "net" | "port" | "portrange") => {
                after_proto = false;
                true
            }
            Token::Word("proto") => {
                after_proto = true;
                true
            }
            Token::Word("src" | "dst" | "and" | "or" | "mask")
            | Token::Operator("&&" | "||" | "(" | ")" | "/") => true,
            Token::Word(word) if is_flow_protocol(word) => true,
            Token::Word(word) if is_other_keyword(word) => false,
            // An identifier. After `proto` it names a protocol, and ICMP's names are special.
            Token::Word(id) | Token::Escaped(id) => !(after_proto && names_icmp(id)),
            Token::Operator(_) | Token::Other => false,
        };
        if !allowed {
            return false;
        }
    }
    true
}

/// Whether `expression` takes a packet and what answers it alike: it has no directions, and looks at no
/// octets, lengths or types. May err towards no.
pub fn takes_both_ways(expression: &str) -> bool {
    Tokens(expression).all(|token| match token {
        Token::Word("src" | "dst") | Token::Other => false,
        Token::Word(word) => is_symmetric_keyword(word) || !is_other_keyword(word),
        Token::Escaped(_) => true,
        Token::Operator(operator) => matches!(operator, "&&" | "||" | "!" | "(" | ")" | "/"),
    })
}

/// Those of [`OTHER_KEYWORDS`] that take a packet and its answer alike.
fn is_symmetric_keyword(word: &str) -> bool {
    const PROTOCOLS: [&str; 11] = [
        "icmp", "icmp6", "ether", "vlan", "mpls", "pppoed", "pppoes", "ppp", "vxlan", "geneve",
        "llc",
    ];
    word == "not" || PROTOCOLS.contains(&word)
}

/// Keywords for protocols that a quoted packet can be of, and ARP, which it cannot, but which is
/// no reason to read the rest of an expression otherwise.
fn is_flow_protocol(word: &str) -> bool {
    matches!(
        word,
        "ip" | "ip6"
            | "tcp"
            | "udp"
            | "sctp"
            | "igmp"
            | "igrp"
            | "pim"
            | "vrrp"
            | "carp"
            | "ah"
            | "esp"
            | "arp"
            | "rarp"
    )
}

/// The remaining keywords of the language (pcap-filter(7)), sorted.
const OTHER_KEYWORDS: &[&str] = &[
    "aarp",
    "action",
    "addr1",
    "addr2",
    "addr3",
    "addr4",
    "address1",
    "address2",
    "address3",
    "address4",
    "atalk",
    "bcc",
    "broadcast",
    "byte",
    "clnp",
    "connectmsg",
    "csnp",
    "decnet",
    "dir",
    "direction",
    "dpc",
    "es-is",
    "esis",
    "ether",
    "fddi",
    "fisu",
    "gateway",
    "geneve",
    "greater",
    "hdpc",
    "hfisu",
    "hlssu",
    "hmsu",
    "hopc",
    "hsio",
    "hsls",
    "icmp",
    "icmp6",
    "ifindex",
    "ifname",
    "iih",
    "ilmic",
    "inbound",
    "ipx",
    "is-is",
    "isis",
    "iso",
    "l1",
    "l2",
    "lane",
    "lat",
    "len",
    "length",
    "less",
    "link",
    "llc",
    "lsp",
    "lssu",
    "lsu",
    "metac",
    "metaconnect",
    "mopdl",
    "moprc",
    "mpls",
    "msu",
    "multicast",
    "netbeui",
    "not",
    "oam",
    "oamf4",
    "oamf4ec",
    "oamf4sc",
    "on",
    "opc",
    "outbound",
    "ppp",
    "pppoed",
    "pppoes",
    "protochain",
    "psnp",
    "ra",
    "radio",
    "reason",
    "rnr",
    "rset",
    "rulenum",
    "ruleset",
    "sc",
    "sca",
    "sio",
    "slip",
    "sls",
    "snp",
    "srnr",
    "stp",
    "subrulenum",
    "subtype",
    "ta",
    "tr",
    "type",
    "vci",
    "vlan",
    "vpi",
    "vxlan",
    "wlan",
];

/// Whether `word` means something in the language, and is no name or number.
pub(super) fn is_keyword(word: &str) -> bool {
    const FLOWS: [&str; 10] = [
        "host",
        "net",
        "port",
        "portrange",
        "proto",
        "src",
        "dst",
        "and",
        "or",
        "mask",
    ];
    FLOWS.contains(&word) || is_flow_protocol(word) || is_other_keyword(word)
}

/// Whether `word` is a keyword whose user asks for something that is not a flow.
fn is_other_keyword(word: &str) -> bool {
    OTHER_KEYWORDS.binary_search(&word).is_ok()
        || word.starts_with("icmp")
        || word.starts_with("tcp-")
}

/// Whether an identifier after `proto` stands for ICMP or ICMPv6: by name (`icmp`, `ipv6-icmp`)
/// or number (1, 58; decimal, octal or hexadecimal).
fn names_icmp(id: &str) -> bool {
    let number = if let Some(hex) = id.strip_prefix("0x").or_else(|| id.strip_prefix("0X")) {
        u32::from_str_radix(hex, 16)
    } else if id.starts_with('0') {
        u32::from_str_radix(id, 8)
    } else {
        id.parse()
    };
    matches!(number, Ok(1 | 58)) || id.to_ascii_lowercase().contains("icmp")
}

/// Cuts an expression into tokens; holds what is left of it.
pub(super) struct Tokens<'a>(pub(super) &'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.0.trim_start_matches([' ', '\t', '\r', '\n']);
        let first = text.chars().next()?;
        let (token, length) = if let Some(escaped) = text.strip_prefix('\\') {
            let name = take_while(escaped, |c| !" !()\n\t".contains(c));
            (Token::Escaped(name), 1 + name.len())
        } else if first.is_ascii_alphanumeric() || text.starts_with("::") {
            // Colons too: IPv6 and MAC addresses are one token. Elsewhere a colon stands only
            // between brackets, where the answer has been given already.
            let word = take_while(text, |c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
            (Token::Word(word), word.len())
        } else {
            const PAIRS: [&str; 8] = ["&&", "||", ">=", "<=", "!=", "==", "<<", ">>"];
            const SINGLE: &str = "+-*/%:[]!<>()&|^=";
            let length = match text.get(..2) {
                Some(pair) if PAIRS.contains(&pair) => 2,
                _ => first.len_utf8(),
            };
            match text.get(..length) {
                Some(op) if length == 2 || SINGLE.contains(first) => (Token::Operator(op), length),
                _ => (Token::Other, length),
            }
        };
        self.0 = text.get(length..).unwrap_or_default();
        Some(token)
    }
}

fn take_while(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_looked_for_in_quotes() {
        for expression in [
            "host 10.0.0.5",
            "10.0.0.5 and port 443",
            "host 10.0.0.5 and tcp port 443",
            "(src host a.example or dst host b-c.example) && udp",
            "net 10.1/16",
            "dst or src net 10.0.0.0/8",
            "src and dst net 10.0.0.0 mask 255.0.0.0",
            "ip6 host 2001:db8::1",
            "::1",
            "fe80::1 or ::ffff:10.0.0.1",
            "net 2001:db8::/32 and sctp",
            "portrange 6000-6008",
            "tcp dst port ftp or ftp-data or domain",
            "ip proto \\tcp",
            "ip proto 17 or ip6 proto 0x11",
            "proto \\udp",
            "host \\host",
            "host vlan-gw.example",
            "host not-here",
            "port 1 or 58",
            "tcp||udp",
            "((ip)and(port 53))",
            "host 0x0a000005",
            "arp or host 10.0.0.5",
            "esp or ah",
        ] {
            assert!(speaks_of_flows_only(expression), "{expression}");
        }
    }

    #[test]
    fn some_expressions_take_no_answers() {
        for both in [
            "",
            "icmp",
            "icmp or icmp6",
            "not port 22",
            "!(host a.example) && tcp",
            "vlan 5",
        ] {
            assert!(takes_both_ways(both), "{both}");
        }
        for one in [
            "icmp[icmptype] == 8",
            "src host 10.0.0.1",
            "inbound",
            "less 100",
            "ip[8] < 5",
        ] {
            assert!(!takes_both_ways(one), "{one}");
        }
    }

    #[test]
    fn all_else_means_what_it_means_in_tcpdump() {
        for expression in [
            "icmp",
            "icmp6",
            "icmp or tcp port 80",
            "not port 22",
            "!port 22",
            "host a and ! host b",
            "tcp[13] & 2 != 0",
            "tcp[tcpflags] & (tcp-syn|tcp-ack) != 0",
            "icmp[icmptype]==8",
            "ip[8] < 5",
            "ether host 00:11:22:33:44:55",
            "ether proto 0x800",
            "link[0] = 1",
            "vlan",
            "vlan 5 and host 10.0.0.5",
            "mpls",
            "pppoes and host 10.0.0.5",
            "geneve",
            "less 100",
            "greater 100 and host 10.0.0.5",
            "len > 100",
            "length = 60",
            "broadcast",
            "ip multicast",
            "gateway gw",
            "ip protochain 6",
            "proto 1",
            "ip proto \\icmp",
            "ip proto 6 or 1",
            "ip6 proto 0x3a",
            "ip6 proto 072",
            "ip6 proto ipv6-icmp",
            "inbound and host 10.0.0.5",
            "ifindex 3",
            "host a & host b",
            "host a | host b",
            "wlan host 00:11:22:33:44:55",
            "llc",
            "port 80 \u{2228} port 443",
        ] {
            assert!(!speaks_of_flows_only(expression), "{expression}");
        }
    }

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(OTHER_KEYWORDS.is_sorted());
    }

    #[test]
    fn tokens_are_cut_as_libpcap_cuts_them() {
        let tokens: Vec<_> = Tokens("(dst port ftp-data)&&\\host!=10/8").collect();
        assert_eq!(
            tokens,
            [
                Token::Operator("("),
                Token::Word("dst"),
                Token::Word("port"),
                Token::Word("ftp-data"),
                Token::Operator(")"),
                Token::Operator("&&"),
                Token::Escaped("host"),
                Token::Operator("!="),
                Token::Word("10"),
                Token::Operator("/"),
                Token::Word("8"),
            ]
        );
        assert_eq!(Tokens(" \t\r\n").count(), 0);
    }
}
