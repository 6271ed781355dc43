//! A session that a client follows: what it is told, and what it does there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agor_proto::error::WireError;
use agor_proto::event::Event;
use agor_proto::ids::{InputSeq, ScreenRev, Seq, SessionId, Size};
use agor_proto::input::Input;
use agor_proto::limits;
use agor_proto::message::{Clipboard, LeaseStanding, Subscribed, Visibility};
use agor_proto::screen::ScreenUpdate;
use tokio::sync::mpsc;

use super::connection::{State, Wish};
use super::driver::Request;
use super::{Client, FOLLOW_WAITING_MAX};

/// What a follower of a session is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// From where on events follow, and whether they go on from what it has.
    Subscribed(Subscribed),
    /// Events, in order and without gaps.
    Events(Vec<Event>),
    /// Everything up to here was told; what follows is new.
    Live(Seq),
    /// What differs on the screen from the update before.
    Screen(Box<ScreenUpdate>),
    /// The program put text on a clipboard, told to the driver only.
    Clipboard(Clipboard),
    /// How the client stands to the lease.
    Lease(LeaseStanding),
    /// Something that was asked about the session could not be done.
    Problem(WireError),
    /// The program was given everything up to `seq`.
    InputTaken {
        /// The last one given.
        seq: InputSeq,
    },
    /// Inputs up to `seq` were not and will not be taken.
    InputRefused {
        /// The last one refused.
        seq: InputSeq,
        /// Why.
        error: WireError,
    },
    /// Inputs typed offline wait for [`Subscription::decide`].
    InputHeld {
        /// How many.
        count: usize,
    },
    /// The connection changed.
    Connection(State),
}

/// So many bytes of what is told weigh as much as one more that is told.
const WEIGHT_BYTES: usize = limits::FOLLOW_WAITING_BYTES_MAX / FOLLOW_WAITING_MAX;

impl Told {
    /// Returns what it weighs while it waits to be taken, of [`FOLLOW_WAITING_MAX`]. A screen counts once however
    /// large it is: no further ones come until those that wait were shown.
    pub(super) fn weight(&self) -> usize {
        let bytes = match self {
            Self::Events(events) => events.iter().map(Event::size_bytes_about).sum::<usize>(),
            Self::Clipboard(clipboard) => clipboard.text.len(),
            _ => 0,
        };
        1 + bytes / WEIGHT_BYTES
    }
}

/// A session that is followed; dropping it ends that and gives the lease back.
#[derive(Debug)]
pub struct Subscription {
    client: Client,
    session: SessionId,
    told: mpsc::UnboundedReceiver<Told>,
    waiting: Arc<AtomicUsize>,
    /// What the most weighed that waited since the last time that nothing did.
    most_waiting: usize,
    unshown: Option<ScreenRev>,
}

impl Subscription {
    /// Returns the client's end of what the task tells of `session`.
    pub(super) fn new(
        client: Client,
        session: SessionId,
        told: mpsc::UnboundedReceiver<Told>,
        waiting: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            client,
            session,
            told,
            waiting,
            most_waiting: 0,
            unshown: None,
        }
    }

    /// Returns what is told next, or `None` once the client has ended. Who asks for more has
    /// applied what was told before.
    ///
    /// May be dropped while it waits.
    pub async fn next(&mut self) -> Option<Told> {
        if let Some(rev) = self.unshown.take() {
            self.client.wish(Wish::Shown(self.session, rev));
        }
        let told = self.told.recv().await?;
        let weight = told.weight();
        let before = self.waiting.fetch_sub(weight, Ordering::AcqRel);
        self.most_waiting = self.most_waiting.max(before);
        if before == weight && std::mem::take(&mut self.most_waiting) >= FOLLOW_WAITING_MAX {
            self.client.wish(Wish::Resume(self.session));
        }
        if let Told::Screen(update) = &told {
            self.unshown = Some(update.rev);
        }
        Some(told)
    }

    /// Returns what all weighs that was told and not taken yet, of [`FOLLOW_WAITING_MAX`].
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Asks for the whole screen, after an update that did not fit.
    pub fn ask_whole_screen(&mut self) {
        self.unshown = None;
        self.client.wish(Wish::Shown(self.session, ScreenRev(0)));
    }

    /// Wants the screen as `view` says.
    pub fn view(&self, view: Visibility) {
        self.client.wish(Wish::View(self.session, view));
    }

    /// Asks for the lease, from another client too if `force`; [`Told::Lease`] answers. It is
    /// kept until it is given back or taken.
    pub fn drive(&self, force: bool) {
        let session = self.session;
        self.client.wish(Wish::Drive { session, force });
    }

    /// Gives the lease back.
    pub fn release(&self) {
        self.client.wish(Wish::Release(self.session));
    }

    /// Types; long text is cut into pieces. Asks for the lease if it was never asked for.
    pub fn input(&self, input: Input) {
        for piece in pieces(input, self.client.input_max()) {
            self.client.wish(Wish::Type(self.session, piece));
        }
    }

    /// Gives the session a size, as soon as this client drives.
    pub fn resize(&self, size: Size) {
        self.client.wish(Wish::Resize(self.session, size));
    }

    /// Says whether inputs typed offline are sent ([`Told::InputHeld`]).
    pub fn decide(&self, send: bool) {
        let session = self.session;
        self.client.wish(Wish::Decide { session, send });
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let waiting = Arc::clone(&self.waiting);
        // A client that has ended follows nothing.
        self.client
            .request(Request::Unfollow(self.session, waiting))
            .ok();
    }
}

/// Cuts an input into pieces that a host takes which takes at most `input_max` bytes at once.
fn pieces(input: Input, input_max: usize) -> Vec<Input> {
    // A host that takes nothing would be given pieces without end.
    let most = input_max.max(64) / 2;
    match input {
        Input::Text { text } if text.len() > most => {
            let text = cut(&text, most).into_iter();
            text.map(|text| Input::Text { text: text.into() }).collect()
        }
        Input::Paste { text, first, last } if text.len() > most => {
            let pieces = cut(&text, most);
            let end = pieces.len() - 1;
            let piece = |(at, text): (usize, &str)| Input::Paste {
                text: text.into(),
                first: first && at == 0,
                last: last && at == end,
            };
            pieces.into_iter().enumerate().map(piece).collect()
        }
        Input::Raw { bytes } if bytes.len() > most => {
            let bytes = bytes.chunks(most);
            bytes
                .map(|bytes| Input::Raw {
                    bytes: bytes.into(),
                })
                .collect()
        }
        input => vec![input],
    }
}

fn cut(text: &str, max_bytes: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > max_bytes {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(max_bytes));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_max_cuts_long_input_into_pieces_that_a_host_takes() {
        let text = "ü".repeat(limits::INPUT_MAX);
        let paste = Input::Paste {
            text: text.clone(),
            first: true,
            last: true,
        };
        let pasted = pieces(paste, limits::INPUT_MAX);
        let mut whole = String::new();
        for (at, piece) in pasted.iter().enumerate() {
            let Input::Paste { text, first, last } = piece else {
                panic!();
            };
            assert!(text.len() <= limits::INPUT_MAX);
            assert_eq!((*first, *last), (at == 0, at == pasted.len() - 1));
            whole.push_str(text);
        }
        assert_eq!(whole, text);
    }
}
