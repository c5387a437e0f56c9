//! What `-e` tells in JSON of links that are not Ethernet's alone, against tshark.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{of_type, records};

/// An IPv4 echo request.
const ECHO: [u8; 28] = [
    0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0x66, 0xdd, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 0xf7, 0xfd, 0,
    1, 0, 1,
];

/// A capture of one frame.
fn capture(link: u32, frame: &[u8]) -> tempfile::NamedTempFile {
    let length = u32::try_from(frame.len()).unwrap();
    let mut file = Vec::new();
    for word in [
        0xa1b2_c3d4_u32,
        0x0004_0002,
        0,
        0,
        0xffff,
        link,
        1,
        0,
        length,
        length,
    ] {
        file.extend(word.to_le_bytes());
    }
    file.extend(frame);
    let capture = tempfile::NamedTempFile::new().unwrap();
    fs::write(capture.path(), file).unwrap();
    capture
}

/// The link object of a frame with this header, and what tshark says of the fields.
fn link(link: u32, header: &[u8], fields: &[&str]) -> (Value, Vec<String>) {
    let capture = capture(link, &[header, &ECHO].concat());
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
    let (told, theirs) = link(1, &header, &fields);
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

#[test]
fn what_is_encrypted_is_told_at_the_end() {
    let wireless = [&[0x88, 0x41][..], &[2; 60]].concat();
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let macsec = [&mac[..], &[0x88, 0xe5, 0x2c, 0, 0, 0, 0, 1], &[9; 40]].concat();
    let mut esp = [&mac[..], &[8, 0], &ECHO].concat();
    esp[23] = 50;
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
    ] {
        let capture = capture(link, &frame);
        let path = capture.path().to_str().unwrap();
        let all = records(&["-r", path, "--json"]);
        let summary = of_type(&all, "summary")[0];
        assert_eq!(summary["undecodable"], field);
        assert_eq!(summary["esp"] == 1, field.is_null());
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
