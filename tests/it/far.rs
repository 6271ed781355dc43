//! What a client at the end of a bad line sees and does while a session floods.

use std::sync::atomic::Ordering;
use std::time::Instant;

use agor_core::client::{Client, ClientOptions, Subscription, Told};
use agor_core::link::Dialer;
use agor_proto::command::CommandBody;
use agor_proto::event::LogCursor;
use agor_proto::ids::{LogEpoch, Seq, SessionId};
use agor_proto::input::Input;
use agor_proto::limits::SCREEN_WINDOW;
use agor_proto::message::Visibility;
use agor_proto::screen::Mirror;

use crate::agor::{Agor, PATIENCE};
use crate::bad_line::{self, ROUND_TRIP};

/// Lines that are typed while the flood comes.
const TYPED: usize = 10;

/// More than what a screen of digits takes on its way.
const SCREEN_BYTES: u64 = 8 * 1024;

/// More than everything else takes: the greeting, receipts, events.
const REST_BYTES: u64 = 64 * 1024;

/// Returns the rows of the screen once one of them holds `text`, and how often it was told until then.
async fn screen_with(mut subscription: Subscription, text: &str) -> (Vec<String>, u64) {
    let mut mirror = Mirror::default();
    let mut told = 0;
    loop {
        let Told::Screen(update) = subscription.next().await.expect("news") else {
            continue;
        };
        told += 1;
        if mirror.apply(*update).is_err() {
            subscription.ask_whole_screen();
        }
        if mirror.rows.iter().any(|row| row.text.contains(text)) {
            let rows = mirror.rows.iter();
            let rows = rows.map(|row| row.text.trim_end().to_owned());
            return (rows.collect(), told);
        }
    }
}

/// How soon the screen comes is measured by `cargo xtask bench host`. Here the clock says only how many round trips
/// there were time for, which are more where the machine is slow.
#[test]
fn over_a_bad_line_a_window_of_screens_comes_in_a_round_trip_and_the_newest_at_last() {
    let agor = Agor::started();
    // Nothing is printed behind the end, so that the screen which has it is the last.
    let script = format!(
        "stty -echo; read go; seq 1 400000; n=0
        while [ $n -lt {TYPED} ]; do read -r line; echo \"got $line\"; n=$((n+1)); done
        printf the-end; exec sleep 600"
    );
    let session = agor.session(&script);
    let id: SessionId = session.parse().expect("an id");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let begun = Instant::now();
    let (carried, (shown, told)) = runtime.block_on(async {
        let far = agor.path("far.sock");
        let carried = bad_line::lay(agor.path("run/agor/host.sock"), &far);
        let options = ClientOptions {
            patience: None,
            ..ClientOptions::default()
        };
        let client = Client::over(Dialer::Socket(far), options).await;
        let client = client.expect("the host answers");
        let cursor = LogCursor {
            session: id,
            epoch: LogEpoch(0),
            applied: Seq(0),
        };
        let subscription = client.subscribe(cursor, Visibility::Visible);
        let subscription = subscription.expect("a client");
        let shown = tokio::spawn(screen_with(subscription, "the-end"));
        let typed = |bytes: Vec<u8>| CommandBody::Send {
            session: id,
            inputs: vec![Input::Raw { bytes }],
        };
        let go = client.carry_out(typed(b"go\n".to_vec())).await;
        go.expect("acknowledged");
        for n in 0..TYPED {
            let line = format!("line {n}\n").into_bytes();
            let done = client.carry_out(typed(line)).await;
            done.expect("acknowledged");
        }
        let shown = tokio::time::timeout(PATIENCE, shown).await;
        let shown = shown.expect("the last screen comes").expect("no panic");
        (carried.load(Ordering::Relaxed), shown)
    });
    let trips = begun.elapsed().as_millis() / ROUND_TRIP.as_millis();
    let screen = agor.screen(&session);
    let near: Vec<&str> = screen.lines().map(str::trim_end).collect();
    assert_eq!(shown.join("\n").trim_end(), near.join("\n").trim_end());
    assert!(near.contains(&"400000"), "{screen}");
    let raw = agor.raw(&session);
    let record = String::from_utf8_lossy(&raw);
    let got: Vec<&str> = record
        .lines()
        .filter_map(|line| line.trim().strip_prefix("got line "))
        .collect();
    let each: Vec<String> = (0..TYPED).map(|n| n.to_string()).collect();
    assert_eq!(got, each, "each line once and in order");
    // What is not acknowledged takes a round trip to be, and the first is told without one.
    let most = SCREEN_WINDOW as u64 * (trips as u64 + 2);
    assert!(told <= most, "{told} screens in {trips} round trips");
    assert!(
        carried <= told * SCREEN_BYTES + REST_BYTES,
        "{carried} bytes came over the line for {told} screens of {} bytes that were printed",
        raw.len()
    );
}
