//! The receipts of commands: given once, settled once, and the oldest forgotten.

use agor_proto::ids::{ClientId, CommandId, SessionId};
use agor_proto::limits::{FORGOTTEN_CLIENTS_MAX, RECEIPTS_MAX, RECEIPTS_PER_CLIENT};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::prepare::ReceiptRow;
use super::super::{StoreError, to_sql, unix_millis};
use super::{Applier, Failure, Known};

/// A client's receipts are counted after so many new ones. To find the oldest that is kept, the database
/// steps over all that are.
const RECEIPTS_COUNT_EVERY: u32 = 512;

/// Of so many clients it is known how many receipts are uncounted.
const UNCOUNTED_CLIENTS_MAX: usize = 4_096;

/// The receipts of all clients are counted after so many new ones.
pub(super) const COUNT_ALL_EVERY: u32 = 4_096;

impl Applier {
    pub(super) fn put_receipt(
        &mut self,
        database: &Connection,
        receipt: &ReceiptRow,
    ) -> Result<(), Failure> {
        let ReceiptRow {
            client,
            id,
            n,
            digest,
            session,
            seq,
            settled,
            outcome,
        } = receipt;
        // Almost every one is new.
        let stored = match self.known.may_have(*id) {
            true => stored_receipt(database, *client, *id)?,
            false => None,
        };
        if let Some((stored_digest, stored_settled, stored_outcome)) = stored {
            if stored_digest != digest {
                return Err(Failure::Refused(StoreError::IdReuse {
                    client: *client,
                    id: *id,
                }));
            }
            if stored_settled {
                if stored_outcome == *outcome {
                    return Ok(());
                }
                return Err(Failure::Refused(StoreError::Settled {
                    client: *client,
                    id: *id,
                }));
            }
            database
                .prepare_cached(
                    "UPDATE receipts SET session = ?3, seq = ?4, final = ?5, outcome = ?6 \
                     WHERE client = ?1 AND command = ?2",
                )?
                .execute(params![
                    client.0,
                    id.0,
                    session.map(SessionId::bytes),
                    to_sql(*seq),
                    settled,
                    outcome
                ])?;
            return Ok(());
        }
        self.known.add(*id);
        database
            .prepare_cached(
                "INSERT INTO receipts (client, command, n, digest, session, seq, final, at_millis, outcome) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                client.0,
                id.0,
                to_sql(*n),
                digest,
                session.map(SessionId::bytes),
                to_sql(*seq),
                settled,
                to_sql(unix_millis()),
                outcome
            ])?;
        let uncounted = self.uncounted.entry(*client).or_insert(0);
        *uncounted += 1;
        if *uncounted >= RECEIPTS_COUNT_EVERY {
            self.uncounted.remove(client);
            forget_receipts(database, &self.known, *client, RECEIPTS_PER_CLIENT)?;
        }
        self.uncounted_in_all += 1;
        if self.uncounted_in_all >= COUNT_ALL_EVERY {
            self.uncounted_in_all = 0;
            // Most clients are command lines that never return.
            if self.uncounted.len() > UNCOUNTED_CLIENTS_MAX {
                self.uncounted.clear();
            }
            forget_oldest(database, &self.known, RECEIPTS_MAX)?;
            forget_clients(database, FORGOTTEN_CLIENTS_MAX)?;
            self.known_is_worn = self.known.is_worn();
        }
        Ok(())
    }

    /// Reads again which receipts are kept, if it is worth it. Called outside of a transaction: what one forgets that
    /// fails is kept.
    pub(in super::super) fn renew_known(&mut self, database: &Connection) -> rusqlite::Result<()> {
        if std::mem::take(&mut self.known_is_worn) {
            // Who looked before the commit may have read how far was forgotten before it.
            self.known.forget();
            self.known.become_like(&Known::of(database)?);
        }
        Ok(())
    }
}

type ReceiptState = (Vec<u8>, bool, Vec<u8>);

fn stored_receipt(
    database: &Connection,
    client: ClientId,
    id: CommandId,
) -> rusqlite::Result<Option<ReceiptState>> {
    database
        .prepare_cached(
            "SELECT digest, final, outcome FROM receipts WHERE client = ?1 AND command = ?2",
        )?
        .query_row(params![client.0, id.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()
}

/// Forgets the oldest of a client's settled receipts beyond `kept`, and notes how far.
fn forget_receipts(
    database: &Connection,
    known: &Known,
    client: ClientId,
    kept: usize,
) -> rusqlite::Result<()> {
    let newest_forgotten: Option<i64> = database
        .prepare_cached(
            "SELECT n FROM receipts WHERE client = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2",
        )?
        .query_row(params![client.0, kept as i64], |row| row.get(0))
        .optional()?;
    let Some(newest_forgotten) = newest_forgotten else {
        return Ok(());
    };
    known.forget();
    database
        .prepare_cached("DELETE FROM receipts WHERE client = ?1 AND n <= ?2 AND final = 1")?
        .execute(params![client.0, newest_forgotten])?;
    database
        .prepare_cached(
            "INSERT INTO forgotten (client, n, at_millis) VALUES (?1, ?2, ?3) \
             ON CONFLICT (client) DO UPDATE \
             SET n = MAX(n, excluded.n), at_millis = excluded.at_millis",
        )?
        .execute(params![client.0, newest_forgotten, to_sql(unix_millis())])?;
    Ok(())
}

/// Forgets the oldest settled receipts of whichever client beyond `kept`, and notes how far those
/// of each went. Most clients are command lines that never return.
fn forget_oldest(database: &Connection, known: &Known, kept: usize) -> rusqlite::Result<()> {
    let newest_forgotten: Option<i64> = database
        .prepare_cached("SELECT at_millis FROM receipts ORDER BY at_millis DESC LIMIT 1 OFFSET ?1")?
        .query_row(params![kept as i64], |row| row.get(0))
        .optional()?;
    let Some(newest_forgotten) = newest_forgotten else {
        return Ok(());
    };
    known.forget();
    database
        .prepare_cached(
            "INSERT INTO forgotten (client, n, at_millis) \
             SELECT client, MAX(n), MAX(at_millis) FROM receipts \
             WHERE at_millis <= ?1 AND final = 1 GROUP BY client \
             ON CONFLICT (client) DO UPDATE \
             SET n = MAX(n, excluded.n), at_millis = MAX(at_millis, excluded.at_millis)",
        )?
        .execute(params![newest_forgotten])?;
    database
        .prepare_cached("DELETE FROM receipts WHERE at_millis <= ?1 AND final = 1")?
        .execute(params![newest_forgotten])?;
    Ok(())
}

/// Forgets the clients that were here longest ago beyond `kept` of those whose receipts are
/// forgotten.
fn forget_clients(database: &Connection, kept: usize) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "DELETE FROM forgotten WHERE at_millis <= \
             (SELECT at_millis FROM forgotten ORDER BY at_millis DESC LIMIT 1 OFFSET ?1)",
        )?
        .execute(params![kept as i64])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::schema::MIGRATIONS;
    use super::*;

    fn database() -> Connection {
        let database = Connection::open_in_memory().unwrap();
        for migration in MIGRATIONS {
            database.execute_batch(migration.sql).unwrap();
        }
        database
    }

    /// Puts the receipts of `clients` that gave two commands each, one client after the other.
    fn put(database: &Connection, clients: std::ops::Range<usize>, settled: bool) {
        let mut insert = database
            .prepare("INSERT INTO receipts VALUES (?1, ?2, ?3, x'00', NULL, 0, ?4, ?5, x'00')")
            .unwrap();
        for client in clients {
            for n in 1..=2 {
                let (id, at) = (format!("{client}/{n}"), client * 10 + n);
                let client = format!("{client:08}");
                insert
                    .execute(params![
                        client.as_bytes(),
                        id.as_bytes(),
                        n as i64,
                        settled,
                        at as i64
                    ])
                    .unwrap();
            }
        }
    }

    /// Puts a receipt as a host does that has just begun: the first one counts all.
    fn one_more(database: &Connection, known: Arc<Known>) -> Applier {
        let receipt = ReceiptRow {
            client: ClientId([1; 16]),
            id: CommandId([2; 16]),
            n: 1,
            digest: [0; 32],
            session: None,
            seq: 0,
            settled: true,
            outcome: vec![0],
        };
        let mut applier = Applier::new(0, known);
        applier.put_receipt(database, &receipt).unwrap();
        applier
    }

    fn count(database: &Connection, table: &str) -> usize {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let count: i64 = database.query_row(&sql, [], |row| row.get(0)).unwrap();
        count as usize
    }

    #[test]
    fn receipts_max_bounds_those_of_all_clients_and_forgetting_them_is_known() {
        let mut database = database();
        let work = database.transaction().unwrap();
        put(&work, 0..1, false);
        put(&work, 1..RECEIPTS_MAX / 2 + 100, true);
        one_more(&work, Arc::default());
        // What is under way stays however old it is.
        assert_eq!(count(&work, "receipts"), RECEIPTS_MAX + 2);
        let (clients, n): (i64, i64) = work
            .query_row("SELECT COUNT(*), MIN(n) FROM forgotten", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!((clients, n), (100, 1));
    }

    #[test]
    fn what_a_transaction_forgot_that_failed_is_known_after_all() {
        let mut database = database();
        database
            .execute(
                "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?1) \
                 INSERT INTO receipts SELECT CAST(printf('%016d', n) AS BLOB), \
                 CAST(printf('%016d', n) AS BLOB), 1, x'00', NULL, 0, 1, n, x'00' FROM n",
                params![RECEIPTS_MAX as i64],
            )
            .unwrap();
        let oldest = CommandId(*b"0000000000000000");
        let known = Arc::new(Known::of(&database).unwrap());
        while !known.is_worn() {
            known.add(CommandId([1; 16]));
        }
        let work = database.transaction().unwrap();
        let mut applier = one_more(&work, Arc::clone(&known));
        let stored = |work: &Connection| stored_receipt(work, ClientId(oldest.0), oldest).unwrap();
        assert!(stored(&work).is_none(), "it was the oldest");
        work.rollback().unwrap();
        assert!(stored(&database).is_some());
        assert!(known.may_have(oldest));
        applier.renew_known(&database).unwrap();
        assert!(known.may_have(oldest) && !known.is_worn());
    }

    #[test]
    fn forgotten_clients_max_bounds_what_is_known_of_clients_that_never_return() {
        let mut database = database();
        let work = database.transaction().unwrap();
        work.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1) \
             INSERT INTO forgotten SELECT CAST(n AS BLOB), 1, n FROM n",
            params![FORGOTTEN_CLIENTS_MAX as i64 + 50],
        )
        .unwrap();
        one_more(&work, Arc::default());
        assert_eq!(count(&work, "forgotten"), FORGOTTEN_CLIENTS_MAX);
        let oldest: i64 = work
            .query_row("SELECT MIN(at_millis) FROM forgotten", [], |row| row.get(0))
            .unwrap();
        assert_eq!(oldest, 51);
    }
}
