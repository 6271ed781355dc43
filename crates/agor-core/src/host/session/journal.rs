//! What a session writes to the store, in order: its events, its output, its receipts.
//!
//! One transaction is under way at a time; what comes meanwhile gathers for the next, so that a
//! flood commits in large groups and a quiet session at once. An event is told to subscribers
//! after its commit: one that was told can never be given another number.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use agor_proto::command::{Outcome, Receipt};
use agor_proto::error::ErrorCode;
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{ClientId, CommandId, CommandN, LogEpoch, Offset, Seq, SessionId};
use agor_proto::limits::{EVENT_BATCH_MAX, SESSION_EVENTS_MAX};
use agor_term::LeftPage;

use super::Now;
use crate::storage::{SessionRow, StoredReceipt, Transaction, UsageDay, WhenFull, Write};

/// Events that are kept in memory for subscribers that were away for a moment.
const RECENT_EVENTS: usize = EVENT_BATCH_MAX;

/// Events that are given up at once, so that few of many transactions do it.
const EVENTS_PRUNED: u64 = 1_024;

/// A command as its receipts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Whose command.
    pub client: ClientId,
    /// Which.
    pub id: CommandId,
    /// Its place among the client's.
    pub n: CommandN,
    /// The digest of its body.
    pub digest: [u8; 32],
}

/// What is on disk since the last time.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Committed {
    /// Events, in order.
    pub events: Vec<Event>,
    /// The end of the output that is on disk, if that moved.
    pub to: Option<Offset>,
    /// Commands that may be carried out now.
    pub accepted: Vec<CommandId>,
    /// Receipts to tell.
    pub receipts: Vec<Receipt>,
    /// The last of the pages that are on disk, if there are more.
    pub page: Option<u64>,
    /// Whether the session is no longer stored.
    pub removed: bool,
}

/// See the module.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Journal {
    session: SessionId,
    private: bool,
    epoch: LogEpoch,
    first_seq: Seq,
    last_seq: Seq,
    committed_seq: Seq,
    committed_to: Offset,
    /// Whether the session is being removed: nothing of it is stored any more but receipts.
    removed: bool,
    /// Holes that were kept of the record since the host began.
    gaps: u64,
    recent: VecDeque<Event>,
    gathering: Gathering,
    under_way: Option<Gathering>,
}

/// One transaction's worth.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
struct Gathering {
    session: Option<SessionRow>,
    gap: Option<(Offset, Offset)>,
    record: Option<(Offset, Vec<u8>)>,
    checkpoint: Option<(Offset, Vec<u8>)>,
    /// Pages that left the terminal.
    pages: Vec<LeftPage>,
    /// The numbers of the pages that are kept.
    kept_pages: Option<Range<u64>>,
    /// What its agent used, by day.
    usage: BTreeMap<i64, UsageDay>,
    receipts: Vec<(Ticket, Seq, Outcome)>,
    removes: bool,
    /// The first event that is kept from now on.
    prune: Option<Seq>,
    outcome: Committed,
}

impl Gathering {
    fn is_empty(&self) -> bool {
        self.session.is_none()
            && self.gap.is_none()
            && self.record.is_none()
            && self.checkpoint.is_none()
            && self.pages.is_empty()
            && self.kept_pages.is_none()
            && self.usage.is_empty()
            && self.receipts.is_empty()
            && !self.removes
            && self.prune.is_none()
            && self.outcome.events.is_empty()
    }
}

impl Journal {
    /// Returns the journal of a stored session, which keeps the events `first_seq` to
    /// `last_seq` and the output up to `end`.
    pub fn new(row: &SessionRow, first_seq: Seq, last_seq: Seq, end: Offset) -> Self {
        Self {
            session: row.id,
            private: row.spec.private,
            epoch: row.epoch,
            first_seq,
            last_seq,
            committed_seq: last_seq,
            committed_to: end,
            removed: false,
            gaps: 0,
            recent: VecDeque::new(),
            gathering: Gathering::default(),
            under_way: None,
        }
    }

    /// Says whether nothing of the session may be written.
    pub fn set_private(&mut self, private: bool) {
        self.private = private;
    }

    /// Returns the history in which the events are numbered.
    pub fn epoch(&self) -> LogEpoch {
        self.epoch
    }

    /// Returns the number of the last event, on disk or not.
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Returns the number of the last event that is on disk.
    pub fn committed_seq(&self) -> Seq {
        self.committed_seq
    }

    /// Returns the end of the output that is on disk.
    pub fn committed_offset(&self) -> Offset {
        self.committed_to
    }

    /// Returns how many holes were kept of the record since the host began.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Says whether everything is on disk.
    pub fn is_quiet(&self) -> bool {
        self.gathering.is_empty() && self.under_way.is_none()
    }

    /// Returns the committed events after `after` if they are still in memory.
    pub fn recent_after(&self, after: Seq) -> Option<Vec<Event>> {
        let first = self
            .recent
            .front()
            .map_or(self.committed_seq.next(), |event| event.seq);
        if after.next() < first {
            return None;
        }
        Some(
            self.recent
                .iter()
                .filter(|event| event.seq > after)
                .cloned()
                .collect(),
        )
    }

    /// Returns the oldest event that can still be told, or the next if there is none.
    pub fn first_kept(&self) -> Seq {
        if self.private {
            self.recent
                .front()
                .map_or(self.committed_seq.next(), |event| event.seq)
        } else {
            self.first_seq
        }
    }

    /// Numbers and keeps an event.
    pub fn event(&mut self, body: EventBody, offset: Offset, at_millis: u64) -> Seq {
        if self.removed {
            return Seq(0);
        }
        self.last_seq = self.last_seq.next();
        self.gathering.outcome.events.push(Event {
            seq: self.last_seq,
            at_millis,
            offset,
            body,
        });
        self.last_seq
    }

    /// Keeps records that were folded, which end at `to`.
    pub fn record(&mut self, from: Offset, to: Offset, bytes: &[u8]) {
        if self.removed {
            return;
        }
        self.gathering.outcome.to = Some(to);
        let (_, kept) = self
            .gathering
            .record
            .get_or_insert_with(|| (from, Vec::new()));
        if !self.private {
            kept.extend_from_slice(bytes);
        }
    }

    /// Keeps that the record has a hole; there must be nothing else to keep of it yet.
    pub fn gap(&mut self, from: Offset, to: Offset) {
        self.gaps += 1;
        self.gathering.gap = Some((from, to));
        self.gathering.outcome.to = Some(to);
    }

    /// Keeps a checkpoint of the terminal at `offset`.
    pub fn checkpoint(&mut self, offset: Offset, data: Vec<u8>) {
        if !self.removed {
            self.gathering.checkpoint = Some((offset, data));
        }
    }

    /// Keeps a page that left the terminal. It is stored with the output that it came of, or what
    /// comes next, and so before a checkpoint that says that it left.
    pub fn page(&mut self, page: LeftPage) {
        if !self.removed && !self.private {
            self.gathering.outcome.page = Some(page.number);
            self.gathering.pages.push(page);
        }
    }

    /// Keeps the pages with these numbers, and no others.
    pub fn keep_pages(&mut self, kept: Range<u64>) {
        if !self.removed && !self.private {
            self.gathering.kept_pages = Some(kept);
        }
    }

    /// Keeps the session's own row.
    pub fn session(&mut self, row: SessionRow) {
        if !self.removed {
            self.gathering.session = Some(row);
        }
    }

    /// Says whether a command that was accepted is on its way to the disk.
    pub fn is_accepting(&self) -> bool {
        let mut ways = std::iter::once(&self.gathering).chain(&self.under_way);
        ways.any(|way| !way.outcome.accepted.is_empty())
    }

    /// Keeps what the session's agent used on a day.
    pub fn usage(&mut self, day: UsageDay) {
        if !self.removed {
            self.gathering.usage.insert(day.day, day);
        }
    }

    /// Keeps that a command was accepted; it comes back in [`Committed::accepted`].
    pub fn accept(&mut self, ticket: Ticket, seq: Seq) {
        self.gathering.outcome.accepted.push(ticket.id);
        self.put_receipt(ticket, seq, Outcome::Accepted { seq });
    }

    /// Keeps a command's end, with the event that tells of it; returns the outcome with that.
    pub fn finish(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        offset: Offset,
        now: Now,
    ) -> Outcome {
        let told = EventBody::CommandEnded {
            id: ticket.id,
            outcome: outcome.clone(),
        };
        let seq = self.event(told, offset, now.unix_millis);
        let outcome = match outcome {
            Outcome::Done { .. } => Outcome::Done { seq },
            other => other,
        };
        self.put_receipt(ticket, seq, outcome.clone());
        outcome
    }

    /// Keeps that a command was refused before anything was done for it.
    pub fn refuse(&mut self, ticket: Ticket, outcome: Outcome) {
        self.put_receipt(ticket, Seq(0), outcome);
    }

    /// Keeps that nobody knows whether a command of an earlier life of the host took effect.
    pub fn finish_unknown(&mut self, receipt: StoredReceipt, offset: Offset, now: Now) {
        let ticket = Ticket {
            client: receipt.client,
            id: receipt.id,
            n: receipt.n,
            digest: receipt.digest,
        };
        self.finish(ticket, Outcome::Interrupted, offset, now);
    }

    /// Forgets the session with everything, and keeps the receipt of the command that asked it, if
    /// one did.
    pub fn remove(&mut self, ticket: Option<Ticket>) {
        self.removed = true;
        self.gathering.removes = true;
        self.gathering.outcome.removed = true;
        // What was accepted in the same breath is not carried out any more.
        self.gathering.outcome.accepted.clear();
        // On a full disk one may have been accepted and ended since: its end counts.
        let ended = self.gathering.outcome.receipts.iter();
        let ended = ended.filter(|receipt| receipt.outcome.is_final());
        let ended: Vec<CommandId> = ended.map(|receipt| receipt.id).collect();
        let counts = |id: CommandId, outcome: &Outcome| outcome.is_final() || !ended.contains(&id);
        let receipts = &mut self.gathering.receipts;
        receipts.retain(|(ticket, _, outcome)| counts(ticket.id, outcome));
        let told = &mut self.gathering.outcome.receipts;
        told.retain(|receipt| counts(receipt.id, &receipt.outcome));
        let gone = || super::rejected(ErrorCode::NoSession, "the session was removed");
        for (_, _, outcome) in &mut self.gathering.receipts {
            if !outcome.is_final() {
                *outcome = gone();
            }
        }
        for receipt in &mut self.gathering.outcome.receipts {
            if !receipt.outcome.is_final() {
                receipt.outcome = gone();
            }
        }
        self.gathering.session = None;
        self.gathering.record = None;
        self.gathering.checkpoint = None;
        self.gathering.pages.clear();
        self.gathering.kept_pages = None;
        self.gathering.outcome.events.clear();
        self.gathering.prune = None;
        // What is not stored any more is not released either: its ring goes as a whole.
        self.gathering.outcome.to = None;
        if let Some(ticket) = ticket {
            self.put_receipt(ticket, Seq(0), Outcome::Done { seq: Seq(0) });
        }
    }

    /// Gives up the oldest events beyond what is kept, some at once.
    fn prune_if_due(&mut self) {
        let before = Seq((self.last_seq.0 + 1).saturating_sub(SESSION_EVENTS_MAX));
        let due = before.0 >= self.first_seq.0 + EVENTS_PRUNED;
        if due && !self.private && !self.removed && self.gathering.prune.is_none() {
            self.gathering.prune = Some(before);
        }
    }

    fn put_receipt(&mut self, ticket: Ticket, seq: Seq, outcome: Outcome) {
        let receipt = Receipt {
            id: ticket.id,
            outcome: outcome.clone(),
        };
        self.gathering.outcome.receipts.push(receipt);
        self.gathering.receipts.push((ticket, seq, outcome));
    }

    /// Returns the next transaction, if there is one and none is under way.
    pub fn next_transaction(&mut self) -> Option<Transaction> {
        if self.private || self.under_way.is_some() || self.gathering.is_empty() {
            return None;
        }
        self.prune_if_due();
        let mut gathered = std::mem::take(&mut self.gathering);
        let transaction = self.transaction(&mut gathered);
        self.under_way = Some(gathered);
        Some(transaction)
    }

    /// Says whether what has gathered needs no store: a private session's. It is then "on disk"
    /// at once.
    pub fn commits_itself(&mut self) -> bool {
        if !self.private || self.gathering.is_empty() || self.under_way.is_some() {
            return false;
        }
        self.under_way = Some(std::mem::take(&mut self.gathering));
        true
    }

    /// Moves the gathered writes out, in the order in which the store must see them.
    fn transaction(&self, gathered: &mut Gathering) -> Transaction {
        let session = self.session;
        let mut writes = Vec::new();
        if let Some(row) = gathered.session.take() {
            writes.push(Write::PutSession(row));
        }
        if let Some((from, to)) = gathered.gap.take() {
            writes.push(Write::AppendGap { session, from, to });
        }
        if let Some((from, bytes)) = gathered.record.take() {
            let to = Offset(from.0 + bytes.len() as u64);
            writes.push(Write::AppendRecord {
                session,
                from,
                to,
                bytes,
            });
        }
        if !gathered.outcome.events.is_empty() {
            let events = gathered.outcome.events.clone();
            writes.push(Write::AppendEvents { session, events });
        }
        let pages = std::mem::take(&mut gathered.pages).into_iter();
        writes.extend(pages.map(|page| Write::PutPage { session, page }));
        if let Some(kept) = gathered.kept_pages.take() {
            writes.push(Write::PrunePages { session, kept });
        }
        if let Some((offset, data)) = gathered.checkpoint.take() {
            writes.push(Write::PutCheckpoint {
                session,
                offset,
                data,
            });
        }
        let days = std::mem::take(&mut gathered.usage);
        writes.extend(days.into_values().map(Write::PutUsage));
        if let Some(before) = gathered.prune {
            writes.push(Write::PruneEvents { session, before });
        }
        if gathered.removes {
            writes.push(Write::RemoveSession { session });
        }
        for (ticket, seq, outcome) in gathered.receipts.drain(..) {
            writes.push(Write::PutReceipt(StoredReceipt {
                client: ticket.client,
                id: ticket.id,
                n: ticket.n,
                digest: ticket.digest,
                session: Some(session),
                seq,
                outcome,
            }));
        }
        // A full disk makes sessions wait, whatever they have to say; it never ends the host.
        Transaction::new(writes).when_full(WhenFull::Wait)
    }

    /// Returns what the transaction that was under way made true.
    pub fn committed(&mut self) -> Option<Committed> {
        let Gathering { outcome, prune, .. } = self.under_way.take()?;
        self.first_seq = prune.unwrap_or(self.first_seq);
        if let Some(last) = outcome.events.last() {
            self.committed_seq = last.seq;
        }
        self.committed_to = outcome.to.unwrap_or(self.committed_to);
        self.recent.extend(outcome.events.iter().cloned());
        let excess = self.recent.len().saturating_sub(RECENT_EVENTS);
        self.recent.drain(..excess);
        Some(outcome)
    }
}
