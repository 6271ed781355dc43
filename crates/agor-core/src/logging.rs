//! Where the logs of host and window go. What is logged is decided where it happens; nothing there may be
//! output, keys or secrets.

mod tail;

pub use tail::{Tail, follow};

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use crate::paths::Paths;

/// A log larger than this begins anew when a host starts; one old log is kept beside it.
const LOG_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What is logged unless `AGOR_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info";

/// Whose log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The host's; on standard error too if `aloud`.
    Host {
        /// Whether somebody reads it there.
        aloud: bool,
    },
    /// A window's.
    Window,
}

/// Writes the log of this process to its log file.
/// `AGOR_LOG` says what is logged, in the form of `info,agor_core::host=debug`.
///
/// # Errors
/// What the system said about the file.
pub fn start(paths: &Paths, whose: Whose) -> io::Result<()> {
    let file = match whose {
        Whose::Host { .. } => open(&paths.host_log())?,
        Whose::Window => open(&paths.window_log())?,
    };
    let aloud = whose == Whose::Host { aloud: true };
    let filter = filter(std::env::var("AGOR_LOG").ok());
    let format = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(true);
    let started = if aloud {
        let both = Arc::new(Both(file));
        format.with_writer(move || Both::clone_of(&both)).try_init()
    } else {
        format.with_writer(Arc::new(file)).try_init()
    };
    started.map_err(io::Error::other)?;
    log_panics();
    Ok(())
}

/// Makes a panic a line of the log too, since nobody reads a detached process's standard error.
fn log_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(
            place,
            thread = std::thread::current().name(),
            "a task panicked"
        );
        before(panic);
    }));
}

fn filter(wanted: Option<String>) -> EnvFilter {
    let wanted = wanted.filter(|wanted| !wanted.is_empty());
    wanted
        .and_then(|wanted| EnvFilter::try_new(wanted).ok())
        .unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER))
}

fn open(path: &Path) -> io::Result<File> {
    let large = fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_MAX_BYTES);
    if large {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

/// A file and standard error.
#[derive(Debug)]
struct Both(File);

/// A line on its way to both.
struct Line(Arc<Both>);

impl Both {
    fn clone_of(both: &Arc<Self>) -> Line {
        Line(Arc::clone(both))
    }
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nobody may read standard error; the file counts.
        io::stderr().write_all(bytes).ok();
        (&self.0.0).write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.0.0).flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_log_goes_on_until_it_is_large_and_then_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.log");
        open(&path).unwrap().write_all(b"first\n").unwrap();
        open(&path).unwrap().write_all(b"second\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first\nsecond\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        open(&path).unwrap().set_len(LOG_MAX_BYTES + 1).unwrap();
        open(&path).unwrap().write_all(b"third\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "third\n");
        let old = fs::metadata(folder.path().join("host.log.old")).unwrap();
        assert_eq!(old.len(), LOG_MAX_BYTES + 1);
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_the_default() {
        assert_eq!(
            filter(Some("agor_core=nonsense".into())).to_string(),
            DEFAULT_FILTER
        );
        assert_eq!(filter(None).to_string(), DEFAULT_FILTER);
        assert_eq!(filter(Some("debug".into())).to_string(), "debug");
    }
}
