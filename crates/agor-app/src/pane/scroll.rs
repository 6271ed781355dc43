//! Where in its session's text a pane looks: at the living screen, or at a place further back that
//! stays where it is whatever the program prints.

use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition};
use agor_proto::row::Row;

use crate::link::snapshot::HistoryWindow;

/// Rows fetched beyond what is shown, on each side, so that scrolling rarely waits.
const MARGIN: u32 = 200;

/// Rows of one fetch at the most; what a host gives.
const FETCH_MAX: u32 = 1_000;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scroll {
    back: Option<Back>,
    /// Whether it stays where it is at the end too, rather than following the living screen.
    held: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Back {
    /// The first row that is shown; unknown until the first rows have come.
    top: Option<LinePosition>,
    /// Rows to go up as soon as rows have come (down if negative).
    owed: i64,
    /// Whether the oldest row is wanted.
    to_start: bool,
    /// A place that is to be shown.
    seek: Option<LinePosition>,
    /// Whether that place is to be in the topmost row.
    to_top: bool,
    /// Whether the newest rows are wanted, newer than those of this generation.
    to_newest: Option<u64>,
    /// The newest rows that were asked for, so that nothing is asked for twice.
    asked: Option<Fetch>,
    /// The generation of rows that were there when they were asked for.
    asked_at: u64,
}

/// Rows to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    /// Around which place; the end if none.
    pub at: Option<LinePosition>,
    /// Rows above it.
    pub before: u32,
    /// Rows in all.
    pub count: u32,
}

/// What there is to look at.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Rows of the screen.
    pub screen_rows: u32,
    /// Rows of the history above it.
    pub history_rows: u32,
    /// What was fetched.
    pub window: Option<&'a HistoryWindow>,
}

/// How far back a pane looks, for its scroll bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Rows above the first that is shown.
    pub above: u32,
    /// Rows in all.
    pub total: u32,
}

/// The place of a row.
#[must_use]
pub fn place(row: &Row) -> LinePosition {
    LinePosition {
        line: row.line,
        column: row.start,
    }
}

impl Scroll {
    /// Says whether the living screen is shown.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.back.is_none()
    }

    /// Shows the living screen.
    pub fn go_to_end(&mut self) {
        self.back = None;
    }

    /// Stays where it is from now on, whatever the program prints, until [`Scroll::release`].
    pub fn hold(&mut self) {
        self.held = true;
        if self.back.is_none() {
            self.back = Some(Back {
                top: None,
                owed: 0,
                to_start: false,
                seek: None,
                to_top: false,
                to_newest: None,
                asked: None,
                asked_at: 0,
            });
        }
    }

    /// Shows the living screen, and follows it.
    pub fn release(&mut self) {
        self.held = false;
        self.back = None;
    }

    /// Goes to the newest rows that there are when they are fetched.
    pub fn go_to_newest(&mut self, generation: u64) {
        let held = std::mem::replace(&mut self.held, true);
        self.hold();
        self.held = held;
        if let Some(back) = &mut self.back {
            back.owed = 0;
            back.to_start = false;
            back.seek = None;
            back.to_newest = Some(generation);
        }
    }

    /// Moves as little as lets a place be among the first `rows` that are shown, if it is at hand.
    pub fn reveal(&mut self, at: LinePosition, rows: usize, sight: Sight<'_>) {
        let Some(back) = &mut self.back else {
            return;
        };
        let Some(window) = sight.window.filter(|window| covers(window, at)) else {
            return;
        };
        let last = window.rows.len().saturating_sub(sight.screen_rows as usize);
        let top = back.top.map_or(last, |top| index_of(window, top));
        // What was asked for by the page is gone first.
        let owed = usize::try_from(back.owed.unsigned_abs()).unwrap_or(usize::MAX);
        let top = match back.owed > 0 {
            true => top.saturating_sub(owed),
            false => top.saturating_add(owed).min(last.max(top)),
        };
        back.owed = 0;
        let at = index_of(window, at);
        let top = top.clamp((at + 1).saturating_sub(rows.max(1)), at);
        back.top = window.rows.get(top).map(|row| place(row));
    }

    /// Returns which of the rows that were fetched is the first that is shown.
    #[must_use]
    pub fn index(&self, sight: Sight<'_>) -> Option<usize> {
        let top = self.back.as_ref()?.top?;
        Some(index_of(sight.window?, top))
    }

    /// Goes up by rows (down if negative).
    pub fn by(&mut self, up: i64) {
        match &mut self.back {
            Some(back) => back.owed = back.owed.saturating_add(up),
            None if up > 0 => {
                self.back = Some(Back {
                    top: None,
                    owed: up,
                    to_start: false,
                    seek: None,
                    to_top: false,
                    to_newest: None,
                    asked: None,
                    asked_at: 0,
                });
            }
            None => {}
        }
    }

    /// Goes to the oldest row.
    pub fn go_to_start(&mut self) {
        self.back = Some(Back {
            top: None,
            owed: 0,
            to_start: true,
            seek: None,
            to_top: false,
            to_newest: None,
            asked: None,
            asked_at: 0,
        });
    }

    /// Shows a place, with some rows above it.
    pub fn go_to(&mut self, place: LinePosition) {
        let top = self.back.as_ref().and_then(|back| back.top);
        self.back = Some(Back {
            // What is shown stays until the place's rows have come.
            top,
            owed: 0,
            to_start: false,
            seek: Some(place),
            to_top: false,
            to_newest: None,
            asked: None,
            asked_at: 0,
        });
    }

    /// Shows a place in the topmost row.
    pub fn go_to_as_top(&mut self, place: LinePosition) {
        self.go_to(place);
        if let Some(back) = &mut self.back {
            back.to_top = true;
        }
    }

    /// Returns the first row that is shown, while that is not the living screen's.
    #[must_use]
    pub fn top(&self) -> Option<LinePosition> {
        self.back.as_ref()?.top
    }

    /// Goes where it was asked to, as far as rows are there, and says what to fetch to go on.
    pub fn settle(&mut self, sight: Sight<'_>) -> Option<Fetch> {
        let back = self.back.as_mut()?;
        let Some(window) = sight.window.filter(|window| !window.rows.is_empty()) else {
            let fetch = back.first_fetch(sight);
            return back.ask(fetch, 0);
        };
        if back.to_start {
            if window.above > 0 {
                let fetch = back.first_fetch(sight);
                return back.ask(fetch, window.generation);
            }
            back.to_start = false;
            back.top = window.rows.first().map(|row| place(row));
        }
        if let Some(after) = back.to_newest {
            if window.generation <= after || window.below > 0 {
                let fetch = back.first_fetch(sight);
                return back.ask(fetch, window.generation);
            }
            back.to_newest = None;
            back.top = None;
        }
        if let Some(seek) = back.seek {
            if !covers(window, seek) {
                let fetch = back.first_fetch(sight);
                return back.ask(fetch, window.generation);
            }
            back.seek = None;
            let last = window.rows.len().saturating_sub(sight.screen_rows as usize);
            let at = index_of(window, seek);
            // A place that is shown already moves nothing.
            let first = match back.top {
                Some(top) if covers(window, top) => Some(index_of(window, top).min(last)),
                None if window.below == 0 => Some(last),
                _ => None,
            };
            let to_top = std::mem::take(&mut back.to_top);
            let stays = first.filter(|first| {
                !to_top && (*first..first + sight.screen_rows as usize).contains(&at)
            });
            let above = if to_top {
                0
            } else {
                sight.screen_rows as usize / 3
            };
            let top = stays.unwrap_or(at.saturating_sub(above)).min(last);
            if top == last && window.below == 0 && !self.held {
                self.back = None;
                return None;
            }
            back.top = Some(place(&window.rows[top]));
        }
        let mut top = match back.top {
            Some(top) => index_of(window, top),
            // The first rows end with the screen: begin where it is shown.
            None => window.rows.len().saturating_sub(sight.screen_rows as usize),
        };
        let wanted = i64::try_from(top).unwrap_or(0) - back.owed;
        let last = window.rows.len().saturating_sub(sight.screen_rows as usize);
        if wanted < 0 {
            top = 0;
            back.owed = if window.above > 0 { -wanted } else { 0 };
        } else {
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            if wanted >= last && window.below == 0 && back.owed <= 0 && !self.held {
                self.back = None;
                return None;
            }
            top = wanted.min(last);
            let beyond = i64::try_from(wanted - top).unwrap_or(0);
            back.owed = if window.below > 0 { -beyond } else { 0 };
        }
        back.top = Some(place(&window.rows[top]));
        let near_start = top < (MARGIN / 2) as usize && window.above > 0;
        let near_end = last - top < (MARGIN / 2) as usize && window.below > 0;
        if !near_start && !near_end && back.owed == 0 {
            return None;
        }
        let up = u32::try_from(back.owed.max(0)).unwrap_or(u32::MAX);
        let down = u32::try_from((-back.owed).max(0)).unwrap_or(u32::MAX);
        let room = FETCH_MAX - sight.screen_rows.min(FETCH_MAX / 2);
        let before = up.saturating_add(MARGIN).min(room);
        let fetch = Fetch {
            at: back.top,
            before,
            count: before
                .saturating_add(sight.screen_rows)
                .saturating_add(down.saturating_add(MARGIN))
                .min(FETCH_MAX),
        };
        back.ask(fetch, window.generation)
    }

    /// Returns the rows that are shown, or `None` for those of the living screen.
    #[must_use]
    pub fn rows<'a>(&self, sight: Sight<'a>) -> Option<&'a [Arc<Row>]> {
        let top = self.back.as_ref()?.top?;
        let window = sight.window?;
        let top = index_of(window, top);
        let end = window.rows.len().min(top + sight.screen_rows as usize);
        window.rows.get(top..end).filter(|rows| !rows.is_empty())
    }

    /// Returns how far back the pane looks.
    #[must_use]
    pub fn extent(&self, sight: Sight<'_>) -> Extent {
        let total = sight.history_rows + sight.screen_rows;
        let live = Extent {
            above: sight.history_rows,
            total,
        };
        let (Some(back), Some(window)) = (&self.back, sight.window) else {
            return live;
        };
        let Some(top) = back.top else { return live };
        let top = u32::try_from(index_of(window, top)).unwrap_or(u32::MAX);
        let rows = u32::try_from(window.rows.len()).unwrap_or(u32::MAX);
        Extent {
            above: window.above + top,
            total: window.above + rows + window.below,
        }
    }
}

impl Back {
    fn first_fetch(&self, sight: Sight<'_>) -> Fetch {
        if self.to_newest.is_some() {
            let count = (MARGIN + sight.screen_rows).min(FETCH_MAX);
            return Fetch {
                at: None,
                before: count,
                count,
            };
        }
        if let Some(seek) = self.seek {
            let rows = sight.screen_rows.min(FETCH_MAX / 2);
            return Fetch {
                at: Some(seek),
                before: MARGIN + rows,
                count: 2 * (MARGIN + rows),
            };
        }
        if self.to_start {
            // No line is older than the first.
            return Fetch {
                at: Some(LinePosition {
                    line: LineId(0),
                    column: 0,
                }),
                before: 0,
                count: sight.screen_rows.min(FETCH_MAX / 2) + MARGIN,
            };
        }
        let up = u32::try_from(self.owed.max(0)).unwrap_or(u32::MAX);
        let room = FETCH_MAX - sight.screen_rows.min(FETCH_MAX / 2);
        let rows = up.saturating_add(MARGIN).min(room) + sight.screen_rows;
        Fetch {
            at: None,
            before: rows,
            count: rows,
        }
    }

    fn ask(&mut self, fetch: Fetch, generation: u64) -> Option<Fetch> {
        if self.asked == Some(fetch) && self.asked_at == generation {
            return None;
        }
        self.asked = Some(fetch);
        self.asked_at = generation;
        Some(fetch)
    }
}

/// Says whether a window has the rows around a place, or those that are left of them.
fn covers(window: &HistoryWindow, at: LinePosition) -> bool {
    let (Some(first), Some(last)) = (window.rows.first(), window.rows.last()) else {
        return false;
    };
    (window.above == 0 || place(first) <= at) && (window.below == 0 || at < place(last))
}

/// Returns where a place is in a window; a line that is gone is where its successor is.
fn index_of(window: &HistoryWindow, at: LinePosition) -> usize {
    window
        .rows
        .iter()
        .rposition(|row| place(row) <= at)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session whose history and screen are these many rows, row `n` being line `n`.
    struct World {
        rows: u64,
        screen: u32,
        window: Option<HistoryWindow>,
        generation: u64,
        fetches: usize,
    }

    fn row(line: u64) -> Arc<Row> {
        Arc::new(Row {
            line: LineId(line),
            text: line.to_string(),
            ..Row::default()
        })
    }

    impl World {
        fn new(rows: u64, screen: u32) -> Self {
            Self {
                rows,
                screen,
                window: None,
                generation: 0,
                fetches: 0,
            }
        }

        fn sight(&self) -> Sight<'_> {
            Sight {
                screen_rows: self.screen,
                history_rows: self.rows as u32 - self.screen,
                window: self.window.as_ref(),
            }
        }

        /// Lets the host answer until nothing more is asked for.
        fn settle(&mut self, scroll: &mut Scroll) {
            for _ in 0..200 {
                let Some(fetch) = scroll.settle(self.sight()) else {
                    return;
                };
                self.fetches += 1;
                let at = fetch.at.map_or(self.rows, |at| at.line.0.max(1) - 1);
                let first = at.saturating_sub(u64::from(fetch.before));
                let last = (first + u64::from(fetch.count)).min(self.rows);
                self.generation += 1;
                self.window = Some(HistoryWindow {
                    rows: (first..last).map(|at| row(at + 1)).collect(),
                    above: first as u32,
                    below: (self.rows - last) as u32,
                    placements: Vec::new(),
                    generation: self.generation,
                });
            }
            panic!("it asks for ever");
        }

        fn first(&self, scroll: &Scroll) -> Option<u64> {
            scroll.rows(self.sight()).map(|rows| rows[0].line.0)
        }
    }

    #[test]
    fn going_back_shows_rows_above_the_screen() {
        let (mut world, mut scroll) = (World::new(5_000, 24), Scroll::default());
        assert_eq!(world.first(&scroll), None);
        scroll.by(3);
        world.settle(&mut scroll);
        // The screen begins with line 4,977.
        assert_eq!(world.first(&scroll), Some(4_974));
        assert_eq!(world.fetches, 1);
        assert_eq!(scroll.rows(world.sight()).unwrap().len(), 24);
        assert_eq!(scroll.extent(world.sight()).above, 4_973);
    }

    #[test]
    fn going_on_to_the_end_shows_the_living_screen() {
        let (mut world, mut scroll) = (World::new(500, 24), Scroll::default());
        scroll.by(30);
        world.settle(&mut scroll);
        scroll.by(-10);
        world.settle(&mut scroll);
        assert!(!scroll.is_live());
        scroll.by(-20);
        world.settle(&mut scroll);
        assert!(scroll.is_live());
    }

    #[test]
    fn a_far_way_back_is_gone_in_pieces() {
        let (mut world, mut scroll) = (World::new(10_000, 24), Scroll::default());
        scroll.by(4_000);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(5_977));
        scroll.by(-3_000);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(8_977));
    }

    #[test]
    fn the_oldest_row_is_the_last_that_is_gone_back_to() {
        let (mut world, mut scroll) = (World::new(3_000, 24), Scroll::default());
        scroll.go_to_start();
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(1));
        assert!(world.fetches <= 2);
        scroll.by(10);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(1));
        scroll.by(-1);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(2));
    }

    #[test]
    fn output_does_not_move_what_is_looked_at() {
        let (mut world, mut scroll) = (World::new(2_000, 24), Scroll::default());
        scroll.by(100);
        world.settle(&mut scroll);
        let before = world.first(&scroll);
        world.rows += 700;
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), before);
        scroll.by(1);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), before.map(|line| line - 1));
    }

    #[test]
    fn a_session_without_history_stays_where_it_is() {
        let (mut world, mut scroll) = (World::new(24, 24), Scroll::default());
        scroll.by(5);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(1));
        scroll.by(-5);
        world.settle(&mut scroll);
        assert!(scroll.is_live());
    }

    fn place_of(line: u64) -> LinePosition {
        LinePosition {
            line: LineId(line),
            column: 0,
        }
    }

    #[test]
    fn a_place_far_back_is_shown_with_rows_above_it_and_what_is_shown_stays_till_then() {
        let (mut world, mut scroll) = (World::new(50_000, 24), Scroll::default());
        scroll.by(10);
        world.settle(&mut scroll);
        scroll.go_to(place_of(100));
        assert_eq!(world.first(&scroll), Some(49_967));
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(92));
        assert_eq!(world.fetches, 2);
        scroll.by(-1);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(93));
    }

    #[test]
    fn a_place_that_is_shown_moves_nothing() {
        let (mut world, mut scroll) = (World::new(500, 24), Scroll::default());
        scroll.go_to(place_of(478));
        world.settle(&mut scroll);
        assert!(scroll.is_live(), "it is on the living screen");
        scroll.by(100);
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(377));
        scroll.go_to(place_of(400));
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(377));
        scroll.go_to(place_of(401));
        world.settle(&mut scroll);
        assert_eq!(world.first(&scroll), Some(393));
    }

    #[test]
    fn a_place_on_the_living_screen_leads_back_to_it() {
        let (mut world, mut scroll) = (World::new(500, 24), Scroll::default());
        scroll.go_to_start();
        world.settle(&mut scroll);
        scroll.go_to(place_of(495));
        world.settle(&mut scroll);
        assert!(scroll.is_live());
    }
}
