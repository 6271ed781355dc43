//! Questions of programs that want to write the clipboard (OSC 52) and that the person does not look at: a line above
//! the status bar, which takes no key from the program that is typed into and stays until it is answered.

use std::collections::VecDeque;

use agor_proto::ids::SessionId;
use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2};

use crate::commands::Command;
use crate::icons::Mark;
use crate::keys::keymap::Keymap;
use crate::link::snapshot::Copied;
use crate::theme::{Theme, medium};
use crate::widgets::elided;

/// Questions that wait; what is asked beyond them is refused.
const WAITING_MAX: usize = 16;

/// Characters of a text that are shown.
const SHOWN_MAX: usize = 80;

/// Height of the line.
pub const HEIGHT: f32 = 36.0;

/// The answers, with what stands on their buttons.
pub const ANSWERS: [(Command, &str); 3] = [
    (Command::ClipboardAllow, "Allow once"),
    (Command::ClipboardAlways, "Always for this session"),
    (Command::ClipboardRefuse, "Refuse"),
];

/// The questions that wait, the oldest first.
#[derive(Debug, Default)]
pub struct Questions {
    waiting: VecDeque<Copied>,
}

impl Questions {
    /// Asks; what the same session asked before of the same clipboard is asked no more. Says whether there was
    /// room.
    pub fn ask(&mut self, copied: Copied) -> bool {
        let same = |it: &&mut Copied| it.session == copied.session && it.primary == copied.primary;
        if let Some(before) = self.waiting.iter_mut().find(same) {
            *before = copied;
            return true;
        }
        let room = self.waiting.len() < WAITING_MAX;
        if room {
            self.waiting.push_back(copied);
        }
        room
    }

    /// Returns the question that is shown.
    #[must_use]
    pub fn first(&self) -> Option<&Copied> {
        self.waiting.front()
    }

    /// Returns how many wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the question that is shown.
    pub fn take(&mut self) -> Option<Copied> {
        self.waiting.pop_front()
    }

    /// Takes every question of a session.
    pub fn take_of(&mut self, session: SessionId) -> Vec<Copied> {
        let (its, others): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|it| it.session == session);
        self.waiting = others;
        its.into()
    }

    /// Forgets questions of sessions that are gone.
    pub fn retain(&mut self, is_there: impl Fn(SessionId) -> bool) {
        self.waiting.retain(|it| is_there(it.session));
    }
}

/// Returns the question in a sentence.
#[must_use]
pub fn words(copied: &Copied, name: &str) -> String {
    let place = if copied.primary {
        "primary selection"
    } else {
        "clipboard"
    };
    let count = copied.text.chars().count();
    let characters = if count == 1 {
        "character"
    } else {
        "characters"
    };
    // What a program chose is one line without anything that would draw elsewhere.
    let plain = copied.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = plain
        .chars()
        .filter(|c| !c.is_control() && !is_bidi(*c))
        .take(SHOWN_MAX)
        .collect();
    format!("{name} wants to put {count} {characters} on the {place}: “{plain}”")
}

/// Says whether a character changes the direction of what follows.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Draws the question that waits longest into `ui`'s whole rectangle; returns the command of the button that was
/// pressed.
pub fn question_ui(
    ui: &mut Ui,
    (text, more): (&str, usize),
    keymap: &Keymap,
    theme: &Theme,
) -> Option<Command> {
    let rect = ui.max_rect();
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme.panel);
    let edge = Stroke::new(1.0, theme.needs_you);
    painter.hline(rect.x_range(), rect.min.y + 0.5, edge);
    let middle = rect.center().y;
    Mark::NeedsAnswer.paint(painter, Pos2::new(rect.min.x + 18.0, middle), theme);
    let mut pressed = None;
    let mut right = rect.max.x - 8.0;
    let (begin, keys) = told_once(ANSWERS.map(|(command, _)| keymap.keys_of(command)));
    for ((command, label), keys) in ANSWERS.into_iter().zip(keys).rev() {
        let (left, clicked) = button_ui(ui, theme, label, keys, (right, middle));
        if clicked {
            pressed = Some(command);
        }
        right = left - 6.0;
    }
    if !begin.is_empty() {
        let font = FontId::proportional(11.0);
        let at = Pos2::new(right - 2.0, middle);
        let begin = ui
            .painter()
            .text(at, Align2::RIGHT_CENTER, begin, font, theme.muted);
        right = begin.min.x - 6.0;
    }
    let text = match more {
        0 => text.to_owned(),
        more => format!("{text}  (and {more} more)"),
    };
    let left = rect.min.x + 32.0;
    let font = FontId::proportional(12.0);
    let shown = elided(ui, &text, font, theme.text, right - left - 8.0);
    let at = Pos2::new(left, middle - shown.size().y / 2.0);
    ui.painter().galley(at, shown, theme.text);
    let area = rect.with_max_x(right);
    let response = ui.interact(
        area,
        ui.scope_id().with("clipboard question"),
        Sense::hover(),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, &text));
    pressed
}

/// Returns with what the keys of all answers begin, if that is the same, and what of each is left.
fn told_once(keys: [String; 3]) -> (String, [String; 3]) {
    let begins = keys.each_ref().map(|keys| keys.rsplit_once(' '));
    match begins {
        [
            Some((begin, first)),
            Some((second_begin, second)),
            Some((third_begin, third)),
        ] if begin == second_begin && begin == third_begin => {
            (begin.to_owned(), [first, second, third].map(str::to_owned))
        }
        _ => (String::new(), keys),
    }
}

/// Draws an answer with its keys, ending at `right`; returns where it begins, and whether it was pressed.
fn button_ui(
    ui: &Ui,
    theme: &Theme,
    label: &str,
    keys: String,
    (right, middle): (f32, f32),
) -> (f32, bool) {
    let painter = ui.painter();
    let words = painter.layout_no_wrap(label.to_owned(), medium(12.0), theme.text);
    let font = FontId::proportional(11.0);
    let keys = painter.layout_no_wrap(keys, font, theme.muted);
    let size = Vec2::new(words.size().x + keys.size().x + 26.0, 24.0);
    let rect = Rect::from_min_size(Pos2::new(right - size.x, middle - 12.0), size);
    let id = ui.scope_id().with(("clipboard", label));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    let fill = if response.hovered() {
        theme.hover
    } else {
        theme.raised
    };
    let edge = match response.has_focus() {
        true => Stroke::new(1.5, theme.border_focus),
        false => Stroke::new(1.0, theme.border),
    };
    painter.rect(rect, 4.0, fill, edge, StrokeKind::Inside);
    let at = Pos2::new(rect.min.x + 9.0, middle - words.size().y / 2.0);
    let keys_at = Pos2::new(
        rect.max.x - 9.0 - keys.size().x,
        middle - keys.size().y / 2.0,
    );
    painter.galley(at, words, theme.text);
    painter.galley(keys_at, keys, theme.muted);
    (rect.min.x, response.clicked())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::session_id;

    fn copied(session: u8, primary: bool, text: &str) -> Copied {
        Copied {
            number: 1,
            session: session_id(session),
            primary,
            text: text.into(),
        }
    }

    #[test]
    fn so_many_questions_wait_and_of_one_session_the_newest() {
        let mut questions = Questions::default();
        for session in 0..WAITING_MAX as u8 {
            assert!(questions.ask(copied(session, false, "old")));
        }
        assert!(!questions.ask(copied(99, false, "beyond")));
        assert!(questions.ask(copied(3, false, "new")));
        assert_eq!(questions.count(), WAITING_MAX);
        let texts = questions.take_of(session_id(3));
        assert_eq!(
            texts.iter().map(|it| &*it.text).collect::<Vec<_>>(),
            ["new"]
        );
        assert!(questions.ask(copied(3, true, "primary")));
        assert!(!questions.ask(copied(0, true, "beyond")));
        questions.retain(|session| session == session_id(0));
        assert!(questions.take().is_some_and(|it| &*it.text == "old"));
    }

    #[test]
    fn what_the_keys_of_all_answers_begin_with_is_told_once() {
        let keys = |keys: [&str; 3]| keys.map(str::to_owned);
        let told = |of| told_once(keys(of));
        let alike = told(["Ctrl+Space V a", "Ctrl+Space V s", "Ctrl+Space V r"]);
        assert_eq!(alike, ("Ctrl+Space V".into(), keys(["a", "s", "r"])));
        for other in [["F1 a", "F2 a", "F1 r"], ["F1 a", "F1 s", ""], ["a"; 3]] {
            assert_eq!(told(other), (String::new(), keys(other)));
        }
    }

    #[test]
    fn a_question_is_one_line_and_says_how_long_the_text_is() {
        let told = words(&copied(1, false, "rm -rf \u{202e}/\n\u{7}now"), "claude");
        let expected = "claude wants to put 14 characters on the clipboard: “rm -rf / now”";
        assert_eq!(told, expected);
        let long = words(&copied(1, true, &"x".repeat(5_000)), "vim");
        assert!(long.contains("5000 characters on the primary selection"));
        assert!(long.chars().count() < 160);
    }
}
