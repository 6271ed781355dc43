//! How a person names a session: by its id, its name, or the begin of its id.

use agor_proto::error::ErrorCode;
use agor_proto::session::SessionInfo;

use super::exit::Exit;
use super::failure::Failure;

/// The shortest begin of an id that is shown.
const SHOWN_MIN: usize = 8;

/// Returns the session that is meant by `named`.
pub fn find<'a>(sessions: &'a [SessionInfo], named: &str) -> Result<&'a SessionInfo, Failure> {
    let none = || {
        Failure::host(
            ErrorCode::NoSession,
            format!("there is no session {named:?}: `agor ls` shows those that there are"),
        )
    };
    if named.is_empty() {
        return Err(none());
    }
    let is_id = |session: &&SessionInfo| session.id.to_string() == named;
    if let Some(session) = sessions.iter().find(is_id) {
        return Ok(session);
    }
    let with_name = sessions.iter().filter(|session| session.name == named);
    let with_begin = sessions
        .iter()
        .filter(|session| session.id.to_string().starts_with(named));
    for meant in [with_name.collect::<Vec<_>>(), with_begin.collect()] {
        match meant[..] {
            [] => {}
            [session] => return Ok(session),
            _ => return Err(ambiguous(&meant, named)),
        }
    }
    Err(none())
}

fn ambiguous(meant: &[&SessionInfo], named: &str) -> Failure {
    let listed = meant.iter().map(|s| format!("{} ({})", s.id, s.name));
    let listed: Vec<_> = listed.collect();
    Failure::new(
        Exit::AMBIGUOUS,
        format!(
            "{named:?} can be any of {}: write more of its id",
            listed.join(", ")
        ),
    )
}

/// Returns the shortest begin of each id that names it alone.
pub fn short_ids(sessions: &[SessionInfo]) -> Vec<String> {
    let ids: Vec<String> = sessions.iter().map(|s| s.id.to_string()).collect();
    let shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let short = |(at, id): (usize, &String)| {
        let others = ids.iter().enumerate().filter(|(other, _)| *other != at);
        let most = others
            .map(|(_, other)| shared(id, other))
            .max()
            .unwrap_or(0);
        let length = (most + 1).clamp(SHOWN_MIN, id.len());
        id[..length].trim_end_matches('-').to_owned()
    };
    ids.iter().enumerate().map(short).collect()
}

#[cfg(test)]
mod tests {
    use agor_proto::agent::State;
    use agor_proto::ids::{LogEpoch, Offset, Seq, SessionId, Size};
    use agor_proto::session::Life;

    use super::*;

    fn session(at_millis: u64, random: u8, name: &str) -> SessionInfo {
        SessionInfo {
            id: SessionId::from_parts(at_millis, [random; 10]),
            name: name.into(),
            argv: vec!["sh".into()],
            folder: "/".into(),
            cwd: "/".into(),
            title: String::new(),
            size: Size::cells(80, 24),
            life: Life::Running,
            state: State::Unknown,
            agent: None,
            pid: None,
            private: false,
            created_millis: 0,
            active_millis: 0,
            offset: Offset(0),
            epoch: LogEpoch(1),
            seq: Seq(0),
        }
    }

    fn exit(result: Result<&SessionInfo, Failure>) -> Exit {
        result.unwrap_err().exit()
    }

    #[test]
    fn a_session_is_found_by_id_name_and_unique_begin() {
        let sessions = [
            session(0x0199_0000_0000, 1, "build"),
            session(0x0199_0000_0001, 2, "shell"),
            session(0x0299_0000_0001, 3, "shell"),
        ];
        let id = sessions[1].id.to_string();
        assert_eq!(find(&sessions, &id).unwrap().id, sessions[1].id);
        assert_eq!(find(&sessions, "build").unwrap().id, sessions[0].id);
        assert_eq!(find(&sessions, "029").unwrap().id, sessions[2].id);
        assert_eq!(exit(find(&sessions, "shell")), Exit::AMBIGUOUS);
        assert_eq!(exit(find(&sessions, "0199")), Exit::AMBIGUOUS);
        for nobody in ["", "shel", "zzz", "../x"] {
            assert_eq!(exit(find(&sessions, nobody)), Exit(3), "{nobody:?}");
        }
        let message = find(&sessions, "shell").unwrap_err().message().to_owned();
        assert!(message.contains(&id), "{message}");
    }

    #[test]
    fn a_name_goes_before_the_begin_of_an_id() {
        let sessions = [
            session(0x0199_0000_0000, 1, "a"),
            session(0x0299_0000_0000, 2, "0199"),
        ];
        assert_eq!(find(&sessions, "0199").unwrap().id, sessions[1].id);
    }

    #[test]
    fn shown_ids_name_their_session() {
        let sessions = [
            session(0x0199_0000_0000, 1, ""),
            session(0x0199_0000_0000, 2, ""),
            session(0x0299_0000_0000, 3, ""),
        ];
        for (short, session) in short_ids(&sessions).iter().zip(&sessions) {
            assert_eq!(find(&sessions, short).unwrap().id, session.id);
        }
        assert_eq!(short_ids(&sessions)[2].len(), SHOWN_MIN);
    }
}
