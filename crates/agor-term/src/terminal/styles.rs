//! Styles that a program keeps and takes back (XTPUSHSGR, XTPOPSGR), and what the styles of a
//! rectangle have in common (XTREPORTSGR); xterm's ctlseqs.

use agor_proto::limits;
use agor_proto::row::{Attrs, Color, Style, Underline};

use super::State;
use crate::effect::Effect;
use crate::parser::Sequence;
use crate::pen::{ColorForm, sgr_params};

/// The parts of a style that were kept, and the style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptStyle {
    pub parts: u16,
    pub style: Style,
}

const UNDERLINE: u16 = 1 << 10;
const FOREGROUND: u16 = 1 << 11;
const BACKGROUND: u16 = 1 << 12;
const ALL: u16 = u16::MAX;

/// The attributes that can be kept by themselves, by their SGR parameters.
const ATTRIBUTES: &[(u16, Attrs)] = &[
    (1, Attrs::BOLD),
    (2, Attrs::DIM),
    (3, Attrs::ITALIC),
    (5, Attrs::BLINK),
    (7, Attrs::REVERSE),
    (8, Attrs::INVISIBLE),
    (9, Attrs::STRIKETHROUGH),
];

fn part(param: u16) -> u16 {
    match param {
        1..=3 | 5 | 7..=9 => 1 << param,
        4 | 21 => UNDERLINE,
        10 | 30 => FOREGROUND,
        11 | 31 => BACKGROUND,
        _ => 0,
    }
}

impl State {
    /// Does XTPUSHSGR; without parameters everything is kept.
    pub(super) fn push_style(&mut self, params: &[u16]) {
        if self.styles.len() == limits::STYLE_STACK_MAX {
            self.styles.remove(0);
        }
        let parts = match params {
            [] => ALL,
            _ => params.iter().fold(0, |parts, param| parts | part(*param)),
        };
        let style = *self.pen.style();
        self.styles.push(KeptStyle { parts, style });
    }

    /// Does XTPOPSGR.
    pub(super) fn pop_style(&mut self) {
        let Some(KeptStyle { parts, style: kept }) = self.styles.pop() else {
            return;
        };
        let now = *self.pen.style();
        let has = |part: u16| parts & part != 0;
        let mut style = now;
        if parts == ALL {
            style = kept;
            // Protection is not SGR's.
            style.attrs.remove(Attrs::PROTECTED);
            if now.attrs.contains(Attrs::PROTECTED) {
                style.attrs.insert(Attrs::PROTECTED);
            }
        }
        for (param, attr) in ATTRIBUTES {
            if has(1 << param) {
                style.attrs.remove(*attr);
                if kept.attrs.contains(*attr) {
                    style.attrs.insert(*attr);
                }
            }
        }
        if has(UNDERLINE) {
            style.attrs.set_underline(kept.attrs.underline());
        }
        if has(FOREGROUND) {
            style.fg = kept.fg;
        }
        if has(BACKGROUND) {
            style.bg = kept.bg;
        }
        self.pen.set_style(style);
    }

    /// Answers XTREPORTSGR with what all characters of a rectangle have in common.
    pub(super) fn report_common_style(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        let mut common: Option<Style> = None;
        if let Some(area) = self.area(sequence, 0) {
            let columns = usize::from(area.left)..usize::from(area.right);
            for at in area.top..area.bottom {
                for cell in &self.grid.cells(at)[columns.clone()] {
                    let style = *self.tables.style(cell.style());
                    common = Some(common.map_or(style, |before| in_common(before, style)));
                }
            }
        }
        let style = common.unwrap_or_default();
        let params = sgr_params(&style, ColorForm::Colons);
        self.reply(&format!("\x1b[{params}m"), effects);
    }
}

fn in_common(a: Style, b: Style) -> Style {
    let color = |a: Color, b: Color| if a == b { a } else { Color::Default };
    let mut attrs = a.attrs;
    attrs.set_underline(Underline::None);
    attrs.0 &= b.attrs.0;
    if a.attrs.underline() == b.attrs.underline() {
        attrs.set_underline(a.attrs.underline());
    }
    Style {
        fg: color(a.fg, b.fg),
        bg: color(a.bg, b.bg),
        attrs,
        underline_color: color(a.underline_color, b.underline_color),
        link: 0,
    }
}
