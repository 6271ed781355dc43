//! A keeper to test against, and a host that records what it reads.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader},
    os::fd::AsFd,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use agor_keeper::{
    Event, Exit, Hello, Io, KeeperError, KeeperLink, PtySize, Request, RingFds, RingReader,
    SessionKey, SpawnSpec, Start,
    record::{self, Record},
};
use rustix::event::{PollFd, PollFlags, poll};

pub const SOCKET_VARIABLE: &str = "AGOR_KEEPER_TEST_SOCKET";
/// How the keeper begins that this binary runs as: what its command line would say.
pub const START_VARIABLE: &str = "AGOR_KEEPER_TEST_START";
pub const SIZE: PtySize = PtySize {
    cols: 80,
    rows: 24,
    xpix: 0,
    ypix: 0,
};
const PATIENCE: Duration = Duration::from_secs(20);

/// A record without borrowed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Out(Vec<u8>),
    Err(Vec<u8>),
    Resized(PtySize),
    Configured(Vec<u8>),
    Exited(Exit),
    Started(u32, PtySize),
    Closed,
}

/// A keeper in a process of its own, in a directory of its own.
pub struct TestKeeper {
    pub directory: tempfile::TempDir,
    pub process: Child,
}

impl TestKeeper {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let mut process = keeper_command(&directory.path().join("keeper"))
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let ready = stdout.lines().any(|line| line.unwrap().ends_with("ready"));
        assert!(ready, "the keeper did not start");
        Self { directory, process }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("keeper")
    }

    pub fn attach(&self, incarnation: u64) -> Host {
        Host::new(KeeperLink::connect(&self.socket(), incarnation).unwrap())
    }

    /// Returns the processor time that the keeper has used, in ticks of 10 ms.
    pub fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<_> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Returns the processor time that the keeper has used, exactly, over all its threads.
    pub fn cpu_time(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let nanos = threads.flatten().map(|thread| {
            let stat = fs::read_to_string(thread.path().join("schedstat")).unwrap();
            stat.split_whitespace()
                .next()
                .unwrap()
                .parse::<u64>()
                .unwrap()
        });
        Duration::from_nanos(nanos.sum())
    }

    /// Returns how often the keeper has gone to sleep, over all its threads.
    pub fn sleeps(&self) -> u64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok())
            .filter_map(|status| {
                let line = status
                    .lines()
                    .find(|l| l.starts_with("voluntary_ctxt_switches"))?;
                line.split_whitespace().nth(1)?.parse::<u64>().ok()
            })
            .sum()
    }
}

impl Drop for TestKeeper {
    fn drop(&mut self) {
        // It may have been shut down by the test.
        self.process.kill().ok();
        self.process.wait().unwrap();
    }
}

pub fn keeper_command(socket: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "keeper_process",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(SOCKET_VARIABLE, socket)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env("RUST_BACKTRACE", "0");
    command
}

/// A file with the number of a child that ends after a keeper's program has ended and before the next
/// one's has begun.
pub const KILL_VARIABLE: &str = "AGOR_KEEPER_TEST_KILL";

fn kill_between(file: &str) {
    let child = fs::read_to_string(file).unwrap();
    let number: i32 = child.trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(number).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let dead = || {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap();
        stat.rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with('Z')
    };
    while !dead() {
        std::thread::yield_now();
    }
}

/// Returns how the keeper begins that this process is.
pub fn start_of_process() -> Start {
    let Ok(line) = std::env::var(START_VARIABLE) else {
        return Start::Afresh;
    };
    let words: Vec<_> = line.split(' ').collect();
    match words[..] {
        ["keeper", "--socket", _, "--rehearse", fd] => Start::Rehearse(fd.parse().unwrap()),
        ["keeper", "--socket", _, "--take-over", fd] => {
            if let Ok(child) = std::env::var(KILL_VARIABLE) {
                kill_between(&child);
            }
            Start::TakeOver(fd.parse().unwrap())
        }
        _ => panic!("not how a program that takes over is run: {line:?}"),
    }
}

/// Writes a program into `directory` that a keeper of these tests can become.
pub fn next_program(directory: &Path, name: &str, before: &str) -> PathBuf {
    let program = directory.join(name);
    let test = std::env::current_exe().unwrap();
    // What it says as a rehearsal stands among words of the test's harness.
    let script = format!(
        "#!/bin/sh\n{before}\n\
         export {START_VARIABLE}=\"$*\" {SOCKET_VARIABLE}=\"$3\"\n\
         run() {{ $1 '{}' keeper_process --exact --ignored --nocapture --test-threads=1; }}\n\
         case $4 in\n\
         --rehearse) run | sed -n 's/.*\\(agor keeper understands .*\\)/\\1/p';;\n\
         *) run exec;;\n\
         esac\n",
        test.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    program
}

/// One session as a host sees it.
pub struct Tape {
    pub reader: RingReader,
    pub position: u64,
    pub entries: Vec<Entry>,
    pub offsets: Vec<u64>,
    /// Whether what was read is released at once.
    pub releasing: bool,
    /// Whether the ring is read at all.
    pub reading: bool,
}

impl Tape {
    pub fn new(ring: RingFds, incarnation: u64) -> Self {
        let reader = RingReader::map(ring, incarnation).unwrap();
        let position = reader.tail();
        Self {
            reader,
            position,
            entries: Vec::new(),
            offsets: Vec::new(),
            releasing: true,
            reading: true,
        }
    }

    pub fn pump(&mut self) {
        if !self.reading {
            return;
        }
        self.reader.clear_bell().unwrap();
        let mut bytes = Vec::new();
        let end = self
            .reader
            .read(self.position, usize::MAX, &mut bytes)
            .unwrap();
        for read in record::iter(self.position, &bytes) {
            self.offsets.push(read.offset);
            self.entries.push(match read.record {
                Record::Out(bytes) => Entry::Out(bytes.to_vec()),
                Record::Err(bytes) => Entry::Err(bytes.to_vec()),
                Record::Resized(size) => Entry::Resized(size),
                Record::Configured(bytes) => Entry::Configured(bytes.to_vec()),
                Record::Exited(exit) => Entry::Exited(exit),
                Record::Started { pid, size } => Entry::Started(pid, size),
                Record::Closed => Entry::Closed,
                other => panic!("{other:?}"),
            });
        }
        self.position = end;
        if self.releasing {
            self.reader.release(end).unwrap();
        }
    }

    pub fn output(&self) -> Vec<u8> {
        let out = self.entries.iter().filter_map(|entry| match entry {
            Entry::Out(bytes) => Some(&bytes[..]),
            _ => None,
        });
        out.collect::<Vec<_>>().concat()
    }

    pub fn errors(&self) -> Vec<u8> {
        let err = self.entries.iter().filter_map(|entry| match entry {
            Entry::Err(bytes) => Some(&bytes[..]),
            _ => None,
        });
        err.collect::<Vec<_>>().concat()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output()).replace('\r', "")
    }

    pub fn exit(&self) -> Option<Exit> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Exited(exit) => Some(*exit),
            _ => None,
        })
    }

    pub fn closed(&self) -> bool {
        self.entries.contains(&Entry::Closed)
    }
}

/// A host: one link, the rings of its sessions, and what it was told.
pub struct Host {
    pub link: KeeperLink,
    pub hello: Hello,
    pub tapes: BTreeMap<SessionKey, Tape>,
    pub events: Vec<Event>,
}

impl Host {
    pub fn new((link, mut hello): (KeeperLink, Hello)) -> Self {
        let tapes = hello
            .sessions
            .iter_mut()
            .map(|state| {
                (
                    state.session,
                    Tape::new(state.ring.take().unwrap(), link.incarnation()),
                )
            })
            .collect();
        Self {
            link,
            hello,
            tapes,
            events: Vec::new(),
        }
    }

    pub fn send(&mut self, request: Request) {
        self.link.send(&request).unwrap();
    }

    pub fn input(&mut self, session: SessionKey, seq: u64, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref().to_vec();
        self.send(Request::Input {
            session,
            source: 1,
            seq,
            bytes,
        });
    }

    /// Starts a session and waits until it runs.
    pub fn spawn(&mut self, spec: SpawnSpec) -> u32 {
        let key = spec.session;
        self.send(Request::Spawn(spec));
        self.until("the session to run", |host| {
            host.take(|event| match event {
                Event::Spawned { session, pid, .. } if *session == key => Some(*pid),
                Event::SpawnFailed { step, errno, .. } => panic!("{step:?}: errno {errno}"),
                _ => None,
            })
        })
    }

    /// Starts `script` with a shell in a terminal.
    pub fn shell(&mut self, number: u8, script: &str) -> SessionKey {
        self.spawn(shell(number, script));
        key(number)
    }

    pub fn tape(&self, session: SessionKey) -> &Tape {
        &self.tapes[&session]
    }

    /// Takes the first event that `choose` chooses.
    pub fn take<T>(&mut self, mut choose: impl FnMut(&Event) -> Option<T>) -> Option<T> {
        let chosen = self
            .events
            .iter()
            .enumerate()
            .find_map(|(i, e)| Some((i, choose(e)?)));
        chosen.map(|(index, value)| {
            self.events.remove(index);
            value
        })
    }

    /// Goes on until `condition` holds; fails after a long time.
    pub fn until<T>(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.pump();
            if let Some(value) = condition(self) {
                return value;
            }
            if Instant::now() >= deadline {
                let texts = self.tapes.values().map(|tape| {
                    tape.text()
                        .chars()
                        .rev()
                        .take(300)
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev()
                        .collect::<String>()
                });
                let texts: Vec<_> = texts.take(3).collect();
                let events: Vec<_> = self.events.iter().rev().take(3).collect();
                panic!("waited in vain for {what}; last events {events:?}, texts {texts:?}");
            }
            // Other things than descriptors may change the condition, so look again now and then.
            self.wait(Duration::from_millis(20));
        }
    }

    pub fn until_text(&mut self, session: SessionKey, text: &str) {
        self.until(text, |host| {
            host.tape(session).text().contains(text).then_some(())
        });
    }

    pub fn until_exit(&mut self, session: SessionKey) -> Exit {
        self.until("the exit", |host| host.tape(session).exit())
    }

    pub fn until_closed(&mut self, session: SessionKey) {
        self.until("the end of output", |host| {
            host.tape(session).closed().then_some(())
        });
    }

    pub fn until_done(&mut self, wanted: SessionKey, wanted_seq: u64) {
        self.until("the input to be written", |host| {
            host.take(|event| match event {
                Event::InputDone { session, seq, .. } => {
                    (*session == wanted && *seq >= wanted_seq).then_some(())
                }
                _ => None,
            })
        });
    }

    /// Kills a session and returns how many survived.
    pub fn kill(&mut self, session: SessionKey, grace_millis: u32) -> u32 {
        self.send(Request::Kill {
            session,
            grace_millis,
        });
        self.until("the kill", |host| {
            host.take(|event| match event {
                Event::Killed { survivors, .. } => Some(*survivors),
                _ => None,
            })
        })
    }

    pub fn ask_input(&mut self, session: SessionKey, source: u128) -> (u64, u64) {
        self.send(Request::AskInput { session, source });
        self.until("the state of the input", |host| {
            host.take(|event| match event {
                Event::InputState {
                    accepted, written, ..
                } => Some((*accepted, *written)),
                _ => None,
            })
        })
    }

    fn pump(&mut self) {
        self.link.flush().unwrap();
        while let Some(event) = self.link.recv().unwrap() {
            match event {
                Event::Spawned {
                    session,
                    pid,
                    existing,
                    ring,
                } => {
                    let incarnation = self.link.incarnation();
                    let copy = ring.try_clone().unwrap();
                    self.tapes
                        .entry(session)
                        .or_insert_with(|| Tape::new(copy, incarnation));
                    self.events.push(Event::Spawned {
                        session,
                        pid,
                        existing,
                        ring,
                    });
                }
                other => self.events.push(other),
            }
        }
        for tape in self.tapes.values_mut() {
            tape.pump();
        }
    }

    fn wait(&self, patience: Duration) {
        let mut polled = vec![PollFd::from_borrowed_fd(self.link.as_fd(), PollFlags::IN)];
        for tape in self.tapes.values().filter(|tape| tape.reading) {
            polled.push(PollFd::from_borrowed_fd(tape.reader.as_fd(), PollFlags::IN));
        }
        poll(&mut polled, Some(&patience.try_into().unwrap())).unwrap();
    }
}

/// Returns a session's name. Each test, being a thread, has names of its own, as sessions have in
/// the world: a kill finds its processes by them, whoever's they are.
pub fn key(number: u8) -> SessionKey {
    let mut hasher = DefaultHasher::new();
    (std::process::id(), std::thread::current().id()).hash(&mut hasher);
    let mut key = [number; 16];
    key[8..].copy_from_slice(&hasher.finish().to_le_bytes());
    SessionKey(key)
}

pub fn command(number: u8, argv: &[&str]) -> SpawnSpec {
    SpawnSpec {
        session: key(number),
        argv: argv.iter().map(Into::into).collect(),
        env: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())],
        cwd: "/tmp".into(),
        size: SIZE,
        io: Io::Pty,
        ring_bytes: 1 << 20,
        start_offset: 0,
    }
}

pub fn shell(number: u8, script: &str) -> SpawnSpec {
    command(number, &["/bin/sh", "-c", script])
}

/// Waits until `condition` holds without a host; fails after a long time.
pub fn step_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

/// Returns whether a process runs (and is not merely waiting to be reaped).
pub fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .unwrap()
            .1
            .trim_start()
            .starts_with('Z')
    })
}

/// Returns whether a process exists, even dead.
pub fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

pub fn expect_error<T>(result: Result<T, KeeperError>) -> KeeperError {
    match result {
        Ok(_) => panic!("this should have failed"),
        Err(error) => error,
    }
}
