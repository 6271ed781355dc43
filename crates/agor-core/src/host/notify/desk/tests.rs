//! What is told, what is not, and when, one rule after the other.

use super::*;
use crate::config::Config;
use agor_proto::agent::{AgentInfo, EvidenceSource, Pending, Usage};
use agor_proto::ids::{LogEpoch, Offset, Seq, Size};
use agor_proto::session::Life;

fn id(number: u8) -> SessionId {
    SessionId::from_parts(u64::from(number), [number; 10])
}

fn at(millis: u64) -> Now {
    Now {
        millis,
        minute: 600,
    }
}

fn info(number: u8, state: State, since_millis: u64, text: &str) -> SessionInfo {
    SessionInfo {
        id: id(number),
        name: format!("a{number}"),
        argv: vec![],
        folder: "/work/site".into(),
        cwd: "/".into(),
        title: String::new(),
        size: Size::cells(80, 24),
        life: Life::Running,
        state,
        agent: Some(AgentInfo {
            conflict: None,
            provider: "claude".into(),
            conversation: None,
            conversation_empty: false,
            model: None,
            mode: None,
            since_millis,
            reason: "a reason".into(),
            source: EvidenceSource::Hook,
            tools: 0,
            background: 0,
            pending: (!text.is_empty()).then(|| Pending {
                text: text.into(),
                ..Pending::default()
            }),
            usage: Usage::default(),
        }),
        pid: None,
        private: false,
        created_millis: 0,
        active_millis: 0,
        offset: Offset(0),
        epoch: LogEpoch(1),
        seq: Seq(0),
    }
}

fn desk() -> Desk {
    Desk::new(Notifications::default())
}

fn settings(text: &str) -> Notifications {
    Config::read(text).unwrap().notifications
}

/// Tells that agents came into a state, and expects that nothing follows at once.
fn becomes(desk: &mut Desk, numbers: &[u8], state: State, millis: u64) {
    for &number in numbers {
        let info = info(number, state, millis, "");
        let effects = desk.changed(info.id, Some(&info), at(millis));
        assert_eq!(effects, []);
    }
}

fn shown(effects: &[Effect]) -> (Key, &Notice) {
    match effects {
        [Effect::Show(key, notice)] => (*key, notice),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_who_asks_is_named_with_the_project_and_the_question() {
    let mut desk = desk();
    let asks = info(
        1,
        State::NeedsPermission,
        5,
        "Bash:  rm\n-rf \u{202e}x\u{7}",
    );
    assert_eq!(desk.changed(id(1), Some(&asks), at(0)), []);
    assert_eq!(desk.due(at(0)), Some(GATHER_MILLIS));
    assert_eq!(desk.tick(at(GATHER_MILLIS - 1)), []);
    let effects = desk.tick(at(GATHER_MILLIS));
    let (key, notice) = shown(&effects);
    assert_eq!(notice.summary, "a1 needs permission");
    assert_eq!(notice.body, "site: Bash: rm -rf x");
    assert!(notice.blocks);
    assert_eq!(desk.clicked(key), Some(id(1)));
    assert_eq!(desk.clicked(key), None);
}

#[test]
fn an_agent_that_ended_with_a_failure_is_told_of_once_and_one_that_ended_in_order_is_not() {
    let ended = |number, state, since_millis| SessionInfo {
        life: Life::Exited { code: 1, signal: 0 },
        ..info(number, state, since_millis, "")
    };
    let mut desk = desk();
    for ended in [
        ended(1, State::Exited, 5),
        ended(2, State::Done, 5),
        SessionInfo {
            agent: None,
            ..ended(3, State::Error, 5)
        },
    ] {
        assert_eq!(desk.changed(ended.id, Some(&ended), at(0)), []);
        assert_eq!(desk.due(at(0)), None);
    }
    let failed = ended(1, State::Error, 6);
    assert_eq!(desk.changed(failed.id, Some(&failed), at(0)), []);
    let effects = desk.tick(at(GATHER_MILLIS));
    let (key, notice) = shown(&effects);
    assert_eq!(notice.summary, "a1 failed");
    assert_eq!(notice.body, "site: a reason");
    assert_eq!(desk.changed(failed.id, Some(&failed), at(9_000)), []);
    assert_eq!(desk.due(at(9_000)), None, "once");
    let seen = ended(1, State::Exited, 7);
    let effects = desk.changed(seen.id, Some(&seen), at(9_001));
    assert_eq!(effects, [Effect::Close(key)]);
}

#[test]
fn a_burst_is_one_notification_with_what_blocks_first() {
    let mut desk = desk();
    becomes(&mut desk, &[1, 2], State::Done, 10);
    becomes(&mut desk, &[3], State::NeedsAnswer, 500);
    let effects = desk.tick(at(10 + GATHER_MILLIS));
    let (key, notice) = shown(&effects);
    assert_eq!(notice.summary, "3 agents need you");
    let first = notice.body.lines().next();
    assert_eq!(first, Some("a3 (site) needs an answer: a reason"));
    assert_eq!(notice.body.lines().count(), 3);
    assert_eq!(desk.due(at(10_000)), None);
    assert_eq!(desk.clicked(key), Some(id(3)));
}

#[test]
fn a_click_leads_to_one_that_still_needs_the_person() {
    let mut desk = desk();
    becomes(&mut desk, &[1], State::NeedsPermission, 1);
    becomes(&mut desk, &[2], State::Done, 2);
    let effects = desk.tick(at(2_000));
    let (key, _) = shown(&effects);
    let answered = info(1, State::Working, 3, "");
    assert_eq!(desk.changed(id(1), Some(&answered), at(3_000)), []);
    assert_eq!(desk.clicked(key), Some(id(2)));
}

#[test]
fn only_becoming_is_told_and_what_is_over_is_taken_back() {
    let mut desk = desk();
    becomes(&mut desk, &[1], State::NeedsPermission, 1);
    let effects = desk.tick(at(2_000));
    let (key, _) = shown(&effects);
    becomes(&mut desk, &[1], State::NeedsPermission, 1);
    assert_eq!(desk.due(at(3_000)), None, "it has been told");
    let over = desk.changed(id(1), None, at(4_000));
    assert_eq!(over, [Effect::Close(key)]);
    // Answered before its time, it is not told at all.
    becomes(&mut desk, &[1], State::NeedsPermission, 20_000);
    let working = info(1, State::Working, 20_500, "");
    assert_eq!(desk.changed(id(1), Some(&working), at(20_500)), []);
    assert_eq!(desk.due(at(20_500)), None);
}

#[test]
fn a_later_question_of_the_same_agent_takes_the_place_of_the_one_before() {
    let mut desk = desk();
    becomes(&mut desk, &[1], State::NeedsPermission, 1);
    let effects = desk.tick(at(2_000));
    let (first, _) = shown(&effects);
    becomes(&mut desk, &[1], State::NeedsPermission, 3_000);
    assert_eq!(
        desk.due(at(3_000)),
        Some(PACE_MILLIS - 1_000),
        "not at once"
    );
    let effects = desk.tick(at(2_000 + PACE_MILLIS));
    assert_eq!(shown(&effects).0, first);
    // One for several takes it back.
    becomes(&mut desk, &[1, 2], State::NeedsPermission, 20_000);
    let effects = desk.tick(at(30_000));
    assert_eq!(effects[0], Effect::Close(first));
    assert!(matches!(effects[1], Effect::Show(key, _) if key != first));
}

#[test]
fn what_is_looked_at_is_not_told_and_what_is_told_goes_when_it_is() {
    let mut desk = desk();
    assert_eq!(desk.look(BTreeSet::from([id(1)])), []);
    becomes(&mut desk, &[1, 2], State::NeedsPermission, 1);
    let effects = desk.tick(at(2_000));
    let (key, notice) = shown(&effects);
    assert_eq!(notice.summary, "a2 needs permission");
    assert_eq!(desk.look(BTreeSet::new()), []);
    assert_eq!(desk.due(at(9_000)), None, "it was in front of the person");
    assert_eq!(desk.look(BTreeSet::from([id(2)])), [Effect::Close(key)]);
    becomes(&mut desk, &[3], State::Done, 10_000);
    assert_eq!(desk.look(BTreeSet::from([id(3)])), []);
    assert_eq!(
        desk.due(at(10_100)),
        None,
        "the person came before it was told"
    );
}

#[test]
fn quiet_hours_hold_everything_back_until_they_are_over() {
    let mut desk = Desk::new(settings("notifications.quiet = \"09:50-10:02\""));
    assert!(desk.has_quiet_hours());
    becomes(&mut desk, &[1], State::Error, 0);
    assert_eq!(desk.due(at(90_000)), Some(60_000));
    assert_eq!(desk.tick(at(90_000)), []);
    let later = Now {
        millis: 180_000,
        minute: 602,
    };
    assert_eq!(shown(&desk.tick(later)).1.summary, "a1 failed");
}

#[test]
fn a_project_that_is_switched_off_and_a_state_that_is_not_wanted_are_not_told() {
    let mut desk = Desk::new(settings("notifications.on = [\"done\"]"));
    becomes(&mut desk, &[1], State::Error, 0);
    assert_eq!(desk.due(at(0)), None);
    becomes(&mut desk, &[1], State::Done, 1);
    assert!(desk.due(at(1)).is_some());
    let text = "notifications.on = [\"done\"]\n[projects.\"/work\"]\nnotifications.enabled = false";
    desk.set(settings(text));
    assert_eq!(desk.due(at(1)), None);
    becomes(&mut desk, &[2], State::Done, 2);
    assert_eq!(desk.due(at(2)), None);
}

#[test]
fn notice_lines_max_are_named_and_the_rest_is_counted() {
    let mut desk = desk();
    let numbers: Vec<u8> = (1..=u8::try_from(NOTICE_LINES_MAX).unwrap()).collect();
    becomes(&mut desk, &numbers, State::Done, 0);
    let effects = desk.tick(at(GATHER_MILLIS));
    let notice = shown(&effects).1;
    assert_eq!(notice.summary, "5 agents are done");
    assert!(!notice.body.contains("more"), "{}", notice.body);
    becomes(&mut desk, &[10, 11, 12, 13, 14, 15], State::Done, 50_000);
    let effects = desk.tick(at(60_000));
    let notice = shown(&effects).1;
    assert_eq!(notice.body.lines().count(), NOTICE_LINES_MAX);
    assert!(notice.body.ends_with("and 2 more"), "{}", notice.body);
}

#[test]
fn notice_line_max_cuts_what_an_agent_says() {
    let mut desk = desk();
    let mut asks = info(1, State::NeedsAnswer, 1, &"ü".repeat(NOTICE_LINE_MAX));
    asks.name = "n".repeat(9 * NOTICE_LINE_MAX);
    desk.changed(id(1), Some(&asks), at(0));
    let effects = desk.tick(at(GATHER_MILLIS));
    let notice = shown(&effects).1;
    assert_eq!(
        notice.summary.len(),
        NOTICE_LINE_MAX + " needs an answer".len()
    );
    assert_eq!(notice.body.len(), "site: ".len() + NOTICE_LINE_MAX);
}

#[test]
fn notices_max_are_kept_up_to_date() {
    let mut desk = desk();
    for number in 0..=u8::try_from(NOTICES_MAX).unwrap() {
        let millis = u64::from(number) * 10_000;
        becomes(&mut desk, &[number], State::Done, millis);
        shown(&desk.tick(at(millis + GATHER_MILLIS)));
    }
    assert_eq!(desk.standing.len(), NOTICES_MAX);
    assert_eq!(desk.clicked(1), None, "the first is forgotten");
    assert_eq!(desk.clicked(2), Some(id(1)));
}

#[test]
fn a_session_can_be_silent_where_its_project_is_not() {
    let text = format!("[sessions.\"{}\"]\nnotifications.enabled = false", id(1));
    let mut desk = Desk::new(settings(&text));
    for (number, told) in [(1, false), (2, true)] {
        let info = info(number, State::Error, 10, "");
        desk.changed(info.id, Some(&info), at(10));
        let effects = desk.tick(at(10 + GATHER_MILLIS));
        assert_eq!(!effects.is_empty(), told, "{number}");
    }
}

#[test]
fn quiet_hours_and_sound_of_a_session_are_its_own() {
    let text = format!(
        "[sessions.\"{}\"]\nnotifications.quiet = \"09:50-10:02\"\nnotifications.sound = true",
        id(1)
    );
    let mut desk = Desk::new(settings(&text));
    assert!(desk.has_quiet_hours());
    becomes(&mut desk, &[1], State::Error, 0);
    assert_eq!(desk.due(at(30_000)), Some(60_000));
    // Another is told meanwhile, when it has waited for others.
    becomes(&mut desk, &[2], State::Error, 40_000);
    assert_eq!(desk.due(at(40_000)), Some(GATHER_MILLIS));
    let effects = desk.tick(at(41_000));
    let (_, notice) = shown(&effects);
    assert_eq!(
        (notice.summary.as_str(), notice.sound),
        ("a2 failed", false)
    );
    let later = Now {
        millis: 180_000,
        minute: 602,
    };
    let effects = desk.tick(later);
    let (_, notice) = shown(&effects);
    assert_eq!((notice.summary.as_str(), notice.sound), ("a1 failed", true));
}
