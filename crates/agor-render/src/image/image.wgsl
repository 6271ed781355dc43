// Images of terminals: a rectangle of a pane each.

// The target stores what is written as linear light.
override linear_target: bool = false;

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var smooth_sampler: sampler;

struct Fragment {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
    // What the pane is mixed with; the highest byte says how much of it.
    @location(1) @interpolate(flat) veil: u32,
}

@vertex
fn vertex(
    @builtin(vertex_index) index: u32,
    // Left, top, right, bottom in the viewport.
    @location(0) edges: vec4<f32>,
    // The same in the texture.
    @location(1) source: vec4<f32>,
    @location(2) paint: vec4<u32>,
) -> Fragment {
    // As for cells, the draw's first vertex carries the viewport's size.
    let viewport = vec2<f32>(f32((index >> 2u) & 0x3fffu), f32((index >> 16u) & 0x3fffu));
    let right = (index & 1u) != 0u;
    let low = (index & 2u) != 0u;
    let place = vec2<f32>(select(edges.x, edges.z, right), select(edges.y, edges.w, low));
    var out: Fragment;
    out.at = vec2<f32>(select(source.x, source.z, right), select(source.y, source.w, low));
    out.position = vec4<f32>(place / viewport * vec2<f32>(2.0, -2.0) + vec2<f32>(-1.0, 1.0), 0.0, 1.0);
    out.veil = paint.x;
    return out;
}

fn to_linear(c: vec3<f32>) -> vec3<f32> {
    return select(pow((c + 0.055) / 1.055, vec3<f32>(2.4)), c / 12.92, c <= vec3<f32>(0.04045));
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    // The pixels are premultiplied already.
    var out = textureSample(picture, smooth_sampler, in.at);
    let veil = f32(in.veil >> 24u) / 255.0;
    out = vec4<f32>(mix(out.rgb, unpack4x8unorm(in.veil).rgb * out.a, veil), out.a);
    if linear_target && out.a > 0.0 {
        out = vec4<f32>(to_linear(out.rgb / out.a) * out.a, out.a);
    }
    return out;
}
