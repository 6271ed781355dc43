//! Texts found in history and on the screen.

mod alacritty;

use agor_proto::ids::Size;
use agor_term::Options;
use proptest::prelude::*;

use super::super::waits::compile;
use super::*;

const END: WindowAt = WindowAt::End { rows_back: 0 };
const BEGIN: WindowAt = WindowAt::End {
    rows_back: u32::MAX,
};

fn terminal(cols: u16, scrollback_rows: usize, text: &str) -> Terminal {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(cols, 6),
        scrollback_rows,
        ..Options::default()
    });
    terminal.advance(text.as_bytes(), &mut Vec::new());
    terminal
}

fn literal(text: &str) -> Regex {
    compile(text, false, false).unwrap()
}

/// Asks until everything was looked at, `count` hits at a time.
fn all(
    terminal: &Terminal,
    regex: &Regex,
    mut from: WindowAt,
    forwards: bool,
    count: u32,
) -> Vec<Hit> {
    let mut all = Vec::new();
    for _ in 0..10_000 {
        let wanted = Wanted {
            from,
            forwards,
            count,
            excerpt: 0,
        };
        let Part::Found { hits, goes_on, .. } = find(terminal, regex, wanted) else {
            panic!("hits are what was asked for");
        };
        assert!(hits.len() <= count as usize);
        for hit in &hits {
            assert_eq!(terminal.row_of(hit.start), hit.row as usize);
        }
        all.extend(hits);
        match goes_on {
            Some(place) => from = WindowAt::Line(place),
            None => return all,
        }
    }
    panic!("it does not end");
}

/// Returns what a hit covers.
fn text_of(terminal: &Terminal, hit: Hit) -> String {
    let rows = terminal.rows_from(0, usize::MAX);
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.line == hit.start.line) {
        for cluster in row.clusters() {
            let column = row.start + u32::from(cluster.cell);
            if (hit.start.column..hit.end_column).contains(&column) {
                text.push_str(cluster.text);
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn both_directions_find_what_a_look_at_the_whole_text_finds(
        lines in proptest::collection::vec("[ab日]{0,50}", 0..40),
        needle in "[ab日]{1,3}",
        cols in 8_u16..30,
        count in 1_u32..7,
        middle in 0_usize..60,
    ) {
        let mut terminal = terminal(20, 1_000, &lines.join("\r\n"));
        terminal.resize(Size::cells(cols, 6), &mut Vec::new());
        let regex = literal(&needle);
        let expected: usize = lines.iter().map(|line| regex.find_iter(line).count()).sum();
        let forwards = all(&terminal, &regex, BEGIN, true, count);
        prop_assert_eq!(forwards.len(), expected);
        for hit in &forwards {
            prop_assert_eq!(text_of(&terminal, *hit), needle.clone());
        }
        let mut backwards = all(&terminal, &regex, END, false, count);
        backwards.reverse();
        prop_assert_eq!(&backwards, &forwards);
        // From a place in the middle both together find everything.
        let rows = terminal.rows_from(0, usize::MAX);
        let place = WindowAt::Line(begins(&rows[middle.min(rows.len() - 1)]));
        let mut together = all(&terminal, &regex, place, false, count);
        together.reverse();
        together.extend(all(&terminal, &regex, place, true, count));
        prop_assert_eq!(&together, &forwards);
    }
}

#[test]
fn find_rows_max_are_looked_at_for_one_question() {
    let filler = "nothing here\r\n".repeat(FIND_ROWS_MAX + 5_000);
    let terminal = terminal(40, 100_000, &format!("needle\r\n{filler}needle"));
    for (from, forwards) in [(BEGIN, true), (END, false)] {
        let wanted = Wanted {
            from,
            forwards,
            count: 10,
            excerpt: 0,
        };
        let regex = literal("needle");
        let Part::Found { hits, goes_on, .. } = find(&terminal, &regex, wanted) else {
            panic!("hits are what was asked for");
        };
        assert_eq!(hits.len(), 1);
        let row = terminal.row_of(goes_on.expect("there is more"));
        let looked_at = if forwards {
            row
        } else {
            terminal.rows_len() - row
        };
        assert!(
            (FIND_ROWS_MAX..FIND_ROWS_MAX + STEP).contains(&looked_at),
            "{looked_at}"
        );
        assert_eq!(all(&terminal, &regex, from, forwards, 10).len(), 2);
    }
}

#[test]
fn find_hits_max_come_at_once() {
    let terminal = terminal(40, 10_000, &"hit\r\n".repeat(FIND_HITS_MAX + 10));
    let wanted = Wanted {
        from: BEGIN,
        forwards: true,
        count: u32::MAX,
        excerpt: u32::MAX,
    };
    let part = find(&terminal, &literal("hit"), wanted);
    let Part::Found {
        hits,
        goes_on,
        excerpts,
    } = &part
    else {
        panic!("hits are what was asked for");
    };
    assert_eq!(hits.len(), FIND_HITS_MAX);
    assert_eq!(excerpts.len(), FIND_HITS_MAX);
    assert!(goes_on.is_some());
}

#[test]
fn expressions_case_and_ends_of_lines_are_understood() {
    let terminal = terminal(
        10,
        100,
        "Error: one\r\nan error in a line that wraps\r\nERR",
    );
    let found = |pattern, regex, ignore_case| {
        let regex = compile(pattern, regex, ignore_case).unwrap();
        let hits = all(&terminal, &regex, BEGIN, true, 10);
        let texts: Vec<_> = hits.iter().map(|hit| text_of(&terminal, *hit)).collect();
        texts
    };
    assert_eq!(found("error", false, true), ["Error", "error"]);
    assert_eq!(found("^err", true, true), ["Err", "ERR"]);
    assert_eq!(found("wraps$", true, false), ["wraps"]);
    assert_eq!(found("line that", false, false), ["line that"]);
    assert_eq!(found("x*", true, false), [""; 0]);
    assert_eq!(found(".", false, false), [""; 0]);
}

#[test]
fn the_text_around_each_hit_is_told_to_who_wants_it() {
    let terminal = terminal(10, 100, "an error in a line that wraps\r\n日本 error");
    for (from, forwards) in [(BEGIN, true), (END, false)] {
        let wanted = |excerpt| Wanted {
            from,
            forwards,
            count: 10,
            excerpt,
        };
        let regex = literal("error");
        let Part::Found { hits, excerpts, .. } = find(&terminal, &regex, wanted(100)) else {
            panic!("hits are what was asked for");
        };
        let told = excerpts.iter().map(|it| {
            let hit = it.begin as usize..it.end as usize;
            (it.text.as_str(), &it.text[hit])
        });
        let mut told: Vec<_> = told.collect();
        assert_eq!(hits.len(), told.len());
        if !forwards {
            told.reverse();
        }
        let wraps = "an error in a line that wraps";
        assert_eq!(told, [(wraps, "error"), ("日本 error", "error")]);
        let part = find(&terminal, &regex, wanted(0));
        assert!(matches!(part, Part::Found { excerpts, .. } if excerpts.is_empty()));
    }
}

#[test]
fn a_line_of_thousands_of_rows_is_looked_at_in_pieces() {
    let text = "0123456789".repeat(3_000);
    let terminal = terminal(10, 10_000, &text);
    let regex = literal("34");
    for (from, forwards) in [(BEGIN, true), (END, false)] {
        assert_eq!(all(&terminal, &regex, from, forwards, 100).len(), 3_000);
    }
}

#[test]
fn signs_of_several_characters_are_found_as_people_see_them() {
    let family = "👩\u{200d}👩\u{200d}👧";
    let terminal = terminal(40, 100, &format!("🇩🇪🇪🇺 {family} e\u{301}e ❤\u{fe0f}❤ 👍🏽👍"));
    let found = |text: &str| {
        let hits = all(&terminal, &literal(text), BEGIN, true, 100);
        let hits = hits.iter().map(|hit| (hit.start.column, hit.end_column));
        hits.collect::<Vec<_>>()
    };
    assert_eq!(found("🇩🇪"), [(0, 2)]);
    assert_eq!(found("🇪🇺"), [(2, 4)]);
    // Half of one flag and half of the other is none.
    assert_eq!(found("🇪🇪"), []);
    assert_eq!(found(family), [(5, 7)]);
    assert_eq!(found("👩"), [], "a family is no woman");
    assert_eq!(found("e\u{301}"), [(8, 9)]);
    assert_eq!(found("e"), [(9, 10)]);
    assert_eq!(found("❤"), [(13, 14)]);
    assert_eq!(found("👍"), [(17, 19)]);
    assert_eq!(found("👍🏽"), [(15, 17)]);
}

#[test]
fn a_sign_that_begins_in_a_halved_one_is_found() {
    let terminal = terminal(40, 100, "🇩🇪🇪🇪");
    let hits = all(&terminal, &literal("🇪🇪"), BEGIN, true, 100);
    let hits: Vec<_> = hits.iter().map(|hit| hit.start.column).collect();
    assert_eq!(hits, [2]);
}

#[test]
fn an_expression_that_halves_every_sign_is_not_tried_for_ever() {
    let terminal = terminal(40, 5_000, &"e\u{301}".repeat(100_000));
    let expression = compile("e.*?e", true, false).unwrap();
    let wanted = Wanted {
        from: BEGIN,
        forwards: true,
        count: 10,
        excerpt: 0,
    };
    let Part::Found { hits, .. } = find(&terminal, &expression, wanted) else {
        panic!("hits are what was asked for");
    };
    assert_eq!(hits.len(), 10);
}
