//! What the renderer draws and what it costs, on a device that draws on the processor.
#![allow(clippy::panic, clippy::unwrap_used)]

mod alike;
mod atlas;
mod awaited;
mod counters;
mod devices;
mod fallback;
mod fonts;
mod golden;
mod images;
mod rows;
mod scene;
mod together;
mod weight;
