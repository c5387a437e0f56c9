use super::*;

/// An echo request in a frame of Ethernet.
const FRAME: [u8; 42] = [
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0x66, 0xde, 10, 0,
    0, 1, 10, 0, 0, 2, 8, 0, 0xf7, 0xfd, 0, 1, 0, 1,
];

/// A bulk transfer as Linux gives it.
fn transfer(data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 64];
    frame[9] = 3;
    frame.extend(data);
    frame
}

fn found(frame: &Frame<'_>) -> Vec<(LinkType, Vec<u8>)> {
    Datagrams::of(frame)
        .into_iter()
        .flatten()
        .map(|datagram| (datagram.link, datagram.data.to_vec()))
        .collect()
}

fn in_transfer(data: &[u8]) -> Vec<(LinkType, Vec<u8>)> {
    found(&Frame::alone(lt::USB_LINUX_MMAPPED, &transfer(data)))
}

/// A block of the network control model whose tables name these packets, each table the next one.
fn block(tables: &[(&[u8; 4], &[&[u8]])]) -> Vec<u8> {
    let word = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let mut block = b"NCMH\x0c\0\0\0\0\0\0\0".to_vec();
    let mut next_at = 10;
    for (signature, packets) in tables {
        let places: Vec<_> = (packets.iter())
            .map(|packet| {
                let at = block.len();
                block.extend(*packet);
                [word(at), word(packet.len())].concat()
            })
            .collect();
        let here = word(block.len());
        block[next_at..next_at + 2].copy_from_slice(&here);
        next_at = block.len() + 6;
        block.extend(*signature);
        block.extend(word(8 + 4 * (packets.len() + 1)));
        block.extend([0, 0]);
        block.extend(places.concat());
        block.extend([0; 4]);
    }
    block
}

fn rndis(packet: &[u8]) -> Vec<u8> {
    let length = u32::try_from(packet.len()).unwrap();
    let fields = [1, 44 + length, 36, length, 0, 0, 0, 0, 0, 0, 0];
    let fields = fields.iter().flat_map(|field: &u32| field.to_le_bytes());
    fields.chain(packet.iter().copied()).collect()
}

fn eem(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len() + 4).unwrap();
    [&length.to_le_bytes()[..], packet, &[0xde, 0xad, 0xbe, 0xef]].concat()
}

fn ethernet() -> (LinkType, Vec<u8>) {
    (lt::ETHERNET, FRAME.to_vec())
}

fn ip() -> (LinkType, Vec<u8>) {
    (lt::RAW, FRAME[14..].to_vec())
}

#[test]
fn packets_of_a_transfer_are_found_by_their_framing() {
    let checked = [&FRAME[..], &[1, 2, 3, 4]].concat();
    for (data, packets) in [
        (
            block(&[(b"NCM0", &[&FRAME, &FRAME])]),
            vec![ethernet(), ethernet()],
        ),
        (block(&[(b"NCM1", &[&checked])]), vec![ethernet()]),
        (block(&[(b"IPS\x01", &[&FRAME[14..]])]), vec![ip()]),
        (
            block(&[
                (b"IPS\0", &[&FRAME[14..]]),
                (b"DSS\0", &[&FRAME]),
                (b"IPS\x05", &[&FRAME[14..]]),
            ]),
            vec![ip(), ip()],
        ),
        (
            [rndis(&FRAME), rndis(&FRAME)].concat(),
            vec![ethernet(), ethernet()],
        ),
        (FRAME.to_vec(), vec![ethernet()]),
        (FRAME[14..].to_vec(), vec![ip()]),
        (
            [eem(&FRAME), eem(&FRAME), vec![0, 0]].concat(),
            vec![ethernet(), ethernet()],
        ),
    ] {
        assert_eq!(in_transfer(&data), packets, "{data:02x?}");
    }
}

#[test]
fn what_is_not_certain_is_no_packet() {
    let mut wrong = FRAME;
    wrong[24] ^= 1;
    let longer = [&FRAME[..], &[0; 47]].concat();
    for data in [
        &wrong[..],
        &wrong[14..],
        &longer,
        &eem(&wrong),
        &[eem(&FRAME), vec![5, 0]].concat(),
        &[0x47; 187],
    ] {
        assert_eq!(in_transfer(data), [], "{data:02x?}");
    }
    let mut control = transfer(&FRAME);
    control[9] = 2;
    assert_eq!(found(&Frame::alone(lt::USB_LINUX_MMAPPED, &control)), []);
}

#[test]
fn the_headers_of_all_systems_are_stepped_over() {
    let header = |length: usize, places: &[(usize, u8)]| {
        let mut header = vec![0; length];
        for &(at, octet) in places {
            header[at] = octet;
        }
        header
    };
    for (link, header, behind) in [
        (lt::USB_LINUX, header(48, &[(9, 3)]), &[][..]),
        (lt::USBPCAP, header(27, &[(0, 27), (22, 3)]), &[]),
        (lt::USB_DARWIN, header(32, &[(2, 32), (31, 2)]), &[]),
        (lt::USB_2_0, vec![0xc3], &[1, 2]),
        (lt::USB_2_0_HIGH_SPEED, vec![0x4b], &[1, 2]),
    ] {
        let data = [&header[..], &FRAME, behind].concat();
        assert_eq!(found(&Frame::alone(link, &data)), [ethernet()], "{link:?}");
    }
}

/// Tables that lead to each other, and pointers to the same octets, end.
#[test]
fn packets_share_no_octets() {
    let mut circle = block(&[(b"NCM0", &[&FRAME, &FRAME])]);
    let table = [circle[10], circle[11]];
    let next = usize::from(u16::from_le_bytes(table)) + 6;
    circle[next..next + 2].copy_from_slice(&table);
    assert_eq!(in_transfer(&circle).len(), 2);
}

#[test]
fn every_prefix_gives_what_was_captured() {
    for data in [
        block(&[(b"NCM0", &[&FRAME, &FRAME])]),
        block(&[(b"NCM1", &[&FRAME])]),
        [rndis(&FRAME), rndis(&FRAME)].concat(),
        [eem(&FRAME), eem(&FRAME)].concat(),
        FRAME.to_vec(),
        [0x47; 2 * 188].to_vec(),
    ] {
        let whole = transfer(&data);
        for length in 0..whole.len() {
            let cut = Frame {
                wire_len: u32::try_from(whole.len()).unwrap(),
                ..Frame::alone(lt::USB_LINUX_MMAPPED, &whole[..length])
            };
            for link in [
                lt::USB_LINUX,
                lt::USB_LINUX_MMAPPED,
                lt::USBPCAP,
                lt::USB_DARWIN,
                lt::USB_2_0,
            ] {
                let cut = Frame { link, ..cut };
                for datagram in Datagrams::of(&cut).into_iter().flatten() {
                    assert!(datagram.data.len() as u64 <= u64::from(datagram.wire_len));
                }
            }
        }
    }
    // The first message of two was captured, of the second the beginning.
    let both = transfer(&[rndis(&FRAME), rndis(&FRAME)].concat());
    let cut = Frame {
        wire_len: u32::try_from(both.len()).unwrap(),
        ..Frame::alone(lt::USB_LINUX_MMAPPED, &both[..both.len() - 4])
    };
    let packets: Vec<_> = Datagrams::of(&cut).into_iter().flatten().collect();
    assert_eq!(packets[0].data.len(), FRAME.len());
    assert_eq!(
        (packets[1].data.len(), packets[1].wire_len),
        (FRAME.len() - 4, 42)
    );
}
