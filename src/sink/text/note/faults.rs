//! What is wrong with a message: its checksums, and what contradicts a format.

use super::{Notes, frame};
use crate::icmp::Message;
use crate::icmp::cause::ChecksumCause;
use crate::record::json::SourceNames;
use crate::record::words::Word;
use crate::record::{IcmpEvent, escape, write};
use crate::sink::text::{addr, verbose};
use crate::wire::{ChecksumStatus, Defect, DefectKind};

pub(super) fn checksum(notes: &mut Notes<'_>, event: &IcmpEvent<'_>, names: &SourceNames) {
    let checksum = event.said().checksum;
    if let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found) {
        // Unverified is silent here: a snap length cuts every message of a capture. -v tells.
        notes.fault(|out| {
            out.extend_from_slice(b"bad checksum 0x");
            write::hex(out, found.into(), 4);
            out.extend_from_slice(b" (expected 0x");
            write::hex(out, expected.into(), 4);
            cause(out, b"; ", event.cause(), names);
            out.push(b')');
        });
    }
}

/// `; probably right before its translation, #2`: why a checksum is bad, where that is known.
pub(in super::super) fn cause(
    out: &mut Vec<u8>,
    separator: &[u8],
    cause: Option<ChecksumCause>,
    names: &SourceNames,
) {
    let Some(cause) = cause else {
        return;
    };
    out.extend_from_slice(separator);
    out.extend_from_slice(b"probably ");
    out.extend_from_slice(cause.title().as_bytes());
    match cause {
        ChecksumCause::OldAddress(address) => {
            out.extend_from_slice(b" from ");
            write::ip(out, address);
        }
        ChecksumCause::Untranslated(before) | ChecksumCause::OfRequest(before) => {
            out.extend_from_slice(b", ");
            frame(out, before, names);
        }
        ChecksumCause::AlteredWord(word) => {
            write::number(out, b", at octet ", word.at as u64);
            out.extend_from_slice(b", from 0x");
            write::hex(out, word.was.into(), 4);
        }
        ChecksumCause::OldSequence(seq) => {
            write::number(out, b", ", seq.into());
        }
        _ => {}
    }
}

/// A bad checksum of an extension structure.
pub(super) fn extension_checksum(notes: &mut Notes<'_>, message: &Message<'_>) {
    if let Some(structure) = message.extensions()
        && let ChecksumStatus::Bad { .. } = structure.checksum.status
    {
        notes.fault(|out| {
            out.extend_from_slice(b"extension checksum ");
            verbose::checksum(out, structure.checksum);
        });
    }
}

/// One defect: `icmp at 4: rule`, `quote short at 28: 8 octets needed, 0 there (end of quote)`.
pub(in super::super) fn defect(out: &mut Vec<u8>, defect: Defect) {
    out.extend_from_slice(defect.layer.word().as_bytes());
    match defect.kind {
        DefectKind::Short {
            needed,
            available,
            limit,
        } => {
            write::number(out, b" short at ", defect.offset.into());
            write::number(out, b": ", needed.into());
            write::number(out, b" octets needed, ", available.into());
            out.extend_from_slice(b" there (");
            addr::words_of(out, limit.word());
            out.push(b')');
        }
        DefectKind::Rule(rule) => {
            write::number(out, b" at ", defect.offset.into());
            out.extend_from_slice(b": ");
            escape::push(out, rule.as_bytes());
        }
    }
}
