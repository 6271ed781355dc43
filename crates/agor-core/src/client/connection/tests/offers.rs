//! What is asked of a host that cannot do everything.

use super::*;

/// A host of an earlier release, which says nothing of what it can do.
#[test]
fn what_a_host_does_not_offer_is_not_asked_of_it() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    let tap = |ask| Wish::Ask {
        ask: AskId(ask),
        query: Query::Tap,
    };
    bench.wish(tap(1));
    let earlier = Welcome {
        features: Vec::new(),
        program: "agord 0.0.9".into(),
        ..welcome()
    };
    bench.on(Event::Dialled);
    let effects = bench.hear(earlier);
    assert!(sent(&effects).is_empty());
    let why = |news: &[News]| match news {
        [
            ..,
            News::Answer(Answer {
                part: Part::Failed { error },
                last: true,
                ..
            }),
        ] => error.clone(),
        other => panic!("{other:?}"),
    };
    let error = why(&told(&effects));
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(
        error.message.contains("agord 0.0.9 does not know `tap`"),
        "{error:?}"
    );
    let effects = bench.wish(tap(2));
    assert!(sent(&effects).is_empty());
    assert_eq!(why(&told(&effects)).code, ErrorCode::Unsupported);
    let stats = Wish::Ask {
        ask: AskId(3),
        query: Query::Stats,
    };
    assert_eq!(sent(&bench.wish(stats)).len(), 1, "that all of them know");
    let effects = bench.wish(Wish::Command {
        id: CommandId([1; 16]),
        body: CommandBody::Answer {
            session: session(),
            question: 1,
            inputs: Vec::new(),
        },
        written: Written::Down,
    });
    assert!(sent(&effects).is_empty());
    let news = told(&effects);
    let rejected = |outcome: &Outcome| matches!(outcome, Outcome::Rejected { error } if error.code == ErrorCode::Unsupported);
    assert!(
        matches!(&news[..], [News::Receipt(receipt)] if rejected(&receipt.outcome)),
        "{news:?}"
    );
}
