//! Packets that are encrypted: each whose keys are known is decrypted before it is told.

use std::fs::File;
use std::io::{self, Read};
use std::mem;

use super::Run;
use super::turn::Turn;
use crate::icmp::{Message, Quote};
use crate::model::{Expanded, Frame, KeyKind, Timestamp, UnreadLines};
use crate::source::{Notice, Secrets, SecretsFault, SecretsKind, SecretsOrigin};
use crate::wire::wlan::{Opened, Wlan};
use crate::wire::{
    self, Encryption, Ip, KeyLines, KeyLog, TunnelPath, Undecodable, esp, wireguard, wlan,
};

/// A file of keys, which may grow while packets come.
pub struct KeyLogFile {
    file: File,
    log: Log,
    /// Whether there may be more later.
    grows: Growth,
}

/// How far it was read.
enum Log {
    WireGuard(wireguard::KeyLog),
    Wlan(wlan::KeyLog),
    Esp(esp::KeyLog),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Growth {
    Unread,
    Possible,
    None,
}

impl KeyLogFile {
    /// Takes a file that is open, of keys of this kind; what is in it is read once packets are.
    pub fn new(file: File, kind: KeyKind) -> Self {
        Self {
            file,
            log: match kind {
                KeyKind::WireGuard => Log::WireGuard(KeyLog::default()),
                KeyKind::Wlan => Log::Wlan(KeyLog::default()),
                KeyKind::Esp => Log::Esp(KeyLog::default()),
            },
            grows: Growth::Unread,
        }
    }

    /// What its keys are for.
    pub(super) const fn kind(&self) -> KeyKind {
        match self.log {
            Log::WireGuard(_) => KeyKind::WireGuard,
            Log::Wlan(_) => KeyKind::Wlan,
            Log::Esp(_) => KeyKind::Esp,
        }
    }

    /// Adds the keys that are there by now to those that are known, and says what is wrong with them.
    fn read(&mut self, known: &mut Known<'_>, mut tell: impl FnMut(SecretsFault)) {
        /// Octets that are read at once.
        const CHUNK: usize = 16 << 10;
        if self.grows == Growth::None {
            return;
        }
        let is_first = mem::replace(&mut self.grows, Growth::Possible) == Growth::Unread;
        let mut chunk = [0; CHUNK];
        let mut unread: Option<UnreadLines> = None;
        loop {
            let octets: &[u8] = match self.file.read(&mut chunk) {
                Ok(0) => break,
                Ok(octets) => chunk.get(..octets).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => {
                    self.grows = Growth::None;
                    tell(SecretsFault::Unreadable);
                    break;
                }
            };
            if let Some(more) = self.log.read(known, octets) {
                unread.get_or_insert(UnreadLines { count: 0, ..more }).count += more.count;
            }
        }
        if let Some(unread) = unread {
            tell(SecretsFault::Lines(unread));
        }
        if is_first {
            // A pipe is over where its end was met.
            if !self.file.metadata().is_ok_and(|about| about.is_file()) {
                self.grows = Growth::None;
            }
            if self.log.keys() == 0 {
                tell(SecretsFault::NoKey(self.kind()));
            }
        }
    }
}

/// Where keys are kept.
struct Known<'a> {
    wireguard: Option<&'a mut wireguard::Keys>,
    wlan: Option<&'a mut wlan::Keys>,
    esp: Option<&'a mut esp::Keys>,
}

impl Log {
    fn read(&mut self, known: &mut Known<'_>, octets: &[u8]) -> Option<UnreadLines> {
        match self {
            Self::WireGuard(log) => known.wireguard.as_mut()?.read(log, octets),
            Self::Wlan(log) => known.wlan.as_mut()?.read(log, octets),
            Self::Esp(log) => known.esp.as_mut()?.read(log, octets),
        }
    }

    fn keys(&self) -> u64 {
        match self {
            Self::WireGuard(log) => log.keys(),
            Self::Wlan(log) => log.keys(),
            Self::Esp(log) => log.keys(),
        }
    }
}

impl Run<'_, '_, '_, '_> {
    /// Takes the secrets of a capture, from here on.
    #[cold]
    pub(super) fn take_secrets(&mut self, secrets: &Secrets) {
        if let Some(frames) = &mut self.pipe.frames {
            frames.secrets(secrets);
        }
        if secrets.kind != SecretsKind::WireGuard {
            return;
        }
        self.notes.except(KeyKind::WireGuard);
        let wireguard = self.reassembler.opener.wireguard.get_or_insert_default();
        let mut log = KeyLog::default();
        let keys = wireguard.keys();
        let lines = keys.read(&mut log, &secrets.octets);
        let last = keys.end(&mut log);
        let unread = match (lines, last) {
            (Some(lines), last) => Some(UnreadLines {
                count: lines.count + last.map_or(0, |last| last.count),
                ..lines
            }),
            (None, last) => last,
        };
        let no_key = (log.keys() == 0).then_some(SecretsFault::NoKey(KeyKind::WireGuard));
        let faults = [secrets.fault, unread.map(SecretsFault::Lines), no_key];
        let origin = SecretsOrigin::Block {
            source: secrets.source,
            offset: secrets.offset,
        };
        for fault in faults.into_iter().flatten() {
            let notice = Notice::Secrets { origin, fault };
            self.pipe.observer.notice(&notice, &self.sources);
        }
    }

    /// Takes the keys that are in files by now.
    #[cold]
    pub(super) fn read_key_logs(&mut self) {
        let pipe = &mut *self.pipe;
        let opener = &mut self.reassembler.opener;
        let mut known = Known {
            wireguard: (opener.wireguard.as_mut()).map(|wireguard| wireguard.keys()),
            wlan: self.wlan.as_mut().map(|wlan| wlan.keys()),
            esp: opener.esp.keys.as_deref_mut(),
        };
        for (number, file) in (0..).zip(&mut pipe.key_logs) {
            let origin = SecretsOrigin::File(number);
            let sources = &self.sources;
            let observer = &mut *pipe.observer;
            file.read(&mut known, |fault| {
                observer.notice(&Notice::Secrets { origin, fault }, sources);
            });
        }
    }

    /// What the packet that `message` quotes carries encrypted, where the keys are known; what that carries
    /// encrypted in turn, and so on.
    #[inline]
    pub(super) fn open_quoted(&mut self, message: &Message<'_>, now: Timestamp) -> Vec<Expanded> {
        match message.quote() {
            Some(quote) if self.reassembler.opener.has_keys() => self.open_all_quoted(quote, now),
            _ => Vec::new(),
        }
    }

    #[cold]
    fn open_all_quoted(&mut self, quote: &Quote<'_>, now: Timestamp) -> Vec<Expanded> {
        let mut opened: Vec<Expanded> = Vec::new();
        while opened.len() < TunnelPath::CAPACITY {
            let of_made = |made| Some(Quote::of_made(made)?.innermost());
            let Some(quote) = opened.last().map_or(Some(quote.innermost()), of_made) else {
                break;
            };
            let ip = &quote.ip;
            if !self.reassembler.opener.opens_quoted(ip) {
                break;
            }
            if self.reassembler.opener.wants_keys(ip, now) {
                self.read_key_logs();
            }
            let mut made = Expanded::default();
            if self.reassembler.opener.open(ip, &mut made) != Ok(true) {
                break;
            }
            made.depth = 1;
            opened.push(made);
        }
        opened
    }

    /// Whether `ip`, which was not opened, is ESP, and nothing else tells that: it is counted apart where
    /// there are keys, and a fragment that one may open is waited for.
    #[inline]
    pub(super) fn is_unread_esp(&self, ip: &Ip<'_>) -> bool {
        let opener = &self.reassembler.opener;
        wire::is_esp(ip) && !opener.esp.is_told(ip) && !opener.esp.knows(ip)
    }

    /// A frame that may be one of IEEE 802.11, some of whose keys are known: whether it was encrypted, and
    /// is told, or counted.
    #[cold]
    pub(super) fn unlock(&mut self, frame: &Frame<'_>) -> io::Result<bool> {
        // A key may have been added since, for the session that begins.
        if Wlan::is_handshake(frame) {
            self.read_key_logs();
        }
        let Some(mut wlan) = self.wlan.take() else {
            return Ok(false);
        };
        let told = match wlan.open(frame) {
            Opened::Clear => Ok(false),
            Opened::Locked(why) => {
                self.undecodable(frame, Undecodable::Encrypted(Encryption::Wlan(why)));
                Ok(true)
            }
            Opened::Made(made) => {
                let before = mem::replace(&mut self.turn, Turn::Packet { selected: false });
                let told = self.tell_apart(&made);
                self.end_turn(frame, before);
                told.map(|()| true)
            }
        };
        self.wlan = Some(wlan);
        told
    }
}
