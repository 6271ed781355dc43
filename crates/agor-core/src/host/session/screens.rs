//! The connections that see a session's screen, each at its own pace.
//!
//! A connection has at most [`SCREEN_WINDOW`] updates that it has not acknowledged; what changes
//! meanwhile coalesces. The first change after quiet goes at once, the next after half a round
//! trip within bounds.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use agor_proto::error::WireError;
use agor_proto::ids::{ClientId, ConnEpoch, InputSeq, ScreenRev, SessionId};
use agor_proto::limits::{
    SCREEN_PACE_MAX_MILLIS, SCREEN_PACE_MIN_MILLIS, SCREEN_WINDOW, SYNC_UPDATE_MILLIS,
};
use agor_proto::message::{InputAck, Visibility};
use agor_term::update::Viewer;

use super::{Effect, Fold};

const PACE_MIN: Duration = Duration::from_millis(SCREEN_PACE_MIN_MILLIS);
const PACE_MAX: Duration = Duration::from_millis(SCREEN_PACE_MAX_MILLIS);
const THUMBNAIL_PACE: Duration = Duration::from_secs(1);
const SYNC_UPDATE: Duration = Duration::from_millis(SYNC_UPDATE_MILLIS);

/// See the module.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Screens {
    session: SessionId,
    by_conn: BTreeMap<ConnEpoch, Screen>,
    /// How far each client's input has been given to the program.
    typed: BTreeMap<ClientId, Typist>,
    /// When the program began a synchronized update that it has not ended.
    sync_since: Option<Instant>,
    updates_sent: u64,
    /// Changes that a later one overtook before they were sent, of each connection that is there.
    coalesced: BTreeMap<ConnEpoch, u64>,
    /// The same of those that are gone.
    coalesced_before: u64,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Screen {
    client: ClientId,
    view: Visibility,
    viewer: Viewer,
    unacknowledged: VecDeque<(ScreenRev, Instant)>,
    sent_at: Option<Instant>,
    /// The smoothed time from an update to its acknowledgement.
    round_trip: Duration,
    /// Whether something may have changed since the last update.
    stale: bool,
}

/// Whether a screen may be sent what changed.
enum Due {
    AtOnce,
    At(Instant),
    /// Nothing changed, or the window is full: an acknowledgement comes first.
    NotNow,
}

#[derive(Debug, Clone, Copy)]
struct Typist {
    conn: ConnEpoch,
    done: InputSeq,
}

impl Screens {
    /// Returns the screens of `session`: none yet.
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            by_conn: BTreeMap::new(),
            typed: BTreeMap::new(),
            sync_since: None,
            updates_sent: 0,
            coalesced: BTreeMap::new(),
            coalesced_before: 0,
        }
    }

    /// Returns how many updates were sent.
    pub fn updates_sent(&self) -> u64 {
        self.updates_sent
    }

    /// Returns how many changes a later one overtook before they were sent.
    pub fn coalesced(&self) -> u64 {
        self.coalesced_before + self.coalesced.values().sum::<u64>()
    }

    /// Returns the same for each connection.
    pub fn coalesced_of_each(&self) -> impl Iterator<Item = (ConnEpoch, u64)> {
        self.coalesced.iter().map(|(&conn, &count)| (conn, count))
    }

    /// Says whether no connection sees the screen.
    pub fn nobody_looks(&self) -> bool {
        self.by_conn.is_empty()
    }

    /// Makes `conn` see the screen as `view` says.
    pub fn view(&mut self, conn: ConnEpoch, client: ClientId, view: Visibility) {
        if view == Visibility::Hidden {
            self.by_conn.remove(&conn);
            return;
        }
        let screen = self.by_conn.entry(conn).or_insert_with(|| Screen {
            client,
            view,
            viewer: Viewer::new(),
            unacknowledged: VecDeque::new(),
            sent_at: None,
            round_trip: Duration::ZERO,
            stale: true,
        });
        screen.view = view;
    }

    /// Forgets a connection.
    pub fn remove(&mut self, conn: ConnEpoch) {
        self.by_conn.remove(&conn);
        self.coalesced_before += self.coalesced.remove(&conn).unwrap_or(0);
        self.typed.retain(|_, typist| typist.conn != conn);
    }

    /// Notes that something may have changed.
    pub fn changed(&mut self, fold: &Fold, now: Instant) {
        let open = fold
            .terminal()
            .is_some_and(agor_term::Terminal::sync_update_open);
        self.sync_since = if open {
            self.sync_since.or(Some(now))
        } else {
            None
        };
        for (&conn, screen) in &mut self.by_conn {
            if std::mem::replace(&mut screen.stale, true) {
                *self.coalesced.entry(conn).or_default() += 1;
            }
        }
    }

    /// Notes that `conn` shows `rev`; 0 asks for the whole screen.
    pub fn acknowledged(&mut self, conn: ConnEpoch, rev: ScreenRev, now: Instant) {
        let Some(screen) = self.by_conn.get_mut(&conn) else {
            return;
        };
        if rev == ScreenRev(0) {
            screen.viewer = Viewer::new();
            screen.unacknowledged.clear();
            screen.stale = true;
            return;
        }
        while let Some(&(sent, at)) = screen.unacknowledged.front() {
            if sent > rev {
                break;
            }
            screen.unacknowledged.pop_front();
            if sent == rev {
                let sample = now.saturating_duration_since(at);
                // RFC 6298's smoothing.
                screen.round_trip = (screen.round_trip * 7 + sample) / 8;
            }
        }
    }

    /// Returns the connections through which `client` sees the screen.
    pub fn conns_of(&self, client: ClientId) -> impl Iterator<Item = ConnEpoch> {
        let seeing = self
            .by_conn
            .iter()
            .filter(move |(_, screen)| screen.client == client);
        seeing.map(|(&conn, _)| conn)
    }

    /// Returns the connections that see, or type.
    #[cfg(test)]
    pub fn conns(&self) -> impl Iterator<Item = ConnEpoch> {
        let typing = self.typed.values().map(|typist| typist.conn);
        self.by_conn.keys().copied().chain(typing)
    }

    /// Notes that `client` types through `conn`.
    pub fn typed(&mut self, conn: ConnEpoch, client: ClientId) {
        let typist = self.typed.entry(client).or_insert(Typist {
            conn,
            done: InputSeq(0),
        });
        typist.conn = conn;
    }

    /// Notes that a client's input up to `seq` was given to the program, and tells it.
    pub fn input_done(&mut self, client: ClientId, seq: u64, effects: &mut Vec<Effect>) {
        let Some(typist) = self.typed.get_mut(&client) else {
            return;
        };
        typist.done = typist.done.max(InputSeq(seq));
        let ack = InputAck {
            session: self.session,
            seq: InputSeq(seq),
            refused: None,
        };
        effects.push(Effect::Send(typist.conn, ack.into()));
    }

    /// Tells a client that its input was not taken.
    pub fn input_refused(
        &mut self,
        client: ClientId,
        seq: u64,
        error: WireError,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(typist) = self.typed.get(&client) {
            let refused = Some(error);
            let ack = InputAck {
                session: self.session,
                seq: InputSeq(seq),
                refused,
            };
            effects.push(Effect::Send(typist.conn, ack.into()));
        }
    }

    /// Returns when an update is due that could not go when its change came.
    pub fn next_wake(&self, fold: &Fold) -> Option<Instant> {
        fold.terminal()?;
        let due = |screen| match self.due(screen) {
            Due::At(at) => Some(at),
            Due::AtOnce | Due::NotNow => None,
        };
        self.by_conn.values().filter_map(due).min()
    }

    /// Returns until when `screen` must wait for what changed.
    fn due(&self, screen: &Screen) -> Due {
        if !screen.stale || screen.unacknowledged.len() >= SCREEN_WINDOW {
            return Due::NotNow;
        }
        let pace = match screen.view {
            Visibility::Thumbnail => THUMBNAIL_PACE,
            _ => (screen.round_trip / 2).clamp(PACE_MIN, PACE_MAX),
        };
        let paced = screen.sent_at.map(|at| at + pace);
        let synced = self.sync_since.map(|since| since + SYNC_UPDATE);
        paced.max(synced).map_or(Due::AtOnce, Due::At)
    }

    /// Sends what is due.
    pub fn pump(&mut self, fold: &Fold, now: Instant, effects: &mut Vec<Effect>) {
        let Some(terminal) = fold.terminal() else {
            return;
        };
        let due: Vec<ConnEpoch> = self
            .by_conn
            .iter()
            .filter(|(_, screen)| match self.due(screen) {
                Due::AtOnce => true,
                Due::At(at) => at <= now,
                Due::NotNow => false,
            })
            .map(|(&conn, _)| conn)
            .collect();
        for conn in due {
            let Some(screen) = self.by_conn.get_mut(&conn) else {
                continue;
            };
            screen.stale = false;
            let echo_ack = self
                .typed
                .get(&screen.client)
                .map_or(InputSeq(0), |t| t.done);
            let update = screen
                .viewer
                .update(terminal, self.session, echo_ack, fold.offset());
            if let Some(update) = update {
                screen.stale = screen.viewer.is_behind();
                screen.sent_at = Some(now);
                screen.unacknowledged.push_back((update.rev, now));
                self.updates_sent += 1;
                effects.push(Effect::Send(conn, update.into()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{Offset, Size};
    use agor_proto::message::Message;
    use agor_proto::record::RawRecord;

    use super::super::TerminalOptions;
    use super::*;

    /// Returns how long the next update waits for a client that takes `round_trip` to acknowledge.
    fn pace(round_trip: Duration) -> Duration {
        let options = TerminalOptions {
            scrollback_rows: 10,
        };
        let mut fold = Fold::new(Offset(0), options);
        fold.begin(Size::cells(80, 24));
        let conn = ConnEpoch(1);
        let mut screens = Screens::new(SessionId::from_parts(0, [0; 10]));
        screens.view(conn, ClientId([1; 16]), Visibility::Visible);
        let mut now = Instant::now();
        // Until the smoothed time is that of every update.
        for n in 0..100 {
            let output = RawRecord {
                offset: Offset(0),
                end: Offset(0),
                kind: RawRecord::OUT,
                unix_micros: 1,
                payload: b"x",
            };
            fold.fold(output, false, &mut agor_term::NoFiles);
            screens.changed(&fold, now);
            let mut effects = Vec::new();
            screens.pump(&fold, now, &mut effects);
            let sent = now;
            let Some(Effect::Send(_, Message::ScreenUpdate(update))) = effects.pop() else {
                panic!("nothing was sent");
            };
            if n == 99 {
                screens.acknowledged(conn, update.rev, now);
                screens.changed(&fold, now);
                return screens.next_wake(&fold).expect("it waits") - sent;
            }
            screens.acknowledged(conn, update.rev, now + round_trip);
            now += round_trip + PACE_MAX;
        }
        Duration::ZERO
    }

    #[test]
    fn screen_pace_min_millis_and_screen_pace_max_millis_bound_the_pause_between_updates() {
        let least = Duration::from_millis(SCREEN_PACE_MIN_MILLIS);
        let most = Duration::from_millis(SCREEN_PACE_MAX_MILLIS);
        assert_eq!(pace(Duration::ZERO), least);
        assert_eq!(pace(Duration::from_secs(10)), most);
        let between = pace(Duration::from_millis(100));
        assert!(between > least && between < most, "{between:?}");
    }
}
