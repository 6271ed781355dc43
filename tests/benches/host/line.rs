//! A client at the end of a bad line.

use std::sync::atomic::Ordering;
use std::time::Instant;

use agor_core::client::Told;

use crate::bad_line::{self, ROUND_TRIP};
use crate::echo::follow;
use crate::{Times, client, client_at, result, socket, started};

/// So many that the worst is no accident: the last screens of five lose a piece, about.
const FLOODS: usize = 50;

/// Round trips within which the newest screen is to be there.
const TRIPS_MAX: u32 = 2;

pub async fn run() {
    let agor = started();
    let far = agor.path("far.sock");
    let carried = bad_line::lay(socket(&agor), &far);
    let mut late = Times::default();
    let (mut sent, mut raw, mut too_late) = (0, 0, 0);
    for flood in 0..FLOODS {
        let end = format!("the-end-{flood}");
        let script = format!("read go; seq 1 400000; echo {end}; exec cat");
        let session = agor.session(&script);
        let (near, remote) = (client(&agor).await, client_at(far.clone()).await);
        let near_end = seen(&near, &session, &end).await;
        let remote_end = seen(&remote, &session, &end).await;
        let before = carried.load(Ordering::Relaxed);
        agor.ok(&["send", &session, "go", "--enter"]);
        let near_at = near_end.await.expect("it is seen");
        let remote_at = remote_end.await.expect("it is seen");
        let later = remote_at.saturating_duration_since(near_at);
        too_late += u32::from(later > ROUND_TRIP * TRIPS_MAX);
        late.add(later);
        sent += carried.load(Ordering::Relaxed) - before;
        raw += agor.raw(&session).len() as u64;
        near.close().await;
        remote.close().await;
        agor.ok(&["kill", &session]);
    }
    let trip = ROUND_TRIP.as_secs_f64() * 1e6;
    let trips = |times: &mut Times, percent| times.percentile(percent) / trip;
    result(
        "newest screen after a flood, half",
        trips(&mut late, 50),
        "round trips",
        None,
    );
    result(
        "newest screen after a flood, worst",
        trips(&mut late, 100),
        "round trips",
        None,
    );
    let of_all =
        format!("newest screen after more than {TRIPS_MAX} round trips, of {FLOODS} floods");
    result(&of_all, f64::from(too_late), "floods", None);
    let peer = ("the raw stream", raw as f64 / 1e3);
    result("bytes over the line", sent as f64 / 1e3, "kB", Some(peer));
}

/// Watches a session; the task ends when its screen shows `text`, with when that was.
async fn seen(
    client: &agor_core::client::Client,
    session: &str,
    text: &str,
) -> tokio::task::JoinHandle<Instant> {
    let (mut subscription, mut mirror) = follow(client, session).await;
    let text = text.to_owned();
    tokio::spawn(async move {
        loop {
            let shown = mirror.rows.iter().any(|row| row.text.contains(&text));
            if shown {
                return Instant::now();
            }
            if let Told::Screen(update) = subscription.next().await.expect("news")
                && mirror.apply(*update).is_err()
            {
                subscription.ask_whole_screen();
            }
        }
    })
}
