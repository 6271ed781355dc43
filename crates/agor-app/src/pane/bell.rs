//! A program's bell as it is seen: its pane lights up for a moment, if the person wishes it.

use std::time::{Duration, Instant};

/// How long a pane is lit up.
const FLASH: Duration = Duration::from_millis(120);

/// Between two flashes of a pane: more than three a second can harm (WCAG 2.3.1), whatever a program rings.
const PAUSE: Duration = Duration::from_secs(1);

/// What a pane remembers of its session's bell.
#[derive(Debug, Default)]
pub struct BellSeen {
    /// How often it had rung when that was looked at.
    rung: Option<u64>,
    flashed: Option<Instant>,
}

impl BellSeen {
    /// Takes notice of how often the bell has rung; returns for how long the pane is lit up from `now` on, if it
    /// is. What rang before the pane was there, or while no flash was `wished` for, was not missed.
    pub fn flash(&mut self, rung: u64, wished: bool, now: Instant) -> Option<Duration> {
        let before = self.rung.replace(rung);
        if !wished {
            self.flashed = None;
            return None;
        }
        let rests = self
            .flashed
            .is_none_or(|at| now.saturating_duration_since(at) >= PAUSE);
        if rests && before.is_some_and(|before| before != rung) {
            self.flashed = Some(now);
        }
        let since = now.saturating_duration_since(self.flashed?);
        FLASH.checked_sub(since).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
impl BellSeen {
    /// Says whether it was lit up since the bell is heeded.
    pub fn has_flashed(&self) -> bool {
        self.flashed.is_some()
    }

    /// Returns what stays lit up, for a picture.
    pub fn lit() -> Self {
        Self {
            rung: Some(0),
            flashed: Some(Instant::now() + Duration::from_secs(3_600)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_is_short_and_what_rang_before_is_none() {
        let (mut seen, begin) = (BellSeen::default(), Instant::now());
        let at = |millis| begin + Duration::from_millis(millis);
        assert_eq!(seen.flash(7, true, at(0)), None);
        assert_eq!(seen.flash(8, true, at(10)), Some(FLASH));
        let left = seen.flash(8, true, at(100));
        assert_eq!(left, Some(Duration::from_millis(30)));
        assert_eq!(seen.flash(8, true, at(130)), None);
        assert_eq!(seen.flash(9, false, at(2_000)), None);
        assert_eq!(seen.flash(9, true, at(2_001)), None);
    }

    #[test]
    fn a_program_that_rings_all_the_time_flashes_once_a_second() {
        let (mut seen, begin) = (BellSeen::default(), Instant::now());
        let mut flashes = 0;
        let mut was_lit = false;
        for millis in (0..10_000).step_by(10) {
            let now = begin + Duration::from_millis(millis);
            let lit = seen.flash(millis, true, now).is_some();
            flashes += u32::from(lit && !was_lit);
            was_lit = lit;
        }
        assert_eq!(flashes, 10);
    }
}
