//! Keys for IEEE 802.11 as users have them: lines of `KIND:KEY` in Wireshark's words, or those of
//! the file `80211_keys` that Wireshark keeps (`"KIND","KEY"`).

use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;

use super::cipher::Temporal;
use crate::model::LineFault;
use crate::wire::key_log::{self, KeyLines, hex, octet};

/// How far a file of keys was read.
pub type KeyLog = key_log::KeyLog<()>;

/// How many keys of a kind are kept: each is tried on a handshake, or on a frame.
const MOST: usize = 256;
/// Networks whose name a passphrase is tried with where it was given without.
const NETWORKS: usize = 64;
/// Octets of the name of a network (section 9.4.2.2).
const SSID: usize = 32;

/// A pairwise master key (section 12.7.1.3), 256 bits, or 384 where the suite has as many.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Master(Vec<u8>);

impl Master {
    pub(super) fn octets(&self) -> &[u8] {
        &self.0
    }

    /// That of a passphrase (annex J.4.1).
    fn of(passphrase: &[u8], ssid: &[u8]) -> Self {
        const ROUNDS: u32 = 4096;
        let mut key = vec![0; 32];
        pbkdf2_hmac::<Sha1>(passphrase, ssid, ROUNDS, &mut key);
        Self(key)
    }
}

/// The keys that are known. They have no words: what is not to be told cannot be.
#[derive(Default)]
pub struct Keys {
    masters: Vec<Master>,
    /// Those without the name of their network.
    passphrases: Vec<Vec<u8>>,
    /// Names that they were tried with.
    networks: Vec<Vec<u8>>,
    pub(super) temporal: Vec<Temporal>,
    pub(super) wep: Vec<Vec<u8>>,
}

/// What a line adds.
enum Line {
    Master(Vec<u8>),
    Passphrase(Vec<u8>, Option<Vec<u8>>),
    Temporal(Vec<u8>),
    Wep(Vec<u8>),
}

impl Line {
    /// The key of a line; none where it is empty or a comment.
    fn parse(line: &[u8]) -> Result<Option<Self>, LineFault> {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(None);
        }
        let (kind, key) = match quoted(line) {
            Some(pair) => pair,
            None => split(line, b':').ok_or(LineFault::Name)?,
        };
        let line = match kind {
            b"wpa-pwd" => passphrase(key)?,
            b"wpa-psk" => Self::Master(of_length(key, &[32, 48])?),
            b"tk" => Self::Temporal(of_length(key, &[16, 32])?),
            b"wep" => Self::Wep(of_length(key, &[5, 13, 16])?),
            _ => return Err(LineFault::Name),
        };
        Ok(Some(line))
    }
}

/// A key of one of these lengths.
fn of_length(text: &[u8], lengths: &[usize]) -> Result<Vec<u8>, LineFault> {
    let key = hex(text).filter(|key| lengths.contains(&key.len()));
    key.ok_or(LineFault::Hex)
}

/// `"KIND","KEY"`.
fn quoted(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = line.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let at = inner.windows(3).position(|three| three == b"\",\"")?;
    Some((inner.get(..at)?, inner.get(at + 3..)?))
}

fn split(text: &[u8], by: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|octet| *octet == by)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `PASSPHRASE:SSID` or `PASSPHRASE`; `%3a` in them is a colon, and so with other octets.
fn passphrase(text: &[u8]) -> Result<Line, LineFault> {
    let (passphrase, ssid) = match split(text, b':') {
        Some((passphrase, ssid)) => (passphrase, Some(ssid)),
        None => (text, None),
    };
    let passphrase = unescaped(passphrase);
    let ssid = ssid.map(unescaped);
    if !(8..=63).contains(&passphrase.len()) {
        return Err(LineFault::Passphrase);
    }
    if (ssid.as_ref()).is_some_and(|ssid| ssid.is_empty() || ssid.len() > SSID) {
        return Err(LineFault::Ssid);
    }
    Ok(Line::Passphrase(passphrase, ssid))
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let escaped = (behind.split_at_checked(2))
            .filter(|_| *first == b'%')
            .and_then(|(digits, behind)| Some((octet(digits)?, behind)));
        let (octet, behind) = escaped.unwrap_or((*first, behind));
        octets.push(octet);
        rest = behind;
    }
    octets
}

fn add<T: PartialEq>(to: &mut Vec<T>, key: T) -> Result<(), LineFault> {
    if to.contains(&key) {
        return Ok(());
    }
    if to.len() >= MOST {
        return Err(LineFault::Full);
    }
    to.push(key);
    Ok(())
}

impl KeyLines for Keys {
    type Before = ();

    fn add_line(&mut self, line: &[u8], (): &mut ()) -> Result<bool, LineFault> {
        match Line::parse(line)? {
            None => return Ok(false),
            Some(Line::Master(key)) => add(&mut self.masters, Master(key))?,
            Some(Line::Passphrase(passphrase, Some(ssid))) => {
                add(&mut self.masters, Master::of(&passphrase, &ssid))?;
            }
            Some(Line::Passphrase(passphrase, None)) => {
                for ssid in &self.networks {
                    add(&mut self.masters, Master::of(&passphrase, ssid))?;
                }
                add(&mut self.passphrases, passphrase)?;
            }
            Some(Line::Temporal(key)) => add(&mut self.temporal, Temporal::given(&key))?,
            Some(Line::Wep(key)) => add(&mut self.wep, key)?,
        }
        Ok(true)
    }

    fn is_key(line: &[u8]) -> bool {
        matches!(Line::parse(line), Ok(Some(_)))
    }
}

impl Keys {
    /// Keys that may be those of a network.
    pub(super) fn masters(&mut self, ssid: Option<&[u8]>) -> &[Master] {
        if let Some(ssid) = ssid
            && !self.passphrases.is_empty()
            && self.networks.len() < NETWORKS
            && !self.networks.iter().any(|known| known == ssid)
        {
            self.networks.push(ssid.to_vec());
            let more = self.passphrases.iter().map(|key| Master::of(key, ssid));
            self.masters.extend(more);
        }
        &self.masters
    }
}
