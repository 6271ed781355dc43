//! The store of what windows keep, over damage, several windows and kills.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

use agor_proto::ids::{ClientId, CommandId};

use super::*;

#[test]
fn a_document_is_there_when_the_store_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path());
    assert_eq!(profile.complaint(), None);
    assert_eq!(profile.load("layout").unwrap(), None);
    assert_eq!(profile.store("layout", "{}").unwrap(), 1);
    assert_eq!(profile.store("layout", "{\"a\":1}").unwrap(), 2);
    drop(profile);
    let document = Profile::open(folder.path())
        .load("layout")
        .unwrap()
        .unwrap();
    assert_eq!((document.json.as_str(), document.rev), ("{\"a\":1}", 2));
}

#[test]
fn two_windows_may_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let write = |window: usize| {
        let folder = folder.path().to_owned();
        std::thread::spawn(move || {
            let profile = Profile::open(&folder);
            for number in 0..50 {
                let json = format!("{{\"window\":{window},\"number\":{number}}}");
                profile.store("layout", &json).unwrap();
            }
        })
    };
    let windows = [write(1), write(2)];
    for window in windows {
        window.join().unwrap();
    }
    let document = Profile::open(folder.path())
        .load("layout")
        .unwrap()
        .unwrap();
    assert_eq!(document.rev, 100);
}

#[test]
fn windows_that_make_the_store_at_once_all_store() {
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let together = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    together.wait();
                    let profile = Profile::open(folder.path());
                    assert_eq!(profile.complaint(), None);
                });
            }
        });
    }
}

/// FAILURES B14: storage that cannot be opened never keeps a client from working.
#[test]
fn b14_a_damaged_store_is_set_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    fs::write(&path, vec![7; 8_192]).unwrap();
    let profile = Profile::open(folder.path());
    assert!(profile.complaint().unwrap().contains("damaged"));
    profile.store("layout", "{}").unwrap();
    drop(profile);
    let profile = Profile::open(folder.path());
    assert_eq!(profile.complaint(), None);
    assert!(profile.load("layout").unwrap().is_some());
    let kept = fs::read_dir(folder.path()).unwrap();
    let kept = kept.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        let name = name.to_string_lossy();
        name.contains("damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm")
    });
    assert_eq!(kept.count(), 1);
}

/// FAILURES B14, without a folder that can be written.
#[test]
fn b14_a_store_that_cannot_be_opened_is_kept_in_memory() {
    let profile = Profile::open(Path::new("/proc/no/such/folder"));
    assert!(profile.complaint().is_some());
    profile.store("layout", "{}").unwrap();
    assert!(profile.load("layout").unwrap().is_some());
}

#[test]
fn a_store_of_a_later_release_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    Profile::open(folder.path()).store("layout", "{}").unwrap();
    let database = Connection::open(folder.path().join(FILE)).unwrap();
    let later =
        "INSERT INTO migrations SELECT 3, 'later', checksum, '9.0', 0 FROM migrations LIMIT 1";
    database.execute_batch(later).unwrap();
    drop(database);
    let profile = Profile::open(folder.path());
    assert!(profile.complaint().unwrap().contains("9.0"));
    assert_eq!(profile.load("layout").unwrap(), None);
}

#[test]
fn a_document_beyond_its_bound_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path());
    let large = "x".repeat(DOCUMENT_MAX_BYTES + 1);
    assert!(profile.store("layout", &large).is_err());
}

#[test]
fn a_window_that_was_slower_is_given_what_the_other_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (Profile::open(folder.path()), Profile::open(folder.path()));
    let stored = |rev| StoredIf::Stored { rev };
    assert_eq!(one.store_if("layout", "1", 0).unwrap(), stored(1));
    let first = two.load("layout").unwrap();
    assert_eq!(
        two.store_if("layout", "2", 0).unwrap(),
        StoredIf::Another(first)
    );
    assert_eq!(two.store_if("layout", "2", 1).unwrap(), stored(2));
    let second = two.load("layout").unwrap();
    assert_eq!(
        one.store_if("layout", "3", 1).unwrap(),
        StoredIf::Another(second)
    );
    assert_eq!(
        one.store_if("gone", "3", 7).unwrap(),
        StoredIf::Another(None)
    );
}

#[test]
fn windows_that_find_the_same_damage_share_the_new_store() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), vec![7; 8_192]).unwrap();
    let window = |window: usize| {
        let folder = folder.path().to_owned();
        std::thread::spawn(move || {
            let profile = Profile::open(&folder);
            profile.store(&format!("window {window}"), "{}").unwrap();
        })
    };
    let windows: Vec<_> = (0..8).map(window).collect();
    for window in windows {
        window.join().unwrap();
    }
    let profile = Profile::open(folder.path());
    assert_eq!(profile.complaint(), None);
    for window in 0..8 {
        let stored = profile.load(&format!("window {window}")).unwrap();
        assert!(
            stored.is_some(),
            "window {window} wrote into a file that was set aside"
        );
    }
}

const CHILD: &str = "AGOR_PROFILE_TEST_CHILD";

/// Not a test of its own: what the other runs in a process that it kills.
#[test]
fn a_window_that_stores_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let profile = Profile::open(Path::new(&folder));
    let mut stdout = std::io::stdout();
    loop {
        let rev = profile.load("layout").unwrap().map_or(0, |found| found.rev);
        let json = format!("{{\"rev\":{}}}", rev + 1);
        let StoredIf::Stored { rev } = profile.store_if("layout", &json, rev).unwrap() else {
            panic!("nobody else writes");
        };
        writeln!(stdout, "stored {rev}").unwrap();
    }
}

#[test]
fn a_kill_at_any_moment_leaves_the_newest_document_whole() {
    let folder = tempfile::tempdir().unwrap();
    let test = concat!(module_path!(), "::a_window_that_stores_until_it_is_killed");
    let mut stored = 0;
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", test.split_once("::").unwrap().1])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut seen = 0;
        for line in stdout.lines() {
            if let Some(rev) = line.unwrap().strip_prefix("stored ") {
                stored = rev.parse().unwrap();
                seen += 1;
            }
            // Killed, it has written more than is read here.
            if seen == 30 + round * 17 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let profile = Profile::open(folder.path());
        assert_eq!(profile.complaint(), None);
        let document = profile.load("layout").unwrap().unwrap();
        assert!(document.rev >= stored, "{} after {stored}", document.rev);
        assert_eq!(document.json, format!("{{\"rev\":{}}}", document.rev));
    }
}

fn command(n: u64) -> Kept {
    let session = agor_proto::ids::SessionId::from_parts(1, [0; 10]);
    Kept {
        command: agor_proto::command::Command {
            id: CommandId(u128::from(n).to_be_bytes()),
            n: agor_proto::ids::CommandN(n),
            body: agor_proto::command::CommandBody::Kill { session },
        },
        given_micros: 1_000 + n,
        stage: Stage::Queued,
    }
}

#[test]
fn what_is_kept_of_commands_is_read_in_order_and_belongs_to_who_lives() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path());
    let (one, two) = (ClientId([1; 16]), ClientId([2; 16]));
    let (first, second) = (profile.claim(one).unwrap(), profile.claim(two).unwrap());
    let all: Vec<_> = (1..=3).map(command).collect();
    let writes: Vec<_> = all.iter().rev().cloned().map(Change::Write).collect();
    first.write(&writes).unwrap();
    second.write(&writes[..1]).unwrap();
    assert_eq!(first.kept().unwrap(), all);
    let sent = Kept {
        stage: Stage::Sent,
        ..command(2)
    };
    let strike = Change::Strike(all[0].command.id);
    first.write(&[strike, Change::Write(sent.clone())]).unwrap();
    drop(second);
    // As another window sees it.
    let later = Profile::open(folder.path());
    let adopted = later.adopt().unwrap();
    assert_eq!(adopted.len(), 1, "the first one lives");
    assert_eq!(adopted[0].client(), two);
    assert_eq!(adopted[0].kept().unwrap(), all[2..]);
    assert!(profile.adopt().unwrap().is_empty(), "both are taken");
    drop((first, adopted));
    let mut adopted = later.adopt().unwrap();
    adopted.sort_by_key(Claim::client);
    assert_eq!(adopted[0].kept().unwrap(), [sent, command(3)]);
    let strikes: Vec<_> = all
        .iter()
        .map(|kept| Change::Strike(kept.command.id))
        .collect();
    for claim in &adopted {
        claim.write(&strikes).unwrap();
    }
    drop(adopted);
    assert!(later.adopt().unwrap().is_empty());
    let locks = fs::read_dir(folder.path().join("windows")).unwrap();
    assert_eq!(
        locks.count(),
        0,
        "locks of clients that left nothing are deleted"
    );
}

#[test]
fn what_cannot_be_read_of_a_dead_windows_commands_is_set_aside_once_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(folder.path());
    let client = ClientId([1; 16]);
    let claim = profile.claim(client).unwrap();
    let all = [command(1), command(2)];
    claim.write(&all.clone().map(Change::Write)).unwrap();
    let database = Connection::open(folder.path().join(FILE)).unwrap();
    let spoil = |client: &[u8], id: &[u8], bytes: &[u8]| {
        let sql = "INSERT INTO outbox (client, id, n, given_micros, stage, command) \
                   VALUES (?1, ?2, 9, 9, 1, ?3)";
        database.execute(sql, params![client, id, bytes]).unwrap();
    };
    spoil(&client.0, &[7; 16], b"none");
    // A whole command under another's id would never be struck out.
    let whole = rmp_serde::to_vec_named(&command(3).command).unwrap();
    spoil(&client.0, &[8; 16], &whole);
    spoil(b"nobody", &[9; 16], b"");
    let living = "the rows of one that lives are its own";
    assert_eq!(profile.set_aside_unread().unwrap(), 1, "{living}");
    drop(claim);
    let later = Profile::open(folder.path());
    assert_eq!(later.set_aside_unread().unwrap(), 2);
    assert_eq!(later.set_aside_unread().unwrap(), 0, "it is told once");
    let name = format!("unread/{}/{}", "01".repeat(16), "07".repeat(16));
    let kept = later.load(&name).unwrap().unwrap();
    assert!(kept.json.contains("6e6f6e65"), "{}", kept.json);
    let adopted = later.adopt().unwrap();
    assert_eq!(adopted.len(), 1);
    assert_eq!(adopted[0].kept().unwrap(), all);
    let strikes = all.map(|kept| Change::Strike(kept.command.id));
    adopted[0].write(&strikes).unwrap();
    drop(adopted);
    assert!(later.adopt().unwrap().is_empty(), "nothing is left");
}

#[test]
fn b14_what_is_kept_in_memory_is_nobodys_to_adopt() {
    let profile = Profile::open(Path::new("/proc/no/such/folder"));
    let claim = profile.claim(ClientId([1; 16])).unwrap();
    claim.write(&[Change::Write(command(1))]).unwrap();
    assert_eq!(claim.kept().unwrap(), [command(1)]);
    drop(claim);
    assert!(profile.adopt().unwrap().is_empty());
}

const COMMANDING_CHILD: &str = "AGOR_PROFILE_TEST_COMMANDING_CHILD";

/// Not a test of its own: what the other runs in a process that it kills.
#[test]
fn a_window_that_commands_until_it_is_killed() {
    let Ok(folder) = std::env::var(COMMANDING_CHILD) else {
        return;
    };
    let profile = Profile::open(Path::new(&folder));
    let claim = profile.claim(ClientId(*b"the child itself")).unwrap();
    let mut stdout = std::io::stdout();
    for n in 1.. {
        claim.write(&[Change::Write(command(n))]).unwrap();
        writeln!(stdout, "given {n}").unwrap();
    }
}

#[test]
fn a_command_that_was_given_is_there_after_a_kill() {
    let test = concat!(
        module_path!(),
        "::a_window_that_commands_until_it_is_killed"
    );
    for round in 0..6_usize {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", test.split_once("::").unwrap().1])
            .env(COMMANDING_CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut given = 0;
        for line in stdout.lines() {
            if let Some(n) = line.unwrap().strip_prefix("given ") {
                given = n.parse().unwrap();
            }
            if given == 20 + round * 17 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let claims = Profile::open(folder.path()).adopt().unwrap();
        let kept = claims[0].kept().unwrap();
        assert!(kept.len() >= given, "{} of {given}", kept.len());
        let all: Vec<_> = (1..=kept.len() as u64).map(command).collect();
        assert_eq!(kept, all);
    }
}
