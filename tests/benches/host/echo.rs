//! From a key to its echo as rows that a client has applied, with the machine idle and with twenty
//! other sessions that print without end; and a question of the program to its terminal.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use agor_core::client::{Subscription, Told};
use agor_proto::event::LogCursor;
use agor_proto::ids::{LogEpoch, Seq, SessionId};
use agor_proto::input::Input;
use agor_proto::message::Visibility;
use agor_proto::screen::Mirror;

use crate::agor::{Agor, step_until};
use crate::{Times, client, result, started, tmux};

const KEYS: usize = 2_000;
/// Keys beside a flood, each of which takes longer.
const KEYS_BESIDE_FLOODS: usize = 400;
const FLOODS: usize = 20;
/// Between two keys, so that each is the first change after quiet, as when a person types.
const PAUSE: Duration = Duration::from_millis(12);

/// A program that says back what it is told, and nothing else.
pub const ECHO: &str = "stty raw -echo; echo ready; exec cat";

pub async fn idle() {
    let agor = started();
    let ours = of_host(&agor, KEYS).await;
    let peer = tmux::echo(0, KEYS).await;
    both("echo, idle", ours, peer);
    let ours = status(&agor, 5_000);
    both_answers("CSI 5n, idle", ours, tmux::status(0, 5_000));
}

pub async fn beside_floods() {
    let agor = started();
    let floods: Vec<String> = (0..FLOODS).map(|_| agor.session("exec yes")).collect();
    let ours = of_host(&agor, KEYS_BESIDE_FLOODS).await;
    let answers = status(&agor, KEYS_BESIDE_FLOODS);
    for flood in floods {
        agor.ok(&["kill", &flood]);
    }
    drop(agor);
    let peer = tmux::echo(FLOODS, KEYS_BESIDE_FLOODS).await;
    both("echo, 20 sessions flood", ours, peer);
    let peer = tmux::status(FLOODS, KEYS_BESIDE_FLOODS);
    both_answers("CSI 5n, 20 sessions flood", answers, peer);
}

fn both(case: &str, mut ours: Times, mut peer: Option<Times>) {
    for percent in [50, 99] {
        let peer = peer
            .as_mut()
            .map(|times| ("tmux", times.percentile(percent)));
        let name = format!("{case}, p{percent}");
        result(&name, ours.percentile(percent), "µs", peer);
    }
}

/// Follows a session, and returns once its screen has come.
pub async fn follow(client: &agor_core::client::Client, session: &str) -> (Subscription, Mirror) {
    let session: SessionId = session.parse().expect("an id");
    let cursor = LogCursor {
        session,
        epoch: LogEpoch(0),
        applied: Seq(0),
    };
    let mut subscription = client
        .subscribe(cursor, Visibility::Visible)
        .expect("a client");
    let mut mirror = Mirror::default();
    loop {
        if let Told::Screen(update) = subscription.next().await.expect("news") {
            mirror.apply(*update).expect("the first is whole");
            return (subscription, mirror);
        }
    }
}

/// Returns how long each of so many keys took to come back.
pub async fn of_host(agor: &Agor, keys: usize) -> Times {
    let session = agor.program("120x40", &["sh", "-c", ECHO]);
    agor.screen_with(&session, "ready");
    let client = client(agor).await;
    let (mut subscription, mut mirror) = follow(&client, &session).await;
    subscription.drive(true);
    let mut times = Times::default();
    for n in 0..keys {
        tokio::time::sleep(PAUSE).await;
        let before = mirror.cursor;
        let text = if n % 100 == 99 { "\r\n" } else { "x" };
        let typed = Instant::now();
        subscription.input(Input::Text { text: text.into() });
        while mirror.cursor == before {
            if let Told::Screen(update) = subscription.next().await.expect("news")
                && mirror.apply(*update).is_err()
            {
                subscription.ask_whole_screen();
            }
        }
        times.add(typed.elapsed());
    }
    drop(subscription);
    client.close().await;
    agor.ok(&["kill", &session]);
    times
}

/// Returns how long a program waits for each of so many answers of its terminal, half and 99 of 100.
fn status(agor: &Agor, count: usize) -> [f64; 2] {
    let file = agor.path("answers");
    let command = asking(count, &file);
    agor.program("80x24", &command.each_ref().map(String::as_str));
    answered(&file)
}

/// Returns the command line of a program that asks its terminal so many times.
pub fn asking(count: usize, file: &Path) -> [String; 4] {
    let program = std::env::current_exe().expect("a path");
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    [
        text(&program),
        "--ask-status".into(),
        count.to_string(),
        text(file),
    ]
}

/// Waits for what such a program found out.
pub fn answered(file: &Path) -> [f64; 2] {
    let text = step_until("all is answered", || {
        #[expect(
            clippy::disallowed_methods,
            reason = "a look takes time from what is measured"
        )]
        std::thread::sleep(Duration::from_millis(50));
        fs::read_to_string(file)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map_while(|it| it.parse().ok())
        .collect();
    numbers.try_into().expect("two numbers")
}

fn both_answers(case: &str, ours: [f64; 2], peer: Option<[f64; 2]>) {
    for (at, percent) in [50, 99].into_iter().enumerate() {
        let peer = peer.map(|it| ("tmux", it[at]));
        result(&format!("{case}, p{percent}"), ours[at], "µs", peer);
    }
}

/// Asks the terminal for its status, again and again, and says how long that took.
pub fn ask_status(count: usize, file: &Path) {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    let (mut stdin, mut stdout) = (std::io::stdin(), std::io::stdout());
    let mut modes = tcgetattr(&stdin).expect("a terminal");
    modes.make_raw();
    tcsetattr(&stdin, OptionalActions::Now, &modes).expect("a terminal");
    let mut times = Times::default();
    for _ in 0..count {
        let asked = Instant::now();
        stdout.write_all(b"\x1b[5n").expect("a terminal");
        stdout.flush().expect("a terminal");
        let mut answer = [0; 4];
        stdin.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"\x1b[0n");
        times.add(asked.elapsed());
    }
    let (half, most) = (times.percentile(50), times.percentile(99));
    fs::write(file, format!("{half:.1} {most:.1}\n")).expect("a file");
}
