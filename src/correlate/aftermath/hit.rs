//! What an error tells of the flow that it is about.

use crate::correlate::network::{Link, Networks};
use crate::correlate::observation::Observation;
use crate::correlate::segment::Segment;
use crate::icmp::{Quote, QuotedTransport};
use crate::model::FlowKey;
use crate::wire::IpVersion;

/// What an error tells of the flow that it hits.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct Hit {
    pub(in crate::correlate) flow: FlowKey,
    pub(super) version: IpVersion,
    /// The sequence number of the dropped segment.
    pub(super) dropped: Option<u32>,
    /// What that was.
    pub(super) segment: Option<Segment>,
    pub(super) networks: Networks,
    pub(super) link: Link,
}

impl Hit {
    /// The packet that `quote` quotes is of `flow`.
    pub(in crate::correlate) fn of(quote: &Quote<'_>, flow: FlowKey) -> Self {
        Self {
            flow,
            version: quote.ip.version,
            dropped: match quote.transport {
                QuotedTransport::Tcp { seq, .. } => seq,
                _ => None,
            },
            segment: Segment::quoted(quote),
            networks: Networks::default(),
            link: Link::UNKNOWN,
        }
    }

    /// The same, where what was dropped need not be what the quote says: nothing up to `seq` was.
    pub(in crate::correlate) const fn beyond(self, seq: u32) -> Self {
        Self {
            dropped: Some(seq),
            ..self
        }
    }

    /// The packet is of this link, and the first of these networks.
    pub(in crate::correlate) fn within(self, link: Link, networks: Networks) -> Self {
        Self {
            networks,
            link,
            ..self
        }
    }

    /// The link of its packet.
    pub(in crate::correlate) const fn link(&self) -> Link {
        self.link
    }

    /// The network of its flow, and another that has its like.
    pub(in crate::correlate) const fn networks(&self) -> Networks {
        self.networks
    }

    /// The sequence number of the dropped segment, if it is known.
    pub(in crate::correlate) const fn dropped(&self) -> Option<u32> {
        self.dropped
    }

    /// That packet was captured.
    pub(in crate::correlate) fn of_packet(packet: &Observation) -> Self {
        Self {
            flow: packet.flow(),
            version: packet.version,
            dropped: packet.seq(),
            segment: Segment::with(packet.flags),
            networks: Networks::default(),
            link: Link::UNKNOWN,
        }
    }
}
