//! Graphics commands (kitty graphics protocol, APC G): images come in, are placed and deleted. Answers
//! hold numbers and constants alone.

mod animate;
mod delete;
mod place;
mod show;

use agor_proto::limits;

use super::State;
use crate::effect::Effect;
use crate::images::control::Control;
use crate::images::{
    FileRequest, Image, ImageFault, ImageFiles, ImageFormat, ImageKey, ImageSource, Medium, Pending,
};
use crate::terminal::osc::text::{decode_base64, split};
pub(super) use place::{After, Want};

impl State {
    /// Does an application program command; all but graphics are skipped.
    pub(super) fn apc(
        &mut self,
        body: &[u8],
        files: &mut dyn ImageFiles,
        effects: &mut Vec<Effect>,
    ) {
        let Some((b'G', body)) = body.split_first() else {
            return;
        };
        let (control, payload) = split(body, b';');
        let Some(control) = Control::parse(control) else {
            return;
        };
        match control.action() {
            b't' | b'T' | b'q' | b'f' => self.receive(control, payload, files, effects),
            b'p' => {
                let result = self.put_named(&control);
                self.answer_graphics(&control, None, result, effects);
            }
            b'd' => self.delete_images(&control),
            b'c' => {
                let result = self.compose_frames(&control, effects);
                self.answer_graphics(&control, None, result, effects);
            }
            b'a' => {
                // What was done as it was asked is not answered, as in kitty.
                if let Err(fault) = self.play_frames(&control) {
                    self.answer_graphics(&control, None, Err(fault), effects);
                }
            }
            _ => self.answer_graphics(&control, None, Err(ImageFault::Unsupported), effects),
        }
    }

    /// Takes a piece of a transmission, or all of it.
    fn receive(
        &mut self,
        control: Control,
        payload: &[u8],
        files: &mut dyn ImageFiles,
        effects: &mut Vec<Effect>,
    ) {
        let more = control.get(b'm') == 1;
        let begun = self.images.pending.take();
        let mut pending = match begun {
            Some(mut pending) if !control.begins() => {
                if let Some(quiet) = control.given(b'q') {
                    pending.control.set(b'q', quiet);
                }
                pending
            }
            _ => Pending {
                control,
                data: Vec::new(),
                fault: None,
            },
        };
        // What cannot become an image is read to its end, and answered once.
        if pending.fault.is_none() {
            pending.fault = match decode_base64(payload) {
                None => Some(ImageFault::Invalid),
                Some(bytes) if pending.data.len() + bytes.len() > limits::IMAGE_BYTES_MAX => {
                    Some(ImageFault::TooLarge)
                }
                Some(bytes) => {
                    pending.data.extend_from_slice(&bytes);
                    None
                }
            };
        }
        if pending.fault.is_some() {
            pending.data = Vec::new();
        }
        if more {
            self.images.pending = Some(pending);
            return;
        }
        let Pending {
            control,
            data,
            fault,
        } = pending;
        let read = match fault {
            None => self.read_image(&control, data, files),
            Some(fault) => Err(fault),
        };
        let (key, source) = match read {
            Ok(read) => read,
            Err(fault) => return self.answer_graphics(&control, None, Err(fault), effects),
        };
        if control.action() == b'q' {
            return self.answer_graphics(&control, None, Ok(()), effects);
        }
        effects.extend(source.map(|source| Effect::Image(source.into())));
        if control.action() == b'f' {
            let result = self.add_frame(&control, key, effects);
            return self.answer_graphics(&control, None, result, effects);
        }
        let id = self.add_numbered(&control, key);
        let result = match control.action() {
            b'T' => self.put_image(self.images.last_serial, &control),
            _ => Ok(()),
        };
        self.answer_graphics(&control, Some(id), result, effects);
    }

    /// Returns the image that was sent, and what it is made from unless the host has that.
    fn read_image(
        &mut self,
        control: &Control,
        data: Vec<u8>,
        files: &mut dyn ImageFiles,
    ) -> Result<(ImageKey, Option<ImageSource>), ImageFault> {
        let format = match control.given(b'f').unwrap_or(32) {
            24 => ImageFormat::Rgb,
            32 => ImageFormat::Rgba,
            100 => ImageFormat::Png,
            _ => return Err(ImageFault::Invalid),
        };
        let zlib = match control.letter(b'o', 0) {
            0 => false,
            b'z' => true,
            _ => return Err(ImageFault::Invalid),
        };
        let pixels = (control.get(b's'), control.get(b'v'));
        let medium = match control.letter(b't', b'd') {
            b'd' => {
                let source = ImageSource::new(format, zlib, pixels, data)?;
                return Ok((source.key(), Some(source)));
            }
            b'f' => Medium::File,
            b't' => Medium::TemporaryFile,
            b's' => Medium::SharedMemory,
            _ => return Err(ImageFault::Invalid),
        };
        if data.is_empty() || data.len() > limits::FOLDER_MAX || data.contains(&0) {
            return Err(ImageFault::Invalid);
        }
        self.images.files += 1;
        let key = files.fetch(&FileRequest {
            number: self.images.files,
            medium,
            name: data,
            offset: control.get(b'O').into(),
            size_bytes: control.get(b'S').into(),
            format,
            zlib,
            pixels,
            query: control.action() == b'q',
        })?;
        Ok((key, None))
    }

    /// Adds an image under the numbers that a command gives it; returns the first of them. Another
    /// image with that number goes, and its placements.
    fn add_numbered(&mut self, control: &Control, key: ImageKey) -> u32 {
        let id = match (control.id(), control.number()) {
            (0, 0) => 0,
            (0, _) => self.images.free_id(),
            (id, _) => id,
        };
        let same = self.images.by_id(id).map(|image| image.serial);
        if let Some(serial) = same {
            self.forget_image(serial);
        }
        self.add_image(id, control.number(), key);
        id
    }

    /// Adds an image; others go if there are too many.
    pub(super) fn add_image(&mut self, id: u32, number: u32, key: ImageKey) -> u64 {
        self.images.last_serial += 1;
        let serial = self.images.last_serial;
        self.images.list.push(Image {
            serial,
            id,
            number,
            key,
            frames: None,
        });
        self.drop_surplus_images(serial);
        serial
    }

    /// Lets images go if there are too many, but not the one that has just grown.
    fn drop_surplus_images(&mut self, serial: u64) {
        if self.images.too_many() {
            self.drop_lost_placements();
        }
        while self.images.too_many() {
            let oldest = self.images.list.first().map(|image| image.serial);
            let unused = self.images.list.iter().map(|image| image.serial);
            let unused = unused
                .into_iter()
                .find(|other| *other != serial && !self.is_placed(*other));
            match unused.or(oldest).filter(|other| *other != serial) {
                Some(other) => self.forget_image(other),
                None => break,
            }
        }
    }

    /// Says whether an image stands anywhere.
    pub(super) fn is_placed(&self, serial: u64) -> bool {
        let grids = std::iter::once(&self.grid).chain(&self.other);
        grids
            .flat_map(|grid| &grid.placed)
            .map(|placed| placed.image)
            .chain(self.images.virtuals.iter().map(|it| it.image))
            .any(|image| image == serial)
    }

    /// Forgets an image and all its placements.
    pub(super) fn forget_image(&mut self, serial: u64) {
        self.images.remove(serial);
        self.grid.placed.retain(|placed| placed.image != serial);
        if let Some(other) = &mut self.other {
            other.placed.retain(|placed| placed.image != serial);
        }
    }

    /// Answers a command, if the program wants it and can know what is answered.
    fn answer_graphics(
        &mut self,
        control: &Control,
        id: Option<u32>,
        result: Result<(), ImageFault>,
        effects: &mut Vec<Effect>,
    ) {
        let quiet = control.get(b'q');
        let id = id.unwrap_or(control.id());
        if quiet >= 2 || (quiet == 1 && result.is_ok()) || (id == 0 && control.number() == 0) {
            return;
        }
        let mut numbers = Vec::new();
        for (key, value) in [
            ('i', id),
            ('I', control.number()),
            ('p', control.placement()),
        ] {
            if value != 0 {
                numbers.push(format!("{key}={value}"));
            }
        }
        let said = match result {
            Ok(()) => "OK".to_owned(),
            Err(fault) => fault.to_string(),
        };
        self.reply(
            &format!("\x1b_G{};{said}\x1b\\", numbers.join(",")),
            effects,
        );
    }
}
