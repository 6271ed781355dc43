//! Measures rio-vt on the bytes that come on standard input, as `benches/parse.rs` measures the
//! others: a screen of 120x40, 10,000 rows of history, pieces of 64 KiB, CPU time of this thread.
//! Prints MiB/s of the best of fifteen rounds, and then the rows of the screen.

use std::hint::black_box;
use std::io::Read as _;

use rio_vt::ansi::CursorShape;
use rio_vt::crosswords::pos::Column;
use rio_vt::crosswords::{Crosswords, CrosswordsSize};
use rio_vt::event::{VoidListener, WindowId};
use rio_vt::performer::handler::Processor;

const COLS: usize = 120;
const ROWS: usize = 40;
const HISTORY: usize = 10_000;
const CHUNK: usize = 64 * 1024;
const ROUNDS: usize = 15;

fn main() -> std::io::Result<()> {
    let mut payload = Vec::new();
    std::io::stdin().read_to_end(&mut payload)?;
    let mib = payload.len() as f64 / (1024.0 * 1024.0);
    let mut best = 0.0_f64;
    let mut screen = Vec::new();
    for _ in 0..ROUNDS {
        let before = cpu_secs();
        let terminal = shown(&payload);
        best = best.max(mib / (cpu_secs() - before));
        screen = rows(&terminal);
        black_box(terminal);
    }
    println!("{best:.2}");
    screen.iter().for_each(|row| println!("{row}"));
    Ok(())
}

fn cpu_secs() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn shown(payload: &[u8]) -> Crosswords<VoidListener> {
    let mut terminal = Crosswords::new(
        CrosswordsSize::new(COLS, ROWS),
        CursorShape::Block,
        VoidListener {},
        WindowId::from(0),
        0,
        HISTORY,
    );
    let mut parser = Processor::default();
    for chunk in payload.chunks(CHUNK) {
        parser.advance(&mut terminal, chunk);
    }
    terminal
}

/// Returns the first characters of the cells; a cell that holds none is a blank.
fn rows(terminal: &Crosswords<VoidListener>) -> Vec<String> {
    let text = |c: char| if c == '\0' { ' ' } else { c };
    terminal
        .visible_rows()
        .iter()
        .map(|row| {
            let row: String = (0..COLS).map(|col| text(row[Column(col)].c())).collect();
            row.trim_end().to_owned()
        })
        .collect()
}
