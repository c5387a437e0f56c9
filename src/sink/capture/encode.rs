//! The octets of pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), in little
//! endian order.

use std::path::Path;

use crate::model::{Frame, InterfaceId, LinkType, SourceId};
use crate::source::{InterfaceInfo, Resolution, Secrets, SourceInfo};

/// File formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One link type, no interfaces.
    Pcap,
    /// Interfaces, each with its own link type.
    Pcapng,
}

impl Format {
    /// pcapng for names that end in `.pcapng`, else pcap.
    pub fn by_name(path: &Path) -> Self {
        let pcapng = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("pcapng"));
        if pcapng { Self::Pcapng } else { Self::Pcap }
    }

    /// How many of the first `written` octets belong to a record that is not whole with them;
    /// `first` where `octets` begin the file.
    pub(super) fn torn_octets(self, octets: &[u8], written: usize, first: bool) -> usize {
        let field = |at: usize| {
            let field = octets.get(at..)?.first_chunk()?;
            usize::try_from(u32::from_le_bytes(*field)).ok()
        };
        let mut whole = 0;
        loop {
            let length = match self {
                Self::Pcap if first && whole == 0 => Some(PCAP_HEADER),
                Self::Pcap => field(whole + 8).map(|captured| PCAP_RECORD + captured),
                Self::Pcapng => field(whole + 4),
            };
            match length {
                Some(length @ 1..) if whole + length <= written => whole += length,
                _ => return written - whole,
            }
        }
    }
}

/// What all frames of an interface have in common, and all frames of a pcap file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) link: LinkType,
    /// Octets of frame check sequence.
    pub(super) fcs_len: u8,
}

impl Kind {
    const fn of(interface: &InterfaceInfo) -> Self {
        Self {
            link: interface.link,
            fcs_len: interface.fcs_len,
        }
    }
}

/// What makes an interface of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    source: SourceId,
    interface: InterfaceId,
    kind: Kind,
}

/// Appends records to a buffer; each call leaves whole ones.
#[derive(Debug)]
pub(super) struct Encoder {
    format: Format,
    begun: bool,
    /// The kind of frame that a pcap file holds.
    kind: Option<Kind>,
    /// The kind and the snap length that a pcap file is told to have if no frame comes.
    expected: Option<(Kind, u32)>,
    /// The interfaces that a pcapng file describes, by their number in it.
    interfaces: Vec<Origin>,
    /// Index of the interface of the last frame.
    last: usize,
    resolution: Resolution,
    /// What stands before the frames, so far: the next file of a rotation begins with it.
    preamble: Vec<u8>,
    times_clamped: u64,
}

/// Written where the source was not limited: libpcap's own maximum.
const SNAPLEN_MAX: u32 = 262_144;
/// Octets of a name or description that are kept.
const TEXT_MAX: usize = 1024;
/// Octets of secrets that each file of a rotation begins with, at the most.
const SECRETS_MAX: usize = 4 << 20;
const NANOS: i64 = 1_000_000_000;
/// Octets of the headers of a pcap file and of its records.
const PCAP_HEADER: usize = 24;
const PCAP_RECORD: usize = 16;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 10;

const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const IF_FCSLEN: u16 = 13;

impl Encoder {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            begun: false,
            kind: None,
            expected: None,
            interfaces: Vec::new(),
            last: 0,
            resolution: Resolution::Microseconds,
            preamble: Vec::new(),
            times_clamped: 0,
        }
    }

    pub(super) fn times_clamped(&self) -> u64 {
        self.times_clamped
    }

    /// Starts the file before the first frame, where that can be done: a pcap header names the
    /// link type and the length of check sequences, and the first frame decides them unless all
    /// interfaces agree. In pcapng each packet may tell another length than its interface.
    pub(super) fn begin(&mut self, sources: &[SourceInfo], out: &mut Vec<u8>) {
        match self.format {
            Format::Pcapng => {
                self.section(out);
                self.describe_live(sources, out);
            }
            Format::Pcap => {
                let mut all = sources.iter().flat_map(|source| &source.interfaces);
                if let Some(first) = all.next()
                    && all.all(|other| Kind::of(other) == Kind::of(first))
                {
                    self.expected = Some((Kind::of(first), first.snaplen));
                    if sources.iter().all(|source| source.format != "pcapng") {
                        self.header(Kind::of(first), first.snaplen, sources, out);
                    }
                }
            }
        }
    }

    /// Starts the next file of a rotation as the one before it: the same link type, the same
    /// interfaces under the same numbers.
    pub(super) fn restart(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.preamble);
    }

    /// Appends a frame, in pcapng with a comment where there is one.
    ///
    /// Fails with the kind of the file and that of the frame where pcap cannot hold both.
    pub(super) fn frame(
        &mut self,
        frame: &Frame<'_>,
        sources: &[SourceInfo],
        comment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), (Kind, Kind)> {
        match self.format {
            Format::Pcap => self.pcap_record(frame, sources, out),
            Format::Pcapng => {
                self.section(out);
                self.enhanced_packet(frame, sources, comment, out);
                Ok(())
            }
        }
    }

    /// Appends secrets for the frames that follow, where the format has a place for them.
    pub(super) fn secrets(&mut self, secrets: &Secrets, out: &mut Vec<u8>) {
        if self.format != Format::Pcapng {
            return;
        }
        self.section(out);
        let start = out.len();
        block(out, DECRYPTION_SECRETS, |out| {
            u32s(out, &[secrets.kind.number(), octets(&secrets.octets)]);
            padded(out, &secrets.octets);
        });
        if self.preamble.len() < SECRETS_MAX {
            self.keep(start, out);
        }
    }

    /// Makes a file without frames a capture file; the next file of a rotation may still be of
    /// another link type.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        match self.format {
            Format::Pcapng => self.section(out),
            Format::Pcap if self.begun => {}
            Format::Pcap => {
                let ethernet = Kind {
                    link: LinkType(1),
                    fcs_len: 0,
                };
                let (kind, snaplen) = self.expected.unwrap_or((ethernet, 0));
                Self::new(self.format).header(kind, snaplen, &[], out);
            }
        }
    }

    /// The pcap file header, once.
    fn header(&mut self, kind: Kind, snaplen: u32, sources: &[SourceInfo], out: &mut Vec<u8>) {
        if self.begun {
            return;
        }
        self.begun = true;
        let start = out.len();
        self.resolution = sources
            .iter()
            .flat_map(|source| &source.interfaces)
            .map(|interface| interface.resolution)
            .max()
            .unwrap_or_default();
        self.kind = Some(kind);
        let magic = match self.resolution {
            Resolution::Microseconds => 0xa1b2_c3d4,
            Resolution::Nanoseconds => 0xa1b2_3c4d,
        };
        // Length of the check sequence in 16-bit words in the top four bits, and that it is known.
        let fcs = match kind.fcs_len {
            even @ 2..=30 if even % 2 == 0 => u32::from(even / 2) << 28 | 1 << 26,
            _ => 0,
        };
        u32s(out, &[magic]);
        u16s(out, &[2, 4]);
        u32s(out, &[0, 0, limit(snaplen), fcs | kind.link.0]);
        self.keep(start, out);
    }

    /// What stands in `out` from `start` on belongs before the frames of each file.
    fn keep(&mut self, start: usize, out: &[u8]) {
        let new = out.get(start..).unwrap_or_default();
        self.preamble.extend_from_slice(new);
    }

    fn pcap_record(
        &mut self,
        frame: &Frame<'_>,
        sources: &[SourceInfo],
        out: &mut Vec<u8>,
    ) -> Result<(), (Kind, Kind)> {
        let kind = Kind {
            link: frame.link,
            fcs_len: frame.fcs_len,
        };
        let snaplen = info(frame, sources).map_or(0, |info| info.snaplen);
        self.header(kind, snaplen, sources, out);
        if let Some(first) = self.kind
            && first != kind
        {
            return Err((first, kind));
        }
        let nanos = frame.ts.as_nanos();
        let seconds = u32::try_from(nanos.div_euclid(NANOS)).unwrap_or_else(|_| {
            self.times_clamped += 1;
            if nanos < 0 { 0 } else { u32::MAX }
        });
        // Below 10^9 by the remainder.
        let fraction = u32::try_from(nanos.rem_euclid(NANOS)).unwrap_or(0);
        let fraction = match self.resolution {
            Resolution::Microseconds => fraction / 1000,
            Resolution::Nanoseconds => fraction,
        };
        let captured = octets(frame.data);
        u32s(
            out,
            &[seconds, fraction, captured, frame.wire_len.max(captured)],
        );
        out.extend_from_slice(frame.data);
        Ok(())
    }

    /// The section header block, once.
    fn section(&mut self, out: &mut Vec<u8>) {
        if self.begun {
            return;
        }
        self.begun = true;
        let start = out.len();
        block(out, SECTION_HEADER, |out| {
            u32s(out, &[0x1a2b_3c4d]);
            u16s(out, &[1, 0]);
            // Section length: not known.
            u32s(out, &[u32::MAX, u32::MAX]);
            option(out, SHB_USERAPPL, b"icmpdump");
            u16s(out, &[0, 0]);
        });
        self.keep(start, out);
    }

    /// The interfaces that are captured on, which a reader wants to know of before the first frame.
    /// Those of files are described when a frame of theirs comes: only frames tell of their check
    /// sequences.
    fn describe_live(&mut self, sources: &[SourceInfo], out: &mut Vec<u8>) {
        for source in sources.iter().filter(|source| source.format == "live") {
            for (number, interface) in (0_u32..).zip(&source.interfaces) {
                let origin = Origin {
                    source: source.id,
                    interface: InterfaceId(number),
                    kind: Kind::of(interface),
                };
                self.add(origin, Some(interface), sources, out);
            }
        }
    }

    fn add(
        &mut self,
        origin: Origin,
        info: Option<&InterfaceInfo>,
        sources: &[SourceInfo],
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        describe(&origin, info, sources, out);
        self.keep(start, out);
        self.interfaces.push(origin);
    }

    fn enhanced_packet(
        &mut self,
        frame: &Frame<'_>,
        sources: &[SourceInfo],
        comment: &[u8],
        out: &mut Vec<u8>,
    ) {
        let number = self.interface(frame, sources, out);
        let stamp = u64::try_from(frame.ts.as_nanos()).unwrap_or_else(|_| {
            self.times_clamped += 1;
            0
        });
        let captured = octets(frame.data);
        block(out, ENHANCED_PACKET, |out| {
            let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0);
            let wire_len = frame.wire_len.max(captured);
            u32s(
                out,
                &[number, half(stamp >> 32), half(stamp), captured, wire_len],
            );
            padded(out, frame.data);
            if !comment.is_empty() {
                option(out, OPT_COMMENT, comment);
                u16s(out, &[0, 0]);
            }
        });
    }

    /// The number of the frame's interface, described first if it is new.
    fn interface(&mut self, frame: &Frame<'_>, sources: &[SourceInfo], out: &mut Vec<u8>) -> u32 {
        let wanted = Origin {
            source: frame.source,
            interface: frame.interface.unwrap_or_default(),
            kind: Kind {
                link: frame.link,
                fcs_len: frame.fcs_len,
            },
        };
        if self.interfaces.get(self.last) != Some(&wanted) {
            let known = self.interfaces.iter().position(|known| *known == wanted);
            self.last = known.unwrap_or_else(|| {
                self.add(wanted, info(frame, sources), sources, out);
                self.interfaces.len() - 1
            });
        }
        u32::try_from(self.last).unwrap_or(u32::MAX)
    }
}

/// An interface description block; times are written in nanoseconds throughout.
fn describe(
    origin: &Origin,
    info: Option<&InterfaceInfo>,
    sources: &[SourceInfo],
    out: &mut Vec<u8>,
) {
    block(out, INTERFACE_DESCRIPTION, |out| {
        let Kind { link, fcs_len } = origin.kind;
        u16s(out, &[u16::try_from(link.0).unwrap_or(u16::MAX), 0]);
        u32s(out, &[limit(info.map_or(0, |info| info.snaplen))]);
        if let Some(name) = info.and_then(|info| info.name.as_deref()) {
            option(out, IF_NAME, text(name));
        }
        // With several sources, which one it was.
        if let [_, _, ..] = sources
            && let Some(source) = sources.iter().find(|source| source.id == origin.source)
        {
            option(out, IF_DESCRIPTION, text(&source.name));
        }
        option(out, IF_TSRESOL, &[9]);
        if fcs_len > 0 {
            option(out, IF_FCSLEN, &[fcs_len]);
        }
        u16s(out, &[0, 0]);
    });
}

/// What is known of the interface that `frame` came from.
fn info<'s>(frame: &Frame<'_>, sources: &'s [SourceInfo]) -> Option<&'s InterfaceInfo> {
    let source = sources.iter().find(|source| source.id == frame.source)?;
    let number = frame.interface.map_or(0, |InterfaceId(number)| number);
    source.interfaces.get(usize::try_from(number).ok()?)
}

/// The snap length to write for one that was read.
fn limit(snaplen: u32) -> u32 {
    if snaplen == 0 { SNAPLEN_MAX } else { snaplen }
}

/// The beginning of a text that fits into an option.
fn text(text: &str) -> &[u8] {
    text.get(..text.floor_char_boundary(TEXT_MAX))
        .unwrap_or_default()
        .as_bytes()
}

fn octets(data: &[u8]) -> u32 {
    // No source hands out frames of 4 GiB.
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

/// A block: type, length, body, and the length again.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    u32s(out, &[kind, 0]);
    body(out);
    let length = octets(out.get(start..).unwrap_or_default()).saturating_add(4);
    u32s(out, &[length]);
    if let Some(field) = out.get_mut(start + 4..start + 8) {
        field.copy_from_slice(&length.to_le_bytes());
    }
}

/// An option: code, length, value, padded to 32 bits.
fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    u16s(out, &[code, length]);
    padded(out, value.get(..usize::from(length)).unwrap_or_default());
}

fn padded(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(value);
    let padding = value.len().next_multiple_of(4) - value.len();
    out.extend(std::iter::repeat_n(0, padding));
}

fn u32s(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

fn u16s(out: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}
