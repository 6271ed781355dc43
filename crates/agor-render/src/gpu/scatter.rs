//! Sends many small changes of a buffer in one write: the device puts them where they belong. A write of its own
//! for each costs the drawing thread more than building what it has.

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
    /// The most spans that the device takes at once.
    spans_max: usize,
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
            heads: Vec::new(),
        })
    }

    /// Says whether the device would take so many spans at once.
    pub fn takes(&self, spans: usize) -> bool {
        spans <= self.spans_max
    }

    /// Sends what `spans` of `to` are in `copy`; returns what has them become that.
    pub fn send(
        &mut self,
        queue: &wgpu::Queue,
        to: &wgpu::Buffer,
        delta: &mut Option<Delta>,
        (copy, spans): (&[Instance], &[Range<u32>]),
    ) -> Option<Put> {
        let mut from = spans.len() as u32;
        self.heads.clear();
        for span in spans {
            let count = span.end - span.start;
            self.heads.push([span.start, from, count, 0]);
            from += count;
        }
        let size = u64::from(from) * 16;
        let delta = match delta {
            Some(delta) if delta.buffer.size() >= size => delta,
            _ => delta.insert(self.delta(to, size.next_power_of_two().max(1 << 16))),
        };
        // Instances are copied once, to where they are sent from. A device that is lost has no room for them.
        let size = wgpu::BufferSize::new(size)?;
        let mut sent = queue.write_buffer_with(&delta.buffer, 0, size)?;
        let parts = spans
            .iter()
            .map(|span| &copy[span.start as usize..span.end as usize]);
        let mut at = 0;
        for part in std::iter::once(&self.heads[..]).chain(parts) {
            let bytes: &[u8] = bytemuck::cast_slice(part);
            sent.slice(at..at + bytes.len()).copy_from_slice(bytes);
            at += bytes.len();
        }
        Some(Put::Scatter {
            pipeline: self.pipeline.clone(),
            group: delta.group.clone(),
            spans: spans.len() as u32,
        })
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
