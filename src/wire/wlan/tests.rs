use super::cipher::Temporal;
use super::*;
use crate::model::{LineFault, UnreadLines};
use crate::wire::KeyLines;
use crate::wire::link::linktype;

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(octet).collect()
}

fn with(keys: &str) -> (Wlan, Option<UnreadLines>) {
    let mut wlan = Wlan::default();
    let mut log = KeyLog::default();
    let unread = wlan.keys().read(&mut log, keys.as_bytes());
    let last = wlan.keys().end(&mut log);
    (wlan, unread.or(last))
}

/// IEEE 802.11 annex J.6.4.
const KEY: &str = "tk:c97c1f67ce371185514a8a19f2bdd52f";
const HEADER: &str = "0848c32c0fd2e128a57c5030f1844408abaea5b8fcba8033";
const SEALED: &str = "0ce70020769703b5f3d0a2fe9a3dbf2342a643e43246e80c3c04d019 7845ce0b16f97623";
const PACKET: &str = "f8ba1a55d02f85ae967bb62fb6cda8eb7e78a050";

#[test]
fn ccmp_is_opened_as_published() {
    let frame = octets(&[HEADER, SEALED].concat());
    let (mut wlan, unread) = with(KEY);
    assert_eq!(unread, None);
    let captured = Frame::alone(linktype::IEEE802_11, &frame);
    let Opened::Made(made) = wlan.open(&captured) else {
        panic!("the key is known");
    };
    let clear = octets(&HEADER.replacen("0848", "0808", 1));
    assert_eq!(made.data, [clear, octets(PACKET)].concat());
    assert_eq!(made.cipher, Some(LinkCipher::Ccmp128));
    assert_eq!(made.wire_len as usize, made.data.len());
}

#[test]
fn what_does_not_verify_stays_closed() {
    let frame = octets(&[HEADER, SEALED].concat());
    for at in 0..frame.len() {
        let mut damaged = frame.clone();
        damaged[at] ^= 0x10;
        let (mut wlan, _) = with(KEY);
        let captured = Frame::alone(linktype::IEEE802_11, &damaged);
        let opened = matches!(wlan.open(&captured), Opened::Made(_));
        // What may differ when a frame is sent again, or is reserved, is not authenticated.
        assert_eq!(opened, matches!(at, 0..=3 | 22 | 23 | 26 | 27), "{at}");
    }
    for length in 0..frame.len() {
        let (mut wlan, _) = with(KEY);
        let cut = Frame::alone(linktype::IEEE802_11, &frame[..length]);
        assert!(!matches!(wlan.open(&cut), Opened::Made(_)), "{length}");
    }
    let (mut wlan, _) = with("wep:0102030405");
    let captured = Frame::alone(linktype::IEEE802_11, &frame);
    assert!(matches!(
        wlan.open(&captured),
        Opened::Locked(Locked::NoHandshake)
    ));
}

/// IEEE 802.11 annex J.4.2.
#[test]
fn passphrases_lead_to_the_keys_that_are_published() {
    for (line, key) in [
        (
            "wpa-pwd:password:IEEE",
            "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e",
        ),
        (
            "\"wpa-pwd\",\"ThisIsAPassword:ThisIsASSID\"",
            "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
        ),
    ] {
        let (mut wlan, unread) = with(line);
        assert_eq!(unread, None);
        let masters = wlan.keys().masters(None);
        assert_eq!(masters[0].octets(), octets(key), "{line}");
    }
    let (mut wlan, _) = with("wpa-pwd:password");
    assert!(wlan.keys().masters(None).is_empty());
    assert_eq!(wlan.keys().masters(Some(b"IEEE")).len(), 1);
    assert_eq!(wlan.keys().masters(Some(b"IEEE")).len(), 1);
}

#[test]
fn lines_are_as_wireshark_writes_them() {
    let temporal = |line: &str| with(line).0.keys.temporal;
    let key = octets("000102030405060708090a0b0c0d0e0f");
    for line in [
        "tk:000102030405060708090a0b0c0d0e0f",
        "\"tk\",\"000102030405060708090a0b0c0d0e0f\"\n",
        "# keys\n\n tk:00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F\r\n",
    ] {
        assert!(temporal(line) == [Temporal::given(&key)], "{line}");
    }
    for (line, why) in [
        ("psk:00", LineFault::Name),
        ("000102", LineFault::Name),
        ("wep:01020304", LineFault::Hex),
        ("wep:010203040", LineFault::Hex),
        ("tk:+00102030405060708090a0b0c0d0e0f", LineFault::Hex),
        ("wpa-psk:00", LineFault::Hex),
        ("wpa-pwd:short:name", LineFault::Passphrase),
        ("wpa-pwd:long enough:", LineFault::Ssid),
    ] {
        let told = UnreadLines {
            line: 1,
            why,
            count: 1,
        };
        assert_eq!(with(line).1, Some(told), "{line}");
    }
    let (mut wlan, unread) = with("wpa-pwd:with%3acolon:a name%");
    assert_eq!(unread, None);
    let (mut other, _) = with("wpa-pwd:with%3Acolon:a%20name%25");
    assert!(wlan.keys().masters(None) == other.keys().masters(None));
}
