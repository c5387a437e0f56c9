//! Frames on their way to another thread.

use super::byteorder::Order;
use super::expanded::Expanded;
use super::frame::{Frame, InterfaceId, LinkCipher, LinkType, Part, SourceId, UsbTransfer};
use super::options::Options;
use super::time::Timestamp;

/// Copies of frames in their order, their octets one behind the other in memory that is used again.
#[derive(Debug, Default)]
pub struct StoredFrames {
    frames: Vec<Stored>,
    octets: Vec<u8>,
    /// What few frames have beside their octets, with the numbers of those.
    extras: Vec<(usize, Extra)>,
    /// Octets of packets that were made of frames.
    made: usize,
}

/// A frame without its octets, and without what only few have.
#[derive(Clone, Copy, Debug)]
struct Stored {
    source: SourceId,
    number: u64,
    interface: Option<InterfaceId>,
    ts: Timestamp,
    link: LinkType,
    wire_len: u32,
    fcs_len: u8,
    has_extra: bool,
    start: usize,
    end: usize,
}

/// Options, the transfer of USB and the packet that was made of a frame. Octets lie behind its own.
#[derive(Debug)]
struct Extra {
    order: Order,
    /// Octets of its options.
    options: usize,
    /// What its transfer is of USB, of which session, and octets of its header and of what is around
    /// it, behind those.
    transfer: Option<(LinkType, Option<u8>, [usize; 2])>,
    part: Option<Part>,
    cipher: Option<LinkCipher>,
    expanded: Option<Box<Expanded>>,
}

impl StoredFrames {
    /// Adds a copy of `frame`.
    pub fn push(&mut self, frame: &Frame<'_>) {
        let start = self.octets.len();
        self.octets.extend_from_slice(frame.data);
        let end = self.octets.len();
        let has_extra = !frame.options.is_empty()
            || frame.transfer.is_some()
            || frame.part.is_some()
            || frame.cipher.is_some()
            || frame.expanded.is_some();
        if has_extra {
            self.push_extra(frame);
        }
        self.frames.push(Stored {
            source: frame.source,
            number: frame.number,
            interface: frame.interface,
            ts: frame.ts,
            link: frame.link,
            wire_len: frame.wire_len,
            fcs_len: frame.fcs_len,
            has_extra,
            start,
            end,
        });
    }

    #[cold]
    fn push_extra(&mut self, frame: &Frame<'_>) {
        self.octets.extend_from_slice(frame.options.octets);
        let transfer = frame.transfer.map(|transfer| {
            self.octets.extend_from_slice(transfer.header);
            self.octets.extend_from_slice(transfer.around);
            let octets = [transfer.header.len(), transfer.around.len()];
            (transfer.link, transfer.session, octets)
        });
        if let Some(packet) = frame.expanded {
            self.made += (packet.and_around().map(|made| made.octets.len())).sum::<usize>();
        }
        let extra = Extra {
            order: frame.options.order,
            options: frame.options.octets.len(),
            transfer,
            part: frame.part,
            cipher: frame.cipher,
            expanded: frame.expanded.cloned().map(Box::new),
        };
        self.extras.push((self.frames.len(), extra));
    }

    /// The frame that was added as number `at`, from 0.
    pub fn get(&self, at: usize) -> Option<Frame<'_>> {
        let stored = self.frames.get(at)?;
        let frame = Frame {
            source: stored.source,
            number: stored.number,
            interface: stored.interface,
            ts: stored.ts,
            link: stored.link,
            wire_len: stored.wire_len,
            fcs_len: stored.fcs_len,
            data: self.octets.get(stored.start..stored.end)?,
            options: Options::NONE,
            transfer: None,
            expanded: None,
            part: None,
            cipher: None,
        };
        if stored.has_extra {
            self.with_extra(at, stored.end, frame)
        } else {
            Some(frame)
        }
    }

    /// The frame with what else was stored of it at `start`.
    #[cold]
    fn with_extra<'a>(&'a self, at: usize, start: usize, frame: Frame<'a>) -> Option<Frame<'a>> {
        let found = self.extras.binary_search_by_key(&at, |(of, _)| *of).ok()?;
        let (_, extra) = self.extras.get(found)?;
        let (options, rest) = (self.octets.get(start..)?).split_at_checked(extra.options)?;
        let transfer = match extra.transfer {
            Some((link, session, [header, around])) => {
                let (header, rest) = rest.split_at_checked(header)?;
                Some(UsbTransfer {
                    link,
                    header,
                    around: rest.get(..around)?,
                    session,
                })
            }
            None => None,
        };
        Some(Frame {
            options: Options::new(extra.order, options),
            transfer,
            expanded: extra.expanded.as_deref(),
            part: extra.part,
            cipher: extra.cipher,
            ..frame
        })
    }

    /// Octets of all frames, and of the packets that were made of them.
    pub fn octets(&self) -> usize {
        self.octets.len() + self.made
    }

    /// Octets of memory they hold.
    pub fn memory(&self) -> usize {
        self.made
            + self.octets.capacity()
            + self.frames.capacity() * size_of::<Stored>()
            + self.extras.capacity() * size_of::<(usize, Extra)>()
    }

    /// Forgets all frames and keeps their room.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.octets.clear();
        self.extras.clear();
        self.made = 0;
    }
}
