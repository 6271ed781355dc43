//! Device control strings: the questions DECRQSS and XTGETTCAP, and sixels.

use super::State;
use crate::effect::Effect;
use crate::parser::Sequence;
use agor_proto::limits;
use agor_proto::row::Attrs;

/// Capabilities by their names in hexadecimal digits, and their values likewise; names and values
/// stand in answers as constants of ours.
const CAPABILITIES: &[(&str, &str)] = &[
    // TN and name
    ("544E", "787465726D2D323536636F6C6F72"),
    ("6E616D65", "787465726D2D323536636F6C6F72"),
    // Co and colors
    ("436F", "323536"),
    ("636F6C6F7273", "323536"),
    // RGB
    ("524742", "38"),
    // Su and Tc are there or not
    ("5375", ""),
    ("5463", ""),
    // Smulx: \E[4:%p1%dm
    ("536D756C78", "5C455B343A25703125646D"),
    // Ms: \E]52;%p1%s;%p2%s\007
    ("4D73", "5C455D35323B25703125733B25703225735C303037"),
];

impl State {
    /// Does a device control string.
    pub(super) fn dcs(&mut self, sequence: &Sequence, data: &[u8], effects: &mut Vec<Effect>) {
        match sequence.intermediates() {
            b"$" => self.report_setting(data, effects),
            b"+" => self.report_capabilities(data, effects),
            b"" if sequence.last() == b'q' => self.sixel(data, effects),
            _ => {}
        }
    }

    fn report_setting(&mut self, which: &[u8], effects: &mut Vec<Effect>) {
        let margins = self.margins;
        let setting = match which {
            b"m" => format!("{}m", self.pen.describe()),
            b"r" => format!("{};{}r", margins.top + 1, margins.bottom),
            b"s" => format!("{};{}s", margins.left + 1, margins.right),
            b" q" => format!("{} q", self.cursor_style()),
            b"\"q" => {
                let protected = self.pen.style().attrs.contains(Attrs::PROTECTED);
                format!("{}\"q", u8::from(protected))
            }
            b"*x" => format!("{}*x", 1 + u8::from(self.changes_rectangles)),
            b"\"p" => format!("{};1\"p", 60 + self.level),
            b"t" => format!("{}t", self.size.rows),
            b"*|" => format!("{}*|", self.size.rows),
            b"$|" => format!("{}$|", self.size.cols),
            // There is no status line.
            b"$}" => "0$}".into(),
            b"$~" => "0$~".into(),
            _ => {
                self.reply("\x1bP0$r\x1b\\", effects);
                return;
            }
        };
        self.reply(&format!("\x1bP1$r{setting}\x1b\\"), effects);
    }

    fn report_capabilities(&mut self, names: &[u8], effects: &mut Vec<Effect>) {
        for name in names
            .split(|byte| *byte == b';')
            .take(limits::CAPABILITY_NAMES_MAX)
        {
            let known = CAPABILITIES
                .iter()
                .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
            match known {
                Some((name, "")) => self.reply(&format!("\x1bP1+r{name}\x1b\\"), effects),
                Some((name, value)) => {
                    self.reply(&format!("\x1bP1+r{name}={value}\x1b\\"), effects);
                }
                // The name is not sent back, as xterm would.
                None => self.reply("\x1bP0+r\x1b\\", effects),
            }
        }
    }
}
