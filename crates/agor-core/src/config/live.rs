//! The settings that hold now, for who reads them whenever they are needed.

use std::sync::{Arc, PoisonError, RwLock};

use super::Config;

/// A handle to the settings that hold now. Clones are equal.
#[derive(Debug, Clone, Default)]
pub struct Live {
    config: Arc<RwLock<Arc<Config>>>,
}

impl Live {
    /// Returns a handle to these.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let live = Self::default();
        live.set(config);
        live
    }

    /// Returns what holds now.
    #[must_use]
    pub fn get(&self) -> Arc<Config> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&config)
    }

    /// Lets others hold from now on.
    pub fn set(&self, config: Config) {
        let mut held = self.config.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(config);
    }
}
