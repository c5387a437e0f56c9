//! Reading ahead: another thread fetches, and decompresses, the next octets of a file meanwhile.
//!
//! Buffers travel: empty ones to the reader, full ones back. A chunk is read behind room for
//! [`RECORD_MAX`] octets, into which the few octets of a record that straddles two chunks move.

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::codec::{Fault, FaultKind, Stream};
use super::input::{RECORD_MAX, buffer};

/// Buffers under way, beside the one in use.
const BUFFERS: usize = 3;

/// The near end of the two channels.
pub(super) struct ReadAhead {
    full: Receiver<Chunk>,
    empty: Sender<Vec<u8>>,
    taken: u64,
}

/// What one read came to.
pub(super) struct Chunk {
    /// The buffer, unless the reader is gone.
    pub(super) buf: Option<Vec<u8>>,
    /// Octets read behind the first [`RECORD_MAX`]; 0 at the end.
    pub(super) read: Result<usize, Fault>,
    taken: u64,
}

impl ReadAhead {
    /// Starts a thread that reads `stream` until its end, its first fault, or until nobody listens.
    pub(super) fn new(stream: Stream) -> Self {
        let (empty, buffers) = unbounded();
        let (chunks, full) = unbounded();
        for _ in 0..BUFFERS {
            let _ = empty.send(buffer());
        }
        let failed = chunks.clone();
        let reader = std::thread::Builder::new().name("read-ahead".to_owned());
        if let Err(error) = reader.spawn(move || read(stream, &buffers, &chunks)) {
            let _ = failed.send(Chunk {
                buf: None,
                read: Err(Fault {
                    kind: FaultKind::Io,
                    why: format!("no thread to read it: {error}"),
                }),
                taken: 0,
            });
        }
        Self {
            full,
            empty,
            taken: 0,
        }
    }

    /// One that has come to its end.
    pub(super) fn ended() -> Self {
        Self {
            full: unbounded().1,
            empty: unbounded().0,
            taken: 0,
        }
    }

    /// The next chunk, with the `held` octets, at most [`RECORD_MAX`], before it; and where those
    /// begin.
    pub(super) fn next(&mut self, held: &[u8]) -> (usize, Chunk) {
        let start = RECORD_MAX.saturating_sub(held.len());
        // The reader hangs up after its last chunk.
        let mut chunk = self.full.recv().unwrap_or(Chunk {
            buf: None,
            read: Ok(0),
            taken: self.taken,
        });
        self.taken = chunk.taken;
        let room = chunk
            .buf
            .as_mut()
            .and_then(|buf| buf.get_mut(start..RECORD_MAX));
        if let Some(room) = room.filter(|room| room.len() == held.len()) {
            room.copy_from_slice(held);
        }
        (start, chunk)
    }

    /// Hands a buffer back for another chunk.
    pub(super) fn give_back(&self, buf: Vec<u8>) {
        // Nobody takes it where the reader is done.
        let _ = self.empty.send(buf);
    }

    /// Octets of the file as stored that were read for the chunks handed out.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }
}

fn read(mut stream: Stream, buffers: &Receiver<Vec<u8>>, chunks: &Sender<Chunk>) {
    for mut buf in buffers {
        let read = stream.read(buf.get_mut(RECORD_MAX..).unwrap_or_default());
        let more = matches!(read, Ok(read) if read > 0);
        let chunk = Chunk {
            buf: Some(buf),
            read,
            taken: stream.taken(),
        };
        if chunks.send(chunk).is_err() || !more {
            return;
        }
    }
}
