//! What on a screen a person may want to pick up: addresses, paths, hashes, ids, IP addresses and
//! numbers. A logical line is one, however many rows it takes.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use agor_proto::limits::{HINT_LINE_MAX, HINTS_MAX};
use agor_proto::row::Row;

use super::links::{add, addresses, belongs};
use super::{Placed, line_at, placed};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HintKind {
    /// An address: one that the program made (OSC 8), or one that is written.
    Link,
    /// A file or folder, with line and column if they stand there.
    Path,
    /// A number in hexadecimal that names a commit, an image, a file's content.
    Hash,
    /// A name that a machine gave: of a session, a ticket, a container.
    Id,
    /// An IP address, with port or prefix if they stand there.
    Ip,
    /// A number of three digits or more.
    Number,
}

/// Something that can be picked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is.
    pub kind: HintKind,
    /// Its text: of a link its target.
    pub text: String,
    /// Its cells, row by row.
    pub cells: Vec<(usize, Range<u16>)>,
}

/// Characters that end a token, beside blanks.
const SEPARATORS: &str = "\"'`()[]{}<>|│├└─,;=";

/// Letters of the least hash, as version control abbreviates them, and of the greatest.
const HASH_LETTERS: std::ops::RangeInclusive<usize> = 7..=128;

/// Endings by which a word without a slash is a file's name. A list, since `self.link` is none.
const ENDINGS: &[&str] = &[
    "a", "bak", "bash", "bat", "bin", "bz2", "c", "cc", "cfg", "clj", "conf", "cpp", "crt", "cs",
    "css", "csv", "dart", "db", "deb", "diff", "dll", "el", "env", "erl", "ex", "exe", "exs",
    "fish", "gif", "go", "gradle", "gz", "h", "hpp", "hs", "htm", "html", "ini", "ipynb", "iso",
    "jar", "java", "jl", "jpeg", "jpg", "js", "json", "jsonc", "jsonl", "jsx", "key", "kt", "lock",
    "log", "lua", "md", "mjs", "ml", "mp4", "nix", "o", "orig", "patch", "pdf", "pem", "php", "pl",
    "png", "proto", "ps1", "py", "r", "rb", "rej", "rpm", "rs", "rst", "scala", "scss", "sh", "so",
    "sock", "sql", "sqlite", "svelte", "svg", "swift", "tar", "tex", "tf", "tgz", "tmp", "toml",
    "ts", "tsv", "tsx", "txt", "vim", "vue", "wasm", "webp", "xml", "xz", "yaml", "yml", "zig",
    "zip", "zsh", "zst",
];

/// Returns what can be picked up of `rows`, in reading order; of more than [`HINTS_MAX`] the last.
#[must_use]
pub fn hints(rows: &[Arc<Row>]) -> Vec<Hint> {
    let mut found = Vec::new();
    let mut after = rows.len();
    // From the end, where a person looks: what is beyond the bound is not even looked at.
    while after > 0 && found.len() < HINTS_MAX {
        let lines = line_at(rows, after - 1);
        after = lines.start;
        let mut of_line = in_line(rows, lines);
        of_line.reverse();
        found.extend(of_line);
    }
    found.truncate(HINTS_MAX);
    found.reverse();
    found
}

/// A logical line's text, with the cluster that each byte belongs to.
struct Line<'a> {
    clusters: Vec<Placed<'a>>,
    /// Where each cluster begins in `text`.
    starts: Vec<usize>,
    text: String,
    /// Clusters that a hint covers already.
    taken: Vec<bool>,
}

impl<'a> Line<'a> {
    fn new(rows: &'a [Arc<Row>], lines: Range<usize>) -> Self {
        let mut clusters = placed(rows, lines);
        let (mut bytes, mut first) = (0, clusters.len());
        while first > 0 && bytes + clusters[first - 1].text.len() <= HINT_LINE_MAX {
            first -= 1;
            bytes += clusters[first].text.len();
        }
        clusters.drain(..first);
        let mut text = String::with_capacity(bytes);
        let mut starts = Vec::with_capacity(clusters.len());
        for cluster in &clusters {
            starts.push(text.len());
            text.push_str(cluster.text);
        }
        let taken = vec![false; clusters.len()];
        Self {
            clusters,
            starts,
            text,
            taken,
        }
    }

    /// Returns the clusters of bytes of the text.
    fn clusters_of(&self, bytes: &Range<usize>) -> Range<usize> {
        let first = self.starts.partition_point(|start| *start < bytes.start);
        let after = self.starts.partition_point(|start| *start < bytes.end);
        first..after
    }

    fn take(&mut self, kind: HintKind, text: String, clusters: Range<usize>) -> Option<Hint> {
        let taken = self.taken.get_mut(clusters.clone())?;
        if taken.is_empty() || taken.contains(&true) {
            return None;
        }
        taken.fill(true);
        let mut cells = Vec::new();
        for cluster in &self.clusters[clusters] {
            add(&mut cells, cluster.row, cluster.cells.clone());
        }
        Some(Hint { kind, text, cells })
    }
}

fn in_line(rows: &[Arc<Row>], lines: Range<usize>) -> Vec<Hint> {
    let mut line = Line::new(rows, lines.clone());
    let mut found = made(rows, &mut line);
    found.extend(written(&mut line));
    let tokens = runs(&line, |text| {
        let c = text.chars().next().unwrap_or(' ');
        !c.is_whitespace() && !c.is_control() && !SEPARATORS.contains(c)
    });
    for token in tokens {
        for (kind, bytes) in pieces(&line.text[token.clone()]) {
            let bytes = token.start + bytes.start..token.start + bytes.end;
            let text = line.text[bytes.clone()].to_owned();
            let clusters = line.clusters_of(&bytes);
            found.extend(line.take(kind, text, clusters));
        }
    }
    found.sort_by_key(|hint| hint.cells.first().map(|(row, cols)| (*row, cols.start)));
    found
}

/// Returns the links that a program made of parts of the line.
fn made(rows: &[Arc<Row>], line: &mut Line<'_>) -> Vec<Hint> {
    // Cells of each link, as they follow one another.
    let mut linked: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = 0;
    while let Some(row) = line.clusters.get(at).map(|cluster| cluster.row) {
        let mut from = 0_u16;
        for run in &rows[row].runs {
            let to = from.saturating_add(run.cells);
            let first = at;
            while let Some(cluster) = line.clusters.get(at)
                && cluster.row == row
                && cluster.cells.start < to
            {
                at += 1;
            }
            from = to;
            let link = usize::from(run.style.link).checked_sub(1);
            let Some(link) = link.and_then(|link| rows[row].links.get(link)) else {
                continue;
            };
            match linked.last_mut() {
                Some((uri, cells)) if *uri == link.uri && cells.end == first => cells.end = at,
                _ => linked.push((link.uri.clone(), first..at)),
            }
        }
        while line.clusters.get(at).is_some_and(|it| it.row == row) {
            at += 1;
        }
    }
    let hints = linked.into_iter();
    hints
        .filter_map(|(uri, clusters)| line.take(HintKind::Link, uri, clusters))
        .collect()
}

/// Returns the addresses that are written in the line.
fn written(line: &mut Line<'_>) -> Vec<Hint> {
    let mut found = Vec::new();
    for run in runs(line, belongs) {
        let in_run: Vec<_> = addresses(&line.text[run.clone()]).collect();
        for address in in_run {
            let bytes = run.start + address.start..run.start + address.end;
            let clusters = line.clusters_of(&bytes);
            let text = line.text[bytes].to_owned();
            found.extend(line.take(HintKind::Link, text, clusters));
        }
    }
    found
}

/// Returns the bytes of the runs of clusters that `is_part` accepts and no hint covers.
fn runs(line: &Line<'_>, is_part: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (at, cluster) in line.clusters.iter().enumerate() {
        let part = !line.taken[at] && is_part(cluster.text);
        let bytes = line.starts[at]..line.starts[at] + cluster.text.len();
        match runs.last_mut() {
            Some(last) if open && part => last.end = bytes.end,
            _ if part => runs.push(bytes),
            _ => {}
        }
        open = part;
    }
    runs
}

/// Returns what is to be picked up of a token.
fn pieces(token: &str) -> Vec<(HintKind, Range<usize>)> {
    // `83db48f..bf269f4` is two.
    let middle = token.find("..").filter(|_| !token.contains('/'));
    let halves = match middle {
        Some(at) => vec![
            0..at,
            token.len() - token[at..].trim_start_matches('.').len()..token.len(),
        ],
        None => vec![0..token.len(); 1],
    };
    let of_half = |half: Range<usize>| {
        let text = token.get(half.clone())?;
        let text = text.trim_end_matches(|c| ".,:;!?*$".contains(c));
        let trimmed = text.trim_start_matches(|c| ";!?*".contains(c));
        let start = half.start + text.len() - trimmed.len();
        let kind = kind(trimmed)?;
        Some((kind, start..start + trimmed.len()))
    };
    halves.into_iter().filter_map(of_half).collect()
}

fn kind(token: &str) -> Option<HintKind> {
    // The order decides where a token has several forms.
    if is_ip(token) {
        Some(HintKind::Ip)
    } else if is_number(token) {
        Some(HintKind::Number)
    } else if is_hash(token) {
        Some(HintKind::Hash)
    } else if is_path(token) {
        Some(HintKind::Path)
    } else if is_id(token) {
        Some(HintKind::Id)
    } else {
        None
    }
}

fn is_ip(token: &str) -> bool {
    let (address, prefix) = token.split_once('/').unwrap_or((token, "0"));
    let has_digit = address.bytes().any(|byte| byte.is_ascii_digit());
    has_digit
        && prefix.bytes().all(|byte| byte.is_ascii_digit())
        && (address.parse::<IpAddr>().is_ok() || address.parse::<SocketAddr>().is_ok())
}

fn is_number(token: &str) -> bool {
    let bare = token.strip_prefix(['+', '-']).unwrap_or(token);
    if let Some(hex) = bare.strip_prefix("0x") {
        return hex.len() >= 3 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let bare = bare.strip_suffix('%').unwrap_or(bare);
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    digits >= 3
        && bare.starts_with(|c: char| c.is_ascii_digit())
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"._".contains(&byte))
}

fn is_hash(token: &str) -> bool {
    // `sha256:…`
    let (named, hex) = match token.split_once(':') {
        Some((name, hex)) => (name.starts_with("sha") || name == "md5", hex),
        None => (false, token),
    };
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_digit = hex.bytes().any(|byte| byte.is_ascii_digit());
    is_hex && has_digit && HASH_LETTERS.contains(&hex.len()) && (named || hex.len() == token.len())
}

fn is_path(token: &str) -> bool {
    let (path, _) = without_place(token);
    if token.starts_with('-') || !path.contains(char::is_alphabetic) {
        return false;
    }
    if path.contains('/') {
        return path.len() > 2;
    }
    let Some((stem, ending)) = path.rsplit_once('.') else {
        return false;
    };
    let is_name = |c: char| c.is_alphanumeric() || "_-.+~@".contains(c);
    let hidden = stem.is_empty() && ending.len() > 2;
    path.chars().all(is_name)
        && (hidden || (!stem.is_empty() && ENDINGS.contains(&ending.to_lowercase().as_str())))
}

/// Returns a path without the line and column behind it, and those.
fn without_place(token: &str) -> (&str, &str) {
    let mut path = token;
    for _ in 0..2 {
        match path.rsplit_once(':') {
            Some((rest, number))
                if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                path = rest;
            }
            _ => break,
        }
    }
    (path, &token[path.len()..])
}

fn is_id(token: &str) -> bool {
    if let Some(number) = token.strip_prefix('#') {
        return !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    }
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let letters = token.bytes().filter(u8::is_ascii_alphabetic).count();
    let joins = token.bytes().filter(|byte| b"-_".contains(byte)).count();
    let only = digits + letters + joins == token.len();
    let whole = token.starts_with(|c: char| c.is_ascii_alphanumeric())
        && token.ends_with(|c: char| c.is_ascii_alphanumeric());
    let made = match joins {
        0 => token.len() >= 8 && digits >= 2,
        _ => token.len() >= 6 && digits >= 1,
    };
    only && whole && letters > 0 && made
}

#[cfg(test)]
mod tests {
    use super::super::tests::rows;
    use super::*;

    fn found(cols: u16, input: &str) -> Vec<(HintKind, String)> {
        let hints = hints(&rows(cols, input)).into_iter();
        hints.map(|hint| (hint.kind, hint.text)).collect()
    }

    fn alone(kind: HintKind, token: &str) {
        let line = format!("see {token}, or not");
        assert_eq!(found(160, &line), [(kind, token.to_owned())], "{token}");
    }

    #[test]
    fn each_kind_is_told_by_its_form() {
        for token in ["https://example.org/a?b=1", "mailto:ann@example.org"] {
            alone(HintKind::Link, token);
        }
        for token in [
            "src/main.rs:10:5",
            "~/notes",
            "./run",
            "../x/y.txt",
            "/etc/passwd",
            "Cargo.toml",
            "main.rs:12",
            ".gitignore",
            "host:/srv/data",
            "docs/日本.md",
        ] {
            alone(HintKind::Path, token);
        }
        for token in [
            "83db48f",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha256:0a1b2c3d4e5f",
        ] {
            alone(HintKind::Hash, token);
        }
        for token in [
            "0199f3a1-7c2e-7d11-9b1a-2f3e4d5c6b7a",
            "toolu_01ABCdef",
            "nginx-5d59d67564-abcde",
            "AGOR-123",
            "#42",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        ] {
            alone(HintKind::Id, token);
        }
        for token in [
            "127.0.0.1",
            "10.0.0.0/8",
            "127.0.0.1:8080",
            "::1",
            "fe80::1",
        ] {
            alone(HintKind::Ip, token);
        }
        for token in ["4711", "-273.15", "0x7ffe", "1_000_000", "100%"] {
            alone(HintKind::Number, token);
        }
    }

    #[test]
    fn words_and_small_numbers_are_left_alone() {
        let text = "e.g. the self.link of 42 and/o 1/2 12:34:56 --max-2 x.y ... // :: - Rust";
        let found = found(160, text);
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["and/o"]);
    }

    #[test]
    fn what_is_wrapped_is_one_with_cells_on_each_row() {
        let rows = rows(16, "in crates/agor-term/src/rows.rs:10 now");
        let hints = hints(&rows);
        assert_eq!(hints.len(), 1);
        assert_eq!(hints[0].text, "crates/agor-term/src/rows.rs:10");
        assert_eq!(hints[0].cells, [(0, 3..16), (1, 0..16), (2, 0..2)]);
    }

    #[test]
    fn a_made_link_is_its_target_and_its_text_is_no_hint_of_its_own() {
        let text = "\x1b]8;;https://real.example\x1b\\src/main.rs\x1b]8;;\x1b\\ 4711";
        assert_eq!(
            found(40, text),
            [
                (HintKind::Link, "https://real.example".to_owned()),
                (HintKind::Number, "4711".to_owned())
            ]
        );
    }

    #[test]
    fn what_version_control_prints_is_found_piece_by_piece() {
        let text = "index 83db48f..bf269f4 100644\r\n+++ b/src/x.rs\r\nkey=/tmp/a";
        let found = found(60, text);
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            ["83db48f", "bf269f4", "100644", "b/src/x.rs", "/tmp/a"]
        );
    }

    #[test]
    fn wide_text_around_a_path_keeps_its_cells() {
        let rows = rows(40, "日本 src/日.rs 本");
        let hints = hints(&rows);
        assert_eq!(hints[0].text, "src/日.rs");
        assert_eq!(hints[0].cells, [(0, 5..14)]);
    }

    #[test]
    fn hints_max_are_offered_and_those_nearest_to_the_end() {
        let many = Row {
            text: "1000 ".repeat(200),
            ..Row::default()
        };
        let last = Row {
            text: "last 2000".into(),
            line: agor_proto::ids::LineId(9),
            ..Row::default()
        };
        let rows: Vec<_> = (0..10)
            .map(|_| many.clone())
            .chain([last])
            .map(Arc::new)
            .collect();
        let hints = hints(&rows);
        assert_eq!(hints.len(), HINTS_MAX);
        assert_eq!(hints.last().unwrap().text, "2000");
    }

    #[test]
    fn hint_line_max_bounds_what_is_looked_at_of_one_line() {
        let row = |start: u32, text: String, wraps: bool| {
            let mut row = Row {
                text,
                start,
                ..Row::default()
            };
            if wraps {
                row.flags.insert(agor_proto::row::RowFlags::WRAPS);
            }
            Arc::new(row)
        };
        let long = "http://".repeat(9_000);
        let width = u32::try_from(long.len()).unwrap();
        let rows = [row(0, long, true), row(width, " 4711".into(), false)];
        let begun = std::time::Instant::now();
        let hints = hints(&rows);
        assert_eq!(hints.last().unwrap().text, "4711");
        let looked: usize = hints
            .iter()
            .flat_map(|hint| &hint.cells)
            .filter(|(row, _)| *row == 0)
            .map(|(_, cols)| usize::from(cols.end - cols.start))
            .sum();
        assert!(
            looked <= HINT_LINE_MAX,
            "{looked} cells in {:?}",
            begun.elapsed()
        );
    }

    #[test]
    fn damaged_rows_do_no_harm() {
        let mut row = Row::clone(&rows(10, "\x1b]8;;https://a.b\x1b\\x\x1b]8;;\x1b\\ 123")[0]);
        row.runs[0].cells = u16::MAX;
        row.runs[0].style.link = 9;
        assert_eq!(hints(&[Arc::new(row)]).len(), 1);
        assert!(hints(&[]).is_empty());
    }
}
