//! A long queue: what is far out of view is not laid out, and what keys select is brought into view.

use agor_core::themes::DARK;
use agor_proto::agent::State;
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use egui::{Context, Event, Key, Modifiers, Pos2, RawInput, Rect, Shape, Vec2};

use super::{Attention, attention_ui, queue};
use crate::testing::{agent_info, session_info};
use crate::theme::{self, Theme};

/// Sessions that wait.
const WAITING: u64 = 500;

/// Rows that may be laid out in a window that is 600 points high: what is in view and near it, and the selected one.
const ROWS_MAX: usize = 30;

const WINDOW: Vec2 = Vec2::new(800.0, 600.0);

fn waiting(number: u64) -> SessionInfo {
    let mut agent = agent_info();
    agent.since_millis = number;
    if let Some(pending) = &mut agent.pending {
        // Rows have up to three lines, and no two neighbours have as many.
        let times = 1 + number as usize % 3 * 4;
        pending.text = "cargo test --workspace --all-targets ".repeat(times);
    }
    SessionInfo {
        id: SessionId::from_parts(1_700_000_000_000 + number, [0; 10]),
        state: State::NeedsPermission,
        agent: Some(agent),
        ..session_info(1, &format!("agent {number}"))
    }
}

struct List {
    context: Context,
    page: Attention,
    sessions: Vec<SessionInfo>,
    theme: Theme,
}

impl List {
    fn new() -> Self {
        let context = Context::default();
        context.set_fonts(theme::fonts());
        Self {
            context,
            page: Attention::default(),
            sessions: (0..WAITING).map(waiting).collect(),
            theme: Theme::built_in(DARK),
        }
    }

    /// Draws a frame; returns the names of the rows that were laid out, and where they are.
    fn frame(&mut self, events: Vec<Event>) -> Vec<(String, Rect)> {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, WINDOW)),
            events,
            ..RawInput::default()
        };
        let (page, sessions, theme) = (&mut self.page, &self.sessions, &self.theme);
        let mut output = self.context.run_ui(input, |ui| {
            let queue = queue(sessions);
            attention_ui(
                ui,
                page,
                &queue,
                &|folder: &str| folder.to_owned(),
                theme,
                1_000,
            );
        });
        output.textures_delta.clear();
        let texts = output.shapes.iter().filter_map(|it| match &it.shape {
            Shape::Text(text) => Some((text.galley.text(), text.visual_bounding_rect())),
            _ => None,
        });
        let names = texts.filter(|(text, _)| text.starts_with("agent "));
        names.map(|(text, rect)| (text.to_owned(), rect)).collect()
    }

    /// Presses a key, and draws until nothing moves.
    fn press(&mut self, key: Key) -> Vec<(String, Rect)> {
        let event = |pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::NONE,
        };
        let mut rows = self.frame(vec![event(true), event(false)]);
        for _ in 0..60 {
            assert!(rows.len() <= ROWS_MAX, "{}", rows.len());
            rows = self.frame(Vec::new());
        }
        rows
    }
}

#[test]
fn of_a_long_queue_what_is_near_the_view_is_laid_out_and_what_is_selected_is_in_view() {
    let mut list = List::new();
    let rows = list.frame(Vec::new());
    assert!(
        (2..=ROWS_MAX).contains(&rows.len()) && rows[0].0 == "agent 0",
        "{rows:?}"
    );
    let last = WAITING - 1;
    for (key, selected) in [
        (Key::End, last),
        (Key::ArrowUp, last - 1),
        (Key::PageUp, last - 11),
        (Key::PageUp, last - 21),
        (Key::Home, 0),
        (Key::PageDown, 10),
        (Key::PageDown, 20),
        (Key::PageDown, 30),
    ] {
        let rows = list.press(key);
        let id = list.sessions[selected as usize].id;
        assert_eq!(list.page.selected, Some(id));
        let name = format!("agent {selected}");
        let row = rows.iter().find(|(text, _)| *text == name);
        let (_, rect) = row.expect("the selected row is laid out");
        let screen = Rect::from_min_size(Pos2::ZERO, WINDOW);
        assert!(screen.contains_rect(*rect), "{name}: {rect:?}");
    }
}

#[test]
fn assistive_technology_reads_the_whole_queue() {
    let mut list = List::new();
    list.context.enable_accesskit();
    assert_eq!(list.frame(Vec::new()).len(), list.sessions.len());
}
