//! What is written down of commands, and when; what becomes of those that waited for too long.

use agor_proto::ids::CommandN;
use agor_proto::limits::OUTBOX_MAX;

use super::super::super::outbox::SENT_AGAIN_WITHIN;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn typed(n: u8) -> Wish {
    Wish::Command {
        id: CommandId([n; 16]),
        body: CommandBody::Send {
            session: session(),
            inputs: Vec::new(),
        },
        written: Written::Down,
    }
}

/// Returns what is to be written down: which command, and how far it is; none if it is struck out.
fn changes(effects: &[Effect]) -> Vec<(u8, Option<Stage>)> {
    let change = effects.iter().filter_map(|effect| match effect {
        Effect::Keep(Change::Write(kept)) => Some((kept.command.id.0[0], Some(kept.stage))),
        Effect::Keep(Change::Strike(id)) => Some((id.0[0], None)),
        _ => None,
    });
    change.collect()
}

fn given_up(effects: &[Effect]) -> Vec<(u8, Fate)> {
    let news = told(effects).into_iter().filter_map(|news| match news {
        News::GivenUp { id, fate } => Some((id.0[0], fate)),
        _ => None,
    });
    news.collect()
}

fn kept(n: u8, stage: Stage) -> Event {
    let id = CommandId([n; 16]);
    Event::Kept { id, stage }
}

fn receipt(n: u8, outcome: Outcome) -> Receipt {
    let id = CommandId([n; 16]);
    Receipt { id, outcome }
}

fn keeping() -> Bench {
    let mut bench = Bench::carrying_on(None, Some(Vec::new()));
    bench.on(Event::Start);
    bench.greet();
    bench
}

#[test]
fn a_command_is_sent_when_it_is_written_down_and_struck_out_with_its_end() {
    let mut bench = keeping();
    let effects = bench.wish(command(1));
    assert_eq!(changes(&effects), [(1, Some(Stage::Sent))]);
    assert!(sent(&effects).is_empty(), "it is not on disk yet");
    assert_eq!(ids(&sent(&bench.on(kept(1, Stage::Sent)))), [1]);
    let accepted = Outcome::Accepted { seq: Seq(1) };
    let effects = bench.hear(receipt(1, accepted.clone()));
    assert_eq!(changes(&effects), [(1, Some(Stage::Accepted))]);
    assert!(changes(&bench.hear(receipt(1, accepted))).is_empty());
    let effects = bench.hear(receipt(1, Outcome::Done { seq: Seq(2) }));
    assert_eq!(changes(&effects), [(1, None)]);
}

#[test]
fn what_is_not_written_down_does_not_overtake_what_is() {
    let mut bench = keeping();
    bench.wish(command(1));
    let Wish::Command { id, body, .. } = command(2) else {
        unreachable!();
    };
    let written = Written::Nowhere;
    let effects = bench.wish(Wish::Command { id, body, written });
    assert!(changes(&effects).is_empty() && sent(&effects).is_empty());
    assert_eq!(ids(&sent(&bench.on(kept(1, Stage::Sent)))), [1, 2]);
}

#[test]
fn what_is_given_while_no_host_is_there_is_written_down_as_not_sent_until_it_is() {
    let mut bench = keeping();
    bench.on(lost());
    let effects = bench.wish(command(1));
    assert_eq!(changes(&effects), [(1, Some(Stage::Queued))]);
    assert!(changes(&bench.on(kept(1, Stage::Queued))).is_empty());
    bench.on(Event::Dialled);
    let effects = bench.hear(welcome());
    assert_eq!(changes(&effects), [(1, Some(Stage::Sent))]);
    assert!(sent(&effects).is_empty());
    assert_eq!(ids(&sent(&bench.on(kept(1, Stage::Sent)))), [1]);
}

#[test]
fn a_link_that_comes_back_before_the_disk_does_changes_nothing() {
    let mut bench = keeping();
    bench.on(lost());
    bench.wish(command(1));
    bench.greet();
    let effects = bench.on(kept(1, Stage::Queued));
    assert_eq!(changes(&effects), [(1, Some(Stage::Sent))]);
    let (_, again) = bench.reconnect(Duration::ZERO);
    assert!(ids(&again).is_empty());
    assert_eq!(ids(&sent(&bench.on(kept(1, Stage::Sent)))), [1]);
    let (_, again) = bench.reconnect(Duration::ZERO);
    assert_eq!(ids(&again), [1]);
}

#[test]
fn whoever_carries_on_sends_what_was_kept_under_its_old_number_and_goes_on_behind() {
    let old = |n: u64, stage| Kept {
        command: Command {
            id: CommandId([n as u8; 16]),
            n: CommandN(n),
            body: CommandBody::Kill { session: session() },
        },
        given_micros: 0,
        stage,
    };
    let kept_before = vec![
        old(3, Stage::Accepted),
        old(5, Stage::Sent),
        old(6, Stage::Queued),
    ];
    let mut bench = Bench::carrying_on(None, Some(kept_before));
    bench.on(Event::Start);
    bench.on(Event::Dialled);
    let effects = bench.hear(welcome());
    assert_eq!(ids(&sent(&effects)), [3, 5]);
    assert_eq!(changes(&effects), [(6, Some(Stage::Sent))]);
    bench.wish(command(9));
    let messages = sent(&bench.on(kept(6, Stage::Sent)));
    assert_eq!(ids(&messages), [6]);
    let [Message::Command(last)] = &sent(&bench.on(kept(9, Stage::Sent)))[..] else {
        panic!();
    };
    assert_eq!(last.n, CommandN(7));
}

/// What made sense then may do harm now; who accepted it carries it out anyhow.
#[test]
fn what_waited_for_too_long_is_told_and_not_sent() {
    let mut bench = keeping();
    for n in [1, 2] {
        bench.wish(typed(n));
        bench.on(kept(n, Stage::Sent));
    }
    bench.hear(receipt(1, Outcome::Accepted { seq: Seq(1) }));
    bench.on(lost());
    bench.wish(typed(3));
    bench.wish(command(4));
    bench.pass(3 * SECOND);
    bench.on(Event::Dialled);
    let effects = bench.hear(welcome());
    assert_eq!(
        given_up(&effects),
        [(2, Fate::Uncertain), (3, Fate::NotSent)]
    );
    assert_eq!(ids(&sent(&effects)), [1]);
    let (out, waits) = ([(2, None), (3, None)], bench.on(kept(4, Stage::Queued)));
    assert_eq!(changes(&effects), out);
    assert_eq!(changes(&waits), [(4, Some(Stage::Sent))]);
    bench.on(lost());
    bench.pass(SENT_AGAIN_WITHIN);
    bench.on(Event::Dialled);
    let effects = bench.hear(welcome());
    assert_eq!(given_up(&effects), [(4, Fate::NotSent)]);
    assert_eq!(ids(&sent(&effects)), [1]);
}

/// A command line waits for its answer and is told when it does not come.
#[test]
fn who_keeps_nothing_asks_again_for_as_long_as_it_waits() {
    let mut bench = Bench::ready();
    assert_eq!(ids(&sent(&bench.wish(typed(1)))), [1]);
    let (_, again) = bench.reconnect(20 * SECOND);
    assert_eq!(ids(&again), [1]);
}

#[test]
fn a_client_that_ends_says_of_each_command_whether_it_was_sent() {
    let mut bench = Bench::new(Some(5 * SECOND));
    bench.on(Event::Start);
    bench.greet();
    bench.wish(command(1));
    bench.on(lost());
    bench.wish(command(2));
    bench.pass(6 * SECOND);
    let effects = bench.on(failed());
    assert_eq!(
        given_up(&effects),
        [(1, Fate::Uncertain), (2, Fate::NotSent)]
    );
    let ended = told(&effects)
        .iter()
        .position(|news| matches!(news, News::State(State::Ended(_))));
    assert_eq!(
        ended,
        Some(0),
        "whoever hears of a command looks there for the reason"
    );
}

#[test]
fn outbox_max_commands_wait_and_one_more_is_refused_at_once() {
    let mut bench = Bench::new(None);
    let id = |n: usize| CommandId((n as u128).to_be_bytes());
    let body = CommandBody::StopHost {
        keep_sessions: true,
        incarnation: None,
    };
    for n in 0..OUTBOX_MAX {
        let body = body.clone();
        assert!(
            bench
                .wish(Wish::Command {
                    id: id(n),
                    body,
                    written: Written::Down
                })
                .is_empty()
        );
    }
    let news = told(&bench.wish(Wish::Command {
        id: id(9_999),
        body,
        written: Written::Down,
    }));
    assert!(matches!(&news[..], [News::Receipt(r)] if r.outcome.is_final()));
}
