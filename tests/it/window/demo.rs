//! The demonstration: made by its command, seen in a window, answered by key, and gone without a trace.

use std::path::Path;

use agor_core::demo::{self, Demo};

use super::stage::Stage;
use crate::agor::{Agor, step_until};

/// Returns the session of this name in the demonstration.
fn info(agor: &Agor, profile: &[&str], name: &str) -> serde_json::Value {
    let list = agor.json(&[profile, &["ls", "--json"]].concat());
    let sessions = list.as_array().cloned().unwrap_or_default();
    let found = sessions.into_iter().find(|info| info["name"] == name);
    found.unwrap_or_default()
}

#[test]
fn the_demonstration_shows_every_state_and_a_question_is_answered_by_key() {
    let mut stage = Stage::without_host();
    let folder = stage.agor.path("demo");
    let folder = folder.to_str().expect("utf-8");
    stage.agor.ok(&["demo", "--keep", folder, "--no-window"]);
    let demo = Demo::at(Path::new(folder));
    let arguments = demo.arguments();
    let profile: Vec<_> = arguments
        .iter()
        .map(|word| word.to_str().expect("utf-8"))
        .collect();
    for row in demo::SESSIONS {
        let info = info(&stage.agor, &profile, row.name);
        match row.becomes {
            Some(state) => {
                let state = serde_json::to_value(state).expect("a word");
                assert_eq!(info["state"], state, "{}", row.name);
            }
            None => assert!(info["id"].is_string(), "{}", row.name),
        }
    }
    let window = stage.open(&profile);
    stage.act(&window, &["ctrl+shift+i"], "attention.list");
    // It never rests: agents work in it.
    stage.press(&["1"]);
    step_until("the agent has its answer and is done", || {
        let info = info(&stage.agor, &profile, "keep the cart");
        (info["state"] == "done" || info["state"] == "idle").then_some(())
    });
    drop(window);
    stage.agor.ok(&[&profile[..], &["stop-host"]].concat());
    // Anew over what is there; what is not one is left alone.
    let theirs = stage.agor.path("theirs");
    std::fs::create_dir_all(theirs.join("src")).expect("a folder");
    let theirs = theirs.to_str().expect("utf-8");
    let refused = stage.agor.run(&["demo", "--keep", theirs, "--no-window"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("no demonstration"));
}
