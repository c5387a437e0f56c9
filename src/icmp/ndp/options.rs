//! Options that do not go with the message that holds them, or with what else it holds.

use super::NdpKind;
use crate::icmp::decode::Decoder;
use crate::icmp::nd_option::{
    self, HOME_AGENT_INFORMATION, NdOption, PROVISIONING_DOMAIN, RA_FLAGS, ROUTE_INFORMATION,
    SHORTCUT_LIMIT,
};
use crate::wire::Layer;
use crate::wire::bytes::u8_at;

/// Options of a message that a later one is compared with.
const COMPARED: usize = 64;

/// Tells of them.
pub(super) fn rules(decoder: &mut Decoder<'_, '_>, kind: NdpKind, options: &[u8]) {
    for (at, option) in nd_option::placed(options) {
        let before = options.get(..at).unwrap_or_default();
        if let Some((offset, rule)) = fault(kind, &option, before) {
            decoder.defects.rule(Layer::NdOption, at + offset, rule);
        }
    }
}

/// Where an option breaks a rule, and which; `before` are the options that stand before it.
fn fault(kind: NdpKind, option: &NdOption<'_>, before: &[u8]) -> Option<(usize, &'static str)> {
    use NdpKind::{NeighborSolicitation, RouterAdvertisement};
    const HOME_AGENT: u8 = 0x20;
    let mut others = nd_option::placed(before)
        .map(|(_, other)| other)
        .take(COMPARED)
        .filter(|other| other.kind == option.kind);
    match (option.kind, kind) {
        // RFC 2491 appendix D.
        (SHORTCUT_LIMIT, NeighborSolicitation { .. }) => {
            let limit = u8_at(option.bytes, 2)?;
            (limit < 2).then_some((2, "shortcut limit under 2"))
        }
        // RFC 6275 section 7.4.
        (HOME_AGENT_INFORMATION, RouterAdvertisement { flags, .. }) if flags & HOME_AGENT == 0 => {
            Some((0, "home agent information without the home agent flag"))
        }
        // RFC 4191 section 2.3.
        (ROUTE_INFORMATION, RouterAdvertisement { .. }) => {
            let route = Some(Route::of(option)?);
            let given = others.any(|other| Route::of(&other) == route);
            given.then_some((0, "route given twice"))
        }
        // RFC 8801 section 3.2.
        (PROVISIONING_DOMAIN, RouterAdvertisement { .. }) => {
            let second = others.next().is_some();
            second.then_some((0, "second provisioning domain"))
        }
        // RFC 5175 section 4.
        (RA_FLAGS, RouterAdvertisement { .. }) => {
            let second = others.next().is_some();
            second.then_some((0, "second option of flags"))
        }
        (RA_FLAGS, _) => Some((0, "flags of a router advertisement in another message")),
        _ => None,
    }
}

/// A prefix, without its bits behind its length.
#[derive(PartialEq, Eq)]
struct Route {
    bits: u128,
    length: u8,
}

impl Route {
    fn of(option: &NdOption<'_>) -> Option<Self> {
        let length = u8_at(option.bytes, 2)?;
        let used = !nd_option::behind_prefix(length)?;
        let octets = option.bytes.get(8..8 + usize::from(length).div_ceil(8))?;
        let bits = nd_option::prefix_bits(octets) & used;
        Some(Self { bits, length })
    }
}
