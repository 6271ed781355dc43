//! Files of images (PNG, JPEG, GIF, WebP), sixels and packed pixels: what is decoded has as many pixels
//! as its header said, and what cannot be is a sentence.
#![no_main]

use agor_term::{ImageFormat, ImageSource};
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/agor-core/src/images/pixels.rs"]
mod pixels;

/// The decoder's process has time and memory for the largest image; here there are many.
const PIXELS_MAX: usize = 256 * 1024;

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = ImageSource::of_file(data.to_vec()) {
        decode(file);
    }
    // As the decoder's process reads it, whatever the header says.
    if let Some(source) = ImageSource::from_bytes(data.to_vec()) {
        decode(source);
    }
    if let Ok(sixel) = ImageSource::new(ImageFormat::Sixel, false, (0, 0), data.to_vec()) {
        decode(sixel);
    }
    if let Some((&[width, height], packed)) = data.split_first_chunk::<2>() {
        for format in [ImageFormat::Rgb, ImageFormat::Rgba] {
            let size = (u32::from(width) + 1, u32::from(height) + 1);
            if let Ok(source) = ImageSource::new(format, true, size, packed.to_vec()) {
                decode(source);
            }
        }
    }
});

fn decode(source: ImageSource) {
    let (width, height) = source.pixels;
    let count = width as usize * height as usize;
    if count > PIXELS_MAX {
        return;
    }
    match pixels::pixels(source) {
        Ok(mut rgba) => {
            assert_eq!(rgba.len(), count * 4);
            pixels::premultiply(&mut rgba);
        }
        Err(sentence) => assert!(!sentence.is_empty()),
    }
}
