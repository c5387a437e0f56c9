//! The dropped packets that a verdict is about, each of which counts once, however many errors are about it.

use super::DropVerdict;
use crate::model::FrameRef;

impl DropVerdict {
    /// Whether a packet was found before, as far as is remembered: of the first and the last.
    pub(in crate::correlate) fn has_original(&self, original: FrameRef) -> bool {
        self.original_frames.contains(&original) || self.last_originals.contains(&Some(original))
    }

    /// Another error is about this packet: whether that is a new one.
    pub(in crate::correlate) fn add_original(&mut self, original: FrameRef) -> bool {
        if self.has_original(original) {
            return false;
        }
        self.original_count += 1;
        if self.original_frames.len() < Self::FRAMES {
            self.original_frames.push(original);
        }
        self.last_originals.rotate_right(1);
        if let Some(last) = self.last_originals.first_mut() {
            *last = Some(original);
        }
        true
    }

    /// The error that was about this packet alone was not.
    pub(in crate::correlate) fn forget_original(&mut self, original: FrameRef) {
        self.original_count = self.original_count.saturating_sub(1);
        self.original_frames.retain(|known| *known != original);
        for last in &mut self.last_originals {
            if *last == Some(original) {
                *last = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::correlate::verdict::DropReason;
    use crate::model::flow::FlowPorts;
    use crate::model::{AddrPair, FlowKey, SourceId, Timestamp};
    use crate::wire::IpVersion;

    #[test]
    fn packets_count_once_however_many_errors_are_about_them() {
        let (src, dst) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 2, 1]));
        let flow = FlowKey {
            protocol: 17,
            addrs: AddrPair::new(src, dst),
            ports: FlowPorts::Ports { src: 4000, dst: 53 },
        };
        let (kind, ts) = ((IpVersion::V4, 3, 3), Timestamp::from_nanos(0));
        let mut verdict = DropVerdict::new(flow, dst, kind, DropReason::PortUnreachable, ts);
        let frame = |number| FrameRef::new(SourceId(0), number);
        for number in 1..=100 {
            assert!(verdict.add_original(frame(number)));
            assert!(!verdict.add_original(frame(number)));
            assert!(!verdict.add_original(frame(1)));
        }
        assert_eq!(verdict.original_count, 100);
        assert_eq!(verdict.original_frames.len(), DropVerdict::FRAMES);
        verdict.forget_original(frame(100));
        assert_eq!(verdict.original_count, 99);
        assert!(!verdict.has_original(frame(100)));
    }
}
