//! A picture of the window, drawn offscreen: no display is needed, and every glyph is waited for.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use agor_core::cli::{Exit, Failure, Picture, Shot};
use agor_core::paths::Paths;
use agor_render::{Gpu, Offscreen, RenderError};
use egui::{Pos2, RawInput, Rect, Vec2, ViewportId};

use crate::app::{App, Given, Graphics, Parts, Purpose};
use crate::commands::{Command, TABLE};
use crate::keys::keymap::Keymap;
use crate::keys::router::Router;
use crate::link::snapshot::HostState;
use crate::link::{self, LayoutUse};
use crate::primary::Primary;
use crate::reopen::Reopen;
use crate::ui_fonts;
use crate::wake::Wake;
use crate::window::Keyboard;

/// How long the host may take to show everything.
const WHOLE_WITHIN: Duration = Duration::from_secs(15);

/// How long nothing may have changed before the picture is taken: sessions have drawn what their
/// new size asks for.
const STILL_FOR: Duration = Duration::from_millis(400);

/// How long that is waited for: some programs never stand still.
const MOVING_FOR: Duration = Duration::from_secs(2);

/// Draws the picture.
pub fn shot(paths: Paths, shot: &Shot) -> Result<Picture, Failure> {
    let commands: Vec<_> = shot
        .commands
        .iter()
        .map(|id| command(id))
        .collect::<Result<_, _>>()?;
    let mut commands = Some(commands).filter(|commands| !commands.is_empty());
    paths.create()?;
    if let Ok((_, Some(home))) = agor_core::client::launch::folders() {
        crate::text::HOME.set(home).ok(); // Set once, by the one picture of this process.
    }
    let gpu = pollster::block_on(Gpu::open(false)).map_err(|error| graphics(&error))?;
    let wake = Wake::default();
    let (link, thread) = link::start(paths, wake.clone(), LayoutUse::Read).map_err(|error| {
        Failure::new(Exit::START, format!("the system gives no thread: {error}"))
    })?;
    let keyboard = Rc::new(RefCell::new(Keyboard {
        router: Router::new(Keymap::default(), link.clone()),
        front: None,
        last_front: None,
        preedit: None,
        wake: None,
    }));
    let context = egui::Context::default();
    let mut studio = Studio::new(context.clone(), &gpu, shot.size_px, shot.scale);
    // The scale is known with the first input.
    studio.pass(&mut |_| {});
    let parts = Parts {
        purpose: Purpose::Picture,
        show: None,
        link,
        wake: wake.clone(),
        reopen: Reopen::default(),
        keyboard,
        primary: Primary::none(),
        graphics: Graphics {
            device: gpu.device.clone(),
            queue: gpu.queue.clone(),
            target: Offscreen::FORMAT,
        },
        given: Given {
            font_size: None,
            theme: shot.theme.clone(),
        },
        faces: ui_fonts::of_system(&wake),
    };
    let mut app = App::new(&context, parts).map_err(|error| graphics(&error))?;
    let began = Instant::now();
    let mut changed = Instant::now();
    let mut whole: Option<Instant> = None;
    loop {
        app.logic(&context);
        studio.pass(&mut |ui| app.ui(ui));
        if let HostState::Ended { reason } = app.host() {
            return Err(Failure::new(Exit::NO_HOST, reason.clone()));
        }
        let still = changed.elapsed() >= STILL_FOR;
        if app.is_whole() {
            let since = whole.get_or_insert_with(Instant::now).elapsed();
            if still || since >= MOVING_FOR {
                let Some(commands) = commands.take() else {
                    break;
                };
                app.carry_out(commands);
                (changed, whole) = (Instant::now(), None);
                continue;
            }
        } else if began.elapsed() > WHOLE_WITHIN {
            tracing::warn!("the picture is not whole");
            break;
        }
        wake.wait(STILL_FOR);
        if app.has_news() {
            changed = Instant::now();
        }
    }
    let rgba = studio.picture(&gpu, &mut |ui| app.ui(ui))?;
    drop(app);
    thread.join();
    encode(&rgba, shot.size_px)
}

/// Returns the command of this id.
fn command(id: &str) -> Result<Command, Failure> {
    let row = TABLE.iter().find(|row| row.id == id);
    row.map(|row| row.command).ok_or_else(|| {
        Failure::usage(format!(
            "the window has no command {id:?}: `agor keys` lists them"
        ))
    })
}

fn graphics(error: &RenderError) -> Failure {
    let exit = match error {
        RenderError::BundledFont(_) => Exit::FONT,
        _ => Exit::GRAPHICS,
    };
    Failure::new(exit, error.to_string())
}

/// Returns pixels as a PNG.
pub fn encode(rgba: &[u8], (width, height): (u32, u32)) -> Result<Picture, Failure> {
    let failed =
        |error: png::EncodingError| Failure::new(Exit::OUTPUT, format!("the picture: {error}"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(rgba).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(Picture { png: bytes })
}

/// egui without a window.
pub struct Studio {
    context: egui::Context,
    renderer: egui_wgpu::Renderer,
    device: wgpu::Device,
    queue: wgpu::Queue,
    size_px: (u32, u32),
    scale: f32,
    passes: u32,
}

impl Studio {
    /// Returns what draws pictures of `size_px`.
    pub fn new(context: egui::Context, gpu: &Gpu, size_px: (u32, u32), scale: f32) -> Self {
        let options = egui_wgpu::RendererOptions::default();
        Self {
            context,
            renderer: egui_wgpu::Renderer::new(&gpu.device, Offscreen::FORMAT, options),
            device: gpu.device.clone(),
            queue: gpu.queue.clone(),
            size_px,
            scale,
            passes: 0,
        }
    }

    fn input(&self) -> RawInput {
        let (width, height) = self.size_px;
        let points = self.scale * self.context.zoom_factor();
        let size = Vec2::new(width as f32, height as f32) / points;
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            // Every animation has ended with the next pass.
            time: Some(f64::from(self.passes)),
            focused: true,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.scale);
            viewport.focused = Some(true);
        }
        input
    }

    /// Lets egui lay out a frame.
    pub fn pass(&mut self, ui: &mut dyn FnMut(&mut egui::Ui)) -> Vec<egui::epaint::ClippedShape> {
        self.passes += 1;
        let mut output = self.context.run_ui(self.input(), |root| ui(root));
        // Drained, as whoever is given them must.
        for (id, deltas) in output.textures_delta.set.drain() {
            for delta in deltas {
                self.renderer
                    .update_texture(&self.device, &self.queue, id, &delta);
            }
        }
        for id in output.textures_delta.free.drain() {
            self.renderer.free_texture(&id);
        }
        output.shapes
    }

    /// Draws a frame and returns its pixels.
    pub fn picture(
        &mut self,
        gpu: &Gpu,
        ui: &mut dyn FnMut(&mut egui::Ui),
    ) -> Result<Vec<u8>, Failure> {
        let shapes = self.pass(ui);
        let points = self.context.pixels_per_point();
        let jobs = self.context.tessellate(shapes, points);
        let (width, height) = self.size_px;
        let screen = egui_wgpu::ScreenDescriptor {
            size_in_pixels: [width, height],
            pixels_per_point: points,
        };
        let target = Offscreen::new(gpu, [width, height]).map_err(|error| graphics(&error))?;
        let mut encoder = self
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let before =
            self.renderer
                .update_buffers(&self.device, &self.queue, &mut encoder, &jobs, &screen);
        {
            let mut pass = target.begin(&mut encoder).forget_lifetime();
            self.renderer.render(&mut pass, &jobs, &screen);
        }
        self.queue
            .submit(before.into_iter().chain([encoder.finish()]));
        target.read().map_err(|error| graphics(&error))
    }
}
