//! ICMP in the frames of machines, storage, radio and vendors: whether tshark and we show it.

use std::process::Command;

use crate::common::{of_type, records};
use crate::links::{ECHO, capture_of};

/// Whether tshark shows an echo request in each of these frames, and whether we do.
fn shown(link: u32, frames: &[Vec<u8>]) -> (Vec<bool>, Vec<bool>) {
    let capture = capture_of(link, frames);
    let path = capture.path().to_str().unwrap();
    let mut command = Command::new("tshark");
    let command = command.args(["-n", "-r", path, "-T", "fields", "-e", "icmp.type"]);
    let output = command.output().expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs = text.lines().map(|line| !line.is_empty()).collect();
    let all = records(&["-r", path, "--json"]);
    let messages = of_type(&all, "icmp");
    let is_ours = |number: usize| messages.iter().any(|message| message["frame"] == number);
    (theirs, (1..=frames.len()).map(is_ours).collect())
}

/// Asks of frames of a link type, all of which both have to show.
#[track_caller]
fn both_show(link: u32, headers: &[&[&[u8]]]) {
    let frames: Vec<_> = headers
        .iter()
        .map(|parts| [&parts.concat()[..], &ECHO, &[1, 0, 0, 0, 0, 0, 0, 0]].concat())
        .collect();
    let (theirs, ours) = shown(link, &frames);
    assert_eq!(
        theirs,
        vec![true; headers.len()],
        "tshark, link type {link}"
    );
    assert_eq!(ours, theirs, "link type {link}");
}

const ADDRESSES: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
const FRAME: [u8; 14] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
const LLC: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
/// Fibre Channel that carries IP, and that with a network header.
const CHANNEL: [u8; 24] = [
    4, 1, 2, 3, 0, 4, 5, 6, 5, 0x38, 0, 0, 1, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0,
];
const NETWORKED: [u8; 40] = [
    4, 1, 2, 3, 0, 4, 5, 6, 5, 0x38, 0, 0, 1, 0x20, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0x10, 0, 2,
    0, 0, 0, 0, 1, 0x10, 0, 2, 0, 0, 0, 0, 2,
];
/// The mailbox of an `EtherCAT` device, with a frame of Ethernet in one fragment.
const MAILBOX: [u8; 10] = [46, 0, 0, 0, 0, 0x12, 0, 1, 0x80, 0];

#[test]
fn behind_ether_types() {
    both_show(
        1,
        &[
            &[&ADDRESSES, &[0x89, 6], &[0; 13], &[0x36], &CHANNEL, &LLC],
            &[&ADDRESSES, &[0x89, 6], &[0; 13], &[0x36], &NETWORKED, &LLC],
            &[
                &ADDRESSES,
                &[0xfc, 0xfc, 0, 2, 0, 76],
                &[0; 12],
                &CHANNEL,
                &LLC,
            ],
            &[&ADDRESSES, &[0x88, 0xae, 0x60, 1], &CHANNEL, &LLC],
            &[&ADDRESSES, &[0xab, 0xcd, 0x20, 1], &CHANNEL, &LLC],
            // A mailbox that is written, one that is read behind other data, one of a gateway.
            &[
                &ADDRESSES,
                &[0x88, 0xa4, 64, 0x10],
                &[5, 1, 0xe9, 3, 0, 0x10, 52, 0, 0, 0],
                &MAILBOX,
                &FRAME,
            ],
            &[
                &ADDRESSES,
                &[0x88, 0xa4, 84, 0x10],
                &[5, 1, 0xe9, 3, 0, 0x10, 8, 0x80, 0, 0],
                &[0; 8],
                &[1, 0],
                &[4, 2, 0xe9, 3, 0x80, 0x10, 52, 0, 0, 0],
                &MAILBOX,
                &FRAME,
            ],
            &[&ADDRESSES, &[0x88, 0xa4, 52, 0x50], &MAILBOX, &FRAME],
            &[&ADDRESSES, &[0x80, 0xd5, 0, 36, 0], &LLC],
            &[
                &ADDRESSES,
                &[8, 0xf0, 0, 1, 0, 1, 9, 34],
                &[0, 0, 34, 0x20, 0, 0x3b],
            ],
            &[&ADDRESSES, &[0x88, 0xa1, 0x78], &[0; 7], &FRAME],
            &[
                &ADDRESSES,
                &[0xe5, 0x55],
                &[0; 30],
                &[0, 7],
                &[0; 6],
                &FRAME,
            ],
            &[&ADDRESSES, &[0x88, 0xa9, 0, 2], &FRAME],
            &[
                &ADDRESSES,
                &[0x88, 0xa9, 0, 1, 1, 2, 0, 10, 0, 0, 0, 7],
                &ADDRESSES,
                &FRAME,
            ],
            &[&ADDRESSES, &[0, 33, 0x80, 0x80, 3, 8, 0]],
        ],
    );
}

#[test]
fn behind_llc() {
    let bridged = |kind| [0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, kind];
    both_show(
        100,
        &[
            &[&bridged(3), &[0, 0, 0x10, 0x40], &ADDRESSES, &LLC],
            &[&bridged(9), &[0, 0, 0x10, 0x40], &ADDRESSES, &LLC],
            &[&bridged(4), &[0, 0, 0, 0x50], &ADDRESSES, &LLC],
            &[&bridged(10), &[0, 0, 0, 0x50], &ADDRESSES, &LLC],
        ],
    );
    let bridged = |kind| [4, 1, 3, 0, 0x80, 0, 0x80, 0xc2, 0, kind];
    both_show(
        107,
        &[
            &[&bridged(9), &[0, 0x40], &ADDRESSES, &LLC],
            &[&bridged(10), &[0, 0x50], &ADDRESSES, &LLC],
        ],
    );
    // Apple wireless direct link, its header short and long.
    let data = [
        &[8, 0, 0, 0][..],
        &ADDRESSES,
        &[0, 0x25, 0, 0x94, 0x73, 0, 0x10, 0],
    ]
    .concat();
    let apple = [0xaa, 0xaa, 3, 0, 0x17, 0xf2, 8, 0, 3, 4, 1, 0];
    both_show(
        105,
        &[
            &[&data, &apple, &[0, 0, 8, 0]],
            &[
                &data,
                &apple,
                &[3, 4, 1, 2, 3, 4, 1, 2, 5, 5, 3, 1, 9, 8, 0],
            ],
        ],
    );
}

/// A message of netlink in its frame: family, type, the family's own header, attributes.
fn netlink(family: u8, kind: u16, own: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = own.to_vec();
    for (kind, value) in attributes {
        let length = u16::try_from(4 + value.len()).unwrap();
        body.extend(length.to_le_bytes());
        body.extend(kind.to_le_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let length = u32::try_from(16 + body.len()).unwrap();
    [
        &[0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, family][..],
        &length.to_le_bytes(),
        &kind.to_le_bytes(),
        &[0; 10],
        &body,
    ]
    .concat()
}

#[test]
fn what_linux_tells_programs_of_packets() {
    let frame = [&FRAME[..], &ECHO].concat();
    let size = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let family = |name: &[u8], number: u16| {
        netlink(
            16,
            0x10,
            &[1, 2, 0, 0],
            &[(2, name), (1, &number.to_le_bytes())],
        )
    };
    let alert = |protocol: u16| {
        netlink(
            16,
            0x1e,
            &[5, 2, 0, 0],
            &[
                (2, &[0, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff]),
                (3, b"icmp_rcv+0x10\0"),
                (5, &[0, 0, 0, 0, 0, 0, 0, 0x17]),
                (6, &protocol.to_le_bytes()),
                (10, &size),
                (14, &[0, 0]),
                (7, &frame),
            ],
        )
    };
    let sample = |protocol: &[(u16, &[u8])]| {
        let before: [(u16, &[u8]); 5] = [
            (0, &[2, 0]),
            (5, &[100, 0, 0, 0]),
            (2, &size),
            (3, &[1, 0, 0, 0]),
            (4, &[7, 0, 0, 0]),
        ];
        let all = [&before[..], protocol, &[(6, &frame)]].concat();
        netlink(16, 0x1f, &[0, 1, 0, 0], &all)
    };
    let queued = netlink(
        12,
        0x300,
        &[2, 0, 0, 0],
        &[(1, &[0, 0, 0, 1, 8, 0, 1]), (10, &ECHO)],
    );
    let decided = netlink(
        12,
        0x301,
        &[0; 4],
        &[(2, &[0, 0, 0, 1, 0, 0, 0, 1]), (10, &ECHO)],
    );
    let logged = netlink(
        12,
        0x400,
        &[2, 0, 0, 1],
        &[(1, &[8, 0, 1, 0]), (10, b"dropped: \0"), (9, &ECHO)],
    );
    let (theirs, ours) = shown(
        253,
        &[
            family(b"NET_DM\0", 0x1e),
            family(b"psample\0", 0x1f),
            alert(0x0800),
            sample(&[(14, &[0, 8])]),
            logged.clone(),
            queued,
            // What a program decided; and what tshark does not show, as the EtherType is not told.
            decided,
            sample(&[]),
        ],
    );
    let (no, yes) = (false, true);
    assert_eq!(theirs, [no, no, yes, yes, yes, yes, no, no]);
    assert_eq!(ours, [no, no, yes, yes, yes, yes, no, yes]);
    let (theirs, ours) = shown(113, &[logged, alert(0x0800)]);
    // The number of the family was not captured: the EtherType tells.
    assert_eq!((theirs, ours), (vec![yes, no], vec![yes, yes]));
}

#[test]
fn behind_the_headers_of_link_types() {
    both_show(101, &[&[&[0xff, 3, 0, 0x21]], &[&[0; 10]], &[]]);
    both_show(196, &[&[&[0, 0, 0, 0, 18, 4, 1, 3, 0xcc]]]);
    let docsis = [&[0, 0, 0, 50, 0, 0][..], &FRAME].concat();
    let (theirs, ours) = shown(
        273,
        &[1, 8, 11, 74, 75, 2].map(|kind| [&[1, kind, 0, 0][..], &docsis, &ECHO, &[0; 8]].concat()),
    );
    assert_eq!(ours, [true, true, true, true, true, false]);
    // The check sequence of the header is not right: tshark reads no further.
    assert_eq!(theirs, [false; 6]);
    let call =
        |name: [u8; 6], last: u8| [&name.map(|letter| letter << 1)[..], &[0x60 | last]].concat();
    let ends = [call(*b"AAAAAA", 0), call(*b"BBBBBB", 1)].concat();
    both_show(3, &[&[&ends, &[3, 0xcf], &ends, &[7, 0x0c, 0x0c, 0, 0, 0]]]);
}
