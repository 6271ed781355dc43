//! The desktop's notifications, by `org.freedesktop.Notifications` (Desktop Notifications Specification 1.2) on
//! the session bus. Connects with the first notification, and anew after the bus was gone.

use std::collections::BTreeMap;
use std::time::Duration;

use agor_proto::limits::NOTICES_MAX;

use super::desk::{Key, Notice};
use crate::bus::message::Message;
use crate::bus::{Bus, BusError};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long the desktop may take for one call; one that starts its server for it takes a while.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the person did with a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// They clicked it.
    Clicked {
        /// Which.
        key: Key,
        /// What the desktop gave for bringing a window to the front.
        activation: Option<String>,
    },
    /// It is gone.
    Closed(Key),
}

/// See the module.
#[derive(Debug)]
pub struct Server {
    /// Where the session bus is.
    addresses: String,
    connected: Option<Connected>,
    /// Whether the person was told, in the log, that it cannot be reached.
    complained: bool,
}

#[derive(Debug)]
struct Connected {
    bus: Bus,
    /// Whether the server reads markup in a body.
    markup: bool,
    /// Who answers for the server: signals of anybody else are not its.
    owner: String,
    /// The server's numbers of what is shown.
    ids: BTreeMap<Key, u32>,
    /// What is given for a click that follows.
    activation: Option<(u32, String)>,
}

impl Server {
    /// Returns the desktop of the session bus at one of `addresses`, without connecting to it.
    #[must_use]
    pub fn new(addresses: String) -> Self {
        Self {
            addresses,
            connected: None,
            complained: false,
        }
    }

    /// Shows a notification, in the place of an earlier one with its key. Says whether it could.
    pub async fn show(&mut self, key: Key, notice: &Notice) -> bool {
        // The second time over a new connection, since the first may be of a desktop that is no more.
        for _ in 0..2 {
            let showing = self.try_show(key, notice);
            let error = match tokio::time::timeout(PATIENCE, showing).await {
                Ok(Ok(())) => {
                    self.complained = false;
                    return true;
                }
                Ok(Err(error)) => error,
                Err(_) => BusError::NoBus("it does not answer".into()),
            };
            let was_connected = self.connected.take().is_some();
            if !was_connected || matches!(error, BusError::Failed { .. }) {
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!(%error, "the desktop cannot be asked to notify the person");
                }
                return false;
            }
        }
        false
    }

    async fn try_show(&mut self, key: Key, notice: &Notice) -> Result<(), BusError> {
        let connected = match &mut self.connected {
            Some(connected) => connected,
            None => self
                .connected
                .insert(Connected::new(&self.addresses).await?),
        };
        connected.show(key, notice).await
    }

    /// Takes a notification back.
    pub async fn close(&mut self, key: Key) {
        let Some(connected) = &mut self.connected else {
            return;
        };
        let Some(id) = connected.ids.remove(&key) else {
            return;
        };
        let call = Message::call(NAME, PATH, NAME, "CloseNotification");
        let call = connected.bus.call(call.with("u", |writer| writer.u32(id)));
        match tokio::time::timeout(PATIENCE, call).await {
            // It may have been gone already, of which servers make an error.
            Ok(Ok(_) | Err(BusError::Failed { .. })) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "a notification was not taken back");
                self.connected = None;
            }
            Err(_) => self.connected = None,
        }
    }

    /// Returns what the person does next; waits for ever without a desktop. Dropped before, it loses nothing.
    pub async fn did(&mut self) -> Did {
        loop {
            let Some(connected) = &mut self.connected else {
                return std::future::pending().await;
            };
            match connected.bus.signal().await {
                Ok(signal) => {
                    if let Some(did) = connected.take(&signal) {
                        return did;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "the session bus is gone");
                    self.connected = None;
                }
            }
        }
    }
}

impl Connected {
    async fn new(addresses: &str) -> Result<Self, BusError> {
        let mut bus = Bus::connect(addresses).await?;
        bus.listen(&format!(
            "type='signal',sender='{NAME}',interface='{NAME}',path='{PATH}'"
        ))
        .await?;
        let call = Message::call(NAME, PATH, NAME, "GetCapabilities");
        let answer = bus.call(call).await?;
        let capabilities = answer.values().texts()?;
        Ok(Self {
            bus,
            markup: capabilities.contains(&"body-markup"),
            owner: answer.sender.clone(),
            ids: BTreeMap::new(),
            activation: None,
        })
    }

    async fn show(&mut self, key: Key, notice: &Notice) -> Result<(), BusError> {
        let body = match self.markup {
            true => escape(&notice.body),
            false => notice.body.clone(),
        };
        let replaces = self.ids.get(&key).copied().unwrap_or(0);
        let call = Message::call(NAME, PATH, NAME, "Notify");
        let call = call.with("susssasa{sv}i", |writer| {
            writer.text("agor");
            writer.u32(replaces);
            writer.text("utilities-terminal");
            writer.text(&notice.summary);
            writer.text(&body);
            writer.array(4, |writer| {
                // What a click on the notification itself means.
                writer.text("default");
                writer.text("Show");
            });
            writer.array(8, |writer| {
                writer.entry("desktop-entry", "s", |writer| writer.text("agor"));
                writer.entry("urgency", "y", |writer| writer.byte(1));
                match notice.sound {
                    true => writer.entry("sound-name", "s", |writer| {
                        writer.text(if notice.blocks {
                            "dialog-question"
                        } else {
                            "complete"
                        });
                    }),
                    false => writer.entry("suppress-sound", "b", |writer| writer.u32(1)),
                }
            });
            writer.i32(-1);
        });
        let answer = self.bus.call(call).await?;
        let id = answer.values().u32()?;
        // A server that was started anew answers under another name.
        if self.owner != answer.sender {
            self.owner = answer.sender;
            self.ids.clear();
        }
        self.ids.insert(key, id);
        while self.ids.len() > 2 * NOTICES_MAX {
            self.ids.pop_first();
        }
        Ok(())
    }

    /// Returns what a signal says that the person did.
    fn take(&mut self, signal: &Message) -> Option<Did> {
        if signal.interface != NAME || signal.sender != self.owner {
            return None;
        }
        let mut values = signal.values();
        let id = values.u32().ok()?;
        let (&key, _) = self.ids.iter().find(|(_, known)| **known == id)?;
        match &signal.member[..] {
            "ActivationToken" => {
                let token = values.text().ok()?;
                self.activation = Some((id, token.to_owned()));
                None
            }
            "ActionInvoked" => {
                let given = self.activation.take().filter(|(of, _)| *of == id);
                let activation = given.map(|(_, token)| token);
                Some(Did::Clicked { key, activation })
            }
            "NotificationClosed" => {
                self.ids.remove(&key);
                Some(Did::Closed(key))
            }
            _ => None,
        }
    }
}

/// Writes a text so that markup shows it as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_desktop_that_is_not_there_is_complained_of_once() {
        let mut server = Server::new("unix:path=/nonexistent/bus".into());
        let notice = Notice {
            summary: "s".into(),
            body: String::new(),
            blocks: true,
            sound: true,
        };
        assert!(!server.show(1, &notice).await);
        assert!(server.complained);
        assert!(!server.show(2, &notice).await);
        let did = tokio::time::timeout(Duration::ZERO, server.did()).await;
        assert!(did.is_err(), "nobody does anything there");
    }

    #[test]
    fn an_agent_writes_no_markup() {
        assert_eq!(
            escape("<b>a</b> & \"b\""),
            "&lt;b&gt;a&lt;/b&gt; &amp; \"b\""
        );
    }
}
