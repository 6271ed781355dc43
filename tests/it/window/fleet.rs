//! A workspace of many sessions, as somebody has who runs many at once, and what it costs while it is looked at.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use super::stage::{Stage, Window};
use crate::agor::{Agor, step_until};

/// Folders among which sessions are divided.
const PROJECTS: usize = 10;

/// A session that says that it works, and does nothing.
#[allow(dead_code, reason = "benches use it")]
const WORK: &str = r"printf '\033]7501;state=working:app=test\a'; exec sleep 3600";

/// A session that does nothing.
pub const REST: &str = "echo up; exec sleep 3600";

/// Starts so many sessions that run `script`, in ten projects, and returns the layout that shows all of them: in each
/// project a tab of four panes, and one tab for each other session.
pub fn start(agor: &Agor, count: usize, script: &str) -> String {
    let mut projects = String::new();
    for project in 0..PROJECTS {
        let folder = agor.work().join(format!("project-{project}"));
        fs::create_dir_all(&folder).expect("a folder");
        let folder = folder.to_str().expect("utf-8");
        let count = count / PROJECTS + usize::from(project < count % PROJECTS);
        let sessions: Vec<_> = (0..count).map(|_| session(agor, folder, script)).collect();
        let (tiled, alone) = sessions.split_at(sessions.len().min(4));
        let mut tabs = vec![tab(&tiles(tiled, 2))];
        tabs.extend(alone.iter().map(|session| tab(&pane(session))));
        let comma = if project > 0 { "," } else { "" };
        write!(
            projects,
            "{comma}{{\"folder\":\"{folder}\",\"tabs\":[{}]}}",
            tabs.join(",")
        )
        .expect("a string takes all");
    }
    format!("{{\"version\":1,\"projects\":[{projects}]}}")
}

/// Starts a session for each of `scripts`, and returns the layout that shows all of them in one tab; the first has the
/// keyboard.
#[allow(dead_code, reason = "benches use it")]
pub fn in_one_tab(agor: &Agor, scripts: &[&str], columns: usize) -> String {
    let folder = agor.work();
    let folder = folder.to_str().expect("utf-8");
    let sessions = scripts.iter().map(|script| session(agor, folder, script));
    let sessions: Vec<_> = sessions.collect();
    let tab = match &sessions[..] {
        [only] => tab(&pane(only)),
        several => tab(&tiles(several, columns)),
    };
    format!("{{\"version\":1,\"projects\":[{{\"folder\":\"{folder}\",\"tabs\":[{tab}]}}]}}")
}

/// Starts a session that works, in the first project, where its badge is in view; waits until that is known.
#[allow(dead_code, reason = "benches use it")]
pub fn start_work(agor: &Agor) {
    let folder = agor.work().join("project-0");
    let working = session(agor, folder.to_str().expect("utf-8"), WORK);
    step_until("it works", || {
        (agor.info(&working)["state"] == "working").then_some(())
    });
}

fn session(agor: &Agor, folder: &str, script: &str) -> String {
    let new = ["new", "--project", folder, "--", "bash", "-c", script];
    agor.ok(&new).trim().to_owned()
}

fn pane(session: &str) -> String {
    format!("{{\"session\":\"{session}\"}}")
}

fn tab(panes: &str) -> String {
    format!("{{\"panes\":{panes}}}")
}

/// Returns rows of so many sessions side by side.
fn tiles(sessions: &[String], columns: usize) -> String {
    let part = |node: &str| format!("{{\"share\":1.0,{}", &node[1..]);
    let rows = sessions.chunks(columns).map(|row| {
        let panes: Vec<_> = row.iter().map(|session| part(&pane(session))).collect();
        part(&format!("{{\"beside\":[{}]}}", panes.join(",")))
    });
    let rows: Vec<_> = rows.collect();
    format!("{{\"below\":[{}]}}", rows.join(","))
}

/// Opens a window that shows a layout, and waits until all of it is drawn.
pub fn open(stage: &mut Stage, layout: &str) -> Window {
    // The first window makes the database; its own layout gives way.
    stage.open(&[]).crash();
    let database = stage.agor.path("home/.local/share/agor/client.db");
    let set = format!(
        "DELETE FROM documents WHERE name = 'layout'; \
         INSERT INTO documents (name, json, rev, at_millis) VALUES ('layout', '{layout}', 1, 1)"
    );
    let done = Command::new("sqlite3")
        .args(["-cmd", ".timeout 5000"])
        .arg(database)
        .arg(set)
        .status();
    assert!(done.expect("sqlite3 runs").success());
    let window = stage.open(&[]);
    step_until("every pane is shown", || {
        window.log().contains("all is shown").then_some(())
    });
    window
}

/// Waits until a window has drawn nothing for two seconds.
pub fn settle(window: &Window) {
    let mut last = window.frames();
    step_until("the window is quiet", || {
        pass(Duration::from_secs(2));
        let now = window.frames();
        (std::mem::replace(&mut last, now) == now).then_some(())
    });
}

/// Lets the clock go on: what is measured is what happens meanwhile.
pub fn pass(time: Duration) {
    let slept = Command::new("sleep")
        .arg(time.as_secs_f64().to_string())
        .status();
    assert!(slept.expect("sleep runs").success());
}

/// Returns the processor time that a process has had, in whole hundredths of a second, also in threads that ended.
pub fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let behind_name = stat.rsplit(')').next().expect("fields");
    let fields: Vec<_> = behind_name.split_whitespace().collect();
    // utime and stime; the first field behind the name is the third.
    let ticks = |at: usize| fields[at].parse::<u64>().expect("a number");
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// Returns the processor time that the first thread of a process has had: a window's draws.
#[allow(dead_code, reason = "benches use it")]
pub fn first_thread_cpu(pid: u32) -> Duration {
    let path = format!("/proc/{pid}/task/{pid}/schedstat");
    let stat = fs::read_to_string(path).expect("a process");
    let nanos = stat.split_whitespace().next();
    Duration::from_nanos(nanos.and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}
