//! The rule of `agents.rs`, clause by clause. Whole stories are recorded in
//! `tests/fixtures/agents`.

mod ended;
mod tools;
mod written;

use agor_proto::agent::EvidenceSource;
use agor_proto::ids::Offset;

use super::*;

fn at(at_millis: u64) -> Moment {
    Moment {
        place: None,
        at_millis,
        offset: Offset(at_millis),
    }
}

fn quiet_title() -> Option<Says> {
    Some(Says {
        also: vec![State::Done, State::Error, State::NeedsPermission],
        ..Says::just(State::Idle, "its title shows it ready")
    })
}

fn works() -> Option<Says> {
    Some(Says::just(State::Working, "works"))
}

fn asks() -> Option<Says> {
    Some(Says::just(State::NeedsPermission, "may it?"))
}

fn says(state: State) -> Option<Says> {
    Some(Says::just(state, "says so"))
}

fn machine() -> Machine {
    let mut machine = Machine::default();
    machine.on(
        Observation::Started {
            agent: Some(("claude", true)),
        },
        at(0),
    );
    machine
}

use Observation::{Ended, Interrupted, Output, Prompted, Reset, Said, Seen, Started, Status, Tick};

#[test]
fn a_known_agent_is_starting_until_it_shows_itself_and_unknown_if_it_never_does() {
    let mut it = machine();
    assert_eq!(it.state(), State::Starting);
    assert_eq!(it.wake_millis(), Some(STARTING_MILLIS));
    it.on(Tick, at(STARTING_MILLIS - 1));
    assert_eq!(it.state(), State::Starting);
    it.on(Tick, at(STARTING_MILLIS));
    assert_eq!(it.state(), State::Unknown);
    let mut it = machine();
    it.on(Said(Source::Title, quiet_title()), at(5));
    assert_eq!(it.state(), State::Idle);
    for agent in [None, Some(("ollama", false))] {
        let mut it = Machine::default();
        it.on(Started { agent }, at(0));
        assert_eq!(it.state(), State::Unknown);
    }
}

#[test]
fn the_programs_own_word_decides_and_nothing_weaker_ends_it() {
    let mut it = machine();
    it.on(Status(b"state=working"), at(10));
    it.on(Said(Source::Hook, says(State::Done)), at(20));
    it.on(Said(Source::Title, quiet_title()), at(30));
    it.on(Said(Source::Screen, says(State::Idle)), at(40));
    it.on(Tick, at(10_000));
    assert_eq!(it.state(), State::Working);
    it.on(
        Status(b"state=blocked:kind=permission:msg=bHM="),
        at(10_001),
    );
    assert_eq!(it.state(), State::NeedsPermission);
    assert_eq!(it.info().pending.map(|it| it.text), Some("ls".into()));
    assert_eq!(it.info().source, EvidenceSource::Protocol);
}

#[test]
fn a_denial_that_no_hook_tells_is_taken_from_what_the_screen_shows_after_it() {
    let mut it = machine();
    it.on(Said(Source::Hook, works()), at(10));
    it.on(Said(Source::Title, quiet_title()), at(95));
    it.on(Said(Source::Hook, asks()), at(100));
    it.on(Said(Source::Screen, asks()), at(110));
    it.on(Tick, at(60_000));
    assert_eq!(
        it.state(),
        State::NeedsPermission,
        "a quiet title is no answer"
    );
    it.on(Said(Source::Screen, says(State::Idle)), at(70_000));
    assert_eq!(
        it.state(),
        State::NeedsPermission,
        "not before it has settled"
    );
    assert_eq!(it.wake_millis(), Some(70_000 + SETTLE_MILLIS));
    it.on(Tick, at(70_000 + SETTLE_MILLIS));
    assert_eq!(it.state(), State::Idle, "asked and answered: not done");
}

#[test]
fn a_screen_that_shows_the_end_of_a_turn_a_moment_longer_begins_no_other() {
    let ended = || {
        let mut it = machine();
        it.on(Said(Source::Hook, works()), at(10));
        it.on(Said(Source::Screen, works()), at(20));
        it.on(Said(Source::Screen, None), at(900));
        it.on(Said(Source::Hook, says(State::Done)), at(1_000));
        it.on(Said(Source::Screen, works()), at(1_100));
        assert_eq!(it.state(), State::Done);
        it
    };
    let mut it = ended();
    it.on(Said(Source::Screen, quiet_title()), at(1_400));
    it.on(Tick, at(5_000));
    assert_eq!(it.state(), State::Done);

    // One that goes on showing it is at work again, of which no hook has told.
    let mut it = ended();
    assert_eq!(it.wake_millis(), Some(1_100 + AFTER_DONE_MILLIS));
    it.on(Tick, at(1_100 + AFTER_DONE_MILLIS));
    assert_eq!(it.state(), State::Working);

    // The agent's own word counts at once.
    let mut it = ended();
    it.on(Said(Source::Hook, works()), at(1_101));
    assert_eq!(it.state(), State::Working);
}

#[test]
fn an_approval_shows_when_the_spinner_turns_again() {
    let mut it = machine();
    it.on(Said(Source::Title, works()), at(5));
    it.on(Said(Source::Hook, works()), at(10));
    it.on(Said(Source::Hook, asks()), at(100));
    it.on(Said(Source::Title, works()), at(101));
    assert_eq!(it.state(), State::NeedsPermission, "it turned before too");
    it.on(Said(Source::Title, quiet_title()), at(120));
    let change = it
        .on(Said(Source::Title, works()), at(5_000))
        .expect("a change");
    assert_eq!(
        (change.from, change.to),
        (State::NeedsPermission, State::Working)
    );
    assert_eq!(change.evidence.source, EvidenceSource::Title);
    it.on(Said(Source::Title, quiet_title()), at(5_100));
    assert_eq!(
        it.state(),
        State::Done,
        "the ended claim does not come back"
    );
}

#[test]
fn a_question_that_its_hook_tells_after_the_title_fell_quiet_makes_no_other_state_between() {
    let mut it = machine();
    it.on(Said(Source::Hook, works()), at(10));
    it.on(Said(Source::Title, works()), at(20));
    assert_eq!(it.on(Said(Source::Title, quiet_title()), at(900)), None);
    let change = it.on(Said(Source::Hook, asks()), at(900 + SETTLE_MILLIS - 1));
    assert_eq!(change.map(|it| it.to), Some(State::NeedsPermission));
}

#[test]
fn a_turn_that_stops_is_done_and_idle_if_the_person_interrupted_it() {
    for (interrupted, ends) in [(false, State::Done), (true, State::Idle)] {
        let mut it = machine();
        it.on(Said(Source::Title, works()), at(10));
        if interrupted {
            it.on(Interrupted, at(990));
        }
        it.on(Said(Source::Title, quiet_title()), at(1_000));
        assert_eq!(it.state(), ends);
        it.on(Said(Source::Title, quiet_title()), at(90_000));
        it.on(Tick, at(99_000));
        assert_eq!(it.state(), ends);
    }
}

#[test]
fn an_interrupt_long_ago_says_nothing_about_the_end_of_a_turn() {
    let mut it = machine();
    it.on(Interrupted, at(10));
    it.on(Said(Source::Title, works()), at(20));
    it.on(
        Said(Source::Title, quiet_title()),
        at(20 + INTERRUPT_MILLIS),
    );
    assert_eq!(it.state(), State::Done);
}

#[test]
fn done_is_done_until_it_was_seen_and_each_turn_is_done_anew() {
    for says_done in [Said(Source::Hook, says(State::Done)), Status(b"state=done")] {
        let mut it = machine();
        it.on(Status(b"state=working"), at(1));
        it.on(Status(b"state=clear"), at(2));
        it.on(says_done, at(10));
        assert_eq!(it.state(), State::Done);
        let change = it.on(Seen, at(20)).expect("a change");
        assert_eq!((change.from, change.to), (State::Done, State::Idle));
        assert_eq!(it.on(Seen, at(21)), None, "twice is once");
        it.on(Tick, at(30));
        assert_eq!(it.state(), State::Idle);
    }
    let mut it = machine();
    for turn in [100, 200] {
        it.on(Said(Source::Hook, works()), at(turn));
        it.on(Said(Source::Hook, says(State::Done)), at(turn + 1));
        assert_eq!(it.state(), State::Done);
        it.on(Seen, at(turn + 2));
        assert_eq!(it.state(), State::Idle);
    }
    assert_eq!(it.info().usage.turns, 2);
}

#[test]
fn what_was_seen_while_it_worked_says_nothing_about_its_end() {
    let mut it = machine();
    it.on(Said(Source::Title, works()), at(10));
    it.on(Seen, at(20));
    it.on(Said(Source::Title, quiet_title()), at(30));
    assert_eq!(it.state(), State::Done);
}

#[test]
fn a_screen_makes_a_title_precise_that_fits_several_states() {
    let mut it = machine();
    it.on(Said(Source::Screen, asks()), at(9));
    it.on(Said(Source::Title, quiet_title()), at(10));
    assert_eq!(it.state(), State::NeedsPermission);
    it.on(Said(Source::Screen, None), at(20));
    assert_eq!(it.state(), State::Idle);
}

#[test]
fn an_error_stays_while_the_title_is_only_quiet_and_ends_with_the_next_turn() {
    let mut it = machine();
    it.on(Said(Source::Title, works()), at(10));
    it.on(Said(Source::Hook, says(State::Error)), at(20));
    it.on(Said(Source::Title, quiet_title()), at(21));
    it.on(Tick, at(10_000));
    assert_eq!(it.state(), State::Error);
    it.on(Said(Source::Title, works()), at(20_000));
    assert_eq!(it.state(), State::Working);
}

#[test]
fn work_without_output_is_stalled_and_any_output_ends_that() {
    let mut it = machine();
    it.set_stall_millis(1_000);
    it.on(Said(Source::Hook, works()), at(10));
    it.on(Output, at(500));
    assert_eq!(it.wake_millis(), Some(1_500));
    it.on(Tick, at(1_499));
    assert_eq!(it.state(), State::Working);
    it.on(Tick, at(1_500));
    assert_eq!(it.state(), State::Stalled);
    it.on(Output, at(1_600));
    assert_eq!(it.state(), State::Working);
    it.on(Said(Source::Hook, asks()), at(1_700));
    it.on(Tick, at(100_000));
    assert_eq!(
        it.state(),
        State::NeedsPermission,
        "who waits for a person is not stalled"
    );
}

#[test]
fn a_process_that_ended_has_ended_whatever_was_said() {
    let mut it = machine();
    it.on(Status(b"state=working"), at(10));
    it.on(
        Observation::ToolBegan {
            id: "t",
            tool: "Bash",
        },
        at(11),
    );
    let reason = || "it ended".to_owned();
    let ended = Ended {
        reason: reason(),
        failed: false,
    };
    let change = it.on(ended, at(20)).expect("a change");
    assert_eq!(
        (change.to, change.evidence.reason),
        (State::Exited, reason())
    );
    it.on(Said(Source::Hook, works()), at(30));
    assert_eq!((it.state(), it.info().tools), (State::Exited, 0));
    it.converses("c1");
    it.on(
        Started {
            agent: Some(("claude", true)),
        },
        at(40),
    );
    assert_eq!(it.state(), State::Starting);
    assert_eq!(it.conversation(), Some("c1"), "the conversation can go on");
}

#[test]
fn a_shells_prompt_and_a_reset_end_what_a_program_said_of_itself() {
    for ends in [Prompted, Reset, Status(b"state=clear")] {
        let mut shell = Machine::default();
        shell.on(Started { agent: None }, at(0));
        shell.on(Status(b"state=working:app=claude-code"), at(10));
        shell.on(Said(Source::Hook, says(State::NeedsPermission)), at(5));
        assert_eq!(shell.state(), State::Working);
        shell.on(ends, at(20));
        assert_eq!(
            shell.state(),
            State::Unknown,
            "older weaker claims stay out"
        );
    }
}

#[test]
fn d4_tools_are_counted_by_id_and_none_is_left_when_the_turn_ends_unheard() {
    let mut it = machine();
    it.on(Said(Source::Hook, works()), at(10));
    it.on(Said(Source::Title, works()), at(10));
    it.on(
        Observation::ToolBegan {
            id: "a",
            tool: "Bash",
        },
        at(11),
    );
    it.on(
        Observation::ToolBegan {
            id: "a",
            tool: "Bash",
        },
        at(12),
    );
    it.on(
        Observation::ToolBegan {
            id: "b",
            tool: "Read",
        },
        at(13),
    );
    it.on(
        Observation::TaskBegan {
            id: "s",
            what: "Explore",
        },
        at(14),
    );
    it.on(Observation::ToolEnded { id: "b" }, at(15));
    assert_eq!((it.info().tools, it.info().background), (1, 1));
    it.on(Interrupted, at(20));
    it.on(Said(Source::Title, quiet_title()), at(30));
    it.on(Tick, at(30 + SETTLE_MILLIS));
    assert_eq!(it.state(), State::Idle);
    assert_eq!(
        (it.info().tools, it.info().background),
        (0, 1),
        "tasks go on"
    );
}

#[test]
fn a_machine_that_was_kept_goes_on_as_if_nothing_had_been() {
    let mut it = machine();
    it.on(Status(b"state=idle:app=claude-code"), at(1));
    it.on(Said(Source::Hook, asks()), at(10));
    it.on(Status(b"state=clear"), at(11));
    it.on(Said(Source::Hook, asks()), at(12));
    let kept = rmp_serde::to_vec_named(&it).expect("it can be kept");
    let mut next: Machine = rmp_serde::from_slice(&kept).expect("it can be read");
    assert_eq!((next.state(), next.info()), (it.state(), it.info()));
    for machine in [&mut it, &mut next] {
        machine.on(Said(Source::Title, works()), at(20));
        assert_eq!(machine.state(), State::Working);
    }
    assert_eq!(next.info(), it.info());
}

#[test]
fn a_machine_of_another_release_is_read_as_far_as_it_is_known() {
    let kept = rmp_serde::to_vec_named(&serde_json::json!({ "provider": "x", "moods": [1] }));
    let machine: Machine = rmp_serde::from_slice(&kept.unwrap()).expect("it can be read");
    assert_eq!(machine.provider(), Some("x"));
}

#[test]
fn agent_reason_max_and_agent_question_max_bound_what_a_list_shows() {
    let long = "ä".repeat(2_000);
    let mut it = machine();
    let pending = Some(Pending {
        text: long.clone(),
        ..Pending::default()
    });
    it.on(
        Said(
            Source::Hook,
            Some(Says {
                pending,
                ..Says::just(State::NeedsAnswer, long)
            }),
        ),
        at(1),
    );
    let info = it.info();
    assert_eq!(info.reason.len(), AGENT_REASON_MAX);
    assert_eq!(
        info.pending.map(|it| it.text.len()),
        Some(AGENT_QUESTION_MAX)
    );
}

#[test]
fn the_evidence_says_which_piece_decides_and_which_was_ended() {
    let mut it = machine();
    it.on(Said(Source::Hook, asks()), at(10));
    it.on(Said(Source::Title, works()), at(20));
    let shown: Vec<_> = it
        .evidence()
        .into_iter()
        .map(|it| (it.evidence.source, it.decides, it.ended))
        .collect();
    assert_eq!(
        shown,
        [
            (EvidenceSource::Hook, false, true),
            (EvidenceSource::Title, true, false),
            (EvidenceSource::Process, false, false),
        ]
    );
}

#[test]
fn an_agent_that_takes_everything_back_is_leaving_and_keeps_its_state_for_a_while() {
    for says in [Status(b"state=idle"), Said(Source::Title, quiet_title())] {
        let mut it = machine();
        let by_title = matches!(says, Said(..));
        it.on(says, at(10));
        let back = if by_title {
            Said(Source::Title, None)
        } else {
            Status(b"state=clear")
        };
        assert_eq!(
            it.on(back, at(1_000)),
            None,
            "no other state on the way out"
        );
        assert_eq!(it.state(), State::Idle);
        let mut ended = it.clone();
        let reason = "it ended".to_owned();
        let failed = false;
        let end = Ended { reason, failed };
        let change = ended.on(end, at(1_900)).expect("a change");
        assert_eq!((change.from, change.to), (State::Idle, State::Exited));
        assert_eq!(it.wake_millis(), Some(1_000 + LEAVING_MILLIS));
        it.on(Tick, at(1_000 + LEAVING_MILLIS));
        assert_eq!(
            it.state(),
            State::Unknown,
            "it goes on, and nothing says how"
        );
    }
}

#[test]
fn a_title_that_flickers_while_an_agent_starts_is_no_turn() {
    let mut it = machine();
    it.on(Said(Source::Title, quiet_title()), at(610));
    assert_eq!(it.state(), State::Idle);
    assert_eq!(it.on(Said(Source::Title, works()), at(642)), None);
    assert_eq!(it.on(Said(Source::Title, quiet_title()), at(649)), None);
    assert_eq!(it.on(Tick, at(610 + SETTLE_MILLIS)), None);
    assert_eq!(it.state(), State::Idle, "nothing was done");
    let mut it = machine();
    it.on(Said(Source::Title, quiet_title()), at(610));
    it.on(Said(Source::Title, works()), at(642));
    assert_eq!(it.wake_millis(), Some(610 + SETTLE_MILLIS));
    it.on(Tick, at(610 + SETTLE_MILLIS));
    assert_eq!(
        it.state(),
        State::Working,
        "it was given a prompt to start with"
    );
}

#[test]
fn an_interrupt_ends_its_own_turn_and_not_the_next() {
    let mut it = machine();
    it.on(Said(Source::Title, works()), at(10));
    it.on(Interrupted, at(1_000));
    it.on(Said(Source::Title, quiet_title()), at(1_010));
    assert_eq!(it.state(), State::Idle);
    it.on(Said(Source::Title, works()), at(2_000));
    it.on(Said(Source::Title, quiet_title()), at(3_000));
    assert_eq!(it.state(), State::Done);
}

fn question(it: &Machine) -> u64 {
    it.info().pending.expect("it asks").id
}

fn pending(text: &str) -> Option<Says> {
    Some(Says {
        pending: Some(Pending {
            text: text.into(),
            ..Pending::default()
        }),
        ..Says::just(State::NeedsPermission, "may it?")
    })
}

#[test]
fn a_question_keeps_its_number_until_it_is_another_and_is_answered_once() {
    let mut it = machine();
    it.on(Said(Source::Hook, pending("ls")), at(10));
    let first = question(&it);
    assert_eq!(it.unanswered(first), Some(10));
    it.on(Said(Source::Screen, asks()), at(20));
    it.on(Output, at(30));
    assert_eq!(question(&it), first, "it is the same question");
    it.answered(at(40));
    assert_eq!(it.unanswered(first), None);
    assert!(it.info().pending.expect("it asks").answered);
    // The screen still shows it.
    it.on(Said(Source::Screen, asks()), at(50));
    assert_eq!(it.unanswered(question(&it)), None);
    it.on(Said(Source::Hook, pending("rm")), at(60));
    let second = question(&it);
    assert_ne!(second, first);
    assert_eq!(
        (it.unanswered(first), it.unanswered(second)),
        (None, Some(60))
    );
    it.on(Said(Source::Hook, works()), at(70));
    assert_eq!(it.unanswered(second), None, "nothing is asked");
    it.on(Said(Source::Hook, pending("rm")), at(80));
    assert_ne!(question(&it), second, "asked again, it is another");
}

#[test]
fn a_question_that_is_being_drawn_is_one_and_what_is_drawn_in_its_place_another() {
    let mut it = machine();
    it.on(Said(Source::Screen, asks()), at(10));
    let first = question(&it);
    for (millis, drawn) in [(70, "# Shell"), (140, "# Shell $ ls")] {
        it.on(Said(Source::Screen, pending(drawn)), at(millis));
        assert_eq!(it.info().pending.expect("it asks").text, drawn);
        assert_eq!((question(&it), it.unanswered(first)), (first, Some(10)));
    }
    it.on(Said(Source::Screen, pending("# Shell $ rm")), at(200));
    assert_ne!(question(&it), first, "it does not go on as it began");
    // What was there for a while is complete.
    let second = question(&it);
    let late = 200 + DRAWN_MILLIS;
    it.on(Said(Source::Screen, pending("# Shell $ rm -r")), at(late));
    assert_ne!(question(&it), second);
    // So is what is answered, and what another source than the screen tells.
    let third = question(&it);
    it.answered(at(late + 1));
    let longer = "# Shell $ rm -r /";
    it.on(Said(Source::Screen, pending(longer)), at(late + 2));
    assert_ne!(question(&it), third);
    let mut it = machine();
    it.on(Said(Source::Hook, pending("rm")), at(10));
    let first = question(&it);
    it.on(Said(Source::Hook, pending("rm -r")), at(20));
    assert_ne!(question(&it), first);
}

#[test]
fn a_question_that_grows_once_an_answer_is_chosen_or_that_is_of_another_kind_is_another() {
    let mut it = machine();
    it.on(Said(Source::Screen, pending("# Shell")), at(10));
    let first = question(&it);
    it.answer_comes(first);
    it.on(Said(Source::Screen, pending("# Shell")), at(20));
    assert_eq!(question(&it), first);
    let longer = "# Shell $ rm -r /";
    it.on(Said(Source::Screen, pending(longer)), at(70));
    assert_ne!(question(&it), first);
    // A key that is no in a question may be yes in a request for permission, though both tell the same.
    let mut it = machine();
    let kinds = [State::NeedsAnswer, State::NeedsPermission];
    let asked = kinds.iter().zip([10, 20]).map(|(kind, millis)| {
        it.on(Said(Source::Hook, says(*kind)), at(millis));
        assert_eq!(it.state(), *kind);
        question(&it)
    });
    let asked: Vec<u64> = asked.collect();
    assert_ne!(asked[0], asked[1]);
}

#[test]
fn an_answer_without_effect_is_given_up_and_the_question_can_be_answered_anew() {
    let mut it = machine();
    it.on(Said(Source::Hook, pending("ls")), at(10));
    let first = question(&it);
    it.answered(at(20));
    it.on(Tick, at(21));
    let due = 20 + question::ANSWER_MILLIS;
    assert_eq!(it.wake_millis(), Some(due));
    it.on(Tick, at(due));
    assert_eq!(it.unanswered(first), None);
    assert_eq!(it.unanswered(question(&it)), Some(due));
}

#[test]
fn what_is_asked_after_an_answer_is_another_question_though_it_reads_the_same() {
    let mut it = machine();
    let blocked = b"state=blocked:kind=permission:msg=bHM=";
    it.on(Status(blocked), at(10));
    let first = question(&it);
    it.on(Status(blocked), at(15));
    assert_eq!(question(&it), first, "said twice, it is one");
    it.answered(at(20));
    it.on(Status(blocked), at(30));
    assert_eq!(it.unanswered(question(&it)), Some(30));
    let choice = |key: &str| Choice {
        name: "Yes".into(),
        kind: PermissionKind::AllowOnce,
        keys: vec![key.into()],
    };
    let second = question(&it);
    it.offers(vec![choice("1")], "", at(40));
    assert_eq!(question(&it), second, "now its answers are known");
    it.offers(vec![choice("y")], "", at(50));
    assert_ne!(question(&it), second, "other answers are another's");
}

#[test]
fn a_menu_answers_a_question_alone_and_where_it_has_gone_the_question_is_another() {
    let choice = |key: &str| Choice {
        name: key.into(),
        kind: PermissionKind::Choose,
        keys: vec![key.into()],
    };
    let menu = || vec![choice("1"), choice("2")];
    let mut it = machine();
    it.on(Said(Source::Hook, works()), at(10));
    it.offers(menu(), "", at(20));
    it.on(Said(Source::Hook, pending("ls")), at(30));
    assert!(!it.offers_menu(), "it was at work");
    it.offers(menu(), "", at(40));
    assert!(!it.offers_menu(), "it asks for permission");
    it.on(Said(Source::Hook, says(State::NeedsAnswer)), at(50));
    it.offers(menu(), "", at(60));
    assert_eq!(it.info().pending.expect("it asks").choices, menu());
    let first = question(&it);
    it.offers(Vec::new(), "", at(70));
    assert_ne!(question(&it), first, "its digits mean nothing any more");
    // One with the same answers is another's if it has other words.
    it.offers(menu(), "Delete all", at(72));
    let second = question(&it);
    it.offers(menu(), "Delete all", at(74));
    assert_eq!(question(&it), second);
    it.offers(menu(), "Delete none", at(76));
    assert_ne!(question(&it), second);
    // After an answer it goes, and that is all.
    it.offers(menu(), "", at(80));
    let second = question(&it);
    it.answered(at(90));
    it.offers(Vec::new(), "", at(100));
    assert_eq!(question(&it), second);
}

#[test]
fn what_is_told_for_an_id_is_taken_for_one_if_it_can_be() {
    let mut it = machine();
    let mut hear = |id: &str| {
        let told = serde_json::json!({ "hook_event_name": "UserPromptSubmit", "session_id": id });
        let hook = Hook::read(told.to_string().as_bytes()).expect("a hook");
        it.on(Observation::Hook(&hook), at(10));
        it.conversation().map(str::to_owned)
    };
    assert_eq!(hear("--dangerously-skip-permissions"), None);
    assert_eq!(hear("c-1").as_deref(), Some("c-1"));
    for id in ["-x", "../x", "a b", "", &"x".repeat(200)[..]] {
        assert_eq!(hear(id).as_deref(), Some("c-1"), "{id}");
    }
    // One that an earlier release has kept.
    it.goes_on_with("--continue");
    assert_eq!(it.resumable(), None);
}

#[test]
fn a_conversation_can_be_gone_on_with_once_a_turn_began_or_it_is_written_down() {
    let mut it = machine();
    it.converses("c-1");
    it.on(Said(Source::Title, quiet_title()), at(400));
    assert_eq!(it.resumable(), None, "nothing was said in it");
    it.on(Said(Source::Title, works()), at(10_000));
    assert_eq!(it.resumable(), Some("c-1"));
    let mut it = machine();
    it.converses("c-1");
    it.is_written_to("/c/c-1.jsonl");
    assert_eq!(it.resumable(), Some("c-1"));
    it.converses("c-2");
    assert_eq!(it.resumable(), None, "another one");
}

#[test]
fn a_title_that_says_one_of_several_things_waits_for_a_look_at_the_screen() {
    let vague = || {
        Some(Says {
            also: vec![State::NeedsAnswer],
            ..Says::just(State::NeedsPermission, "its title asks")
        })
    };
    let ends = || {
        Some(Says {
            also: vec![State::Done, State::Error],
            ..Says::just(State::Idle, "its title shows it ready")
        })
    };
    let at_work = || {
        let mut it = machine();
        it.on(Said(Source::Title, ends()), at(5));
        it.on(Said(Source::Screen, None), at(6));
        it.on(Said(Source::Title, works()), at(10_000));
        assert_eq!(it.state(), State::Working);
        it
    };
    let mut it = at_work();
    it.on(Said(Source::Title, vague()), at(20_000));
    assert_eq!(it.state(), State::Working);
    it.on(Said(Source::Screen, says(State::NeedsAnswer)), at(20_060));
    assert_eq!(it.state(), State::NeedsAnswer, "and nothing else before it");
    // A screen that says nothing leaves it at what the title says first.
    let mut it = at_work();
    it.on(Said(Source::Title, vague()), at(20_000));
    it.on(Said(Source::Screen, None), at(20_060));
    assert_eq!(it.state(), State::NeedsPermission);
    let mut it = at_work();
    it.on(Said(Source::Title, vague()), at(20_000));
    assert_eq!(it.wake_millis(), Some(20_000 + VAGUE_MILLIS));
    let look = it.look_for().expect("a look is waited for");
    assert!(look.for_question);
    assert_eq!(look.due_millis, 20_000 + LOOK_MILLIS);
    it.on(Tick, at(20_000 + VAGUE_MILLIS));
    assert_eq!(it.look_for(), None);
    assert_eq!(
        it.state(),
        State::NeedsPermission,
        "it is not waited for ever"
    );
    let mut it = at_work();
    it.on(Said(Source::Title, ends()), at(20_000));
    it.on(Said(Source::Screen, says(State::Error)), at(20_060));
    assert_eq!(it.state(), State::Error);
    let mut it = at_work();
    it.on(Said(Source::Title, ends()), at(20_000));
    it.on(Said(Source::Screen, None), at(20_060));
    assert_eq!(it.state(), State::Done);
}

#[test]
fn a_word_that_is_taken_back_at_once_in_the_first_moments_is_no_turn() {
    let mut it = machine();
    it.on(Said(Source::Title, quiet_title()), at(400));
    let flickers = it.on(Status(b"state=working"), at(430));
    assert_eq!((flickers, it.state()), (None, State::Idle));
    it.on(Status(b"state=idle"), at(430));
    assert_eq!(it.state(), State::Idle);
    it.on(Status(b"state=working"), at(440));
    it.on(Tick, at(440 + FLICKER_MILLIS - 1));
    it.on(Status(b"state=idle"), at(440 + FLICKER_MILLIS - 1));
    assert_eq!(it.state(), State::Idle, "nor on a busy machine");
    // What stands is work, and later there is no doubt.
    it.on(Status(b"state=working"), at(700));
    assert_eq!(it.wake_millis(), Some(700 + FLICKER_MILLIS));
    it.on(Tick, at(700 + FLICKER_MILLIS));
    assert_eq!(it.state(), State::Working);
    it.on(Status(b"state=idle"), at(5_000));
    it.on(Status(b"state=working"), at(5_001));
    assert_eq!(it.state(), State::Working);
}
