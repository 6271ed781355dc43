//! A keeper becomes another program: it writes down everything that it knows, lets its descriptors
//! pass, and runs the program in its own place. Its process, and so its children, stay what they are.
//!
//! Before it does so, the new program is run once as a child, on the same state and descriptors, to
//! say that it understands them; one that does not is never run in the keeper's place.

use std::{
    fs::File,
    io::{Read, Seek, Write},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{MemfdFlags, memfd_create},
    io::{Errno, FdFlags, fcntl_setfd},
    process::Rlimit,
};

use super::{keeper::Keeper, process, session::Session};
use crate::{
    KeeperError, NotUpdated, caps,
    protocol::bytes::{BAD, Put, Take},
    system::Groups,
};

/// Opens the state that is handed over. Frozen.
const MAGIC: [u8; 8] = *b"agorhand";

/// Version of what follows. A newer program reads all versions before its own.
const VERSION: u16 = 1;

/// What a program prints when it understands what it would take over, before the number of
/// sessions. Frozen.
const UNDERSTOOD: &str = "agor keeper understands";

/// Stands for a descriptor that there is not.
const NONE: u32 = u32::MAX;

/// State under construction, and the descriptors that it names.
pub(super) struct Handing<'a> {
    pub(super) put: Put,
    named: Vec<BorrowedFd<'a>>,
}

impl<'a> Handing<'a> {
    /// Names a descriptor, which then passes to the new program.
    pub(super) fn descriptor(&mut self, fd: Option<&'a OwnedFd>) {
        self.put.u32(fd.map_or(NONE, |fd| fd.as_raw_fd() as u32));
        self.named.extend(fd.map(AsFd::as_fd));
    }
}

/// Reads a descriptor that was named, and takes it.
pub(super) fn take_descriptor(take: &mut Take<'_>) -> Result<Option<OwnedFd>, KeeperError> {
    match take.u32()? {
        NONE => Ok(None),
        number => RawFd::try_from(number)
            .map_err(|_| BAD)
            .and_then(process::claim)
            .map(Some),
    }
}

/// What a keeper is made of.
pub(super) struct Parts {
    pub(super) lock: OwnedFd,
    pub(super) listener: OwnedFd,
    /// The limit of open files that children get.
    pub(super) file_limit: Rlimit,
    /// The highest incarnation that ever attached.
    pub(super) incarnation: u64,
    pub(super) sessions: Vec<Session>,
    /// Who asked for the update, and wants to know.
    pub(super) asker: OwnedFd,
}

/// Runs `program` in the place of this one. Returns only if that failed, with everything as before.
pub(super) fn replace(
    keeper: &Keeper,
    asker: BorrowedFd<'_>,
    socket: &Path,
    program: &Path,
) -> NotUpdated {
    let mut over = Handing {
        put: Put(MAGIC.to_vec()),
        named: vec![asker],
    };
    over.put.u16(VERSION);
    keeper.hand_over(&mut over);
    over.put.u32(asker.as_raw_fd() as u32);
    let state = match write_down(&over.put.0) {
        Ok(state) => state,
        Err(errno) => return NotUpdated::NotRun(errno.raw_os_error()),
    };
    over.named.push(state.as_fd());
    let inherit = |flags| {
        for fd in &over.named {
            // Open, and ours; setting a flag of it cannot fail.
            fcntl_setfd(fd, flags).ok();
        }
    };
    let command = |mode: &str| {
        let mut command = Command::new(program);
        command
            .args(["keeper", "--socket"])
            .arg(socket)
            .arg(mode)
            .arg(state.as_raw_fd().to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    inherit(FdFlags::empty());
    let failure = match rehearse(command("--rehearse"), keeper.session_count()) {
        Ok(()) => {
            (&state).rewind().ok(); // A memory file; and a wrong start would be refused.
            let error = command("--take-over").stdout(Stdio::null()).exec();
            NotUpdated::NotRun(error.raw_os_error().unwrap_or_default())
        }
        Err(failure) => failure,
    };
    inherit(FdFlags::CLOEXEC);
    failure
}

fn write_down(state: &[u8]) -> Result<File, Errno> {
    let failed = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let mut file = File::from(memfd_create("agor-handover", MemfdFlags::CLOEXEC)?);
    file.write_all(state).map_err(failed)?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// Runs the program as a child that only says whether it understands the state.
fn rehearse(mut command: Command, sessions: usize) -> Result<(), NotUpdated> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| NotUpdated::NotRun(error.raw_os_error().unwrap_or_default()))?;
    let said = child.stdout.take().map(OwnedFd::from).map(listen);
    // What it said counts; a program that runs on after that is not waited for.
    child.kill().ok();
    child.wait().ok();
    match said {
        Some(said) if said == answer(sessions).as_bytes() => Ok(()),
        _ => Err(NotUpdated::Declined),
    }
}

/// Returns what the child says until it ends, within bounds.
fn listen(pipe: OwnedFd) -> Vec<u8> {
    let deadline = Instant::now() + caps::REHEARSAL;
    let mut said = Vec::new();
    while said.len() <= answer(caps::SESSIONS).len() {
        let Some(left) = deadline.checked_duration_since(Instant::now()) else {
            break;
        };
        let left = left.try_into().ok();
        match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], left.as_ref()) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break,
        }
        let mut bytes = [0; 64];
        match rustix::io::read(&pipe, &mut bytes) {
            Ok(0) => break,
            Ok(count) => said.extend_from_slice(&bytes[..count]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => break,
        }
    }
    said
}

fn answer(sessions: usize) -> String {
    format!("{UNDERSTOOD} {sessions}\n")
}

/// Reads the state that was handed over to this program, and takes its descriptors. Nothing
/// outside of this process changes by it.
pub(super) fn take_over(state: RawFd, groups: Option<&Groups>) -> Result<Parts, KeeperError> {
    let file = File::from(process::claim(state)?);
    let mut bytes = Vec::new();
    file.take(caps::HANDOVER_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(KeeperError::io("reading what is handed over"))?;
    let mut take = Take(&bytes);
    if take.array::<8>()? != MAGIC {
        return Err(BAD);
    }
    let version = take.u16()?;
    if version != VERSION {
        return Err(KeeperError::AbiMismatch {
            ours: VERSION,
            theirs: version,
        });
    }
    let descriptor = |take: &mut Take<'_>| take_descriptor(take)?.ok_or(BAD);
    let lock = descriptor(&mut take)?;
    let listener = descriptor(&mut take)?;
    let file_limit = Rlimit {
        current: take_limit(&mut take)?,
        maximum: take_limit(&mut take)?,
    };
    let incarnation = take.u64()?;
    let mut sessions = Vec::new();
    for _ in 0..take.count(1)? {
        sessions.push(Session::take_over(&mut take, groups)?);
    }
    let asker = descriptor(&mut take)?;
    take.end()?;
    Ok(Parts {
        lock,
        listener,
        file_limit,
        incarnation,
        sessions,
        asker,
    })
}

/// Says that this program understands the state, and nothing more.
pub(super) fn rehearsed(state: RawFd) -> Result<(), KeeperError> {
    let parts = take_over(state, None)?;
    let said = answer(parts.sessions.len());
    std::io::stdout()
        .write_all(said.as_bytes())
        .map_err(KeeperError::io("saying that it is understood"))
}

/// Writes down a limit; none is the largest number.
pub(super) fn put_limit(put: &mut Put, limit: Option<u64>) {
    put.u64(limit.unwrap_or(u64::MAX));
}

fn take_limit(take: &mut Take<'_>) -> Result<Option<u64>, KeeperError> {
    Ok(Some(take.u64()?).filter(|limit| *limit != u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::os::fd::IntoRawFd;

    use super::*;
    use crate::{Exit, Io, PtySize, RingWriter, SessionKey};

    /// Lets a descriptor pass to the next program; returns the bytes of its number.
    fn passing(fd: impl AsFd) -> [u8; 4] {
        // Unlike what is opened here, a duplicate is not closed when a program is run.
        let number = rustix::io::dup(fd).unwrap().into_raw_fd();
        (number as u32).to_le_bytes()
    }

    /// Every later program reads this. It is written here field by field, and never changed: what the code writes
    /// today it reads in any case.
    #[test]
    fn what_a_keeper_of_the_first_release_hands_over_is_understood() {
        let ring = RingWriter::create(0, 5, 1).unwrap();
        let [lock, listener, asker] = ["lock", "listener", "asker"]
            .map(|name| memfd_create(name, MemfdFlags::CLOEXEC).unwrap());
        let none = [0xff; 4];
        let fields: [&[u8]; 41] = [
            b"agorhand",
            &[1, 0],
            &passing(&lock),
            &passing(&listener),
            // The limits of open files: 1,024, and none.
            &[0, 4, 0, 0, 0, 0, 0, 0],
            &[0xff; 8],
            // The highest incarnation.
            &[7, 0, 0, 0, 0, 0, 0, 0],
            // One session: its key, a terminal, process 4,242 that began at 99, 80x24 without pixels.
            &[1, 0, 0, 0],
            &[3; 16],
            &[0],
            &[0x92, 0x10, 0, 0],
            &[99, 0, 0, 0, 0, 0, 0, 0],
            &[80, 0, 24, 0, 0, 0, 0, 0],
            // It ended with 2, by no signal; its record is not closed, its input has not ended, output does not
            // wait, it has no control group.
            &[1],
            &[2, 0, 0, 0],
            &[0, 0, 0, 0],
            &[0],
            &[0],
            &[0],
            &[0],
            // Its ring's head, tail, and up to where pages were given back.
            &[5, 0, 0, 0, 0, 0, 0, 0],
            &[5, 0, 0, 0, 0, 0, 0, 0],
            &[5, 0, 0, 0, 0, 0, 0, 0],
            // What waits for room: a size, a note, and that the record closes.
            &[3, 0, 0, 0],
            &[0, 100, 0, 30, 0, 0, 0, 0, 0],
            &[1, 2, 0, 0, 0, b'h', b'i'],
            &[3],
            // No input: none begun, of which nothing is written; no inputs, replies, last reply, uses or sources.
            &[0; 9],
            &[0; 4],
            &[0; 4],
            &[0],
            &[0; 8],
            &[0; 4],
            &passing(&ring.fds().memfd),
            &passing(&ring.fds().data),
            &passing(&ring.fds().space),
            // Its terminal, standard error, standard input, and the terminal's other side.
            &none,
            &none,
            &none,
            &none,
            &passing(&asker),
        ];
        let state = write_down(&fields.concat()).unwrap();
        let state = rustix::io::dup(&state).unwrap().into_raw_fd();
        let parts = take_over(state, None).unwrap();
        assert_eq!(parts.file_limit.current, Some(1_024));
        assert_eq!(parts.file_limit.maximum, None);
        assert_eq!(parts.incarnation, 7);
        let [session] = &parts.sessions[..] else {
            panic!("{} sessions", parts.sessions.len());
        };
        let state = session.state();
        assert_eq!(state.session, SessionKey([3; 16]));
        assert_eq!((state.io, state.pid), (Io::Pty, 4_242));
        let size = PtySize {
            cols: 80,
            rows: 24,
            xpix: 0,
            ypix: 0,
        };
        assert_eq!(state.size, size);
        assert_eq!(state.exit, Some(Exit { code: 2, signal: 0 }));
        assert!(!state.alive && !state.closed);
        assert_eq!((state.head, state.tail), (5, 5));
    }

    #[test]
    fn what_a_later_release_hands_over_is_refused_and_both_versions_are_named() {
        let later = [&MAGIC[..], &(VERSION + 1).to_le_bytes()].concat();
        let state = write_down(&later).unwrap();
        let state = rustix::io::dup(&state).unwrap().into_raw_fd();
        let refused = take_over(state, None).err();
        let Some(KeeperError::AbiMismatch { ours, theirs }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((ours, theirs), (VERSION, VERSION + 1));
    }
}
