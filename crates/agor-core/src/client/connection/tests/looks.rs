//! What the person looks at, and what they are to be shown.

use agor_proto::message::{Looks, Show};

use super::*;

#[test]
fn what_is_looked_at_is_said_once_and_again_over_the_next_link() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    let looks = Looks {
        session: Some(session()),
    };
    assert_eq!(sent(&bench.wish(Wish::Look(looks))), [], "there is no link");
    assert!(bench.greet().contains(&looks.into()));
    assert_eq!(sent(&bench.wish(Wish::Look(looks))), [], "it has been said");
    let nowhere = Looks { session: None };
    assert_eq!(sent(&bench.wish(Wish::Look(nowhere))), [nowhere.into()]);
    let (_, said) = bench.reconnect(Duration::from_secs(1));
    assert!(said.contains(&nowhere.into()), "{said:?}");
}

#[test]
fn who_never_looks_says_nothing_of_it() {
    let mut bench = Bench::ready();
    let (_, said) = bench.reconnect(Duration::from_secs(1));
    let looks = |message: &Message| matches!(message, Message::Looks(_));
    assert!(!said.iter().any(looks), "{said:?}");
}

#[test]
fn what_is_to_be_shown_is_told() {
    let mut bench = Bench::ready();
    let show = Show {
        session: session(),
        activation: None,
    };
    let effects = bench.hear(show.clone());
    assert_eq!(told(&effects), [News::Show(show)]);
}
