//! What a frame costs the thread that draws: building, sending, encoding and submitting, without
//! waiting for the device; beside the same content drawn as text of egui's. Prints JSON lines, and between
//! them what a frame's time was spent for.
//!
//! `cargo xtask bench render`, or `cargo bench --workspace --bench render [-- PART OF A NAME]`. Times are what
//! the thread itself spent on the processor, the median of many frames. Between frames the device finishes, so
//! that a software driver's threads do not take caches and processor meanwhile; other programs still do. Where there
//! is a graphics card everything is measured with it too, and how long it takes for a frame.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "render/content.rs"]
mod content;
#[path = "render/drawn.rs"]
mod drawn;
#[path = "render/echo.rs"]
mod echo;
#[path = "render/egui_text.rs"]
mod egui_text;
#[path = "render/panes.rs"]
mod panes;
#[path = "render/wall.rs"]
mod wall;

use std::time::Duration;

use agor_render::{FontSpec, Gpu};

use content::{Change, Content};

/// Frames that are measured, after [`WARM_UP`], in which every row was another twice.
const FRAMES: usize = 80;
const WARM_UP: usize = 120;

/// Panes side by side, all of which change in the same way.
struct Case {
    panes: usize,
    columns: u16,
    rows: usize,
    change: Change,
    /// The most milliseconds that it may take.
    bar: Option<f64>,
    /// Whether egui draws it too.
    beside: bool,
    /// Whether sequences of operators are joined, as windows have it unless one wants it otherwise. egui joins none.
    ligatures: bool,
}

const CASES: &[Case] = &[
    case(1, (80, 24), Change::Nothing, None),
    beside(64, (80, 24), Change::Everything, 1.5),
    beside(64, (80, 24), Change::OneRow, 0.4),
    case(64, (80, 24), Change::Scrolled, None),
    beside(64, (80, 24), Change::Nothing, 0.1),
    beside(16, (200, 50), Change::Everything, 1.7),
    case(16, (200, 50), Change::OneRow, None),
    case(1, (200, 50), Change::Everything, None),
    joined(case(64, (80, 24), Change::Everything, None)),
];

const fn case(panes: usize, size: (u16, usize), change: Change, bar: Option<f64>) -> Case {
    let (columns, rows) = size;
    Case {
        panes,
        columns,
        rows,
        change,
        bar,
        beside: false,
        ligatures: false,
    }
}

const fn joined(case: Case) -> Case {
    Case {
        ligatures: true,
        ..case
    }
}

const fn beside(panes: usize, size: (u16, usize), change: Change, bar: f64) -> Case {
    let case = case(panes, size, change, Some(bar));
    Case {
        beside: true,
        ..case
    }
}

fn main() {
    let only: Option<String> = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let wanted = |name: &str| only.as_ref().is_none_or(|only| name.contains(only));
    let software = pollster::block_on(Gpu::open(true)).unwrap();
    println!("{}", software.name);
    measure(&software, "", &wanted);
    match pollster::block_on(Gpu::open(false)) {
        Ok(card) if !card.software => {
            println!("{}", card.name);
            let on = ", on a graphics card";
            measure(&card, on, &wanted);
            let name = format!("64 x 80x24 every row changed, from submit to drawn{on}");
            if wanted(&name) {
                report(&name, &drawn::measure(&card), Some(1.0), None);
            }
        }
        // The case of a frame's own time, which software would not say anything about, is left out.
        _ => println!("no graphics card is at hand"),
    }
}

/// Runs the cases that are `wanted` by their name, of which `on` is the end.
fn measure(gpu: &Gpu, on: &str, wanted: &impl Fn(&str) -> bool) {
    for case in CASES {
        let name = format!("{}{on}", name(case));
        if !wanted(&name) {
            continue;
        }
        let content = || Content::new(case.panes, case.columns, case.rows, case.change);
        let font = FontSpec {
            ligatures: case.ligatures,
            ..FontSpec::default()
        };
        let times = panes::measure(gpu, &mut content(), case.columns, font);
        let peer = case.beside.then(|| egui_text::measure(gpu, &mut content()));
        report(&name, &times, case.bar, peer.as_ref());
    }
    let name = format!("wall of 256 sessions, 10 change{on}");
    if wanted(&name) {
        report(&name, &wall::measure(gpu), Some(2.0), None);
    }
    for floods in [0, echo::FLOODS] {
        let name = format!("a key's echo, {floods} panes print beside{on}");
        if wanted(&name) {
            let times = echo::measure(gpu, floods);
            report(&format!("{name}, p50"), &times, None, None);
            let value = times.at(99, |frame| frame.iter().sum());
            println!("  p99 {value:.3} (at most 4)");
            println!("{{\"case\":\"{name}, p99\",\"value\":{value:.3},\"unit\":\"ms\"}}");
        }
    }
    if on.is_empty() && wanted("memory") {
        panes::memory(gpu);
    }
}

/// What the frames of a case took, each in parts.
#[derive(Default)]
pub struct Times {
    /// What the parts are.
    pub parts: &'static [&'static str],
    frames: Vec<Vec<Duration>>,
    /// Anything else worth a word.
    pub words: String,
}

impl Times {
    /// Adds a frame: when it began and when each of its parts ended.
    pub fn add(&mut self, marks: &[Duration]) {
        let parts = marks.windows(2).map(|pair| pair[1] - pair[0]);
        self.frames.push(parts.collect());
    }

    /// Returns the milliseconds of the frame in the middle, by whatever of it.
    fn median(&self, of: impl Fn(&[Duration]) -> Duration) -> f64 {
        self.at(50, of)
    }

    /// Returns the milliseconds than which so many of a hundred frames took less.
    fn at(&self, percent: usize, of: impl Fn(&[Duration]) -> Duration) -> f64 {
        let mut sorted: Vec<Duration> = self.frames.iter().map(|frame| of(frame)).collect();
        sorted.sort_unstable();
        sorted[sorted.len() * percent / 100].as_secs_f64() * 1e3
    }

    fn all(&self) -> f64 {
        self.median(|frame| frame.iter().sum())
    }

    fn in_words(&self) -> String {
        let part = |(n, name)| format!("{name} {:.3}", self.median(|frame| frame[n]));
        let parts: Vec<String> = self.parts.iter().enumerate().map(part).collect();
        format!("{}{}", parts.join(", "), self.words)
    }
}

fn report(name: &str, times: &Times, bar: Option<f64>, peer: Option<&Times>) {
    let bar = bar.map_or(String::new(), |bar| format!(" (at most {bar})"));
    println!("{name}{bar}: {}", times.in_words());
    let beside = peer.map_or(String::new(), |peer| {
        println!("  as text of egui's: {}", peer.in_words());
        let ratio = peer.all() / times.all();
        println!("  {ratio:.1} times as much");
        format!(",\"peer\":\"egui text\",\"peer_value\":{:.3}", peer.all())
    });
    let value = times.all();
    println!("{{\"case\":\"{name}\",\"value\":{value:.3},\"unit\":\"ms\"{beside}}}");
}

/// Returns how long this thread was on the processor.
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn name(case: &Case) -> String {
    let change = match case.change {
        Change::Everything => "every row changed",
        Change::OneRow => "one row each",
        Change::Scrolled => "scrolled by one",
        Change::Nothing => "nothing changed",
    };
    let joined = if case.ligatures {
        ", sequences joined"
    } else {
        ""
    };
    let (panes, columns, rows) = (case.panes, case.columns, case.rows);
    format!("{panes} x {columns}x{rows} {change}{joined}")
}
