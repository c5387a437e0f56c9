//! The checksums of tunnels.

use super::{Encapsulation, header};
use crate::wire::bytes::{u8_at, u16_at};
use crate::wire::checksum::{
    Checksum, ChecksumStatus, Unverified, upper_checksum, verify, verify_with_addresses,
};
use crate::wire::ip::{Ip, IpVersion, protocol};

impl Encapsulation<'_> {
    /// The checksum of what its packet carries: TCP, UDP, UDP-Lite, GRE that has one, PIM.
    /// `None` where there is another header, or the field is not there.
    pub fn checksum(&self) -> Option<Checksum> {
        let outer = self.outer.as_ref()?;
        match outer.protocol {
            protocol::UDP | protocol::UDP_LITE | protocol::TCP => upper_checksum(outer),
            protocol::GRE => gre(outer),
            header::PIM => pim_register(outer),
            _ => None,
        }
    }
}

/// RFC 2784 section 2.5: header and payload, where a flag tells that there is one.
fn gre(outer: &Ip<'_>) -> Option<Checksum> {
    const PRESENT: u8 = 0x80;
    const VERSION: u8 = 0x07;
    let [flags, version] = [0, 1].map(|at| u8_at(outer.payload, at));
    (flags? & PRESENT != 0 && version? & VERSION == 0)
        .then(|| verified(outer, 4, Covered::All, None))?
}

/// RFC 7761 section 4.9: the header alone, or from senders that are to be understood as well the
/// packet too; over IPv6 addresses and length with it.
fn pim_register(outer: &Ip<'_>) -> Option<Checksum> {
    const HEADER: u32 = 8;
    let is_v6 = outer.version == IpVersion::V6;
    let over = |covered, length| verified(outer, 2, covered, is_v6.then_some(length));
    let header = over(Covered::First(HEADER as usize), HEADER);
    let all = || over(Covered::All, outer.payload_length);
    match header?.status {
        ChecksumStatus::Bad { .. } => all()
            .filter(|all| all.status == ChecksumStatus::Good)
            .or(header),
        _ => header,
    }
}

/// How much of a packet's payload a checksum covers.
#[derive(Clone, Copy)]
enum Covered {
    All,
    /// So many octets.
    First(usize),
}

/// The checksum at `at` of the payload, with a pseudo-header that tells `length`, if there is one.
fn verified(outer: &Ip<'_>, at: usize, covered: Covered, length: Option<u32>) -> Option<Checksum> {
    let found = u16_at(outer.payload, at)?;
    let octets = match covered {
        Covered::All => Some(outer.payload).filter(|_| outer.is_whole()),
        Covered::First(count) => outer.payload.get(..count),
    };
    let unverified = |why| Checksum {
        status: ChecksumStatus::Unverified(why),
        found: Some(found),
    };
    Some(match (octets, length) {
        _ if outer.fragment.is_some() => unverified(Unverified::Fragment),
        (None, _) => unverified(Unverified::Truncated),
        (Some(octets), None) => verify(&[], octets, at),
        (Some(octets), Some(length)) => verify_with_addresses(outer, length, octets, at)?,
    })
}
