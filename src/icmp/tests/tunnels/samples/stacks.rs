//! Tunnels in tunnels, and labels in each.

use super::super::super::v6;
use super::{Sample, TAGGED, echo, ip, over, over_udp, tagged};

const LABELS: [u8; 8] = [0x03, 0xe8, 0x1a, 9, 0, 1, 0x01, 63];
const TOLD: &str = "mpls labels=16001/5//9,16/0/S/63";
const UDP: &str = "udp src_port=49152 dst_port=6635 udp_length=44 checksum=0x1234";
const GRE: &str = "gre checksum_present=false routing_present=false key_present=true \
                   sequence_present=false strict_source_route=false version=0 protocol=0x8847 key=9";

pub(super) fn several() -> Vec<Sample> {
    [labels(), in_generic(), in_extended(), in_frames()].concat()
}

fn labels() -> Vec<Sample> {
    let control_word = [&LABELS[4..], &[0, 0, 0, 7]].concat();
    vec![
        ip(over_udp(6635, &LABELS, &echo()), &[UDP, TOLD]),
        ip(over(137, &LABELS, &echo()), &[TOLD]),
        ip(
            over(137, &control_word, &tagged()),
            &[
                "mpls labels=16/0/S/63",
                "control_word flags=0 fragmentation=0 length=0 sequence=7",
                TAGGED[0],
                TAGGED[1],
                TAGGED[2],
            ],
        ),
        ip(
            over(
                47,
                &[&[0x20, 0, 0x88, 0x47, 0, 0, 0, 9], &LABELS[..]].concat(),
                &echo(),
            ),
            &[GRE, TOLD],
        ),
        ip(
            over(
                47,
                &[0, 0, 0x88, 0x0b, 0xff, 3, 0x02, 0x81, 0, 1, 0x01, 63],
                &echo(),
            ),
            &[
                "gre checksum_present=false routing_present=false key_present=false \
                 sequence_present=false strict_source_route=false version=0 protocol=0x880b",
                "ppp address_and_control=0xff03 protocol=0x281",
                "mpls labels=16/0/S/63",
            ],
        ),
    ]
}

fn in_generic() -> Vec<Sample> {
    vec![
        ip(
            over_udp(6080, &[0, 4, 0, 0], &echo()),
            &[
                "udp src_port=49152 dst_port=6080 udp_length=40 checksum=0x1234",
                "gue version=0 extension_words=0 next_protocol=4 flags=0x0",
            ],
        ),
        ip(
            over_udp(6080, &[], &echo()),
            &["udp src_port=49152 dst_port=6080 udp_length=36 checksum=0x1234"],
        ),
        ip(
            over_udp(6080, &[], &v6(&[128, 0, 0, 0, 0, 1, 0, 1])),
            &["udp src_port=49152 dst_port=6080 udp_length=56 checksum=0x1234"],
        ),
        ip(
            over_udp(6080, &[&[0, 137, 0, 0], &LABELS[..]].concat(), &echo()),
            &[
                "udp src_port=49152 dst_port=6080 udp_length=48 checksum=0x1234",
                "gue version=0 extension_words=0 next_protocol=137 flags=0x0",
                TOLD,
            ],
        ),
        ip(
            over_udp(
                6081,
                &[&[1, 0, 0x88, 0x47, 0, 0, 5, 0, 1, 2, 3, 0], &LABELS[..]].concat(),
                &echo(),
            ),
            &[
                "udp src_port=49152 dst_port=6081 udp_length=56 checksum=0x1234",
                "geneve version=0 option_words=1 control=false critical=false protocol=0x8847 vni=5",
                "geneve_option class=0x102 type=0x3 critical=false length=0",
                TOLD,
            ],
        ),
        ip(
            over_udp(3544, &[], &v6(&[128, 0, 0, 0, 0, 1, 0, 1])),
            &["udp src_port=49152 dst_port=3544 udp_length=56 checksum=0x1234"],
        ),
        ip(
            over_udp(
                4341,
                &[0x80, 1, 2, 3, 0, 0, 0, 1],
                &v6(&[128, 0, 0, 0, 0, 1, 0, 1]),
            ),
            &[
                "udp src_port=49152 dst_port=4341 udp_length=64 checksum=0x1234",
                "lisp flags=0x80 nonce=66051",
            ],
        ),
    ]
}

fn in_extended() -> Vec<Sample> {
    const VXLAN: &str = "vxlan_gpe version=0 vni_present=true next_protocol_present=true \
                         broadcast=false oam=false next_protocol=4 vni=5";
    const SERVICE: &str = "nsh version=0 oam=false ttl=63 header_words=2 metadata_type=2 \
                           next_protocol=5 service_path=7 service_index=254";
    vec![
        ip(
            over_udp(
                4790,
                &[&[0x0c, 0, 0, 5, 0, 0, 5, 0], &LABELS[..]].concat(),
                &echo(),
            ),
            &[
                "udp src_port=49152 dst_port=4790 udp_length=52 checksum=0x1234",
                "vxlan_gpe version=0 vni_present=true next_protocol_present=true broadcast=false \
                 oam=false next_protocol=5 vni=5",
                TOLD,
            ],
        ),
        ip(
            over_udp(
                4790,
                &[
                    &[0x0c, 0, 0, 4, 0, 0, 5, 0, 0x0f, 0xc2, 2, 5, 0, 0, 7, 254],
                    &LABELS[..],
                ]
                .concat(),
                &echo(),
            ),
            &[
                "udp src_port=49152 dst_port=4790 udp_length=60 checksum=0x1234",
                VXLAN,
                SERVICE,
                TOLD,
            ],
        ),
    ]
}

fn in_frames() -> Vec<Sample> {
    const SESSION: &str = "pppoe version=1 type=1 code=0 session=4660 payload_length=30";
    const FRAME: &str =
        "ethernet dst_address=020202020202 src_address=020202020202 ether_type=0x8864";
    let session = [
        &[8, 0, 0, 0, 0, 0, 5, 0],
        &[2; 12][..],
        &[0x88, 0x64, 0x11, 0, 0x12, 0x34, 0, 30, 0, 0x21],
    ]
    .concat();
    let labels = [&[0x30, 0], &[2; 12][..], &[0x88, 0x47], &LABELS].concat();
    vec![
        ip(
            over_udp(4789, &session, &echo()),
            &[
                "udp src_port=49152 dst_port=4789 udp_length=66 checksum=0x1234",
                "vxlan vni_present=true vni=5",
                FRAME,
                SESSION,
                "ppp protocol=0x21",
            ],
        ),
        ip(
            over(97, &labels, &echo()),
            &[
                "etherip version=3",
                "ethernet dst_address=020202020202 src_address=020202020202 ether_type=0x8847",
                TOLD,
            ],
        ),
    ]
}
