//! `update-host`: this program's host and keeper in the place of those that run, under programs that run on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use agor_keeper::{KeeperError, NotUpdated};
use agor_proto::error::ErrorCode;
use agor_proto::ids::SessionId;
use agor_proto::message::Welcome;
use agor_proto::session::{Life, SessionInfo};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::stop_host;
use crate::client::{self, Client};
use crate::link::HostLock;
use crate::paths::Paths;

#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// What a host is and has.
struct Found {
    welcome: Welcome,
    programs: Programs,
}

/// The programs of a host's sessions.
struct Programs {
    /// Those that run, with their processes once they have one.
    running: BTreeMap<SessionId, Option<u32>>,
    /// Those that have ended by themselves.
    ended: BTreeSet<SessionId>,
}

impl Programs {
    /// Says whether a session that ran as `pid` runs on, or has ended by itself meanwhile. One that was
    /// only just started had no process yet that could be the same; one whose program has just ended
    /// has none any more until the host has read that far.
    fn went_on(&self, session: SessionId, pid: Option<u32>) -> bool {
        let now = self.running.get(&session);
        let runs = now.is_some_and(|now| pid.is_none() || now.is_none() || *now == pid);
        runs || self.ended.contains(&session)
    }
}

pub fn run(_: Arguments, context: &Context) -> Result<Exit, Failure> {
    let paths = context.paths()?;
    context.block_on(async {
        let former = program_of_host(&paths);
        let before = look(&paths).await?;
        // One that hangs is taken over by the host that is started now.
        stop_host::end(Client::connect(&paths).await?, &paths, true).await?;
        let keeper = match update_keeper(&paths, None).await {
            Ok(keeper) => keeper,
            Err(error) => return Err(go_back(&paths, former.as_deref(), error).await),
        };
        if let Err(error) = client::start_host(&paths).await {
            return Err(go_back(&paths, former.as_deref(), error.into()).await);
        }
        let after = look(&paths).await?;
        let lost: Vec<String> = before
            .programs
            .running
            .iter()
            .filter(|&(session, pid)| !after.programs.went_on(*session, *pid))
            .map(|(session, _)| session.to_string())
            .collect();
        if !lost.is_empty() {
            let message = format!(
                "the host was updated, and these sessions did not come over as they were: {}",
                lost.join(", ")
            );
            return Err(Failure::host(ErrorCode::Keeper, message));
        }
        let (from, to) = (before.welcome, after.welcome);
        if context.json {
            output::json(&serde_json::json!({
                "from": { "program": from.program, "incarnation": from.incarnation.0 },
                "to": { "program": to.program, "incarnation": to.incarnation.0 },
                "running": after.programs.running.len(),
                "keeper": keeper.as_json(),
            }))?;
        } else {
            output::line(format_args!(
                "{} took over from {}; {} programs run on",
                to.program,
                from.program,
                after.programs.running.len()
            ))?;
            if let KeeperNow::AsItWas(why) = keeper {
                output::line(format_args!("the keeper goes on as it was: {why}"))?;
            }
        }
        Ok(Exit::SUCCESS)
    })
}

async fn look(paths: &Paths) -> Result<Found, Failure> {
    let mut client = Client::connect(paths).await?;
    let welcome = client.ready().await?;
    let sessions = client.list().await?;
    client.close().await;
    let alive = sessions.iter().filter(|info| info.life.alive());
    let exited = |info: &&SessionInfo| matches!(info.life, Life::Exited { .. });
    Ok(Found {
        welcome,
        programs: Programs {
            running: alive.map(|info| (info.id, info.pid)).collect(),
            ended: sessions.iter().filter(exited).map(|info| info.id).collect(),
        },
    })
}

/// What became of the keeper.
enum KeeperNow {
    /// No session has run yet, so there is none.
    None,
    /// It is this program.
    Updated,
    /// It works as before, and why.
    AsItWas(NotUpdated),
}

impl KeeperNow {
    fn as_json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Updated => serde_json::json!({ "updated": true }),
            Self::AsItWas(why) => {
                serde_json::json!({ "updated": false, "reason": why.to_string() })
            }
        }
    }
}

/// Puts a program, or this one, in the place of the keeper, which has no host now.
async fn update_keeper(paths: &Paths, program: Option<&Path>) -> Result<KeeperNow, Failure> {
    let program = match program {
        Some(program) => program.to_owned(),
        None => std::env::current_exe().map_err(|error| {
            let message = format!("this program cannot find itself: {error}");
            Failure::host(ErrorCode::Internal, message)
        })?,
    };
    let socket = paths.keeper_socket();
    let asked = tokio::task::spawn_blocking(move || agor_keeper::update(&socket, &program)).await;
    match asked {
        Ok(Ok(updated)) => {
            tracing::info!(?updated, "the keeper is another program");
            Ok(KeeperNow::Updated)
        }
        Ok(Err(KeeperError::NotRunning { .. })) => Ok(KeeperNow::None),
        Ok(Err(KeeperError::NotUpdated(why))) => Ok(KeeperNow::AsItWas(why)),
        Ok(Err(error)) => Err(super::keeper::failure(&error)),
        Err(error) => Err(Failure::host(ErrorCode::Keeper, error.to_string())),
    }
}

/// Returns the program of the host that runs, where the system says which.
fn program_of_host(paths: &Paths) -> Option<PathBuf> {
    let pid = HostLock::holder(paths)?;
    std::fs::read_link(format!("/proc/{pid}/exe"))
        .ok()
        .filter(|program| program.is_file())
}

/// Starts the former program's host again, since this program's does not start; returns what to say.
async fn go_back(paths: &Paths, former: Option<&Path>, error: Failure) -> Failure {
    let again = match former {
        Some(program) => {
            // The former host may not speak with a keeper that is newer than it.
            update_keeper(paths, Some(program)).await.ok();
            client::start_host_of(program, paths).await.is_ok()
        }
        None => false,
    };
    let what = if again {
        "the former host runs again"
    } else {
        "the programs run on without a host; start one with `agor serve`"
    };
    Failure::new(error.exit(), format!("{}; {what}", error.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_by_itself_or_had_just_been_started_is_not_lost() {
        let session = |number| SessionId::from_parts(number, [0; 10]);
        let found = Programs {
            running: BTreeMap::from([(session(1), Some(10)), (session(2), None)]),
            ended: BTreeSet::from([session(3)]),
        };
        assert!(found.went_on(session(1), Some(10)));
        assert!(found.went_on(session(1), None) && found.went_on(session(2), None));
        assert!(found.went_on(session(3), Some(30)) && found.went_on(session(3), None));
        assert!(!found.went_on(session(1), Some(11)));
        assert!(found.went_on(session(2), Some(20)));
        assert!(!found.went_on(session(4), None));
    }
}
