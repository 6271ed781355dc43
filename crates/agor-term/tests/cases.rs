//! Runs every folder of `tests/cases`: `input` is what a program writes to a screen of 20x6,
//! `expected` is what then stands on it. Adding a case adds no code.
//!
//! `expected` holds the rows without blanks at their ends and without empty rows at the bottom,
//! then lines that begin with `--`:
//! `-- cursor ROW COLUMN` from 1, `-- reply TEXT` for each answer in order, `-- ansi ROW TEXT` for
//! a row with its sequences, `-- history ROWS`, `-- size COLSxROWS`, `-- title TEXT`,
//! `-- image ROW COLUMN COLSxROWS SOURCE LAYER` from 0 for each image on the screen, `-- images N`
//! that the program can place, `-- pointer SHAPE`, `-- animation FRAMES at N PLAY xROUNDS` for each image
//! that could move: a frame is a letter, the same for the same pixels, and its time. TEXT is escaped as Rust does it, with `\e` for ESC.
//! `about` says what the case is about and where that is specified. A file `conformance` switches
//! on what only test suites may do.

use std::path::Path;

use agor_proto::ids::Size;
use agor_term::{Effect, Options, Terminal, text};

fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\x1b", "\\e")
}

fn shown(input: &[u8], expected: &str, conformance: bool) -> String {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(20, 6),
        conformance,
        ..Options::default()
    });
    let mut effects = Vec::new();
    terminal.advance(input, &mut effects);
    let rows: Vec<_> = (0..terminal.size().rows)
        .map(|at| terminal.row(at))
        .collect();
    let last = rows.iter().rposition(|row| !row.text.trim_end().is_empty());
    let mut shown = String::new();
    for row in &rows[..last.map_or(0, |last| last + 1)] {
        shown.push_str(&format!("{}\n", row.text.trim_end()));
    }
    let cursor = terminal.cursor();
    shown.push_str(&format!(
        "-- cursor {} {}\n",
        cursor.row + 1,
        cursor.col + 1
    ));
    for effect in effects {
        if let Effect::Reply(bytes) = effect {
            shown.push_str(&format!("-- reply {}\n", escaped(&bytes)));
        }
    }
    let mut images = images(&terminal).into_iter();
    let mut animations = animations(&terminal).into_iter();
    // What is written of the rest is what the case asks about.
    for line in expected.lines() {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("--"), Some("ansi"), Some(row)) => {
                let at = row.parse::<usize>().expect("a row") - 1;
                let ansi = text::ansi([&rows[at]]);
                shown.push_str(&format!(
                    "-- ansi {row} {}\n",
                    escaped(ansi.trim_end_matches('\n').as_bytes())
                ));
            }
            (Some("--"), Some("history"), _) => {
                shown.push_str(&format!("-- history {}\n", terminal.history().rows));
            }
            (Some("--"), Some("size"), _) => {
                shown.push_str(&format!("-- size {}\n", terminal.size()));
            }
            (Some("--"), Some("image"), _) => {
                shown.push_str(&images.next().unwrap_or_default());
            }
            (Some("--"), Some("images"), _) => {
                shown.push_str(&format!("-- images {}\n", terminal.images_len()));
            }
            (Some("--"), Some("pointer"), _) => {
                let pointer = terminal.modes().pointer();
                let name = pointer.map_or("none", |pointer| pointer.name());
                shown.push_str(&format!("-- pointer {name}\n"));
            }
            (Some("--"), Some("animation"), _) => {
                shown.push_str(&animations.next().unwrap_or_default());
            }
            (Some("--"), Some("title"), _) => {
                shown.push_str(&format!("-- title {}\n", terminal.title()));
            }
            _ => {}
        }
    }
    animations.for_each(|animation| shown.push_str(&animation));
    if expected.contains("\n-- image ") {
        images.for_each(|image| shown.push_str(&image));
    }
    shown
}

/// Returns a line for each image on the screen, or one that says that there is none.
fn images(terminal: &Terminal) -> Vec<String> {
    let placements = terminal.placements();
    let line = |it: &agor_proto::screen::Placement| {
        let (cols, rows) = it.cells;
        let (x, y, width, height) = it.source;
        format!(
            "-- image {} {} {cols}x{rows} {x},{y},{width},{height} z{}\n",
            it.row, it.col, it.z
        )
    };
    match placements.is_empty() {
        true => vec!["-- image none\n".to_owned()],
        false => placements.iter().map(line).collect(),
    }
}

/// Returns a line for each image that could move.
fn animations(terminal: &Terminal) -> Vec<String> {
    let mut seen = Vec::new();
    let mut line = |it: agor_proto::screen::Animation| {
        let mut frames = String::new();
        for frame in &it.frames {
            if !seen.contains(&frame.blob) {
                seen.push(frame.blob);
            }
            let letter = seen.iter().position(|blob| *blob == frame.blob);
            let letter = char::from(b'a' + letter.expect("it was just added") as u8);
            frames.push_str(&format!("{letter}{} ", frame.gap_millis));
        }
        let (at, play, rounds) = (it.current + 1, it.play, it.rounds);
        format!("-- animation {frames}at {at} {play:?} x{rounds}\n")
    };
    terminal.animations().into_iter().map(&mut line).collect()
}

#[test]
fn every_case_shows_what_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut failures = String::new();
    let mut count = 0;
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    for case in cases {
        let input = std::fs::read(case.join("input")).unwrap();
        let expected = std::fs::read_to_string(case.join("expected")).unwrap();
        let about = std::fs::read_to_string(case.join("about")).unwrap();
        assert!(
            about.trim().lines().count() == 1,
            "{}: one line says it",
            case.display()
        );
        let shown = shown(&input, &expected, case.join("conformance").exists());
        if shown != expected {
            let name = case.file_name().unwrap().to_string_lossy();
            failures.push_str(&format!(
                "== {name}: {about}expected:\n{expected}shown:\n{shown}\n"
            ));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count >= 150, "only {count} cases were found");
}
