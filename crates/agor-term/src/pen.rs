//! How the next character will look, and the interpretation of SGR (ECMA-48 8.3.117, ISO 8613-6,
//! xterm's ctlseqs, kitty's underlines).

use agor_proto::row::{Attrs, Color, Style, Underline};

use crate::cell::Cell;
use crate::parser::Sequence;
use crate::tables::Tables;

/// Style and link of the characters to come, and their numbers once they were needed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pen {
    style: Style,
    link: u16,
    /// The bits of a printed cell, if the style has been looked up.
    template: Option<u64>,
    /// The cell that erasing leaves, likewise.
    blank: Option<Cell>,
}

impl Pen {
    /// Returns a pen.
    pub fn new(style: Style, link: u16) -> Self {
        Self {
            style,
            link,
            template: None,
            blank: None,
        }
    }

    /// Returns the style.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// Says whether characters come out in the default style without a link.
    pub fn is_plain(&self) -> bool {
        self.template == Some(0) && self.blank == Some(Cell::default())
    }

    /// Sets the style of what is printed from now on.
    pub fn set_style(&mut self, style: Style) {
        *self = Self::new(style, self.link);
    }

    /// Returns the number of the link.
    pub fn link(&self) -> u16 {
        self.link
    }

    /// Sets the link of what is printed from now on.
    pub fn set_link(&mut self, link: u16) {
        *self = Self {
            link,
            template: None,
            ..*self
        };
    }

    /// Sets or clears protection (DECSCA).
    pub fn set_protected(&mut self, protected: bool) {
        if protected {
            self.style.attrs.insert(Attrs::PROTECTED);
        } else {
            self.style.attrs.remove(Attrs::PROTECTED);
        }
        self.template = None;
    }

    /// Says whether the numbers still have to be looked up.
    pub fn is_new(&self) -> bool {
        self.template.is_none() || self.blank.is_none()
    }

    /// Returns the bits of a cell that is printed now, if they have been looked up.
    #[inline]
    pub fn ready(&self) -> Option<u64> {
        self.template
    }

    /// Forgets the numbers, whose meaning is about to change.
    pub fn forget_numbers(&mut self) {
        self.template = None;
        self.blank = None;
    }

    /// Returns the bits of a cell that is printed now.
    #[inline]
    pub fn template(&mut self, tables: &mut Tables) -> u64 {
        match self.template {
            Some(template) => template,
            None => {
                let template = Cell::template(tables.add_style(self.style), self.link);
                self.template = Some(template);
                template
            }
        }
    }

    /// Returns the cell that erasing leaves: empty, in the background colour (xterm's "bce").
    #[inline]
    pub fn blank(&mut self, tables: &mut Tables) -> Cell {
        match self.blank {
            Some(blank) => blank,
            None => {
                let style = Style {
                    bg: self.style.bg,
                    ..Style::default()
                };
                let blank = Cell(Cell::template(tables.add_style(style), 0));
                self.blank = Some(blank);
                blank
            }
        }
    }

    /// Does `CSI … m`.
    pub fn sgr(&mut self, sequence: &Sequence) {
        let params = sequence.params();
        if params.is_empty() {
            self.reset();
        }
        let mut at = 0;
        while at < params.len() {
            let mut end = at + 1;
            while sequence.follows_colon(end) && end < params.len() {
                end += 1;
            }
            let used = if end > at + 1 {
                self.sgr_with_colons(&params[at..end]);
                end - at
            } else {
                self.sgr_at(&params[at..], sequence, at)
            };
            at += used;
        }
        self.template = None;
        self.blank = None;
    }

    fn reset(&mut self) {
        // Protection is DECSCA's and survives SGR 0 (DEC STD 070).
        let protected = self.style.attrs.contains(Attrs::PROTECTED);
        self.style = Style::default();
        if protected {
            self.style.attrs.insert(Attrs::PROTECTED);
        }
    }

    /// Does the attribute at the beginning of `params`; returns how many parameters it took.
    fn sgr_at(&mut self, params: &[u16], sequence: &Sequence, offset: usize) -> usize {
        let style = &mut self.style;
        let attrs = &mut style.attrs;
        match params[0] {
            0 => self.reset(),
            1 => attrs.insert(Attrs::BOLD),
            2 => attrs.insert(Attrs::DIM),
            3 => attrs.insert(Attrs::ITALIC),
            4 => attrs.set_underline(Underline::Single),
            5 => attrs.insert(Attrs::BLINK),
            6 => attrs.insert(Attrs::RAPID_BLINK),
            7 => attrs.insert(Attrs::REVERSE),
            8 => attrs.insert(Attrs::INVISIBLE),
            9 => attrs.insert(Attrs::STRIKETHROUGH),
            21 => attrs.set_underline(Underline::Double),
            22 => attrs.remove(Attrs(Attrs::BOLD.0 | Attrs::DIM.0)),
            23 => attrs.remove(Attrs::ITALIC),
            24 => attrs.set_underline(Underline::None),
            25 => attrs.remove(Attrs(Attrs::BLINK.0 | Attrs::RAPID_BLINK.0)),
            27 => attrs.remove(Attrs::REVERSE),
            28 => attrs.remove(Attrs::INVISIBLE),
            29 => attrs.remove(Attrs::STRIKETHROUGH),
            53 => attrs.insert(Attrs::OVERLINE),
            55 => attrs.remove(Attrs::OVERLINE),
            n @ 30..=37 => style.fg = Color::Indexed((n - 30) as u8),
            39 => style.fg = Color::Default,
            n @ 40..=47 => style.bg = Color::Indexed((n - 40) as u8),
            49 => style.bg = Color::Default,
            59 => style.underline_color = Color::Default,
            n @ 90..=97 => style.fg = Color::Indexed((n - 90 + 8) as u8),
            n @ 100..=107 => style.bg = Color::Indexed((n - 100 + 8) as u8),
            n @ (38 | 48 | 58) => {
                // Only parameters that no colon joins belong to the form with semicolons.
                let len = (1..params.len())
                    .take_while(|at| !sequence.follows_colon(offset + at))
                    .count();
                let (color, used) = color_after(&params[1..=len]);
                if let Some(color) = color {
                    self.set_color(n, color);
                }
                return 1 + used;
            }
            _ => {}
        }
        1
    }

    fn sgr_with_colons(&mut self, params: &[u16]) {
        match *params {
            [4, form] => self.style.attrs.set_underline(match form {
                0 => Underline::None,
                2 => Underline::Double,
                3 => Underline::Curly,
                4 => Underline::Dotted,
                5 => Underline::Dashed,
                _ => Underline::Single,
            }),
            // 38:2:space:r:g:b of the standard, and 38:2:r:g:b of everyone who misread it.
            [n @ (38 | 48 | 58), 2, _, r, g, b, ..] | [n @ (38 | 48 | 58), 2, r, g, b] => {
                if let Some(color) = rgb(r, g, b) {
                    self.set_color(n, color);
                }
            }
            [n @ (38 | 48 | 58), 5, index, ..] => {
                if let Ok(index) = u8::try_from(index) {
                    self.set_color(n, Color::Indexed(index));
                }
            }
            _ => {}
        }
    }

    fn set_color(&mut self, which: u16, color: Color) {
        match which {
            38 => self.style.fg = color,
            48 => self.style.bg = color,
            _ => self.style.underline_color = color,
        }
    }

    /// Returns the parameters that set this style, for DECRQSS.
    pub fn describe(&self) -> String {
        sgr_params(&self.style, ColorForm::Colons)
    }
}

/// Reads `2;r;g;b` or `5;n`; returns how many parameters that took.
fn color_after(params: &[u16]) -> (Option<Color>, usize) {
    match *params {
        [2, r, g, b, ..] => (rgb(r, g, b), 4),
        [5, index, ..] => (u8::try_from(index).ok().map(Color::Indexed), 2),
        _ => (None, params.len()),
    }
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Color> {
    Some(Color::Rgb(
        u8::try_from(r).ok()?,
        u8::try_from(g).ok()?,
        u8::try_from(b).ok()?,
    ))
}

/// How the colours of the text and behind it are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColorForm {
    /// `38:2::r:g:b`, of the standard.
    Colons,
    /// `38;2;r;g;b`, which every reader knows.
    Semicolons,
}

/// Returns the SGR parameters that make the default style into `style`, beginning with 0.
pub(crate) fn sgr_params(style: &Style, form: ColorForm) -> String {
    let mut params = String::from("0");
    let attrs = style.attrs;
    for (attr, param) in [
        (Attrs::BOLD, ";1"),
        (Attrs::DIM, ";2"),
        (Attrs::ITALIC, ";3"),
        (Attrs::BLINK, ";5"),
        (Attrs::RAPID_BLINK, ";6"),
        (Attrs::REVERSE, ";7"),
        (Attrs::INVISIBLE, ";8"),
        (Attrs::STRIKETHROUGH, ";9"),
        (Attrs::OVERLINE, ";53"),
    ] {
        if attrs.contains(attr) {
            params.push_str(param);
        }
    }
    match attrs.underline() {
        Underline::None => {}
        Underline::Single => params.push_str(";4"),
        Underline::Double => params.push_str(";21"),
        Underline::Curly => params.push_str(";4:3"),
        Underline::Dotted => params.push_str(";4:4"),
        Underline::Dashed => params.push_str(";4:5"),
    }
    for (color, base, bright, extended) in [(style.fg, 30, 90, 38), (style.bg, 40, 100, 48)] {
        match color {
            Color::Default => {}
            Color::Indexed(n @ 0..8) => params.push_str(&format!(";{}", base + u16::from(n))),
            Color::Indexed(n @ 8..16) => {
                params.push_str(&format!(";{}", bright + u16::from(n - 8)))
            }
            Color::Indexed(n) => params.push_str(&match form {
                ColorForm::Colons => format!(";{extended}:5:{n}"),
                ColorForm::Semicolons => format!(";{extended};5;{n}"),
            }),
            Color::Rgb(r, g, b) => params.push_str(&match form {
                ColorForm::Colons => format!(";{extended}:2::{r}:{g}:{b}"),
                ColorForm::Semicolons => format!(";{extended};2;{r};{g};{b}"),
            }),
        }
    }
    match style.underline_color {
        Color::Default => {}
        Color::Indexed(n) => params.push_str(&format!(";58:5:{n}")),
        Color::Rgb(r, g, b) => params.push_str(&format!(";58:2::{r}:{g}:{b}")),
    }
    params
}
