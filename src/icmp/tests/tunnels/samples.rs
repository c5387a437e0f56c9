//! A packet in every kind of tunnel, and what is to be told of it.

mod frames;
mod packets;
mod stacks;

use super::super::{ipv4, v4, v6};

pub(super) const IP: u32 = 101;
pub(super) const ETHERNET: u32 = 1;

/// The octets of a frame of a link type, and what is to be told of its tunnels: part by part its
/// name and its fields.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) link: u32,
    pub(super) frame: Vec<u8>,
    pub(super) told: &'static [&'static str],
}

pub(super) fn echo() -> Vec<u8> {
    v4(&[8, 0, 0, 0, 0, 1, 0, 1])
}

/// An Ethernet frame with two tags.
fn tagged() -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend([0x88, 0xa8, 0x60, 3, 0x81, 0, 0x10, 42, 8, 0]);
    frame.extend(echo());
    frame
}

const TAGGED: [&str; 3] = [
    "ethernet dst_address=020000000002 src_address=020000000001 ether_type=0x88a8",
    "vlan_tag priority=3 drop_eligible=false vlan=3 ether_type=0x8100",
    "vlan_tag priority=0 drop_eligible=true vlan=42 ether_type=0x800",
];

fn over(protocol: u8, header: &[u8], inner: &[u8]) -> Vec<u8> {
    ipv4(
        "192.0.2.1",
        "192.0.2.2",
        protocol,
        &[header, inner].concat(),
    )
}

pub(super) fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + header.len() + inner.len()).unwrap();
    let mut udp = vec![0xc0, 0];
    udp.extend(port.to_be_bytes());
    udp.extend(length.to_be_bytes());
    udp.extend([0x12, 0x34]);
    udp.extend(header);
    over(17, &udp, inner)
}

pub(super) fn samples() -> Vec<Sample> {
    let mut all = on_the_link();
    all.extend(by_protocol());
    all.extend(in_gre());
    all.extend(over_udp_alone());
    all.extend(over_udp_with_options());
    all.extend(sessions_and_services());
    all.extend(frames::around_frames());
    all.extend(frames::on_ethernet());
    all.extend(packets::around_packets());
    all.extend(stacks::several());
    all
}

const fn ip(frame: Vec<u8>, told: &'static [&'static str]) -> Sample {
    Sample {
        link: IP,
        frame,
        told,
    }
}

fn on_the_link() -> Vec<Sample> {
    let mpls = [
        &[2; 12],
        &[0x88, 0x47, 0x03, 0xe8, 0x1a, 9, 0, 1, 0x01, 63][..],
        &echo(),
    ]
    .concat();
    let pseudowire = [
        &[2; 12],
        &[0x88, 0x47, 0, 1, 1, 63, 0, 0, 0, 7][..],
        &tagged(),
    ]
    .concat();
    let pppoe = [
        &[2; 12],
        &[0x88, 0x64, 0x11, 0, 0x12, 0x34, 0, 30, 0, 0x21][..],
        &echo(),
    ]
    .concat();
    vec![
        Sample {
            link: ETHERNET,
            frame: mpls,
            told: &["mpls labels=16001/5//9,16/0/S/63"],
        },
        Sample {
            link: ETHERNET,
            frame: pseudowire,
            told: &[
                "mpls labels=16/0/S/63",
                "control_word flags=0 fragmentation=0 length=0 sequence=7",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        },
        Sample {
            link: ETHERNET,
            frame: pppoe,
            told: &[
                "pppoe version=1 type=1 code=0 session=4660 payload_length=30",
                "ppp protocol=0x21",
            ],
        },
    ]
}

fn by_protocol() -> Vec<Sample> {
    vec![
        ip(over(4, &[], &echo()), &[]),
        ip(
            over(97, &[0x30, 0], &tagged()),
            &["etherip version=3", TAGGED[0], TAGGED[1], TAGGED[2]],
        ),
        ip(
            over(103, &[0x21, 0, 0xde, 0xff, 0x80, 0, 0, 0], &echo()),
            &["pim version=2 type=1 checksum=0xdeff border=true null_register=false"],
        ),
        ip(
            over(115, &[0, 0, 0, 9], &tagged()),
            &["l2tpv3 session=9", TAGGED[0], TAGGED[1], TAGGED[2]],
        ),
        ip(
            over(115, &[0, 0, 0, 9, 0xff, 3, 0, 0x21], &echo()),
            &[
                "l2tpv3 session=9",
                "ppp address_and_control=0xff03 protocol=0x21",
            ],
        ),
        ip(
            over(115, &[0, 0, 0, 9, 1, 2, 3, 4, 0x0f, 0, 8, 0], &echo()),
            &[
                "l2tpv3 session=9 cookie_and_sublayer=01020304",
                "c_hdlc address=0xf control=0x0 protocol=0x800",
            ],
        ),
        ip(
            over(115, &[0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8], &echo()),
            &["l2tpv3 session=9 cookie_and_sublayer=0102030405060708"],
        ),
        ip(
            over(115, &[0, 0, 0, 9, 1, 2, 3, 4, 0x40, 0, 0, 1], &tagged()),
            &[
                "l2tpv3 session=9 cookie_and_sublayer=0102030440000001",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
    ]
}

fn in_gre() -> Vec<Sample> {
    vec![
        ip(
            over(
                47,
                &[0xb0, 0, 0x65, 0x58, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9],
                &tagged(),
            ),
            &[
                "gre checksum_present=true routing_present=false key_present=true \
                 sequence_present=true strict_source_route=false version=0 protocol=0x6558 \
                 checksum=0x102 key=7 sequence=9",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over(
                47,
                &[
                    0x40, 0, 8, 0, 0, 0, 0, 4, 8, 0, 4, 4, 1, 2, 3, 4, 0, 0, 0, 0,
                ],
                &echo(),
            ),
            &[
                "gre checksum_present=false routing_present=true key_present=false \
                 sequence_present=false strict_source_route=false version=0 protocol=0x800 \
                 checksum=0x0 offset=4",
                "source_route address_family=0x800 offset=4 length=4 route=01020304",
                "source_route address_family=0x0 offset=0 length=0",
            ],
        ),
        ip(
            over(
                47,
                &[
                    0x30, 0x81, 0x88, 0x0b, 0, 34, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 3, 0,
                    0x21,
                ],
                &echo(),
            ),
            &[
                "gre checksum_present=false routing_present=false key_present=true \
                 sequence_present=true strict_source_route=false acknowledgment_present=true \
                 version=1 protocol=0x880b payload_length=34 call=4660 sequence=1 acknowledgment=2",
                "ppp address_and_control=0xff03 protocol=0x21",
            ],
        ),
        ip(
            over(
                47,
                &[
                    0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 42, 0xac, 5, 0, 0xf0, 0, 9,
                ],
                &tagged(),
            ),
            &[
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=true strict_source_route=false version=0 protocol=0x88be \
                 sequence=1",
                "erspan version=1 vlan=42 class_of_service=5 encapsulation=1 truncated=true \
                 session=5 reserved=0xf index=9",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over(
                47,
                &[
                    0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0xff, 0xff, 0, 0, 1, 0, 0, 7, 0x80,
                    0x2d, 0x14, 3, 0, 4, 0, 0, 0, 5,
                ],
                &tagged(),
            ),
            &[
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=true strict_source_route=false version=0 protocol=0x22eb \
                 sequence=1",
                "erspan version=2 vlan=1 class_of_service=7 bad_short_oversized=3 truncated=true \
                 session=1023 timestamp=256 security_group_tag=7 ethernet_frame=true frame_type=0 \
                 hardware_id=2 egress=true timestamp_granularity=2",
                "erspan_platform platform=5 switch=3 port_index=4 timestamp_seconds=5",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over(47, &[0, 0, 0x88, 0x3e, 0x80, 1, 2, 3], &echo()),
            &[
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=false strict_source_route=false version=0 protocol=0x883e",
                "wccp dynamic_service=true service=1 alternative_bucket=2 primary_bucket=3",
            ],
        ),
    ]
}

fn over_udp_alone() -> Vec<Sample> {
    vec![
        ip(
            over_udp(4789, &[8, 0, 0, 0, 1, 0x23, 0x45, 0], &tagged()),
            &[
                "udp src_port=49152 dst_port=4789 udp_length=66 checksum=0x1234",
                "vxlan vni_present=true vni=74565",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(8472, &[0x88, 0x48, 0, 7, 0, 0, 5, 0], &tagged()),
            &[
                "udp src_port=49152 dst_port=8472 udp_length=66 checksum=0x1234",
                "vxlan policy_present=true vni_present=true dont_learn=true policy_applied=true \
                 group_policy=7 vni=5",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(4790, &[0x0c, 0, 0, 1, 0, 0, 5, 0], &echo()),
            &[
                "udp src_port=49152 dst_port=4790 udp_length=44 checksum=0x1234",
                "vxlan_gpe version=0 vni_present=true next_protocol_present=true broadcast=false \
                 oam=false next_protocol=1 vni=5",
            ],
        ),
    ]
}

fn over_udp_with_options() -> Vec<Sample> {
    vec![
        ip(
            over_udp(
                6081,
                &[
                    4, 0x40, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 0x83, 1, 9, 8, 7, 6, 1, 3, 4, 1, 1, 1,
                    1, 1,
                ],
                &tagged(),
            ),
            &[
                "udp src_port=49152 dst_port=6081 udp_length=82 checksum=0x1234",
                "geneve version=0 option_words=4 control=false critical=true protocol=0x6558 vni=5",
                "geneve_option class=0x102 type=0x83 critical=true length=1 data=09080706",
                "geneve_option class=0x103 type=0x4 critical=false length=1 data=01010101",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(2152, &[0x30, 255, 0, 28, 0, 0, 0, 9], &echo()),
            &[
                "udp src_port=49152 dst_port=2152 udp_length=44 checksum=0x1234",
                "gtp_u version=1 protocol_type=true extension_present=false sequence_present=false \
                 n_pdu_present=false message_type=255 payload_length=28 teid=9",
            ],
        ),
        ip(
            over_udp(
                2152,
                &[
                    0x36, 255, 0, 52, 0, 0, 0, 9, 0, 5, 0, 0x85, 1, 0, 0x49, 0x85, 1, 0x10, 7,
                    0x85, 2, 0, 0x89, 0x60, 0, 0, 0, 0xc0, 1, 0, 3, 0x40, 1, 8, 0x68, 0,
                ],
                &echo(),
            ),
            &[
                "udp src_port=49152 dst_port=2152 udp_length=72 checksum=0x1234",
                "gtp_u version=1 protocol_type=true extension_present=true sequence_present=true \
                 n_pdu_present=false message_type=255 payload_length=52 teid=9 sequence=5 \
                 next_extension=0x85",
                "pdu_session_container length=1 pdu_type=0 \
                 reflective_qos=true qfi=9 next_extension=0x85",
                "pdu_session_container length=1 pdu_type=1 qfi=7 next_extension=0x85",
                "pdu_session_container length=2 pdu_type=0 reflective_qos=false qfi=9 \
                 paging_policy=3 data=000000 next_extension=0xc0",
                "pdcp_pdu_number length=1 pdcp_pdu_number=3 next_extension=0x40",
                "udp_port length=1 port=2152 next_extension=0x0",
            ],
        ),
        ip(
            over_udp(
                1701,
                &[
                    0x4a, 2, 0, 46, 0, 3, 0, 4, 0, 1, 0, 2, 0, 2, 9, 9, 0xff, 3, 0, 0x21,
                ],
                &echo(),
            ),
            &[
                "udp src_port=49152 dst_port=1701 udp_length=56 checksum=0x1234",
                "l2tp control=false length_present=true sequence_present=true offset_present=true \
                 priority=false version=2 message_length=46 tunnel=3 session=4 ns=1 nr=2 \
                 offset_size=2",
                "ppp address_and_control=0xff03 protocol=0x21",
            ],
        ),
        ip(
            over_udp(1701, &[0, 2, 0, 3, 0, 4, 0x21], &echo()),
            &[
                "udp src_port=49152 dst_port=1701 udp_length=43 checksum=0x1234",
                "l2tp control=false length_present=false sequence_present=false \
                 offset_present=false priority=false version=2 tunnel=3 session=4",
                "ppp protocol=0x21",
            ],
        ),
        ip(
            over_udp(
                3544,
                &[
                    0, 1, 1, 2, b'i', b'k', b'k', 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0xff, 0xfe,
                    0x3f, 0xff, 0xfd, 0xfe,
                ],
                &v6(&[128, 0, 0, 0, 0, 1, 0, 1]),
            ),
            &[
                "udp src_port=49152 dst_port=3544 udp_length=80 checksum=0x1234",
                "teredo_authentication client_id_length=1 authentication_length=2 client_id=69 \
                 authentication=6b6b nonce=0102030405060708 confirmation=1",
                "teredo_origin port=1 address=192.0.2.1",
            ],
        ),
    ]
}

fn sessions_and_services() -> Vec<Sample> {
    vec![
        ip(
            over(
                47,
                &[0, 0, 0x89, 0x4f, 0x2f, 0xc3, 2, 3, 0, 0, 7, 254, 1, 2, 3, 4],
                &tagged(),
            ),
            &[
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=false strict_source_route=false version=0 protocol=0x894f",
                "nsh version=0 oam=true ttl=63 header_words=3 metadata_type=2 next_protocol=3 \
                 service_path=7 service_index=254 metadata=01020304",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(1701, &[0, 3, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0], &tagged()),
            &[
                "udp src_port=49152 dst_port=1701 udp_length=70 checksum=0x1234",
                "l2tpv3 control=false version=3 session=9 cookie_and_sublayer=00000000",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over_udp(
                3386,
                &[
                    0x1e, 255, 0, 28, 0, 1, 0, 2, 255, 255, 255, 255, 0x42, 0, 1, 0x21, 0x43, 0x65,
                    0x87, 9,
                ],
                &echo(),
            ),
            &[
                "udp src_port=49152 dst_port=3386 udp_length=56 checksum=0x1234",
                "gtp_v0 version=0 protocol_type=true spare=7 n_pdu_present=false message_type=255 \
                 payload_length=28 sequence=1 flow_label=2 n_pdu=255 tid=0x2400101234567890",
            ],
        ),
        ip(
            over_udp(6080, &[1, 4, 0x80, 0, 1, 2, 3, 4], &echo()),
            &[
                "udp src_port=49152 dst_port=6080 udp_length=44 checksum=0x1234",
                "gue version=0 extension_words=1 next_protocol=4 flags=0x8000 extensions=01020304",
            ],
        ),
    ]
}
