//! RPL, the routing protocol of low-power networks (RFC 6550 section 6; RFC 6997 for peer-to-peer
//! routes, RFC 9009 for the destination cleanup object, RFC 9914 for routes that the root projects).

mod base;
mod fault;
mod security;
mod status;

use std::net::Ipv6Addr;

use super::Body;
use super::decode::Decoder;
use super::field::FieldSpec;
use super::rpl_measurement;
use super::rpl_option::{self, RplOptions};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};

pub use base::RplKind;
pub(super) use base::instance;
pub(super) use fault::LOCAL;
pub use security::Security;
use security::{ENCRYPTED, code};

/// A RPL control message.
#[derive(Clone, Copy, Debug)]
pub struct Rpl<'a> {
    /// Which one, by its code.
    pub kind: RplKind,
    /// Whether a security section stands before the base.
    pub security: Option<Security<'a>>,
    /// The message from its base on, as captured; encrypted octets where
    /// [`Security::is_encrypted`].
    base: &'a [u8],
    /// The authentication code behind `base`, where one stands there.
    code: &'static [FieldSpec],
}

impl<'a> Rpl<'a> {
    /// The base's octets, unless they are encrypted.
    fn clear(&self) -> &'a [u8] {
        match self.security {
            Some(security) if security.is_encrypted() => &[],
            _ => self.base,
        }
    }

    /// RPL instance.
    pub fn instance(&self) -> Option<u8> {
        match self.kind {
            RplKind::Dis | RplKind::Other => None,
            _ => u8_at(self.clear(), 0),
        }
    }

    /// Rank of the sender of a DIO.
    pub fn rank(&self) -> Option<u16> {
        match self.kind {
            RplKind::Dio => u16_at(self.clear(), 2),
            _ => None,
        }
    }

    /// DODAGID, where the message has one.
    pub fn dodag_id(&self) -> Option<Ipv6Addr> {
        let at = match self.kind {
            RplKind::Dio => 8,
            RplKind::ConsistencyCheck | RplKind::Dro | RplKind::DroAck => 4,
            kind if kind.has_dodag_id(u8_at(self.clear(), 1)?) => 4,
            _ => return None,
        };
        array_at::<16>(self.clear(), at).map(Ipv6Addr::from)
    }

    /// The options; none where they are encrypted.
    pub fn options(&self) -> RplOptions<'a> {
        let clear = self.clear();
        let octets = match self.kind {
            RplKind::Other => &[],
            _ => tail(clear, self.base_octets()),
        };
        RplOptions::new(octets, self.kind, self.dodag_id())
    }

    fn base_octets(&self) -> usize {
        if self.kind == RplKind::Measurement {
            return rpl_measurement::base_octets(self.clear());
        }
        let has_id = u8_at(self.clear(), 1).is_some_and(|flags| self.kind.has_dodag_id(flags));
        self.kind.base_octets() + if has_id { 16 } else { 0 }
    }

    /// The fields of security section and base with the offset in the message that theirs add to.
    pub(super) fn tables(&self) -> [(&'static [FieldSpec], usize); 4] {
        let security = match self.security {
            Some(security) => (security.table(), 4),
            None => (&[][..], 4),
        };
        let at = 4 + self.security.map_or(0, |s| s.octets());
        let none = (&[][..], 4);
        let (base, behind) = match self.security {
            Some(security) if security.is_encrypted() => (ENCRYPTED, none),
            _ if self.kind == RplKind::Measurement => {
                let [(base, _), (route, start)] = rpl_measurement::tables(self.base);
                (base, (route, at + start))
            }
            _ if self.base_octets() == self.kind.base_octets() => (self.kind.table(), none),
            _ => (self.kind.table_with_id(), none),
        };
        let code = (self.code, at + self.base.len());
        [security, (base, at), behind, code]
    }
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    let bytes = decoder.bytes;
    let security = (decoder.code & 0x80 != 0).then(|| Security {
        bytes: tail(bytes, 4),
    });
    let start = 4 + security.map_or(0, |s| s.octets());
    let mut message = Rpl {
        kind: RplKind::of(decoder.code),
        security,
        base: tail(bytes, start),
        code: &[],
    };
    if security.is_some_and(|s| s.is_encrypted()) {
        decoder.need(start);
    } else {
        let options = start + message.base_octets();
        decoder.need(options);
        if let Some(security) = security
            && message.kind != RplKind::Other
        {
            // In the first of several fragments the end is not there.
            let length = usize::try_from(decoder.ip.payload_length).unwrap_or(usize::MAX);
            let end = match security.code_octets() {
                _ if decoder.ip.fragment.is_some() => usize::MAX,
                Some(octets) if (options..options + octets).contains(&length) => {
                    decoder.need(options + octets);
                    options + rpl_option::octets_of_known(tail(bytes, options))
                }
                Some(octets) => length.saturating_sub(octets).max(options),
                None => options,
            };
            if let Some(before) = bytes.get(start..end) {
                message.base = before;
                message.code = code(security.code_octets());
            }
        }
        if message.kind != RplKind::Other {
            let octets = tail(message.base, message.base_octets());
            rpl_option::check(octets, options, &message, decoder);
            let are_there = decoder.is_whole() && ends(security, options, decoder);
            fault::check(&message, (start, options), are_there, decoder);
        }
    }
    Body::Rpl(message)
}

/// Whether it is known where the options end: a code behind them is whole.
fn ends(security: Option<Security<'_>>, options: usize, decoder: &Decoder<'_, '_>) -> bool {
    security.is_none_or(|security| {
        let end = security.code_octets().map(|octets| options + octets);
        end.is_some_and(|end| end <= decoder.bytes.len())
    })
}
