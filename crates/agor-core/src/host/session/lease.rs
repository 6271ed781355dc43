//! Who drives a session: whose keys reach it and whose size it has.

use std::time::{Duration, Instant};

use agor_proto::ids::{ClientId, ConnEpoch, LeaseToken};
use agor_proto::limits::LEASE_MILLIS;
use agor_proto::message::LeaseStanding;

use crate::rules::{Rule, holds};

const LEASE: Duration = Duration::from_millis(LEASE_MILLIS);

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct LeaseDesk {
    holder: Option<Holder>,
}

#[derive(Debug, Clone, Copy)]
struct Holder {
    client: ClientId,
    token: LeaseToken,
    until: Instant,
    /// The connection on which it spoke of the lease last, if that is there.
    conn: Option<ConnEpoch>,
}

impl LeaseDesk {
    /// Gives the lease to `client` unless another holds it and `force` is not set.
    pub fn take(
        &mut self,
        client: ClientId,
        force: bool,
        fresh: LeaseToken,
        now: Instant,
    ) -> LeaseStanding {
        match self.holder {
            Some(holder) if holder.client != client && now < holder.until && !force => {
                LeaseStanding::Taken { by: holder.client }
            }
            _ => {
                self.holder = Some(Holder {
                    client,
                    token: fresh,
                    until: now + LEASE,
                    conn: None,
                });
                LeaseStanding::Held { token: fresh }
            }
        }
    }

    /// Returns who holds the lease, lapsed or not.
    pub fn holder(&self) -> Option<ClientId> {
        self.holder.map(|holder| holder.client)
    }

    /// Notes that `client` speaks of the lease on `conn`.
    pub fn speaks(&mut self, client: ClientId, conn: ConnEpoch) {
        if let Some(holder) = &mut self.holder
            && holder.client == client
        {
            // What comes late on an older connection does not bring that back.
            holder.conn = holder.conn.max(Some(conn));
        }
    }

    /// Returns the connection of who holds the lease.
    pub fn conn(&self) -> Option<ConnEpoch> {
        self.holder?.conn
    }

    /// Notes that a connection is gone. Its client keeps the lease.
    pub fn remove_conn(&mut self, conn: ConnEpoch) {
        if let Some(holder) = &mut self.holder {
            holder.conn = holder.conn.filter(|&held| held != conn);
        }
    }

    /// Keeps the lease; returns the other client that has it if it was taken meanwhile.
    pub fn renew(&mut self, client: ClientId, token: LeaseToken, now: Instant) -> Option<ClientId> {
        match &mut self.holder {
            Some(holder) if holder.client == client && holder.token == token => {
                holder.until = now + LEASE;
                None
            }
            Some(holder) if holder.client != client => Some(holder.client),
            _ => None,
        }
    }

    /// Says whether `client` drives with `token`, and keeps the lease if so.
    pub fn holds(&mut self, client: ClientId, token: LeaseToken, now: Instant) -> bool {
        match &mut self.holder {
            Some(holder)
                if holder.client == client
                    && (holder.token == token || !holds(Rule::CompareTheToken)) =>
            {
                holder.until = now + LEASE;
                true
            }
            _ => false,
        }
    }

    /// Returns how `client` stands without a valid token.
    pub fn standing(&self, client: ClientId) -> LeaseStanding {
        LeaseStanding::Taken {
            by: self.holder.map_or(client, |holder| holder.client),
        }
    }

    /// Ends the lease if it is `client`'s.
    pub fn release(&mut self, client: ClientId, token: LeaseToken) {
        if self
            .holder
            .is_some_and(|holder| holder.client == client && holder.token == token)
        {
            self.holder = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: ClientId = ClientId([1; 16]);
    const BOB: ClientId = ClientId([2; 16]);
    const FIRST: LeaseToken = LeaseToken([1; 16]);
    const SECOND: LeaseToken = LeaseToken([2; 16]);

    #[test]
    fn lease_millis_without_a_word_end_a_lease() {
        let start = Instant::now();
        let lapses = start + Duration::from_millis(LEASE_MILLIS);
        let mut desk = LeaseDesk::default();
        desk.take(ANN, false, FIRST, start);
        let early = desk.take(BOB, false, SECOND, lapses - Duration::from_millis(1));
        assert_eq!(early, LeaseStanding::Taken { by: ANN });
        let late = desk.take(BOB, false, SECOND, lapses);
        assert_eq!(late, LeaseStanding::Held { token: SECOND });
    }

    #[test]
    fn a_lease_is_kept_by_typing_and_lapses_without() {
        let start = Instant::now();
        let mut desk = LeaseDesk::default();
        assert_eq!(
            desk.take(ANN, false, FIRST, start),
            LeaseStanding::Held { token: FIRST }
        );
        assert!(desk.holds(ANN, FIRST, start + LEASE / 2));
        assert_eq!(
            desk.take(BOB, false, SECOND, start + LEASE),
            LeaseStanding::Taken { by: ANN }
        );
        assert_eq!(
            desk.take(BOB, false, SECOND, start + LEASE * 2),
            LeaseStanding::Held { token: SECOND }
        );
        assert!(
            !desk.holds(ANN, FIRST, start + LEASE * 2),
            "a stale driver never types"
        );
    }

    #[test]
    fn a_driver_is_spoken_to_where_it_spoke_last() {
        let now = Instant::now();
        let mut desk = LeaseDesk::default();
        desk.take(ANN, false, FIRST, now);
        desk.speaks(ANN, ConnEpoch(5));
        desk.speaks(ANN, ConnEpoch(4));
        desk.speaks(BOB, ConnEpoch(6));
        assert_eq!(desk.conn(), Some(ConnEpoch(5)));
        desk.remove_conn(ConnEpoch(4));
        assert_eq!(desk.conn(), Some(ConnEpoch(5)));
        desk.remove_conn(ConnEpoch(5));
        assert_eq!(desk.conn(), None);
        assert!(desk.holds(ANN, FIRST, now));
    }

    #[test]
    fn a_lapsed_lease_goes_on_if_nobody_took_it() {
        let start = Instant::now();
        let mut desk = LeaseDesk::default();
        desk.take(ANN, false, FIRST, start);
        assert!(desk.holds(ANN, FIRST, start + LEASE * 10));
        assert_eq!(desk.renew(ANN, FIRST, start + LEASE * 20), None);
    }

    #[test]
    fn taking_by_force_fences_the_former_driver() {
        let now = Instant::now();
        let mut desk = LeaseDesk::default();
        desk.take(ANN, false, FIRST, now);
        desk.take(BOB, true, SECOND, now);
        assert!(!desk.holds(ANN, FIRST, now));
        assert_eq!(desk.renew(ANN, FIRST, now), Some(BOB));
        desk.release(ANN, FIRST);
        assert!(
            desk.holds(BOB, SECOND, now),
            "a late release of another's lease does nothing"
        );
    }
}
