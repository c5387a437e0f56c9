//! What lines of mail, file transfer and chat begin with.

/// The words that a client's line may begin with, in capitals.
struct Form {
    name: &'static str,
    commands: &'static [&'static str],
    /// What a server's line begins with.
    replies: Replies,
}

enum Replies {
    /// Three digits, with a blank or a hyphen behind them.
    Codes,
    /// One of these words.
    Words(&'static [&'static str]),
}

/// The protocol at a port whose form these octets have.
pub(super) fn of(port: u16, octets: &[u8]) -> Option<&'static str> {
    let form = match port {
        21 => &FTP,
        25 | 587 => &SMTP,
        110 => &POP3,
        119 => &NNTP,
        11211 => &MEMCACHED,
        143 => return is_imap(octets).then_some("imap"),
        514 => return octets.starts_with(b"<").then_some("syslog"),
        5060 => return is_sip(octets).then_some("sip"),
        5222 => return octets.starts_with(b"<").then_some("xmpp"),
        6667 => return is_irc(octets).then_some("irc"),
        // What is typed is any text.
        23 => return Some("telnet"),
        43 => return Some("whois"),
        _ => return None,
    };
    let first = words(octets).next()?;
    let is_reply = match form.replies {
        Replies::Codes => is_code(octets),
        Replies::Words(words) => is_one_of(first, words),
    };
    (is_reply || is_one_of(first, form.commands)).then_some(form.name)
}

/// The protocol of datagrams at a port whose form these octets have; syslog has none.
pub(super) fn of_datagram(port: u16, octets: &[u8]) -> Option<&'static str> {
    const SSDP: [&[u8]; 3] = [b"HTTP/1.", b"M-SEARCH ", b"NOTIFY "];
    /// RFC 3435 section 3.2.1.1.
    const MGCP: &[&str] = &[
        "EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP",
    ];
    let (name, has_form) = match port {
        514 => ("syslog", true),
        1900 => ("ssdp", SSDP.iter().any(|start| octets.starts_with(start))),
        2427 | 2727 => {
            let is_verb = words(octets)
                .next()
                .is_some_and(|word| is_one_of(word, MGCP));
            ("mgcp", is_verb || is_code(octets))
        }
        3702 => ("ws_discovery", octets.starts_with(b"<")),
        5060 => ("sip", is_sip(octets)),
        _ => return None,
    };
    has_form.then_some(name)
}

/// The words of the first line, but for one that may go on where the quote ends.
fn words(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = octets
        .iter()
        .position(|octet| matches!(octet, b'\r' | b'\n'));
    let end = end.or_else(|| octets.iter().rposition(|&octet| octet == b' '));
    let ended = octets.get(..end.unwrap_or(0)).unwrap_or_default();
    ended.split(|&octet| octet == b' ')
}

/// As programs write them: a line of a letter may begin with the same word in small letters.
fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| known.as_bytes() == word)
}

/// Whether it begins with a code of three digits (RFC 5321 section 4.2).
fn is_code(octets: &[u8]) -> bool {
    match octets {
        [b'1'..=b'6', b, c, rest @ ..] => {
            let ends = matches!(rest.first(), Some(b' ' | b'-' | b'\r' | b'\n'));
            b.is_ascii_digit() && c.is_ascii_digit() && ends
        }
        _ => false,
    }
}

/// RFC 9051 section 2.2: a tag, and a command or what came of it; data without a tag.
fn is_imap(octets: &[u8]) -> bool {
    const LONGEST_TAG: usize = 16;
    const UNTAGGED: &[&str] = &[
        "OK",
        "NO",
        "BAD",
        "BYE",
        "PREAUTH",
        "CAPABILITY",
        "FLAGS",
        "LIST",
        "LSUB",
        "SEARCH",
        "STATUS",
        "ENABLED",
        "NAMESPACE",
        "ESEARCH",
    ];
    const TAGGED: &[&str] = &[
        "OK",
        "NO",
        "BAD",
        "CAPABILITY",
        "NOOP",
        "LOGOUT",
        "STARTTLS",
        "AUTHENTICATE",
        "LOGIN",
        "ENABLE",
        "SELECT",
        "EXAMINE",
        "CREATE",
        "DELETE",
        "RENAME",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "LIST",
        "LSUB",
        "NAMESPACE",
        "STATUS",
        "APPEND",
        "IDLE",
        "CHECK",
        "CLOSE",
        "UNSELECT",
        "EXPUNGE",
        "SEARCH",
        "FETCH",
        "STORE",
        "COPY",
        "MOVE",
        "UID",
        "ID",
        "COMPRESS",
    ];
    let mut words = words(octets);
    let (Some(tag), Some(second)) = (words.next(), words.next()) else {
        return octets == b"DONE\r\n";
    };
    match tag {
        b"*" => is_one_of(second, UNTAGGED) || is_number(second),
        b"+" => true,
        _ => {
            let is_tag = tag.len() <= LONGEST_TAG && tag.iter().all(u8::is_ascii_alphanumeric);
            let is_command = TAGGED
                .iter()
                .any(|known| known.as_bytes().eq_ignore_ascii_case(second));
            is_tag && tag.iter().any(u8::is_ascii_digit) && is_command
        }
    }
}

fn is_number(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}

/// RFC 3261 section 7: a status line, or a method and a URI.
fn is_sip(octets: &[u8]) -> bool {
    const SCHEMES: [&[u8]; 4] = [b"sip:", b"sips:", b"tel:", b"urn:"];
    let mut words = octets.splitn(2, |&octet| octet == b' ');
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return false;
    };
    let is_method = !first.is_empty() && first.iter().all(u8::is_ascii_uppercase);
    first == b"SIP/2.0" || is_method && SCHEMES.iter().any(|scheme| second.starts_with(scheme))
}

/// RFC 2812 section 2.3: perhaps who sends it, then a command or the three digits of a reply.
fn is_irc(octets: &[u8]) -> bool {
    const COMMANDS: &[&str] = &[
        "ADMIN",
        "AUTHENTICATE",
        "AWAY",
        "CAP",
        "CONNECT",
        "ERROR",
        "INFO",
        "INVITE",
        "ISON",
        "JOIN",
        "KICK",
        "KILL",
        "LINKS",
        "LIST",
        "LUSERS",
        "MODE",
        "MOTD",
        "NAMES",
        "NICK",
        "NOTICE",
        "OPER",
        "PART",
        "PASS",
        "PING",
        "PONG",
        "PRIVMSG",
        "QUIT",
        "SQUIT",
        "STATS",
        "TIME",
        "TOPIC",
        "TRACE",
        "USER",
        "USERHOST",
        "VERSION",
        "WALLOPS",
        "WHO",
        "WHOIS",
        "WHOWAS",
    ];
    let mut words = words(octets);
    let command = match words.next() {
        Some([b':', _, ..]) => words.next(),
        first => first,
    };
    command.is_some_and(|word| {
        is_one_of(word, COMMANDS) || word.len() == 3 && word.iter().all(u8::is_ascii_digit)
    })
}

/// RFC 959 section 4.1, RFC 2228, RFC 2389, RFC 2428, RFC 3659.
const FTP: Form = Form {
    name: "ftp",
    commands: &[
        "USER", "PASS", "ACCT", "CWD", "CDUP", "SMNT", "QUIT", "REIN", "PORT", "PASV", "TYPE",
        "STRU", "MODE", "RETR", "STOR", "STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR",
        "DELE", "RMD", "MKD", "PWD", "LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP",
        "AUTH", "ADAT", "PROT", "PBSZ", "FEAT", "OPTS", "EPRT", "EPSV", "MDTM", "SIZE", "MLST",
        "MLSD", "XPWD", "XMKD", "XRMD", "CLNT", "HOST", "CCC",
    ],
    replies: Replies::Codes,
};

/// RFC 5321 section 4.1, RFC 3030, RFC 3207, RFC 4954, RFC 2033.
const SMTP: Form = Form {
    name: "smtp",
    commands: &[
        "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "RSET", "VRFY", "EXPN", "HELP", "NOOP",
        "QUIT", "STARTTLS", "AUTH", "BDAT", "ETRN", "XCLIENT", "XFORWARD",
    ],
    replies: Replies::Codes,
};

/// RFC 1939, RFC 2449, RFC 2595, RFC 5034.
const POP3: Form = Form {
    name: "pop3",
    commands: &[
        "USER", "PASS", "APOP", "STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "QUIT", "TOP",
        "UIDL", "CAPA", "STLS", "AUTH", "UTF8", "LANG",
    ],
    replies: Replies::Words(&["+OK", "-ERR", "+"]),
};

/// Its `protocol.txt`: what it is asked and answers.
const MEMCACHED: Form = Form {
    name: "memcached",
    commands: &[
        "get",
        "gets",
        "gat",
        "gats",
        "set",
        "add",
        "replace",
        "append",
        "prepend",
        "cas",
        "delete",
        "incr",
        "decr",
        "touch",
        "stats",
        "version",
        "verbosity",
        "flush_all",
        "quit",
        "mg",
        "ms",
        "md",
        "mn",
        "ma",
    ],
    replies: Replies::Words(&[
        "STORED",
        "NOT_STORED",
        "EXISTS",
        "NOT_FOUND",
        "DELETED",
        "TOUCHED",
        "VALUE",
        "STAT",
        "END",
        "OK",
        "VERSION",
        "ERROR",
        "CLIENT_ERROR",
        "SERVER_ERROR",
    ]),
};

/// RFC 3977, RFC 2980, RFC 4642, RFC 4643.
const NNTP: Form = Form {
    name: "nntp",
    commands: &[
        "ARTICLE",
        "AUTHINFO",
        "BODY",
        "CAPABILITIES",
        "DATE",
        "GROUP",
        "HDR",
        "HEAD",
        "HELP",
        "IHAVE",
        "LAST",
        "LIST",
        "LISTGROUP",
        "MODE",
        "NEWGROUPS",
        "NEWNEWS",
        "NEXT",
        "OVER",
        "POST",
        "QUIT",
        "SLAVE",
        "STARTTLS",
        "STAT",
        "XHDR",
        "XOVER",
        "XPAT",
    ],
    replies: Replies::Codes,
};
