use super::*;
use crate::icmp::field::Value;

/// What `HiPerConTracer` sends at so many seconds since 1970.
pub(super) fn hipercontracer(send_ttl: u8, seconds: u64) -> Vec<u8> {
    let micros = (seconds - 212_803_200) * 1_000_000 + 250;
    let mut payload = vec![0x12, 0x34, 0x56, 0x78, send_ttl, 2, 0xab, 0xcd];
    payload.extend(micros.to_be_bytes());
    payload.resize(44, 0);
    payload
}

#[test]
fn the_header_of_hipercontracer() {
    let payload = hipercontracer(7, 1_700_000_000);
    let captured = Timestamp::from_parts(1_700_000_000, 0);
    let found = guess(&payload, Extent::Whole, captured).unwrap();
    assert_eq!(found.sender, Sender::HiPerConTracer);
    assert_eq!(
        found.sent,
        Some(Timestamp::from_parts(1_700_000_000, 250_000))
    );
    let told: Vec<_> = (found.header(&payload))
        .map(|field| (field.name, field.range, field.value))
        .collect();
    assert_eq!(
        told,
        [
            ("magic", 0..4, Value::Hex(0x1234_5678)),
            ("send_ttl", 4..5, Value::Number(7)),
            ("round", 5..6, Value::Number(2)),
            ("checksum_tweak", 6..8, Value::Hex(0xabcd)),
            ("send_time_us", 8..16, Value::Number(1_487_196_800_000_250)),
        ]
    );
    let laid: Vec<_> = found.laid(&payload).map(|field| field.name).collect();
    assert_eq!(
        laid,
        [
            "probable_magic",
            "probable_send_ttl",
            "probable_round",
            "probable_checksum_tweak",
            "probable_send_time_us"
        ]
    );
    for length in 0..payload.len() {
        let of_prefix = guess(&payload[..length], Extent::Whole, captured);
        assert_eq!(of_prefix.is_some(), length >= 16, "{length}");
    }
}

#[test]
fn what_hipercontracer_would_not_send_is_none_of_its() {
    let now = NOW.unsigned_abs();
    assert_eq!(sender(&hipercontracer(0, now)), None);
    for (seconds, is_one) in [
        (now, true),
        (now + 86_400, true),
        (now - 86_400, false),
        (now + 86_401, false),
        (1_700_000_000, false),
        (4_102_441_199, false),
        (u64::MAX / 1_000_000, false),
    ] {
        let found = sender(&hipercontracer(1, seconds)) == Some(Sender::HiPerConTracer);
        assert_eq!(found, is_one, "{seconds}");
    }
    // A list of types and lengths, whose numbers are a time of 2018.
    let list = [
        &[1, 2, 0, 4][..],
        b"abcd",
        &[0, 6, 0, 0, 0, 0, 0, 0],
        &[0; 8],
    ]
    .concat();
    assert_eq!(sender(&list), None);
    // Others have no header.
    let windows = guess(
        b"abcdefghijklmnopqrstuvwabcdefghi",
        Extent::Whole,
        captured(),
    )
    .unwrap();
    assert_eq!(windows.header(&[1; 32]).count(), 0);
}
