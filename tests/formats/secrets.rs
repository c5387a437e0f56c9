//! Blocks of pcapng that hold secrets.

use icmpdump::source::{SecretsFault, SecretsKind};

use crate::build::{ORDERS, Octets, Order, block, enhanced, interface, section};
use crate::ng::{DATA, LE, file};
use crate::read::whole;

/// A decryption secrets block, which claims to hold so many octets.
fn secrets(order: Order, kind: u32, claimed: u32, data: &[u8]) -> Vec<u8> {
    let body = Octets::new(order).u32(kind).u32(claimed).raw(data).pad();
    block(order, 10, &body.end())
}

const WIREGUARD: u32 = 0x5747_4b4c;

#[test]
fn secrets_are_handed_on_where_they_stand() {
    for order in ORDERS {
        let head = [section(order), interface(order, 1, 0, &[])].concat();
        let read = whole(&file(&[
            head.clone(),
            secrets(order, WIREGUARD, 5, b"A=B\n\n"),
            enhanced(order, 0, 1, DATA, &[]),
            secrets(order, 0x544c_534b, 3, b"TLS"),
            secrets(order, WIREGUARD, 99, b"cut\n"),
            secrets(order, 7, u32::MAX, b""),
            block(order, 10, b""),
            block(order, 10, &[1, 2, 3, 4]),
            enhanced(order, 0, 2, DATA, &[]),
        ]));
        assert_eq!(read.data(), [DATA, DATA]);
        assert!(read.damage.is_empty());
        let found = read.secrets.iter();
        let kinds: Vec<_> = found.map(|secret| (secret.kind, secret.frames)).collect();
        let number = order_number(order);
        assert_eq!(
            kinds,
            [
                (SecretsKind::WireGuard, 0),
                (SecretsKind::Other(0x544c_534b), 1),
                (SecretsKind::WireGuard, 1),
                (SecretsKind::Other(7), 1),
                (SecretsKind::Other(0), 1),
                (SecretsKind::Other(number), 1),
            ]
        );
        let octets: Vec<_> = read
            .secrets
            .iter()
            .map(|secret| &secret.octets[..])
            .collect();
        assert_eq!(octets, [&b"A=B\n\n"[..], b"TLS", b"cut\n", b"", b"", b""]);
        let cut = |claimed, found| Some(SecretsFault::Cut { claimed, found });
        let faults: Vec<_> = read.secrets.iter().map(|secret| secret.fault).collect();
        assert_eq!(
            faults,
            [None, None, cut(99, 4), cut(u32::MAX, 0), None, None]
        );
        assert_eq!(read.secrets[0].offset, head.len() as u64);
    }
}

/// The octets 1 to 4 as a number.
fn order_number(order: Order) -> u32 {
    match order {
        Order::Big => 0x0102_0304,
        Order::Little => 0x0403_0201,
    }
}

/// A block of any length ends where it says, and no more than a mebibyte of it is kept.
#[test]
fn secrets_of_any_length_are_bounded() {
    let long = vec![b'x'; 3 << 20];
    let claimed = u32::try_from(long.len()).expect("a length");
    let read = whole(&file(&[
        section(LE),
        interface(LE, 1, 0, &[]),
        secrets(LE, WIREGUARD, claimed, &long),
        enhanced(LE, 0, 1, DATA, &[]),
    ]));
    assert_eq!(read.data(), [DATA]);
    let [secret] = &read.secrets[..] else {
        panic!("one block");
    };
    assert!(secret.octets.len() <= 1 << 20 && secret.octets.len() > 1 << 19);
    let found = u32::try_from(secret.octets.len()).expect("a length");
    assert_eq!(secret.fault, Some(SecretsFault::Cut { claimed, found }));
}
