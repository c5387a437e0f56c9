use super::*;
use crate::icmp::tests::v6;

/// Who is told of an echo by all of its message.
fn sender_of(packet: &[u8]) -> Option<Sender> {
    let message = parse(packet);
    let Body::Echo(echo) = &message.body else {
        panic!();
    };
    let found = of_echo(&message, echo, captured())?;
    assert_eq!(found.sent, None);
    Some(found.sender)
}

/// An echo request that scamper sends, and its reply.
fn scamper(make: fn(&[u8]) -> Vec<u8>, kinds: [u8; 2], id: u16, zeros: usize) -> [Vec<u8>; 2] {
    let checksum_at = |packet: &[u8]| packet.len() - zeros - 8;
    let request = |tweak: u16| {
        let head = [kinds[0], 0, 0, 0];
        let numbers = [id.to_be_bytes(), 5_u16.to_be_bytes(), tweak.to_be_bytes()].concat();
        make(&[&head[..], &numbers, &vec![0; zeros]].concat())
    };
    // What the checksum would be is what to add for it to be the identifier.
    let plain = request(id);
    let at = checksum_at(&plain);
    let request = request(u16::from_be_bytes([plain[at], plain[at + 1]]));
    let at = checksum_at(&request);
    assert_eq!(request[at..at + 2], id.to_be_bytes());
    let mut reply = request[at - 2..].to_vec();
    reply[0] = kinds[1];
    [make(&reply), request]
}

#[test]
fn the_checksum_of_scamper_is_its_identifier() {
    for id in [1, 0x8001, 0xfdb9, 0xfdc0, 0xf7ff, 0xfeff] {
        for packet in scamper(v4, [8, 0], id, 14) {
            assert_eq!(sender_of(&packet), Some(Sender::Scamper), "{id:#x}");
        }
        for packet in scamper(v6, [128, 129], id, 10) {
            assert_eq!(sender_of(&packet), Some(Sender::Scamper), "{id:#x}");
            // The last octet is part of the proof.
            let message = parse_cut(&packet, packet.len() - 1);
            let Body::Echo(echo) = &message.body else {
                panic!();
            };
            assert_eq!(of_echo(&message, echo, captured()), None);
        }
    }
    let [_, request] = scamper(v4, [8, 0], 0xfdb9, 14);
    // A bad checksum, another identifier, and what is behind.
    let mut bad = request.clone();
    bad[29] ^= 1;
    assert_eq!(sender_of(&bad), None);
    for at in [4, 8, 10, 23] {
        let mut message = request[20..].to_vec();
        message[at] ^= 0x11;
        assert_eq!(sender_of(&v4(&message)), None, "{at}");
    }
    let [_, few] = scamper(v4, [8, 0], 0xfdb9, 6);
    assert_eq!(sender_of(&few), None);
}

#[test]
fn zeros_and_what_begins_with_a_word_are_not_of_scamper() {
    let (mut zeros, mut words) = (0, 0);
    for id in 0..=u16::MAX {
        let head = [&[8, 0, 0, 0][..], &id.to_be_bytes(), &[0, 1]].concat();
        let of = |payload: &[u8]| sender_of(&v4(&[&head[..], payload].concat()));
        zeros += u32::from(of(&[0; 16]) != Some(Sender::Zeros));
        let word = [&[0x12, 0x34, 0x56, 0x78][..], &[0; 12]].concat();
        words += u32::from(of(&word).is_some());
        let text = [&[0x12, 0x34][..], b"nothing but zero"].concat();
        words += u32::from(of(&text).is_some());
    }
    assert_eq!((zeros, words), (0, 0));
}
