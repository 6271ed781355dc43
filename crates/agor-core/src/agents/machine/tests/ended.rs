//! How an agent has ended: in order, by its person, or with a failure that is an error until somebody has seen it.

use super::*;

fn fails() -> Observation<'static> {
    Ended {
        reason: "it ended with 1".into(),
        failed: true,
    }
}

#[test]
fn an_agent_that_fails_by_itself_is_in_error_until_that_was_seen() {
    let mut it = machine();
    it.on(Status(b"state=working"), at(10));
    it.on(Tick, at(10 + FLICKER_MILLIS));
    let change = it.on(fails(), at(200)).expect("a change");
    assert_eq!((change.from, change.to), (State::Working, State::Error));
    assert_eq!(change.evidence.reason, "it ended with 1");
    assert!(it.has_failed());
    assert_eq!(it.info().usage.turns, 0, "its turn has not ended");
    let kept = rmp_serde::to_vec_named(&it).expect("it encodes");
    let mut it: Machine = rmp_serde::from_slice(&kept).expect("it decodes");
    it.on(Tick, at(90_000));
    assert_eq!(it.state(), State::Error, "the next host has it too");
    it.on(Seen, at(90_001));
    assert_eq!(it.state(), State::Exited);
    assert_eq!(it.info().reason, "it ended with 1");
    assert_eq!(it.on(Seen, at(90_002)), None, "twice is once");
    let agent = Some(("claude", true));
    it.on(Started { agent }, at(90_003));
    assert!(!it.has_failed());
}

#[test]
fn an_agent_whose_person_ends_it_has_not_failed() {
    for (ends, millis, state) in [
        (Observation::AskedToEnd, 60_000, State::Exited),
        (Interrupted, INTERRUPT_MILLIS, State::Exited),
        (Interrupted, INTERRUPT_MILLIS + 1, State::Error),
        (Seen, 1, State::Error),
    ] {
        let mut it = machine();
        it.on(Status(b"state=idle"), at(10));
        it.on(ends, at(20));
        it.on(fails(), at(20 + millis));
        assert_eq!(it.state(), state, "after {millis} ms");
    }
    // What was asked of the one before says nothing of the next.
    let mut it = machine();
    it.on(Observation::AskedToEnd, at(10));
    it.on(fails(), at(20));
    let agent = Some(("claude", true));
    it.on(Started { agent }, at(30));
    it.on(fails(), at(40));
    assert_eq!(it.state(), State::Error);
}

#[test]
fn what_is_no_agent_of_its_session_has_ended_however_it_did() {
    let mut it = Machine::default();
    it.on(Started { agent: None }, at(0));
    it.on(Status(b"state=working:app=claude-code"), at(10));
    it.on(fails(), at(20));
    assert_eq!((it.state(), it.has_failed()), (State::Exited, false));
}

#[test]
fn an_agent_that_cannot_be_started_is_in_error_and_keeps_its_conversation() {
    let mut it = machine();
    it.converses("c1");
    let reason = "no such program".to_owned();
    let agent = "claude";
    it.on(Observation::NotStarted { agent, reason }, at(10));
    assert_eq!((it.state(), it.conversation()), (State::Error, Some("c1")));
    let info = it.info();
    assert_eq!(
        (&info.provider[..], &info.reason[..]),
        (agent, "no such program")
    );
    let reason = "no such folder".to_owned();
    it.on(Observation::NotStarted { agent, reason }, at(15));
    let again = it.info();
    assert_eq!(
        (&again.reason[..], again.since_millis),
        ("no such folder", 15)
    );
    it.on(Seen, at(20));
    assert_eq!(it.state(), State::Exited);
}
