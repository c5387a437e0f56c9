mod key_log;
mod peer;
mod sessions;

use proptest::prelude::*;

use self::peer::{Peer, Session, datagram, line, public};
use super::*;
use crate::wire::KeyLines;
use crate::wire::Limit;
use crate::wire::checksum::internet;

/// An echo request from one end of the tunnel to the other.
fn echo() -> Vec<u8> {
    let mut packet = vec![
        0x45, 0, 0, 84, 0, 7, 0, 0, 64, 1, 0, 0, 10, 7, 0, 1, 10, 7, 0, 2, 8, 0, 0, 0, 0, 1, 0, 9,
    ];
    packet.resize(84, b'x');
    let sum = internet(&[&packet[..20]]).to_be_bytes();
    packet[10..12].copy_from_slice(&sum);
    let sum = internet(&[&packet[20..]]).to_be_bytes();
    packet[22..24].copy_from_slice(&sum);
    packet
}

/// One that knows the keys of a log.
fn knowing(log: &str) -> WireGuard {
    let mut wireguard = WireGuard::default();
    assert_eq!(
        wireguard
            .keys()
            .read(&mut KeyLog::default(), log.as_bytes()),
        None
    );
    wireguard
}

fn open_cut(
    wireguard: &mut WireGuard,
    packet: &[u8],
    on_wire: usize,
) -> Result<Option<Expanded>, Undecodable> {
    let ip = Ip::parse_on_wire(packet, on_wire, Limit::Frame).unwrap();
    let mut made = Expanded::default();
    let opened = wireguard.open(&ip, &mut made)?;
    Ok(opened.then_some(made))
}

const fn locked(why: Locked) -> Undecodable {
    Undecodable::Encrypted(Encryption::WireGuard(why))
}

fn open(wireguard: &mut WireGuard, packet: &[u8]) -> Result<Option<Expanded>, Undecodable> {
    open_cut(wireguard, packet, packet.len())
}

/// Takes a handshake.
fn see(wireguard: &mut WireGuard, session: &Session) {
    for message in session.handshake() {
        assert_eq!(open(wireguard, &message), Ok(None));
    }
}

fn peers() -> (Peer, Peer) {
    (Peer::new(1), Peer::new(2))
}

/// The same message with a mark in the three octets of zero.
fn marked(mut packet: Vec<u8>) -> Vec<u8> {
    packet[29..32].copy_from_slice(&[0x9a, 0x31, 0xe2]);
    packet
}

#[test]
fn marked_clients_are_read_as_others() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let mut wireguard = knowing(&i.log(&r, None));
    let request = marked(session.request(3, &echo()));
    // Before the session is known nothing tells it from what is none.
    assert_eq!(open(&mut wireguard, &request), Ok(None));
    for message in session.handshake() {
        assert_eq!(open(&mut wireguard, &marked(message)), Ok(None));
    }
    for packet in [request, marked(session.reply(4, &echo()))] {
        let made = open(&mut wireguard, &packet).unwrap().unwrap();
        assert_eq!(made.octets[..84], echo());
    }
    // What such an end sends without the mark is its own all the same.
    let made = open(&mut wireguard, &session.request(5, &echo())).unwrap();
    assert_eq!(made.unwrap().octets[..84], echo());
}

#[test]
fn either_end_knows_enough() {
    let (i, r) = peers();
    let shared = [0x5a; 32];
    for pre_shared in [None, Some(&shared)] {
        let session = Session::new(i, r, pre_shared);
        for log in [i.log(&r, pre_shared), r.log(&i, pre_shared)] {
            let mut wireguard = knowing(&log);
            see(&mut wireguard, &session);
            for counter in [0, 1, 77, u64::MAX - 1] {
                for packet in [
                    session.request(counter, &echo()),
                    session.reply(counter, &echo()),
                ] {
                    let made = open(&mut wireguard, &packet).unwrap().unwrap();
                    assert_eq!(made.octets[..84], echo());
                    // Padded to a multiple of 16.
                    assert_eq!((made.octets.len(), made.wire_len), (96, 96));
                    assert_eq!(made.form, Form::Decrypted);
                }
            }
            assert_eq!(open(&mut wireguard, &session.request(2, &[])), Ok(None));
        }
    }
}

/// Any private key of each of the four agreements will do.
#[test]
fn keys_of_both_ends_add_up() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let local = |peer: &Peer| line("LOCAL_STATIC_PRIVATE_KEY", &peer.private);
    let remote = |peer: &Peer| line("REMOTE_STATIC_PUBLIC_KEY", &public(&peer.private));
    let drawn = |peer: &Peer| line("LOCAL_EPHEMERAL_PRIVATE_KEY", &peer.ephemeral);
    for (log, is_enough) in [
        (local(&i) + &remote(&r) + &drawn(&i), true),
        (local(&r) + &drawn(&r), true),
        (local(&r) + &local(&i) + &drawn(&i), true),
        (local(&i) + &local(&r) + &drawn(&r), true),
        (remote(&r) + &local(&i) + &drawn(&i) + &drawn(&r), true),
        (local(&i) + &drawn(&i), false),
        (local(&i) + &local(&r), false),
        (drawn(&i) + &drawn(&r) + &remote(&r), false),
        (remote(&r) + &local(&i), false),
        (local(&r) + &drawn(&i), false),
    ] {
        let mut wireguard = knowing(&log);
        see(&mut wireguard, &session);
        let opened = open(&mut wireguard, &session.request(0, &echo()));
        assert_eq!(opened.is_ok(), is_enough, "{log}");
        if !is_enough {
            assert_eq!(opened, Err(locked(Locked::NoKey)));
        }
    }
}

#[test]
fn why_a_packet_is_not_read() {
    let (i, r) = peers();
    let session = Session::new(i, r, Some(&[1; 32]));
    let [initiation, response] = session.handshake();
    let packet = session.request(0, &echo());
    let log = i.log(&r, Some(&[1; 32]));
    let no_handshake = Err(locked(Locked::NoHandshake));

    let mut wireguard = knowing(&log);
    assert_eq!(open(&mut wireguard, &packet), no_handshake);
    assert_eq!(open(&mut wireguard, &response), Ok(None));
    assert_eq!(open(&mut wireguard, &packet), no_handshake);
    assert_eq!(open(&mut wireguard, &initiation), Ok(None));
    assert_eq!(open(&mut wireguard, &packet), no_handshake);
    assert_eq!(open(&mut wireguard, &response), Ok(None));
    assert!(open(&mut wireguard, &packet).unwrap().is_some());

    // A pre-shared key that is wrong, or is missing; the keys of others; none.
    for log in [
        i.log(&r, Some(&[2; 32])),
        i.log(&r, None),
        Peer::new(3).log(&r, None),
        String::new(),
    ] {
        let mut wireguard = knowing(&log);
        see(&mut wireguard, &session);
        assert_eq!(open(&mut wireguard, &packet), Err(locked(Locked::NoKey)));
    }

    // Nothing of a message may be changed but the octets that pad it.
    let mut wireguard = knowing(&log);
    see(&mut wireguard, &session);
    for at in 36..packet.len() {
        let mut damaged = packet.clone();
        damaged[at] ^= 0x10;
        let opened = open(&mut wireguard, &damaged);
        assert_eq!(opened, Err(locked(Locked::NotAuthentic)), "{at}");
    }
}

/// Keys may be logged when the handshake is over.
#[test]
fn keys_may_come_late() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let mut wireguard = WireGuard::default();
    see(&mut wireguard, &session);
    let packet = session.reply(0, &echo());
    assert_eq!(open(&mut wireguard, &packet), Err(locked(Locked::NoKey)));
    let mut log = KeyLog::default();
    for line in r.log(&i, None).lines() {
        let before = open(&mut wireguard, &packet);
        assert_eq!(before, Err(locked(Locked::NoKey)));
        assert_eq!(wireguard.keys().read(&mut log, line.as_bytes()), None);
        assert_eq!(wireguard.keys().read(&mut log, b"\n"), None);
    }
    assert!(open(&mut wireguard, &packet).unwrap().is_some());
}

/// What the snap length cut, at every place; its tag is never there.
#[test]
fn of_a_message_that_was_cut_the_beginning_is_made() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let mut wireguard = knowing(&i.log(&r, None));
    see(&mut wireguard, &session);
    let packet = session.request(3, &echo());
    for length in 20..packet.len() {
        let opened = open_cut(&mut wireguard, &packet[..length], packet.len()).unwrap();
        let shown = length.saturating_sub(20 + 8 + 16);
        match opened {
            Some(made) => {
                let shown = shown.min(96);
                assert!(shown >= 20, "{length}");
                assert_eq!(made.octets[..shown.min(84)], echo()[..shown.min(84)]);
                assert_eq!((made.octets.len(), made.wire_len), (shown, 96));
            }
            None => assert!(shown < 20, "{length}"),
        }
    }
    // A key that is not the one gives nothing plausible.
    let others = Session::new(
        i,
        Peer {
            index: r.index,
            ..Peer::new(5)
        },
        None,
    );
    for counter in 0..200 {
        let packet = others.request(counter, &echo());
        let opened = open_cut(&mut wireguard, &packet[..100], packet.len());
        assert_eq!(opened, Err(locked(Locked::NotAuthentic)));
    }
}

#[test]
fn no_handshake_is_read_that_was_cut() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let [initiation, response] = session.handshake();
    for cut in [&initiation, &response] {
        for length in 20..cut.len() {
            let mut wireguard = knowing(&i.log(&r, None));
            for message in [&initiation, &response] {
                let length = if message == cut {
                    length
                } else {
                    message.len()
                };
                let opened = open_cut(&mut wireguard, &message[..length], message.len());
                assert_eq!(opened, Ok(None));
            }
            let opened = open(&mut wireguard, &session.request(0, &echo()));
            assert_eq!(opened, Err(locked(Locked::NoHandshake)));
        }
    }
}

/// Any octet of a handshake decides: with another one there is no session, but for the second code.
#[test]
fn damaged_handshakes_lead_nowhere() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    for (number, whole) in session.handshake().iter().enumerate() {
        let codes = whole.len() - 32;
        // Three octets are whatever marks the client.
        for at in (28..codes).filter(|at| !(29..32).contains(at)) {
            let mut messages = session.handshake();
            messages[number][at] ^= 1;
            let mut wireguard = knowing(&i.log(&r, None));
            for message in &messages {
                assert_eq!(open(&mut wireguard, message), Ok(None));
            }
            let opened = open(&mut wireguard, &session.request(0, &echo()));
            assert!(opened.is_err(), "{number} {at}");
        }
    }
}

proptest! {
    #[test]
    fn no_messages_panic(
        messages in prop::collection::vec((0..4usize, 0..200usize, any::<u8>(), 0..250usize), 1..20),
        log in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (i, r) = peers();
        let session = Session::new(i, r, None);
        let [initiation, response] = session.handshake();
        let samples = [initiation, response, session.request(0, &echo()), session.reply(0, &[])];
        let mut wireguard = knowing(&i.log(&r, None));
        wireguard.keys().read(&mut KeyLog::default(), &log);
        for (kind, at, with, length) in messages {
            let mut packet = samples[kind].clone();
            let on_wire = packet.len();
            if let Some(octet) = packet.get_mut(20 + at) {
                *octet ^= with;
            }
            packet.truncate(20 + length);
            if let Ok(Some(made)) = open_cut(&mut wireguard, &packet, on_wire) {
                prop_assert!(made.octets.len() <= made.wire_len as usize);
            }
        }
    }

    #[test]
    fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..200), kind in 0..6u8) {
        let mut wireguard = knowing(&Peer::new(1).log(&Peer::new(2), None));
        let message = [&[kind, 0, 0, 0], &octets[..]].concat();
        let packet = datagram(([1; 4], 1), ([2; 4], 2), &message);
        let opened = open(&mut wireguard, &packet);
        prop_assert!(!matches!(opened, Ok(Some(_))));
    }
}
