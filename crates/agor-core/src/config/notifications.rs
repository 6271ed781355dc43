//! `[notifications]`: of what the desktop tells the person, and when not.

use std::sync::Arc;

use agor_proto::agent::State;

use super::{For, Layers, Value};

/// Of what the host notifies the person through their desktop: for all, and for each group, project and session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notifications {
    layers: Arc<Layers>,
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

/// What is said where there are no quiet hours although a level above has some.
const NEVER: &str = "never";

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

impl Notifications {
    /// Returns what holds.
    pub(super) fn of(layers: Arc<Layers>) -> Self {
        Self { layers }
    }

    /// Says whether the person is told when the agent of `of`, a session or a project, comes into `state`.
    #[must_use]
    pub fn tell<'a>(&self, state: State, of: impl Into<For<'a>>) -> bool {
        let of = of.into();
        let said = self.layers.said("notifications.on", of);
        let wanted = match said.map(|(said, _)| &said.value) {
            Some(Value::List(names)) => {
                let mut known = STATES
                    .iter()
                    .filter(|(name, _)| names.iter().any(|it| it == name));
                known.any(|(_, known)| *known == state)
            }
            _ => STATES.iter().any(|(_, known)| *known == state),
        };
        wanted && self.layers.yes("notifications.enabled", of)
    }

    /// Returns when nothing is said of a session or a project; what needs the person then is said when it is over.
    #[must_use]
    pub fn quiet<'a>(&self, of: impl Into<For<'a>>) -> Option<Quiet> {
        Quiet::read(self.layers.text("notifications.quiet", of)?)
    }

    /// Says whether there are quiet hours for anything, so that it matters what time of day it is.
    #[must_use]
    pub fn has_quiet_hours(&self) -> bool {
        self.layers.is_said("notifications.quiet")
    }

    /// Says whether the desktop may make a sound for a session or a project.
    #[must_use]
    pub fn sounds<'a>(&self, of: impl Into<For<'a>>) -> bool {
        self.layers.yes("notifications.sound", of)
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

    /// Returns the hours that a text says. [`NEVER`] lifts those of a level above.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.trim() == NEVER {
            return Some(Self {
                from_minutes: 0,
                to_minutes: 0,
            });
        }
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
    fn states_quiet_hours_and_sound_are_said_for_groups_projects_and_sessions() {
        let (layers, complaints) = Layers::read(
            "notifications.on = [\"done\"]\n\
             [groups.shop]\nfolders = [\"/w\"]\nnotifications.sound = true\n\
             [projects.\"/w/cart\"]\nnotifications.quiet = \"22:00-07:00\"\nnotifications.on = [\"error\"]\n\
             [sessions.\"0191-aa\"]\nnotifications.sound = false\nnotifications.quiet = \"01:00-02:00\"\n\
             notifications.on = [\"needs_answer\"]\n\
             [sessions.\"0191-bb\"]\nnotifications.quiet = \"never\"",
        )
        .unwrap();
        assert!(complaints.is_empty(), "{complaints:?}");
        let settings = Notifications::of(Arc::new(layers));
        let session = For::Session {
            session: "0191-aa",
            folder: "/w/cart",
        };
        let begin = |of: For<'_>| settings.quiet(of).map(|quiet| quiet.from_minutes);
        for (of, state, quiet, sounds) in [
            (For::All, State::Done, None, false),
            (For::Group("shop"), State::Done, None, true),
            (For::Project("/w/cart"), State::Error, Some(22 * 60), true),
            (session, State::NeedsAnswer, Some(60), false),
        ] {
            let told = STATES.iter().filter(|(_, it)| settings.tell(*it, of));
            let told: Vec<_> = told.map(|(_, state)| *state).collect();
            assert_eq!(
                (told.as_slice(), begin(of)),
                (&[state][..], quiet),
                "{of:?}"
            );
            assert_eq!(settings.sounds(of), sounds, "{of:?}");
        }
        assert!(settings.has_quiet_hours());
        let lifted = settings.quiet(For::Session {
            session: "0191-bb",
            folder: "/w/cart",
        });
        assert!(lifted.is_some_and(|it| (0..DAY).all(|minute| it.minutes_left(minute).is_none())));
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let (settings, complaints) = read("quiet = \"22:00-07:30\"");
        assert!(complaints.is_empty());
        let quiet = settings.quiet(None).unwrap();
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
        assert!(settings.sounds(None) && !settings.tell(State::Error, Some("/any")));
        assert_eq!(
            (settings.quiet(None), settings.has_quiet_hours()),
            (None, false)
        );
        let (settings, _) = read("on = [\"error\", \"bored\"]");
        assert!(settings.tell(State::Error, None) && !settings.tell(State::Done, None));
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
