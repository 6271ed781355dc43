//! Which commands the store may have receipts of, in little memory: almost every command that comes is
//! new, and need not be looked for in the database. Says no with certainty, and yes now and then for
//! nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use agor_proto::ids::CommandId;
use agor_proto::limits::RECEIPTS_MAX;
use rusqlite::Connection;

/// Bits for each receipt that is kept; with four of them set by each, one in a hundred new commands is
/// looked for when twice as many are known (B. H. Bloom, 1970).
const BITS_EACH: usize = 20;

const WORDS: usize = (RECEIPTS_MAX * BITS_EACH).div_ceil(64).next_power_of_two();

/// Commands that were added before those are read again that are still kept.
pub(super) const ADDED_MAX: u64 = 2 * RECEIPTS_MAX as u64;

/// See the module.
#[derive(Debug)]
pub(super) struct Known {
    words: Box<[AtomicU64]>,
    added: AtomicU64,
    /// How often receipts were forgotten.
    forgets: AtomicU64,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            words: (0..WORDS).map(|_| AtomicU64::new(0)).collect(),
            added: AtomicU64::new(0),
            forgets: AtomicU64::new(0),
        }
    }
}

impl Known {
    /// Returns what `database` has receipts of.
    pub(super) fn of(database: &Connection) -> rusqlite::Result<Self> {
        let known = Self::default();
        let mut statement = database.prepare_cached("SELECT command FROM receipts")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            known.add(CommandId(row.get(0)?));
        }
        Ok(known)
    }

    /// Notes that receipts are about to be forgotten.
    pub(super) fn forget(&self) {
        self.forgets.fetch_add(1, Ordering::AcqRel);
    }

    /// Returns how often receipts were forgotten.
    pub(super) fn forgets(&self) -> u64 {
        self.forgets.load(Ordering::Acquire)
    }

    /// Adds a command, before its receipt can be read.
    pub(super) fn add(&self, id: CommandId) {
        for (word, bit) in places(id) {
            self.words[word].fetch_or(bit, Ordering::Release);
        }
        self.added.fetch_add(1, Ordering::Relaxed);
    }

    /// Says whether there may be a receipt of a command.
    pub(super) fn may_have(&self, id: CommandId) -> bool {
        let set = |(word, bit): (usize, u64)| self.words[word].load(Ordering::Acquire) & bit != 0;
        places(id).into_iter().all(set)
    }

    /// Says whether so many were forgotten by now that it is worth beginning anew.
    pub(super) fn is_worn(&self) -> bool {
        self.added.load(Ordering::Relaxed) >= ADDED_MAX
    }

    /// Takes what another knows in place of what this one does. What is asked meanwhile may be looked for
    /// in vain; nothing is missed, as long as nothing is added meanwhile.
    pub(super) fn become_like(&self, other: &Self) {
        for (word, bits) in self.words.iter().zip(&other.words) {
            word.store(bits.load(Ordering::Relaxed), Ordering::Release);
        }
        let added = other.added.load(Ordering::Relaxed);
        self.added.store(added, Ordering::Relaxed);
    }
}

/// Returns where the bits of a command are. Ids are random; one that is made up is looked for, no more.
fn places(id: CommandId) -> [(usize, u64); 4] {
    let (parts, _) = id.0.as_chunks::<4>();
    std::array::from_fn(|n| {
        let at = u32::from_le_bytes(parts[n]) as usize;
        ((at / 64) & (WORDS - 1), 1 << (at % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> CommandId {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(n.to_le_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        CommandId(id)
    }

    #[test]
    fn what_was_added_is_always_known_and_what_was_not_hardly_ever() {
        let known = Known::default();
        let all = ADDED_MAX;
        (0..all).for_each(|n| known.add(id(n)));
        assert!((0..all).all(|n| known.may_have(id(n))));
        assert!(known.is_worn());
        let in_vain = (all..all + 10_000)
            .filter(|&n| known.may_have(id(n)))
            .count();
        assert!(in_vain < 200, "{in_vain} of 10,000");
        let fresh = Known::default();
        fresh.add(id(1));
        known.become_like(&fresh);
        assert!(known.may_have(id(1)) && !known.may_have(id(2)) && !known.is_worn());
    }
}
