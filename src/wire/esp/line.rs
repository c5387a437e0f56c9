//! Security associations as users have them: what `ip xfrm state` tells of one, or is told to add it; or
//! a line of Wireshark's table `esp_sa`.

use std::net::IpAddr;

use super::association::{Association, Authentication, Encryption, Masked, Mode};
use super::cipher::{Cipher, Code, Tag};
use super::wildcard;
use crate::model::LineFault;
use crate::wire::key_log::hex;

/// What the lines of an association told of it so far.
#[derive(Default)]
pub struct Lines {
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    /// Whether it is none of ESP.
    is_other: bool,
    spi: Option<u32>,
    mode: Option<Mode>,
    encryption: Option<Encryption>,
    authentication: Option<Authentication>,
    upper: u32,
}

type Words<'a> = dyn Iterator<Item = &'a [u8]> + 'a;

impl Lines {
    /// Takes a line: the association, as far as it is known, where the line told of its keys, and these
    /// suffice.
    ///
    /// # Errors
    ///
    /// Why the line is of no use.
    pub(super) fn take(&mut self, line: &[u8]) -> Result<Option<Association>, LineFault> {
        let line = line.trim_ascii();
        if line.starts_with(b"\"") {
            return row(line).map(Some);
        }
        if line.starts_with(b"#") {
            return Ok(None);
        }
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let words: &mut Words<'_> = &mut words;
        let mut is_news = false;
        while let Some(word) = words.next() {
            match word {
                // What it is for, not between whom it is; it ends what is of use.
                b"sel" => break,
                b"src" => {
                    *self = Self {
                        src: Some(word_as(words)?),
                        ..Self::default()
                    };
                }
                b"dst" => self.dst = Some(word_as(words)?),
                b"proto" => self.is_other = words.next() != Some(b"esp"),
                b"spi" => self.spi = Some(number(words)?),
                b"mode" => self.mode = mode(words),
                _ if self.is_other => {}
                b"seq-hi" | b"oseq-hi" => {
                    self.upper = self.upper.max(number(words)?);
                    is_news |= self.upper > 0;
                }
                b"enc" | b"aead" => {
                    self.encryption = Some(encryption(words)?);
                    is_news = true;
                }
                b"auth" | b"auth-trunc" => {
                    self.authentication = Some(authentication(word == b"auth-trunc", words)?);
                    is_news = true;
                }
                _ => {}
            }
        }
        if is_news { self.made() } else { Ok(None) }
    }

    fn made(&self) -> Result<Option<Association>, LineFault> {
        let Some(encryption) = &self.encryption else {
            return Ok(None);
        };
        let (Some(src), Some(dst), Some(spi)) = (self.src, self.dst, self.spi) else {
            return Err(LineFault::Association);
        };
        Ok(Some(Association {
            src: wildcard::of_addr(src),
            dst: wildcard::of_addr(dst),
            spi: Masked::of(spi),
            mode: self.mode.unwrap_or(Mode::Any),
            encryption: encryption.clone(),
            authentication: self.authentication.clone().unwrap_or(Authentication::NONE),
            upper: self.upper,
        }))
    }
}

/// The next word, as what it is to be.
fn word_as<T: std::str::FromStr>(words: &mut Words<'_>) -> Result<T, LineFault> {
    let text = words.next().and_then(|word| str::from_utf8(word).ok());
    (text.and_then(|text| text.parse().ok())).ok_or(LineFault::Association)
}

fn number(words: &mut Words<'_>) -> Result<u32, LineFault> {
    let word = words.next().unwrap_or_default();
    let word = word.strip_suffix(b",").unwrap_or(word);
    number_in(word).ok_or(LineFault::Association)
}

pub(super) fn number_in(word: &[u8]) -> Option<u32> {
    let text = str::from_utf8(word).ok()?;
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A name, without what a shell quotes it by.
fn name(words: &mut Words<'_>) -> Vec<u8> {
    let word = words.next().unwrap_or_default().iter();
    word.filter(|octet| !matches!(octet, b'\'' | b'"' | b'\\'))
        .copied()
        .collect()
}

fn mode(words: &mut Words<'_>) -> Option<Mode> {
    let mode = words.next()?;
    Some(match mode {
        b"tunnel" => Mode::Tunnel,
        _ => Mode::Any,
    })
}

/// A key in hexadecimal digits behind `0x`.
fn key(word: Option<&[u8]>) -> Result<Vec<u8>, LineFault> {
    let digits = word.and_then(|word| word.strip_prefix(b"0x"));
    digits.and_then(hex).ok_or(LineFault::Hex)
}

fn bits(words: &mut Words<'_>) -> Option<usize> {
    str::from_utf8(words.next()?).ok()?.parse().ok()
}

/// `NAME KEY`, and of those that authenticate how many bits they do that with.
fn encryption(words: &mut Words<'_>) -> Result<Encryption, LineFault> {
    let name = name(words);
    let key = match &name[..] {
        b"ecb(cipher_null)" | b"cipher_null" => Vec::new(),
        _ => key(words.next())?,
    };
    let tag = |words| bits(words).and_then(Tag::of_bits).ok_or(LineFault::Cipher);
    let cipher = match &name[..] {
        b"ecb(cipher_null)" | b"cipher_null" => Cipher::Null,
        b"cbc(aes)" | b"aes" => Cipher::AesCbc,
        b"cbc(des3_ede)" | b"des3_ede" => Cipher::TripleDesCbc,
        b"cbc(des)" | b"des" => Cipher::DesCbc,
        b"rfc3686(ctr(aes))" => Cipher::AesCtr,
        b"rfc4106(gcm(aes))" => Cipher::AesGcm(tag(words)?),
        b"rfc4309(ccm(aes))" => Cipher::AesCcm(tag(words)?),
        b"rfc4543(gcm(aes))" => Cipher::AesGmac,
        b"rfc7539esp(chacha20,poly1305)" => Cipher::ChaCha20Poly1305,
        _ => return Err(LineFault::Cipher),
    };
    Encryption::new(cipher, key)
}

impl Encryption {
    fn new(cipher: Cipher, key: Vec<u8>) -> Result<Self, LineFault> {
        let is_apt = cipher.takes(key.len());
        is_apt.then_some(Self { cipher, key }).ok_or(LineFault::Hex)
    }
}

/// `NAME KEY`, and where that is told how many bits are kept.
fn authentication(is_truncated: bool, words: &mut Words<'_>) -> Result<Authentication, LineFault> {
    let (code, kept) = match &name(words)[..] {
        b"digest_null" => {
            // It has no key, but as many bits as others.
            return Ok(Authentication::NONE);
        }
        b"hmac(md5)" | b"md5" => (Code::HmacMd5, 96),
        b"hmac(sha1)" | b"sha1" => (Code::HmacSha1, 96),
        // As Linux has it where nobody says how many.
        b"hmac(sha256)" | b"sha256" => (Code::HmacSha256, 96),
        b"hmac(sha384)" | b"sha384" => (Code::HmacSha384, 192),
        b"hmac(sha512)" | b"sha512" => (Code::HmacSha512, 256),
        b"cmac(aes)" => (Code::AesCmac, 96),
        _ => return Err(LineFault::Cipher),
    };
    let key = key(words.next())?;
    let kept = if is_truncated {
        bits(words).ok_or(LineFault::Cipher)?
    } else {
        kept
    };
    Authentication::new(code, key, kept)
}

impl Authentication {
    fn new(code: Code, key: Vec<u8>, bits: usize) -> Result<Self, LineFault> {
        /// Bits below which a value proves nothing, and above which no code has any.
        const PROVING: std::ops::RangeInclusive<usize> = 64..=512;
        let octets = bits / 8;
        let is_apt = PROVING.contains(&bits) && (code != Code::AesCmac || key.len() == 16);
        is_apt
            .then_some(Self { code, key, octets })
            .ok_or(LineFault::Hex)
    }
}

/// A line of Wireshark's table: version, source, destination, SPI, cipher and its key, code and its key,
/// in quotation marks; what newer ones add about sequence numbers is tried anyway.
fn row(line: &[u8]) -> Result<Association, LineFault> {
    let mut fields = line.split(|octet| *octet == b',').map(|field| {
        let field = field.trim_ascii();
        field
            .strip_prefix(b"\"")
            .and_then(|field| field.strip_suffix(b"\""))
            .ok_or(LineFault::Association)
    });
    let mut field = || fields.next().unwrap_or(Err(LineFault::Association));
    let is_ip = matches!(field()?, b"IPv4" | b"IPv6");
    let (src, dst) = (wildcard::end(field()?), wildcard::end(field()?));
    let (Some(src), Some(dst), true) = (src, dst, is_ip) else {
        return Err(LineFault::Association);
    };
    let spi = wildcard::spi(field()?).ok_or(LineFault::Association)?;
    let (cipher, cipher_key) = (field()?, field()?);
    let (code, code_key) = (field()?, field()?);
    let (code, bits) = code_of(code).ok_or(LineFault::Cipher)?;
    let cipher = cipher_of(cipher, bits).ok_or(LineFault::Cipher)?;
    let encryption = Encryption::new(cipher, key_of(cipher_key)?)?;
    let authentication = match code {
        Code::Unchecked => Authentication {
            octets: bits / 8,
            ..Authentication::NONE
        },
        code => Authentication::new(code, key_of(code_key)?, bits)?,
    };
    Ok(Association {
        src,
        dst,
        spi,
        mode: Mode::Any,
        encryption,
        authentication,
        upper: 0,
    })
}

/// A key in hexadecimal digits behind `0x`, or as it is.
fn key_of(text: &[u8]) -> Result<Vec<u8>, LineFault> {
    match text {
        [b'0', b'x' | b'X', digits @ ..] => hex(digits).ok_or(LineFault::Hex),
        text => Ok(text.to_vec()),
    }
}

fn cipher_of(name: &[u8], bits: usize) -> Option<Cipher> {
    Some(match name {
        b"NULL" => Cipher::Null,
        b"TripleDES-CBC [RFC2451]" => Cipher::TripleDesCbc,
        b"AES-CBC [RFC3602]" => Cipher::AesCbc,
        b"AES-CTR [RFC3686]" => Cipher::AesCtr,
        b"DES-CBC [RFC2405]" => Cipher::DesCbc,
        // The length of its tag is that of the other column.
        b"AES-GCM [RFC4106]" if bits == 0 => Cipher::AesGcm(Tag::Octets16),
        b"AES-GCM [RFC4106]" => Cipher::AesGcm(Tag::of_bits(bits)?),
        b"AES-GCM with 8 octet ICV [RFC4106]" => Cipher::AesGcm(Tag::Octets8),
        b"AES-GCM with 12 octet ICV [RFC4106]" => Cipher::AesGcm(Tag::Octets12),
        b"AES-GCM with 16 octet ICV [RFC4106]" => Cipher::AesGcm(Tag::Octets16),
        b"ChaCha20 with Poly1305 [RFC7634]" => Cipher::ChaCha20Poly1305,
        _ => return None,
    })
}

/// A code, and bits of its value.
fn code_of(name: &[u8]) -> Option<(Code, usize)> {
    Some(match name {
        b"NULL" => (Code::Unchecked, 0),
        b"HMAC-SHA-1-96 [RFC2404]" => (Code::HmacSha1, 96),
        b"HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]" => (Code::HmacSha256, 96),
        b"HMAC-SHA-256-128 [RFC4868]" => (Code::HmacSha256, 128),
        b"HMAC-SHA-384-192 [RFC4868]" => (Code::HmacSha384, 192),
        b"HMAC-SHA-512-256 [RFC4868]" => (Code::HmacSha512, 256),
        b"HMAC-MD5-96 [RFC2403]" => (Code::HmacMd5, 96),
        b"ANY 64 bit authentication [no checking]" => (Code::Unchecked, 64),
        b"ANY 96 bit authentication [no checking]" => (Code::Unchecked, 96),
        b"ANY 128 bit authentication [no checking]" => (Code::Unchecked, 128),
        b"ANY 192 bit authentication [no checking]" => (Code::Unchecked, 192),
        b"ANY 256 bit authentication [no checking]" => (Code::Unchecked, 256),
        _ => return None,
    })
}
