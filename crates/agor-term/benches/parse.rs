//! How fast output becomes a screen: CPU time of one thread on seeded payloads at 120x40 with
//! 10,000 rows of history, beside `alacritty_terminal` and rio-vt in the same run. Prints JSON lines.
//! Where the peers show the same screen, so must we.
//!
//! `cargo xtask bench term`; or, without rio-vt, `cargo bench -p agor-term --bench parse [-- CASE]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its measurements")]

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};

use agor_proto::ids::{InputSeq, Offset, SessionId, Size};
use agor_term::update::Viewer;
use agor_term::{Options, Terminal};
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::{Config, Term};
use vte::ansi::Processor;

const COLS: u16 = 120;
const ROWS: u16 = 40;
const HISTORY: usize = 10_000;
/// Names the program that measures rio-vt, which `cargo xtask bench` builds (`peers/`).
const PEER_VARIABLE: &str = "AGOR_BENCH_PEER";
/// What a host reads at once.
const CHUNK: usize = 64 * 1024;
const PAYLOAD: usize = 4 * 1024 * 1024;
const ROUNDS: usize = 15;

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    // First, so that no freed memory of another case is taken.
    if wanted("memory") {
        memory();
    }
    for (name, make) in CASES {
        if wanted(name) {
            let payload = make(&mut Random(0x9e37_79b9_7f4a_7c15), PAYLOAD);
            measure(name, &payload);
        }
    }
    if wanted("update") {
        updates();
    }
}

/// Returns the CPU time of this thread in seconds.
fn cpu_secs() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A terminal's speed in MiB/s and its screen.
type Shown = (f64, Vec<String>);

/// Measures everyone on one payload and compares their screens.
fn measure(name: &str, payload: &[u8]) {
    let (value, screen) = best(payload, OURS);
    let (alacritty_value, alacritty_screen) = best(payload, ALACRITTY);
    let report = |peer: &str, peer_value: f64| {
        println!(
            "{{\"case\":\"{name}\",\"value\":{value:.0},\"unit\":\"MiB/s\",\"peer\":\"{peer}\",\
             \"peer_value\":{peer_value:.0},\"ratio\":{:.2}}}",
            value / peer_value
        );
    };
    report("alacritty_terminal", alacritty_value);
    let Some((rio_value, rio_screen)) = rio(payload) else {
        return;
    };
    report("rio-vt", rio_value);
    if alacritty_screen == rio_screen {
        assert_eq!(
            screen, alacritty_screen,
            "{name}: both peers show another screen"
        );
        println!("{name}: all three show the same screen");
    } else {
        let like = |other: &[String]| {
            if screen == other {
                "as we do"
            } else {
                "another"
            }
        };
        println!(
            "{name}: alacritty_terminal shows {}, rio-vt {}",
            like(&alacritty_screen),
            like(&rio_screen)
        );
    }
}

/// Returns the best round (the others were disturbed) and the screen that it ended with.
fn best<T>(payload: &[u8], (run, rows): Subject<T>) -> Shown {
    let mut most = 0.0_f64;
    let mut screen = Vec::new();
    for _ in 0..ROUNDS {
        let before = cpu_secs();
        let terminal = black_box(run(payload));
        most = most.max(payload.len() as f64 / (1024.0 * 1024.0) / (cpu_secs() - before));
        screen = rows(&terminal);
    }
    (most, screen)
}

/// Measures rio-vt in a process of its own, if there is a program for it.
fn rio(payload: &[u8]) -> Option<Shown> {
    let program = std::env::var_os(PEER_VARIABLE)?;
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the peer's program was just built");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(payload)
        .expect("it reads all before it writes");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines().map(str::to_owned);
    let value = lines.next()?.parse().ok()?;
    Some((value, lines.collect()))
}

fn new_terminal() -> Terminal {
    let size = Size::cells(COLS, ROWS);
    Terminal::new(Options {
        size,
        scrollback_rows: HISTORY,
        ..Options::default()
    })
}

/// The first characters of the cells of each row, which is what the peers can be asked for.
fn first_characters(row: &agor_proto::row::Row) -> String {
    let mut text = String::new();
    for cluster in row.clusters() {
        text.extend(cluster.text.chars().take(1));
        text.extend((1..cluster.width).map(|_| ' '));
    }
    text.trim_end().to_owned()
}

/// Shows a payload, and returns the rows of the screen.
type Subject<T> = (fn(&[u8]) -> T, fn(&T) -> Vec<String>);

const OURS: Subject<Terminal> = (ours, |terminal| {
    (0..ROWS)
        .map(|at| first_characters(&terminal.row(at)))
        .collect()
});

fn ours(payload: &[u8]) -> Terminal {
    let mut terminal = new_terminal();
    let mut effects = Vec::new();
    for chunk in payload.chunks(CHUNK) {
        terminal.advance(chunk, &mut effects);
        effects.clear();
    }
    terminal
}

struct Dims;

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        ROWS.into()
    }

    fn screen_lines(&self) -> usize {
        ROWS.into()
    }

    fn columns(&self) -> usize {
        COLS.into()
    }
}

const ALACRITTY: Subject<Term<VoidListener>> = (alacritty, |term| {
    let row = |line| {
        let row = &term.grid()[Line(line)];
        let text: String = (0..COLS).map(|col| row[Column(col.into())].c).collect();
        // A tab leaves its character in the cell.
        text.replace('\t', " ").trim_end().to_owned()
    };
    (0..i32::from(ROWS)).map(row).collect()
});

fn alacritty(payload: &[u8]) -> Term<VoidListener> {
    let config = Config {
        scrolling_history: HISTORY,
        ..Config::default()
    };
    let mut term = Term::new(config, &Dims, VoidListener);
    let mut processor: Processor = Processor::new();
    for chunk in payload.chunks(CHUNK) {
        processor.advance(&mut term, chunk);
    }
    term
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 33) % end
    }

    fn word(&mut self, text: &mut String) {
        for _ in 0..1 + self.below(9) {
            text.push((b'a' + self.below(26) as u8).into());
        }
    }
}

type Make = fn(&mut Random, usize) -> Vec<u8>;

const CASES: &[(&str, Make)] = &[
    ("ascii", ascii),
    ("dense_colors", dense_colors),
    ("csi", csi),
    ("unicode", unicode),
    ("agent", agent),
    ("yes", |_, size| b"y\r\n".repeat(size / 3)),
    ("osc8", osc8),
    ("regions", regions),
    ("alt_cursor", alt_cursor),
];

fn lines(size: usize, mut line: impl FnMut(&mut String)) -> Vec<u8> {
    let mut text = String::with_capacity(size + 4096);
    while text.len() < size {
        line(&mut text);
    }
    text.into_bytes()
}

fn ascii(random: &mut Random, size: usize) -> Vec<u8> {
    lines(size, |text| {
        let end = text.len() + 20 + random.below(99) as usize;
        while text.len() < end {
            random.word(text);
            text.push(' ');
        }
        text.truncate(end);
        text.push_str("\r\n");
    })
}

fn dense_colors(random: &mut Random, size: usize) -> Vec<u8> {
    lines(size, |text| {
        for _ in 0..30 {
            match random.below(3) {
                0 => text.push_str(&format!("\x1b[{}m", 30 + random.below(8))),
                1 => text.push_str(&format!("\x1b[38;5;{}m", random.below(256))),
                _ => {
                    let channel = |n| n % 200;
                    let n = random.next();
                    text.push_str(&format!(
                        "\x1b[38;2;{};{};{}m",
                        channel(n % 7 * 31),
                        channel(n / 7 % 7 * 31),
                        channel(n / 49 % 7 * 31)
                    ));
                }
            }
            text.push_str(&"abc"[..1 + random.below(3) as usize]);
        }
        text.push_str("\x1b[0m\r\n");
    })
}

fn csi(random: &mut Random, size: usize) -> Vec<u8> {
    lines(size, |text| {
        let (row, col) = (1 + random.below(40), 1 + random.below(120));
        match random.below(8) {
            0..3 => text.push_str(&format!("\x1b[{row};{col}H")),
            3 => text.push_str("\x1b[K"),
            4 => text.push_str(&format!("\x1b[{}m", random.below(8) + 30)),
            5 => text.push_str(&format!("\x1b[{}C", random.below(9))),
            6 => text.push_str("\x1b[2K\x1b[G"),
            _ => text.push_str("\x1b[1A\x1b[0m"),
        }
        random.word(text);
    })
}

fn unicode(random: &mut Random, size: usize) -> Vec<u8> {
    const EMOJI: [&str; 6] = [
        "\u{1f600}",
        "\u{1f680}",
        "\u{2705}",
        "\u{1f469}\u{200d}\u{1f4bb}",
        "\u{26a0}\u{fe0f}",
        "\u{1f1e9}\u{1f1ea}",
    ];
    lines(size, |text| {
        for _ in 0..12 {
            match random.below(6) {
                0 => random.word(text),
                1 | 2 => (0..4).for_each(|_| {
                    text.push(char::from_u32(0x4e00 + random.below(0x5000) as u32).unwrap_or('x'));
                }),
                3 => (0..6).for_each(|_| {
                    text.push(char::from_u32(0x430 + random.below(32) as u32).unwrap_or('x'));
                }),
                4 => text.push_str("\u{2500}\u{2500}\u{253c}\u{2502}"),
                _ => text.push_str(EMOJI[random.below(6) as usize]),
            }
            text.push(' ');
        }
        text.push_str("\r\n");
    })
}

fn agent(random: &mut Random, size: usize) -> Vec<u8> {
    lines(size, |text| {
        text.push_str("\x1b[?2026h\x1b[H");
        for row in 0..ROWS {
            text.push_str(&format!(
                "\x1b[{};1H\x1b[38;2;{};180;90m",
                row + 1,
                random.below(4) * 50
            ));
            text.push_str("\u{2502}\x1b[39m ");
            for _ in 0..14 {
                random.word(text);
                text.push(' ');
            }
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[40;3H\x1b[?2026l");
    })
}

fn osc8(random: &mut Random, size: usize) -> Vec<u8> {
    lines(size, |text| {
        for _ in 0..3 {
            let number = random.below(500);
            text.push_str(&format!("\x1b]8;;https://example.org/file/{number}\x1b\\"));
            random.word(text);
            text.push_str("\x1b]8;;\x1b\\ ");
        }
        text.push_str("\r\n");
    })
}

fn regions(random: &mut Random, size: usize) -> Vec<u8> {
    lines(size, |text| {
        let top = 1 + random.below(10);
        text.push_str(&format!("\x1b[{top};35r\x1b[35;1H"));
        for _ in 0..20 {
            random.word(text);
            text.push_str("\r\n");
        }
        text.push_str(&format!("\x1b[{top};1H\x1bM\x1b[2L\x1b[1M\x1b[r"));
    })
}

fn alt_cursor(random: &mut Random, size: usize) -> Vec<u8> {
    let mut bytes = b"\x1b[?1049h".to_vec();
    bytes.extend(lines(size, |text| {
        let (row, col) = (1 + random.below(40), 1 + random.below(110));
        text.push_str(&format!("\x1b[{row};{col}H"));
        random.word(text);
    }));
    bytes
}

/// What finding and writing the difference for a client costs.
fn updates() {
    let size = Size::cells(200, 50);
    let mut terminal = Terminal::new(Options {
        size,
        ..Options::default()
    });
    let session = SessionId::from_parts(1, [0; 10]);
    let frame = |terminal: &mut Terminal, seed: u64| {
        let mut random = Random(seed | 1);
        let mut text = String::from("\x1b[H");
        for row in 1..=50 {
            text.push_str(&format!("\x1b[{row};1H\x1b[3{}m", row % 8));
            while text.len() % 199 != 0 {
                random.word(&mut text);
                text.push(' ');
            }
        }
        terminal.advance(text.as_bytes(), &mut Vec::new());
    };
    let report = |case: &str, rounds: u32, mut run: Box<dyn FnMut(u64) -> f64>| {
        let secs = (0..rounds).map(|n| run(n.into())).fold(f64::MAX, f64::min);
        println!(
            "{{\"case\":\"{case}\",\"value\":{:.2},\"unit\":\"us\"}}",
            secs * 1e6
        );
    };
    frame(&mut terminal, 1);
    let mut viewer = Viewer::new();
    viewer.update(&terminal, session, InputSeq(0), Offset(0));
    let unchanged = {
        let begin = std::time::Instant::now();
        for _ in 0..1_000 {
            terminal.advance(b"", &mut Vec::new());
            black_box(viewer.update(&terminal, session, InputSeq(0), Offset(0)));
        }
        begin.elapsed().as_secs_f64() / 1_000.0
    };
    report("update_unchanged", 1, Box::new(move |_| unchanged));
    let mut samples = Vec::new();
    for seed in 0..200 {
        frame(&mut terminal, seed * 7 + 3);
        let begin = std::time::Instant::now();
        black_box(viewer.update(&terminal, session, InputSeq(0), Offset(0)));
        samples.push(begin.elapsed().as_secs_f64());
    }
    samples.sort_by(f64::total_cmp);
    let median = samples[100];
    report("update_full_200x50", 1, Box::new(move |_| median));
}

/// What a build prints, each line of it as wide as the screen.
fn full_lines() -> Vec<u8> {
    let mut random = Random(11);
    let mut text = String::new();
    for n in 0..10_100 {
        let mut line = format!(
            "Compiling package-{n} v0.{}.{} (/home/somebody/work",
            n % 40,
            n % 7
        );
        while line.len() < usize::from(COLS) - 4 {
            line.push('/');
            random.word(&mut line);
        }
        line.truncate(usize::from(COLS) - 3);
        text += &format!("   \x1b[1m\x1b[32m{}\x1b[0m{}\r\n", &line[..9], &line[9..]);
    }
    text.into_bytes()
}

/// What a terminal keeps: the resident memory of this process before and after.
fn memory() {
    let resident = || {
        let text = std::fs::read_to_string("/proc/self/status").expect("Linux keeps it");
        let field = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = field
            .and_then(|f| f.split_whitespace().next())
            .and_then(|f| f.parse().ok());
        kib.unwrap_or(0_u64)
    };
    let before = resident();
    let idle: Vec<_> = (0..200)
        .map(|_| {
            let mut terminal = Terminal::new(Options::default());
            terminal.advance(b"user@host:~$ ", &mut Vec::new());
            terminal
        })
        .collect();
    let each = (resident() - before) as f64 / 200.0;
    println!("{{\"case\":\"memory_idle_80x24\",\"value\":{each:.1},\"unit\":\"KiB\"}}");
    assert!(each < 1024.0, "an idle terminal takes {each} KiB");
    // The peer first, so that nothing that it gives back is there for ours.
    let full = full_lines();
    let before = resident();
    let term = alacritty(&full);
    let peer = (resident() - before) as f64 / 1024.0;
    drop(term);
    let before = resident();
    let terminal = ours(&full);
    let kept = (resident().saturating_sub(before)) as f64 / 1024.0;
    let bytes = terminal.history_bytes();
    println!(
        "{{\"case\":\"memory_10000_full_lines\",\"value\":{kept:.2},\"unit\":\"MiB\",\"peer\":\"alacritty_terminal\",\
         \"peer_value\":{peer:.2},\"history_bytes\":{bytes}}}"
    );
    assert!(kept < 4.0, "10,000 full lines take {kept} MiB");
    drop(terminal);
    let payload = ascii(&mut Random(7), 1024 * 1024);
    let before = resident();
    let mut terminal = new_terminal();
    terminal.advance(&payload, &mut Vec::new());
    let kept = (resident() - before) as f64 / 1024.0;
    let (rows, bytes) = (terminal.history_len(), terminal.history_bytes());
    black_box(idle);
    println!(
        "{{\"case\":\"memory_10000_lines\",\"value\":{kept:.2},\"unit\":\"MiB\",\"rows\":{rows},\"history_bytes\":{bytes}}}"
    );
}
