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
use x509_cert::der::{Decode, Reader, SliceReader};

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
    /// Of a key alone, of what kind it is.
    AlgorithmOf,
    /// Of a key alone, how long it is.
    BitsOf,
    /// Of a key of RSA alone, its public exponent.
    ExponentOf,
    /// What tells the subject's key (RFC 5280 section 4.2.1.2).
    SubjectKeyId,
    /// What tells the key that it was signed with (RFC 5280 section 4.2.1.1).
    AuthorityKeyId,
    /// Whether the subject may sign certificates (RFC 5280 section 4.2.1.9).
    Ca,
    /// What the key is for (RFC 5280 section 4.2.1.3).
    KeyUsage,
    /// The same, by purposes (RFC 5280 section 4.2.1.12): for secure Neighbor Discovery those of RFC
    /// 6494 section 7.
    ExtendedKeyUsage,
    /// Further names of the subject (RFC 5280 section 4.2.1.6).
    SubjectAltNames,
    /// The addresses that a router may advertise prefixes of (RFC 3779 section 2, RFC 6494 section 4).
    AddressBlocks,
}

impl Part {
    /// The extension that it is.
    const fn extension(self) -> Option<ObjectIdentifier> {
        Some(ObjectIdentifier::new_unwrap(match self {
            Self::Ca => "2.5.29.19",
            Self::SubjectKeyId => "2.5.29.14",
            Self::AuthorityKeyId => "2.5.29.35",
            Self::KeyUsage => "2.5.29.15",
            Self::ExtendedKeyUsage => "2.5.29.37",
            Self::SubjectAltNames => "2.5.29.17",
            Self::AddressBlocks => "1.3.6.1.5.5.7.1.7",
            _ => return None,
        }))
    }
}

/// The octets of a part of the value at the start of `octets`, tag and length included; what is
/// behind the value pads it. `None` where there is no such part, or where it was cut.
pub(super) fn find(part: Part, octets: &[u8]) -> Option<&[u8]> {
    // RFC 5280 section 4.1: the version may be left out.
    const VERSION: u8 = 0xa0;
    let signed = inside(inside(octets)?).unwrap_or_default();
    let mut fields = values(signed).skip_while(|value| value.first() == Some(&VERSION));
    match part {
        Part::Name | Part::AlgorithmOf | Part::BitsOf | Part::ExponentOf => values(octets).next(),
        Part::Serial => fields.next(),
        Part::SignatureAlgorithm => fields.nth(1),
        Part::Issuer => fields.nth(2),
        Part::NotBefore => values(content(fields.nth(3)?)?).next(),
        Part::NotAfter => values(content(fields.nth(3)?)?).nth(1),
        Part::Subject => fields.nth(4),
        Part::KeyAlgorithm | Part::KeyBits => fields.nth(5),
        Part::Ca
        | Part::SubjectKeyId
        | Part::AuthorityKeyId
        | Part::KeyUsage
        | Part::ExtendedKeyUsage
        | Part::SubjectAltNames
        | Part::AddressBlocks => extension(part.extension()?, fields.skip(6)),
    }
}

/// What there is of the content of a sequence, which may have been cut.
fn inside(octets: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    octets.first().filter(|&&tag| tag == SEQUENCE)?;
    let (head, length) = der_head(octets)?;
    let there = octets.get(head..)?;
    Some(there.get(..length).unwrap_or(there))
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
    let (head, length) = der_head(octets)?;
    Some(head + length)
}

/// Octets of tag and length of a DER value, and of its content.
pub(super) fn der_head(octets: &[u8]) -> Option<(usize, usize)> {
    const LONG: u8 = 0x80;
    let first = *octets.get(1)?;
    if first & LONG == 0 {
        return Some((2, first.into()));
    }
    let count = usize::from(first & !LONG);
    let length = octets
        .get(2..2 + count)
        .filter(|_| (1..=4).contains(&count))?;
    let length = length
        .iter()
        .fold(0, |n, &octet| n << 8 | usize::from(octet));
    Some((2 + count, length))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::wire::bytes::offset_in;

    /// A certificate of its own for a router, with a key of the curve P-256.
    pub(in crate::icmp) const CERTIFICATE: &str = "\
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

    pub(in crate::icmp) fn octets(hex: &str) -> Vec<u8> {
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
        let key_id = Told::Text("5112d0b18c7949b59bc15ba40a278ece2dece15a".to_owned());
        assert_eq!(of(Part::SubjectKeyId), Some(key_id.clone()));
        assert_eq!(of(Part::AuthorityKeyId), Some(key_id));
        assert_eq!(fault(&octets), None);
        for length in 0..octets.len() - 3 {
            assert!(fault(&octets[..length]).is_some());
            // Each part is told from where it is all there.
            for part in [Part::Serial, Part::Issuer, Part::NotAfter, Part::Subject] {
                let whole = find(part, &octets).unwrap();
                let end = offset_in(&octets, whole).unwrap() + whole.len();
                let told = find(part, &octets[..length]);
                assert_eq!(told, (length >= end).then_some(whole), "{part:?} {length}");
            }
        }
        octets.extend([0; 5]);
        assert_eq!(fault(&octets), Some("octets behind the certificate"));
    }

    /// RFC 3972 section 3.
    #[test]
    fn a_key_alone_tells_what_it_is() {
        let mut key = octets("305c300d06092a864886f70d0101010500034b003048024100c0");
        key.extend([0; 62]);
        key.push(1);
        key.extend(octets("0203010001"));
        let of = |part| super::told(part, find(part, &key)?);
        let algorithm = Told::Text("rsaEncryption".to_owned());
        assert_eq!(of(Part::AlgorithmOf), Some(algorithm));
        assert_eq!(of(Part::BitsOf), Some(Told::Number(512)));
        assert_eq!(of(Part::ExponentOf), Some(Told::Number(65537)));
        assert_eq!(find(Part::BitsOf, &key[..40]), None);
    }

    #[test]
    fn a_name_is_told_in_words() {
        let name = octets("301b310b3009060355040613025345310c300a060355040a0c034c6162");
        let told = text(Part::Name, &name);
        assert_eq!(told.as_deref(), Some("O=Lab,C=SE"));
        assert_eq!(text(Part::Name, b"router.test"), None);
    }
}
