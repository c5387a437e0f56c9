//! What `-e` tells of how a frame was received, and of the check sequence it ends in, against tshark.

use std::process::Command;
use std::slice;

use serde_json::{Value, json};

use crate::common::{of_type, records, run};
use crate::links::{ECHO, capture_of};

/// A frame of 802.11 to an access point, behind this header.
pub(crate) fn wireless(before: &[u8]) -> Vec<u8> {
    let stations = [2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0];
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    [before, &[8, 1, 0, 0], &stations, &snap, &ECHO].concat()
}

/// A header of radiotap with these fields.
fn tap(present: u32, fields: &[u8]) -> Vec<u8> {
    let length = u8::try_from(8 + fields.len()).unwrap();
    [&[0, 0, length, 0][..], &present.to_le_bytes(), fields].concat()
}

/// The link object of each frame, and the fields that tshark has of it.
pub(crate) fn links(link: u32, frames: &[Vec<u8>], fields: &[&str]) -> Vec<(Value, Vec<String>)> {
    let capture = capture_of(link, frames);
    let path = capture.path().to_str().unwrap();
    let all = records(&["-r", path, "--json", "-e"]);
    let ours = of_type(&all, "icmp").into_iter();
    let ours: Vec<_> = ours.map(|record| record["link"].clone()).collect();
    assert_eq!(ours.len(), frames.len());
    let mut command = Command::new("tshark");
    command.args(["-n", "-r", path, "-T", "fields"]);
    command.args(["-o", "eth.check_fcs:TRUE", "-o", "wlan.check_checksum:TRUE"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs = text
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect());
    let both: Vec<_> = ours.into_iter().zip(theirs).collect();
    assert_eq!(both.len(), frames.len());
    both
}

/// Whether a number is that of tshark, which writes some with more digits.
fn is_same(ours: &Value, theirs: &str) -> bool {
    match (ours.as_f64(), theirs.parse::<f64>()) {
        (None, Err(_)) => true,
        (Some(ours), Ok(theirs)) => (ours - theirs).abs() < 0.0501,
        _ => false,
    }
}

#[test]
fn rates_of_all_coding_schemes_are_those_of_tshark() {
    const MCS: u32 = 1 << 19;
    const VHT: u32 = 1 << 21;
    const HE: u32 = 1 << 23;
    let mut frames = Vec::new();
    // tshark has rates of scheme 32 for 20 MHz too, and none of 76 (IEEE 802.11 section 19.5).
    for scheme in (0..=75).filter(|scheme| *scheme != 32) {
        frames.extend([0, 1, 4, 5].map(|flags| tap(MCS, &[7, flags, scheme])));
    }
    for width in [0, 1, 4, 11] {
        for octet in (0..10).flat_map(|scheme| (1..=8).map(move |streams| scheme << 4 | streams)) {
            frames.extend(
                [0, 4].map(|flags| tap(VHT, &[0x44, 0, flags, width, octet, 0, 0, 0, 0, 0, 0, 0])),
            );
        }
    }
    for width in 0..=9 {
        for (scheme, interval) in (0..12).flat_map(|scheme| (0..3).map(move |gi| (scheme, gi))) {
            let coded = width | interval << 4;
            frames.push(tap(
                HE,
                &[0x20, 0x40, 2, 0, 0, scheme, 0, 0, coded, 0, 2, 0],
            ));
        }
    }
    let frames: Vec<_> = frames.iter().map(|tap| wireless(tap)).collect();
    let fields = [
        "wlan_radio.data_rate",
        "wlan_radio.11n.mcs_index",
        "wlan_radio.11ac.mcs",
    ];
    for (frame, (told, theirs)) in links(127, &frames, &fields).iter().enumerate() {
        let radio = &told["radio"];
        assert!(
            is_same(&radio["rate_mbps"], &theirs[0]),
            "{frame}: {radio} {theirs:?}"
        );
        if radio["phy"] != "ax" {
            let scheme = [&theirs[1], &theirs[2]].map(String::as_str).concat();
            assert_eq!(radio["mcs"].to_string(), scheme, "{frame}");
        }
    }
}

#[test]
fn what_radios_told_is_what_tshark_shows() {
    let fields = [
        "wlan_radio.data_rate",
        "wlan_radio.channel",
        "wlan_radio.frequency",
        "wlan_radio.signal_dbm",
        "wlan_radio.noise_dbm",
        "wlan_radio.timestamp",
    ];
    let names = [
        "rate_mbps",
        "channel",
        "frequency_mhz",
        "signal_dbm",
        "noise_dbm",
        "tsf_us",
    ];
    // Clock, flags, rate, channel, signal, noise, antenna.
    let clock = [8, 7, 6, 5, 4, 3, 2, 1];
    let all = |frequency: u16, flags: u16| {
        let [a, b] = frequency.to_le_bytes();
        let [c, d] = flags.to_le_bytes();
        tap(
            0x86f,
            &[&clock[..], &[2, 22, a, b, c, d, 0xd6, 0xa0, 3]].concat(),
        )
    };
    let frequencies = [2412, 2437, 2472, 2484, 5180, 5240, 5745, 5885, 5955, 6415];
    let taps =
        frequencies.map(|frequency| all(frequency, if frequency < 3000 { 0xa0 } else { 0x140 }));
    let word = |number: i32| number.to_be_bytes();
    let avs = |words: [i32; 10]| {
        let start = [
            &[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..],
            &[0, 0, 0, 0, 0, 0, 0, 9],
            &[0; 8],
        ];
        [start.concat(), words.map(word).concat()].concat()
    };
    let ppi = |flags: u8| {
        let field = [
            9, 0, 0, 0, 0, 0, 0, 0, flags, 0, 22, 0, 0x6c, 9, 0xa0, 0, 1, 2, 0xd6, 0xa6,
        ];
        [&[0, 0, 32, 0, 105, 0, 0, 0, 2, 0, 20, 0][..], &field].concat()
    };
    for (link, headers) in [
        (127, taps.to_vec()),
        (163, vec![avs([6, 11, 110, 1, 0, 2, -42, -90, 2, 1])]),
        (192, vec![ppi(0), ppi(8)]),
    ] {
        let frames: Vec<_> = headers.iter().map(|header| wireless(header)).collect();
        for (told, theirs) in links(link, &frames, &fields) {
            for (name, theirs) in names.iter().zip(&theirs) {
                // tshark makes one of the channel's number where the header has none.
                if link == 163 && *name == "frequency_mhz" {
                    continue;
                }
                let ours = &told["radio"][name];
                assert!(is_same(ours, theirs), "{link} {name}: {ours} {theirs}");
            }
        }
    }
    let told = &links(127, &[wireless(&taps[0])], &["frame.number"])[0].0["radio"];
    assert_eq!(
        *told,
        json!({
            "tsf_us": 0x0102_0304_0506_0708_u64, "phy": "b", "rate_mbps": 11.0, "channel": 1,
            "frequency_mhz": 2412, "signal_dbm": -42, "noise_dbm": -96, "antenna": 3,
            "short_preamble": true,
        })
    );
}

/// Radiotap tells of each antenna behind what it tells of all, and Prism in units of its own.
#[test]
fn antennas_and_older_headers_are_told() {
    let several = [
        &[
            0, 0, 22, 0, 0x20, 0, 0, 0xa0, 0x20, 8, 0, 0xa0, 0x20, 8, 0, 0,
        ][..],
        &[0xd6, 0xd8, 0, 0xd5, 1, 0],
    ]
    .concat();
    let told = &links(127, &[wireless(&several)], &["frame.number"])[0].0["radio"];
    assert_eq!(
        *told,
        json!({
            "signal_dbm": -42,
            "antennas": [{"signal_dbm": -40, "antenna": 0}, {"signal_dbm": -43, "antenna": 1}],
        })
    );
    for (start, shift) in [(0x41_u32, 12), (0x44, 16)] {
        let mut prism = [&start.to_le_bytes()[..], &144_u32.to_le_bytes(), &[0; 16]].concat();
        let values = [7, 9, 6, 70, 50, -42, -90, 22, 0, 100_i32];
        for (item, value) in (1_u32..).zip(values) {
            prism.extend((item << shift | start).to_le_bytes());
            prism.extend([0, 0, 4, 0]);
            prism.extend(value.to_le_bytes());
        }
        let told = &links(119, &[wireless(&prism)], &["frame.number"])[0].0["radio"];
        assert_eq!(
            *told,
            json!({
                "tsf_us": 9, "rate_mbps": 11.0, "channel": 6, "signal_dbm": -42,
                "noise_dbm": -90, "rssi": 70, "quality": 50,
            })
        );
    }
    let without = wireless(&tap(0, &[]));
    assert_eq!(
        links(127, &[without], &["frame.number"])[0].0["radio"],
        Value::Null
    );
}

/// What is told of one frame.
fn text(link: u32, frame: &[u8], flag: &str) -> String {
    let capture = capture_of(link, [frame]);
    run(&["-n", flag, "-r", capture.path().to_str().unwrap()]).good()
}

#[test]
fn check_sequences_are_verified_as_in_tshark() {
    // In the flag bits of the link type: 2 words of 16 bits.
    const WITH_FCS: u32 = 2 << 28 | 1 << 26;
    let ethernet = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..], &ECHO].concat();
    let radio = [&[0x41, 0x88, 1, 0xcd, 0xab, 2, 0, 1, 0, 0x41][..], &echo6()].concat();
    let tap802154 = |kind| [&[0, 0, 12, 0, 0, 0, 1, 0, kind, 0, 0, 0][..], &radio].concat();
    let with_flag = wireless(&tap(2, &[0x10]));
    for (link, frame, octets, fields) in [
        (1 | WITH_FCS, &ethernet, 4, ["eth.fcs", "eth.fcs.status"]),
        (127, &with_flag, 4, ["wlan.fcs", "wlan.fcs.status"]),
        (195, &radio, 2, ["wpan.fcs", "wpan.fcs_ok"]),
        (283, &tap802154(1), 2, ["wpan.fcs", "wpan.fcs_ok"]),
        (283, &tap802154(2), 4, ["wpan.fcs32", "wpan.fcs_ok"]),
    ] {
        // What it should be is told of a bad one.
        let bad = [&frame[..], &[1, 2, 3, 4][..octets]].concat();
        let (told, theirs) = &links(link, slice::from_ref(&bad), &fields)[0];
        let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
        let fcs = &told["fcs"];
        assert_eq!(fcs["status"], "bad", "{link}");
        assert_eq!(
            (&fcs["value"], theirs[1].as_str()),
            (&json!(number(&theirs[0])), "0")
        );
        let expected = u32::try_from(fcs["expected"].as_u64().unwrap()).unwrap();
        let value = match (link, octets) {
            (_, 2) => expected.to_le_bytes()[..2].to_vec(),
            (127 | 283, _) => expected.to_le_bytes().to_vec(),
            _ => expected.to_be_bytes().to_vec(),
        };
        let good = [&frame[..], &value].concat();
        let (told, theirs) = &links(link, slice::from_ref(&good), &fields)[0];
        assert_eq!(
            told["fcs"],
            json!({"status": "good", "value": number(&theirs[0])})
        );
        assert_eq!(theirs[1], "1", "{link}");
        let value_of = |told: &Value| told["fcs"]["value"].as_u64().unwrap();
        let digits = 2 * octets;
        let of_good = format!("frame check sequence 0x{:0digits$x} good\n", value_of(told));
        assert!(
            text(link, &good, "-v").contains(&format!("\n\t{of_good}")),
            "{link}"
        );
        // The octets of it are named, and only those.
        let hex = text(link, &good, "-XX");
        let rows: Vec<_> = hex
            .lines()
            .filter(|row| row.ends_with(of_good.trim()))
            .collect();
        assert_eq!(rows.len(), 1, "{hex}");
        let octets_told: String = rows[0][9..].split("  ").take(2).collect();
        let octets_told = octets_told.trim().replace(' ', "");
        let wanted = u64::from_str_radix(&octets_told, 16).unwrap();
        assert_eq!(wanted.to_be_bytes()[8 - octets..], value, "{hex}");
        // One that was not captured cannot be verified.
        let cut = capture_of(link, [&good]);
        let mut octets_of = std::fs::read(cut.path()).unwrap();
        let short = u32::try_from(good.len() - 1).unwrap();
        octets_of[32..36].copy_from_slice(&short.to_le_bytes());
        octets_of.pop();
        std::fs::write(cut.path(), octets_of).unwrap();
        let cut = run(&["-n", "-v", "-r", cut.path().to_str().unwrap()]).good();
        assert!(
            cut.contains("\n\tframe check sequence unverified (truncated)\n"),
            "{cut}"
        );
        // A bad one is told without being asked for, with its place.
        let capture = capture_of(link, [&bad]);
        let path = capture.path().to_str().unwrap();
        let all = records(&["-r", path, "--json"]);
        let defects = json!([{
            "layer": "link", "offset": bad.len(), "rule": "frame check sequence does not verify",
        }]);
        assert_eq!(of_type(&all, "icmp")[0]["defects"], defects);
        let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
        let output = command.args(["-n", "-r", path]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let digits = 2 * octets;
        let found = fcs["value"].as_u64().unwrap();
        let note = format!(
            "| bad frame check sequence 0x{found:0digits$x}, should be 0x{expected:0digits$x}\n"
        );
        assert!(text.contains(&note), "{note} is not in\n{text}");
    }
}

/// An IPv6 echo request.
pub(crate) fn echo6() -> Vec<u8> {
    let address = |last| [&[0x20, 1, 0x0d, 0xb8][..], &[0; 11], &[last]].concat();
    let header = [0x60, 0, 0, 0, 0, 8, 58, 64];
    [
        &header[..],
        &address(1),
        &address(2),
        &[128, 0, 0x24, 0x46, 0, 1, 0, 1],
    ]
    .concat()
}
