//! A control group (cgroup v2) for each session, where the keeper's own may be divided by this user:
//! it finds and ends also what left session, group and descent and dropped its marker, and what
//! belongs to another user. Where there are none, everything goes as without.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

use crate::SessionKey;

/// How the groups of sessions are named, before the keeper's process and the session's key.
const PREFIX: &str = "agor-session-";

/// Groups within groups that are looked into when one is removed.
const DEPTH_MAX: usize = 8;

/// Where the groups of sessions are made.
#[derive(Debug)]
pub(crate) struct Groups {
    folder: PathBuf,
    /// The process of the keeper whose sessions they are.
    keeper: u32,
}

impl Groups {
    /// Returns where the children of a process can have groups, if anywhere.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let folder = outside(&folder_of(pid)?);
        let writable = |path: &Path| access(path, Access::WRITE_OK).is_ok();
        // To move a process one needs rights to the group that it leaves, too.
        (writable(&folder) && writable(&folder.join("cgroup.procs"))).then_some(Self {
            folder,
            keeper: pid,
        })
    }

    /// Returns the folder of the group that is divided.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes the groups that keepers left empty which could not do so themselves.
    ///
    /// One that runs beside this keeps its own: a group is empty, too, before its session's child joins it.
    pub(crate) fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(of) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            let keeper = of.split_once('-').and_then(|(pid, _)| pid.parse().ok());
            let beside =
                |pid: u32| pid != self.keeper && Path::new(&format!("/proc/{pid}")).exists();
            if !keeper.is_some_and(beside) {
                remove(&entry.path(), DEPTH_MAX);
            }
        }
    }

    /// Returns the folder of a session's group.
    pub(crate) fn of_session(&self, session: SessionKey) -> PathBuf {
        let keeper = self.keeper;
        self.folder.join(format!("{PREFIX}{keeper}-{session}"))
    }

    /// Makes a session's group, or takes the one that it left.
    pub(crate) fn make(&self, session: SessionKey) -> Option<Group> {
        // An earlier release, whose sessions go on in this one, named them by their key alone.
        let former = self.folder.join(format!("{PREFIX}{session}"));
        let folder = match former.is_dir() {
            true => former,
            false => self.of_session(session),
        };
        let group = Group { folder };
        match fs::create_dir(&group.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => None,
            // Kernels before 5.14 cannot end a group at once; then it is worth nothing here.
            _ => group.folder.join("cgroup.kill").exists().then_some(group),
        }
    }
}

/// The group of one session. Dropping it removes it, if nothing runs in it.
#[derive(Debug)]
pub(crate) struct Group {
    folder: PathBuf,
}

/// Who runs in a group.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Those directly in it.
    pub(crate) pids: Vec<u32>,
    /// Whether anybody runs in it or in a group within it.
    pub(crate) any: bool,
}

impl Group {
    /// Returns a file by which a process that writes `0` to it joins the group.
    pub(crate) fn door(&self) -> Option<File> {
        File::options()
            .write(true)
            .open(self.folder.join("cgroup.procs"))
            .ok()
    }

    /// Returns who runs in it.
    pub(crate) fn inside(&self) -> Inside {
        let read = |name| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let pids = read("cgroup.procs");
        let events = read("cgroup.events");
        Inside {
            pids: pids.lines().filter_map(|pid| pid.parse().ok()).collect(),
            any: events.lines().any(|line| line == "populated 1"),
        }
    }

    /// Ends everything in it at once.
    pub(crate) fn kill(&self) {
        // What could not be ended is seen by the next look.
        fs::write(self.folder.join("cgroup.kill"), "1").ok();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        remove(&self.folder, DEPTH_MAX);
    }
}

/// Moves this process out of the session's group in which it was started: hosts and keepers
/// outlive the session from which a person starts them.
pub(crate) fn leave_group() -> io::Result<()> {
    let Some(folder) = folder_of(std::process::id()) else {
        return Ok(());
    };
    let outside = outside(&folder);
    if outside == folder {
        return Ok(());
    }
    fs::write(outside.join("cgroup.procs"), "0")
}

/// Removes a group and those within it, as far as nothing runs in them.
fn remove(folder: &Path, depth: usize) {
    // The kernel says no while something runs in it.
    if fs::remove_dir(folder).is_ok() || depth == 0 {
        return;
    }
    let within = fs::read_dir(folder).into_iter().flatten().flatten();
    let groups = within.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut any = false;
    for group in groups {
        any = true;
        remove(&group.path(), depth - 1);
    }
    if any {
        fs::remove_dir(folder).ok(); // See above.
    }
}

/// Returns the folder of the group in which a process runs.
fn folder_of(pid: u32) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let (root, place) = mounts.lines().find_map(mount_of)?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    // Only a part of the tree may be mounted here.
    let below = Path::new(group).strip_prefix(root).ok()?;
    let folder = Path::new(place).join(below);
    folder.is_dir().then_some(folder)
}

/// Reads a line of `mountinfo`: what of the tree of groups is mounted, and where.
fn mount_of(line: &str) -> Option<(&str, &str)> {
    let (mount, rest) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(3);
    let kind = rest.split(' ').next()?;
    (kind == "cgroup2").then_some((fields.next()?, fields.next()?))
}

/// Returns the group outside any session's.
fn outside(folder: &Path) -> PathBuf {
    let is_session =
        |part: &std::path::Component<'_>| part.as_os_str().to_string_lossy().starts_with(PREFIX);
    folder
        .components()
        .take_while(|part| !is_session(part))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_groups_is_found_among_mounts() {
        let line = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw";
        assert_eq!(mount_of(line), Some(("/", "/sys/fs/cgroup/unified")));
        let other = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu";
        assert_eq!(mount_of(other), None);
    }

    #[test]
    fn a_keeper_that_starts_removes_groups_of_keepers_that_are_gone_alone() {
        let folder = tempfile::tempdir().unwrap();
        let groups = |keeper| Groups {
            folder: folder.path().to_owned(),
            keeper,
        };
        let (ours, beside) = (std::process::id(), std::os::unix::process::parent_id());
        let gone = u32::MAX; // Above every process's number.
        let [kept, former, left] =
            [beside, ours, gone].map(|pid| groups(pid).of_session(SessionKey([7; 16])));
        for group in [&kept, &former, &left] {
            fs::create_dir(group).unwrap();
        }
        groups(ours).tidy();
        assert!(kept.exists(), "another keeper's session has lost its group");
        assert!(!former.exists() && !left.exists());
    }

    #[test]
    fn a_session_stays_in_the_group_in_which_an_earlier_release_started_it() {
        let folder = tempfile::tempdir().unwrap();
        let groups = Groups {
            folder: folder.path().to_owned(),
            keeper: 1,
        };
        let (key, other) = (SessionKey([7; 16]), SessionKey([8; 16]));
        let former = folder.path().join(format!("{PREFIX}{key}"));
        for group in [&former, &groups.of_session(other)] {
            fs::create_dir(group).unwrap();
            // As the kernel makes it.
            fs::write(group.join("cgroup.kill"), "").unwrap();
        }
        let group = groups.make(key).unwrap();
        assert_eq!(group.folder, former);
        let group = groups.make(other).unwrap();
        assert_eq!(group.folder, groups.of_session(other));
    }

    #[test]
    fn a_keeper_that_is_started_in_a_session_divides_the_group_outside() {
        let key = SessionKey([7; 16]);
        let inner = PathBuf::from(format!("/sys/fs/cgroup/app.scope/{PREFIX}{key}/deeper"));
        assert_eq!(outside(&inner), Path::new("/sys/fs/cgroup/app.scope"));
        let plain = Path::new("/sys/fs/cgroup/app.scope");
        assert_eq!(outside(plain), plain);
    }
}
