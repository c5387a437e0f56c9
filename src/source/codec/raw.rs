//! A file as stored, with a look at its first octets before anybody reads them.

use std::io::{self, Read};

use super::{Fault, FaultKind};

const CHUNK: usize = 64 << 10;

/// A buffered reader that remembers whether it met the end, and what the system said.
pub(in crate::source) struct Raw {
    reader: Box<dyn Read + Send>,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    taken: u64,
    at_end: bool,
    fault: Option<Fault>,
}

impl Raw {
    pub(in crate::source) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self {
            reader,
            buf: vec![0; CHUNK],
            start: 0,
            end: 0,
            taken: 0,
            at_end: false,
            fault: None,
        }
    }

    /// The first octets, `len` of them unless the file is shorter; they stay to be read.
    pub(in crate::source) fn peek(&mut self, len: usize) -> Result<&[u8], Fault> {
        while self.end - self.start < len && !self.at_end {
            self.more()?;
        }
        Ok(self.buffered())
    }

    /// Reads on if nothing is buffered.
    pub(super) fn fill(&mut self) -> Result<(), Fault> {
        if self.start == self.end && !self.at_end {
            self.start = 0;
            self.end = 0;
            self.more()?;
        }
        Ok(())
    }

    /// What was read and not consumed.
    pub(super) fn buffered(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes `len` octets off the front.
    pub(super) fn consume(&mut self, len: usize) {
        let len = len.min(self.end - self.start);
        self.start += len;
        self.taken += len as u64;
    }

    /// Whether the reader has told its end; octets may still be buffered.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Octets handed out so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// What the system said when it could not read on.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Reads into `output` past the buffer, once what was peeked at is used up.
    pub(super) fn read_through(&mut self, output: &mut [u8]) -> Result<usize, Fault> {
        let buffered = self.buffered();
        if !buffered.is_empty() {
            let len = buffered.len().min(output.len());
            if let (Some(to), Some(from)) = (output.get_mut(..len), buffered.get(..len)) {
                to.copy_from_slice(from);
            }
            self.consume(len);
            return Ok(len);
        }
        let read = Self::attempt(&mut self.reader, output, &mut self.fault)?;
        self.taken += read as u64;
        self.at_end |= read == 0;
        Ok(read)
    }

    fn more(&mut self) -> Result<(), Fault> {
        let Some(room) = self.buf.get_mut(self.end..) else {
            return Ok(());
        };
        let read = Self::attempt(&mut self.reader, room, &mut self.fault)?;
        self.end += read;
        self.at_end |= read == 0;
        Ok(())
    }

    fn attempt(
        reader: &mut Box<dyn Read + Send>,
        output: &mut [u8],
        kept: &mut Option<Fault>,
    ) -> Result<usize, Fault> {
        loop {
            match reader.read(output) {
                Ok(read) => return Ok(read),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let fault = Fault::new(FaultKind::Io, format!("reading failed: {e}"));
                    *kept = Some(fault.clone());
                    return Err(fault);
                }
            }
        }
    }
}

impl Read for Raw {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let fill = self.fill();
        fill.map_err(|fault| io::Error::other(fault.why))?;
        self.read_buffered(output)
    }
}

impl Raw {
    fn read_buffered(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let read = self.buffered().read(output)?;
        self.consume(read);
        Ok(read)
    }
}
