//! Fonts of the system for what the interface's own cannot draw: names of sessions and projects, titles, messages in
//! any script. They are asked for when the first such sign is laid out; see [`InterfaceFaces`]. And letters of the
//! interface's own fonts, drawn before a page wants them; see [`Ahead`].

use std::sync::Arc;

use agor_render::InterfaceFaces;
use egui::epaint::text::{FallbackRequest, FontInsert};
use egui::text::{LayoutJob, TextFormat};
use egui::{Context, FontData, FontId};

use crate::theme::{medium, semibold};
use crate::wake::Wake;

/// Letters that are drawn ahead at once: about a millisecond, for which a key that is pressed then waits.
const AHEAD_AT_ONCE: usize = 32;

/// Where in a pixel a letter may begin, as egui tells that apart: it draws it anew for each.
const STARTS: [f32; 4] = [0.0, 0.25, 0.5, 0.75];

/// The letters that are drawn ahead.
const LETTERS: std::ops::RangeInclusive<char> = '!'..='~';

/// Returns the fonts of the system, which wake the window when more of them are at hand.
#[must_use]
pub fn of_system(wake: &Wake) -> InterfaceFaces {
    let wake = wake.clone();
    InterfaceFaces::new(move || wake.now())
}

/// Has `faces` asked for what the interface's fonts have not, from the next frame on.
pub fn install(context: &Context, faces: &Arc<InterfaceFaces>) {
    // What they wake has the context, which has this.
    let faces = Arc::downgrade(faces);
    let find = move |request: &FallbackRequest<'_>| {
        let face = faces
            .upgrade()?
            .with_char(request.cluster.chars().next()?)?;
        Some(FontInsert {
            name: face.name,
            data: FontData::from_blob(face.file, face.index),
            families: Vec::new(),
        })
    };
    context.set_font_providers(vec![Arc::new(find)]);
}

/// Draws the letters of the interface into egui's atlas after the first frame, some at a time and between frames: the
/// frame that opens a page for the first time would draw those that nothing has shown before, which took it 4 to 7 ms
/// longer than the next.
#[derive(Debug, Default)]
pub struct Ahead {
    /// Whose, once it has drawn a frame.
    context: Option<Context>,
    /// The scale for which they are drawn, and how many are.
    scale: f32,
    drawn: usize,
}

impl Ahead {
    /// Notes that a frame of `context` was drawn.
    pub fn note_frame(&mut self, context: &Context) {
        let scale = context.pixels_per_point();
        if self.context.is_none() || self.scale.to_bits() != scale.to_bits() {
            *self = Self {
                context: Some(context.clone()),
                scale,
                drawn: 0,
            };
        }
    }

    /// Draws the next letters. Says whether there are more.
    pub fn draw(&mut self) -> bool {
        let Some(context) = &self.context else {
            return false;
        };
        let fonts = fonts();
        let of_font = LETTERS.count() * STARTS.len();
        let end = (self.drawn + AHEAD_AT_ONCE).min(fonts.len() * of_font);
        if self.drawn < end {
            context.fonts_mut(|view| {
                for at in self.drawn..end {
                    let format = TextFormat {
                        font_id: fonts[at / of_font].clone(),
                        ..TextFormat::default()
                    };
                    let letter = LETTERS.clone().nth(at / STARTS.len() % LETTERS.count());
                    let start = STARTS[at % STARTS.len()] / self.scale;
                    let mut job = LayoutJob::default();
                    job.append(&String::from_iter(letter), start, format);
                    view.layout_job(job);
                }
            });
            self.drawn = end;
        }
        end < fonts.len() * of_font
    }
}

/// Returns the fonts in which pages are written.
fn fonts() -> Vec<FontId> {
    let regular = [11.0, 12.0, 13.0, 15.0].map(FontId::proportional);
    let strong = [12.0, 13.0].map(medium);
    let headings = [11.0, 12.0, 13.0, 15.0].map(semibold);
    let fixed = [11.0, 12.0].map(FontId::monospace);
    [&regular[..], &strong, &headings, &fixed].concat()
}

#[cfg(test)]
mod tests {
    use egui::{Color32, RawInput};

    use super::*;
    use crate::theme;

    #[test]
    fn a_page_that_opens_finds_the_letters_drawn_at_every_scale() {
        let context = Context::default();
        context.set_fonts(theme::fonts());
        let mut ahead = Ahead::default();
        for scale in [1.0, 1.25] {
            context.set_pixels_per_point(scale);
            // What the context itself begins with.
            drawn(&context, |_| {});
            ahead.note_frame(&context);
            while ahead.draw() {}
            assert!(drawn(&context, |_| {}), "letters were drawn");
            let more = drawn(&context, |context| {
                for font in fonts() {
                    // Signs have other forms beside capitals: a few of those are left to when they are wanted.
                    let text = "Settings, 12 keys: \"Ctrl+Shift+P\" (~/shop), found; AVATAR";
                    let color = Color32::WHITE;
                    context.fonts_mut(|view| view.layout_no_wrap(text.to_owned(), font, color));
                }
            });
            assert!(!more, "a page that opens at {scale} draws letters");
        }
    }

    /// Runs a frame; says whether anything was drawn into the atlas in it.
    fn drawn(context: &Context, mut act: impl FnMut(&Context)) -> bool {
        let mut output = context.run_ui(RawInput::default(), |ui| act(ui.ctx()));
        let drew = !output.textures_delta.set.is_empty();
        output.textures_delta.clear();
        drew
    }
}
