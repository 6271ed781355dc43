//! Pictures without a window: for tests, benchmarks and `agor shot`.

use crate::RenderError;
use crate::draw::{PaneDraw, PaneDraws};

/// An adapter's device, as [`Offscreen`] and the renderer take it.
#[derive(Debug, Clone)]
pub struct Gpu {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// What it calls itself.
    pub name: String,
    /// It draws on the processor.
    pub software: bool,
}

impl Gpu {
    /// Opens a device without a window. `software` asks for one that draws on the processor, whose
    /// pictures are the same on every machine.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`] or [`RenderError::NoDevice`].
    pub async fn open(software: bool) -> Result<Self, RenderError> {
        let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        let instance = wgpu::Instance::new(descriptor);
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                force_fallback_adapter: software,
                ..Default::default()
            })
            .await
            .map_err(|error| RenderError::NoAdapter(error.to_string()))?;
        let info = adapter.get_info();
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("agor offscreen"),
                // Pictures of large windows; every adapter has what it offers.
                required_limits: wgpu::Limits {
                    max_texture_dimension_2d: adapter.limits().max_texture_dimension_2d,
                    ..wgpu::Limits::downlevel_defaults()
                },
                ..Default::default()
            })
            .await
            .map_err(|error| RenderError::NoDevice(error.to_string()))?;
        Ok(Self {
            device,
            queue,
            name: info.name,
            software: info.device_type == wgpu::DeviceType::Cpu,
        })
    }
}

/// A picture that panes are drawn into.
pub struct Offscreen {
    gpu: Gpu,
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    readback: wgpu::Buffer,
    size_px: [u32; 2],
}

/// How long a finished picture may take to arrive.
const READ_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(20);

/// The format of the picture's texture, which the renderer has to be made for.
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

impl Offscreen {
    /// The format that a [`crate::Renderer`] for these pictures is made with.
    pub const FORMAT: wgpu::TextureFormat = FORMAT;

    /// Returns a picture of `size_px`.
    ///
    /// # Errors
    /// [`RenderError::PictureSize`] if it is empty or larger than the device can draw.
    pub fn new(gpu: &Gpu, size_px: [u32; 2]) -> Result<Self, RenderError> {
        let [width, height] = size_px;
        let limit = gpu.device.limits().max_texture_dimension_2d;
        if width == 0 || height == 0 || width > limit || height > limit {
            return Err(RenderError::PictureSize {
                width,
                height,
                limit,
            });
        }
        let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("agor picture"),
            size: wgpu::Extent3d {
                width,
                height,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let readback = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("agor picture"),
            size: u64::from(row_bytes(width)) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        Ok(Self {
            view: texture.create_view(&wgpu::TextureViewDescriptor::default()),
            texture,
            readback,
            gpu: gpu.clone(),
            size_px,
        })
    }

    /// Draws panes, each in its viewport (left, top, width, height), and submits; waits for
    /// nothing.
    pub fn draw(&self, panes: &[(PaneDraw, [u32; 4])]) {
        let mut encoder = self.encoder();
        for (pane, _) in panes {
            pane.prepare(&mut encoder);
        }
        self.encode(&mut encoder, panes);
        self.gpu.queue.submit([encoder.finish()]);
    }

    /// Draws panes together, in a viewport that begins where the picture does and is `viewport_px` large, and
    /// submits; waits for nothing.
    pub fn draw_together(&self, panes: &PaneDraws, viewport_px: [u32; 2]) {
        let mut encoder = self.encoder();
        panes.prepare(&mut encoder);
        let mut pass = self.begin(&mut encoder);
        let [width, height] = viewport_px.map(|side| side as f32);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        panes.draw(&mut pass, viewport_px);
        drop(pass);
        self.gpu.queue.submit([encoder.finish()]);
    }

    /// Draws panes as [`Offscreen::draw_together`] does, in a viewport as large as the picture, and returns it as
    /// [`Offscreen::render`] does.
    ///
    /// # Errors
    /// [`RenderError::ReadBack`] if the device was lost.
    pub fn render_together(&self, panes: &PaneDraws) -> Result<Vec<u8>, RenderError> {
        self.draw_together(panes, self.size_px);
        self.read()
    }

    /// Draws panes as [`Offscreen::draw`] does and returns the picture: red, green, blue and alpha
    /// of each pixel, row by row.
    ///
    /// # Errors
    /// [`RenderError::ReadBack`] if the device was lost.
    pub fn render(&self, panes: &[(PaneDraw, [u32; 4])]) -> Result<Vec<u8>, RenderError> {
        self.draw(panes);
        self.read()
    }

    /// Begins a pass that clears the picture, for who draws more than panes.
    #[must_use]
    pub fn begin<'encoder>(
        &self,
        encoder: &'encoder mut wgpu::CommandEncoder,
    ) -> wgpu::RenderPass<'encoder> {
        encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("agor picture"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &self.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        })
    }

    /// Waits for what was submitted and returns the picture, as [`Offscreen::render`] does.
    ///
    /// # Errors
    /// [`RenderError::ReadBack`] if the device was lost.
    pub fn read(&self) -> Result<Vec<u8>, RenderError> {
        let [width, height] = self.size_px;
        let mut encoder = self.encoder();
        encoder.copy_texture_to_buffer(
            self.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &self.readback,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(row_bytes(width)),
                    rows_per_image: None,
                },
            },
            self.texture.size(),
        );
        self.gpu.queue.submit([encoder.finish()]);
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        self.readback
            .map_async(wgpu::MapMode::Read, .., move |result| {
                // Nobody listens only if the wait below failed, which is told on its own.
                tell.send(result).ok();
            });
        let lost = |error: &dyn std::fmt::Display| RenderError::ReadBack(error.to_string());
        self.gpu
            .device
            .poll(wgpu::PollType::wait_indefinitely())
            .map_err(|error| lost(&error))?;
        // Whoever else waits for the device may be the one that calls back, a little later.
        match told.recv_timeout(READ_TIME_MAX) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(lost(&error)),
            Err(error) => return Err(lost(&error)),
        }
        let pixels = {
            let mapped = self
                .readback
                .get_mapped_range(..)
                .map_err(|error| lost(&error))?;
            let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
            for row in mapped.chunks_exact(row_bytes(width) as usize) {
                pixels.extend_from_slice(&row[..width as usize * 4]);
            }
            pixels
        };
        self.readback.unmap();
        Ok(pixels)
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        let descriptor = wgpu::CommandEncoderDescriptor::default();
        self.gpu.device.create_command_encoder(&descriptor)
    }

    fn encode(&self, encoder: &mut wgpu::CommandEncoder, panes: &[(PaneDraw, [u32; 4])]) {
        let mut pass = self.begin(encoder);
        let [across, down] = self.size_px;
        for (pane, [left, top, width, height]) in panes {
            let (right, bottom) = (
                left.saturating_add(*width).min(across),
                top.saturating_add(*height).min(down),
            );
            if right <= *left || bottom <= *top {
                continue;
            }
            pass.set_viewport(
                *left as f32,
                *top as f32,
                *width as f32,
                *height as f32,
                0.0,
                1.0,
            );
            pass.set_scissor_rect(*left, *top, right - left, bottom - top);
            pane.draw(&mut pass, [*width, *height]);
        }
    }
}

/// Rows of a texture are copied in multiples of this many bytes.
fn row_bytes(width: u32) -> u32 {
    (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
}
