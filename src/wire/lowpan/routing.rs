//! The headers of RPL's routing, which stand compressed before the packet (RFC 8138).
//!
//! Those up to an IP-in-IP header belong behind the IPv6 header that it stands for, those behind the
//! last of these behind the packet's own (section 3.2.2).

use super::Place;
use super::make::{DEEPEST, Making, Reader};
use crate::model::UnknownPrefix;
use crate::wire::Undecodable;
use crate::wire::bytes::array_at;
use crate::wire::ip::protocol;

/// Where in an IPv6 header these fields are.
const NEXT_HEADER: usize = 6;
const SOURCE: usize = 8;
const DESTINATION: usize = 24;

/// What stands before a packet.
#[derive(Clone, Copy, Default)]
pub(super) struct Route<'a> {
    /// What belongs behind the packet's own header.
    chain: Chain<'a>,
    /// The outer headers that go to the packet's destination, by where they start.
    same_destination: [Option<usize>; DEEPEST],
    /// Interface identifiers that the packet may have in common with the header around it.
    pub(super) around: [Option<[u8; 8]>; 2],
}

/// The headers behind one IPv6 header.
#[derive(Clone, Copy, Default)]
struct Chain<'a> {
    /// From the first source route on to the last (section 5).
    hops: &'a [u8],
    /// Data of the RPL option (RFC 6553 section 3).
    information: Option<[u8; 4]>,
}

/// What a header is (section 4), with all its octets.
enum Header<'a> {
    /// Addresses, of each the same number of octets.
    SourceRoute {
        unit: usize,
        addresses: &'a [u8],
    },
    Information {
        flags: u8,
        fields: &'a [u8],
    },
    IpInIp(&'a [u8]),
    /// What a packet on a projected route says, by its instance (RFC 9914 section 4.3).
    Projected(&'a [u8]),
    /// One that may be passed over.
    Elective,
}

/// The next header; `None` where the packet starts.
fn next<'a>(from: &mut Reader<'a>) -> Result<Option<Header<'a>>, Undecodable> {
    const CRITICAL: u8 = 0b100;
    const ELECTIVE: u8 = 0b101;
    const IP_IN_IP: u8 = 6;
    const PROJECTED: u8 = 8;
    let first = from.first()?;
    if !matches!(first >> 5, CRITICAL | ELECTIVE) {
        return Ok(None);
    }
    let [_, kind] = from.array()?;
    let low = first & 0x1f;
    Ok(Some(match (first >> 5, kind) {
        (CRITICAL, 0..=4) => {
            let unit = 1 << kind;
            let addresses = from.all_of(unit * (usize::from(low) + 1))?;
            Header::SourceRoute { unit, addresses }
        }
        (CRITICAL, 5) => {
            let instance = usize::from(low & INSTANCE_0 == 0);
            let rank = if low & SHORT_RANK == 0 { 2 } else { 1 };
            let fields = from.all_of(instance + rank)?;
            Header::Information { flags: low, fields }
        }
        (_, PROJECTED) => Header::Projected(from.all_of(low.into())?),
        (CRITICAL, _) => return Err(Undecodable::Compression),
        (_, IP_IN_IP) => Header::IpInIp(from.all_of(low.into())?),
        _ => {
            from.all_of(low.into())?;
            Header::Elective
        }
    }))
}

/// The global instance 0, which is left out (section 6.3).
const INSTANCE_0: u8 = 0x02;
/// A rank without its low octet.
const SHORT_RANK: u8 = 0x01;

/// The flag of the RPL option that a packet is on a projected route (RFC 9914 section 4.2).
const PROJECTED_ROUTE: u8 = 0x10;

/// The data of the RPL option: flags, instance, rank.
fn option(flags: u8, fields: &[u8]) -> [u8; 4] {
    let instance_0 = [0];
    let mut octets = if flags & INSTANCE_0 == 0 {
        [].iter().chain(fields)
    } else {
        instance_0.iter().chain(fields)
    };
    let mut octet = || octets.next().copied().unwrap_or(0);
    [flags >> 2 << 5, octet(), octet(), octet()]
}

/// Reads what stands before a packet, and makes the headers around it.
pub(super) fn read<'a>(
    from: &mut Reader<'a>,
    place: &Place<'_>,
    into: &mut Making<'_>,
) -> Result<Route<'a>, Undecodable> {
    let mut route = Route::default();
    let (mut before, mut first_route) = (from.rest(), None);
    while let Some(header) = next(from)? {
        match header {
            Header::SourceRoute { .. } => {
                let start = *first_route.get_or_insert(before);
                let length = start.len().saturating_sub(from.rest().len());
                route.chain.hops = start.get(..length).unwrap_or_default();
            }
            Header::Information { flags, fields } => {
                route.chain.information = Some(option(flags, fields));
            }
            Header::Projected([instance, ..]) => {
                route.chain.information = Some([PROJECTED_ROUTE, *instance, 0, 0]);
            }
            Header::Projected([]) => return Err(Undecodable::Malformed),
            Header::IpInIp(fields) => {
                route.enclose(fields, place, into)?;
                first_route = None;
            }
            Header::Elective => {}
        }
        before = from.rest();
    }
    Ok(route)
}

impl Route<'_> {
    /// Makes an outer header (section 7), with all that was read up to here behind it.
    fn enclose(
        &mut self,
        fields: &[u8],
        place: &Place<'_>,
        into: &mut Making<'_>,
    ) -> Result<(), Undecodable> {
        const VERSION: [u8; 4] = [0x60, 0, 0, 0];
        /// The packet goes away from the root (RFC 6550 section 11.2).
        const DOWN: u8 = 0x80;
        let (hop_limit, address) = fields.split_first().ok_or(Undecodable::Malformed)?;
        let chain = std::mem::take(&mut self.chain);
        let root = place.root(chain.information.map(|[_, instance, ..]| instance));
        let src = coalesce(root.unwrap_or_default(), address)?;
        let start = into.ipv6(UnknownPrefix::default())?;
        into.octets.extend_from_slice(&VERSION);
        into.octets
            .extend_from_slice(&[0, 0, protocol::NO_NEXT_HEADER, *hop_limit]);
        into.octets.extend_from_slice(&src);
        into.octets.extend_from_slice(&[0; 16]);
        if chain.hops.is_empty() {
            match chain.information {
                Some([flags, ..]) if flags & (DOWN | PROJECTED_ROUTE) == 0 => {
                    put(into, start + DESTINATION, &root.unwrap_or_default());
                }
                _ => {
                    let mut places = self.same_destination.iter_mut();
                    if let Some(place) = places.find(|place| place.is_none()) {
                        *place = Some(start);
                    }
                }
            }
        }
        let named_at = chain.follow(start, None, into)?;
        put(into, named_at, &[protocol::IPV6]);
        let knows_source = root.is_some() || address.len() >= 8;
        self.around = [
            array_at(&src, 8).filter(|_| knows_source),
            chain.hops(src).last().and_then(|hop| array_at(&hop, 8)),
        ];
        Ok(())
    }

    /// Makes the headers that follow the packet's own, which starts at `start`; says where the
    /// number of the next is to be written.
    pub(super) fn follow(&self, start: usize, into: &mut Making<'_>) -> Result<usize, Undecodable> {
        let to: [u8; 16] =
            array_at(into.octets, start + DESTINATION).ok_or(Undecodable::Malformed)?;
        for outer in self.same_destination.into_iter().flatten() {
            put(into, outer + DESTINATION, &to);
        }
        self.chain.follow(start, Some(to), into)
    }
}

impl<'a> Chain<'a> {
    /// The addresses of the source route; the first leaves out what it has in common with
    /// `reference`, each of the others what it has with the one before (section 5.4).
    fn hops(self, reference: [u8; 16]) -> impl Iterator<Item = [u8; 16]> + use<'a> {
        let mut from = Reader::new(self.hops, self.hops.len());
        let headers = std::iter::from_fn(move || next(&mut from).ok()?);
        let addresses = headers.flat_map(|header| match header {
            Header::SourceRoute { unit, addresses } => addresses.chunks_exact(unit),
            _ => [].chunks_exact(1),
        });
        addresses.scan(reference, |before, address| {
            *before = coalesce(*before, address).ok()?;
            Some(*before)
        })
    }

    /// Makes these headers behind the IPv6 header at `start`, whose destination becomes the first
    /// hop; `end` is where the route leads to in the end, if that is none of its hops.
    fn follow(
        self,
        start: usize,
        end: Option<[u8; 16]>,
        into: &mut Making<'_>,
    ) -> Result<usize, Undecodable> {
        let mut named_at = start + NEXT_HEADER;
        if let Some([flags, instance, high, low]) = self.information {
            const RPL_OPTION: u8 = 0x63;
            put(into, named_at, &[protocol::HOPOPT]);
            named_at = into.octets.len();
            let next = protocol::NO_NEXT_HEADER;
            into.octets
                .extend_from_slice(&[next, 0, RPL_OPTION, 4, flags, instance, high, low]);
        }
        let reference = array_at(into.octets, start + SOURCE).ok_or(Undecodable::Malformed)?;
        let mut hops = self.hops(reference);
        let Some(first) = hops.next() else {
            return Ok(named_at);
        };
        put(into, start + DESTINATION, &first);
        let route = into.octets.len();
        into.octets.extend_from_slice(&[protocol::NO_NEXT_HEADER]);
        into.octets
            .extend_from_slice(&[0, SOURCE_ROUTE, 0, 0, 0, 0, 0]);
        let mut last = first;
        for hop in hops {
            into.octets.extend_from_slice(&hop);
            last = hop;
        }
        if let Some(end) = end.filter(|end| *end != last) {
            into.octets.extend_from_slice(&end);
        }
        let left = (into.octets.len() - route) / 16;
        if left == 0 {
            into.octets.truncate(route);
            return Ok(named_at);
        }
        put(into, named_at, &[protocol::ROUTE]);
        let left = u8::try_from(left).map_err(|_| Undecodable::Malformed)?;
        let units = left.checked_mul(2).ok_or(Undecodable::Malformed)?;
        put(into, route + 1, &[units, SOURCE_ROUTE, left]);
        Ok(route)
    }
}

/// The type of RPL's routing header (RFC 6554 section 3).
const SOURCE_ROUTE: u8 = 3;

/// An address whose last octets are these, and whose others are those of `reference`
/// (section 4.3.1).
fn coalesce(mut reference: [u8; 16], octets: &[u8]) -> Result<[u8; 16], Undecodable> {
    let at = reference.len().checked_sub(octets.len());
    let place = at.and_then(|at| reference.get_mut(at..));
    place.ok_or(Undecodable::Malformed)?.copy_from_slice(octets);
    Ok(reference)
}

fn put(into: &mut Making<'_>, at: usize, octets: &[u8]) {
    if let Some(place) = into.octets.get_mut(at..at + octets.len()) {
        place.copy_from_slice(octets);
    }
}
