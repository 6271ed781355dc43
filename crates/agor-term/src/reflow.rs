//! Another size: logical lines of the primary screen and its history are wrapped anew; the
//! alternate screen is cut.

mod rewrap;

use std::collections::VecDeque;

use agor_proto::ids::Size;
use agor_proto::row::{Row, RowFlags};

use crate::cell::Cell;
use crate::grid::{Area, Counters, Grid, RowMeta};
use crate::history::{Page, PageWriter, RowHead};
use crate::tables::Tables;
use crate::terminal::{Place, State};
use rewrap::Rewrap;

/// A row outside a grid.
#[derive(Debug, Default)]
pub(crate) struct LooseRow {
    pub cells: Vec<Cell>,
    pub meta: RowMeta,
}

impl LooseRow {
    /// Returns a row of history as cells; its styles and links get numbers again.
    pub fn from_row(row: &Row, cols: u16, tables: &mut Tables) -> Self {
        let mut cells = Vec::with_capacity(usize::from(row.width()));
        let mut runs = row.runs.iter();
        let mut run = runs.next();
        let (mut template, mut left) = (0, 0);
        let mut next_template = |tables: &mut Tables| {
            while left == 0 {
                let Some(now) = run else {
                    return 0;
                };
                left = now.cells;
                let link = row.links.get(usize::from(now.style.link).wrapping_sub(1));
                let link = link.map_or(0, |link| tables.add_link(&link.uri, &link.id));
                template = Cell::template(tables.add_style(now.style), link);
                run = runs.next();
            }
            left -= 1;
            template
        };
        for cluster in row.clusters() {
            let template = next_template(tables);
            let mut chars = cluster.text.chars();
            let first = chars.next().unwrap_or(' ');
            let mut cell = Cell::narrow(template, first);
            if chars.next().is_some() {
                cell = match tables.add_cluster(cluster.text) {
                    Some(number) => cell.with_cluster(number),
                    None => cell,
                };
            }
            if cluster.width == 2 {
                next_template(tables);
                cells.extend([cell.widened(), cell.spacer_after()]);
            } else {
                cells.push(cell);
            }
        }
        // Colours after the end of the text.
        let styled: u32 = row.runs.iter().map(|run| u32::from(run.cells)).sum();
        while (cells.len() as u32) < styled.min(cols.into()) {
            cells.push(Cell(next_template(tables)));
        }
        cells.truncate(cols.into());
        if row.wraps() && cells.len() + 1 == usize::from(cols) {
            cells.push(Cell::LEADING_SPACER);
        }
        let meta = RowMeta {
            line: row.line,
            start: row.start,
            wraps: row.wraps(),
            marks: row.marks.clone(),
            ..RowMeta::default()
        };
        Self { cells, meta }
    }

    /// Returns the row of a grid.
    fn from_grid(grid: &Grid, at: u16) -> Self {
        let meta = grid.meta(at).clone();
        let cells = if meta.wraps {
            grid.cells(at)
        } else {
            grid.used_cells(at)
        };
        Self {
            cells: cells.to_vec(),
            meta,
        }
    }

    fn head(&self) -> RowHead<'_> {
        let RowMeta {
            line,
            start,
            wraps,
            ref marks,
            ..
        } = self.meta;
        RowHead {
            line,
            start,
            wraps,
            marks,
        }
    }

    /// Returns the cells that the text is made of.
    fn text_cells(&self) -> &[Cell] {
        match self.cells.split_last() {
            Some((last, before)) if last.is_leading_spacer() && self.meta.wraps => before,
            _ => &self.cells,
        }
    }
}

/// Returns a grid of `rows`, of which missing ones are empty.
pub(crate) fn grid_of(
    rows: impl IntoIterator<Item = LooseRow>,
    size: Size,
    counters: &mut Counters,
) -> Grid {
    let mut grid = Grid::new(size.cols, size.rows, counters);
    for (at, row) in (0..size.rows).zip(rows) {
        let stamp = grid.meta(at).stamp;
        grid.restore_row(at, &row.cells, RowMeta { stamp, ..row.meta });
    }
    grid
}

/// Gives the terminal another size.
pub(crate) fn resize(state: &mut State, size: Size) {
    let old = state.size;
    state.size = size;
    if (old.cols, old.rows) == (size.cols, size.rows) {
        return;
    }
    state.history.note_width(old.cols);
    state.pen.forget_numbers();
    let alt = state.on_alt();
    let other = state.other.take();
    let shown = std::mem::replace(&mut state.grid, Grid::new(1, 1, &mut state.counters));
    let (primary, alternate) = if alt {
        (other, Some(shown))
    } else {
        (Some(shown), other)
    };
    // While the alternate screen is shown, the primary's cursor is the saved one.
    let mut primary_cursor = if alt {
        state.saved[0].map(|saved| saved.place)
    } else {
        Some(state.cursor)
    };
    let mut alt_cursor = alt.then_some(state.cursor);

    let primary = primary.map(|grid| {
        let mut saved = if alt {
            None
        } else {
            state.saved[0].map(|saved| saved.place)
        };
        let grid = resize_primary(state, grid, size, &mut primary_cursor, &mut saved);
        let place = if alt { primary_cursor } else { saved };
        if let (Some(saved), Some(place)) = (&mut state.saved[0], place) {
            saved.place = place;
        }
        grid
    });
    let alternate = alternate.map(|grid| cut_grid(state, grid, size, &mut alt_cursor));
    if let Some(saved) = &mut state.saved[1] {
        saved.place = held(saved.place, size);
    }
    let (shown, other, cursor) = if alt {
        (alternate, primary, alt_cursor)
    } else {
        (primary, alternate, primary_cursor)
    };
    if let Some(shown) = shown {
        state.grid = shown;
    }
    state.other = other;
    state.cursor = held(cursor.unwrap_or_default(), size);
    state.margins = Area {
        top: 0,
        bottom: size.rows,
        left: 0,
        right: size.cols,
    };
}

fn held(place: Place, size: Size) -> Place {
    let col = place.col.min(size.cols - 1);
    let at_edge = place.wrap_pending && col + 1 == size.cols;
    Place {
        row: place.row.min(size.rows - 1),
        col,
        wrap_pending: at_edge,
    }
}

/// Cuts or extends the alternate screen; the cursor stays in sight.
fn cut_grid(state: &mut State, mut grid: Grid, size: Size, cursor: &mut Option<Place>) -> Grid {
    let row = cursor.map_or(0, |place| place.row);
    let placed = std::mem::take(&mut grid.placed);
    let gone = (row + 1).saturating_sub(size.rows);
    if let Some(place) = cursor {
        place.row -= gone;
    }
    let rows = (gone..grid.rows()).map(|at| {
        let mut row = LooseRow::from_grid(&grid, at);
        // A row that was cut or extended goes on nowhere.
        if grid.cols() != size.cols {
            row.cells.truncate(size.cols.into());
            if row.cells.len() == usize::from(size.cols)
                && let Some(last) = row.cells.last_mut().filter(|cell| cell.is_wide())
            {
                *last = last.emptied();
            }
            row.meta.wraps = false;
            row.meta.marks.retain(|mark| mark.cell < size.cols);
        }
        row
    });
    let rows: Vec<_> = rows.take(size.rows.into()).collect();
    let mut resized = grid_of(rows, size, &mut state.counters);
    resized.placed = placed;
    resized.end_loose_lines(&mut state.counters);
    resized.cut(0, &mut state.counters);
    resized
}

fn resize_primary(
    state: &mut State,
    mut grid: Grid,
    size: Size,
    cursor: &mut Option<Place>,
    saved: &mut Option<Place>,
) -> Grid {
    let placed = std::mem::take(&mut grid.placed);
    let cursor_row = cursor.map_or(0, |place| place.row);
    let used = (0..grid.rows())
        .rev()
        .find(|at| !grid.is_blank(*at))
        .map_or(0, |last| last + 1);
    let used = used.max(cursor_row + 1).min(grid.rows());
    // A full screen stays full: what is above comes down to fill it. After `clear` it does not.
    let was_full = used == grid.rows();

    let (mut rows, mut places) = if grid.cols() == size.cols {
        let rows: VecDeque<_> = (0..used).map(|at| LooseRow::from_grid(&grid, at)).collect();
        (
            rows,
            [*cursor, *saved].map(|place| place.map(|place| (usize::from(place.row), place))),
        )
    } else {
        rewrap_all(state, &grid, used, size.cols, [*cursor, *saved])
    };
    drop(grid);

    let target = usize::from(size.rows);
    let cursor_at = places[0].map_or(0, |(row, _)| row);
    let surplus = rows.len().saturating_sub(target);
    let mut moved = 0_isize;
    for _ in 0..surplus.min(cursor_at) {
        if let Some(row) = rows.pop_front() {
            state
                .history
                .push(row.head(), row.text_cells(), &state.tables);
            moved -= 1;
        }
    }
    rows.truncate(target);
    while was_full && rows.len() < target {
        let Some(row) = state.history.pop() else {
            break;
        };
        rows.push_front(LooseRow::from_row(&row, size.cols, &mut state.tables));
        moved += 1;
    }
    for (row, place) in places.iter_mut().flatten() {
        place.row = (*row as isize + moved).clamp(0, target as isize - 1) as u16;
    }
    *cursor = places[0].map(|(_, place)| place);
    *saved = places[1].map(|(_, place)| place);
    let mut resized = grid_of(rows, size, &mut state.counters);
    resized.placed = placed;
    resized.end_loose_lines(&mut state.counters);
    resized
}

type Places = [Option<(usize, Place)>; 2];

/// Wraps history and the used rows of the screen anew. Returns the rows from the one on that holds
/// what was first on the screen, and the places among them.
fn rewrap_all(
    state: &mut State,
    grid: &Grid,
    used: u16,
    cols: u16,
    places: [Option<Place>; 2],
) -> (VecDeque<LooseRow>, Places) {
    let old_cols = grid.cols();
    let mut history = std::mem::take(&mut state.history);
    let (skipped, pages) = history.take_pages();
    let mut rewrap = Rewrap::new(cols);
    for (number, page) in pages.into_iter().enumerate() {
        let skipped = if number == 0 { skipped } else { 0 };
        if rewrap.is_empty() && skipped == 0 && page.fits(cols) {
            history.push_page(page);
            continue;
        }
        for at in skipped..page.len() {
            if rewrap.is_empty() {
                make_room(state, grid);
            }
            let row = LooseRow::from_row(&page.row(at), old_cols, &mut state.tables);
            rewrap.add(row, |row| {
                history.push(row.head(), row.text_cells(), &state.tables);
            });
        }
    }
    rewrap.begin_tracking();
    let mut rows = VecDeque::new();
    for at in 0..used {
        for (index, place) in places.iter().enumerate() {
            if let Some(place) = place.filter(|place| place.row == at) {
                rewrap.track(index, place.col, place.wrap_pending);
            }
        }
        rewrap.add(LooseRow::from_grid(grid, at), |row| rows.push_back(row));
    }
    rewrap.finish(|row| rows.push_back(row));
    state.history = history;
    let found = rewrap.places();
    let placed = [0, 1].map(|index| {
        let place = places[index]?;
        let (row, col, wrap_pending) = found[index].unwrap_or((rows.len(), place.col, false));
        Some((
            row,
            Place {
                row: 0,
                col: col.min(cols - 1),
                wrap_pending,
            },
        ))
    });
    (rows, placed)
}

/// Returns rows of whole lines wrapped for another width.
pub(crate) fn rewrapped(rows: impl Iterator<Item = Row>, cols: u16) -> Vec<Row> {
    let mut tables = Tables::new();
    let mut page = Page::default();
    let mut writer = PageWriter::default();
    let mut rewrap = Rewrap::new(cols.max(1));
    // A line that fills pages goes on behind the last row.
    let mut goes_on = false;
    for row in rows {
        goes_on = row.wraps();
        let row = LooseRow::from_row(&row, u16::MAX, &mut tables);
        rewrap.add(row, |row| {
            writer.push(&mut page, row.head(), row.text_cells(), &tables);
        });
    }
    rewrap.finish(|row| writer.push(&mut page, row.head(), row.text_cells(), &tables));
    let mut rows: Vec<Row> = (0..page.len()).map(|at| page.row(at)).collect();
    if let Some(last) = rows.last_mut().filter(|_| goes_on) {
        last.flags.insert(RowFlags::WRAPS);
    }
    rows
}

fn make_room(state: &mut State, grid: &Grid) {
    if !state.tables.wants_sweep() {
        return;
    }
    let mut used = state.tables.used();
    grid.mark_used(&mut used);
    if let Some(other) = &state.other {
        other.mark_used(&mut used);
    }
    used.mark(Cell(Cell::template(0, state.pen.link())));
    state.tables.sweep(&used);
}
