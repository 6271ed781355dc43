//! What agents used: replaced, summed up, kept beyond its session, forgotten in the end.

use agor_proto::limits::USAGE_ROWS_MAX;
use agor_proto::usage::{Spent, UsageBy};

use super::super::UsageDay;
use super::record::with_session;
use super::*;

fn day(session: SessionId, day: i64, project: &str, output_tokens: u64) -> UsageDay {
    UsageDay {
        day,
        session,
        name: format!("on day {day}"),
        project: project.into(),
        provider: "claude".into(),
        model: "opus".into(),
        spent: Spent {
            turns: 1,
            output_tokens,
            working_millis: 1_000,
            ..Spent::default()
        },
    }
}

fn sums(store: &Store, by: UsageBy, from: i64) -> Vec<(i64, String, u64)> {
    let rows = store.usage(by, from).unwrap();
    let sum = |row: agor_proto::usage::UsageRow| {
        let of = if row.name.is_empty() {
            row.project
        } else {
            row.name
        };
        (row.day, of, row.spent.output_tokens)
    };
    rows.into_iter().map(sum).collect()
}

#[test]
fn what_was_used_is_summed_by_session_project_and_day_and_stored_anew_it_replaces_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let (one, two) = (session_id(), session_id());
    let days = [
        day(one, 10, "/a", 99),
        day(one, 10, "/a", 1),
        day(one, 11, "/a", 20),
        day(two, 11, "/a", 300),
        day(session_id(), 9, "/b", 4_000),
    ];
    write(&store, days.into_iter().map(Write::PutUsage).collect()).unwrap();
    assert_eq!(
        sums(&store, UsageBy::Day, i64::MIN),
        [
            (11, String::new(), 320),
            (10, String::new(), 1),
            (9, String::new(), 4_000)
        ]
    );
    assert_eq!(
        sums(&store, UsageBy::Project, 10),
        [(11, "/a".to_owned(), 321)]
    );
    // A session's name is that of its last day.
    assert_eq!(
        sums(&store, UsageBy::Session, 10),
        [
            (11, "on day 11".to_owned(), 300),
            (11, "on day 11".to_owned(), 21)
        ]
    );
    let rows = store.usage(UsageBy::Session, 0).unwrap();
    assert_eq!(rows[1].session, Some(one));
    assert_eq!(rows[1].spent.turns, 2);
    write(&store, vec![Write::PruneUsage { before: 11 }]).unwrap();
    assert_eq!(sums(&store, UsageBy::Day, 0), [(11, String::new(), 320)]);
}

#[test]
fn a_cost_is_unknown_only_if_no_part_of_it_is_known_and_estimated_if_any_part_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let costs = [
        (1, None, false),
        (2, Some(5), false),
        (2, None, false),
        (3, Some(5), false),
        (3, Some(7), true),
    ];
    for (number, cost_micros, estimated) in costs {
        let mut used = day(session_id(), number, "/a", 1);
        used.spent.cost_micros = cost_micros;
        used.spent.estimated = estimated;
        write(&store, vec![Write::PutUsage(used)]).unwrap();
    }
    let rows = store.usage(UsageBy::Day, 0).unwrap();
    let costs: Vec<_> = rows
        .iter()
        .map(|it| (it.spent.cost_micros, it.spent.estimated))
        .collect();
    assert_eq!(costs, [(Some(12), true), (Some(5), false), (None, false)]);
}

#[test]
fn what_a_session_used_outlives_it() {
    let folder = tempfile::tempdir().unwrap();
    let session = {
        let store = open(folder.path(), options()).store;
        let session = with_session(&store);
        write(&store, vec![Write::PutUsage(day(session, 10, "/a", 5))]).unwrap();
        write(&store, vec![Write::RemoveSession { session }]).unwrap();
        session
    };
    let store = open(folder.path(), options()).store;
    assert!(store.session(session).is_err());
    assert_eq!(sums(&store, UsageBy::Day, 0), [(10, String::new(), 5)]);
}

#[test]
fn usage_rows_max_bounds_an_answer_to_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let last = USAGE_ROWS_MAX as i64 + 5;
    let days = (1..=last).map(|number| Write::PutUsage(day(session_id(), number, "/a", 1)));
    write(&store, days.collect()).unwrap();
    let rows = store.usage(UsageBy::Day, 0).unwrap();
    assert_eq!(rows.len(), USAGE_ROWS_MAX);
    assert_eq!(rows[0].day, last);
}
