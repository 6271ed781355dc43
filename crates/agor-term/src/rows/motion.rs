//! Where the motions of keyboard selection lead: pure functions over the rows that are at hand. A
//! logical line is one, however many rows it takes.

use std::sync::Arc;

use agor_proto::row::Row;

use super::{line_at, placed, snap};

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

/// Returns where the word ends that stands before a cell and the word there, or the beginning of all.
#[must_use]
pub fn word_end_before(rows: &[Arc<Row>], at: At, words: Words) -> At {
    let Some(mut walker) = Walker::new(rows, at, words) else {
        return at;
    };
    let begun = walker.class();
    let mut same = begun != Class::Blank;
    while let Some(breaks) = walker.previous() {
        let class = walker.class();
        same &= !breaks && class == begun;
        if class != Class::Blank && !same {
            return walker.at();
        }
    }
    walker.at()
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

/// A sign that is gone to within a logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The sign, as people see one.
    pub sign: String,
    /// Which way.
    pub forwards: bool,
    /// Whether a cell before it is gone to.
    pub short: bool,
}

impl Sought {
    /// Returns the same in the other direction.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            forwards: !self.forwards,
            ..self.clone()
        }
    }
}

/// Returns where a sign stands for the `times`th time from a cell on; the cell itself if it does not. Where one
/// that is beside the cell was gone to before, with [`Sought::short`], it is `again` and passed over.
#[must_use]
pub fn sign(rows: &[Arc<Row>], at: At, sought: &Sought, times: u32, again: bool) -> At {
    let line = placed(rows, line_at(rows, at.row));
    let place = |index: usize| {
        let it = line.get(index)?;
        Some(At {
            row: it.row,
            col: it.cells.start,
        })
    };
    let after = line.partition_point(|it| (it.row, it.cells.end) <= (at.row, at.col));
    let here = line.get(after).filter(|it| it.cells.start <= at.col);
    let beside = usize::from(sought.short && again);
    let has_sign = |index: &usize| line[*index].text == sought.sign;
    let nth = times.saturating_sub(1) as usize;
    let found = if sought.forwards {
        let next = after + usize::from(here.is_some_and(|it| it.row == at.row)) + beside;
        let index = (next..line.len()).filter(has_sign).nth(nth);
        index.and_then(|index| place(index.checked_sub(usize::from(sought.short))?))
    } else {
        let index = (0..after.saturating_sub(beside))
            .rev()
            .filter(has_sign)
            .nth(nth);
        index.and_then(|index| place(index + usize::from(sought.short)))
    };
    found.unwrap_or(at)
}

const BRACKETS: [[&str; 2]; 4] = [["(", ")"], ["[", "]"], ["{", "}"], ["<", ">"]];

/// Returns the bracket that belongs to the one at a cell, or to the next one on its logical line; the cell
/// itself if there is none.
#[must_use]
pub fn bracket(rows: &[Arc<Row>], at: At) -> At {
    let cells = |row: usize| {
        let clusters = rows[row].clusters();
        clusters.map(move |it| (At { row, col: it.cell }, it))
    };
    let here = line_at(rows, at.row);
    let is_at_or_after = |(place, it): &(At, agor_proto::row::Cluster<'_>)| {
        place.row > at.row || place.col + u16::from(it.width) > at.col
    };
    let begin = (at.row..here.end).flat_map(cells).filter(is_at_or_after);
    let mut begin = begin.filter_map(|(place, it)| {
        let pair = BRACKETS.iter().find(|pair| pair.contains(&it.text))?;
        Some((place, *pair, pair[0] == it.text))
    });
    let Some((from, [open, close], forwards)) = begin.next() else {
        return at;
    };
    let mut depth = 0_usize;
    let mut closes = |text: &str, more: &str, less: &str| {
        depth += usize::from(text == more);
        depth -= usize::from(text == less && depth > 0);
        text == less && depth == 0
    };
    let found = if forwards {
        let mut on = (from.row..rows.len())
            .flat_map(cells)
            .skip_while(|(place, _)| *place < from);
        on.find(|(_, it)| closes(it.text, open, close))
            .map(|it| it.0)
    } else {
        let reversed = |row: usize| cells(row).collect::<Vec<_>>().into_iter().rev();
        let mut back = (0..=from.row)
            .rev()
            .flat_map(reversed)
            .skip_while(|(place, _)| *place > from);
        back.find(|(_, it)| closes(it.text, close, open))
            .map(|it| it.0)
    };
    found.unwrap_or(at)
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
    fn ends_of_words_are_gone_back_over_lines() {
        let rows = rows(40, "let x_1 = foo(bar);\r\n\r\n  日本 end");
        let small = all(at(2, 9), 6, |at| word_end_before(&rows, at, Words::Small));
        assert_eq!(small, [(2, 4), (0, 18), (0, 16), (0, 13), (0, 12), (0, 8)]);
        let large = all(at(2, 9), 4, |at| word_end_before(&rows, at, Words::Large));
        assert_eq!(large, [(2, 4), (0, 18), (0, 8), (0, 6)]);
        assert_eq!(word_end_before(&rows, at(0, 1), Words::Small), at(0, 0));
    }

    fn sought(sign: &str, forwards: bool, short: bool) -> Sought {
        Sought {
            sign: sign.into(),
            forwards,
            short,
        }
    }

    #[test]
    fn a_sign_is_found_on_its_line_and_no_other() {
        let rows = rows(10, "xaxbxc日dxe\r\nx");
        let to = |from, sign: &str, forwards, short, times| {
            super::sign(&rows, from, &sought(sign, forwards, short), times, false)
        };
        assert_eq!(to(at(0, 0), "x", true, false, 1), at(0, 2));
        assert_eq!(
            to(at(0, 0), "x", true, false, 3),
            at(0, 9),
            "over what is wide"
        );
        assert_eq!(
            to(at(0, 0), "x", true, false, 4),
            at(0, 0),
            "another line has it"
        );
        assert_eq!(
            to(at(1, 0), "日", false, false, 1),
            at(0, 6),
            "a line wraps"
        );
        assert_eq!(to(at(0, 0), "d", true, true, 1), at(0, 6));
        assert_eq!(
            to(at(0, 7), "d", false, false, 1),
            at(0, 7),
            "it is not behind"
        );
        assert_eq!(to(at(0, 9), "c", false, true, 1), at(0, 6));
        assert_eq!(to(at(0, 9), "x", false, false, 2), at(0, 2));
        // Beyond the text everything is behind.
        assert_eq!(to(at(2, 8), "x", false, false, 1), at(2, 0));
        assert_eq!(to(at(2, 8), "x", true, false, 1), at(2, 8));
        // One that is beside the cell is where it was gone to before.
        let again =
            |from, forwards| super::sign(&rows, from, &sought("x", forwards, true), 1, true);
        assert_eq!(again(at(0, 1), true), at(0, 3));
        assert_eq!(again(at(0, 5), false), at(0, 3));
    }

    #[test]
    fn brackets_lead_to_those_that_belong_to_them() {
        let rows = rows(20, "fn f(a: &[u8]) {\r\n  g((1), ')')\r\n}\r\n)日(");
        assert_eq!(bracket(&rows, at(0, 4)), at(0, 13));
        assert_eq!(bracket(&rows, at(0, 13)), at(0, 4));
        assert_eq!(bracket(&rows, at(0, 0)), at(0, 13), "the next of the line");
        assert_eq!(bracket(&rows, at(0, 15)), at(2, 0), "over lines");
        assert_eq!(bracket(&rows, at(2, 0)), at(0, 15));
        assert_eq!(
            bracket(&rows, at(1, 3)),
            at(1, 10),
            "in a string it counts too"
        );
        assert_eq!(bracket(&rows, at(3, 3)), at(3, 3), "it stays open");
        assert_eq!(bracket(&rows, at(4, 0)), at(4, 0));
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
            assert_eq!(word_end_before(rows, far, Words::Small), far);
            assert_eq!(bracket(rows, far), far);
            assert_eq!(sign(rows, far, &sought("x", false, true), 9, true), far);
            assert_eq!(right(rows, far, 10), far);
            assert_eq!(left(rows, far, 10), far);
        }
    }
}
