//! How long something took, or how much it was, often: counts by size, each bucket a sixteenth of a doubling,
//! so that a percentile is right to 6 % and takes 2 KiB however much is counted. (`hdrhistogram` takes about as
//! much for one decimal digit, which is as right, and 13 KiB for two.)

use std::time::Duration;

use agor_proto::message::Spread;

/// Buckets for each doubling.
const STEPS: u32 = 16;

/// Beyond 2^32 microseconds, which is more than an hour, all counts as one.
const BUCKETS: usize = (33 * STEPS) as usize;

/// See the module.
#[derive(Clone, Copy)]
pub struct Latencies {
    counts: [u32; BUCKETS],
    most: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            most: 0,
        }
    }
}

impl std::fmt::Debug for Latencies {
    /// Says how many were counted: the model tells states apart by what they say, and how long something took
    /// makes no other.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Latencies").field(&self.count()).finish()
    }
}

impl Latencies {
    /// Counts a time, in microseconds.
    pub fn add(&mut self, took: Duration) {
        self.add_number(took.as_micros().try_into().unwrap_or(u64::MAX));
    }

    /// Counts a number.
    pub fn add_number(&mut self, number: u64) {
        self.most = self.most.max(number);
        if let Some(count) = self.counts.get_mut(bucket(number)) {
            *count = count.saturating_add(1);
        }
    }

    /// Counts what another has counted.
    pub fn join(&mut self, other: &Self) {
        self.most = self.most.max(other.most);
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
    }

    /// Returns how many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// Returns what `percent` of all were at most, times in microseconds; 0 if none was counted.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.count() * percent).div_ceil(100);
        let mut seen = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if count > 0 && seen >= wanted {
                return end(bucket as u32).min(self.most);
            }
        }
        0
    }

    /// Returns how they are spread.
    #[must_use]
    pub fn spread(&self) -> Spread {
        Spread {
            count: self.count(),
            p50: self.percentile(50),
            p99: self.percentile(99),
            max: self.most,
        }
    }
}

fn bucket(number: u64) -> usize {
    let number = number.clamp(1, u64::from(u32::MAX));
    let doubling = number.ilog2();
    let step = (number << STEPS.ilog2() >> doubling) as u32 - STEPS;
    (doubling * STEPS + step) as usize
}

/// Returns the largest number of a bucket.
fn end(bucket: u32) -> u64 {
    let (doubling, step) = (bucket / STEPS, bucket % STEPS);
    let width = 1_u64 << doubling;
    (width * u64::from(STEPS + step + 1)).div_ceil(u64::from(STEPS)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_right_to_a_sixteenth() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50), 0);
        for micros in 1..=10_000 {
            latencies.add(Duration::from_micros(micros));
        }
        for percent in [1, 50, 99, 100] {
            let (exact, said) = (percent * 100, latencies.percentile(percent));
            assert!(
                said >= exact && said <= exact * 17 / 16,
                "{percent} %: {said}"
            );
        }
        let spread = latencies.spread();
        assert_eq!((spread.count, spread.max), (10_000, 10_000));
        latencies.add(Duration::from_secs(1_000_000));
        latencies.add(Duration::ZERO);
        let mut both = Latencies::default();
        both.join(&latencies);
        both.join(&latencies);
        assert_eq!(both.count(), 2 * 10_002);
        assert_eq!(both.spread().max, 1_000_000_000_000);
    }

    #[test]
    fn small_numbers_are_told_as_they_are() {
        for number in 1..=16 {
            let mut sizes = Latencies::default();
            sizes.add_number(number);
            sizes.add_number(100);
            assert_eq!(sizes.percentile(50), number);
        }
    }
}
