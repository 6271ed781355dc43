//! Follows something of the host for as long as a page shows it: it comes when it has changed, and nobody
//! asks for it.

use agor_core::client::connection::State;
use agor_core::client::{Client, ClientError};
use agor_proto::error::ErrorCode;
use agor_proto::message::{Followed, Part, Query};

/// Hands on all of what is followed whenever it has changed, until it is aborted or the client has ended.
///
/// A host of an earlier release is asked once, and so is each that answers after it.
pub async fn follow(client: &Client, what: Followed, take: impl Fn(Vec<Part>)) {
    let mut states = client.state();
    loop {
        states.borrow_and_update();
        let Ok(mut following) = client.follow(what.clone()) else {
            return;
        };
        loop {
            match following.next().await {
                Some(Ok(parts)) => take(parts),
                Some(Err(ClientError::Host(error))) if error.code == ErrorCode::Unsupported => {
                    // Without an answer nothing is shown, as before.
                    if let Ok(parts) = ask(client, &what).await {
                        take(parts);
                    }
                    break;
                }
                // What is gone may be there at the next link, and another host may know more.
                Some(Err(_)) | None => break,
            }
        }
        let ready = |state: &State| matches!(state, State::Ready(_));
        while states.changed().await.is_ok() {
            if ready(&states.borrow_and_update()) {
                break;
            }
        }
        if states.has_changed().is_err() {
            return;
        }
    }
}

async fn ask(client: &Client, what: &Followed) -> Result<Vec<Part>, ClientError> {
    let query = match *what {
        Followed::Stats => Query::Stats,
        Followed::Explain { session } => Query::Explain { session },
        Followed::Usage { by, days } => Query::Usage { by, days },
        Followed::Unknown => return Ok(Vec::new()),
    };
    let mut answers = client.ask(query)?;
    let mut parts = Vec::new();
    while let Some(part) = answers.next().await {
        parts.push(part?);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use agor_core::client::ClientOptions;
    use agor_core::link::{LinkReader, LinkWriter, Listener};
    use agor_proto::message::{Answer, Ask, Message, Stats};

    use super::*;
    use crate::testing::accept;

    async fn asked(reader: &mut LinkReader) -> Ask {
        loop {
            match reader.next().await.unwrap() {
                Some(Message::Ping(_) | Message::Cancel(_)) => {}
                Some(Message::Ask(ask)) => return ask,
                other => panic!("{other:?}"),
            }
        }
    }

    async fn answer(writer: &mut LinkWriter, ask: &Ask, last: bool, part: Part) {
        let ask = ask.ask;
        let answer = Answer { ask, last, part };
        writer.send(&answer.into()).await.unwrap();
    }

    fn stats(pid: u32) -> Part {
        Part::Stats(Box::new(Stats {
            pid,
            ..Stats::default()
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_host_is_asked_once_and_a_newer_one_tells_by_itself() {
        let (mut listener, dialer) = Listener::memory();
        let client = Client::begin(dialer, ClientOptions::default());
        let taken = std::sync::Arc::new(Mutex::new(Vec::new()));
        let (of_page, log) = (client.clone(), std::sync::Arc::clone(&taken));
        let page = tokio::spawn(async move {
            follow(&of_page, Followed::Stats, |parts| {
                log.lock().unwrap().push(parts)
            })
            .await;
        });
        let (mut reader, mut writer) = accept(&mut listener, &["wait"]).await;
        let ask = asked(&mut reader).await;
        assert_eq!(ask.query, Query::Stats);
        answer(&mut writer, &ask, true, stats(1)).await;
        // That the link came to life is seen once more at the most; then all is quiet.
        let again = tokio::time::timeout(std::time::Duration::from_secs(4), asked(&mut reader));
        if let Ok(ask) = again.await {
            answer(&mut writer, &ask, true, stats(1)).await;
        }
        let more = tokio::time::timeout(std::time::Duration::from_secs(4), asked(&mut reader));
        assert!(more.await.is_err(), "it is asked again");
        drop((reader, writer));
        let (mut reader, mut writer) = accept(&mut listener, &["wait", "follow"]).await;
        let ask = asked(&mut reader).await;
        let what = Followed::Stats;
        assert_eq!(ask.query, Query::Follow { what, seen: None });
        answer(&mut writer, &ask, false, stats(2)).await;
        answer(&mut writer, &ask, false, Part::Told { rev: 1 }).await;
        answer(&mut writer, &ask, false, stats(3)).await;
        answer(&mut writer, &ask, false, Part::Told { rev: 2 }).await;
        while taken.lock().unwrap().last() != Some(&vec![stats(3)]) {
            tokio::task::yield_now().await;
        }
        page.abort();
    }
}
