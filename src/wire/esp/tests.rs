use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::model::{EspParts, LineFault, Proof};
use crate::wire::checksum::internet;
use crate::wire::{KeyLines, KeyLog as Log, Limit};

fn packet(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(20 + payload.len()).unwrap();
    let header = [
        0x45, 0, 0, length, 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    ];
    [&header[..], payload].concat()
}

#[test]
fn esp_is_told_from_what_shares_its_port() {
    const PORT: [u8; 2] = [0x11, 0x94];
    let udp = |port: [u8; 2], rest: &[u8]| {
        packet(
            17,
            &[&[0x11, 0x94], &port, &[0, 16, 0, 0][..], rest].concat(),
        )
    };
    for (data, is) in [
        (packet(50, &[0, 0, 0, 9, 0, 0, 0, 1]), true),
        (packet(50, &[]), true),
        (packet(51, &[0, 0, 0, 9, 0, 0, 0, 1]), false),
        (udp(PORT, &[0, 0, 1, 0, 0, 0, 0, 1]), true),
        (udp(PORT, &[0, 0, 0, 0, 0, 0, 0, 1]), false),
        (udp(PORT, &[0xff]), false),
        (udp([0x11, 0x95], &[0, 0, 1, 0, 0, 0, 0, 1]), false),
    ] {
        let ip = Ip::parse(&data, Limit::Frame).unwrap();
        assert_eq!(is_esp(&ip), is, "{data:x?}");
    }
}

/// Keys of these lines, and how many there are; the fault of the last line that has one.
fn keys(lines: &str) -> (Esp, u64, Option<LineFault>) {
    let (mut keys, mut log) = (Keys::default(), Log::default());
    let unread = keys.read(&mut log, lines.as_bytes());
    let esp = Esp {
        keys: Some(Box::new(keys)),
        ..Esp::default()
    };
    (esp, log.keys(), unread.map(|unread| unread.why))
}

fn open(esp: &mut Esp, packet: &[u8], on_wire: usize) -> Result<Option<Expanded>, Undecodable> {
    let ip = Ip::parse_on_wire(packet, on_wire, Limit::Frame).unwrap();
    let mut made = Expanded::default();
    let is_made = esp.open(&ip, &mut made)?;
    Ok(is_made.then_some(made))
}

fn ping() -> Vec<u8> {
    let mut message = vec![8, 0, 0, 0, 0, 7, 0, 1];
    message.extend(0..24);
    let sum = internet(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

fn with_checksum(mut packet: Vec<u8>) -> Vec<u8> {
    let sum = internet(&[&packet[..20]]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// The message in ESP that encrypts nothing, with a code by this key over these upper 32 bits, too.
fn clear_with(key: &[u8], upper: Option<u32>, payload: &[u8], next: u8) -> Vec<u8> {
    let mut esp = vec![0, 0, 0x10, 0x01, 0, 0, 0, 1];
    esp.extend(payload);
    let padding = (2..6).find(|octets| (payload.len() + octets).is_multiple_of(4));
    let padding = u8::try_from(padding.unwrap() - 2).unwrap();
    esp.extend(1..=padding);
    esp.extend([padding, next]);
    let mut code = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    code.update(&esp);
    code.update(
        upper
            .map(u32::to_be_bytes)
            .as_ref()
            .map_or(&[], |upper| &upper[..]),
    );
    esp.extend(&code.finalize().into_bytes()[..16]);
    with_checksum(packet(50, &esp))
}

const STATE: &str =
    "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x00001001 reqid 1 mode transport\n";
const CODE: &str = "\tauth-trunc hmac(sha256) 0x6b6b6b6b 128\n";
const KEY: &[u8] = b"kkkk";
const PARTS: EspParts = EspParts {
    vector: 0,
    check_value: 16,
    proof: Proof::CheckValue,
};

#[test]
fn a_packet_is_what_it_was() {
    let as_it_was = with_checksum(packet(1, &ping()));
    let state = format!("{STATE}{CODE}\tenc ecb(cipher_null) \n");
    let (mut esp, count, fault) = keys(&state);
    assert_eq!((count, fault), (1, None));
    let sealed = clear_with(KEY, None, &ping(), 1);
    let made = open(&mut esp, &sealed, sealed.len()).unwrap().unwrap();
    assert_eq!(
        (&made.octets, made.sealing, &made.trailer[..]),
        (&as_it_was, Some(Sealing::Esp(PARTS)), &[1, 2, 2, 1][..])
    );
    // That of a tunnel stands alone, whatever pads it.
    let padded = [&as_it_was[..], &[0; 9]].concat();
    let sealed = clear_with(KEY, None, &padded, 4);
    let made = open(&mut esp, &sealed, sealed.len()).unwrap().unwrap();
    assert_eq!(made.octets, padded);
    // Of an unknown key it shows by itself that it encrypts nothing, where nothing pads it.
    let sealed = clear_with(b"another", None, &as_it_was, 4);
    let made = open(&mut esp, &sealed, sealed.len()).unwrap().unwrap();
    assert_eq!(
        (made.octets, made.sealing),
        (
            as_it_was,
            Some(Sealing::NullEsp(EspParts {
                proof: Proof::Form,
                ..PARTS
            }))
        )
    );
}

/// Which half the packet leaves out, the association tells, or one more.
#[test]
fn sequence_numbers_may_have_64_bits() {
    let state = format!("{STATE}{CODE}\tenc ecb(cipher_null)\n");
    let later = format!("{state}\tseq-hi 0x0, seq 0x5, oseq-hi 0x5, oseq 0x2\n");
    let udp = [0x9c, 0x40, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    for (upper, lines, opens) in [
        (None, &state, true),
        (Some(0), &state, true),
        (Some(5), &state, false),
        (Some(5), &later, true),
        (Some(6), &later, true),
        (Some(4), &later, false),
    ] {
        let (mut esp, ..) = keys(lines);
        let sealed = clear_with(KEY, upper, &udp, 17);
        let made = open(&mut esp, &sealed, sealed.len());
        assert_eq!(made.is_ok(), opens, "{upper:?} {lines}");
        if !opens {
            let why = Encryption::Esp(Locked::NotAuthentic);
            assert_eq!(made, Err(Undecodable::Encrypted(why)));
        }
    }
}

/// A key of the cipher that is wrong beside a right one of the code makes no packet.
#[test]
fn a_wrong_cipher_key_makes_nothing() {
    let aes = "\tenc cbc(aes) 0x000102030405060708090a0b0c0d0e0f\n";
    let why = Encryption::Esp(Locked::NotAuthentic);
    for (mode, most) in [("tunnel", 0), ("transport", 2)] {
        let (mut esp, ..) = keys(&format!("{STATE}{CODE}{aes}").replace("transport", mode));
        let mut made = Vec::new();
        for seed in 0..2000u32 {
            // A vector and two blocks, with the trailer that `clear_with` adds.
            let mut garbage: Vec<u8> = seed.to_be_bytes().repeat(12);
            garbage.truncate(46);
            let sealed = clear_with(KEY, None, &garbage, 4);
            match open(&mut esp, &sealed, sealed.len()) {
                Ok(packet) => made.extend(packet),
                error => assert_eq!(error, Err(Undecodable::Encrypted(why))),
            }
        }
        assert!(made.len() <= most, "{made:?}");
        assert!(
            made.iter()
                .all(|packet| !matches!(packet.octets[9], 1 | 58))
        );
    }
}

/// Parts of addresses and digits of SPIs may be any, in Wireshark's table.
#[test]
fn wildcards_stand_for_any() {
    let udp = [0x9c, 0x40, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    let sealed = clear_with(KEY, None, &udp, 17);
    let any = "ANY 128 bit authentication [no checking]";
    for (src, spi, opens) in [
        ("192.0.2.1", "0x00001001", true),
        ("192.0.2.*", "0x0000100*", true),
        ("*.*.2.1", "0x*0001001", true),
        ("192.0.*.2", "0x0000100*", false),
        ("192.0.2.*", "0x0000*002", false),
        ("*", "*", true),
    ] {
        let row =
            format!("\"IPv4\",\"{src}\",\"192.0.2.2\",\"{spi}\",\"NULL\",\"\",\"{any}\",\"\"\n");
        let (mut esp, count, fault) = keys(&row);
        assert_eq!((count, fault), (1, None), "{row}");
        let made = open(&mut esp, &sealed, sealed.len());
        assert_eq!(made.is_ok(), opens, "{row}");
    }
    for (pattern, address, takes) in [
        ("2001:db8::*", "2001:db8::17", true),
        ("2001:db8::*", "2001:db8:1::17", false),
        ("2001:db8:*::1", "2001:db8:ab::1", true),
        ("2001:db8:a*::1", "2001:db8:ab::1", true),
        ("2001:db8:a*::1", "2001:db8:bb::1", false),
        ("*::1", "fe80::1", true),
        ("fe80::/10", "febf::1", true),
        ("fe80::/10", "fec0::1", false),
        ("::/0", "fec0::1", true),
    ] {
        let end = wildcard::end(pattern.as_bytes()).unwrap();
        assert_eq!(end.takes(address.parse().unwrap()), takes, "{pattern}");
    }
    for refused in ["192.0.2", "192.0.2.1*", "::*::", "*:*", "1.2.3.4.*"] {
        assert_eq!(wildcard::end(refused.as_bytes()), None, "{refused}");
    }
    assert_eq!(wildcard::spi(b"10*"), None);
}

#[test]
fn lines_are_told_by_what_is_wrong_with_them() {
    use LineFault::{Association, Cipher, Hex};
    let aes = "0x000102030405060708090a0b0c0d0e0f";
    let enc = format!("enc cbc(aes) {aes}");
    let row = |cipher: &str, key: &str| {
        format!("\"IPv4\",\"*\",\"192.0.2.0/24\",\"0x1001\",\"{cipher}\",\"{key}\",\"NULL\",\"\"")
    };
    for (lines, count, fault) in [
        (format!("{STATE}{enc}\n"), 1, None),
        // The command that adds it.
        (
            format!(
                "ip xfrm state add src ::1 dst ::2 proto esp spi 9 mode tunnel enc 'cbc(aes)' {aes} sel src ::/0 dst ::/0\n"
            ),
            1,
            None,
        ),
        (
            format!(
                "ip xfrm state add src ::1 dst ::2 proto esp spi 9 auth hmac\\(sha1\\) 0x0b enc cbc\\(aes\\) {aes}\n"
            ),
            1,
            None,
        ),
        (
            format!("{STATE}enc cbc(aes) <<Keys hidden>>\n"),
            0,
            Some(Hex),
        ),
        (format!("{STATE}enc cbc(aes) {aes}0\n"), 0, Some(Hex)),
        (format!("{STATE}enc cbc(aes) {aes}00\n"), 0, Some(Hex)),
        (format!("{STATE}enc cbc(twofish) {aes}\n"), 0, Some(Cipher)),
        (
            format!("{STATE}aead rfc4106(gcm(aes)) {aes}00010203 77\n"),
            0,
            Some(Cipher),
        ),
        (
            format!("{STATE}auth-trunc hmac(sha1) 0x00 8\n{enc}\n"),
            1,
            Some(Hex),
        ),
        (format!("{enc}\n"), 0, Some(Association)),
        ("src here dst there\n".to_owned(), 0, Some(Association)),
        // Of AH.
        (
            "src ::1 dst ::2\n\tproto ah spi 0x1 mode transport\n\tauth-trunc xcbc(aes) 0x00 96\n"
                .to_owned(),
            0,
            None,
        ),
        ("# nothing\n\n".to_owned(), 0, None),
        // Without an end.
        (row("AES-CBC [RFC3602]", aes), 1, None),
        (row("AES-CBC [RFC3602]", "sixteen letters."), 1, None),
        (row("AES-CBC [RFC3602]", "0x00") + "\n", 0, Some(Hex)),
        (row("CAST5-CBC [RFC2144]", aes) + "\n", 0, Some(Cipher)),
        ("\"IPv4\",\"*\"\n".to_owned(), 0, Some(Association)),
        ("\"\n\"\"\n".to_owned(), 0, Some(Association)),
    ] {
        let (_, found, why) = keys(&lines);
        assert_eq!((found, why), (count, fault), "{lines}");
    }
}

/// A NAT gives an end another address; the code tells all the same.
#[test]
fn ends_are_where_they_may_be() {
    let null = "\tenc ecb(cipher_null)\n";
    let moved = STATE.replace("192.0.2.1", "198.51.100.1");
    let udp = [0x9c, 0x40, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    let sealed = clear_with(KEY, None, &udp, 17);
    let unchecked = "\tauth-trunc digest_null 0 128\n";
    for (lines, opens) in [
        (format!("{STATE}{CODE}{null}"), true),
        (format!("{moved}{CODE}{null}"), true),
        (
            format!("{moved}{CODE}{null}").replace("1001", "1002"),
            false,
        ),
        (format!("{moved}{unchecked}{null}"), false),
    ] {
        let (mut esp, ..) = keys(&lines);
        assert_eq!(
            open(&mut esp, &sealed, sealed.len()).is_ok(),
            opens,
            "{lines}"
        );
    }
}

/// A NAT maps port 4500 of who is behind it to any other, which an answer is sent to.
#[test]
fn an_answer_through_a_nat_goes_to_any_port() {
    let udp = |ports: [u8; 4]| {
        let esp = clear_with(KEY, None, &ping(), 1).split_off(20);
        let length = u16::try_from(8 + esp.len()).unwrap().to_be_bytes();
        packet(17, &[&ports[..], &length, &[0, 0], &esp].concat())
    };
    let state = format!("{STATE}{CODE}\tenc ecb(cipher_null)\n");
    for (ports, is_it) in [
        ([0x11, 0x94, 0x11, 0x94], true),
        ([0x11, 0x94, 0xee, 0x01], true),
        ([0xee, 0x01, 0x11, 0x94], true),
        ([0xee, 0x01, 0xee, 0x02], false),
    ] {
        let sent = udp(ports);
        let ip = Ip::parse(&sent, Limit::Frame).unwrap();
        let (mut esp, ..) = keys(&state);
        assert_eq!(esp.handles(&ip), is_it, "{ports:x?}");
        let made = is_it.then(|| open(&mut esp, &sent, sent.len()).unwrap().unwrap());
        let as_it_was = is_it.then(|| with_checksum(packet(1, &ping())));
        assert_eq!(made.map(|made| made.octets), as_it_was);
    }
}

#[test]
fn no_prefix_panics_and_damage_is_told() {
    let (mut esp, ..) = keys(&format!("{STATE}{CODE}\tenc ecb(cipher_null)\n"));
    let inner = with_checksum(packet(1, &ping()));
    let sealed = clear_with(KEY, None, &inner, 4);
    let mut most = 0;
    for length in 20..sealed.len() {
        // Cut by the capture, its beginning is made.
        if let Ok(Some(made)) = open(&mut esp, &sealed[..length], sealed.len()) {
            assert!(inner.starts_with(&made.octets[..made.octets.len().min(inner.len())]));
            most = most.max(made.octets.len());
        }
        let mut short = sealed[..length].to_vec();
        short[3] = u8::try_from(length).unwrap();
        let mut damaged = sealed.clone();
        damaged[length] ^= 1;
        for packet in [short, damaged] {
            // Where its code alone is damaged, or short, the packet shows itself by its checksum.
            let made = open(&mut esp, &packet, packet.len());
            let is_certain =
                matches!(&made, Ok(Some(made)) if matches!(made.sealing, Some(Sealing::Esp(_))));
            assert!(!is_certain, "{length}");
        }
    }
    assert!(most >= inner.len());
}

proptest! {
    #[test]
    fn no_octets_panic(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        spi in prop::sample::select(vec![0x1001u32, 9]),
        cut in 0..200usize,
    ) {
        let aes = "000102030405060708090a0b0c0d0e0f";
        let mut lines = String::new();
        for cipher in [
            format!("enc cbc(aes) 0x{aes}"),
            format!("aead rfc4106(gcm(aes)) 0x{aes}00010203 64"),
            format!("aead rfc4309(ccm(aes)) 0x{aes}000102 96"),
            format!("aead rfc4543(gcm(aes)) 0x{aes}00010203 128"),
            format!("aead rfc7539esp(chacha20,poly1305) 0x{aes}{aes}00010203 128"),
            format!("enc rfc3686(ctr(aes)) 0x{aes}00010203"),
            format!("enc cbc(des3_ede) 0x{aes}0001020304050607"),
            "enc ecb(cipher_null)".to_owned(),
        ] {
            lines.extend([STATE, "\t", &cipher, "\n"]);
        }
        let (mut esp, count, fault) = keys(&lines);
        prop_assert_eq!((count, fault), (8, None));
        let octets = [&spi.to_be_bytes()[..], &payload].concat();
        let packet = packet(50, &octets[..octets.len().min(220)]);
        let captured = packet.len().saturating_sub(cut).max(20);
        let _ = open(&mut esp, &packet[..captured], packet.len());
        let _ = open(&mut Esp::default(), &packet[..captured], packet.len());
    }

    #[test]
    fn no_line_panics(line in "[ -~\n]{0,200}") {
        keys(&line);
        keys(&format!("{STATE}enc {line}\n"));
        keys(&format!("\"IPv4\",{line}\n"));
    }
}
