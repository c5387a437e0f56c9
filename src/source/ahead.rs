//! The octets of a file, read and decompressed by a thread while those before are used.

use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::codec::{Fault, Stream};
use crate::handover::start_on;

/// Buffers that lie with the thread.
const BUFFERS: usize = 4;

/// What the thread read at once.
pub(super) struct Chunk {
    /// Holds the octets behind the room that was asked for in front.
    pub(super) buf: Vec<u8>,
    /// How many there are, 0 at the end; or why there are none.
    pub(super) read: Result<usize, Fault>,
    /// Octets of the file as stored that were read by then.
    taken: u64,
}

/// The near end of the thread, which ends with its stream or with whoever reads from it.
pub(super) struct Ahead {
    full: Receiver<Chunk>,
    empty: Sender<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
    taken: u64,
}

impl Ahead {
    /// Starts to read chunks of `len` octets, with room for `front` octets before each.
    ///
    /// # Errors
    ///
    /// The stream, where the system gives no thread.
    pub(super) fn read(stream: Box<Stream>, front: usize, len: usize) -> Result<Self, Box<Stream>> {
        let (filled, full) = bounded(BUFFERS);
        let (empty, emptied) = bounded(BUFFERS + 1);
        let taken = stream.taken();
        let reader = start_on(stream, |given| {
            thread::Builder::new()
                .name("read-octets".to_owned())
                .spawn(move || {
                    if let Ok(stream) = given.recv() {
                        read(*stream, front, &filled, &emptied);
                    }
                })
        })?;
        for _ in 0..BUFFERS {
            let _ = empty.send(vec![0; front + len]);
        }
        Ok(Self {
            full,
            empty,
            reader: Some(reader),
            taken,
        })
    }

    /// The next chunk.
    pub(super) fn next(&mut self) -> Option<Chunk> {
        let Ok(chunk) = self.full.recv() else {
            // It ends on what it told before, unless it panics.
            if let Some(Err(panic)) = self.reader.take().map(JoinHandle::join) {
                resume_unwind(panic);
            }
            return None;
        };
        self.taken = chunk.taken;
        Some(chunk)
    }

    /// Gives a buffer back to be filled anew.
    pub(super) fn reuse(&mut self, buf: Vec<u8>) {
        // Nobody takes it where all has been read.
        let _ = self.empty.try_send(buf);
    }

    /// Octets of the file as stored that were read for the chunks given out.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }
}

/// The thread.
fn read(mut stream: Stream, front: usize, filled: &Sender<Chunk>, emptied: &Receiver<Vec<u8>>) {
    for mut buf in emptied {
        let read = stream.read(buf.get_mut(front..).unwrap_or_default());
        let ends = !matches!(read, Ok(1..));
        let chunk = Chunk {
            buf,
            read,
            taken: stream.taken(),
        };
        if filled.send(chunk).is_err() || ends {
            return;
        }
    }
}
