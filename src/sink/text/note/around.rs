//! What is around a packet, and what of that the frame does not have.

use std::io::Write as _;
use std::net::IpAddr;

use super::Notes;
use crate::correlate::Relation;
use crate::correlate::verdict::{TunnelNetwork, Within};
use crate::model::{LinkCipher, LinkFragment, Proof, UnknownPrefix};
use crate::record::{IcmpEvent, escape, write};
use crate::sink::text::addr;
use crate::wire::tunnel::{Encapsulation, TunnelKind};
use crate::wire::{HeaderOrigin, Vlans};

pub(super) fn encapsulation(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    if let Some(source) = event.source()
        && source.interfaces.len() > 1
        && let Some(interface) = event.frame.interface
        && let Ok(index) = usize::try_from(interface.0)
        && let Some(name) = source.interfaces.get(index).and_then(|i| i.name.as_ref())
    {
        let out = notes.item();
        out.extend_from_slice(b"on ");
        escape::push(out, name.as_bytes());
    }
    for vlan in event.packet.link.vlans.as_slice() {
        let out = notes.item();
        write::number(out, b"vlan ", (*vlan).into());
    }
    if let Some(cipher) = event.frame.cipher {
        notes.text(match cipher {
            LinkCipher::Wep => "decrypted (WEP)",
            LinkCipher::Tkip => "decrypted (TKIP)",
            LinkCipher::Ccmp128 => "decrypted (CCMP)",
            LinkCipher::Ccmp256 => "decrypted (CCMP-256)",
            LinkCipher::Gcmp128 => "decrypted (GCMP)",
            LinkCipher::Gcmp256 => "decrypted (GCMP-256)",
        });
    }
    for around in event.packet.tunnels.encapsulations() {
        let out = notes.item();
        let tunnel = around.tunnel;
        out.extend_from_slice(b"in ");
        match (tunnel.kind, tunnel.outer) {
            // Nothing but the header that the addresses are of.
            (TunnelKind::IpInIp, Some((IpAddr::V4(_), _))) => out.extend_from_slice(b"ip"),
            (TunnelKind::IpInIp, Some((IpAddr::V6(_), _))) => out.extend_from_slice(b"ip6"),
            (kind, _) => {
                tunnel_kind(out, kind);
                unproven(out, &around);
            }
        }
        if let Some((src, dst)) = tunnel.outer {
            out.push(b' ');
            addr::pair(out, src, dst, None);
        }
        if let Some(outer) = &around.outer {
            addr::segments(out, outer);
        }
        inner_vlans(notes.out, tunnel.vlans);
    }
}

/// What of its headers the frame does not have.
pub(super) fn headers(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    let UnknownPrefix { src, dst } = event.packet.ip.unknown_prefix;
    for (whose, context) in [("source", src), ("destination", dst)] {
        if let Some(context) = context {
            let _ = write!(
                notes.item(),
                "{whose} prefix of context {context} not known"
            );
        }
    }
    if event.packet.ip.origin == HeaderOrigin::Made {
        notes.text(match event.packet.ip.hides_addresses() {
            (false, false) => "without its IP header",
            (true, false) => "without its IP header, source not known",
            (false, true) => "without its IP header, destination not known",
            (true, true) => "without its IP header, addresses not known",
        });
    }
    if let Some(LinkFragment {
        tag, size, offset, ..
    }) = event.frame.expanded.and_then(|e| e.fragment)
    {
        let _ = write!(
            notes.item(),
            "octets from {offset} of {size}, 6LoWPAN tag {tag}"
        );
    }
}

/// Which of several packets of a frame it is.
pub(super) fn aggregate(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    if let Some(packet) = event.frame.packet() {
        let out = notes.item();
        out.extend_from_slice(match event.relation {
            Relation::Reported => b"report ",
            _ => b"packet ".as_slice(),
        });
        write::decimal(out, packet.get().into());
        out.extend_from_slice(b" of its frame");
    }
}

/// Tags of the frame that a tunnel carries.
pub(super) fn inner_vlans(out: &mut Vec<u8>, vlans: Vlans) {
    for (i, vlan) in vlans.as_slice().iter().enumerate() {
        out.extend_from_slice(if i == 0 { b" with vlan " } else { b", " });
        write::decimal(out, (*vlan).into());
    }
    if !vlans.as_slice().is_empty() {
        out.extend_from_slice(b" inside");
    }
}

/// That nothing but its form tells that what a tunnel encrypts was decrypted right.
pub(super) fn unproven(out: &mut Vec<u8>, around: &Encapsulation<'_>) {
    if around.proof() == Some(Proof::Form) {
        out.extend_from_slice(b" (unverified)");
    }
}

/// `vxlan vni 5, ip in ip`: tunnels in a quote, outermost first.
pub(super) fn tunnel_kinds<'a>(
    out: &mut Vec<u8>,
    tunnels: impl Iterator<Item = Encapsulation<'a>>,
) {
    for (i, around) in tunnels.enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b", " });
        tunnel_kind(out, around.tunnel.kind);
        unproven(out, &around);
        inner_vlans(out, around.tunnel.vlans);
    }
}

/// ` in vxlan vni 5`, ` in gre between 192.0.2.1 and 192.0.2.2`, ` in vlan 10`: the network of a flow.
pub(in crate::sink) fn within(out: &mut Vec<u8>, within: Within) {
    match within {
        Within::Unknown => {}
        Within::Vlan(vlan) => write::number(out, b" in vlan ", vlan.into()),
        Within::Tunnel(tunnel) => {
            let TunnelNetwork {
                kind,
                is_identified,
                ends,
                vlans,
            } = TunnelNetwork::of(tunnel);
            out.extend_from_slice(b" in ");
            if is_identified {
                tunnel_kind(out, kind);
            } else {
                addr::words_of(out, kind.name());
            }
            if let Some((a, b)) = ends {
                out.extend_from_slice(b" between ");
                write::ip(out, a);
                out.extend_from_slice(b" and ");
                write::ip(out, b);
            }
            inner_vlans(out, vlans);
        }
    }
}

pub(super) fn tunnel_kind(out: &mut Vec<u8>, kind: TunnelKind) {
    addr::words_of(out, kind.name());
    // A session is one of a tunnel's.
    if let TunnelKind::L2tp { tunnel, .. } = kind {
        write::number(out, b" tunnel ", tunnel.into());
    }
    if let Some((name, value)) = kind.identifier() {
        out.push(b' ');
        addr::words_of(out, name);
        out.push(b' ');
        write::decimal(out, value.into());
    }
}
