//! Leases that cross each other.

use super::*;

fn held_by(token: u8) -> Lease {
    Lease {
        session: session(),
        standing: LeaseStanding::Held {
            token: LeaseToken([token; 16]),
        },
    }
}

fn tokens(messages: &[Message]) -> Vec<u8> {
    let token = messages.iter().filter_map(|message| match message {
        Message::InputFrame(frame) => Some(frame.token.0[0]),
        _ => None,
    });
    token.collect()
}

#[test]
fn lease_renew_millis_pass_between_two_renewals_and_a_lease_outlives_one_that_is_lost() {
    use agor_proto::limits::{LEASE_MILLIS, LEASE_RENEW_MILLIS};
    const { assert!(LEASE_RENEW_MILLIS * 2 < LEASE_MILLIS) };
    let mut bench = Bench::ready();
    let (session, force) = (session(), false);
    bench.wish(Wish::Drive { session, force });
    bench.hear(held_by(1));
    let moment = Duration::from_millis(1);
    let renewals = |bench: &mut Bench| {
        let said = sent(&bench.on(Event::Tick));
        let is_renewal = |message: &&Message| matches!(message, Message::RenewLease(_));
        said.iter().filter(is_renewal).count()
    };
    for _ in 0..2 {
        bench.pass(Duration::from_millis(LEASE_RENEW_MILLIS) - moment);
        assert_eq!(renewals(&mut bench), 0);
        bench.pass(moment);
        assert_eq!(renewals(&mut bench), 1);
    }
}

#[test]
fn unacknowledged_max_inputs_wait_and_one_more_is_refused_at_once() {
    use agor_proto::limits::UNACKNOWLEDGED_MAX;
    let mut bench = Bench::ready();
    let refused = |effects: &[Effect]| {
        told(effects).into_iter().find_map(|news| match news {
            News::InputRefused { error, .. } => Some(error.code),
            _ => None,
        })
    };
    for n in 0..UNACKNOWLEDGED_MAX {
        assert_eq!(refused(&bench.wish(text("x"))), None, "{n}");
    }
    let one_more = refused(&bench.wish(text("x")));
    assert_eq!(one_more, Some(ErrorCode::InputFull));
}

#[test]
fn of_two_leases_that_were_asked_for_at_once_the_last_counts() {
    let mut bench = Bench::ready();
    let session = session();
    for force in [false, true] {
        bench.wish(Wish::Drive { session, force });
    }
    bench.wish(text("a"));
    assert!(
        sent(&bench.hear(held_by(1))).is_empty(),
        "it is stale already"
    );
    assert_eq!(tokens(&sent(&bench.hear(held_by(2)))), [2]);
    bench.hear(ack(1, None));
    // Given back and asked for again before the first was answered.
    bench.wish(Wish::Release(session));
    bench.wish(text("b"));
    bench.wish(Wish::Release(session));
    bench.wish(text("c"));
    assert!(tokens(&sent(&bench.hear(held_by(3)))).is_empty());
    assert_eq!(tokens(&sent(&bench.hear(held_by(4)))), [4]);
    // What was not answered over a link that is lost is not waited for over the next.
    bench.wish(Wish::Drive {
        session,
        force: false,
    });
    bench.reconnect(Duration::ZERO);
    assert_eq!(tokens(&sent(&bench.hear(held_by(5)))), [5]);
}
