//! What a window's log tells of its frames, read as it grows.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use crate::agor::step_until;

/// What the log has told since it was last read.
pub struct Frames {
    path: PathBuf,
    read: u64,
    /// What was read of the last line, which may be half a line.
    rest: String,
    /// The command that the next frame carries out.
    command: Option<String>,
    /// Where the cursor stands in the next frame.
    cursor_col: Option<u16>,
    /// Frames that were submitted.
    pub submitted: Vec<Frame>,
}

/// A frame that was submitted.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The command that was carried out with it, if one was.
    pub command: Option<String>,
    /// Where the cursor stands in the session that has the keyboard, if one has.
    pub cursor_col: Option<u16>,
    /// The drawing thread's processor time for it.
    pub cpu: Duration,
    /// The process's processor time until then.
    pub process: Duration,
}

impl Frames {
    /// Returns what is told from now on.
    pub fn from_now(path: PathBuf) -> Self {
        let mut frames = Self::whole(path);
        frames.read();
        frames.submitted.clear();
        frames
    }

    /// Returns what is told from the begin of the log.
    pub fn whole(path: PathBuf) -> Self {
        Self {
            path,
            read: 0,
            rest: String::new(),
            command: None,
            cursor_col: None,
            submitted: Vec::new(),
        }
    }

    /// Reads on.
    pub fn read(&mut self) {
        let mut file = File::open(&self.path).expect("a log");
        file.seek(SeekFrom::Start(self.read)).expect("a file");
        let mut text = Vec::new();
        self.read += file.read_to_end(&mut text).expect("a log") as u64;
        let text = format!("{}{}", self.rest, String::from_utf8_lossy(&text));
        let (whole, rest) = text.rsplit_once('\n').unwrap_or(("", &text));
        for line in whole.lines() {
            self.line(line);
        }
        self.rest = rest.to_owned();
    }

    fn line(&mut self, line: &str) {
        let field = |name: &str| {
            let value = line.split_once(name)?.1;
            value.split_whitespace().next().map(ToOwned::to_owned)
        };
        if let Some(command) = field(" command=\"") {
            self.command = Some(command.trim_matches('"').to_owned());
        }
        if let Some(col) = field(" cursor_col=") {
            self.cursor_col = col.parse().ok();
        }
        let micros = |name: &str| field(name)?.parse().ok().map(Duration::from_micros);
        if let (Some(cpu), Some(process)) = (micros("cpu_micros="), micros("process_micros=")) {
            self.submitted.push(Frame {
                command: self.command.take(),
                cursor_col: self.cursor_col.take(),
                cpu,
                process,
            });
        }
    }

    /// Waits for the frame that carries a command out.
    pub fn of(&mut self, command: &str) -> Frame {
        let from = self.submitted.len();
        let what = format!("{command} is submitted");
        step_until(&what, || self.seen(from, command))
    }

    /// Returns the frame that carried a command out, if it is among those from the `from`th on.
    pub fn seen(&mut self, from: usize, command: &str) -> Option<Frame> {
        self.read();
        let is_it = |frame: &&Frame| frame.command.as_deref() == Some(command);
        self.submitted[from..].iter().find(is_it).cloned()
    }
}

/// Returns the milliseconds that `percent` of all took at most.
pub fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times[at].as_secs_f64() * 1e3
}
