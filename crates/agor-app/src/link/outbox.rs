//! The window's commands that wait for their end: where they are written down, so that the next window can carry
//! on with them if this one is killed, and what an earlier one left.

use std::sync::Arc;

use agor_core::client::{self, Client, ClientError, ClientOptions};
use agor_core::config::Layers;
use agor_core::link::Dialer;
use agor_core::paths::Paths;
use agor_core::storage::{Claim, Profile, StoreError};
use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;

use super::snapshot::Weight;
use super::task::Shared;
use crate::commands::Command;

/// Returns where this window's commands are written down; nothing if they cannot be, which the person is told.
pub async fn claim(profile: Profile, shared: &Shared) -> Option<Arc<Claim>> {
    let claimed = tokio::task::spawn_blocking(move || profile.claim(client::new_id())).await;
    match claimed {
        Ok(Ok(claim)) => Some(Arc::new(claim)),
        Ok(Err(error)) => {
            let text = format!("Commands on their way are not written down: {error}");
            shared.advise(text, Command::Diagnostics);
            None
        }
        Err(error) => {
            tracing::error!(%error, "claiming failed");
            None
        }
    }
}

/// Tells the person when what they command cannot be written down.
pub async fn follow_complaint(client: Client, shared: Shared) {
    let mut complaint = client.keeping_complaint();
    while complaint.changed().await.is_ok() {
        let why = complaint.borrow_and_update().clone();
        if let Some(why) = why {
            let text = format!(
                "Commands on their way are not written down, and are lost if this window is killed: {why}"
            );
            shared.advise(text, Command::Diagnostics);
        }
    }
}

/// Carries on with what windows that were killed had been given, and tells what did not come to a good end.
pub async fn carry_on(paths: Paths, profile: Profile, shared: Shared) {
    let adopting = move || {
        let unread = profile.set_aside_unread()?;
        Ok::<_, StoreError>((unread, profile.adopt()?))
    };
    let (unread, claims) = match tokio::task::spawn_blocking(adopting).await {
        Ok(Ok(adopted)) => adopted,
        Ok(Err(error)) => {
            let text = format!("What an earlier window was given cannot be read: {error}");
            return shared.advise(text, Command::Log);
        }
        Err(error) => return tracing::error!(%error, "adopting failed"),
    };
    if let Some(text) = unreadable(unread) {
        shared.tell(Weight::Error, text);
    }
    let mut all = tokio::task::JoinSet::new();
    for claim in claims {
        let (dialer, shared) = (Dialer::Socket(paths.host_socket()), shared.clone());
        let options = ClientOptions {
            first_patience: None,
            patience: None,
            ..ClientOptions::default()
        };
        all.spawn(async move {
            let tell = |body: &CommandBody, end: Result<_, ClientError>| match end {
                Ok(_) => tracing::info!(name = body.name(), "carried on with a command"),
                Err(error) => shared.failed_as(left(&shared, body, &error), &error),
            };
            if let Err(error) = client::carry_on(dialer, options, claim, tell).await {
                shared.advise(error.to_string(), Command::Log);
            }
        });
    }
    while all.join_next().await.is_some() {}
}

/// Returns what a person is told of so many commands that cannot be read; nothing if there are none.
fn unreadable(count: usize) -> Option<String> {
    let (what, they) = match count {
        0 => return None,
        1 => ("A command".to_owned(), "it is"),
        _ => (format!("{count} commands"), "they are"),
    };
    Some(format!(
        "{what} of a window that ended early cannot be read, so that nobody knows what became of it; {they} kept in \
         client.db"
    ))
}

/// Returns what a person is told of a command that an earlier window was given.
fn left(shared: &Shared, body: &CommandBody, error: &ClientError) -> String {
    let session = body.session().and_then(|session| name_of(shared, session));
    let of = session.map_or(String::new(), |name| format!(", for {name}"));
    format!("From a window that ended early{of}: {error}")
}

fn name_of(shared: &Shared, session: SessionId) -> Option<String> {
    shared.look(|snapshot| {
        let mut sessions = snapshot
            .sessions
            .iter()
            .flat_map(|sessions| sessions.iter());
        let found = sessions.find(|info| info.id == session)?;
        Some(found.name.clone()).filter(|name| !name.is_empty())
    })
}

/// Says whether nothing about a command may be written down.
pub fn is_private(shared: &Shared, body: &CommandBody) -> bool {
    if let CommandBody::Create { spec, .. } = body {
        // The host makes a session private where its project is, as the settings say.
        let is_project = |layers: &Layers| layers.yes("private", Some(&spec.folder[..]));
        return spec.private || shared.look(|snapshot| is_project(&snapshot.settings.layers));
    }
    shared.look(|snapshot| {
        let mut sessions = snapshot
            .sessions
            .iter()
            .flat_map(|sessions| sessions.iter());
        sessions.any(|info| Some(info.id) == body.session() && info.private)
    })
}

#[cfg(test)]
mod tests {
    use agor_proto::error::{ErrorCode, WireError};
    use agor_proto::ids::Size;
    use tokio::sync::watch;

    use super::*;
    use crate::launch::Launcher;
    use crate::link::settings::Settings;
    use crate::link::snapshot::Snapshot;
    use crate::testing::{session_id, session_info};
    use crate::wake::Wake;

    #[test]
    fn what_a_killed_window_left_is_told_with_its_session_and_with_what_became_of_it() {
        let sessions = vec![session_info(1, "prices"), session_info(2, "")];
        let snapshot = Snapshot {
            sessions: Some(Arc::new(sessions)),
            ..Snapshot::default()
        };
        let shared = Shared::new(watch::Sender::new(snapshot), Wake::default());
        let kill = |number| CommandBody::Kill {
            session: session_id(number),
        };
        let uncertain = ClientError::Uncertain {
            name: "kill",
            reason: "the host was away".into(),
        };
        assert_eq!(
            left(&shared, &kill(1), &uncertain),
            "From a window that ended early, for prices: the host was away; `kill` was sent, and may or may not have \
             been carried out: look at the session before you do it again"
        );
        let interrupted = ClientError::Host(WireError::new(ErrorCode::Unavailable, "it went down"));
        // One without a name, and one that is gone.
        for number in [2, 3] {
            assert_eq!(
                left(&shared, &kill(number), &interrupted),
                "From a window that ended early: it went down"
            );
        }
    }

    #[test]
    fn commands_that_cannot_be_read_are_told_by_their_number() {
        assert_eq!(unreadable(0), None);
        let one = unreadable(1).unwrap();
        assert!(
            one.starts_with("A command of") && one.contains("it is kept"),
            "{one}"
        );
        let three = unreadable(3).unwrap();
        assert!(three.starts_with("3 commands of"), "{three}");
    }

    #[test]
    fn nothing_is_written_down_of_what_is_started_in_a_private_project() {
        let text = "[projects.\"/secret\"]\nprivate = true";
        let (layers, complaints) = Layers::read(text).unwrap();
        assert!(complaints.is_empty(), "{complaints:?}");
        let settings = Settings {
            layers: Arc::new(layers),
            ..Settings::default()
        };
        let snapshot = Snapshot {
            settings: Arc::new(settings),
            ..Snapshot::default()
        };
        let shared = Shared::new(watch::Sender::new(snapshot), Wake::default());
        let launcher = Launcher {
            folder: "/work".into(),
            environment: Vec::new(),
        };
        for (folder, private) in [("/secret/deep", true), ("/work", false)] {
            let size = Size::cells(80, 24);
            let (_, body) = launcher.create(Vec::new(), folder.into(), None, size);
            assert_eq!(is_private(&shared, &body), private, "{folder}");
        }
    }
}
