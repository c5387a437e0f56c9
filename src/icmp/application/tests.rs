//! Payloads by their octets, each cut at every length.

mod protocols;
mod tables;
mod text;
mod values;

use crate::icmp::Message;
use crate::icmp::application::of;
use crate::icmp::application::snmp::{Oid, bindings};
use crate::icmp::field::Value;
use crate::wire::{Ip, Limit};

const UDP: u8 = 17;
const TCP: u8 = 6;
const GRE: u8 = 47;

/// A port unreachable about a packet between these ports, of which `there` octets of payload were
/// quoted.
fn error(protocol: u8, ports: [u16; 2], payload: &[u8], there: usize) -> Vec<u8> {
    let header: &[u8] = match protocol {
        TCP => &[0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0, 0, 0, 0],
        // Its flags and protocol stand in the place of ports.
        GRE => &[],
        _ => &[0, 0, 0, 0],
    };
    let length = u16::try_from(24 + header.len() + payload.len()).unwrap();
    let mut packet = ip(1, u16::try_from(52 + header.len() + there).unwrap());
    packet.extend([3, 3, 0, 0, 0, 0, 0, 0]);
    packet.extend(ip(protocol, length));
    packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    packet.extend(header);
    packet.extend(&payload[..there]);
    packet
}

fn ip(protocol: u8, length: u16) -> Vec<u8> {
    let mut header = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0];
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header.extend([192, 0, 2, 1, 198, 51, 100, 7]);
    header
}

/// Name, message and fields of a payload, and that each prefix tells no other fields.
fn told(protocol: u8, ports: [u16; 2], payload: &[u8]) -> String {
    told_of(protocol, ports, payload, payload.len())
}

/// The same of a payload of which so many octets were quoted.
fn told_of(protocol: u8, ports: [u16; 2], payload: &[u8], quoted: usize) -> String {
    let at = |length: usize| {
        let packet = error(protocol, ports, payload, length);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let header = of(message.quote().unwrap());
        header.map(|header| {
            let fields: Vec<_> = (header.item.fields())
                .filter(|field| !matches!(field.value, Value::Flag(false)))
                .map(|field| format!("{} {}", field.name, plain(field.value)))
                .collect();
            let name = header.item.name.unwrap();
            (name, header.message.unwrap_or("-"), fields)
        })
    };
    let whole = at(quoted);
    for length in 0..quoted {
        let Some((name, _, fields)) = at(length) else {
            continue;
        };
        let all = &whole
            .as_ref()
            .unwrap_or_else(|| panic!("{ports:?} {length}: the whole is no {name}"))
            .2;
        assert_eq!(name, whole.as_ref().unwrap().0, "{length}");
        assert!(fields.len() <= all.len(), "{length}: {fields:?}");
    }
    whole.map_or(String::new(), |(name, message, fields)| {
        format!("{name} {message}: {}", fields.join(", "))
    })
}

fn plain(value: Value<'_>) -> String {
    match value {
        Value::Number(n) => n.to_string(),
        Value::Hex(n) => format!("{n:#x}"),
        Value::Signed(n) => n.to_string(),
        Value::Time(ts) => ts.as_nanos().to_string(),
        Value::Parts(parts, octets) => {
            let told = parts.items(octets).map(|item| {
                let fields = item.fields().map(|field| plain(field.value));
                let fields: Vec<_> = fields.collect();
                format!("[{} {}]", item.name.unwrap_or("-"), fields.join(" "))
            });
            told.collect::<Vec<_>>().concat()
        }
        Value::Flag(_) => "yes".to_owned(),
        Value::Address(addr) => addr.to_string(),
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::CutText(text) => String::from_utf8_lossy(text).into_owned() + "...",
        Value::Oid(oid) => oid.to_string(),
        Value::NetBiosName(name) => {
            format!(
                "{}<{:02x}>",
                String::from_utf8_lossy(name.text()),
                name.suffix()
            )
        }
        Value::Octets(octets) => octets
            .iter()
            .fold(String::new(), |text, octet| format!("{text}{octet:02x}")),
        Value::Bindings(octets) => format!("{:?}", bindings(octets).collect::<Vec<_>>().len()),
        other => format!("{other:?}"),
    }
}

/// One of SNMP: a request for `sysUpTime` of RFC 1157.
const GET: &[u8] =
    b"\x30\x29\x02\x01\x01\x04\x06public\xa0\x1c\x02\x04\x01\x02\x03\x04\x02\x01\0\x02\x01\0\
    \x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\0\x05\0";

#[test]
fn messages_of_network_management() {
    assert_eq!(
        told(UDP, [40000, 161], GET),
        "snmp get: version 1, community public, request_id 16909060, error_status 0, error_index 0, \
         variables 1"
    );
    let list = bindings(&GET[29..]).collect::<Vec<_>>();
    assert_eq!(list[0].variable.to_string(), "1.3.6.1.2.1.1.3.0");
    assert_eq!(list[0].value, None);
    let bulk = b"\x30\x1b\x02\x01\x01\x04\x01c\xa5\x13\x02\x01\xfb\x02\x01\x02\x02\x01\x14\
        \x30\x08\x30\x06\x06\x02\x2b\x06\x82\0";
    assert_eq!(
        told(UDP, [40000, 161], bulk),
        "snmp get_bulk: version 1, community c, request_id -5, non_repeaters 2, max_repetitions 20, \
         variables 1"
    );
    let end = bindings(&bulk[bulk.len() - 8..]).next().unwrap();
    assert_eq!((end.value, end.exception), (None, Some("end_of_mib_view")));
    let mut failed = GET.to_vec();
    failed[13] = 0xa2;
    failed[23] = 2;
    assert!(told(UDP, [161, 40000], &failed).contains("error_status 2"));
    let trap = b"\x30\x33\x02\x01\0\x04\x04trap\xa4\x28\x06\x05\x2b\x06\x01\x04\x01\x40\x04\xc0\0\x02\x09\
        \x02\x01\x06\x02\x01\x34\x43\x02\x01\0\x30\x12\x30\x10\x06\x05\x2b\x06\x01\x04\x02\x04\x07link up";
    assert_eq!(
        told(UDP, [40000, 162], trap),
        "snmp trap: version 0, community trap, enterprise 1.3.6.1.4.1, agent 192.0.2.9, \
         generic_trap 6, specific_trap 52, uptime_ticks 256, variables 1"
    );
    let list = bindings(&trap[trap.len() - 18..]).collect::<Vec<_>>();
    assert_eq!(list[0].value, Some(Value::Text(b"link up")));
    let v3 = b"\x30\x20\x02\x01\x03\x30\x0d\x02\x02\x10\x20\x02\x02\x05\xdc";
    assert_eq!(
        told(UDP, [40000, 161], v3),
        "snmp -: version 3, message_id 4128, max_size 1500"
    );
    let ntp = [&[0x23, 2, 6, 0xec][..], &[0; 8], &[192, 0, 2, 1], &[0; 32]].concat();
    assert_eq!(
        told(UDP, [40000, 123], &ntp),
        "ntp client: leap 0, version 4, mode 3, stratum 2, poll 6, precision -20, root_delay_us 0, \
         root_dispersion_us 0, reference 192.0.2.1"
    );
    let radius = [&[1, 5, 0, 20][..], &[0xab; 16]].concat();
    assert_eq!(
        told(UDP, [40000, 1812], &radius),
        format!(
            "radius access_request: type 1, id 5, message_length 20, authenticator {}",
            "ab".repeat(16)
        )
    );
    assert_eq!(
        told(UDP, [40000, 5683], &[0x40, 1, 0x12, 0x34]),
        "coap get: version 1, kind 0, code_class 0, code_detail 1, id 4660"
    );
}

#[test]
fn values_of_management_are_read_by_their_tags() {
    let list = b"\x30\x06\x06\x01\x2b\x02\x01\xff\x30\x07\x06\x01\x2b\x41\x02\xff\xff\
        \x30\x0e\x06\x01\x2b\x46\x09\0\xff\xff\xff\xff\xff\xff\xff\xff\x30\x05\x06\x01\x2b\x81\0\
        \x30\x06\x06\x01\x2b\x06\x01\x88\x30\x09\x06\x01\x2b\x04";
    let values: Vec<_> = bindings(list).map(|binding| binding.value).collect();
    assert_eq!(
        values,
        [
            Some(Value::Signed(-1)),
            Some(Value::Number(0xffff)),
            Some(Value::Number(u64::MAX)),
            None,
            Some(Value::Oid(Oid(&[0x88]))),
            None,
        ]
    );
    for (octets, text) in [
        (&[0x2b][..], "1.3"),
        (&[0x88, 0x37], "2.999"),
        (&[0x2b, 0x86, 0xf7, 0x0d], "1.3.113549"),
        (&[0x2b, 0x86], "1.3"),
        (&[0xff; 30], ""),
    ] {
        assert_eq!(Oid(octets).to_string(), text);
    }
}

#[test]
fn what_gives_hosts_their_addresses() {
    let mut bootp = vec![1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 3, 0x80, 0];
    bootp.extend([0; 16]);
    bootp.extend([2, 0, 0, 0, 0, 1]);
    bootp.resize(236, 0);
    let bare = "transaction 0xdeadbeef, elapsed 3, broadcast yes, client 0.0.0.0, your 0.0.0.0, \
                server 0.0.0.0, relay 0.0.0.0, address 020000000001";
    assert_eq!(
        told(UDP, [68, 67], &bootp),
        format!("dhcp request: op 1, {bare}")
    );
    bootp.extend([99, 130, 83, 99, 0, 61, 1, 9, 53, 1, 1, 255]);
    assert_eq!(
        told(UDP, [68, 67], &bootp),
        format!("dhcp discover: op 1, {bare}, options [client_id 61 09][message_type 53 1]")
    );
    assert_eq!(
        told(UDP, [546, 547], &[1, 0xab, 0xcd, 0xef, 0, 8]),
        "dhcp6 solicit: type 1, transaction 0xabcdef"
    );
    assert_eq!(
        told(UDP, [40000, 69], b"\0\x01boot.img\0octet\0"),
        "tftp read: type 1, file boot.img, mode octet"
    );
    assert_eq!(
        told(UDP, [69, 40000], b"\0\x04\0\x07"),
        "tftp ack: type 4, block 7"
    );
    assert_eq!(
        told(UDP, [69, 40000], b"\0\x05\0\x01none\0"),
        "tftp error: type 5, error 1, text none"
    );
    let name = b"FHEPFCELEHFCEPFFFACACACACACACABN";
    let query = [b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\0\x20", &name[..], &[0]].concat();
    assert_eq!(
        told(UDP, [137, 137], &query),
        "nbns query: id 0x1234, flags 0x110, questions 1, answers 0, authorities 0, \
         additional_records 0, name_asked WORKGROUP<1d>"
    );
}

/// A hello that asks for `lab.test`.
fn hello() -> Vec<u8> {
    let extensions = b"\0\x0a\0\x02\0\0\0\0\0\x0d\0\x0b\0\0\x08lab.test";
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    hello.extend([
        0,
        0,
        2,
        0x13,
        1,
        1,
        0,
        0,
        u8::try_from(extensions.len()).unwrap(),
    ]);
    hello.extend(extensions);
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat()
}

#[test]
fn what_is_encrypted_begins_in_the_open() {
    assert_eq!(
        told(TCP, [40000, 443], &hello()),
        "tls client_hello: type 22, version 0x301, record_length 70, server_name lab.test"
    );
    assert_eq!(
        told(TCP, [40000, 443], &[23, 3, 3, 0, 9, 1, 2]),
        "tls application_data: type 23, version 0x303, record_length 9"
    );
    assert_eq!(
        told(TCP, [40000, 443], &[22, 3, 3, 0, 9, 1, 0xff, 0xff, 0xff]),
        "tls handshake: type 22, version 0x303, record_length 9",
        "encrypted"
    );
    assert_eq!(told(TCP, [40000, 443], &[23, 9, 3, 0, 9]), "");
    let dtls = [
        &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 8][..],
        &[1, 0, 0, 2],
    ]
    .concat();
    assert_eq!(
        told(UDP, [40000, 4433], &dtls),
        "dtls client_hello: type 22, version 0xfefd, epoch 0, sequence 1, record_length 8"
    );
    let long = [0xc3, 0, 0, 0, 1, 2, 0xaa, 0xbb, 1, 0xcc, 0];
    assert_eq!(
        told(UDP, [40000, 4433], &long),
        "quic initial: version 0x1, destination_id aabb, source_id cc"
    );
    assert_eq!(
        told(UDP, [40000, 443], &[0x60, 1, 2]),
        "quic protected: spin yes"
    );
    let greased = [0x83, 0, 0, 0, 1, 2, 0xaa, 0xbb, 1, 0xcc, 0];
    assert_eq!(
        told(UDP, [4443, 40000], &greased),
        "quic initial: version 0x1, destination_id aabb, source_id cc"
    );
    assert_eq!(told(UDP, [40000, 40001], &greased), "");
    assert_eq!(
        told(UDP, [40000, 443], b"\x0d12345678Q025\x01\x02"),
        "google_quic -: flags 0xd, connection 3132333435363738, version Q025"
    );
    assert_eq!(told(UDP, [40000, 443], b"\x0d12345678Qabc\x01\x02"), "");
    // The last draft, and what a station of another maker broadcasts.
    let draft = [0xc3, 0xff, 0, 0, 0x22, 1, 9, 0];
    assert_eq!(
        told(UDP, [40000, 4433], &draft),
        "quic initial: version 0xff000022, destination_id 09"
    );
    let other = [0xff, 0xff, 0, 0, 0xa0, 0, 0x5c, 0xd9];
    assert_eq!(told(UDP, [60480, 62976], &other), "");
    // An identifier of LLMNR, with a question, is no long header of version 0.
    let question = b"\xa0\0\0\0\0\x01\0\0\0\0\0\0\x03lab\0\0\xff\0\x01";
    assert_eq!(told(UDP, [61603, 5355], question), "");
    assert_eq!(told(UDP, [40000, 33434], &[0x60, 1, 2]), "");
}

/// RFC 8999 section 6: two identifiers and a list of versions that fills the datagram.
#[test]
fn zeros_are_no_negotiation_of_versions() {
    let head = [0x80, 0, 0, 0, 0, 2, 0xaa, 0xbb, 1, 0xcc];
    let of = |versions: &[u8]| [&head[..], versions].concat();
    let negotiation = of(&[0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf]);
    let told_as =
        "quic version_negotiation: version 0x0, destination_id aabb, source_id cc".to_owned();
    for ports in [[443, 40000], [40000, 40001]] {
        assert_eq!(told(UDP, ports, &negotiation), told_as);
    }
    // One that nobody knows.
    let other = of(&[0x12, 0x34, 0x56, 0x78]);
    assert_eq!(told(UDP, [443, 40000], &other), told_as);
    assert_eq!(told(UDP, [40000, 40001], &other), "");
    for bad in [&negotiation[..10], &negotiation[..17]] {
        for ports in [[443, 40000], [40000, 40001]] {
            assert_eq!(told(UDP, ports, bad), "");
        }
    }
    // Voice of the first sample, data of LISP, zeros.
    let mut voice = vec![0x80, 0, 0, 0, 0, 0, 0, 160, 0, 0, 0, 9];
    voice.resize(172, 0xff);
    assert_eq!(told(UDP, [16384, 16386], &voice), "");
    let zeros = [&[0x80][..], &[0; 20]].concat();
    assert_eq!(told(UDP, [4341, 50001], &zeros), "");
}

#[test]
fn keys_tunnels_and_calls() {
    let mut ike = vec![1; 8];
    ike.extend([0; 8]);
    ike.extend([33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 1, 0]);
    let header = "initiator_spi 0x101010101010101, responder_spi 0x0, version 2, type 34, flags 0x8, id 0x0, \
                  message_length 256";
    assert_eq!(
        told(UDP, [500, 500], &ike),
        format!("ike ike_sa_init: {header}")
    );
    let marked = [&[0; 4][..], &ike].concat();
    assert_eq!(
        told(UDP, [4500, 4500], &marked),
        format!("ike ike_sa_init: {header}")
    );
    assert_eq!(
        told(UDP, [4500, 4500], &[0xc0, 0, 0, 1, 0, 0, 0, 9, 5]),
        "esp -: spi 0xc0000001, sequence 9"
    );
    assert_eq!(
        told(UDP, [40000, 88], &[0x6a, 0x81]),
        "kerberos as_request: type 10"
    );
    assert_eq!(
        told(
            UDP,
            [40000, 51820],
            &[4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
        ),
        "wireguard transport_data: type 4, receiver 0x1, counter 2"
    );
    let mut call = [1_u32, 2, 3, 4, 5].map(u32::to_be_bytes).concat();
    call.extend([1, 5, 0, 2, 0, 0, 0, 52, 0, 0, 2, 0xd]);
    assert_eq!(
        told(UDP, [7001, 7003], &call),
        "rx data: epoch 0x1, connection 0x2, call 3, sequence 4, serial 5, type 1, client_initiated yes, \
         last_packet yes, security 2, service 52, opcode 525"
    );
}

#[test]
fn voice_and_routing() {
    let stun = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    assert_eq!(
        told(UDP, [40000, 443], &stun),
        format!(
            "stun binding_request: type 0x1, message_length 0, cookie 0x2112a442, transaction {}",
            "07".repeat(12)
        )
    );
    let old = [&[0, 1, 0, 0][..], &[7; 16]].concat();
    assert_eq!(
        told(UDP, [40000, 3478], &old),
        format!(
            "stun binding_request: type 0x1, message_length 0, transaction {}",
            "07".repeat(16)
        ),
        "of RFC 3489"
    );
    let report = [&[0x81, 200, 0, 6, 0, 0, 0, 9][..], &[0; 20]].concat();
    assert_eq!(
        told(UDP, [40000, 40001], &report),
        "rtcp sender_report: count 1, type 200, words 6, source 0x9"
    );
    assert_eq!(
        told(UDP, [40000, 40001], &report[..24]),
        "",
        "longer than its datagram"
    );
    let voice = [0x80, 0x80, 0, 5, 0, 0, 0, 160, 0, 0, 0, 9];
    assert_eq!(
        told(UDP, [5004, 5004], &voice),
        "rtp -: marker yes, payload_type 0, sequence 5, media_time 160, source 0x9"
    );
    assert_eq!(
        told(UDP, [5004, 5004], &report),
        "rtcp sender_report: count 1, type 200, words 6, source 0x9",
        "no payload type 72 (RFC 5761 section 4)"
    );
    assert_eq!(
        told(UDP, [1701, 1701], &[0xc8, 3, 0, 12, 0, 0, 0, 9, 0, 1, 0, 2]),
        "l2tpv3 control: flags 0xc803, message_length 12, connection 9, ns 1, nr 2"
    );
    assert_eq!(
        told(UDP, [520, 520], &[2, 2, 0, 0]),
        "rip response: type 2, version 2"
    );
    assert_eq!(
        told(UDP, [521, 521], &[2, 1, 0, 0]),
        "ripng response: type 2, version 1"
    );
    let babel = [42, 2, 0, 10, 4, 6, 0x80, 0, 0, 9, 1, 0x90, 0, 99, 1, 7];
    assert_eq!(
        told(UDP, [6696, 6696], &babel),
        "babel -: version 2, body_length 10, messages [hello yes 9 400][pad1 ]"
    );
    let mut babel = vec![
        42, 2, 0, 54, 5, 14, 3, 0, 0, 96, 4, 0xb0, 0, 0, 0, 0, 0, 0, 0, 7,
    ];
    babel.extend([8, 14, 1, 0, 32, 0, 1, 0x90, 0, 9, 0, 96, 10, 0, 0, 5]);
    babel.extend([
        7, 6, 1, 0, 192, 0, 2, 1, 8, 12, 2, 0, 48, 4, 1, 0x90, 0, 9, 0, 0, 0xab, 0xcd,
    ]);
    assert_eq!(
        told(UDP, [6696, 6696], &babel),
        "babel -: version 2, body_length 54, messages [ihu 3 96 1200 fe80::7]\
         [update 1 yes yes 32 0 400 9 96 10.0.0.5][next_hop 1 192.0.2.1]\
         [update 2 yes yes 48 4 400 9 0 abcd]",
        "each flag is told, set or not"
    );
    assert_eq!(told(UDP, [6696, 6696], &[41, 2, 0, 0]), "");
    let bfd = [0x20, 0xc0, 3, 24, 0, 0, 0, 1, 0, 0, 0, 2];
    assert_eq!(
        told(UDP, [49152, 3784], &bfd),
        "bfd -: version 1, diagnostic 0, state 3, multiplier 3, my_discriminator 0x1, your_discriminator 0x2"
    );
    let keepalive = [&[0xff; 16][..], &[0, 19, 4]].concat();
    assert_eq!(
        told(TCP, [40000, 179], &keepalive),
        "bgp keepalive: message_length 19, type 4"
    );
}

#[test]
fn no_octets_whatever_break_a_reader() {
    for ports in [
        53, 67, 69, 88, 123, 137, 138, 139, 161, 443, 500, 514, 520, 546, 1812, 1985, 3478, 3784,
    ]
    .into_iter()
    .chain([
        4500, 5004, 5060, 5350, 5683, 6696, 7003, 21, 23, 25, 43, 179, 51820,
    ]) {
        for octet in [0, 1, 2, 0x16, 0x30, 0x3c, 0x80, 0xa4, 0xc0, 0xff] {
            for protocol in [UDP, TCP] {
                told(protocol, [40000, ports], &[octet; 70]);
            }
        }
    }
}
