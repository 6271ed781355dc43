//! Images that programs print, from the program's bytes to the pixels of the window.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::process::Stdio;

use agor_proto::limits::{DECODER_MEMORY_MAX, DECODER_SECS_MAX};
use agor_term::{ImageFormat, ImageSource};

use image::{Rgb, RgbImage};

use crate::agor::{Agor, agor, step_until};

/// Colours that no theme has.
const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const MAGENTA: [u8; 3] = [255, 0, 255];
const CYAN: [u8; 3] = [0, 255, 255];

/// Returns a picture of one colour as a PNG.
fn png(color: [u8; 3]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(60, 40, Rgb(color))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner()
}

/// Returns what a program prints: a PNG in pieces by the kitty graphics protocol, a sixel picture, an
/// inline file, an image that it left in a file, and one of two frames: most of the second is another
/// colour, and it is the one that is shown.
fn output(agor: &Agor) -> Vec<u8> {
    let mut bytes = Vec::new();
    let data = agor_term::encode_base64(&png(RED));
    let pieces: Vec<&str> = data
        .as_bytes()
        .chunks(64)
        .map(|piece| std::str::from_utf8(piece).expect("base64"))
        .collect();
    assert!(pieces.len() > 1);
    for (at, piece) in pieces.iter().enumerate() {
        let more = u8::from(at + 1 < pieces.len());
        let keys = if at == 0 { "a=T,f=100,i=1," } else { "" };
        bytes.extend(format!("\x1b_G{keys}m={more};{piece}\x1b\\").bytes());
    }
    bytes.extend(b"\r\nsixel\r\n\x1bPq\"1;1;60;36#1;2;0;0;100#1");
    (0..6).for_each(|_| bytes.extend(b"!60~-"));
    bytes.extend(b"\x1b\\\r\ninline\r\n");
    let file = agor_term::encode_base64(&png(GREEN));
    bytes.extend(format!("\x1b]1337;File=inline=1:{file}\x07\r\nfile\r\n").bytes());
    let path = agor.path("left").canonicalize().expect("a file");
    let path = agor_term::encode_base64(path.to_str().expect("a path").as_bytes());
    bytes.extend(format!("\x1b_Ga=T,f=24,s=60,v=40,t=f,q=2;{path}\x1b\\\r\nframes\r\n").bytes());
    let black = agor_term::encode_base64(&[0; 100 * 40 * 3]);
    let most = agor_term::encode_base64(&CYAN.repeat(60 * 40));
    bytes.extend(
        format!(
            "\x1b_Ga=T,i=5,q=2,f=24,s=100,v=40;{black}\x1b\\\
             \x1b_Ga=f,i=5,q=2,c=1,x=40,f=24,s=60,v=40;{most}\x1b\\\
             \x1b_Ga=a,i=5,q=2,c=2\x1b\\\r\ndone\r\n"
        )
        .bytes(),
    );
    bytes
}

/// Draws the window and counts the pixels of each of the colours.
fn shot(agor_: &Agor, name: &str, extra: &[(&str, &str)]) -> [usize; 5] {
    let out: PathBuf = agor_.path(name);
    let text = out.to_str().expect("a path").to_owned();
    let mut command = agor_.command_of(agor(), &["shot", "--out", &text, "--size", "900x700"]);
    command.envs(extra.iter().copied());
    let done = command.output().expect("agor runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let picture = image::open(&out).expect("a picture").into_rgb8();
    [RED, BLUE, GREEN, MAGENTA, CYAN]
        .map(|color| picture.pixels().filter(|pixel| pixel.0 == color).count())
}

/// Has `agord decode` read `bytes`; returns what it answers.
fn decoded(agor: &Agor, bytes: &[u8]) -> Vec<u8> {
    let mut decoder = agor
        .command(&["decode"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("agord runs");
    let mut input = decoder.stdin.take().expect("a pipe");
    input.write_all(bytes).ok(); // It may have seen enough.
    drop(input);
    let mut answer = Vec::new();
    let mut output = decoder.stdout.take().expect("a pipe");
    output.read_to_end(&mut answer).expect("an answer");
    assert!(decoder.wait().expect("a child").success());
    answer
}

#[test]
fn a_decoder_answers_with_pixels_or_with_a_sentence() {
    let agor = Agor::new();
    let good = ImageSource::of_file(png(RED)).expect("an image");
    let answer = decoded(&agor, &good.to_bytes());
    assert_eq!(answer.len(), 1 + 60 * 40 * 4);
    assert_eq!(answer[..5], [0, 255, 0, 0, 255]);
    let mut cut = good.to_bytes();
    cut.truncate(cut.len() / 2);
    let huge = ImageSource {
        format: ImageFormat::Jpeg,
        zlib: false,
        pixels: (4_000, 3_000),
        data: b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03".repeat(1000),
    };
    for bad in [cut, huge.to_bytes(), b"AGIM".to_vec(), vec![7; 100_000]] {
        let answer = decoded(&agor, &bad);
        assert_eq!(answer[0], 1);
        assert!((2..=201).contains(&answer.len()), "{}", answer.len());
    }
}

#[test]
fn decoder_memory_max_and_decoder_secs_max() {
    let agor = Agor::new();
    let mut decoder = agor
        .command(&["decode"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("agord runs");
    let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", decoder.id()));
    let row = |what: &str, value: u64| {
        let limits = read("limits").unwrap_or_default();
        let line = limits.lines().find(|line| line.starts_with(what));
        let mut words = line?.strip_prefix(what)?.split_whitespace();
        let held = words.next()?.parse() == Ok(value) && words.next()?.parse() == Ok(value);
        held.then_some(())
    };
    for (what, value) in [
        ("Max address space", DECODER_MEMORY_MAX),
        ("Max cpu time", DECODER_SECS_MAX),
        ("Max open files", 0),
        ("Max file size", 0),
        ("Max processes", 0),
        ("Max core file size", 0),
    ] {
        step_until(what, || row(what, value));
    }
    step_until("it gains no rights", || {
        let status = read("status").ok()?;
        status.contains("NoNewPrivs:\t1").then_some(())
    });
    if agor_core::images::confine::can_filter() {
        step_until("its system calls are filtered", || {
            let status = read("status").ok()?;
            status.contains("Seccomp:\t2").then_some(())
        });
    }
    drop(decoder.stdin.take());
    decoder.wait().expect("a child");
}

#[test]
fn images_that_a_program_prints_are_drawn_and_survive_their_host() {
    // Building takes as long as it takes; the test's time begins after it.
    agor();
    let mut agor = Agor::started();
    fs::write(agor.path("left"), MAGENTA.repeat(60 * 40)).expect("a file");
    fs::write(agor.path("output"), output(&agor)).expect("a file");
    let path = agor.path("output").display().to_string();
    let session = agor.session(&format!("cat '{path}'; sleep 1000"));
    agor.ok(&["wait", &session, "--text", "done", "--timeout", "30"]);
    // 60 x 40 pixels each, and 36 of the sixels; the cells of another font than the one that the
    // program was told of make them a little larger or smaller.
    let are_shown = |counts: [usize; 5]| counts.iter().all(|count| (1_000..40_000).contains(count));
    let first = shot(&agor, "first.png", &[]);
    assert!(are_shown(first), "{first:?}");
    // What was in a file is not read again.
    fs::remove_file(agor.path("left")).expect("a file");
    agor.crash_host();
    agor.start_host();
    step_until("the session is there", || {
        agor.screen(&session).contains("done").then_some(())
    });
    let again = shot(&agor, "again.png", &[]);
    assert!(are_shown(again), "{again:?}");
    agor.ok(&["kill", &session]);
    agor.ok(&["rm", &session]);
    let images = agor.path("home/.local/share/agor/images").join(&session);
    step_until("its images go with it", || (!images.exists()).then_some(()));
}

#[test]
fn images_of_a_checkpoint_are_there_after_a_crash() {
    let mut agor = Agor::started();
    fs::write(agor.path("left"), MAGENTA.repeat(60 * 40)).expect("a file");
    fs::write(agor.path("output"), output(&agor)).expect("a file");
    let path = agor.path("output").display().to_string();
    // Enough output for a checkpoint after the images, and all of it in place.
    let script = format!(
        "cat '{path}'; for n in $(seq 1 40); do printf '\\r%065536d' 0; sleep 0.05; printf '\\e[12;1H\\e[J'; done; \
         echo ready; sleep 1000"
    );
    let session = agor.session(&script);
    agor.ok(&["wait", &session, "--text", "ready", "--timeout", "60"]);
    let images = agor.path("home/.local/share/agor/images").join(&session);
    step_until("images are on disk", || {
        (fs::read_dir(&images).ok()?.count() >= 1).then_some(())
    });
    agor.crash_host();
    agor.start_host();
    let screen = agor.screen(&session);
    assert!(screen.contains("ready"), "{screen}");
}
