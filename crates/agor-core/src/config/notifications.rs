//! `[notifications]`: of what the desktop tells the person, and when not.

use std::sync::Arc;

use agor_proto::agent::State;

use super::{For, Layers, Value};

/// Of what the host notifies the person through their desktop.
#[derive(Debug, Clone, PartialEq)]
pub struct Notifications {
    /// The states that an agent must come into.
    pub on: Vec<State>,
    /// When nothing is said; what still needs the person when that is over is said then.
    pub quiet: Option<Quiet>,
    /// Whether the desktop may make a sound.
    pub sound: bool,
    /// Whether it does, for all and for each group and project.
    pub layers: Arc<Layers>,
}

/// A part of every day, in minutes since midnight: from the first up to the second, over midnight if that
/// is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// When it begins.
    pub from_minutes: u16,
    /// When it is over.
    pub to_minutes: u16,
}

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// The states that can be named.
const STATES: [(&str, State); 4] = [
    ("needs_permission", State::NeedsPermission),
    ("needs_answer", State::NeedsAnswer),
    ("error", State::Error),
    ("done", State::Done),
];

/// Their names.
pub(super) const NAMES: &[&str] = &[STATES[0].0, STATES[1].0, STATES[2].0, STATES[3].0];

impl Default for Notifications {
    fn default() -> Self {
        Self {
            on: STATES.map(|(_, state)| state).to_vec(),
            quiet: None,
            sound: false,
            layers: Arc::default(),
        }
    }
}

impl Notifications {
    /// Returns what holds.
    pub(super) fn of(layers: Arc<Layers>) -> Self {
        let default = Self::default();
        let on = match layers
            .said("notifications.on", None)
            .map(|(said, _)| &said.value)
        {
            Some(Value::List(names)) => {
                let known = names.iter().filter_map(|name| {
                    let known = STATES.iter().find(|(known, _)| known == name);
                    known.map(|(_, state)| *state)
                });
                known.collect()
            }
            _ => default.on,
        };
        Self {
            on,
            quiet: layers
                .text("notifications.quiet", None)
                .and_then(Quiet::read),
            sound: layers.yes("notifications.sound", None),
            layers,
        }
    }

    /// Says whether the person is told when the agent of `of`, a session or a project, comes into `state`.
    #[must_use]
    pub fn tell<'a>(&self, state: State, of: impl Into<For<'a>>) -> bool {
        self.on.contains(&state) && self.layers.yes("notifications.enabled", of)
    }
}

impl Quiet {
    /// Returns in how many minutes it is quiet no longer; `None` if it is not quiet at `minute` of the day.
    #[must_use]
    pub fn minutes_left(self, minute: u16) -> Option<u16> {
        let length = (self.to_minutes + DAY - self.from_minutes) % DAY;
        let passed = (minute % DAY + DAY - self.from_minutes) % DAY;
        (passed < length).then(|| length - passed)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        Some(Self {
            from_minutes: minutes(from)?,
            to_minutes: minutes(to)?,
        })
    }
}

/// Reads a time of day such as `22:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |text: &str, below: u16| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u16>().ok();
        number.filter(|number| digits && *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Notifications, Vec<String>) {
        let (layers, complaints) = Layers::read(&format!("[notifications]\n{text}")).unwrap();
        (Notifications::of(Arc::new(layers)), complaints)
    }

    #[test]
    fn a_project_says_yes_or_no_for_itself_and_what_is_in_it() {
        let (settings, complaints) = read(
            "on = [\"done\"]\n[notifications.projects]\n\"/work\" = false\n\"/work/mine/\" = true\n\"x\" = true",
        );
        assert!(settings.tell(State::Done, Some("/home/a")));
        assert!(!settings.tell(State::Error, Some("/home/a")));
        assert!(!settings.tell(State::Done, Some("/work")));
        assert!(!settings.tell(State::Done, Some("/work/other/deep")));
        assert!(settings.tell(State::Done, Some("/work/mine/deep")));
        assert!(settings.tell(State::Done, Some("/workshop")));
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let (settings, complaints) = read("quiet = \"22:00-07:30\"");
        assert!(complaints.is_empty());
        let quiet = settings.quiet.unwrap();
        let left = |hour: u16, minute: u16| quiet.minutes_left(hour * 60 + minute);
        assert_eq!(left(21, 59), None);
        assert_eq!(left(22, 0), Some(9 * 60 + 30));
        assert_eq!(left(0, 0), Some(7 * 60 + 30));
        assert_eq!(left(7, 29), Some(1));
        assert_eq!(left(7, 30), None);
        let never = Quiet {
            from_minutes: 60,
            to_minutes: 60,
        };
        assert!((0..DAY).all(|minute| never.minutes_left(minute).is_none()));
    }

    #[test]
    fn what_cannot_be_used_is_said_and_the_rest_is_used() {
        let (settings, complaints) =
            read("enabled = false\nsound = true\non = [\"error\", \"bored\"]\nquiet = \"late\"");
        assert_eq!(settings.on, [State::Error]);
        assert!(settings.sound && !settings.tell(State::Error, Some("/any")));
        assert_eq!(settings.quiet, None);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        for wrong in [
            "7:00-8:00",
            "24:00-01:00",
            "01:60-02:00",
            "01:00",
            "+1:00-02:00",
        ] {
            assert_eq!(Quiet::read(wrong), None, "{wrong}");
        }
    }
}
