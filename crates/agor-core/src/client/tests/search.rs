//! A search in many sessions.

use agor_proto::ids::{AskId, LineId, LinePosition};
use agor_proto::message::{Excerpt, Hit};

use super::*;
use crate::client::search::{Everywhere, SearchEnd, Sought};

fn session(number: u8) -> SessionId {
    SessionId::from_parts(u64::from(number), [number; 10])
}

fn everywhere(client: &Client, count: u8, lines_each: usize) -> Everywhere {
    let sought = Sought::smart("err", false, false);
    Everywhere::new(client.clone(), (0..count).map(session), sought, lines_each)
}

/// Returns an answer with a hit in each of these lines.
fn found(ask: AskId, lines: &[u64], goes_on: Option<u64>) -> Answer {
    let place = |line| LinePosition {
        line: LineId(line),
        column: 0,
    };
    let hit = |line: &u64| Hit {
        start: place(*line),
        end_column: 3,
        row: 0,
    };
    let excerpt = |line: &u64| Excerpt {
        text: format!("err {line}"),
        end: 3,
        ..Excerpt::default()
    };
    let part = Part::Found {
        hits: lines.iter().map(hit).collect(),
        goes_on: goes_on.map(place),
        excerpts: lines.iter().map(excerpt).collect(),
    };
    Answer {
        ask,
        last: true,
        part,
    }
}

impl Host {
    async fn hear_find(&mut self) -> (AskId, SessionId) {
        match self.hear().await {
            Some(Message::Ask(ask)) => match ask.query {
                Query::Find { session, .. } => (ask.ask, session),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn four_sessions_are_asked_at_once_and_told_in_their_order() {
    let (client, mut host, _listener) = connected().await;
    let mut search = everywhere(&client, 6, 100);
    let told = tokio::spawn(async move {
        let mut told = Vec::new();
        while let Some(piece) = search.next().await {
            told.extend(
                piece
                    .lines
                    .into_iter()
                    .map(|line| (piece.session, line.text)),
            );
        }
        told
    });
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(host.hear_find().await);
    }
    let fifth = tokio::time::timeout(Duration::from_secs(2), host.hear()).await;
    assert!(fifth.is_err(), "no more are asked meanwhile: {fifth:?}");
    // The last is ready first.
    asked.sort_by_key(|(_, session)| std::cmp::Reverse(*session));
    for (number, (ask, _)) in asked.into_iter().enumerate() {
        host.say(found(ask, &[number as u64], None)).await;
    }
    for _ in 0..2 {
        let (ask, _) = host.hear_find().await;
        host.say(found(ask, &[], None)).await;
    }
    let texts = ["err 3", "err 2", "err 1", "err 0"];
    let expected: Vec<_> = texts.map(str::to_owned).into_iter().enumerate().collect();
    assert_eq!(told.await.unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn one_session_is_asked_until_it_has_told_enough_and_no_further() {
    let (client, mut host, _listener) = connected().await;
    let mut search = everywhere(&client, 1, 3);
    let host = tokio::spawn(async move {
        for part in [&[9, 8][..], &[8, 7], &[6, 5]] {
            let (ask, _) = host.hear_find().await;
            host.say(found(ask, part, Some(1))).await;
        }
        host
    });
    let mut lines = Vec::new();
    let end = loop {
        let piece = search.next().await.expect("its end is told");
        lines.extend(piece.lines.into_iter().map(|line| line.at.line.0));
        if let Some(end) = piece.end {
            break end;
        }
    };
    // The line of which two parts told is one.
    assert_eq!(lines, [9, 8, 7]);
    assert!(matches!(end, SearchEnd::More), "{end:?}");
    assert!(search.next().await.is_none());
    let mut host = host.await.unwrap();
    let more = tokio::time::timeout(Duration::from_secs(2), host.hear()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_dropped_asks_nothing_further() {
    let (client, mut host, _listener) = connected().await;
    let mut search = everywhere(&client, 9, 100);
    tokio::select! {
        piece = search.next() => panic!("{piece:?}"),
        _ = host.hear_find() => {}
    }
    drop(search);
    let mut open = 1;
    while open > 0 {
        match host.hear().await {
            Some(Message::Ask(_)) => open += 1,
            Some(Message::Cancel(_)) => open -= 1,
            other => panic!("{other:?}"),
        }
    }
    let more = tokio::time::timeout(Duration::from_secs(2), host.hear()).await;
    assert!(more.is_err(), "{more:?}");
}
