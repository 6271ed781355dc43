//! The frames of a host's links, for a person who looks for a mistake.

use std::sync::Arc;

use agor_proto::ids::{AskId, ConnEpoch};
use agor_proto::message::{Answer, Clipboard, Message, Part};
use tokio::sync::broadcast;

use super::hub::Hub;
use super::outbox::Outbox;

/// A frame that was sent or received.
#[derive(Debug, Clone)]
pub struct Tapped {
    conn: ConnEpoch,
    from_host: bool,
    json: Arc<str>,
}

/// Shows a message to those who tap, if there are any.
pub fn show(hub: &Hub, conn: ConnEpoch, from_host: bool, message: &Message) {
    // What a tap tells is not tapped again: two of them would feed each other.
    let told = matches!(
        message,
        Message::Answer(Answer {
            part: Part::Tapped { .. },
            ..
        })
    );
    if told || hub.tap().receiver_count() == 0 {
        return;
    }
    let json = match message {
        // What a person copied is for nobody but the driver.
        Message::Clipboard(clipboard) => {
            let text = String::new();
            let clipboard = Clipboard {
                text,
                ..clipboard.clone()
            };
            serde_json::to_string(&Message::from(clipboard))
        }
        message => serde_json::to_string(message),
    };
    if let Ok(json) = json {
        hub.tap()
            .send(Tapped {
                conn,
                from_host,
                json: json.into(),
            })
            .ok();
    }
}

/// Sends what is tapped on other links to `outbox`, until the connection ends.
pub async fn run(hub: Arc<Hub>, own: ConnEpoch, ask: AskId, outbox: Outbox) {
    let mut frames = hub.tap().subscribe();
    loop {
        let (conn, from_host, json) = match frames.recv().await {
            Ok(frame) if frame.conn == own => continue,
            Ok(Tapped {
                conn,
                from_host,
                json,
            }) => (conn, from_host, json.to_string()),
            Err(broadcast::error::RecvError::Lagged(n)) => {
                (own, true, format!("{{\"missed\":{n}}}"))
            }
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let part = Part::Tapped {
            conn,
            from_host,
            json,
        };
        if outbox
            .push_in_turn(
                Answer {
                    ask,
                    last: false,
                    part,
                }
                .into(),
            )
            .await
            .is_err()
        {
            return;
        }
    }
}
