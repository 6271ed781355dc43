//! A damaged checkpoint is an error or a terminal that works, never a panic.
#![no_main]

use agor_proto::ids::Size;
use agor_term::{Options, Terminal};
use libfuzzer_sys::fuzz_target;

// Where in the file the change begins, what is put there, and the output that made the checkpoint.
fuzz_target!(|data: &[u8]| {
    let mut effects = Vec::new();
    let use_it = |bytes: &[u8], effects: &mut Vec<_>| {
        if let Ok(mut terminal) = Terminal::restore(bytes) {
            terminal.advance(b"x\r\n\x1b[2J\x1b[?1049h", effects);
            terminal.resize(Size::cells(33, 7), effects);
            Terminal::restore(&terminal.checkpoint()).expect("a checkpoint of ours");
        }
    };
    use_it(data, &mut effects);
    let Some((&[at_high, at_low, length], rest)) = data.split_first_chunk::<3>() else {
        return;
    };
    let (change, output) = rest.split_at(rest.len().min(usize::from(length % 16)));
    let mut terminal = Terminal::new(Options {
        size: Size::cells(20, 5),
        scrollback_rows: 50,
        ..Options::default()
    });
    terminal.advance(output, &mut effects);
    let mut damaged = terminal.checkpoint();
    let at = usize::from(u16::from_be_bytes([at_high, at_low])) % damaged.len();
    for (byte, change) in damaged[at..].iter_mut().zip(change) {
        *byte ^= change;
    }
    use_it(&damaged, &mut effects);
    damaged.truncate(at);
    use_it(&damaged, &mut effects);
});
