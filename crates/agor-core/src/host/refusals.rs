//! The commands that were refused while nothing could be stored. Whoever was told that its command was not carried
//! out may have sent it twice, or have asked again over another link: what comes again is told the same, and is not
//! carried out when there is room. In memory alone: a host that dies has forgotten them, as it has lost every link
//! on which one could still be under way.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use agor_proto::ids::{ClientId, CommandId};

use crate::storage::StoredReceipt;

/// Refusals that are kept, of all clients: several times what one has under way at most.
pub const REFUSALS_KEPT: usize = 4_096;

/// See the module.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<VecDeque<StoredReceipt>>);

impl Refusals {
    fn kept(&self) -> MutexGuard<'_, VecDeque<StoredReceipt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a refusal; beyond [`REFUSALS_KEPT`] the oldest goes.
    pub fn put(&self, receipt: StoredReceipt) {
        let mut kept = self.kept();
        kept.push_back(receipt);
        let excess = kept.len().saturating_sub(REFUSALS_KEPT);
        kept.drain(..excess);
    }

    /// Returns how a command was refused, if it was.
    pub fn get(&self, client: ClientId, id: CommandId) -> Option<StoredReceipt> {
        let kept = self.kept();
        let found = kept.iter().rev();
        let mut found = found.filter(|receipt| (receipt.client, receipt.id) == (client, id));
        found.next().cloned()
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::command::Outcome;
    use agor_proto::error::{ErrorCode, WireError};
    use agor_proto::ids::{CommandN, Seq};

    use super::*;

    const US: ClientId = ClientId([1; 16]);

    fn id(n: usize) -> CommandId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        CommandId(id)
    }

    fn refusal(n: usize) -> StoredReceipt {
        let error = WireError::new(ErrorCode::Storage, "the disk is full");
        StoredReceipt {
            client: US,
            id: id(n),
            n: CommandN(n as u64),
            digest: [0; 32],
            session: None,
            seq: Seq(0),
            outcome: Outcome::Rejected { error },
        }
    }

    #[test]
    fn refusals_kept_are_the_last_ones_and_each_is_its_clients() {
        let refusals = Refusals::default();
        for n in 0..=REFUSALS_KEPT {
            refusals.put(refusal(n));
        }
        assert!(refusals.get(US, id(0)).is_none(), "the oldest went");
        for n in [1, REFUSALS_KEPT] {
            assert_eq!(refusals.get(US, id(n)), Some(refusal(n)));
        }
        assert!(refusals.get(ClientId([2; 16]), id(1)).is_none());
    }
}
