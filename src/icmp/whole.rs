//! A message that came in fragments, once it is whole.

use super::Message;
use crate::model::FrameRef;
use crate::wire::Ip;
use crate::wire::reassembly::Reassembly;

/// A message that is whole with the frame that is told of.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// The packet that carries it, as it was before it was fragmented.
    pub ip: Ip<'a>,
    /// All of it.
    pub message: Message<'a>,
    /// What its first fragment told, where that came in an earlier frame.
    pub told: Option<Message<'a>>,
    /// The frames of its fragments, in the order of their octets.
    pub frames: &'a [FrameRef],
    /// The one that told of the first fragment.
    pub begins: Option<FrameRef>,
    /// Where the last of them to come was captured before, if all were.
    pub copy_of: Option<FrameRef>,
}

impl<'a> Whole<'a> {
    /// The message that `frame` made whole, if that is what it came to.
    pub fn of(reassembly: &'a Reassembly, frame: FrameRef) -> Option<Self> {
        let Reassembly::Complete(made) = reassembly else {
            return None;
        };
        let ip = made.ip();
        Some(Self {
            ip,
            message: Message::parse(&ip),
            told: made.told_before(frame).map(|ip| Message::parse(&ip)),
            frames: made.frames(),
            begins: made.begins(),
            copy_of: made.copy_of(),
        })
    }

    /// Whether it quotes a packet of which nothing was told before.
    pub fn quotes_anew(&self) -> bool {
        let quotes = |message: &Message<'_>| message.quote().is_some();
        quotes(&self.message) && !self.told.as_ref().is_some_and(quotes)
    }
}
