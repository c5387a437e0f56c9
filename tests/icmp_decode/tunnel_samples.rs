//! An echo request in every kind of tunnel.

use flate2::{Compress, Compression, FlushCompress};

use crate::shown::{v4, v6};

const ENDS: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [192, 0, 2, 2]);

const ECHO: [u8; 8] = [8, 0, 0, 0, 0, 1, 0, 1];

fn echo() -> Vec<u8> {
    v4([10, 0, 0, 1], [10, 0, 0, 2], 1, &ECHO)
}

fn echo6() -> Vec<u8> {
    v6(58, &[128, 0, 0, 0, 0, 1, 0, 1])
}

/// A frame of Ethernet.
fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &kind.to_be_bytes(), payload].concat()
}

/// A frame of IEEE 802.11 from an access point.
fn wireless() -> Vec<u8> {
    let mut frame = vec![0x08, 0x02, 0, 0];
    frame.extend([
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x10, 0,
    ]);
    frame.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    frame.extend(echo());
    frame
}

fn over(protocol: u8, header: &[u8], inner: &[u8]) -> Vec<u8> {
    v4(ENDS.0, ENDS.1, protocol, &[header, inner].concat())
}

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    over(17, &[], &udp(port, &[header, inner].concat()))
}

/// A frame of Ethernet in GRE, with a header of this type before what it carries.
fn bridged(kind: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    let frame = ethernet(kind, &[header, inner].concat());
    over(47, &[0, 0, 0x65, 0x58], &frame)
}

/// PPP in a session of PPPoE in such a frame.
fn in_session(ppp: &[u8], inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(ppp.len() + inner.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    bridged(
        0x8864,
        &[&[0x11, 0, 0, 195, high, low], ppp].concat(),
        inner,
    )
}

fn udp(dst: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let mut datagram = vec![0xc0, 0];
    datagram.extend(dst.to_be_bytes());
    datagram.extend(length.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

/// Of networks and their overlays.
fn of_networks() -> Vec<Vec<u8>> {
    let (echo, echo6) = (echo(), echo6());
    let frame = ethernet(0x0800, &echo);
    vec![
        over(137, &[0x03, 0xe8, 0x1a, 9, 0, 1, 0x01, 63], &echo),
        over(
            47,
            &[
                0xb0, 0, 0x65, 0x58, 0x2b, 0x88, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9,
            ],
            &frame,
        ),
        over(
            47,
            &[
                0x30, 0x81, 0x88, 0x0b, 0, 34, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 3, 0, 0x21,
            ],
            &echo,
        ),
        over(
            47,
            &[
                0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 42, 0xac, 5, 0, 0, 0, 9,
            ],
            &frame,
        ),
        over(
            47,
            &[
                0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0xff, 0xff, 0, 0, 1, 0, 0, 7, 0x80, 0x2d,
                0x14, 3, 0, 4, 0, 0, 0, 5,
            ],
            &frame,
        ),
        over(47, &[0, 0, 0x88, 0x3e, 0x80, 1, 2, 3], &echo),
        over_udp(4789, &[0x88, 0x48, 0, 7, 0, 0, 5, 0], &frame),
        over_udp(
            6081,
            &[
                4, 0x40, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 0x83, 1, 9, 8, 7, 6, 1, 3, 4, 1, 1, 1, 1, 1,
            ],
            &frame,
        ),
        over_udp(
            2152,
            &[
                0x36, 255, 0, 40, 0, 0, 0, 9, 0, 5, 0, 0x85, 1, 0, 0x49, 0x85, 1, 0x10, 7, 0,
            ],
            &echo,
        ),
        over_udp(
            1701,
            &[
                0x4b, 2, 0, 48, 0, 3, 0, 4, 0, 1, 0, 2, 0, 2, 9, 9, 0xff, 3, 0, 0x21,
            ],
            &echo,
        ),
        over(115, &[0, 0, 0, 9], &frame),
        over(
            47,
            &[0, 0, 0x89, 0x4f, 0x0f, 0xc2, 2, 3, 0, 0, 7, 254],
            &frame,
        ),
        over_udp(4790, &[0x0c, 0, 0, 5, 0, 0, 5, 0, 0, 1, 1, 64], &echo),
        over_udp(3544, &[0, 0, 0xff, 0xfe, 0x3f, 0xff, 0xfd, 0xfe], &echo6),
    ]
}

/// What every header of Redback's lawful interception holds.
const INTERCEPTED: [u8; 18] = [1, 4, 0, 0, 0, 1, 2, 4, 0, 1, 4, 0x6a, 3, 4, 0, 0, 0, 3];

/// Of access points, mirrors and networks of other kinds.
fn of_mirrors() -> Vec<Vec<u8>> {
    let (echo, echo6, wireless) = (echo(), echo6(), wireless());
    let frame = ethernet(0x0800, &echo);
    vec![
        over_udp(
            5072,
            &[&[0x44, 0x52, 0x11, 41, 0, 0, 0, 1], &[1; 36][..]].concat(),
            &echo6,
        ),
        over(143, &[], &frame),
        over_udp(37008, &[1, 0, 0, 1, 0, 10, 1, 0xc4, 1], &frame),
        over_udp(37008, &[1, 1, 0, 0x12, 1], &wireless),
        over_udp(5247, &[0, 0x10, 0, 0, 0, 9, 0, 0], &frame),
        over_udp(12222, &[0, 0, 0, 68, 50, 20], &wireless),
        over_udp(
            24577,
            &[1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 1, 0, 0],
            &frame,
        ),
        over_udp(
            5000,
            &[
                &[
                    0, 0xff, 0xab, 0xcd, 2, 0, 0, 0, 55, 0, 0, 0, 6, 0, 7, 0, 11, 0, 0, 9, 0x9e,
                ],
                &[0; 34][..],
            ]
            .concat(),
            &[&wireless[..], &[1, 2, 3, 4]].concat(),
        ),
        over_udp(30030, &[0, 0, 0, 1, 0, 0, 0, 7], &echo),
        over_udp(4341, &[0x88, 0, 0, 0, 0, 0, 7, 1], &echo6),
        over_udp(4341, &[0x80, 1, 2, 3, 0, 0, 0, 0], &echo),
        over_udp(4754, &[0x20, 0, 8, 0, 0, 0, 0, 9], &echo),
        over_udp(2268, &[6, 0], &echo),
        over_udp(2268, &[4, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 9], &echo6),
        over_udp(2268, &[5, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 9], &echo6),
        over_udp(434, &[4, 4, 0, 0], &echo),
        over_udp(4306, &[1], &echo),
        over_udp(12000, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &echo),
        over_udp(
            4729,
            &[
                2, 4, 9, 3, 0x40, 5, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0x65, 0, 0, 2,
            ],
            &echo,
        ),
        over_udp(
            9999,
            &[
                1, 3, 0, 9, 10, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 42, 0, 0, 0,
                46,
            ],
            &frame,
        ),
        over_udp(9998, &[&INTERCEPTED[..], &[0, 1, 0]].concat(), &echo),
        over_udp(
            9998,
            &[
                &[20, 2, 65, 66, 4, 1, 1],
                &INTERCEPTED[..],
                &[40, 1, 7, 0, 0],
            ]
            .concat(),
            &echo,
        ),
    ]
}

/// The same around each other, with tags of VLANs before and in them.
fn in_each_other() -> Vec<Vec<u8>> {
    let (echo, echo6) = (echo(), echo6());
    let tagged = ethernet(
        0x88a8,
        &[&[0, 7, 0x81, 0, 0x20, 8, 8, 0], &echo[..]].concat(),
    );
    let vxlan = over_udp(4789, &[8, 0, 0, 0, 0, 0, 5, 0], &tagged);
    let labels = [0, 1, 0, 64, 0, 0x20, 0x2b, 63];
    let mut segments = vec![41, 2, 4, 0, 0, 0, 0, 0];
    segments.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    let authentication = [
        4, 4, 0, 0, 0, 0, 0, 5, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
    ];
    vec![
        over(4, &[], &over(47, &[0x20, 0, 8, 0, 0, 0, 0, 7], &vxlan)),
        v6(4, &over(47, &[0, 0, 0x86, 0xdd], &v6(41, &echo6))),
        bridged(0x8100, &[0, 9, 0x88, 0x47], &[&labels[..], &echo].concat()),
        over_udp(6635, &labels, &over(41, &[], &echo6)),
        // Bridged by a provider, with its instance tag; by segments (RFC 8754); authenticated.
        bridged(0x88e7, &[0x38, 0, 1, 9], &tagged),
        v6(43, &[&segments[..], &echo6].concat()),
        over(51, &authentication, &over(4, &[], &echo)),
        // An error that quotes what was in a tunnel itself.
        over(
            4,
            &[],
            &over(
                1,
                &[11, 0, 0, 0, 0, 0, 0, 0],
                &over(47, &[0, 0, 8, 0], &echo),
            ),
        ),
    ]
}

/// What is not among [`of_networks`] and [`of_mirrors`].
fn of_other_kinds() -> Vec<Vec<u8>> {
    let (echo, echo6) = (echo(), echo6());
    let frame = ethernet(0x0800, &echo);
    let amateur = [
        0x82, 2, 2, 2, 2, 2, 0x60, 0x92, 2, 2, 2, 2, 2, 0x61, 3, 0xcc,
    ];
    let recorded = [&[0, 1, 0, 2, 3, 3, 0, 0x80], &[0; 17][..], &[42, 0, 0]].concat();
    let geocast = [
        &[0x11, 0, 0x1a, 1, 0x30, 0x20, 0, 0, 0, 48, 1, 0][..],
        &[0; 48][..],
    ];
    let on_roofs = [&[1, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 28], &[0; 12][..]].concat();
    let cluster = [&[0x40, 0xc0, 0, 52], &[0; 20][..]].concat();
    let radio = [
        &b"RFta"[..],
        &[5, 0, 3, 0, 1, 0, 0, 0],
        &2.4e9_f64.to_le_bytes(),
    ];
    let mailbox = [46, 0, 0, 0, 0, 0x12, 0, 1, 0x80, 0];
    let intercepted = udp(49153, &[&[0x68, 0x81, 4, 0x6a], &echo[..]].concat());
    vec![
        over(4, &[], &echo),
        over(41, &[], &echo6),
        v6(4, &echo),
        v6(41, &echo6),
        over(97, &[0x30, 0], &frame),
        over(80, &[0xcc], &echo),
        over(93, &amateur, &echo),
        over(103, &[0x21, 0, 0x5e, 0xff, 0x80, 0, 0, 0], &echo),
        over(17, &[], &intercepted),
        over(47, &[0x20, 1, 0x64, 0, 0, 42, 7, 1], &frame),
        over(47, &[0, 0, 0x82, 0x10], &wireless()),
        over(
            47,
            &[
                0x48, 0, 8, 0, 0, 0, 0, 0, 8, 0, 4, 4, 1, 2, 3, 4, 0, 0, 0, 0,
            ],
            &echo,
        ),
        over(
            47,
            &[
                0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 9, 0, 0, 0, 0, 0, 0, 8, 0,
            ],
            &v4(ENDS.1, ENDS.0, 1, &ECHO),
        ),
        over_udp(2152, &[0x31, 255, 0, 32, 0, 0, 0, 9, 0, 0, 7, 0], &echo),
        over_udp(
            4729,
            &[
                2, 4, 8, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x43, 0xc0, 0, 0x65, 0, 0, 1,
            ],
            &[&echo[..], &[1, 2, 3]].concat(),
        ),
        over_udp(6080, &[1, 4, 0, 0, 1, 2, 3, 4], &echo),
        over_udp(
            3386,
            &[
                0x1e, 255, 0, 28, 0, 1, 0, 2, 255, 255, 255, 255, 0x42, 0, 1, 0x21, 0x43, 0x65,
                0x87, 9,
            ],
            &echo,
        ),
        over_udp(52001, &radio.concat(), &frame),
        over_udp(6118, &cluster, &echo),
        over_udp(3343, &[], &frame),
        over_udp(
            34980,
            &[
                &[64, 0x10, 5, 1, 0xe9, 3, 0, 0x10, 52, 0, 0, 0],
                &mailbox[..],
            ]
            .concat(),
            &[&frame[..], &[1, 0]].concat(),
        ),
        bridged(0x22f3, &[0, 6, 0, 2, 0, 1], &frame),
        bridged(0x4305, &[0x40, 15, 50, 1, 2, 0, 0, 0, 0, 2], &frame),
        bridged(0x99fe, &recorded, &frame),
        bridged(0x8947, &geocast.concat(), &echo6),
        bridged(0x0641, &on_roofs, &echo),
        bridged(0x0805, &[0x1a, 0xbc, 0], &echo),
        in_session(&[0, 0x21], &echo),
        in_session(&[0, 0x31, 0, 1], &frame),
        in_session(&[0, 0x3d, 0xc0, 0, 0, 1, 0, 0x21], &echo),
        in_session(&[0, 0x59, 0x9e, 0, 0x21], &echo),
    ]
}

/// ESP that encrypts nothing, and a compressed packet: what is in them is found beside the frame.
pub(crate) fn restored() -> Vec<Vec<u8>> {
    // Padding, the length of that, a protocol number, and a check value.
    let trailer = [&[1, 2, 2, 4], &[9; 12][..]].concat();
    let clear = [echo(), trailer].concat();
    let mut compressed = Vec::with_capacity(100);
    Compress::new(Compression::best(), false)
        .compress_vec(&echo(), &mut compressed, FlushCompress::Finish)
        .unwrap();
    vec![
        over(50, &[0, 0, 0x12, 0x34, 0, 0, 0, 9], &clear),
        over(108, &[4, 0, 0, 2], &compressed),
    ]
}

/// What is found in the frame itself.
pub(crate) fn samples() -> Vec<Vec<u8>> {
    [
        of_mirrors(),
        of_other_kinds(),
        in_each_other(),
        // Behind these tshark takes what comes from their port for L2TP.
        of_networks(),
    ]
    .concat()
}
