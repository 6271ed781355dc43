//! The sessions that a client follows: how far it was told their events, and what their screens
//! show. A gap asks again; a repeat is ignored.

use std::collections::BTreeMap;

use agor_proto::event::LogCursor;
use agor_proto::ids::{Offset, ScreenRev, SessionId};
use agor_proto::message::{
    Clipboard, Events, Live, Message, ScreenAck, Subscribe, Subscribed, Unsubscribe, View,
    Visibility,
};
use agor_proto::screen::ScreenUpdate;

use super::connection::News;
use crate::rules::{Rule, holds};

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Follows {
    by_session: BTreeMap<SessionId, Follow>,
    /// What the host was asked for over the link that there is.
    asked: BTreeMap<SessionId, Asked>,
    /// Whether the host has answered `Hello` over it. What is wished before that and after `Hello`
    /// is asked for then.
    greeted: bool,
}

/// What the host was asked for of one session.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// Decisions that have not come. Only the last counts: the others answer what is not wanted any
    /// more.
    awaited: u32,
    /// The view that `Hello` said.
    view: Visibility,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Follow {
    /// Everything up to here was handed to whoever follows, in order; they apply it in order.
    told: LogCursor,
    view: Visibility,
    stage: Stage,
    /// What the handed screen shows.
    screen: ScreenRev,
    /// Whether the whole screen was asked for and has not come.
    whole_asked: bool,
    /// The text for a clipboard that was handed on last, by its place in the record.
    copied: (Offset, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The host was not asked yet.
    Wanted,
    /// The host has not said yet from where on it tells.
    Asked,
    /// Events follow each other.
    Told,
    /// Whoever follows has more waiting than it should; it takes up later where it was.
    Paused,
}

impl Follows {
    /// Follows a session from `cursor` on.
    pub fn add(&mut self, cursor: LogCursor, view: Visibility) -> Option<Message> {
        let follow = Follow {
            told: cursor,
            view,
            stage: Stage::Wanted,
            screen: ScreenRev(0),
            whole_asked: false,
            copied: (Offset(0), 0),
        };
        self.by_session.insert(cursor.session, follow);
        self.ask(cursor.session)
    }

    /// Asks for a session's events behind what was told, if there is a host to be asked.
    fn ask(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        if !self.greeted {
            follow.stage = Stage::Wanted;
            return None;
        }
        follow.stage = Stage::Asked;
        follow.whole_asked = false;
        let (cursor, view) = (follow.told, follow.view);
        let asked = self.asked.entry(session);
        asked.or_insert(Asked { awaited: 0, view }).awaited += 1;
        Some(Subscribe { cursor, view }.into())
    }

    /// Follows a session no longer.
    pub fn remove(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.remove(&session)?;
        let asked = self.greeted && follow.stage != Stage::Paused;
        asked.then(|| Unsubscribe { session }.into())
    }

    /// Notes that the host has no such session: it decides nothing about it any more.
    pub fn gone(&mut self, session: SessionId) {
        self.by_session.remove(&session);
        self.asked.remove(&session);
    }

    /// Interrupts a session's events and screen until [`Follows::resume`].
    pub fn pause(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        let was = std::mem::replace(&mut follow.stage, Stage::Paused);
        let asked = self.greeted && was != Stage::Paused;
        asked.then(|| Unsubscribe { session }.into())
    }

    /// Goes on where [`Follows::pause`] interrupted.
    pub fn resume(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        if follow.stage != Stage::Paused {
            return None;
        }
        self.ask(session)
    }

    /// Wants a session's screen as `view` says.
    pub fn view(&mut self, session: SessionId, view: Visibility) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        if follow.view == view {
            return None;
        }
        follow.view = view;
        let asked = self.greeted && follow.stage != Stage::Paused;
        asked.then(|| View { session, view }.into())
    }

    /// Notes that a screen is shown.
    pub fn shown(&self, session: SessionId, rev: ScreenRev) -> Option<Message> {
        let follow = self.by_session.get(&session)?;
        (follow.stage != Stage::Paused).then(|| ScreenAck { session, rev }.into())
    }

    /// Returns what a new connection's `Hello` says: the cursors, and the visible sessions.
    pub fn hello(&mut self) -> (Vec<LogCursor>, Vec<SessionId>) {
        let mut resume = Vec::new();
        let mut visible = Vec::new();
        self.greeted = false;
        self.asked.clear();
        for (&session, follow) in &mut self.by_session {
            follow.screen = ScreenRev(0);
            follow.whole_asked = false;
            if follow.stage == Stage::Paused {
                continue;
            }
            follow.stage = Stage::Asked;
            let mut told = follow.told;
            if !holds(Rule::ResumeBehindTheTold) {
                told.applied.0 = 0;
            }
            resume.push(told);
            let mut view = Visibility::Hidden;
            if follow.view == Visibility::Visible {
                view = Visibility::Visible;
                visible.push(session);
            }
            self.asked.insert(session, Asked { awaited: 1, view });
        }
        (resume, visible)
    }

    /// Returns what `Hello` did not say: the sessions wanted as thumbnails, and what was wished since.
    pub fn greeted(&mut self) -> Vec<Message> {
        self.greeted = true;
        let mut messages = Vec::new();
        for (&session, asked) in &self.asked {
            let follow = self.by_session.get(&session);
            match follow.filter(|follow| follow.stage != Stage::Paused) {
                None => messages.push(Unsubscribe { session }.into()),
                Some(follow) if follow.stage == Stage::Asked && follow.view != asked.view => {
                    let view = follow.view;
                    messages.push(View { session, view }.into());
                }
                Some(_) => {}
            }
        }
        let wanted = self.by_session.iter();
        let wanted = wanted.filter(|(_, follow)| follow.stage == Stage::Wanted);
        let wanted: Vec<SessionId> = wanted.map(|(&session, _)| session).collect();
        if holds(Rule::AskForWhatWasWishedMeanwhile) {
            messages.extend(wanted.into_iter().filter_map(|session| self.ask(session)));
        }
        messages
    }

    /// Takes the host's decision.
    pub fn on_subscribed(&mut self, subscribed: Subscribed) -> Option<News> {
        let session = subscribed.session;
        let asked = self.asked.get_mut(&session)?;
        asked.awaited = asked.awaited.saturating_sub(1);
        if asked.awaited > 0 && holds(Rule::TheLastDecisionCounts) {
            return None;
        }
        let follow = self.by_session.get_mut(&session)?;
        if follow.stage == Stage::Paused {
            return None;
        }
        if follow.told.epoch != subscribed.epoch {
            follow.copied = (Offset(0), 0);
        }
        follow.stage = Stage::Told;
        follow.told.epoch = subscribed.epoch;
        follow.told.applied.0 = subscribed.from.0.saturating_sub(1);
        Some(News::Subscribed(subscribed))
    }

    /// Takes events: hands on those that follow, or asks again.
    pub fn on_events(&mut self, events: Events) -> (Option<News>, Option<Message>) {
        let session = events.session;
        let Some(follow) = self.by_session.get_mut(&session) else {
            return (None, None);
        };
        if follow.stage != Stage::Told && holds(Rule::WaitForTheDecision) {
            return (None, None);
        }
        let mut fresh = Vec::new();
        let mut again = false;
        for event in events.events {
            if event.seq <= follow.told.applied {
                continue;
            }
            if event.seq != follow.told.applied.next() {
                tracing::warn!(%session, told = %follow.told.applied, got = %event.seq, "events are missing; asking again");
                again = true;
                break;
            }
            follow.told.applied = event.seq;
            fresh.push(event);
        }
        let news = (!fresh.is_empty()).then_some(News::Events(Events {
            session,
            events: fresh,
        }));
        (news, if again { self.ask(session) } else { None })
    }

    /// Takes the news that what follows is new.
    pub fn on_live(&mut self, live: Live) -> (Option<News>, Option<Message>) {
        let Some(follow) = self.by_session.get_mut(&live.session) else {
            return (None, None);
        };
        match follow.stage {
            Stage::Told if live.seq > follow.told.applied => (None, self.ask(live.session)),
            Stage::Told => (Some(News::Live(live)), None),
            Stage::Wanted | Stage::Asked | Stage::Paused => (None, None),
        }
    }

    /// Takes a screen: hands it on if it fits, or asks for the whole.
    pub fn on_screen(&mut self, update: ScreenUpdate) -> (Option<News>, Option<Message>) {
        let session = update.session;
        let Some(follow) = self.by_session.get_mut(&session) else {
            return (None, None);
        };
        if follow.stage == Stage::Paused {
            return (None, None);
        }
        if update.base == ScreenRev(0) {
            follow.whole_asked = false;
        } else if update.base != follow.screen || follow.whole_asked {
            let asked = std::mem::replace(&mut follow.whole_asked, true);
            let rev = ScreenRev(0);
            return (None, (!asked).then(|| ScreenAck { session, rev }.into()));
        }
        follow.screen = update.rev;
        (Some(News::Screen(Box::new(update))), None)
    }

    /// Takes a text for a clipboard, unless a host that folds its record again tells it again: a
    /// person may have copied something else meanwhile.
    pub fn on_clipboard(&mut self, clipboard: Clipboard) -> Option<News> {
        let follow = self.by_session.get_mut(&clipboard.session)?;
        let place = (clipboard.offset, clipboard.ordinal);
        let new = place > follow.copied;
        follow.copied = follow.copied.max(place);
        new.then_some(News::Clipboard(clipboard))
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{LogEpoch, Seq};
    use agor_proto::message::{ClipboardKind, Start};

    use super::*;

    #[test]
    fn a_text_that_a_host_tells_again_after_a_crash_is_not_copied_again() {
        let session = SessionId::from_parts(1, [0; 10]);
        let (mut follows, epoch) = (Follows::default(), LogEpoch(1));
        let applied = Seq(0);
        let cursor = LogCursor {
            session,
            epoch,
            applied,
        };
        follows.add(cursor, Visibility::Visible);
        follows.hello();
        let told = |follows: &mut Follows, offset, ordinal| {
            let clipboard = Clipboard {
                session,
                offset: Offset(offset),
                ordinal,
                kind: ClipboardKind::Clipboard,
                text: "x".into(),
            };
            follows.on_clipboard(clipboard).is_some()
        };
        assert!(told(&mut follows, 10, 1) && told(&mut follows, 10, 2));
        assert!(!told(&mut follows, 10, 1) && !told(&mut follows, 10, 2));
        assert!(!told(&mut follows, 9, 5) && told(&mut follows, 11, 1));
        // Another history has other offsets.
        follows.on_subscribed(Subscribed {
            session,
            epoch: LogEpoch(2),
            from: Seq(1),
            start: Start::Tail,
        });
        assert!(told(&mut follows, 3, 1));
    }
}
