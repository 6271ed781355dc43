//! What each key does.

use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::rows::motion::{self, Sought, Words};

use super::super::find::Step;
use super::super::scroll::{Scroll, Sight};
use super::super::selection::Unit;
use super::{Anchor, COUNT_MAX, Effect, Vi, View, Waits};

impl Vi {
    /// Takes a key.
    pub fn on_key(
        &mut self,
        key: &KeyInput,
        view: View<'_>,
        sight: Sight<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        if view.rows.is_empty() {
            return Effect::Leave;
        }
        let effect = self.act(key, view, scroll);
        self.show(view, sight, scroll);
        effect
    }

    pub(super) fn act(&mut self, key: &KeyInput, view: View<'_>, scroll: &mut Scroll) -> Effect {
        let held = |mods| key.mods.intersects(mods);
        let (shift, ctrl) = (held(Mods::SHIFT), held(Mods::CTRL));
        let letter = letter(key);
        if held(Mods::ALT.with(Mods::SUPER)) {
            return Effect::None;
        }
        if let Some(Waits::Sign { forwards, short }) = self.waits {
            self.waits = None;
            let sign = Some(key.text.clone()).filter(|text| !text.trim().is_empty() || text == " ");
            if let Some(sign) = sign.or(letter.map(String::from)).filter(|_| !ctrl) {
                self.sought = Some(Sought {
                    sign,
                    forwards,
                    short,
                });
                self.go_to_sign(view, false, false);
            } else {
                self.count = None;
            }
            return Effect::None;
        }
        if let (Some(digit @ '0'..='9'), false) = (letter, ctrl)
            && (digit != '0' || self.count.is_some())
        {
            let digit = u32::from(digit) - u32::from('0');
            let count = self.count.unwrap_or(0).saturating_mul(10) + digit;
            self.count = Some(count.min(COUNT_MAX));
            return Effect::None;
        }
        if let (Some('f' | 'F' | 't' | 'T' | ';' | ','), None, false) = (letter, self.waits, ctrl) {
            self.seek(letter.unwrap_or_default(), view);
            return Effect::None;
        }
        let g = self.waits.take().is_some();
        let counted = self.count.take();
        if g {
            match letter {
                Some('g') => self.go_to_start(view, scroll),
                Some('e') => self.step(view, counted, |at| {
                    motion::word_end_before(view.rows, at, Words::Small)
                }),
                Some('E') => self.step(view, counted, |at| {
                    motion::word_end_before(view.rows, at, Words::Large)
                }),
                _ => {}
            }
            return Effect::None;
        }
        match (letter, ctrl) {
            (Some(letter), false) => self.plain(letter, counted, view, scroll),
            (Some(letter), true) => self.with_control(letter, counted, view, scroll),
            (None, _) => self.named(key.key, (shift, ctrl), counted, view, scroll),
        }
    }

    pub(super) fn plain(
        &mut self,
        letter: char,
        counted: Option<u32>,
        view: View<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        let rows = view.rows;
        let count = i64::from(counted.unwrap_or(1));
        match letter {
            'h' => self.step(view, counted, |at| motion::left(rows, at, view.columns)),
            'l' | ' ' => self.step(view, counted, |at| motion::right(rows, at, view.columns)),
            'j' => self.go_rows(view, count),
            'k' => self.go_rows(view, -count),
            'w' => self.step(view, counted, |at| {
                motion::word_after(rows, at, Words::Small)
            }),
            'W' => self.step(view, counted, |at| {
                motion::word_after(rows, at, Words::Large)
            }),
            'b' => self.step(view, counted, |at| {
                motion::word_before(rows, at, Words::Small)
            }),
            'B' => self.step(view, counted, |at| {
                motion::word_before(rows, at, Words::Large)
            }),
            'e' => self.step(view, counted, |at| motion::word_end(rows, at, Words::Small)),
            'E' => self.step(view, counted, |at| motion::word_end(rows, at, Words::Large)),
            '0' => self.step(view, None, |at| motion::line_start(rows, at)),
            '^' => self.step(view, None, |at| motion::line_text(rows, at)),
            '$' => {
                self.step(view, None, |at| motion::line_end(rows, at));
                self.goal = u16::MAX;
            }
            '{' => self.step(view, counted, |at| motion::paragraph(rows, at, false)),
            '}' => self.step(view, counted, |at| motion::paragraph(rows, at, true)),
            'H' => self.in_view(view, 0),
            'M' => self.in_view(view, view.shown / 2),
            'L' => self.in_view(view, view.shown.saturating_sub(1)),
            '%' => self.step(view, None, |at| motion::bracket(rows, at)),
            'g' => self.waits = Some(Waits::G),
            'G' => self.go_to_end(view, scroll),
            'v' => self.select(Unit::Cell),
            'V' => self.select(Unit::Line),
            'o' => self.swap(view),
            'y' | 'Y' => return self.copied(view, letter == 'Y'),
            '/' => return Effect::Find(Step::Newer),
            '?' => return Effect::Find(Step::Older),
            'n' => return Effect::Again { back: false },
            'N' => return Effect::Again { back: true },
            'q' | 'i' => return Effect::Leave,
            _ => {}
        }
        Effect::None
    }

    /// Waits for the sign that is to be gone to, or goes to the last one again.
    fn seek(&mut self, letter: char, view: View<'_>) {
        let (forwards, short) = match letter {
            ';' | ',' => return self.go_to_sign(view, true, letter == ','),
            _ => (
                letter.is_ascii_lowercase(),
                letter.eq_ignore_ascii_case(&'t'),
            ),
        };
        self.waits = Some(Waits::Sign { forwards, short });
    }

    fn go_to_sign(&mut self, view: View<'_>, again: bool, back: bool) {
        let times = self.count.take().unwrap_or(1);
        let Some(sought) = self.sought.clone() else {
            return;
        };
        let sought = if back { sought.reversed() } else { sought };
        self.step(view, None, |at| {
            motion::sign(view.rows, at, &sought, times, again)
        });
    }

    pub(super) fn with_control(
        &mut self,
        letter: char,
        counted: Option<u32>,
        view: View<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        let count = i64::from(counted.unwrap_or(1));
        let page = i64::try_from(view.shown).unwrap_or(1);
        match letter.to_ascii_lowercase() {
            'd' => self.page(view, scroll, count * (page / 2).max(1)),
            'u' => self.page(view, scroll, -count * (page / 2).max(1)),
            'f' => self.page(view, scroll, count * (page - 2).max(1)),
            'b' => self.page(view, scroll, -count * (page - 2).max(1)),
            'e' => self.page(view, scroll, count),
            'y' => self.page(view, scroll, -count),
            'v' => self.select(Unit::Block),
            'c' if self.anchor.is_some() => return self.copied(view, false),
            'c' => return Effect::Leave,
            'a' => {
                self.go_to_start(view, scroll);
            }
            _ => {}
        }
        Effect::None
    }

    /// Takes a key that makes no text, as editors without modes know them.
    pub(super) fn named(
        &mut self,
        key: Key,
        (shift, ctrl): (bool, bool),
        counted: Option<u32>,
        view: View<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        let rows = view.rows;
        let count = i64::from(counted.unwrap_or(1));
        let page = i64::try_from(view.shown).unwrap_or(1) - 1;
        match key {
            Key::Escape if self.anchor.take().is_some() => return Effect::None,
            Key::Escape => return Effect::Leave,
            Key::Enter | Key::KeypadEnter => return self.copied(view, false),
            _ => {}
        }
        let moves = matches!(
            key,
            Key::Left
                | Key::Right
                | Key::Up
                | Key::Down
                | Key::Home
                | Key::End
                | Key::PageUp
                | Key::PageDown
                | Key::Backspace
        );
        if moves {
            self.by_shift(shift);
        }
        match key {
            Key::Left if ctrl => {
                self.step(view, counted, |at| {
                    motion::word_before(rows, at, Words::Small)
                });
            }
            Key::Right if ctrl => {
                self.step(view, counted, |at| {
                    motion::word_after(rows, at, Words::Small)
                });
            }
            Key::Left | Key::Backspace => {
                self.step(view, counted, |at| motion::left(rows, at, view.columns));
            }
            Key::Right => self.step(view, counted, |at| motion::right(rows, at, view.columns)),
            Key::Up => self.go_rows(view, -count),
            Key::Down => self.go_rows(view, count),
            Key::Home if ctrl => self.go_to_start(view, scroll),
            Key::End if ctrl => self.go_to_end(view, scroll),
            Key::Home => self.step(view, None, |at| motion::line_start(rows, at)),
            Key::End => self.step(view, None, |at| motion::line_end(rows, at)),
            Key::PageUp => self.page(view, scroll, -count * page.max(1)),
            Key::PageDown => self.page(view, scroll, count * page.max(1)),
            _ => {}
        }
        Effect::None
    }

    /// Begins a selection with Shift, or drops one that Shift began.
    pub(super) fn by_shift(&mut self, shift: bool) {
        match (self.anchor, self.cursor) {
            (None, Some(at)) if shift => {
                self.anchor = Some(Anchor {
                    at,
                    unit: Unit::Cell,
                    by_shift: true,
                });
            }
            (Some(Anchor { by_shift: true, .. }), _) if !shift => self.anchor = None,
            _ => {}
        }
    }

    /// Begins a selection, lets it grow otherwise, or drops it.
    pub(super) fn select(&mut self, unit: Unit) {
        self.anchor = match self.anchor {
            Some(anchor) if anchor.unit == unit => None,
            Some(anchor) => Some(Anchor {
                unit,
                by_shift: false,
                ..anchor
            }),
            None => self.cursor.map(|at| Anchor {
                at,
                unit,
                by_shift: false,
            }),
        };
    }

    /// Goes to the other end of the selection.
    pub(super) fn swap(&mut self, view: View<'_>) {
        if let (Some(anchor), Some(cursor)) = (&mut self.anchor, self.cursor) {
            let to = std::mem::replace(&mut anchor.at, cursor);
            if view.covers(to) {
                self.go(view, view.at(to));
            } else {
                self.go_to(to);
            }
        }
    }

    pub(super) fn copied(&mut self, view: View<'_>, lines: bool) -> Effect {
        let Some(cursor) = self.cursor else {
            return Effect::Leave;
        };
        if self.anchor.is_none() || lines {
            let at = self.anchor.map_or(cursor, |anchor| anchor.at);
            self.anchor = Some(Anchor {
                at,
                unit: Unit::Line,
                by_shift: false,
            });
        }
        match self.selection(view) {
            Some(selection) => Effect::Copy(selection),
            None => Effect::Leave,
        }
    }
}

/// Returns the character that a key means: what it types, or where the layout has no Latin letters,
/// what its place does.
pub(super) fn letter(key: &KeyInput) -> Option<char> {
    let Key::Char(plain) = key.key else {
        return match key.key {
            Key::KeypadChar(digit @ '0'..='9') => Some(digit),
            _ => None,
        };
    };
    let shift = key.mods.contains(Mods::SHIFT);
    let typed = key.text.chars().next().or(key.shifted.filter(|_| shift));
    let typed = typed.unwrap_or(plain);
    if typed.is_ascii() {
        return Some(typed);
    }
    let base = key.base_layout?;
    Some(if shift {
        base.to_ascii_uppercase()
    } else {
        base
    })
}
