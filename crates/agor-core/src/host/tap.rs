//! The frames of a host's links, for a person who looks for a mistake.

use std::borrow::Cow;
use std::sync::Arc;

use agor_proto::ids::{AskId, ConnEpoch, LeaseToken};
use agor_proto::message::{
    Answer, Clipboard, DropLease, InputFrame, Lease, LeaseStanding, Message, Part, RenewLease,
    Resize,
};
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
    let json = serde_json::to_string(&for_others(message));
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

/// Returns `message` as somebody may see it whose link it is not on: without what lets its holder
/// type, and without what a person copied, which is for nobody but the driver.
fn for_others(message: &Message) -> Cow<'_, Message> {
    let token = LeaseToken([0; 16]);
    Cow::Owned(match message {
        Message::Clipboard(clipboard) => Clipboard {
            text: String::new(),
            ..clipboard.clone()
        }
        .into(),
        Message::Lease(Lease {
            session,
            standing: LeaseStanding::Held { .. },
        }) => Lease {
            session: *session,
            standing: LeaseStanding::Held { token },
        }
        .into(),
        Message::RenewLease(renew) => RenewLease { token, ..*renew }.into(),
        Message::DropLease(drop) => DropLease { token, ..*drop }.into(),
        Message::Resize(resize) => Resize { token, ..*resize }.into(),
        Message::InputFrame(frame) => InputFrame {
            token,
            ..frame.clone()
        }
        .into(),
        other => return Cow::Borrowed(other),
    })
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
