//! What a host says in its Welcome holds, whatever this release's own numbers are.

use super::*;

#[test]
fn c10_heartbeats_and_renewals_of_leases_are_as_often_as_the_host_says() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    bench.on(Event::Dialled);
    let mut theirs = welcome();
    theirs.limits.heartbeat_millis = 700;
    theirs.limits.lease_millis = 3_000;
    bench.hear(theirs);
    let (session, force) = (session(), false);
    bench.wish(Wish::Drive { session, force });
    let standing = LeaseStanding::Held { token: TOKEN };
    bench.hear(Lease { session, standing });
    let (mut pings, mut renewals) = (Vec::new(), Vec::new());
    for at_millis in (100..=3_000).step_by(100) {
        bench.pass(Duration::from_millis(100));
        for effect in bench.on(Event::Tick) {
            let Effect::Send(outgoing) = effect else {
                continue;
            };
            match outgoing.message() {
                Message::Ping(_) => pings.push(at_millis),
                Message::RenewLease(_) => renewals.push(at_millis),
                _ => {}
            }
        }
    }
    assert_eq!(pings, [700, 1_400, 2_100, 2_800]);
    assert_eq!(renewals, [1_000, 2_000, 3_000]);
}
