//! Opens the window and lives until it is closed.

use std::cell::RefCell;
use std::rc::Rc;

use agor_core::cli::{Closed, Exit, Failure, Opening};
use agor_core::client::launch;
use agor_core::logging::{self, Whose};
use agor_core::paths::Paths;
use agor_proto::command::CommandBody;
use agor_proto::ids::Size;
use eframe::{CreationContext, Frame, NativeOptions, UserEvent};
use egui::{Ui, ViewportBuilder, vec2};
use winit::event_loop::EventLoop;

use crate::app::{self, App, Given, Graphics, Parts, Purpose};
use crate::keys::keymap::Keymap;
use crate::keys::router::Router;
use crate::launch::Launcher;
use crate::link::{self, LayoutUse, Request};
use crate::primary::Primary;
use crate::reopen::{Moment, Reopen};
use crate::theme::FONT_SIZE;
use crate::theme::measure::PANE_PADDING;
use crate::ui_fonts::{self, Ahead};
use crate::wake::Wake;
use crate::window::{Handler, Keyboard, SharedKeyboard};

/// What is said where no window can be opened.
const NO_DISPLAY: &str = "there is no display to open a window on (neither WAYLAND_DISPLAY nor \
                          DISPLAY is set): `agor shot` draws a picture without one, `agor attach` \
                          shows a session in this terminal";

/// What is said where nothing can draw.
const NO_GRAPHICS: &str = "no graphics driver can draw: install one for Vulkan or OpenGL (on Debian \
                           and Ubuntu mesa-vulkan-drivers, which also draws without a graphics card)";

/// The widest the atlas of the interface's letters may be, in pixels. It takes all the width that the device allows and
/// doubles its height when it is full, which sends all of it anew: at 16,384 pixels the frame that first draws large
/// letters, or a page, took 20 ms more of the drawing thread for that alone.
const ATLAS_SIDE_MAX: usize = 2_048;

/// What is said where the graphics device went away under the window of one command.
const DEVICE_LOST: &str = "the graphics driver failed and the window was closed; its command goes on, \
                           `agor ls` names it and `agor attach` shows it in a terminal";

/// What the window leaves behind.
#[derive(Debug, Default)]
struct Left {
    /// Whether the application came to be.
    created: bool,
    exit: Option<Exit>,
    failure: Option<String>,
}

/// Opens the window, and returns when it was closed.
pub fn open(paths: Paths, opening: Opening) -> Result<Closed, Failure> {
    let has_display = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !has_display("WAYLAND_DISPLAY") && !has_display("DISPLAY") {
        return Err(Failure::new(Exit::DISPLAY, NO_DISPLAY));
    }
    let event_loop = EventLoop::<UserEvent>::with_user_event()
        .build()
        .map_err(|error| {
            tracing::debug!(%error, "no event loop");
            Failure::new(
                Exit::DISPLAY,
                format!(
                    "the display {} cannot be opened: is it running, and may you use it?",
                    display_name()
                ),
            )
        })?;
    paths.create()?;
    logging::start(&paths, Whose::Window).map_err(|error| {
        Failure::new(
            Exit::FOLDER,
            format!(
                "{} cannot be written: {error}",
                paths.window_log().display()
            ),
        )
    })?;
    let launcher = Launcher::of_this_process()?;
    let (purpose, layout) = purpose(&opening, launcher);
    let wake = Wake::default();
    let (link, thread) = link::start(paths, wake.clone(), layout).map_err(|error| {
        Failure::new(Exit::START, format!("the system gives no thread: {error}"))
    })?;
    let keyboard: SharedKeyboard = Rc::new(RefCell::new(Keyboard {
        router: Router::new(Keymap::default(), link.clone()),
        front: None,
        last_front: None,
        preedit: None,
        wake: Some(wake.clone()),
    }));
    let primary = Primary::start(link.clone());
    let left = Rc::new(RefCell::new(Left::default()));
    let native = native_options(&opening);
    let has_command = opening.command.is_some();
    let reopen = Reopen::default();
    let ahead = Rc::new(RefCell::new(Ahead::default()));
    let create = {
        let (keyboard, left) = (Rc::clone(&keyboard), Rc::clone(&left));
        let ahead = Rc::clone(&ahead);
        let reopen = reopen.clone();
        let faces = ui_fonts::of_system(&wake);
        let given = Given {
            font_size: opening.font_size,
            theme: opening.theme,
        };
        move |context: &CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
            let state = context.wgpu_render_state.as_ref().ok_or(NO_GRAPHICS)?;
            wake.attach(context.egui_ctx.clone());
            reopen.watch(&state.device, &wake);
            let app = App::new(
                &context.egui_ctx,
                Parts {
                    purpose,
                    show: opening.show,
                    link,
                    wake,
                    reopen: reopen.clone(),
                    keyboard,
                    primary,
                    graphics: Graphics {
                        device: state.device.clone(),
                        queue: state.queue.clone(),
                        target: state.target_format,
                    },
                    given,
                    faces,
                },
            );
            let mut app = app.inspect_err(|error| {
                left.borrow_mut().failure = Some(error.to_string());
            })?;
            app.draw_glyphs_in_thread();
            left.borrow_mut().created = true;
            let app = Rc::new(RefCell::new(app));
            app::share(&app);
            Ok(Box::new(Windowed {
                app,
                left,
                reopen,
                ahead,
            }))
        }
    };
    let inner = eframe::create_native("agor", native, Box::new(create), &event_loop);
    let mut handler = Handler {
        inner,
        keyboard,
        reopen: reopen.clone(),
        ahead,
    };
    let ran = event_loop.run_app(&mut handler);
    drop(handler);
    thread.join();
    let left = left.take();
    match reopen.wanted().filter(|_| left.created) {
        // Its program would run once more.
        Some(_) if has_command => return Err(Failure::new(Exit::GRAPHICS, DEVICE_LOST)),
        Some(why) => return Ok(Closed::Again(why)),
        None => {}
    }
    match (ran, left.created, left.failure, left.exit) {
        (_, false, Some(failure), _) => Err(Failure::new(Exit::FONT, failure)),
        (_, false, None, _) => Err(Failure::new(Exit::GRAPHICS, NO_GRAPHICS)),
        (_, true, Some(failure), Some(exit)) => Err(Failure::new(exit, failure)),
        (Err(error), true, ..) => Err(Failure::new(
            Exit::DISPLAY,
            format!("the display went away: {error}"),
        )),
        (Ok(()), true, _, exit) => Ok(Closed::Exit(exit.unwrap_or(Exit::SUCCESS))),
    }
}

/// Returns the display as the environment names it.
fn display_name() -> String {
    let names = ["WAYLAND_DISPLAY", "DISPLAY"].map(std::env::var);
    let names = names.into_iter().filter_map(Result::ok);
    names
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(" or ")
}

fn purpose(opening: &Opening, launcher: Launcher) -> (Purpose, LayoutUse) {
    match &opening.command {
        Some(argv) => {
            let purpose = Purpose::Command {
                launcher,
                argv: argv.clone(),
                size: opening.size.unwrap_or(Size::cells(80, 24)),
                session: None,
            };
            (purpose, LayoutUse::None)
        }
        None => (Purpose::Workspace { launcher }, LayoutUse::Keep),
    }
}

fn native_options(opening: &Opening) -> NativeOptions {
    let mut viewport = ViewportBuilder::default()
        .with_title("agor")
        .with_app_id("agor")
        .with_min_inner_size([240.0, 120.0])
        .with_inner_size([1280.0, 800.0]);
    if opening.command.is_some() {
        let size = opening.size.unwrap_or(Size::cells(80, 24));
        let [width, height] = cell_points(opening.font_size.unwrap_or(FONT_SIZE));
        let text = vec2(f32::from(size.cols) * width, f32::from(size.rows) * height);
        viewport = viewport.with_inner_size(text + egui::Vec2::splat(2.0 * PANE_PADDING));
    }
    NativeOptions {
        viewport,
        // Ctrl+C is the shell's; a text field's shortcuts are made in `Windowed::raw_input_hook`.
        clipboard_shortcuts: false,
        persist_window: false,
        // What eframe has would list the system's fonts at every start, and have the first frame wait for that.
        system_font_fallback: false,
        ..NativeOptions::default()
    }
}

/// Returns a cell of the bundled font in points, for a window whose scale is not known yet.
fn cell_points(points: f32) -> [f32; 2] {
    // JetBrains Mono advances 600 of 1,000 units.
    [(points * 0.6).round(), (points * 1.2).round()]
}

/// The application as eframe runs it.
struct Windowed {
    app: Rc<RefCell<App>>,
    left: Rc<RefCell<Left>>,
    reopen: Reopen,
    ahead: Rc<RefCell<Ahead>>,
}

impl eframe::App for Windowed {
    fn logic(&mut self, context: &egui::Context, _frame: &mut Frame) {
        let mut app = self.app.borrow_mut();
        app.logic(context);
        let mut left = self.left.borrow_mut();
        left.exit = app.exit();
        left.failure = app.failure().map(ToOwned::to_owned);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        self.app.borrow_mut().ui(ui);
        self.ahead.borrow_mut().note_frame(ui.ctx());
        self.reopen.lose_if_asked(Moment::Drawing);
    }

    fn raw_input_hook(&mut self, context: &egui::Context, input: &mut egui::RawInput) {
        bound_atlas(input);
        self.app.borrow_mut().complete_input(context, input);
    }

    fn on_exit(&mut self) {
        // What ran in a window that failed goes on.
        if self.reopen.wanted().is_none() {
            self.app.borrow().leave();
        }
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.app.borrow().clear_color()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}

/// See [`ATLAS_SIDE_MAX`].
fn bound_atlas(input: &mut egui::RawInput) {
    input.max_texture_side = input.max_texture_side.map(|it| it.min(ATLAS_SIDE_MAX));
}

impl Launcher {
    /// Returns what makes sessions in the folder and with the environment of this process.
    fn of_this_process() -> Result<Self, Failure> {
        let (folder, home) = launch::folders().map_err(Failure::usage)?;
        if let Some(home) = home {
            crate::text::HOME.set(home).ok(); // Set once, by the one window of this process.
        }
        Ok(Self {
            folder,
            environment: launch::environment(),
        })
    }
}

impl App {
    /// Ends what ends with the window.
    fn leave(&self) {
        if let Some(session) = self.sole_session()
            && self.exit().is_none()
        {
            self.link()
                .request(Request::Command(CommandBody::Kill { session }));
        }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui_wgpu::SurfaceErrorAction;
    use wgpu::CurrentSurfaceTexture;

    use super::*;

    #[test]
    fn frames_are_paced_by_the_display() {
        let options = native_options(&Opening::default());
        let mode = options.wgpu_options.surface.present_mode;
        assert_eq!(mode, wgpu::PresentMode::AutoVsync);
    }

    #[test]
    fn the_atlas_of_the_interface_is_as_wide_as_is_quickly_sent_anew() {
        let context = egui::Context::default();
        let mut input = egui::RawInput {
            max_texture_side: Some(16_384),
            ..egui::RawInput::default()
        };
        bound_atlas(&mut input);
        let mut size = [0, 0];
        let mut output = context.run_ui(input, |ui| {
            size = ui.ctx().fonts(|fonts| fonts.font_image_size());
        });
        output.textures_delta.clear();
        assert_eq!(size[0], ATLAS_SIDE_MAX);
    }

    #[test]
    fn a_surface_that_is_lost_or_out_of_date_is_made_anew_and_a_hidden_one_waits() {
        let options = native_options(&Opening::default());
        let act = |status| (options.wgpu_options.on_surface_status)(&status);
        let lost = act(CurrentSurfaceTexture::Lost);
        assert!(matches!(lost, SurfaceErrorAction::RecreateSurface));
        let outdated = act(CurrentSurfaceTexture::Outdated);
        assert!(matches!(outdated, SurfaceErrorAction::Reconfigure));
        let hidden = act(CurrentSurfaceTexture::Occluded);
        assert!(matches!(hidden, SurfaceErrorAction::SkipFrame));
    }
}
