//! What one sequence can have done at the most, counted and not timed: a few times as much as the
//! screen has cells, whatever its numbers say and whatever was switched on before.

use agor_proto::ids::Size;

use super::{Options, Terminal};

const COLS: u16 = 120;
const ROWS: u16 = 40;
const CELLS: u64 = 120 * 40;

/// What a program can switch on to make the sequences after it dear.
const SETTINGS: &[&str] = &[
    "",
    "\x1b[4h",
    "\x1b[?7l",
    "\x1b[?45h",
    "\x1b[?1045h",
    "\x1b[?1045h\x1b[?69h\x1b[7;8s",
    "\x1b[?1049h\x1b[H",
    "\x1b[44m",
    "\x1b[?69h\x1b[2;119s\x1b[2;39r\x1b[?6h\x1b[H",
    "\x1b[?69h\x1b[2;119s\x1b[4h\x1b[20;60H",
    "\x1b[3g",
    "\x1b[1\"q",
    "\x1bV",
];

/// Characters that REP repeats.
const REPEATED: &[&str] = &["x", "\u{e9}", "\u{65e5}", "\u{2581}"];

/// Returns the most that a sequence has done, of several one after the other.
fn work(setting: &str, before: &str, sequence: &str) -> u64 {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(COLS, ROWS),
        conformance: true,
        ..Options::default()
    });
    let full = "\x1b[2\"qabc\u{65e5}".repeat(usize::from(ROWS) * usize::from(COLS) / 5);
    let effects = &mut Vec::new();
    terminal.advance(full.as_bytes(), effects);
    terminal.advance(setting.as_bytes(), effects);
    let mut most = 0;
    for _ in 0..4 {
        terminal.advance(before.as_bytes(), effects);
        let begin = terminal.state.counters.work;
        terminal.advance(sequence.as_bytes(), effects);
        most = most.max(terminal.state.counters.work - begin);
    }
    most
}

/// Fails if a sequence does more than six times what the screen has cells. Between side margins each row
/// that scrolls moves the cells between them: repeating a character there costs a screen for each row.
fn at_most(setting: &str, before: &str, sequence: &str) {
    let repeats_between_margins = setting.contains("?69h") && sequence.ends_with('b');
    let screens = if repeats_between_margins {
        u64::from(ROWS) + 6
    } else {
        6
    };
    let work = work(setting, before, sequence);
    assert!(
        work <= screens * CELLS,
        "{work} for {sequence:?} after {setting:?} and {before:?}"
    );
}

#[test]
fn repeating_a_character_costs_a_few_screens_at_most() {
    for setting in SETTINGS {
        for c in REPEATED {
            at_most(setting, c, "\x1b[65535b");
        }
    }
}

#[test]
fn large_numbers_cost_a_few_screens_at_most() {
    for setting in SETTINGS {
        for last in '@'..='~' {
            for intermediate in ["", "?", ">", "=", " ", "!", "\"", "#", "$", "'", "*"] {
                let (marker, intermediate) = match intermediate {
                    "?" | ">" | "=" => (intermediate, ""),
                    _ => ("", intermediate),
                };
                for params in [
                    "65535",
                    "65535;65535",
                    "1;1;65535;65535;1;5;7",
                    "65;1;1;65535;65535",
                ] {
                    at_most(
                        setting,
                        "",
                        &format!("\x1b[{marker}{params}{intermediate}{last}"),
                    );
                }
            }
        }
    }
}
