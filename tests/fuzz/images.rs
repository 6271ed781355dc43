//! Images: whatever is said of them, the terminal takes one kind of bytes for one size, a source reads
//! back as it was written, and sixels have as many pixels as they say.
#![no_main]

use agor_proto::ids::Size;
use agor_term::{ImageFormat, ImageSource, Options, Terminal, decode_sixel, encode_base64};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[kind, cut], data)) = data.split_first_chunk::<2>() else {
        return;
    };
    match kind % 5 {
        0 => {
            if let Some(source) = ImageSource::from_bytes(data.to_vec()) {
                assert_eq!(source.to_bytes(), data);
            }
        }
        1 => {
            if let Ok(source) = ImageSource::of_file(data.to_vec()) {
                let again = ImageSource::from_bytes(source.to_bytes());
                assert_eq!(again.as_ref(), Some(&source));
            }
        }
        2 => {
            let sixel = ImageSource::new(ImageFormat::Sixel, false, (0, 0), data.to_vec());
            // The decoder's process has time for the largest; here there are many.
            if let Ok(source) = sixel
                && source.pixels.0 * source.pixels.1 < 1_000_000
            {
                let (width, height) = source.pixels;
                let pixels = decode_sixel(&source.data, source.pixels).expect("its own size");
                assert_eq!(pixels.len(), width as usize * height as usize * 4);
            }
        }
        // Control data and file arguments, with and without an image behind them.
        3 => show(&[b"\x1b_G", data, b"\x1b\\"].concat(), cut),
        _ => {
            let (arguments, file) = data.split_at(data.len().min(usize::from(cut)));
            let file = encode_base64(file);
            let arguments = String::from_utf8_lossy(arguments).replace(|c: char| c.is_control(), "");
            show(format!("\x1b]1337;File=inline=1;{arguments}:{file}\x07").as_bytes(), cut);
        }
    }
});

/// Shows output on a screen with an image, and again in two pieces.
fn show(output: &[u8], cut: u8) {
    let options = Options {
        size: Size::cells(40, 12),
        scrollback_rows: 50,
        ..Options::default()
    };
    let first = b"\x1b_Ga=T,i=1,p=1,q=2,f=24,s=1,v=1,c=3,r=2;AAAA\x1b\\\x1b_Ga=p,i=1,U=1,c=4,r=4,q=2\x1b\\";
    let (mut whole, mut pieces) = (Terminal::new(options), Terminal::new(options));
    let (mut said, mut said_in_pieces) = (Vec::new(), Vec::new());
    whole.advance(first, &mut said);
    pieces.advance(first, &mut said_in_pieces);
    whole.advance(output, &mut said);
    let (head, tail) = output.split_at(output.len().min(usize::from(cut)));
    pieces.advance(head, &mut said_in_pieces);
    let mut pieces = Terminal::restore(&pieces.checkpoint()).expect("a checkpoint of ours");
    pieces.advance(tail, &mut said_in_pieces);
    assert!(said == said_in_pieces, "cut otherwise, it asks for something else");
    assert!(whole.placements() == pieces.placements(), "cut otherwise, images stand elsewhere");
    for size in [Size::cells(7, 3), Size::cells(90, 40)] {
        whole.resize(size, &mut said);
        pieces.resize(size, &mut said_in_pieces);
        assert!(whole.placements() == pieces.placements(), "another size, images stand elsewhere");
    }
}
