//! A device that computes nothing (OpenGL of before 4.3) draws what every other does.

use std::sync::Arc;

use agor_proto::row::Row;
use agor_render::{Colors, FontSpec, Gpu, Offscreen, PaneCache, PaneView, Renderer};

use crate::scene::{gpu, row};

/// So many letters that they are not sent in pieces.
const COLUMNS: u16 = 250;
const ROWS: u32 = 42;
const MUCH: u64 = 160 << 10;

/// Returns a device without what shaders need to compute.
fn without_computing() -> Gpu {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let instance = wgpu::Instance::new(descriptor);
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions {
        force_fallback_adapter: true,
        ..Default::default()
    }));
    let (device, queue) =
        pollster::block_on(adapter.unwrap().request_device(&wgpu::DeviceDescriptor {
            required_limits: wgpu::Limits::downlevel_webgl2_defaults(),
            ..Default::default()
        }))
        .unwrap();
    assert_eq!(device.limits().max_storage_buffers_per_shader_stage, 0);
    Gpu {
        device,
        queue,
        name: String::new(),
        software: true,
    }
}

/// Returns pictures of letters, of others in their places, and of one row of others.
fn pictures(gpu: &Gpu) -> [Vec<u8>; 3] {
    let (device, queue) = (gpu.device.clone(), gpu.queue.clone());
    let mut renderer =
        Renderer::new(device, queue, Offscreen::FORMAT, FontSpec::default()).unwrap();
    let metrics = renderer.metrics();
    let size_px = [
        metrics.width_px * u32::from(COLUMNS),
        metrics.height_px * ROWS,
    ];
    let [width, height] = size_px;
    let offscreen = Offscreen::new(gpu, size_px).unwrap();
    let (mut cache, colors) = (PaneCache::new(), Colors::default());
    let letters = |first: u32| -> String {
        let letter = |n: u16| char::from(b'a' + ((first + u32::from(n)) % 26) as u8);
        (0..COLUMNS).map(letter).collect()
    };
    let mut rows: Vec<Arc<Row>> = (0..ROWS).map(|_| Arc::default()).collect();
    let changes = [
        (0..ROWS, MUCH..u64::MAX),
        (0..ROWS, MUCH..u64::MAX),
        (3..4, 1..MUCH),
    ];
    let mut step = 0;
    changes.map(|(changed, bytes)| {
        step += 7;
        for n in changed {
            rows[n as usize] = Arc::new(row(&letters(step + n)));
        }
        renderer.begin();
        let draw = renderer.pane(
            &mut cache,
            &PaneView {
                rows: &rows,
                columns: COLUMNS,
                origin_px: [0, 0],
                clip_px: None,
                size_px,
                cursor: None,
                spans: &[],
                images: &[],
                colors: &colors,
                palette: &[],
                reverse: false,
                dim: false,
                blink_on: true,
            },
        );
        renderer.finish();
        assert!(bytes.contains(&renderer.counters().bytes_uploaded));
        offscreen.render(&[(draw, [0, 0, width, height])]).unwrap()
    })
}

#[test]
fn what_changed_comes_to_its_place_without_a_device_that_puts_it_there() {
    let pictures_without = pictures(&without_computing());
    assert!(pictures_without[0] != pictures_without[1]);
    assert!(pictures_without == pictures(gpu()));
}
