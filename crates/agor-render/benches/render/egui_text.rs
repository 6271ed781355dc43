//! The same rows as text of egui's: a `LayoutJob` a row, laid out only when the row is another, painted, tessellated,
//! uploaded and submitted as a program that draws its terminals so would.

use std::collections::HashMap;
use std::sync::Arc;

use agor_proto::row::{Color, Row};
use agor_render::{Gpu, Offscreen};
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontData, FontDefinitions, FontFamily, FontId, Galley, Pos2, RawInput, Rect};

use crate::content::Content;
use crate::{FRAMES, Times, WARM_UP, now};

const FONT: &[u8] = include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf");
const SIZE: f32 = 13.0;
/// Panes side by side.
const ACROSS: usize = 8;

/// What is kept of a row that did not change.
type Laid = HashMap<*const Row, Arc<Galley>>;

/// Returns what frames of `content` cost.
pub fn measure(gpu: &Gpu, content: &mut Content) -> Times {
    let context = context();
    let options = egui_wgpu::RendererOptions::default();
    let mut renderer = egui_wgpu::Renderer::new(&gpu.device, Offscreen::FORMAT, options);
    let target = Offscreen::new(gpu, [16, 16]).unwrap();
    let mut laid: [Laid; 2] = Default::default();
    let mut times = Times {
        parts: &["layout", "tessellate", "upload", "submit"],
        ..Times::default()
    };
    for frame in 0..FRAMES + WARM_UP {
        content.step(frame);
        let start = now();
        let (kept, next) = laid.split_at_mut(1);
        let (kept, next) = (&mut kept[0], &mut next[0]);
        let mut output = context.run_ui(input(), |ui| paint(ui, content, kept, next));
        std::mem::swap(kept, next);
        next.clear();
        let built = now();
        for (id, deltas) in output.textures_delta.set.drain() {
            for delta in deltas {
                renderer.update_texture(&gpu.device, &gpu.queue, id, &delta);
            }
        }
        let jobs = context.tessellate(std::mem::take(&mut output.shapes), 1.0);
        let meshed = now();
        let screen = egui_wgpu::ScreenDescriptor {
            size_in_pixels: [16, 16],
            pixels_per_point: 1.0,
        };
        let descriptor = wgpu::CommandEncoderDescriptor::default();
        let mut encoder = gpu.device.create_command_encoder(&descriptor);
        let before = renderer.update_buffers(&gpu.device, &gpu.queue, &mut encoder, &jobs, &screen);
        let sent = now();
        {
            let mut pass = target.begin(&mut encoder).forget_lifetime();
            renderer.render(&mut pass, &jobs, &screen);
        }
        gpu.queue
            .submit(before.into_iter().chain([encoder.finish()]));
        let done = now();
        for id in output.textures_delta.free.drain() {
            renderer.free_texture(&id);
        }
        if frame >= WARM_UP {
            times.add(&[start, built, meshed, sent, done]);
        }
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .unwrap();
    }
    times
}

fn context() -> egui::Context {
    let mut fonts = FontDefinitions::empty();
    let data = FontData::from_static(FONT);
    fonts.font_data.insert("mono".into(), Arc::new(data));
    for family in [FontFamily::Monospace, FontFamily::Proportional] {
        fonts.families.insert(family, vec!["mono".into()]);
    }
    let context = egui::Context::default();
    context.set_fonts(fonts);
    context
}

/// A screen on which every pane has its place, so that nothing is left out.
fn input() -> RawInput {
    RawInput {
        screen_rect: Some(Rect::from_min_size(
            Pos2::ZERO,
            egui::vec2(14_000.0, 7_000.0),
        )),
        focused: true,
        ..RawInput::default()
    }
}

fn paint(ui: &egui::Ui, content: &Content, kept: &mut Laid, next: &mut Laid) {
    let painter = ui.painter();
    for (n, rows) in content.panes.iter().enumerate() {
        let (across, down) = (n % ACROSS, n / ACROSS);
        let height = SIZE * 1.2;
        let left = across as f32 * rows[0].text.len() as f32 * 8.0;
        let top = (down * rows.len()) as f32 * height;
        for (at, row) in rows.iter().enumerate() {
            let address = Arc::as_ptr(row);
            let galley = kept
                .remove(&address)
                .unwrap_or_else(|| painter.layout_job(job(row)));
            let place = Pos2::new(left, top + at as f32 * height);
            painter.galley(place, Arc::clone(&galley), Color32::GRAY);
            next.insert(address, galley);
        }
    }
}

/// A section for each run of one style.
fn job(row: &Row) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let mut rest = row.text.as_str();
    for run in &row.runs {
        let (text, after) = rest.split_at(usize::from(run.cells).min(rest.len()));
        rest = after;
        let format = TextFormat {
            font_id: FontId::monospace(SIZE),
            color: color(run.style.fg).unwrap_or(Color32::LIGHT_GRAY),
            background: color(run.style.bg).unwrap_or(Color32::TRANSPARENT),
            ..TextFormat::default()
        };
        job.append(text, 0.0, format);
    }
    job
}

fn color(color: Color) -> Option<Color32> {
    match color {
        Color::Indexed(n) => Some(Color32::from_rgb(n.wrapping_mul(16), 128, 255 - n)),
        _ => None,
    }
}
