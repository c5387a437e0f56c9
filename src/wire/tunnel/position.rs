//! How far a frame has been read, and the step over a tunnel header.

use super::TunnelKind;
use super::header;
use super::report::{self, Report};
use super::shim;
use crate::model::frame::Place;
use crate::model::{Expanded, Form, Frame, LinkType, Sealing};
use crate::wire::bytes::tail;
use crate::wire::defect::Limit;
use crate::wire::ip::{HeaderOrigin, Ip};
use crate::wire::link::{self, LinkHeader, Network, Vlans};
use crate::wire::{Undecodable, esp, wireguard};

/// Octets that are still to be read.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a> {
    /// Those that were captured.
    pub(super) bytes: &'a [u8],
    /// How many there were on the wire.
    pub(super) on_wire: usize,
    /// What ends them on the wire.
    pub(super) limit: Limit,
}

impl<'a> Rest<'a> {
    /// The payload of `ip`, before which so many octets of it were cut.
    pub(super) fn of(ip: &Ip<'a>, cut: usize) -> Self {
        Self {
            bytes: ip.payload,
            on_wire: usize::try_from(ip.payload_length)
                .unwrap_or(usize::MAX)
                .max(ip.payload.len())
                + cut,
            limit: ip.message_limit(),
        }
    }

    /// What is behind the first `at` octets.
    #[inline]
    pub(super) fn behind(self, at: usize) -> Self {
        Self {
            bytes: tail(self.bytes, at),
            on_wire: self.on_wire.saturating_sub(at),
            limit: self.limit,
        }
    }

    /// What `header` leads to, with which this begins.
    #[inline]
    pub(super) fn inside(self, header: &LinkHeader) -> Self {
        let rest = self.behind(header.offset);
        // What a first fragment ends in is no check value.
        if header.check == 0 || self.limit == Limit::Fragment {
            return rest;
        }
        let on_wire = rest.on_wire.saturating_sub(header.check.into());
        Self {
            bytes: rest.bytes.get(..on_wire).unwrap_or(rest.bytes),
            on_wire,
            ..rest
        }
    }

    #[inline]
    pub(super) fn ip(self) -> Result<Ip<'a>, Undecodable> {
        Ip::parse_on_wire(self.bytes, self.on_wire, self.limit)
    }
}

/// How far a frame has been read.
#[derive(Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) network: Network,
    pub(super) rest: Rest<'a>,
}

/// What is behind a tunnel header.
pub(super) struct Entered<'a> {
    pub(super) kind: TunnelKind,
    pub(super) vlans: Vlans,
    pub(super) header: &'a [u8],
    pub(super) frame: Option<(LinkType, &'a [u8])>,
    pub(super) inside: Position<'a>,
    pub(super) report: Option<Report>,
}

impl<'a> Entered<'a> {
    /// Steps over `header`, with which `rest` begins.
    pub(super) fn new(kind: TunnelKind, header: &LinkHeader, rest: Rest<'a>) -> Self {
        Self {
            kind,
            vlans: header.vlans,
            header: rest.bytes.get(..header.offset).unwrap_or(rest.bytes),
            frame: header.frame_in(rest.bytes),
            inside: Position {
                network: header.network,
                rest: rest.inside(header),
            },
            report: None,
        }
    }
}

impl<'a> Position<'a> {
    /// Where a packet starts that was made.
    pub(super) fn made(packet: &'a Expanded) -> Self {
        let mut at = Self::whole(&packet.octets);
        at.rest.on_wire = usize::try_from(packet.wire_len).unwrap_or(usize::MAX);
        if matches!(packet.form, Form::Part | Form::Later) || packet.fragment.is_some() {
            at.rest.limit = Limit::Fragment;
        }
        if let Some(link) = packet.link {
            let header = link::header_of_made(link, &packet.octets);
            at.network = header.network;
            at.rest = at.rest.inside(&header);
        }
        at
    }

    /// The IP packet that starts here, of which `made` tells more.
    pub(super) fn ip(&self, made: Option<&Expanded>) -> Result<Ip<'a>, Undecodable> {
        let mut ip = self.rest.ip()?;
        if let Some(packet) = made
            && let Some(fragment) = packet.fragment
        {
            ip.set_link_fragment(fragment, packet.wire_len);
        }
        if made.is_some_and(|packet| matches!(packet.form, Form::Headerless(_))) {
            ip.origin = HeaderOrigin::Made;
        }
        Ok(ip)
    }

    /// The IP packet that starts here, if it is a fragment.
    pub(super) fn fragment(&self) -> Option<Ip<'a>> {
        let ip = (self.network == Network::Ip).then(|| self.rest.ip().ok())??;
        ip.fragment.is_some().then_some(ip)
    }

    /// Where one starts that is all there.
    pub(super) fn whole(packet: &'a [u8]) -> Self {
        Self {
            network: Network::Ip,
            rest: Rest {
                bytes: packet,
                on_wire: packet.len(),
                limit: Limit::Frame,
            },
        }
    }

    /// Steps over a header between the link's and IP's; `None` where nothing is known to follow.
    pub(super) fn inside_shim(&self) -> Result<Option<Entered<'a>>, Undecodable> {
        let step = shim::shim(self.network, self.rest.bytes).transpose()?;
        Ok(step.map(|(kind, header)| Entered::new(kind, &header, self.rest)))
    }
}

/// The frame without its check sequence, which only a frame captured whole ends in.
#[inline]
pub(super) fn without_fcs<'a>(frame: &Frame<'a>) -> Rest<'a> {
    let wire = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
    let on_wire = wire.saturating_sub(usize::from(frame.fcs_len));
    Rest {
        bytes: frame.data.get(..on_wire).unwrap_or(frame.data),
        on_wire,
        limit: Limit::Frame,
    }
}

/// The packet that was made to stand behind so many tunnels.
#[inline]
pub(super) fn made_at(expanded: Option<&Expanded>, depth: u8) -> Option<&Expanded> {
    expanded?.and_around().find(|packet| packet.depth == depth)
}

/// What is behind the tunnel header in `ip`, if it carries one, behind which `made` stands. Of packets
/// that are data of another protocol the one that is meant; of those that one reports in turn the first.
pub(super) fn inside_ip<'a>(
    ip: &Ip<'a>,
    made: Option<&Expanded>,
    reported: &mut Option<Place>,
) -> Option<Entered<'a>> {
    if ip.is_later_fragment() {
        return None;
    }
    if let Some(which) = *reported
        && let Some(entered) = report::enter(ip, which)
    {
        *reported = entered.report.map(|_| Place::FIRST);
        return Some(entered);
    }
    // Nothing but the keys tells for certain what goes to any port.
    let (kind, header) = match made.and_then(|packet| packet.sealing) {
        Some(Sealing::WireGuard(_)) => wireguard::enter(ip)?,
        Some(sealing) => esp::enter(ip, sealing)?,
        None => header::carried(ip)?,
    };
    Some(entered(ip, kind, &header))
}

/// What is behind the header of ESP in a quoted packet that shows that nothing in it is encrypted. One that
/// was captured is made anew: see [`esp::Esp::open`].
pub(super) fn inside_clear<'a>(ip: &Ip<'a>) -> Option<Entered<'a>> {
    let (kind, header) = esp::enter_clear(ip)?;
    Some(entered(ip, kind, &header))
}

fn entered<'a>(ip: &Ip<'a>, kind: TunnelKind, header: &LinkHeader) -> Entered<'a> {
    let rest = Rest::of(ip, header::cut_before(kind, ip.payload));
    Entered::new(kind, header, rest)
}
