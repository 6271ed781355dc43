//! Bytes of a peer: every frame is a message, an unknown kind or an error; what is read is written again
//! as a message that says the same.
#![no_main]

use agor_proto::frame::FrameReader;
use agor_proto::message::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut reader = FrameReader::default();
    for piece in data.chunks(97) {
        reader.push(piece);
        while let Ok(Some(frame)) = reader.next_frame() {
            let Ok(Some(message)) = Message::decode(&frame) else {
                continue;
            };
            let mut bytes = Vec::new();
            if message.encode(&mut bytes).is_err() {
                continue;
            }
            let mut reader = FrameReader::default();
            reader.push(&bytes);
            let frame = reader.next_frame().expect("a frame of ours").expect("it is whole");
            let again = Message::decode(&frame).expect("a message of ours");
            let mut once_more = Vec::new();
            again
                .expect("a kind of ours")
                .encode(&mut once_more)
                .expect("it was written before");
            assert!(bytes == once_more, "a message does not read back");
        }
    }
});
