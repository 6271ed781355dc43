//! How long to wait before the next attempt to reach a host.

use std::time::Duration;

/// The longest wait after the first failure.
const FIRST: Duration = Duration::from_millis(40);

/// The longest wait of all.
pub const CEILING: Duration = Duration::from_secs(5);

/// Returns the wait before attempt `attempt`, counted from 0, with `jitter` from 0 to 1: between
/// half of the longest and the longest, so that clients of one host do not come back as one.
pub fn wait(attempt: u32, jitter: f64) -> Duration {
    let longest = FIRST
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(CEILING);
    longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_ceiling_and_differ_between_clients() {
        assert_eq!(wait(0, 1.0), FIRST);
        assert_eq!(wait(0, 0.0), FIRST / 2);
        assert!(wait(3, 0.5) > wait(1, 0.5));
        assert_eq!(wait(u32::MAX, 1.0), CEILING);
        assert_eq!(wait(u32::MAX, 7.0), CEILING);
    }
}
