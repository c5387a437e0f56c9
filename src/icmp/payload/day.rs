//! In which order the times of timestamp messages were written.

use crate::icmp::Timestamp;
use crate::icmp::v4::DAY;
use crate::model;

/// Times of a timestamp message that were written in little-endian order, as Windows does, in
/// milliseconds since midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LittleEndianTimes {
    /// When the request was sent.
    pub originate: Option<u32>,
    /// When it arrived.
    pub receive: Option<u32>,
    /// When the reply was sent.
    pub transmit: Option<u32>,
}

impl LittleEndianTimes {
    /// Those of a message captured at `captured`: read low octet first they tell the time of its
    /// capture, and as RFC 792 has them they do not.
    ///
    /// Who asks writes the first, who answers the other two, which count only together.
    pub fn of(timestamp: &Timestamp, captured: model::Timestamp) -> Option<Self> {
        let now = time_of_day(captured)?;
        let Timestamp {
            originate,
            receive,
            transmit,
            ..
        } = *timestamp;
        // Zero tells no time, in either order.
        let [originate, receive, transmit] =
            [originate, receive, transmit].map(|time| time.filter(|&time| time != 0));
        let is_little = |time: u32| {
            let apart = if time < DAY { APART_OR_OTHER } else { APART };
            is_near(time.swap_bytes(), now, apart) && !is_near(time, now, APART)
        };
        let asker = originate.is_some_and(is_little);
        let mut answerer = [receive, transmit].into_iter().flatten().peekable();
        let answerer = answerer.peek().is_some() && answerer.all(is_little);
        let meant = |time: Option<u32>, is_little: bool| time.filter(|_| is_little);
        (asker || answerer).then(|| Self {
            originate: meant(originate, asker).map(u32::swap_bytes),
            receive: meant(receive, answerer).map(u32::swap_bytes),
            transmit: meant(transmit, answerer).map(u32::swap_bytes),
        })
    }

    /// The one in a field of this name.
    pub fn named(&self, field: &str) -> Option<u32> {
        match field {
            "originate" => self.originate,
            "receive" => self.receive,
            "transmit" => self.transmit,
            _ => None,
        }
    }
}

/// How far clocks may be apart, in milliseconds.
const APART: u32 = 5 * 60 * 1000;
/// The same where network order tells another time of the day: that of a clock which is off by hours reads
/// like the time of capture by chance, though seldom.
const APART_OR_OTHER: u32 = 10 * 1000;

/// Whether two times of day are at most that far apart, midnight between them or not.
fn is_near(time: u32, now: u32, most: u32) -> bool {
    let apart = time.abs_diff(now);
    time < DAY && apart.min(DAY - apart) <= most
}

/// Milliseconds since midnight UTC; `None` before the year 2001, where captures are whose times begin at
/// 0: any small number would be near them.
fn time_of_day(captured: model::Timestamp) -> Option<u32> {
    const MILLISECOND: i64 = 1_000_000;
    const LEAST: i64 = 1_000_000_000_000;
    let millis = captured.as_nanos() / MILLISECOND;
    let is_told = captured.is_told() && millis >= LEAST;
    is_told.then(|| u32::try_from(millis % i64::from(DAY)).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::Direction;

    /// At four in the afternoon.
    const NOW: u32 = 57_600_000;

    fn at(time_of_day: u32) -> model::Timestamp {
        model::Timestamp::from_parts(1_763_942_400 + i64::from(time_of_day / 1000), 0)
    }

    fn message([originate, receive, transmit]: [u32; 3]) -> Timestamp {
        Timestamp {
            direction: Direction::Reply,
            id: 1,
            seq: 1,
            originate: Some(originate),
            receive: Some(receive),
            transmit: Some(transmit),
        }
    }

    fn told(times: [u32; 3]) -> Option<[Option<u32>; 3]> {
        let found = LittleEndianTimes::of(&message(times), at(NOW))?;
        Some([found.originate, found.receive, found.transmit])
    }

    #[test]
    fn times_of_windows() {
        let little = u32::swap_bytes;
        let [asked, came, went] = [NOW, NOW + 5, NOW + 6];
        let all = Some([Some(asked), Some(came), Some(went)]);
        assert_eq!(told([asked, came, went].map(little)), all);
        // It asks, it answers another, and another answers it.
        let asks = Some([Some(asked), None, None]);
        assert_eq!(told([little(asked), 0, 0]), asks);
        assert_eq!(told([little(asked), came, went]), asks);
        let answers = Some([None, Some(came), Some(went)]);
        assert_eq!(told([asked, little(came), little(went)]), answers);
        assert_eq!(told([0, little(came), little(went)]), answers);
        // Half of them have what would be the high bit.
        for later in 0..512 {
            let time = NOW + later;
            assert_eq!(told([little(time), 0, 0]), Some([Some(time), None, None]));
        }
    }

    #[test]
    fn clocks_may_be_minutes_apart() {
        const OTHER: u32 = 50_016_000;
        for (now, time, is_one) in [
            (NOW, NOW + APART, true),
            (NOW, NOW - APART, true),
            (NOW, NOW + APART + 1, false),
            (NOW, NOW - APART - 1, false),
            (5_000, DAY - 5_123, true),
            (DAY - 5_000, 4_123, true),
            // In network order 00:52:24.450.
            (OTHER, OTHER, true),
            (OTHER + 10_000, OTHER, true),
            (OTHER + 11_000, OTHER, false),
        ] {
            let found = LittleEndianTimes::of(&message([time.swap_bytes(), 0, 0]), at(now));
            assert_eq!(found.is_some(), is_one, "{now} {time}");
        }
    }

    #[test]
    fn network_order_is_none() {
        for seconds in 0..86_400 {
            let now = seconds * 1000;
            for apart in [0, 123, 299_999] {
                let time = (now + apart) % DAY;
                let message = message([time; 3]);
                assert_eq!(LittleEndianTimes::of(&message, at(now)), None, "{now}");
            }
        }
        assert_eq!(told([0; 3]), None);
        assert_eq!(told([0x8000_0005; 3]), None);
        // The same in both orders.
        let both = 0x0350_5003;
        assert_eq!(LittleEndianTimes::of(&message([both; 3]), at(both)), None);
        // What one of the two contradicts.
        assert_eq!(told([0, (NOW + 5).swap_bytes(), NOW + 6]), None);
        assert_eq!(told([0, (NOW + 5).swap_bytes(), 0x8000_0001]), None);
    }

    /// With a clock that is off nearly nothing reads like the time of capture by chance.
    #[test]
    fn network_order_of_a_wrong_clock_is_none() {
        let (mut alike, mut apart) = (0, 0);
        for hours in 1..24 {
            for second in 0..86_400_u32 {
                let off = (second * 1000 + hours * 3_600_000 + second % 1000) % DAY;
                let is_one = |times| {
                    let found = LittleEndianTimes::of(&message(times), at(second * 1000));
                    u32::from(found.is_some())
                };
                alike += is_one([0, off, off]);
                apart += is_one([0, off, off + 1]);
            }
        }
        // Of two million.
        assert!(alike < 20, "{alike}");
        assert_eq!(apart, 0);
    }

    #[test]
    fn without_a_time_of_capture_there_is_none() {
        for captured in [
            model::Timestamp::from_nanos(0),
            model::Timestamp::from_parts(7, 0),
            model::Timestamp::from_parts(-86_000, 0),
            model::Timestamp::MIN,
            model::Timestamp::MAX,
        ] {
            let small = message([7_u32.swap_bytes(), 0, 0]);
            assert_eq!(LittleEndianTimes::of(&small, captured), None);
        }
    }
}
