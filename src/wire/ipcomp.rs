//! `IPComp` (RFC 3173): packets whose payload travels compressed. Each is made anew as it was before:
//! its header is the same but for protocol, length and checksum.
//!
//! Of the methods DEFLATE (RFC 2394) is read, which is also what Linux and the BSDs begin with; LZS
//! (RFC 2395) and LZJH (RFC 3051) are not.

use std::ops::RangeInclusive;

use flate2::{Decompress, FlushDecompress, Status};

use super::Undecodable;
use super::bytes::{array_at, tail};
use super::ip::{Ip, protocol, restore, unmeasured};
use crate::model::Expanded;

/// Octets of the header (section 3.1): next header, flags, the number of the method.
pub(super) const HEADER: usize = 4;
/// The method that is read (RFC 2394 section 3).
const DEFLATE: u16 = 2;
/// Numbers that two ends agree on for a method, which no packet tells (RFC 3173 section 3.3): that of
/// DEFLATE is tried.
const NEGOTIATED: RangeInclusive<u16> = 256..=u16::MAX;
/// What a length field can tell at most, in octets: nothing that is longer was a packet.
const LONGEST: usize = 65_535;

/// Whether the payload of `ip` is compressed, and begins here.
pub fn is_compressed(ip: &Ip<'_>) -> bool {
    ip.protocol == protocol::IP_COMP && !ip.is_later_fragment()
}

/// Makes packets of compressed ones.
#[derive(Debug, Default)]
pub struct Inflater {
    /// Made when the first packet asks for it.
    inflate: Option<Decompress>,
}

impl Inflater {
    /// Makes the packet that `ip` was before it was compressed in `into`, whose memory is used again.
    /// What a fault of the data, or the capture's end, keeps away is missing at its end: how much nobody
    /// can tell, but that the payload was longer than what was sent of it (section 2.2).
    ///
    /// # Errors
    ///
    /// Tells why not even a beginning can be made: the method is another, or the data are no such.
    pub fn expand(&mut self, ip: &Ip<'_>, into: &mut Expanded) -> Result<(), Undecodable> {
        into.clear();
        let [next, _, high, low] = array_at(ip.payload, 0).ok_or(Undecodable::Short)?;
        let method = u16::from_be_bytes([high, low]);
        if method != DEFLATE && !NEGOTIATED.contains(&method) {
            return Err(Undecodable::Compression);
        }
        let inflate = (self.inflate).get_or_insert_with(|| Decompress::new(false));
        let data = tail(ip.payload, HEADER);
        let header = ip.header.len();
        let most = LONGEST.saturating_sub(header - unmeasured(ip));
        into.octets.extend_from_slice(ip.header);
        // Some senders leave the header of zlib (RFC 1950) before the data.
        let mut end = End::Fault;
        for zlib_header in [false, true] {
            inflate.reset(zlib_header);
            end = add(inflate, data, most, &mut into.octets);
            if into.octets.len() > header || matches!(end, End::Told) {
                break;
            }
        }
        let mut length = into.octets.len() - header;
        // What is a fault of another method, whichever was agreed on, is none of these data.
        let is_none = length == 0 && !matches!(end, End::Told);
        if is_none || matches!(end, End::Fault) && method != DEFLATE {
            return Err(Undecodable::Compression);
        }
        if !matches!(end, End::Told) {
            let sent = usize::try_from(ip.payload_length).unwrap_or(LONGEST);
            length = length.max(sent).saturating_add(1).min(most);
            into.octets.truncate(header + length - 1);
        }
        into.set_wire_len(header + length);
        restore(ip, next, length, &mut into.octets);
        Ok(())
    }
}

/// What data end in that say so of a packet, and not of the whole stream (RFC 1951 section 3.2.4): a
/// block of no length.
const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];

/// Where compressed data end.
#[derive(Clone, Copy)]
enum End {
    /// Where they say.
    Told,
    /// Where there are no more.
    Data,
    /// Where they are wrong, or come to more than a packet has room for.
    Fault,
}

/// Adds what `data` stand for to `made`, at most so many octets.
fn add(inflate: &mut Decompress, data: &[u8], most: usize, made: &mut Vec<u8>) -> End {
    let end = made.len() + most;
    made.reserve_exact(most);
    let status = inflate.decompress_vec(data, made, FlushDecompress::None);
    let is_full = made.len() >= end;
    made.truncate(end);
    match status {
        Ok(Status::StreamEnd) => End::Told,
        Ok(_) if data.ends_with(&FLUSHED) && !is_full => End::Told,
        Ok(_) if !is_full => End::Data,
        Ok(_) | Err(_) => End::Fault,
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};
    use proptest::prelude::*;

    use super::*;
    use crate::wire::checksum::internet;
    use crate::wire::{ChecksumStatus, Limit, header_checksum};

    fn deflate(data: &[u8], zlib_header: bool, flush: FlushCompress) -> Vec<u8> {
        let mut compressed = Vec::with_capacity(data.len() + 64);
        Compress::new(Compression::best(), zlib_header)
            .compress_vec(data, &mut compressed, flush)
            .unwrap();
        compressed
    }

    fn finished(data: &[u8]) -> Vec<u8> {
        deflate(data, false, FlushCompress::Finish)
    }

    fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 7, 0x40, 0, 64, protocol, 0, 0];
        packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        let length = u16::try_from(20 + payload.len()).unwrap();
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        let sum = internet(&[&packet]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        [&packet, payload].concat()
    }

    fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, next, 64];
        packet.extend([[0x20; 16], [0x21; 16]].as_flattened());
        let length = u16::try_from(payload.len()).unwrap();
        packet[4..6].copy_from_slice(&length.to_be_bytes());
        [&packet, payload].concat()
    }

    fn behind(next: u8, method: u16, data: &[u8]) -> Vec<u8> {
        let [high, low] = method.to_be_bytes();
        [&[next, 0, high, low], data].concat()
    }

    fn expand_cut(packet: &[u8], on_wire: usize) -> Result<Expanded, Undecodable> {
        let ip = Ip::parse_on_wire(packet, on_wire, Limit::Frame).unwrap();
        assert!(is_compressed(&ip));
        let mut made = Expanded::default();
        Inflater::default().expand(&ip, &mut made).map(|()| made)
    }

    fn expand(packet: &[u8]) -> Result<Expanded, Undecodable> {
        expand_cut(packet, packet.len())
    }

    fn message() -> Vec<u8> {
        let mut message = vec![8, 0, 0, 0, 0, 1, 0, 1];
        message.extend((0..600u32).map(|i| ((i * i) >> 5).to_le_bytes()[0]));
        message
    }

    #[test]
    fn a_packet_is_what_it_was() {
        let message = message();
        let as_it_was = v4(1, &message);
        for data in [
            finished(&message),
            deflate(&message, false, FlushCompress::Sync),
            deflate(&message, true, FlushCompress::Finish),
        ] {
            for method in [2, 256, 0xffff] {
                let made = expand(&v4(108, &behind(1, method, &data))).unwrap();
                assert_eq!(made.octets, as_it_was, "{method}");
                assert_eq!(made.wire_len as usize, as_it_was.len());
            }
            for method in [0, 1, 3, 4, 255] {
                let made = expand(&v4(108, &behind(1, method, &data)));
                assert_eq!(made, Err(Undecodable::Compression));
            }
        }
        let packet = v6(0, &[&[58, 0, 1, 4, 0, 0, 0, 0], &message[..]].concat());
        let compressed = behind(58, 2, &finished(&message));
        let header = [&[108, 0, 1, 4, 0, 0, 0, 0], &compressed[..]].concat();
        assert_eq!(expand(&v6(0, &header)).unwrap().octets, packet);
    }

    #[test]
    fn nothing_can_be_compressed() {
        for method in [2, 300] {
            let made = expand(&v4(108, &behind(1, method, &finished(&[])))).unwrap();
            assert_eq!((made.octets, made.wire_len), (v4(1, &[]), 20));
        }
        let made = expand(&v6(108, &behind(58, 2, &finished(&[])))).unwrap();
        assert_eq!(made.octets, v6(58, &[]));
        // Not even an end is there.
        let made = expand(&v4(108, &behind(1, 2, &[])));
        assert_eq!(made, Err(Undecodable::Compression));
    }

    /// The memory of a packet is that of the next one.
    #[test]
    fn one_after_the_other() {
        let (mut inflater, mut made) = (Inflater::default(), Expanded::default());
        for length in [600, 8, 60_000, 9, 100] {
            let message = vec![7; length];
            let packet = v4(108, &behind(1, 2, &finished(&message)));
            let ip = Ip::parse(&packet, Limit::Frame).unwrap();
            inflater.expand(&ip, &mut made).unwrap();
            assert_eq!(made.octets, v4(1, &message));
            let broken = v4(108, &behind(1, 2, &[0xff; 9]));
            let ip = Ip::parse(&broken, Limit::Frame).unwrap();
            assert!(inflater.expand(&ip, &mut made).is_err());
        }
    }

    #[test]
    fn of_what_was_cut_the_beginning_is_made() {
        let message = message();
        let packet = v4(108, &behind(1, 2, &finished(&message)));
        let mut most = 0;
        for length in 20..packet.len() {
            let Ok(made) = expand_cut(&packet[..length], packet.len()) else {
                assert_eq!(most, 0, "{length}");
                continue;
            };
            let ip = Ip::parse_on_wire(&made.octets, made.wire_len as usize, Limit::Frame).unwrap();
            assert!(message.starts_with(ip.payload));
            assert!(ip.payload.len() >= most && !ip.is_whole() && ip.limit == Limit::Capture);
            assert_eq!(header_checksum(&ip).unwrap().status, ChecksumStatus::Good);
            most = ip.payload.len();
        }
        assert!(most > 400, "{most}");
        // The first fragment is no more than that.
        let mut fragment = v4(108, &behind(1, 2, &finished(&message)[..300]));
        fragment[6] = 0x20;
        let made = expand(&fragment).unwrap();
        let ip = Ip::parse_on_wire(&made.octets, made.wire_len as usize, Limit::Frame).unwrap();
        assert!(ip.fragment.is_none() && !ip.is_whole());
        fragment[7] = 9;
        assert!(!is_compressed(&Ip::parse(&fragment, Limit::Frame).unwrap()));
        let header = [108, 0, 0, 1, 0, 0, 0, 7];
        let fragment = [&header, &behind(58, 2, &finished(&message)[..300])[..]].concat();
        let made = expand(&v6(44, &fragment)).unwrap();
        let ip = Ip::parse_on_wire(&made.octets, made.wire_len as usize, Limit::Frame).unwrap();
        assert!(ip.fragment.is_none() && !ip.is_whole() && ip.protocol == 58 && ip.id == Some(7));
    }

    #[test]
    fn what_is_before_a_fault_is_made() {
        let message = message();
        let mut data = deflate(&message[..100], false, FlushCompress::Sync);
        data.extend([0xff; 20]); // no block is of this type
        let made = expand(&v4(108, &behind(1, 2, &data))).unwrap();
        assert_eq!(made.octets[20..], message[..100]);
        assert!(made.wire_len as usize > made.octets.len());
        // Which method was agreed on nothing tells: it is another.
        let made = expand(&v4(108, &behind(1, 300, &data)));
        assert_eq!(made, Err(Undecodable::Compression));
        let made = expand(&v4(108, &behind(1, 2, &[0xff; 20])));
        assert_eq!(made, Err(Undecodable::Compression));
        assert_eq!(expand(&v4(108, &[1, 0, 0])), Err(Undecodable::Short));
    }

    /// No packet is longer than its length field can say.
    #[test]
    fn what_would_be_longer_than_a_packet_ends_there() {
        let bomb = finished(&vec![0; 1_000_000]);
        assert!(bomb.len() < 2_000);
        let made = expand(&v4(108, &behind(1, 2, &bomb))).unwrap();
        assert_eq!((made.octets.len(), made.wire_len), (65_534, 65_535));
        assert!(made.octets.capacity() < 70_000);
        let made = expand(&v6(108, &behind(58, 2, &bomb))).unwrap();
        assert_eq!((made.octets.len(), made.wire_len), (65_574, 65_575));
        let longest = vec![3; LONGEST - 20];
        let made = expand(&v4(108, &behind(1, 2, &finished(&longest)))).unwrap();
        assert_eq!(made.octets, v4(1, &longest));
    }

    proptest! {
        #[test]
        fn no_data_panic(
            next: u8,
            method in prop::sample::select(vec![2u16, 3, 300]),
            mut data in prop::collection::vec(any::<u8>(), 0..300),
            good: bool,
            at in any::<prop::sample::Index>(),
            with: u8,
            is_v4: bool,
        ) {
            if good {
                data = finished(&data);
            }
            if !data.is_empty() {
                let at = at.index(data.len());
                data[at] ^= with;
            }
            let payload = behind(next, method, &data);
            let packet = if is_v4 { v4(108, &payload) } else { v6(108, &payload) };
            if let Ok(made) = expand(&packet) {
                prop_assert!(made.octets.len() <= made.wire_len as usize);
                prop_assert!(made.wire_len <= 65_575);
                let on_wire = made.wire_len as usize;
                let ip = Ip::parse_on_wire(&made.octets, on_wire, Limit::Frame).unwrap();
                prop_assert_eq!(ip.length, made.wire_len);
            }
        }
    }
}
