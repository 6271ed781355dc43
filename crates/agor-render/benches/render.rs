//! A placeholder replaced below.
fn main() {}
