//! Packets in channels of Bluetooth, against tshark.

#[path = "bluetooth/crafted.rs"]
mod crafted;

use std::process::Command;

use serde_json::Value;

use self::crafted::{
    BNEP, FLAGS, H4, H4_WITH_PHDR, IPV6, In, LE_LL, LE_LL_WITH_PHDR, LINUX_MONITOR, NORDIC_BLE,
    OURS, OWN, Out, PEER, Packet, THEIRS, USB_LINUX, USB_LINUX_MMAPPED, USBPCAP, Way, acl, bnep,
    compressed, devices, enhanced, frames, in_parts, l2cap, length, link_local, opened,
    opened_with_credits, plugged_in, sniffed_by_nordic, with_credits, words,
};
use crate::captured::written;
use crate::streams::{ours, records, request};

/// Frame and sequence number of each message, as tshark has them, and the source of IPv6.
fn theirs(link: u32, frames: &[Vec<u8>]) -> Vec<(u64, u64, String)> {
    let file = written(link, frames);
    let output = Command::new("tshark")
        .args(["-n", "-T", "fields", "-e", "frame.number", "-e", "icmp.seq"])
        .args(["-e", "icmpv6.echo.sequence_number", "-e", "ipv6.src", "-r"])
        .arg(file.path())
        .output()
        .expect("tshark is installed");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let frame = fields.next()?.parse().ok()?;
            let seq = [fields.next()?, fields.next()?].concat().parse().ok()?;
            Some((frame, seq, fields.next()?.to_owned()))
        })
        .collect()
}

/// Frame, sequence number and source of each message that is whole.
fn with_sources(records: &[Value]) -> Vec<(u64, u64, String)> {
    let source = |frame: u64| {
        let told = |record: &&Value| record["type"] == "icmp" && record["frame"] == frame;
        records.iter().rfind(told).unwrap()["ip"]["src"].clone()
    };
    ours(records)
        .into_iter()
        .map(|(frame, seq)| (frame, seq, source(frame).as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn tshark_puts_the_same_frames_of_networks_together() {
    let unit = |seq| bnep(&request(seq, 600));
    let basic = [
        opened(BNEP),
        acl(Out, &l2cap(THEIRS, &unit(1)), 339),
        acl(In, &l2cap(OURS, &unit(2)), 27),
        acl(In, &l2cap(OURS, &bnep(&request(3, 8))), 64),
    ]
    .concat();
    for link in [H4_WITH_PHDR, LINUX_MONITOR] {
        let frames = frames(link, &basic);
        let ours = ours(&records(link, &frames));
        assert_eq!(
            ours.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        let theirs = theirs(link, &frames).into_iter();
        assert_eq!(
            ours,
            theirs
                .map(|(frame, seq, _)| (frame, seq))
                .collect::<Vec<_>>()
        );
    }
}

/// tshark wants to know that the device is a controller, and we do not.
#[test]
fn tshark_reads_the_same_frames_of_controllers_on_usb() {
    let told = [
        devices(),
        opened(BNEP),
        acl(Out, &l2cap(THEIRS, &bnep(&request(1, 600))), 339),
        acl(In, &l2cap(OURS, &bnep(&request(2, 600))), 27),
    ]
    .concat();
    for link in [USB_LINUX, USB_LINUX_MMAPPED] {
        let all = [plugged_in(link), frames(link, &told)].concat();
        let ours = ours(&records(link, &all));
        assert_eq!(ours.len(), 2, "{link}");
        let theirs = theirs(link, &all).into_iter();
        let theirs: Vec<_> = theirs.map(|(frame, seq, _)| (frame, seq)).collect();
        assert_eq!(ours, theirs, "{link}");
    }
    let low_energy = [
        devices(),
        opened_with_credits(IPV6),
        acl(
            Out,
            &with_credits(THEIRS, &compressed(1, OWN, PEER, 8), 64)[0],
            64,
        ),
    ]
    .concat();
    for link in [USB_LINUX, USB_LINUX_MMAPPED, USBPCAP] {
        let ours = with_sources(&records(link, &frames(link, &low_energy)));
        let own = std::net::Ipv6Addr::from(link_local(OWN)).to_string();
        assert_eq!(
            ours.into_iter().map(|(_, _, src)| src).collect::<Vec<_>>(),
            [own]
        );
    }
}

/// Transfers of other devices that begin like theirs, and other transfers of theirs.
#[test]
fn a_transfer_of_another_length_is_none_of_a_controller() {
    let packets = acl(Out, &l2cap(THEIRS, &bnep(&request(1, 60))), 200);
    let link = USB_LINUX_MMAPPED;
    let [frame] = frames(link, &packets).try_into().unwrap();
    assert_eq!(ours(&records(link, std::slice::from_ref(&frame))), [(1, 1)]);
    let count = |frame: Vec<u8>| ours(&records(link, &[frame])).len();
    assert_eq!(count([&frame[..], &[0]].concat()), 0);
    for (place, value) in [(9, 0), (9, 1), (9, 2), (15, b'<'), (66, 0), (67, 1)] {
        let mut other = frame.clone();
        other[place] = value;
        assert_eq!(count(other), 0, "{place} {value}");
    }
}

#[test]
fn networks_are_read_without_a_direction_and_without_what_opened_their_channel() {
    let packets = [
        acl(Out, &l2cap(THEIRS, &bnep(&request(1, 600))), 100),
        acl(In, &l2cap(OURS, &bnep(&request(2, 600))), 100),
    ]
    .concat();
    let on_usb = [USB_LINUX, USB_LINUX_MMAPPED, USBPCAP];
    for link in [H4, H4_WITH_PHDR, LINUX_MONITOR].into_iter().chain(on_usb) {
        let records = records(link, &frames(link, &packets));
        assert_eq!(ours(&records), [(7, 1), (14, 2)], "{link}");
    }
}

/// Retransmission has numbers, which tell what came again and what is lost.
#[test]
fn parts_of_enhanced_retransmission_are_put_together() {
    for checks in [true, false] {
        let check = if checks { &[0, 0][..] } else { &[] };
        let unit =
            |first, seq, octets| in_parts(THEIRS, first, &bnep(&request(seq, octets)), 250, check);
        let begin = [opened(BNEP), enhanced(checks)].concat();
        let sent = |parts: &[Vec<u8>]| -> Vec<Packet> {
            parts.iter().flat_map(|part| acl(Out, part, 1000)).collect()
        };
        let [short, long, last] = [unit(0, 1, 8), unit(1, 2, 600), unit(4, 3, 300)];
        let acknowledged = l2cap(OURS, &[&[0x01, 0x05], check].concat());
        let all = [
            begin.clone(),
            sent(&short),
            sent(&long[..2]),
            sent(&long[1..2]),
            acl(In, &acknowledged, 100),
            sent(&long[2..]),
            sent(&last),
        ]
        .concat();
        let seqs = |packets: &[Packet]| -> Vec<u64> {
            let records = records(H4_WITH_PHDR, &frames(H4_WITH_PHDR, packets));
            ours(&records).into_iter().map(|(_, seq)| seq).collect()
        };
        assert_eq!(seqs(&all), [1, 2, 3], "{checks}");
        let with_loss = [
            begin,
            sent(&short),
            sent(&long[..1]),
            sent(&long[2..]),
            sent(&last),
        ];
        assert_eq!(seqs(&with_loss.concat()), [1, 3], "{checks}");
    }
}

#[test]
fn tshark_expands_the_same_packets_of_low_energy() {
    let packets = |units: &[(Way, u16, Vec<u8>)]| -> Vec<Packet> {
        units
            .iter()
            .flat_map(|(way, channel, unit)| {
                with_credits(*channel, unit, 64)
                    .into_iter()
                    .flat_map(|frame| acl(*way, &frame, 27))
            })
            .collect()
    };
    let told = [
        devices(),
        opened_with_credits(IPV6),
        packets(&[
            (Out, THEIRS, compressed(1, OWN, PEER, 8)),
            (In, OURS, compressed(2, PEER, OWN, 200)),
            (Out, THEIRS, compressed(3, OWN, PEER, 1200)),
        ]),
    ]
    .concat();
    for link in [H4_WITH_PHDR, LINUX_MONITOR] {
        let frames = frames(link, &told);
        let ours = with_sources(&records(link, &frames));
        assert_eq!(ours.len(), 3, "{link}");
        assert_eq!(ours, theirs(link, &frames), "{link}");
    }
}

/// On the air parts are numbered by a bit, and there may be others between them.
#[test]
fn packets_of_low_energy_are_read_on_the_air() {
    const ACCESS: [u8; 4] = [0x56, 0x34, 0x12, 0x50];
    let pdu = |access: [u8; 4], header: [u8; 2], octets: &[u8]| {
        [&access[..], &header, octets, &[0; 3]].concat()
    };
    let turned = |mut address: [u8; 6]| {
        address.reverse();
        address
    };
    let connect = [&turned(OWN)[..], &turned(PEER), &ACCESS, &[0; 18]].concat();
    let mut all = vec![(None, pdu(0x8e89_bed6_u32.to_le_bytes(), [5, 34], &connect))];
    let mut send = |way: Way, l2cap: &[u8], again: bool| {
        for (n, octets) in l2cap.chunks(27).enumerate() {
            let kind = if n == 0 { 2 } else { 1 };
            let length = u8::try_from(octets.len()).unwrap();
            let data = (Some(way), pdu(ACCESS, [kind, length], octets));
            let empty = (Some(way), pdu(ACCESS, [1 | 8, 0], &[]));
            all.extend(vec![data; if again { 2 } else { 1 }]);
            all.push(empty);
        }
    };
    let command = |code, parameters: &[u16]| {
        let parameters = words(parameters);
        let command = [&[code, 1], &words(&[length(&parameters)])[..], &parameters].concat();
        l2cap(5, &command)
    };
    send(Out, &command(0x14, &[IPV6, OURS, 1280, 64, 10]), false);
    send(In, &command(0x15, &[THEIRS, 1280, 64, 10, 0]), false);
    for frame in with_credits(THEIRS, &compressed(1, OWN, PEER, 100), 64) {
        send(Out, &frame, false);
    }
    for frame in with_credits(OURS, &compressed(2, PEER, OWN, 100), 64) {
        send(In, &frame, true);
    }
    let with_header: Vec<_> = all
        .iter()
        .map(|(way, pdu)| {
            let kind: u16 = match way {
                None => 0,
                Some(Out) => 2 << 7,
                Some(In) => 3 << 7,
            };
            let flags = (0x0c13 | kind).to_le_bytes();
            [&[5, 0xc4, 0x80, 0, 0xd6, 0xbe, 0x89, 0x8e][..], &flags, pdu].concat()
        })
        .collect();
    let ours = with_sources(&records(LE_LL_WITH_PHDR, &with_header));
    assert_eq!(ours.len(), 2);
    let seqs = |told: &[(u64, u64, String)]| -> Vec<_> {
        told.iter()
            .map(|(_, seq, src)| (*seq, src.clone()))
            .collect()
    };
    assert_eq!(seqs(&ours), seqs(&theirs(LE_LL_WITH_PHDR, &with_header)));
    for version in [1, 2, 3] {
        let nordic: Vec<_> = all
            .iter()
            .map(|(way, pdu)| sniffed_by_nordic(version, *way, pdu))
            .collect();
        let ours = with_sources(&records(NORDIC_BLE, &nordic));
        assert_eq!(ours.len(), 2, "{version}");
        assert_eq!(seqs(&ours), seqs(&theirs(NORDIC_BLE, &nordic)), "{version}");
        let count = |place: usize, value: u8| {
            let mut changed = nordic.clone();
            for frame in &mut changed {
                frame[place] = value | (frame[place] & if place == FLAGS { 0xff } else { 0 });
            }
            let told = records(NORDIC_BLE, &changed);
            told.iter()
                .filter(|record| record["type"] == "icmp")
                .count()
        };
        let whole = count(FLAGS, 0);
        assert_eq!(count(FLAGS, 0x0c), whole, "authentic");
        for (place, value) in [(FLAGS, 4), (3, 4), (6, 7), (7, 9)] {
            assert_eq!(count(place, value), 0, "{version} {place}");
        }
    }
    // Without a direction nothing tells whose addresses were left out.
    let bare: Vec<_> = all.into_iter().map(|(_, pdu)| pdu).collect();
    let records = records(LE_LL, &bare);
    let first = records
        .iter()
        .find(|record| record["type"] == "icmp")
        .unwrap();
    assert_eq!(first["ip"]["src"], "fe80::");
    assert_eq!(first["icmp"]["checksum"]["status"], "unverified");
}

#[test]
fn what_is_not_known_of_addresses_is_told() {
    let unit = with_credits(THEIRS, &compressed(1, OWN, PEER, 8), 64);
    let packets = [opened_with_credits(IPV6), acl(Out, &unit[0], 64)].concat();
    let records = records(H4_WITH_PHDR, &frames(H4_WITH_PHDR, &packets));
    let message = records
        .iter()
        .find(|record| record["type"] == "icmp")
        .unwrap();
    assert_eq!(message["ip"]["src"], "fe80::");
    assert!(message["ip"].get("unknown_prefix").is_some(), "{message}");
    assert_eq!(message["icmp"]["checksum"]["status"], "unverified");
}

#[test]
fn what_is_lost_of_a_link_is_counted() {
    let mut packets = [
        opened(BNEP),
        acl(Out, &l2cap(THEIRS, &bnep(&request(1, 8))), 64),
        acl(Out, &l2cap(THEIRS, &bnep(&request(2, 600))), 100),
    ]
    .concat();
    packets.remove(3);
    let records = records(H4_WITH_PHDR, &frames(H4_WITH_PHDR, &packets));
    assert_eq!(ours(&records), [(3, 1)]);
    let summary = records.last().unwrap();
    assert_eq!(summary["undecodable"]["first_fragment"], 6);
}

#[test]
fn any_prefix_of_a_frame_of_bluetooth_is_let_pass() {
    let packets = [
        devices(),
        opened(BNEP),
        enhanced(true),
        opened_with_credits(IPV6),
        acl(Out, &l2cap(THEIRS, &bnep(&request(1, 60))), 64),
        acl(
            In,
            &with_credits(OURS, &compressed(2, PEER, OWN, 40), 64)[0],
            64,
        ),
    ]
    .concat();
    let on_usb = [USB_LINUX, USB_LINUX_MMAPPED, USBPCAP];
    let others = [
        H4,
        H4_WITH_PHDR,
        LINUX_MONITOR,
        LE_LL,
        LE_LL_WITH_PHDR,
        NORDIC_BLE,
    ];
    for link in others.into_iter().chain(on_usb) {
        for frame in frames(link, &packets) {
            let prefixes: Vec<_> = (1..=frame.len()).map(|end| frame[..end].to_vec()).collect();
            records(link, &prefixes);
        }
    }
}
