//! The caller's own terminal: its size, its raw mode, what is typed into it. However this process
//! ends, short of being killed outright, the terminal is as it was.

mod keys;

use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, Once, PoisonError};

use agor_proto::ids::Size;
use rustix::fs::FileType;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc;

pub use keys::{KeyParser, same_key};

/// Pieces of input that wait to be looked at; beyond it typing waits.
const WAITING_MAX: usize = 64;

/// Title kept; alternate screen; pastes marked; the wheel does not become arrow keys.
const ENTER: &[u8] = b"\x1b[22;0t\x1b[?1049h\x1b[?2004h\x1b[?1007l\x1b[0m\x1b[2J\x1b[H";

/// Everything that was switched on, and everything that a painted program could have wanted.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\
    \x1b[?2004l\x1b[?1007h\x1b[?5l\x1b[?7h\x1b[0m\x1b[0 q\x1b[?25h\x1b[?1049l\x1b[23;0t";

static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
static RESTORE_ON_PANIC: Once = Once::new();

/// Returns the size of the caller's terminal, if one of the standard streams is one.
pub fn size() -> Option<Size> {
    let size = tcgetwinsize(io::stdout())
        .or_else(|_| tcgetwinsize(io::stdin()))
        .or_else(|_| tcgetwinsize(io::stderr()))
        .ok()?;
    if size.ws_col == 0 || size.ws_row == 0 {
        return None;
    }
    let size = Size {
        cols: size.ws_col,
        rows: size.ws_row,
        width_px: size.ws_xpixel,
        height_px: size.ws_ypixel,
    };
    Some(size.clamped())
}

/// Says whether there is a terminal to show something on and to type into.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Says whether standard input is a pipe, a socket or a file, from which comes what there is and then
/// its end.
pub fn is_piped() -> bool {
    rustix::fs::fstat(io::stdin()).is_ok_and(|stat| {
        matches!(
            FileType::from_raw_mode(stat.st_mode),
            FileType::Fifo | FileType::Socket | FileType::RegularFile
        )
    })
}

/// The terminal while it is this process's: raw, on its alternate screen. Dropping it gives the
/// terminal back; so does a panic.
#[derive(Debug)]
pub struct Taken(());

impl Taken {
    /// Takes the terminal.
    ///
    /// # Errors
    /// What the system said.
    pub fn take() -> io::Result<Self> {
        RESTORE_ON_PANIC.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        let stdin = io::stdin();
        let before = tcgetattr(stdin.as_fd())?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let taken = Self(());
        tcsetattr(stdin.as_fd(), OptionalActions::Drain, &raw)?;
        write(ENTER)?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // Nobody looks at a terminal that is gone.
        write(LEAVE).ok();
        tcsetattr(io::stdin().as_fd(), OptionalActions::Drain, &before).ok();
    }
}

/// Writes to the terminal, all of it.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Returns what comes from standard input, until its terminal is gone or its pipe ends. The thread that reads ends with
/// the process: a read of a terminal cannot be called off.
pub fn typed() -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let read = move || {
        let mut bytes = [0; 4_096];
        while let Ok(count @ 1..) = io::stdin().read(&mut bytes) {
            if sender.blocking_send(bytes[..count].to_vec()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("typing".into())
        .spawn(read)?;
    Ok(receiver)
}
