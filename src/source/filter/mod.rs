//! Packet filters in libpcap's language, for files as for interfaces.
//!
//! libpcap compiles, one program per link type; [`program`] runs it. The programs are run here
//! and not by libpcap because the wrapper's `filter` knows one length only, the captured one,
//! whereas `len`, `less` and `greater` ask for the length on the wire.

pub mod dlt;
mod flow;
pub mod kernel;
mod place;
pub mod program;
pub mod tokens;

use pcap::{Capture, Linktype};

use crate::model::{FlowKey, Frame, LinkType};
use crate::wire::bytes::offset_in;
use crate::wire::link::ieee802154::is_ieee802_15_4;
use crate::wire::link::linktype::ETHERNET;
use crate::wire::link::usb::is_usb;
use crate::wire::link::{self, aggregate};
use crate::wire::{Classified, classify};
pub use kernel::kernel_filter;
use program::{FamilyOrder, Program, ProgramError};

/// Whether a filter also finds an ICMP error by the packet it quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuotedPolicy {
    /// If the expression speaks of hosts, nets, ports and protocols only: see [`tokens`].
    #[default]
    Auto,
    /// Always.
    Yes,
    /// Never: the expression means exactly what it means in tcpdump.
    No,
}

/// Why an expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("filter '{expression}': {message}")]
pub struct FilterError {
    /// The expression.
    pub expression: String,
    /// What libpcap says of it.
    pub message: String,
}

/// The link types to compile for where they are not known yet: Ethernet, both cooked ones, raw IP.
pub const USUAL_LINKS: &[LinkType] = &[LinkType(1), LinkType(113), LinkType(276), RAW];

/// A filter expression with its programs, compiled when a link type is first met.
#[derive(Clone, Debug)]
pub struct Filter {
    expression: String,
    quoted: bool,
    programs: Vec<(LinkType, Result<Compiled, String>)>,
    /// What [`Self::check`] compiled: looking up names takes files and the network, which may be
    /// out of reach later.
    prepared: Vec<(LinkType, Result<Compiled, String>)>,
    /// Index of the program that was used last: most inputs have one link type.
    last: usize,
    /// Where packets of aggregates are put.
    alone: Vec<u8>,
}

impl Filter {
    /// A filter for `expression`; an empty one selects everything. Nothing is compiled yet.
    pub fn new(expression: &str, policy: QuotedPolicy) -> Self {
        let expression = expression.trim();
        let quoted = match policy {
            QuotedPolicy::Auto => tokens::speaks_of_flows_only(expression),
            QuotedPolicy::Yes => true,
            QuotedPolicy::No => false,
        };
        Self {
            expression: expression.to_owned(),
            quoted: quoted && !expression.is_empty(),
            programs: Vec::new(),
            prepared: Vec::new(),
            last: 0,
            alone: Vec::new(),
        }
    }

    /// The expression, without surrounding blanks.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Whether every frame is selected, because there is no expression.
    pub fn selects_all(&self) -> bool {
        self.expression.is_empty()
    }

    /// Whether [`Self::matches_quoted`] can be true at all; where not, quotes need no look.
    pub fn looks_into_quotes(&self) -> bool {
        self.quoted
    }

    /// Compiles for the link types known so far (pcapng may bring more later); where none is
    /// known, for [`USUAL_LINKS`].
    ///
    /// # Errors
    ///
    /// Where the expression compiles for none of them, what libpcap says of the first.
    pub fn check(&mut self, links: &[LinkType]) -> Result<(), FilterError> {
        let links = if links.is_empty() { USUAL_LINKS } else { links };
        if self.selects_all() {
            return Ok(());
        }
        for &link in links {
            if self.prepared.iter().all(|(known, _)| *known != link) {
                self.prepared.push((link, compile(&self.expression, link)));
            }
        }
        if self.quoted {
            self.prepared.push((QUOTE, compile(&self.expression, RAW)));
        }
        let mut compiled = (self.prepared.iter()).filter(|(link, _)| links.contains(link));
        match compiled.next() {
            Some((_, Err(message))) if compiled.all(|(_, program)| program.is_err()) => {
                Err(self.error(message.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Whether the expression compiled for at least one of the link types that frames had; to be
    /// asked at the end, since [`Self::check`] knows only what was declared at the start.
    ///
    /// # Errors
    ///
    /// Where it compiled for none of them, what libpcap says of the first.
    pub fn verdict(&self) -> Result<(), FilterError> {
        let mut met = self.programs.iter().filter(|(link, _)| *link != QUOTE);
        match met.next() {
            Some((_, Err(message))) if met.all(|(_, program)| program.is_err()) => {
                Err(self.error(message.clone()))
            }
            _ => Ok(()),
        }
    }

    /// The link types that frames had and the expression did not compile for, with what libpcap
    /// says: their frames match nothing.
    pub fn failures(&self) -> impl Iterator<Item = (LinkType, &str)> {
        self.programs
            .iter()
            .filter(|(link, _)| *link != QUOTE)
            .filter_map(|(link, program)| Some((*link, program.as_ref().err()?.as_str())))
    }

    /// Whether the filter selects `frame`, as tcpdump would. A frame whose link type the
    /// expression does not compile for is not selected. Where libpcap
    /// has no program for the link type, the packet decides as if it were raw IP. Of the packets of an
    /// aggregate each is selected as if it had been sent in a frame of its own.
    pub fn matches(&mut self, frame: &Frame<'_>) -> bool {
        if frame.part.is_some() && !self.selects_all() {
            return self.matches_part(frame);
        }
        let octets = Octets {
            frame: (frame.data, frame.wire_len),
            packet: match frame.expanded {
                Some(made) => Made::Packet(&made.octets, made.wire_len),
                None => Made::In(frame),
            },
        };
        self.selects_all() || self.run(frame.link, octets)
    }

    #[cold]
    fn matches_part(&mut self, frame: &Frame<'_>) -> bool {
        let mut octets = std::mem::take(&mut self.alone);
        let link = frame.link;
        let frame = match aggregate::sent_alone(frame, &mut octets) {
            Some(wire_len) => (octets.as_slice(), wire_len),
            None => (frame.data, frame.wire_len),
        };
        let packet = Made::Nothing;
        let matched = self.run(link, Octets { frame, packet });
        self.alone = octets;
        matched
    }

    /// Whether the filter selects the packet that an ICMP error quotes. `quote` starts with its IP
    /// header; `wire_len` is the length that header claims, in octets.
    pub fn matches_quoted(&mut self, quote: &[u8], wire_len: u32) -> bool {
        let octets = Octets {
            frame: (quote, wire_len),
            packet: Made::Nothing,
        };
        self.quoted && self.run(QUOTE, octets)
    }

    /// Whether the filter selects the packets of a flow, as far as addresses and ports decide:
    /// only where it looks into quotes, too.
    pub fn matches_flow(&mut self, flow: &FlowKey) -> bool {
        self.quoted && {
            let packet = flow::bare_packet(flow);
            self.matches_quoted(&packet, u32::try_from(packet.len()).unwrap_or(u32::MAX))
        }
    }

    fn run(&mut self, link: LinkType, octets: Octets<'_>) -> bool {
        if self
            .programs
            .get(self.last)
            .is_none_or(|(known, _)| *known != link)
        {
            self.last = match self.programs.iter().position(|(known, _)| *known == link) {
                Some(at) => at,
                None => self.compile_for(link),
            };
        }
        match self.programs.get(self.last) {
            Some((_, Ok(Compiled::Frame(program)))) => {
                program.accepts(octets.frame.0, octets.frame.1)
            }
            Some((_, Ok(Compiled::Packet(program)))) => octets
                .packet
                .octets()
                .is_some_and(|(packet, wire_len)| program.accepts(packet, wire_len)),
            _ => false,
        }
    }

    #[cold]
    fn compile_for(&mut self, link: LinkType) -> usize {
        let prepared = self.prepared.iter().position(|(known, _)| *known == link);
        let program = match prepared {
            Some(at) => self.prepared.swap_remove(at).1,
            None if link == QUOTE => compile(&self.expression, RAW),
            None => compile(&self.expression, link),
        };
        self.programs.push((link, program));
        self.programs.len() - 1
    }

    fn error(&self, message: String) -> FilterError {
        FilterError {
            expression: self.expression.clone(),
            message,
        }
    }
}

/// Raw IP, the link type that quoted packets are filtered as.
const RAW: LinkType = LinkType(101);
/// The place of the program for quoted packets: a value no file can hold (they have 28 bits), so
/// that a failure to compile for quotes is told apart from one for captured raw IP.
const QUOTE: LinkType = LinkType(u32::MAX);

/// A program, by what it is run on.
#[derive(Clone, Debug)]
enum Compiled {
    Frame(Program),
    /// The packet that the frame carries compressed.
    Packet(Program),
}

/// What a program may be run on, each with its length on the wire in octets.
#[derive(Clone, Copy)]
struct Octets<'a> {
    frame: (&'a [u8], u32),
    packet: Made<'a>,
}

/// The packet of a frame that libpcap has no filters for.
#[derive(Clone, Copy)]
enum Made<'a> {
    Nothing,
    /// It was made.
    Packet(&'a [u8], u32),
    /// It stands in the frame, behind headers of the link.
    In(&'a Frame<'a>),
}

impl<'a> Made<'a> {
    fn octets(self) -> Option<(&'a [u8], u32)> {
        match self {
            Self::Nothing => None,
            Self::Packet(packet, wire_len) => Some((packet, wire_len)),
            Self::In(frame) => {
                let (Classified::Icmp(packet) | Classified::OtherIp(packet)) = classify(frame)
                else {
                    return None;
                };
                let outermost = packet.outermost().unwrap_or(packet.ip);
                let at = offset_in(frame.data, outermost.header)?;
                let before = u32::try_from(at).ok()?;
                Some((frame.data.get(at..)?, frame.wire_len.saturating_sub(before)))
            }
        }
    }
}

/// Compiles for frames of a link type, or where libpcap cannot do that, because it has no filters for
/// the link or because packets are compressed there, for those.
fn compile(expression: &str, link: LinkType) -> Result<Compiled, String> {
    match compile_program(expression, link) {
        Err(_) if is_ieee802_15_4(link) => compile_program(expression, RAW).map(Compiled::Packet),
        // Their packets are frames of other links, each with a program of its own.
        Err(_) if is_usb(link) => compile_program(expression, ETHERNET).map(Compiled::Packet),
        Err(_) if link::is_known(link) && !is_filtered(link) => {
            compile_program(expression, RAW).map(Compiled::Packet)
        }
        program => program.map(Compiled::Frame),
    }
}

/// Whether libpcap has filters for frames of a link type.
pub fn is_filtered(link: LinkType) -> bool {
    // Either alone rejects all where there is the other version of IP only.
    compile_program("icmp or icmp6", link).is_ok()
}

/// Compiles for one link type, with the optimizer on as tcpdump does.
fn compile_program(expression: &str, link: LinkType) -> Result<Program, String> {
    let text = |e: pcap::Error| match e {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    };
    let handle = Capture::dead(Linktype(dlt::from_linktype(link))).map_err(text)?;
    let program = |optimize| {
        let compiled = handle.compile(expression, optimize).map_err(text);
        let compiled = compiled.map_err(|told| with_place(told, expression, link))?;
        Ok::<_, String>(Program::new(compiled.get_instructions()))
    };
    // Not optimized first: what asks the kernel for metadata is refused, as libpcap does when it
    // reads a file, even where the optimizer would find out that the answer does not matter. And
    // where the optimizer breaks a program, this one is right.
    let plain = program(false)?.map_err(|e| e.to_string())?;
    let optimized = match program(true)? {
        Err(ProgramError::Memory) => plain,
        other => other.map_err(|e| e.to_string())?,
    };
    Ok(match link.0 {
        0 | 109 => optimized.with_any_family(FamilyOrder::Host),
        108 => optimized.with_any_family(FamilyOrder::Network),
        _ => optimized,
    })
}

/// What libpcap says of an expression, with the place where it only says that there is an error.
pub(super) fn with_place(told: String, expression: &str, link: LinkType) -> String {
    let is_syntax_error = |told: &str| told.contains("syntax error");
    let handle = Capture::dead(Linktype(dlt::from_linktype(link))).ok();
    let Some(handle) = handle.filter(|_| is_syntax_error(&told)) else {
        return told;
    };
    place::of_syntax_error(expression, |text| match handle.compile(text, false) {
        Err(pcap::Error::PcapError(told)) => !is_syntax_error(&told),
        other => other.is_ok(),
    })
}

/// The expression in the content of a filter file (`-F`): `#` starts a comment, as in tcpdump.
pub fn strip_comments(content: &str) -> String {
    let lines = content.lines().map(|line| {
        line.split_once('#')
            .map_or(line, |(expression, _)| expression)
            .trim()
    });
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
