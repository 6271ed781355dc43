//! The one pipeline, and what is bound when it draws.

use std::sync::{Arc, OnceLock};

/// The pipeline and its layout.
pub(crate) struct Pipeline {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
}

/// What a draw binds. When a texture grows, draws that were made before
/// follow `next` to what took its place.
pub(crate) struct Bindings {
    pipeline: wgpu::RenderPipeline,
    group: wgpu::BindGroup,
    next: OnceLock<Arc<Bindings>>,
}

impl Bindings {
    /// Returns the pipeline and the newest group.
    pub fn newest(&self) -> (&wgpu::RenderPipeline, &wgpu::BindGroup) {
        let mut newest = self;
        while let Some(next) = newest.next.get() {
            newest = next;
        }
        (&newest.pipeline, &newest.group)
    }

    /// Makes draws that have `self` use `next`.
    pub fn replace_by(&self, next: &Arc<Self>) {
        // Only its owner replaces it, and keeps the new one from then on: it is set once.
        self.next.set(Arc::clone(next)).ok();
    }
}

impl Drop for Bindings {
    fn drop(&mut self) {
        // Without recursion, however long the chain.
        let mut next = self.next.take();
        while let Some(mut bindings) = next.and_then(Arc::into_inner) {
            next = bindings.next.take();
        }
    }
}

impl Pipeline {
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let glyphs = |binding| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: false },
                view_dimension: wgpu::TextureViewDimension::D2Array,
                multisampled: false,
            },
            count: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("agor cells"),
            entries: &[
                wgpu::BindGroupLayoutEntry {
                    binding: 0,
                    visibility: wgpu::ShaderStages::VERTEX,
                    ty: wgpu::BindingType::Texture {
                        sample_type: wgpu::TextureSampleType::Sint,
                        view_dimension: wgpu::TextureViewDimension::D2,
                        multisampled: false,
                    },
                    count: None,
                },
                glyphs(1),
                glyphs(2),
            ],
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("agor cells"),
            source: wgpu::ShaderSource::Wgsl(include_str!("shader.wgsl").into()),
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("agor cells"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let quads = Quads {
            label: "agor cells",
            layout: &pipeline_layout,
            module: &module,
            stride_bytes: 16,
            attributes: &wgpu::vertex_attr_array![0 => Uint32x4],
        };
        let pipeline = quads.pipeline(device, target);
        Self { pipeline, layout }
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        panes: &wgpu::TextureView,
        [mono, color]: &[wgpu::TextureView; 2],
    ) -> Arc<Bindings> {
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("agor cells"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(panes),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::TextureView(mono),
                },
                wgpu::BindGroupEntry {
                    binding: 2,
                    resource: wgpu::BindingResource::TextureView(color),
                },
            ],
        });
        Arc::new(Bindings {
            pipeline: self.pipeline.clone(),
            group,
            next: OnceLock::new(),
        })
    }
}

/// What tells one pipeline that draws an instance as a quad from another.
pub struct Quads<'a> {
    pub label: &'static str,
    pub layout: &'a wgpu::PipelineLayout,
    pub module: &'a wgpu::ShaderModule,
    /// Bytes of an instance.
    pub stride_bytes: u64,
    pub attributes: &'a [wgpu::VertexAttribute],
}

impl Quads<'_> {
    /// Returns the pipeline, which blends premultiplied colours into `target`.
    pub fn pipeline(
        &self,
        device: &wgpu::Device,
        target: wgpu::TextureFormat,
    ) -> wgpu::RenderPipeline {
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(self.label),
            layout: Some(self.layout),
            vertex: wgpu::VertexState {
                module: self.module,
                entry_point: Some("vertex"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[Some(wgpu::VertexBufferLayout {
                    array_stride: self.stride_bytes,
                    step_mode: wgpu::VertexStepMode::Instance,
                    attributes: self.attributes,
                })],
            },
            primitive: wgpu::PrimitiveState {
                topology: wgpu::PrimitiveTopology::TriangleStrip,
                ..Default::default()
            },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: self.module,
                entry_point: Some("fragment"),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &[("linear_target", f64::from(u8::from(target.is_srgb())))],
                    ..Default::default()
                },
                targets: &[Some(wgpu::ColorTargetState {
                    format: target,
                    blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                    write_mask: wgpu::ColorWrites::ALL,
                })],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}
