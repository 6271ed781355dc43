//! The same echo through tmux: a client on a terminal of ours, the key written to it, its echo read
//! from it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::Times;
use crate::echo::{ECHO, answered, asking};

const PAUSE: Duration = Duration::from_millis(12);

/// Returns how long keys took to come back, with so many windows that print without end; nothing
/// where there is no tmux.
pub async fn echo(floods: usize, keys: usize) -> Option<Times> {
    tokio::task::spawn_blocking(move || measure(floods, keys))
        .await
        .expect("it ends")
}

/// Returns how long a program in tmux waits for each of so many answers of its terminal, half and 99 of
/// 100, in a window beside that at which a client looks; nothing where there is no tmux.
pub fn status(floods: usize, count: usize) -> Option<[f64; 2]> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("answers");
    let server = flooded(floods, "exec sleep 1000")?;
    // The floods print in other windows: what it draws is a status line now and then.
    let _attached = Attached::to(&server);
    assert!(
        server.run(&["has-session"]),
        "tmux ended before it was asked"
    );
    let command = asking(count, &file).join(" ");
    assert!(server.run(&["new-window", "-d", &command]));
    Some(answered(&file))
}

/// Returns how long a program in tmux takes to print a file; nothing where there is no tmux.
pub fn printed(file: &Path) -> Option<Duration> {
    let server = flooded(0, "exec sleep 1000")?;
    let file = file.to_str().expect("UTF-8");
    let command = format!("cat {file}; {} wait-for -S printed", server.typed());
    let began = Instant::now();
    assert!(server.run(&["new-window", "-d", &command]));
    assert!(server.run(&["wait-for", "printed"]));
    Some(began.elapsed())
}

/// Returns a server with a window of `command` and so many that print without end; nothing where there
/// is no tmux.
fn flooded(floods: usize, command: &str) -> Option<Server> {
    // One that has just been told to end may still be there.
    static SERVERS: AtomicU32 = AtomicU32::new(0);
    let number = SERVERS.fetch_add(1, Ordering::Relaxed);
    let server = Server(format!("agor-bench-{}-{number}", std::process::id()));
    if !server.run(&["new-session", "-d", "-x", "120", "-y", "40", command]) {
        println!("there is no tmux to compare with");
        return None;
    }
    for _ in 0..floods {
        assert!(server.run(&["new-window", "-d", "exec yes"]));
    }
    Some(server)
}

struct Server(String);

impl Server {
    /// Returns what a program in it types to say something to it.
    fn typed(&self) -> String {
        format!("tmux -L {}", self.0)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command
            .args(["-L", &self.0, "-f", "/dev/null"])
            .args(args)
            .env_remove("TMUX")
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8");
        command
    }

    fn run(&self, args: &[&str]) -> bool {
        let status = self.command(args).stdin(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn measure(floods: usize, keys: usize) -> Option<Times> {
    let server = flooded(floods, ECHO)?;
    let mut attached = Attached::to(&server);
    let (master, reader) = (&mut attached.master, &attached.reader);
    let mut times = Times::default();
    for n in 0..keys {
        std::thread::park_timeout(PAUSE);
        if n % 100 == 99 {
            master.write_all(b"\r\n").expect("tmux reads");
            reader.quiet(Duration::from_millis(50));
            continue;
        }
        let mark = [b"abcdefghij"[n % 10]];
        reader.drain();
        let typed = Instant::now();
        master.write_all(&mark).expect("tmux reads");
        while !reader.next().contains(&mark[0]) {}
        times.add(typed.elapsed());
    }
    Some(times)
}

/// A client of tmux on a terminal of ours.
struct Attached {
    client: Child,
    master: File,
    reader: Reader,
}

impl Attached {
    /// Returns one that has drawn its first picture.
    fn to(server: &Server) -> Self {
        let (master, slave) = terminal();
        let clone = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("a descriptor"));
        let client = server
            .command(&["attach"])
            .stdin(clone(&slave))
            .stdout(clone(&slave))
            .stderr(clone(&slave))
            .spawn()
            .expect("tmux runs");
        drop(slave);
        let reader = Reader::over(master.try_clone().expect("a descriptor"));
        // The first picture, and what of the status line comes later.
        reader.quiet(Duration::from_millis(700));
        Self {
            client,
            master,
            reader,
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.client.kill().ok(); // It may have ended with its server.
        self.client.wait().ok();
    }
}

fn terminal() -> (File, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let master = openpt(flags).expect("a terminal");
    unlockpt(&master).expect("a terminal");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let slave = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().expect("UTF-8"))
        .expect("a terminal");
    let size = Winsize {
        ws_row: 40,
        ws_col: 120,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size).expect("a terminal");
    (File::from(master), slave.into())
}

/// Reads the terminal on a thread of its own.
struct Reader(std::sync::mpsc::Receiver<Vec<u8>>);

impl Reader {
    fn over(mut terminal: File) -> Self {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1_024);
        std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while let Ok(count) = terminal.read(&mut bytes) {
                if count == 0 || sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self(receiver)
    }

    fn next(&self) -> Vec<u8> {
        let patience = Duration::from_secs(20);
        self.0.recv_timeout(patience).expect("tmux answers")
    }

    fn drain(&self) {
        while self.0.try_recv().is_ok() {}
    }

    fn quiet(&self, pause: Duration) {
        while self.0.recv_timeout(pause).is_ok() {}
    }
}
