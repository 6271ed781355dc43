//! Bytes of an image to pixels: the part of the decoder that reads what strangers wrote. It needs
//! nothing of this crate, so that the fuzz target `decoders` is compiled without it.

use std::io::{Cursor, Read};

use agor_proto::limits::{DECODER_MEMORY_MAX, IMAGE_BYTES_MAX, IMAGE_SIDE_MAX};
use agor_term::{ImageFormat, ImageSource, decode_sixel};
use image::{ImageDecoder, ImageReader, Limits};

/// Returns the pixels of an image as RGBA.
///
/// # Errors
/// A sentence that says why there are none.
pub fn pixels(source: ImageSource) -> Result<Vec<u8>, String> {
    let (width, height) = source.pixels;
    let count = width as usize * height as usize;
    let (format, size) = (source.format, source.pixels);
    let data = match (source.zlib, format.pixel_bytes()) {
        (false, _) => source.data,
        (true, Some(pixel_bytes)) => inflate(&source.data, count * pixel_bytes)?,
        (true, None) => inflate(&source.data, IMAGE_BYTES_MAX)?,
    };
    let rgba = match format {
        ImageFormat::Rgba => data,
        ImageFormat::Rgb => {
            let mut rgba = Vec::with_capacity(count * 4);
            for pixel in data.chunks_exact(3) {
                rgba.extend_from_slice(&[pixel[0], pixel[1], pixel[2], 255]);
            }
            rgba
        }
        ImageFormat::Composed => return Err("frames are composed elsewhere".into()),
        ImageFormat::Sixel => decode_sixel(&data, size).ok_or("the sixels are of another size")?,
        ImageFormat::Png => file(&data, size, image::ImageFormat::Png)?,
        ImageFormat::Jpeg => file(&data, size, image::ImageFormat::Jpeg)?,
        ImageFormat::Gif => file(&data, size, image::ImageFormat::Gif)?,
        ImageFormat::Webp => file(&data, size, image::ImageFormat::WebP)?,
    };
    if rgba.len() != count * 4 {
        return Err("there are fewer pixels than the size needs".into());
    }
    Ok(rgba)
}

/// Multiplies colours by their alpha, as they are drawn.
pub fn premultiply(rgba: &mut [u8]) {
    for pixel in rgba.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        if alpha < 255 {
            for part in &mut pixel[..3] {
                *part = ((u32::from(*part) * alpha + 127) / 255) as u8;
            }
        }
    }
}

/// Unpacks at most `most` bytes (RFC 1950); what is beyond them is left out.
fn inflate(data: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(data)
        .take(most as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn file(
    data: &[u8],
    (width, height): (u32, u32),
    format: image::ImageFormat,
) -> Result<Vec<u8>, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(IMAGE_SIDE_MAX);
    limits.max_image_height = Some(IMAGE_SIDE_MAX);
    limits.max_alloc = Some(DECODER_MEMORY_MAX / 2);
    let mut reader = ImageReader::with_format(Cursor::new(data), format);
    reader.limits(limits);
    let failed = |error: image::ImageError| error.to_string();
    let decoder = reader.into_decoder().map_err(failed)?;
    if decoder.dimensions() != (width, height) {
        return Err("its header and its data say different sizes".into());
    }
    let decoded = image::DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok(decoded.into_rgba8().into_raw())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn source(format: ImageFormat, zlib: bool, data: &[u8]) -> ImageSource {
        ImageSource {
            format,
            zlib,
            pixels: (2, 1),
            data: data.to_vec(),
        }
    }

    #[test]
    fn colours_are_multiplied_by_their_alpha() {
        let mut rgba = [255, 100, 0, 128, 9, 9, 9, 255, 200, 200, 200, 0];
        premultiply(&mut rgba);
        assert_eq!(rgba, [128, 50, 0, 128, 9, 9, 9, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn raw_pixels_are_taken_as_they_are() {
        let rgb = pixels(source(ImageFormat::Rgb, false, &[1, 2, 3, 4, 5, 6]));
        assert_eq!(rgb.unwrap(), [1, 2, 3, 255, 4, 5, 6, 255]);
        let rgba = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(
            pixels(source(ImageFormat::Rgba, false, &rgba)).unwrap(),
            rgba
        );
    }

    #[test]
    fn compressed_pixels_are_unpacked_and_no_more_of_them_than_fit() {
        let pack = |data: &[u8]| {
            let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
            packed.write_all(data).unwrap();
            packed.finish().unwrap()
        };
        let rgb = pack(&[1, 2, 3, 4, 5, 6]);
        let shown = pixels(source(ImageFormat::Rgb, true, &rgb)).unwrap();
        assert_eq!(shown, [1, 2, 3, 255, 4, 5, 6, 255]);
        let bomb = pack(&vec![7; 10_000_000]);
        assert!(bomb.len() < 20_000);
        let shown = pixels(source(ImageFormat::Rgb, true, &bomb)).unwrap();
        assert_eq!(shown, [7, 7, 7, 255, 7, 7, 7, 255]);
        assert!(pixels(source(ImageFormat::Rgb, true, &rgb[..4])).is_err());
        let short = pack(&[1, 2, 3]);
        assert!(pixels(source(ImageFormat::Rgb, true, &short)).is_err());
    }

    #[test]
    fn files_of_each_format_are_decoded() {
        use image::{ImageFormat as Kind, Rgb, RgbImage};
        let mut picture = RgbImage::new(2, 1);
        picture.put_pixel(0, 0, Rgb([255, 0, 0]));
        picture.put_pixel(1, 0, Rgb([255, 0, 0]));
        for (kind, format) in [
            (Kind::Png, ImageFormat::Png),
            (Kind::Jpeg, ImageFormat::Jpeg),
            (Kind::Gif, ImageFormat::Gif),
            (Kind::WebP, ImageFormat::Webp),
        ] {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, kind).unwrap();
            let source = ImageSource::of_file(bytes.into_inner()).unwrap();
            assert_eq!((source.format, source.pixels), (format, (2, 1)));
            let rgba = pixels(source).unwrap();
            assert!(
                rgba[0] > 250 && rgba[1] < 5 && rgba[7] == 255,
                "{kind:?} {rgba:?}"
            );
        }
    }

    #[test]
    fn a_file_that_lies_about_its_size_has_no_pixels() {
        let mut bytes = Cursor::new(Vec::new());
        let picture = image::RgbImage::new(3, 3);
        picture
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        let lie = source(ImageFormat::Png, false, &bytes.into_inner());
        assert!(pixels(lie).is_err());
    }
}
