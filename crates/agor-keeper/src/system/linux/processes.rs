//! Who belongs to whom, from `/proc`.

use std::{
    fs::{self, File, ReadDir},
    io::{self, Read},
};

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal},
};

use crate::{SessionKey, caps};

/// A process that is not dead, as it was when it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// When it was started; with the number it names a process for ever.
    pub(crate) started: u64,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// The session named in its environment.
    pub(crate) marker: Option<SessionKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Alive,
    /// Ended; only its parent has not asked how.
    Dead,
}

/// A look at all processes in small steps, so that the loop goes on meanwhile.
pub(crate) struct Scan {
    listing: ReadDir,
    looked: usize,
    found: Vec<Process>,
    environ: Vec<u8>,
    marker: &'static str,
}

impl Scan {
    /// Begins a look; `marker` names the variable that holds a session's key.
    pub(crate) fn begin(marker: &'static str) -> io::Result<Self> {
        let listing = fs::read_dir("/proc")?;
        Ok(Self {
            listing,
            looked: 0,
            found: Vec::new(),
            environ: Vec::new(),
            marker,
        })
    }

    /// Looks at up to `count` more processes; returns all of them once there are no more.
    pub(crate) fn step(&mut self, count: usize) -> Option<Vec<Process>> {
        for _ in 0..count {
            let entry = self
                .listing
                .next()
                .filter(|_| self.looked < caps::SCAN_PROCESSES);
            let Some(entry) = entry else {
                return Some(std::mem::take(&mut self.found));
            };
            self.looked += 1;
            let pid = entry
                .ok()
                .and_then(|entry| entry.file_name().to_str()?.parse().ok());
            if let Some(process) = pid.and_then(look_at) {
                let marker = self.marker_of(process.pid);
                self.found.push(Process { marker, ..process });
            }
        }
        None
    }

    /// Returns the session named in a process's environment, if we may see that.
    fn marker_of(&mut self, pid: u32) -> Option<SessionKey> {
        self.environ.clear();
        let file = File::open(format!("/proc/{pid}/environ")).ok()?;
        file.take(caps::ENVIRON_BYTES as u64)
            .read_to_end(&mut self.environ)
            .ok()?;
        find_marker(&self.environ, self.marker.as_bytes())
    }
}

/// Returns when a process was started, also of one that is dead but not reaped.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    read_stat(pid).map(|(process, _)| process.started)
}

/// Sends a signal to the process of that number, if it is still the one started then.
pub(crate) fn signal_process(pid: u32, started: u64, signal: Signal) -> io::Result<()> {
    let number = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(Errno::SRCH)?;
    // The descriptor pins whoever has the number now; the look after it says who that is.
    let pinned = match pidfd_open(number, PidfdFlags::empty()) {
        Ok(fd) => Some(fd),
        Err(Errno::NOSYS) => None,
        Err(errno) => return Err(errno.into()),
    };
    if look_at(pid).is_none_or(|process| process.started != started) {
        return Err(Errno::SRCH.into());
    }
    match pinned {
        Some(fd) => pidfd_send_signal(fd, signal)?,
        None => kill_process(number, signal)?,
    }
    Ok(())
}

fn look_at(pid: u32) -> Option<Process> {
    read_stat(pid)
        .filter(|(_, life)| *life == Life::Alive)
        .map(|(process, _)| process)
}

fn read_stat(pid: u32) -> Option<(Process, Life)> {
    let mut stat = [0; 1024];
    let len = File::open(format!("/proc/{pid}/stat"))
        .ok()?
        .read(&mut stat)
        .ok()?;
    parse_stat(pid, &stat[..len])
}

/// Reads what the kernel says; the name in parentheses may hold anything, even parentheses.
fn parse_stat(pid: u32, stat: &[u8]) -> Option<(Process, Life)> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let life = match fields.next()? {
        "Z" | "X" | "x" => Life::Dead,
        _ => Life::Alive,
    };
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    // Start time is the 22nd field; the session was the 6th.
    let started = fields.nth(15)?.parse().ok()?;
    Some((
        Process {
            pid,
            started,
            parent,
            group,
            session,
            marker: None,
        },
        life,
    ))
}

fn find_marker(environ: &[u8], name: &[u8]) -> Option<SessionKey> {
    let value = environ
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))?;
    let mut key = [0; 16];
    let mut digits = value.iter().filter(|byte| **byte != b'-');
    for byte in &mut key {
        let (high, low) = (digits.next()?, digits.next()?);
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = (digit(high)? * 16 + digit(low)?) as u8;
    }
    digits.next().is_none().then_some(SessionKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = b"42 (a) Z (b)) S 7 8 9 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2";
        let (process, life) = parse_stat(42, stat).unwrap();
        assert_eq!(life, Life::Alive);
        let Process {
            parent,
            group,
            session,
            started,
            ..
        } = process;
        assert_eq!((parent, group, session, started), (7, 8, 9, 12345));
    }

    #[test]
    fn a_process_that_only_waits_to_be_reaped_is_dead() {
        let stat = b"42 (x) Z 7 8 9 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2";
        assert_eq!(parse_stat(42, stat).unwrap().1, Life::Dead);
    }

    #[test]
    fn the_marker_is_found_only_under_its_whole_name_and_in_its_whole_form() {
        let key = SessionKey([0xab; 16]);
        let good = format!("A=1\0M={key}\0B=2\0");
        assert_eq!(find_marker(good.as_bytes(), b"M"), Some(key));
        for bad in [
            format!("XM={key}\0"),
            "M=abc\0".into(),
            format!("M={key}0\0"),
        ] {
            assert_eq!(find_marker(bad.as_bytes(), b"M"), None, "{bad:?}");
        }
    }
}
