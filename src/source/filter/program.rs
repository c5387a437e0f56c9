//! Classic BPF programs, run on a frame.
//!
//! The instruction set is that of `bpf(4)` and of libpcap's `bpf_filter`: an accumulator, an index
//! register, 16 words of scratch memory, loads that end the program without a match where they lie
//! outside the captured octets.

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
        let raw = instructions
            .iter()
            .map(RawInstruction::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let mut checked = Vec::with_capacity(raw.len());
        for (at, instruction) in raw.iter().enumerate() {
            checked.push(instruction.check(at, raw.len())?);
        }
        match checked.last() {
            Some(Instruction::ReturnConstant(_) | Instruction::ReturnAccumulator) => Ok(Self {
                instructions: checked.into_boxed_slice(),
            }),
            _ => Err(ProgramError::End),
        }
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

/// `struct bpf_insn`.
#[derive(Clone, Copy, Debug)]
struct RawInstruction {
    code: u16,
    jt: u8,
    jf: u8,
    k: u32,
}

impl RawInstruction {
    fn parse<I: Display>(shown: &I) -> Result<Self, ProgramError> {
        let text = shown.to_string();
        let mut fields = text.split_ascii_whitespace();
        let mut field = || fields.next().and_then(|f| f.parse::<u32>().ok());
        let parsed = (|| {
            Some(Self {
                code: u16::try_from(field()?).ok()?,
                jt: u8::try_from(field()?).ok()?,
                jf: u8::try_from(field()?).ok()?,
                k: field()?,
            })
        })();
        parsed.ok_or(ProgramError::Instruction(text))
    }

    fn check(self, at: usize, count: usize) -> Result<Instruction, ProgramError> {
        let unknown = || {
            let Self { code, jt, jf, k } = self;
            ProgramError::Instruction(format!("{code} {jt} {jf} {k}"))
        };
        // Masks as in `pcap/bpf.h`.
        match self.code & 0x07 {
            0x00 => self.check_load().ok_or_else(unknown)?,
            0x01 => self.check_index_load().ok_or_else(unknown),
            0x02 => self
                .memory_word()
                .map(Instruction::StoreAccumulator)
                .ok_or_else(unknown),
            0x03 => self
                .memory_word()
                .map(Instruction::StoreIndex)
                .ok_or_else(unknown),
            0x04 => self.check_arithmetic().ok_or_else(unknown),
            0x05 => self.check_jump(at, count).ok_or_else(unknown)?,
            0x06 => match self.code & 0x18 {
                0x00 => Ok(Instruction::ReturnConstant(self.k)),
                0x10 => Ok(Instruction::ReturnAccumulator),
                _ => Err(unknown()),
            },
            _ => match self.code & 0xf8 {
                0x00 => Ok(Instruction::AccumulatorToIndex),
                0x80 => Ok(Instruction::IndexToAccumulator),
                _ => Err(unknown()),
            },
        }
    }

    fn check_load(self) -> Option<Result<Instruction, ProgramError>> {
        let width = match self.code & 0x18 {
            0x00 => Width::Word,
            0x08 => Width::Half,
            0x10 => Width::Byte,
            _ => return None,
        };
        Some(Ok(match (self.code & 0xe0, width) {
            (0x20 | 0x40, _) if self.k >= ANCILLARY => return Some(Err(ProgramError::Ancillary)),
            (0x20, _) => Instruction::LoadAbsolute(width, self.k),
            (0x40, _) => Instruction::LoadIndirect(width, self.k),
            (0x00, Width::Word) => Instruction::LoadConstant(self.k),
            (0x60, Width::Word) => Instruction::LoadMemory(self.memory_word()?),
            (0x80, Width::Word) => Instruction::LoadLength,
            _ => return None,
        }))
    }

    fn check_index_load(self) -> Option<Instruction> {
        Some(match self.code & 0xf8 {
            0x00 => Instruction::IndexConstant(self.k),
            0x60 => Instruction::IndexMemory(self.memory_word()?),
            0x80 => Instruction::IndexLength,
            0xb0 => Instruction::IndexHeaderLength(self.k),
            _ => return None,
        })
    }

    fn check_arithmetic(self) -> Option<Instruction> {
        let arithmetic = match self.code & 0xf0 {
            0x00 => Arithmetic::Add,
            0x10 => Arithmetic::Subtract,
            0x20 => Arithmetic::Multiply,
            0x30 => Arithmetic::Divide,
            0x40 => Arithmetic::Or,
            0x50 => Arithmetic::And,
            0x60 => Arithmetic::ShiftLeft,
            0x70 => Arithmetic::ShiftRight,
            0x80 => return Some(Instruction::Negate),
            0x90 => Arithmetic::Modulo,
            0xa0 => Arithmetic::ExclusiveOr,
            _ => return None,
        };
        Some(Instruction::Compute(arithmetic, self.operand()))
    }

    fn check_jump(self, at: usize, count: usize) -> Option<Result<Instruction, ProgramError>> {
        let inside = |target: Option<usize>| target.is_some_and(|to| to < count);
        let next = at + 1;
        let condition = match self.code & 0xf0 {
            0x00 => {
                // Signed: `protochain` jumps back.
                let to = isize::try_from(self.k.cast_signed())
                    .ok()
                    .and_then(|by| next.checked_add_signed(by));
                let jump = to.and_then(|to| u32::try_from(to).ok());
                return Some(match jump {
                    Some(jump) if inside(to) => Ok(Instruction::Jump(jump)),
                    _ => Err(ProgramError::Jump),
                });
            }
            0x10 => Condition::Equal,
            0x20 => Condition::Greater,
            0x30 => Condition::GreaterOrEqual,
            0x40 => Condition::AnyBit,
            _ => return None,
        };
        let lands = |by: u8| inside(next.checked_add(usize::from(by)));
        Some(if lands(self.jt) && lands(self.jf) {
            Ok(Instruction::Branch {
                condition,
                operand: self.operand(),
                yes: self.jt,
                no: self.jf,
            })
        } else {
            Err(ProgramError::Jump)
        })
    }

    fn operand(self) -> Operand {
        if self.code & 0x08 == 0 {
            Operand::Constant(self.k)
        } else {
            Operand::Index
        }
    }

    fn memory_word(self) -> Option<u8> {
        let word = u8::try_from(self.k).ok()?;
        (usize::from(word) < MEMORY_WORDS).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(instructions: &[&str], frame: &[u8], wire_len: u32) -> Option<u32> {
        Program::new(instructions).unwrap().run(frame, wire_len)
    }

    #[test]
    fn loads_end_without_a_match_outside_of_the_frame() {
        let frame = [1, 2, 3, 4, 5];
        for (code, width) in [(0x20, 4_u32), (0x28, 2), (0x30, 1)] {
            for k in 0..8_u32 {
                let value = run(&[&format!("{code} 0 0 {k}"), "22 0 0 0"], &frame, 5);
                assert_eq!(value.is_some(), k + width <= 5, "code {code} at {k}");
            }
            // X + k wraps in no case.
            let load = format!("{} 0 0 {}", code + 0x20, 1_u32 << 31);
            let index = format!("1 0 0 {}", 1_u32 << 31);
            assert_eq!(run(&[&index, &load, "6 0 0 1"], &frame, 5), None);
        }
        assert_eq!(run(&["40 0 0 1", "22 0 0 0"], &frame, 5), Some(0x0203));
        assert_eq!(
            run(&["1 0 0 1", "72 0 0 2", "22 0 0 0"], &frame, 5),
            Some(0x0405)
        );
        assert_eq!(
            run(&["177 0 0 4", "135 0 0 0", "22 0 0 0"], &frame, 5),
            Some(20)
        );
    }

    #[test]
    fn length_is_that_on_the_wire() {
        assert_eq!(run(&["128 0 0 0", "22 0 0 0"], &[0; 4], 1500), Some(1500));
        assert_eq!(
            run(&["129 0 0 0", "135 0 0 0", "22 0 0 0"], &[0; 4], 1500),
            Some(1500)
        );
    }

    #[test]
    fn arithmetic_is_unsigned_and_division_by_zero_ends() {
        let constant = |code: u16, a: u32, k: u32| {
            let (load, op) = (format!("0 0 0 {a}"), format!("{code} 0 0 {k}"));
            let by_k = run(&[&load, &op, "22 0 0 0"], &[], 0);
            let (index, op) = (format!("1 0 0 {k}"), format!("{} 0 0 0", code + 8));
            assert_eq!(run(&[&load, &index, &op, "22 0 0 0"], &[], 0), by_k);
            by_k
        };
        assert_eq!(constant(0x04, u32::MAX, 2), Some(1));
        assert_eq!(constant(0x14, 1, 2), Some(u32::MAX));
        assert_eq!(constant(0x24, 1 << 31, 2), Some(0));
        assert_eq!(constant(0x34, 7, 2), Some(3));
        assert_eq!(constant(0x34, 7, 0), None);
        assert_eq!(constant(0x44, 6, 3), Some(7));
        assert_eq!(constant(0x54, 6, 3), Some(2));
        assert_eq!(constant(0x64, 3, 31), Some(1 << 31));
        assert_eq!(constant(0x64, 3, 32), Some(0));
        assert_eq!(constant(0x74, 1 << 31, 31), Some(1));
        assert_eq!(constant(0x74, 1 << 31, 32), Some(0));
        assert_eq!(constant(0x94, 7, 4), Some(3));
        assert_eq!(constant(0x94, 7, 0), None);
        assert_eq!(constant(0xa4, 6, 3), Some(5));
        let negated = run(&["0 0 0 1", "132 0 0 0", "22 0 0 0"], &[], 0);
        assert_eq!(negated, Some(u32::MAX));
    }

    #[test]
    fn memory_keeps_both_registers() {
        let program = [
            "0 0 0 7",   // A = 7
            "2 0 0 0",   // memory[0] = A
            "1 0 0 9",   // X = 9
            "3 0 0 15",  // memory[15] = X
            "97 0 0 0",  // X = memory[0]
            "96 0 0 15", // A = memory[15]
            "28 0 0 0",  // A -= X
            "22 0 0 0",
        ];
        assert_eq!(run(&program, &[], 0), Some(2));
    }

    #[test]
    fn branches_compare_with_constant_and_index() {
        for (code, a, b, expected) in [
            (0x15, 5, 5, 1),
            (0x15, 5, 6, 0),
            (0x25, 6, 5, 1),
            (0x25, 5, 5, 0),
            (0x35, 5, 5, 1),
            (0x35, 4, 5, 0),
            (0x45, 6, 2, 1),
            (0x45, 6, 1, 0),
        ] {
            let load = format!("0 0 0 {a}");
            let index = format!("1 0 0 {b}");
            let by_k = format!("{code} 0 1 {b}");
            let by_x = format!("{} 0 1 0", code + 8);
            let ends = ["6 0 0 1", "6 0 0 0"];
            assert_eq!(
                run(&[&load, &by_k, ends[0], ends[1]], &[], 0),
                Some(expected)
            );
            let with_x = [&load, &index, &by_x, ends[0], ends[1]];
            assert_eq!(run(&with_x, &[], 0), Some(expected));
        }
    }

    #[test]
    fn an_endless_loop_ends() {
        let minus_one = u32::MAX.to_string();
        let jump = format!("5 0 0 {minus_one}");
        assert_eq!(run(&[&jump, "6 0 0 1"], &[], 0), None);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let err = |p: &[&str]| Program::new(p).unwrap_err();
        assert_eq!(err(&[]), ProgramError::End);
        assert_eq!(err(&["0 0 0 0"]), ProgramError::End);
        assert_eq!(err(&["21 0 2 0", "6 0 0 0", "6 0 0 0"]), ProgramError::Jump);
        assert_eq!(err(&["5 0 0 1", "6 0 0 0"]), ProgramError::Jump);
        assert_eq!(err(&["5 0 0 4294967294", "6 0 0 0"]), ProgramError::Jump);
        assert_eq!(
            err(&["48 0 0 4294963204", "6 0 0 0"]),
            ProgramError::Ancillary
        );
        for bad in ["96 0 0 16", "2 0 0 16", "3 0 0 16", "97 0 0 16", "24 0 0 0"] {
            assert!(
                matches!(err(&[bad, "6 0 0 0"]), ProgramError::Instruction(_)),
                "{bad}"
            );
        }
        for bad in ["", "1 2 3", "65536 0 0 0", "6 256 0 0", "x 0 0 0"] {
            assert!(matches!(err(&[bad]), ProgramError::Instruction(_)), "{bad}");
        }
    }
}
