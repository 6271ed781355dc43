//! Checkpoints of every earlier release are read: a host that was updated shows what its predecessor
//! showed, and goes on as if it had seen everything itself.
//!
//! `tests/fixtures/checkpoints/` has a folder for each release, named by its day: `checkpoint` is what it wrote
//! after `input` at 40x12 with 100 rows of history, made 33x14 then. None is ever changed; a release that
//! changes the form adds one.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails panics"
)]

use std::fs;
use std::path::Path;

use agor_proto::ids::Size;
use agor_proto::screen::Placement;
use agor_term::{Effect, Options, Terminal};

/// Everything that others can see of a terminal.
#[derive(Debug, PartialEq)]
struct Seen {
    rows: Vec<agor_proto::row::Row>,
    cursor: agor_proto::screen::Cursor,
    modes: agor_proto::screen::Modes,
    title: String,
    palette: Vec<agor_proto::screen::PaletteEntry>,
    placements: Vec<Placement>,
    cwd: Option<String>,
    keyboard: u8,
    /// What the program is answered: modes, tab stops, the cursor's form, a rectangle's style.
    answers: Vec<Effect>,
}

const QUESTIONS: &[u8] =
    b"\x1b[?25$p\x1b[?2004$p\x1b[?1002$p\x1b[4$p\x1b[2$w\x1b[1$w\x1b[?u\x1b[?4m\
    \x1bP$qm\x1b\\\x1bP$qr\x1b\\\x1bP$q q\x1b\\\x1b]4;1;?\x07\x1b]11;?\x07\x1b]22;?__current__\x07";

fn seen(terminal: &mut Terminal) -> Seen {
    let mut answers = Vec::new();
    terminal.advance(QUESTIONS, &mut answers);
    let mut rows = terminal.history_rows(0, usize::MAX);
    rows.extend((0..terminal.size().rows).map(|at| terminal.row(at)));
    Seen {
        rows,
        cursor: terminal.cursor(),
        modes: terminal.modes(),
        title: terminal.title().to_owned(),
        palette: terminal.palette().to_vec(),
        placements: terminal.placements(),
        cwd: terminal.cwd().map(|(_, path)| path.to_owned()),
        keyboard: terminal.keyboard_flags(),
        answers,
    }
}

fn check(case: &Path) {
    let read = |name: &str| fs::read(case.join(name)).expect("a file of the case");
    let mut fresh = Terminal::new(Options {
        size: Size::cells(40, 12),
        scrollback_rows: 100,
        ..Options::default()
    });
    fresh.advance(&read("input"), &mut Vec::new());
    fresh.resize(Size::cells(33, 14), &mut Vec::new());
    let mut restored = Terminal::restore(&read("checkpoint")).expect("it is read");
    let tail = read("tail");
    let mut effects = [Vec::new(), Vec::new()];
    for (terminal, effects) in [&mut fresh, &mut restored].into_iter().zip(&mut effects) {
        terminal.advance(&tail, effects);
    }
    assert_eq!(effects[0], effects[1], "{}", case.display());
    let (fresh, restored) = (seen(&mut fresh), seen(&mut restored));
    assert_eq!(restored, fresh, "{}", case.display());
    assert!(fresh.rows.len() > 100 && fresh.answers.len() > 10);
}

#[test]
fn checkpoints_of_every_earlier_release_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints");
    let mut cases = 0;
    for case in fs::read_dir(folder).expect("the cases") {
        check(&case.expect("a case").path());
        cases += 1;
    }
    assert!(cases > 0);
}
