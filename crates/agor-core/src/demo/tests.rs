//! The demonstration: what is in it, and that its folder is made and removed.

use std::collections::BTreeSet;
use std::process::Command;

use super::*;
use crate::config::Layers;

#[test]
fn every_session_has_a_name_a_project_and_a_group_and_every_state_is_there() {
    let names: BTreeSet<_> = SESSIONS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), SESSIONS.len());
    for row in SESSIONS {
        let project = PROJECTS
            .iter()
            .find(|project| project.folder == row.project);
        let group = project.map(|project| project.group).unwrap();
        assert!(GROUPS.iter().any(|known| known.id == group), "{}", row.name);
        let script = if row.provider.is_some() {
            contents::AGENT
        } else {
            contents::TASK
        };
        assert!(
            script.contains(&format!("\n{})\n", row.scene)),
            "{}",
            row.scene
        );
    }
    let wanted = [
        State::NeedsPermission,
        State::NeedsAnswer,
        State::Working,
        State::Done,
        State::Error,
        State::Stalled,
        State::Idle,
    ];
    for state in wanted {
        assert!(states().any(|known| known == state), "{state:?}");
    }
    // Of a shell nothing says how it is; what starts is in its next state before anybody looks.
    assert!(
        SESSIONS
            .iter()
            .any(|row| row.becomes.is_none() && !row.ends)
    );
    assert!(SESSIONS.iter().any(|row| row.ends));
    assert_eq!((GROUPS.len(), PROJECTS.len()), (2, 5));
}

#[test]
fn it_is_made_in_its_folder_and_gone_when_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::at(&folder.path().join("a demo"));
    demo.make().unwrap();
    let settings = fs::read_to_string(demo.root().join("config/config.toml")).unwrap();
    let (layers, complaints) = Layers::read(&settings).unwrap();
    assert!(complaints.is_empty(), "{complaints:?}");
    for project in PROJECTS {
        let path = demo.folder_of(project.folder);
        assert_eq!(layers.group_of(path.to_str().unwrap()), Some(project.group));
        let git = |words: &[&str]| {
            let output = Command::new("git")
                .arg("-C")
                .arg(&path)
                .args(words)
                .output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        };
        assert_eq!(git(&["branch", "--show-current"]).trim(), project.branch);
        let commits = git(&["log", "--format=%an %s"]);
        assert_eq!(commits.lines().count(), project.commits.len() + 1);
        assert!(
            commits.lines().all(|line| line.starts_with("Ada ")),
            "{commits}"
        );
        assert!(!git(&["status", "--porcelain"]).is_empty());
    }
    // Anew over what is there, but never over anything else.
    demo.make().unwrap();
    demo.remove().unwrap();
    assert!(!demo.root().exists());
    fs::write(folder.path().join("theirs"), "").unwrap();
    let theirs = Demo::at(folder.path());
    assert!(matches!(theirs.make(), Err(DemoError::Occupied(_))));
    assert!(folder.path().join("theirs").exists());
}

#[test]
fn sockets_go_elsewhere_where_the_folder_lies_too_deep() {
    assert_eq!(Demo::at(Path::new("/t/demo")).profile().runtime, None);
    let deep = PathBuf::from(format!("/{}", "d".repeat(90)));
    assert!(Demo::at(&deep).profile().runtime.is_some());
    assert_eq!(Demo::at(&deep).arguments().len(), 6);
}
