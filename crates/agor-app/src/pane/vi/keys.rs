//! What each command does, and what keys are by themselves: counts, and signs that are gone to.

use agor_proto::ids::LinePosition;
use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::rows::motion::{self, Sought, Words};

use super::super::find::Step;
use super::super::scroll::{Scroll, Sight};
use super::super::selection::Unit;
use super::{Anchor, COUNT_MAX, Effect, Vi, View, Waits};
use crate::commands::Command;
use crate::keys::router::ModeKey;

/// Rows of a page that stay in view.
const PAGE_KEEPS: i64 = 2;

impl Vi {
    /// Takes a key.
    pub fn on_key(
        &mut self,
        key: &ModeKey,
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

    fn act(&mut self, key: &ModeKey, view: View<'_>, scroll: &mut Scroll) -> Effect {
        let ModeKey { input, command } = key;
        if let Some(Waits { forwards, short }) = self.waits.take() {
            match typed(input) {
                Some(sign) => {
                    self.sought = Some(Sought {
                        sign,
                        forwards,
                        short,
                    });
                    self.go_to_sign(view, false, false);
                }
                None => self.count = None,
            }
            return Effect::None;
        }
        if let Some(digit) = self.digit(input, *command) {
            let count = self.count.unwrap_or(0).saturating_mul(10) + digit;
            self.count = Some(count.min(COUNT_MAX));
            return Effect::None;
        }
        let Some(command) = *command else {
            self.count = None;
            return Effect::None;
        };
        if self.seeks(command, view) {
            return Effect::None;
        }
        let counted = self.count.take();
        let from = self.cursor;
        let moves =
            self.moves(command, counted, view) || self.moves_far(command, counted, (view, scroll));
        if !moves {
            return self.selects(command, view);
        }
        // As editors without modes have it.
        if !matches!(input.key, Key::Char(_)) {
            self.by_shift(input.mods.contains(Mods::SHIFT), from);
        }
        Effect::None
    }

    /// Returns the digit of a count that a key is, unless it means a command and no count has begun.
    fn digit(&self, input: &KeyInput, command: Option<Command>) -> Option<u32> {
        let plain = !input
            .mods
            .intersects(Mods::CTRL.with(Mods::ALT).with(Mods::SUPER));
        let digit = letter(input).filter(|_| plain)?.to_digit(10)?;
        let counts = self.count.is_some() || (command.is_none() && digit != 0);
        counts.then_some(digit)
    }

    /// Waits for the sign that is to be gone to, or goes to the last one again; says whether the command is for that.
    fn seeks(&mut self, command: Command, view: View<'_>) -> bool {
        let (forwards, short) = match command {
            Command::ViSignAfter => (true, false),
            Command::ViSignBefore => (false, false),
            Command::ViTillAfter => (true, true),
            Command::ViTillBefore => (false, true),
            Command::ViSignAgain | Command::ViSignBack => {
                self.go_to_sign(view, true, command == Command::ViSignBack);
                return true;
            }
            _ => return false,
        };
        self.waits = Some(Waits { forwards, short });
        true
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

    /// Moves the cursor by signs, words and lines; says whether the command does that.
    fn moves(&mut self, command: Command, counted: Option<u32>, view: View<'_>) -> bool {
        let rows = view.rows;
        match command {
            Command::ViLeft => self.step(view, counted, |at| motion::left(rows, at, view.columns)),
            Command::ViRight => {
                self.step(view, counted, |at| motion::right(rows, at, view.columns));
            }
            Command::ViWordAfter => self.step(view, counted, |at| {
                motion::word_after(rows, at, Words::Small)
            }),
            Command::ViWordAfterLarge => self.step(view, counted, |at| {
                motion::word_after(rows, at, Words::Large)
            }),
            Command::ViWordBefore => self.step(view, counted, |at| {
                motion::word_before(rows, at, Words::Small)
            }),
            Command::ViWordBeforeLarge => self.step(view, counted, |at| {
                motion::word_before(rows, at, Words::Large)
            }),
            Command::ViWordEnd => {
                self.step(view, counted, |at| motion::word_end(rows, at, Words::Small));
            }
            Command::ViWordEndLarge => {
                self.step(view, counted, |at| motion::word_end(rows, at, Words::Large));
            }
            Command::ViWordEndBefore => self.step(view, counted, |at| {
                motion::word_end_before(rows, at, Words::Small)
            }),
            Command::ViWordEndBeforeLarge => self.step(view, counted, |at| {
                motion::word_end_before(rows, at, Words::Large)
            }),
            Command::ViLineStart => self.step(view, None, |at| motion::line_start(rows, at)),
            Command::ViLineText => self.step(view, None, |at| motion::line_text(rows, at)),
            Command::ViLineEnd => {
                self.step(view, None, |at| motion::line_end(rows, at));
                self.goal = u16::MAX;
            }
            Command::ViParagraphBefore => {
                self.step(view, counted, |at| motion::paragraph(rows, at, false));
            }
            Command::ViParagraphAfter => {
                self.step(view, counted, |at| motion::paragraph(rows, at, true));
            }
            Command::ViBracket => self.step(view, None, |at| motion::bracket(rows, at)),
            _ => return false,
        }
        true
    }

    /// Moves the cursor by rows and pages; says whether the command does that.
    fn moves_far(
        &mut self,
        command: Command,
        counted: Option<u32>,
        (view, scroll): (View<'_>, &mut Scroll),
    ) -> bool {
        let count = i64::from(counted.unwrap_or(1));
        let shown = i64::try_from(view.shown).unwrap_or(1);
        let (half, page) = ((shown / 2).max(1), (shown - PAGE_KEEPS).max(1));
        match command {
            Command::ViDown => self.go_rows(view, count),
            Command::ViUp => self.go_rows(view, -count),
            Command::ViViewTop => self.in_view(view, 0),
            Command::ViViewMiddle => self.in_view(view, view.shown / 2),
            Command::ViViewBottom => self.in_view(view, view.shown.saturating_sub(1)),
            Command::ViFirst => self.go_to_start(view, scroll),
            Command::ViLast => self.go_to_end(view, scroll),
            Command::ViPageDown => self.page(view, scroll, count * page),
            Command::ViPageUp => self.page(view, scroll, -count * page),
            Command::ViHalfDown => self.page(view, scroll, count * half),
            Command::ViHalfUp => self.page(view, scroll, -count * half),
            Command::ViScrollDown => self.page(view, scroll, count),
            Command::ViScrollUp => self.page(view, scroll, -count),
            _ => return false,
        }
        true
    }

    /// Selects, copies, finds and leaves.
    fn selects(&mut self, command: Command, view: View<'_>) -> Effect {
        match command {
            Command::ViSelect => self.select(Unit::Cell),
            Command::ViSelectLines => self.select(Unit::Line),
            Command::ViSelectBlock => self.select(Unit::Block),
            Command::ViOtherEnd => self.swap(view),
            Command::ViCopy => return self.copied(view, false),
            Command::ViCopyLines => return self.copied(view, true),
            Command::ViCopyOrLeave if self.anchor.is_some() => return self.copied(view, false),
            Command::ViFindNewer => return Effect::Find(Step::Newer),
            Command::ViFindOlder => return Effect::Find(Step::Older),
            Command::ViAgain => return Effect::Again { back: false },
            Command::ViAgainBack => return Effect::Again { back: true },
            Command::ViDrop if self.anchor.take().is_some() => {}
            Command::ViDrop | Command::ViLeave | Command::ViCopyOrLeave => return Effect::Leave,
            _ => {}
        }
        Effect::None
    }

    /// Begins a selection with Shift where the cursor was, or drops one that Shift began.
    fn by_shift(&mut self, shift: bool, from: Option<LinePosition>) {
        match (self.anchor, from) {
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
    fn select(&mut self, unit: Unit) {
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
    fn swap(&mut self, view: View<'_>) {
        if let (Some(anchor), Some(cursor)) = (&mut self.anchor, self.cursor) {
            let to = std::mem::replace(&mut anchor.at, cursor);
            if view.covers(to) {
                self.go(view, view.at(to));
            } else {
                self.go_to(to);
            }
        }
    }

    /// Returns what is copied, in whole lines if they are wanted or nothing is selected.
    fn copied(&mut self, view: View<'_>, lines: bool) -> Effect {
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

/// Returns the sign that a key types, or where it types none, the one that it means.
fn typed(input: &KeyInput) -> Option<String> {
    if input
        .mods
        .intersects(Mods::CTRL.with(Mods::ALT).with(Mods::SUPER))
    {
        return None;
    }
    let text = Some(&input.text).filter(|text| !text.trim().is_empty() || *text == " ");
    text.cloned().or_else(|| letter(input).map(String::from))
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
