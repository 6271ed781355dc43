//! What a client has to be sent so that its mirror shows what the terminal shows: the difference
//! to what it was sent last, found by the stamps of rows.

use agor_proto::ids::{InputSeq, Offset, ScreenRev, SessionId, Size};
use agor_proto::limits::UPDATE_BYTES_MAX;
use agor_proto::screen::{
    Animation, Cursor, History, Modes, PaletteEntry, Placement, ScreenOp, ScreenRow, ScreenUpdate,
};

use crate::terminal::Terminal;

/// Operations of one update; more movement than that is sent as rows.
const OPS_MAX: usize = 4;
/// The fewest rows for which an operation pays.
const MOVED_MIN: usize = 2;

/// What one client was sent last of one session.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    rev: ScreenRev,
    size: Option<Size>,
    stamps: Vec<u64>,
    cursor: Cursor,
    modes: Modes,
    history: History,
    title: String,
    palette: Vec<PaletteEntry>,
    placements: Vec<Placement>,
    animations: Vec<Animation>,
    echo_ack: InputSeq,
    /// The terminal's count of changes when it was last looked at and all of it was sent.
    changes: Option<u64>,
    /// The row to begin with, so that rows at the bottom have their turn if every update is full.
    next_row: usize,
}

impl Viewer {
    /// Returns a viewer that was sent nothing: its first update describes the whole screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what was sent, so that the next update describes the whole screen, for a client
    /// whose mirror has a gap.
    pub fn forget(&mut self) {
        let rev = self.rev;
        *self = Self {
            rev,
            ..Self::default()
        };
    }

    /// Returns the revision that was sent last.
    #[must_use]
    pub fn rev(&self) -> ScreenRev {
        self.rev
    }

    /// Says whether the last update was too large to hold everything that differed.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.changes.is_none() && self.size.is_some()
    }

    /// Returns what differs from what was sent last, or `None` if nothing does. An `offset` that
    /// moved without any change on the screen is no difference; an `echo_ack` is.
    pub fn update(
        &mut self,
        terminal: &Terminal,
        session: SessionId,
        echo_ack: InputSeq,
        offset: Offset,
    ) -> Option<ScreenUpdate> {
        self.update_within(UPDATE_BYTES_MAX, terminal, session, echo_ack, offset)
    }

    /// Does [`Viewer::update`] with another size at which rows wait for the next update.
    pub(crate) fn update_within(
        &mut self,
        bytes_max: usize,
        terminal: &Terminal,
        session: SessionId,
        echo_ack: InputSeq,
        offset: Offset,
    ) -> Option<ScreenUpdate> {
        let changes = Some(terminal.state.changes);
        if self.changes == changes && self.echo_ack == echo_ack {
            return None;
        }
        let first = self.size.is_none();
        let size = terminal.size();
        let placements = terminal.placements();
        let animations = terminal.animations();
        let mut stamps: Vec<u64> = (0..size.rows).map(|at| terminal.row_rev(at)).collect();
        let mut update = ScreenUpdate {
            session,
            rev: self.rev.next(),
            base: if first { ScreenRev(0) } else { self.rev },
            size,
            ops: Vec::new(),
            rows: Vec::new(),
            cursor: terminal.cursor(),
            modes: terminal.modes(),
            history: terminal.history(),
            title: (first || self.title != terminal.title()).then(|| terminal.title().into()),
            palette: (first || self.palette != terminal.palette())
                .then(|| terminal.palette().to_vec()),
            placements: (self.placements != placements).then_some(placements),
            animations: (self.animations != animations).then_some(animations),
            echo_ack,
            offset,
        };
        self.changes = changes;
        let same = self.size == Some(size)
            && self.stamps == stamps
            && self.cursor == update.cursor
            && self.modes == update.modes
            && self.history == update.history
            && self.echo_ack == echo_ack
            && update.title.is_none()
            && update.palette.is_none()
            && update.placements.is_none()
            && update.animations.is_none();
        if same {
            return None;
        }
        // Rows beyond what the mirror has are empty there.
        self.stamps.resize(stamps.len(), 0);
        if self.size.is_some_and(|old| old.cols == size.cols) {
            update.ops = moves(&mut self.stamps, &stamps);
        }
        let rows = stamps.len();
        let begin = if self.next_row < rows {
            self.next_row
        } else {
            0
        };
        self.next_row = 0;
        let mut size_bytes = 0;
        let differing = self
            .stamps
            .iter()
            .zip(&stamps)
            .filter(|(old, new)| old != new);
        update.rows.reserve(differing.count());
        for at in (begin..rows).chain(0..begin) {
            if self.stamps[at] == stamps[at] {
                continue;
            }
            if size_bytes > bytes_max {
                if self.changes.take().is_some() {
                    self.next_row = at;
                }
                // It keeps the stamp of what the mirror has.
                stamps[at] = self.stamps[at];
                continue;
            }
            let at = at as u16;
            let row = terminal.row(at);
            size_bytes += row.size_bytes_max();
            update.rows.push(ScreenRow { at, row });
        }
        self.rev = update.rev;
        self.size = Some(size);
        self.stamps = stamps;
        self.cursor = update.cursor;
        self.modes = update.modes;
        self.history = update.history;
        self.echo_ack = echo_ack;
        if let Some(title) = &update.title {
            self.title.clone_from(title);
        }
        if let Some(palette) = &update.palette {
            self.palette.clone_from(palette);
        }
        if let Some(placements) = &update.placements {
            self.placements.clone_from(placements);
        }
        if let Some(animations) = &update.animations {
            self.animations.clone_from(animations);
        }
        Some(update)
    }
}

/// Finds rows of `old` that stand elsewhere in `new`, and makes `old` what a mirror has after the
/// operations that are returned; rows that come in have stamp 0.
fn moves(old: &mut [u64], new: &[u64]) -> Vec<ScreenOp> {
    let mut ops = Vec::new();
    while ops.len() < OPS_MAX {
        let Some(found) = longest_move(old, new) else {
            break;
        };
        let top = found.from.min(found.to);
        let bottom = found.from.max(found.to) + found.len;
        let by = found.from as i32 - found.to as i32;
        let region = &mut old[top..bottom];
        let distance = by.unsigned_abs() as usize;
        let kept = region.len() - distance;
        if by > 0 {
            region.rotate_left(distance);
            region[kept..].fill(0);
        } else {
            region.rotate_right(distance);
            region[..distance].fill(0);
        }
        ops.push(ScreenOp::Scroll {
            top: top as u16,
            bottom: bottom as u16,
            by,
        });
    }
    ops
}

struct Moved {
    from: usize,
    to: usize,
    len: usize,
}

/// Returns the longest block of rows that has moved and that moving costs no row that stands
/// right.
fn longest_move(old: &[u64], new: &[u64]) -> Option<Moved> {
    let differing = |at: &usize| old[*at] != new[*at];
    let first = (0..new.len()).find(differing)?;
    let mut places: Vec<(u64, usize)> = old
        .iter()
        .enumerate()
        .skip(first)
        .map(|(at, stamp)| (*stamp, at))
        .collect();
    places.sort_unstable();
    let mut best: Option<(usize, Moved)> = None;
    let mut to = first;
    while to < new.len() {
        let found = places.binary_search_by_key(&new[to], |(stamp, _)| *stamp);
        let from = found
            .ok()
            .map(|at| places[at].1)
            .filter(|from| *from != to && new[to] != 0);
        let Some(from) = from else {
            to += 1;
            continue;
        };
        let len = old[from..]
            .iter()
            .zip(&new[to..])
            .take_while(|(a, b)| a == b)
            .count();
        let region = from.min(to)..from.max(to) + len;
        let lost = region
            .filter(|at| old[*at] == new[*at] && old[*at] != 0)
            .count();
        let gain = len.saturating_sub(lost);
        if gain >= MOVED_MIN && best.as_ref().is_none_or(|(most, _)| gain > *most) {
            best = Some((gain, Moved { from, to, len }));
        }
        to += len;
    }
    best.map(|(_, moved)| moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Options;
    use agor_proto::limits;
    use agor_proto::message::Message;
    use agor_proto::screen::Mirror;

    fn session() -> SessionId {
        SessionId::from_parts(1, [0; 10])
    }

    fn feed(terminal: &mut Terminal, text: &str) {
        terminal.advance(text.as_bytes(), &mut Vec::new());
    }

    fn update(viewer: &mut Viewer, terminal: &Terminal) -> Option<ScreenUpdate> {
        viewer.update(terminal, session(), InputSeq(0), Offset(0))
    }

    #[test]
    fn a_scrolled_screen_sends_only_its_new_rows() {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(20, 10),
            ..Options::default()
        });
        let mut viewer = Viewer::new();
        let mut mirror = Mirror::default();
        (0..10).for_each(|n| feed(&mut terminal, &format!("\r\nline {n}")));
        mirror
            .apply(update(&mut viewer, &terminal).unwrap())
            .unwrap();
        feed(&mut terminal, "\r\nnew 1\r\nnew 2");
        let update = update(&mut viewer, &terminal).unwrap();
        assert_eq!(
            update.ops,
            [ScreenOp::Scroll {
                top: 0,
                bottom: 10,
                by: 2
            }]
        );
        assert_eq!(
            update.rows.iter().map(|row| row.at).collect::<Vec<_>>(),
            [8, 9]
        );
        mirror.apply(update).unwrap();
        let rows: Vec<_> = (0..10).map(|at| terminal.row(at)).collect();
        assert!(mirror.rows.iter().map(AsRef::as_ref).eq(&rows));
    }

    #[test]
    fn rows_inserted_above_a_status_line_move_what_is_below() {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(20, 8),
            ..Options::default()
        });
        let mut viewer = Viewer::new();
        (0..8).for_each(|n| feed(&mut terminal, &format!("\x1b[{};1Hrow {n}", n + 1)));
        update(&mut viewer, &terminal).unwrap();
        feed(&mut terminal, "\x1b[1;7r\x1b[2;1H\x1b[2L\x1b[r");
        let update = update(&mut viewer, &terminal).unwrap();
        assert_eq!(
            update.ops,
            [ScreenOp::Scroll {
                top: 1,
                bottom: 7,
                by: -2
            }]
        );
        assert_eq!(update.rows.len(), 2);
    }

    /// A screen of the largest size, each cell a cluster in a style of its own; every eighth row
    /// has clusters of the longest kind.
    fn largest_screen() -> Terminal {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(limits::COLS_MAX, limits::ROWS_MAX),
            scrollback_rows: 0,
            ..Options::default()
        });
        for at in 0..u32::from(limits::ROWS_MAX) {
            let marks = if at % 8 == 0 { 31 } else { 1 };
            let mut row = format!("\x1b[{}H", at + 1);
            for col in 0..u32::from(limits::COLS_MAX) {
                let mark = char::from_u32(0x300 + (at + col) % 100).unwrap();
                let (red, green) = (col % 250, (col / 250 + at) % 60);
                row.push_str(&format!(
                    "\x1b[38;2;{red};{green};9;48;2;1;{green};{red};4me"
                ));
                (0..marks).for_each(|_| row.push(mark));
            }
            feed(&mut terminal, &row);
        }
        terminal
    }

    #[test]
    fn update_bytes_max() {
        let mut terminal = largest_screen();
        let mut viewer = Viewer::new();
        let mut mirror = Mirror::default();
        let mut count = 0;
        let mut largest = 0;
        loop {
            let update = update(&mut viewer, &terminal).unwrap();
            let mut frame = Vec::new();
            Message::from(update.clone()).encode(&mut frame).unwrap();
            largest = largest.max(frame.len());
            mirror.apply(update).unwrap();
            count += 1;
            match count {
                // What changes in between is no reason to begin again, and is sent as well.
                3 => feed(&mut terminal, "\x1b[H\x1b[mchanged\x1b[1000;1Hlast"),
                5 => feed(&mut terminal, "\x1b[2;900r\x1b[900;1H\n\n\n"),
                _ => {}
            }
            if !viewer.is_behind() && count > 5 {
                break;
            }
        }
        assert_eq!(update(&mut viewer, &terminal), None);
        assert!(count > 20, "{count}");
        // A row that was begun is sent whole.
        let row_bytes_max = 256 * 1024;
        assert!(
            largest <= limits::UPDATE_BYTES_MAX + row_bytes_max,
            "{largest}"
        );
        assert!(largest > limits::UPDATE_BYTES_MAX / 2, "{largest}");
        let rows: Vec<_> = (0..limits::ROWS_MAX).map(|at| terminal.row(at)).collect();
        assert!(
            mirror.rows.iter().map(AsRef::as_ref).eq(&rows),
            "the mirror shows something else"
        );
    }

    #[test]
    fn rows_at_the_bottom_have_their_turn_while_everything_changes() {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(20, 40),
            ..Options::default()
        });
        let mut viewer = Viewer::new();
        let mut sent = std::collections::HashSet::new();
        for round in 0..8 {
            let screen: String = (1..=40)
                .map(|at| format!("\x1b[{at}Hround {round}"))
                .collect();
            feed(&mut terminal, &screen);
            let update = viewer.update_within(600, &terminal, session(), InputSeq(0), Offset(0));
            sent.extend(update.unwrap().rows.iter().map(|row| row.at));
            assert!(viewer.is_behind());
        }
        assert_eq!(sent.len(), 40);
    }

    #[test]
    fn nothing_is_sent_when_nothing_changed() {
        let mut terminal = Terminal::new(Options::default());
        let mut viewer = Viewer::new();
        assert!(update(&mut viewer, &terminal).is_some());
        assert_eq!(update(&mut viewer, &terminal), None);
        feed(&mut terminal, "\x1b[?25h\x1b[0m");
        assert_eq!(update(&mut viewer, &terminal), None);
        feed(&mut terminal, "x");
        assert_eq!(update(&mut viewer, &terminal).unwrap().rows.len(), 1);
    }
}
