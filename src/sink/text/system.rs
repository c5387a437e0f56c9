//! What a system tells of a packet that it logs, queues, samples or drops.

use std::io::Write as _;

use crate::model::Timestamp;
use crate::record::{LinkHeader, escape, write};
use crate::wire::link::{Dropped, Dropper, PfRule, SystemMessage, SystemReport};

/// Writes what is told of the packet in a frame of this time: all of it where the link's header is shown.
pub(super) fn write(
    out: &mut Vec<u8>,
    told: &SystemReport<'_>,
    frame: Timestamp,
    header: LinkHeader,
) {
    match &told.dropped {
        Some(dropped) => drop(out, dropped),
        None => out.extend_from_slice(match told.message {
            SystemMessage::NetfilterLog => b"logged by netfilter",
            SystemMessage::NetfilterQueue => b"queued by netfilter".as_slice(),
            SystemMessage::PacketSample => b"sample of the kernel",
            SystemMessage::PacketDrop => b"dropped",
            SystemMessage::PfLog => b"logged by pf",
        }),
    }
    if let Some(prefix) = told.prefix {
        out.extend_from_slice(b", prefix \"");
        escape::push(out, prefix);
        out.push(b'"');
    }
    if let Some(rate) = told.sampling_rate {
        let _ = write!(out, ", 1 in {rate}");
    }
    if let Some((_, number)) = told.hook {
        match told.hook_name() {
            Some(name) => {
                let _ = write!(out, ", hook {name}");
            }
            None => {
                let _ = write!(out, ", hook {number}");
            }
        }
    }
    match &told.pf {
        Some(rule) => pf(out, rule, told.interface),
        None => interfaces(out, told),
    }
    if header == LinkHeader::Shown {
        rest(out, told, frame);
    }
}

/// Who dropped it, and why.
fn drop(out: &mut Vec<u8>, dropped: &Dropped<'_>) {
    out.extend_from_slice(match dropped.by {
        Dropper::Kernel => b"dropped by the kernel",
        Dropper::Hardware => b"dropped by hardware".as_slice(),
        Dropper::Pf => b"blocked by pf",
    });
    if let Some(trap) = dropped.trap {
        out.extend_from_slice(b", trap ");
        escape::push(out, trap);
    }
    if let Some(group) = dropped.trap_group {
        out.extend_from_slice(b" of ");
        escape::push(out, group);
    }
    if let Some(symbol) = dropped.symbol {
        out.extend_from_slice(b" at ");
        escape::push(out, symbol);
    }
    // That a rule matched goes without saying.
    if let Some(reason) = dropped.reason.filter(|reason| *reason != b"match") {
        out.extend_from_slice(b", reason ");
        escape::push(out, reason);
    }
}

/// `, rule 7, in on em0`.
fn pf(out: &mut Vec<u8>, rule: &PfRule<'_>, interface: Option<&[u8]>) {
    out.extend_from_slice(b", ");
    rule_number(out, rule);
    out.extend_from_slice(b", ");
    out.extend_from_slice(rule.direction_name().unwrap_or("").as_bytes());
    if let Some(name) = interface {
        out.extend_from_slice(b" on ");
        escape::push(out, name);
    }
}

/// `rule 7`, or `rule 7.ftp-proxy.1` in the ruleset of an anchor.
fn rule_number(out: &mut Vec<u8>, rule: &PfRule<'_>) {
    let _ = write!(out, "rule {}", rule.rule);
    if let Some(subrule) = rule.subrule {
        out.push(b'.');
        escape::push(out, rule.ruleset);
        let _ = write!(out, ".{subrule}");
    }
}

/// By which interfaces it came and goes, by number; one has a name where that is told.
fn interfaces(out: &mut Vec<u8>, told: &SystemReport<'_>) {
    if let Some(name) = told.interface {
        out.extend_from_slice(b", in ");
        escape::push(out, name);
    } else if let Some(number) = told.input {
        let _ = write!(out, ", in {number}");
    }
    if let Some(number) = told.output {
        let _ = write!(out, ", out {number}");
    }
}

/// What is told besides.
fn rest(out: &mut Vec<u8>, told: &SystemReport<'_>, frame: Timestamp) {
    let group = match told.message {
        SystemMessage::NetfilterQueue => "queue",
        _ => "group",
    };
    for (label, value) in [
        (group, told.group),
        ("sequence", told.sequence),
        ("packet", told.packet_id),
        ("bridge port in", told.physical_input),
        ("bridge port out", told.physical_output),
        ("uid", told.uid),
        ("gid", told.gid),
    ] {
        if let Some(value) = value {
            let _ = write!(out, ", {label} {value}");
        }
    }
    if let Some(mark) = told.mark {
        let _ = write!(out, ", mark 0x{mark:x}");
    }
    if let Some(address) = told.hardware_address {
        out.extend_from_slice(b", from ");
        write::hex_octets(out, address, b":");
    }
    if let Some(before) = told.ts.and_then(|ts| frame.since(ts)) {
        out.extend_from_slice(b", seen ");
        write::span(out, before);
        out.extend_from_slice(b" before");
    }
}

/// `rule 7/0(match): block in on em0: `: pf's header in tcpdump's words.
pub(super) fn pf_header(out: &mut Vec<u8>, told: &SystemReport<'_>) {
    let Some(rule) = &told.pf else { return };
    rule_number(out, rule);
    // tcpdump knows the numbers of its own system only.
    let _ = match rule.reason_name() {
        Some(name) => write!(out, "/{}({name})", rule.reason),
        None => write!(out, "/unkn({})", rule.reason),
    };
    out.extend_from_slice(b": ");
    let numbered = |out: &mut Vec<u8>, name: Option<&str>, number: u8| match name {
        Some(name) => out.extend_from_slice(name.as_bytes()),
        None => {
            let _ = write!(out, "unkn({number})");
        }
    };
    numbered(out, rule.action_name(), rule.action);
    out.push(b' ');
    numbered(out, rule.direction_name(), rule.direction);
    out.extend_from_slice(b" on ");
    escape::push(out, told.interface.unwrap_or_default());
    out.extend_from_slice(b": ");
}
