//! The receipts of commands: given once, settled once, and the oldest forgotten.

use agor_proto::ids::{ClientId, CommandId, SessionId};
use agor_proto::limits::RECEIPTS_PER_CLIENT;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::prepare::ReceiptRow;
use super::super::{StoreError, to_sql, unix_millis};
use super::{Applier, Failure};

/// A client's receipts are counted after so many new ones.
const RECEIPTS_COUNT_EVERY: u32 = 64;

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
        let stored = stored_receipt(database, *client, *id)?;
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
            forget_receipts(database, *client, RECEIPTS_PER_CLIENT)?;
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
fn forget_receipts(database: &Connection, client: ClientId, kept: usize) -> rusqlite::Result<()> {
    let newest_forgotten: Option<i64> = database
        .prepare_cached(
            "SELECT n FROM receipts WHERE client = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2",
        )?
        .query_row(params![client.0, kept as i64], |row| row.get(0))
        .optional()?;
    let Some(newest_forgotten) = newest_forgotten else {
        return Ok(());
    };
    database
        .prepare_cached("DELETE FROM receipts WHERE client = ?1 AND n <= ?2 AND final = 1")?
        .execute(params![client.0, newest_forgotten])?;
    database
        .prepare_cached(
            "INSERT INTO forgotten (client, n) VALUES (?1, ?2) \
             ON CONFLICT (client) DO UPDATE SET n = MAX(n, excluded.n)",
        )?
        .execute(params![client.0, newest_forgotten])?;
    Ok(())
}
