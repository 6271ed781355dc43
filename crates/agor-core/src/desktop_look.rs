//! Whether the person's desktop is light or dark, as the settings portal tells it
//! (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html>).

use std::convert::Infallible;

use crate::bus::Bus;
use crate::bus::codec::Reader;
use crate::bus::message::Message;
pub use crate::bus::{BusError, session_addresses};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";

/// Where the setting is, and its name.
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// Variants in variants that are looked into; the older of the portal's two answers has two.
const VARIANTS_MAX: usize = 4;

/// Tells whether the desktop is light, now and whenever that changes; `None` if it has no wish.
///
/// # Errors
/// [`BusError`] if there is no bus or no portal, and when the bus goes away.
pub async fn follow(
    addresses: &str,
    mut tell: impl FnMut(Option<bool>),
) -> Result<Infallible, BusError> {
    let mut bus = Bus::connect(addresses).await?;
    // Before the question, so that no change is missed between the two.
    let rule = format!(
        "type='signal',sender='{PORTAL}',path='{PATH}',interface='{SETTINGS}',\
         member='SettingChanged',arg0='{NAMESPACE}',arg1='{KEY}'"
    );
    bus.listen(&rule).await?;
    let answer = match bus.call(question("ReadOne")).await {
        // Portals before 2023 have only the older method.
        Err(BusError::Failed { .. }) => bus.call(question("Read")).await?,
        answer => answer?,
    };
    tell(scheme(&mut answer.values())?);
    loop {
        let signal = bus.signal().await?;
        let mut values = signal.values();
        if signal.member == "SettingChanged" && values.text()? == NAMESPACE && values.text()? == KEY
        {
            tell(scheme(&mut values)?);
        }
    }
}

fn question(member: &str) -> Message {
    let call = Message::call(PORTAL, PATH, SETTINGS, member);
    call.with("ss", |writer| {
        writer.text(NAMESPACE);
        writer.text(KEY);
    })
}

/// Reads a colour scheme: 1 is dark, 2 is light, everything else no wish.
fn scheme(values: &mut Reader<'_>) -> Result<Option<bool>, BusError> {
    for _ in 0..VARIANTS_MAX {
        match values.signature()? {
            "v" => {}
            "u" => {
                return Ok(match values.u32()? {
                    1 => Some(false),
                    2 => Some(true),
                    _ => None,
                });
            }
            _ => return Ok(None),
        }
    }
    Err(BusError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_read_however_deep_the_portal_wraps_it() {
        let read = |bytes: &[u8]| scheme(&mut Reader::new(bytes, 0, false));
        assert_eq!(read(b"\x01u\0\0\x01\0\0\0").unwrap(), Some(false));
        assert_eq!(read(b"\x01v\0\x01u\0\0\0\x02\0\0\0").unwrap(), Some(true));
        assert_eq!(read(b"\x01u\0\0\x00\0\0\0").unwrap(), None);
        assert_eq!(read(b"\x01s\0\0\x00\0\0\0\0").unwrap(), None);
        assert!(read(b"\x01u\0\0\x01").is_err());
        assert!(read(&b"\x01v\0".repeat(1_000)).is_err());
    }
}
