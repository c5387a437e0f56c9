//! Replies to pings that are known to have been dropped, and by what, for who tells of their loss.

use std::net::IpAddr;

use crate::correlate::exchange::ReplyDrop;
use crate::model::FrameRef;

/// Droppers that are named.
const NAMED: usize = 3;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct DroppedReplies {
    count: u64,
    by: Vec<Dropper>,
}

/// What dropped a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropper {
    /// Who told so.
    Sender(IpAddr),
    /// The host that captured it.
    Here,
}

impl Dropper {
    fn words(&self) -> String {
        match self {
            Self::Sender(addr) => format!("on the way back by {addr}"),
            Self::Here => "where they were captured".to_owned(),
        }
    }
}

impl DroppedReplies {
    /// One more; the error that says so.
    pub(super) fn add(&mut self, by: ReplyDrop) -> Option<FrameRef> {
        self.count += 1;
        let (dropper, error) = match by {
            ReplyDrop::Error { frame, dropper } => (Dropper::Sender(dropper), Some(frame)),
            ReplyDrop::WhereCaptured(_) => (Dropper::Here, None),
        };
        if self.by.len() < NAMED && !self.by.contains(&dropper) {
            self.by.push(dropper);
        }
        error
    }

    /// `; 5 of the replies were dropped on the way back by 10.0.3.1`; nothing where there are none.
    pub(super) fn words(&self) -> String {
        if self.count == 0 {
            return String::new();
        }
        let by: Vec<_> = self.by.iter().map(Dropper::words).collect();
        format!(
            "; {} of the replies {} dropped {}",
            self.count,
            if self.count == 1 { "was" } else { "were" },
            by.join(" and ")
        )
    }

    /// What to do where there are some.
    pub(super) fn advice(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let senders: Vec<_> = (self.by.iter())
            .filter_map(|dropper| match dropper {
                Dropper::Sender(addr) => Some(addr.to_string()),
                Dropper::Here => None,
            })
            .collect();
        Some(if senders.is_empty() {
            "The replies were dropped where they were captured: look at the XDP program or the tc filters \
             of that interface."
                .to_owned()
        } else {
            format!(
                "The requests arrive, and the replies are dropped on their way back: the errors about \
                 them tell why. Look at {}.",
                senders.join(" and ")
            )
        })
    }
}
