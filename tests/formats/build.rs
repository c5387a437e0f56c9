//! Captures put together octet by octet.

/// The byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

pub(crate) const ORDERS: [Order; 2] = [Order::Big, Order::Little];

/// Octets with fields in one byte order.
pub(crate) struct Octets {
    order: Order,
    out: Vec<u8>,
}

impl Octets {
    pub(crate) fn new(order: Order) -> Self {
        let out = Vec::new();
        Self { order, out }
    }

    pub(crate) fn u16(mut self, value: u16) -> Self {
        self.out.extend(match self.order {
            Order::Big => value.to_be_bytes(),
            Order::Little => value.to_le_bytes(),
        });
        self
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.out.extend(match self.order {
            Order::Big => value.to_be_bytes(),
            Order::Little => value.to_le_bytes(),
        });
        self
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.out.extend(match self.order {
            Order::Big => value.to_be_bytes(),
            Order::Little => value.to_le_bytes(),
        });
        self
    }

    pub(crate) fn raw(mut self, octets: &[u8]) -> Self {
        self.out.extend(octets);
        self
    }

    /// Zeros up to a multiple of four.
    pub(crate) fn pad(mut self) -> Self {
        self.out.resize(self.out.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.out
    }
}

/// What a pcap file header says.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) order: Order,
    pub(crate) magic: u32,
    pub(crate) version: (u16, u16),
    pub(crate) snaplen: u32,
    pub(crate) link: u32,
}

pub(crate) const MICRO: u32 = 0xa1b2_c3d4;
pub(crate) const NANO: u32 = 0xa1b2_3c4d;
pub(crate) const MODIFIED: u32 = 0xa1b2_cd34;
pub(crate) const IXIA: u32 = 0x1c00_01ac;

impl Default for Header {
    fn default() -> Self {
        Self {
            order: Order::Little,
            magic: MICRO,
            version: (2, 4),
            snaplen: 262_144,
            link: 1,
        }
    }
}

impl Header {
    pub(crate) fn build(self) -> Vec<u8> {
        Octets::new(self.order)
            .u32(self.magic)
            .u16(self.version.0)
            .u16(self.version.1)
            .u64(0)
            .u32(self.snaplen)
            .u32(self.link)
            .end()
    }
}

/// A pcap record with any fields.
pub(crate) fn record(order: Order, fields: [u32; 4], data: &[u8]) -> Vec<u8> {
    let head = fields
        .iter()
        .fold(Octets::new(order), |o, &field| o.u32(field));
    head.raw(data).end()
}

/// A little-endian pcap of `count` Ethernet frames, one a second, of lengths that differ.
pub(crate) fn sample(count: u32) -> Vec<u8> {
    let mut file = Header::default().build();
    for i in 0..count {
        let data = sample_frame(i);
        let len = u32::try_from(data.len()).expect("a short frame");
        file.extend(record(
            Order::Little,
            [1000 + i, i, len, len + i % 3],
            &data,
        ));
    }
    file
}

/// The octets of frame `i` of [`sample`] and [`sample_ng`].
pub(crate) fn sample_frame(i: u32) -> Vec<u8> {
    // Hardly compressible, so that compressed files have some length.
    let mut state = i.wrapping_mul(0x9e37_79b9) | 1;
    (0..14 + i % 61)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_be_bytes()[0]
        })
        .collect()
}

/// A pcapng block.
pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len().next_multiple_of(4) + 12).expect("a short block");
    Octets::new(order)
        .u32(kind)
        .u32(len)
        .raw(body)
        .pad()
        .u32(len)
        .end()
}

/// A section header block.
pub(crate) fn section(order: Order) -> Vec<u8> {
    let body = Octets::new(order).u32(0x1a2b_3c4d).u16(1).u16(0);
    block(order, 0x0a0d_0d0a, &body.u64(u64::MAX).end())
}

/// An option.
pub(crate) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).expect("a short option");
    Octets::new(order).u16(code).u16(len).raw(value).pad().end()
}

/// An interface description block.
pub(crate) fn interface(order: Order, link: u16, snaplen: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let body = Octets::new(order).u16(link).u16(0).u32(snaplen);
    block(order, 1, &body.raw(&options.concat()).end())
}

/// An enhanced packet block; `stamp` in the units of its interface.
pub(crate) fn enhanced(
    order: Order,
    interface: u32,
    stamp: u64,
    data: &[u8],
    options: &[Vec<u8>],
) -> Vec<u8> {
    let len = u32::try_from(data.len()).expect("a short packet");
    enhanced_as(order, [interface, len, len], stamp, data, options)
}

/// As [`enhanced`], with the fields interface, captured length, original length at will.
pub(crate) fn enhanced_as(
    order: Order,
    [interface, captured, original]: [u32; 3],
    stamp: u64,
    data: &[u8],
    options: &[Vec<u8>],
) -> Vec<u8> {
    let (high, low) = halves(stamp);
    let body = Octets::new(order).u32(interface).u32(high).u32(low);
    let body = body.u32(captured).u32(original).raw(data).pad();
    block(order, 6, &body.raw(&options.concat()).end())
}

/// A packet block of the first drafts.
pub(crate) fn old(order: Order, interface: u16, stamp: u64, data: &[u8]) -> Vec<u8> {
    let len = u32::try_from(data.len()).expect("a short packet");
    let (high, low) = halves(stamp);
    let body = Octets::new(order).u16(interface).u16(7).u32(high).u32(low);
    block(order, 2, &body.u32(len).u32(len).raw(data).end())
}

/// A simple packet block.
pub(crate) fn simple(order: Order, original: u32, data: &[u8]) -> Vec<u8> {
    block(order, 3, &Octets::new(order).u32(original).raw(data).end())
}

fn halves(stamp: u64) -> (u32, u32) {
    let low = stamp & u64::from(u32::MAX);
    let half = |n: u64| u32::try_from(n).expect("half of the bits");
    (half(stamp >> 32), half(low))
}

/// As [`sample`], as pcapng of two sections in different byte orders.
pub(crate) fn sample_ng(count: u32) -> Vec<u8> {
    let mut file = Vec::new();
    for (order, range) in [
        (Order::Big, 0..count / 2),
        (Order::Little, count / 2..count),
    ] {
        file.extend(section(order));
        file.extend(interface(order, 1, 0, &[option(order, 2, b"eth0")]));
        for i in range {
            let stamp = u64::from(1000 + i) * 1_000_000 + u64::from(i);
            file.extend(enhanced(order, 0, stamp, &sample_frame(i), &[]));
        }
    }
    file
}
