//! What the options that secure a message must be beside each other and beside its addresses (RFC 3971
//! section 5).

use std::net::Ipv6Addr;

use sha1::{Digest, Sha1};

use super::{CGA, NONCE, NdOption, RSA_SIGNATURE, TIMESTAMP, placed};
use crate::icmp::decode::Decoder;
use crate::icmp::field::Extent;
use crate::icmp::x509::der_length;
use crate::wire::Layer;
use crate::wire::bytes::{array_at, tail, u8_at};

/// Octets before the parameters of an address, and before the hash of a key.
const PARAMETERS: usize = 4;
const KEY_HASH: usize = 4;

/// Tells what is wrong with the options that secure a message; `claimed` is the address that it proves
/// to be its sender's (RFC 3971 section 5.1.1).
pub(in crate::icmp) fn check(
    decoder: &mut Decoder<'_, '_>,
    claimed: Option<Ipv6Addr>,
    options: &[u8],
) {
    let find = |kind| {
        let mut all = placed(options);
        all.find(|(_, option)| option.kind == kind && !option.is_too_short())
    };
    let signature = find(RSA_SIGNATURE);
    let parameters = find(CGA);
    if signature.is_none() && parameters.is_none() {
        return;
    }
    // Section 5.2.2: what is behind the first signature counts for nothing.
    let end = signature.map_or(options.len(), |(at, _)| at);
    let parameters = parameters.filter(|&(at, _)| at < end);
    let mut tell = |at, rule| decoder.defects.rule(Layer::NdOption, at, rule);
    if let Some((at, option)) = parameters
        && let Some(parameters) = Parameters::of(&option)
    {
        if let Some((offset, rule)) = claimed.and_then(|address| parameters.fault(address)) {
            tell(at + offset, rule);
        }
        if let Some((at, signature)) = signature
            && let Some(hash) = array_at::<16>(signature.bytes, KEY_HASH)
            && !sha1(&[parameters.key]).starts_with(&hash)
        {
            tell(at + KEY_HASH, "key hash is not that of the key");
        }
    }
    let Some((at, signature)) = signature else {
        return;
    };
    let behind = at + signature.bytes.len();
    if behind < options.len() {
        tell(behind, "option behind the signature");
    }
    // Section 5.3.4. An option may be in what is not there.
    let before = |kind| find(kind).is_some_and(|(place, _)| place < at);
    if !decoder.is_whole() {
        return;
    }
    let mut tell = |rule| decoder.defects.rule(Layer::NdOption, at, rule);
    if !before(TIMESTAMP) {
        tell("signature without a timestamp");
    }
    if matches!(decoder.kind, 133 | 135) && !before(NONCE) {
        tell("signed solicitation without a nonce");
    }
}

/// The parameters that an address was generated from (RFC 3972 section 3).
struct Parameters<'a> {
    octets: &'a [u8],
    /// The public key in them.
    key: &'a [u8],
}

impl<'a> Parameters<'a> {
    const MODIFIER: usize = 16;
    const COLLISION_COUNT: usize = 24;
    const KEY: usize = 25;

    /// Those of a whole option.
    fn of(option: &NdOption<'a>) -> Option<Self> {
        if option.extent() == Extent::Cut {
            return None;
        }
        let padding = usize::from(u8_at(option.bytes, 2)?);
        let end = option.bytes.len().checked_sub(padding)?;
        let octets = option.bytes.get(PARAMETERS..end)?;
        let behind = octets.get(Self::KEY..)?;
        let key = behind.get(..der_length(behind)?)?;
        Some(Self { octets, key })
    }

    /// Where they fail to prove an address, and how (RFC 3972 section 5).
    fn fault(&self, address: Ipv6Addr) -> Option<(usize, &'static str)> {
        /// What is compared of an identifier: neither the security parameter nor the bits u and g.
        const COMPARED: u64 = !0xe300_0000_0000_0000;
        const MOST_COLLISIONS: u8 = 2;
        let prefix = self.octets.get(Self::MODIFIER..Self::COLLISION_COUNT)?;
        if u8_at(self.octets, Self::COLLISION_COUNT)? > MOST_COLLISIONS {
            let at = PARAMETERS + Self::COLLISION_COUNT;
            return Some((at, "collision count over 2"));
        }
        if !address.octets().starts_with(prefix) {
            let at = PARAMETERS + Self::MODIFIER;
            return Some((at, "subnet prefix is not that of the address"));
        }
        let identifier = u64::from_be_bytes(array_at(&address.octets(), 8)?);
        let security = u32::try_from(identifier >> 61).ok()?;
        // RFC 4982 section 6: what is hashed with which function for others nothing says.
        let bits = match security {
            0..=2 => 16 * security,
            _ => return None,
        };
        let hash1 = u64::from_be_bytes(array_at(&sha1(&[self.octets]), 0)?);
        let modifier = self.octets.get(..Self::MODIFIER)?;
        let hash2 = sha1(&[modifier, &[0; 9], tail(self.octets, Self::KEY)]);
        let zeros = u32::from_be_bytes(array_at(&hash2, 0)?).leading_zeros();
        let same = (hash1 ^ identifier) & COMPARED == 0;
        let rule = "address was not generated from these parameters";
        (!same || zeros < bits).then_some((PARAMETERS, rule))
    }
}

/// The hash of octets that follow one another.
fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut digest = Sha1::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}
