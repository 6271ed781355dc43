//! Hits that begin and end where clusters do: what a person sees as one sign is found as a whole.

use std::ops::Range;

use agor_proto::row::Row;
use regex::Regex;

/// Where the clusters of a line's text begin and end, in bytes. What a person sees as one sign (a flag,
/// a family, a letter with its mark) is found as a whole or not at all.
pub struct Borders {
    /// Beginnings and ends of clusters of more than one character; between others every character is one.
    within: Vec<Range<usize>>,
}

impl Borders {
    pub fn of(rows: &[Row]) -> Self {
        let mut within = Vec::new();
        let mut offset = 0;
        for row in rows {
            if row.shapes.iter().all(|shape| shape.chars == 1) {
                offset += row.text.len();
                continue;
            }
            for cluster in row.clusters() {
                let end = offset + cluster.text.len();
                if cluster.text.chars().nth(1).is_some() {
                    within.push(offset..end);
                }
                offset = end;
            }
        }
        Self { within }
    }

    /// Returns the cluster in which a byte is, if the byte is not its first.
    fn around(&self, byte: usize) -> Option<&Range<usize>> {
        let at = self.within.partition_point(|cluster| cluster.end <= byte);
        self.within.get(at).filter(|cluster| cluster.start < byte)
    }
}

/// Hits of one line that are tried again because they halve a cluster: beyond it they are taken as they are,
/// since an expression of a stranger could have each of them look at the whole line.
const HALVED_MAX: usize = 200;

/// Returns what an expression finds in a line and begins and ends where clusters do.
pub fn whole_hits(regex: &Regex, text: &str, borders: &Borders) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    let (mut from, mut halved) = (0, 0);
    while from <= text.len() {
        let Some(hit) = regex.find_at(text, from) else {
            break;
        };
        let cut = borders.around(hit.start()).or(borders.around(hit.end()));
        if let Some(cluster) = cut.filter(|_| halved < HALVED_MAX) {
            halved += 1;
            // The next that may begin is the next character that is no part of a halved cluster.
            let next = text[hit.start()..].chars().next().map_or(1, char::len_utf8);
            let after = if cluster.start < hit.start() {
                cluster.end
            } else {
                hit.start() + next
            };
            from = borders.around(after).map_or(after, |cluster| cluster.end);
            continue;
        }
        if !hit.is_empty() {
            hits.push(hit.range());
        }
        from = match hit.is_empty() {
            true => hit.end() + text[hit.end()..].chars().next().map_or(1, char::len_utf8),
            false => hit.end(),
        };
    }
    hits
}
