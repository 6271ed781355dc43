//! The device's side: the pipeline, its bindings, and the buffers of instances and panes.

mod instance;
mod pages;
mod pipeline;
mod staging;
mod uniforms;

pub(crate) use instance::{HEIGHT_MAX, Instance, Kind, Rect, instance};
pub(crate) use pages::{Lease, Pages, Returns, Span};
pub(crate) use pipeline::{Bindings, Pipeline, Quads};
pub(crate) use uniforms::{PaneUniform, ROWS_MAX, Uniforms};
