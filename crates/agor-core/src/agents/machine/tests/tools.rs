//! What an agent has under way, in whatever order its hooks come.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What a hook tells.
#[derive(Debug, Clone, Copy)]
enum Told {
    Begins(u8),
    Ends(u8),
    Fails(u8),
    IsDenied(u8),
    TurnEnds,
}

fn told() -> impl Strategy<Value = Vec<Told>> {
    let id = 0..6_u8;
    let told = prop_oneof![
        8 => id.clone().prop_map(Told::Begins),
        6 => id.clone().prop_map(Told::Ends),
        2 => id.clone().prop_map(Told::Fails),
        1 => id.prop_map(Told::IsDenied),
        1 => Just(Told::TurnEnds),
    ];
    proptest::collection::vec(told, 0..60)
}

fn hook(told: Told) -> Hook {
    let (event, id) = match told {
        Told::Begins(id) => ("PreToolUse", Some(id)),
        Told::Ends(id) => ("PostToolUse", Some(id)),
        Told::Fails(id) => ("PostToolUseFailure", Some(id)),
        Told::IsDenied(id) => ("PermissionDenied", Some(id)),
        Told::TurnEnds => ("Stop", None),
    };
    Hook {
        event: event.into(),
        tool_name: id.map(|_| "Bash".into()),
        tool_use_id: id.map(|id| id.to_string()),
        ..Hook::default()
    }
}

proptest! {
    /// A begin or an end may come twice, late or never.
    #[test]
    fn d4_tools_under_way_are_those_that_began_and_have_not_ended_and_none_is_after_a_turn(
        all in told(),
        heard in any::<bool>(),
    ) {
        let mut it = machine();
        it.on(Said(Source::Title, works()), at(10));
        let mut millis = 10;
        let mut under_way = BTreeSet::new();
        for told in all {
            millis += 1;
            it.on(Observation::Hook(&hook(told)), at(millis));
            match told {
                Told::Begins(id) => {
                    under_way.insert(id);
                }
                Told::Ends(id) | Told::Fails(id) | Told::IsDenied(id) => {
                    under_way.remove(&id);
                }
                Told::TurnEnds => under_way.clear(),
            }
            prop_assert_eq!(it.info().tools as usize, under_way.len());
        }
        if heard {
            it.on(Observation::Hook(&hook(Told::TurnEnds)), at(millis + 1));
        } else {
            it.on(Interrupted, at(millis + 1));
            it.on(Said(Source::Title, quiet_title()), at(millis + 2));
            it.on(Tick, at(millis + 2 + SETTLE_MILLIS));
        }
        prop_assert!(matches!(it.state(), State::Done | State::Idle), "{:?}", it.state());
        prop_assert_eq!(it.info().tools, 0);
    }
}

#[test]
fn a_question_of_a_tools_own_is_answered_when_that_is_told_and_not_first_with_its_end() {
    let mut it = machine();
    let notified = |kind: &str| Hook {
        event: "Notification".into(),
        notification_type: Some(kind.into()),
        message: Some("Which?".into()),
        ..Hook::default()
    };
    it.on(Observation::Hook(&hook(Told::Begins(1))), at(10));
    it.on(Observation::Hook(&notified("elicitation_dialog")), at(20));
    assert_eq!(it.state(), State::NeedsAnswer);
    it.on(Observation::Hook(&notified("elicitation_response")), at(30));
    assert_eq!(it.state(), State::Working);
    // What was answered is no answer to anything else.
    it.on(Observation::Hook(&hook(Told::TurnEnds)), at(40));
    it.on(Observation::Hook(&notified("elicitation_complete")), at(50));
    assert_eq!(it.state(), State::Done);
}
