//! What `-e` tells in JSON of links that are not Ethernet's alone, against tshark.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{of_type, records, run};

/// An IPv4 echo request.
pub(crate) const ECHO: [u8; 28] = [
    0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0x66, 0xdd, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 0xf7, 0xfd, 0,
    1, 0, 1,
];

/// A capture of one frame.
pub(crate) fn capture(link: u32, frame: &[u8]) -> tempfile::NamedTempFile {
    capture_of(link, [frame])
}

/// A capture of these frames, a second apart.
pub(crate) fn capture_of(
    link: u32,
    frames: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> tempfile::NamedTempFile {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0xffff, link] {
        file.extend(word.to_le_bytes());
    }
    for (second, frame) in (1_u32..).zip(frames) {
        let frame = frame.as_ref();
        let length = u32::try_from(frame.len()).unwrap();
        for word in [second, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    let capture = tempfile::NamedTempFile::new().unwrap();
    fs::write(capture.path(), file).unwrap();
    capture
}

/// The link object of a frame with this header, and what tshark says of the fields.
pub(crate) fn link(link: u32, header: &[u8], fields: &[&str]) -> (Value, Vec<String>) {
    link_around((link, header, &[]), fields)
}

/// The same of a frame that ends in octets which are none of the packet's.
fn link_around((link, header, end): (u32, &[u8], &[u8]), fields: &[&str]) -> (Value, Vec<String>) {
    let capture = capture(link, &[header, &ECHO, end].concat());
    let path = capture.path().to_str().unwrap();
    let all = records(&["-r", path, "--json", "-e"]);
    let told = of_type(&all, "icmp")[0]["link"].clone();
    let mut command = Command::new("tshark");
    command.args(["-n", "-r", path, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs = text.trim_end_matches('\n').split('\t').map(str::to_owned);
    (told, theirs.collect())
}

#[test]
fn circuits_and_addresses_are_those_of_tshark() {
    for header in [
        [0x1e, 0x4f, 3, 0xcc].as_slice(),
        &[0x18, 0x43, 3, 0xcc],
        &[0x18, 0x40, 5, 3, 0xcc],
        &[0x18, 0x40, 2, 5, 3, 0xcc],
        // Core control in the place of the last bits.
        &[0x18, 0x40, 2, 7, 3, 0xcc],
    ] {
        let fields = ["fr.dlci", "fr.cr", "fr.fecn", "fr.becn", "fr.de"];
        let (told, theirs) = link(107, header, &fields);
        let circuit = &told["frame_relay"];
        assert_eq!(circuit["dlci"].to_string(), theirs[0]);
        let bits = [
            "command_response",
            "forward_congestion",
            "backward_congestion",
            "discard_eligible",
        ];
        for (bit, theirs) in bits.iter().zip(&theirs[1..]) {
            assert_eq!(circuit[bit] == true, theirs == "1", "{bit} {told}");
        }
    }
    for address in [0x0f, 0x8f] {
        let (told, theirs) = link(104, &[address, 0, 8, 0], &["chdlc.address"]);
        let number = u64::from_str_radix(theirs[0].trim_start_matches("0x"), 16).unwrap();
        assert_eq!(told, json!({"hdlc_address": number, "ether_type": 0x800}));
    }
}

#[test]
fn the_tag_of_macsec_is_that_of_tshark() {
    let mut header = vec![
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xe5, 0x22, 0, 0, 0, 1, 68,
    ];
    header.extend([2, 0, 0, 0, 0, 1, 0, 9, 8, 0]);
    let fields = [
        "macsec.AN",
        "macsec.PN",
        "macsec.SCI.system_identifier",
        "macsec.SCI.port_identifier",
    ];
    let (told, theirs) = link_around((1, &header, &[7; 16]), &fields);
    let tag = &told["macsec"];
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    assert_eq!(tag["association"], number(&theirs[0]));
    assert_eq!(tag["packet_number"], number(&theirs[1]));
    let channel = format!("{}:00:{:02}", theirs[2], number(&theirs[3]));
    assert_eq!(tag["channel"], channel);
    assert_eq!(told["ether_type"], 0x800, "that behind the tag");
}

#[test]
fn the_direction_and_addresses_behind_junipers_header() {
    let frame = [
        &[0x4d, 0x47, 0x43, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..],
        &[8, 0],
    ]
    .concat();
    let (told, theirs) = link(178, &frame, &["eth.src", "eth.dst", "juniper.direction"]);
    assert_eq!(told["src"], theirs[0]);
    assert_eq!(told["dst"], theirs[1]);
    assert_eq!(
        (told["direction"].clone(), theirs[2].as_str()),
        (json!("in"), "0x01")
    );
}

/// tshark shows the same packets; in Bluetooth only where it saw the channel being opened.
#[test]
fn ip_over_infiniband_and_bluetooth_is_read() {
    let base = |operation| {
        [
            &[operation, 0, 0xff, 0xff][..],
            &[0, 0, 0, 0x48, 0, 0, 0, 1],
        ]
        .concat()
    };
    let datagram = [&base(0x64)[..], &[0, 0, 0, 0, 0, 0, 0, 0x48, 8, 0, 0, 0]].concat();
    let connected = [&base(4)[..], &[8, 0, 0, 0]].concat();
    let route = [&[0x60, 0, 0, 0, 0, 60, 0x1b, 64][..], &[0; 32]].concat();
    let local = |next, rest: &[u8]| {
        // All but the last check value counts, in words.
        let words = u8::try_from((8 + rest.len() + ECHO.len() + 4) / 4).unwrap();
        [&[0, next, 0, 1, 0, words, 0, 2][..], rest].concat()
    };
    let erf = |rest: &[u8]| {
        let length = u8::try_from(rest.len() + ECHO.len() + 6).unwrap();
        let lengths = [0, 16 + length, 0, 0, 0, length];
        [&[0; 8][..], &[21, 0], &lengths, rest].concat()
    };
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x89, 0x15];
    // Two check values follow the packet.
    let read = |number, header: &[u8]| {
        let capture = capture(number, &[header, &ECHO, &[0; 6]].concat());
        let path = capture.path().to_str().unwrap();
        let mut command = Command::new("tshark");
        let command = command.args(["-r", path, "-T", "fields", "-e", "icmp.type"]);
        let output = command.output().expect("tshark is installed");
        let theirs = String::from_utf8(output.stdout).unwrap();
        let ours = of_type(&records(&["-r", path, "--json"]), "icmp").len();
        (ours, theirs.trim_end().to_owned())
    };
    let both = (1, "8".to_owned());
    for header in [
        erf(&local(2, &datagram)),
        erf(&local(2, &connected)),
        erf(&local(3, &[&route[..], &datagram].concat())),
        erf(&local(0, &[0, 0, 8, 0])),
    ] {
        assert_eq!(read(197, &header), both, "{header:?}");
    }
    // tshark does not know this link type.
    assert_eq!(read(247, &local(2, &datagram)).0, 1);
    let over_ethernet = [&ethernet[..], &route, &datagram].concat();
    assert_eq!(read(1, &over_ethernet), both);
    // The middle of a message, and what has no header of IP.
    let middle = erf(&local(2, &[&base(1)[..], &[8, 0, 0, 0]].concat()));
    assert_eq!(read(197, &middle).0, 0);
    assert_eq!(read(197, &erf(&local(2, &base(4)))).0, 0);

    let h4 = |channel: u8, start: u8, rest: &[u8]| {
        let length = u8::try_from(rest.len() + ECHO.len()).unwrap();
        let headers = [2, 1, start, length + 4, 0, length, 0, channel, 0];
        [&headers[..], rest].concat()
    };
    for (header, count) in [
        (h4(0x41, 0x20, &[2, 8, 0]), 1),
        (h4(0x41, 0x20, &[0x82, 8, 0, 0, 2, 9, 9]), 1),
        (h4(0x41, 0x20, &[3, 2, 0, 0, 0, 0, 1, 8, 0]), 1),
        (
            h4(0x41, 0x20, &[&[0][..], &ethernet[..12], &[8, 0]].concat()),
            1,
        ),
        // Another type, a channel that is never opened, the rest of a packet.
        (h4(0x41, 0x20, &[2, 8, 6]), 0),
        (h4(4, 0x20, &[2, 8, 0]), 0),
        (h4(0x41, 0x10, &[2, 8, 0]), 0),
    ] {
        assert_eq!(read(187, &header).0, count, "{header:?}");
        let behind_direction = [&[0, 0, 0, 1][..], &header].concat();
        assert_eq!(read(201, &behind_direction).0, count, "{header:?}");
    }
}

/// Of headers that stand before the frame of another link, that frame's addresses are told.
#[test]
fn addresses_behind_recorders_headers_are_those_of_tshark() {
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0].as_slice();
    let wireless = [
        &[8, 1, 0, 0][..],
        &[2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0],
        &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
    ]
    .concat();
    let erf = [&[0; 8][..], &[2, 0, 0, 60, 0, 0, 0, 44, 0, 0]].concat();
    let exported = |name: &[u8]| {
        let length = u8::try_from(name.len()).unwrap();
        [&[0, 12, 0, length], name, &[0; 4]].concat()
    };
    let gfp = [0, 46, 0xb6, 0xab, 0, 1, 0x10, 0x21];
    for (number, before, frame) in [
        (128, &[1, 0, 0, 1, 1][..], ethernet),
        (128, &[1, 0, 0, 18, 1], &wireless),
        (143, &[0, 0, 0, 42, 0x86, 0x72], ethernet),
        (171, &gfp, ethernet),
        (192, &[0, 0, 8, 0, 105, 0, 0, 0], &wireless),
        (197, &erf, ethernet),
        (252, &exported(b"eth_withoutfcs\0\0"), ethernet),
        (252, &exported(b"wlan"), &wireless),
        (
            280,
            &[1, 0, 4, 1, 0, 0, 0, 0, 97, 0, 98, 0, 99, 0, 100, 0],
            ethernet,
        ),
    ] {
        let fields = match frame.len() {
            14 => ["eth.src", "eth.dst"],
            _ => ["wlan.sa", "wlan.da"],
        };
        let header = [before, frame].concat();
        let (mut told, theirs) = link(number, &header, &fields);
        // What 802.11 tells beside them has tests of its own.
        let wireless = told.as_object_mut().unwrap().remove("wireless");
        assert_eq!(wireless.is_some(), frame.len() > 14, "{number}");
        let src = theirs[0].as_str();
        assert_eq!(src, "02:00:00:00:00:01", "{number}");
        assert_eq!(
            told,
            json!({"src": src, "dst": theirs[1], "ether_type": 0x800}),
            "{number}"
        );
    }
}

#[test]
fn amateur_stations_have_call_signs() {
    let address = |letters: &[u8; 6], last: u8| {
        let letters = letters.map(|letter| letter << 1);
        [&letters[..], &[0x60 | last]].concat()
    };
    let header = |src: Vec<u8>| [address(b"APRS  ", 0), src, vec![3, 0xcc]].concat();
    for (src, told) in [
        (address(b"N0CALL", 7 << 1 | 1), "N0CALL-7"),
        (address(b"W1AW  ", 1), "W1AW"),
        // A letter that is none.
        (address(b"W1\x1b[2m", 15 << 1 | 1), "W1?[2m-15"),
    ] {
        let header = header(src);
        assert_eq!(link(3, &header, &[]).0, json!({"src": told, "dst": "APRS"}));
        let behind_kiss = [&[0][..], &header].concat();
        assert_eq!(
            link(202, &behind_kiss, &[]).0,
            json!({"src": told, "dst": "APRS"})
        );
    }
    // Repeaters, of which the first has sent the frame on.
    let by = [
        address(b"APRS  ", 0),
        address(b"W1AW  ", 0),
        address(b"WIDE1 ", 0x80 | 1 << 1),
        address(b"WIDE2 ", 2 << 1 | 1),
        vec![3, 0xcc],
    ];
    let (told, theirs) = link(3, &by.concat(), &["ax25.via1", "ax25.via2"]);
    let names = ["WIDE1-1", "WIDE2-2"];
    assert_eq!(
        told["via"],
        json!([{"station": names[0], "repeated": true}, {"station": names[1]}])
    );
    // Which tshark gives as octets.
    let octets = |address: &[u8]| {
        address
            .iter()
            .map(|o| format!("{o:02x}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(theirs, [octets(&by[2]).join(":"), octets(&by[3]).join(":")]);
    let with_repeaters = capture(3, &[&by.concat(), &ECHO[..]].concat());
    let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
    let command = command.args(["-n", "-e", "-r"]).arg(with_repeaters.path());
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let line = "AX.25 layer 2, W1AW > APRS via WIDE1-1*,WIDE2-2, length 58: 10.0.0.1 > 10.0.0.2:";
    assert!(text.contains(line), "{text}");
    let header = header(address(b"N0CALL", 7 << 1 | 1));
    let capture = capture(3, &[&header, &ECHO[..]].concat());
    let mut command = Command::new("tshark");
    let command = command.args(["-n", "-V", "-r"]).arg(capture.path());
    let output = command.output().expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("AX.25, Src: N0CALL-7, Dst: APRS,"), "{text}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
    let command = command.args(["-n", "-e", "-r"]).arg(capture.path());
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let line = "AX.25 layer 2, N0CALL-7 > APRS, length 44: 10.0.0.1 > 10.0.0.2: ICMP echo request";
    assert!(text.contains(line), "{text}");
}

#[test]
fn what_is_encrypted_is_told_at_the_end() {
    let wireless = [&[0x88, 0x41][..], &[2; 60]].concat();
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let macsec = [&mac[..], &[0x88, 0xe5, 0x2c, 0, 0, 0, 0, 1], &[9; 40]].concat();
    let mut esp = [&mac[..], &[8, 0], &ECHO].concat();
    esp[23] = 50;
    // Behind GRE, and of a method (LZS) that is not read.
    let over = |protocol: u8, payload: &[u8]| {
        let mut packet = ECHO[..20].to_vec();
        packet[2..4].copy_from_slice(&u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
        packet[9] = protocol;
        [&mac[..], &[8, 0], &packet, payload].concat()
    };
    let in_gre = over(47, &[&[0, 0, 0x65, 0x58], &macsec[..]].concat());
    let compressed = over(108, &[1, 0, 0, 3, 9, 9, 9, 9]);
    for (link, frame, field, sentence) in [
        (
            105,
            wireless,
            json!({"encrypted_802_11": 1}),
            "1 frame is encrypted (802.11), and may hold ICMP",
        ),
        (
            1,
            macsec,
            json!({"encrypted_macsec": 1}),
            "1 frame is encrypted (MACsec), and may hold ICMP",
        ),
        (
            1,
            esp,
            json!(null),
            "1 packet is encrypted (ESP), and may hold ICMP",
        ),
        (
            1,
            in_gre,
            json!(null),
            "1 tunnelled packet is encrypted (MACsec), and may hold ICMP",
        ),
        (
            1,
            compressed,
            json!(null),
            "1 tunnelled packet is compressed in a way that is not known, or damaged",
        ),
    ] {
        let capture = capture(link, &frame);
        let path = capture.path().to_str().unwrap();
        let all = records(&["-r", path, "--json"]);
        let summary = of_type(&all, "summary")[0];
        assert_eq!(summary["undecodable"], field);
        let is_in_tunnel = sentence.contains("tunnelled");
        assert_eq!(summary["in_tunnels"].is_object(), is_in_tunnel);
        assert_eq!(summary["esp"] == 1, field.is_null() && !is_in_tunnel);
        let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
        let output = command.args(["-q", "-r", path]).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains(sentence), "{sentence} is not in\n{text}");
    }
}

/// tshark reads neither of these.
#[test]
fn directions_and_switch_tags_are_told() {
    let slip = |direction| [&[direction, 0x45][..], &[0; 14]].concat();
    assert_eq!(link(8, &slip(0), &[]).0, json!({"direction": "in"}));
    assert_eq!(link(8, &slip(1), &[]).0, json!({"direction": "out"}));
    assert_eq!(link(8, &slip(9), &[]).0, json!({}));
    let addresses = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let tagged = [&addresses[..], &[0xe4, 0x15, 5, 0x39, 8, 0]].concat();
    assert_eq!(
        link(284, &tagged, &[]).0["switch"],
        json!({
            "chip": "marvell", "tag": "e4:15:05:39",
            "device": 4, "port": 2, "trunk": true, "vlan": 1337,
        })
    );
    let tagged = [&addresses[..], &[0, 0, 0x20, 0x41, 8, 0]].concat();
    assert_eq!(
        link(281, &tagged, &[]).0["switch"],
        json!({"chip": "broadcom", "tag": "00:00:20:41", "port": 1})
    );
}

/// Under its own link type, and the private one that Darwin's tools write.
#[test]
fn interface_and_process_of_apples_packet_tap_are_those_of_tshark() {
    let mut header = vec![0; 108];
    let mut put = |at: usize, octets: &[u8]| header[at..at + octets.len()].copy_from_slice(octets);
    put(0, &[108]);
    put(4, &[1]);
    put(8, &[12]);
    put(12, b"en0");
    put(36, &[2]);
    put(52, &[0x92, 0x10, 0, 0]);
    put(56, b"ping\x1b");
    put(84, &[77]);
    put(88, b"launchd");
    for number in [258, 149] {
        let fields = ["pktap.ifname", "pktap.pid", "pktap.epid", "pktap.ecmdname"];
        let (told, theirs) = link(number, &header, &fields);
        let expected = json!({
            "direction": "out",
            "interface": "en0",
            "process": {"id": 4242, "command": "ping\\x1b"},
            "effective_process": {"id": 77, "command": "launchd"},
        });
        assert_eq!(told, expected, "{number}");
        assert_eq!(theirs, ["en0", "4242", "77", "launchd"], "{number}");
        let capture = capture(number, &[&header[..], &ECHO].concat());
        let run = run(&["-n", "-e", "-r", capture.path().to_str().unwrap()]);
        let text = run.out;
        let told = " (en0, proc ping\\x1b:4242, eproc launchd:77, out) ";
        assert!(text.contains(told), "{text}");
    }
}
