//! Extension objects of every class.

use super::*;
use crate::icmp::object::{
    Address, ExtensionObject, InterfaceIdentification, Label, Object, Objects, Role, class_name,
    family_name,
};

fn object(octets: &[u8]) -> Object<'_> {
    Objects::new(octets).next().unwrap()
}

fn built(class: u8, c_type: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + body.len()).unwrap();
    [&length.to_be_bytes()[..], &[class, c_type], body].concat()
}

#[test]
fn all_labels_of_a_stack() {
    let octets = built(1, 1, &[0x03, 0xe8, 0x16, 0x01, 0xff, 0xff, 0xf1, 0xff, 9]);
    let ExtensionObject::Mpls(labels) = object(&octets).kind else {
        panic!();
    };
    let labels: Vec<_> = labels.iter().collect();
    assert_eq!(
        labels,
        [
            Label {
                label: 16001,
                traffic_class: 3,
                bottom: false,
                ttl: 1
            },
            Label {
                label: 0xf_ffff,
                traffic_class: 0,
                bottom: true,
                ttl: 255
            }
        ]
    );
}

#[test]
fn interface_information_with_every_set_of_fields() {
    let v4 = [0, 1, 0, 0, 192, 0, 2, 1];
    let v6 = [&[0, 2, 0, 0][..], &[0x20; 16]].concat();
    for address in [&v4[..], &v6] {
        for role in 0..4u8 {
            for bits in 0..16u8 {
                let mut body = Vec::new();
                if bits & 8 != 0 {
                    body.extend([0, 0, 0, 7]);
                }
                if bits & 4 != 0 {
                    body.extend(address);
                }
                if bits & 2 != 0 {
                    body.extend(b"\x08ge-0\0\0\0");
                }
                if bits & 1 != 0 {
                    body.extend([0, 0, 0x23, 0x28]);
                }
                let octets = built(2, role << 6 | bits, &body);
                let decoded = object(&octets);
                let ExtensionObject::Interface(interface) = decoded.kind else {
                    panic!();
                };
                assert_eq!(interface.role, Role::of(role << 6));
                assert_eq!(interface.index, (bits & 8 != 0).then_some(7));
                assert_eq!(interface.name, (bits & 2 != 0).then_some(&b"ge-0"[..]));
                assert_eq!(interface.mtu, (bits & 1 != 0).then_some(9000));
                assert_eq!(interface.address.is_some(), bits & 4 != 0);
                if let Some(Address::Ip(ip)) = interface.address {
                    assert_eq!(ip.is_ipv4(), address.len() == 8);
                }
                for length in 0..octets.len() {
                    let _ = Objects::new(&octets[..length]).count();
                }
            }
        }
    }
}

#[test]
fn addresses_of_other_families_and_names_without_length() {
    let octets = built(2, 0x0c, &[0, 0, 0, 7, 0, 9, 0, 0, 1, 2]);
    let ExtensionObject::Interface(interface) = object(&octets).kind else {
        panic!();
    };
    assert_eq!(interface.index, Some(7));
    assert_eq!(
        interface.address,
        Some(Address::Other {
            family: 9,
            bytes: &[1, 2]
        })
    );
    let octets = built(2, 0x03, &[0, 0, 0, 0]);
    let ExtensionObject::Interface(interface) = object(&octets).kind else {
        panic!();
    };
    assert_eq!((interface.name, interface.mtu), (None, None));
}

#[test]
fn no_octets_of_an_address_go_untold() {
    // RFC 5837 section 4.2: two octets behind the family.
    let octets = built(2, 0x04, &[0, 1, 0x12, 0x34, 192, 0, 2, 1]);
    assert_eq!(object(&octets).reserved(), Some(0x1234));
    let octets = built(2, 0x04, &[0, 1, 0, 0, 192, 0, 2, 1]);
    assert_eq!(object(&octets).reserved(), None);
    // RFC 8335 section 2.1: padded to a multiple of four.
    let mac = [0x40, 5, 6, 0, 2, 0, 0, 0, 0, 1];
    for padding in [[0, 0], [0, 7]] {
        let octets = built(3, 3, &[&mac[..], &padding].concat());
        let told = object(&octets);
        let expected = (padding != [0, 0]).then_some(&padding[..]);
        assert_eq!((told.padding(), told.unread()), (expected, None));
        for length in 0..octets.len() {
            for object in Objects::new(&octets[..length]) {
                let _ = (object.padding(), object.reserved(), object.unread());
            }
        }
    }
    assert_eq!(family_name(16389), Some("mac_48"));
}

#[test]
fn identification_pointer_and_unknown_classes() {
    for (class, c_type, body, kind) in [
        (
            3,
            1,
            &b"eth0\0\0\0\0"[..],
            ExtensionObject::Identification(InterfaceIdentification::Name(b"eth0")),
        ),
        (
            3,
            2,
            &[0, 0, 0, 9],
            ExtensionObject::Identification(InterfaceIdentification::Index(9)),
        ),
        (
            3,
            3,
            &[0, 1, 4, 0, 192, 0, 2, 1],
            ExtensionObject::Identification(InterfaceIdentification::Address(Address::Ip(
                IpAddr::from([192, 0, 2, 1]),
            ))),
        ),
        (
            3,
            3,
            &[0x40, 5, 6, 0, 2, 0, 0, 0, 0, 9, 0, 0],
            ExtensionObject::Identification(InterfaceIdentification::Address(Address::Other {
                family: 0x4005,
                bytes: &[2, 0, 0, 0, 0, 9],
            })),
        ),
        (4, 1, &[0, 0, 0, 40], ExtensionObject::Pointer(40)),
        (4, 1, &[0], ExtensionObject::Unknown),
        (3, 9, &[0, 0, 0, 1], ExtensionObject::Unknown),
        (200, 7, &[1, 2, 3, 4], ExtensionObject::Unknown),
    ] {
        let octets = built(class, c_type, body);
        let decoded = object(&octets);
        assert_eq!(decoded.kind, kind);
        assert_eq!(decoded.bytes, body);
        assert_eq!(decoded.name(), class_name(class));
    }
}

#[test]
fn objects_are_items_with_fields() {
    let objects = [
        built(1, 1, &[0, 0, 0x11, 1]),
        built(
            2,
            0x0f,
            b"\0\0\0\x07\0\x01\0\0\xc0\0\x02\x01\x08ge-0\0\0\0\0\0\x23\x28",
        ),
        built(200, 1, &[1, 2]),
    ]
    .concat();
    let extensions = Extensions {
        version: 2,
        reserved: 0,
        located: extension::Located::Length,
        checksum: Checksum {
            status: crate::wire::ChecksumStatus::Absent,
            found: None,
        },
        bytes: &objects,
    };
    let names: Vec<Vec<_>> = extensions
        .items()
        .map(|item| item.fields().map(|f| f.name).skip(3).collect())
        .collect();
    assert_eq!(
        names,
        [
            vec!["labels"],
            vec![
                "role",
                "has_if_index",
                "has_address",
                "has_name",
                "has_mtu",
                "if_index",
                "address_family",
                "address",
                "name_length",
                "name",
                "mtu"
            ],
            vec!["data"]
        ]
    );
}
