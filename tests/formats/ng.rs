//! pcapng: sections, interfaces, blocks, and what is wrong with them.

use icmpdump::model::{InterfaceId, LinkType};
use icmpdump::source::DamageKind;

use crate::build::{
    ORDERS, Octets, Order, block, enhanced, enhanced_as, interface, old, option, sample_frame,
    sample_ng, section, simple,
};
use crate::read::{octets, whole};

pub(crate) const DATA: &[u8] = b"fourteen octet";
pub(crate) const LE: Order = Order::Little;

/// The blocks, one behind the other.
pub(crate) fn file(blocks: &[Vec<u8>]) -> Vec<u8> {
    blocks.concat()
}

#[test]
fn every_kind_of_packet_block_in_both_byte_orders() {
    for order in ORDERS {
        let read = whole(&file(&[
            section(order),
            interface(order, 1, 0, &[]),
            enhanced(order, 0, 1_000_001, DATA, &[]),
            simple(order, 60, DATA),
            old(order, 0, 2_000_002, DATA),
        ]));
        assert_eq!(read.data(), [DATA, b"fourteen octet\0\0", DATA]);
        let nanos: Vec<_> = read.frames.iter().map(|f| f.nanos).collect();
        assert_eq!(nanos, [1_000_001_000, 0, 2_000_002_000]);
        let wire: Vec<_> = read.frames.iter().map(|f| f.wire_len).collect();
        assert_eq!(wire, [14, 60, 14]);
        assert!(read.damage.is_empty());
        assert_eq!(read.info[0].format, "pcapng");
    }
}

#[test]
fn a_simple_packet_is_bounded_by_original_and_snap_length() {
    let read = |snaplen, original| {
        let blocks = [
            section(LE),
            interface(LE, 1, snaplen, &[]),
            simple(LE, original, b"0123456789"),
        ];
        let read = whole(&file(&blocks));
        (read.frames[0].data.len(), read.frames[0].wire_len)
    };
    assert_eq!(read(0, 9), (9, 9));
    assert_eq!(read(4, 9), (4, 9));
    assert_eq!(read(6, 1000), (6, 1000));
    // The block has no more, padding included.
    assert_eq!(read(65_535, 1000), (12, 1000));
}

#[test]
fn each_interface_has_its_own_link_type_clock_and_name() {
    let o = |code, value: &[u8]| option(LE, code, value);
    let stamp = 5_000_000_000_u64;
    let read = whole(&file(&[
        section(LE),
        interface(LE, 1, 96, &[o(2, b"eth0")]),
        interface(LE, 113, 0, &[o(2, b"any"), o(9, &[9])]),
        interface(LE, 12, 0, &[o(9, &[0x80 | 0x20])]),
        interface(LE, 1, 0, &[o(14, &(-5000_i64).to_le_bytes()), o(9, &[6])]),
        interface(LE, 1, 0, &[o(14, &1_i64.to_le_bytes()), o(9, &[3])]),
        enhanced(LE, 0, stamp, DATA, &[]),
        enhanced(LE, 1, stamp, DATA, &[]),
        enhanced(LE, 2, 5 << 32 | 1 << 31, DATA, &[]),
        enhanced(LE, 3, stamp, DATA, &[]),
        enhanced(LE, 4, stamp, DATA, &[]),
    ]));
    let got: Vec<_> = read
        .frames
        .iter()
        .map(|f| (f.interface.map_or(99, |i| i.0), f.link.0, f.nanos))
        .collect();
    assert_eq!(
        got,
        [
            (0, 1, 5_000_000_000_000),
            (1, 113, 5_000_000_000),
            (2, 101, 5_500_000_000),
            (3, 1, 0),
            (4, 1, 5_000_001_000_000_000),
        ]
    );
    let names: Vec<_> = read.info[0]
        .interfaces
        .iter()
        .map(|i| i.name.as_deref())
        .collect();
    assert_eq!(names, [Some("eth0"), Some("any"), None, None, None]);
    assert_eq!(read.info[0].interfaces[0].snaplen, 96);
    assert_eq!(read.info[0].interfaces[2].link, LinkType(101));
}

#[test]
fn sections_of_mixed_byte_order_count_interfaces_on() {
    let part = |order, name: &[u8]| {
        file(&[
            section(order),
            interface(order, 1, 0, &[option(order, 2, name)]),
            interface(order, 101, 0, &[]),
            enhanced(order, 1, 1, DATA, &[]),
        ])
    };
    let read = whole(
        &[
            part(Order::Big, b"a"),
            part(LE, b"b"),
            part(Order::Big, b"c"),
        ]
        .concat(),
    );
    let ids: Vec<_> = read.frames.iter().map(|f| f.interface).collect();
    assert_eq!(ids, [1, 3, 5].map(|n| Some(InterfaceId(n))));
    assert!(read.frames.iter().all(|f| f.link == LinkType(101)));
    let names: Vec<_> = read.info[0]
        .interfaces
        .iter()
        .map(|i| i.name.as_deref())
        .collect();
    assert_eq!(names, [Some("a"), None, Some("b"), None, Some("c"), None]);
    assert!(read.damage.is_empty());
}

#[test]
fn the_section_length_is_not_believed() {
    for claimed in [0, 4, u64::MAX >> 1] {
        let body = Octets::new(LE).u32(0x1a2b_3c4d).u16(1).u16(0).u64(claimed);
        let read = whole(&file(&[
            block(LE, 0x0a0d_0d0a, &body.end()),
            interface(LE, 1, 0, &[]),
            enhanced(LE, 0, 1, DATA, &[]),
        ]));
        assert_eq!(read.data(), [DATA], "{claimed}");
    }
}

#[test]
fn other_blocks_are_passed_over() {
    let large = vec![1; 5 << 20];
    let read = whole(&file(&[
        section(LE),
        block(LE, 0xbad, b"custom, of any content"),
        interface(LE, 1, 0, &[]),
        block(LE, 4, b"names"),
        block(LE, 0x8000_0001, &large),
        enhanced(LE, 0, 1, DATA, &[]),
        block(LE, 10, b"secrets"),
    ]));
    assert_eq!(read.data(), [DATA]);
    assert!(read.damage.is_empty());
}

#[test]
fn damaged_options_cost_no_packet() {
    let o = |code, value: &[u8]| option(LE, code, value);
    let lying = Octets::new(LE).u16(2).u16(60_000).raw(b"abcd").end();
    let read = whole(&file(&[
        section(LE),
        // Not UTF-8; a length that does not fit; values that are too short.
        interface(LE, 1, 0, &[o(2, b"eth\xff\x1b"), o(9, &[9])]),
        interface(LE, 1, 0, &[o(9, &[9]), lying.clone()]),
        interface(
            LE,
            1,
            0,
            &[o(9, &[]), o(14, &[1, 2]), o(13, &[]), o(2, &[])],
        ),
        enhanced(LE, 0, 7, DATA, std::slice::from_ref(&lying)),
        enhanced(LE, 1, 7, DATA, &[o(1, b"a comment \xff")]),
        enhanced(LE, 2, 7, DATA, &[o(2, &[1])]),
    ]));
    assert_eq!(read.data(), [DATA; 3]);
    let nanos: Vec<_> = read.frames.iter().map(|f| f.nanos).collect();
    assert_eq!(nanos, [7, 7, 7000]);
    let names: Vec<_> = read.info[0]
        .interfaces
        .iter()
        .map(|i| i.name.as_deref())
        .collect();
    assert_eq!(names, [Some("eth\u{fffd}\u{1b}"), None, Some("")]);
    // Those that claim more octets than there are tell of damage.
    let damage = read.only_damage();
    assert_eq!((damage.kind, damage.frame), (DamageKind::Block, 1));
    assert!(damage.why.contains("an option"), "{}", damage.why);
    let more = "; 1 more block behind it is damaged alike";
    assert!(damage.why.ends_with(more), "{}", damage.why);
}

#[test]
fn the_reserved_field_of_an_interface_is_not_read() {
    let body = Octets::new(LE).u16(1).u16(0xffff).u32(0).end();
    let read = whole(&file(&[
        section(LE),
        block(LE, 1, &body),
        enhanced(LE, 0, 1, DATA, &[]),
    ]));
    assert_eq!(read.data(), [DATA]);
}

#[test]
fn lengths_of_frame_check_sequences() {
    let o = |code, value: &[u8]| option(LE, code, value);
    let flags = |len: u32| o(2, &(len << 5).to_le_bytes());
    let read = whole(&file(&[
        section(LE),
        interface(LE, 1, 0, &[o(13, &[4])]),
        interface(LE, 1, 0, &[o(13, &[32])]),
        interface(LE, 1, 0, &[]),
        enhanced(LE, 0, 1, DATA, &[]),
        enhanced(LE, 1, 1, DATA, &[flags(0)]),
        enhanced(LE, 2, 1, DATA, &[]),
        enhanced(LE, 2, 1, DATA, &[o(1, b"comment"), flags(4)]),
        enhanced(LE, 0, 1, DATA, &[flags(2)]),
    ]));
    let fcs: Vec<_> = read.frames.iter().map(|f| f.fcs_len).collect();
    assert_eq!(fcs, [4, 4, 0, 4, 2]);
}

#[test]
fn what_cannot_be_is_damage_at_its_block() {
    let mut mismatch = enhanced(LE, 0, 1, DATA, &[]);
    *mismatch.last_mut().expect("octets") = 1;
    let length = |len: u32| [6_u32.to_le_bytes(), len.to_le_bytes(), [0; 4]].concat();
    let version = Octets::new(LE).u32(0x1a2b_3c4d).u16(2).u16(0).u64(0).end();
    let magic = Octets::new(LE).u32(0x1a2b_3c4e).u16(1).u16(0).u64(0).end();
    for (wrong, why) in [
        (simple(Order::Big, 4, DATA), "more than"),
        (mismatch, "tail"),
        (length(30), "multiple of 4"),
        (length(8), "below"),
        (length(u32::MAX - 3), "more than"),
        (block(LE, 0x0a0d_0d0a, &version), "version 2.0"),
        (block(LE, 0x0a0d_0d0a, &magic), "byte-order magic"),
    ] {
        assert_damage(&wrong, 0, why, (DamageKind::Corrupt, 2));
    }
}

#[test]
fn broken_contents_are_passed_over() {
    let cut = Octets::new(LE).u32(0).u32(0).end();
    for (wrong, why) in [
        (
            enhanced(LE, 1, 1, DATA, &[]),
            "the packet is of interface 1",
        ),
        (
            enhanced_as(LE, [0, 17, 17], 1, DATA, &[]),
            "17 captured octets",
        ),
        (
            enhanced_as(LE, [0, u32::MAX, 14], 1, DATA, &[]),
            "4294967295",
        ),
        (block(LE, 6, &[0; 16]), "has only 16 octets"),
        (block(LE, 1, &[0; 4]), "has only 4 octets"),
        (block(LE, 5, &cut), "statistics block has only 8 octets"),
        (
            block(LE, 5, &[7; 12]),
            "the statistics are of interface 117901063",
        ),
    ] {
        assert_damage(&wrong, 0, why, (DamageKind::Block, 3));
    }
    // Behind a section header no interface is described yet.
    let header = section(LE);
    assert_damage(&header, header.len(), "interface 0", (DamageKind::Block, 2));
}

/// Checks that `wrong` between two frames and a third one is told as damage at so many octets from its
/// start, and how many frames are read.
#[track_caller]
fn assert_damage(wrong: &[u8], from: usize, why: &str, (kind, frames): (DamageKind, usize)) {
    let before = file(&[
        section(LE),
        interface(LE, 1, 0, &[]),
        enhanced(LE, 0, 1, DATA, &[]),
        enhanced(LE, 0, 2, DATA, &[]),
    ]);
    let at = before.len() + from;
    let after = enhanced(LE, 0, 3, DATA, &[]);
    let read = whole(&[&before, wrong, &after].concat());
    assert_eq!(read.frames.len(), frames, "{why}");
    let damage = read.only_damage();
    assert_eq!(damage.kind, kind, "{why}: {}", damage.why);
    assert_eq!((damage.offset, damage.frame), (at as u64, 3), "{why}");
    assert!(damage.why.contains(why), "{why}: {}", damage.why);
}

/// As without a description of the interface.
#[test]
fn blocks_that_are_broken_in_one_way_are_told_once() {
    let mut content = section(LE);
    for _ in 0..100 {
        content.extend(enhanced(LE, 0, 1, DATA, &[]));
    }
    let read = whole(&content);
    assert!(read.frames.is_empty());
    let damage = read.only_damage();
    assert_eq!(
        (damage.kind, damage.offset, damage.frame),
        (DamageKind::Block, section(LE).len() as u64, 1)
    );
    assert_eq!(
        damage.why,
        "the packet is of interface 0, counted from 0, and its section has described none; it was \
         passed over; 99 more blocks behind it are damaged alike"
    );
}

#[test]
fn broken_blocks_are_counted_where_they_are_many() {
    let mut content = file(&[section(LE), interface(LE, 1, 0, &[])]);
    for interface in 9..109 {
        content.extend(enhanced(LE, interface, 1, DATA, &[]));
        content.extend(enhanced(LE, 0, 1, DATA, &[]));
    }
    let read = whole(&content);
    assert_eq!(read.frames.len(), 100);
    assert_eq!(read.damage.len(), 17);
    let last = read.damage.last().expect("damage");
    assert!(
        last.why.ends_with("83 more blocks behind it are damaged"),
        "{}",
        last.why
    );
    assert_eq!(last.frame, 17);
}

#[test]
fn an_interface_that_is_cut_counts() {
    let read = whole(&file(&[
        section(LE),
        block(LE, 1, &[]),
        interface(LE, 1, 0, &[]),
        enhanced(LE, 1, 1, DATA, &[]),
    ]));
    assert_eq!(read.data(), [DATA]);
    assert_eq!(read.only_damage().kind, DamageKind::Block);
}

#[test]
fn original_length_below_captured() {
    let read = whole(&file(&[
        section(LE),
        interface(LE, 1, 4, &[]),
        enhanced_as(LE, [0, 14, 3], 1, DATA, &[]),
    ]));
    assert_eq!(read.data(), [DATA]);
    assert_eq!(read.frames[0].wire_len, 14);
}

#[test]
fn frames_beyond_a_mebibyte_keep_their_beginning() {
    let large: Vec<u8> = (0..3_000_000_u32).map(|i| i.to_be_bytes()[2]).collect();
    let mut content = file(&[
        section(LE),
        interface(LE, 249, 0, &[]),
        enhanced(LE, 0, 1, &large, &[option(LE, 1, b"comment")]),
        enhanced(LE, 0, 2, DATA, &[]),
    ]);
    let read = whole(&content);
    assert_eq!(read.frames.len(), 2);
    let first = &read.frames[0];
    assert_eq!(first.wire_len, 3_000_000);
    assert!(first.data.len() > 1_000_000 && first.data.len() < 1 << 20);
    assert_eq!(first.data, large[..first.data.len()]);
    assert_eq!(read.frames[1].data, DATA);

    content.truncate(2_000_000);
    let read = whole(&content);
    assert!(read.frames.is_empty());
    assert_eq!(read.only_damage().kind, DamageKind::Cut);
    let start = section(LE).len() + interface(LE, 249, 0, &[]).len();
    assert_eq!(read.only_damage().offset, start as u64);
}

#[test]
fn many_interfaces_are_not_all_kept() {
    let mut content = section(LE);
    let description = interface(LE, 1, 0, &[option(LE, 2, &[0xff; 300])]);
    for _ in 0..70_000 {
        content.extend(&description);
    }
    content.extend(enhanced(LE, 65_535, 1, DATA, &[]));
    content.extend(enhanced(LE, 65_536, 1, DATA, &[]));
    let read = whole(&content);
    assert_eq!(read.data(), [DATA]);
    assert_eq!(read.info[0].interfaces.len(), 1 << 14);
    assert!(read.only_damage().why.contains("interface 65536"));
}

#[test]
fn every_cut_gives_the_whole_packets_before_it() {
    let content = sample_ng(6);
    let all = whole(&content);
    assert_eq!(all.frames.len(), 6);
    for (i, frame) in (0..).zip(&all.frames) {
        assert_eq!(frame.data, sample_frame(i));
    }
    let mut most = 0;
    for cut in 0..=content.len() {
        let Ok(read) = octets(&content[..cut]) else {
            assert!(cut < 4, "cut at {cut}");
            continue;
        };
        assert_eq!(read.frames, all.frames[..read.frames.len()], "cut at {cut}");
        assert!(read.frames.len() >= most, "cut at {cut}");
        most = read.frames.len();
        if let [damage] = read.damage.as_slice() {
            assert_eq!(damage.kind, DamageKind::Cut);
            assert_eq!(damage.frame, most as u64 + 1);
            assert!(damage.offset < cut as u64);
        }
    }
    assert_eq!(most, 6);
}
