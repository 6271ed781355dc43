//! Follows agents' own registries of their sessions: for each agent that has one, the file of its process is read
//! whenever something in its folder changes. One watch for a folder, however many agents have files in it.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agor_proto::ids::SessionId;

use super::hub::Hub;
use super::mailbox::{Mailbox, Note};
use crate::agents::here;
use crate::agents::providers::Registry;
use crate::agents::registry::{Entry, FILE_BYTES_MAX, read};
use crate::folder_watch::FolderWatch;

/// An agent makes the folder when it is first used: how often, and how long after another, it is looked for.
const TRIES: u32 = 30;
const TRY: Duration = Duration::from_secs(2);

/// The agents whose registries are followed.
#[derive(Debug, Default)]
pub struct Registries {
    followed: Mutex<BTreeMap<SessionId, Followed>>,
    /// Folders that a task watches.
    watched: Mutex<HashSet<PathBuf>>,
}

#[derive(Debug, Clone)]
struct Followed {
    folder: PathBuf,
    file: PathBuf,
    provider: String,
    pid: u32,
    mailbox: Mailbox,
    /// What was told last.
    told: Option<Entry>,
}

impl Registries {
    /// Follows what a provider's registry says of a process, in place of what was followed for the session.
    pub fn follow(hub: &Arc<Hub>, session: SessionId, provider: &str, pid: u32, mailbox: Mailbox) {
        let (hub, provider) = (Arc::clone(hub), provider.to_owned());
        tokio::task::spawn_blocking(move || {
            let known = hub.launcher().providers().get(&provider);
            let Some(registry) = known.and_then(|it| it.registry.as_ref()) else {
                return;
            };
            let Some((folder, file)) = place(Path::new("/proc"), registry, pid) else {
                return;
            };
            let followed = Followed {
                folder: folder.clone(),
                file,
                provider,
                pid,
                mailbox,
                told: None,
            };
            let registries = hub.registries();
            registries.followed().insert(session, followed);
            registries.look(&hub, &folder);
            let fresh = locked(&registries.watched).insert(folder.clone());
            if fresh {
                tokio::spawn(watch(Arc::clone(&hub), folder));
            }
        });
    }

    /// Follows a session's agent no more.
    pub fn forget(&self, session: SessionId) {
        self.followed().remove(&session);
    }

    fn followed(&self) -> MutexGuard<'_, BTreeMap<SessionId, Followed>> {
        locked(&self.followed)
    }

    /// Reads the files of a folder that are followed, and tells those whose sayings changed. Blocks.
    fn look(&self, hub: &Hub, folder: &Path) {
        for followed in self.followed().values_mut() {
            if followed.folder != folder {
                continue;
            }
            let Some(provider) = hub.launcher().providers().get(&followed.provider) else {
                continue;
            };
            // Without the file nothing is said; half of one is read again when the rest is there.
            let entry = contents(&followed.file)
                .map_or_else(|_| Entry::default(), |bytes| read(provider, &bytes));
            if followed.told.as_ref() != Some(&entry) {
                followed.told = Some(entry.clone());
                followed.mailbox.put(Note::Registry(followed.pid, entry));
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn watch(hub: Arc<Hub>, folder: PathBuf) {
    let mut found = None;
    for _ in 0..TRIES {
        if let Ok(watch) = FolderWatch::every(&folder) {
            found = Some(watch);
            break;
        }
        tokio::time::sleep(TRY).await;
    }
    let Some(mut watch) = found else {
        // The next agent that has it there is followed again.
        locked(&hub.registries().watched).remove(&folder);
        return;
    };
    loop {
        let (looking, at) = (Arc::clone(&hub), folder.clone());
        let looked = tokio::task::spawn_blocking(move || looking.registries().look(&looking, &at));
        if looked.await.is_err() || watch.changed().await.is_err() {
            locked(&hub.registries().watched).remove(&folder);
            return;
        }
    }
}

/// Returns where the registry of the process is: the folder that is watched, and its file.
fn place(proc: &Path, registry: &Registry, pid: u32) -> Option<(PathBuf, PathBuf)> {
    let root = here::settings_of(proc, pid, &registry.variable, &registry.folder)?;
    let file = root.join(registry.file.replace("{pid}", &pid.to_string()));
    Some((file.parent()?.to_path_buf(), file))
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    // What is no plain file is not waited for.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Providers;

    #[test]
    fn a_registry_is_where_the_processs_own_environment_says() {
        let proc = tempfile::tempdir().unwrap();
        std::fs::create_dir(proc.path().join("7")).unwrap();
        let environ = proc.path().join("7/environ");
        let providers = Providers::built_in();
        let registry = providers.get("claude").unwrap().registry.as_ref().unwrap();
        let place = || place(proc.path(), registry, 7).map(|it| it.1);
        std::fs::write(&environ, "A=1\0HOME=/home/a\0").unwrap();
        assert_eq!(place(), Some("/home/a/.claude/sessions/7.json".into()));
        std::fs::write(&environ, "HOME=/home/a\0CLAUDE_CONFIG_DIR=/c\0").unwrap();
        assert_eq!(place(), Some("/c/sessions/7.json".into()));
        std::fs::write(&environ, "CLAUDE_CONFIG_DIR=relative\0").unwrap();
        assert_eq!(place(), None);
        std::fs::write(&environ, "HOME=/home/a\0CLAUDE_CONFIG_DIR=relative\0").unwrap();
        assert_eq!(place(), Some("/home/a/.claude/sessions/7.json".into()));
        std::fs::remove_file(&environ).unwrap();
        assert_eq!(place(), None);
    }
}
