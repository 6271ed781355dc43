//! Where the motions of keyboard selection lead: pure functions over the rows that are at hand. A
//! logical line is one, however many rows it takes.

use std::sync::Arc;

use agor_proto::row::Row;

use super::{line_at, snap};

/// A cell: a row by its place, and a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The row.
    pub row: usize,
    /// The column.
    pub col: u16,
}

/// What words are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Letters, digits and underscores, or runs of other signs.
    Small,
    /// Everything between blanks.
    Large,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Letters,
    Signs,
}

impl Class {
    fn of(cluster: &str, words: Words) -> Self {
        let c = cluster.chars().next().unwrap_or(' ');
        match words {
            _ if c.is_whitespace() => Self::Blank,
            Words::Small if !c.is_alphanumeric() && c != '_' => Self::Signs,
            _ => Self::Letters,
        }
    }
}

/// Goes through the clusters of rows, one after another.
#[derive(Clone)]
struct Walker<'a> {
    rows: &'a [Arc<Row>],
    words: Words,
    row: usize,
    /// Columns and classes of the row's clusters.
    cells: Vec<(u16, Class)>,
    index: usize,
}

impl<'a> Walker<'a> {
    fn new(rows: &'a [Arc<Row>], at: At, words: Words) -> Option<Self> {
        let mut walker = Self {
            rows,
            words,
            row: at.row,
            cells: Vec::new(),
            index: 0,
        };
        walker.load()?;
        let before = walker.cells.partition_point(|(col, _)| *col <= at.col);
        // Beyond the text there are blanks.
        let beyond = walker.rows[at.row]
            .clusters()
            .last()
            .is_none_or(|last| at.col >= last.cell.saturating_add(last.width.into()));
        walker.index = if beyond { before } else { before - 1 };
        Some(walker)
    }

    fn load(&mut self) -> Option<()> {
        let row = self.rows.get(self.row)?;
        let words = self.words;
        let cells = row
            .clusters()
            .map(|it| (it.cell, Class::of(it.text, words)));
        self.cells = cells.collect();
        Some(())
    }

    fn class(&self) -> Class {
        self.cells.get(self.index).map_or(Class::Blank, |it| it.1)
    }

    fn at(&self) -> At {
        let col = self.cells.get(self.index).or(self.cells.last());
        At {
            row: self.row,
            col: col.map_or(0, |it| it.0),
        }
    }

    /// Goes on by a cluster; says whether another logical line begins there.
    fn next(&mut self) -> Option<bool> {
        if self.index + 1 < self.cells.len() {
            self.index += 1;
            return Some(false);
        }
        if self.row + 1 >= self.rows.len() {
            return None;
        }
        let breaks = line_at(self.rows, self.row).end == self.row + 1;
        self.row += 1;
        self.load()?;
        self.index = 0;
        Some(breaks)
    }

    /// Goes back by a cluster; says whether another logical line ends there.
    fn previous(&mut self) -> Option<bool> {
        if self.index > 0 {
            self.index -= 1;
            return Some(false);
        }
        let breaks = line_at(self.rows, self.row).start == self.row;
        self.row = self.row.checked_sub(1)?;
        self.load()?;
        self.index = self.cells.len().saturating_sub(1);
        Some(breaks)
    }
}

/// Returns where the next word begins, or the end of all.
#[must_use]
pub fn word_after(rows: &[Arc<Row>], at: At, words: Words) -> At {
    let Some(mut walker) = Walker::new(rows, at, words) else {
        return at;
    };
    let begun = walker.class();
    let mut same = begun != Class::Blank;
    while let Some(breaks) = walker.next() {
        let class = walker.class();
        same &= !breaks && class == begun;
        if class != Class::Blank && !same {
            return walker.at();
        }
    }
    walker.at()
}

/// Returns where the word ends that goes on or comes after a cell.
#[must_use]
pub fn word_end(rows: &[Arc<Row>], at: At, words: Words) -> At {
    let Some(mut walker) = Walker::new(rows, at, words) else {
        return at;
    };
    loop {
        if walker.next().is_none() {
            return walker.at();
        }
        if walker.class() != Class::Blank {
            break;
        }
    }
    run_to_its_end(walker, Walker::next)
}

/// Returns where the word begins that goes on or stands before a cell.
#[must_use]
pub fn word_before(rows: &[Arc<Row>], at: At, words: Words) -> At {
    let Some(mut walker) = Walker::new(rows, at, words) else {
        return at;
    };
    loop {
        if walker.previous().is_none() {
            return walker.at();
        }
        if walker.class() != Class::Blank {
            break;
        }
    }
    run_to_its_end(walker, Walker::previous)
}

fn run_to_its_end<'a>(
    mut walker: Walker<'a>,
    step: impl Fn(&mut Walker<'a>) -> Option<bool>,
) -> At {
    let class = walker.class();
    loop {
        let mut ahead = walker.clone();
        if step(&mut ahead) != Some(false) || ahead.class() != class {
            return walker.at();
        }
        walker = ahead;
    }
}

/// Returns the first cell of a cell's logical line.
#[must_use]
pub fn line_start(rows: &[Arc<Row>], at: At) -> At {
    At {
        row: line_at(rows, at.row).start,
        col: 0,
    }
}

/// Returns the first cell of a cell's logical line that is not blank.
#[must_use]
pub fn line_text(rows: &[Arc<Row>], at: At) -> At {
    let lines = line_at(rows, at.row);
    let first = |row: usize| {
        let mut clusters = rows[row].clusters();
        let text = clusters.find(|it| !it.text.trim().is_empty())?;
        Some(At {
            row,
            col: text.cell,
        })
    };
    let found = lines.clone().find_map(first);
    found.unwrap_or_else(|| line_start(rows, at))
}

/// Returns the last cell of a cell's logical line that is not blank.
#[must_use]
pub fn line_end(rows: &[Arc<Row>], at: At) -> At {
    let lines = line_at(rows, at.row);
    let last = |row: usize| {
        let text = rows[row].clusters().filter(|it| !it.text.trim().is_empty());
        let last = text.last()?;
        Some(At {
            row,
            col: last.cell,
        })
    };
    let found = lines.rev().find_map(last);
    found.unwrap_or_else(|| line_start(rows, at))
}

/// Returns the cell right of a cell, on the next row of its logical line behind the last column.
#[must_use]
pub fn right(rows: &[Arc<Row>], at: At, columns: u16) -> At {
    let Some(row) = rows.get(at.row) else {
        return at;
    };
    let col = snap(row, at.col).end;
    if col < columns && !is_left_free(row, col) {
        return At { col, ..at };
    }
    if line_at(rows, at.row).end > at.row + 1 {
        return At {
            row: at.row + 1,
            col: 0,
        };
    }
    at
}

/// Says whether a wide character that did not fit left a cell free: it is no part of the text.
fn is_left_free(row: &Row, col: u16) -> bool {
    row.wraps()
        && row
            .clusters()
            .last()
            .is_some_and(|last| last.cell.saturating_add(last.width.into()) <= col)
}

/// Returns the cell left of a cell, on the row before of its logical line before the first column.
#[must_use]
pub fn left(rows: &[Arc<Row>], at: At, columns: u16) -> At {
    let Some(row) = rows.get(at.row) else {
        return at;
    };
    if let Some(col) = snap(row, at.col).start.checked_sub(1) {
        return At {
            col: snap(row, col).start,
            ..at
        };
    }
    if line_at(rows, at.row).start < at.row {
        let row = at.row - 1;
        let last = columns.saturating_sub(1);
        let last = last - u16::from(last > 0 && is_left_free(&rows[row], last));
        let col = snap(&rows[row], last).start;
        return At { row, col };
    }
    at
}

/// Returns the blank row before a cell's paragraph, or the one behind it; else the first or last row.
#[must_use]
pub fn paragraph(rows: &[Arc<Row>], at: At, forwards: bool) -> At {
    let is_blank = |row: usize| rows[row].text.trim().is_empty();
    let step = |row: usize| match forwards {
        true => Some(row + 1).filter(|row| *row < rows.len()),
        false => row.checked_sub(1),
    };
    let mut row = at.row;
    let mut in_text = row < rows.len() && !is_blank(row);
    while let Some(next) = step(row) {
        row = next;
        if is_blank(row) && in_text {
            break;
        }
        in_text |= !is_blank(row);
    }
    At { row, col: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::rows;

    fn at(row: usize, col: u16) -> At {
        At { row, col }
    }

    fn all(from: At, count: usize, step: impl Fn(At) -> At) -> Vec<(usize, u16)> {
        let steps = std::iter::successors(Some(from), |at| Some(step(*at)));
        let after = steps.skip(1).take(count);
        after.map(|at| (at.row, at.col)).collect()
    }

    #[test]
    fn words_are_gone_over_lines_and_back() {
        let rows = rows(40, "let x_1 = foo(bar);\r\n\r\n  日本 end");
        let words = |count, from, words| all(from, count, |at| word_after(&rows, at, words));
        let expected = [
            (0, 4),
            (0, 8),
            (0, 10),
            (0, 13),
            (0, 14),
            (0, 17),
            (2, 2),
            (2, 7),
        ];
        assert_eq!(words(8, at(0, 0), Words::Small), expected);
        assert_eq!(
            words(4, at(0, 0), Words::Large),
            [(0, 4), (0, 8), (0, 10), (2, 2)]
        );
        let back = all(at(2, 7), 4, |at| word_before(&rows, at, Words::Small));
        assert_eq!(back, [(2, 2), (0, 17), (0, 14), (0, 13)]);
        let ends = all(at(0, 0), 4, |at| word_end(&rows, at, Words::Small));
        assert_eq!(ends, [(0, 2), (0, 6), (0, 8), (0, 12)]);
        // From beyond the text it is the next word, and the last one ends at the end.
        assert_eq!(word_after(&rows, at(0, 39), Words::Small), at(2, 2));
        assert_eq!(word_before(&rows, at(0, 39), Words::Small), at(0, 17));
        assert_eq!(word_before(&rows, at(0, 0), Words::Small), at(0, 0));
    }

    #[test]
    fn a_word_that_wraps_is_one_and_so_is_its_line() {
        let rows = rows(10, "say abcdefghijkl now\r\nnext");
        assert_eq!(word_after(&rows, at(0, 4), Words::Small), at(1, 7));
        assert_eq!(word_end(&rows, at(0, 4), Words::Small), at(1, 5));
        assert_eq!(word_before(&rows, at(1, 5), Words::Small), at(0, 4));
        assert_eq!(line_start(&rows, at(1, 3)), at(0, 0));
        assert_eq!(line_end(&rows, at(0, 0)), at(1, 9));
        assert_eq!(right(&rows, at(0, 9), 10), at(1, 0));
        assert_eq!(left(&rows, at(1, 0), 10), at(0, 9));
        assert_eq!(left(&rows, at(0, 0), 10), at(0, 0));
        assert_eq!(right(&rows, at(2, 9), 10), at(2, 9), "a line ends");
    }

    #[test]
    fn lines_begin_and_end_with_their_text() {
        let rows = rows(40, "   one two   \r\n");
        assert_eq!(line_text(&rows, at(0, 9)), at(0, 3));
        assert_eq!(line_end(&rows, at(0, 0)), at(0, 9));
        assert_eq!(line_end(&rows, at(4, 7)), at(4, 0));
        assert_eq!(line_text(&rows, at(4, 7)), at(4, 0));
    }

    #[test]
    fn wide_clusters_are_one_step() {
        let rows = rows(20, "a日本z");
        let steps = all(at(0, 0), 4, |at| right(&rows, at, 20));
        assert_eq!(steps, [(0, 1), (0, 3), (0, 5), (0, 6)]);
        assert_eq!(left(&rows, at(0, 5), 20), at(0, 3));
    }

    #[test]
    fn a_cell_that_a_wide_cluster_left_free_is_no_step() {
        let rows = rows(4, "abc日d");
        assert_eq!(right(&rows, at(0, 2), 4), at(1, 0));
        assert_eq!(left(&rows, at(1, 0), 4), at(0, 2));
    }

    #[test]
    fn paragraphs_end_at_blank_rows() {
        let rows = rows(10, "a\r\nb\r\n\r\n\r\nc\r\nd");
        assert_eq!(paragraph(&rows, at(0, 0), true), at(2, 0));
        assert_eq!(paragraph(&rows, at(2, 0), true), at(6, 0));
        assert_eq!(paragraph(&rows, at(5, 0), false), at(3, 0));
        assert_eq!(paragraph(&rows, at(1, 0), false), at(0, 0));
        assert_eq!(paragraph(&rows, at(1, 0), true), at(2, 0), "its last row");
        assert_eq!(paragraph(&rows, at(4, 0), false), at(3, 0), "its first row");
    }

    #[test]
    fn places_outside_the_rows_stay_and_do_no_harm() {
        let none: [Arc<Row>; 0] = [];
        for rows in [&none[..], &rows(10, "x")[..]] {
            let far = at(99, 99);
            assert_eq!(word_after(rows, far, Words::Small), far);
            assert_eq!(word_before(rows, far, Words::Large), far);
            assert_eq!(right(rows, far, 10), far);
            assert_eq!(left(rows, far, 10), far);
        }
    }
}
