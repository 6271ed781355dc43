//! What a connection does about the sessions that are followed.

use proptest::prelude::*;

use super::*;

#[test]
fn b15_a_host_that_restarted_is_asked_for_everything_after_the_last_told_event() {
    let mut bench = Bench::ready();
    let view = Visibility::Visible;
    let first = cursor(0);
    assert_eq!(
        sent(&bench.wish(Wish::Follow {
            cursor: first,
            view
        }))
        .len(),
        1
    );
    bench.hear(subscribed(1));
    bench.hear(events(1..=4));
    let (hello, again) = bench.reconnect(Duration::ZERO);
    assert_eq!(hello.resume, [cursor(4)]);
    assert_eq!(hello.visible, [session()]);
    assert!(again.is_empty(), "Hello subscribes: {again:?}");
    bench.hear(subscribed(5));
    let news = told(&bench.hear(events(5..=6)));
    assert_eq!(news, [News::Events(events(5..=6))]);
}

#[test]
fn a_session_that_is_followed_while_the_host_is_greeted_is_asked_for_after_it() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    bench.on(Event::Dialled);
    let (cursor, view) = (cursor(0), Visibility::Hidden);
    assert!(sent(&bench.wish(Wish::Follow { cursor, view })).is_empty());
    let subscribe = agor_proto::message::Subscribe { cursor, view };
    assert_eq!(sent(&bench.hear(welcome())), [subscribe.into()]);
    // The next greeting names it; what becomes of it meanwhile is said after that.
    bench.on(lost());
    let hello = sent(&bench.on(Event::Dialled));
    assert!(matches!(&hello[..], [Message::Hello(hello)] if hello.resume == [cursor]));
    let session = session();
    bench.wish(Wish::View(session, Visibility::Visible));
    let view = Visibility::Visible;
    let message = agor_proto::message::View { session, view };
    assert_eq!(sent(&bench.hear(welcome())), [message.into()]);
    bench.on(lost());
    bench.on(Event::Dialled);
    bench.wish(Wish::Unfollow(session));
    let unsubscribe = agor_proto::message::Unsubscribe { session };
    assert_eq!(sent(&bench.hear(welcome())), [unsubscribe.into()]);
}

#[test]
fn b15_a_decision_about_a_follower_that_is_gone_is_not_taken_for_one_about_the_next() {
    let mut bench = Bench::ready();
    let view = Visibility::Hidden;
    bench.wish(Wish::Follow {
        cursor: cursor(4),
        view,
    });
    bench.wish(Wish::Unfollow(session()));
    bench.wish(Wish::Follow {
        cursor: cursor(0),
        view,
    });
    assert!(told(&bench.hear(subscribed(5))).is_empty());
    assert!(told(&bench.hear(events(5..=6))).is_empty());
    assert_eq!(told(&bench.hear(subscribed(1))).len(), 1);
    assert_eq!(
        told(&bench.hear(events(1..=6))),
        [News::Events(events(1..=6))]
    );
}

#[test]
fn c2_a_repeat_is_ignored_and_a_gap_asks_again() {
    let mut bench = Bench::ready();
    let view = Visibility::Hidden;
    let first = cursor(0);
    bench.wish(Wish::Follow {
        cursor: first,
        view,
    });
    bench.hear(subscribed(1));
    bench.hear(events(1..=3));
    assert!(bench.hear(events(1..=3)).is_empty());
    assert_eq!(
        told(&bench.hear(events(3..=4))),
        [News::Events(events(4..=4))]
    );
    let gap = bench.hear(events(6..=7));
    assert!(told(&gap).is_empty());
    let cursor = cursor(4);
    let subscribe = agor_proto::message::Subscribe { cursor, view };
    assert_eq!(sent(&gap), [subscribe.into()]);
    assert!(
        bench.hear(events(8..=8)).is_empty(),
        "nothing until the host has decided"
    );
    bench.hear(subscribed(5));
    assert_eq!(
        told(&bench.hear(events(5..=8))),
        [News::Events(events(5..=8))]
    );
}

proptest! {
    /// Events may come twice, late or not at all, and the host may be asked again and answer soon or late.
    #[test]
    fn c2_what_is_told_has_no_gap_and_no_repeat(
        batches in proptest::collection::vec((1..20_u64, 0..6_u64, any::<bool>()), 0..60),
    ) {
        let mut bench = Bench::ready();
        let (first, view) = (cursor(0), Visibility::Hidden);
        bench.wish(Wish::Follow { cursor: first, view });
        bench.hear(subscribed(1));
        let (mut last, mut asked) = (0, false);
        for (from, more, answers) in batches {
            if asked && answers {
                bench.hear(subscribed(last + 1));
                asked = false;
            }
            let effects = bench.hear(events(from..=from + more));
            for news in told(&effects) {
                let News::Events(told) = &news else {
                    panic!("{news:?}");
                };
                prop_assert!(!asked, "nothing until the host has decided");
                prop_assert!(!told.events.is_empty());
                for event in &told.events {
                    last += 1;
                    prop_assert_eq!(event.seq, Seq(last));
                }
            }
            for message in sent(&effects) {
                let subscribe = agor_proto::message::Subscribe { cursor: cursor(last), view };
                prop_assert_eq!(message, Message::from(subscribe));
                prop_assert!(!asked, "it is asked once");
                asked = true;
            }
        }
    }
}

#[test]
fn events_that_the_host_thinks_it_told_are_asked_for() {
    let mut bench = Bench::ready();
    let view = Visibility::Hidden;
    let first = cursor(0);
    bench.wish(Wish::Follow {
        cursor: first,
        view,
    });
    bench.hear(subscribed(1));
    let live = |seq| Live {
        session: session(),
        seq: Seq(seq),
    };
    assert_eq!(told(&bench.hear(live(0))).len(), 1);
    assert!(matches!(
        sent(&bench.hear(live(2)))[..],
        [Message::Subscribe(_)]
    ));
}

#[test]
fn a_screen_that_does_not_fit_is_asked_for_whole_once() {
    let mut bench = Bench::ready();
    let (first, view) = (cursor(0), Visibility::Visible);
    bench.wish(Wish::Follow {
        cursor: first,
        view,
    });
    assert_eq!(told(&bench.hear(screen(0, 5))).len(), 1);
    assert_eq!(told(&bench.hear(screen(5, 6))).len(), 1);
    let gap = bench.hear(screen(7, 8));
    let (session, rev) = (session(), ScreenRev(0));
    let ask = agor_proto::message::ScreenAck { session, rev };
    assert_eq!(sent(&gap), [ask.into()]);
    assert!(bench.hear(screen(8, 9)).is_empty());
    assert_eq!(told(&bench.hear(screen(0, 9))).len(), 1);
}

#[test]
fn c11_a_paused_follower_is_told_nothing_and_goes_on_where_it_was() {
    let mut bench = Bench::ready();
    let (first, view) = (cursor(0), Visibility::Visible);
    bench.wish(Wish::Follow {
        cursor: first,
        view,
    });
    bench.hear(subscribed(1));
    bench.hear(events(1..=2));
    assert!(matches!(
        sent(&bench.wish(Wish::Pause(session())))[..],
        [Message::Unsubscribe(_)]
    ));
    assert!(bench.hear(events(3..=3)).is_empty());
    let (hello, _) = bench.reconnect(Duration::ZERO);
    assert!(hello.resume.is_empty());
    let resumed = sent(&bench.wish(Wish::Resume(session())));
    assert!(matches!(&resumed[..], [Message::Subscribe(s)] if s.cursor == cursor(2)));
    assert!(sent(&bench.wish(Wish::Resume(session()))).is_empty());
}

#[test]
fn a_session_that_is_not_there_is_not_followed_again() {
    let mut bench = Bench::ready();
    let (first, view) = (cursor(0), Visibility::Visible);
    bench.wish(Wish::Follow {
        cursor: first,
        view,
    });
    let session = session();
    let error = WireError::new(ErrorCode::NoSession, "no such session");
    let news = told(&bench.hear(Problem { session, error }));
    assert!(matches!(news[..], [News::Problem(_)]));
    let (hello, _) = bench.reconnect(Duration::ZERO);
    assert!(hello.resume.is_empty());
}
