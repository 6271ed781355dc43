//! A hundred sessions while nothing happens, and while one works: frames and processor time.

use std::fs;
use std::time::Duration;

use crate::frames::Frames;
use crate::window::fleet::{self, REST};
use crate::window::stage::Stage;
use crate::{LIMIT, SESSIONS, result, share};

const TIME: Duration = Duration::from_secs(30);

/// What one badge that turns may take: frames a second, and percent of a core to submit them, in a release build.
const BADGE_FRAMES_MAX: f64 = 10.0;
const BADGE_MAX: f64 = 1.0;

pub fn run() {
    let mut stage = Stage::patient(LIMIT);
    // Drawn by software the ring of what works stands still, unless the person wants it to move.
    let settings = stage.agor.path("home/.config/agor/config.toml");
    fs::write(
        settings,
        "[window]\nwelcome = false\nreduced_motion = false\n",
    )
    .expect("settings");
    let layout = fleet::start(&stage.agor, SESSIONS, REST);
    let window = fleet::open(&mut stage, &layout);
    let host = stage.agor.host_pid().expect("a host");
    let keeper = stage.agor.keeper_pid().expect("a keeper");
    fleet::settle(&window);
    let pids = [window.pid(), host, keeper];
    let (frames, before) = (window.frames(), pids.map(fleet::cpu));
    fleet::pass(TIME);
    let cpu = pids.map(fleet::cpu);
    let frames = window.frames() - frames;
    let case = format!("{SESSIONS} sessions at rest, {} s", TIME.as_secs());
    result(&format!("{case}: frames"), frames as f64, "frames");
    let each = cpu
        .iter()
        .zip(before)
        .map(|(after, before)| *after - before);
    let each: Vec<_> = each.collect();
    for (name, cpu) in ["window", "host", "keeper"].iter().zip(&each) {
        result(&format!("{case}: {name}"), share(*cpu, TIME), "% of a core");
    }
    let all = share(each.iter().sum(), TIME);
    result(&format!("{case}: all three"), all, "% of a core");

    fleet::start_work(&stage.agor);
    fleet::pass(Duration::from_secs(1));
    let mut told = Frames::from_now(window.log_path());
    let thread = fleet::first_thread_cpu(window.pid());
    fleet::pass(TIME);
    let thread = fleet::first_thread_cpu(window.pid()) - thread;
    told.read();
    let cpu: Duration = told.submitted.iter().map(|frame| frame.cpu).sum();
    let rate = told.submitted.len() as f64 / TIME.as_secs_f64();
    let case = "one of them works";
    result(&format!("{case}: frames"), rate, "1/s");
    let to_submit = share(cpu, TIME);
    result(
        &format!("{case}: frames to submit"),
        to_submit,
        "% of a core",
    );
    let thread = share(thread, TIME);
    result(
        &format!("{case}: drawing thread in all"),
        thread,
        "% of a core",
    );
    assert!(rate <= BADGE_FRAMES_MAX, "{rate} frames a second");
    let is_held = cfg!(debug_assertions) || to_submit < BADGE_MAX;
    assert!(is_held, "{to_submit} % of a core for one badge");
}
