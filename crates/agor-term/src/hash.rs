//! A fast hash for tables whose keys a program chooses. Its seed is random for each process, so
//! that nobody can choose keys that collide; nothing depends on the order of such a table.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8) | 1);

/// Makes [`FoldHasher`]s.
#[derive(Debug, Clone)]
pub(crate) struct FoldState(u64);

impl Default for FoldState {
    fn default() -> Self {
        Self(*SEED)
    }
}

impl BuildHasher for FoldState {
    type Hasher = FoldHasher;

    fn build_hasher(&self) -> FoldHasher {
        FoldHasher {
            state: self.0,
            seed: self.0,
        }
    }
}

/// Multiplies and folds, as wyhash and its heirs do.
#[derive(Debug)]
pub(crate) struct FoldHasher {
    state: u64,
    seed: u64,
}

impl FoldHasher {
    #[inline]
    fn fold(&mut self, value: u64) {
        let product = u128::from(self.state ^ value) * 0x9e37_79b9_7f4a_7c15;
        // The seed comes back in, or a product of 0 would stay 0 whatever follows.
        self.state = ((product >> 64) as u64 ^ product as u64).wrapping_add(self.seed);
    }
}

impl Hasher for FoldHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.fold(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.fold(value.into());
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.fold(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.fold(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.fold(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.fold(value as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_that_differ_a_little_are_spread_over_the_table() {
        let state = FoldState::default();
        let hashes: Vec<u64> = (0..1_000)
            .map(|n| state.hash_one(format!("https://example.org/file/{n}")))
            .collect();
        let distinct = |part: fn(u64) -> u64| {
            hashes
                .iter()
                .map(|hash| part(*hash))
                .collect::<HashSet<_>>()
                .len()
        };
        // 1,000 random keys take about 640 of 1,024 places, and all 128 tags.
        assert!(
            distinct(|hash| hash % 1_024) > 580,
            "{}",
            distinct(|hash| hash % 1_024)
        );
        assert!(
            distinct(|hash| hash >> 57) > 120,
            "{}",
            distinct(|hash| hash >> 57)
        );
    }
}
