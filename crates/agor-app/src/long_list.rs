//! A long list whose rows have heights of their own: what is far out of view is not laid out, only as high as it was
//! when it was last seen.

use std::collections::HashMap;
use std::hash::Hash;

use egui::Ui;

/// How far out of view rows are laid out too, in points: Tab and Shift+Tab find the next one there.
const MARGIN: f32 = 240.0;

/// How high a row is taken to be that was never seen, in points.
const UNSEEN: f32 = 84.0;

/// The heights of rows, by what they are known by.
#[derive(Debug)]
pub struct Heights<K> {
    seen: HashMap<K, f32>,
    width: f32,
    /// Whether a row was another height than it was taken to be.
    moved: bool,
}

impl<K> Default for Heights<K> {
    fn default() -> Self {
        Self {
            seen: HashMap::new(),
            width: 0.0,
            moved: false,
        }
    }
}

impl<K: Copy + Eq + Hash> Heights<K> {
    /// Draws a row at the cursor of `ui`, a column that scrolls, with `row` if it is in view or near it; returns what
    /// that says. While assistive technology is on, which reads what is out of view too, every row is drawn.
    pub fn row_ui<R>(&mut self, ui: &mut Ui, name: K, row: impl FnOnce(&mut Ui) -> R) -> Option<R> {
        let height = self.height(ui, name);
        let top = ui.cursor().top();
        let view = ui.clip_rect();
        let near = top < view.max.y + MARGIN && top + height > view.min.y - MARGIN;
        if !near && !ui.ctx().has_accesskit_node(ui.unique_id()) {
            ui.add_space(height);
            return None;
        }
        Some(self.kept_row_ui(ui, name, row))
    }

    /// As [`Self::row_ui`], for a row that is drawn wherever it is.
    pub fn kept_row_ui<R>(&mut self, ui: &mut Ui, name: K, row: impl FnOnce(&mut Ui) -> R) -> R {
        let taken = self.height(ui, name);
        let top = ui.cursor().top();
        let said = row(ui);
        let height = ui.cursor().top() - top;
        self.moved |= (height - taken).abs() > 0.5;
        self.seen.insert(name, height);
        said
    }

    /// Says whether a row that was drawn since this was asked last was another height than it was taken to be, so that
    /// those below it are elsewhere than before.
    pub fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.moved)
    }

    /// Returns how high a row is taken to be.
    fn height(&mut self, ui: &Ui, name: K) -> f32 {
        let width = ui.available_width();
        if self.width != width {
            self.width = width;
            self.seen.clear();
        }
        self.seen.get(&name).copied().unwrap_or(UNSEEN)
    }
}

#[cfg(test)]
mod tests {
    use egui::{Context, Event, Pos2, RawInput, Rect, ScrollArea, Vec2};

    use super::*;

    static NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    struct List {
        context: Context,
        heights: Heights<&'static str>,
        /// Rows that were drawn in the last frame.
        drawn: Vec<&'static str>,
        /// How high all of them are together.
        height: f32,
    }

    impl List {
        fn new() -> Self {
            Self {
                context: Context::default(),
                heights: Heights::default(),
                drawn: Vec::new(),
                height: 0.0,
            }
        }

        fn frame(&mut self, events: Vec<Event>) {
            let input = RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(200.0, 100.0))),
                events,
                ..RawInput::default()
            };
            let (heights, drawn) = (&mut self.heights, &mut self.drawn);
            let mut height = 0.0;
            drawn.clear();
            let mut output = self.context.run_ui(input, |ui| {
                let area = ScrollArea::vertical().auto_shrink(false).animated(false);
                let shown = area.show(ui, |ui| {
                    for name in NAMES {
                        heights.row_ui(ui, name, |ui| {
                            drawn.push(name);
                            ui.allocate_space(Vec2::new(10.0, 200.0));
                        });
                    }
                });
                height = shown.content_size.y;
            });
            output.textures_delta.clear();
            self.height = height;
        }
    }

    #[test]
    fn rows_out_of_view_are_drawn_when_they_come_near() {
        let mut list = List::new();
        list.frame(Vec::new());
        assert_eq!(list.drawn, ["a", "b"]);
        let guessed = list.height;
        let wheel = |by| Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: Vec2::new(0.0, by),
            phase: egui::TouchPhase::Move,
            modifiers: egui::Modifiers::NONE,
            source: egui::MouseWheelSource::Unknown,
        };
        list.frame(vec![Event::PointerMoved(Pos2::new(50.0, 50.0))]);
        for _ in 0..60 {
            list.frame(vec![wheel(-100.0)]);
        }
        assert!(list.drawn.contains(&"f") && !list.drawn.contains(&"a"));
        // What was seen is as high as it was.
        assert!(
            list.height > guessed && list.height >= 1200.0,
            "{guessed} {}",
            list.height
        );
    }

    #[test]
    fn every_row_is_drawn_for_assistive_technology() {
        let mut list = List::new();
        list.context.enable_accesskit();
        list.frame(Vec::new());
        assert_eq!(list.drawn, NAMES);
    }
}
