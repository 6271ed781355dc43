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

/// See the module.
#[derive(Debug, Default)]
pub struct Follows {
    by_session: BTreeMap<SessionId, Follow>,
}

#[derive(Debug)]
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
    /// The host has not said yet from where on it tells.
    Asked,
    /// Events follow each other.
    Told,
    /// Whoever follows has more waiting than it should; it takes up later where it was.
    Paused,
}

impl Follows {
    /// Follows a session from `cursor` on.
    pub fn add(&mut self, cursor: LogCursor, view: Visibility) -> Message {
        let follow = Follow {
            told: cursor,
            view,
            stage: Stage::Asked,
            screen: ScreenRev(0),
            whole_asked: false,
            copied: (Offset(0), 0),
        };
        self.by_session.insert(cursor.session, follow);
        Subscribe { cursor, view }.into()
    }

    /// Follows a session no longer.
    pub fn remove(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.remove(&session)?;
        (follow.stage != Stage::Paused).then(|| Unsubscribe { session }.into())
    }

    /// Interrupts a session's events and screen until [`Follows::resume`].
    pub fn pause(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        let was = std::mem::replace(&mut follow.stage, Stage::Paused);
        (was != Stage::Paused).then(|| Unsubscribe { session }.into())
    }

    /// Goes on where [`Follows::pause`] interrupted.
    pub fn resume(&mut self, session: SessionId) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        (follow.stage == Stage::Paused).then(|| follow.ask())
    }

    /// Wants a session's screen as `view` says.
    pub fn view(&mut self, session: SessionId, view: Visibility) -> Option<Message> {
        let follow = self.by_session.get_mut(&session)?;
        if follow.view == view {
            return None;
        }
        follow.view = view;
        (follow.stage != Stage::Paused).then(|| View { session, view }.into())
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
        for (&session, follow) in &mut self.by_session {
            if follow.stage == Stage::Paused {
                continue;
            }
            follow.begin();
            resume.push(follow.told);
            if follow.view == Visibility::Visible {
                visible.push(session);
            }
        }
        (resume, visible)
    }

    /// Returns what `Hello` cannot say: the sessions wanted as thumbnails.
    pub fn greeted(&self) -> Vec<Message> {
        let thumbnails = self.by_session.iter().filter(|(_, follow)| {
            follow.stage != Stage::Paused && follow.view == Visibility::Thumbnail
        });
        let view = |(&session, follow): (&SessionId, &Follow)| {
            View {
                session,
                view: follow.view,
            }
            .into()
        };
        thumbnails.map(view).collect()
    }

    /// Takes the host's decision.
    pub fn on_subscribed(&mut self, subscribed: Subscribed) -> Option<News> {
        let follow = self.by_session.get_mut(&subscribed.session)?;
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
        if follow.stage != Stage::Told {
            return (None, None);
        }
        let mut fresh = Vec::new();
        let mut again = None;
        for event in events.events {
            if event.seq <= follow.told.applied {
                continue;
            }
            if event.seq != follow.told.applied.next() {
                tracing::warn!(%session, told = %follow.told.applied, got = %event.seq, "events are missing; asking again");
                again = Some(follow.ask());
                break;
            }
            follow.told.applied = event.seq;
            fresh.push(event);
        }
        let news = (!fresh.is_empty()).then_some(News::Events(Events {
            session,
            events: fresh,
        }));
        (news, again)
    }

    /// Takes the news that what follows is new.
    pub fn on_live(&mut self, live: Live) -> (Option<News>, Option<Message>) {
        let Some(follow) = self.by_session.get_mut(&live.session) else {
            return (None, None);
        };
        match follow.stage {
            Stage::Told if live.seq > follow.told.applied => (None, Some(follow.ask())),
            Stage::Told => (Some(News::Live(live)), None),
            Stage::Asked | Stage::Paused => (None, None),
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

impl Follow {
    fn begin(&mut self) {
        self.stage = Stage::Asked;
        self.screen = ScreenRev(0);
        self.whole_asked = false;
    }

    fn ask(&mut self) -> Message {
        let screen = self.screen;
        self.begin();
        // The screen lane goes on over a new subscription of the same connection.
        self.screen = screen;
        Subscribe {
            cursor: self.told,
            view: self.view,
        }
        .into()
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
