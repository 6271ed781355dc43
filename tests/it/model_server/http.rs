//! As much HTTP as agent programs need: one request a connection, answered with a document or with
//! server-sent events. Hands on what it cannot read as `InvalidData`, with a sentence.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// No request of an agent program comes near it.
const BODY_AT_MOST: usize = 64 * 1024 * 1024;

/// Nor any line before its body.
const LINE_AT_MOST: u64 = 64 * 1024;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// `POST` or the like.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// What follows the header, whole.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the path without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// Reads a request.
pub fn read(line: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(line);
    let first = read_line(&mut reader)?;
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return Err(invalid(format!("{first:?} is no request")));
    };
    if !version.starts_with("HTTP/1.") {
        return Err(invalid(format!("{version:?} is not spoken here")));
    }
    let (method, target) = (method.to_owned(), target.to_owned());
    let mut length = 0;
    let mut chunked = false;
    loop {
        let header = read_line(&mut reader)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| invalid(format!("{header:?} is no header")))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value
                .parse()
                .map_err(|_| invalid(format!("{value:?} is no length")))?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("content-encoding") && value != "identity" {
            return Err(invalid(format!("a body in {value} is not read here")));
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = read_line(&mut reader)?;
            let digits = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(digits, 16)
                .map_err(|_| invalid(format!("{digits:?} is no size of a chunk")))?;
            read_body(&mut reader, &mut body, size)?;
            if !read_line(&mut reader)?.is_empty() {
                return Err(invalid("a chunk is longer than it says".to_owned()));
            }
            if size == 0 {
                break;
            }
        }
    } else {
        read_body(&mut reader, &mut body, length)?;
    }
    Ok(Request {
        method,
        target,
        body,
    })
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LINE_AT_MOST).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.trim_end_matches('\r').to_owned()),
        None if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        None => Err(invalid("a line of the header is too long".to_owned())),
    }
}

fn read_body(reader: &mut impl Read, body: &mut Vec<u8>, more: usize) -> io::Result<()> {
    let old = body.len();
    if more > BODY_AT_MOST - old {
        return Err(invalid(format!(
            "the body has more than {BODY_AT_MOST} bytes"
        )));
    }
    body.resize(old + more, 0);
    reader.read_exact(&mut body[old..])
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Writes a document.
pub fn write(line: &mut TcpStream, status: u16, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    // Waiting as long as a client would by itself makes tests longer, not better.
    let retry = if matches!(status, 429 | 503 | 529) {
        "retry-after: 1\r\n"
    } else {
        ""
    };
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{retry}connection: close\r\n\r\n",
        reason(status),
        body.len(),
    );
    line.write_all(head.as_bytes())?;
    line.write_all(body.as_bytes())
}

/// Writes what comes before server-sent events.
pub fn begin_events(line: &mut TcpStream) -> io::Result<()> {
    line.set_nodelay(true)?;
    line.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\nconnection: close\r\n\r\n",
    )
}

/// Writes events that a dialect made.
pub fn write_event(line: &mut TcpStream, text: &str) -> io::Result<()> {
    line.write_all(text.as_bytes())
}

/// Returns once the other side, or the end of the server, has closed the connection.
pub fn until_closed(line: &mut TcpStream) -> io::Result<()> {
    let mut ignored = [0; 64];
    while line.read(&mut ignored)? > 0 {}
    Ok(())
}

/// Returns an event with a name.
pub fn named_event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// Returns an event without a name.
pub fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        529 => "Overloaded",
        _ => "Status",
    }
}
