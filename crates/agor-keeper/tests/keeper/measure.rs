//! Numbers, not judgements; run with `--ignored --nocapture measure` in a release build.

use std::{
    fs,
    os::fd::AsFd,
    time::{Duration, Instant},
};

use agor_keeper::{Io, Request, record};
use rustix::event::{PollFd, PollFlags, poll};

use crate::harness::{TestKeeper, key, shell};

const LINES: &str = "yes 0123456789012345678901234567890123456789012345678901234567890123456789012345678 \
                     | head -c 500000000";

#[test]
#[ignore = "a measurement"]
fn measure_throughput_of_one_child() {
    let cases = [
        ("pty, cooked, lines of 80", Io::Pty, LINES),
        ("pty, raw", Io::Pty, "stty raw; yes | head -c 500000000"),
        (
            "pty, raw, blocks",
            Io::Pty,
            "stty raw; head -c 500000000 /dev/zero",
        ),
        ("pipes", Io::Pipes, "yes | head -c 500000000"),
    ];
    for (name, io, script) in cases {
        let keeper = TestKeeper::start();
        let mut host = keeper.attach(1);
        let mut spec = shell(1, script);
        spec.io = io;
        spec.ring_bytes = 4 << 20;
        host.spawn(spec);
        let tape = host.tapes.get_mut(&key(1)).unwrap();
        let (mut bytes, mut records, mut reads, mut closed) = (0, 0u64, 0u64, false);
        let mut buffer = Vec::new();
        let begun = Instant::now();
        let ticks = keeper.cpu_ticks();
        while !closed {
            poll(
                &mut [PollFd::from_borrowed_fd(tape.reader.as_fd(), PollFlags::IN)],
                None,
            )
            .unwrap();
            tape.reader.clear_bell().unwrap();
            buffer.clear();
            let end = tape
                .reader
                .read(tape.position, usize::MAX, &mut buffer)
                .unwrap();
            for read in record::iter(tape.position, &buffer) {
                records += 1;
                match read.record {
                    record::Record::Out(out) => bytes += out.len(),
                    record::Record::Closed => closed = true,
                    _ => {}
                }
            }
            tape.position = end;
            tape.reader.release(end).unwrap();
            reads += 1;
        }
        let took = begun.elapsed();
        println!(
            "{name}: {bytes} bytes in {took:.2?}, {:.0} MB/s, keeper {} ms CPU, {} bytes a record, {reads} reads",
            bytes as f64 / 1e6 / took.as_secs_f64(),
            (keeper.cpu_ticks() - ticks) * 10,
            bytes as u64 / records,
        );
    }
}

#[test]
#[ignore = "a measurement"]
fn measure_memory_of_idle_sessions() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    println!("no session: {}", memory(keeper.process.id()));
    for number in 1..=200 {
        // A prompt's worth of output, and something that scrolled by before it.
        host.send(Request::Spawn(shell(
            number,
            "seq 1 40000; echo prompt; exec sleep 1000",
        )));
        host.until("the session", |host| {
            host.tapes.contains_key(&key(number)).then_some(())
        });
        host.until_text(key(number), "prompt");
        if number.is_multiple_of(50) {
            host.ask_input(key(number), 1);
            println!("{number} sessions: {}", memory(keeper.process.id()));
        }
    }
    let (ticks, sleeps, begun) = (keeper.cpu_ticks(), keeper.sleeps(), Instant::now());
    host.until("a second", |_| {
        (begun.elapsed() > Duration::from_secs(1)).then_some(())
    });
    println!(
        "idle second: {} wake-ups, {} ticks",
        keeper.sleeps() - sleeps,
        keeper.cpu_ticks() - ticks
    );
    for number in 1..=200 {
        host.send(Request::Kill {
            session: key(number),
            grace_millis: 0,
        });
    }
    let begun = Instant::now();
    for number in 1..=200 {
        host.until_exit(key(number));
    }
    println!("200 sessions killed in {:.2?}", begun.elapsed());
}

fn memory(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let lines = status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("Rss"));
    lines
        .map(|line| line.replace(['\t', ' '], ""))
        .collect::<Vec<_>>()
        .join(" ")
}
