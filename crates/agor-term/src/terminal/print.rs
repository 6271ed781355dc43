//! Showing characters: runs of ASCII, wide characters, and clusters.

use agor_proto::limits;

use super::State;
use crate::cell::{Cell, Content};
use crate::grid::split_wide;
use crate::modes::Mode;
use crate::parser::{Decoded, decode};
use crate::tables::Joined;
use crate::width::{Class, char_width, cluster_width, is_dropped, is_regional_indicator, joins};

/// Whether a character joins what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joins {
    /// It takes no cell of its own.
    Always,
    /// If the two are one cluster (UAX 29).
    AsClusters,
}

/// Returns the character at the beginning of `bytes`, its length and its cells, if it does not join
/// what stands before it, of which is known whether it is a cluster. One of ASCII counts only between
/// others: more are quicker as a run.
#[inline]
fn filler(bytes: &[u8], after_cluster: bool) -> Option<(char, usize, u16)> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        let alone = rest.first().is_some_and(|byte| *byte >= 0x80);
        return (alone && matches!(first, b' '..=b'~')).then_some((first.into(), 1, 1));
    }
    // Han characters, which begin with these bytes, without a look at the table.
    if let (0xe4..=0xe9, [second @ 0x80..=0xbf, third @ 0x80..=0xbf, ..]) = (first, rest) {
        let code =
            u32::from(first & 0xf) << 12 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f);
        if let (0x4e00.., Some(c)) = (code, char::from_u32(code)) {
            return Some((c, 3, 2));
        }
    }
    let Decoded::Char(c, len) = decode(first, bytes) else {
        return None;
    };
    // Greek, Cyrillic and lines, likewise.
    if let 0x370..0x483 | 0x2500..0x25a0 = u32::from(c) {
        return Some((c, len, 1));
    }
    let class = Class::of(c);
    let starts = class.always_starts() || (class.only_after_joiner() && !after_cluster);
    starts.then_some((c, len, class.width().into()))
}

/// Says whether a cluster stands before a column.
#[inline]
fn follows_cluster(cells: &[Cell], col: u16) -> bool {
    let (before, _) = cells.split_at(usize::from(col));
    match *before {
        [.., first, second] if second.is_spacer() => first.is_cluster(),
        [.., last] => last.is_cluster(),
        [] => false,
    }
}

impl State {
    /// Shows a run of characters from space to `~`.
    #[inline]
    pub(super) fn print_ascii(&mut self, run: &[u8]) {
        let Some(&last) = run.last() else {
            return;
        };
        if self.charsets.is_ascii() && !self.modes.has(Mode::Insert) {
            self.put_run(run);
            self.last_char = Some(last.into());
            self.joinable = true;
            return;
        }
        for &byte in run {
            let c = self.charsets.take().map(byte);
            self.put(c, char_width(c));
        }
    }

    fn put_run(&mut self, mut run: &[u8]) {
        let template = self.template();
        let auto_wrap = self.modes.has(Mode::AutoWrap);
        while !run.is_empty() {
            if self.cursor.wrap_pending && auto_wrap {
                self.wrap();
            }
            let (row, col, right) = (self.cursor.row, self.cursor.col, self.right_edge());
            let room = usize::from(right - col);
            let now = room.min(run.len());
            let (written, rest) = run.split_at(now);
            let end = col + now as u16;
            self.counters.work(now);
            let cells = self.grid.write(row, end, &mut self.counters);
            split_wide(cells, col);
            split_wide(cells, end);
            for (cell, &byte) in cells[usize::from(col)..].iter_mut().zip(written) {
                *cell = Cell(template | u64::from(byte));
            }
            self.cursor.wrap_pending = end == right;
            self.cursor.col = end.min(right - 1);
            run = rest;
            if end == right {
                self.wrote_last_column(row, right);
                if let (false, Some(&last)) = (auto_wrap, run.last()) {
                    // Without wrapping, all that follows falls on the last cell.
                    self.grid.write(row, end, &mut self.counters)[usize::from(right) - 1] =
                        Cell(template | u64::from(last));
                    return;
                }
            }
        }
    }

    /// Ends the logical line with this row; wrapping joins it to the next again.
    #[inline]
    fn wrote_last_column(&mut self, row: u16, right: u16) {
        if right == self.size.cols && self.grid.meta(row).wraps {
            self.grid.cut(row + 1, &mut self.counters);
        }
    }

    /// Shows characters at the beginning of `bytes` that do nothing but fill cells of this row;
    /// returns how many bytes that took.
    #[inline]
    pub(super) fn print_text(&mut self, bytes: &[u8]) -> usize {
        let Some(template) = self.pen.ready() else {
            return 0;
        };
        let plain =
            self.charsets.is_ascii() && !self.cursor.wrap_pending && !self.modes.has(Mode::Insert);
        let (row, mut col, right) = (self.cursor.row, self.cursor.col, self.margins.right);
        let fits = |col: u16, next: &Option<(char, usize, u16)>| {
            next.is_some_and(|(_, _, width)| col + width < right)
        };
        let after_cluster = follows_cluster(self.grid.cells(row), col);
        let mut next = filler(bytes, after_cluster);
        if !plain || !fits(col, &next) {
            return 0;
        }
        let cells = self.grid.write(row, 0, &mut self.counters);
        split_wide(cells, col);
        let mut shown = 0;
        while let Some((c, len, width)) = next.filter(|_| fits(col, &next)) {
            let at = usize::from(col);
            if width == 2 {
                cells[at..at + 2].copy_from_slice(&Cell::wide(template, c));
            } else {
                cells[at] = Cell::narrow(template, c);
            }
            col += width;
            shown += len;
            self.last_char = Some(c);
            next = filler(&bytes[shown..], false);
        }
        // The first half of a wide character that was here has been written over.
        let after = &mut cells[usize::from(col)];
        if after.is_spacer() {
            *after = after.emptied();
        }
        self.grid.write(row, col, &mut self.counters);
        self.cursor.col = col;
        self.joinable = true;
        shown
    }

    /// Shows a character beyond ASCII.
    #[inline]
    pub(super) fn print(&mut self, c: char) {
        let class = Class::of(c);
        let width = u16::from(class.width());
        let right = self.cursor.col + width;
        let Some(template) = self.pen.ready() else {
            self.print_slowly(c, class);
            return;
        };
        // Inside a row nothing but the cells themselves changes.
        let plain = class.always_starts()
            && right < self.margins.right
            && !self.cursor.wrap_pending
            && !self.modes.has(Mode::Insert);
        if !plain {
            self.print_slowly(c, class);
            return;
        }
        self.charsets.take();
        let (row, col) = (self.cursor.row, self.cursor.col);
        let cells = self.grid.write(row, right, &mut self.counters);
        split_wide(cells, col);
        split_wide(cells, right);
        let at = usize::from(col);
        if width == 2 {
            cells[at..at + 2].copy_from_slice(&Cell::wide(template, c));
        } else {
            cells[at] = Cell::narrow(template, c);
        }
        self.cursor.col = right;
        self.last_char = Some(c);
        self.joinable = true;
    }

    fn print_slowly(&mut self, c: char, class: Class) {
        if class.width() == 0 {
            if !is_dropped(c) {
                self.combine(c);
            }
            return;
        }
        if self.joinable
            && !class.always_starts()
            && self.modes.has(Mode::Graphemes)
            && self.join_previous(c, class)
        {
            return;
        }
        self.charsets.take();
        let half_flag = is_regional_indicator(c) && self.modes.has(Mode::Graphemes);
        self.put(c, if half_flag { 2 } else { class.width() });
    }

    /// Puts a character into cells of its own; says whether there was room for it.
    pub(super) fn put(&mut self, c: char, width: u8) -> bool {
        self.put_copies(c, width, 1) > 0
    }

    /// Puts a character into cells of its own as often as `count` says and this row has room; returns
    /// how often that was. In insert mode what is pushed aside is moved once, not for each.
    fn put_copies(&mut self, c: char, width: u8, count: u16) -> u16 {
        let template = self.template();
        let auto_wrap = self.modes.has(Mode::AutoWrap);
        if self.cursor.wrap_pending && auto_wrap {
            self.wrap();
        }
        let width = u16::from(width.max(1));
        if self.cursor.col + width > self.right_edge() {
            // A wide character before the edge.
            let left = if self.modes.has(Mode::Margins) {
                self.margins.left
            } else {
                0
            };
            if !auto_wrap || self.right_edge() - left < width {
                return 0;
            }
            self.leave_last_cell();
            self.wrap();
            if self.cursor.col + width > self.right_edge() {
                return 0;
            }
        }
        let (row, col, right) = (self.cursor.row, self.cursor.col, self.right_edge());
        let count = if count > 1 {
            count.min((right - col) / width)
        } else {
            count
        };
        let cells_wide = count * width;
        if self.modes.has(Mode::Insert) {
            let blank = self.blank();
            if right == self.size.cols {
                self.cut(row + 1);
            }
            self.grid
                .insert_cells(row, (col, right), cells_wide, blank, &mut self.counters);
        }
        let end = col + cells_wide;
        self.counters.work(cells_wide.into());
        let cells = self.grid.write(row, end, &mut self.counters);
        split_wide(cells, col);
        split_wide(cells, end);
        let written = &mut cells[usize::from(col)..usize::from(end)];
        if width == 2 {
            let pair = Cell::wide(template, c);
            written
                .chunks_exact_mut(2)
                .for_each(|two| two.copy_from_slice(&pair));
        } else {
            written.fill(Cell::narrow(template, c));
        }
        self.cursor.wrap_pending = end == right;
        self.cursor.col = end.min(right - 1);
        if end == right {
            self.wrote_last_column(row, right);
        }
        self.last_char = Some(c);
        self.joinable = true;
        count
    }

    /// Marks the last cell of the row as left free by a wide character.
    fn leave_last_cell(&mut self) {
        let (row, col) = (self.cursor.row, self.cursor.col);
        let cols = self.size.cols;
        if self.right_edge() == cols && col + 1 == cols {
            let cells = self.grid.write(row, cols, &mut self.counters);
            split_wide(cells, col);
            cells[usize::from(col)] = Cell::LEADING_SPACER;
        }
    }

    /// Goes to the beginning of the next row, which continues this one's logical line.
    pub(super) fn wrap(&mut self) {
        let row = self.cursor.row;
        let margins = self.margins;
        let whole = margins.left == 0 && margins.right == self.size.cols;
        let (line, start) = {
            let meta = self.grid.meta(row);
            (meta.line, meta.start)
        };
        if row + 1 == margins.bottom && whole {
            let alone = margins.top == row;
            let to_history = alone && row == 0 && margins.bottom == self.size.rows;
            if to_history {
                self.grid.set_wraps(row, &mut self.counters);
            }
            let len = u32::from(self.grid.text_len(row));
            self.scroll_region_up(1);
            if to_history {
                self.grid
                    .set_first_line(Some((line, start + len)), &mut self.counters);
            } else if !alone {
                self.grid.join(row - 1, &mut self.counters);
            }
        } else {
            self.index();
            if whole && self.cursor.row == row + 1 {
                self.grid.join(row, &mut self.counters);
            }
        }
        self.cursor.col = if self.modes.has(Mode::Margins) {
            margins.left
        } else {
            0
        };
        self.cursor.wrap_pending = false;
    }

    /// Returns the column of the cluster before the cursor.
    pub(super) fn previous_column(&self) -> Option<u16> {
        let cursor = self.cursor;
        let col = if cursor.wrap_pending {
            cursor.col
        } else {
            cursor.col.checked_sub(1)?
        };
        let cells = self.grid.cells(cursor.row);
        if cells[usize::from(col)].is_spacer() {
            col.checked_sub(1)
        } else {
            Some(col)
        }
    }

    fn cluster_at(&self, col: u16) -> String {
        match self.grid.cells(self.cursor.row)[usize::from(col)].content() {
            Content::Empty => " ".into(),
            Content::Char(c) => c.into(),
            Content::Cluster(number) => self.tables.cluster(number).into(),
        }
    }

    /// Adds a character that takes no cell to the cluster before the cursor.
    fn combine(&mut self, c: char) {
        if let Some(col) = self.previous_column()
            && let Joined::Cluster { number, width } = self.joined(col, c, Joins::Always)
        {
            self.set_cluster(col, c, number, width);
        }
    }

    /// Adds a character that takes cells by itself to the cluster before the cursor, if they are
    /// one cluster; else returns `false`.
    fn join_previous(&mut self, c: char, class: Class) -> bool {
        let Some(col) = self.previous_column() else {
            return false;
        };
        let cell = self.grid.cells(self.cursor.row)[usize::from(col)];
        if class.only_after_joiner() && !matches!(cell.content(), Content::Cluster(_)) {
            return false;
        }
        match self.joined(col, c, Joins::AsClusters) {
            Joined::Apart => return false,
            Joined::Dropped => {}
            Joined::Cluster { number, width } => self.set_cluster(col, c, number, width),
        }
        true
    }

    /// Finds out what becomes of the text of a column and a character after it. Which of the two
    /// questions is asked depends on the character alone.
    fn joined(&mut self, col: u16, c: char, joins_how: Joins) -> Joined {
        let before = self.grid.cells(self.cursor.row)[usize::from(col)].text_bits();
        if let Some(known) = self.tables.recall_join(before, c) {
            return known;
        }
        let mut text = self.cluster_at(col);
        let joined = if joins_how == Joins::AsClusters && !joins(&text, c) {
            Joined::Apart
        } else if text.len() + c.len_utf8() > limits::CLUSTER_MAX {
            Joined::Dropped
        } else {
            text.push(c);
            self.make_room();
            let Some(number) = self.tables.add_cluster(&text) else {
                return Joined::Dropped;
            };
            Joined::Cluster {
                number,
                width: cluster_width(&text),
            }
        };
        if before != 0 {
            self.tables.remember_join(before, c, joined);
        }
        joined
    }

    /// Shows a cluster, `width` cells wide, that `last` has made of what stands at a column.
    fn set_cluster(&mut self, col: u16, last: char, number: u32, width: u8) {
        let row = self.cursor.row;
        let at = usize::from(col);
        let cells = self.grid.write(row, col + 1, &mut self.counters);
        let cell = cells[at].with_cluster(number);
        cells[at] = cell;
        if !self.modes.has(Mode::Graphemes) || cell.is_wide() == (width == 2) {
            return;
        }
        let right = self.right_edge();
        let follows = !self.cursor.wrap_pending && self.cursor.col == col + 1;
        if width == 2 && follows && col + 2 <= right {
            let cells = self.grid.write(row, col + 2, &mut self.counters);
            split_wide(cells, col + 2);
            cells[at] = cell.widened();
            cells[at + 1] = cell.spacer_after();
            self.cursor.col = (col + 2).min(right - 1);
            self.cursor.wrap_pending = col + 2 == right;
            if self.cursor.wrap_pending {
                self.wrote_last_column(row, right);
            }
        }
        // Variation selector 15 makes an emoji of two cells a character of one (UTS 51).
        let follows = self.cursor.wrap_pending || self.cursor.col == col + 2;
        if width == 1 && last == '\u{fe0e}' && cell.is_wide() && follows {
            let blank = self.blank();
            let cells = self.grid.write(row, col + 2, &mut self.counters);
            cells[at] = cell.narrowed();
            cells[at + 1] = blank;
            self.cursor.col = col + 1;
            self.cursor.wrap_pending = false;
        }
    }

    /// Shows the last character again (REP), at most as often as there are cells that it can fill: those
    /// between the side margins, and a row on the way to them.
    pub(super) fn repeat(&mut self, count: u16) {
        let Some(c) = self.last_char else {
            return;
        };
        let (cols, rows) = (u32::from(self.size.cols), u32::from(self.size.rows));
        let between = u32::from(self.margins.right - self.margins.left);
        let cells = (between * rows + cols).min(cols * rows);
        let width = char_width(c).max(1);
        let mut left = u32::from(count).min(cells / u32::from(width)) as u16;
        while left > 0 {
            let put = self.put_copies(c, width, left);
            left -= put;
            // Without wrapping, all that follows falls on the last cell.
            if put == 0 || self.cursor.wrap_pending && !self.modes.has(Mode::AutoWrap) {
                break;
            }
        }
    }
}
