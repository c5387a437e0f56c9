//! Packets in datagrams, and right behind IP.

use super::{Sample, TAGGED, echo, ip, over, over_udp, tagged};

/// What carries a packet to this port.
macro_rules! datagram {
    ($port:literal, $length:literal) => {
        concat!(
            "udp src_port=49152 dst_port=",
            $port,
            " udp_length=",
            $length,
            " checksum=0x1234"
        )
    };
}

/// A message of TIPC before a packet of 28 octets.
const TIPC: &[u8] = &[
    0x40, 0xc0, 0, 52, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0, 0x10, 3, 0, 0, 0, 4, 0, 0, 0, 5,
];

/// A bundle of messages up to that, with another of two octets before it.
const BUNDLE: &[u8] = &[
    0x4d, 0x10, 0, 112, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0x10, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x10,
    3, 1, 0, 0x10, 4, 0x40, 0xc0, 0, 26, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0,
    5, 9, 9, 0, 0,
];

pub(super) fn around_packets() -> Vec<Sample> {
    [over_known_ports(), of_clusters(), of_radio()].concat()
}

fn of_clusters() -> Vec<Sample> {
    vec![
        ip(
            over_udp(6118, TIPC, &echo()),
            &[
                datagram!(6118, 60),
                "tipc version=2 user=0 header_words=6 non_sequenced=false message_length=52 \
                 type_and_error=0x0 acknowledgment=1 sequence=2 previous_node=0x1001003 \
                 origin_port=4 destination_port=5",
            ],
        ),
        ip(
            over_udp(6118, &[BUNDLE, TIPC].concat(), &echo()),
            &[
                datagram!(6118, 120),
                "tipc version=2 user=6 header_words=8 non_sequenced=true message_length=112 \
                 type_and_error=0x0 acknowledgment=0 sequence=9 previous_node=0x1001003 \
                 origin_port=0 destination_port=0 \
                 nodes_and_name=0100100301001004\
                 40c0001a000000000001000100000000000000040000000509090000",
                "tipc version=2 user=0 header_words=6 non_sequenced=false message_length=52 \
                 type_and_error=0x0 acknowledgment=1 sequence=2 previous_node=0x1001003 \
                 origin_port=4 destination_port=5",
            ],
        ),
    ]
}

fn over_known_ports() -> Vec<Sample> {
    vec![
        ip(
            over_udp(4341, &[0xc8, 1, 2, 3, 0, 0, 7, 1], &echo()),
            &[
                datagram!(4341, 44),
                "lisp flags=0xc8 nonce=66051 instance=7 locator_status=1",
            ],
        ),
        ip(
            over_udp(4341, &[0x0c, 0, 0, 3, 0, 0, 7, 0], &tagged()),
            &[
                datagram!(4341, 66),
                "lisp flags=0xc next_protocol=3 instance=7",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(4342, &[0x85, 0, 0, 0], &echo()),
            &[datagram!(4342, 40), "lisp_control type=8 flags=5"],
        ),
        ip(
            over_udp(4754, &[0x20, 0, 8, 0, 0, 0, 0, 9], &echo()),
            &[
                datagram!(4754, 44),
                "gre checksum_present=false routing_present=false key_present=true \
                 sequence_present=false strict_source_route=false version=0 protocol=0x800 key=9",
            ],
        ),
        ip(
            over_udp(2268, &[6, 0], &echo()),
            &[datagram!(2268, 38), "amt version=0 type=6"],
        ),
        ip(
            over_udp(
                9999,
                &[
                    4, 1, 1, 2, 4, 0, 0, 0, 9, 1, 4, 0, 0, 0, 1, 3, 4, 0, 0, 0, 3, 20, 2, 65, 66,
                    40, 1, 7, 0, 1, 0,
                ],
                &echo(),
            ),
            &[
                datagram!(9999, 67),
                "redback_li direction=01 li_id=9 sequence=1 session=3 label=4142 \
                 accounting_session=07",
            ],
        ),
        ip(
            over_udp(2268, &[4, 1, 1, 2, 3, 4, 5, 6, 0, 0, 0, 9], &echo()),
            &[
                datagram!(2268, 48),
                "amt version=0 type=4 limit=false gateway_address=true \
                 response_mac=0x10203040506 nonce=0x9",
            ],
        ),
        ip(
            over_udp(2268, &[5, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 9], &echo()),
            &[
                datagram!(2268, 48),
                "amt version=0 type=5 response_mac=0x10203040506 nonce=0x9",
            ],
        ),
        ip(
            over_udp(
                5072,
                &[0x11, 0x12, 0x21, 4, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6],
                &echo(),
            ),
            &[
                datagram!(5072, 50),
                "ayiya identity_type=1 hash_method=2 authentication_method=2 operation=1 \
                 next_protocol=4 epoch=7 identity=0102 signature=03040506",
            ],
        ),
        ip(
            over_udp(434, &[4, 4, 0, 0], &echo()),
            &[datagram!(434, 40), "mobile_ip type=4 next_protocol=4"],
        ),
        ip(
            over_udp(434, &[4, 47, 0, 0, 0, 0, 8, 0], &echo()),
            &[
                datagram!(434, 44),
                "mobile_ip type=4 next_protocol=47",
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=false strict_source_route=false version=0 protocol=0x800",
            ],
        ),
    ]
}

fn of_radio() -> Vec<Sample> {
    vec![
        ip(
            over_udp(4306, &[1], &echo()),
            &[datagram!(4306, 37), "batman_gateway type=1"],
        ),
        ip(
            over_udp(12000, &[6, 7, 3], &echo()),
            &[datagram!(12000, 39), "llc dsap=0x6 ssap=0x7 control=0x3"],
        ),
        ip(
            over_udp(30030, &[0, 0, 0, 1, 0, 0, 0, 7, 0xff, 3, 0, 0x21], &echo()),
            &[
                datagram!(30030, 48),
                "juniper_mirror mirror=1 session=7",
                "ppp address_and_control=0xff03 protocol=0x21",
            ],
        ),
        ip(
            over_udp(
                4729,
                &[
                    2, 4, 8, 3, 0x40, 5, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0x43, 0xc0, 4, 0x65, 0,
                    0x10, 2,
                ],
                &echo(),
            ),
            &[
                datagram!(4729, 59),
                "gsmtap version=2 header_words=4 type=8 timeslot=3 uplink=true arfcn=5 \
                 frame_number=9",
                "gprs_llc sapi=3 sequence=1",
                "sndcp first=true unit_data=true more=false nsapi=5 data_compression=0 \
                 header_compression=0 segment=1 n_pdu=2",
            ],
        ),
        ip(
            over_udp(
                2157,
                &[
                    0, 0, 0, 2, 1, 0xc0, 0, 0, 1, 0, 0, 4, 8, 0x82, 9, 9, 0x0e, 0xa2, 0x43, 0xc0,
                    4, 0x45, 0, 2,
                ],
                &echo(),
            ),
            &[
                datagram!(2157, 60),
                "gprs_ns type=0 bvci=2",
                "bssgp type=1 tlli=0xc0000001 qos=0x4 elements=088209090ea2",
                "gprs_llc sapi=3 sequence=1",
                "sndcp first=true unit_data=false more=false nsapi=5 data_compression=0 \
                 header_compression=0 n_pdu=2",
            ],
        ),
        ip(over(80, &[0xcc], &echo()), &["iso_ip nlpid=0xcc"]),
        ip(
            over(
                93,
                &[
                    0x82, 2, 2, 2, 2, 2, 0x60, 0x92, 2, 2, 2, 2, 2, 0x61, 3, 0xcc,
                ],
                &echo(),
            ),
            &["ax25 addresses=8202020202026092020202020261 control=0x3 protocol=0xcc"],
        ),
    ]
}
