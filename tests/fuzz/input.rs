//! Arbitrary input in arbitrary modes: what a program is given is bounded, and a paste cannot leave its
//! brackets.
#![no_main]

use agor_proto::input::Input;
use agor_term::{Options, Terminal};
use libfuzzer_sys::fuzz_target;

/// The end of a bracketed paste.
const END: &[u8] = b"\x1b[201~";

fuzz_target!(|data: &[u8]| {
    let Some((&split, rest)) = data.split_first() else {
        return;
    };
    let (output, input) = rest.split_at(rest.len().min(usize::from(split)));
    let mut terminal = Terminal::new(Options::default());
    terminal.advance(output, &mut Vec::new());
    let mut given = Vec::new();
    if let Ok(input) = rmp_serde::from_slice::<Input>(input) {
        terminal.encode(&input, &mut given);
    }
    let text = String::from_utf8_lossy(input).into_owned();
    let paste = Input::Paste {
        text,
        first: true,
        last: true,
    };
    let mut pasted = Vec::new();
    terminal.encode(&paste, &mut pasted);
    assert!(pasted.len() <= 3 * input.len() + 16);
    let ends = pasted.windows(END.len()).filter(|bytes| *bytes == END);
    assert!(ends.count() <= 1, "a paste left its brackets");
    let escapes = pasted.iter().filter(|byte| **byte == 0x1b).count();
    assert!(escapes <= 2, "a paste holds an escape");
});
