//! Frames on their way to another thread.

use super::byteorder::Order;
use super::frame::{
    Expanded, Frame, InterfaceId, LinkCipher, LinkType, Part, SourceId, UsbTransfer,
};
use super::options::Options;
use super::time::Timestamp;

/// Copies of frames in their order, their octets one behind the other in memory that is used again.
#[derive(Debug, Default)]
pub struct StoredFrames {
    frames: Vec<Stored>,
    octets: Vec<u8>,
    /// Packets that frames carry compressed, with the numbers of those.
    expanded: Vec<(usize, Expanded)>,
    /// Octets of those.
    made: usize,
}

/// A frame without its octets.
#[derive(Clone, Copy, Debug)]
struct Stored {
    source: SourceId,
    number: u64,
    interface: Option<InterfaceId>,
    ts: Timestamp,
    link: LinkType,
    wire_len: u32,
    fcs_len: u8,
    part: Option<Part>,
    cipher: Option<LinkCipher>,
    start: usize,
    end: usize,
    /// Octets of its options, behind its own.
    options: usize,
    order: Order,
    /// What its transfer is of USB, of which session, and octets of its header and of what is around it, behind
    /// those.
    transfer: Option<(LinkType, Option<u8>, [usize; 2])>,
}

impl StoredFrames {
    /// Adds a copy of `frame`.
    pub fn push(&mut self, frame: &Frame<'_>) {
        let start = self.octets.len();
        self.octets.extend_from_slice(frame.data);
        let end = self.octets.len();
        self.octets.extend_from_slice(frame.options.octets);
        let transfer = frame.transfer.map(|transfer| {
            self.octets.extend_from_slice(transfer.header);
            self.octets.extend_from_slice(transfer.around);
            let octets = [transfer.header.len(), transfer.around.len()];
            (transfer.link, transfer.session, octets)
        });
        if let Some(packet) = frame.expanded {
            self.made += (packet.and_around().map(|made| made.octets.len())).sum::<usize>();
            self.expanded.push((self.frames.len(), packet.clone()));
        }
        self.frames.push(Stored {
            source: frame.source,
            number: frame.number,
            interface: frame.interface,
            ts: frame.ts,
            link: frame.link,
            wire_len: frame.wire_len,
            fcs_len: frame.fcs_len,
            part: frame.part,
            cipher: frame.cipher,
            start,
            end,
            options: frame.options.octets.len(),
            order: frame.options.order,
            transfer,
        });
    }

    /// The frame that was added as number `at`, from 0.
    pub fn get(&self, at: usize) -> Option<Frame<'_>> {
        let stored = self.frames.get(at)?;
        let behind = stored.end + stored.options;
        Some(Frame {
            source: stored.source,
            number: stored.number,
            interface: stored.interface,
            ts: stored.ts,
            link: stored.link,
            wire_len: stored.wire_len,
            fcs_len: stored.fcs_len,
            data: self.octets.get(stored.start..stored.end)?,
            options: Options::new(stored.order, self.octets.get(stored.end..behind)?),
            transfer: match stored.transfer {
                Some((link, session, [header, around])) => Some(UsbTransfer {
                    link,
                    header: self.octets.get(behind..behind + header)?,
                    around: self.octets.get(behind + header..behind + header + around)?,
                    session,
                }),
                None => None,
            },
            expanded: self.expanded_of(at),
            part: stored.part,
            cipher: stored.cipher,
        })
    }

    fn expanded_of(&self, at: usize) -> Option<&Expanded> {
        let found = self
            .expanded
            .binary_search_by_key(&at, |(of, _)| *of)
            .ok()?;
        self.expanded.get(found).map(|(_, packet)| packet)
    }

    /// Octets of all frames, and of the packets that were made of them.
    pub fn octets(&self) -> usize {
        self.octets.len() + self.made
    }

    /// Octets of memory they hold.
    pub fn memory(&self) -> usize {
        self.made + self.octets.capacity() + self.frames.capacity() * size_of::<Stored>()
    }

    /// Forgets all frames and keeps their room.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.octets.clear();
        self.expanded.clear();
        self.made = 0;
    }
}
