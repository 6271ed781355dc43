//! Everything that can happen between clients and a host, driven through the code that runs: a client's
//! [`Connection`](crate::client::connection::Connection) at one end, the host's
//! [`Connection`](super::connection::Connection) and [`Session`](super::session::Session) at the other, with
//! links, keeper and disk between them that are simple enough to be obviously right.
//!
//! `search.rs` goes through every order of a few things, `walk.rs` through random orders of many.
//! `ledger.rs` says what must never be seen.

mod ledger;
mod print;
mod scenes;
mod search;
mod walk;
mod world;

use crate::rules::{Rule, broken};
use search::{Found, search};
use world::{Fake, World};

/// Says what was looked at.
fn report(text: &str) {
    println!("{text}");
}

/// Looks at every order of a scene.
fn every_order(name: &str, scene: &World) -> Found {
    let found = search(scene);
    report(&format!(
        "{name}: {} states, {} at rest, {} steps deep, {:.1} s",
        found.states, found.at_rest, found.depth, found.seconds
    ));
    found
}

/// Whatever order things happen in: no acknowledged command is lost, none is carried out twice, order is
/// kept, no event is missed or told twice, who is connected is told, and who does not drive does not type.
#[test]
fn a3_b1_b2_b9_b10_b15_c1_c2_every_order_of_a_few_things_keeps_every_promise() {
    let (mut states, mut wrong) = (0, Vec::new());
    for (name, scene) in scenes::all() {
        let found = every_order(name, &scene);
        states += found.states;
        match found.failure {
            Some(failure) => wrong.push(format!("{name}: {failure}")),
            None if found.too_large => wrong.push(format!("{name}: there are too many states")),
            None => assert!(found.at_rest > 0, "{name}: nothing comes to rest"),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report(&format!("{states} states in all"));
    assert!(
        states > 10_000,
        "{states} states are too few to mean anything"
    );
}

/// Each rule with a scene that cannot do without it.
const RULES: &[(Rule, &str)] = &[
    (
        Rule::NobodySpeaksBeforeGreeting,
        "somebody who is no client",
    ),
    (Rule::NobodyIsTheHost, "somebody who is no client"),
    (Rule::TheFirstGreetingCounts, "a client that greets again"),
    (Rule::WhatALinkHadEndsWithIt, "events over links that break"),
    (Rule::KnowWhatIsUnderWay, "commands over links that break"),
    (Rule::KnowWhatHasEnded, "commands over links that break"),
    (Rule::KnowWhatIsStored, "commands and a host that dies"),
    (
        Rule::KnowWhatWasRefused,
        "a command that comes twice and a full disk",
    ),
    (Rule::NeverBeginAgain, "commands and a host that dies"),
    (
        Rule::StoreBeforeCarryingOut,
        "commands and a host that dies",
    ),
    (Rule::StoreBeforeTelling, "commands and a host that dies"),
    (Rule::SendAgain, "commands over links that break"),
    (Rule::SendInOrder, "commands over links that break"),
    (
        Rule::WriteDownBeforeSending,
        "a command and a client that dies twice",
    ),
    (
        Rule::StrikeOutAtTheEnd,
        "a command and a client that dies twice",
    ),
    (Rule::ResumeBehindTheTold, "events over links that break"),
    (
        Rule::AskForWhatWasWishedMeanwhile,
        "events over links that break",
    ),
    (Rule::TheLastDecisionCounts, "a follower that begins anew"),
    (Rule::WaitForTheDecision, "events and a client that lags"),
    (Rule::TellWithTheCommit, "events over links that break"),
    (Rule::TellWhatDidNotFit, "events and a client that lags"),
    (Rule::CompareTheToken, "a driver whose link breaks"),
    (Rule::NumbersGoOn, "a driver who comes and goes"),
    (Rule::TypeAgain, "a driver who comes and goes"),
];

#[test]
fn each_rule_that_is_broken_is_noticed() {
    let mut unnoticed = Vec::new();
    for rule in Rule::ALL {
        let looked_at = RULES.iter().any(|(known, _)| known == rule);
        // Which takes random orders, see below.
        if !looked_at && *rule != Rule::TheLastLeaseCounts {
            unnoticed.push(format!("{rule:?}, which no scene is named for"));
        }
    }
    for (rule, name) in RULES {
        let scene = scenes::named(name);
        let found = broken(Some(*rule), || search(&scene));
        match found.failure {
            Some(failure) => report(&format!(
                "{rule:?} broken, after {} states: {failure}",
                found.states
            )),
            None => unnoticed.push(format!("{rule:?} in {} states of {name}", found.states)),
        }
    }
    // Leases that make each other stale chase each other for ever, which takes more than a scene has.
    let chased = broken(Some(Rule::TheLastLeaseCounts), || {
        (0..walk::SEEDS).find_map(|seed| walk::walk(seed).err())
    });
    match chased {
        Some(wrong) => report(&format!("TheLastLeaseCounts broken: {wrong}")),
        None => unnoticed.push("TheLastLeaseCounts in random orders".to_owned()),
    }
    let wrong = [
        (Fake::CloseTakesTheNewest, "events over links that break"),
        (Fake::OneLinkForAClient, "events over links that break"),
        (Fake::KeeperWritesRepeats, "a driver who comes and goes"),
    ];
    for (fake, name) in wrong {
        let found = search(&scenes::named(name).with_fake(fake));
        match found.failure {
            Some(failure) => report(&format!(
                "{fake:?}, after {} states: {failure}",
                found.states
            )),
            None => unnoticed.push(format!("{fake:?} in {} states of {name}", found.states)),
        }
    }
    assert!(
        unnoticed.is_empty(),
        "the model sees nothing wrong with: {unnoticed:#?}"
    );
}
