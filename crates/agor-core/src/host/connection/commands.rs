//! What a connection does about a command before its session has it: which of its repeats are known, which are
//! too old to be told, and what is said of one whose session is gone.

use agor_proto::command::{Command, CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{CommandId, CommandN, Seq};
use sha2::{Digest, Sha256};

use super::{Effect, Open, Place};
use crate::agents::conversations;
use crate::host::hub::Stop;
use crate::host::session::Wish;
use crate::storage::StoredReceipt;

/// What a host knows of a command, apart from its session.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Whether its id was used for another session just now: that may not have reached the store.
    pub elsewhere: bool,
    /// What is stored of it, or kept in memory because nothing could be stored.
    pub stored: Option<StoredReceipt>,
    /// The last of its client's commands whose receipt is forgotten, or 0.
    pub forgotten: CommandN,
    /// The name of the session that has the conversation with which it would have another one go on.
    pub held_by: Option<String>,
}

impl Open {
    pub(super) fn on_command(&mut self, command: Command, place: Place, effects: &mut Vec<Effect>) {
        let digest = match rmp_serde::to_vec_named(&command.body) {
            Ok(body) => Sha256::digest(&body).into(),
            Err(error) => {
                let error = WireError::new(ErrorCode::BadRequest, error.to_string());
                return effects.push(reject(command.id, error));
            }
        };
        let Some(session) = command.body.session() else {
            return on_host_command(&command, place, effects);
        };
        effects.push(Effect::LookUp {
            client: self.client,
            command: Box::new(command),
            session,
            digest,
        });
    }

    /// Hands a command to its session with what is known of it.
    pub(super) fn on_looked_up(
        &mut self,
        command: Command,
        digest: [u8; 32],
        known: Result<Known, WireError>,
        effects: &mut Vec<Effect>,
    ) {
        let id = command.id;
        let refusal = match &known {
            Err(error) => Some(error.clone()),
            Ok(known) if known.elsewhere => Some(reused("another session")),
            // It cannot be told from a new one with its number.
            Ok(known) if known.stored.is_none() && command.n <= known.forgotten => {
                let message = "the command is older than the receipts that are kept";
                Some(WireError::new(ErrorCode::IdReuse, message))
            }
            Ok(Known {
                stored: None,
                held_by: Some(name),
                ..
            }) => Some(WireError::new(
                ErrorCode::Running,
                conversations::is_held(name),
            )),
            Ok(_) => None,
        };
        if let Some(error) = refusal {
            return effects.push(reject(id, error));
        }
        let (Ok(Known { stored, .. }), Some(session)) = (known, command.body.session()) else {
            return;
        };
        // One that was carried out, or refused, makes no session again.
        let make = stored.is_none() && matches!(command.body, CommandBody::Create { .. });
        self.spoken_to.insert(session);
        effects.push(Effect::Wish {
            session,
            client: self.client,
            wish: Box::new(Wish::Command {
                command,
                digest,
                stored,
            }),
            make,
        });
    }
}

/// Returns what is said of a command that no session hears.
pub(super) fn unheard(
    command: &Command,
    digest: [u8; 32],
    stored: Option<StoredReceipt>,
    no_session: WireError,
) -> Effect {
    let id = command.id;
    match stored {
        // The session is gone, and the receipt says how the command ended.
        Some(stored) if stored.digest == digest => {
            let outcome = match stored.outcome {
                // It was gone before it ended.
                Outcome::Accepted { .. } => Outcome::Interrupted,
                known => known,
            };
            Effect::Say(Receipt { id, outcome }.into())
        }
        Some(_) => reject(id, reused("another command")),
        None if matches!(command.body, CommandBody::Create { .. }) => {
            let message = "the host has as many sessions as it can; remove ended ones first";
            reject(id, WireError::new(ErrorCode::TooMany, message))
        }
        None => reject(id, no_session),
    }
}

/// Carries out a command that is about no session.
fn on_host_command(command: &Command, place: Place, effects: &mut Vec<Effect>) {
    let done = Outcome::Done { seq: Seq(0) };
    let outcome = match &command.body {
        // The one that was meant has ended, and its receipt was lost with it.
        CommandBody::StopHost {
            incarnation: Some(meant),
            ..
        } if *meant != place.incarnation => done,
        CommandBody::StopHost { keep_sessions, .. } => {
            effects.push(Effect::Stop(match keep_sessions {
                true => Stop::Keep,
                false => Stop::EndSessions,
            }));
            done
        }
        _ => {
            let message = "this host does not know that command";
            let error = WireError::new(ErrorCode::Unsupported, message);
            Outcome::Rejected { error }
        }
    };
    let id = command.id;
    effects.push(Effect::Say(Receipt { id, outcome }.into()));
}

fn reject(id: CommandId, error: WireError) -> Effect {
    let outcome = Outcome::Rejected { error };
    Effect::Say(Receipt { id, outcome }.into())
}

fn reused(elsewhere: &str) -> WireError {
    let message = format!("this command id was used for {elsewhere}");
    WireError::new(ErrorCode::IdReuse, message)
}
