//! Errors, whose quote a translation rewrites, and what they quote.

use crate::correlate::flows::{Chain, Fingerprint, Ring};
use crate::correlate::lead::Lead;
use crate::correlate::quoted::Wanted;
use crate::correlate::translated::{Look, Seen, Translated, quoted_checksums};
use crate::icmp::Quote;
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::cause::{self, ChecksumCause, Proven};
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, FrameRef};
use crate::wire::checksum::{pseudo_header_sum, upper_checksum};
use crate::wire::ip::protocol::ICMP;
use crate::wire::{Checksum, IpVersion, header_checksum};

use super::{LOOKED_AT, is_one_end_apart};

/// How many packets of a chain are looked at.
const DEPTH: usize = 1024;

/// Takes up what errors before this one, and packets of the ring, prove of its checksums and of those that
/// it quotes.
pub(super) fn compare(ring: &Ring, errors: &Translated, error: &Look<'_, '_>, proven: &mut Proven) {
    let quote = error.quote;
    let own = errors.seen(error);
    let before = || own.into_iter().flat_map(|own| errors.before(own));
    if let Some(off) = Sum::off(error.message.checksum) {
        let right = before().find(|seen| is_before(seen, error, off));
        proven.message = right.map(|seen| ChecksumCause::Untranslated(seen.frame));
    }
    let mut quoted = Quoted::new(quote);
    for seen in before() {
        quoted.compare(seen.flow, seen.frame);
    }
    if quoted.is_explained() {
        quoted.prove(proven);
        return;
    }
    let hashes = ring.hashes(quote.ip.ends(), quote.ip.protocol, Lead::of_ip(&quote.ip));
    let wanted = Wanted::new(quote, &hashes);
    if !wanted.is_identified() {
        quoted.prove(proven);
        return;
    }
    let mut visit = |seen: &Fingerprint| {
        if wanted.is_other_side(seen)
            && let Some(flow) = ring.flow_of(seen)
        {
            quoted.compare(flow, seen.frame);
        }
        quoted.is_explained()
    };
    let mut looked = 0;
    ring.walk(Chain::Destination, &hashes, |seen| {
        looked += 1;
        visit(seen) || looked > DEPTH
    });
    // No chain leads to what had another destination.
    ring.recent(LOOKED_AT).any(&mut visit);
    quoted.prove(proven);
}

/// Whether the checksum of an error, which is off by so much, was right in the one before: by so much as
/// what was rewritten adds.
fn is_before(seen: &Seen, error: &Look<'_, '_>, off: Sum) -> bool {
    let mut by = rise(seen.flow, error.quote)
        .plus(quoted_checksums(&error.quote.ip))
        .minus(seen.quoted_checksums);
    if error.message.version == IpVersion::V6 {
        by = by
            .plus(Sum::of_addrs(error.ip.ends()))
            .minus(Sum::of_addrs(seen.addrs));
    }
    seen.is_good() && !by.is_zero() && by == off
}

/// How much the addresses and ports, or the identifier, of a quote add to a sum more than these do.
fn rise(before: FlowKey, quote: &Quote<'_>) -> Sum {
    let now = quote.flow();
    (Sum::of_addrs(now.addrs).plus(sum_of(now.ports)))
        .minus(Sum::of_addrs(before.addrs).plus(sum_of(before.ports)))
}

fn sum_of(ports: FlowPorts) -> Sum {
    match ports {
        FlowPorts::Ports { src, dst } => Sum::of(src).plus(Sum::of(dst)),
        FlowPorts::Query { id, .. } => Sum::of(id),
        FlowPorts::Spi(_) | FlowPorts::Message(_) | FlowPorts::None => Sum::default(),
    }
}

/// The bad checksums of a quoted packet that it does not explain itself.
struct Quoted<'m, 'a> {
    quote: &'m Quote<'a>,
    header: Option<Sum>,
    upper: Option<Checksum>,
    header_cause: Option<ChecksumCause>,
    upper_cause: Option<ChecksumCause>,
}

impl<'m, 'a> Quoted<'m, 'a> {
    fn new(quote: &'m Quote<'a>) -> Self {
        let ip = &quote.ip;
        let is_open = |cause: Option<ChecksumCause>| {
            !matches!(
                cause,
                Some(
                    ChecksumCause::Offload
                        | ChecksumCause::NotFilledIn
                        | ChecksumCause::OtherZero
                        | ChecksumCause::ByteOrder
                        | ChecksumCause::NotComplemented
                        | ChecksumCause::OldTtl
                )
            )
        };
        let header = header_checksum(ip).and_then(Sum::off);
        let upper = upper_checksum(ip).filter(|sum| Sum::off(*sum).is_some());
        Self {
            quote,
            header: header.filter(|_| is_open(cause::of_quoted_header(ip, None))),
            upper: upper.filter(|sum| is_open(cause::of_quoted(*sum, ip, None))),
            header_cause: None,
            upper_cause: None,
        }
    }

    fn is_explained(&self) -> bool {
        (self.header.is_none() || self.header_cause.is_some())
            && (self.upper.is_none() || self.upper_cause.is_some())
    }

    fn prove(&self, proven: &mut Proven) {
        proven.quoted_header = self.header_cause;
        proven.quoted = self.upper_cause;
    }

    /// Takes up what the same packet proves that was captured as one of this flow.
    fn compare(&mut self, before: FlowKey, frame: FrameRef) {
        let addrs = self.quote.ip.ends();
        if !is_one_end_apart(before.addrs, addrs) {
            return;
        }
        let by_addrs = Sum::of_addrs(addrs).minus(Sum::of_addrs(before.addrs));
        if self.header_cause.is_none() && !by_addrs.is_zero() && self.header == Some(by_addrs) {
            self.header_cause = Some(ChecksumCause::Untranslated(frame));
        }
        if self.upper_cause.is_none() {
            self.upper_cause = self.upper_with(before, by_addrs, frame);
        }
    }

    fn upper_with(&self, before: FlowKey, by_addrs: Sum, frame: FrameRef) -> Option<ChecksumCause> {
        let (checksum, ip) = (self.upper?, &self.quote.ip);
        // ICMP of IPv4 covers no addresses.
        let by_all = match ip.protocol {
            ICMP => rise(before, self.quote).minus(by_addrs),
            _ => rise(before, self.quote),
        };
        if !by_all.is_zero() && Sum::off(checksum) == Some(by_all) {
            return Some(ChecksumCause::Untranslated(frame));
        }
        if ip.protocol == ICMP {
            return None;
        }
        // The partial sum follows the addresses alone. Linux mends one that is quoted as if it were whole,
        // which takes from it what that adds.
        let lacks = Sum::of(pseudo_header_sum(ip)?).minus(Sum::of(checksum.found?));
        let is_left = [by_addrs, by_addrs.plus(by_all)].contains(&lacks);
        (is_left && !lacks.is_zero()).then_some(ChecksumCause::OffloadTranslated)
    }
}
