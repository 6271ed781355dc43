//! What is followed: told when it has changed, and else not a frame.

use std::time::Duration;

use agor_proto::agent::State;
use agor_proto::limits::{FOLLOW_PACE_MILLIS, FOLLOWS_MAX};
use agor_proto::message::{Followed, Stats};
use agor_proto::usage::{Spent, UsageBy};

use super::*;
use crate::storage::{Transaction, UsageDay, Write};

const PACE: Duration = Duration::from_millis(FOLLOW_PACE_MILLIS);

fn session() -> SessionId {
    SessionId::from_parts(1, [1; 10])
}

fn follow(ask: u64, what: Followed, seen: Option<u64>) -> Ask {
    Ask {
        ask: AskId(ask),
        query: Query::Follow { what, seen },
    }
}

fn day(turns: u64) -> Transaction {
    let spent = Spent {
        turns,
        ..Spent::default()
    };
    Transaction::new(vec![Write::PutUsage(UsageDay {
        day: 20_000,
        session: session(),
        name: "it".into(),
        project: "/".into(),
        provider: "claude".into(),
        model: String::new(),
        spent,
    })])
}

/// Has a session's agent say what it does.
async fn report(hub: &Hub, body: &str) {
    let (heard, hearing) = tokio::sync::oneshot::channel();
    let letter = Letter::Reported {
        form: "status".into(),
        body: body.as_bytes().to_vec(),
        heard,
    };
    let handle = hub.session(session()).unwrap();
    handle.letters.send(letter).await.unwrap();
    hearing.await.unwrap();
}

impl Peer {
    /// Returns the next telling of what was asked with this number, whole, and its revision.
    async fn told(&mut self, number: u64) -> (Vec<Part>, u64) {
        let mut parts = Vec::new();
        loop {
            let Message::Answer(Answer { ask, last, part }) = self.hear().await else {
                continue;
            };
            if ask != AskId(number) {
                continue;
            }
            assert!(!last, "{part:?}");
            match part {
                Part::Told { rev } => return (parts, rev),
                part => parts.push(part),
            }
        }
    }

    async fn told_stats(&mut self, number: u64) -> Stats {
        match &self.told(number).await.0[..] {
            [Part::Stats(stats)] => (**stats).clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Sees that nothing comes for a time.
    async fn hears_nothing(&mut self, time: Duration) {
        let heard = tokio::time::timeout(time, self.reader.next()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
}

/// Pages for figures, evidence and usage that are open take no frame while nothing happens.
#[tokio::test(start_paused = true)]
async fn an_idle_host_sends_nothing_to_who_follows_it_and_tells_a_change_unasked() {
    let (_folder, hub) = hub();
    hub.add_unborn(session()).unwrap();
    let mut page = Peer::connect(&hub, 1).await;
    page.say(follow(1, Followed::Stats, None)).await;
    let first = page.told_stats(1).await;
    assert_eq!(first.links.len(), 1);
    let session = session();
    page.say(follow(2, Followed::Explain { session }, None))
        .await;
    page.told(2).await;
    let (by, days) = (UsageBy::Day, 0);
    page.say(follow(3, Followed::Usage { by, days }, None))
        .await;
    page.told(3).await;
    page.hears_nothing(Duration::from_secs(600)).await;

    // A driver keeps its lease and a heartbeat beats: of that nothing is told.
    let force = false;
    page.say(TakeLease { session, force }).await;
    let Message::Lease(Lease {
        standing: LeaseStanding::Held { token },
        ..
    }) = page.hear().await
    else {
        panic!("no lease");
    };
    for _ in 0..10 {
        page.say(RenewLease { session, token }).await;
        page.say(Ping::default()).await;
        assert!(matches!(page.hear().await, Message::Pong(_)));
        page.hears_nothing(5 * PACE).await;
    }

    // Another client is there.
    let other = Peer::connect(&hub, 2).await;
    let second = page.told_stats(1).await;
    assert_eq!(second.links.len(), 2);
    assert_eq!(second.links[1].program, "test");
    other.leave().await;
    let third = page.told_stats(1).await;
    assert_eq!(third.links.len(), 1);
    assert_eq!(third.links[0].ended.values().sum::<u64>(), 1);
    page.hears_nothing(60 * PACE).await;

    report(&hub, "state=working").await;
    let (parts, _) = page.told(2).await;
    assert!(
        matches!(&parts[..], [Part::Evidence { state, pieces, .. }]
            if *state == State::Working && pieces.len() == 1),
        "{parts:?}"
    );
    hub.store().write(day(3)).await.unwrap();
    let (parts, _) = page.told(3).await;
    assert!(matches!(&parts[..], [Part::Usage { .. }]), "{parts:?}");
}

#[tokio::test(start_paused = true)]
async fn follow_pace_millis_pass_between_two_tellings_and_the_newest_is_told() {
    let (_folder, hub) = hub();
    hub.add_unborn(session()).unwrap();
    let mut page = Peer::connect(&hub, 1).await;
    let session = session();
    page.say(follow(1, Followed::Explain { session }, None))
        .await;
    page.told(1).await;
    page.hears_nothing(3 * PACE).await;
    let begin = tokio::time::Instant::now();
    report(&hub, "state=working").await;
    page.told(1).await;
    assert!(begin.elapsed() < PACE / 2, "the first goes at once");
    for _ in 0..20 {
        report(&hub, "state=idle").await;
        report(&hub, "state=working").await;
    }
    report(&hub, "state=done").await;
    let (parts, _) = page.told(1).await;
    assert!(
        matches!(&parts[..], [Part::Evidence { state, .. }] if *state == State::Done),
        "{parts:?}"
    );
    let after = begin.elapsed();
    assert!((PACE..2 * PACE).contains(&after), "{after:?}");
    page.hears_nothing(5 * PACE).await;
}

#[tokio::test(start_paused = true)]
async fn follows_max_things_are_followed_by_a_client_and_one_more_when_one_has_ended() {
    let (_folder, hub) = hub();
    let mut page = Peer::connect(&hub, 1).await;
    let what = || Followed::Usage {
        by: UsageBy::Day,
        days: 1,
    };
    let most = FOLLOWS_MAX as u64;
    for ask in 1..=most {
        page.say(follow(ask, what(), None)).await;
        page.told(ask).await;
    }
    page.say(follow(most + 1, what(), None)).await;
    let Message::Answer(Answer {
        part: Part::Failed { error },
        ..
    }) = page.hear().await
    else {
        panic!("it is taken");
    };
    assert_eq!(error.code, ErrorCode::TooMany);
    let ask = AskId(1);
    page.say(agor_proto::message::Cancel { ask }).await;
    page.hears_nothing(2 * PACE).await;
    page.say(follow(most + 2, what(), None)).await;
    page.told(most + 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_is_not_told_what_it_knows() {
    let (_folder, hub) = hub();
    hub.store().write(day(3)).await.unwrap();
    let what = || Followed::Usage {
        by: UsageBy::Day,
        days: 0,
    };
    let mut page = Peer::connect(&hub, 1).await;
    page.say(follow(1, what(), None)).await;
    let (_, rev) = page.told(1).await;
    page.leave().await;
    let mut page = Peer::connect(&hub, 2).await;
    page.say(follow(9, what(), Some(rev))).await;
    page.hears_nothing(60 * PACE).await;
    hub.store().write(day(4)).await.unwrap();
    let (parts, later) = page.told(9).await;
    assert_ne!(later, rev);
    assert!(
        matches!(&parts[..], [Part::Usage { rows, .. }] if rows[0].spent.turns == 4),
        "{parts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn c4_who_follows_and_does_not_read_has_one_telling_waiting() {
    let (_folder, hub) = hub();
    let mut page = Peer::connect(&hub, 1).await;
    page.say(follow(1, Followed::Stats, None)).await;
    page.told_stats(1).await;
    for conn in 2..400 {
        Peer::connect(&hub, conn).await.leave().await;
        tokio::time::sleep(PACE).await;
    }
    let waiting = hub.links().figures()[0].queued;
    assert!(waiting <= 2, "{waiting}");
    // What comes then is newest after what was on its way.
    let last = loop {
        let stats = page.told_stats(1).await;
        if stats.connections_total == 399 {
            break stats;
        }
    };
    assert_eq!(last.links.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_there_cannot_be_followed_and_a_question_that_is_cancelled_ends() {
    let (_folder, hub) = hub();
    let mut page = Peer::connect(&hub, 1).await;
    let session = session();
    page.say(follow(1, Followed::Explain { session }, None))
        .await;
    let Message::Answer(Answer {
        last: true,
        part: Part::Failed { error },
        ..
    }) = page.hear().await
    else {
        panic!("it is not refused");
    };
    assert_eq!(error.code, ErrorCode::NoSession);
    page.say(follow(2, Followed::Stats, None)).await;
    page.told_stats(2).await;
    let ask = AskId(2);
    page.say(agor_proto::message::Cancel { ask }).await;
    page.hears_nothing(2 * PACE).await;
    Peer::connect(&hub, 2).await.leave().await;
    page.hears_nothing(10 * PACE).await;
}
