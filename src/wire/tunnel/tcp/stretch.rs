//! A part of a TCP stream of which nothing is missing, cut into messages in the order of its octets
//! (RFC 9293 section 3.4).

use std::mem;

use super::{Protocol, Start};
use crate::model::FrameRef;
use crate::wire::bytes::tail;

/// Data of a segment, or what of them is new.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    /// Those that were captured.
    pub(super) captured: &'a [u8],
    /// How many there were on the wire.
    pub(super) on_wire: usize,
    /// The frame that they came in.
    pub(super) frame: FrameRef,
}

impl Data<'_> {
    /// The first of its octets.
    pub(super) fn up_to(self, octets: usize) -> Self {
        Self {
            captured: self.captured.get(..octets).unwrap_or(self.captured),
            on_wire: octets.min(self.on_wire),
            frame: self.frame,
        }
    }

    /// All but the first octets.
    pub(super) fn behind(self, octets: usize) -> Self {
        Self {
            captured: tail(self.captured, octets),
            on_wire: self.on_wire.saturating_sub(octets),
            frame: self.frame,
        }
    }

    fn is_cut(&self) -> bool {
        self.captured.len() < self.on_wire
    }
}

/// A message that may hold a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It lies in the data at this place, and has so many octets.
    Here { at: usize, octets: usize },
    /// It was put together of what came in these frames.
    Made {
        octets: Vec<u8>,
        frames: Vec<FrameRef>,
    },
}

/// Octets that wait for others, and how many came in which frame.
#[derive(Debug, Default)]
struct Pending {
    octets: Vec<u8>,
    frames: Vec<(FrameRef, usize)>,
}

impl Pending {
    fn add(&mut self, octets: &[u8], frame: FrameRef) {
        if octets.is_empty() {
            return;
        }
        self.octets.extend_from_slice(octets);
        match self.frames.last_mut() {
            Some((last, count)) if *last == frame => *count += octets.len(),
            _ => self.frames.push((frame, octets.len())),
        }
    }
}

/// What is known of the next octet.
#[derive(Debug)]
enum Place {
    /// Not where messages begin.
    Lost,
    /// It belongs to the message that these octets begin, or it begins one.
    Message(Pending),
    /// It belongs to one that is not wanted, of which so many octets follow.
    Within(usize),
    /// It may belong to a message that begins before this part of the stream, as these may that it
    /// begins with.
    Behind(Pending),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Sequence number of the next octet.
    pub(super) next: u32,
    /// How many octets there are, as far as a window reaches.
    octets: u32,
    place: Place,
    /// Messages that were given up.
    pub(super) given_up: u64,
}

/// Whether a stretch begins where something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing of the stream was seen, or only what is behind.
    Nothing,
    /// There is an earlier part, and what lies between may come yet.
    Gap,
}

impl Stretch {
    /// How far back a segment may lie to be told from one that lies ahead (RFC 7323 section 2.3).
    const WINDOW: u32 = 1 << 30;
    /// What is kept of a part whose beginning is not known to be a message's.
    const HELD: usize = 1 << 16;

    /// One that begins with a message at `next`.
    pub(super) const fn at_message(next: u32) -> Self {
        Self {
            next,
            octets: 0,
            place: Place::Message(Pending {
                octets: Vec::new(),
                frames: Vec::new(),
            }),
            given_up: 0,
        }
    }

    /// One that begins with this segment, behind what `before` tells.
    pub(super) fn begin(next: u32, before: Before, protocol: Protocol, data: &Data<'_>) -> Self {
        let start = protocol.start(data.captured);
        let is_message = match before {
            Before::Nothing => !matches!(start, Start::None),
            Before::Gap => matches!(start, Start::Holds(_) | Start::Other(_)),
        };
        let mut stretch = Self::at_message(next);
        if !is_message {
            stretch.place = match before {
                Before::Nothing => Place::Lost,
                Before::Gap => Place::Behind(Pending::default()),
            };
        }
        stretch
    }

    /// Sequence number of its first octet.
    pub(super) const fn start(&self) -> u32 {
        self.next.wrapping_sub(self.octets)
    }

    /// How many octets of a segment at `sequence` this has; `None` where that neither begins in it nor
    /// follows it.
    pub(super) fn has(&self, sequence: u32) -> Option<usize> {
        let octets = self.next.wrapping_sub(sequence);
        (octets <= self.octets).then(|| usize::try_from(octets).unwrap_or(usize::MAX))
    }

    /// How many octets lie between its end and `sequence`, if that is ahead of it.
    pub(super) fn ahead(&self, sequence: u32) -> Option<usize> {
        let octets = sequence.wrapping_sub(self.next);
        (octets < Self::WINDOW).then(|| usize::try_from(octets).unwrap_or(usize::MAX))
    }

    /// Octets that it keeps.
    pub(super) fn memory(&self) -> usize {
        match &self.place {
            Place::Message(pending) | Place::Behind(pending) => {
                pending.octets.capacity()
                    + pending.frames.capacity() * size_of::<(FrameRef, usize)>()
            }
            Place::Lost | Place::Within(_) => 0,
        }
    }

    /// Whether a message waits for octets.
    pub(super) fn waits(&self) -> bool {
        matches!(&self.place, Place::Message(pending) if !pending.octets.is_empty())
    }

    /// Gives up what waits: the octets that it waits for did not come.
    pub(super) fn give_up(&mut self) {
        self.given_up += u64::from(self.waits());
        self.place = Place::Lost;
    }

    /// Gives up what waits for octets for too long.
    pub(super) fn expire(&mut self) {
        if self.waits() || matches!(self.place, Place::Behind(_)) {
            self.give_up();
        }
    }

    /// Takes data that follow, and tells which messages are whole with them.
    pub(super) fn take(&mut self, protocol: Protocol, data: Data<'_>, found: &mut Vec<Cut>) {
        let begins = || {
            matches!(
                protocol.start(data.captured),
                Start::Holds(_) | Start::Other(_)
            )
        };
        match &mut self.place {
            Place::Lost if begins() => self.place = Place::Message(Pending::default()),
            // A message in its midst was not captured from the beginning.
            Place::Behind(pending) if !pending.octets.is_empty() && begins() => {
                self.given_up += 1;
                self.place = Place::Message(Pending::default());
            }
            Place::Behind(pending) => {
                pending.add(data.captured, data.frame);
                if data.is_cut() || pending.octets.len() > Self::HELD {
                    self.given_up += 1;
                    self.place = Place::Lost;
                }
            }
            _ => {}
        }
        let mut at = 0;
        while at < data.on_wire {
            let left = data.on_wire - at;
            let captured = tail(data.captured, at);
            at += match &mut self.place {
                Place::Lost | Place::Behind(_) => left,
                Place::Within(octets) => {
                    let step = left.min(*octets);
                    *octets -= step;
                    if *octets == 0 {
                        self.place = Place::Message(Pending::default());
                    }
                    step
                }
                Place::Message(pending) if pending.octets.is_empty() => {
                    match protocol.start(captured) {
                        Start::Holds(octets) if octets <= left => {
                            found.push(Cut::Here { at, octets });
                            octets
                        }
                        // What was captured of it is all there will be.
                        Start::Holds(octets) if data.is_cut() => {
                            found.push(Cut::Here { at, octets });
                            self.place = Place::Within(octets - left);
                            left
                        }
                        Start::Holds(octets) if octets > Protocol::LONGEST => {
                            self.given_up += 1;
                            self.place = Place::Within(octets);
                            0
                        }
                        Start::Other(octets) => {
                            self.place = Place::Within(octets);
                            0
                        }
                        Start::Short(_) | Start::Holds(_) if !data.is_cut() => {
                            pending.add(captured, data.frame);
                            left
                        }
                        Start::Short(_) | Start::Holds(_) | Start::None => {
                            self.place = Place::Lost;
                            left
                        }
                    }
                }
                Place::Message(_) => self.go_on(protocol, captured, &data, found),
            };
        }
        let octets = u32::try_from(data.on_wire).unwrap_or(u32::MAX);
        self.next = self.next.wrapping_add(octets);
        self.octets = self.octets.saturating_add(octets).min(Self::WINDOW);
    }

    /// Goes on with a message that has begun, and says how many of these octets belong to it.
    fn go_on(
        &mut self,
        protocol: Protocol,
        captured: &[u8],
        data: &Data<'_>,
        found: &mut Vec<Cut>,
    ) -> usize {
        let Place::Message(pending) = &mut self.place else {
            return 0;
        };
        let have = pending.octets.len();
        let start = protocol.start(&pending.octets);
        let needed = match start {
            Start::Holds(octets) if octets > Protocol::LONGEST => {
                self.given_up += 1;
                self.place = Place::Within(octets.saturating_sub(have));
                return 0;
            }
            Start::Short(octets) | Start::Holds(octets) => octets.saturating_sub(have),
            Start::Other(octets) => {
                self.place = Place::Within(octets.saturating_sub(have));
                return 0;
            }
            Start::None => {
                self.place = Place::Lost;
                return 0;
            }
        };
        let step = captured.get(..needed).unwrap_or(captured);
        pending.add(step, data.frame);
        if step.len() < needed && data.is_cut() {
            // The snap length took what it needs.
            self.given_up += 1;
            self.place = match start {
                Start::Holds(_) => Place::Within(needed - step.len()),
                _ => Place::Lost,
            };
        } else if protocol.start(&pending.octets) == Start::Holds(pending.octets.len()) {
            let Pending { octets, frames } = mem::take(pending);
            let frames = frames.into_iter().map(|(frame, _)| frame).collect();
            found.push(Cut::Made { octets, frames });
        }
        step.len()
    }

    /// Takes the part that begins where this one ends.
    pub(super) fn join(&mut self, protocol: Protocol, behind: Self, found: &mut Vec<Cut>) {
        self.given_up += behind.given_up;
        match behind.place {
            Place::Behind(pending) if !matches!(self.place, Place::Lost) => {
                let mut rest = pending.octets.as_slice();
                for (frame, octets) in pending.frames {
                    let (captured, more) = rest.split_at_checked(octets).unwrap_or((rest, &[]));
                    rest = more;
                    let data = Data {
                        captured,
                        on_wire: octets,
                        frame,
                    };
                    let before = found.len();
                    self.take(protocol, data, found);
                    // They are no octets of the frame that is at hand.
                    for cut in found.iter_mut().skip(before) {
                        if let Cut::Here { at, octets } = *cut {
                            let octets = captured.get(at..at + octets).unwrap_or_default();
                            *cut = Cut::Made {
                                octets: octets.to_vec(),
                                frames: vec![frame],
                            };
                        }
                    }
                }
            }
            place => {
                self.given_up += u64::from(self.waits());
                self.place = match place {
                    Place::Behind(_) => Place::Lost,
                    place => place,
                };
                self.next = behind.next;
                self.octets = self.octets.saturating_add(behind.octets).min(Self::WINDOW);
            }
        }
    }
}
