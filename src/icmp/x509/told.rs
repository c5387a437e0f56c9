//! What parts of certificates say, in words.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use x509_cert::der::Decode;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::DB;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::time::Time;

use super::{Part, address_blocks, content, values};
use crate::icmp::field::number;
use crate::wire::bytes::tail;

/// What a part says. Text has the escapes of RFC 4514 section 2.4 for backslashes and control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A name, a time, an identifier.
    Text(String),
    /// Several of them.
    List(Vec<String>),
    /// How many.
    Number(u64),
    /// Whether it is so.
    Flag(bool),
}

/// What the octets of a part say; `None` of what cannot be decoded.
pub fn told(part: Part, octets: &[u8]) -> Option<Told> {
    Some(match part {
        Part::Name | Part::Subject | Part::Issuer => {
            Told::Text(Name::from_der(octets).ok()?.to_string())
        }
        Part::NotBefore | Part::NotAfter => Told::Text(Time::from_der(octets).ok()?.to_string()),
        Part::Serial | Part::SubjectKeyId => Told::Text(hex(content(octets)?)),
        Part::SignatureAlgorithm => {
            Told::Text(algorithm(&AlgorithmIdentifierRef::from_der(octets).ok()?))
        }
        Part::KeyAlgorithm | Part::AlgorithmOf => Told::Text(algorithm(&key(octets)?.algorithm)),
        Part::KeyBits | Part::BitsOf => Told::Number(key_bits(&key(octets)?)?),
        Part::ExponentOf => Told::Number(exponent(&key(octets)?)?),
        Part::AuthorityKeyId => {
            const KEY_ID: u8 = 0x80;
            let id = values(content(octets)?).find(|value| value.first() == Some(&KEY_ID))?;
            Told::Text(hex(content(id)?))
        }
        Part::Ca => Told::Flag(BasicConstraints::from_der(octets).ok()?.ca),
        Part::KeyUsage => Told::List(usages(KeyUsage::from_der(octets).ok()?)),
        Part::ExtendedKeyUsage => {
            let purposes = ExtendedKeyUsage::from_der(octets).ok()?;
            Told::List(purposes.0.iter().map(purpose).collect())
        }
        Part::SubjectAltNames => {
            let names = SubjectAltName::from_der(octets).ok()?;
            Told::List(names.0.iter().map(general_name).collect())
        }
        Part::AddressBlocks => Told::List(address_blocks::read(octets)?),
    })
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// The name of an object, or its numbers.
fn name(oid: &ObjectIdentifier) -> String {
    DB.by_oid(oid)
        .map_or_else(|| oid.to_string(), ToOwned::to_owned)
}

/// `id-ecPublicKey secp256r1`: with the curve, where there is one.
fn algorithm(algorithm: &AlgorithmIdentifierRef<'_>) -> String {
    let mut text = name(&algorithm.oid);
    let curve = algorithm.parameters.and_then(|parameters| {
        let oid: ObjectIdentifier = parameters.decode_as().ok()?;
        Some(oid)
    });
    if let Some(curve) = curve {
        text.push(' ');
        text.push_str(&name(&curve));
    }
    text
}

fn key(octets: &[u8]) -> Option<SubjectPublicKeyInfoRef<'_>> {
    SubjectPublicKeyInfoRef::from_der(octets).ok()
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Bits of an RSA key's modulus (RFC 8017 appendix A.1.1), or of the numbers of a point on a curve
/// (RFC 5480 section 2.2).
fn key_bits(key: &SubjectPublicKeyInfoRef<'_>) -> Option<u64> {
    const CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    const P_521: u64 = 521;
    let octets = key.subject_public_key.as_bytes()?;
    match key.algorithm.oid {
        RSA => {
            let modulus = content(values(content(octets)?).next()?)?;
            let zeros = modulus.iter().take_while(|&&octet| octet == 0).count();
            let first = modulus.get(zeros)?.leading_zeros();
            let octets = u64::try_from(modulus.len() - zeros).ok()?;
            Some(octets * 8 - u64::from(first))
        }
        CURVE => {
            let (form, numbers) = octets.split_first()?;
            let count = if *form == 4 { 2 } else { 1 };
            let bits = u64::try_from(numbers.len() / count * 8).ok()?;
            // The only curve in use that fills no octets.
            Some(if bits == 528 { P_521 } else { bits })
        }
        _ => None,
    }
}

/// The public exponent of an RSA key, as far as 64 bits hold it (RFC 8017 appendix A.1.1).
fn exponent(key: &SubjectPublicKeyInfoRef<'_>) -> Option<u64> {
    if key.algorithm.oid != RSA {
        return None;
    }
    let octets = key.subject_public_key.as_bytes()?;
    let exponent = content(values(content(octets)?).nth(1)?)?;
    let zeros = exponent.iter().take_while(|&&octet| octet == 0).count();
    let significant = tail(exponent, zeros);
    (significant.len() <= size_of::<u64>()).then(|| number(significant))
}

/// By the bits of RFC 5280 section 4.2.1.3.
fn usages(usage: KeyUsage) -> Vec<String> {
    let all = [
        (usage.digital_signature(), "digital_signature"),
        (usage.non_repudiation(), "non_repudiation"),
        (usage.key_encipherment(), "key_encipherment"),
        (usage.data_encipherment(), "data_encipherment"),
        (usage.key_agreement(), "key_agreement"),
        (usage.key_cert_sign(), "key_cert_sign"),
        (usage.crl_sign(), "crl_sign"),
        (usage.encipher_only(), "encipher_only"),
        (usage.decipher_only(), "decipher_only"),
    ];
    let set = all.into_iter().filter(|(is_set, _)| *is_set);
    set.map(|(_, name)| name.to_owned()).collect()
}

/// A purpose of a key: those of secure Neighbor Discovery (RFC 6494 section 7, RFC 6495) stand in no
/// list yet.
fn purpose(oid: &ObjectIdentifier) -> String {
    let known = match oid.to_string().as_str() {
        "1.3.6.1.5.5.7.3.23" => Some("id-kp-sendRouter"),
        "1.3.6.1.5.5.7.3.24" => Some("id-kp-sendProxiedRouter"),
        "1.3.6.1.5.5.7.3.25" => Some("id-kp-sendOwner"),
        "1.3.6.1.5.5.7.3.26" => Some("id-kp-sendProxiedOwner"),
        _ => None,
    };
    known.map_or_else(|| name(oid), ToOwned::to_owned)
}

/// `dns:router.example`, `ip:2001:db8::1`: a name with what kind of name it is.
fn general_name(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(text) => format!("dns:{}", escaped(text.as_str())),
        GeneralName::Rfc822Name(text) => format!("email:{}", escaped(text.as_str())),
        GeneralName::UniformResourceIdentifier(text) => format!("uri:{}", escaped(text.as_str())),
        GeneralName::IpAddress(octets) => format!("ip:{}", address(octets.as_bytes())),
        GeneralName::DirectoryName(name) => format!("directory:{name}"),
        GeneralName::RegisteredId(oid) => format!("oid:{oid}"),
        GeneralName::OtherName(other) => format!("other:{}", other.type_id),
        GeneralName::EdiPartyName(_) => "edi_party".to_owned(),
    }
}

/// An address, or what stands in its place.
fn address(octets: &[u8]) -> String {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Ipv4Addr::from(octets).to_string();
    }
    if let Ok(octets) = <[u8; 16]>::try_from(octets) {
        return Ipv6Addr::from(octets).to_string();
    }
    hex(octets)
}

/// Text with the escapes that a distinguished name has.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        let _ = match c {
            '\\' => write!(escaped, "\\\\"),
            '\0'..='\x1f' | '\x7f' => write!(escaped, "\\{:02x}", u32::from(c)),
            c => write!(escaped, "{c}"),
        };
        escaped
    })
}

/// Whether a value is one of no content: `NULL`.
pub(super) fn is_null(value: &[u8]) -> bool {
    AnyRef::from_der(value).is_ok_and(AnyRef::is_null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_the_subject_say_their_kind() {
        let names = b"\x30\x20\x82\x08a.exampl\x87\x04\xc0\0\x02\x01\x86\x06u:\\\x1bxy\x88\x06\x2b\x06\x01\x05\x05\x07";
        let told = told(Part::SubjectAltNames, names);
        let expected = [
            "dns:a.exampl",
            "ip:192.0.2.1",
            "uri:u:\\\\\\1bxy",
            "oid:1.3.6.1.5.5.7",
        ];
        assert_eq!(
            told,
            Some(Told::List(expected.map(ToOwned::to_owned).to_vec()))
        );
    }

    #[test]
    fn what_keys_are_for() {
        let usage = told(Part::KeyUsage, &[3, 2, 1, 0x86]);
        let expected = ["digital_signature", "key_cert_sign", "crl_sign"];
        assert_eq!(
            usage,
            Some(Told::List(expected.map(ToOwned::to_owned).to_vec()))
        );
        let purposes = [0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 23];
        let told = told(Part::ExtendedKeyUsage, &purposes);
        assert_eq!(told, Some(Told::List(vec!["id-kp-sendRouter".to_owned()])));
    }
}
