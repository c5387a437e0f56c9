//! What `-e` tells by the headers of PPI, AVS and TAP.

use serde_json::{Value, json};

use crate::common::run;
use crate::links::capture_of;
use crate::radio::{echo6, links, wireless};

/// A header of PPI with these fields; with `align` each is filled to a multiple of that.
fn ppi(fields: &[(u16, Vec<u8>)], align: usize) -> Vec<u8> {
    let mut octets = Vec::new();
    for (kind, value) in fields {
        octets.extend(kind.to_le_bytes());
        octets.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        octets.extend(value);
        octets.resize(octets.len().next_multiple_of(align), 0);
    }
    let length = u16::try_from(8 + octets.len()).unwrap().to_le_bytes();
    let flags = u8::from(align > 1);
    [&[0, flags, length[0], length[1], 105, 0, 0, 0], &octets[..]].concat()
}

/// Channel 36, -42 and -90 dBm.
fn common() -> (u16, Vec<u8>) {
    let rest = [0, 0, 0, 0, 0x3c, 20, 0x40, 1, 0, 0, 0xd6, 0xa6];
    (2, [&[0; 8][..], &rest].concat())
}

fn told(link: u32, frame: Vec<u8>) -> Value {
    links(link, &[frame], &["frame.number"])[0].0["radio"].clone()
}

#[test]
fn fields_of_ppi_are_found_where_they_are_aligned() {
    let expected = json!({
        "phy": "a", "channel": 36, "frequency_mhz": 5180, "signal_dbm": -42, "noise_dbm": -90,
    });
    for (fields, align) in [
        (vec![common()], 1),
        (vec![(7, b"abc".to_vec()), common()], 1),
        (vec![(7, b"abc".to_vec()), common()], 4),
        (vec![(7, b"abcd".to_vec()), common()], 4),
    ] {
        assert_eq!(told(192, wireless(&ppi(&fields, align))), expected);
    }
}

#[test]
fn codings_of_802_11n_in_ppi_are_those_of_tshark() {
    // 40 MHz, the short guard interval, the last of aggregate 77.
    let mac = [&[0x16, 0, 0, 0, 77, 0, 0, 0, 1][..], &[0; 3]].concat();
    let mut expected = json!({
        "phy": "n", "bandwidth_mhz": 40, "guard_interval_us": 0.4, "channel": 36,
        "frequency_mhz": 5180, "signal_dbm": -42, "noise_dbm": -90, "ampdu_reference": 77,
        "ampdu_last": true,
    });
    let alone = wireless(&ppi(&[common(), (3, mac.clone())], 1));
    assert_eq!(told(192, alone), expected);

    let levels = [0xd8, 0xa6, 0xd7, 0xa5, 0x80, 0x80, 0, 0];
    let measured = [
        &mac[..9],
        &[15, 2, 60, 50, 51, 255, 255, 0, 0, 0, 0, 0x3c, 20, 0x40, 1],
        &levels,
        &[0; 16],
    ]
    .concat();
    assert_eq!(measured.len(), 48);
    let frame = wireless(&ppi(&[common(), (4, measured)], 1));
    let fields = [
        "wlan_radio.11n.mcs_index",
        "wlan_radio.11n.bandwidth",
        "wlan_radio.data_rate",
    ];
    let theirs = links(192, std::slice::from_ref(&frame), &fields)[0]
        .1
        .join(" ");
    assert_eq!(theirs, "15 1 300");
    for (name, value) in [
        ("mcs", json!(15)),
        ("streams", json!(2)),
        ("rate_mbps", json!(300.0)),
        ("rssi", json!(60)),
        (
            "antennas",
            json!([
                {"signal_dbm": -40, "noise_dbm": -90, "rssi": 50, "antenna": 0},
                {"signal_dbm": -41, "noise_dbm": -91, "rssi": 51, "antenna": 1},
            ]),
        ),
    ] {
        expected[name] = value;
    }
    assert_eq!(told(192, frame), expected);
}

#[test]
fn avs_tells_the_modulation_and_the_noise_in_units_of_the_radio() {
    for (kind, phy) in [
        (1, "fhss"),
        (2, "dsss"),
        (3, "ir"),
        (4, "b"),
        (7, "g"),
        (8, "a"),
    ] {
        for (unit, levels) in [
            (1, json!({"rssi": 60, "noise_rssi": 7})),
            (2, json!({"signal_dbm": 60, "noise_dbm": 7})),
            (3, json!({"rssi": 60, "noise_rssi": 7})),
        ] {
            let words = [
                0x8021_1001_u32,
                64,
                0,
                0,
                0,
                0,
                kind,
                6,
                110,
                0,
                0,
                unit,
                60,
                7,
                0,
                0,
            ];
            let header: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            let mut expected = json!({"phy": phy, "rate_mbps": 11.0, "channel": 6});
            for (name, level) in levels.as_object().unwrap() {
                expected[name] = level.clone();
            }
            assert_eq!(told(163, wireless(&header)), expected, "{kind} {unit}");
        }
    }
}

/// A frame of IEEE 802.15.4 behind TAP with these fields.
fn tapped(fields: &[(u16, &[u8])]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (kind, value) in fields {
        octets.extend(kind.to_le_bytes());
        octets.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        octets.extend(*value);
        octets.resize(octets.len().next_multiple_of(4), 0);
    }
    let length = u16::try_from(4 + octets.len()).unwrap().to_le_bytes();
    let mac = [0x41, 0x88, 1, 0xcd, 0xab, 2, 0, 1, 0, 0x41];
    [&[0, 0, length[0], length[1]][..], &octets, &mac, &echo6()].concat()
}

#[test]
fn tap_tells_what_the_radio_measured() {
    let frame = tapped(&[
        (0, &[0]),
        (1, &(-42.5_f32).to_le_bytes()),
        (2, &250_000_u32.to_le_bytes()),
        (3, &[11, 0, 4]),
        (4, &[1, 2, 3]),
        (5, &9_u64.to_le_bytes()),
        (6, &10_u64.to_le_bytes()),
        (7, &11_u64.to_le_bytes()),
        (8, &12_u64.to_le_bytes()),
        (9, &10_000_u32.to_le_bytes()),
        (10, &[207]),
        (11, &2_405_000_f32.to_le_bytes()),
        (12, &[0, 0, 0, 0, 0, 0, 0, 0, 16, 0]),
        (99, &[1]),
    ]);
    let fields = [
        "wpan-tap.rss",
        "wpan-tap.ch_num",
        "wpan-tap.ch_page",
        "wpan-tap.lqi",
    ];
    let (link, theirs) = &links(283, std::slice::from_ref(&frame), &fields)[0];
    assert_eq!(theirs.join(" "), "-42.5 11 4 207");
    assert_eq!(
        link["radio"],
        json!({
            "rate_mbps": 0.25, "channel": 11, "frequency_mhz": 2405.0, "signal_dbm": -42.5,
            "channel_page": 4, "sun_band": 1, "sun_type": 2, "sun_mode": 3, "frame_start_ns": 9,
            "frame_end_ns": 10, "slot": 11, "slot_start_ns": 12, "slot_length_us": 10000,
            "lqi": 207, "plan_channels": 16,
        })
    );
    let capture = capture_of(283, [&frame]);
    let text = run(&["-n", "-e", "-t", "-r", capture.path().to_str().unwrap()]).good();
    for words in ["-42.5dBm signal", "channel 11", "channel page 4", "lqi 207"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // What is no number is not told.
    let nan = tapped(&[(1, &f32::NAN.to_le_bytes()), (10, &[])]);
    assert_eq!(told(283, nan), Value::Null);
}
