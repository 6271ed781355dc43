//! What it costs to open a window on a workspace of a hundred sessions.

use std::time::Duration;

use crate::agor::step_until;
use crate::frames::{Frames, percentile};
use crate::window::fleet::{self, REST};
use crate::window::stage::Stage;
use crate::{LIMIT, SESSIONS, result};

const TIMES: usize = 7;

pub fn run() {
    let mut stage = Stage::patient(LIMIT);
    let layout = fleet::start(&stage.agor, SESSIONS, REST);
    let mut window = fleet::open(&mut stage, &layout);
    let (mut first, mut whole) = (Vec::new(), Vec::new());
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
}
