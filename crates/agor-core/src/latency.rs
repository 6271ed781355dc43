//! How long something took, often: counts by duration, each bucket a quarter larger than the one before,
//! so that a percentile is right to a quarter and takes no memory however much is counted.

use std::time::Duration;

/// Buckets for each doubling.
const STEPS: u32 = 4;

/// Beyond 2^32 microseconds, which is more than an hour, all counts as one.
const BUCKETS: usize = (33 * STEPS) as usize;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Latencies {
    counts: [u32; BUCKETS],
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
        }
    }
}

impl Latencies {
    /// Counts one.
    pub fn add(&mut self, took: Duration) {
        let bucket = bucket(took.as_micros().try_into().unwrap_or(u64::MAX));
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// Counts what another has counted.
    pub fn join(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
    }

    /// Returns how many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// Returns the microseconds that `percent` of all took at most; 0 if none was counted.
    #[must_use]
    pub fn percentile_micros(&self, percent: u64) -> u64 {
        let wanted = (self.count() * percent).div_ceil(100);
        let mut seen = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if count > 0 && seen >= wanted {
                return end_micros(bucket as u32);
            }
        }
        0
    }
}

fn bucket(micros: u64) -> usize {
    let micros = micros.clamp(1, u64::from(u32::MAX));
    let doubling = micros.ilog2();
    let step = (micros << STEPS.ilog2() >> doubling) as u32 - STEPS;
    (doubling * STEPS + step) as usize
}

/// Returns the largest value of a bucket.
fn end_micros(bucket: u32) -> u64 {
    let (doubling, step) = (bucket / STEPS, bucket % STEPS);
    let width = 1_u64 << doubling;
    (width + width * u64::from(step + 1) / u64::from(STEPS))
        .saturating_sub(1)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_right_to_a_quarter() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile_micros(50), 0);
        for micros in 1..=10_000 {
            latencies.add(Duration::from_micros(micros));
        }
        for percent in [1, 50, 99, 100] {
            let (exact, said) = (percent * 100, latencies.percentile_micros(percent));
            assert!(
                said >= exact && said <= exact * 5 / 4 + 1,
                "{percent} %: {said}"
            );
        }
        latencies.add(Duration::from_secs(1_000_000));
        latencies.add(Duration::ZERO);
        let mut both = Latencies::default();
        both.join(&latencies);
        both.join(&latencies);
        assert_eq!(both.count(), 2 * 10_002);
    }
}
