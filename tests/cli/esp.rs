//! Packets that ESP encrypts, read with security associations from a file: as tshark reads them.

use std::fs;

use serde_json::{Value, json};

use crate::common::crafted::{Crafted, checksum, error, error_with};
use crate::common::{assert_accounted, of_type, project, records, run, summary, tool};
use crate::wlan::{frames, icmp_by_tshark};

/// A file that `tests/esp/make.py` wrote.
fn crafted(name: &str) -> String {
    let path = project("tests/esp").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

/// Frames of `esp.pcap`.
const FRAMES: u64 = 80;
/// The last two: one is damaged, of the other nobody has a key.
const LOCKED: u64 = 2;
/// One that is no ICMP.
const QUESTION: u64 = 77;

/// The associations of `esp.xfrm` as Wireshark has them, but for ciphers that tshark 4.0 does not know.
fn rows() -> Vec<String> {
    let text = fs::read_to_string(crafted("esp.xfrm")).expect("associations");
    let states = text
        .split("src ")
        .filter(|state| state.contains("proto esp"));
    states.filter_map(row).collect()
}

fn row(state: &str) -> Option<String> {
    let words: Vec<_> = state.split_whitespace().collect();
    let behind = |name: &str, places: usize| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + places).copied()
    };
    let (src, dst, spi) = (words[0], behind("dst", 1)?, behind("spi", 1)?);
    let version = if src.contains(':') { "IPv6" } else { "IPv4" };
    let (cipher, key) = match (behind("enc", 1), behind("aead", 1)) {
        (Some("cbc(aes)"), _) => ("AES-CBC [RFC3602]", behind("enc", 2)?),
        (Some("rfc3686(ctr(aes))"), _) => ("AES-CTR [RFC3686]", behind("enc", 2)?),
        (Some("cbc(des3_ede)"), _) => ("TripleDES-CBC [RFC2451]", behind("enc", 2)?),
        (Some("ecb(cipher_null)"), _) => ("NULL", ""),
        (_, Some("rfc4106(gcm(aes))")) => {
            ("AES-GCM with 16 octet ICV [RFC4106]", behind("aead", 2)?)
        }
        _ => return None,
    };
    let code = match behind("auth-trunc", 1) {
        Some("hmac(sha1)") => "HMAC-SHA-1-96 [RFC2404]",
        Some("hmac(md5)") => "HMAC-MD5-96 [RFC2403]",
        Some("hmac(sha256)") => "HMAC-SHA-256-128 [RFC4868]",
        Some("hmac(sha384)") => "HMAC-SHA-384-192 [RFC4868]",
        Some("hmac(sha512)") => "HMAC-SHA-512-256 [RFC4868]",
        _ => "NULL",
    };
    let by = behind("auth-trunc", 2).unwrap_or_default();
    Some(format!(
        "\"{version}\",\"{src}\",\"{dst}\",\"{spi}\",\"{cipher}\",\"{key}\",\"{code}\",\"{by}\""
    ))
}

/// What has tshark decrypt by [`rows`], and verify.
fn preferences() -> impl Iterator<Item = String> {
    let ways = ["encryption_decode", "authentication_check"];
    let ways = ways.map(|way| format!("esp.enable_{way}:TRUE"));
    let rows = rows().into_iter().map(|row| format!("uat:esp_sa:{row}"));
    ways.into_iter().chain(rows)
}

/// What each message says but for how it was made.
fn told(records: &[Value]) -> Vec<(u64, Value, Value)> {
    let messages = of_type(records, "icmp").into_iter();
    messages
        .map(|message| {
            let frame = message["frame"].as_u64().expect("a number");
            (frame, message["ip"].clone(), message["icmp"].clone())
        })
        .collect()
}

#[test]
fn packets_are_read_as_tshark_reads_them() {
    let (capture, keys) = (crafted("esp.pcap"), crafted("esp.xfrm"));
    let ours = records(&["-r", &capture, "--esp-keys", &keys]);
    assert_accounted(summary(&ours), "esp");
    let read: Vec<_> = (1..=FRAMES - LOCKED).filter(|at| *at != QUESTION).collect();
    assert_eq!(frames(&ours), read);
    for message in of_type(&ours, "icmp") {
        assert_eq!(message["icmp"]["checksum"]["status"], "good", "{message}");
        assert_eq!(message["tunnel"][0]["kind"], "esp", "{message}");
    }
    let hidden = json!({"encrypted_esp_no_key": 1, "encrypted_esp_not_authentic": 1});
    assert_eq!(summary(&ours)["in_tunnels"], hidden);
    assert_eq!(summary(&ours)["esp"], Value::Null);
    // Wireshark's table, given to both.
    let table = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&table, rows().join("\n")).expect("room");
    let path = table.path().to_str().expect("UTF-8");
    let by_table = records(&["-r", &capture, "--esp-keys", path]);
    let theirs = icmp_by_tshark(&capture, preferences());
    // tshark reads what it could not authenticate as well.
    let authentic: Vec<_> = (theirs.into_iter())
        .filter(|frame| *frame <= FRAMES - LOCKED)
        .collect();
    assert!(authentic.len() > 50, "{authentic:?}");
    assert_eq!(frames(&by_table), authentic);
    let all = told(&ours);
    for message in told(&by_table) {
        assert!(all.contains(&message), "{message:?}");
    }
}

/// The octets in the row of `-X` with this label, and what follows that.
fn row_of<'d>(dump: &'d str, label: &str) -> Option<(String, &'d str)> {
    let (row, behind) = dump.lines().find_map(|line| line.split_once(label))?;
    let octets = row.split_once(": ")?.1.get(..42)?;
    Some((octets.replace(' ', ""), behind.trim()))
}

/// A dump names those parts of ESP whose lengths no packet tells, and what was encrypted behind it.
#[test]
fn a_dump_names_the_parts_that_tshark_names() {
    let (capture, table) = (crafted("esp.pcap"), tempfile::NamedTempFile::new());
    let table = table.expect("a file");
    fs::write(&table, rows().join("\n")).expect("room");
    let path = table.path().to_str().expect("UTF-8");
    let ours = run(&["-r", &capture, "--esp-keys", path, "-X"]).out;
    // Each message has the rows of one outermost header.
    let ours: Vec<_> = ours.split("-- outer IP header\n").skip(1).collect();
    let fields = ["iv", "icv", "pad_len", "protocol"].map(|field| format!("esp.{field}"));
    let mut arguments = vec!["-n".to_owned(), "-r".to_owned(), capture];
    let filter = format!("(icmp || icmpv6) && frame.number <= {}", FRAMES - LOCKED);
    arguments.extend([
        "-Y".to_owned(),
        filter,
        "-T".to_owned(),
        "fields".to_owned(),
    ]);
    arguments.extend(preferences().flat_map(|what| ["-o".to_owned(), what]));
    arguments.extend(fields.into_iter().flat_map(|what| ["-e".to_owned(), what]));
    let theirs = tool("tshark", &arguments);
    let theirs = String::from_utf8(theirs.stdout).expect("UTF-8");
    assert_eq!(ours.len(), theirs.lines().count());
    for (dump, line) in ours.into_iter().zip(theirs.lines()) {
        let told: Vec<_> = line.split('\t').collect();
        for (octets, label) in [
            (told[0], "initialization vector"),
            (told[1], "integrity check value, verified"),
        ] {
            let row = row_of(dump, label).map_or(String::new(), |row| row.0);
            assert!(octets.starts_with(&row), "{label}: {line}\n{dump}");
            assert_eq!(octets.is_empty(), row.is_empty(), "{label}: {line}\n{dump}");
        }
        let (_, trailer) = dump.split_once("-- ESP trailer\n").expect("a trailer");
        for (number, label) in [(told[2], "pad length"), (told[3], "next header")] {
            let (octets, behind) = row_of(trailer, label).expect(label);
            let number = match number.strip_prefix("0x") {
                Some(digits) => u8::from_str_radix(digits, 16),
                None => number.parse(),
            };
            let number = number.expect("a number");
            assert_eq!(octets, format!("{number:02x}"), "{line}\n{dump}");
            assert!(behind.starts_with(&number.to_string()), "{line}\n{dump}");
        }
    }
}

/// An error behind the tunnel finds the packet that it is about, in the tunnel.
#[test]
fn errors_in_the_tunnel_are_mapped_to_flows() {
    let (capture, keys) = (crafted("esp.pcap"), crafted("esp.xfrm"));
    let ours = records(&["-r", &capture, "--esp-keys", &keys]);
    let drops = of_type(&ours, "drop");
    let [verdict] = &drops[..] else {
        panic!("{drops:?}");
    };
    assert_eq!(verdict["original_frames"], json!([{"frame": QUESTION}]));
    assert_eq!(verdict["flow"]["dst"], "10.2.0.9", "{verdict}");
    let outcomes = of_type(&ours, "exchange");
    assert_eq!(outcomes.len(), 38);
    for exchange in outcomes {
        assert_eq!(exchange["outcome"], "answered", "{exchange}");
    }
}

/// An error about ESP itself, which quotes no more than SPI and sequence number, is about what that very
/// packet carried.
#[test]
fn errors_about_the_tunnel_end_the_request_inside() {
    const QUOTED: usize = 28;
    let (_, request) = &packets()[0];
    let mut capture = Crafted::new();
    capture.at(0, request);
    capture.at(
        10,
        &error([198, 51, 100, 1].into(), (3, 4), 1400, &request[..QUOTED]),
    );
    let (_kept, path) = capture.path();
    let ours = records(&["-r", &path, "--esp-keys", &crafted("esp.xfrm")]);
    let exchanges = of_type(&ours, "exchange");
    assert_eq!(exchanges.len(), 1, "{exchanges:?}");
    assert_eq!(exchanges[0]["outcome"], "error", "{exchanges:?}");
    let drops = of_type(&ours, "drop");
    assert_eq!(drops.len(), 1, "{drops:?}");
    assert_eq!(drops[0]["flow"]["spi"], 0x1000, "{drops:?}");
    assert_eq!(drops[0]["carried"]["protocol"], "icmp", "{drops:?}");
    assert_eq!(drops[0]["carried"]["dst"], "192.0.2.2", "{drops:?}");
}

/// The IP packets of `esp.pcap` of version 4, with the numbers of their frames.
fn packets() -> Vec<(u64, Vec<u8>)> {
    const FILE: usize = 24;
    const RECORD: usize = 16;
    const ETHERNET: usize = 14;
    let octets = fs::read(crafted("esp.pcap")).expect("a capture");
    let (mut rest, mut packets) = (&octets[FILE..], Vec::new());
    for frame in 1..=FRAMES {
        let captured: [u8; 4] = rest[8..12].try_into().expect("a length");
        let end = RECORD + usize::try_from(u32::from_le_bytes(captured)).expect("a length");
        let packet = &rest[RECORD + ETHERNET..end];
        if packet[0] >> 4 == 4 {
            let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
            packets.push((frame, packet[..length].to_vec()));
        }
        rest = &rest[end..];
    }
    packets
}

/// What an error quotes of the tunnel is opened as it is where it was captured; of what is cut, a tunnel's
/// packet, from its header on.
#[test]
fn what_errors_quote_of_the_tunnel_is_read() {
    let keys = crafted("esp.xfrm");
    let captured = records(&["-r", &crafted("esp.pcap"), "--esp-keys", &keys]);
    let mut capture = Crafted::new();
    // The error that each is, and how much of which packet it quotes.
    let mut quoted = Vec::new();
    for (frame, packet) in packets() {
        for length in (28..=packet.len()).rev() {
            // One that has not been quoted like that before is no copy.
            let word = u32::try_from(600 + quoted.len()).expect("an MTU");
            let error = error_with([198, 51, 100, 1].into(), (3, 4), word, &packet[..length]);
            capture.at(10 * capture.packets, &error);
            quoted.push((frame, length, packet.len()));
        }
    }
    let (_kept, path) = capture.path();
    let ours = records(&["-r", &path, "--esp-keys", &keys]);
    let (mut whole, mut cut) = (0, 0);
    let errors = of_type(&ours, "icmp");
    assert_eq!(errors.len(), quoted.len());
    for (error, (frame, length, octets)) in errors.iter().zip(quoted) {
        let told = &error["quoted"];
        let is_it = |message: &&&Value| message["frame"] == frame;
        let messages = of_type(&captured, "icmp");
        let message = messages.iter().find(is_it);
        let inner = &told["inner"];
        if inner.is_null() {
            // Of these nobody has a key, or not enough is there; of what a transport carries, all.
            let is_read = message.is_some() && length == octets;
            assert!(!is_read, "{frame} {length}: {error}");
            continue;
        }
        let (kind, icv) = (&told["tunnel"][0]["kind"], &told["tunnel"][0]["icv"]);
        if kind == "esp_null" {
            // That nothing is encrypted it shows by itself.
            assert!(length == octets && icv.is_null(), "{error}");
        } else if length == octets {
            assert_eq!(kind, "esp", "{error}");
            assert_eq!(icv, "good", "{frame} {length}: {error}");
            whole += 1;
        } else {
            assert_eq!(
                (kind, icv),
                (&json!("esp"), &json!("unverified")),
                "{error}"
            );
            cut += 1;
        }
        if let Some(message) = message {
            assert_eq!(inner["ip"]["src"], message["ip"]["src"], "{error}");
            assert_eq!(inner["ip"]["dst"], message["ip"]["dst"], "{error}");
            if !inner["icmp_seq"].is_null() {
                assert_eq!(inner["icmp_seq"], message["icmp"]["seq"], "{error}");
            }
        }
    }
    assert!(whole >= 40 && cut > 1500, "{whole} {cut}");
    let text = run(&["-r", &path, "--esp-keys", &keys]).out;
    assert!(
        text.contains("in its esp spi 4132 (unverified) ICMP echo request 10.1.0.1 > 10.2.0.1")
    );
    assert!(text.contains("in its esp spi 4132 ICMP echo request 10.1.0.1 > 10.2.0.1"));
    // Who has no keys reads what is not encrypted alone.
    for error in of_type(&records(&["-r", &path]), "icmp") {
        let tunnel = &error["quoted"]["tunnel"][0];
        assert!(tunnel.is_null() || tunnel["kind"] == "esp_null", "{error}");
    }
}

/// An error that was put together of fragments quotes more than the first of these tells.
#[test]
fn what_an_error_in_fragments_quotes_of_the_tunnel_is_read() {
    /// Octets of the message in the first fragment: its header, and those that it quotes of IP and ESP.
    const FIRST: usize = 8 + 20 + 8 + 12;
    let keys = crafted("esp.xfrm");
    let captured = records(&["-r", &crafted("esp.pcap"), "--esp-keys", &keys]);
    let messages = of_type(&captured, "icmp");
    let (mut capture, mut quoted) = (Crafted::new(), Vec::new());
    for (id, (frame, packet)) in (1..).zip(packets()) {
        let error = error_with([198, 51, 100, 1].into(), (3, 1), 0, &packet);
        for fragment in in_two(&error, id, FIRST) {
            capture.at(10 * capture.packets, &fragment);
        }
        quoted.push(frame);
    }
    let (_kept, path) = capture.path();
    let ours = records(&["-r", &path, "--esp-keys", &keys]);
    let errors = of_type(&ours, "icmp");
    let errors = errors
        .iter()
        .filter(|error| error["reassembly"]["frames"].is_array());
    let mut read = 0;
    for (error, frame) in errors.zip(quoted) {
        let Some(message) = messages.iter().find(|message| message["frame"] == frame) else {
            continue;
        };
        let (tunnel, inner) = (&error["quoted"]["tunnel"][0], &error["quoted"]["inner"]);
        if tunnel["kind"] == "esp" {
            assert_eq!(tunnel["icv"], "good", "{error}");
            read += 1;
        }
        assert_eq!(inner["ip"]["src"], message["ip"]["src"], "{error}");
        assert_eq!(inner["ip"]["dst"], message["ip"]["dst"], "{error}");
    }
    assert!(read > 30, "{read}");
}

/// The two fragments of a packet of IPv4, so many octets of whose payload are in the first.
fn in_two(packet: &[u8], id: u16, first: usize) -> [Vec<u8>; 2] {
    const HEADER: usize = 20;
    const MORE: u16 = 0x2000;
    let fragment = |payload: &[u8], place: u16| {
        let mut octets = [&packet[..HEADER], payload].concat();
        let length = u16::try_from(octets.len()).expect("a length");
        octets[2..4].copy_from_slice(&length.to_be_bytes());
        octets[4..6].copy_from_slice(&id.to_be_bytes());
        octets[6..8].copy_from_slice(&place.to_be_bytes());
        octets[10..12].fill(0);
        let sum = checksum(&octets[..HEADER]);
        octets[10..12].copy_from_slice(&sum.to_be_bytes());
        octets
    };
    let (begin, end) = packet[HEADER..].split_at(first);
    let place = u16::try_from(first / 8).expect("an offset");
    [fragment(begin, MORE), fragment(end, place)]
}

/// Quoted whole, it is opened by tshark too.
#[test]
fn what_errors_quote_is_what_tshark_reads() {
    let mut capture = Crafted::new();
    for (_, packet) in packets() {
        let error = error_with([198, 51, 100, 1].into(), (3, 4), 1400, &packet);
        capture.at(10 * capture.packets, &error);
    }
    let (_kept, path) = capture.path();
    let table = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&table, rows().join("\n")).expect("room");
    let table = table.path().to_str().expect("UTF-8");
    let mut all = vec!["-n".to_owned(), "-r".to_owned(), path.clone()];
    all.extend(preferences().flat_map(|what| ["-o".to_owned(), what]));
    let fields = ["-T", "fields", "-e", "ip.src", "-e", "icmp.seq"];
    all.extend(fields.map(str::to_owned));
    let theirs = String::from_utf8(tool("tshark", &all).stdout).expect("UTF-8");
    let ours = records(&["-r", &path, "--esp-keys", table]);
    let mut read = 0;
    for (line, error) in theirs.lines().zip(of_type(&ours, "icmp")) {
        let (addresses, numbers) = line.split_once('\t').expect("two fields");
        let inner = &error["quoted"]["inner"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let last = addresses.split(',').next_back().expect("an address");
        if let Some(number) = inner["icmp_seq"].as_u64() {
            let theirs = numbers
                .split(',')
                .next()
                .filter(|number| !number.is_empty());
            // What it has no cipher for, or none that it knows by this name.
            if let Some(theirs) = theirs {
                assert_eq!(theirs.parse().ok(), Some(number), "{line} {error}");
                assert_eq!(last, text(&inner["ip"]["src"]), "{line} {error}");
                read += 1;
            }
        } else {
            assert!(
                numbers.is_empty() || inner["icmp_seq"].is_null(),
                "{line} {error}"
            );
        }
    }
    assert!(read > 30, "{read}");
}

/// The lengths of what encrypts and authenticates, which only the association has.
#[test]
fn lengths_are_those_of_the_association() {
    let text = fs::read_to_string(crafted("esp.xfrm")).expect("associations");
    let ours = records(&[
        "-r",
        &crafted("esp.pcap"),
        "--esp-keys",
        &crafted("esp.xfrm"),
    ]);
    let mut seen = 0;
    for message in of_type(&ours, "icmp") {
        let esp = &message["tunnel"][0];
        let spi = format!("spi 0x{:08x} ", esp["spi"].as_u64().expect("an SPI"));
        let state = text.split("\nsrc ").find(|state| state.contains(&spi));
        let state = state.expect("an association");
        let vector = match state {
            state if state.contains("enc cbc(aes)") => 16,
            state if state.contains("cipher_null") => 0,
            _ => 8,
        };
        let mut lines = state.lines().map(str::trim);
        let code = lines.find(|line| line.starts_with("auth-trunc") || line.starts_with("aead"));
        let bits: Option<u64> = code.and_then(|line| line.split(' ').next_back()?.parse().ok());
        assert_eq!(esp["iv_length"], vector, "{state}");
        assert_eq!(esp["icv_length"], bits.expect("a length") / 8, "{state}");
        assert_eq!(esp["icv"], "good", "{state}");
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

/// What encrypts nothing is read without any key, and said to be guessed; the rest is counted.
#[test]
fn without_keys_what_shows_itself_is_read() {
    let ours = records(&["-r", &crafted("esp.pcap")]);
    let clear = frames(&ours);
    assert_eq!(clear.len(), 8);
    for message in of_type(&ours, "icmp") {
        assert_eq!(message["tunnel"][0]["kind"], "esp_null", "{message}");
    }
    assert_eq!(summary(&ours)["esp"], FRAMES - 8);
    assert_eq!(summary(&ours)["in_tunnels"], Value::Null);
}

#[test]
fn of_what_was_cut_the_beginning_is_read_in_tunnels() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.pcap");
    let cut = cut.to_str().expect("UTF-8");
    tool(
        "editcap",
        &["-s", "110", "-F", "pcap", &crafted("esp.pcap"), cut],
    );
    let ours = records(&["-r", cut, "--esp-keys", &crafted("esp.xfrm")]);
    assert_accounted(summary(&ours), "cut");
    // 36 pings of IPv4 in tunnels, and two and the error in UDP.
    let of_tunnel = |message: &&&Value| {
        message["ip"]["src"]
            .as_str()
            .is_some_and(|src| src.starts_with("10."))
    };
    let messages = of_type(&ours, "icmp");
    assert_eq!(messages.iter().filter(of_tunnel).count(), 18 + 4 + 1);
    for message in messages.iter().filter(of_tunnel) {
        let status = &message["icmp"]["checksum"]["status"];
        assert!(status == "unverified" || status == "good", "{message}");
    }
}

#[test]
fn what_is_wrong_with_keys_is_told_and_no_key_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    let path = keys.to_str().expect("UTF-8");
    fs::write(
        &keys,
        "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x1000\n\tenc cbc(aes) 0xc0ffee\n",
    )
    .expect("room");
    let told = run(&["-r", &crafted("esp.pcap"), "--esp-keys", path]).err;
    assert!(
        told.contains("line 3 has no key of hexadecimal digits"),
        "{told}"
    );
    assert!(
        told.contains("no key of ESP in it") && !told.contains("c0ffee"),
        "{told}"
    );
    let told = run(&["-r", &crafted("esp.pcap"), "--esp-keys", "/nowhere"]).err;
    assert!(told.contains("--esp-keys /nowhere: no such file"), "{told}");
}
