//! RFC 4884 extension structures and the objects in them.

use crate::wire::Checksum;

/// An extension structure.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a> {
    /// How it was found.
    pub located: Located,
    /// Its own checksum.
    pub checksum: Checksum,
    /// The objects' octets, behind the structure's header.
    pub bytes: &'a [u8],
}

/// How the structure was found; routers disagree on what the length field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located {
    /// Where the length field says (RFC 4884 section 4.5).
    Length,
    /// Behind 128 octets of quote, as before RFC 4884 (section 5.5 there).
    Legacy,
    /// Where the length field says if it counts octets.
    LengthInOctets,
    /// At the start of the body: extended echo, which quotes nothing (RFC 8335).
    Body,
}
