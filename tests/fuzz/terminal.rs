//! Arbitrary output in arbitrary chunks: no panic, the same state however it is cut, a checkpoint that
//! reads back, and a size that may change at any time.
#![no_main]

use agor_proto::ids::Size;
use agor_proto::row::Row;
use agor_proto::screen::{Cursor, Modes};
use agor_term::{Options, Terminal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[cut, cols, rows], output)) = data.split_first_chunk::<3>() else {
        return;
    };
    let options = Options {
        size: Size::cells(u16::from(cols % 100) + 1, u16::from(rows % 50) + 1),
        scrollback_rows: 200,
        ..Options::default()
    };
    let (mut whole, mut pieces) = (Terminal::new(options), Terminal::new(options));
    let (mut said, mut said_in_pieces) = (Vec::new(), Vec::new());
    whole.advance(output, &mut said);
    for piece in output.chunks(usize::from(cut % 32) + 1) {
        pieces.advance(piece, &mut said_in_pieces);
    }
    assert!(shown(&whole) == shown(&pieces), "cut otherwise, it is another screen");
    assert!(said == said_in_pieces, "cut otherwise, it asks for something else");
    let mut again = Terminal::restore(&whole.checkpoint()).expect("a checkpoint of ours");
    assert!(shown(&whole) == shown(&again), "a checkpoint reads back as another screen");
    // What cannot be seen shows in what more of the same output does.
    let size = Size::cells(u16::from(rows % 90) + 1, u16::from(cols % 60) + 1);
    let (mut said, mut said_again) = (Vec::new(), Vec::new());
    for (terminal, said) in [(&mut whole, &mut said), (&mut again, &mut said_again)] {
        terminal.advance(output, said);
        terminal.resize(size, said);
        terminal.advance(output, said);
    }
    assert!(shown(&whole) == shown(&again), "a checkpoint goes on to another screen");
    assert!(said == said_again, "a checkpoint goes on to ask for something else");
});

/// Everything that a person can see.
fn shown(terminal: &Terminal) -> (Vec<Row>, Cursor, Modes) {
    let history = terminal.history().rows as usize;
    let mut rows = terminal.history_rows(0, history);
    rows.extend((0..terminal.size().rows).map(|at| terminal.row(at)));
    (rows, terminal.cursor(), terminal.modes())
}
