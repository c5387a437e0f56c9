mod captures;
mod quoting;
mod records;

use std::net::Ipv4Addr;

use self::quoting::{error_indication, over_gre, source_active, traffic_indication};
use super::super::tcp::TcpStreams;
use super::super::tests::{ECHO, ether, udp, v4, v6};
use super::*;
use crate::wire::{Classified, classify};

/// What is told of each packet, and the octets of its ICMP message.
type Told = (Report, Vec<u8>);

/// The ICMP messages that an Ethernet frame with `packet` reports, cut to `captured` octets.
fn reports_of(packet: &[u8], captured: usize) -> Vec<Told> {
    reports_by(&mut Known::default(), packet, captured)
}

/// The same with what is known, to which it may add.
fn reports_by(known: &mut Known, packet: &[u8], captured: usize) -> Vec<Told> {
    let data = ether(0x0800, packet);
    let frame = Frame {
        data: &data[..captured.min(data.len())],
        ..Frame::alone(linktype::ETHERNET, &data)
    };
    let Classified::OtherIp(outer) = classify(&frame) else {
        return Vec::new();
    };
    let told = |frame: &Frame<'_>| match classify(frame) {
        Classified::Icmp(packet) => {
            let report = packet.report().unwrap();
            Some((report, packet.ip.payload.to_vec()))
        }
        _ => None,
    };
    if let Some(reports) = Reports::of(&frame, &outer, known) {
        return reports.filter_map(|frame| told(&frame)).collect();
    }
    let messages = TcpStreams::default()
        .take(&frame, &outer, known)
        .unwrap_or_default();
    let frames = messages.iter().map(|message| message.frame(&frame));
    frames.filter_map(|frame| told(&frame)).collect()
}

fn all(packet: &[u8]) -> Vec<Told> {
    reports_of(packet, usize::MAX)
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn length(octets: &[u8]) -> u32 {
    u32::try_from(octets.len()).unwrap()
}

fn echo() -> Vec<u8> {
    v4(1, &ECHO)
}

fn frame() -> Vec<u8> {
    ether(0x0800, &echo())
}

/// Padded to a word, as XDR has it.
fn opaque(octets: &[u8]) -> Vec<u8> {
    let mut padded = octets.to_vec();
    padded.resize(octets.len().next_multiple_of(4), 0);
    padded
}

/// A record of sFlow version 5, or a sample.
fn record(format: u32, body: &[u8]) -> Vec<u8> {
    [words(&[format, length(body)]), body.to_vec()].concat()
}

fn sampled_header(protocol: u32, header: &[u8]) -> Vec<u8> {
    let sizes = words(&[protocol, length(header) + 4, 4, length(header)]);
    record(1, &[sizes, opaque(header)].concat())
}

fn flow_sample(records: &[Vec<u8>], output: u32) -> Vec<u8> {
    let count = u32::try_from(records.len()).unwrap();
    let head = words(&[1, 3, 512, 1024, 0, 3, output, count]);
    record(1, &[head, records.concat()].concat())
}

fn sflow_5(samples: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(samples.len()).unwrap();
    let head = words(&[5, 1, 0xc000_0209, 0, 10, 1000, count]);
    v4(17, &udp(40000, 6343, &[head, samples.concat()].concat()))
}

/// A segment of TCP.
fn segment(port: u16, data: &[u8]) -> Vec<u8> {
    let mut tcp = vec![0xc3, 0x50];
    tcp.extend(port.to_be_bytes());
    tcp.extend([0; 8]);
    tcp.extend([0x60, 0x18, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    tcp.extend(data);
    v4(6, &tcp)
}

fn openflow(version: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + body.len()).unwrap().to_be_bytes();
    [&[version, kind, length[0], length[1], 0, 0, 0, 1], body].concat()
}

/// A match of a port.
const PORT_5: [u8; 16] = [0, 1, 0, 12, 0x80, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 0];

fn packet_in(version: u8) -> Vec<u8> {
    let total = u16::try_from(frame().len()).unwrap().to_be_bytes();
    let head = match version {
        1 => [&[0xff; 4], &total[..], &[0, 5, 0, 0]].concat(),
        2 => [&[0xff; 4], &[0, 0, 0, 5, 0, 0, 0, 5][..], &total, &[0, 0]].concat(),
        3 => [&[0xff; 4], &total[..], &[0, 0], &PORT_5, &[0, 0]].concat(),
        _ => [&[0xff; 4], &total[..], &[0, 0], &[0; 8], &PORT_5, &[0, 0]].concat(),
    };
    openflow(version, 10, &[head, frame()].concat())
}

fn packet_out(version: u8) -> Vec<u8> {
    let to_port_7: &[u8] = match version {
        1 => &[0, 0, 0, 8, 0, 7, 0, 0],
        _ => &[0, 0, 0, 16, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0],
    };
    let head = match version {
        1 => [&[0xff; 4], &[0, 5, 0, 8][..]].concat(),
        6 => [&[0xff; 4], &[0, 16, 0, 0][..], &PORT_5].concat(),
        _ => [&[0xff; 4], &[0, 0, 0, 5, 0, 16][..], &[0; 6]].concat(),
    };
    openflow(version, 13, &[&head, to_port_7, &frame()].concat())
}

fn samples() -> Vec<Vec<u8>> {
    let expanded = words(&[1, 0, 9, 2048, 1, 0, 0, 70000, 0, 80000, 1]);
    let discarded = words(&[1, 0, 9, 0, 4, 0, 258, 1]);
    let header = sampled_header(1, &frame());
    let switch = record(1001, &[0; 16]);
    vec![
        sflow_5(&[
            flow_sample(&[switch, header.clone()], 7),
            record(2, &[0; 12]),
            record(3, &[expanded, header.clone()].concat()),
            record(5, &[discarded, header].concat()),
        ]),
        sflow_old(4),
        sflow_old(2),
        segment(6653, &(1..=6).flat_map(packet_in).collect::<Vec<_>>()),
        segment(6633, &(1..=6).flat_map(packet_out).collect::<Vec<_>>()),
        segment(
            639,
            &[source_active(0, &[]), source_active(2, &echo())].concat(),
        ),
        v4(54, &traffic_indication(0x0800, &echo())),
        over_gre(&error_indication(&traffic_indication(0x0800, &echo()))),
    ]
}

/// Two samples of version 2 or 4, the first with all that an agent may add, and counters between them.
fn sflow_old(version: u32) -> Vec<u8> {
    let sample = |output, added: &[u8]| {
        let head = words(&[1, 1, 3, 256, 512, 0, 3, output, 1]);
        let sizes = words(&[1, length(&frame()), length(&frame())]);
        [head, sizes, opaque(&frame()), added.to_vec()].concat()
    };
    let gateway = match version {
        2 => words(&[3, 1, 2, 3, 2, 100, 200]),
        _ => words(&[3, 1, 2, 3, 1, 2, 2, 100, 200, 1, 5, 100]),
    };
    let added = [
        words(&[5, 1, 10, 0, 20, 0]),
        words(&[2, 1, 0x0a09_0909, 24, 24]),
        gateway,
        words(&[4, 3, 0x6162_6300, 5, 0x6162_6364, 0x6500_0000]),
        words(&[5, 1, 4, 0x6162_6364]),
    ];
    let counters = [words(&[2, 1, 3, 30, 2]), vec![0; 35 * 4]].concat();
    let head = words(&[version, 1, 0xc000_0209, 10, 1000, 3]);
    let samples = [
        head,
        sample(7, &added.concat()),
        counters,
        sample(0x8000_0002, &[0; 4]),
    ];
    v4(17, &udp(40000, 6343, &samples.concat()))
}

/// A datagram of `NetFlow` version 9 or IPFIX in this domain.
fn export(version: u16, domain: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let sets = sets.concat();
    let mut message = version.to_be_bytes().to_vec();
    message.extend(match version {
        9 => [&[0, 2][..], &[0; 12]].concat(),
        _ => [
            &u16::try_from(16 + sets.len()).unwrap().to_be_bytes()[..],
            &[0; 8],
        ]
        .concat(),
    });
    message.extend(domain.to_be_bytes());
    message.extend(sets);
    let port = if version == 9 { 2055 } else { 4739 };
    v4(17, &udp(40000, port, &message))
}

fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + body.len()).unwrap();
    [&id.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
}

/// A template of these elements with their lengths, of which one may be of an enterprise.
fn template(version: u16, id: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.extend(u16::try_from(fields.len()).unwrap().to_be_bytes());
    for (element, length) in fields {
        body.extend(element.to_be_bytes());
        body.extend(length.to_be_bytes());
        if version == 10 && element & 0x8000 != 0 {
            body.extend([0, 0, 0, 9]);
        }
    }
    set(if version == 9 { 0 } else { 2 }, &body)
}

/// A record of an address, a packet that tells its length, and a number of an enterprise; and one whose
/// packet tells its length in three octets.
fn variable_records() -> Vec<u8> {
    let length = u8::try_from(frame().len()).unwrap();
    let short = [&[10, 0, 0, 1, length], &frame()[..], &[1, 2]].concat();
    let long = [&[10, 0, 0, 1, 255, 0, length], &frame()[..], &[1, 2]].concat();
    set(300, &[short, long].concat())
}

const VARIABLE_FIELDS: [(u16, u16); 3] = [(8, 4), (315, u16::MAX), (0x8001, 2)];

const AGENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));

/// What a report says, apart from places.
fn facts(
    report: &Report,
) -> (
    ReportMessage,
    IpAddr,
    Option<u32>,
    Option<u32>,
    Option<Output>,
) {
    (
        report.message,
        report.by,
        report.sampling_rate,
        report.input,
        report.output,
    )
}

#[test]
fn samples_of_sflow() {
    use ReportMessage::{DiscardedPacket, FlowSample};
    let told = all(&samples()[0]);
    let expected = [
        (FlowSample, AGENT, Some(512), Some(3), Some(Output::Port(7))),
        (
            FlowSample,
            AGENT,
            Some(2048),
            Some(70000),
            Some(Output::Port(80000)),
        ),
        (
            DiscardedPacket,
            AGENT,
            None,
            Some(4),
            Some(Output::Discarded(258)),
        ),
    ];
    assert_eq!(told.len(), expected.len());
    for ((report, message), expected) in told.iter().zip(expected) {
        assert_eq!((facts(report), message.as_slice()), (expected, &ECHO[..]));
    }
    for old in &samples()[1..3] {
        let told: Vec<_> = all(old).iter().map(|(report, _)| facts(report)).collect();
        let expected = [Output::Port(7), Output::Ports(2)]
            .map(|output| (FlowSample, AGENT, Some(256), Some(3), Some(output)));
        assert_eq!(told, expected);
    }
}

#[test]
fn what_a_sample_may_begin_with() {
    let mut ppp = vec![0x00, 0x21];
    ppp.extend(echo());
    let mut mpls = vec![0, 0x02, 0x11, 9];
    mpls.extend(echo());
    let mut frame_relay = vec![0x18, 0x41, 3, 0xcc];
    frame_relay.extend(echo());
    let packet6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    for (protocol, header, is_read) in [
        (1, frame(), true),
        (5, frame_relay, true),
        (7, ppp.clone(), true),
        (10, echo(), true),
        (11, echo(), true),
        (12, packet6, true),
        (13, mpls, true),
        (14, ppp, true),
        (2, frame(), false),
        (0, frame(), false),
        (99, frame(), false),
    ] {
        let sample = flow_sample(&[sampled_header(protocol, &header)], 7);
        let told = all(&sflow_5(&[sample]));
        assert_eq!(told.len(), usize::from(is_read), "{protocol}");
    }
}

#[test]
fn an_interface_by_its_format() {
    for (output, expected) in [
        (0, None),
        (0x3fff_ffff, None),
        (9, Some(Output::Port(9))),
        (0x4000_0101, Some(Output::Discarded(257))),
        (0x8000_0003, Some(Output::Ports(3))),
        (0xc000_0003, None),
    ] {
        let sample = flow_sample(&[sampled_header(1, &frame())], output);
        let told = all(&sflow_5(&[sample]));
        assert_eq!(told[0].0.output, expected, "{output:#x}");
    }
}

/// The octets of the next sample are none of a packet that was cut.
#[test]
fn a_cut_header_ends_where_its_sample_does() {
    let whole = ether(0x0800, &v4(1, &[&ECHO[..], &[7; 100]].concat()));
    let cut = sampled_header(1, &whole[..50]);
    let mut record = cut;
    record[12..16].copy_from_slice(&(length(&whole) + 4).to_be_bytes());
    let packet = sflow_5(&[flow_sample(&[record], 7), flow_sample(&[], 8)]);
    let data = ether(0x0800, &packet);
    let frame = Frame {
        part: Some(Part::Reported(Place::FIRST)),
        ..Frame::alone(linktype::ETHERNET, &data)
    };
    let Classified::Icmp(found) = classify(&frame) else {
        panic!("no ICMP");
    };
    assert_eq!(found.ip.payload, &whole[34..50]);
    assert_eq!(found.ip.payload_length, length(&ECHO) + 100);
    assert!(!found.ip.is_whole());
}

#[test]
fn packets_of_openflow() {
    let sender = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let told = all(&samples()[3]);
    assert_eq!(told.len(), 6);
    for (report, message) in told {
        let expected = (ReportMessage::PacketIn, sender, None, Some(5), None);
        assert_eq!((facts(&report), message.as_slice()), (expected, &ECHO[..]));
    }
    let told = all(&samples()[4]);
    assert_eq!(told.len(), 6);
    for (report, message) in told {
        let output = Some(Output::Port(7));
        let expected = (ReportMessage::PacketOut, sender, None, Some(5), output);
        assert_eq!((facts(&report), message.as_slice()), (expected, &ECHO[..]));
    }
}

#[test]
fn messages_that_a_segment_holds_whole() {
    let message = packet_in(4);
    for end in 0..message.len() {
        assert_eq!(all(&segment(6653, &message[..end])).len(), 0, "{end}");
    }
    assert_eq!(all(&segment(6653, &message)).len(), 1);
    let behind_another = [openflow(4, 2, &[1, 2, 3]), message.clone()].concat();
    assert_eq!(all(&segment(6653, &behind_another)).len(), 1);
    // What begins in the middle of a message is none.
    assert_eq!(all(&segment(6653, &message[5..])).len(), 0);
    assert_eq!(all(&segment(6654, &message)).len(), 0);
    for version in [0, 7, 0x16] {
        let mut other = message.clone();
        other[0] = version;
        assert_eq!(all(&segment(6653, &other)).len(), 0, "{version}");
    }
}

#[test]
fn another_datagram_to_this_port_is_none() {
    let packet = sflow_5(&[flow_sample(&[sampled_header(1, &frame())], 7)]);
    assert_eq!(all(&packet).len(), 1);
    let start = 20 + 8;
    for (at, value) in [
        (3, 0),
        (3, 1),
        (3, 3),
        (3, 6),
        (0, 1),
        (7, 0),
        (7, 3),
        (27, 0),
        (24, 1),
    ] {
        let mut other = packet.clone();
        other[start + at] = value;
        assert_eq!(all(&other).len(), 0, "{value} at {at}");
    }
}

#[test]
fn what_reports_in_a_report_is_followed_to_its_first() {
    let inner = sflow_5(&[flow_sample(&[sampled_header(1, &frame())], 7)]);
    let sample = flow_sample(&[sampled_header(1, &ether(0x0800, &inner))], 8);
    let told = all(&sflow_5(&[sample]));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0.output, Some(Output::Port(8)));
}

#[test]
fn every_prefix_tells_what_is_in_it() {
    for sample in samples() {
        let whole: Vec<_> = all(&sample);
        let octets = ether(0x0800, &sample).len();
        for captured in 0..octets {
            let told = reports_of(&sample, captured);
            assert!(told.len() <= whole.len());
            for ((report, message), (expected, all)) in told.iter().zip(&whole) {
                assert_eq!(facts(report), facts(expected), "{captured}");
                assert!(all.starts_with(message), "{captured}");
            }
        }
        assert_eq!(reports_of(&sample, octets).len(), whole.len());
    }
}

#[test]
fn no_octet_breaks_it() {
    for sample in samples() {
        for at in 20..sample.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = sample.clone();
                changed[at] = value;
                for (report, _) in all(&changed) {
                    assert!(
                        report
                            .spans()
                            .all(|span| span.at + span.octets <= sample.len())
                    );
                }
            }
        }
    }
}

/// Hostile frames hold thousands, and are done with all the same.
#[test]
fn there_is_an_end_to_it() {
    let sample = flow_sample(&vec![sampled_header(11, &echo()); 900], 7);
    let count = |times| all(&sflow_5(&vec![sample.clone(); times])).len();
    assert_eq!(count(1), 900);
}
