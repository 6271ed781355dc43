//! Random orders of many things, with time that passes: a simulated network whose links are cut,
//! held, half open and slow, whose connections overtake each other, and whose host and clients die.
//!
//! A seed decides everything, so what fails once fails again: `AGOR_TEST_SEED=n` runs that one,
//! `AGOR_TEST_SEEDS=n` as many.

use std::time::Instant;

use super::report;
use super::world::{Action, Faults, Step, What, World};

/// Seeds of one run.
pub const SEEDS: u64 = 2_000;

/// Things that happen before everything is let come to rest.
const STEPS: usize = 400;

/// Things that may happen until everything has come to rest.
const STEPS_TO_REST: usize = 20_000;

/// Random numbers (xorshift64*): the same for a seed on every machine.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

fn script(random: &mut Random, client: usize) -> Vec<Step> {
    let mut script = vec![Step::Follow];
    for _ in 0..8 + random.below(16) {
        script.push(match random.below(12) {
            0..=2 => Step::Order(What::Signal),
            3..=4 => Step::Order(What::Rename),
            5..=6 => Step::Order(What::Send),
            7 => Step::Release,
            8 => Step::Drive {
                force: client.is_multiple_of(2),
            },
            _ => Step::Type,
        });
    }
    // Numbers of commands are those of signals, of which there are 64.
    let mut orders = 0;
    script.retain(|step| {
        orders += usize::from(matches!(step, Step::Order(_)));
        !matches!(step, Step::Order(_)) || orders <= 16
    });
    script
}

/// What holds some links back for a time, so that others overtake them.
struct Held {
    /// The link, or none.
    link: usize,
    left: usize,
}

/// Runs one seed to its end.
pub fn walk(seed: u64) -> Result<usize, String> {
    let mut random = Random::new(seed);
    let scripts: Vec<_> = (0..1 + random.below(3))
        .map(|client| script(&mut random, client))
        .collect();
    let scripts: Vec<&[Step]> = scripts.iter().map(Vec::as_slice).collect();
    let mut some = |most: usize| random.below(most + 1) as u8;
    let full_disks = some(1);
    let duplicates = some(6);
    let faults = Faults {
        cuts: some(8),
        host_cuts: some(4),
        dial_failures: some(6),
        crashes: some(3),
        client_deaths: some(2),
        lapses: some(2),
        lags: some(3),
        full_disks,
        duplicates,
        greetings: some(2),
        strangers: some(2),
    };
    let world = match random.below(2) {
        0 => World::new(&scripts, faults),
        _ => World::keeping(&scripts, faults),
    };
    let mut world = world.with_heartbeats();
    let mut held = Held { link: 0, left: 0 };
    let mut steps = 0;
    for _ in 0..STEPS {
        let mut actions = world.actions();
        let progress = actions.iter().filter(|action| action.is_progress()).count();
        if held.left == 0 && random.below(20) == 0 {
            held.link = random.below(world.links.len() + 1);
            held.left = random.below(60);
        }
        if held.left > 0 {
            held.left -= 1;
            let (link, clients) = (held.link, world.clients_on(held.link));
            actions.retain(|action| match action {
                Action::Accept(at) | Action::Hear(at) | Action::Close(at) => *at != link,
                Action::Tell(client) => Some(*client) != clients,
                _ => true,
            });
        }
        // Faults are rarer than what happens by itself.
        if random.below(12) != 0 {
            actions.retain(Action::is_progress);
        }
        if random.below(6) == 0 || progress == 0 {
            actions.push(Action::Pass([1, 10, 100, 1_000, 6_000][random.below(5)]));
        }
        if random.below(8) == 0 {
            actions.push(Action::Print);
        }
        if actions.is_empty() {
            continue;
        }
        let action = actions[random.below(actions.len())];
        steps += 1;
        trace(&world, action);
        world
            .act(action)
            .map_err(|wrong| format!("{wrong} (at step {steps}, {action:?})"))?;
    }
    come_to_rest(&mut world, &mut random).map(|more| steps + more)
}

/// Lets everything come to its end, without anything more that fails.
fn come_to_rest(world: &mut World, random: &mut Random) -> Result<usize, String> {
    for step in 0..STEPS_TO_REST {
        let mut actions = world.actions();
        actions.retain(Action::is_progress);
        if actions.is_empty() {
            if world.is_at_rest() {
                return Ok(step);
            }
            let Some(wake) = world.next_wake() else {
                break;
            };
            actions.push(Action::Pass(wake.saturating_sub(world.clock).max(1)));
        }
        let action = actions[random.below(actions.len())];
        trace(world, action);
        world
            .act(action)
            .map_err(|wrong| format!("{wrong} ({action:?}, coming to rest)"))?;
    }
    let why = world.check_at_rest().err().unwrap_or_default();
    Err(format!("it does not come to rest: {why}"))
}

/// Shows what happens, if one seed was asked for.
fn trace(world: &World, action: Action) {
    if asked("AGOR_TEST_SEED").is_some() {
        report(&world.about(action));
    }
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a2_b3_c3_d6_random_orders_of_many_things_keep_every_promise() {
    let seeds = match asked("AGOR_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..asked("AGOR_TEST_SEEDS").unwrap_or(SEEDS),
    };
    let begun = Instant::now();
    let (count, mut steps) = (seeds.end - seeds.start, 0);
    for seed in seeds {
        match walk(seed) {
            Ok(taken) => steps += taken,
            Err(wrong) => panic!("AGOR_TEST_SEED={seed}: {wrong}"),
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    report(&format!(
        "{count} seeds, {steps} steps, {seconds:.1} s, {:.0} seeds a second",
        count as f64 / seconds
    ));
}

#[test]
fn a_seed_is_the_same_walk_each_time() {
    assert_eq!(walk(7), walk(7));
}
