//! Which sessions are on the wall, in which order, and where the arrows lead.

use std::collections::HashSet;

use agor_core::config::Layers;
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;

use super::{Grouping, SESSIONS_MAX};
use crate::attention::{Need, queue};
use crate::icons::Mark;
use crate::link::snapshot::named;

/// One line of the wall: sessions side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// The sessions, from left to right.
    pub tiles: Vec<Tile<'a>>,
}

/// A session on the wall.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile<'a> {
    /// The name of the group that begins with it.
    pub title: Option<String>,
    /// The session.
    pub info: &'a SessionInfo,
}

impl Line<'_> {
    /// Says whether a group begins in it.
    #[must_use]
    pub fn titled(&self) -> bool {
        self.tiles.iter().any(|tile| tile.title.is_some())
    }
}

/// A step by an arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Left,
    Right,
    Up,
    Down,
}

/// Returns the lines of a wall whose lines have room for `columns` sessions: those that need the
/// person, then group by group. A group goes on in the line where the one before it ended.
#[must_use]
pub fn lines<'a>(
    sessions: &'a [SessionInfo],
    layers: &Layers,
    (filter, grouping): (&str, Grouping),
    columns: usize,
) -> Vec<Line<'a>> {
    let words = words(filter);
    let wanted = |info: &&SessionInfo| has(info, layers, &words);
    let needing: Vec<&SessionInfo> = queue(sessions)
        .into_iter()
        .filter(|(need, _)| *need != Need::Done)
        .map(|(_, info)| info)
        .filter(wanted)
        .collect();
    let mut groups: Vec<(&str, Vec<&SessionInfo>)> = Vec::new();
    for info in first(sessions.iter().filter(wanted).collect()) {
        if needing.iter().any(|needing| needing.id == info.id) {
            continue;
        }
        let of = group_of(info, layers, grouping);
        match groups.iter_mut().find(|(group, _)| *group == of) {
            Some((_, group)) => group.push(info),
            None => groups.push((of, vec![info])),
        }
    }
    match grouping {
        Grouping::Project => {}
        Grouping::State => {
            let urgency = |info: &&SessionInfo| Mark::of(info).urgency();
            groups.sort_by_key(|(_, group)| group.first().map(urgency));
        }
        // What is no agent's comes last.
        Grouping::Agent => groups.sort_by_key(|(provider, _)| provider.is_empty()),
    }
    for (_, group) in &mut groups {
        // What runs first, the newest of it before the older.
        group.sort_by_key(|info| (!info.life.alive(), std::cmp::Reverse(info.created_millis)));
    }
    let needing = Some(("Needs you".to_owned(), needing)).filter(|(_, it)| !it.is_empty());
    let groups = groups
        .into_iter()
        .map(|(of, group)| (title(of, layers, grouping), group));
    let tiles = needing
        .into_iter()
        .chain(groups)
        .flat_map(|(title, group)| {
            let mut title = Some(title);
            let tile = move |info| Tile {
                title: title.take(),
                info,
            };
            group.into_iter().map(tile)
        });
    let tiles: Vec<Tile<'a>> = tiles.take(SESSIONS_MAX).collect();
    let lines = tiles.chunks(columns.max(1));
    lines
        .map(|tiles| Line {
            tiles: tiles.to_vec(),
        })
        .collect()
}

/// Returns by what the group of a session is known.
fn group_of<'a>(info: &'a SessionInfo, layers: &'a Layers, grouping: Grouping) -> &'a str {
    match grouping {
        Grouping::Project => layers.project_of(&info.folder),
        Grouping::State => Mark::of(info).word(),
        Grouping::Agent => {
            let agent = info.agent.as_ref();
            agent.map_or("", |agent| agent.provider.as_str())
        }
    }
}

/// Returns the name of a group.
fn title(of: &str, layers: &Layers, grouping: Grouping) -> String {
    match grouping {
        Grouping::Project => named(layers, of),
        Grouping::Agent if of.is_empty() => "No agent".to_owned(),
        Grouping::State | Grouping::Agent => {
            let mut letters = of.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect()
        }
    }
}

/// Returns how many sessions what was typed chooses, shown or not.
#[must_use]
pub fn matching(sessions: &[SessionInfo], layers: &Layers, filter: &str) -> usize {
    let words = words(filter);
    let chosen = sessions.iter().filter(|info| has(info, layers, &words));
    chosen.count()
}

/// Returns how early a session is shown where there are more than the wall shows: what needs the person, then what
/// runs, the lower the earlier.
#[must_use]
pub fn rank(info: &SessionInfo) -> (bool, bool) {
    let needs = Need::of(info).is_some_and(|need| need != Need::Done);
    (!needs, !info.life.alive())
}

/// Returns as many of these as the wall shows, in the order in which they were.
fn first(mut sessions: Vec<&SessionInfo>) -> Vec<&SessionInfo> {
    if sessions.len() > SESSIONS_MAX {
        let mut ranked = sessions.clone();
        ranked.sort_by_key(|info| rank(info));
        let shown: HashSet<_> = ranked.iter().take(SESSIONS_MAX).map(|it| it.id).collect();
        sessions.retain(|info| shown.contains(&info.id));
    }
    sessions
}

fn words(filter: &str) -> Vec<String> {
    filter.split_whitespace().map(str::to_lowercase).collect()
}

/// Says whether a session has every one of these words, which are in lower case.
fn has(info: &SessionInfo, layers: &Layers, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = haystack(info, layers);
    words.iter().all(|word| text.contains(word))
}

/// Returns what of a session is looked through for what was typed, in lower case.
fn haystack(info: &SessionInfo, layers: &Layers) -> String {
    let agent = info.agent.as_ref();
    let reason = agent.map_or("", |agent| agent.reason.as_str());
    let provider = agent.map_or("", |agent| agent.provider.as_str());
    let project = named(layers, &info.folder);
    let word = Mark::of(info).word();
    format!(
        "{} {project} {word} {provider} {} {reason}",
        info.name, info.title
    )
    .to_lowercase()
}

/// Returns where a session is: its line and its place there.
#[must_use]
pub fn find(lines: &[Line<'_>], session: SessionId) -> Option<(usize, usize)> {
    lines.iter().enumerate().find_map(|(at, line)| {
        let mut tiles = line.tiles.iter();
        let place = tiles.position(|tile| tile.info.id == session)?;
        Some((at, place))
    })
}

/// Returns the session to which an arrow leads from `from`; the first one from nowhere.
#[must_use]
pub fn step(lines: &[Line<'_>], from: Option<SessionId>, step: Step) -> Option<SessionId> {
    let tiles = || lines.iter().flat_map(|line| &line.tiles);
    let columns = lines.first()?.tiles.len();
    let from = from.and_then(|from| tiles().position(|tile| tile.info.id == from));
    let last = tiles().count().checked_sub(1)?;
    let to = match (from, step) {
        (None, _) => 0,
        (Some(at), Step::Left) => at.saturating_sub(1),
        (Some(at), Step::Right) => (at + 1).min(last),
        (Some(at), Step::Up) => at.checked_sub(columns).unwrap_or(at),
        // The nearest below, if there is a line below.
        (Some(at), Step::Down) if at / columns < last / columns => (at + columns).min(last),
        (Some(at), Step::Down) => at,
    };
    tiles().nth(to).map(|tile| tile.info.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agent_info, session_id, session_info};
    use agor_proto::agent::State;
    use agor_proto::session::Life;

    fn found<'a>(
        sessions: &'a [SessionInfo],
        layers: &Layers,
        filter: &str,
        columns: usize,
    ) -> Vec<Line<'a>> {
        lines(sessions, layers, (filter, Grouping::Project), columns)
    }

    fn session(number: u8, name: &str, folder: &str) -> SessionInfo {
        SessionInfo {
            folder: folder.into(),
            ..session_info(number, name)
        }
    }

    fn shape(lines: &[Line<'_>]) -> Vec<String> {
        let shown = |tile: &Tile<'_>| match &tile.title {
            Some(title) => format!("{title}: {}", tile.info.name),
            None => tile.info.name.clone(),
        };
        let line = |line: &Line<'_>| line.tiles.iter().map(shown).collect::<Vec<_>>().join(" | ");
        lines.iter().map(line).collect()
    }

    fn wall() -> Vec<SessionInfo> {
        let mut sessions = vec![
            session(1, "bash", "/w/shop"),
            session(2, "claude", "/w/prices"),
            session(3, "vim", "/w/shop"),
            session(4, "codex", "/w/shop"),
            session(5, "make", "/w/shop"),
        ];
        sessions[1].state = State::NeedsPermission;
        sessions[3].state = State::Working;
        sessions[4].life = Life::Exited { code: 0, signal: 0 };
        sessions
    }

    #[test]
    fn what_needs_you_comes_first_then_projects_and_what_has_ended_last() {
        let sessions = wall();
        let shown = shape(&found(&sessions, &Layers::default(), "", 3));
        assert_eq!(
            shown,
            ["Needs you: claude | shop: codex | vim", "bash | make"]
        );
    }

    #[test]
    fn groups_are_projects_states_or_agents_behind_what_needs_you() {
        let mut sessions = wall();
        let mut codex = agent_info();
        codex.provider = "codex".into();
        sessions[3].agent = Some(codex);
        let grouped = |grouping| shape(&lines(&sessions, &Layers::default(), ("", grouping), 9));
        assert_eq!(
            grouped(Grouping::State),
            ["Needs you: claude | Working: codex | Running: vim | bash | Ended: make"]
        );
        assert_eq!(
            grouped(Grouping::Agent),
            ["Needs you: claude | Codex: codex | No agent: vim | bash | make"]
        );
        let step = |it: &Grouping| Some(it.following());
        let steps = std::iter::successors(Some(Grouping::Project), step);
        assert_eq!(
            steps.take(4).collect::<Vec<_>>(),
            [
                Grouping::Project,
                Grouping::State,
                Grouping::Agent,
                Grouping::Project
            ]
        );
    }

    #[test]
    fn words_choose_by_name_project_and_state() {
        let sessions = wall();
        assert_eq!(
            shape(&found(&sessions, &Layers::default(), "working", 3)),
            ["shop: codex"]
        );
        assert_eq!(
            shape(&found(&sessions, &Layers::default(), "shop I", 3)),
            ["shop: codex | vim | bash"],
            "every word somewhere: “running”, “working”, “vim”"
        );
        assert!(found(&sessions, &Layers::default(), "nobody", 3).is_empty());
    }

    #[test]
    fn sessions_max_bounds_the_wall() {
        let sessions: Vec<_> = (0..2)
            .flat_map(|_| (0..=255).map(|n| session(n, "s", "/w")))
            .collect();
        let lines = found(&sessions, &Layers::default(), "", 5);
        let count: usize = lines.iter().map(|line| line.tiles.len()).sum();
        assert_eq!(count, SESSIONS_MAX);
    }

    #[test]
    fn where_there_are_too_many_those_that_need_you_and_that_run_are_shown() {
        let numbered = |number: usize, folder: &str, life: Life| SessionInfo {
            id: SessionId::from_parts(1_700_000_001_000 + number as u64, [1; 10]),
            folder: folder.into(),
            life,
            ..session_info(1, "s")
        };
        let ended = Life::Exited { code: 0, signal: 0 };
        let mut sessions: Vec<_> = (0..300)
            .map(|number| numbered(number, "/w/old", ended.clone()))
            .collect();
        sessions.extend((300..310).map(|n| numbered(n, "/w/new", Life::Running)));
        sessions[309].state = State::NeedsPermission;
        let layers = Layers::default();
        let lines = found(&sessions, &layers, "", 5);
        let tiles = || lines.iter().flat_map(|line| &line.tiles);
        assert_eq!(tiles().count(), SESSIONS_MAX);
        let running = tiles().filter(|tile| tile.info.life.alive()).count();
        assert_eq!(running, 10);
        assert_eq!(matching(&sessions, &layers, ""), 310);
        assert_eq!(matching(&sessions, &layers, "running"), 9);
        assert_eq!(matching(&sessions, &layers, "nobody"), 0);
    }

    #[test]
    fn arrows_lead_over_groups_and_stay_at_the_ends() {
        let sessions = wall();
        // claude codex vim
        // bash   make
        let lines = found(&sessions, &Layers::default(), "", 3);
        let go = |from: u8, by| step(&lines, Some(session_id(from)), by);
        assert_eq!(step(&lines, None, Step::Down), Some(session_id(2)));
        assert_eq!(go(2, Step::Down), Some(session_id(1)));
        assert_eq!(go(4, Step::Right), Some(session_id(3)));
        assert_eq!(go(3, Step::Right), Some(session_id(1)));
        assert_eq!(go(3, Step::Down), Some(session_id(5)), "the nearest below");
        assert_eq!(go(1, Step::Left), Some(session_id(3)));
        assert_eq!(go(5, Step::Down), Some(session_id(5)));
        assert_eq!(go(5, Step::Up), Some(session_id(4)));
        assert_eq!(go(2, Step::Up), Some(session_id(2)));
        let elsewhere = step(&lines, Some(session_id(77)), Step::Up);
        assert_eq!(elsewhere, Some(session_id(2)));
        assert_eq!(step(&[], None, Step::Down), None);
    }

    #[test]
    fn a_projects_further_folders_are_in_its_group_by_its_name() {
        let (layers, _) =
            Layers::read("[projects.\"/w/shop\"]\nname = \"The shop\"\nfolders = [\"/w/prices\"]")
                .unwrap();
        let mut sessions = wall();
        sessions[1].state = State::Working;
        let shown = shape(&found(&sessions, &layers, "", 9));
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("The shop: "), "{shown:?}");
        assert_eq!(shown[0].matches(": ").count(), 1, "{shown:?}");
        assert_eq!(found(&sessions, &layers, "the shop claude", 9).len(), 1);
    }
}
