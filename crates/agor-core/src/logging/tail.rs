//! The last lines of a log, for who looks at it: read when it is opened, and again when it was written on.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::folder_watch::FolderWatch;

/// Bytes that are read from the end.
const TAIL_BYTES: u64 = 256 * 1024;

/// Lines that are told.
const LINES_MAX: usize = 500;

/// Characters of a line; nobody reads more of one.
const LINE_MAX: usize = 2_000;

/// How soon what is written on is read again.
const PACE: Duration = Duration::from_secs(1);

/// The last lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Its file.
    pub path: PathBuf,
    /// The lines, the newest last.
    pub lines: Vec<String>,
    /// Why there are none, in a sentence.
    pub problem: Option<String>,
}

impl Tail {
    /// Returns the last lines of a file as they are now.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let (lines, problem) = match last_lines(path) {
            Ok(lines) => (lines, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = format!("{} is not there: nothing was logged yet", path.display());
                (Vec::new(), Some(text))
            }
            Err(error) => {
                let text = format!("{} cannot be read: {error}", path.display());
                (Vec::new(), Some(text))
            }
        };
        Self {
            path: path.to_owned(),
            lines,
            problem,
        }
    }
}

fn last_lines(path: &Path) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // What begins before what was read is no line.
    let whole = match (from, text.split_once('\n')) {
        (1.., Some((_, rest))) => rest,
        _ => &text,
    };
    let lines: Vec<_> = whole.lines().collect();
    let first = lines.len().saturating_sub(LINES_MAX);
    let lines = lines.into_iter().skip(first).map(shown);
    Ok(lines.collect())
}

/// Returns a line without what would change how others are shown.
fn shown(line: &str) -> String {
    let mut chars = line.chars();
    let is_plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut shown: String = chars.by_ref().take(LINE_MAX).map(is_plain).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Tells the last lines of a log at once, and again whenever it was written on or began anew, once a second at the most.
/// Where the system cannot say that a file has changed, once.
pub async fn follow(path: PathBuf, mut tell: impl FnMut(Tail)) {
    // Before it is read, so that nothing is missed.
    let mut watch = path
        .parent()
        .and_then(|folder| FolderWatch::written(folder).ok());
    let mut last = None;
    loop {
        let path = path.clone();
        let Ok(tail) = tokio::task::spawn_blocking(move || Tail::read(&path)).await else {
            return;
        };
        if last.as_ref() != Some(&tail) {
            tell(tail.clone());
            last = Some(tail);
        }
        let Some(watch) = &mut watch else { return };
        if watch.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(PACE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_last_lines_are_read_however_large_and_damaged_the_file_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.log");
        let missing = Tail::read(&path);
        assert!(missing.problem.is_some_and(|it| it.contains("not there")));
        let mut file = File::create(&path).unwrap();
        for number in 0..20_000 {
            writeln!(file, "line {number} of many").unwrap();
        }
        file.write_all(b"\x1b[31mred\xff\n").unwrap();
        writeln!(file, "{}", "x".repeat(5_000)).unwrap();
        let tail = Tail::read(&path);
        assert_eq!(tail.lines.len(), LINES_MAX);
        assert_eq!(tail.lines[0], "line 19502 of many");
        assert_eq!(tail.lines[498], " [31mred\u{fffd}");
        assert_eq!(tail.lines[499].chars().count(), LINE_MAX + 1);
        std::fs::write(&path, "x".repeat(1_000_000)).unwrap();
        // One line without an end is shown as far as it was read.
        assert_eq!(Tail::read(&path).lines.len(), 1);
        let of_a_folder = Tail::read(folder.path());
        assert!(of_a_folder.problem.is_some());
    }

    #[tokio::test]
    async fn what_is_written_and_what_begins_anew_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.log");
        let mut file = File::create(&path).unwrap();
        writeln!(file, "first").unwrap();
        let (told, mut tails) = tokio::sync::mpsc::channel(16);
        let follows = tokio::spawn(follow(path.clone(), move |tail| {
            told.try_send(tail).unwrap();
        }));
        assert_eq!(tails.recv().await.unwrap().lines, ["first"]);
        writeln!(file, "second").unwrap();
        assert_eq!(tails.recv().await.unwrap().lines, ["first", "second"]);
        std::fs::rename(&path, folder.path().join("host.log.old")).unwrap();
        std::fs::write(&path, "anew\n").unwrap();
        while tails.recv().await.unwrap().lines != ["anew"] {}
        follows.abort();
    }
}
