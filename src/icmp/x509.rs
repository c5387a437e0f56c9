//! Names and certificates in ASN.1, as secure Neighbor Discovery carries them (RFC 3971 section 6.4).
//!
//! A part is found by stepping over what stands before it, and only itself is decoded, by whoever
//! shows it.

mod address_blocks;
mod told;

use std::iter;

use x509_cert::Certificate;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Reader, SliceReader, Tag, Tagged};

pub use told::{Told, told};

/// What is told of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Itself: a distinguished name.
    Name,
    /// The number that its issuer gave a certificate.
    Serial,
    /// How it was signed.
    SignatureAlgorithm,
    /// Who signed it.
    Issuer,
    /// Since when it is good.
    NotBefore,
    /// Until when.
    NotAfter,
    /// Whom it is for.
    Subject,
    /// Of what kind the subject's key is.
    KeyAlgorithm,
    /// How long that is.
    KeyBits,
    /// Whether the subject may sign certificates (RFC 5280 section 4.2.1.9).
    Ca,
    /// What the key is for (RFC 5280 section 4.2.1.3).
    KeyUsage,
    /// The same, by purposes (RFC 5280 section 4.2.1.12): for secure Neighbor Discovery those of RFC
    /// 6494 section 6.
    ExtendedKeyUsage,
    /// Further names of the subject (RFC 5280 section 4.2.1.6).
    SubjectAltNames,
    /// The addresses that a router may advertise prefixes of (RFC 3779 section 2, RFC 6494 section 7).
    AddressBlocks,
}

impl Part {
    /// The extension that it is.
    const fn extension(self) -> Option<ObjectIdentifier> {
        Some(ObjectIdentifier::new_unwrap(match self {
            Self::Ca => "2.5.29.19",
            Self::KeyUsage => "2.5.29.15",
            Self::ExtendedKeyUsage => "2.5.29.37",
            Self::SubjectAltNames => "2.5.29.17",
            Self::AddressBlocks => "1.3.6.1.5.5.7.1.7",
            _ => return None,
        }))
    }
}

/// The octets of a part of the value at the start of `octets`, tag and length included; what is
/// behind the value pads it. `None` where there is no such part.
pub(super) fn find(part: Part, octets: &[u8]) -> Option<&[u8]> {
    // RFC 5280 section 4.1: the version may be left out.
    const VERSION: u8 = 0xa0;
    let whole = values(octets).next()?;
    let outer = AnyRef::from_der(whole).ok()?;
    if outer.tag() != Tag::Sequence {
        return None;
    }
    if part == Part::Name {
        return Some(whole);
    }
    let signed = content(values(outer.value()).next()?)?;
    let mut fields = values(signed).skip_while(|value| value.first() == Some(&VERSION));
    let (serial, algorithm) = (fields.next()?, fields.next()?);
    let (issuer, validity) = (fields.next()?, fields.next()?);
    let (subject, key) = (fields.next()?, fields.next()?);
    match part {
        Part::Name => None,
        Part::Serial => Some(serial),
        Part::SignatureAlgorithm => Some(algorithm),
        Part::Issuer => Some(issuer),
        Part::NotBefore => values(content(validity)?).next(),
        Part::NotAfter => values(content(validity)?).nth(1),
        Part::Subject => Some(subject),
        Part::KeyAlgorithm | Part::KeyBits => Some(key),
        Part::Ca
        | Part::KeyUsage
        | Part::ExtendedKeyUsage
        | Part::SubjectAltNames
        | Part::AddressBlocks => extension(part.extension()?, fields),
    }
}

/// The value of an extension among the last fields of a certificate.
fn extension<'a>(
    wanted: ObjectIdentifier,
    mut fields: impl Iterator<Item = &'a [u8]>,
) -> Option<&'a [u8]> {
    const EXTENSIONS: u8 = 0xa3;
    let extensions = fields.find(|value| value.first() == Some(&EXTENSIONS))?;
    values(content(content(extensions)?)?).find_map(|extension| {
        // Between them may stand whether it is critical.
        let mut parts = values(content(extension)?);
        let oid = ObjectIdentifier::from_der(parts.next()?).ok()?;
        (oid == wanted).then(|| content(parts.last()?)).flatten()
    })
}

/// The values that stand one behind the other in `octets`, tag and length included, up to what is
/// none.
fn values(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut reader = SliceReader::new(octets).ok();
    iter::from_fn(move || {
        let reader = reader.as_mut()?;
        let start = usize::try_from(reader.position()).ok()?;
        AnyRef::decode(reader).ok()?;
        octets.get(start..usize::try_from(reader.position()).ok()?)
    })
}

/// What is in a value.
fn content(value: &[u8]) -> Option<&[u8]> {
    Some(AnyRef::from_der(value).ok()?.value())
}

/// What is wrong with a distinguished name, behind which may be padding.
pub(super) fn name_fault(octets: &[u8]) -> Option<&'static str> {
    let name = find(Part::Name, octets).and_then(|name| told(Part::Name, name));
    name.is_none().then_some("name cannot be decoded")
}

/// What is wrong with a certificate and the padding behind it.
pub(super) fn fault(octets: &[u8]) -> Option<&'static str> {
    /// It fills the last eight octets of the option (RFC 3971 section 6.4.4).
    const PADDING: usize = 7;
    const SEQUENCE: u8 = 0x30;
    if octets.first() != Some(&SEQUENCE) {
        return Some("no certificate");
    }
    let Some(length) = der_length(octets) else {
        return Some("certificate without a length");
    };
    let Some((certificate, padding)) = octets.split_at_checked(length) else {
        return Some("certificate longer than its option");
    };
    if Certificate::from_der(certificate).is_err() {
        return Some("certificate cannot be decoded");
    }
    let is_padding = padding.len() <= PADDING && padding.iter().all(|&octet| octet == 0);
    (!is_padding).then_some("octets behind the certificate")
}

/// Octets of a DER value, tag and length included (ITU-T X.690 section 8.1.3); `None` where it tells
/// none.
pub(super) fn der_length(octets: &[u8]) -> Option<usize> {
    const LONG: u8 = 0x80;
    let first = *octets.get(1)?;
    if first & LONG == 0 {
        return Some(2 + usize::from(first));
    }
    let count = usize::from(first & !LONG);
    let length = octets
        .get(2..2 + count)
        .filter(|_| (1..=2).contains(&count))?;
    Some(
        2 + count
            + length
                .iter()
                .fold(0, |n, octet| n << 8 | usize::from(*octet)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate of its own for a router, with a key of the curve P-256.
    const CERTIFICATE: &str = "\
        308201a33082014aa003020102020107300a06082a8648ce3d0403023031310b300906035504061302534531 \
        0c300a060355040a0c034c61623114301206035504030c0b726f757465722e74657374301e170d3236313132 \
        373031323631365a170d3336313132343031323631365a3031310b3009060355040613025345310c300a0603 \
        55040a0c034c61623114301206035504030c0b726f757465722e746573743059301306072a8648ce3d020106 \
        082a8648ce3d03010703420004d3d65edc24a4e0597a85719d0366d69d59028f218db99932e52e4043335df1 \
        ac2fef2c0b75bac92fa53c4c818935d08b7b515f73f8358f740cff2dbaa427b4e3a3533051301d0603551d0e \
        041604145112d0b18c7949b59bc15ba40a278ece2dece15a301f0603551d230418301680145112d0b18c7949 \
        b59bc15ba40a278ece2dece15a300f0603551d130101ff040530030101ff300a06082a8648ce3d0403020347 \
        003044022006c772429a3b07f9856c298123c5d81e1aed3957d4be35098e0938ad36af68e20220017367f2e0 \
        587e88e22f8260dd3651325b7d6368599cef6d10bc7c3d2a6a20a2 \
        ";

    pub(super) fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        let octets = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
        octets.map(|octet| u8::try_from(octet).unwrap()).collect()
    }

    fn text(part: Part, octets: &[u8]) -> Option<String> {
        match told(part, find(part, octets)?)? {
            Told::Text(text) => Some(text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_certificate_tells_whose_it_is_and_how_long_it_is_good() {
        let mut octets = octets(CERTIFICATE);
        // Options are padded.
        octets.extend([0; 3]);
        let told = |part| text(part, &octets);
        let name = Some("CN=router.test,O=Lab,C=SE".to_owned());
        assert_eq!(told(Part::Subject), name);
        assert_eq!(told(Part::Issuer), name);
        let from = Some("2026-11-27T01:26:16Z".to_owned());
        assert_eq!(told(Part::NotBefore), from);
        let until = Some("2036-11-24T01:26:16Z".to_owned());
        assert_eq!(told(Part::NotAfter), until);
        assert_eq!(told(Part::Serial).as_deref(), Some("07"));
        assert_eq!(
            told(Part::SignatureAlgorithm).as_deref(),
            Some("ecdsa-with-SHA256")
        );
        assert_eq!(
            told(Part::KeyAlgorithm).as_deref(),
            Some("id-ecPublicKey secp256r1")
        );
        let of = |part| super::told(part, find(part, &octets)?);
        assert_eq!(of(Part::KeyBits), Some(Told::Number(256)));
        assert_eq!(of(Part::Ca), Some(Told::Flag(true)));
        assert_eq!(of(Part::KeyUsage), None);
        assert_eq!(fault(&octets), None);
        for length in 0..octets.len() - 3 {
            assert_eq!(text(Part::Subject, &octets[..length]), None);
            assert!(fault(&octets[..length]).is_some());
        }
        octets.extend([0; 5]);
        assert_eq!(fault(&octets), Some("octets behind the certificate"));
    }

    #[test]
    fn a_name_is_told_in_words() {
        let name = octets("301b310b3009060355040613025345310c300a060355040a0c034c6162");
        let told = text(Part::Name, &name);
        assert_eq!(told.as_deref(), Some("O=Lab,C=SE"));
        assert_eq!(text(Part::Name, b"router.test"), None);
    }
}
