//! Looks for the marks of a shell's conversation (OSC 133) in history and screen, so many rows at a time
//! that a session's other clients do not notice.

use agor_proto::ids::LinePosition;
use agor_proto::limits::{FIND_HITS_MAX, FIND_ROWS_MAX};
use agor_proto::message::{Part, PlacedMark, WindowAt};
use agor_proto::row::Row;
use agor_term::Terminal;

use super::find::begins;

/// Rows that are read at once.
const STEP: usize = 512;

/// Returns up to `count` marks from a place on, in order; or those before it, the last first.
pub fn marks(terminal: &Terminal, from: WindowAt, forwards: bool, count: u32) -> Part {
    let count = FIND_HITS_MAX.min(count as usize).max(1);
    let total = terminal.rows_len();
    let oldest = terminal.first_row();
    let place = match from {
        WindowAt::End { rows_back } => {
            let row = total.saturating_sub(rows_back as usize);
            let rows = terminal.rows_from(row, 1);
            // Behind the last row everything comes before.
            rows.first().map_or(END, begins)
        }
        WindowAt::Line(place) => place,
    };
    let mut at = match place {
        END => total,
        place => terminal.row_of(place),
    };
    let mut found = Vec::new();
    let mut looked_at = 0;
    let goes_on = loop {
        let (begin, rows) = match forwards {
            true => (at, terminal.rows_from(at, STEP)),
            false => {
                // The row of the place itself may have marks before it.
                let end = (at + 1).min(total);
                let first = end.saturating_sub(STEP).max(oldest);
                at = first.saturating_sub(1);
                (first, terminal.rows_from(first, end - first))
            }
        };
        let numbered = (begin..).zip(&rows);
        let mut of_rows: Vec<PlacedMark> = numbered.flat_map(on_row).collect();
        if !forwards {
            of_rows.reverse();
        }
        let wanted = |mark: &PlacedMark| match forwards {
            true => mark.at >= place,
            false => mark.at < place,
        };
        let more: Vec<PlacedMark> = of_rows.into_iter().filter(wanted).collect();
        if let Some(cut) = cut(&more, count - found.len(), found.is_empty()) {
            found.extend(more[..cut].iter().copied());
            break match forwards {
                true => more.get(cut).map(|mark| mark.at),
                // Going on there finds what comes before it.
                false => found.last().map(|mark| mark.at),
            };
        }
        found.extend(more);
        looked_at += rows.len();
        let enough = looked_at >= FIND_ROWS_MAX || found.len() >= count;
        let first = rows.first().map(begins);
        if forwards {
            at += rows.len();
            if rows.is_empty() || at >= total {
                break None;
            }
            if enough {
                break terminal.rows_from(at, 1).first().map(begins);
            }
        } else {
            if rows.is_empty() {
                break None;
            }
            if first.is_none_or(|first| terminal.row_of(first) == oldest) {
                // What left is looked at elsewhere.
                break first.filter(|_| oldest > 0);
            }
            if enough {
                break first;
            }
        }
    };
    Part::Marks {
        marks: found,
        goes_on,
    }
}

/// Returns how many of `more` have room, if not all: marks at one place go together, so that the place
/// says where to go on. At least those of one place are told.
pub fn cut(more: &[PlacedMark], room: usize, first: bool) -> Option<usize> {
    let is_border = |at: usize| at == 0 || more.get(at).is_none_or(|it| it.at != more[at - 1].at);
    if more.len() <= room {
        return None;
    }
    let down = (0..=room).rev().find(|at| is_border(*at)).unwrap_or(0);
    let cut = match down {
        0 if first => (1..=more.len()).find(|at| is_border(*at))?,
        down => down,
    };
    (cut < more.len()).then_some(cut)
}

/// Behind everything.
const END: LinePosition = LinePosition {
    line: agor_proto::ids::LineId(u64::MAX),
    column: u32::MAX,
};

/// Returns the marks of a row, of which the number is given.
pub fn on_row((number, row): (usize, &Row)) -> impl Iterator<Item = PlacedMark> + use<'_> {
    row.marks.iter().map(move |mark| PlacedMark {
        at: LinePosition {
            line: row.line,
            column: row.start + u32::from(mark.cell),
        },
        kind: mark.kind,
        row: u32::try_from(number).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::Size;
    use agor_proto::row::MarkKind;
    use agor_term::Options;

    use super::*;

    /// A shell in which `count` commands were run, each with `lines` of output.
    fn shell(count: usize, lines: usize) -> Terminal {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(40, 6),
            scrollback_rows: 100_000,
            ..Options::default()
        });
        let mut print = |text: &str| terminal.advance(text.as_bytes(), &mut Vec::new());
        for n in 0..count {
            print("\x1b]133;A\x07$ \x1b]133;B\x07run\r\n\x1b]133;C\x07");
            for line in 0..lines {
                print(&format!("output {n} {line}\r\n"));
            }
            print(&format!("\x1b]133;D;{n}\x07"));
        }
        terminal
    }

    fn ask(terminal: &Terminal, from: WindowAt, forwards: bool, count: u32) -> Vec<PlacedMark> {
        match marks(terminal, from, forwards, count) {
            Part::Marks { marks, .. } => marks,
            other => panic!("{other:?}"),
        }
    }

    /// Asks until everything was told.
    fn all(terminal: &Terminal, mut from: WindowAt, forwards: bool, count: u32) -> Vec<PlacedMark> {
        let mut all = Vec::new();
        for _ in 0..100_000 {
            let Part::Marks { marks, goes_on } = marks(terminal, from, forwards, count) else {
                panic!("marks were asked for");
            };
            // A command that says nothing begins, ends and is followed at one place.
            assert!(marks.len() <= (count as usize).max(3));
            for mark in &marks {
                assert_eq!(terminal.row_of(mark.at), mark.row as usize);
            }
            all.extend(marks);
            match goes_on {
                Some(place) => from = WindowAt::Line(place),
                None => return all,
            }
        }
        panic!("it never ends");
    }

    const START: WindowAt = WindowAt::Line(LinePosition {
        line: agor_proto::ids::LineId(0),
        column: 0,
    });
    const BACK: WindowAt = WindowAt::End { rows_back: 0 };

    #[test]
    fn marks_are_told_in_order_or_the_last_first_and_the_same_in_any_portions() {
        for (count, lines) in [(3, 2), (40, 0), (5, 700), (1, 0)] {
            let terminal = shell(count, lines);
            let forwards = all(&terminal, START, true, 1_000);
            assert_eq!(forwards.len(), 4 * count);
            assert!(forwards.windows(2).all(|pair| pair[0].at <= pair[1].at));
            let mut reversed = forwards.clone();
            reversed.reverse();
            for portion in [1, 3, 7, 1_000] {
                assert_eq!(all(&terminal, START, true, portion), forwards);
                assert_eq!(all(&terminal, BACK, false, portion), reversed);
            }
        }
    }

    #[test]
    fn what_stands_at_the_place_is_found_forwards_and_not_backwards() {
        let terminal = shell(3, 2);
        let prompts: Vec<_> = all(&terminal, START, true, 100)
            .into_iter()
            .filter(|mark| mark.kind == MarkKind::Prompt)
            .collect();
        let second = WindowAt::Line(prompts[1].at);
        // The end of the command before stands there, too.
        let there = ask(&terminal, second, true, 1);
        assert!(there.contains(&prompts[1]) && there.iter().all(|it| it.at == prompts[1].at));
        let before = ask(&terminal, second, false, 100);
        assert!(before.iter().all(|mark| mark.at < prompts[1].at));
        assert!(before.contains(&prompts[0]));
    }

    #[test]
    fn find_rows_max_bound_what_is_looked_at_for_one_question() {
        let mut terminal = shell(1, 0);
        let line = "x\r\n".repeat(1_000);
        for _ in 0..60 {
            terminal.advance(line.as_bytes(), &mut Vec::new());
        }
        let Part::Marks { marks, goes_on } = marks(&terminal, BACK, false, 1) else {
            panic!("marks were asked for");
        };
        assert!(marks.is_empty() && goes_on.is_some());
        assert_eq!(all(&terminal, BACK, false, 10).len(), 4);
    }
}
