//! `ping` of systems that count since they were started.

use super::*;

/// Two big-endian words since its machine was started, seconds and nanoseconds.
#[test]
fn freebsd_counts_since_its_machine_was_started() {
    let payload = |seconds: u32, nanos: u32| {
        let time = [seconds.to_be_bytes(), nanos.to_be_bytes()].concat();
        [&time[..], &counting(8, 48)].concat()
    };
    let told = |seconds, nanos| {
        let found = guess(&payload(seconds, nanos), Extent::Whole, captured());
        found.map(|found| (found.sender, found.sent))
    };
    for nanos in [1_000_001, 498_150_363, 999_999_999] {
        assert_eq!(told(345_678, nanos), Some((Sender::FreeBsd, None)));
        let cut = guess(&payload(345_678, nanos), Extent::Cut, captured());
        assert_eq!(cut, None);
        // A time of day is none of that clock's.
        assert_eq!(told(u32::try_from(NOW).unwrap() - 90_000, nanos), None);
    }
    assert_eq!(told(345_678, 999_999), Some((Sender::Bsd, None)));
    assert_eq!(told(345_678, 1_000_000_001), None);
    // As the upper half of a number of 64 bits in little-endian order ends.
    assert_eq!(told(345_678, 0x1234_0000), None);
}

/// Two words of 64 bits in its own order since its machine was started, seconds and nanoseconds.
#[test]
fn netbsd_counts_since_its_machine_was_started() {
    for write in [u64::to_le_bytes, u64::to_be_bytes] {
        let told = |seconds, parts, first| {
            let payload = [&write(seconds)[..], &write(parts), &counting(first, 40)].concat();
            let found = guess(&payload, Extent::Whole, captured());
            found.map(|found| (found.sender, found.sent))
        };
        for nanos in [1_000_000, 498_150_363, 999_999_999] {
            assert_eq!(told(345_678, nanos, 16), Some((Sender::NetBsd, None)));
            assert_eq!(told(345_678, nanos, 0), None);
            // Of iputils it is not, which has microseconds.
            let now = Timestamp::from_parts(NOW, u32::try_from(nanos).unwrap());
            let clock = Some((Sender::Clock, Some(now)));
            assert_eq!(told(NOW.unsigned_abs(), nanos, 16), clock);
            assert_eq!(told(NOW.unsigned_abs() - 90_000, nanos, 16), None);
        }
        assert_eq!(told(345_678, 999_999, 16), Some((Sender::Iputils, None)));
        assert_eq!(told(345_678, 999_999, 0), Some((Sender::Inetutils, None)));
        assert_eq!(told(345_678, 1_000_000_000, 16), None);
    }
    let text = [b"hello, my server", &counting(16, 40)[..]].concat();
    assert_eq!(sender(&text), None);
}
