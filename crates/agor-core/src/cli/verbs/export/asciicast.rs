//! Recordings in the format of asciinema, version 2: a line with the size, then a line for each
//! piece of output with its time.

use agor_proto::error::ErrorCode;
use agor_proto::ids::Size;
use agor_proto::record::{RawRecord, RecordBody};

use super::super::super::failure::Failure;

/// A recording as it is written.
#[derive(Debug)]
pub struct Asciicast {
    size: Size,
    /// The time of the first record; nothing is written before it is known.
    start_micros: Option<u64>,
    /// The time of the newest event; the format's times never go back.
    last_micros: u64,
    /// The bytes of a character whose rest has not come.
    pending: Vec<u8>,
}

impl Asciicast {
    /// Returns a recording that begins with `size` unless the first record says otherwise.
    pub fn new(size: Size) -> Self {
        Self {
            size,
            start_micros: None,
            last_micros: 0,
            pending: Vec::new(),
        }
    }

    /// Returns the lines for `record`.
    pub fn record(&mut self, record: RawRecord<'_>) -> Result<String, Failure> {
        let unix_micros = record.unix_micros;
        let record = record.to_record().map_err(|error| {
            Failure::host(
                ErrorCode::Storage,
                format!("the record is damaged: {error}"),
            )
        })?;
        match record.body {
            RecordBody::Started { size, .. } if self.start_micros.is_none() => {
                self.size = size;
                Ok(self.header(unix_micros))
            }
            RecordBody::Started { size, .. } | RecordBody::Resized(size) => {
                let mut lines = self.header(unix_micros);
                lines.push_str(&self.event(unix_micros, "r", &size.to_string()));
                Ok(lines)
            }
            RecordBody::Out(bytes) | RecordBody::Err(bytes) => {
                let mut lines = self.header(unix_micros);
                let text = self.decode(&bytes);
                if !text.is_empty() {
                    lines.push_str(&self.event(unix_micros, "o", &text));
                }
                Ok(lines)
            }
            _ => Ok(String::new()),
        }
    }

    /// Returns what is left at the end.
    pub fn finish(mut self) -> String {
        let mut lines = self.header(self.last_micros);
        if !self.pending.is_empty() {
            let text = String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned();
            lines.push_str(&self.event(self.last_micros, "o", &text));
        }
        lines
    }

    fn header(&mut self, unix_micros: u64) -> String {
        if self.start_micros.is_some() {
            return String::new();
        }
        self.start_micros = Some(unix_micros);
        self.last_micros = unix_micros;
        let header = serde_json::json!({
            "version": 2,
            "width": self.size.cols,
            "height": self.size.rows,
            "timestamp": unix_micros / 1_000_000,
            "env": { "TERM": "xterm-256color" },
        });
        format!("{header}\n")
    }

    fn event(&mut self, unix_micros: u64, kind: &str, data: &str) -> String {
        self.last_micros = self.last_micros.max(unix_micros);
        let passed = self.last_micros - self.start_micros.unwrap_or(self.last_micros);
        let data = serde_json::Value::from(data);
        let (seconds, micros) = (passed / 1_000_000, passed % 1_000_000);
        format!("[{seconds}.{micros:06}, \"{kind}\", {data}]\n")
    }

    /// Returns the whole characters of what came; bytes that are none become U+FFFD.
    fn decode(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = &self.pending[..];
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(bad) = error.error_len() else {
                        rest = after;
                        break;
                    };
                    text.push('\u{fffd}');
                    rest = &after[bad..];
                }
            }
        }
        self.pending = rest.to_vec();
        text
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::Offset;
    use agor_proto::record::{Record, records};

    use super::*;

    fn cast(bodies: &[(u64, RecordBody)]) -> Vec<serde_json::Value> {
        let mut bytes = Vec::new();
        for (unix_micros, body) in bodies {
            let record = Record {
                unix_micros: *unix_micros,
                body: body.clone(),
            };
            record.encode(&mut bytes);
        }
        let mut cast = Asciicast::new(Size::cells(1, 1));
        let mut text = String::new();
        for record in records(&bytes, Offset(0)) {
            text.push_str(&cast.record(record.unwrap()).unwrap());
        }
        text.push_str(&cast.finish());
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_recording_has_sizes_times_and_whole_characters() {
        let size = Size::cells(80, 24);
        let lines = cast(&[
            (5_000_000, RecordBody::Started { pid: 1, size }),
            (5_500_000, RecordBody::Out(b"a\xc3".to_vec())),
            (4_000_000, RecordBody::Out(b"\xbc\x1b[m\xff".to_vec())),
            (6_000_000, RecordBody::Resized(Size::cells(100, 30))),
            (6_000_000, RecordBody::Out(b"\xe2\x82".to_vec())),
        ]);
        assert_eq!(lines[0]["width"], 80);
        assert_eq!(lines[0]["timestamp"], 5);
        assert_eq!(lines[1], serde_json::json!([0.5, "o", "a"]));
        assert_eq!(lines[2], serde_json::json!([0.5, "o", "ü\u{1b}[m\u{fffd}"]));
        assert_eq!(lines[3], serde_json::json!([1.0, "r", "100x30"]));
        assert_eq!(lines[4], serde_json::json!([1.0, "o", "\u{fffd}"]));
    }

    #[test]
    fn an_empty_record_is_a_recording_too() {
        assert_eq!(cast(&[]).len(), 1);
    }
}
