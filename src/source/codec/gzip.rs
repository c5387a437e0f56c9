//! gzip (RFC 1952): members one behind the other, zero octets allowed as padding behind them.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Codec, Engine, Fault, Run};

/// The base-2 logarithm of the largest window of deflate.
const WINDOW_BITS: u8 = 15;
/// The first octet of a member.
const MEMBER: u8 = 0x1f;

pub(super) struct Gzip {
    inflate: Decompress,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    /// A member begins here, or the stream ends.
    Between,
    Member,
    Padding,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            inflate: Decompress::new_gzip(WINDOW_BITS),
            state: State::Between,
        }
    }
}

impl Engine for Gzip {
    fn run(&mut self, input: &[u8], output: &mut [u8], _last: bool) -> Run {
        let mut run = Run::default();
        if self.state != State::Member {
            let padding = input.iter().take_while(|&&octet| octet == 0).count();
            run.consumed = padding;
            if padding > 0 {
                self.state = State::Padding;
            }
            match input.get(padding) {
                Some(&MEMBER) if self.state == State::Between => {
                    self.inflate = Decompress::new_gzip(WINDOW_BITS);
                    self.state = State::Member;
                }
                Some(_) => run.fault = Some(Fault::trailing(Codec::Gzip)),
                None => {}
            }
            if self.state != State::Member {
                return run;
            }
        }
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let result = self
            .inflate
            .decompress(input, output, FlushDecompress::None);
        let count = |now: u64, then: u64| usize::try_from(now.saturating_sub(then)).unwrap_or(0);
        run.consumed = count(self.inflate.total_in(), before.0);
        run.produced = count(self.inflate.total_out(), before.1).min(output.len());
        match result {
            Ok(Status::StreamEnd) => self.state = State::Between,
            Ok(Status::Ok | Status::BufError) => {}
            Err(e) => run.fault = Some(explain(e.message().unwrap_or_default())),
        }
        run
    }

    fn is_complete(&self) -> bool {
        self.state != State::Member
    }
}

/// What is wrong, by zlib's messages: the only thing that it tells.
fn explain(message: &str) -> Fault {
    let header = [
        "incorrect header check",
        "unknown compression method",
        "invalid window size",
        "unknown header flags set",
        "header crc mismatch",
    ];
    match message {
        "incorrect data check" => Fault::checksum(Codec::Gzip),
        "incorrect length check" => {
            Fault::corrupt(Codec::Gzip, "its length does not fit what it holds")
        }
        header_fault if header.contains(&header_fault) => {
            Fault::corrupt(Codec::Gzip, "its header is wrong")
        }
        _ => Fault::corrupt(Codec::Gzip, "its data cannot be decompressed"),
    }
}
