//! What a workspace of a hundred sessions may cost while nothing happens in it.

use std::time::Duration;

use super::fleet::{self, REST};
use super::stage::Stage;
use crate::agor::step_until;

const SESSIONS: usize = 100;

/// How long nothing is to happen.
const QUIET: Duration = Duration::from_secs(10);

/// Half a percent of a core of that time, in window, host and keeper.
const AT_REST_AT_MOST: Duration = Duration::from_millis(50);

/// Frames of an animation in a second.
const ANIMATED_AT_MOST: u64 = 10;

#[test]
fn a_hundred_sessions_at_rest_cost_no_frame_and_half_a_percent_and_one_that_works_ten_frames() {
    let mut stage = Stage::new();
    let layout = fleet::start(&stage.agor, SESSIONS, REST);
    let window = fleet::open(&mut stage, &layout);
    fleet::settle(&window);
    let host = stage.agor.host_pid().expect("a host");
    let keeper = stage.agor.keeper_pid().expect("a keeper");
    let pids = [window.pid(), host, keeper];
    // Asking the host for them was work too.
    fleet::settle(&window);
    let cpu = || pids.map(fleet::cpu);
    let (frames, before) = (window.frames(), cpu());
    fleet::pass(QUIET);
    let after = cpu();
    assert_eq!(window.frames(), frames, "frames in {QUIET:?} of nothing");
    let each: Vec<_> = after.iter().zip(before).map(|(a, b)| *a - b).collect();
    let all: Duration = each.iter().sum();
    assert!(
        all <= AT_REST_AT_MOST,
        "window, host and keeper took {each:?} in {QUIET:?} of nothing"
    );

    let script = r"printf '\033]7501;state=working:app=test\a'; exec sleep 3600";
    let working = stage.agor.session(script);
    step_until("it works", || {
        (stage.agor.info(&working)["state"] == "working").then_some(())
    });
    fleet::pass(Duration::from_secs(1));
    let frames = window.frames();
    fleet::pass(QUIET);
    let drawn = window.frames() - frames;
    // It turns, or this would say nothing.
    assert!(drawn > QUIET.as_secs(), "{drawn} frames");
    assert!(
        drawn <= ANIMATED_AT_MOST * QUIET.as_secs() + 2,
        "{drawn} frames in {QUIET:?}"
    );
}
