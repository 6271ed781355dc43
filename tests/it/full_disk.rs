//! A host whose disk is full: it says so at once, still ends what is told to end, and goes on by
//! itself when there is room.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use agor_proto::command::{Command as Asked, CommandBody, Outcome, Receipt};
use agor_proto::error::ErrorCode;
use agor_proto::ids::{CommandId, CommandN, SessionId, Size};
use agor_proto::message::Message;
use agor_proto::session::SessionSpec;

use crate::agor::{Agor, Done, step_until};
use crate::plain::Plain;

/// Within this a person is told that the disk is full.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A small file system on a folder; none where we may not mount.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: PathBuf) -> Option<Self> {
        fs::create_dir_all(&folder).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8M,mode=0700", "tmpfs"])
            .arg(&folder)
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: no file system can be mounted here");
        }
        mounted.then_some(Self(folder))
    }

    /// Takes all the room there is.
    fn fill(&self) {
        // It fails when there is no more.
        fs::write(self.0.join("filler"), vec![1; 16 * 1024 * 1024]).ok();
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).expect("a filler");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A mount that stays behind is the machine's to clean up; the test has its result.
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

fn timed(agor: &Agor, args: &[&str]) -> (Done, Duration) {
    let start = Instant::now();
    (agor.run(args), start.elapsed())
}

/// Says commands over a new link, and returns how each of them ended.
fn ask(agor: &Agor, commands: &[Asked]) -> Vec<Outcome> {
    let mut plain = Plain::connect(agor);
    for command in commands {
        plain.say(command.clone());
    }
    let mut ends = Vec::new();
    while ends.len() < commands.len() {
        if let Message::Receipt(Receipt { outcome, .. }) = plain.hear()
            && outcome.is_final()
        {
            ends.push(outcome);
        }
    }
    ends
}

/// Starts a host on a disk that is full, with a session that says nothing and one that prints without end; `None`
/// where no such disk can be made.
fn filled(agor: &mut Agor) -> Option<(SmallDisk, String, String)> {
    let disk = SmallDisk::mount(agor.path("home/.local/share/agor"))?;
    agor.start_host();
    let quiet = agor.session("echo quiet; cat");
    agor.screen_with(&quiet, "quiet");
    let loud = agor.session("while :; do head -c 60000 /dev/urandom | base64; done");
    disk.fill();
    Some((disk, quiet, loud))
}

fn is_refused(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected { error } if error.code == ErrorCode::Storage)
}

/// Returns two commands, others for each `attempt`: one gives `session` another name, one makes a session.
fn rename_and_create(session: SessionId, attempt: u8) -> [Asked; 2] {
    let rename = CommandBody::Rename {
        session,
        name: "refused".into(),
    };
    let create = CommandBody::Create {
        session: SessionId::from_parts(1, [attempt; 10]),
        spec: SessionSpec {
            argv: vec!["true".into()],
            folder: "/".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: Vec::new(),
            size: Size::cells(80, 24),
            private: false,
        },
    };
    let mut n = 2 * attempt;
    [rename, create].map(|body| {
        n += 1;
        Asked {
            id: CommandId([n; 16]),
            n: CommandN(n.into()),
            body,
        }
    })
}

#[test]
fn b14_what_was_refused_on_a_full_disk_is_refused_when_it_comes_again() {
    let mut agor = Agor::new();
    let Some((disk, quiet, loud)) = filled(&mut agor) else {
        return;
    };
    step_until("the disk is full", || {
        (agor.run(&["rename", &quiet, "still"]).code == 13).then_some(())
    });
    let session: SessionId = quiet.parse().expect("an id");
    let mut attempts = 0..100;
    let (commands, refused) = step_until("both are refused", || {
        let commands = rename_and_create(session, attempts.next()?);
        let ends = ask(&agor, &commands);
        // A full disk takes a little now and then.
        ends.iter().all(is_refused).then_some((commands, ends))
    });
    agor.ok(&["kill", &loud]);
    agor.ok(&["rm", &loud]);
    disk.empty();
    step_until("there is room", || {
        (agor.run(&["rename", &quiet, "room"]).code == 0).then_some(())
    });
    assert_eq!(ask(&agor, &commands), refused, "as it was told");
    assert_eq!(agor.info(&quiet)["name"], "room");
    let made = commands[1].body.session().expect("a session").to_string();
    let list = agor.json(&["ls", "--json"]);
    let mut rows = list.as_array().expect("a list").iter();
    // One that was on its way to the disk already is kept as what it is: it never ran.
    if let Some(row) = rows.find(|row| row["id"] == made) {
        assert!(row["life"]["failed"].is_object(), "{row}");
    }
}

#[test]
fn b14_on_a_full_disk_commands_say_so_at_once_a_kill_works_and_all_goes_on_with_room() {
    let mut agor = Agor::new();
    let Some((disk, quiet, loud)) = filled(&mut agor) else {
        return;
    };
    let full = step_until("the disk is full", || {
        let done = agor.run(&["rename", &quiet, "still"]);
        (done.code == 13).then_some(done)
    });
    assert!(full.stderr.contains("full"), "{full:?}");

    // Who looks is told so, beside the list.
    let told = agor.run(&["ls", "--json"]);
    assert_eq!(told.code, 0, "{told:?}");
    let notice: serde_json::Value = serde_json::from_str(&told.stderr).expect("one notice");
    assert_eq!(notice["notice"]["code"], "full");
    let told = agor.run(&["ls"]).stderr;
    assert!(
        told.starts_with("The disk that holds agor's data is full"),
        "{told}"
    );

    for args in [
        &["send", &quiet, "too early"][..],
        &["new", "--", "true"],
        &["rename", &quiet, "late"],
        &["rm", &quiet],
    ] {
        let (done, took) = timed(&agor, args);
        let running = args[0] == "rm" && done.code == 5;
        assert!(done.code == 13 || running, "{args:?}: {done:?}");
        assert!(took < AT_ONCE, "{args:?} took {took:?}");
    }
    let (killed, took) = timed(&agor, &["kill", &loud]);
    assert_eq!(killed.code, 0, "{killed:?}");
    assert!(took < AT_ONCE, "{took:?}");
    assert!(agor.info(&loud)["life"]["exited"].is_object());
    // What it said is not wanted any more, and its room is.
    let (removed, took) = timed(&agor, &["rm", &loud]);
    assert_eq!(removed.code, 0, "{removed:?}");
    assert!(took < AT_ONCE, "{took:?}");

    disk.empty();
    step_until("there is room", || {
        (agor.run(&["send", &quiet, "now"]).code == 0).then_some(())
    });
    agor.screen_with(&quiet, "now");
    step_until("nobody is told any more", || {
        let told = agor.run(&["ls"]).stderr;
        told.is_empty().then_some(())
    });
    assert!(!agor.screen(&quiet).contains("too early"));
    let host = agor.host_pid();
    assert_eq!(agor.ok(&["new", "--", "true"]).trim().len(), quiet.len());
    assert_eq!(agor.host_pid(), host, "the same host went on");
}
