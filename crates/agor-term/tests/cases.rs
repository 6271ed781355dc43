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
//! `-- resized COLSxROWS WIDTHxHEIGHT` gives the screen that size after the input, in cells and pixels,
//! `-- focus` shows what is sent when the pane gets and loses the keyboard, `-- marks ROW KIND@CELL` the
//! marks of a row, `-- update` whether a synchronized update is open.
//! A file `effects` says what else the program asked for, a line each in order; without it nothing
//! is looked at but the answers. Images in files are taken from the case's folder `files`.
//! `about` says what the case is about and where that is specified. A file `conformance` switches
//! on what only test suites may do.

use std::path::{Path, PathBuf};

use agor_proto::ids::{LinePosition, Size};
use agor_proto::input::Input;
use agor_term::{
    Effect, FileRequest, ImageFault, ImageFiles, ImageKey, ImageSource, Options, Terminal, text,
};

fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\x1b", "\\e")
}

/// What came of a case.
struct Shown {
    expected: String,
    effects: String,
}

fn shown(case: &Path, input: &[u8], expected: &str) -> Shown {
    let conformance = case.join("conformance").exists();
    let mut terminal = Terminal::new(Options {
        size: Size::cells(20, 6),
        conformance,
        ..Options::default()
    });
    let mut effects = Vec::new();
    let mut files = Files {
        folder: case.join("files"),
        asked: String::new(),
    };
    terminal.advance_with(input, &mut effects, &mut files);
    let resized = expected
        .lines()
        .find_map(|line| line.strip_prefix("-- resized "));
    if let Some(resized) = resized {
        terminal.resize(size(resized), &mut effects);
    }
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
    for effect in &effects {
        if let Effect::Reply(bytes) = effect {
            shown.push_str(&format!("-- reply {}\n", escaped(bytes)));
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
            (Some("--"), Some("marks"), Some(row)) => {
                let at = row.parse::<usize>().expect("a row") - 1;
                let marks = rows[at].marks.iter();
                let marks = marks.map(|mark| format!(" {:?}@{}", mark.kind, mark.cell));
                shown.push_str(&format!("-- marks {row}{}\n", marks.collect::<String>()));
            }
            (Some("--"), Some("update"), _) => {
                let state = if terminal.sync_update_open() {
                    "open"
                } else {
                    "closed"
                };
                shown.push_str(&format!("-- update {state}\n"));
            }
            (Some("--"), Some("resized"), _) => shown.push_str(&format!("{line}\n")),
            (Some("--"), Some("focus"), _) => {
                let mut sent = Vec::new();
                for gained in [true, false] {
                    terminal.encode(&Input::Focus { gained }, &mut sent);
                }
                shown.push_str(&format!("-- focus {}\n", escaped(&sent)));
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
    let lines = effects.iter().filter_map(|effect| told(effect, &terminal));
    Shown {
        expected: shown,
        effects: files.asked + &lines.collect::<String>(),
    }
}

fn size(text: &str) -> Size {
    let numbers = text
        .split([' ', 'x'])
        .map(|number| number.parse().expect("a number"));
    let numbers: Vec<u16> = numbers.collect();
    Size {
        cols: numbers[0],
        rows: numbers[1],
        width_px: numbers[2],
        height_px: numbers[3],
    }
}

/// Returns the line for an effect that is no answer.
fn told(effect: &Effect, terminal: &Terminal) -> Option<String> {
    let place = |at: &LinePosition| {
        let rows = (0..terminal.size().rows).map(|row| (row, terminal.row(row)));
        let mut holding = rows.filter(|(_, row)| row.line == at.line && row.start <= at.column);
        let (row, begins) = holding.next_back().expect("its row is on the screen");
        format!("{} {}", row + 1, at.column - begins.start + 1)
    };
    let line = match effect {
        Effect::Reply(_) => return None,
        Effect::Bell => "bell".into(),
        Effect::Title(title) => format!("title {title:?}"),
        Effect::Cwd { host, path } => {
            let host = host.as_deref().unwrap_or("-");
            format!("cwd {host} {path:?}")
        }
        Effect::Notification { title, body } => format!("notification {title:?} {body:?}"),
        Effect::ClipboardWrite { kind, text } => format!("clipboard {kind:?} {text:?}"),
        Effect::Mark { kind, at } => format!("mark {kind:?} at {}", place(at)),
        Effect::Progress(state) => format!("progress {state:?}"),
        Effect::ProgramStatus(body) => format!("program status {}", escaped(body)),
        Effect::Palette => {
            let entries = terminal.palette().iter();
            let entries = entries.map(|entry| format!(" {:?}={:?}", entry.slot, entry.rgb));
            format!("palette, at the end{}", entries.collect::<String>())
        }
        Effect::ResizeRequest { size } => format!("resize request {size}"),
        Effect::Image(source) => {
            let (width, height) = source.pixels;
            format!("image {width}x{height}")
        }
        Effect::Reset => "reset".into(),
    };
    Some(line + "\n")
}

/// Serves the files of a case; what is asked for is noted.
struct Files {
    folder: PathBuf,
    asked: String,
}

impl ImageFiles for Files {
    fn fetch(&mut self, request: &FileRequest) -> Result<ImageKey, ImageFault> {
        let name = String::from_utf8_lossy(&request.name);
        self.asked.push_str(&format!(
            "file {:?} {name} from {} for {}\n",
            request.medium, request.offset, request.size_bytes
        ));
        if !self.folder.is_dir() {
            return Err(ImageFault::BadFile);
        }
        let last = name.rsplit('/').next().unwrap_or_default();
        let data = std::fs::read(self.folder.join(last)).map_err(|_| ImageFault::Missing)?;
        let from = data.get(request.offset as usize..).unwrap_or_default();
        let data = match request.size_bytes {
            0 => from,
            size => &from[..from.len().min(size as usize)],
        };
        let source = ImageSource::new(request.format, request.zlib, request.pixels, data.to_vec())?;
        Ok(source.key())
    }
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
        let shown = shown(&case, &input, &expected);
        let name = case.file_name().unwrap().to_string_lossy();
        if shown.expected != expected {
            let shown = shown.expected;
            failures.push_str(&format!(
                "== {name}: {about}expected:\n{expected}shown:\n{shown}\n"
            ));
        }
        let effects = std::fs::read_to_string(case.join("effects"));
        if let Ok(effects) = effects
            && shown.effects != effects
        {
            let shown = shown.effects;
            failures.push_str(&format!(
                "== {name}: {about}effects:\n{effects}seen:\n{shown}\n"
            ));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count >= 150, "only {count} cases were found");
}
