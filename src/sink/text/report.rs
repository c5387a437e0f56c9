//! What another protocol tells of a packet that is its data.

use std::io::Write as _;

use crate::icmp::names;
use crate::record::write;
use crate::wire::IpVersion;
use crate::wire::tunnel::{Output, Report, ReportMessage};

/// Writes what is told of the packet.
pub(super) fn write(out: &mut Vec<u8>, told: &Report) {
    let (what, whose) = match told.message {
        ReportMessage::FlowSample | ReportMessage::DiscardedPacket => ("sample", "by"),
        ReportMessage::PacketIn => ("packet in", "from"),
        ReportMessage::PacketOut => ("packet out", "by"),
        ReportMessage::SourceActive => ("data of a source", "told by"),
        ReportMessage::PacketSection => ("packet section", "by"),
        ReportMessage::RemoteCapture => ("captured", "by"),
        ReportMessage::TrafficIndication => ("traffic indication", "by"),
    };
    let _ = write!(out, "{what} {whose} ");
    write::ip(out, told.by);
    if let Some(rate) = told.sampling_rate {
        let _ = write!(out, ", 1 in {rate}");
    }
    if let Some(input) = told.input {
        out.extend_from_slice(b", in ");
        port(out, told, input);
    }
    match told.output {
        Some(Output::Port(number)) => {
            out.extend_from_slice(b", out ");
            port(out, told, number);
        }
        Some(Output::Ports(count)) => {
            let _ = write!(out, ", out to {count} ports");
        }
        Some(Output::Discarded(reason)) => {
            out.extend_from_slice(b", discarded");
            match discard_reason(reason) {
                Some(words) => {
                    let _ = write!(out, ": {words}");
                }
                None => {
                    let _ = write!(out, ", reason {reason}");
                }
            }
        }
        None => {}
    }
}

/// A port by its number, or by what the reserved ones of `OpenFlow` are called.
fn port(out: &mut Vec<u8>, told: &Report, number: u32) {
    const RESERVED: u32 = 0xffff_fff8;
    const NAMES: [&str; 8] = [
        "in_port",
        "table",
        "normal",
        "flood",
        "all",
        "controller",
        "local",
        "none",
    ];
    let name = match told.message {
        ReportMessage::PacketIn | ReportMessage::PacketOut => number.checked_sub(RESERVED),
        _ => None,
    };
    match name.and_then(|at| NAMES.get(usize::try_from(at).ok()?)) {
        Some(name) => out.extend_from_slice(name.as_bytes()),
        None => write::decimal(out, number.into()),
    }
}

/// What sFlow's numbers for discarded packets stand for: below 256 codes of ICMP's type 3.
fn discard_reason(number: u32) -> Option<&'static str> {
    Some(match number {
        256 => "reason not known",
        257 => "TTL exceeded",
        258 => "ACL",
        259 => "no buffer space",
        260 => "RED",
        261 => "traffic shaping or rate limiting",
        262 => "packet too big",
        _ => return names::code_title(IpVersion::V4, 3, u8::try_from(number).ok()?),
    })
}
