//! What a file that is no capture looks like.

/// A guess, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sniffed {
    /// With its article.
    pub(super) looks: &'static str,
    /// `FILE` stands for the file's name.
    pub(super) remedy: Option<&'static str>,
}

const BY_EDITCAP: &str = "convert it: editcap FILE capture.pcapng";
const BY_UNPACKING: &str = "unpack it first";

/// First octets, what they tell, and the remedy.
const MAGICS: &[(&[u8], &str, Option<&str>)] = &[
    (
        b"BZh",
        "bzip2 data",
        Some("decompress it: bzip2 -dc FILE | icmpdump -r -"),
    ),
    (
        b"LZIP",
        "lzip data",
        Some("decompress it: lzip -dc FILE | icmpdump -r -"),
    ),
    (
        &[0x1f, 0x9d],
        "compress (.Z) data",
        Some("decompress it: gzip -dc FILE | icmpdump -r -"),
    ),
    (
        &[0x02, 0x21, 0x4c, 0x18],
        "an lz4 legacy frame",
        Some("decompress it: lz4 -dc FILE | icmpdump -r -"),
    ),
    (
        &[0x5d, 0, 0],
        "lzma-alone data",
        Some("decompress it: xz -dc FILE | icmpdump -r -"),
    ),
    (
        b"\x89LZO\0\r\n\x1a\n",
        "lzop data",
        Some("decompress it: lzop -dc FILE | icmpdump -r -"),
    ),
    (
        b"\xff\x06\0\0sNaPpY",
        "framed snappy data",
        Some(BY_UNPACKING),
    ),
    (
        b"PK\x03\x04",
        "a ZIP archive",
        Some("unpack it: unzip -p FILE | icmpdump -r -"),
    ),
    (b"PK\x05\x06", "an empty ZIP archive", None),
    (
        b"7z\xbc\xaf\x27\x1c",
        "a 7z archive",
        Some("unpack it: 7z x -so FILE | icmpdump -r -"),
    ),
    (b"Rar!\x1a\x07", "a RAR archive", Some(BY_UNPACKING)),
    (b"snoop\0\0\0", "a Solaris snoop capture", Some(BY_EDITCAP)),
    (
        b"btsnoop\0",
        "a Bluetooth btsnoop capture, which holds no IP",
        None,
    ),
    (
        b"GMBU",
        "a Microsoft Network Monitor 2 capture",
        Some(BY_EDITCAP),
    ),
    (
        b"RTSS",
        "a Microsoft Network Monitor 1 capture",
        Some(BY_EDITCAP),
    ),
    (b"iptrace ", "an AIX iptrace capture", Some(BY_EDITCAP)),
    (
        b"TRSNIFF data    \x1a",
        "a DOS Sniffer capture",
        Some(BY_EDITCAP),
    ),
    (
        b"XCP\0",
        "a Windows Sniffer (NetXRay) capture",
        Some(BY_EDITCAP),
    ),
    (
        b"\x54\x52\x00\x64\x00",
        "an HP-UX nettl trace",
        Some(BY_EDITCAP),
    ),
    (
        b"\x01\x10\x4c\x00\x01\x05",
        "a Novell LANalyzer capture",
        Some(BY_EDITCAP),
    ),
    (b"\x7fver", "a Savvius OmniPeek capture", Some(BY_EDITCAP)),
    (b"\x7fELF", "an ELF program or core dump", None),
    (b"MZ", "a Windows program", None),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", None),
    (&[0xff, 0xd8, 0xff], "a JPEG image", None),
    (b"GIF8", "a GIF image", None),
    (b"%PDF-", "a PDF document", None),
    (b"SQLite format 3\0", "an SQLite database", None),
    (b"PAR1", "a Parquet file", None),
    (b"#!", "a script", None),
    (&[0xff, 0xfe], "UTF-16 text", None),
    (&[0xfe, 0xff], "UTF-16 text", None),
];

/// Text that the first characters tell apart, blanks before them left out.
const TEXTS: &[(&str, &str)] = &[
    (
        "<!doctype html",
        "an HTML page, perhaps what a web server sent in place of the capture",
    ),
    (
        "<html",
        "an HTML page, perhaps what a web server sent in place of the capture",
    ),
    ("<", "XML or HTML text"),
    ("{", "JSON text"),
];

/// Guesses what `head`, the first octets of a file, belongs to.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    if let Some((_, looks, remedy)) = MAGICS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Sniffed {
            looks,
            remedy: *remedy,
        };
    }
    if head.get(257..262) == Some(b"ustar") {
        return Sniffed {
            looks: "a tar archive",
            remedy: Some("unpack it: tar -xOf FILE | icmpdump -r -"),
        };
    }
    let (looks, remedy) = if head.len() < 4 {
        ("the first octets of something, too few to tell", None)
    } else if let Some(looks) = text(head) {
        (looks, None)
    } else if head.iter().all(|&octet| octet == 0) {
        ("zero octets, as a disk leaves where data was lost", None)
    } else if is_pcap_record(head) {
        (
            "packet records of a pcap without the file header, perhaps a later part of a split file",
            Some("put the parts together first, in order: cat PARTS | icmpdump -r -"),
        )
    } else if is_erf(head) {
        ("an Endace ERF capture", Some(BY_EDITCAP))
    } else {
        ("binary data of no known kind", None)
    };
    Sniffed { looks, remedy }
}

fn text(head: &[u8]) -> Option<&'static str> {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The end of what was looked at may stand inside a character.
        Err(e) if e.error_len().is_none() => {
            std::str::from_utf8(head.get(..e.valid_up_to())?).unwrap_or_default()
        }
        Err(_) => return None,
    };
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x1b' | '\x0c');
    if valid.is_empty() || valid.chars().any(odd) {
        return None;
    }
    let start = valid.trim_start_matches('\u{feff}').trim_start();
    if is_json_array(start) {
        return Some("JSON text");
    }
    let start: String = start.chars().take(16).collect::<String>().to_lowercase();
    let known = TEXTS.iter().find(|(prefix, _)| start.starts_with(prefix));
    Some(known.map_or("text", |(_, looks)| looks))
}

/// Whether a JSON array begins there (RFC 8259 section 5), and not a section of an INI or TOML file
/// as `[package]` or `[[bin]]`: what follows the brackets has to be a value of another kind, or
/// one that such files would not write there.
fn is_json_array(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('[') else {
        return false;
    };
    let value = inner.trim_start_matches(|c: char| c == '[' || c.is_whitespace());
    let word = |word: &str| {
        let rest = value.strip_prefix(word).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with([',', ']']))
    };
    value.starts_with(['{', '"', '-', ']'])
        || value.starts_with(|c: char| c.is_ascii_digit())
        || ["true", "false", "null"].into_iter().any(word)
}

/// Whether a pcap record head is there: a time of this age, and lengths that fit each other.
fn is_pcap_record(head: &[u8]) -> bool {
    use crate::model::byteorder::Order;
    let years_since_1990 = 631_152_000..=4_102_444_800_u32;
    [Order::Big, Order::Little].into_iter().any(|order| {
        let fields = [0, 4, 8, 12].map(|at| order.u32(head, at));
        matches!(fields, [Some(seconds), Some(fraction), Some(captured), Some(wire)]
            if years_since_1990.contains(&seconds)
                && fraction < 1_000_000_000
                && (1..=262_144).contains(&captured)
                && (captured..=262_144).contains(&wire))
    })
}

/// Whether records of ERF are there: two of them, or one that ends with `head`. What is not ERF at all
/// looks like one of them often.
fn is_erf(head: &[u8]) -> bool {
    let Some(record) = erf_record(head) else {
        return false;
    };
    match head.get(record..) {
        Some([]) => true,
        Some(next) => erf_record(next).is_some(),
        None => false,
    }
}

/// The octets of the ERF record of which the head is there: a time of this age, a type in use, a length
/// that fits.
fn erf_record(head: &[u8]) -> Option<usize> {
    use crate::model::byteorder::Order;
    let years_since_1990 = 631_152_000..=4_102_444_800_u32;
    let (Some(seconds), Some(kind), Some(record), Some(wire)) = (
        Order::Little.u32(head, 4),
        head.get(8).map(|kind| kind & 0x7f),
        Order::Big.u16(head, 10),
        Order::Big.u16(head, 14),
    ) else {
        return None;
    };
    let fits = years_since_1990.contains(&seconds)
        && (1..=48).contains(&kind)
        && record >= 16
        && u32::from(wire) + 32 >= u32::from(record);
    fits.then_some(record.into())
}
