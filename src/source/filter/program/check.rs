//! From what libpcap compiled to a program that can be run without further checks.

use std::fmt::Display;

use super::{
    ANCILLARY, Arithmetic, Condition, Instruction, MEMORY_WORDS, Operand, ProgramError, Width,
};

/// The instructions that display themselves as `code jt jf k` in decimal, each of them known,
/// every jump inside, every load from memory stored to before, a return at the end.
pub(super) fn check<I: Display>(shown: &[I]) -> Result<Box<[Instruction]>, ProgramError> {
    let raw = shown
        .iter()
        .map(RawInstruction::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let mut checked = Vec::with_capacity(raw.len());
    for (at, instruction) in raw.iter().enumerate() {
        checked.push(instruction.check(at, raw.len())?);
    }
    if !matches!(
        checked.last(),
        Some(Instruction::ReturnConstant(_) | Instruction::ReturnAccumulator)
    ) {
        return Err(ProgramError::End);
    }
    if !memory_is_stored_before_it_is_loaded(&checked) {
        return Err(ProgramError::Memory);
    }
    Ok(checked.into_boxed_slice())
}

/// Whether every load from scratch memory finds what the same run has stored there.
///
/// libpcap's optimizer gets this wrong for some long arithmetic expressions (seen in 1.10.3), and
/// its `bpf_filter` then compares with whatever lies on the stack. Linux refuses such programs.
fn memory_is_stored_before_it_is_loaded(instructions: &[Instruction]) -> bool {
    // Per instruction, the words that are stored to on all ways to it, as bits; `None` where no
    // way is known yet. Words only ever leave a set, so this comes to an end.
    let mut stored: Vec<Option<u16>> = vec![None; instructions.len()];
    if let Some(start) = stored.first_mut() {
        *start = Some(0);
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (at, instruction) in instructions.iter().enumerate() {
            let Some(before) = stored.get(at).copied().flatten() else {
                continue;
            };
            let after = match instruction {
                Instruction::StoreAccumulator(k) | Instruction::StoreIndex(k) => before | 1 << *k,
                _ => before,
            };
            let [one, other] = match *instruction {
                Instruction::ReturnConstant(_) | Instruction::ReturnAccumulator => [None; 2],
                Instruction::Jump(to) => [usize::try_from(to).ok(), None],
                Instruction::Branch { yes, no, .. } => {
                    [yes, no].map(|by| Some(at + 1 + usize::from(by)))
                }
                _ => [Some(at + 1), None],
            };
            for next in [one, other].into_iter().flatten() {
                if let Some(known) = stored.get_mut(next) {
                    let met = known.map_or(after, |known| known & after);
                    changed |= *known != Some(met);
                    *known = Some(met);
                }
            }
        }
    }
    instructions
        .iter()
        .zip(stored)
        .all(|(instruction, stored)| match (instruction, stored) {
            (Instruction::LoadMemory(k) | Instruction::IndexMemory(k), Some(stored)) => {
                stored & 1 << *k != 0
            }
            _ => true,
        })
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
