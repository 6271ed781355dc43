//! Follows the files in which agents write down what they used: one watch for each session's, by inotify. A session
//! is told that there is more, and reads on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use agor_proto::ids::SessionId;
use tokio::task::JoinHandle;

use super::mailbox::{Mailbox, Note};
use crate::folder_watch::FolderWatch;

/// How long after a session was told of more it is told again, at the soonest: a line may be written for each step.
const PACE: Duration = Duration::from_millis(250);

/// See the module.
#[derive(Debug, Default)]
pub struct Transcripts {
    followed: Mutex<BTreeMap<SessionId, Followed>>,
}

#[derive(Debug)]
struct Followed {
    file: PathBuf,
    task: JoinHandle<()>,
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Transcripts {
    /// Follows a file in place of what was followed for the session. One that is not there yet is not waited for: the
    /// session asks again when something has happened.
    pub fn follow(&self, session: SessionId, file: &Path, mailbox: Mailbox) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = followed.get(&session);
        if known.is_some_and(|known| known.file == file && !known.task.is_finished()) {
            return;
        }
        let file = file.to_path_buf();
        let task = tokio::spawn(watch(file.clone(), mailbox));
        followed.insert(session, Followed { file, task });
    }

    /// Follows a session's no more.
    pub fn forget(&self, session: SessionId) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.remove(&session);
    }
}

async fn watch(file: PathBuf, mailbox: Mailbox) {
    let Ok(mut watch) = FolderWatch::growing(&file) else {
        return;
    };
    loop {
        // At first for what was written between the session's reading and this watch.
        mailbox.put(Note::TranscriptGrew);
        tokio::time::sleep(PACE).await;
        if watch.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    async fn is_told(mailbox: &Mailbox) -> bool {
        let told = tokio::time::timeout(Duration::from_secs(5), mailbox.take());
        matches!(told.await, Ok(Note::TranscriptGrew))
    }

    // The clock is paused: it goes on only where nothing else can happen.
    #[tokio::test(start_paused = true)]
    async fn a_session_is_told_of_each_line_also_of_a_file_that_is_kept_open() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        let mut open = File::create(&first).unwrap();
        let transcripts = Transcripts::default();
        let mailbox = Mailbox::default();
        let session = SessionId::from_parts(1, [1; 10]);
        transcripts.follow(session, &first, mailbox.clone());
        open.write_all(b"{}\n").unwrap();
        assert!(is_told(&mailbox).await, "of what came before the watch");
        open.write_all(b"{}\n").unwrap();
        assert!(is_told(&mailbox).await);
        open.write_all(b"{}\n").unwrap();
        assert!(is_told(&mailbox).await, "once more");
        std::fs::write(folder.path().join("other"), "x").unwrap();
        assert!(!is_told(&mailbox).await, "of its own file alone");
        transcripts.follow(session, &second, mailbox.clone());
        tokio::task::yield_now().await;
        std::fs::write(&second, "{}\n").unwrap();
        assert!(!is_told(&mailbox).await, "it was not there");
        transcripts.follow(session, &second, mailbox.clone());
        assert!(is_told(&mailbox).await);
        std::fs::write(&second, "{}\n{}\n").unwrap();
        assert!(is_told(&mailbox).await);
        transcripts.forget(session);
        tokio::task::yield_now().await;
        std::fs::write(&second, "").unwrap();
        assert!(!is_told(&mailbox).await, "it is forgotten");
    }
}
