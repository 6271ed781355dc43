//! Opening a window again in the place of one that was closed for that: after its graphics device was lost, or since
//! its person asked. The program starts anew in the same process, so whoever waits for it goes on waiting; all
//! that the window showed is the host's.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::exit::Exit;
use super::failure::Failure;

/// Tells the window that is opened when others before it were: seconds since 1970, with commas between.
const VARIABLE: &str = "AGOR_WINDOW_LOST";

/// So often in so many seconds a window whose device is lost is opened again; then drawing does not work here.
const TIMES: usize = 3;
const WITHIN_SECS: u64 = 60;

/// Why a window is opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Its person asked for it.
    Asked,
    /// Its graphics device was lost.
    DeviceLost,
}

/// Starts this program anew with the same arguments; returns why not.
pub fn start(why: Again) -> Failure {
    let before = std::env::var(VARIABLE).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let losses = match why {
        Again::Asked => Some(before),
        Again::DeviceLost => losses(&before, now.map_or(0, |since| since.as_secs())),
    };
    let Some(losses) = losses else {
        return Failure::new(
            Exit::GRAPHICS,
            "the graphics driver fails again and again: all sessions go on, `agor attach` shows them in a \
             terminal; a driver that draws without a graphics card is mesa-vulkan-drivers",
        );
    };
    let error = match std::env::current_exe() {
        Ok(program) => Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(VARIABLE, losses)
            .exec(),
        Err(error) => error,
    };
    Failure::new(
        Exit::START,
        format!("the window could not be opened again: {error}"),
    )
}

/// Returns the losses with that of now, those alone that still count; nothing if they are too many.
fn losses(before: &str, now_secs: u64) -> Option<String> {
    let before = before.split(',').filter_map(|secs| secs.parse().ok());
    let mut recent: Vec<u64> = before
        .filter(|secs| now_secs.saturating_sub(*secs) < WITHIN_SECS)
        .collect();
    recent.push(now_secs);
    let text = recent.iter().map(u64::to_string).collect::<Vec<_>>();
    (recent.len() <= TIMES).then(|| text.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_lost_again_and_again_is_given_up_and_one_now_and_then_is_not() {
        assert_eq!(losses("", 1_000).as_deref(), Some("1000"));
        assert_eq!(losses("1000", 1_010).as_deref(), Some("1000,1010"));
        assert_eq!(
            losses("1000,1010", 1_020).as_deref(),
            Some("1000,1010,1020")
        );
        assert_eq!(losses("1000,1010,1020", 1_030), None);
        assert_eq!(
            losses("1000,1010,1020", 1_069).as_deref(),
            Some("1010,1020,1069")
        );
        assert_eq!(losses("1000,1010,1020", 9_000).as_deref(), Some("9000"));
        assert_eq!(
            losses("x,,-1,99999999999999999999", 5).as_deref(),
            Some("5")
        );
    }
}
