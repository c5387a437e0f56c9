//! Parts of a message of HNCP (RFC 7787 section 7, RFC 7788 section 10).

use super::part;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::u16_at;

type Table = &'static [FieldSpec];

/// RFC 7788 section 10.5: a password, which is not shown.
const MANAGED_PSK: u16 = 42;

/// The part in front of `octets`, and its octets with what pads it.
pub(super) fn tlv(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const WORD: usize = 4;
    let (kind, length) = (u16_at(octets, 0)?, u16_at(octets, 2)?);
    let whole = WORD + usize::from(length);
    let bytes = octets.get(..whole)?;
    let (name, table, rest) = format(kind);
    let left = length.saturating_add(4).saturating_sub(rest);
    let is_secret = kind == MANAGED_PSK;
    let data = (left > 0 && !is_secret).then_some(spec::octets(rest, left, "data"));
    let shown = bytes.get(..if is_secret { WORD } else { whole })?;
    let rows = [spec::u16(0, "type")].into_iter();
    let specs = Specs::made(rows.chain(table.iter().copied()).chain(data));
    let item = Item {
        number: Some(kind),
        ..part("tlvs", name, shown, specs)
    };
    // Of the last one what pads it may be missing.
    Some((item, whole.next_multiple_of(WORD).min(octets.len())))
}

/// The fields, and where octets without further ones begin. Those of a node's state say what it has.
const fn format(kind: u16) -> (Option<&'static str>, Table, u16) {
    let (name, table, rest): (_, Table, _) = match kind {
        1 => ("request_network_state", &[], 4),
        2 => (
            "request_node_state",
            const { &[spec::hex(4, 4, "node")] },
            8,
        ),
        3 => (
            "node_endpoint",
            const { &[spec::hex(4, 4, "node"), spec::u32(8, "endpoint")] },
            12,
        ),
        4 => ("network_state", const { &[spec::hex(4, 8, "hash")] }, 12),
        5 => (
            "node_state",
            const {
                &[
                    spec::hex(4, 4, "node"),
                    spec::u32(8, "sequence"),
                    spec::millis(12, 4, "age_ms"),
                    spec::hex(16, 8, "hash"),
                ]
            },
            24,
        ),
        8 => (
            "peer",
            const {
                &[
                    spec::hex(4, 4, "peer"),
                    spec::u32(8, "peer_endpoint"),
                    spec::u32(12, "endpoint"),
                ]
            },
            16,
        ),
        9 => (
            "keep_alive",
            const { &[spec::u32(4, "endpoint"), spec::millis(8, 4, "interval_ms")] },
            12,
        ),
        32 => ("version", &[], 4),
        33 => ("external_connection", &[], 4),
        34 => ("delegated_prefix", &[], 4),
        35 => ("assigned_prefix", &[], 4),
        36 => ("node_address", &[], 4),
        37 => ("dhcp_options", &[], 4),
        38 => ("dhcp6_options", &[], 4),
        39 => ("dns_delegated_zone", &[], 4),
        40 => ("domain_name", &[], 4),
        41 => ("node_name", &[], 4),
        MANAGED_PSK => ("managed_psk", &[], 4),
        _ => return (None, &[], 4),
    };
    (Some(name), table, rest)
}
