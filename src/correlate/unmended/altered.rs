//! Messages in which one word is not that of the packet they come from: the payload of the request that a
//! reply brings back, or what an error quotes.

use crate::correlate::flows::{Chain, Fingerprint, Ring};
use crate::correlate::lead::Lead;
use crate::correlate::numbered::Numbered;
use crate::correlate::translated::Look;
use crate::correlate::{Answer, Correlator, Original, Relation};
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::cause::{self, Altered, ChecksumCause, Proven, QuotedBy};
use crate::icmp::{Message, Quote};
use crate::model::FrameRef;
use crate::wire::bytes::offset_in;
use crate::wire::checksum::upper_checksum;
use crate::wire::ip::protocol::{TCP, UDP};
use crate::wire::tcp::CONTROL_BITS;
use crate::wire::{Checksum, Ip, header_checksum};

/// Octets of an echo before its payload.
const ECHO_HEADER: usize = 8;
/// Where a datagram has its checksum (RFC 768).
const UDP_CHECKSUM: usize = 6;

impl Correlator {
    /// The word of a message, which was related so, that is another in the packet it comes from and makes
    /// its checksum as wrong as it is.
    #[cold]
    pub(super) fn altered(
        &self,
        message: &Message<'_>,
        relation: Relation,
    ) -> Option<ChecksumCause> {
        let off = Sum::off(message.checksum)?;
        let explains = |word: Altered| word.explains(message.bytes, off);
        match relation {
            Relation::Answer(Answer {
                change: Some(change),
                ..
            }) => change.altered(ECHO_HEADER).and_then(explains),
            Relation::Error { original } => {
                let (frame, quote) = (original?.exact()?, message.quote()?);
                let start = offset_in(message.bytes, quote.ip.payload)?;
                self.explained((quote, frame), start, explains)
            }
            _ => None,
        }
    }

    /// The word of the TCP, UDP or ICMP that an error quotes that is another in the packet itself, and makes the
    /// quoted checksum, which nothing in the error explains, as wrong as it is.
    pub(super) fn altered_in_quote(
        &self,
        error: &Look<'_, '_>,
        original: Option<Original>,
    ) -> Option<ChecksumCause> {
        let frame = original?.exact()?;
        let (quote, ip) = (error.quote, &error.quote.ip);
        let checksum = upper_checksum(ip)?;
        let off = Sum::off(checksum)?;
        let by = QuotedBy {
            addrs: error.ip.ends(),
            checksum: Checksum::NONE,
            proven: Proven::default(),
        };
        if cause::of_quoted(checksum, ip, Some(by)).is_some() {
            return None;
        }
        let explained = self.explained((quote, frame), 0, |word| word.explains(ip.payload, off))?;
        // That of TCP is behind what is kept.
        let is_checksum = |word: Altered| ip.protocol == UDP && word.at == UDP_CHECKSUM;
        Some(match explained {
            // It is what the packet had elsewhere: a NAT put back addresses and ports, and no checksum.
            ChecksumCause::AlteredWord(word) if is_checksum(word) && is_header_stale(ip, by) => {
                ChecksumCause::Translated
            }
            cause => cause,
        })
    }

    /// What became of the word of a quoted packet, whose transport begins at `start`, that is another in the
    /// packet itself, in that frame.
    fn explained(
        &self,
        (quote, original): (&Quote<'_>, FrameRef),
        start: usize,
        explains: impl Fn(Altered) -> Option<ChecksumCause>,
    ) -> Option<ChecksumCause> {
        let in_ring = || of_original(self.ring.as_ref()?, quote, original, start);
        in_ring()
            .and_then(&explains)
            .or_else(|| explains(self.of_payload(quote, original, start)?))
    }

    /// The word of the quoted payload of an echo request that is another in the request itself.
    fn of_payload(&self, quote: &Quote<'_>, original: FrameRef, start: usize) -> Option<Altered> {
        let asked = Numbered::of_quote(quote)?.request()?;
        let change = self.exchanges.change(asked, original, quote.payload())?;
        change.altered(start + ECHO_HEADER)
    }
}

/// Whether the checksum of a quoted IPv4 header is wrong as well, and not for its TTL.
fn is_header_stale(ip: &Ip<'_>, by: QuotedBy) -> bool {
    header_checksum(ip).and_then(Sum::off).is_some()
        && cause::of_quoted_header(ip, Some(by)).is_none()
}

/// The one word that is another in the packet itself, among those of its transport, which begins at
/// `start`, that are kept: the first octets, and of TCP the acknowledgment number and the flags.
fn of_original(
    ring: &Ring,
    quote: &Quote<'_>,
    original: FrameRef,
    start: usize,
) -> Option<Altered> {
    let ip = &quote.ip;
    let transport = ip.payload;
    let hashes = ring.hashes(ip.ends(), ip.protocol, Lead::of_ip(ip));
    let mut found = None;
    ring.walk(Chain::Flow, &hashes, |seen: &Fingerprint| {
        found = (seen.frame == original).then_some(*seen);
        found.is_some()
    });
    let sent = found.filter(|_| !ip.is_later_fragment() && transport.len() >= Lead::OCTETS)?;
    let lead = sent.lead.octets();
    let was = match transport.get(CONTROL_BITS - 1..=CONTROL_BITS) {
        Some([offset, _]) if ip.protocol == TCP => [
            &lead[..],
            &sent.content.ack().to_be_bytes(),
            &[*offset, sent.flags],
        ]
        .concat(),
        _ => lead.to_vec(),
    };
    let (words, _) = was.as_chunks();
    let (quoted, _) = transport.as_chunks();
    let pairs = (0..).step_by(2).zip(words.iter().zip(quoted));
    let mut others = pairs.filter(|(_, (was, quoted))| was != quoted);
    let (at, (was, _)) = others.next().filter(|_| others.next().is_none())?;
    Some(Altered {
        at: start + at,
        was: u16::from_be_bytes(*was),
    })
}
