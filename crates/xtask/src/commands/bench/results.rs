//! One result of a benchmark: its line of JSON, and the table of many.

use std::fmt::Write;

/// What was measured in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The benchmark that measured it.
    pub bench: String,
    /// Which of its cases.
    pub case: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// What did the same work, and how much that was.
    pub peer: Option<(String, f64)>,
}

impl Measured {
    /// Returns the result that `line` holds, if it holds one.
    pub fn from_line(bench: &str, line: &str) -> Option<Measured> {
        let mut measured = Measured {
            bench: bench.to_owned(),
            case: String::new(),
            value: f64::NAN,
            unit: String::new(),
            peer: None,
        };
        let (mut peer, mut peer_value) = (None, None);
        for (name, value) in flat_object(line.trim())? {
            match (name.as_str(), value) {
                ("case", Value::Text(text)) => measured.case = text,
                ("unit", Value::Text(text)) => measured.unit = text,
                ("value", Value::Number(number)) => measured.value = number,
                ("peer", Value::Text(text)) => peer = Some(text),
                ("peer_value", Value::Number(number)) => peer_value = Some(number),
                _ => {}
            }
        }
        measured.peer = peer.zip(peer_value);
        (!measured.case.is_empty() && measured.value.is_finite()).then_some(measured)
    }

    /// Returns it as one line of JSON that also names the benchmark.
    pub fn to_json(&self) -> String {
        let Measured {
            bench,
            case,
            value,
            unit,
            peer,
        } = self;
        let (bench, case, unit) = (quoted(bench), quoted(case), quoted(unit));
        let mut json =
            format!("{{\"bench\":{bench},\"case\":{case},\"value\":{value},\"unit\":{unit}");
        if let Some((peer, peer_value)) = peer {
            json += &format!(",\"peer\":{},\"peer_value\":{peer_value}", quoted(peer));
        }
        if let Some(ratio) = self.ratio() {
            json += &format!(",\"ratio\":{ratio}");
        }
        json + "}"
    }

    fn ratio(&self) -> Option<f64> {
        let (_, peer_value) = self.peer.as_ref()?;
        let ratio = self.value / peer_value;
        ratio.is_finite().then_some(ratio)
    }
}

/// Returns all results as one aligned table; `ratio` is ours by the peer's.
pub fn table(all: &[Measured]) -> String {
    let mut rows = vec![
        [
            "bench",
            "case",
            "value",
            "unit",
            "peer",
            "peer value",
            "ratio",
        ]
        .map(String::from),
    ];
    for measured in all {
        let (peer, peer_value) = match &measured.peer {
            Some((peer, peer_value)) => (peer.clone(), short(*peer_value)),
            None => Default::default(),
        };
        rows.push([
            measured.bench.clone(),
            measured.case.clone(),
            short(measured.value),
            measured.unit.clone(),
            peer,
            peer_value,
            measured
                .ratio()
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default(),
        ]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let number = matches!(column, 2 | 5 | 6);
            let written = if number {
                write!(line, "{cell:>width$}  ")
            } else {
                write!(line, "{cell:<width$}  ")
            };
            written.expect("writing to a String does not fail");
        }
        table += line.trim_end();
        table.push('\n');
    }
    table.truncate(table.trim_end().len());
    table
}

/// Three significant digits or so: what a benchmark can promise.
fn short(value: f64) -> String {
    match value.abs() {
        magnitude if magnitude >= 100.0 || magnitude == 0.0 => format!("{value:.0}"),
        magnitude if magnitude >= 10.0 => format!("{value:.1}"),
        magnitude if magnitude >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

enum Value {
    Text(String),
    Number(f64),
    /// `null`, `true` or `false`, which mean nothing here.
    Other,
}

/// Reads a JSON object without objects or lists in it.
fn flat_object(json: &str) -> Option<Vec<(String, Value)>> {
    let mut rest = json.strip_prefix('{')?.trim_start();
    let mut members = Vec::new();
    if let Some(end) = rest.strip_prefix('}') {
        return end.is_empty().then_some(members);
    }
    loop {
        let (name, after) = text(rest)?;
        rest = after.trim_start().strip_prefix(':')?.trim_start();
        let value;
        if rest.starts_with('"') {
            let (read, after) = text(rest)?;
            (value, rest) = (Value::Text(read), after);
        } else {
            let (word, after) = rest.split_at(rest.find([',', '}'])?);
            rest = after;
            value = match word.trim_end() {
                "null" | "true" | "false" => Value::Other,
                number => Value::Number(number.parse().ok()?),
            };
        }
        members.push((name, value));
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
        } else {
            return (rest == "}").then_some(members);
        }
    }
}

/// Reads a JSON string and returns what follows it.
fn text(json: &str) -> Option<(String, &str)> {
    let mut characters = json.strip_prefix('"')?.chars();
    let mut text = String::new();
    loop {
        match characters.next()? {
            '"' => return Some((text, characters.as_str())),
            '\\' => text.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let digits = characters.as_str().get(..4)?;
                    characters = characters.as_str().get(4..)?.chars();
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                escaped => escaped,
            }),
            character => text.push(character),
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => quoted += &format!("\\u{:04x}", control as u32),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascii() -> Measured {
        Measured {
            bench: "parse".into(),
            case: "ascii \"80x24\"".into(),
            value: 240.0,
            unit: "MiB/s".into(),
            peer: Some(("alacritty".into(), 120.0)),
        }
    }

    #[test]
    fn a_line_of_json_is_a_result_and_comes_back_the_same() {
        let line = r#"{"case": "ascii \"80x24\"", "value": 2.4e2, "unit": "MiB\/s", "peer": "alacritty", "peer_value": 120}"#;
        assert_eq!(Measured::from_line("parse", line), Some(ascii()));
        assert_eq!(
            Measured::from_line("parse", &ascii().to_json()),
            Some(ascii())
        );
        assert!(ascii().to_json().contains("\"ratio\":2"));
    }

    #[test]
    fn a_case_without_a_peer_has_no_ratio() {
        for line in [
            r#"{"case":"a","value":1,"unit":"s"}"#,
            r#"{"case":"a","value":1,"unit":"s","peer":null,"peer_value":null}"#,
            r#"{"case":"a","value":1,"unit":"s","peer":"b"}"#,
        ] {
            let measured = Measured::from_line("b", line).unwrap();
            assert_eq!(
                (measured.peer.clone(), measured.ratio()),
                (None, None),
                "{line}"
            );
        }
    }

    #[test]
    fn other_lines_are_no_results() {
        for line in [
            "",
            "warming up",
            "{}",
            "{",
            r#"{"case":"a"}"#,
            r#"{"case":"a","value":"1"}"#,
            r#"{"case":"a","value":1} tail"#,
            r#"{"case":"a","value":1,"more":{}}"#,
            r#"{"case":"\u12"}"#,
        ] {
            assert_eq!(Measured::from_line("b", line), None, "{line}");
        }
    }

    #[test]
    fn the_table_is_aligned_and_has_a_ratio() {
        let alone = Measured {
            case: "flood".into(),
            value: 0.5,
            unit: "s".into(),
            peer: None,
            ..ascii()
        };
        let expected = "\
bench  case           value  unit   peer       peer value  ratio
parse  ascii \"80x24\"    240  MiB/s  alacritty         120   2.00
parse  flood          0.500  s";
        assert_eq!(table(&[ascii(), alone]), expected);
    }
}
