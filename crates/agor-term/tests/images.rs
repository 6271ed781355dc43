//! Images of a terminal beyond what the cases show: what bounds them, how they live through another
//! size and a checkpoint, and what clients are sent of them.

use agor_proto::ids::{InputSeq, Offset, SessionId, Size};
use agor_proto::limits;
use agor_proto::message::Message;
use agor_proto::screen::{Mirror, Placement};
use agor_term::update::Viewer;
use agor_term::{
    Effect, FileRequest, ImageFault, ImageFiles, ImageFormat, ImageKey, ImageSource, Options,
    Terminal, encode_base64,
};

fn terminal(cols: u16, rows: u16) -> Terminal {
    Terminal::new(Options {
        size: Size::cells(cols, rows),
        ..Options::default()
    })
}

fn feed(terminal: &mut Terminal, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    terminal.advance(text.as_bytes(), &mut effects);
    effects
}

fn replies(effects: &[Effect]) -> String {
    let bytes = effects.iter().filter_map(|effect| match effect {
        Effect::Reply(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Vec<_>>().concat()).expect("answers are text")
}

/// One pixel, shown in so many cells.
fn shown(keys: &str) -> String {
    format!("\x1b_Ga=T,f=24,s=1,v=1,{keys};AAAA\x1b\\")
}

fn send(width: u32, height: u32, data: &[u8]) -> String {
    let data = encode_base64(data);
    format!("\x1b_Ga=t,i=9,f=24,s={width},v={height};{data}\x1b\\")
}

/// Where images stand: row, column, columns, rows.
fn places(placements: &[Placement]) -> Vec<(i32, u16, u16, u16)> {
    placements
        .iter()
        .map(|it| (it.row, it.col, it.cells.0, it.cells.1))
        .collect()
}

#[test]
fn image_bytes_max() {
    let mut terminal = terminal(80, 24);
    let piece = encode_base64(&vec![0; 1536 * 1024]);
    let mut effects = feed(&mut terminal, "\x1b_Ga=t,i=9,f=24,s=4000,v=3000,m=1;\x1b\\");
    for _ in 0..limits::IMAGE_BYTES_MAX / (1536 * 1024) + 2 {
        effects.extend(feed(&mut terminal, &format!("\x1b_Gm=1;{piece}\x1b\\")));
    }
    assert!(
        terminal.checkpoint().len() < 64 * 1024,
        "what is too much is not kept"
    );
    effects.extend(feed(&mut terminal, "\x1b_Gm=0;\x1b\\after"));
    assert_eq!(replies(&effects), "\x1b_Gi=9;EFBIG\x1b\\");
    assert_eq!(terminal.row(0).text, "after");
    // So for a file in parts.
    feed(&mut terminal, "\x1b]1337;MultipartFile=inline=1\x07");
    for _ in 0..limits::IMAGE_BYTES_MAX / (1536 * 1024) + 2 {
        feed(&mut terminal, &format!("\x1b]1337;FilePart={piece}\x07"));
    }
    assert!(
        terminal.checkpoint().len() < 64 * 1024,
        "nor are too many parts"
    );
    feed(&mut terminal, "\x1b]1337;FileEnd\x07");
    assert_eq!(terminal.placements(), []);
}

#[test]
fn image_pixels_max_and_image_side_max() {
    let mut terminal = terminal(80, 24);
    let answer = |terminal: &mut Terminal, width: u32, height: u32| {
        replies(&feed(terminal, &send(width, height, b"abc")))
    };
    let side = limits::IMAGE_SIDE_MAX;
    let high = limits::IMAGE_PIXELS_MAX / side;
    assert_eq!(answer(&mut terminal, side, high), "\x1b_Gi=9;ENODATA\x1b\\");
    for (width, height) in [
        (side, high + 1),
        (side + 1, 1),
        (1, side + 1),
        (u32::MAX, u32::MAX),
    ] {
        let said = answer(&mut terminal, width, height);
        assert_eq!(said, "\x1b_Gi=9;EFBIG\x1b\\", "{width} {height}");
    }
    feed(&mut terminal, "\x1bPq!9000~\x1b\\");
    assert_eq!(terminal.placements(), []);
}

#[test]
fn session_images_max() {
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, &shown("i=1,q=2,C=1"));
    for id in 2..limits::SESSION_IMAGES_MAX + 20 {
        let image = format!("\x1b_Ga=t,i={id},q=2,f=24,s=1,v=1;AAAA\x1b\\");
        feed(&mut terminal, &image);
    }
    assert_eq!(terminal.images_len(), limits::SESSION_IMAGES_MAX);
    assert_eq!(terminal.placements().len(), 1, "what is shown goes last");
    let gone = replies(&feed(&mut terminal, "\x1b_Ga=p,i=2\x1b\\"));
    assert_eq!(gone, "\x1b_Gi=2;ENOENT\x1b\\");
}

#[test]
fn session_image_bytes_max() {
    let mut terminal = terminal(80, 24);
    let (width, height) = (512, 1024);
    let bytes = width as usize * height as usize * 3;
    let data = vec![7; bytes];
    let most = limits::SESSION_IMAGE_BYTES_MAX as usize / bytes;
    for _ in 0..most + 3 {
        // Each of them a number of its own.
        let sent = send(width, height, &data).replace("i=9", "I=5,q=2");
        feed(&mut terminal, &sent);
    }
    assert_eq!(terminal.images_len(), most);
}

/// An image of 2x1 pixels as number 1, shown.
fn begin_animation() -> Terminal {
    let mut terminal = terminal(80, 24);
    feed(
        &mut terminal,
        "\x1b_Ga=T,i=1,f=24,s=2,v=1,q=2;AAAAAAAA\x1b\\",
    );
    terminal
}

#[test]
fn image_frames_max() {
    let mut terminal = begin_animation();
    let frame = "\x1b_Ga=f,i=1,f=24,s=2,v=1,q=1;////////\x1b\\";
    let said = replies(&feed(
        &mut terminal,
        &frame.repeat(limits::IMAGE_FRAMES_MAX),
    ));
    assert_eq!(said, "\x1b_Gi=1;ENOSPC\x1b\\", "the image is a frame too");
    let frames = terminal.animations().remove(0).frames;
    assert_eq!(frames.len(), limits::IMAGE_FRAMES_MAX);
    // A frame that is there may still change, and one that goes makes room.
    let change = "\x1b_Ga=f,i=1,r=9,f=24,s=2,v=1,q=1;AAAAAAAA\x1b\\\x1b_Ga=d,d=f,i=1,r=3\x1b\\";
    assert_eq!(
        replies(&feed(&mut terminal, &format!("{change}{frame}"))),
        ""
    );
}

#[test]
fn frame_overlays_max() {
    let mut terminal = begin_animation();
    // Mixed with what is below, so that nothing is hidden.
    let lay = |keys: &str| format!("\x1b_Ga=f,i=1,r=2,s=1,v=1,q=1{keys};AAAAAA==\x1b\\");
    let most = limits::FRAME_OVERLAYS_MAX;
    assert_eq!(replies(&feed(&mut terminal, &lay("").repeat(most))), "");
    let refused = replies(&feed(&mut terminal, &lay("").repeat(3)));
    assert_eq!(refused, "\x1b_Gi=1;ENOSPC\x1b\\".repeat(3));
    // What replaces hides what was below, and a frame that is edited for ever stays small.
    let before = terminal.checkpoint().len();
    assert_eq!(
        replies(&feed(&mut terminal, &lay(",X=1").repeat(most * 20))),
        ""
    );
    assert!(terminal.checkpoint().len() < before / 4);
}

#[test]
fn frame_overlay_pixels_max() {
    let mut terminal = terminal(80, 24);
    let side = 2_048;
    let data = encode_base64(&vec![0; side * side * 4]);
    let mut send = |keys: &str| {
        // In pieces: one sequence has a limit of its own.
        let mut said = String::new();
        let pieces: Vec<_> = data.as_bytes().chunks(1 << 20).collect();
        for (at, piece) in pieces.iter().enumerate() {
            let more = u8::from(at + 1 < pieces.len());
            let keys = if at == 0 { keys } else { "a=f" };
            let piece = std::str::from_utf8(piece).unwrap();
            let sent = format!("\x1b_G{keys},m={more};{piece}\x1b\\");
            said.push_str(&replies(&feed(&mut terminal, &sent)));
        }
        said
    };
    let size = format!("i=1,q=1,s={side},v={side}");
    assert_eq!(send(&format!("a=T,{size}")), "");
    let most = limits::FRAME_OVERLAY_PIXELS_MAX as usize / (side * side);
    for _ in 0..most {
        assert_eq!(send(&format!("a=f,r=1,{size}")), "");
    }
    assert_eq!(send(&format!("a=f,r=1,{size}")), "\x1b_Gi=1;ENOSPC\x1b\\");
}

#[test]
fn frames_count_for_the_bytes_of_a_session() {
    let mut terminal = terminal(80, 24);
    let (width, height) = (512_usize, 1024);
    let bytes = width * height * 3;
    let mut data = vec![7; bytes];
    let mut send = |action: &str, number: u32| {
        // Each of them other pixels.
        data[..4].copy_from_slice(&number.to_le_bytes());
        let data = encode_base64(&data);
        let sent = format!("\x1b_Ga={action},i=1,q=1,f=24,s={width},v={height};{data}\x1b\\");
        replies(&feed(&mut terminal, &sent))
    };
    assert_eq!(send("T", 0), "");
    let refused = (1..200).find(|number| send("f", *number) == "\x1b_Gi=1;ENOSPC\x1b\\");
    let most = limits::SESSION_IMAGE_BYTES_MAX as usize / bytes;
    let refused = refused.unwrap() as usize;
    assert!((most - 2..=most + 1).contains(&refused), "{refused} {most}");
    assert_eq!(terminal.images_len(), 1);
}

#[test]
fn update_frames_max() {
    let mut terminal = terminal(80, 24);
    let frame = |id: usize| format!("\x1b_Ga=f,i={id},f=24,s=1,v=1,q=2;////\x1b\\");
    let images = limits::UPDATE_FRAMES_MAX / limits::IMAGE_FRAMES_MAX + 2;
    for id in 1..=images {
        feed(
            &mut terminal,
            &format!("\x1b_Ga=T,i={id},f=24,s=1,v=1,q=2,C=1;AAAA\x1b\\"),
        );
        feed(
            &mut terminal,
            &frame(id).repeat(limits::IMAGE_FRAMES_MAX - 1),
        );
    }
    let animations = terminal.animations();
    let frames: usize = animations.iter().map(|it| it.frames.len()).sum();
    assert_eq!(frames, limits::UPDATE_FRAMES_MAX);
    assert_eq!(
        terminal.placements().len(),
        images,
        "the others stand still"
    );
}

#[test]
fn frames_live_through_a_checkpoint_and_are_sent_once() {
    let mut terminal = begin_animation();
    feed(
        &mut terminal,
        "\x1b_Ga=f,i=1,f=24,s=1,v=1,x=1,c=1,q=2;////\x1b\\\x1b_Ga=c,i=1,r=2,c=1,w=1,q=2\x1b\\\x1b_Ga=a,i=1,s=3,c=2\x1b\\",
    );
    let again = Terminal::restore(&terminal.checkpoint()).unwrap();
    assert_eq!(again.animations(), terminal.animations());
    assert_eq!(again.image_hashes(), terminal.image_hashes());
    let (mut viewer, mut mirror) = (Viewer::new(), Mirror::default());
    let session = SessionId::from_parts(1, [0; 10]);
    let mut update = |terminal: &Terminal| viewer.update(terminal, session, InputSeq(0), Offset(0));
    mirror.apply(update(&terminal).unwrap()).unwrap();
    assert_eq!(mirror.animations, terminal.animations());
    let [frame] = mirror.placements.as_slice() else {
        panic!("{:?}", mirror.placements);
    };
    assert_eq!(
        frame.blob, mirror.animations[0].frames[1].blob,
        "what was chosen"
    );
    feed(&mut terminal, "text");
    let text = update(&terminal).unwrap();
    assert_eq!(text.animations, None);
    mirror.apply(text).unwrap();
    feed(&mut terminal, "\x1b_Ga=a,i=1,s=1\x1b\\");
    mirror.apply(update(&terminal).unwrap()).unwrap();
    assert_eq!(mirror.animations, terminal.animations());
}

#[test]
fn everything_that_a_frame_is_made_from_is_kept_and_nothing_else() {
    let mut terminal = begin_animation();
    let mut sent: std::collections::HashSet<_> = terminal.image_hashes().into_iter().collect();
    let mut feed = |text: &str| {
        for effect in feed(&mut terminal, text) {
            if let Effect::Image(source) = effect {
                sent.insert(source.key().hash);
            }
        }
        let live = terminal.image_hashes();
        assert!(
            live.iter().all(|hash| sent.contains(hash)),
            "the host was given all"
        );
        live.iter().collect::<std::collections::HashSet<_>>().len()
    };
    assert_eq!(feed("\x1b_Ga=f,i=1,s=1,v=1,q=2,c=1;AAAA/w==\x1b\\"), 3);
    // A part of the second frame as it is now.
    assert_eq!(feed("\x1b_Ga=c,i=1,r=2,c=1,w=1,q=2\x1b\\"), 4);
    // The second becomes one picture; the first is still made from what it was.
    assert_eq!(feed("\x1b_Ga=f,i=1,r=2,f=24,s=2,v=1,q=2;////////\x1b\\"), 5);
    assert_eq!(feed("\x1b_Ga=f,i=1,r=1,f=24,s=2,v=1,q=2;////////\x1b\\"), 2);
}

#[test]
fn session_placements_max() {
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, "\x1b_Ga=t,i=1,q=2,f=24,s=1,v=1;AAAA\x1b\\");
    for id in 1..limits::SESSION_PLACEMENTS_MAX + 10 {
        feed(
            &mut terminal,
            &format!("\x1b_Ga=p,i=1,p={id},q=2,C=1\x1b\\"),
        );
    }
    let placements = terminal.placements();
    assert_eq!(placements.len(), limits::SESSION_PLACEMENTS_MAX);
    assert_eq!(placements[0].placement, 10, "the oldest are gone");
    // Those of the other screen count as well, and are older.
    feed(&mut terminal, "\x1b[?1049h");
    for id in 1..20 {
        feed(
            &mut terminal,
            &format!("\x1b_Ga=p,i=1,p={id},q=2,C=1\x1b\\"),
        );
    }
    assert_eq!(terminal.placements().len(), 19);
    feed(&mut terminal, "\x1b[?1049l");
    assert_eq!(
        terminal.placements().len(),
        limits::SESSION_PLACEMENTS_MAX - 19
    );
    for id in 1..limits::SESSION_PLACEMENTS_MAX + 10 {
        let it = format!("\x1b_Ga=p,U=1,i=1,p={id},q=2\x1b\\");
        feed(&mut terminal, &it);
    }
    assert!(Terminal::restore(&terminal.checkpoint()).is_ok());
}

#[test]
fn update_placements_max() {
    let mut terminal = terminal(200, 60);
    feed(
        &mut terminal,
        "\x1b_Ga=T,U=1,i=1,q=2,f=24,s=1,v=2,c=60,r=60;AAAAAAAA\x1b\\\x1b[38;5;1m",
    );
    // Each placeholder names another part than the one before it.
    for row in 1..=60 {
        feed(&mut terminal, &format!("\x1b[{row}H"));
        feed(&mut terminal, &"\u{10eeee}\u{305}\u{305}".repeat(200));
    }
    let placements = terminal.placements();
    assert_eq!(placements.len(), limits::UPDATE_PLACEMENTS_MAX);
    let update = Viewer::new().update(
        &terminal,
        SessionId::from_parts(1, [0; 10]),
        InputSeq(0),
        Offset(0),
    );
    let mut frame = Vec::new();
    Message::from(update.unwrap()).encode(&mut frame).unwrap();
}

#[test]
fn what_an_image_is_made_from_is_handed_out_once_and_not_kept() {
    let mut terminal = terminal(80, 24);
    let effects = feed(&mut terminal, &send(1, 1, b"abc"));
    let source = ImageSource::new(ImageFormat::Rgb, false, (1, 1), b"abc".to_vec()).unwrap();
    assert!(matches!(&effects[0], Effect::Image(image) if **image == source));
    assert_eq!(terminal.image_hashes(), [source.key().hash]);
    let again = ImageSource::from_bytes(source.to_bytes()).unwrap();
    assert_eq!(again, source);
    assert_eq!(ImageSource::from_bytes(b"AGIM".to_vec()), None);
    let effects = feed(&mut terminal, "\x1b_Ga=p,i=9\x1b\\");
    assert!(!effects.iter().any(|it| matches!(it, Effect::Image(_))));
}

#[test]
fn images_stay_with_their_lines_when_the_size_changes() {
    let mut terminal = terminal(20, 6);
    let text = "a line that is longer than twenty cells\r\n";
    feed(
        &mut terminal,
        &format!("{text}ab{}\r\n{text}", shown("i=1,c=2,r=1")),
    );
    let hash = terminal.placements()[0].blob;
    assert_eq!(places(&terminal.placements()), [(2, 2, 2, 1)]);
    let mut effects = Vec::new();
    terminal.resize(Size::cells(50, 6), &mut effects);
    assert_eq!(places(&terminal.placements()), [(1, 2, 2, 1)]);
    terminal.resize(Size::cells(10, 3), &mut effects);
    // It is above the screen, on the line that it was on.
    assert_eq!(terminal.placements(), []);
    let all = terminal.placements_from(0, terminal.rows_len());
    assert_eq!(places(&all), [(4, 2, 2, 1)]);
    let rows = terminal.rows_from(4, 1);
    assert_eq!(rows[0].text.trim_end(), "ab");
    terminal.resize(Size::cells(20, 6), &mut effects);
    let shown = terminal.placements_from(0, terminal.rows_len());
    assert_eq!((shown[0].blob, shown[0].col), (hash, 2));
}

#[test]
fn images_in_the_history_come_with_its_rows() {
    let mut terminal = terminal(20, 6);
    feed(
        &mut terminal,
        &format!("one\r\n{}\r\n", shown("i=1,c=2,r=2")),
    );
    (0..20).for_each(|n| drop(feed(&mut terminal, &format!("line {n}\r\n"))));
    assert_eq!(terminal.placements(), []);
    assert_eq!(places(&terminal.placements_from(0, 4)), [(1, 0, 2, 2)]);
    assert_eq!(places(&terminal.placements_from(2, 4)), [(-1, 0, 2, 2)]);
    assert_eq!(places(&terminal.placements_from(3, 4)), []);
    feed(&mut terminal, "\x1b[3J");
    assert_eq!(terminal.placements_from(0, terminal.rows_len()), []);
}

#[test]
fn an_image_goes_when_its_lines_have_left_the_history() {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(20, 4),
        scrollback_rows: 10,
        ..Options::default()
    });
    feed(&mut terminal, &shown("i=1,c=2,r=2"));
    (0..30).for_each(|n| drop(feed(&mut terminal, &format!("\r\nline {n}"))));
    assert_eq!(terminal.placements_from(0, terminal.rows_len()), []);
}

#[test]
fn a_line_that_is_wrapped_onto_takes_no_image_along() {
    let mut terminal = terminal(10, 5);
    feed(&mut terminal, &format!("\x1b[3;4H{}", shown("i=1,C=1")));
    // The row above goes on into the image's row, then ends there again.
    feed(&mut terminal, "\x1b[2;1H0123456789ab");
    assert_eq!(places(&terminal.placements()), [(2, 3, 1, 1)]);
    feed(&mut terminal, "\x1b[2;1H\x1b[K");
    assert_eq!(places(&terminal.placements()), [(2, 3, 1, 1)]);
}

#[test]
fn clients_are_sent_placements_when_they_change() {
    let mut terminal = terminal(20, 6);
    let (mut viewer, mut mirror) = (Viewer::new(), Mirror::default());
    let session = SessionId::from_parts(1, [0; 10]);
    let mut sent = |terminal: &Terminal, mirror: &mut Mirror| {
        let update = viewer
            .update(terminal, session, InputSeq(0), Offset(0))
            .unwrap();
        let placements = update.placements.is_some();
        mirror.apply(update).unwrap();
        placements
    };
    assert!(!sent(&terminal, &mut mirror), "there is none");
    feed(&mut terminal, &shown("i=1,c=2,r=2"));
    assert!(sent(&terminal, &mut mirror));
    assert_eq!(mirror.placements, terminal.placements());
    feed(&mut terminal, "text");
    assert!(!sent(&terminal, &mut mirror));
    feed(&mut terminal, "\x1b[6;1H\n");
    assert!(sent(&terminal, &mut mirror), "it moved");
    assert_eq!(mirror.placements[0].row, -1);
    feed(&mut terminal, "\x1b[2J\x1b_Ga=d\x1b\\");
    assert!(sent(&terminal, &mut mirror));
    assert_eq!(mirror.placements, []);
}

/// Answers as a host does, and remembers what it was asked.
#[derive(Default)]
struct Files(Vec<FileRequest>);

impl ImageFiles for Files {
    fn fetch(&mut self, request: &FileRequest) -> Result<ImageKey, ImageFault> {
        self.0.push(request.clone());
        if request.name == b"/missing" {
            return Err(ImageFault::Missing);
        }
        let data = vec![0; 30 * 50 * 3];
        Ok(ImageSource::new(ImageFormat::Rgb, false, (30, 50), data)?.key())
    }
}

#[test]
fn images_in_files_are_asked_for_and_placed_by_what_was_found() {
    let mut terminal = terminal(20, 6);
    let mut files = Files::default();
    let mut effects = Vec::new();
    let ask = |name: &str, keys: &str| {
        format!(
            "\x1b_Ga=T,f=24,s=30,v=50,{keys};{}\x1b\\",
            encode_base64(name.as_bytes())
        )
    };
    for text in [
        ask("/missing", "i=1,t=f"),
        ask("/tmp/x-tty-graphics-protocol", "i=2,t=t,O=7,S=4500"),
        ask("/name", "i=3,t=s,q=2"),
        ask("", "i=4,t=f"),
    ] {
        terminal.advance_with(text.as_bytes(), &mut effects, &mut files);
    }
    assert_eq!(
        replies(&effects),
        "\x1b_Gi=1;ENOENT\x1b\\\x1b_Gi=2;OK\x1b\\\x1b_Gi=4;EINVAL\x1b\\"
    );
    let numbers: Vec<_> = files.0.iter().map(|request| request.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!((files.0[1].offset, files.0[1].size_bytes), (7, 4500));
    assert_eq!(places(&terminal.placements()), [(0, 0, 3, 3), (2, 3, 3, 3)]);
    // The count goes on after a checkpoint, so that no two requests have one number.
    let mut again = Terminal::restore(&terminal.checkpoint()).unwrap();
    again.advance_with(ask("/name", "i=5,t=s").as_bytes(), &mut effects, &mut files);
    assert_eq!(files.0.last().unwrap().number, 4);
}
