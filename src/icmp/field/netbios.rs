//! Names of `NetBIOS`.

/// A name of `NetBIOS` (RFC 1001 section 14.1): 15 octets that spaces pad, and one that tells what it
/// is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetBiosName([u8; 16]);

impl NetBiosName {
    /// Decodes 32 letters from A to P; `None` where others are among them.
    pub(super) fn read(encoded: &[u8]) -> Option<Self> {
        let mut name = [0; 16];
        for (octet, [high, low]) in name.iter_mut().zip(encoded.as_chunks::<2>().0) {
            let half = |letter: u8| letter.checked_sub(b'A').filter(|half| *half < 16);
            *octet = half(*high)? << 4 | half(*low)?;
        }
        Some(Self(name))
    }

    /// The name. To be escaped wherever it is shown.
    pub fn text(&self) -> &[u8] {
        let [text @ .., _] = &self.0;
        text.trim_ascii_end()
    }

    /// What it is for: 0 a computer, 0x20 its file server, ...
    pub const fn suffix(&self) -> u8 {
        let [.., suffix] = self.0;
        suffix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_halves_of_octets() {
        let name = NetBiosName::read(b"FHEPFCELEHFCEPFFFACACACACACACABN").unwrap();
        assert_eq!((name.text(), name.suffix()), (&b"WORKGROUP"[..], 0x1d));
        assert_eq!(NetBiosName::read(b"FHEPFCELEHFCEPFFFACACACACACACAB."), None);
        assert_eq!(NetBiosName::read(b"FHEPFCELEHFCEPFFFACACACACACACABQ"), None);
    }
}
