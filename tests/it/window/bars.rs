//! What a workspace of a hundred sessions may cost while nothing happens in it.

use std::time::Duration;

use super::fleet::{self, REST};
use super::stage::Stage;

const SESSIONS: usize = 100;

/// How long nothing is to happen.
const QUIET: Duration = Duration::from_secs(10);

/// Half a percent of a core of that time, in window, host and keeper.
const AT_REST_AT_MOST: Duration = Duration::from_millis(50);

#[test]
fn d9_a_hundred_sessions_at_rest_cost_no_frame_and_half_a_percent_of_a_core() {
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
}
