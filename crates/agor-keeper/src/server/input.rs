//! What waits to be written to one child, and what was written already: each input once, each
//! reply once, none of them split by another. Decides; does no I/O.

use std::collections::{HashMap, VecDeque};

use crate::{
    KeeperError, caps,
    protocol::bytes::{BAD, Put, Take},
};

/// What became of an input that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// It waits for its turn.
    Queued,
    /// It was taken before; everything up to `written` has been written.
    Repeated { written: u64 },
    /// There is no room, or an earlier one of the source was refused and has not come again.
    Full,
}

/// An input that has been written to its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) source: u128,
    pub(super) seq: u64,
}

/// How far one source has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) accepted: u64,
    pub(super) written: u64,
}

#[derive(Debug, Default)]
struct Source {
    progress: Progress,
    /// The first input refused since the last one taken. Later ones must not overtake it.
    refused: Option<u64>,
    used: u64,
}

#[derive(Debug)]
struct Chunk {
    bytes: Vec<u8>,
    origin: Option<Done>,
}

/// The queue of one session.
#[derive(Debug, Default)]
pub(super) struct InputQueue {
    current: Option<Chunk>,
    current_written: usize,
    chunks: VecDeque<Chunk>,
    replies: VecDeque<Vec<u8>>,
    queued_bytes: usize,
    reply_bytes: usize,
    sources: HashMap<u128, Source>,
    uses: u64,
    last_reply: Option<(u64, u32)>,
}

impl InputQueue {
    /// Takes an input unless it was taken before or there is no room for it.
    pub(super) fn offer(&mut self, source: u128, seq: u64, bytes: Vec<u8>) -> Offer {
        let cost = bytes.len() + caps::INPUT_CHUNK_OVERHEAD;
        let fits = self.queued_bytes + cost <= caps::INPUT_QUEUE_BYTES;
        let state = self.source(source);
        if seq <= state.progress.accepted {
            return Offer::Repeated {
                written: state.progress.written,
            };
        }
        if !fits || state.refused.is_some_and(|refused| seq > refused) {
            state.refused = Some(state.refused.map_or(seq, |refused| refused.min(seq)));
            return Offer::Full;
        }
        state.refused = None;
        state.progress.accepted = seq;
        self.queued_bytes += cost;
        self.chunks.push_back(Chunk {
            bytes,
            origin: Some(Done { source, seq }),
        });
        Offer::Queued
    }

    /// Takes a reply if its key is later than every one before. One that finds no room is dropped
    /// for good, so that replies are never written out of order.
    pub(super) fn offer_reply(&mut self, offset: u64, ordinal: u32, bytes: Vec<u8>) {
        if self
            .last_reply
            .is_some_and(|last| (offset, ordinal) <= last)
        {
            return;
        }
        self.last_reply = Some((offset, ordinal));
        let cost = bytes.len() + caps::INPUT_CHUNK_OVERHEAD;
        if self.reply_bytes + cost <= caps::REPLY_QUEUE_BYTES {
            self.reply_bytes += cost;
            self.replies.push_back(bytes);
        }
    }

    /// Returns how far a source has come, and lets it go on after a refusal: who asks knows what to
    /// send next.
    pub(super) fn ask(&mut self, source: u128) -> Progress {
        self.sources
            .get_mut(&source)
            .map_or(Progress::default(), |state| {
                state.refused = None;
                state.progress
            })
    }

    /// Returns how far a source has come.
    pub(super) fn progress(&self, source: u128) -> Progress {
        self.sources
            .get(&source)
            .map_or(Progress::default(), |state| state.progress)
    }

    /// Lets every source go on after a refusal: a new host has attached and sends again.
    pub(super) fn forget_refusals(&mut self) {
        for state in self.sources.values_mut() {
            state.refused = None;
        }
    }

    /// Returns whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.current.is_none() && self.chunks.is_empty() && self.replies.is_empty()
    }

    /// Returns the bytes to write next; they may be none, if the input was empty.
    pub(super) fn front(&mut self) -> Option<&[u8]> {
        if self.current.is_none() {
            // A program that asked waits for its answer, perhaps before it reads a long paste.
            self.current = match self.replies.pop_front() {
                Some(bytes) => Some(Chunk {
                    bytes,
                    origin: None,
                }),
                None => self.chunks.pop_front(),
            };
            self.current_written = 0;
        }
        self.current
            .as_ref()
            .map(|chunk| &chunk.bytes[self.current_written..])
    }

    /// Notes that the first `count` bytes of [`InputQueue::front`] were written, and returns the
    /// input that this completed.
    pub(super) fn advance(&mut self, count: usize) -> Option<Done> {
        let chunk = self.current.as_ref()?;
        self.current_written += count;
        debug_assert!(self.current_written <= chunk.bytes.len());
        if self.current_written < chunk.bytes.len() {
            return None;
        }
        let cost = chunk.bytes.len() + caps::INPUT_CHUNK_OVERHEAD;
        let origin = chunk.origin;
        self.current = None;
        self.current_written = 0;
        match origin {
            Some(done) => {
                self.queued_bytes -= cost;
                if let Some(state) = self.sources.get_mut(&done.source) {
                    state.progress.written = done.seq;
                }
            }
            None => self.reply_bytes -= cost,
        }
        self.shrink();
        origin
    }

    /// Drops everything that waits, since nobody will read it, and returns the last input dropped
    /// of each source.
    pub(super) fn abandon(&mut self) -> Vec<Done> {
        let mut last: HashMap<u128, u64> = HashMap::new();
        for chunk in self.current.take().into_iter().chain(self.chunks.drain(..)) {
            if let Some(done) = chunk.origin {
                last.insert(done.source, done.seq);
            }
        }
        self.current_written = 0;
        self.replies = VecDeque::new();
        self.chunks = VecDeque::new();
        self.queued_bytes = 0;
        self.reply_bytes = 0;
        last.into_iter()
            .map(|(source, seq)| Done { source, seq })
            .collect()
    }

    /// Writes down what waits and how far each source came. What was refused is not kept: the next
    /// host asks or sends again.
    pub(super) fn hand_over(&self, put: &mut Put) {
        let waiting = self.current.iter().chain(&self.chunks);
        put.u8(self.current.is_some().into())
            .u64(self.current_written as u64)
            .u32(waiting.clone().count() as u32);
        for chunk in waiting {
            put.u8(chunk.origin.is_some().into());
            if let Some(Done { source, seq }) = chunk.origin {
                put.u128(source).u64(seq);
            }
            put.bytes(&chunk.bytes);
        }
        put.u32(self.replies.len() as u32);
        for reply in &self.replies {
            put.bytes(reply);
        }
        put.u8(self.last_reply.is_some().into());
        if let Some((offset, ordinal)) = self.last_reply {
            put.u64(offset).u32(ordinal);
        }
        put.u64(self.uses).u32(self.sources.len() as u32);
        for (source, state) in &self.sources {
            put.u128(*source)
                .u64(state.progress.accepted)
                .u64(state.progress.written)
                .u64(state.used);
        }
    }

    /// Reads what [`InputQueue::hand_over`] wrote.
    pub(super) fn take_over(take: &mut Take<'_>) -> Result<Self, KeeperError> {
        let mut queue = Self::default();
        let begun = take.flag()?;
        // Earlier keepers left it as it was after the last one.
        queue.current_written = take.u64()? as usize * usize::from(begun);
        for _ in 0..take.count(1 + 4)? {
            let origin = take.flag()?.then(|| -> Result<Done, KeeperError> {
                Ok(Done {
                    source: take.u128()?,
                    seq: take.u64()?,
                })
            });
            let origin = origin.transpose()?;
            let bytes = take.bytes(caps::INPUT_BYTES)?.to_vec();
            let cost = bytes.len() + caps::INPUT_CHUNK_OVERHEAD;
            match origin {
                Some(_) => queue.queued_bytes += cost,
                None => queue.reply_bytes += cost,
            }
            queue.chunks.push_back(Chunk { bytes, origin });
        }
        if begun {
            queue.current = queue.chunks.pop_front();
        }
        let length = queue.current.as_ref().map_or(0, |chunk| chunk.bytes.len());
        if queue.current_written > length {
            return Err(BAD);
        }
        for _ in 0..take.count(4)? {
            let reply = take.bytes(caps::REPLY_BYTES)?.to_vec();
            queue.reply_bytes += reply.len() + caps::INPUT_CHUNK_OVERHEAD;
            queue.replies.push_back(reply);
        }
        if take.flag()? {
            queue.last_reply = Some((take.u64()?, take.u32()?));
        }
        queue.uses = take.u64()?;
        for _ in 0..take.count(16 + 3 * 8)? {
            let source = take.u128()?;
            let progress = Progress {
                accepted: take.u64()?,
                written: take.u64()?,
            };
            let state = Source {
                progress,
                refused: None,
                used: take.u64()?,
            };
            queue.sources.insert(source, state);
        }
        Ok(queue)
    }

    fn source(&mut self, source: u128) -> &mut Source {
        if !self.sources.contains_key(&source) && self.sources.len() >= caps::INPUT_SOURCES {
            self.drop_oldest_source();
        }
        self.uses += 1;
        let state = self.sources.entry(source).or_default();
        state.used = self.uses;
        state
    }

    /// Forgets the source unused for longest, if possible one of which nothing waits.
    fn drop_oldest_source(&mut self) {
        let waits = |state: &Source| state.progress.accepted > state.progress.written;
        let oldest = self
            .sources
            .iter()
            .min_by_key(|(_, state)| (waits(state), state.used))
            .map(|(source, _)| *source);
        if let Some(oldest) = oldest {
            self.sources.remove(&oldest);
        }
    }

    /// Lets go of the memory of a long queue once it is empty.
    fn shrink(&mut self) {
        if self.is_empty() && self.chunks.capacity() > 64 {
            self.chunks = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: u128 = 1;

    /// Writes everything in steps of at most `step` bytes.
    fn drain(queue: &mut InputQueue, step: usize) -> (Vec<u8>, Vec<Done>) {
        let (mut bytes, mut done) = (Vec::new(), Vec::new());
        while let Some(front) = queue.front() {
            let count = front.len().min(step);
            bytes.extend_from_slice(&front[..count]);
            done.extend(queue.advance(count));
        }
        (bytes, done)
    }

    #[test]
    fn an_input_that_comes_again_is_written_once_and_confirmed_once_written() {
        let mut queue = InputQueue::default();
        assert_eq!(queue.offer(ME, 1, b"ab".to_vec()), Offer::Queued);
        assert_eq!(
            queue.offer(ME, 1, b"ab".to_vec()),
            Offer::Repeated { written: 0 }
        );
        assert_eq!(queue.front(), Some(&b"ab"[..]));
        assert_eq!(queue.advance(1), None);
        assert_eq!(
            queue.offer(ME, 1, b"ab".to_vec()),
            Offer::Repeated { written: 0 }
        );
        assert_eq!(queue.advance(1), Some(Done { source: ME, seq: 1 }));
        assert_eq!(
            queue.offer(ME, 1, b"ab".to_vec()),
            Offer::Repeated { written: 1 }
        );
        assert!(queue.is_empty());
    }

    #[test]
    fn gaps_are_allowed_and_empty_inputs_are_confirmed_in_order() {
        let mut queue = InputQueue::default();
        for (seq, text) in [(3, "a"), (7, ""), (8, "b")] {
            assert_eq!(queue.offer(ME, seq, text.into()), Offer::Queued);
        }
        let (bytes, done) = drain(&mut queue, 1);
        assert_eq!(bytes, b"ab");
        assert_eq!(done.iter().map(|d| d.seq).collect::<Vec<_>>(), [3, 7, 8]);
    }

    #[test]
    fn a_refused_input_is_not_overtaken_by_later_ones_of_its_source() {
        let mut queue = InputQueue::default();
        let big = vec![b'x'; caps::INPUT_QUEUE_BYTES - 200];
        assert_eq!(queue.offer(ME, 1, big), Offer::Queued);
        assert_eq!(queue.offer(ME, 2, vec![b'y'; 1000]), Offer::Full);
        assert_eq!(queue.offer(ME, 3, b"z".to_vec()), Offer::Full);
        assert_eq!(
            queue.offer(2, 1, b"o".to_vec()),
            Offer::Queued,
            "another source goes on"
        );
        drain(&mut queue, usize::MAX);
        assert_eq!(queue.offer(ME, 3, b"z".to_vec()), Offer::Full);
        assert_eq!(queue.offer(ME, 2, b"y".to_vec()), Offer::Queued);
        assert_eq!(queue.offer(ME, 3, b"z".to_vec()), Offer::Queued);
        assert_eq!(
            queue.ask(ME),
            Progress {
                accepted: 3,
                written: 1
            }
        );
    }

    #[test]
    fn a_source_that_asks_how_far_it_came_may_go_on_past_what_was_refused() {
        let mut queue = InputQueue::default();
        queue.offer(ME, 1, vec![0; caps::INPUT_QUEUE_BYTES - 100]);
        assert_eq!(queue.offer(ME, 2, vec![0; 1000]), Offer::Full);
        drain(&mut queue, usize::MAX);
        assert_eq!(
            queue.ask(ME),
            Progress {
                accepted: 1,
                written: 1
            }
        );
        assert_eq!(queue.offer(ME, 9, b"later".to_vec()), Offer::Queued);
    }

    #[test]
    fn many_tiny_inputs_meet_input_queue_max_too() {
        let mut queue = InputQueue::default();
        let taken = (1..)
            .take_while(|seq| queue.offer(ME, *seq, vec![0]) == Offer::Queued)
            .count();
        assert_eq!(
            taken,
            caps::INPUT_QUEUE_BYTES / (caps::INPUT_CHUNK_OVERHEAD + 1)
        );
    }

    #[test]
    fn only_a_reply_with_a_later_key_is_written() {
        let mut queue = InputQueue::default();
        let keys = [(5, 0), (5, 0), (5, 1), (4, 9), (5, 1), (6, 0)];
        for (index, (offset, ordinal)) in keys.into_iter().enumerate() {
            queue.offer_reply(offset, ordinal, index.to_string().into_bytes());
        }
        assert_eq!(drain(&mut queue, 1).0, b"025");
    }

    #[test]
    fn a_reply_goes_before_waiting_input_but_splits_none() {
        let mut queue = InputQueue::default();
        queue.offer(ME, 1, b"first".to_vec());
        queue.offer(ME, 2, b"second".to_vec());
        assert_eq!(queue.front(), Some(&b"first"[..]));
        assert_eq!(queue.advance(2), None);
        queue.offer_reply(1, 0, b"<reply>".to_vec());
        assert_eq!(drain(&mut queue, 3).0, b"rst<reply>second");
    }

    #[test]
    fn replies_that_nobody_reads_are_dropped_at_reply_queue_max_and_do_not_come_back() {
        let mut queue = InputQueue::default();
        for offset in 0..10_000 {
            queue.offer_reply(offset, 0, vec![b'r'; 10]);
        }
        let (bytes, _) = drain(&mut queue, usize::MAX);
        assert!(bytes.len() < caps::REPLY_QUEUE_BYTES);
        queue.offer_reply(9_999, 0, b"again".to_vec());
        assert!(queue.is_empty());
    }

    #[test]
    fn beyond_input_sources_max_the_one_unused_for_longest_is_forgotten_but_not_one_that_waits() {
        let mut queue = InputQueue::default();
        queue.offer(0, 1, b"written".to_vec());
        drain(&mut queue, usize::MAX);
        queue.offer(1, 1, b"waits".to_vec());
        for source in 2..=caps::INPUT_SOURCES as u128 {
            assert_eq!(queue.offer(source, 1, Vec::new()), Offer::Queued);
        }
        assert_eq!(queue.ask(0), Progress::default());
        assert_eq!(
            queue.ask(1),
            Progress {
                accepted: 1,
                written: 0
            }
        );
    }

    #[test]
    fn a_queue_that_is_handed_over_goes_on_in_the_middle_of_an_input() {
        let mut queue = InputQueue::default();
        queue.offer(ME, 1, b"written".to_vec());
        drain(&mut queue, usize::MAX);
        queue.offer(ME, 2, b"half".to_vec());
        queue.offer(2, 9, b"whole".to_vec());
        queue.front();
        queue.advance(2);
        queue.offer_reply(7, 1, b"<reply>".to_vec());

        let mut put = Put(Vec::new());
        queue.hand_over(&mut put);
        let mut take = Take(&put.0);
        let mut next = InputQueue::take_over(&mut take).unwrap();
        take.end().unwrap();

        next.offer_reply(7, 1, b"again".to_vec());
        assert_eq!(
            next.offer(ME, 2, b"half".to_vec()),
            Offer::Repeated { written: 1 }
        );
        let (bytes, done) = drain(&mut next, 3);
        assert_eq!(bytes, b"lf<reply>whole");
        let last = Done { source: 2, seq: 9 };
        assert_eq!(done, [Done { source: ME, seq: 2 }, last]);
        assert_eq!((next.queued_bytes, next.reply_bytes), (0, 0));
    }

    /// Every later program reads this; it is never changed.
    #[test]
    fn a_queue_is_handed_over_in_the_form_of_the_first_release() {
        let mut queue = InputQueue::default();
        queue.offer(ME, 1, b"half".to_vec());
        queue.offer(ME, 2, b"whole".to_vec());
        queue.front();
        queue.advance(2);
        queue.offer_reply(7, 1, b"<r>".to_vec());
        let form: [&[u8]; 21] = [
            // One is begun, of which two bytes are written; two inputs, each of a source, with its number.
            &[1],
            &2_u64.to_le_bytes(),
            &2_u32.to_le_bytes(),
            &[1],
            &ME.to_le_bytes(),
            &1_u64.to_le_bytes(),
            &[4, 0, 0, 0, b'h', b'a', b'l', b'f'],
            &[1],
            &ME.to_le_bytes(),
            &2_u64.to_le_bytes(),
            &[5, 0, 0, 0, b'w', b'h', b'o', b'l', b'e'],
            // One reply, and the place of the last one.
            &1_u32.to_le_bytes(),
            &[3, 0, 0, 0, b'<', b'r', b'>'],
            &[1],
            &7_u64.to_le_bytes(),
            &1_u32.to_le_bytes(),
            // Two uses; one source, taken up to 2, written up to 0, used last by the second.
            &2_u64.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &ME.to_le_bytes(),
            &[2_u64.to_le_bytes(), 0_u64.to_le_bytes()].concat(),
            &2_u64.to_le_bytes(),
        ];
        let mut put = Put(Vec::new());
        queue.hand_over(&mut put);
        assert_eq!(put.0, form.concat());
        let mut take = Take(&put.0);
        let mut next = InputQueue::take_over(&mut take).unwrap();
        take.end().unwrap();
        assert_eq!(drain(&mut next, 100).0, b"lf<r>whole");
        assert_eq!(next.progress(ME).written, 2);
    }

    #[test]
    fn what_nobody_will_read_is_named_once_for_each_source() {
        let mut queue = InputQueue::default();
        queue.offer(ME, 1, b"a".to_vec());
        queue.offer(ME, 2, b"b".to_vec());
        queue.offer_reply(0, 0, b"r".to_vec());
        assert_eq!(queue.abandon(), [Done { source: ME, seq: 2 }]);
        assert!(queue.is_empty());
        assert_eq!(
            queue.offer(ME, 3, vec![0; caps::INPUT_QUEUE_BYTES / 2]),
            Offer::Queued
        );
    }
}
