//! A connection on which a test says what it wants, word by word.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use agor_proto::frame::FrameReader;
use agor_proto::ids::{AskId, ClientId};
use agor_proto::message::{Ask, Hello, Message, Ping, Query};

use crate::agor::Agor;

/// See the module.
pub struct Plain {
    socket: UnixStream,
    reader: FrameReader,
}

impl Plain {
    pub fn connect(agor: &Agor) -> Self {
        let socket = UnixStream::connect(agor.path("run/agor/host.sock")).expect("a host");
        let patience = Some(Duration::from_secs(20));
        socket.set_read_timeout(patience).expect("a timeout");
        let reader = FrameReader::default();
        let mut plain = Self { socket, reader };
        plain.say(Hello {
            versions: vec![1],
            features: Vec::new(),
            client: ClientId([7; 16]),
            program: "a test".into(),
            resume: Vec::new(),
            visible: Vec::new(),
        });
        assert!(matches!(plain.hear(), Message::Welcome(_)));
        plain
    }

    pub fn say(&mut self, message: impl Into<Message>) {
        let mut bytes = Vec::new();
        message.into().encode(&mut bytes).expect("a message");
        self.socket.write_all(&bytes).expect("the host listens");
    }

    pub fn hear(&mut self) -> Message {
        loop {
            if let Some(frame) = self.reader.next_frame().expect("frames") {
                return Message::decode(&frame).expect("bodies").expect("messages");
            }
            let mut bytes = [0; 4_096];
            let read = self.socket.read(&mut bytes).expect("the host speaks");
            assert!(read > 0, "the host hung up");
            self.reader.push(&bytes[..read]);
        }
    }

    /// Returns everything that the host says before it has dealt with what was said to it.
    pub fn hear_until_now(&mut self) -> Vec<Message> {
        self.say(Ping {
            nonce: 1,
            micros: 2,
            round_trip: None,
        });
        let mut heard = Vec::new();
        loop {
            match self.hear() {
                Message::Pong(_) => return heard,
                message => heard.push(message),
            }
        }
    }

    pub fn ask(&mut self, ask: u64, query: Query) {
        let ask = AskId(ask);
        self.say(Ask { ask, query });
    }
}
