//! Properties of a ring, and hostile contents.

use std::os::fd::{AsFd, OwnedFd};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    pipe::{PipeFlags, pipe_with},
};

use super::{map::Word, *};
use crate::{
    caps,
    record::{self, Record},
};

/// A small generator of the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn ring(start: u64) -> (RingWriter, RingReader) {
    let writer = RingWriter::create(0, start, 1).unwrap();
    let reader = RingReader::map(writer.fds().try_clone().unwrap(), 1).unwrap();
    (writer, reader)
}

fn set(writer: &RingWriter, word: Word, value: u64) {
    rustix::io::pwrite(&writer.fds().memfd, &value.to_ne_bytes(), word as u64).unwrap();
}

fn rings(fd: impl AsFd) -> bool {
    let mut polled = [PollFd::new(&fd, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::default())).unwrap() == 1
}

fn resident(fd: &OwnedFd) -> u64 {
    rustix::fs::fstat(fd).unwrap().st_blocks as u64 * 512
}

fn bytes_from(number: u64, len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|index| (number * 31 + index * 7) as u8)
        .collect()
}

#[test]
fn any_interleaving_of_writing_reading_and_releasing_loses_and_changes_nothing() {
    for seed in 1..=20 {
        let mut random = Random(seed * 0x9e37_79b9);
        let start = [0, 1, 4095, 123_456_789, caps::START_OFFSET][seed as usize % 5];
        let (mut writer, reader) = ring(start);
        let (mut written, mut read) = (0u64, 0u64);
        let (mut position, mut released) = (start, start);
        let mut buffer = Vec::new();
        for _ in 0..3_000 {
            match random.below(4) {
                0 | 1 => {
                    let bound = [40, 4_000, caps::RECORD_BYTES][random.below(3)];
                    let len = random.below(bound);
                    if writer.push(Record::Out(&bytes_from(written, len))) {
                        written += 1;
                    } else {
                        assert!(
                            writer.head() - writer.tail() + (len as u64) + 16 > reader.capacity()
                        );
                    }
                }
                2 => {
                    buffer.clear();
                    let end = reader
                        .read(position, random.below(100_000), &mut buffer)
                        .unwrap();
                    for record in record::iter(position, &buffer) {
                        assert_eq!(record.offset, position);
                        let Record::Out(bytes) = record.record else {
                            panic!("{record:?}")
                        };
                        assert_eq!(bytes, bytes_from(read, bytes.len()), "seed {seed}");
                        read += 1;
                        position = record.end;
                    }
                    assert_eq!(position, end, "every byte belongs to a record");
                }
                _ => {
                    if position > released {
                        reader.release(position).unwrap();
                        released = position;
                    }
                    writer.look();
                    writer.give_back().unwrap();
                }
            }
        }
        reader.read(position, usize::MAX, &mut buffer).unwrap();
        assert_eq!(reader.head(), writer.head());
        assert!(
            written > 300 && read > 300,
            "the test does something: {written} {read}"
        );
    }
}

#[test]
fn at_least_one_record_is_read_however_little_was_asked_for() {
    let (mut writer, reader) = ring(0);
    assert!(writer.push(Record::Out(&[1; 100])) && writer.push(Record::Out(&[2; 100])));
    let mut buffer = Vec::new();
    assert_eq!(reader.read(0, 1, &mut buffer).unwrap(), 116);
    assert_eq!(reader.read(116, 0, &mut buffer).unwrap(), 232);
    assert_eq!(reader.read(232, 100, &mut buffer).unwrap(), 232);
}

#[test]
fn a_full_ring_takes_nothing_until_room_was_released_and_then_the_bell_rings_once() {
    let (mut writer, reader) = ring(0);
    while writer.push(Record::Out(&[7; 1000])) {}
    assert!(!writer.wake_when_half_free());
    let half = writer.head() - reader.capacity() / 2;
    let step = 1016;
    let mut position = 0;
    while position + step < half {
        position += step;
        reader.release(position).unwrap();
        assert!(!rings(&writer.fds().space), "at {position}");
    }
    reader.release(position + 2 * step).unwrap();
    assert!(rings(&writer.fds().space));
    writer.clear_space_bell().unwrap();
    reader.release(position + 3 * step).unwrap();
    assert!(!rings(&writer.fds().space), "nobody asked again");
    assert!(writer.push(Record::Out(&[7; 1000])));
}

#[test]
fn room_released_before_the_writer_asks_to_be_woken_is_noticed_at_once() {
    let (mut writer, reader) = ring(0);
    while writer.push(Record::Out(&[7; 1000])) {}
    reader.release(writer.head()).unwrap();
    assert!(writer.wake_when_half_free());
    assert!(!rings(&writer.fds().space));
}

#[test]
fn output_leaves_room_for_records_of_control() {
    let (mut writer, _reader) = ring(0);
    let (from, to) = pipe_with(PipeFlags::NONBLOCK).unwrap();
    loop {
        while rustix::io::write(&to, &[1; 4096]).is_ok() {}
        if writer
            .fill(record::OUT, caps::RECORD_BYTES, &from)
            .unwrap()
            .stop
            == Stop::Full
        {
            break;
        }
    }
    let filled = writer.fill(record::OUT, caps::RECORD_BYTES, &from).unwrap();
    assert_eq!((filled.bytes, filled.stop), (0, Stop::Full));
    assert!(writer.push(Record::Exited(crate::Exit { code: 0, signal: 0 })));
    assert!(writer.push(Record::Closed));
}

#[test]
fn reading_into_the_ring_ends_with_what_the_pipe_says() {
    let (mut writer, reader) = ring(262_000);
    let (from, to) = pipe_with(PipeFlags::NONBLOCK).unwrap();
    let text = bytes_from(3, 60_000);
    assert_eq!(rustix::io::write(&to, &text).unwrap(), text.len());
    let filled = writer.fill(record::ERR, 50_000, &from).unwrap();
    assert_eq!((filled.bytes, filled.stop), (50_000, Stop::Long));
    let filled = writer.fill(record::ERR, 50_000, &from).unwrap();
    assert_eq!((filled.bytes, filled.stop), (10_000, Stop::Drained));
    drop(to);
    let filled = writer.fill(record::ERR, 50_000, &from).unwrap();
    assert_eq!((filled.bytes, filled.stop), (0, Stop::Ended));
    let mut buffer = Vec::new();
    reader.read(262_000, usize::MAX, &mut buffer).unwrap();
    let read: Vec<u8> = record::iter(262_000, &buffer)
        .flat_map(|record| match record.record {
            Record::Err(bytes) => bytes.to_vec(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(read, text);
}

#[test]
fn a_fenced_reader_releases_nothing_and_its_late_store_harms_nothing() {
    let (mut writer, old) = ring(0);
    for _ in 0..10 {
        assert!(writer.push(Record::Out(b"0123")));
    }
    old.release(40).unwrap();
    writer.fence(2);
    assert!(matches!(old.release(60), Err(RingError::Fenced { by: 2 })));
    let new = RingReader::map(writer.fds().try_clone().unwrap(), 2).unwrap();
    new.release(100).unwrap();
    writer.look();
    assert_eq!(writer.tail(), 100);
    // As if the old one had passed its check before the fence and stored only now.
    set(&writer, Word::Tail, 60);
    writer.look();
    assert_eq!(writer.tail(), 100);
    new.release(120).unwrap();
    writer.look();
    assert_eq!(writer.tail(), 120);
}

#[test]
fn a_tail_beyond_the_head_is_not_believed_and_is_repaired_for_the_next_host() {
    let (mut writer, reader) = ring(0);
    assert!(writer.push(Record::Out(b"0123")));
    assert!(matches!(
        reader.release(21),
        Err(RingError::OutOfRange { .. })
    ));
    set(&writer, Word::Tail, u64::MAX);
    writer.look();
    assert_eq!(writer.tail(), 0);
    assert!(matches!(
        reader.read(0, 100, &mut Vec::new()),
        Err(RingError::Corrupt { .. })
    ));
    writer.fence(2);
    assert_eq!(reader.tail(), 0);
}

#[test]
fn a_position_that_the_ring_does_not_hold_is_refused() {
    let (mut writer, reader) = ring(1000);
    assert!(writer.push(Record::Out(&[1; 84])));
    reader.release(1100).unwrap();
    assert!(writer.push(Record::Out(&[1; 84])));
    for position in [0, 999, 1000, 1099, 1201, u64::MAX] {
        let read = reader.read(position, 100, &mut Vec::new());
        assert!(
            matches!(read, Err(RingError::OutOfRange { .. })),
            "{position}: {read:?}"
        );
    }
}

#[test]
fn a_reader_survives_whatever_stands_in_the_ring() {
    let mut random = Random(99);
    for round in 0..2_000 {
        let (writer, reader) = ring(0);
        let noise: Vec<u8> = (0..8192).map(|_| random.below(256) as u8).collect();
        let page = rustix::param::page_size() as u64;
        rustix::io::pwrite(&writer.fds().memfd, &noise, page).unwrap();
        let words = [
            0,
            1,
            15,
            16,
            17,
            8192,
            reader.capacity(),
            u64::MAX,
            1 << 63,
            round,
        ];
        let (head, tail) = (words[random.below(10)], words[random.below(10)]);
        set(&writer, Word::Head, head);
        set(&writer, Word::Tail, tail);
        let mut buffer = Vec::new();
        if let Ok(end) = reader.read(words[random.below(10)], random.below(10_000), &mut buffer) {
            assert!(end <= head);
            assert!(buffer.len() as u64 <= reader.capacity());
        }
    }
}

#[test]
fn memory_that_is_no_ring_is_refused() {
    let (writer, _) = ring(0);
    for (word, value) in [(Word::Magic, 1), (Word::Abi, 2), (Word::Capacity, 4096)] {
        let (writer, _) = ring(0);
        set(&writer, word, value);
        let mapped = RingReader::map(writer.fds().try_clone().unwrap(), 1);
        assert!(matches!(mapped, Err(RingError::Layout(_))), "{word:?}");
    }
    let not_sealed = rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    rustix::fs::ftruncate(&not_sealed, 1 << 20).unwrap();
    let pipe = pipe_with(PipeFlags::CLOEXEC).unwrap().0;
    for memfd in [not_sealed, pipe] {
        let fds = RingFds {
            memfd,
            ..writer.fds().try_clone().unwrap()
        };
        assert!(matches!(RingReader::map(fds, 1), Err(RingError::Layout(_))));
    }
}

#[test]
fn pages_whose_records_were_consumed_are_given_back() {
    let mut writer = RingWriter::create(4 << 20, 77, 1).unwrap();
    let reader = RingReader::map(writer.fds().try_clone().unwrap(), 1).unwrap();
    let page = rustix::param::page_size() as u64;
    for round in 0..20 {
        for _ in 0..30 {
            assert!(writer.push(Record::Out(&[1; 60_000])));
        }
        // Half consumed: what is left must stay.
        let mut buffer = Vec::new();
        let from = writer.tail();
        let middle = reader.read(from, 900_000, &mut buffer).unwrap();
        reader.release(middle).unwrap();
        writer.look();
        writer.give_back().unwrap();
        buffer.clear();
        reader.read(middle, usize::MAX, &mut buffer).unwrap();
        for record in record::iter(middle, &buffer) {
            assert_eq!(record.record, Record::Out(&[1; 60_000]), "round {round}");
        }
        assert!(writer.wake_to_tidy());
        reader.release(writer.head()).unwrap();
        assert!(rings(&writer.fds().space));
        writer.clear_space_bell().unwrap();
        writer.look();
        writer.give_back().unwrap();
        assert!(resident(&writer.fds().memfd) <= 3 * page, "round {round}");
    }
}
