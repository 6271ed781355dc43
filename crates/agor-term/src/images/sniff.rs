//! The format and size of an image from the first bytes of its file, without decoding anything: a
//! terminal has to know how many cells an image takes before it goes on.

use super::source::ImageFormat;

/// Segments of a JPEG that are looked at before its frame header.
const JPEG_SEGMENTS_MAX: usize = 512;

/// Returns the format, width and height of a file; `None` if it is of no known format.
pub(super) fn format_and_size(data: &[u8]) -> Option<(ImageFormat, (u32, u32))> {
    let (format, size) = match data {
        [0x89, b'P', b'N', b'G', ..] => (ImageFormat::Png, png(data)?),
        [0xff, 0xd8, ..] => (ImageFormat::Jpeg, jpeg(data)?),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => (ImageFormat::Gif, gif(data)?),
        [b'R', b'I', b'F', b'F', ..] => (ImageFormat::Webp, webp(data)?),
        _ => return None,
    };
    Some((format, size))
}

fn be16(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at + 2)?;
    Some(u32::from(bytes[0]) << 8 | u32::from(bytes[1]))
}

fn le(data: &[u8], at: usize, bytes: usize) -> Option<u32> {
    let bytes = data.get(at..at + bytes)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u32::from(*byte)),
    )
}

/// PNG (W3C, 5.2 and 11.2.2): the signature, then IHDR with width and height.
fn png(data: &[u8]) -> Option<(u32, u32)> {
    let header = data.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    if header.get(4..8)? != b"IHDR" {
        return None;
    }
    let side = |at: usize| Some(be16(header, at)? << 16 | be16(header, at + 2)?);
    Some((side(8)?, side(12)?))
}

/// JPEG (ITU T.81, B.2.2): segments up to the frame header, which has height and width.
fn jpeg(data: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    for _ in 0..JPEG_SEGMENTS_MAX {
        while data.get(at)? == &0xff && data.get(at + 1)? == &0xff {
            at += 1;
        }
        if *data.get(at)? != 0xff {
            return None;
        }
        match *data.get(at + 1)? {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => return Some((be16(data, at + 7)?, be16(data, at + 5)?)),
            // Markers without a segment.
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            0xd9 | 0xda => return None,
            _ => {}
        }
        at += 2 + (be16(data, at + 2)? as usize).max(2);
    }
    None
}

/// GIF89a, 18: the logical screen.
fn gif(data: &[u8]) -> Option<(u32, u32)> {
    Some((le(data, 6, 2)?, le(data, 8, 2)?))
}

/// WebP (RFC 9649): the first chunk says which of the three kinds of header follows.
fn webp(data: &[u8]) -> Option<(u32, u32)> {
    if data.get(8..12)? != b"WEBP" {
        return None;
    }
    match data.get(12..16)? {
        b"VP8 " if data.get(23..26)? == [0x9d, 0x01, 0x2a] => {
            Some((le(data, 26, 2)? & 0x3fff, le(data, 28, 2)? & 0x3fff))
        }
        b"VP8L" if data.get(20) == Some(&0x2f) => {
            let bits = le(data, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le(data, 24, 3)? + 1, le(data, 27, 3)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_in_headers() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";
        assert_eq!(format_and_size(png), Some((ImageFormat::Png, (640, 480))));
        let gif = b"GIF89a\x80\x02\xe0\x01";
        assert_eq!(format_and_size(gif), Some((ImageFormat::Gif, (640, 480))));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03";
        assert_eq!(format_and_size(jpeg), Some((ImageFormat::Jpeg, (640, 480))));
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\x00";
        assert_eq!(
            format_and_size(lossless),
            Some((ImageFormat::Webp, (640, 480)))
        );
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0";
        assert_eq!(
            format_and_size(extended),
            Some((ImageFormat::Webp, (640, 480)))
        );
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0abc\x9d\x01\x2a\x80\x02\xe0\x01";
        assert_eq!(
            format_and_size(lossy),
            Some((ImageFormat::Webp, (640, 480)))
        );
    }

    #[test]
    fn what_is_cut_off_or_something_else_has_no_size() {
        for bad in [
            &b""[..],
            b"hello",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\x02\x80\0\0\x01\xe0",
            b"\xff\xd8\xff\xda\x00\x04ab",
            b"\xff\xd8\xff\xe0\x00\x04a",
            b"GIF89a\x80",
            b"RIFF\0\0\0\0WAVEfmt ",
            b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2e\x7f\xc2\x77\x00",
        ] {
            assert_eq!(format_and_size(bad), None, "{}", bad.escape_ascii());
        }
        let markers = [&b"\xff\xd8"[..], &[0xff; 4096]].concat();
        assert_eq!(format_and_size(&markers), None);
        let endless = [&b"\xff\xd8"[..], &b"\xff\x01".repeat(4096)].concat();
        assert_eq!(format_and_size(&endless), None);
    }
}
