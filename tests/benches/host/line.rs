//! A client at the end of a bad line.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agor_core::client::Told;

use crate::agor::{Agor, step_until};
use crate::bad_line::{self, ROUND_TRIP};
use crate::echo::follow;
use crate::{Times, client, client_at, result, socket, started, unix_micros};

/// So many that the worst is no accident: the last screens of five lose a piece, about.
const FLOODS: usize = 50;

/// Round trips within which the newest screen is to be there.
const TRIPS_MAX: u32 = 2;

pub async fn run() {
    let agor = started();
    let far = agor.path("far.sock");
    let carried = bad_line::lay(socket(&agor), &far);
    let (mut late, mut near_late) = (Times::default(), Times::default());
    let (mut sent, mut raw, mut too_late) = (0, 0, 0);
    for flood in 0..FLOODS {
        let end = format!("the-end-{flood}");
        let script = format!(
            "read go; seq 1 400000; echo {end}; echo $EPOCHREALTIME > {}; exec cat",
            noted_in(flood)
        );
        let session = agor.session(&script);
        let (near, remote) = (client(&agor).await, client_at(far.clone()).await);
        let near_end = seen(&near, &session, &end).await;
        let remote_end = seen(&remote, &session, &end).await;
        let before = carried.load(Ordering::Relaxed);
        agor.ok(&["send", &session, "go", "--enter"]);
        let near_at = near_end.await.expect("it is seen");
        let remote_at = remote_end.await.expect("it is seen");
        let ended_at = ended(&agor, flood);
        let since = |at: u64| Duration::from_micros(at.saturating_sub(ended_at));
        too_late += u32::from(since(remote_at) > ROUND_TRIP * TRIPS_MAX);
        late.add(since(remote_at));
        near_late.add(since(near_at));
        sent += carried.load(Ordering::Relaxed) - before;
        raw += agor.raw(&session).len() as u64;
        near.close().await;
        remote.close().await;
        agor.ok(&["kill", &session]);
    }
    let trip = ROUND_TRIP.as_secs_f64() * 1e6;
    let trips = |times: &mut Times, percent| times.percentile(percent) / trip;
    for (which, percent) in [("half", 50), ("worst", 100)] {
        let peer = ("beside the host", trips(&mut near_late, percent));
        result(
            &format!("newest screen after a flood, {which}"),
            trips(&mut late, percent),
            "round trips",
            Some(peer),
        );
    }
    let of_all =
        format!("newest screen after more than {TRIPS_MAX} round trips, of {FLOODS} floods");
    result(&of_all, f64::from(too_late), "floods", None);
    let peer = ("the raw stream", raw as f64 / 1e3);
    result("bytes over the line", sent as f64 / 1e3, "kB", Some(peer));
}

/// Returns the file in which a flood notes when it has printed all.
fn noted_in(flood: usize) -> String {
    format!("ended-{flood}")
}

/// Returns when a flood had printed all, in microseconds since 1970.
fn ended(agor: &Agor, flood: usize) -> u64 {
    let file = agor.work().join(noted_in(flood));
    step_until("the flood has noted its end", || {
        let noted = fs::read_to_string(&file).ok()?;
        noted.strip_suffix('\n')?.replace('.', "").parse().ok()
    })
}

/// Watches a session; the task ends when its screen shows `text`, with when that was, in microseconds since 1970.
async fn seen(
    client: &agor_core::client::Client,
    session: &str,
    text: &str,
) -> tokio::task::JoinHandle<u64> {
    let (mut subscription, mut mirror) = follow(client, session).await;
    let text = text.to_owned();
    tokio::spawn(async move {
        loop {
            let shown = mirror.rows.iter().any(|row| row.text.contains(&text));
            if shown {
                return unix_micros();
            }
            if let Told::Screen(update) = subscription.next().await.expect("news")
                && mirror.apply(*update).is_err()
            {
                subscription.ask_whole_screen();
            }
        }
    })
}
