//! What an agent waits for at each of its hooks: the helper, from its start to its end, in a session of a host
//! that hears it and has nothing else to do. The peer is `/bin/true`, started by turns with it: what any process
//! costs on this machine.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::agor::{agord, step_until};
use crate::{Times, result, started};

const HOOKS: usize = 500;

/// What a hook is given, about as much as before the edit of a file.
const PAYLOAD_BYTES: usize = 2_048;

/// Between two hooks, so that the host is at rest.
const PAUSE: Duration = Duration::from_millis(12);

const CONVERSATION: &str = "of-the-bench";

/// An agent that leaves its environment behind, and nothing to wait for.
const AGENT: &str = r"printf '\033]7501;state=idle:app=claude-code\007'; printenv > all; mv all environment; exec cat";

pub fn run() {
    let agor = started();
    let session = agor.session(AGENT);
    let environment = step_until("the session's environment is known", || {
        fs::read_to_string(agor.work().join("environment")).ok()
    });
    let environment: Vec<(&str, &str)> = environment
        .lines()
        .filter(|line| line.starts_with("AGOR_"))
        .filter_map(|line| line.split_once('='))
        .collect();
    let (mut ours, mut peer) = (Times::default(), Times::default());
    for turn in 0..HOOKS {
        let event = ["PreToolUse", "PostToolUse"][turn % 2];
        let payload = payload(event);
        let mut helper = agor.command_of(agord(), &["hook", "claude"]);
        helper.envs(environment.iter().copied());
        ours.add(took(helper, &payload));
        let nothing = agor.command_of(Path::new("/bin/true"), &[]);
        peer.add(took(nothing, &payload));
        std::thread::park_timeout(PAUSE);
    }
    // A helper that is heard by nobody would be done sooner.
    let heard = agor.info(&session)["agent"]["conversation"] == CONVERSATION;
    assert!(heard, "the host heard the hooks");
    for percent in [50, 99] {
        let name = format!("a hook, host at rest, p{percent}");
        let peer = ("/bin/true", peer.percentile(percent));
        result(&name, ours.percentile(percent), "µs", Some(peer));
    }
}

fn payload(event: &str) -> Vec<u8> {
    let text = "x".repeat(PAYLOAD_BYTES);
    let payload = serde_json::json!({
        "hook_event_name": event,
        "session_id": CONVERSATION,
        "tool_name": "Edit",
        "tool_use_id": "t1",
        "tool_input": { "file_path": "/home/person/x", "new_string": text },
    });
    payload.to_string().into_bytes()
}

/// Returns how long a command takes that is given `payload`.
fn took(mut command: Command, payload: &[u8]) -> Duration {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(payload).ok(); // `true` reads nothing and may be gone.
    drop(stdin);
    let status = child.wait().expect("it can be reaped");
    let took = begun.elapsed();
    assert!(status.success(), "{status}");
    took
}
