//! Sixel pictures and inline files (OSC 1337): images that stand in the text.

use agor_proto::limits;

use super::State;
use super::graphics::{After, Want};
use crate::effect::Effect;
use crate::images::placed::Placed;
use crate::images::{ImageFormat, ImageSource, Multipart};
use crate::modes::Mode;
use crate::terminal::osc::text::{decode_base64, split};

impl State {
    /// Does a sixel string (DEC STD 070, 9). The cursor stays in its column and goes to the row in which
    /// the last line of sixels is, as the VT340 has it and xterm: below the picture if that line was
    /// ended. DECSDM draws at the corner and scrolls nothing.
    pub(super) fn sixel(&mut self, data: &[u8], effects: &mut Vec<Effect>) {
        let source = ImageSource::new(ImageFormat::Sixel, false, (0, 0), data.to_vec());
        let Ok(source) = source else {
            return;
        };
        if self.modes.has(Mode::SixelDisplay) {
            let cursor = self.cursor;
            self.cursor = Default::default();
            self.show_image(source, Want::default(), After::Stay, effects);
            self.cursor = cursor;
            return;
        }
        let (_, cell_height) = self.image_cell_px();
        let end = crate::images::sixel_end_row(&source.data) / cell_height;
        let rows = source.pixels.1.div_ceil(cell_height);
        let after = match self.modes.has(Mode::SixelBeside) {
            true => After::Beside,
            false => After::Below,
        };
        self.show_image(source, Want::default(), after, effects);
        if end >= rows {
            self.index();
        }
    }

    /// Shows an image of which nobody but the screen knows.
    fn show_image(
        &mut self,
        source: ImageSource,
        want: Want,
        after: After,
        effects: &mut Vec<Effect>,
    ) {
        let key = source.key();
        let (width, height) = key.pixels;
        effects.push(Effect::Image(source.into()));
        let image = self.add_image(0, 0, key);
        let size = self.extent_of((width, height), want);
        let placed = Placed {
            image,
            id: 0,
            at: self.line_position(),
            offset_px: size.offset_px,
            inset: size.inset,
            source: (0, 0, width, height),
            cells: size.cells,
            extent: size.extent,
            // Text that is written there later lies over it.
            z: -1,
            is_text: true,
        };
        self.stand(placed, after);
    }

    /// Does iTerm2's inline files: `File=`, and `MultipartFile=`, `FilePart=` and `FileEnd`.
    pub(super) fn inline_file(&mut self, body: &[u8], effects: &mut Vec<Effect>) {
        if let Some(file) = body.strip_prefix(b"File=") {
            let (arguments, data) = split(file, b':');
            if let Some(data) = decode_base64(data) {
                self.show_file(arguments, data, effects);
            }
        } else if let Some(arguments) = body.strip_prefix(b"MultipartFile=") {
            self.images.multipart = Some(Multipart {
                arguments: arguments[..arguments.len().min(limits::OSC_MAX)].to_vec(),
                data: Vec::new(),
                failed: false,
            });
        } else if let Some(part) = body.strip_prefix(b"FilePart=") {
            // Of a file that is refused nothing more is kept.
            let file = self.images.multipart.as_mut();
            if let Some(file) = file.filter(|file| !file.failed) {
                match decode_base64(part) {
                    Some(bytes) if file.data.len() + bytes.len() <= limits::IMAGE_BYTES_MAX => {
                        file.data.extend_from_slice(&bytes);
                    }
                    _ => {
                        file.failed = true;
                        file.data = Vec::new();
                    }
                }
            }
        } else if body == b"FileEnd"
            && let Some(file) = self.images.multipart.take().filter(|file| !file.failed)
        {
            self.show_file(&file.arguments, file.data, effects);
        }
    }

    fn show_file(&mut self, arguments: &[u8], data: Vec<u8>, effects: &mut Vec<Effect>) {
        let argument = |name: &[u8]| {
            arguments
                .split(|byte| *byte == b';')
                .find_map(|pair| match split(pair, b'=') {
                    (key, value) if key == name => Some(value),
                    _ => None,
                })
        };
        // What is not to be shown is to be stored, which a program cannot ask of us.
        if argument(b"inline") != Some(b"1") {
            return;
        }
        let Ok(source) = ImageSource::of_file(data) else {
            return;
        };
        let wanted = (argument(b"width"), argument(b"height"));
        let keeps = argument(b"preserveAspectRatio") != Some(b"0");
        let after = match argument(b"doNotMoveCursor") {
            Some(b"1") => After::Stay,
            _ => After::Beside,
        };
        let want = self.wanted_cells(source.pixels, wanted, keeps);
        self.show_image(source, want, after, effects);
    }

    /// Returns the cells that an inline file is to take: `N` cells, `Npx` pixels, `N%` of the screen, or
    /// `auto`. What is larger than the screen is wide is made to fit it.
    fn wanted_cells(
        &self,
        (width, height): (u32, u32),
        wanted: (Option<&[u8]>, Option<&[u8]>),
        keeps: bool,
    ) -> Want {
        let (cell_width, cell_height) = self.image_cell_px();
        let (cols, rows) = (u32::from(self.size.cols), u32::from(self.size.rows));
        let cells = |text: Option<&[u8]>, cell: u32, screen: u32| -> u32 {
            let text = text.unwrap_or(b"auto");
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (number, unit) = text.split_at(digits);
            let number = super::osc::text::number(number).unwrap_or(0);
            let cells = match unit {
                b"" => number,
                b"px" => number.div_ceil(cell),
                b"%" => (number * screen / 100).max(1),
                _ => 0,
            };
            cells.min(limits::COLS_MAX.into())
        };
        let (mut across, mut down) = (
            cells(wanted.0, cell_width, cols),
            cells(wanted.1, cell_height, rows),
        );
        let (width, height) = (u64::from(width), u64::from(height));
        if across == 0 && down == 0 && width > u64::from(cols * cell_width) {
            across = cols;
        }
        if keeps && across > 0 && down > 0 {
            // It fits into both.
            let by_width = u64::from(across * cell_width) * height;
            let by_height = u64::from(down * cell_height) * width;
            if by_width > by_height {
                across = 0;
            } else {
                down = 0;
            }
        }
        Want {
            cells: (across, down),
            offset_px: (0, 0),
        }
    }
}
