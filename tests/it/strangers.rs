//! Another user of the machine: at the sockets, in their place, in the place of their folder, and as a debugger.
//! Only root can become another user; elsewhere these tests say that they were skipped.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::agor::{Agor, agord, step_until};

/// Who has nothing on this machine.
const STRANGER: u32 = 65_534;

/// Connects to a socket, says something as long as it may, and prints how many bytes came back before the end.
const CONNECT: &str = r#"
use Socket;
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
connect($s, sockaddr_un($ARGV[0])) or do { print "refused: $!"; exit 1 };
$SIG{PIPE} = 'IGNORE';
syswrite($s, "\0" x 64);
my ($all, $some) = (0, 0);
while (1) { $some = sysread($s, my $bytes, 4096); last unless $some; $all += $some; }
print "heard $all";
"#;

/// Listens at a socket and notes in a file how many connections it took and how many bytes it heard.
const LISTEN: &str = r#"
use Socket;
# The folder may be moved meanwhile.
chdir($ARGV[0]) or die "chdir: $!";
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind($s, sockaddr_un("host.sock")) or die "bind: $!";
chmod 0777, "host.sock";
listen($s, 100) or die "listen: $!";
my ($taken, $heard) = (0, 0);
sub note { open(my $f, '>', ".noted"); print $f "$taken $heard"; close $f; rename ".noted", "noted"; }
note();
while (accept(my $c, $s)) {
  $taken++;
  while (my $some = sysread($c, my $bytes, 4096)) { $heard += $some; }
  close $c;
  note();
}
"#;

/// Attaches to a process as a debugger does; ends with the error's number.
const TRACE: &str = r#"
my $at = syscall($ARGV[0] + 0, 16, $ARGV[1] + 0, 0, 0);
exit($at == 0 ? 0 : $! + 0);
"#;

/// As [`TRACE`], on a child of its own.
const TRACE_CHILD: &str = r#"
my $child = fork();
if ($child == 0) { sleep 60; exit 0; }
my $at = syscall($ARGV[0] + 0, 16, $child, 0, 0);
my $error = $at == 0 ? 0 : $! + 0;
kill 'KILL', $child;
exit($error);
"#;

/// The number of `ptrace` and the errors that matter here.
const PTRACE: &str = if cfg!(target_arch = "aarch64") {
    "117"
} else {
    "101"
};
const EPERM: i32 = 1;

/// A stranger and a folder that is theirs.
struct Stranger {
    folder: PathBuf,
}

impl Stranger {
    /// Returns one; none where nobody can become another user.
    fn of(agor: &Agor) -> Option<Self> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        let folder = agor.path("theirs");
        fs::create_dir(&folder).expect("a folder");
        std::os::unix::fs::chown(&folder, Some(STRANGER), Some(STRANGER)).ok();
        // On the way there, but no further.
        set_mode(&agor.path(""), 0o711);
        let stranger = Self { folder };
        let there = stranger.command("exit(0);", &[]).output();
        let becomes = is_root && there.is_ok_and(|output| output.status.success());
        if !becomes {
            println!("skipped: nobody can become another user here");
        }
        becomes.then_some(stranger)
    }

    fn command(&self, script: &str, args: &[&str]) -> Command {
        let id = STRANGER.to_string();
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", &id, "--regid", &id, "--clear-groups"])
            .args(["perl", "-e", script])
            .args(args)
            .current_dir("/")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, script: &str, args: &[&str]) -> Output {
        let output = self.command(script, args).output();
        output.expect("setpriv runs")
    }

    /// Connects to a socket and returns what came of it.
    fn connect(&self, socket: &Path) -> String {
        let output = self.run(CONNECT, &[socket.to_str().expect("utf-8")]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Listens as a host would, in the stranger's own folder.
    fn listen(&self) -> Listening {
        let folder = self.folder.to_str().expect("utf-8");
        let child = self.command(LISTEN, &[folder]).spawn().expect("perl runs");
        let listening = Listening {
            child,
            noted: self.folder.join("noted"),
        };
        step_until("the stranger listens", || {
            listening.noted.exists().then_some(())
        });
        listening
    }

    /// Tries to trace a process; returns the error's number.
    fn trace(&self, pid: u32) -> i32 {
        let output = self.run(TRACE, &[PTRACE, &pid.to_string()]);
        output.status.code().expect("it ends by itself")
    }

    /// Says whether a file of a process can be read.
    fn reads(&self, pid: u32, file: &str) -> bool {
        let script =
            "open(my $f, '<', $ARGV[0]) or exit 1; exit(sysread($f, my $b, 64) > 0 ? 0 : 1);";
        let path = format!("/proc/{pid}/{file}");
        self.run(script, &[&path]).status.success()
    }
}

/// A stranger's socket.
struct Listening {
    child: Child,
    noted: PathBuf,
}

impl Listening {
    /// Returns how many bytes were heard over how many connections.
    fn heard(&self) -> (u64, u64) {
        let noted = fs::read_to_string(&self.noted).expect("a note");
        let mut numbers = noted
            .split(' ')
            .map(|number| number.parse().expect("a number"));
        let taken = numbers.next().expect("connections");
        (taken, numbers.next().expect("bytes"))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.child.kill().ok(); // It may have ended.
        self.child.wait().ok();
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn another_user_is_refused_at_the_sockets_also_where_files_would_let_them_in() {
    let agor = Agor::started();
    let Some(stranger) = Stranger::of(&agor) else {
        return;
    };
    let session = agor.session("echo mine; cat");
    agor.screen_with(&session, "mine");
    let run = agor.path("run/agor");
    let (host, keeper) = (run.join("host.sock"), run.join("keeper.sock"));
    for socket in [&host, &keeper] {
        let said = stranger.connect(socket);
        assert!(said.starts_with("refused"), "{}: {said}", socket.display());
    }
    let closed = [
        (agor.path("run"), 0o700),
        (run.clone(), 0o700),
        (host.clone(), 0o600),
        (keeper.clone(), 0o600),
    ];
    for (path, mode) in &closed {
        let found = fs::metadata(path).expect("it is there").mode() & 0o777;
        assert_eq!(found, *mode, "{}", path.display());
        set_mode(path, 0o777);
    }
    // Neither reads what is said to it: the host hangs up, the keeper says who it does not serve.
    assert_eq!(stranger.connect(&host), "heard 0");
    let said = stranger.connect(&keeper);
    let heard: u64 = said
        .strip_prefix("heard ")
        .and_then(|n| n.parse().ok())
        .expect(&said);
    assert!(heard < 64, "{said}");
    let log = agor.log();
    let line = log
        .lines()
        .find(|line| line.contains("refused a connection of another user"));
    assert!(line.is_some_and(|line| line.contains("65534")), "{log}");
    for (path, mode) in &closed {
        set_mode(path, *mode);
    }
    agor.ok(&["send", &session, "still served", "--enter"]);
    agor.screen_with(&session, "still served");
}

#[test]
fn a_socket_that_another_user_made_first_is_told_nothing_and_replaced() {
    let mut agor = Agor::new();
    let Some(stranger) = Stranger::of(&agor) else {
        return;
    };
    let listening = stranger.listen();
    let run = agor.path("run/agor");
    fs::create_dir(&run).expect("a folder");
    set_mode(&run, 0o700);
    fs::rename(stranger.folder.join("host.sock"), run.join("host.sock")).expect("a socket");
    let done = agor.run(&["ls"]);
    assert_ne!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("65534"), "{done:?}");
    step_until("it was connected to", || {
        (listening.heard().0 > 0).then_some(())
    });
    agor.start_host();
    assert_eq!(agor.ok(&["ls", "--json"]).trim(), "[]");
    assert_eq!(listening.heard().1, 0, "the stranger heard something");
}

#[test]
fn a_folder_that_another_user_made_first_is_not_used() {
    let agor = Agor::new();
    let Some(stranger) = Stranger::of(&agor) else {
        return;
    };
    let mut listening = stranger.listen();
    let run = agor.path("run/agor");
    fs::rename(&stranger.folder, &run).expect("a folder");
    listening.noted = run.join("noted");
    for args in [
        &["ls"][..],
        &["new", "--", "true"],
        &["serve", "--foreground"],
    ] {
        let done = agor.run(args);
        assert_eq!(done.code, 19, "{args:?}: {done:?}");
    }
    assert_eq!(listening.heard(), (0, 0));
}

#[test]
fn another_user_cannot_trace_host_keeper_or_a_sessions_program() {
    let agor = Agor::started();
    let Some(stranger) = Stranger::of(&agor) else {
        return;
    };
    // What is asked for can be had at all.
    let own = stranger.run(TRACE_CHILD, &[PTRACE]);
    assert_eq!(
        own.status.code(),
        Some(0),
        "a stranger traces what is theirs"
    );
    let session = agor.session("cat");
    let program = agor.info(&session)["pid"].as_u64().expect("a pid");
    let pids = [
        agor.host_pid().expect("a host"),
        agor.keeper_pid().expect("a keeper"),
        u32::try_from(program).expect("a pid"),
    ];
    for pid in pids {
        assert_eq!(stranger.trace(pid), EPERM, "process {pid}");
        for file in ["mem", "environ", "maps", "fd/0"] {
            assert!(!stranger.reads(pid, file), "/proc/{pid}/{file}");
        }
        assert!(stranger.reads(pid, "comm"), "the process is there");
    }
}

/// Before the host starts, while it runs, and again and again while verbs are on their way.
#[test]
fn a_symlink_put_in_the_place_of_the_runtime_folder_leads_nobody_to_a_stranger() {
    let mut agor = Agor::new();
    let Some(stranger) = Stranger::of(&agor) else {
        return;
    };
    let listening = stranger.listen();
    let (run, away) = (agor.path("run/agor"), agor.path("run/away"));
    symlink(&stranger.folder, &run).expect("a link");
    for args in [
        &["ls"][..],
        &["new", "--", "true"],
        &["serve", "--foreground"],
    ] {
        let done = agor.run(args);
        assert_eq!(done.code, 19, "{args:?}: {done:?}");
    }
    fs::remove_file(&run).expect("a link");
    agor.start_host();
    fs::rename(&run, &away).expect("a folder");
    symlink(&stranger.folder, &run).expect("a link");
    assert_eq!(agor.run(&["ls"]).code, 19);
    assert_eq!(listening.heard(), (0, 0), "nobody came");

    let mut codes = Vec::new();
    for _ in 0..12 {
        let mut verbs: Vec<Child> = (0..4)
            .map(|_| {
                let mut verb = agor.command_of(agord(), &["ls", "--json"]);
                verb.stdout(Stdio::null()).stderr(Stdio::null());
                verb.spawn().expect("agord runs")
            })
            .collect();
        while verbs
            .iter_mut()
            .any(|verb| verb.try_wait().expect("a child").is_none())
        {
            fs::remove_file(&run).expect("a link");
            fs::rename(&away, &run).expect("a folder");
            std::thread::yield_now();
            fs::rename(&run, &away).expect("a folder");
            symlink(&stranger.folder, &run).expect("a link");
        }
        codes.extend(verbs.iter_mut().map(|verb| {
            let status = verb.wait().expect("a child");
            status.code().expect("it ends by itself")
        }));
    }
    // Served by its own host, refused for the link, or come while nothing or a stranger was there.
    assert!(
        codes.iter().all(|code| [0, 18, 19].contains(code)),
        "{codes:?}"
    );
    let (came, heard) = listening.heard();
    println!("verbs ended with {codes:?}; {came} came to the stranger");
    assert_eq!(heard, 0, "a stranger was told something");
    fs::remove_file(&run).expect("a link");
    fs::rename(&away, &run).expect("a folder");
    assert_eq!(agor.ok(&["ls", "--json"]).trim(), "[]");
}
