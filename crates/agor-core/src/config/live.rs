//! The settings that hold now, for who reads them whenever they are needed.

use std::sync::Arc;

use tokio::sync::watch;

use super::Config;

/// A handle to the settings that hold now. Clones are equal.
#[derive(Debug, Clone, Default)]
pub struct Live(watch::Sender<Arc<Config>>);

impl Live {
    /// Returns a handle to these.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self(watch::Sender::new(Arc::new(config)))
    }

    /// Returns what holds now.
    #[must_use]
    pub fn get(&self) -> Arc<Config> {
        Arc::clone(&self.0.borrow())
    }

    /// Lets others hold from now on.
    pub fn set(&self, config: Config) {
        self.0.send_replace(Arc::new(config));
    }

    /// Returns what tells whenever others hold.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Config>> {
        self.0.subscribe()
    }
}
