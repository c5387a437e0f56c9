//! Messages that hold one packet: of MSDP and of NHRP.

use super::*;

/// A source-active message with `entries` and a packet.
pub(super) fn source_active(entries: u8, packet: &[u8]) -> Vec<u8> {
    let entry = [0, 0, 0, 32, 239, 1, 2, 3, 10, 0, 0, 1];
    let body = [&entry.repeat(entries.into()), packet].concat();
    let length = u16::try_from(8 + body.len()).unwrap().to_be_bytes();
    let head = [1, length[0], length[1], entries, 203, 0, 113, 1];
    [&head[..], &body].concat()
}

/// A message of NHRP whose protocol type is this, from 10.0.0.254, with what it quotes.
fn nhrp(message: u8, protocol: u16, quoted: &[u8]) -> Vec<u8> {
    let mut octets = vec![0, 1];
    octets.extend(protocol.to_be_bytes());
    octets.extend([0, 0, 0, 0, 0, 255]);
    let length = u16::try_from(40 + quoted.len()).unwrap();
    octets.extend(length.to_be_bytes());
    octets.extend([0, 0, 0, 0, 1, message, 4, 0]);
    octets.extend([4, 4, 0, 0, 0, 0, 0, 0]);
    octets.extend([192, 0, 2, 1, 10, 0, 0, 254, 10, 0, 0, 2]);
    octets.extend(quoted);
    octets
}

pub(super) fn traffic_indication(protocol: u16, packet: &[u8]) -> Vec<u8> {
    nhrp(8, protocol, packet)
}

pub(super) fn error_indication(message: &[u8]) -> Vec<u8> {
    nhrp(7, 0x0800, message)
}

pub(super) fn over_gre(message: &[u8]) -> Vec<u8> {
    v4(47, &[&[0x20, 0, 0x20, 1, 0, 0, 0, 9], message].concat())
}

#[test]
fn a_source_of_msdp() {
    let told = all(&segment(639, &source_active(2, &echo())));
    let by = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
    assert_eq!(told.len(), 1);
    let (report, message) = &told[0];
    let expected = (ReportMessage::SourceActive, by, None, None, None);
    assert_eq!((facts(report), message.as_slice()), (expected, &ECHO[..]));
}

/// The message that this one of NHRP quotes, if it quotes one of ICMP.
fn quoted_by(message: &[u8]) -> Option<Vec<u8>> {
    let told = all(&v4(54, message));
    assert_eq!(
        told,
        all(&over_gre(message))
            .into_iter()
            .map(behind_gre)
            .collect::<Vec<_>>()
    );
    assert!(told.len() <= 1);
    let (report, message) = told.into_iter().next()?;
    assert_eq!(report.message, ReportMessage::TrafficIndication);
    Some(message)
}

/// The same by itself.
fn behind_gre((mut report, message): Told) -> Told {
    for span in report.spans.iter_mut().flatten() {
        span.at -= 8;
    }
    (report, message)
}

#[test]
fn what_a_traffic_indication_of_nhrp_quotes() {
    let by = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 254));
    let told = all(&over_gre(&traffic_indication(0x0800, &echo())));
    let expected = (ReportMessage::TrafficIndication, by, None, None, None);
    assert_eq!(facts(&told[0].0), expected);
    assert_eq!(
        quoted_by(&traffic_indication(0x0800, &echo())).unwrap(),
        ECHO
    );
    let echo6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    for protocol in [0x86dd, 0x8e] {
        assert_eq!(
            quoted_by(&traffic_indication(protocol, &echo6))
                .unwrap()
                .len(),
            8
        );
    }
    let labelled = [&[0, 1, 1, 64], &echo()[..]].concat();
    assert_eq!(
        quoted_by(&traffic_indication(0x8847, &labelled)).unwrap(),
        ECHO
    );
    for protocol in [0, 0x0806, 0x80, 0x1cc] {
        assert_eq!(quoted_by(&traffic_indication(protocol, &echo())), None);
    }
    // The type of SNAP.
    let mut snap = traffic_indication(0x80, &echo());
    snap[4..9].copy_from_slice(&[0, 0, 0, 8, 0]);
    assert_eq!(quoted_by(&snap).unwrap(), ECHO);
    snap[4] = 1;
    assert_eq!(quoted_by(&snap), None);
}

#[test]
fn a_quoted_packet_is_cut_where_the_message_ends() {
    for length in 20..28 {
        let message = traffic_indication(0x0800, &echo()[..length]);
        assert_eq!(quoted_by(&message).unwrap(), ECHO[..length - 20]);
    }
    assert_eq!(quoted_by(&traffic_indication(0x0800, &echo()[..19])), None);
    // Extensions are none of it; an offset into the header tells nothing.
    let mut message = traffic_indication(0x0800, &echo());
    message.extend([0x80, 0, 0, 0]);
    message[14..16].copy_from_slice(&64_u16.to_be_bytes());
    assert_eq!(quoted_by(&message).unwrap(), ECHO[..4]);
    for offset in [0_u16, 20, 40, 2000] {
        message[14..16].copy_from_slice(&offset.to_be_bytes());
        assert_eq!(quoted_by(&message).unwrap(), ECHO);
    }
}

#[test]
fn errors_about_an_indication_are_followed_to_it() {
    let indication = traffic_indication(0x0800, &echo());
    let once = error_indication(&indication);
    let twice = error_indication(&once);
    assert_eq!(quoted_by(&once).unwrap(), ECHO);
    assert_eq!(quoted_by(&twice).unwrap(), ECHO);
    assert_eq!(all(&v4(54, &twice))[0].0.spans().count(), 3);
    assert_eq!(quoted_by(&error_indication(&twice)), None);
    assert_eq!(quoted_by(&error_indication(&echo())), None);
    for message in [0, 1, 2, 3, 4, 5, 6, 9] {
        assert_eq!(quoted_by(&nhrp(message, 0x0800, &echo())), None);
    }
}
