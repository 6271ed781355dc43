//! Fonts of the system for what the interface's own cannot draw: names of sessions and projects, titles, messages in
//! any script. They are asked for when the first such sign is laid out; see [`InterfaceFaces`].

use std::sync::Arc;

use agor_render::InterfaceFaces;
use egui::epaint::text::{FallbackRequest, FontInsert};
use egui::{Context, FontData};

use crate::wake::Wake;

/// Returns the fonts of the system, which wake the window when more of them are at hand.
#[must_use]
pub fn of_system(wake: &Wake) -> InterfaceFaces {
    let wake = wake.clone();
    InterfaceFaces::new(move || wake.now())
}

/// Has `faces` asked for what the interface's fonts have not, from the next frame on.
pub fn install(context: &Context, faces: &Arc<InterfaceFaces>) {
    // What they wake has the context, which has this.
    let faces = Arc::downgrade(faces);
    let find = move |request: &FallbackRequest<'_>| {
        let face = faces
            .upgrade()?
            .with_char(request.cluster.chars().next()?)?;
        Some(FontInsert {
            name: face.name,
            data: FontData::from_blob(face.file, face.index),
            families: Vec::new(),
        })
    };
    context.set_font_providers(vec![Arc::new(find)]);
}
