//! Bytes to actions: the state machine of Paul Williams' "A parser for DEC's ANSI-compatible video
//! terminals", with UTF-8 text, strings with caps, and APC. It keeps its state between any two
//! bytes, so that how output is cut into chunks never matters.
//!
//! What an action does to the screen is decided in [`crate::terminal`].

mod scan;
mod sequence;
mod utf8;

pub(crate) use sequence::Sequence;
use serde::{Deserialize, Serialize};

use agor_proto::limits;
pub(crate) use scan::line_len;
use scan::{control_at, plain_lines, printable_run};
pub(crate) use utf8::{Decoded, decode};

/// A buffer that grew beyond this is given back when its string has ended.
const BUFFER_KEPT: usize = 4 * 1024;

/// What the parser tells the terminal, in the order of the bytes.
pub(crate) trait Actions {
    /// Shows characters from space to `~`.
    fn ascii(&mut self, run: &[u8]);
    /// Returns how many characters a line can have for [`Actions::lines`], and how many lines
    /// there must be at least; `None` if the terminal cannot take lines as a whole now.
    fn takes_lines(&self) -> Option<(usize, usize)>;
    /// Shows whole lines, each of ASCII characters and ended by CR LF.
    fn lines(&mut self, bytes: &[u8], count: usize);
    /// Shows characters beyond ASCII at the beginning of `bytes`, and single ones of ASCII between
    /// them, as long as each just fills cells; returns how many bytes that took.
    fn text(&mut self, bytes: &[u8]) -> usize;
    /// Shows a character beyond ASCII.
    fn character(&mut self, c: char);
    /// Does a control character of C0.
    fn control(&mut self, byte: u8);
    /// Does an escape sequence.
    fn escape(&mut self, sequence: &Sequence);
    /// Does a control sequence.
    fn csi(&mut self, sequence: &Sequence);
    /// Does an operating system command, of which `body` is everything between its ends.
    fn osc(&mut self, body: &[u8], end: StringEnd);
    /// Does a device control string.
    fn dcs(&mut self, sequence: &Sequence, data: &[u8]);
    /// Does an application program command, of which `body` is everything between its ends.
    fn apc(&mut self, body: &[u8]);
    /// Does what a program wrapped for tmux to pass it on.
    fn passed(&mut self, body: &[u8]);
}

/// What ended a string; answers end likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StringEnd {
    /// BEL.
    Bell,
    /// ESC \.
    StringTerminator,
}

impl StringEnd {
    /// Returns the bytes.
    pub fn text(self) -> &'static str {
        match self {
            Self::Bell => "\x07",
            Self::StringTerminator => "\x1b\\",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    #[default]
    Ground,
    Escape,
    Csi,
    CsiIgnore,
    Osc,
    OscEscape,
    DcsHeader,
    Dcs,
    DcsEscape,
    /// PM, SOS, and the APC and DCS that nobody asked for.
    Skipped,
    SkippedEscape,
    /// `DCS tmux;`, in which ESC is written twice.
    Passed,
    PassedEscape,
    Apc,
    ApcEscape,
    /// The data of a sixel string.
    Sixel,
    SixelEscape,
}

/// The state between two bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parser {
    state: State,
    sequence: Sequence,
    /// The body of the string that is being read.
    string: Vec<u8>,
    /// The string is longer than its cap: it is ignored.
    overlong: bool,
    /// The beginning of a character whose end has not come.
    partial: Vec<u8>,
}

impl Parser {
    /// Says whether everything that came has been acted on.
    pub fn is_ground(&self) -> bool {
        self.state == State::Ground && self.partial.is_empty()
    }

    /// Acts on `bytes`.
    pub fn advance(&mut self, bytes: &[u8], actions: &mut impl Actions) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                State::Ground => self.ground(rest, actions),
                State::Escape => self.escape(rest, actions),
                State::Csi => self.csi(rest, actions),
                State::CsiIgnore => self.csi_ignore(rest, actions),
                State::Osc => self.osc(rest, actions),
                State::DcsHeader => self.dcs_header(rest),
                State::Dcs => self.dcs(rest),
                State::Skipped => self.skipped(rest),
                State::Passed => self.passed(rest),
                State::Apc => self.apc(rest),
                State::Sixel => self.sixel(rest),
                State::PassedEscape if rest[0] == 0x1b => {
                    self.extend_string(b"\x1b", limits::DCS_MAX);
                    self.state = State::Passed;
                    1
                }
                State::OscEscape
                | State::DcsEscape
                | State::SkippedEscape
                | State::ApcEscape
                | State::SixelEscape
                | State::PassedEscape => self.string_escape(rest[0], actions),
            };
            rest = &rest[used..];
        }
    }

    /// Each of these functions returns how many bytes it used, which is 0 only if it changed state.
    fn ground(&mut self, bytes: &[u8], actions: &mut impl Actions) -> usize {
        let mut at = if self.partial.is_empty() {
            0
        } else {
            self.finish_partial(bytes, actions)
        };
        // Where it pays to look for many lines again.
        let mut look_at = at;
        while at < bytes.len() {
            if at >= look_at
                && let Some((max, least)) = actions.takes_lines()
            {
                let (len, count) = plain_lines(&bytes[at..], max);
                look_at = at + len + 1;
                if count >= least {
                    actions.lines(&bytes[at..at + len], count);
                    at += len;
                }
            }
            let run = printable_run(&bytes[at..]);
            if run > 0 {
                actions.ascii(&bytes[at..at + run]);
                at += run;
            }
            while let Some(&byte) = bytes.get(at).filter(|byte| **byte >= 0x80) {
                let shown = actions.text(&bytes[at..]);
                if shown > 0 {
                    at += shown;
                    continue;
                }
                match utf8::decode(byte, &bytes[at..]) {
                    Decoded::Char(c, len) => {
                        // C1 controls in UTF-8 do nothing: programs that mean them write ESC, and
                        // text that carries them is hostile or binary.
                        if c >= '\u{a0}' {
                            actions.character(c);
                        }
                        at += len;
                    }
                    Decoded::Invalid(len) => {
                        actions.character(char::REPLACEMENT_CHARACTER);
                        at += len;
                    }
                    Decoded::Incomplete => {
                        self.partial.extend_from_slice(&bytes[at..]);
                        return bytes.len();
                    }
                }
            }
            match bytes.get(at) {
                Some(0x1b) => {
                    self.begin_escape();
                    at += 1;
                    if bytes.get(at) != Some(&b'[') {
                        return at;
                    }
                    // Most sequences are control sequences, and most come whole.
                    self.state = State::Csi;
                    at += 1;
                    at += self.csi(&bytes[at..], actions);
                    if self.state != State::Ground {
                        return at;
                    }
                    look_at = at;
                }
                Some(0x7f) => at += 1,
                Some(&byte) if byte < 0x20 => {
                    actions.control(byte);
                    at += 1;
                }
                _ => {}
            }
        }
        at
    }

    /// Completes the character that an earlier chunk began.
    fn finish_partial(&mut self, bytes: &[u8], actions: &mut impl Actions) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            let before = self.partial.len();
            self.partial.push(byte);
            match utf8::decode(self.partial[0], &self.partial) {
                Decoded::Incomplete => continue,
                Decoded::Char(c, _) => {
                    self.partial.clear();
                    if c >= '\u{a0}' {
                        actions.character(c);
                    }
                    return at + 1;
                }
                Decoded::Invalid(_) => {
                    // What came before was a good beginning, so this byte is the one that does
                    // not belong: it is looked at again by itself.
                    debug_assert!(before > 0);
                    self.partial.clear();
                    actions.character(char::REPLACEMENT_CHARACTER);
                    return at;
                }
            }
        }
        bytes.len()
    }

    fn begin_escape(&mut self) {
        self.state = State::Escape;
        self.sequence.clear();
    }

    fn begin_string(&mut self, state: State) {
        self.string.clear();
        self.overlong = false;
        self.state = state;
    }

    fn end_string(&mut self) {
        self.string.clear();
        if self.string.capacity() > BUFFER_KEPT {
            self.string = Vec::new();
        }
        self.overlong = false;
        self.state = State::Ground;
    }

    fn escape(&mut self, bytes: &[u8], actions: &mut impl Actions) -> usize {
        let byte = bytes[0];
        match byte {
            0x18 | 0x1a => self.state = State::Ground,
            0x1b => self.begin_escape(),
            0x00..=0x1f => actions.control(byte),
            0x20..=0x2f => self.sequence.add_intermediate(byte),
            b'[' if self.sequence.intermediates().is_empty() => self.state = State::Csi,
            b']' if self.sequence.intermediates().is_empty() => self.begin_string(State::Osc),
            b'P' if self.sequence.intermediates().is_empty() => {
                self.begin_string(State::DcsHeader);
            }
            b'_' if self.sequence.intermediates().is_empty() => self.begin_string(State::Apc),
            b'X' | b'^' if self.sequence.intermediates().is_empty() => {
                self.begin_string(State::Skipped);
            }
            0x30..=0x7e => {
                self.state = State::Ground;
                self.sequence.finish(byte);
                actions.escape(&self.sequence);
            }
            _ => {}
        }
        1
    }

    fn csi(&mut self, bytes: &[u8], actions: &mut impl Actions) -> usize {
        let mut at = self.sequence.add_parameters(bytes);
        while let Some(&byte) = bytes.get(at) {
            if self.sequence.takes_parameter(byte) {
                if !self.sequence.add_parameter_byte(byte) {
                    self.state = State::CsiIgnore;
                    return at + 1;
                }
                at += 1;
                continue;
            }
            match byte {
                0x40..=0x7e => {
                    self.state = State::Ground;
                    self.sequence.finish(byte);
                    if self.sequence.is_well_formed() {
                        actions.csi(&self.sequence);
                    }
                    return at + 1;
                }
                0x20..=0x2f => self.sequence.add_intermediate(byte),
                b'<'..=b'?' if self.sequence.add_prefix(byte) => {}
                0x30..=0x3f => {
                    self.state = State::CsiIgnore;
                    return at + 1;
                }
                0x18 | 0x1a => {
                    self.state = State::Ground;
                    return at + 1;
                }
                0x1b => {
                    self.begin_escape();
                    return at + 1;
                }
                0x00..=0x1f => actions.control(byte),
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }

    fn csi_ignore(&mut self, bytes: &[u8], actions: &mut impl Actions) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                0x40..=0x7e | 0x18 | 0x1a => {
                    self.state = State::Ground;
                    return at + 1;
                }
                0x1b => {
                    self.begin_escape();
                    return at + 1;
                }
                0x00..=0x1f => actions.control(byte),
                _ => {}
            }
        }
        bytes.len()
    }

    /// Adds to the string, unless it is longer than it may be.
    fn extend_string(&mut self, bytes: &[u8], max: usize) {
        if self.overlong || self.string.len() + bytes.len() > max {
            self.overlong = true;
            self.string = Vec::new();
        } else {
            self.string.extend_from_slice(bytes);
        }
    }

    fn osc_max(&self, next: &[u8]) -> usize {
        let head: Vec<u8> = self.string.iter().chain(next).take(5).copied().collect();
        if head.starts_with(b"1337;") {
            limits::DCS_MAX
        } else if head.starts_with(b"52;") {
            limits::OSC_LONG_MAX
        } else {
            limits::OSC_MAX
        }
    }

    fn osc(&mut self, bytes: &[u8], actions: &mut impl Actions) -> usize {
        let end = control_at(bytes);
        let body = &bytes[..end];
        let max = if self.string.len() + end > limits::OSC_MAX {
            self.osc_max(body)
        } else {
            limits::OSC_MAX
        };
        self.extend_string(body, max);
        match bytes.get(end) {
            None => return end,
            Some(0x07) => self.dispatch_osc(StringEnd::Bell, actions),
            Some(0x1b) => self.state = State::OscEscape,
            Some(0x18 | 0x1a) => self.end_string(),
            Some(_) => {}
        }
        end + 1
    }

    fn dispatch_osc(&mut self, end: StringEnd, actions: &mut impl Actions) {
        if !self.overlong {
            actions.osc(&self.string, end);
        }
        self.end_string();
    }

    fn dcs_header(&mut self, bytes: &[u8]) -> usize {
        let byte = bytes[0];
        if self.sequence.takes_parameter(byte) {
            if !self.sequence.add_parameter_byte(byte) {
                self.state = State::Skipped;
            }
            return 1;
        }
        match byte {
            0x40..=0x7e => {
                self.sequence.finish(byte);
                // DECRQSS and XTGETTCAP.
                let answered = byte == b'q' && matches!(self.sequence.intermediates(), b"$" | b"+");
                // What tmux would pass on to the terminal around it: this is that terminal.
                let passed = byte == b't' && self.sequence.intermediates().is_empty();
                let sixel = byte == b'q'
                    && self.sequence.intermediates().is_empty()
                    && self.sequence.prefix() == 0;
                self.state = match (answered, passed) {
                    (true, _) => State::Dcs,
                    (_, true) => State::Passed,
                    _ if sixel => State::Sixel,
                    _ => State::Skipped,
                };
            }
            0x20..=0x2f => self.sequence.add_intermediate(byte),
            b'<'..=b'?' if self.sequence.add_prefix(byte) => {}
            0x30..=0x3f => self.state = State::Skipped,
            0x18 | 0x1a => self.end_string(),
            0x1b => self.state = State::SkippedEscape,
            _ => {}
        }
        1
    }

    fn dcs(&mut self, bytes: &[u8]) -> usize {
        let end = control_at(bytes);
        self.extend_string(&bytes[..end], limits::DCS_QUERY_MAX);
        match bytes.get(end) {
            None => return end,
            Some(0x1b) => self.state = State::DcsEscape,
            Some(0x18 | 0x1a) => self.end_string(),
            Some(_) => {}
        }
        end + 1
    }

    /// Reads an application program command; other kinds than graphics are not kept.
    fn apc(&mut self, bytes: &[u8]) -> usize {
        let first = self.string.first().or(bytes.first());
        if !self.overlong && first.is_some_and(|first| !matches!(first, b'G' | 0x1b | 0x18 | 0x1a))
        {
            self.state = State::Skipped;
            return 0;
        }
        self.long_string(bytes, State::ApcEscape)
    }

    fn sixel(&mut self, bytes: &[u8]) -> usize {
        self.long_string(bytes, State::SixelEscape)
    }

    fn long_string(&mut self, bytes: &[u8], escape: State) -> usize {
        let end = memchr::memchr3(0x1b, 0x18, 0x1a, bytes).unwrap_or(bytes.len());
        self.extend_string(&bytes[..end], limits::DCS_MAX);
        match bytes.get(end) {
            None => return end,
            Some(0x1b) => self.state = escape,
            Some(_) => self.end_string(),
        }
        end + 1
    }

    fn skipped(&mut self, bytes: &[u8]) -> usize {
        self.skip(bytes, State::SkippedEscape)
    }

    fn passed(&mut self, bytes: &[u8]) -> usize {
        self.long_string(bytes, State::PassedEscape)
    }

    fn skip(&mut self, bytes: &[u8], escape: State) -> usize {
        match memchr::memchr3(0x1b, 0x18, 0x1a, bytes) {
            None => bytes.len(),
            Some(at) => {
                if bytes[at] == 0x1b {
                    self.state = escape;
                } else {
                    self.end_string();
                }
                at + 1
            }
        }
    }

    /// Decides about the byte after an ESC in a string: `\` ends the string well; anything else
    /// drops it and is the escape sequence that it would be elsewhere.
    fn string_escape(&mut self, byte: u8, actions: &mut impl Actions) -> usize {
        if byte != b'\\' {
            self.end_string();
            self.begin_escape();
            return 0;
        }
        match self.state {
            State::OscEscape => self.dispatch_osc(StringEnd::StringTerminator, actions),
            State::DcsEscape | State::SixelEscape => {
                if !self.overlong {
                    actions.dcs(&self.sequence, &self.string);
                }
                self.end_string();
            }
            State::PassedEscape => {
                let mut body = std::mem::take(&mut self.string);
                // `DCS tmux;` has read its `t` as the string's last byte.
                if !self.overlong && body.starts_with(b"mux;") {
                    body.drain(..4);
                    actions.passed(&body);
                }
                self.end_string();
            }
            State::ApcEscape => {
                if !self.overlong {
                    actions.apc(&self.string);
                }
                self.end_string();
            }
            _ => self.end_string(),
        }
        1
    }
}
