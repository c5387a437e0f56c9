//! Frames in tunnels, and in frames.

use super::{ETHERNET, Sample, TAGGED, echo, ip, over, over_udp, tagged};

const UDP: [&str; 1] = ["udp src_port=49152 dst_port=37008 udp_length=67 checksum=0x1234"];

/// IEEE 802.11 data with LLC and SNAP.
fn ieee802_11() -> Vec<u8> {
    let mut frame = vec![0x08, 0x02, 0, 9];
    frame.extend([
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x10, 0,
    ]);
    frame.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    frame.extend(echo());
    frame
}

const WIRELESS: [&str; 2] = [
    "ieee802_11 frame_control=0x802 duration=2304 address_1=020000000002 address_2=020000000003 \
     address_3=020000000001 sequence_control=16",
    "llc dsap=0xaa ssap=0xaa control=0x3 oui=0x0 ether_type=0x800",
];

pub(super) fn around_frames() -> Vec<Sample> {
    [
        from_access_points(),
        of_mirrors_and_bridges(),
        of_receivers_and_clusters(),
    ]
    .concat()
}

fn from_access_points() -> Vec<Sample> {
    vec![
        ip(
            over_udp(37008, &[1, 0, 0, 1, 0, 10, 1, 0xc4, 1], &tagged()),
            &[
                UDP[0],
                "tzsp version=1 type=0 encapsulation=0x1 tags=000a01c401",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(37008, &[1, 0, 0, 0x12, 1], &ieee802_11()),
            &[
                "udp src_port=49152 dst_port=37008 udp_length=73 checksum=0x1234",
                "tzsp version=1 type=0 encapsulation=0x12 tags=01",
                WIRELESS[0],
                WIRELESS[1],
            ],
        ),
        ip(
            over_udp(
                5247,
                &[0, 0x20, 0x83, 0x10, 0, 9, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0],
                &ieee802_11(),
            ),
            &[
                "udp src_port=49152 dst_port=5247 udp_length=84 checksum=0x1234",
                "capwap version=0 header_words=4 radio=2 wireless_binding=1 native_frame=true \
                 fragment=false last_fragment=false fragment_id=9 fragment_offset=0 \
                 optional_fields=0601020304050600",
                WIRELESS[0],
                WIRELESS[1],
            ],
        ),
        ip(
            over_udp(
                12223,
                &[1, 2, 3, 4, 5, 6, 8, 0, 0, 60, 50, 20],
                &ieee802_11(),
            ),
            &[
                "udp src_port=49152 dst_port=12223 udp_length=80 checksum=0x1234",
                "access_point address=010203040506",
                "lwapp version=0 radio=1 fragment=false last_fragment=false fragment_id=0 \
                 payload_length=60 signal_strength=50 signal_to_noise=20",
                WIRELESS[0],
                WIRELESS[1],
            ],
        ),
        ip(
            over_udp(12220, &[], &tagged()),
            &[
                "udp src_port=49152 dst_port=12220 udp_length=58 checksum=0x1234",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
    ]
}

fn of_mirrors_and_bridges() -> Vec<Sample> {
    vec![
        ip(
            over_udp(49153, &[0x6e, 0x80, 1, 2], &tagged()),
            &[
                "udp src_port=49152 dst_port=49153 udp_length=62 checksum=0x1234",
                "broadcom_li direction=3 packet_type=7 subtype=2 li_id=258",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(
                34980,
                &[
                    72, 0x10, 5, 1, 0xe9, 3, 0, 0x10, 60, 0, 0, 0, 54, 0, 7, 0, 0, 0x12, 0, 1, 0, 0,
                ],
                &tagged(),
            ),
            &[
                "udp src_port=49152 dst_port=34980 udp_length=80 checksum=0x1234",
                "ethercat type=1 mailbox_length=54 station=7",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(
                24577,
                &[1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 3, 0, 0],
                &tagged(),
            ),
            &[
                "udp src_port=49152 dst_port=24577 udp_length=76 checksum=0x1234",
                "mint dst_address=01010101 src_address=02020202 dst_type=1 src_type=3",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(
                5000,
                &[
                    0, 0xff, 0xab, 0xcd, 2, 0, 0, 0, 21, 0, 0, 0, 6, 0, 7, 0, 11, 0, 0, 9, 0x9e,
                ],
                &ieee802_11(),
            ),
            &[
                "udp src_port=49152 dst_port=5000 udp_length=89 checksum=0x1234",
                "peekremote magic=0xffabcd version=2 header_length=21 type=6 mcs_index=7 \
                 channel=11 frequency=2462",
                WIRELESS[0],
                WIRELESS[1],
            ],
        ),
        ip(
            over_udp(
                5000,
                &[
                    1, 3, 0, 9, 10, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 50, 0, 0,
                    0, 50,
                ],
                &tagged(),
            ),
            &[
                "udp src_port=49152 dst_port=5000 udp_length=86 checksum=0x1234",
                "e100 version=1 port=3 sequence=9 address=10.0.0.1 packet_id=4 seconds=5 \
                 microseconds=6 captured_length=50 original_length=50",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over(47, &[0x20, 1, 0x64, 0, 0, 50, 7, 1], &tagged()),
            &[
                "gre checksum_present=false routing_present=false key_present=true \
                 sequence_present=false strict_source_route=false acknowledgment_present=false \
                 version=1 protocol=0x6400 payload_length=50 tunnel=263",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over(47, &[0, 0, 0x82, 0x10], &ieee802_11()),
            &[
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=false strict_source_route=false version=0 protocol=0x8210",
                WIRELESS[0],
                WIRELESS[1],
            ],
        ),
        ip(
            over(143, &[], &tagged()),
            &[TAGGED[0], TAGGED[1], TAGGED[2]],
        ),
    ]
}

fn of_receivers_and_clusters() -> Vec<Sample> {
    vec![
        ip(
            over_udp(
                52001,
                b"RFta\x05\0\x03\0\x01\0\0\0\x11\x22\x33\x44\x55\x66\x77\x88",
                &tagged(),
            ),
            &[
                "udp src_port=49152 dst_port=52001 udp_length=78 checksum=0x1234",
                "rftap magic=0x52467461 header_words=5 flags=0x3 link_type=1 \
                 parameters=1122334455667788",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(3343, &[], &tagged()),
            &[
                "udp src_port=49152 dst_port=3343 udp_length=58 checksum=0x1234",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
    ]
}

fn typed(kind: u16, header: &[u8], inner: &[u8], told: &'static [&'static str]) -> Sample {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(kind.to_be_bytes());
    frame.extend(header);
    frame.extend(inner);
    Sample {
        link: ETHERNET,
        frame,
        told,
    }
}

const PPPOE: &str = "pppoe version=1 type=1 code=0 session=1 payload_length=40";

fn session(ppp: &[u8], inner: &[u8], told: &'static [&'static str]) -> Sample {
    let header = [&[0x11, 0, 0, 1, 0, 40][..], ppp].concat();
    typed(0x8864, &header, inner, told)
}

pub(super) fn on_ethernet() -> Vec<Sample> {
    [in_meshes(), in_sessions(), in_x25()].concat()
}

fn in_x25() -> Vec<Sample> {
    vec![
        typed(
            0x0805,
            &[0xda, 0xbc, 0x64, 0xcc],
            &echo(),
            &[
                "x25 qualifier=true delivery_confirmation=true logical_channel=2748 \
                 receive_number=3 more=false send_number=2 nlpid=0xcc",
            ],
        ),
        typed(
            0x0805,
            &[0x20, 1, 0xf6, 0xf8, 0x80, 0, 0, 0, 8, 0],
            &echo(),
            &[
                "x25 qualifier=false delivery_confirmation=false logical_channel=1 \
                 receive_number=124 more=false send_number=123 snap=800000000800",
            ],
        ),
    ]
}

fn in_meshes() -> Vec<Sample> {
    vec![
        typed(
            0x22f3,
            &[0x08, 0x46, 0, 2, 0, 1, 9, 9, 9, 9],
            &tagged(),
            &[
                "trill version=0 multi_destination=true hop_count=6 egress_nickname=2 \
                 ingress_nickname=1 options=09090909",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(
            0x4305,
            &[0x40, 15, 50, 1, 2, 0, 0, 0, 0, 2],
            &tagged(),
            &[
                "batman_adv type=64 version=15 ttl=50 dst_address=020000000002",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(
            0x4305,
            &[0x42, 15, 50, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 1, 0],
            &tagged(),
            &[
                "batman_adv type=66 version=15 ttl=50 dst_address=020000000002 \
                 src_address=020000000001 subtype=1",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(
            0x4305,
            &[1, 15, 50, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1],
            &tagged(),
            &[
                "batman_adv type=1 version=15 ttl=50 sequence=7 originator=020000000001",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(
            0x4305,
            &[4, 10, 2, 0, 0, 0, 0, 1, 50, 0, 0, 0, 7],
            &tagged(),
            &[
                "batman_adv type=4 version=10 originator=020000000001 ttl=50 sequence=7",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(
            0x4305,
            &[3, 6, 2, 0, 0, 0, 0, 2, 50],
            &tagged(),
            &[
                "batman_adv type=3 version=6 dst_address=020000000002 ttl=50",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(
            0x8783,
            &[
                0, 0, 0, 60, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 3, 0, 0,
            ],
            &tagged(),
            &[
                "mint_length payload_length=60",
                "mint dst_address=01010101 src_address=02020202 dst_type=1 src_type=3",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        typed(0x2452, &[], &ieee802_11(), &WIRELESS),
    ]
}

fn in_sessions() -> Vec<Sample> {
    vec![
        session(
            &[0, 0x3d, 0xc0, 0, 0, 1, 0, 0x21],
            &echo(),
            &[
                PPPOE,
                "ppp protocol=0x3d",
                "ppp_multilink beginning=true ending=true sequence=1",
                "ppp protocol=0x21",
            ],
        ),
        session(
            &[0, 0x3d, 0xc1, 2, 0x21],
            &echo(),
            &[
                PPPOE,
                "ppp protocol=0x3d",
                "ppp_multilink beginning=true ending=true sequence=258",
                "ppp protocol=0x21",
            ],
        ),
        session(
            &[0, 0x31, 0x40, 1, 0, 0, 0, 7],
            &tagged(),
            &[
                PPPOE,
                "ppp protocol=0x31",
                "ppp_bridged check_sequence=false zero_filled=false padding=0 media=1 lan=7",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        session(
            &[0, 0x59, 0x9e, 0, 0x21],
            &echo(),
            &[
                PPPOE,
                "ppp protocol=0x59",
                "ppp_multiplexed protocol_follows=true payload_length=30",
                "ppp protocol=0x21",
            ],
        ),
        session(
            &[0, 0x59, 0xc0, 30, 0, 0x21],
            &echo(),
            &[
                PPPOE,
                "ppp protocol=0x59",
                "ppp_multiplexed protocol_follows=true payload_length=30",
                "ppp protocol=0x21",
            ],
        ),
        session(
            &[0, 0x4b, 6, 6, 3],
            &echo(),
            &[
                PPPOE,
                "ppp protocol=0x4b",
                "llc dsap=0x6 ssap=0x6 control=0x3",
            ],
        ),
    ]
}
