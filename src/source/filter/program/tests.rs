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
fn memory_is_loaded_only_after_it_was_stored_to() {
    let err = |p: &[&str]| Program::new(p).err();
    let end = "22 0 0 0";
    assert_eq!(err(&["96 0 0 1", end]), Some(ProgramError::Memory));
    assert_eq!(err(&["97 0 0 1", end]), Some(ProgramError::Memory));
    assert_eq!(err(&["2 0 0 1", "96 0 0 1", end]), None);
    assert_eq!(err(&["3 0 0 1", "97 0 0 1", end]), None);
    // Stored to on one of two ways only.
    let one_way = ["21 1 0 5", "2 0 0 1", "96 0 0 1", end];
    assert_eq!(err(&one_way), Some(ProgramError::Memory));
    // Around a loop, and never reached.
    let lap = ["2 0 0 1", "96 0 0 1", "21 1 0 5", "5 0 0 4294967292", end];
    assert_eq!(err(&lap), None);
    assert_eq!(err(&["5 0 0 1", "96 0 0 1", end]), None);
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
