//! Tags and frames around the frame that carries the packet.

use super::*;

fn frame(header: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(header);
    frame
}

/// Headers from the type on, and the VLAN tags they have.
fn headers() -> Vec<(Vec<u8>, &'static [u16])> {
    let inner = frame(&[8, 0]);
    let bridged = |header: &[u8]| [header, &inner].concat();
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    vec![
        // HSR, port extension, redundancy tag.
        (vec![0x89, 0x2f, 0, 0x40, 0, 1, 8, 0], &[]),
        (vec![0x89, 0x3f, 0, 0, 0, 0, 0, 0, 0x86, 0xdd], &[]),
        (vec![0xf1, 0xc1, 0, 0, 0, 1, 0x81, 0, 0, 5, 8, 0], &[5]),
        // A Gigamon node's, RTmac.
        (vec![0x22, 0xe5, 5, 1, 2, 3, 4, 8, 0], &[]),
        (vec![0x90, 0x21, 8, 0, 2, 1], &[]),
        // LLC of any length.
        ([&[0x88, 0x70], &snap[..]].concat(), &[]),
        (vec![0x88, 0x70, 6, 6, 3], &[]),
        (vec![0, 28, 6, 7, 3], &[]),
        // Bridged.
        (bridged(&[0x65, 0x58]), &[]),
        (bridged(&[0, 90, 0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7]), &[]),
        (
            bridged(&[0, 90, 0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0]),
            &[],
        ),
        // IP over Fibre Channel over Ethernet.
        (
            [
                &[0x89, 6][..],
                &[0; 14],
                &[4, 1, 2, 3, 0, 4, 5, 6, 5, 0x38, 0, 0, 1, 0, 0, 0],
                &[0, 1, 0xff, 0xff, 0, 0, 0, 0],
                &snap,
            ]
            .concat(),
            &[],
        ),
    ]
}

#[test]
fn the_packet_is_found_behind_every_tag() {
    for (header, vlans) in headers() {
        let data = frame(&header);
        let found = ethernet(&data, 0).unwrap();
        assert_eq!((found.network, found.offset), (Network::Ip, data.len()));
        assert_eq!(found.vlans.as_slice(), vlans);
        for length in 0..data.len() {
            match ethernet(&data[..length], 0) {
                Ok(found) => assert_ne!(found.network, Network::Ip, "{length} of {data:x?}"),
                Err(why) => assert_eq!(why, Undecodable::Short),
            }
        }
    }
}

#[test]
fn what_does_not_lead_on_stays_as_it_is() {
    // RTmac that tunnels nothing; Fibre Channel that is SCSI, or a later frame of a sequence; a
    // header of no length.
    let mut other = vec![vec![0x90, 0x21, 8, 0, 2, 0], vec![0x22, 0xe5, 0, 8, 0]];
    for (place, value) in [(2 + 14, 0x22), (2 + 14 + 8, 8), (2 + 14 + 15, 1)] {
        let (mut header, _) = headers().pop().unwrap();
        header[place] = value;
        other.push(header);
    }
    for header in other {
        let found = ethernet(&frame(&header), 0).unwrap();
        assert!(matches!(found.network, Network::Other(_)), "{header:x?}");
    }
}

#[test]
fn the_frame_of_an_inter_switch_link() {
    let mut data = vec![
        1, 0, 0x0c, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 60, 0xaa, 0xaa, 3, 0, 0, 0x0c,
    ];
    data.extend([0, 10, 0, 0, 0, 0]);
    data.extend(frame(&[8, 0]));
    let found = ethernet(&data, 0).unwrap();
    assert_eq!((found.network, found.offset), (Network::Ip, data.len()));
    assert_eq!(found.vlans.as_slice(), [5]);
    // Another group of Cisco's has LLC as well.
    data[4] = 0xcc;
    assert!(matches!(
        ethernet(&data, 0).unwrap().network,
        Network::Other(_)
    ));
}

#[test]
fn frames_in_frames_take_no_room_on_the_stack() {
    let unit = |header: &[u8]| frame(&[header, &[0xaa, 0xaa, 3, 0, 0, 0]].concat());
    for (kind, before) in [([0x89, 0x03], 2), ([0x65, 0x58], 0)] {
        let level = [vec![0; before], unit(&[3, 0xe8]), kind.to_vec()].concat();
        let data = [frame(&kind), level.repeat(12_000)].concat();
        assert_eq!(ethernet(&data, 0), Err(Undecodable::Short));
    }
    let level = [
        &[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7][..],
        &frame(&[0x65, 0x58]),
        &frame(&[0, 90]),
    ]
    .concat();
    let data = [frame(&[0, 90]), level.repeat(12_000)].concat();
    assert_eq!(ethernet(&data, 0), Err(Undecodable::Short));
}
