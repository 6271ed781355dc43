//! What a session's program puts on a clipboard: the newest text, told to its driver and kept
//! nowhere. A program that writes all the time holds nothing up and fills nothing.

use std::time::{Duration, Instant};

use agor_proto::ids::ConnEpoch;
use agor_proto::limits::CLIPBOARD_MILLIS;
use agor_proto::message::Clipboard;

use super::Effect;

const PAUSE: Duration = Duration::from_millis(CLIPBOARD_MILLIS);

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Clipboards {
    /// At most one of each kind.
    waiting: Vec<Clipboard>,
    told_at: Option<Instant>,
}

impl Clipboards {
    /// Takes a text in place of the one before it.
    pub fn put(&mut self, clipboard: Clipboard) {
        self.waiting
            .retain(|waiting| waiting.kind != clipboard.kind);
        self.waiting.push(clipboard);
    }

    /// Returns when [`Clipboards::pump`] is due.
    pub fn next_wake(&self) -> Option<Instant> {
        let told_at = self.told_at.filter(|_| !self.waiting.is_empty());
        told_at.map(|at| at + PAUSE)
    }

    /// Tells the driver on `conn` what is due. Without a driver nobody is told, also not later: a
    /// text from long ago in place of what was copied since would surprise.
    pub fn pump(&mut self, conn: Option<ConnEpoch>, now: Instant, effects: &mut Vec<Effect>) {
        let Some(conn) = conn else {
            return self.waiting.clear();
        };
        let due = self.told_at.is_none_or(|at| now >= at + PAUSE);
        if due && !self.waiting.is_empty() {
            self.told_at = Some(now);
            let told = self.waiting.drain(..);
            effects.extend(told.map(|clipboard| Effect::Send(conn, clipboard.into())));
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{Offset, SessionId};
    use agor_proto::message::{ClipboardKind, Message};

    use super::*;

    fn clipboard(kind: ClipboardKind, text: &str) -> Clipboard {
        Clipboard {
            session: SessionId::from_parts(1, [3; 10]),
            offset: Offset(1),
            ordinal: 1,
            kind,
            text: text.into(),
        }
    }

    fn told(effects: &mut Vec<Effect>) -> Vec<String> {
        let text = |effect| match effect {
            Effect::Send(_, Message::Clipboard(clipboard)) => clipboard.text,
            other => panic!("{other:?}"),
        };
        effects.drain(..).map(text).collect()
    }

    #[test]
    fn clipboard_millis_pass_between_two_texts_and_the_newest_is_told() {
        let (start, conn) = (Instant::now(), Some(ConnEpoch(1)));
        let (mut clipboards, mut effects) = (Clipboards::default(), Vec::new());
        for n in 0..100 {
            clipboards.put(clipboard(ClipboardKind::Clipboard, &n.to_string()));
            clipboards.put(clipboard(ClipboardKind::Primary, &format!("primary {n}")));
            clipboards.pump(conn, start, &mut effects);
        }
        let first = ["0", "primary 0"];
        assert_eq!(told(&mut effects), first, "the first go at once");
        let due = clipboards.next_wake().unwrap();
        assert_eq!(due, start + Duration::from_millis(CLIPBOARD_MILLIS));
        clipboards.pump(conn, due, &mut effects);
        assert_eq!(told(&mut effects), ["99", "primary 99"]);
        assert_eq!(clipboards.next_wake(), None);
    }

    #[test]
    fn a_text_that_came_without_a_driver_is_not_told_to_a_later_one() {
        let (start, conn) = (Instant::now(), Some(ConnEpoch(1)));
        let (mut clipboards, mut effects) = (Clipboards::default(), Vec::new());
        clipboards.put(clipboard(ClipboardKind::Clipboard, "old"));
        clipboards.pump(None, start, &mut effects);
        clipboards.pump(conn, start, &mut effects);
        assert!(effects.is_empty());
    }
}
