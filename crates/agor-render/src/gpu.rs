//! The device's side: the pipeline, its bindings, the buffers of instances and the table of panes.

mod instance;
mod owed;
mod pages;
mod pipeline;
mod scatter;
mod staging;
pub(crate) mod table;

pub(crate) use instance::{HEIGHT_MAX, Instance, Kind, Rect, Slot, instance};
pub(crate) use owed::Owed;
pub(crate) use pages::{Lease, Pages, Returns, Span, Unused};
pub(crate) use pipeline::{Bindings, Pipeline, Quads};
pub(crate) use table::{PaneHead, Table};
