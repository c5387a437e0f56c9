//! Fields in the byte order of the host that captured, as a file or a header tells it.

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    Big,
    Little,
}

impl Order {
    /// The 16-bit field at `at`.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let field = array_at(bytes, at)?;
        Some(match self {
            Self::Big => u16::from_be_bytes(field),
            Self::Little => u16::from_le_bytes(field),
        })
    }

    /// The 32-bit field at `at`.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let field = array_at(bytes, at)?;
        Some(match self {
            Self::Big => u32::from_be_bytes(field),
            Self::Little => u32::from_le_bytes(field),
        })
    }

    /// The 64-bit field at `at`.
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let field = array_at(bytes, at)?;
        Some(match self {
            Self::Big => u64::from_be_bytes(field),
            Self::Little => u64::from_le_bytes(field),
        })
    }

    /// The 64-bit signed field at `at`.
    pub(crate) fn i64(self, bytes: &[u8], at: usize) -> Option<i64> {
        self.u64(bytes, at).map(u64::cast_signed)
    }
}

/// The `N` octets at `at`.
#[inline]
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn fields_are_read_in_the_order_told_and_only_whole() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 0xf8];
        assert_eq!(Order::Big.u16(&bytes, 6), Some(0x07f8));
        assert_eq!(Order::Little.u16(&bytes, 6), Some(0xf807));
        assert_eq!(Order::Big.u32(&bytes, 0), Some(0x0102_0304));
        assert_eq!(Order::Little.u32(&bytes, 0), Some(0x0403_0201));
        assert_eq!(Order::Little.i64(&bytes, 0), Some(-0x07f8_f9fa_fbfc_fdff));
        for len in 0..8 {
            assert_eq!(Order::Big.i64(&bytes[..len], 0), None);
        }
        assert_eq!(Order::Big.u32(&bytes, 5), None);
        assert_eq!(Order::Big.u16(&bytes, usize::MAX), None);
    }
}
