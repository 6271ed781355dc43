//! The recordings with which `alacritty_terminal` tests itself (`tests/ref` in its package), shown
//! by both.

use std::path::PathBuf;
use std::process::Command;

use agor_proto::ids::Size;
use agor_proto::screen::Modes;

use crate::pair::Pair;

/// A sequence that the two take differently, why, and what both take for what `alacritty_terminal`
/// means by it.
struct Different {
    sequence: &'static str,
    why: &'static str,
    given_as: &'static str,
    /// The recordings that show the difference.
    shown_by: &'static [&'static str],
}

const DIFFERENT: &[Different] = &[
    Different {
        sequence: "\x1b[2J",
        why: "alacritty moves the screen to history first; xterm, and so we, erase it (`ClearScreen` in xterm's util.c)",
        given_as: "\x1b[1J\x1b[J",
        shown_by: &[
            "alt_reset",
            "clear_underline",
            "colored_reset",
            "newline_with_cursor_beyond_scroll_region",
            "origin_goto",
            "vttest_cursor_movement_1",
            "vttest_insert",
            "vttest_origin_mode_1",
            "vttest_origin_mode_2",
            "vttest_scroll",
            "vttest_tab_clear_set",
        ],
    },
    Different {
        sequence: "\x1bc",
        why: "alacritty forgets history too; we keep what was said until ED 3 is asked for",
        given_as: "\x1bc\x1b[3J",
        shown_by: &["grid_reset"],
    },
    Different {
        sequence: "\x1b#8",
        why: "alacritty leaves the cursor; it goes home (VT510 DECALN)",
        given_as: "\x1b#8\x1b[H",
        shown_by: &["decaln_reset"],
    },
    Different {
        sequence: "\x1b[?3h",
        why: "alacritty clears the screen; without mode 40 nothing happens (xterm's ctlseqs, DECSET 40)",
        given_as: "\x1b[1J\x1b[J\x1b[H",
        shown_by: &["deccolm_reset"],
    },
    Different {
        sequence: "+\x1b[0K",
        why: "alacritty erases nothing where a wrap is due; xterm, and so we, erase the last cell (`ClearRight` in its util.c)",
        given_as: "+\x1b[D\x1b[C\x1b[0K",
        shown_by: &["erase_in_line"],
    },
    Different {
        sequence: "\x1b[?1049h",
        why: "alacritty has a wrap that is due on the other screen; it ends with the screen that it was due on",
        given_as: "\x1b[?1049h\x1b[D\x1b[C",
        shown_by: &["saved_cursor_alt"],
    },
    Different {
        sequence: "\x1b[?2",
        why: "alacritty has no selective erasure (VT510 DECSED, DECSEL)",
        given_as: "\x1b[?99",
        shown_by: &["selective_erasure"],
    },
    Different {
        sequence: ";21m",
        why: "alacritty takes 21 for the end of bold; it is a double underline (ECMA-48 8.3.117)",
        given_as: ";22m",
        shown_by: &["underline"],
    },
];

/// Returns the folder of the recordings, wherever cargo keeps its packages.
fn folder() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo tells where packages are");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {error}");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let theirs = packages
        .iter()
        .find(|it| it["name"] == "alacritty_terminal");
    let manifest = theirs.expect("a development dependency of ours")["manifest_path"].as_str();
    let folder = PathBuf::from(manifest.expect("a path")).with_file_name("tests/ref");
    assert!(
        folder.is_dir(),
        "{} is missing: the package alacritty_terminal has no recordings any more",
        folder.display()
    );
    folder
}

#[test]
fn its_recorded_cases_are_shown_as_it_shows_them() {
    let mut cases: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 45, "only {} recordings", cases.len());
    let mut failures = String::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy();
        let size = std::fs::read(case.join("size.json")).unwrap();
        let size: serde_json::Value = serde_json::from_slice(&size).unwrap();
        let number = |key: &str| u16::try_from(size[key].as_u64().unwrap()).unwrap();
        let size = Size::cells(number("columns"), number("screen_lines"));
        let recording = std::fs::read(case.join("alacritty.recording")).unwrap();
        let all: Vec<_> = DIFFERENT.iter().collect();
        let said = differences(size, &given_as(&recording, &all));
        if !said.is_empty() {
            failures.push_str(&format!("== {name}\n{said}\n"));
        }
        // Each entry of the table has to be needed.
        for different in DIFFERENT {
            let others = DIFFERENT
                .iter()
                .filter(|it| it.sequence != different.sequence);
            let said = differences(size, &given_as(&recording, &others.collect::<Vec<_>>()));
            if said.is_empty() == different.shown_by.contains(&&*name) {
                let Different { sequence, why, .. } = different;
                failures.push_str(&format!(
                    "== {name}, {sequence:?} as it is ({why}):\n{said}\n"
                ));
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn given_as(recording: &[u8], table: &[&Different]) -> Vec<u8> {
    let mut given = Vec::with_capacity(recording.len());
    let mut rest = recording;
    while let [first, after @ ..] = rest {
        let different = table
            .iter()
            .find(|it| rest.starts_with(it.sequence.as_bytes()));
        match different {
            Some(it) => {
                given.extend_from_slice(it.given_as.as_bytes());
                rest = &rest[it.sequence.len()..];
            }
            None => {
                given.push(*first);
                rest = after;
            }
        }
    }
    given
}

fn differences(size: Size, recording: &[u8]) -> String {
    let mut pair = Pair::new(size);
    pair.advance(recording);
    let mut said = pair.differences();
    if pair.ours.modes().contains(Modes::ALT_SCREEN) {
        pair.advance(b"\x1b[?1049l");
        said.push_str(&pair.differences());
    }
    said
}
