use super::*;
use crate::model::{LineFault, UnreadLines};

fn read(log: &[u8]) -> (Option<UnreadLines>, u64) {
    let (mut keys, mut state) = (Keys::default(), KeyLog::default());
    let unread = keys.read(&mut state, log);
    let last = keys.end(&mut state);
    (unread.or(last), state.keys())
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn lines_are_as_the_tools_write_them() {
    for (log, keys) in [
        (format!("LOCAL_STATIC_PRIVATE_KEY={KEY}"), 1),
        (format!("  LOCAL_STATIC_PRIVATE_KEY = {KEY}\r\n"), 1),
        (
            format!("New handshake session:\n\n  REMOTE_STATIC_PUBLIC_KEY = {KEY}\n"),
            1,
        ),
        (
            format!("LOCAL_EPHEMERAL_PRIVATE_KEY={KEY}\nPRESHARED_KEY={KEY}\n"),
            2,
        ),
        (String::new(), 0),
    ] {
        assert_eq!(read(log.as_bytes()), (None, keys), "{log}");
    }
}

#[test]
fn what_is_no_key_is_told_by_its_line() {
    let good = format!("REMOTE_STATIC_PUBLIC_KEY={KEY}\n");
    for (bad, why) in [
        (format!("PRESHARED_KEY={KEY}"), LineFault::Alone),
        (format!("PRIVATE_KEY={KEY}"), LineFault::Name),
        (format!("={KEY}"), LineFault::Name),
        ("LOCAL_STATIC_PRIVATE_KEY=".to_owned(), LineFault::Key),
        (
            format!("LOCAL_STATIC_PRIVATE_KEY={}", &KEY[1..]),
            LineFault::Key,
        ),
        (
            format!("LOCAL_STATIC_PRIVATE_KEY={KEY}{KEY}"),
            LineFault::Key,
        ),
        (
            format!("LOCAL_STATIC_PRIVATE_KEY={}", KEY.replace('E', "!")),
            LineFault::Key,
        ),
        ("x".repeat(600), LineFault::Long),
    ] {
        let log = format!("{good}{bad}\n{good}{bad}\n{good}");
        let told = UnreadLines {
            line: 2,
            why,
            count: 2,
        };
        assert_eq!(read(log.as_bytes()), (Some(told), 3), "{bad}");
    }
    let mut octets = good.into_bytes();
    octets.extend([0, 0xff, b'=', b'\n']);
    let told = UnreadLines {
        line: 2,
        why: LineFault::Name,
        count: 1,
    };
    assert_eq!(read(&octets), (Some(told), 1));
}

/// A log that grows is read in parts, each of which may end anywhere.
#[test]
fn parts_of_a_log_are_the_log() {
    let (i, r) = peers();
    let log = format!(
        "New handshake session:\n{}PRESHARED_KEY=x\n",
        i.log(&r, Some(&[9; 32]))
    );
    let told = Some(UnreadLines {
        line: 6,
        why: LineFault::Key,
        count: 1,
    });
    let session = Session::new(i, r, Some(&[9; 32]));
    for at in 0..log.len() {
        let (one, other) = log.as_bytes().split_at(at);
        let mut wireguard = WireGuard::default();
        let mut state = KeyLog::default();
        let keys = wireguard.keys();
        let unread = [one, other].map(|part| keys.read(&mut state, part));
        assert_eq!(unread[0].or(unread[1]), told, "{at}");
        assert_eq!(state.keys(), 4, "{at}");
        see(&mut wireguard, &session);
        let opened = open(&mut wireguard, &session.request(0, &echo()));
        assert!(opened.unwrap().is_some(), "{at}");
    }
}

#[test]
fn tables_of_keys_are_bounded() {
    let mut wireguard = WireGuard::default();
    let mut state = KeyLog::default();
    for number in 0..5000u32 {
        let mut key = [7; 32];
        key[..4].copy_from_slice(&number.to_le_bytes());
        let line = line("REMOTE_STATIC_PUBLIC_KEY", &key);
        let unread = wireguard.keys().read(&mut state, line.as_bytes());
        let told = UnreadLines {
            line: u64::from(number) + 1,
            why: LineFault::Full,
            count: 1,
        };
        assert_eq!(unread, (number >= 4096).then_some(told), "{number}");
    }
}
