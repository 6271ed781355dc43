//! Standard output, to which results go and nothing else; notes go to standard error. A reader
//! that goes away early (`agor log | head`) is no failure.

use std::io::{self, Write};

use serde::Serialize;

use super::failure::Failure;

/// Writes a line.
pub fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")
        .and_then(|()| stdout.flush())
        .map_err(Failure::output)
}

/// Writes bytes as they are.
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(Failure::output)
}

/// Writes a value as a line of JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    match serde_json::to_string(value) {
        Ok(text) => line(text),
        Err(error) => Err(Failure::output(error.into())),
    }
}

/// Says something that is no result.
pub fn note(text: impl std::fmt::Display) {
    writeln!(io::stderr().lock(), "{text}").ok(); // Nobody reads, and nothing depends on it.
}

/// Writes rows with their columns aligned; the last column is as long as it is.
pub fn table(rows: &[Vec<String>]) -> Result<(), Failure> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    bytes(text.as_bytes())
}

/// Writes lines without the empty ones at the end: a screen has them, a text does not.
pub fn text(text: &str) -> Result<(), Failure> {
    match text.trim_end_matches('\n') {
        "" => Ok(()),
        text => line(text),
    }
}

/// Returns text that other parties chose without what would act on the caller's terminal.
pub fn harmless(text: &str) -> String {
    let harmless = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(harmless).collect()
}
