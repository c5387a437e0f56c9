//! Rows of ESP: of those parts whose lengths only who has opened it knows, and of what was encrypted
//! behind the packet.

use std::ops::Range;

use super::{Role, Rows};
use crate::model::{EspParts, Proof, Sealing};
use crate::record::{IcmpEvent, words, write};
use crate::wire::bytes::offset_in;
use crate::wire::tunnel::TunnelKind;

impl<'a> Rows<'_, 'a> {
    /// Rows of what the frame has of a packet that travels in another form, which is called `sent`.
    pub(super) fn sealed(
        &mut self,
        range: Range<usize>,
        event: &IcmpEvent<'_>,
        sealing: Option<Sealing>,
        sent: &[u8],
    ) {
        match sealing {
            Some(Sealing::Esp(parts) | Sealing::NullEsp(parts)) => {
                let check_value: &[u8] = match parts.proof {
                    Proof::CheckValue => b"integrity check value, verified",
                    Proof::Form => b"integrity check value",
                };
                self.esp(range, event, parts, (sent, check_value));
            }
            Some(Sealing::WireGuard(_)) | None => self.add(range, Role::Link, sent),
        }
    }

    /// Rows of what is behind the header of ESP: the packet in it is called `packet`, and the value that
    /// proves it so.
    fn esp(
        &mut self,
        range: Range<usize>,
        event: &IcmpEvent<'_>,
        parts: EspParts,
        (packet, check_value): (&[u8], &[u8]),
    ) {
        // What was put together first lies elsewhere.
        let Some((end, is_whole)) = self.end_of_esp(event) else {
            self.add(range, Role::Link, packet);
            return;
        };
        let vector = (range.start + parts.vector).min(end);
        let check = if is_whole {
            end.saturating_sub(parts.check_value).max(vector)
        } else {
            end
        };
        self.add(range.start..vector, Role::Link, b"initialization vector");
        self.add(vector..check, Role::Link, packet);
        self.add(check..end, Role::Link, check_value);
        self.add(end..range.end, Role::Link, b"behind the packet");
    }

    /// Where the innermost packet of ESP ends that lies in these octets, and whether it is all there.
    fn end_of_esp(&self, event: &IcmpEvent<'_>) -> Option<(usize, bool)> {
        let ends = event.packet.tunnels.encapsulations().filter_map(|around| {
            let is_esp = matches!(
                around.tunnel.kind,
                TunnelKind::Esp { .. } | TunnelKind::EspNull { .. }
            );
            let outer = around.outer.filter(|_| is_esp)?;
            let start = offset_in(self.data, outer.payload)?;
            Some((start + outer.payload.len(), outer.is_whole()))
        });
        ends.last()
    }

    /// Rows of what was encrypted behind the packet (RFC 4303 sections 2.4 to 2.6).
    pub(super) fn esp_trailer(&mut self, trailer: &'a [u8]) {
        if trailer.is_empty() {
            return;
        }
        self.title(b"ESP trailer", Role::Link);
        (self.data, self.shown) = (trailer, 0..trailer.len());
        let Some((padding, &[length, next])) = trailer
            .split_last_chunk()
            .filter(|(padding, [length, _])| padding.len() == usize::from(*length))
        else {
            // How much of it is padding is not there.
            return self.add(0..trailer.len(), Role::Link, b"cut");
        };
        let at = padding.len();
        self.add(0..at, Role::Link, b"padding");
        let mut label = b"pad length ".to_vec();
        write::decimal(&mut label, length.into());
        self.add(at..at + 1, Role::Link, &label);
        label.clear();
        label.extend_from_slice(b"next header ");
        write::decimal(&mut label, next.into());
        if let Some(title) = words::protocol_title(next) {
            label.push(b' ');
            label.extend_from_slice(title.as_bytes());
        }
        self.add(at + 1..at + 2, Role::Link, &label);
    }
}
