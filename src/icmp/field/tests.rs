use super::*;
use crate::model::Timestamp;

const TABLE: &[FieldSpec] = &[
    spec::u8(0, "a"),
    spec::bits(1, 6, 2, "b"),
    spec::flag(1, 0x20, "c"),
    spec::u16(2, "d"),
    spec::v4(4, "e"),
    spec::v6_list(8, "f"),
];

#[test]
fn every_prefix_gives_the_fields_that_fit() {
    let mut header = vec![7, 0b1010_0000, 1, 2, 192, 0, 2, 1];
    header.extend([9; 40]);
    let all: Vec<_> = read(TABLE, &header).collect();
    assert_eq!(all.len(), TABLE.len());
    assert_eq!(all[1].value, Value::Number(2));
    assert_eq!(all[2].value, Value::Flag(true));
    assert_eq!(all[3].value, Value::Number(0x0102));
    assert_eq!(
        all[5].range,
        8..40,
        "the ninth octet past two addresses is left out"
    );
    for length in 0..header.len() {
        let some: Vec<_> = read(TABLE, &header[..length]).collect();
        for field in &some[..some.len().min(5)] {
            assert!(all.contains(field), "{length}: {field:?}");
        }
        let fitting = all[..5].iter().filter(|f| f.range.end <= length).count();
        assert_eq!(some.len().min(5), fitting, "{length}");
    }
}

#[test]
fn prefixes_and_signs() {
    assert_eq!(prefix(&[0x20, 1]), "2001::".parse::<Ipv6Addr>().unwrap());
    assert_eq!(prefix(&[0xff; 30]), Ipv6Addr::from([0xff; 16]));
    let field = spec::i32(0, "n").read(&[0xff; 4]).unwrap();
    assert_eq!(field.value, Value::Signed(-1));
    assert_eq!(
        spec::hex(0, 8, "n").read(&[0xff; 8]).unwrap().value,
        Value::Hex(u64::MAX)
    );
    assert!(spec::rest(2, "r").read(&[1, 2]).is_none());
    let index = spec::bits_of(0, 4, 0, 20, "n").read(&[0xff; 4]).unwrap();
    assert_eq!(index.value, Value::Number(0xf_ffff));
    assert_eq!(
        spec::inverted(0, 2, "n").read(&[0xff, 0xfe]).unwrap().value,
        Value::Number(1)
    );
    assert_eq!(
        spec::digits(0, 2, "n").read(&[0x21, 0x43]).unwrap().value,
        Value::Hex(0x1234)
    );
    assert_eq!(
        spec::hex_little_endian(0, 8, "n")
            .read(&[1, 2, 3, 4, 5, 6, 7, 8])
            .unwrap()
            .value,
        Value::Hex(0x0807_0605_0403_0201)
    );
    let reserved = spec::reserved(0, 2, 0x0ff0, "n");
    assert_eq!(reserved.read(&[0xf0, 0x0f]), None);
    assert_eq!(
        reserved.read(&[0xf1, 0x2f]).unwrap().value,
        Value::Hex(0x12)
    );
    let address = spec::inverted_v4(0, "n").read(&[0x3f, 0xff, 0xfd, 0xfe]);
    assert_eq!(
        address.unwrap().value,
        Value::Address(Ipv4Addr::new(192, 0, 2, 1).into())
    );
}

#[test]
fn numbers_of_fixed_point_and_of_digits() {
    let read = |spec: FieldSpec, octets: &'static [u8]| spec.read(octets).map(|field| field.value);
    let time = |seconds, nanos| Some(Value::Time(Timestamp::from_parts(seconds, nanos)));
    // RFC 5905 section 6 has these dates.
    let when = spec::ntp_time(0, "t");
    assert_eq!(
        read(when, b"\x83\xaa\x7e\x80\x80\0\0\0"),
        time(0, 500_000_000)
    );
    assert_eq!(
        read(when, b"\xff\xff\xff\xff\0\0\0\0"),
        time(2_085_978_495, 0)
    );
    assert_eq!(read(when, b"\0\0\0\0\0\0\0\x01"), time(2_085_978_496, 0));
    assert_eq!(
        read(when, b"\x7f\xff\xff\xff\xff\xff\xff\xff"),
        time(4_233_462_143, 999_999_999)
    );
    assert_eq!(read(when, &[0; 8]), None);
    assert_eq!(read(when, &[0xff; 7]), None);
    let short = spec::short_time(0, "d");
    assert_eq!(read(short, b"\0\x01\x80\0"), Some(Value::Number(1_500_000)));
    assert_eq!(read(short, &[0xff; 4]), Some(Value::Number(65_535_999_984)));
    assert_eq!(read(spec::i8(0, "n"), &[0x80]), Some(Value::Signed(-128)));
    let facility = spec::written(1, 3, 3, 5, "f");
    assert_eq!(read(facility, b"<191>"), Some(Value::Number(23)));
    assert_eq!(read(facility, b"<19>1"), None);
    let list = spec::v4_array(0, 2, "a");
    assert_eq!(read(list, &[7; 12]), Some(Value::V4List(&[7; 8])));
    assert_eq!(read(list, &[7; 6]), Some(Value::V4List(&[7; 4])));
    assert_eq!(read(list, &[7; 3]), None);
    assert_eq!(
        read(spec::cut_text_of(0, 9, "t"), b"rfc1"),
        Some(Value::CutText(b"rfc1"))
    );
}
