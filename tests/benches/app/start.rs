//! What it costs to open a window on a workspace of a hundred sessions.

use std::fs;
use std::time::Duration;

use crate::agor::step_until;
use crate::frames::{Frames, percentile};
use crate::window::fleet::{self, REST};
use crate::window::stage::Stage;
use crate::{LIMIT, SESSIONS, result};

const TIMES: usize = 7;

/// What a window may take until its first frame, half of the times in a release build; held until all panes are shown.
const START_MAX_MILLIS: f64 = 300.0;

pub fn run() {
    let mut stage = Stage::patient(LIMIT);
    let layout = fleet::start(&stage.agor, SESSIONS, REST);
    let mut window = fleet::open(&mut stage, &layout);
    let (mut first, mut whole, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES {
        window.crash();
        window = stage.open(&[]);
        step_until("every pane is shown", || {
            window.log().contains("all is shown").then_some(())
        });
        let shown = step_until("that is submitted", || {
            let log = window.log();
            let behind = log.split_once("all is shown")?.1;
            let micros = behind.split_once("process_micros=")?.1;
            micros.split_whitespace().next()?.parse().ok()
        });
        own.push(own_time(window.pid()));
        whole.push(Duration::from_micros(shown));
        // That frame may have been the first.
        let mut told = Frames::whole(window.log_path());
        told.read();
        first.push(told.submitted[0].process);
    }
    let case = format!("window on {SESSIONS} sessions");
    let of = |times: &[Duration]| percentile(times, 50);
    result(
        &format!("{case}: first frame, all threads"),
        of(&first),
        "ms CPU",
    );
    result(
        &format!("{case}: all panes, all threads"),
        of(&whole),
        "ms CPU",
    );
    result(
        &format!("{case}: all panes, without the threads that stand in for a graphics card"),
        of(&own),
        "ms CPU",
    );
    let is_held = cfg!(debug_assertions) || of(&own) < START_MAX_MILLIS;
    assert!(is_held, "{} ms until all panes are shown", of(&own));
}

/// Returns the processor time of a process without the threads of Mesa's software rasterizer, which run
/// what a graphics card would.
fn own_time(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
    let nanos = |task: fs::DirEntry| -> Option<u64> {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        let time = fs::read_to_string(task.path().join("schedstat")).ok()?;
        let nanos = time.split_whitespace().next()?.parse().ok()?;
        (!name.starts_with("llvmpipe")).then_some(nanos)
    };
    Duration::from_nanos(tasks.flatten().filter_map(nanos).sum())
}
