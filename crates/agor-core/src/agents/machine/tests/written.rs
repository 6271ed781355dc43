//! Which files an agent is told to have written, by what it writes down.

use serde_json::json;

use super::*;
use crate::zone::utc_millis;

/// Returns what Codex writes down of a patch.
fn patch(time: &str, file: &str) -> String {
    let item = json!({ "type": "FileChange", "status": "completed", "changes": { file: {} } });
    let payload = json!({ "type": "item_completed", "item": item });
    format!(
        "{}\n",
        json!({ "type": "event_msg", "timestamp": time, "payload": payload })
    )
}

#[test]
fn what_was_written_since_the_agent_was_started_is_told_once_and_not_where_hooks_tell_it() {
    let times = ["10:00", "10:01", "10:02", "10:03"].map(|it| format!("2026-11-30T{it}:00.000Z"));
    let started = utc_millis(&times[1]).expect("a time");
    let mut it = Machine::default();
    let agent = Some(("codex", true));
    it.on(Started { agent }, at(started));
    it.is_written_to("/t");
    let read = |it: &mut Machine, time: &str, files: &[&str]| {
        let lines: String = files.iter().map(|file| patch(time, file)).collect();
        it.transcript();
        it.read_transcript(Form::Codex, lines.as_bytes());
        it.take_written()
    };
    let none: [&str; 0] = [];
    assert_eq!(read(&mut it, &times[0], &["/old"]), none, "before it");
    assert_eq!(read(&mut it, &times[2], &["/a"]), ["/a"]);
    assert_eq!(read(&mut it, &times[2], &["/a"]), none, "told again");
    // The next host goes on where this one was.
    let kept = rmp_serde::to_vec_named(&it).expect("it can be kept");
    let mut it: Machine = rmp_serde::from_slice(&kept).expect("it can be read");
    assert_eq!(read(&mut it, &times[2], &["/a"]), none, "told again");
    let hook = br#"{"hook_event_name":"SessionStart","session_id":"c"}"#;
    let hook = Hook::read(hook).expect("a hook");
    it.on(Observation::Hook(&hook), at(started + 1));
    assert_eq!(read(&mut it, &times[3], &["/b"]), none, "a hook tells it");
}
