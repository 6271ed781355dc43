// Cells of terminals. An instance is a rectangle of whole pixels; see instance.rs for its words.

// The target stores what is written as linear light.
override linear_target: bool = false;

// The table of panes, four words in a texel; see table.rs.
@group(0) @binding(0) var panes: texture_2d<i32>;
@group(0) @binding(1) var mono: texture_2d_array<f32>;
@group(0) @binding(2) var color: texture_2d_array<f32>;

struct Fragment {
    @builtin(position) position: vec4<f32>,
    // Pixels from the instance's corner.
    @location(0) within: vec2<f32>,
    // The instance's corner in the pane.
    @location(1) @interpolate(flat) corner: vec2<i32>,
    @location(2) @interpolate(flat) source: u32,
    @location(3) @interpolate(flat) paint: u32,
    // What a block cursor covers in the pane; empty if there is none.
    @location(4) @interpolate(flat) cursor: vec4<i32>,
    // The colour of text under it; what the pane is mixed with, and in the highest byte how much of it; a cell's width.
    @location(5) @interpolate(flat) pane: vec3<i32>,
}

fn entry(texel: u32) -> vec4<i32> {
    return textureLoad(panes, vec2<u32>(texel & 1023u, texel >> 10u), 0);
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, @location(0) instance: vec4<u32>) -> Fragment {
    // The draw's first vertex carries the viewport's size, which is known only then.
    let viewport = vec2<f32>(f32((index >> 2u) & 0x3fffu), f32((index >> 16u) & 0x3fffu));
    let slot = (instance.x >> 16u) | ((instance.z >> 26u) << 16u);
    let row = entry(slot >> 2u)[slot & 3u];
    let back = u32(row >> 16u);
    // A unit has 16 texels, of which a block's first four are its head.
    let head = ((slot >> 6u) - back) << 4u;
    let places = entry(head);
    let looks = entry(head + 2u);
    let clip = entry(head + 3u);
    let top = (row << 16u) >> 16u;
    let x = i32(instance.x << 16u) >> 16u;
    let y = i32(instance.y & 0x3ffu) - 512;
    var size = vec2<i32>(i32(instance.y >> 19u), i32((instance.y >> 10u) & 0x1ffu));
    // The backdrop, larger than an instance can say.
    if back == 0u && (slot & 63u) == 16u && size.x > 0 {
        size = looks.zw;
    }

    var out: Fragment;
    out.corner = vec2<i32>(x, y + top);
    // What is cut off at the pane's edges is not drawn at all.
    let near = out.corner + places.xy;
    let far = vec2<bool>((index & 1u) != 0u, (index & 2u) != 0u);
    let at = clamp(select(near, near + size, far), clip.xy, clip.zw);
    out.within = vec2<f32>(at - near);
    out.position = vec4<f32>(vec2<f32>(at) / viewport * vec2<f32>(2.0, -2.0) + vec2<f32>(-1.0, 1.0), 0.0, 1.0);
    out.source = instance.z;
    out.paint = instance.w;
    out.cursor = entry(head + 1u);
    out.pane = vec3<i32>(looks.xy, places.z);
    return out;
}

fn rgb(packed: u32) -> vec3<f32> {
    return unpack4x8unorm(packed).rgb;
}

// Coverage mixes in the target's own, nonlinear scale, where light text on dark comes out too
// thin. What is added grows with the text's lightness; dark text stays as it is.
fn weighted(coverage: f32, ink: vec3<f32>) -> f32 {
    let lightness = dot(ink, vec3<f32>(0.299, 0.587, 0.114));
    return pow(coverage, mix(1.0, 0.72, lightness));
}

fn to_linear(c: vec3<f32>) -> vec3<f32> {
    return select(pow((c + 0.055) / 1.055, vec3<f32>(2.4)), c / 12.92, c <= vec3<f32>(0.04045));
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let within = vec2<i32>(floor(in.within));
    let kind = in.paint >> 24u;
    var texel = vec2<i32>(i32(in.source & 0x7ffu), i32((in.source >> 11u) & 0x7ffu));
    let layer = i32((in.source >> 22u) & 0xfu);

    var ink = rgb(in.paint);
    let at = in.corner + within;
    if kind != 0u && all(at >= in.cursor.xy) && all(at < in.cursor.zw) {
        ink = rgb(u32(in.pane.x));
    }

    var out = vec4<f32>(ink, 1.0);
    switch kind {
        // A glyph.
        case 1u: {
            let coverage = textureLoad(mono, texel + within, layer, 0).r;
            out = vec4<f32>(ink, 1.0) * weighted(coverage, ink);
        }
        // A shape of ours.
        case 2u: {
            out = vec4<f32>(ink, 1.0) * textureLoad(mono, texel + within, layer, 0).r;
        }
        // A shape as wide as a cell, repeated along a line.
        case 3u: {
            texel += vec2<i32>(within.x % in.pane.z, within.y);
            out = vec4<f32>(ink, 1.0) * textureLoad(mono, texel, layer, 0).r;
        }
        // A picture.
        case 4u: {
            out = textureLoad(color, texel + within, layer, 0);
        }
        default: {}
    }

    let veil = u32(in.pane.y);
    out = vec4<f32>(mix(out.rgb, rgb(veil) * out.a, f32(veil >> 24u) / 255.0), out.a);
    if linear_target && out.a > 0.0 {
        out = vec4<f32>(to_linear(out.rgb / out.a) * out.a, out.a);
    }
    return out;
}
