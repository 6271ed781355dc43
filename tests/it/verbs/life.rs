//! The end of sessions and hosts, and what comes after it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::agor::{Agor, runs, step_until};

/// Returns every file and folder below `folder`.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .flat_map(|path| {
            let inner = below(&path);
            std::iter::once(path).chain(inner)
        })
        .collect()
}

#[test]
fn a_session_that_was_removed_is_gone_from_the_disk_too() {
    let mut agor = Agor::started();
    let neighbour = agor.session("seq 1 800000; echo the end; sleep 600");
    let session = agor.session("seq 1 800000; echo the end; sleep 600");
    for id in [&neighbour, &session] {
        agor.screen_with(id, "the end");
    }
    let data = agor.path("home/.local/share/agor");
    let folders = |id: &str| {
        let named = |path: &&PathBuf| path.to_string_lossy().contains(id);
        below(&data).iter().filter(named).count()
    };
    step_until("its record has files", || {
        (folders(&session) > 0).then_some(())
    });
    assert_eq!(agor.run(&["rm", &session]).code, 5, "it runs");
    agor.ok(&["kill", &session]);
    assert!(agor.info(&session)["life"]["exited"].is_object());
    assert!(
        agor.screen(&session).contains("the end"),
        "ended is not gone"
    );
    agor.ok(&["kill", &session]);
    agor.ok(&["rm", &session]);
    for verb in ["screen", "log", "kill", "rm", "restart"] {
        assert_eq!(agor.run(&[verb, &session]).code, 3, "{verb}");
    }
    step_until("its files are gone", || {
        (folders(&session) == 0).then_some(())
    });
    assert!(folders(&neighbour) > 0);
    agor.crash_host();
    for (table, sessions) in sessions_in_tables(&data.join("host.db")) {
        // What agents used outlives them, and no agent was here.
        if table == "usage" {
            continue;
        }
        assert_eq!(sessions, "1", "only the neighbour has rows in {table}");
    }
    agor.start_host();
    assert_eq!(agor.run(&["screen", &session]).code, 3);
    assert_eq!(agor.info(&neighbour)["life"], "running");
}

/// Returns of how many sessions each table has rows.
fn sessions_in_tables(database: &Path) -> Vec<(String, String)> {
    let ask = |sql: &str| {
        let answer = Command::new("sqlite3").arg(database).arg(sql).output();
        let answer = answer.expect("sqlite3 runs: `cargo xtask test` installs it");
        assert!(answer.status.success(), "{answer:?}");
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    };
    // Receipts outlive their session, so that a repeated command gets the same answer.
    let tables = ask(
        "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND c.name = 'session' AND m.name != 'receipts'",
    );
    assert!(tables.lines().count() >= 5, "{tables}");
    let count = |table: &str| {
        let sql = format!("SELECT count(DISTINCT session) FROM {table}");
        (table.to_owned(), ask(&sql))
    };
    let sessions = ("sessions".to_owned(), ask("SELECT count(*) FROM sessions"));
    tables.lines().map(count).chain([sessions]).collect()
}

#[test]
fn a_restarted_session_goes_on_below_what_it_showed_where_it_was() {
    let agor = Agor::started();
    let inner = agor.work().join("inner");
    fs::create_dir(&inner).expect("a folder");
    let script = r#"echo "run in $PWD with $K"; seq 1 40; cd inner 2>/dev/null
printf '\033]7;file://%s%s\033\\' "$(hostname)" "$PWD"; read -r answer; exit $answer"#;
    let made = agor.ok(&[
        "new", "--name", "it", "--env", "K=kept", "--", "bash", "-c", script,
    ]);
    let session = made.trim();
    let inner = inner.to_str().expect("utf-8");
    step_until("its folder is known", || {
        (agor.info(session)["cwd"] == inner).then_some(())
    });
    let refused = agor.run(&["restart", session]);
    assert_eq!(refused.code, 5, "it runs: {refused:?}");
    assert_eq!(agor.info(session)["life"], "running");
    let before = agor.info(session);
    agor.ok(&["send", session, "3", "--enter"]);
    agor.ok(&["wait", session, "--exit", "--timeout", "30"]);
    agor.ok(&["restart", session]);
    agor.screen_with(session, "40\n");
    let after = agor.info(session);
    for same in [
        "id",
        "name",
        "argv",
        "folder",
        "cwd",
        "size",
        "created_millis",
    ] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_ne!(before["pid"], after["pid"]);
    let all = step_until("the second run has come as far", || {
        let all = agor.ok(&["screen", session, "--scrollback"]);
        (all.matches("\n40\n").count() == 2).then_some(all)
    });
    let first = format!("run in {} with kept\n", agor.work().display());
    let second = format!("run in {inner} with kept\n");
    let (first, second) = (all.find(&first), all.find(&second));
    assert!(first.is_some() && first < second, "{all}");
    assert_eq!(
        all.matches("\n17\n").count(),
        2,
        "nothing is lost or twice: {all}"
    );
    agor.ok(&["send", session, "4", "--enter"]);
    agor.ok(&["wait", session, "--exit", "--timeout", "30"]);
    // Each run and each end is told, as soon as it is stored.
    let told = || -> Vec<String> {
        let log = agor.ok(&["log", session, "--json"]);
        let kinds = log.lines().filter_map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            let kind = event["body"]["kind"].as_str()?;
            match kind {
                "started" => Some("started".into()),
                "exited" => Some(format!("exited {}", event["body"]["with"]["code"])),
                _ => None,
            }
        });
        kinds.collect()
    };
    let all = ["started", "exited 3", "started", "exited 4"];
    step_until("each run and each end is told", || {
        (told() == all).then_some(())
    });
    // So is it in the record.
    let raw = String::from_utf8(agor.raw(session)).expect("text");
    assert_eq!(raw.matches("run in ").count(), 2);
}

#[test]
fn a_session_that_failed_to_start_can_be_started_once_its_command_is_there() {
    let agor = Agor::started();
    let command = agor.work().join("late");
    let path = command.to_str().expect("utf-8");
    let failed = agor.run(&["new", "--name", "late", "--", path]);
    assert_eq!(failed.code, 6, "{failed:?}");
    assert_eq!(agor.run(&["restart", "late"]).code, 6);
    agor.write("late", "#!/bin/sh\necho here at last; sleep 600\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&command, executable).expect("a file of ours");
    agor.ok(&["restart", "late"]);
    agor.screen_with("late", "here at last");
}

#[test]
fn stop_host_ends_the_programs_and_the_keeper_and_their_screens_are_kept() {
    let mut agor = Agor::started();
    let session = agor.session("echo here; sleep 600");
    agor.screen_with(&session, "here");
    let program = agor.info(&session)["pid"].as_u64().expect("a pid") as u32;
    let (host, keeper) = (
        agor.host_pid().expect("a host"),
        agor.keeper_pid().expect("a keeper"),
    );
    agor.ok(&["stop-host"]);
    for (pid, what) in [
        (program, "the program"),
        (keeper, "the keeper"),
        (host, "the host"),
    ] {
        step_until(&format!("{what} has ended"), || (!runs(pid)).then_some(()));
    }
    assert_eq!(agor.run(&["ls"]).code, 18);
    agor.start_host();
    let life = &agor.info(&session)["life"];
    assert_ne!(life, "running");
    assert!(life["exited"].is_object(), "its end is known: {life}");
    assert!(agor.screen(&session).contains("here"));
    agor.ok(&["restart", &session]);
    assert_eq!(agor.info(&session)["life"], "running");
}

#[test]
fn stop_host_that_keeps_sessions_leaves_programs_to_the_next_host() {
    let mut agor = Agor::started();
    let session = agor.session("echo before; while read -r line; do echo \"heard $line\"; done");
    agor.screen_with(&session, "before");
    let (before, keeper) = (agor.info(&session), agor.keeper_pid());
    let pid = before["pid"].as_u64().expect("a pid") as u32;
    agor.ok(&["stop-host", "--keep-sessions"]);
    assert_eq!(agor.run(&["ls"]).code, 18);
    assert!(runs(pid) && runs(keeper.expect("a keeper")));
    agor.start_host();
    let after = agor.info(&session);
    assert_eq!(
        (&after["pid"], &after["life"]),
        (&before["pid"], &before["life"])
    );
    assert_eq!(agor.keeper_pid(), keeper);
    agor.ok(&["send", &session, "the next host", "--enter"]);
    let screen = agor.screen_with(&session, "heard the next host");
    assert!(screen.contains("before"), "{screen}");
}

#[test]
fn a_program_whose_folder_is_gone_starts_in_its_project_and_one_without_its_project_names_it() {
    let agor = Agor::started();
    let project = agor.work().join("project");
    let deeper = project.join("deeper");
    fs::create_dir_all(&deeper).expect("folders");
    let path = project.to_str().expect("utf-8");
    let script = "cd deeper 2>/dev/null; printf '\\033]7;file://%s\\007here: %s' \"$PWD\" \"$PWD\"; exec cat";
    let id = agor.ok(&["new", "--project", path, "--", "bash", "-c", script]);
    let id = id.trim();
    agor.screen_with(id, "here: ");
    step_until("it says where it is", || {
        (agor.info(id)["cwd"] == deeper.to_str()?).then_some(())
    });
    agor.ok(&["kill", id]);
    fs::remove_dir(&deeper).expect("an empty folder");
    agor.ok(&["restart", id]);
    step_until("it runs in its project", || {
        let info = agor.info(id);
        (info["life"] == "running" && info["cwd"] == path).then_some(())
    });
    let told = agor.ok(&["log", id]);
    assert!(
        told.contains("folder_gone") && told.contains("deeper"),
        "{told}"
    );
    agor.ok(&["kill", id]);
    fs::remove_dir(&project).expect("an empty folder");
    let failed = agor.run(&["restart", id]);
    assert_eq!(failed.code, 6, "{failed:?}");
    let sentence = format!("the folder {path} is gone");
    assert!(failed.stderr.contains(&sentence), "{failed:?}");
}
