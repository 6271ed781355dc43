//! An agent's states as a person writes and reads them.

use agor_proto::agent::State;
use agor_proto::session::SessionInfo;

use super::output;

/// Every state that a person can name, with how it is written and read.
const NAMES: &[(State, &str, &str)] = &[
    (State::Starting, "starting", "starting"),
    (State::Working, "working", "working"),
    (
        State::NeedsPermission,
        "needs-permission",
        "needs permission",
    ),
    (State::NeedsAnswer, "needs-answer", "needs answer"),
    (State::Done, "done", "done"),
    (State::Idle, "idle", "idle"),
    (State::Error, "error", "error"),
    (State::Stalled, "stalled", "stalled"),
    (State::Exited, "exited", "exited"),
    (State::Unknown, "unknown", "unknown"),
];

/// What a list shows of it.
const LINE_CHARS: usize = 60;

/// Reads a state as it is written on the command line.
pub fn parse(text: &str) -> Result<State, String> {
    let wanted = text.replace('_', "-");
    let found = NAMES.iter().find(|(_, written, _)| *written == wanted);
    found.map(|it| it.0).ok_or_else(|| {
        let names: Vec<&str> = NAMES.iter().map(|it| it.1).collect();
        format!("a state is one of {}", names.join(", "))
    })
}

/// Returns a state in words.
pub fn words(state: State) -> &'static str {
    let found = NAMES.iter().find(|(known, ..)| *known == state);
    found.map_or("unknown", |it| it.2)
}

/// Returns what a session's agent does and why, in a line; nothing if it has none.
pub fn line(session: &SessionInfo) -> String {
    let Some(agent) = &session.agent else {
        return String::new();
    };
    let asked = agent.pending.as_ref().map(|pending| &pending.text);
    let why = asked
        .filter(|text| !text.is_empty())
        .unwrap_or(&agent.reason);
    if why.is_empty() {
        return words(session.state).into();
    }
    let line = format!("{}: {}", words(session.state), output::harmless(why));
    match line.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_is_written_and_in_the_form_of_the_wire() {
        assert_eq!(parse("needs-permission"), Ok(State::NeedsPermission));
        assert_eq!(parse("needs_permission"), Ok(State::NeedsPermission));
        for &(state, written, _) in NAMES {
            assert_eq!(parse(written), Ok(state));
            let wire = serde_json::to_value(state).expect("JSON");
            assert_eq!(wire, written.replace('-', "_"));
        }
        assert!(parse("happy").is_err_and(|error| error.contains("needs-answer")));
    }
}
