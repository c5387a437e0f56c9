//! What `-e` tells of each field of radiotap, and of what stands behind it.

use serde_json::{Value, json};

use crate::common::{run, tool};
use crate::links::capture_of;
use crate::radio::{links, wireless};

/// A field: its number, what it is aligned to, its octets.
type Field<'a> = (u32, usize, &'a [u8]);

/// A header with these fields; each group after the first tells of another antenna.
fn tap(groups: &[&[Field<'_>]]) -> Vec<u8> {
    let start = 4 + 4 * groups.len();
    let (mut words, mut octets) = (Vec::new(), Vec::new());
    for (number, group) in groups.iter().enumerate() {
        let more = if number + 1 < groups.len() {
            5 << 29
        } else {
            0
        };
        let word = group.iter().fold(more, |word, (bit, ..)| word | 1 << bit);
        words.extend(u32::to_le_bytes(word));
        for (_, align, field) in *group {
            let at = start + octets.len();
            octets.resize(at.next_multiple_of(*align) - start, 0);
            octets.extend(*field);
        }
    }
    let length = u16::try_from(start + octets.len()).unwrap();
    [&[0, 0], &length.to_le_bytes()[..], &words, &octets].concat()
}

/// Fields of type, length and value.
fn items(items: &[(u16, &[u8])]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (kind, value) in items {
        octets.extend(kind.to_le_bytes());
        octets.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        octets.extend(*value);
        octets.resize(octets.len().next_multiple_of(4), 0);
    }
    octets
}

fn words<const N: usize>(words: [u16; N]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What is told of a frame with this header: in JSON, and before the addresses in text.
fn told(header: &[u8]) -> (Value, String) {
    let frame = wireless(header);
    let json = links(127, std::slice::from_ref(&frame), &["frame.number"])[0].0["radio"].clone();
    let capture = capture_of(127, [frame]);
    let path = capture.path().to_str().unwrap();
    let text = run(&["-n", "-e", "-t", "-r", path]).good();
    let start = text.split("BSSID").next().unwrap();
    (json, start.trim_end().to_owned())
}

#[track_caller]
fn assert_told(header: &[u8], json: &Value, text: &str) {
    assert_eq!(told(header), (json.clone(), text.to_owned()));
}

/// The antenna 1, -47 dBm.
const BEHIND: [Field<'static>; 2] = [(5, 1, &[0xd1]), (11, 1, &[1])];

#[test]
fn no_field_ends_the_reading() {
    let fields: [(Field<'_>, Value, &str); 12] = [
        (
            (8, 2, &[0x40, 0x9c]),
            json!({"tx_attenuation": 40000}),
            "-40000 tx power",
        ),
        (
            (9, 2, &[5, 1]),
            json!({"tx_attenuation_db": 261}),
            "-261dB tx attenuation",
        ),
        ((14, 2, &[2, 0]), json!({"bad_plcp": true}), "bad plcp"),
        (
            (15, 2, &[0x25, 0]),
            json!({"tx_failed": true, "tx_rts": true, "tx_in_order": true}),
            "tx failed tx rts tx in order",
        ),
        ((16, 1, &[3]), json!({"rts_retries": 3}), "rts retries 3"),
        ((17, 1, &[2]), json!({"data_retries": 2}), "data retries 2"),
        (
            (20, 4, &[77, 0, 0, 0, 0x1c, 0, 0, 0]),
            json!({"ampdu_reference": 77, "ampdu_last": true, "ampdu_bad_delimiter": true}),
            "ampdu reference 77 ampdu last ampdu bad delimiter",
        ),
        (
            (22, 8, &[9, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0x11, 1]),
            json!({"timestamp_us": 9}),
            "timestamp us 9",
        ),
        (
            (24, 2, &[0x15, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            json!({"sig_b_mcs": 5, "bandwidth_mhz": 80}),
            "sig b mcs 5 80 MHz wide",
        ),
        ((25, 2, &[0; 6]), json!({}), ""),
        ((26, 1, &[0]), json!({}), ""),
        (
            (27, 2, &[3, 0, 0x2b, 1]),
            json!({"l_sig_rate": 11, "l_sig_length": 18}),
            "l sig rate 11 l sig length 18",
        ),
    ];
    for (field, known, text) in &fields {
        let mut expected = known.clone();
        expected["antennas"] = json!([{"signal_dbm": -47, "antenna": 1}]);
        let behind = format!("{text} -47dBm signal antenna 1");
        assert_told(&tap(&[&[*field], &BEHIND]), &expected, behind.trim_start());
        // As an item of type, length and value, whose end may be left out.
        if !known.as_object().unwrap().is_empty() {
            let (number, _, octets) = *field;
            let kept = octets.iter().rposition(|octet| *octet != 0).unwrap() + 1;
            let kind = u16::try_from(number).unwrap();
            let items = items(&[(28, &[]), (30, &[7; 9]), (kind, &octets[..kept])]);
            assert_told(&tap(&[&[(28, 4, &items)]]), known, text);
        }
    }
}

/// Linux gives what became of sending before the coding.
#[test]
fn frames_that_linux_sent_tell_their_coding() {
    let sent = tap(&[&[
        (2, 1, &[12]),
        (15, 2, &[0, 0]),
        (17, 1, &[2]),
        (19, 1, &[7, 4, 7]),
    ]]);
    let fields = [
        "wlan_radio.data_rate",
        "wlan_radio.11n.mcs_index",
        "radiotap.data_retries",
    ];
    let (link, theirs) = &links(127, &[wireless(&sent)], &fields)[0];
    let radio = &link["radio"];
    assert_eq!(theirs.join(" "), "72.2222 7 2");
    // What stands in the rate's own field is that of stations before 802.11n.
    assert_eq!(
        *radio,
        json!({
            "phy": "n", "rate_mbps": 72.2, "mcs": 7, "streams": 1, "bandwidth_mhz": 20,
            "guard_interval_us": 0.4, "data_retries": 2,
        })
    );
}

#[test]
fn flags_are_told_that_tcpdump_has_no_words_for() {
    assert_told(
        &tap(&[&[(1, 1, &[0xa0])]]),
        &json!({"guard_interval_us": 0.4, "padded": true}),
        "padded short GI",
    );
}

#[test]
fn rates_of_802_11ax_count_what_is_sent_twice() {
    // Known: scheme and bandwidth, and what the third word tells.
    for (known, third, streams, rate, spatial, marks) in [
        (0, 0x0100, 1, 17.2, 1, vec![]),
        (0x40, 0x1100, 1, 8.6, 1, vec!["dcm"]),
        (0x200, 0x8100, 2, 17.2, 1, vec!["stbc"]),
        // Not known is not told.
        (0, 0x9100, 2, 34.4, 2, vec![]),
        (0x90, 0x2180, 1, 17.2, 1, vec!["ldpc", "uplink"]),
    ] {
        let field = words([0x4020 | known, 2, third, 0, 0, streams]);
        let (json, text) = told(&tap(&[&[(23, 2, &field)]]));
        let mut expected = json!({
            "phy": "ax", "ppdu": "su", "rate_mbps": rate, "mcs": 1, "streams": spatial,
            "bandwidth_mhz": 20, "guard_interval_us": 0.8,
        });
        for mark in marks {
            expected[mark] = json!(true);
        }
        assert_eq!(json, expected);
        let start = format!("HE SU {rate} Mb/s MCS 1 {spatial} stream");
        assert!(text.starts_with(&start), "{text}");
    }
    // A part of the channel, as one of several.
    let field = words([0x4026, 2, 0x0725, 0, 6, 2]);
    assert_told(
        &tap(&[&[(23, 2, &field)]]),
        &json!({
            "phy": "ax", "ppdu": "mu", "rate_mbps": 75.0, "mcs": 7, "streams": 2,
            "guard_interval_us": 0.8, "bss_color": 37, "ru_tones": 106,
        }),
        "HE MU 75.0 Mb/s MCS 7 2 streams 106-tone RU 0.8us GI BSS color 37",
    );
}

/// Fields that have no bits stand behind the others with type and length.
#[test]
fn codings_of_802_11be_and_802_11ah_are_told() {
    let long =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect() };
    let universal = long(&[0x0f | 2 << 15 | 1 << 18 | 9 << 19, 0, 0]);
    // The second of two stations is the frame's.
    let own = [&[4, 1 << 7][..], &[0; 8], &[0x1600_0012, 0x01b8_0096]].concat();
    let items = items(&[
        (5, &[0xd0]),
        (33, &universal),
        (34, &long(&own)),
        (99, &[1, 2, 3]),
    ]);
    assert_told(
        &tap(&[&[(11, 1, &[4]), (28, 4, &items)]]),
        &json!({
            "phy": "be", "rate_mbps": 1134.3, "mcs": 11, "streams": 2, "bandwidth_mhz": 80,
            "guard_interval_us": 1.6, "bss_color": 9, "uplink": true, "ldpc": true, "antenna": 4,
            "signal_dbm": -48, "unread_field": 99,
        }),
        "antenna 4 -48dBm signal [bit 99] \
         EHT 1134.3 Mb/s MCS 11 2 streams 80 MHz 1.6us GI LDPC FEC uplink BSS color 9",
    );
    let items = self::items(&[(32, &words([0xff, 0x7260, 0x400b]))]);
    assert_told(
        &tap(&[&[(28, 4, &items)]]),
        &json!({
            "phy": "ah", "mcs": 7, "streams": 2, "bandwidth_mhz": 4, "guard_interval_us": 4.0,
            "rssi": 64, "bss_color": 3, "uplink": true,
        }),
        "S1G MCS 7 2 streams 4 MHz 4.0us GI uplink BSS color 3 64 rssi",
    );
}

#[test]
fn a_field_that_the_header_cuts_is_told() {
    let mut header = tap(&[&[(5, 1, &[0xd6]), (11, 1, &[1]), (21, 2, &[0x44, 0])]]);
    assert_told(
        &header,
        &json!({"signal_dbm": -42, "antenna": 1, "cut": true}),
        "-42dBm signal antenna 1  [|802.11_radio]",
    );
    let item = items(&[(5, &[0xd6])]);
    header = tap(&[&[(28, 4, &[&item[..], &[33, 0, 12, 0]].concat())]]);
    assert_told(
        &header,
        &json!({"signal_dbm": -42, "cut": true}),
        "-42dBm signal  [|802.11_radio]",
    );
    // tshark reads such frames as well.
    let capture = capture_of(127, [wireless(&header)]);
    let path = capture.path().to_str().unwrap();
    let theirs = tool(
        "tshark",
        &["-n", "-r", path, "-T", "fields", "-e", "icmp.type"],
    );
    assert_eq!(theirs.stdout, b"8\n");
}
