//! The scenes of which every order is looked at: who wants what, and how often what may fail.

use super::world::{Faults, Step, What, World};

const SIGNAL: Step = Step::Order(What::Signal);
const RENAME: Step = Step::Order(What::Rename);
const SEND: Step = Step::Order(What::Send);

/// Every scene, by its name.
pub fn all() -> Vec<(&'static str, World)> {
    vec![
        (
            "commands over links that break",
            World::new(
                &[&[SIGNAL, SIGNAL]],
                Faults {
                    cuts: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a command over links that break twice",
            World::new(
                &[&[SIGNAL]],
                Faults {
                    cuts: 1,
                    host_cuts: 1,
                    dial_failures: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "commands and inputs that come twice",
            World::new(
                &[&[SIGNAL, Step::Type, SEND]],
                Faults {
                    duplicates: 2,
                    ..Faults::default()
                },
            ),
        ),
        (
            "commands and a host that dies",
            World::new(
                &[&[SIGNAL, SEND]],
                Faults {
                    crashes: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "commands and clients that die",
            World::new(
                &[&[SIGNAL, SIGNAL]],
                Faults {
                    client_deaths: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "commands and clients that die and are carried on",
            World::keeping(
                &[&[RENAME, RENAME]],
                Faults {
                    client_deaths: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a command and a client that dies twice",
            World::keeping(
                &[&[SIGNAL]],
                Faults {
                    client_deaths: 2,
                    ..Faults::default()
                },
            ),
        ),
        (
            "events over links that break",
            World::new(
                &[&[Step::Follow, RENAME]],
                Faults {
                    cuts: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a follower that begins anew",
            World::new(&[&[Step::Follow, RENAME, Step::Follow]], Faults::default()),
        ),
        (
            "events and a host that dies",
            World::new(
                &[&[Step::Follow, RENAME]],
                Faults {
                    crashes: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "events and a client that lags",
            World::new(
                &[&[Step::Follow, RENAME]],
                Faults {
                    lags: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a client that greets again",
            World::new(
                &[&[Step::Follow, RENAME]],
                Faults {
                    greetings: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "somebody who is no client",
            World::new(
                &[&[SIGNAL, Step::Type]],
                Faults {
                    strangers: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "two drivers",
            World::new(
                &[&[Step::Type, Step::Type], &[Step::Drive { force: true }]],
                Faults::default(),
            ),
        ),
        (
            "a driver whose link breaks",
            World::new(
                &[&[Step::Type]],
                Faults {
                    cuts: 1,
                    host_cuts: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a driver who asks again and again",
            World::new(
                &[&[
                    Step::Drive { force: false },
                    Step::Drive { force: true },
                    Step::Drive { force: true },
                    Step::Type,
                ]],
                Faults::default(),
            ),
        ),
        (
            "two drivers and a lease that lapses",
            World::new(
                &[&[Step::Type], &[Step::Type]],
                Faults {
                    lapses: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a driver who comes and goes",
            World::new(
                &[&[Step::Type, Step::Release, Step::Type]],
                Faults {
                    cuts: 1,
                    crashes: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "a command that comes twice and a full disk",
            World::new(
                &[&[SIGNAL]],
                Faults {
                    full_disks: 1,
                    duplicates: 1,
                    cuts: 1,
                    ..Faults::default()
                },
            ),
        ),
        (
            "commands and a full disk",
            World::new(
                &[&[RENAME, SIGNAL]],
                Faults {
                    full_disks: 1,
                    crashes: 1,
                    ..Faults::default()
                },
            ),
        ),
    ]
}

/// Returns the scene of that name.
pub fn named(name: &str) -> World {
    let found = all().into_iter().find(|(known, _)| *known == name);
    found
        .unwrap_or_else(|| panic!("no scene is called {name}"))
        .1
}
