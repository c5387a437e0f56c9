//! What the headers of some links tell beside addresses. Read only when `-e` asks for it.

use super::linktype as lt;
use crate::model::Frame;
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

/// What is told in one kind of link alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail<'a> {
    /// How IP security protected a packet (`enc` of BSD).
    Security {
        /// Security parameters index.
        spi: u32,
        /// Whether it was authenticated.
        authentic: bool,
        /// Whether it was encrypted.
        confidential: bool,
    },
    /// The circuit of ATM.
    Atm {
        /// Virtual path identifier.
        path: u8,
        /// Virtual channel identifier.
        channel: u16,
        /// Number of the client, where a network of Ethernet is emulated.
        lane_client: Option<u16>,
    },
    /// Zones of Solaris that a packet goes between.
    Zones {
        /// Whence.
        src: u32,
        /// Where to.
        dst: u32,
    },
    /// Token Ring (IEEE 802.5).
    TokenRing {
        /// Access control.
        access: u8,
        /// Frame control.
        control: u8,
        /// The bridges that the frame goes by, if it does.
        route: Option<SourceRoute<'a>>,
    },
    /// FDDI: its frame control.
    Fddi(u8),
    /// ARCNET (RFC 1201).
    Arcnet {
        /// Kind of the packet.
        protocol: u8,
        /// Its number, where BSD gives the frame.
        sequence: Option<u16>,
    },
    /// A piece of multilink Frame Relay (FRF.16.1 section 2.1).
    Multilink {
        /// Number of the piece.
        sequence: u16,
        /// Whether a frame begins with it.
        begins: bool,
        /// Whether one ends with it.
        ends: bool,
    },
}

/// The route of a frame by bridges (IEEE 802.1D annex C).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRoute<'a> {
    /// Its control field.
    pub control: u16,
    segments: &'a [u8],
}

impl<'a> SourceRoute<'a> {
    /// That of a frame of Token Ring, if it has one.
    pub fn of_token_ring(data: &'a [u8]) -> Option<Self> {
        const IS_ROUTED: u8 = 0x80;
        const CONTROL: usize = 14;
        u8_at(data, 8).filter(|first| first & IS_ROUTED != 0)?;
        let control = u16_at(data, CONTROL)?;
        let octets = usize::from(control >> 8 & 0x1f);
        let end = data.len().min(CONTROL + octets);
        Some(Self {
            control,
            segments: data.get(CONTROL + 2..end).unwrap_or_default(),
        })
    }

    /// Octets of it.
    pub const fn octets(&self) -> usize {
        (self.control >> 8 & 0x1f) as usize
    }

    /// Octets of the largest frame that goes by it; none where its code has no number.
    pub const fn largest_frame(&self) -> Option<u16> {
        const LARGEST: [u16; 7] = [516, 1500, 2052, 4472, 8144, 11407, 17800];
        match (self.control >> 4 & 7) as usize {
            code if code < LARGEST.len() => Some(LARGEST[code]),
            _ => None,
        }
    }

    /// Numbers of a ring, 12 bits, and of the bridge behind it, 4 bits.
    pub fn segments(&self) -> impl Iterator<Item = u16> + use<'a> {
        (self.segments.chunks_exact(2)).filter_map(|pair| array_at(pair, 0).map(u16::from_be_bytes))
    }
}

/// What the header of `frame` tells, if its link is one of these.
pub fn detail<'a>(frame: &Frame<'a>) -> Option<Detail<'a>> {
    if let Some(inside) = super::frame_inside(frame) {
        return detail(&inside);
    }
    let data = frame.data;
    Some(match frame.link {
        lt::ENC => {
            const CONFIDENTIAL: u32 = 0x0400;
            const AUTHENTIC: u32 = 0x0800;
            let flags = array_at(data, 8)?;
            // Family and flags are in the byte order of the capturing host, which families below
            // 65536 tell.
            let flags = if u32_at(data, 0)? > 0xffff {
                u32::from_le_bytes(flags)
            } else {
                u32::from_be_bytes(flags)
            };
            Detail::Security {
                spi: u32_at(data, 4)?,
                authentic: flags & AUTHENTIC != 0,
                confidential: flags & CONFIDENTIAL != 0,
            }
        }
        lt::SUNATM => {
            const KIND: u8 = 0x0f;
            const LANE: u8 = 1;
            let kind = u8_at(data, 0)?;
            Detail::Atm {
                path: u8_at(data, 1)?,
                channel: u16_at(data, 2)?,
                lane_client: u16_at(data, 4).filter(|_| kind & KIND == LANE),
            }
        }
        lt::IPNET => Detail::Zones {
            src: u32_at(data, 16)?,
            dst: u32_at(data, 20)?,
        },
        lt::IEEE802_5 => Detail::TokenRing {
            access: u8_at(data, 0)?,
            control: u8_at(data, 1)?,
            route: SourceRoute::of_token_ring(data),
        },
        lt::FDDI => Detail::Fddi(u8_at(data, 0)?),
        lt::ARCNET_LINUX => Detail::Arcnet {
            protocol: u8_at(data, 4)?,
            sequence: None,
        },
        lt::ARCNET_BSD => {
            const WITHOUT_SEQUENCE: u8 = 240;
            const EXCEPTION: u8 = 0xff;
            let protocol = u8_at(data, 2)?;
            let flag = if u8_at(data, 3) == Some(EXCEPTION) {
                7
            } else {
                3
            };
            Detail::Arcnet {
                protocol,
                sequence: u16_at(data, flag + 1).filter(|_| protocol != WITHOUT_SEQUENCE),
            }
        }
        lt::MFR => {
            let sequence = u16_at(data, 0)?;
            Detail::Multilink {
                // An octet ends by a bit between the parts of the number.
                sequence: sequence >> 1 & 0x0f00 | sequence & 0xff,
                begins: sequence & 0x8000 != 0,
                ends: sequence & 0x4000 != 0,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_of_a_header_panics() {
        let octets = [0x81; 40];
        for link in [
            lt::ENC,
            lt::SUNATM,
            lt::IPNET,
            lt::IEEE802_5,
            lt::FDDI,
            lt::ARCNET_BSD,
            lt::ARCNET_LINUX,
            lt::MFR,
        ] {
            for length in 0..octets.len() {
                let told = detail(&Frame::alone(link, &octets[..length]));
                if let Some(Detail::TokenRing {
                    route: Some(route), ..
                }) = told
                {
                    assert!(2 * route.segments().count() <= length);
                }
            }
            assert!(detail(&Frame::alone(link, &octets)).is_some());
        }
        assert_eq!(detail(&Frame::alone(lt::ETHERNET, &octets)), None);
    }
}
