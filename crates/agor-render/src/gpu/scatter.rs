//! Sends many changes of a buffer in one piece: the device puts them where they belong. A write of its own for each,
//! or a copy where they are sent from mapped memory, costs the drawing thread more than building what it has.

use std::ops::Range;

use super::Instance;
use super::owed::Put;

/// What carries changes to the buffer of one page.
pub(super) struct Delta {
    buffer: wgpu::Buffer,
    group: wgpu::BindGroup,
}

/// See the head of this file.
pub(super) struct Scatter {
    device: wgpu::Device,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    /// The most spans and bytes that the device takes at once.
    spans_max: usize,
    bytes_max: u64,
    /// What is sent of each span beside its instances.
    heads: Vec<Instance>,
}

impl Scatter {
    /// Returns `None` where the device computes nothing (OpenGL of before 4.3).
    pub fn new(device: &wgpu::Device) -> Option<Self> {
        let limits = device.limits();
        if limits.max_storage_buffers_per_shader_stage < 2
            || limits.max_compute_invocations_per_workgroup < 64
        {
            return None;
        }
        let entry = |binding, read_only| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("agor changes"),
            entries: &[entry(0, true), entry(1, false)],
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("agor changes"),
            source: wgpu::ShaderSource::Wgsl(include_str!("scatter.wgsl").into()),
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("agor changes"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("agor changes"),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("scatter"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Some(Self {
            device: device.clone(),
            pipeline,
            layout,
            spans_max: limits.max_compute_workgroups_per_dimension as usize,
            bytes_max: limits.max_storage_buffer_binding_size,
            heads: Vec::new(),
        })
    }

    /// Says whether the device would take so many spans at once, which are so large together.
    pub fn takes(&self, spans: usize, bytes: u64) -> bool {
        spans <= self.spans_max && delta_size(bytes + spans as u64 * 16) <= self.bytes_max
    }

    /// Sends what `spans` of `to` are in `copy`; returns what has them become that.
    pub fn send(
        &mut self,
        queue: &wgpu::Queue,
        to: &wgpu::Buffer,
        delta: &mut Option<Delta>,
        (copy, spans): (&[Instance], &[Range<u32>]),
    ) -> Option<Put> {
        let size = self.prepare(to, delta, spans);
        let delta = delta.as_ref()?;
        // Instances are copied once, to where they are sent from. A device that is lost has no room for them.
        let size = wgpu::BufferSize::new(size)?;
        let mut sent = queue.write_buffer_with(&delta.buffer, 0, size)?;
        let mut at = 0;
        for bytes in self.pieces(copy, spans) {
            sent.slice(at..at + bytes.len()).copy_from_slice(bytes);
            at += bytes.len();
        }
        Some(self.put(delta, spans.len()))
    }

    /// Gives what `spans` of `to` are in `copy` to `stage`, piece by piece. Returns the buffer that has to have them
    /// then, side by side from its beginning, and what has `to` become that.
    pub fn stage(
        &mut self,
        to: &wgpu::Buffer,
        delta: &mut Option<Delta>,
        (copy, spans): (&[Instance], &[Range<u32>]),
        stage: impl FnMut(&[u8]),
    ) -> Option<(wgpu::Buffer, Put)> {
        self.prepare(to, delta, spans);
        let delta = delta.as_ref()?;
        self.pieces(copy, spans).for_each(stage);
        Some((delta.buffer.clone(), self.put(delta, spans.len())))
    }

    /// Finds out what is sent of each span beside its instances, and makes sure that there is a buffer for all of it;
    /// returns its bytes.
    fn prepare(
        &mut self,
        to: &wgpu::Buffer,
        delta: &mut Option<Delta>,
        spans: &[Range<u32>],
    ) -> u64 {
        let mut from = spans.len() as u32;
        self.heads.clear();
        for span in spans {
            let count = span.end - span.start;
            self.heads.push([span.start, from, count, 0]);
            from += count;
        }
        let size = u64::from(from) * 16;
        let fits = |delta: &Delta| delta.buffer.size() >= size;
        if !delta.as_ref().is_some_and(fits) {
            *delta = Some(self.delta(to, delta_size(size)));
        }
        size
    }

    /// Returns what is sent of `spans`, in order.
    fn pieces<'a>(
        &'a self,
        copy: &'a [Instance],
        spans: &'a [Range<u32>],
    ) -> impl Iterator<Item = &'a [u8]> {
        let parts = spans
            .iter()
            .map(move |span| &copy[span.start as usize..span.end as usize]);
        let pieces = std::iter::once(&self.heads[..]).chain(parts);
        pieces.map(bytemuck::cast_slice::<Instance, u8>)
    }

    fn put(&self, delta: &Delta, spans: usize) -> Put {
        Put::Scatter {
            pipeline: self.pipeline.clone(),
            group: delta.group.clone(),
            spans: spans as u32,
        }
    }

    fn delta(&self, to: &wgpu::Buffer, size: u64) -> Delta {
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("agor changes"),
            size,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("agor changes"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: buffer.as_entire_binding(),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: to.as_entire_binding(),
                },
            ],
        });
        Delta { buffer, group }
    }
}

/// Returns how large a buffer is made for so many bytes.
fn delta_size(bytes: u64) -> u64 {
    bytes.next_power_of_two().max(1 << 16)
}
