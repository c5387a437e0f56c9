//! Names and certificates in ASN.1, as secure Neighbor Discovery carries them (RFC 3971 section 6.4).

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::name::Name;

/// What is told of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Itself: a distinguished name.
    Name,
    /// Whom a certificate is for.
    Subject,
    /// Who signed it.
    Issuer,
    /// Since when it is good.
    NotBefore,
    /// Until when.
    NotAfter,
}

/// A part of the value at the start of `octets`, padding behind which is left out: a name in the
/// words of RFC 4514, which its sender chose, or a time. `None` of what cannot be decoded.
pub fn text(part: Part, octets: &[u8]) -> Option<String> {
    let octets = octets.get(..der_length(octets)?)?;
    if part == Part::Name {
        return Some(Name::from_der(octets).ok()?.to_string());
    }
    let certificate = Certificate::from_der(octets).ok()?;
    let signed = certificate.tbs_certificate();
    Some(match part {
        Part::Name | Part::Subject => signed.subject().to_string(),
        Part::Issuer => signed.issuer().to_string(),
        Part::NotBefore => signed.validity().not_before.to_string(),
        Part::NotAfter => signed.validity().not_after.to_string(),
    })
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

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        let octets = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
        octets.map(|octet| u8::try_from(octet).unwrap()).collect()
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
        for length in 0..octets.len() - 3 {
            assert_eq!(text(Part::Subject, &octets[..length]), None);
        }
    }

    #[test]
    fn a_name_is_told_in_words() {
        let name = octets("301b310b3009060355040613025345310c300a060355040a0c034c6162");
        let told = text(Part::Name, &name);
        assert_eq!(told.as_deref(), Some("O=Lab,C=SE"));
        assert_eq!(text(Part::Name, b"router.test"), None);
    }
}
