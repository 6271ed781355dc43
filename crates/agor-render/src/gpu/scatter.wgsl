// Changed instances to their places, one workgroup for each span of them.

// First a word for each span: to where, from where, how many; then the instances.
@group(0) @binding(0) var<storage, read> changed: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> instances: array<vec4<u32>>;

@compute @workgroup_size(64)
fn scatter(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let span = changed[group.x];
    for (var n = local; n < span.z; n += 64u) {
        instances[span.x + n] = changed[span.y + n];
    }
}
