//! Headers of IEEE 802.11, in tcpdump's words.

use super::llc;
use crate::model::Frame;
use crate::record::write::{self, number};
use crate::sink::text::Verbosity;
use crate::wire::bytes::{array_at, tail};
use crate::wire::link::{self, FrameFlag, MeshControl, WirelessHeader, linktype as lt};

/// `Retry 44us CF +QoS DA:02:00:00:00:00:02 BSSID:02:00:00:00:00:03 SA:02:00:00:00:00:01 ` and LLC, of a
/// data frame whose header is at `at`, and its LLC at `llc_at`. What the mesh adds tcpdump tells with
/// `-H`; packets of an aggregate it does not read.
pub(super) fn header(
    out: &mut Vec<u8>,
    frame: &Frame<'_>,
    (at, llc_at): (usize, usize),
    verbosity: Verbosity,
) {
    if let Some(header) = WirelessHeader::of(frame) {
        told(out, &header, verbosity);
    }
    let [_, flags] = array_at(frame.data, at).unwrap_or_default();
    let labels: &[&[u8]] = match flags & 3 {
        0 => &[b"DA:", b"SA:", b"BSSID:"],
        1 => &[b"BSSID:", b"SA:", b"DA:"],
        2 => &[b"DA:", b"BSSID:", b"SA:"],
        _ => &[b"RA:", b"TA:", b"DA:", b"SA:"],
    };
    for (label, place) in labels.iter().zip([4, 10, 16, 24]) {
        address(out, label, frame.data, at + place);
    }
    if let Some(packet) = link::packet_of_aggregate(frame) {
        out.extend_from_slice(b"A-MSDU ");
        address(out, b"DA:", frame.data, packet);
        address(out, b"SA:", frame.data, packet + 6);
    }
    let check_sequence = match frame.link {
        // A packet taken from an aggregate has none behind it.
        lt::IEEE802_11_RADIOTAP
            if frame.part.is_none() && link::radio::has_check_sequence(frame) =>
        {
            4
        }
        _ => 0,
    };
    let before = u32::try_from(llc_at).unwrap_or(u32::MAX);
    let around = before.saturating_add(check_sequence);
    llc::header(
        out,
        frame.data,
        llc_at,
        frame.wire_len.saturating_sub(around),
    );
}

fn address(out: &mut Vec<u8>, label: &[u8], data: &[u8], at: usize) {
    out.extend_from_slice(label);
    let address = tail(data, at);
    write::hex_octets(out, address.get(..6).unwrap_or_default(), b":");
    out.push(b' ');
}

fn told(out: &mut Vec<u8>, header: &WirelessHeader, verbosity: Verbosity) {
    if verbosity > Verbosity::Plain {
        for flag in FrameFlag::ALL.into_iter().filter(|flag| header.has(*flag)) {
            out.extend_from_slice(match flag {
                FrameFlag::MoreData => b"More Data ",
                FrameFlag::MoreFragments => b"More Fragments ".as_slice(),
                FrameFlag::PowerManagement => b"Pwr Mgmt ",
                FrameFlag::Retry => b"Retry ",
                FrameFlag::Order => b"Strictly Ordered ",
                FrameFlag::Acknowledgment | FrameFlag::Poll => b"",
            });
        }
        write::decimal(out, header.duration.into());
        out.extend_from_slice(b"us ");
    }
    if let Some(control) = &header.mesh {
        mesh(out, control);
    }
    let also: &[u8] = match (
        header.has(FrameFlag::Acknowledgment),
        header.has(FrameFlag::Poll),
    ) {
        (true, true) => b"Ack/Poll",
        (true, false) => b"Ack",
        (false, true) => b"Poll",
        (false, false) => b"",
    };
    let qos: &[u8] = if header.tid.is_some() { b"+QoS" } else { b"" };
    if !(also.is_empty() && qos.is_empty()) {
        for part in [b"CF ", also, qos, b" "] {
            out.extend_from_slice(part);
        }
    }
}

/// `MeshData (AE 1 TTL 31 seq 7 A4:02:00:00:00:00:09) `.
fn mesh(out: &mut Vec<u8>, control: &MeshControl) {
    const FOURTH: [&[u8]; 1] = [b" A4:"];
    const FIFTH_AND_SIXTH: [&[u8]; 2] = [b" A5:", b" A6:"];
    let further = control.extension().count();
    number(out, b"MeshData (AE ", further as u64);
    number(out, b" TTL ", control.ttl.into());
    number(out, b" seq ", control.sequence.into());
    let labels = if further < 2 {
        FOURTH.as_slice()
    } else {
        &FIFTH_AND_SIXTH
    };
    for (label, address) in labels.iter().zip(control.extension()) {
        out.extend_from_slice(label);
        write::hex_octets(out, &address, b":");
    }
    out.extend_from_slice(b") ");
}
