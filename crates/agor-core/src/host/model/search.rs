//! Every state that can be reached, the nearest first, so that what is found wrong is found by the
//! shortest way.

use std::collections::HashSet;
use std::time::Instant;

use super::world::{Action, World};

/// States beyond which a scene is too large to be looked at.
const STATES_MAX: usize = 60_000;

/// What a search came to.
pub struct Found {
    /// States that differ.
    pub states: usize,
    /// States in which nothing more happens unless something fails.
    pub at_rest: usize,
    /// Steps to the farthest.
    pub depth: usize,
    /// How long it took.
    pub seconds: f64,
    /// What was wrong, with the shortest way to it.
    pub failure: Option<String>,
    /// Whether there was more than is looked at.
    pub too_large: bool,
}

/// Goes through every order of what can happen from `scene` on.
pub fn search(scene: &World) -> Found {
    let begun = Instant::now();
    let mut seen = HashSet::from([scene.print()]);
    // By which action each state was reached first, and from which.
    let mut ways: Vec<(usize, Option<Action>)> = vec![(0, None)];
    let mut edge = vec![(0, scene.clone())];
    let (mut at_rest, mut depth) = (0, 0);
    let (mut failure, mut too_large) = (None, false);
    'search: while !edge.is_empty() {
        let mut next = Vec::new();
        for (index, world) in edge {
            let actions = world.actions();
            if !actions.iter().any(Action::is_progress) {
                at_rest += 1;
                if let Err(wrong) = world.check_at_rest() {
                    failure = Some(told(&wrong, &ways, index, None));
                    break 'search;
                }
            }
            for action in actions {
                let mut after = world.clone();
                if let Err(wrong) = after.act(action) {
                    failure = Some(told(&wrong, &ways, index, Some(action)));
                    break 'search;
                }
                if seen.insert(after.print()) {
                    ways.push((index, Some(action)));
                    next.push((ways.len() - 1, after));
                }
            }
            if seen.len() > STATES_MAX {
                too_large = true;
                break 'search;
            }
        }
        depth += 1;
        edge = next;
    }
    Found {
        states: seen.len(),
        at_rest,
        depth,
        seconds: begun.elapsed().as_secs_f64(),
        failure,
        too_large,
    }
}

/// Says what is wrong and how it comes to it.
fn told(
    wrong: &str,
    ways: &[(usize, Option<Action>)],
    mut index: usize,
    last: Option<Action>,
) -> String {
    let mut way: Vec<String> = last.iter().map(|action| format!("{action:?}")).collect();
    while let Some((before, Some(action))) = ways.get(index) {
        way.push(format!("{action:?}"));
        index = *before;
    }
    way.reverse();
    format!("{wrong}\n  after {}", way.join(", "))
}
