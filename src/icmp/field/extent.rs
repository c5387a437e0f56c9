//! What a field takes of a part that was cut.

use super::FieldKind;
use crate::icmp::{dns, node_name, svc_param};

/// Whether a part of a packet is all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It is.
    Whole,
    /// Octets of its end are missing.
    Cut,
}

impl Extent {
    /// Of a part of which so many octets are there.
    pub(in crate::icmp) const fn of(there: usize, stated: usize) -> Self {
        if there < stated {
            Self::Cut
        } else {
            Self::Whole
        }
    }
}

/// Octets that a field without a length of its own takes of `rest`, behind which its part was cut:
/// of names and the like those that are all there. `None` where nothing can be told before its end.
/// Fields of other kinds take what they take of a whole part: `otherwise`.
pub(super) fn cut_length(kind: FieldKind, rest: &[u8], otherwise: usize) -> Option<usize> {
    match kind {
        FieldKind::Rest | FieldKind::Text | FieldKind::Sequences(_) => None,
        FieldKind::TextOf(n) => Some(usize::from(n)),
        FieldKind::V6Prefix => Some(16),
        FieldKind::DnsNames | FieldKind::DnsNamesOf(_) => {
            Some(dns::complete(rest.get(..otherwise)?))
        }
        FieldKind::NodeNames(_) => Some(node_name::complete(rest)),
        FieldKind::Strings => Some(complete_strings(rest)),
        FieldKind::SvcParams(_) => {
            let parameters = svc_param::items(rest.get(..otherwise)?);
            Some(parameters.map(|parameter| parameter.bytes.len()).sum())
        }
        FieldKind::SourceRoute(route) => Some(route.complete(rest)),
        _ => Some(otherwise),
    }
}

/// Octets of the strings that are all there, an octet of length before each.
pub(super) fn complete_strings(octets: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&length) = octets.get(at) {
        let end = at + 1 + usize::from(length);
        if end > octets.len() {
            break;
        }
        at = end;
    }
    at
}
