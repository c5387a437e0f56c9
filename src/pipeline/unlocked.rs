//! Packets that are encrypted: each whose keys are known is decrypted before it is told.

use std::fs::File;
use std::io::{self, Read};
use std::mem;

use super::Run;
use crate::model::{Frame, UnreadLines};
use crate::source::{Notice, Secrets, SecretsFault, SecretsKind, SecretsOrigin};
use crate::wire::wireguard::{self, KeyLog, Keys};
use crate::wire::{Ip, Undecodable};

/// A file of keys, which may grow while packets come.
pub struct KeyLogFile {
    file: File,
    log: KeyLog,
    /// Whether there may be more later.
    grows: Growth,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Growth {
    Unread,
    Possible,
    None,
}

impl KeyLogFile {
    /// Takes a file that is open; what is in it is read once packets are.
    pub fn new(file: File) -> Self {
        Self {
            file,
            log: KeyLog::default(),
            grows: Growth::Unread,
        }
    }

    /// Adds the keys that are there by now to `keys`, and says what is wrong with them.
    fn read(&mut self, keys: &mut Keys, mut tell: impl FnMut(SecretsFault)) {
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
            if let Some(more) = keys.read(&mut self.log, octets) {
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
                tell(SecretsFault::NoKey);
            }
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
        self.notes.except_encrypted();
        let wireguard = self.wireguard.get_or_insert_default();
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
        let no_key = (log.keys() == 0).then_some(SecretsFault::NoKey);
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
        let Some(wireguard) = &mut self.wireguard else {
            return;
        };
        for (number, file) in (0..).zip(&mut pipe.key_logs) {
            let origin = SecretsOrigin::File(number);
            let sources = &self.sources;
            let observer = &mut *pipe.observer;
            file.read(wireguard.keys(), |fault| {
                observer.notice(&Notice::Secrets { origin, fault }, sources);
            });
        }
    }

    /// Decrypts the packet in `ip`, which is in `frame` with so many tunnels around it, if that is
    /// WireGuard's, and tells it: whether, or why that cannot be.
    #[cold]
    pub(super) fn decrypt(
        &mut self,
        frame: &Frame<'_>,
        ip: &Ip<'_>,
        depth: u8,
    ) -> io::Result<Result<bool, Undecodable>> {
        // Keys are logged when they are made, before anything goes out.
        if wireguard::is_handshake(ip) {
            self.read_key_logs();
        }
        let Some(wireguard) = &mut self.wireguard else {
            return Ok(Ok(false));
        };
        let mut packet = mem::take(&mut self.expanded);
        let made = wireguard.open(ip, &mut packet);
        packet.depth = depth;
        self.tell_made(frame, packet, made)
    }
}
