//! Every message and every variant on the wire, held against a checked-in file: `NAME.bin` is the
//! frame (or the record) byte for byte, `NAME.json` what it says. A file that exists is never
//! edited, since peers of an earlier release send it; `UPDATE_GOLDEN=1` writes those that are new
//! or were changed on purpose.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects so"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use agor_proto::frame::FrameReader;
use agor_proto::message::Message;
use agor_proto::record::{self, Record};
use serde_json::Value;

mod protocol;
mod samples;
#[path = "../../../../tests/it/test_names.rs"]
mod test_names;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/files")
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// Compares `bytes` with the checked-in file, or writes it.
fn hold(name: &str, bytes: &[u8]) {
    let path = folder().join(name);
    if updating() {
        fs::write(&path, bytes).unwrap();
        return;
    }
    let golden = fs::read(&path)
        .unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask golden` and review it"));
    assert!(
        golden == bytes,
        "{name} differs from what peers of this protocol send.\nIf the change is additive and meant, run `cargo xtask golden`."
    );
}

fn decode(bytes: &[u8]) -> Message {
    let mut reader = FrameReader::default();
    reader.push(bytes);
    let frame = reader.next_frame().unwrap().unwrap();
    Message::decode(&frame).unwrap().unwrap()
}

#[test]
fn every_message_has_the_bytes_that_were_released() {
    for (name, message) in samples::messages() {
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        hold(&format!("{name}.bin"), &bytes);
        let json = serde_json::to_string_pretty(&message).unwrap() + "\n";
        hold(&format!("{name}.json"), json.as_bytes());
        assert_eq!(decode(&bytes), message, "{name} does not read back");
    }
}

/// Says whether `now` has everything of `then`, and perhaps more.
fn holds_all_of(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then.iter().all(|(name, then)| {
            // What is absent now means what is written out then.
            let now = now.get(name).unwrap_or(&Value::Null);
            holds_all_of(now, then)
        }),
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len()
                && now
                    .iter()
                    .zip(then)
                    .all(|(now, then)| holds_all_of(now, then))
        }
        (now, then) => now == then,
    }
}

/// Each release leaves `earlier/NAME.frames`, the messages of its golden files one after the other, and
/// `earlier/NAME.jsonl`, what each of them says.
#[test]
fn messages_of_every_earlier_release_say_what_they_said() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/earlier");
    let mut releases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "frames")
        {
            continue;
        }
        releases += 1;
        let said = fs::read_to_string(path.with_extension("jsonl")).unwrap();
        let mut said = said.lines();
        let mut reader = FrameReader::default();
        reader.push(&fs::read(&path).unwrap());
        while let Some(frame) = reader.next_frame().unwrap() {
            let then: Value = serde_json::from_str(said.next().unwrap()).unwrap();
            let message = Message::decode(&frame).unwrap();
            let message = message.unwrap_or_else(|| panic!("{then} is not known any more"));
            let now = serde_json::to_value(&message).unwrap();
            assert!(holds_all_of(&now, &then), "{then}\nis read as\n{now}");
        }
        assert_eq!((said.next(), reader.pending_bytes()), (None, 0));
    }
    assert!(releases > 0);
}

#[test]
fn every_record_has_the_bytes_that_were_released() {
    for (name, record) in samples::records() {
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        hold(&format!("record_{name}.bin"), &bytes);
        let read: Vec<Record> = record::records(&bytes, agor_proto::ids::Offset(0))
            .map(|raw| raw.unwrap().to_record().unwrap())
            .collect();
        assert_eq!(read, [record]);
    }
}

#[test]
fn every_message_of_the_table_has_a_golden_file() {
    let samples: BTreeSet<u16> = samples::messages().iter().map(|(_, m)| m.kind()).collect();
    for (kind, _, name) in Message::TABLE {
        assert!(
            samples.contains(kind),
            "{name} has no sample in tests/golden/samples.rs"
        );
    }
}

#[test]
fn every_variant_has_a_golden_file() {
    let json: String = samples::messages()
        .iter()
        .map(|(_, message)| serde_json::to_string(message).unwrap())
        .collect();
    for word in samples::VARIANTS.split_whitespace() {
        assert!(
            json.contains(&format!("\"{word}\"")),
            "no sample holds the variant {word:?}"
        );
    }
}

#[test]
fn no_golden_file_is_left_without_its_sample() {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (name, _) in samples::messages() {
        names.extend([format!("{name}.bin"), format!("{name}.json")]);
    }
    names.extend(
        samples::records()
            .iter()
            .map(|(name, _)| format!("record_{name}.bin")),
    );
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            names.contains(&name),
            "{name} has no sample: its kind may not be used again"
        );
    }
}

#[test]
fn protocol_md_is_what_the_code_says() {
    let page = protocol::page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md");
    if updating() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page,
        "PROTOCOL.md is not what the types say: run `cargo xtask golden`"
    );
}

#[test]
fn limits_md_is_what_the_code_says() {
    let mut page = String::from(
        "# Limits\n\nThe caps on what others can make the program keep, generated from `src/limits.rs` by `cargo xtask golden`. Each bounds what another party\ncan make agor keep, send or do, and is held by the tests that are named with it, which have it in their names; `tests/it/limits.rs` fails for\none that has none. What only bounds a part of one of these, such as a piece that is read at once, stands with its code. What\na host or a child can make the keeper keep stands, with what happens at each bound, in `crates/agor-keeper/src/caps.rs`.\n\n| limit | value | unit | bounds | beyond it | held by |\n|---|---:|---|---|---|---|\n",
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tests = test_names::tests_of_limits(&root);
    for row in agor_proto::limits::ALL {
        let held_by: Vec<String> = tests[row.name].iter().map(|it| format!("`{it}`")).collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} |\n",
            row.name,
            grouped(row.value),
            row.unit,
            row.doc.trim(),
            row.overrun,
            held_by.join(", ")
        ));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("LIMITS.md");
    if updating() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        page,
        "run `cargo xtask golden`"
    );
}

/// Returns `value` with a comma between its thousands.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn a_field_or_variant_of_a_later_release_does_no_harm() {
    use agor_proto::event::{Event, EventBody};
    use agor_proto::ids::{Offset, Seq};
    #[derive(serde::Serialize)]
    struct Later {
        seq: u64,
        at_millis: u64,
        offset: u64,
        urgency: &'static str,
        body: LaterBody,
    }
    #[derive(serde::Serialize)]
    #[serde(rename_all = "snake_case", tag = "kind", content = "with")]
    enum LaterBody {
        Teleported { to: Vec<u8>, speed: f64 },
    }
    let later = Later {
        seq: 3,
        at_millis: 4,
        offset: 5,
        urgency: "high",
        body: LaterBody::Teleported {
            to: vec![1],
            speed: 0.5,
        },
    };
    let wire = rmp_serde::to_vec_named(&later).unwrap();
    let event: Event = rmp_serde::from_slice(&wire).unwrap();
    let expected = Event {
        seq: Seq(3),
        at_millis: 4,
        offset: Offset(5),
        body: EventBody::Unknown,
    };
    assert_eq!(event, expected);
}
