//! Images on the device, by name, and the rectangles that show them.

use std::collections::HashMap;
use std::sync::Arc;

use super::pipeline::QUAD_WORDS;
use super::{ImageLayer, ImagePipeline, ImagePixels, ImageView, TEXTURE_BYTES_MAX};

/// An image on the device. A pane that shows it keeps it there though its name is given up.
struct Texture {
    group: wgpu::BindGroup,
    bytes: u64,
    /// The frame in which it was drawn last.
    frame: u64,
}

/// All images on the device.
pub(crate) struct Textures {
    by_name: HashMap<[u8; 32], Texture>,
    bytes: u64,
    /// Images that were sent in this frame, and their bytes.
    pub uploaded: (u64, u64),
    /// The words of the pane that is looked at, and which of its images are seen; memory that all panes use in turn.
    words: Vec<u32>,
    seen: Vec<usize>,
}

/// The rectangles of one pane's images.
pub(crate) struct Quad {
    pipeline: wgpu::RenderPipeline,
    buffer: wgpu::Buffer,
    /// The layer and image of each, the lowest first.
    images: Vec<(ImageLayer, wgpu::BindGroup)>,
    words: Vec<u32>,
    names: Vec<[u8; 32]>,
}

impl Textures {
    pub fn new() -> Self {
        Self {
            by_name: HashMap::new(),
            bytes: 0,
            uploaded: (0, 0),
            words: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Returns what draws `views` in a pane; what it was before if nothing changed.
    pub fn quads(
        &mut self,
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        pipeline: &ImagePipeline,
        before: Option<Arc<Quad>>,
        views: &[ImageView],
        pane: PaneRect,
        frame: u64,
    ) -> Option<Arc<Quad>> {
        let (words, seen) = (&mut self.words, &mut self.seen);
        words.clear();
        seen.clear();
        for (at, view) in views.iter().enumerate() {
            if let Some(quad) = quad_words(view, pane) {
                words.extend(quad);
                seen.push(at);
            }
        }
        if seen.is_empty() {
            return None;
        }
        let (words, seen) = (&*words, &*seen);
        let shown = || seen.iter().map(move |at| &views[*at]);
        let same = |before: &Arc<Quad>| {
            before.words == *words
                && before.names.iter().eq(shown().map(|view| &view.name))
                && before
                    .images
                    .iter()
                    .map(|(layer, _)| *layer)
                    .eq(shown().map(|view| view.layer))
        };
        if let Some(before) = before.filter(same) {
            for name in &before.names {
                if let Some(texture) = self.by_name.get_mut(name) {
                    texture.frame = frame;
                }
            }
            return Some(before);
        }
        let (shown, words): (Vec<_>, _) = (shown().collect(), words.clone());
        let mut images = Vec::with_capacity(shown.len());
        for view in &shown {
            let group = self.texture(device, queue, pipeline, view, frame);
            images.push((view.layer, group));
        }
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("agor images"),
            size: (words.len() * 4) as u64,
            usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&words));
        self.uploaded.1 += (words.len() * 4) as u64;
        Some(Arc::new(Quad {
            pipeline: pipeline.pipeline.clone(),
            buffer,
            images,
            words,
            names: shown.iter().map(|view| view.name).collect(),
        }))
    }

    fn texture(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        pipeline: &ImagePipeline,
        view: &ImageView,
        frame: u64,
    ) -> wgpu::BindGroup {
        if let Some(texture) = self.by_name.get_mut(&view.name) {
            texture.frame = frame;
            return texture.group.clone();
        }
        let (picture, bytes) = upload(device, queue, &view.pixels);
        let group = pipeline.bind(device, &picture);
        self.uploaded.0 += 1;
        self.uploaded.1 += bytes;
        self.bytes += bytes;
        let texture = Texture {
            group: group.clone(),
            bytes,
            frame,
        };
        self.by_name.insert(view.name, texture);
        self.make_room(frame);
        group
    }

    /// Gives up the images that were not drawn for the longest time, while there are too many.
    fn make_room(&mut self, frame: u64) {
        while self.bytes > TEXTURE_BYTES_MAX {
            let old = self.by_name.iter().filter(|(_, it)| it.frame != frame);
            let oldest = old.min_by_key(|(_, it)| it.frame).map(|(name, _)| *name);
            let Some(texture) = oldest.and_then(|name| self.by_name.remove(&name)) else {
                return;
            };
            self.bytes -= texture.bytes;
        }
    }
}

/// Sends an image's levels; those that are larger than the device's textures are left out.
fn upload(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    pixels: &ImagePixels,
) -> (wgpu::TextureView, u64) {
    let most = device.limits().max_texture_dimension_2d;
    let (width, height) = pixels.size();
    let last = pixels.levels.len() - 1;
    let skipped = (0..last)
        .take_while(|level| width >> level > most || height >> level > most)
        .count();
    let side = |side: u32, level: usize| (side >> level).max(1);
    let levels = &pixels.levels[skipped..];
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("agor image"),
        size: wgpu::Extent3d {
            width: side(width, skipped),
            height: side(height, skipped),
            depth_or_array_layers: 1,
        },
        mip_level_count: levels.len() as u32,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let mut bytes = 0;
    for (level, data) in levels.iter().enumerate() {
        let (width, height) = (side(width, skipped + level), side(height, skipped + level));
        queue.write_texture(
            wgpu::TexelCopyTextureInfo {
                texture: &texture,
                mip_level: level as u32,
                origin: wgpu::Origin3d::ZERO,
                aspect: wgpu::TextureAspect::All,
            },
            data,
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(width * 4),
                rows_per_image: None,
            },
            wgpu::Extent3d {
                width,
                height,
                depth_or_array_layers: 1,
            },
        );
        bytes += data.len() as u64;
    }
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    (view, bytes)
}

/// A pane in its viewport.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PaneRect {
    pub origin_px: [i32; 2],
    pub size_px: [u32; 2],
    /// What it is mixed with.
    pub veil: u32,
}

/// Returns the words of an image, cut at the pane's edges; `None` if nothing of it is seen.
fn quad_words(view: &ImageView, pane: PaneRect) -> Option<[u32; QUAD_WORDS]> {
    let (width, height) = view.pixels.size();
    let [x, y, w, h] = view.source;
    let (x, y) = (x.min(width), y.min(height));
    let source = [x, y, x + w.min(width - x), y + h.min(height - y)];
    let mut edges = [0.0; 4];
    let mut texture = [0.0; 4];
    for axis in 0..2 {
        let (low, high) = (view.edges_px[axis], view.edges_px[axis + 2]);
        let room = i32::try_from(pane.size_px[axis]).unwrap_or(i32::MAX);
        let (from, to) = (low.clamp(0, room), high.clamp(0, room));
        if high <= low || to <= from || source[axis + 2] <= source[axis] {
            return None;
        }
        let side = [width, height][axis] as f32;
        let (begin, end) = (source[axis] as f32, source[axis + 2] as f32);
        let scale = (end - begin) / (high - low) as f32;
        let origin = pane.origin_px[axis] as f32;
        edges[axis] = origin + from as f32;
        edges[axis + 2] = origin + to as f32;
        texture[axis] = (begin + (from - low) as f32 * scale) / side;
        texture[axis + 2] = (begin + (to - low) as f32 * scale) / side;
    }
    let mut words = [0; QUAD_WORDS];
    for (word, value) in words.iter_mut().zip(edges.into_iter().chain(texture)) {
        *word = value.to_bits();
    }
    words[8] = pane.veil;
    Some(words)
}

impl Quad {
    /// Draws the images of a layer; `first` carries the viewport.
    pub fn draw(&self, pass: &mut wgpu::RenderPass<'_>, layer: ImageLayer, first: u32) {
        let mut bound = false;
        for (at, (of, group)) in (0..).zip(&self.images) {
            if *of != layer {
                continue;
            }
            if !bound {
                pass.set_pipeline(&self.pipeline);
                pass.set_vertex_buffer(0, self.buffer.slice(..));
                bound = true;
            }
            pass.set_bind_group(0, group, &[]);
            pass.draw(first..first + 4, at..at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: u8, edges_px: [i32; 4], source: [u32; 4]) -> ImageView {
        let pixels = ImagePixels::new(vec![255; 10 * 20 * 4], (10, 20)).unwrap();
        ImageView {
            name: [name; 32],
            pixels: Arc::new(pixels),
            source,
            edges_px,
            layer: ImageLayer::OverText,
        }
    }

    const PANE: PaneRect = PaneRect {
        origin_px: [100, 50],
        size_px: [40, 40],
        veil: 0,
    };

    fn floats(words: [u32; QUAD_WORDS]) -> Vec<f32> {
        words[..8]
            .iter()
            .map(|word| f32::from_bits(*word))
            .collect()
    }

    #[test]
    fn an_image_is_cut_at_the_edges_of_its_pane() {
        let whole = quad_words(&view(1, [0, 0, 10, 20], [0, 0, 10, 20]), PANE);
        assert_eq!(
            floats(whole.unwrap()),
            [100.0, 50.0, 110.0, 70.0, 0.0, 0.0, 1.0, 1.0]
        );
        let cut = quad_words(&view(1, [-10, 30, 10, 50], [0, 0, 10, 20]), PANE);
        assert_eq!(
            floats(cut.unwrap()),
            [100.0, 80.0, 110.0, 90.0, 0.5, 0.0, 1.0, 0.5]
        );
        let part = quad_words(&view(1, [0, 0, 4, 4], [5, 10, 99, 99]), PANE);
        assert_eq!(floats(part.unwrap())[4..], [0.5, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn what_is_not_seen_is_not_drawn() {
        for edges in [[50, 0, 60, 10], [-9, 0, 0, 10], [0, 0, 0, 10], [9, 0, 1, 9]] {
            assert!(quad_words(&view(1, edges, [0, 0, 10, 20]), PANE).is_none());
        }
        assert!(quad_words(&view(1, [0, 0, 9, 9], [10, 0, 5, 5]), PANE).is_none());
    }
}
