//! What the person's desktop says of looks, as the settings portal tells it
//! (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html>): whether it is light
//! or dark, and whether things are to keep still.

use std::convert::Infallible;

use crate::bus::Bus;
use crate::bus::codec::Reader;
use crate::bus::message::Message;
pub use crate::bus::{BusError, session_addresses};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";

/// Where the settings are, and their names: every portal has the first; of the others desktops have one or none.
const KEYS: [(&str, &str); 3] = [
    ("org.freedesktop.appearance", "color-scheme"),
    ("org.freedesktop.appearance", "reduced-motion"),
    ("org.gnome.desktop.interface", "enable-animations"),
];

/// Variants in variants that are looked into; the older of the portal's two answers has two.
const VARIANTS_MAX: usize = 4;

/// What the desktop says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DesktopLook {
    /// Whether it is light; none if it has no wish.
    pub light: Option<bool>,
    /// Whether nothing is to move.
    pub still: bool,
}

impl DesktopLook {
    /// Returns what follows from what is said of each setting.
    fn of(said: [Option<u32>; KEYS.len()]) -> Self {
        let [scheme, motion, animations] = said;
        Self {
            light: match scheme {
                Some(1) => Some(false),
                Some(2) => Some(true),
                _ => None,
            },
            still: motion == Some(1) || animations == Some(0),
        }
    }
}

/// Tells what the desktop says, now and whenever that changes.
///
/// # Errors
/// [`BusError`] if there is no bus or no portal, and when the bus goes away.
pub async fn follow(
    addresses: &str,
    mut tell: impl FnMut(DesktopLook),
) -> Result<Infallible, BusError> {
    let mut bus = Bus::connect(addresses).await?;
    // Before the questions, so that no change is missed between the two.
    for (namespace, key) in KEYS {
        let rule = format!(
            "type='signal',sender='{PORTAL}',path='{PATH}',interface='{SETTINGS}',\
             member='SettingChanged',arg0='{namespace}',arg1='{key}'"
        );
        bus.listen(&rule).await?;
    }
    let mut said = [None; KEYS.len()];
    for (at, key) in KEYS.into_iter().enumerate() {
        said[at] = match read(&mut bus, key).await {
            // A desktop that does not know it; one without a portal does not know the first.
            Err(BusError::Failed { .. }) if at > 0 => None,
            value => value?,
        };
    }
    tell(DesktopLook::of(said));
    loop {
        let signal = bus.signal().await?;
        if signal.member != "SettingChanged" {
            continue;
        }
        let mut values = signal.values();
        let changed = (values.text()?, values.text()?);
        if let Some(at) = KEYS.iter().position(|key| *key == changed) {
            said[at] = number(&mut values)?;
            tell(DesktopLook::of(said));
        }
    }
}

async fn read(bus: &mut Bus, key: (&str, &str)) -> Result<Option<u32>, BusError> {
    let answer = match bus.call(question("ReadOne", key)).await {
        // Portals before 2023 have only the older method.
        Err(BusError::Failed { .. }) => bus.call(question("Read", key)).await?,
        answer => answer?,
    };
    number(&mut answer.values())
}

fn question(member: &str, (namespace, key): (&str, &str)) -> Message {
    let call = Message::call(PORTAL, PATH, SETTINGS, member);
    call.with("ss", |writer| {
        writer.text(namespace);
        writer.text(key);
    })
}

/// Reads a number, or a boolean as 0 or 1; none if it is neither.
fn number(values: &mut Reader<'_>) -> Result<Option<u32>, BusError> {
    for _ in 0..VARIANTS_MAX {
        match values.signature()? {
            "v" => {}
            "u" | "b" => return values.u32().map(Some),
            _ => return Ok(None),
        }
    }
    Err(BusError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_however_deep_the_portal_wraps_it() {
        let read = |bytes: &[u8]| number(&mut Reader::new(bytes, 0, false));
        assert_eq!(read(b"\x01u\0\0\x01\0\0\0").unwrap(), Some(1));
        assert_eq!(read(b"\x01v\0\x01u\0\0\0\x02\0\0\0").unwrap(), Some(2));
        assert_eq!(read(b"\x01b\0\0\x00\0\0\0").unwrap(), Some(0));
        assert_eq!(read(b"\x01s\0\0\x00\0\0\0\0").unwrap(), None);
        assert!(read(b"\x01u\0\0\x01").is_err());
        assert!(read(&b"\x01v\0".repeat(1_000)).is_err());
    }

    #[test]
    fn either_word_for_no_motion_counts_and_no_word_for_it_means_motion() {
        let look = |scheme, motion, animations| DesktopLook::of([scheme, motion, animations]);
        assert_eq!(look(None, None, None), DesktopLook::default());
        assert_eq!(look(Some(1), None, None).light, Some(false));
        assert_eq!(look(Some(2), None, None).light, Some(true));
        assert_eq!(look(Some(0), None, None).light, None);
        assert!(look(None, Some(1), None).still);
        assert!(look(None, None, Some(0)).still);
        assert!(!look(None, Some(0), Some(1)).still);
    }
}
