use super::*;
use crate::wire::wireguard::sessions::{self, Named, SESSIONS};

/// Another session of the same ends, with an index of its own at either.
fn anew(peer: Peer, number: u8) -> Peer {
    Peer {
        ephemeral: [number; 32],
        index: u32::from(number),
        ..peer
    }
}

fn opens(wireguard: &mut WireGuard, packet: &[u8]) -> bool {
    matches!(open(wireguard, packet), Ok(Some(_)))
}

/// A session is used for a while when the next one is there, and either end may begin one.
#[test]
fn sessions_follow_each_other() {
    let (one, other) = peers();
    let second = (anew(one, 3), anew(other, 4));
    let third = (anew(other, 5), anew(one, 6));
    let log = one.log(&other, None) + &second.0.log(&second.1, None) + &third.1.log(&third.0, None);
    let sessions = [(one, other), second, third].map(|(i, r)| Session::new(i, r, None));
    let mut wireguard = knowing(&log);
    for (number, session) in sessions.iter().enumerate() {
        see(&mut wireguard, session);
        for session in &sessions[..=number] {
            assert!(opens(&mut wireguard, &session.request(0, &echo())));
            assert!(opens(&mut wireguard, &session.reply(0, &echo())));
        }
    }
}

/// Indexes are chosen at random, and two ends may choose the same one.
#[test]
fn namesakes_are_told_apart() {
    let (i, r) = peers();
    let same = |peer: Peer| Peer { index: 9, ..peer };
    let mut wireguard = knowing(&(i.log(&r, None) + &Peer::new(7).log(&Peer::new(8), None)));
    let sessions = [
        Session::new(same(i), same(r), None),
        Session::new(same(Peer::new(7)), same(Peer::new(8)), None),
    ];
    for session in &sessions {
        see(&mut wireguard, session);
    }
    for session in &sessions {
        assert!(opens(&mut wireguard, &session.request(0, &echo())));
        assert!(opens(&mut wireguard, &session.reply(0, &echo())));
    }
}

/// An end that moves is told by what only it can have encrypted, also behind a NAT.
#[test]
fn ends_may_move() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let mut wireguard = knowing(&i.log(&r, None));
    let [_, response] = session.handshake();
    let outside = ([203, 0, 113, 1], 1024);
    let initiation = datagram(outside, r.end, &session.initiation);
    assert_eq!(open(&mut wireguard, &initiation), Ok(None));
    assert_eq!(open(&mut wireguard, &response), Ok(None));
    assert!(opens(&mut wireguard, &session.request(0, &echo())));
    let moved = datagram(
        ([198, 51, 100, 7], 7),
        r.end,
        &session.request(1, &echo())[28..],
    );
    assert!(opens(&mut wireguard, &moved));
}

/// A response that anybody sends takes the place of none that the keys tell to be right.
#[test]
fn forged_responses_change_nothing() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let forged = Session::new(
        i,
        Peer {
            end: r.end,
            ..Peer::new(6)
        },
        None,
    );
    let [initiation, response] = session.handshake();
    let [_, another] = forged.handshake();
    let orders = [
        [&initiation, &another, &response, &response],
        [&initiation, &response, &another, &another],
        [&initiation, &initiation, &another, &response],
    ];
    for order in orders {
        let mut wireguard = knowing(&i.log(&r, None));
        for message in order {
            assert_eq!(open(&mut wireguard, message), Ok(None));
        }
        assert!(opens(&mut wireguard, &session.request(0, &echo())));
        assert!(opens(&mut wireguard, &session.reply(0, &echo())));
    }
}

#[test]
fn tables_of_sessions_are_bounded() {
    let (i, r) = peers();
    let session = Session::new(i, r, None);
    let mut wireguard = knowing(&i.log(&r, None));
    see(&mut wireguard, &session);
    let mut flood = |count: u32, index: fn(u32) -> u32| {
        for number in 0..count {
            let mut initiation = session.initiation.clone();
            initiation[4..8].copy_from_slice(&index(number).to_le_bytes());
            let packet = datagram(i.end, r.end, &initiation);
            assert_eq!(open(&mut wireguard, &packet), Ok(None));
        }
        opens(&mut wireguard, &session.request(0, &echo()))
    };
    assert!(flood(5000, |_| 1));
    assert!(!flood(1 << 14, |number| number));
    see(&mut wireguard, &session);
    assert!(opens(&mut wireguard, &session.request(0, &echo())));
    let bound = SESSIONS;
    assert_eq!(wireguard.sessions.kept.len(), bound);
    assert!(wireguard.sessions.named.len() <= bound * 2);
    assert!(size_of::<sessions::Session>() + 2 * (size_of::<Named>() + 8) <= 640);
}
