//! Animation (kitty graphics protocol, "Animation"): frames come in, are composed and played.

use crate::effect::Effect;
use crate::images::control::Control;
use crate::images::frames::{Copy, Edit, Frames};
use crate::images::{Image, ImageFault, ImageKey, ImageSource};
use crate::terminal::State;

impl State {
    /// Does `a=f`, whose pixels are `key`.
    pub(super) fn add_frame(
        &mut self,
        control: &Control,
        key: ImageKey,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ImageFault> {
        // Pixels without alpha replace what they lie on.
        let opaque = control.get(b'f') == 24;
        let edit = Edit {
            frame: control.get(b'r'),
            based_on: control.get(b'c'),
            color: control.get(b'Y'),
            at: (control.get(b'x'), control.get(b'y')),
            replace: control.get(b'X') == 1 || opaque,
            gap: control.signed(b'z'),
        };
        self.change_frames(control, effects, |frames, size| {
            frames.edit(edit, key, size)
        })
    }

    /// Does `a=c`.
    pub(super) fn compose_frames(
        &mut self,
        control: &Control,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ImageFault> {
        self.change_frames(control, effects, |frames, size| {
            let side = |key: u8, whole: u32| match control.get(key) {
                0 => whole,
                side => side,
            };
            let copy = Copy {
                from: control.get(b'r'),
                to: control.get(b'c'),
                size: (side(b'w', size.0), side(b'h', size.1)),
                source: (control.get(b'X'), control.get(b'Y')),
                at: (control.get(b'x'), control.get(b'y')),
                replace: control.get(b'C') == 1,
            };
            frames.copy(copy, size)
        })
    }

    /// Does `a=a`.
    pub(super) fn play_frames(&mut self, control: &Control) -> Result<(), ImageFault> {
        let image = self.image_to_change(control)?;
        let frames = image
            .frames
            .get_or_insert_with(|| Frames::of(&image.key).into());
        frames.control(
            control.get(b'r'),
            control.signed(b'z'),
            control.get(b'c'),
            control.get(b's'),
            control.get(b'v'),
        );
        Ok(())
    }

    /// Does `a=d,d=f`: a frame goes; with `d=F` its image too, if it is the only one.
    pub(super) fn delete_frame(&mut self, control: &Control, frees: bool) {
        let Ok(image) = self.image_to_change(control) else {
            return;
        };
        let serial = image.serial;
        let frames = image.frames.as_mut();
        let only = frames.is_none_or(|frames| frames.remove(control.get(b'r')));
        if only && frees {
            self.forget_image(serial);
        }
    }

    fn image_to_change(&mut self, control: &Control) -> Result<&mut Image, ImageFault> {
        let serial = self.images.named(control).map(|image| image.serial);
        let image = serial.and_then(|serial| self.images.by_serial_mut(serial));
        image.ok_or(ImageFault::Missing)
    }

    /// Changes the frames of an image, and has what came of it kept.
    fn change_frames(
        &mut self,
        control: &Control,
        effects: &mut Vec<Effect>,
        change: impl FnOnce(&mut Frames, (u32, u32)) -> Result<Option<ImageSource>, ImageFault>,
    ) -> Result<(), ImageFault> {
        let image = self.image_to_change(control)?;
        let (serial, key) = (image.serial, image.key);
        let mut frames = image
            .frames
            .take()
            .unwrap_or_else(|| Frames::of(&key).into());
        let made = change(&mut frames, key.pixels);
        image.frames = Some(frames);
        if let Some(source) = made? {
            effects.push(Effect::Image(source.into()));
        }
        self.drop_surplus_images(serial);
        Ok(())
    }
}
