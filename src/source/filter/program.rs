//! Classic BPF programs, run on a frame.
//!
//! The instruction set is that of `bpf(4)` and of libpcap's `bpf_filter`: an accumulator, an index
//! register, 16 words of scratch memory, loads that end the program without a match where they lie
//! outside the captured octets.

mod check;

use std::fmt::Display;

use crate::wire::bytes;

/// Words of scratch memory (`BPF_MEMWORDS`).
const MEMORY_WORDS: usize = 16;
/// Jumps back that one run may take. Only `protochain` jumps back, once per header, and no frame
/// holds more headers than this.
const MAX_BACKWARD_JUMPS: u32 = 1 << 16;
/// Loads from here on ask the Linux kernel for what is not in the frame (`SKF_AD_OFF`).
const ANCILLARY: u32 = 0xffff_f000;

/// A program, checked: every jump lands inside it and every path ends in a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    instructions: Box<[Instruction]>,
}

/// Why instructions make no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// An instruction that classic BPF does not have.
    #[error("libpcap compiled it to an instruction that is not known here ({0})")]
    Instruction(String),
    /// A jump out of the program.
    #[error("libpcap compiled it to a program that jumps out of itself")]
    Jump,
    /// The last instruction is not a return.
    #[error("libpcap compiled it to a program without an end")]
    End,
    /// A load from scratch memory that was not stored to on every way there.
    #[error("libpcap compiled it to a program that uses a value it never computed")]
    Memory,
    /// The program asks for metadata of the kernel.
    #[error(
        "'inbound', 'outbound' and 'ifindex' ask for what a captured frame of this link type does not hold"
    )]
    Ancillary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Byte,
    Half,
    Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    Constant(u32),
    Index,
}

/// The byte order in which programs expect the address family of a BSD loopback header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyOrder {
    /// `LINKTYPE_NULL`: the order of the machine that captured, which for a program is this one.
    Host,
    /// `LINKTYPE_LOOP`.
    Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Or,
    And,
    ExclusiveOr,
    ShiftLeft,
    ShiftRight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Equal,
    Greater,
    GreaterOrEqual,
    AnyBit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instruction {
    /// A = frame\[k\]
    LoadAbsolute(Width, u32),
    /// A = the address family that a BSD loopback header starts with, as this system counts it
    LoadFamily(FamilyOrder),
    /// A = frame\[X + k\]
    LoadIndirect(Width, u32),
    /// A = k
    LoadConstant(u32),
    /// A = memory\[k\]
    LoadMemory(u8),
    /// A = length on the wire
    LoadLength,
    /// X = k
    IndexConstant(u32),
    /// X = memory\[k\]
    IndexMemory(u8),
    /// X = length on the wire
    IndexLength,
    /// X = 4 * (frame\[k\] & 15), the length of an IPv4 header
    IndexHeaderLength(u32),
    /// memory\[k\] = A
    StoreAccumulator(u8),
    /// memory\[k\] = X
    StoreIndex(u8),
    /// A = A op operand
    Compute(Arithmetic, Operand),
    /// A = -A
    Negate,
    /// To an absolute position.
    Jump(u32),
    /// To an absolute position that lies behind or before.
    Branch {
        condition: Condition,
        operand: Operand,
        /// Instructions to leave out.
        yes: u8,
        /// Instructions to leave out.
        no: u8,
    },
    /// Ends with k.
    ReturnConstant(u32),
    /// Ends with A.
    ReturnAccumulator,
    /// X = A
    AccumulatorToIndex,
    /// A = X
    IndexToAccumulator,
}

impl Program {
    /// Checks instructions, each of which displays itself as `code jt jf k` in decimal, which is
    /// all that the wrapper shows of them.
    ///
    /// # Errors
    ///
    /// Says what is wrong with them.
    pub fn new<I: Display>(instructions: &[I]) -> Result<Self, ProgramError> {
        Ok(Self {
            instructions: check::check(instructions)?,
        })
    }

    /// How many instructions it has.
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether it has none; no program that passed the check is.
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// Makes the program take the address family at the start of a frame in either byte order and
    /// in every system's numbering of IPv6.
    ///
    /// libpcap does so for files; for a handle that is not a file, which is how it compiled this,
    /// it knows the family as this system would write it and no other.
    #[must_use]
    pub fn with_any_family(mut self, order: FamilyOrder) -> Self {
        for instruction in &mut self.instructions {
            if *instruction == Instruction::LoadAbsolute(Width::Word, 0) {
                *instruction = Instruction::LoadFamily(order);
            }
        }
        self
    }

    /// Whether the program returns other than 0 for `frame`, which was `wire_len` octets long
    /// before the snap length cut it.
    pub fn accepts(&self, frame: &[u8], wire_len: u32) -> bool {
        self.run(frame, wire_len).is_some_and(|octets| octets > 0)
    }

    /// What the program returns; `None` where it left the frame or divided by 0.
    fn run(&self, frame: &[u8], wire_len: u32) -> Option<u32> {
        let mut memory = [0_u32; MEMORY_WORDS];
        let (mut a, mut x) = (0_u32, 0_u32);
        let mut at = 0_usize;
        let mut backward_jumps = 0;
        loop {
            let instruction = *self.instructions.get(at)?;
            at += 1;
            match instruction {
                Instruction::LoadAbsolute(width, k) => a = load(frame, width, k)?,
                Instruction::LoadFamily(order) => a = order.of(load(frame, Width::Word, 0)?),
                Instruction::LoadIndirect(width, k) => a = load(frame, width, x.checked_add(k)?)?,
                Instruction::Branch {
                    condition,
                    operand,
                    yes,
                    no,
                } => {
                    let b = operand.value(x);
                    at += usize::from(if condition.holds(a, b) { yes } else { no });
                }
                Instruction::ReturnConstant(k) => return Some(k),
                Instruction::ReturnAccumulator => return Some(a),
                Instruction::LoadConstant(k) => a = k,
                Instruction::LoadMemory(k) => a = *memory.get(usize::from(k))?,
                Instruction::LoadLength => a = wire_len,
                Instruction::IndexConstant(k) => x = k,
                Instruction::IndexMemory(k) => x = *memory.get(usize::from(k))?,
                Instruction::IndexLength => x = wire_len,
                Instruction::IndexHeaderLength(k) => x = (load(frame, Width::Byte, k)? & 15) << 2,
                Instruction::StoreAccumulator(k) => *memory.get_mut(usize::from(k))? = a,
                Instruction::StoreIndex(k) => *memory.get_mut(usize::from(k))? = x,
                Instruction::Compute(arithmetic, operand) => {
                    a = arithmetic.of(a, operand.value(x))?;
                }
                Instruction::Negate => a = a.wrapping_neg(),
                Instruction::AccumulatorToIndex => x = a,
                Instruction::IndexToAccumulator => a = x,
                Instruction::Jump(to) => {
                    let to = usize::try_from(to).ok()?;
                    if to < at {
                        backward_jumps += 1;
                        if backward_jumps > MAX_BACKWARD_JUMPS {
                            return None;
                        }
                    }
                    at = to;
                }
            }
        }
    }
}

#[inline]
fn load(frame: &[u8], width: Width, at: u32) -> Option<u32> {
    let at = usize::try_from(at).ok()?;
    match width {
        Width::Byte => bytes::u8_at(frame, at).map(u32::from),
        Width::Half => bytes::u16_at(frame, at).map(u32::from),
        Width::Word => bytes::u32_at(frame, at),
    }
}

impl FamilyOrder {
    /// The word that a program of this system compares with.
    fn of(self, word: u32) -> u32 {
        /// `AF_INET` everywhere.
        const INET: u32 = 2;
        /// `AF_INET6` of this system.
        const INET6: u32 = if cfg!(target_vendor = "apple") {
            30
        } else if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) {
            28
        } else if cfg!(any(target_os = "netbsd", target_os = "openbsd")) {
            24
        } else {
            10
        };
        let family = match word.min(word.swap_bytes()) {
            INET => INET,
            // NetBSD and OpenBSD, FreeBSD, Darwin.
            24 | 28 | 30 => INET6,
            _ => return word,
        };
        match self {
            Self::Host => family.to_be(),
            Self::Network => family,
        }
    }
}

impl Operand {
    #[inline]
    fn value(self, index: u32) -> u32 {
        match self {
            Self::Constant(k) => k,
            Self::Index => index,
        }
    }
}

impl Condition {
    #[inline]
    fn holds(self, a: u32, b: u32) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::AnyBit => a & b != 0,
        }
    }
}

impl Arithmetic {
    /// Unsigned and wrapping; `None` for a division by 0. Shifts by 32 or more leave nothing.
    #[inline]
    fn of(self, a: u32, b: u32) -> Option<u32> {
        Some(match self {
            Self::Add => a.wrapping_add(b),
            Self::Subtract => a.wrapping_sub(b),
            Self::Multiply => a.wrapping_mul(b),
            Self::Divide => a.checked_div(b)?,
            Self::Modulo => a.checked_rem(b)?,
            Self::Or => a | b,
            Self::And => a & b,
            Self::ExclusiveOr => a ^ b,
            Self::ShiftLeft => a.checked_shl(b).unwrap_or(0),
            Self::ShiftRight => a.checked_shr(b).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests;
