//! Fragments (RFC 791 section 3.2, RFC 8200 section 4.5): where they belong, and what they hold.

use super::{Ip, IpVersion, v4, v6};

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// Octets before it in the original payload.
    pub offset: u16,
    /// Whether more follow.
    pub more: bool,
    /// Octets that its length is a multiple of, if more follow; 0 where a fragment of a tunnel's packet has it,
    /// whose header tells the place.
    pub unit: u8,
}

impl Fragment {
    /// What the offset counts in IP.
    pub(in crate::wire) const IP_UNIT: u8 = 8;

    /// That of a piece which a link or a tunnel made below IP.
    pub(in crate::wire) const PIECE_UNIT: u8 = 1;

    /// That of what a fragment of a tunnel's packet has.
    pub(in crate::wire) const CARRIED: u8 = 0;

    /// The octets of a fragment header (RFC 8200 section 4.5) before its identification.
    pub(super) const fn of_header(word: u16) -> Self {
        Self {
            offset: word & 0xfff8,
            more: word & 1 != 0,
            unit: Self::IP_UNIT,
        }
    }

    /// Whether it is all of its packet (RFC 6946).
    pub(super) const fn is_atomic(self) -> bool {
        self.offset == 0 && !self.more
    }
}

/// The flags and the fragment offset of an IPv4 header (RFC 791 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragmentation {
    /// Don't fragment.
    pub dont_fragment: bool,
    /// The bit beside it, which must be zero.
    pub reserved_flag: bool,
    /// Where the fragment belongs, if it is one.
    pub fragment: Option<Fragment>,
}

impl Fragmentation {
    /// Reads the word of them.
    #[inline]
    pub fn of(word: u16) -> Self {
        let fragment = Fragment {
            offset: (word & 0x1fff) << 3,
            more: word & 0x2000 != 0,
            unit: Fragment::IP_UNIT,
        };
        Self {
            dont_fragment: word & 0x4000 != 0,
            reserved_flag: word & 0x8000 != 0,
            fragment: (word & 0x3fff != 0).then_some(fragment),
        }
    }
}

/// The part of a fragment that its offset counts from: all behind the IPv4 header and its options (an
/// authentication header is none of these, RFC 4302 section 3.1.1), all behind the
/// fragment header of IPv6 (RFC 8200 section 4.5), or behind the fixed header where there is none
/// because the link fragments.
#[derive(Clone, Copy, Debug)]
pub(in crate::wire) struct FragmentablePart<'a> {
    /// Extension headers behind the fragment header, or that of IPv4; in a first fragment only.
    pub(in crate::wire) extension_headers: &'a [u8],
    /// The rest.
    payload: &'a [u8],
}

impl FragmentablePart<'_> {
    pub(in crate::wire) fn len(self) -> usize {
        self.extension_headers.len() + self.payload.len()
    }

    pub(in crate::wire) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(in crate::wire) fn extend(self, octets: &mut Vec<u8>) {
        octets.extend_from_slice(self.extension_headers);
        octets.extend_from_slice(self.payload);
    }

    pub(in crate::wire) fn to_vec(self) -> Vec<u8> {
        [self.extension_headers, self.payload].concat()
    }
}

/// The header that the fragment header of a packet with this `header` names; `None` if it has none.
pub(in crate::wire) fn named_by_fragment_header(version: IpVersion, header: &[u8]) -> Option<u8> {
    match version {
        IpVersion::V4 => None,
        IpVersion::V6 => v6::named_by_fragment_header(header),
    }
}

/// The fragmentable part of `ip`; `None` if the headers before it are cut.
pub(in crate::wire) fn fragmentable_part<'a>(ip: &Ip<'a>) -> Option<FragmentablePart<'a>> {
    let extension_headers = match ip.version {
        IpVersion::V4 => v4::extension_headers(ip.header)?,
        IpVersion::V6 => v6::fragmentable_headers(ip.header)?,
    };
    Some(FragmentablePart {
        extension_headers,
        payload: ip.payload,
    })
}
