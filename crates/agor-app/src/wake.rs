//! The one place that asks for a frame. Everything that changes what is shown goes through here,
//! so that an idle window can be told from one that was woken for nothing.

use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

/// A handle that wakes the window from any thread.
#[derive(Clone, Default)]
pub struct Wake {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The window, once there is one.
    context: OnceLock<egui::Context>,
    /// Whether something has changed since [`Wake::wait`], for who draws without a window.
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Wake {
    /// Wakes `context`'s window from now on.
    pub fn attach(&self, context: egui::Context) {
        // A second window has a handle of its own.
        self.shared.context.set(context).ok();
        self.now();
    }

    /// Asks for a frame as soon as the display takes one.
    pub fn now(&self) {
        match self.shared.context.get() {
            Some(context) => context.request_repaint(),
            None => {
                *self
                    .shared
                    .rung
                    .lock()
                    .expect("nobody panics while ringing") = true;
                self.shared.bell.notify_all();
            }
        }
    }

    /// Asks for a frame no later than `delay` from now.
    pub fn after(&self, delay: Duration) {
        if let Some(context) = self.shared.context.get() {
            context.request_repaint_after(delay);
        }
    }

    /// Asks for a frame of another window than the main one.
    pub fn window(&self, viewport: egui::ViewportId) {
        if let Some(context) = self.shared.context.get() {
            context.request_repaint_of(viewport);
        }
    }

    /// Waits, without a window, until something has changed or `timeout` is over.
    pub fn wait(&self, timeout: Duration) {
        let rung = self
            .shared
            .rung
            .lock()
            .expect("nobody panics while ringing");
        let waited = self
            .shared
            .bell
            .wait_timeout_while(rung, timeout, |rung| !*rung);
        let (mut rung, _) = waited.expect("nobody panics while ringing");
        *rung = false;
    }
}

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wake")
    }
}
