//! What a process gives up that reads hostile bytes: memory and time beyond a bound, files, other
//! processes, and, where the kernel can, every system call but the few by which it reads its input,
//! has memory, writes its answer and ends. A forbidden one kills it.

use std::io;

use agor_proto::limits::{DECODER_MEMORY_MAX, DECODER_SECS_MAX};
use rustix::process::{Resource, Rlimit, setrlimit};

/// Gives up everything that decoding does not need.
///
/// # Errors
/// The system refused a limit. A kernel that cannot filter system calls is no error: the limits hold
/// all the same.
pub fn confine() -> io::Result<()> {
    let at_most = |most: u64| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    for (resource, most) in [
        (Resource::As, DECODER_MEMORY_MAX),
        (Resource::Cpu, DECODER_SECS_MAX),
        (Resource::Core, 0),
        // What is open stays open; nothing else can be opened, written or started.
        (Resource::Nofile, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
    ] {
        setrlimit(resource, at_most(most))?;
    }
    #[cfg(target_os = "linux")]
    {
        rustix::thread::set_no_new_privs(true)?;
        if let Err(error) = filter::apply() {
            tracing::debug!(%error, "system calls are not filtered");
        }
    }
    Ok(())
}

/// Says whether this kernel can filter system calls.
#[must_use]
pub fn can_filter() -> bool {
    cfg!(target_os = "linux")
        && std::fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail")
            .is_ok_and(|actions| actions.split_whitespace().any(|it| it == "kill_process"))
}

#[cfg(target_os = "linux")]
mod filter {
    use std::collections::BTreeMap;

    use seccompiler::{
        BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
        SeccompFilter, SeccompRule, apply_filter,
    };

    /// Calls that are allowed whatever their arguments. Opening is not among them, nor anything that
    /// names a path, a socket or another process.
    const ALLOWED: &[i64] = &[
        // Its input and its answer.
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        // Memory.
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // What the standard library does by itself: locks, signals, random seeds of tables, time.
        libc::SYS_futex,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        // Its end, also a panic's.
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_tgkill,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];

    pub fn apply() -> Result<(), Error> {
        let arch = std::env::consts::ARCH.try_into()?;
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        for call in ALLOWED {
            rules.insert(*call, Vec::new());
        }
        // Memory that is no code.
        for call in [libc::SYS_mmap, libc::SYS_mprotect] {
            let no_code = SeccompCondition::new(
                2,
                SeccompCmpArgLen::Dword,
                SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.unsigned_abs())),
                0,
            )?;
            rules.insert(call, vec![SeccompRule::new(vec![no_code])?]);
        }
        let filter = SeccompFilter::new(
            rules,
            SeccompAction::KillProcess,
            SeccompAction::Allow,
            arch,
        )?;
        let program: BpfProgram = filter.try_into()?;
        apply_filter(&program)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Cursor, Write};
    use std::net::UdpSocket;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, ExitStatus};

    use agor_term::ImageSource;
    use rustix::process::Signal;

    use super::*;

    /// Says what a child of this test does once it is confined.
    const WHAT: &str = "AGOR_TEST_CONFINED";

    /// Runs this test again as a child that is confined and then does `what`.
    fn child(what: &str) -> ExitStatus {
        let program = std::env::current_exe().unwrap();
        let name = "images::confine::tests::a_forbidden_call_kills_and_decoding_needs_none";
        Command::new(program)
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(WHAT, what)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap()
    }

    fn decode_everything() {
        use image::{ImageFormat as Kind, Rgb, RgbImage};
        let picture = RgbImage::from_fn(300, 200, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
        let kinds = [Kind::Png, Kind::Jpeg, Kind::Gif, Kind::WebP];
        let files = kinds.map(|kind| {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, kind).unwrap();
            ImageSource::of_file(bytes.into_inner()).unwrap()
        });
        confine().unwrap();
        for source in files {
            let (width, height) = source.pixels;
            let pixels = crate::images::pixels::pixels(source).unwrap();
            assert_eq!(pixels.len() as u32, width * height * 4);
        }
        let damaged = ImageSource {
            format: agor_term::ImageFormat::Jpeg,
            zlib: true,
            pixels: (9, 9),
            data: vec![7; 5_000],
        };
        assert!(crate::images::pixels::pixels(damaged).is_err());
        std::io::stdout().write_all(b"x").unwrap();
    }

    #[test]
    fn a_forbidden_call_kills_and_decoding_needs_none() {
        if let Ok(what) = std::env::var(WHAT) {
            if what == "decode" {
                return decode_everything();
            }
            confine().unwrap();
            match what.as_str() {
                "open" => drop(File::open("/etc/passwd")),
                "socket" => drop(UdpSocket::bind("127.0.0.1:0")),
                "start" => drop(Command::new("/bin/true").spawn()),
                "thread" => drop(std::thread::Builder::new().spawn(|| ())),
                _ => {}
            }
            return;
        }
        assert_eq!(child("decode").code(), Some(0));
        assert_eq!(child("nothing").code(), Some(0), "its thread can end");
        if !can_filter() {
            return;
        }
        for what in ["open", "socket", "start", "thread"] {
            let status = child(what);
            assert_eq!(
                status.signal(),
                Some(Signal::SYS.as_raw()),
                "{what}: {status}"
            );
        }
    }
}
