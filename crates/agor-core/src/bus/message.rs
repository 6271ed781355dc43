//! Messages of D-Bus (D-Bus Specification 0.43, "Message Protocol").

use agor_proto::limits::BUS_MESSAGE_MAX;

use super::BusError;
use super::codec::{Reader, Writer};

/// The begin of each message, which says how long it is.
const FIXED_BYTES: usize = 16;

/// What a message is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// A method is called.
    #[default]
    Call,
    /// A method's answer.
    Return,
    /// A method's failure.
    Error,
    /// Something that happened.
    Signal,
    /// A kind of a later specification, to be ignored.
    Unknown,
}

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Its number at its sender, never 0.
    pub serial: u32,
    /// The call that it answers.
    pub reply_to: Option<u32>,
    /// The object.
    pub path: String,
    /// The interface.
    pub interface: String,
    /// The method or signal.
    pub member: String,
    /// What failed.
    pub error: String,
    /// To whom it goes.
    pub destination: String,
    /// From whom it comes, as the bus says.
    pub sender: String,
    /// Of what the body consists.
    pub signature: String,
    /// The values.
    pub body: Vec<u8>,
    /// Whether the body is in big endian.
    pub big_endian: bool,
}

impl Message {
    /// Returns the call of a method, without arguments.
    #[must_use]
    pub fn call(destination: &str, path: &str, interface: &str, member: &str) -> Self {
        Self {
            destination: destination.into(),
            path: path.into(),
            interface: interface.into(),
            member: member.into(),
            ..Self::default()
        }
    }

    /// Adds arguments, which `write` writes as `signature` says.
    #[must_use]
    pub fn with(mut self, signature: &str, write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::default();
        write(&mut writer);
        self.signature = signature.into();
        self.body = writer.into_bytes();
        self
    }

    /// Returns a reader of the body.
    #[must_use]
    pub fn values(&self) -> Reader<'_> {
        Reader::new(&self.body, 0, self.big_endian)
    }

    /// Returns the message as it goes over the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.byte(b'l');
        writer.byte(match self.kind {
            Kind::Call => 1,
            Kind::Return => 2,
            Kind::Error => 3,
            Kind::Signal => 4,
            Kind::Unknown => 0,
        });
        writer.byte(0);
        writer.byte(1); // The protocol's version.
        writer.u32(u32::try_from(self.body.len()).unwrap_or(u32::MAX));
        writer.u32(self.serial);
        writer.array(8, |writer| {
            let mut field = |code: u8, signature: &str, value: &str| {
                if value.is_empty() {
                    return;
                }
                writer.align(8);
                writer.byte(code);
                writer.signature(signature);
                match signature {
                    "g" => writer.signature(value),
                    _ => writer.text(value),
                }
            };
            field(1, "o", &self.path);
            field(2, "s", &self.interface);
            field(3, "s", &self.member);
            field(6, "s", &self.destination);
            field(8, "g", &self.signature);
        });
        writer.align(8);
        let mut bytes = writer.into_bytes();
        bytes.extend(&self.body);
        bytes
    }

    /// Reads the message at the begin of `bytes`, and says how long it is; `None` if more must come first.
    ///
    /// # Errors
    /// [`BusError::Malformed`] or [`BusError::TooLarge`].
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, BusError> {
        let Some(fixed) = bytes.get(..FIXED_BYTES) else {
            return Ok(None);
        };
        let big_endian = match fixed[0] {
            b'l' => false,
            b'B' => true,
            _ => return Err(BusError::Malformed),
        };
        let mut reader = Reader::new(fixed, 4, big_endian);
        let body_bytes = reader.u32()? as usize;
        let serial = reader.u32()?;
        let fields_bytes = reader.u32()? as usize;
        if body_bytes > BUS_MESSAGE_MAX || fields_bytes > BUS_MESSAGE_MAX {
            return Err(BusError::TooLarge);
        }
        let fields_end = FIXED_BYTES + fields_bytes;
        let body_at = fields_end.next_multiple_of(8);
        let end = body_at + body_bytes;
        if end > BUS_MESSAGE_MAX {
            return Err(BusError::TooLarge);
        }
        let Some(whole) = bytes.get(..end) else {
            return Ok(None);
        };
        let mut message = Self {
            kind: match fixed[1] {
                1 => Kind::Call,
                2 => Kind::Return,
                3 => Kind::Error,
                4 => Kind::Signal,
                _ => Kind::Unknown,
            },
            serial,
            big_endian,
            body: whole[body_at..].to_vec(),
            ..Self::default()
        };
        message.read_fields(&whole[..fields_end])?;
        Ok(Some((message, end)))
    }

    fn read_fields(&mut self, header: &[u8]) -> Result<(), BusError> {
        let mut reader = Reader::new(header, FIXED_BYTES, self.big_endian);
        while reader.at() < header.len() {
            reader.align(8);
            let code = reader.byte()?;
            let number = match reader.signature()? {
                "u" => Some(reader.u32()?),
                "s" | "o" => {
                    let text = reader.text()?;
                    self.set(code, text);
                    None
                }
                "g" => {
                    let text = reader.signature()?;
                    self.set(code, text);
                    None
                }
                // No field has another type; one of a later specification cannot be skipped.
                _ => return Err(BusError::Malformed),
            };
            if code == 5 {
                self.reply_to = number;
            }
        }
        Ok(())
    }

    fn set(&mut self, code: u8, text: &str) {
        let field = match code {
            1 => &mut self.path,
            2 => &mut self.interface,
            3 => &mut self.member,
            4 => &mut self.error,
            6 => &mut self.destination,
            7 => &mut self.sender,
            8 => &mut self.signature,
            _ => return,
        };
        text.clone_into(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello() -> Message {
        let mut hello = Message::call("a.b", "/a", "a.b", "Hello").with("su", |writer| {
            writer.text("x");
            writer.u32(5);
        });
        hello.serial = 3;
        hello
    }

    #[test]
    fn a_message_reads_back_however_it_is_cut() {
        let bytes = hello().encode();
        for end in 0..bytes.len() {
            assert_eq!(Message::decode(&bytes[..end]).unwrap(), None, "{end}");
        }
        let (message, length) = Message::decode(&bytes).unwrap().unwrap();
        assert_eq!((&message, length), (&hello(), bytes.len()));
        let mut values = message.values();
        assert_eq!((values.text().unwrap(), values.u32().unwrap()), ("x", 5));
        assert!(values.u32().is_err());
    }

    #[test]
    fn bus_message_max_is_checked_before_a_message_is_waited_for() {
        for at in [4, 12] {
            let mut bytes = hello().encode();
            let length = u32::try_from(BUS_MESSAGE_MAX).unwrap();
            bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
            assert!(matches!(Message::decode(&bytes), Err(BusError::TooLarge)));
            bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
            assert!(matches!(Message::decode(&bytes), Err(BusError::TooLarge)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_read_beyond_their_end(at in 0..80usize, byte: u8, cut in 0..96usize) {
            let mut bytes = hello().encode();
            let count = bytes.len();
            bytes[at % count] = byte;
            bytes.truncate(cut.max(16));
            if let Ok(Some((message, length))) = Message::decode(&bytes) {
                prop_assert!(length <= bytes.len());
                message.values().texts().ok();
            }
        }
    }
}
