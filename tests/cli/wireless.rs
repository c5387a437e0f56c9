//! What the header of IEEE 802.11 tells: frames sent again, and all that `-e` shows.

use std::net::Ipv6Addr;

use serde_json::{Value, json};

use crate::common::{of_type, records, run, tool};
use crate::links::capture_of;
use crate::nodes;

const SNAP6: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd];
const STATION: [u8; 6] = [2, 0, 0, 0, 0, 1];
const SERVER: [u8; 6] = [2, 0, 0, 0, 0, 2];
const ACCESS_POINT: [u8; 6] = [2, 0, 0, 0, 0, 9];

/// How a frame is sent.
#[derive(Clone, Copy)]
struct Sent {
    /// The second octet of frame control.
    flags: u8,
    from: [u8; 6],
    sequence: u16,
    tid: u8,
}

/// For the first time, by the station.
const SENT: Sent = Sent {
    flags: 0,
    from: STATION,
    sequence: 7,
    tid: 0,
};

const RETRY: u8 = 0x08;
const TO_ACCESS_POINT: u8 = 0x01;

impl Sent {
    fn of(self, packet: &[u8]) -> Vec<u8> {
        let to = if self.from == STATION {
            SERVER
        } else {
            STATION
        };
        let mut frame = vec![0x88, self.flags | TO_ACCESS_POINT, 0, 0];
        for address in [ACCESS_POINT, self.from, to] {
            frame.extend(address);
        }
        frame.extend((self.sequence << 4).to_le_bytes());
        frame.extend([self.tid, 0]);
        frame.extend(SNAP6);
        frame.extend(packet);
        frame
    }
}

/// A message of `ICMPv6` between the two.
fn message(from: u8, octets: &[u8]) -> Vec<u8> {
    let [src, dst] =
        [from, 3 - from].map(|host| Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, host.into()));
    nodes::ipv6(0, 0, 58, 64, src, dst, &nodes::icmpv6(src, dst, octets))
}

fn stdout(name: &str, arguments: &[&str]) -> String {
    String::from_utf8(tool(name, arguments).stdout).unwrap()
}

fn echo(kind: u8) -> [u8; 16] {
    [kind, 0, 0, 0, 0, 5, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8]
}

/// How the last of these frames, so many milliseconds apart, relates to those before it: what it copies, and
/// the outcome of what it answers.
fn told(apart: u32, frames: &[Vec<u8>]) -> (Value, Value) {
    let capture = capture_of(105, frames);
    let mut file = std::fs::read(capture.path()).unwrap();
    let mut at = 24;
    for (n, frame) in (1..).zip(frames) {
        let millis: u32 = n * apart;
        file[at..at + 4].copy_from_slice(&(millis / 1000).to_le_bytes());
        file[at + 4..at + 8].copy_from_slice(&(millis % 1000 * 1000).to_le_bytes());
        at += 16 + frame.len();
    }
    std::fs::write(capture.path(), file).unwrap();
    let records = records(&["-r", capture.path().to_str().unwrap(), "--json"]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages.len(), frames.len());
    let last = messages[frames.len() - 1];
    (
        last["copy_of"]["frame"].clone(),
        last["answers"]["outcome"].clone(),
    )
}

/// A second apart no window of time makes copies of them.
#[test]
fn a_reply_that_the_link_sent_again_is_a_copy() {
    let reply = Sent {
        from: SERVER,
        sequence: 4095,
        ..SENT
    };
    let asked = SENT.of(&message(1, &echo(128)));
    let answer = message(2, &echo(129));
    let again = |sent: Sent| told(1000, &[asked.clone(), reply.of(&answer), sent.of(&answer)]);
    let resent = Sent {
        flags: RETRY,
        ..reply
    };
    assert_eq!(again(resent), (json!(2), Value::Null));
    // The first was not acknowledged either.
    let first = Sent {
        flags: RETRY,
        ..reply
    };
    let (copied, _) = told(
        1000,
        &[asked.clone(), first.of(&answer), resent.of(&answer)],
    );
    assert_eq!(copied, 2);
    // Sent twice, whatever the frame says of itself.
    for other in [
        Sent { flags: 0, ..resent },
        Sent {
            sequence: 0,
            ..resent
        },
        Sent { tid: 6, ..resent },
        Sent {
            from: ACCESS_POINT,
            ..resent
        },
    ] {
        assert_eq!(again(other), (Value::Null, json!("duplicate")));
    }
}

#[test]
fn a_request_and_an_error_that_the_link_sent_again_are_copies() {
    let back = Sent {
        from: SERVER,
        ..SENT
    };
    let again = |sent: Sent| Sent {
        flags: RETRY,
        ..sent
    };
    let asked = message(1, &echo(128));
    let answer = message(2, &echo(129));
    let error = [&[1, 4, 0, 0, 0, 0, 0, 0][..], &asked].concat();
    let error = message(2, &error);
    // The reply came before the acknowledgment was missed: within the time that a copy has.
    let mut frames = vec![SENT.of(&asked), back.of(&answer), again(SENT).of(&asked)];
    assert_eq!(told(10, &frames).0, 1);
    frames[2] = SENT.of(&asked);
    assert_eq!(told(10, &frames).0, Value::Null);
    let frames = [SENT.of(&asked), back.of(&error), again(back).of(&error)];
    assert_eq!(told(10, &frames).0, 2);
    let other = Sent {
        sequence: 8,
        ..again(back)
    };
    let frames = [SENT.of(&asked), back.of(&error), other.of(&error)];
    assert_eq!(told(10, &frames).0, Value::Null);
}

#[test]
fn frame_control_is_told_in_the_words_of_tcpdump() {
    let sent = Sent { tid: 5, ..SENT };
    let frames = (0..0x20).map(|bits: u8| {
        let mut frame = sent.of(&message(1, &echo(128)));
        // Power management, retry, more data; acknowledges and polls, too.
        frame[1] |= (bits & 7) << 3;
        frame[0] |= (bits & 0x18) << 1;
        frame[2] = bits;
        frame
    });
    let capture = capture_of(105, frames);
    let path = capture.path().to_str().unwrap();
    let headers = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split_once(" LLC, "));
        lines.map(|(header, _)| header.to_owned()).collect()
    };
    let ours = headers(&run(&["-n", "-t", "-e", "-v", "-r", path]).good());
    let theirs = stdout("tcpdump", &["-n", "-t", "-e", "-v", "-r", path]);
    assert_eq!(ours, headers(&theirs));
    assert_eq!(ours.len(), 0x20);
}

#[test]
fn what_the_header_tells_is_that_of_tshark() {
    let sent = Sent {
        flags: 0x38,
        from: STATION,
        sequence: 0xabc,
        tid: 5,
    };
    let mut frame = sent.of(&message(1, &echo(128)));
    frame[2] = 44;
    let capture = capture_of(105, [frame]);
    let path = capture.path().to_str().unwrap();
    let link = of_type(&records(&["-r", path, "--json", "-e"]), "icmp")[0]["link"].clone();
    let told = json!({
        "bssid": "02:00:00:00:00:09",
        "transmitter": "02:00:00:00:00:01",
        "receiver": "02:00:00:00:00:09",
        "sequence": 0xabc,
        "fragment": 0,
        "tid": 5,
        "duration_us": 44,
        "more_data": true,
        "power_management": true,
        "retry": true,
    });
    assert_eq!(link["wireless"], told);
    let fields = [
        "bssid",
        "ta",
        "ra",
        "seq",
        "frag",
        "qos.tid",
        "duration",
        "fc.retry",
        "fc.pwrmgt",
        "fc.moredata",
        "fc.order",
    ];
    let names: Vec<_> = fields.iter().map(|name| format!("wlan.{name}")).collect();
    let mut arguments = vec!["-n", "-r", path, "-T", "fields"];
    arguments.extend(names.iter().flat_map(|name| ["-e", name]));
    let theirs = stdout("tshark", &arguments);
    let expected =
        "02:00:00:00:00:09\t02:00:00:00:00:01\t02:00:00:00:00:09\t2748\t0\t5\t44\t1\t1\t1\t0";
    assert_eq!(theirs.trim_end(), expected);
}

/// Packets of an aggregate have the radio, the header and LLC that others have, and their addresses.
#[test]
fn a_packet_of_an_aggregate_is_told_as_others_are() {
    let packet = message(1, &echo(128));
    let mut subframe = [&SERVER[..], &STATION].concat();
    let length = u16::try_from(SNAP6.len() + packet.len()).unwrap();
    subframe.extend(length.to_be_bytes());
    subframe.extend(SNAP6);
    subframe.extend(&packet);
    let mut frame = vec![0, 0, 9, 0, 0x20, 0, 0, 0, 0xc9];
    frame.extend([0x88, TO_ACCESS_POINT, 0, 0]);
    for address in [ACCESS_POINT, STATION, ACCESS_POINT] {
        frame.extend(address);
    }
    frame.extend([0, 0, 0x80, 0]);
    // All but the last are padded.
    frame.extend(&subframe);
    frame.resize(
        frame.len() + subframe.len().next_multiple_of(4) - subframe.len(),
        0,
    );
    frame.extend(&subframe);
    let capture = capture_of(127, [frame]);
    let path = capture.path().to_str().unwrap();
    let text = run(&["-n", "-t", "-e", "-r", path]).good();
    let line = "-55dBm signal CF +QoS BSSID:02:00:00:00:00:09 SA:02:00:00:00:00:01 \
                DA:02:00:00:00:00:09 A-MSDU DA:02:00:00:00:00:02 SA:02:00:00:00:00:01 LLC, dsap SNAP \
                (0xaa) Individual, ssap SNAP (0xaa) Command, ctrl 0x03: oui Ethernet (0x000000), \
                ethertype IPv6 (0x86dd), length 56: 2001:db8::1 > 2001:db8::2: ICMP6, echo request";
    assert_eq!(text.matches(line).count(), 2, "{text}");
}

/// tcpdump tells it with `-H`, and numbers the fifth address and the sixth from four on (IEEE 802.11 table
/// 9-20).
#[test]
fn what_a_mesh_adds_is_told() {
    let packet = message(1, &echo(128));
    let mut frame = vec![0x88, 3, 0, 0];
    for address in [SERVER, STATION, SERVER] {
        frame.extend(address);
    }
    frame.extend([0, 0]);
    frame.extend(STATION);
    frame.extend([0, 1]);
    frame.extend([2, 31, 7, 0, 0, 0]);
    frame.extend([ACCESS_POINT, STATION].concat());
    frame.extend(SNAP6);
    frame.extend(&packet);
    let capture = capture_of(105, [frame]);
    let path = capture.path().to_str().unwrap();
    let link = of_type(&records(&["-r", path, "--json", "-e"]), "icmp")[0]["link"].clone();
    let mesh = json!({
        "ttl": 31,
        "sequence": 7,
        "addresses": ["02:00:00:00:00:09", "02:00:00:00:00:01"],
    });
    assert_eq!(link["wireless"]["mesh"], mesh);
    let text = run(&["-n", "-t", "-e", "-r", path]).good();
    let words =
        "MeshData (AE 2 TTL 31 seq 7 A5:02:00:00:00:00:09 A6:02:00:00:00:00:01) CF +QoS RA:";
    assert!(text.contains(words), "{text}");
    let theirs = stdout("tcpdump", &["-n", "-t", "-e", "-H", "-r", path]);
    let words = words.replace("A5:", "A4:").replace("A6:", "A5:");
    assert!(theirs.contains(&words), "{theirs}");
}
