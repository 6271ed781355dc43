//! The native window: eframe's application inside a handler of our own, which sees each key
//! before egui makes something else of it.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use agor_core::cli::Again;
use agor_core::load;
use eframe::{EframeWinitApplication, UserEvent};
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, Ime, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::window::WindowId;

use crate::keys::router::{Route, Router};
use crate::keys::translate::{RawKey, mods};
use crate::reopen::{Moment, Reopen};
use crate::ui_fonts::Ahead;
use crate::wake::Wake;

/// Frames for which keys wait at the most until it is known which tab has them, once another of our windows has
/// the desktop's keyboard.
const FRONT_FRAMES: u8 = 10;

/// What the handler and the application both know, on one thread.
pub struct Keyboard {
    /// Who gets a key.
    pub router: Router,
    /// Which of our windows has the desktop's keyboard, and which had it last.
    pub front: Option<WindowId>,
    pub last_front: Option<WindowId>,
    /// Text that an input method has not committed, and where its caret is in it.
    pub preedit: Option<(String, Option<(usize, usize)>)>,
    /// Wakes the window, once there is one.
    pub wake: Option<Wake>,
}

/// A handle to the keyboard.
pub type SharedKeyboard = Rc<RefCell<Keyboard>>;

/// Forwards everything to eframe but the keys that are not egui's.
pub struct Handler<'app> {
    /// eframe's application.
    pub inner: EframeWinitApplication<'app>,
    /// The keyboard.
    pub keyboard: SharedKeyboard,
    /// Whether the window is to be opened again, and so closed.
    pub reopen: Reopen,
    /// Draws letters ahead.
    pub ahead: Rc<RefCell<Ahead>>,
}

/// The processor time of the drawing thread from the begin of a frame until it is submitted and on its way to the
/// display, told in the log while that is wanted. The wait for the display costs none.
struct FrameCost {
    began: Duration,
}

impl FrameCost {
    /// Begins to count with an event that draws a frame.
    fn of(event: &WindowEvent) -> Option<Self> {
        let draws = matches!(event, WindowEvent::RedrawRequested);
        (draws && tracing::enabled!(tracing::Level::TRACE)).then(|| Self {
            began: load::thread_cpu(),
        })
    }

    fn tell(self) {
        let cost = load::thread_cpu().saturating_sub(self.began);
        tracing::trace!(
            cpu_micros = cost.as_micros(),
            process_micros = load::cpu().as_micros(),
            "submitted"
        );
    }
}

impl Handler<'_> {
    /// Says whether egui sees the event too.
    fn route(&self, id: WindowId, event: &WindowEvent) -> Route {
        let mut keyboard = self.keyboard.borrow_mut();
        match event {
            WindowEvent::ModifiersChanged(modifiers) => {
                keyboard.router.on_mods(mods(modifiers.state()));
                Route::ToUi
            }
            WindowEvent::Focused(gained) => {
                // That one window loses the keyboard may be told after another has it.
                match (gained, keyboard.front) {
                    (true, _) => {
                        if keyboard.last_front.is_some_and(|last| last != id) {
                            // What is typed now is meant for what is in this window.
                            keyboard.router.hold_for(FRONT_FRAMES);
                        }
                        keyboard.front = Some(id);
                        keyboard.last_front = Some(id);
                    }
                    (false, Some(front)) if front == id => keyboard.front = None,
                    (false, _) => {}
                }
                let focused = keyboard.front.is_some();
                keyboard.router.on_window_focus(focused);
                Route::ToUi
            }
            // Keys that were down before the window had the keyboard are not pressed now.
            WindowEvent::KeyboardInput {
                is_synthetic: true, ..
            } => Route::ToUi,
            WindowEvent::KeyboardInput { event, .. } => keyboard.router.on_key(&RawKey::of(event)),
            WindowEvent::Ime(Ime::Commit(text)) => {
                keyboard.preedit = None;
                keyboard.router.on_text(text.clone())
            }
            WindowEvent::Ime(Ime::Preedit(text, caret)) => {
                let before = keyboard.preedit.is_some();
                keyboard.preedit = (!text.is_empty()).then(|| (text.clone(), *caret));
                if (before || keyboard.preedit.is_some())
                    && let Some(wake) = &keyboard.wake
                {
                    wake.now();
                }
                Route::ToUi
            }
            _ => Route::ToUi,
        }
    }

    fn wake_if_wanted(&self) {
        let mut keyboard = self.keyboard.borrow_mut();
        if keyboard.router.wants_frame()
            && let Some(wake) = &keyboard.wake
        {
            wake.now();
        }
    }
}

impl<'app> Handler<'app> {
    /// Has eframe do what may draw. It takes for granted that a device gives memory to write what a frame shows into
    /// (`egui_wgpu::Renderer::update_buffers` panics else), and one that is lost within a frame gives none: then the
    /// window is opened again, as if it had been lost before. What draws owns nothing that another window would miss.
    fn drawing(
        &mut self,
        event_loop: &ActiveEventLoop,
        act: impl FnOnce(&mut EframeWinitApplication<'app>),
    ) {
        let inner = &mut self.inner;
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| act(inner))) else {
            return;
        };
        if self.reopen.wanted() != Some(Again::DeviceLost) {
            resume_unwind(panic);
        }
        event_loop.exit();
    }
}

impl ApplicationHandler<UserEvent> for Handler<'_> {
    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        if self.reopen.wanted().is_some() {
            return event_loop.exit();
        }
        self.drawing(event_loop, |inner| inner.new_events(event_loop, cause));
    }

    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.resumed(event_loop);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        // On a device that is lost nothing can be drawn.
        if self.reopen.wanted().is_some() {
            return event_loop.exit();
        }
        self.drawing(event_loop, |inner| inner.user_event(event_loop, event));
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        if self.reopen.wanted().is_some() {
            return event_loop.exit();
        }
        let route = self.route(id, &event);
        self.wake_if_wanted();
        if route != Route::ToUi {
            return;
        }
        let cost = FrameCost::of(&event);
        self.drawing(event_loop, |inner| {
            inner.window_event(event_loop, id, event);
        });
        if let Some(cost) = cost {
            cost.tell();
        }
        self.reopen.lose_if_asked(Moment::BetweenFrames);
    }

    fn device_event(&mut self, event_loop: &ActiveEventLoop, id: DeviceId, event: DeviceEvent) {
        self.inner.device_event(event_loop, id, event);
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.about_to_wait(event_loop);
        if self.ahead.borrow_mut().draw() {
            // Comes back at once, with the events that there are meanwhile.
            event_loop.set_control_flow(ControlFlow::Poll);
        }
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.suspended(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.exiting(event_loop);
    }

    fn memory_warning(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.memory_warning(event_loop);
    }
}
