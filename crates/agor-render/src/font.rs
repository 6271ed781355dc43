//! Fonts: the faces that come with the program, those of the system where a character is missing,
//! and what one size of them makes of a cell.

mod cluster;
mod face;
mod fallback;
mod glyph;
mod interface;
mod metrics;
mod raster;
mod sequences;
mod sized;
mod workshop;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use face::{Face, Variant};
pub(crate) use glyph::{Glyph, Pen};
pub use interface::{FontFile, INTERFACE_FACES_MAX, InterfaceFace, InterfaceFaces};
pub use metrics::{CellMetrics, LineMetrics};
pub(crate) use raster::Rasterizer;
pub(crate) use sequences::{Class, number};
pub(crate) use sized::{Foundry, SizedFont, Wave};
pub(crate) use workshop::{Piece, Workshop};

use crate::RenderError;
use crate::color::Rgb;
use fallback::SystemFonts;

/// A feature of a font (OpenType): its tag, and its value; 0 is off, 1 is on, and of one with several forms it is the
/// number of one.
pub type FontFeature = ([u8; 4], u16);

/// Which font, and how large.
#[derive(Debug, Clone, PartialEq)]
pub struct FontSpec {
    /// A family of the system; the bundled JetBrains Mono if there is none or it is not installed.
    pub family: Option<String>,
    /// The size in points: pixels at a scale of 1.
    pub size_points: f32,
    /// Physical pixels for each pixel at a scale of 1.
    pub scale: f32,
    /// The height of a row as a multiple of the size.
    pub line_height: f32,
    /// Whether sequences such as `->` are drawn as one sign, where the font has it.
    pub ligatures: bool,
    /// Features of the family that are on or off, beside those that it has by itself.
    pub features: Arc<[FontFeature]>,
    /// How much wider strokes are drawn than the font has them, in points.
    pub thicker_points: f32,
}

impl Default for FontSpec {
    fn default() -> Self {
        Self {
            family: None,
            size_points: 13.0,
            scale: 1.0,
            line_height: 1.2,
            ligatures: false,
            features: Arc::default(),
            thicker_points: 0.0,
        }
    }
}

/// The number of a face in [`Fonts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FaceId(u16);

/// The faces in use, and which of them has a character.
pub struct Fonts {
    faces: Vec<Arc<Face>>,
    /// The four faces of each family that was asked for, the bundled one first.
    families: Vec<(Option<String>, [FaceId; 4])>,
    system: SystemFonts,
    /// Faces of the system that were opened, by what the system calls them.
    opened: HashMap<(u64, u32, Variant), Option<FaceId>>,
    /// Which face of the system has a character.
    found: HashMap<(char, Variant, bool), Option<FaceId>>,
}

/// Characters whose face is remembered at the most.
const FOUND_MAX: usize = 20_000;

/// The bundled faces, in the order of [`Variant::ALL`].
const BUNDLED: [(&str, &[u8]); 4] = [
    (
        "JetBrainsMono-Regular",
        include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"),
    ),
    (
        "JetBrainsMono-Bold",
        include_bytes!("../../../assets/fonts/JetBrainsMono-Bold.ttf"),
    ),
    (
        "JetBrainsMono-Italic",
        include_bytes!("../../../assets/fonts/JetBrainsMono-Italic.ttf"),
    ),
    (
        "JetBrainsMono-BoldItalic",
        include_bytes!("../../../assets/fonts/JetBrainsMono-BoldItalic.ttf"),
    ),
];

impl Fonts {
    /// Opens the bundled faces, and begins to look for those of the system in a thread.
    ///
    /// # Errors
    /// [`RenderError::BundledFont`] if one of them is damaged.
    pub fn new() -> Result<Self, RenderError> {
        let mut faces = Vec::with_capacity(16);
        for (name, data) in BUNDLED {
            let face = Face::bundled(data).ok_or(RenderError::BundledFont(name))?;
            faces.push(Arc::new(face));
        }
        Ok(Self {
            faces,
            families: vec![(None, [FaceId(0), FaceId(1), FaceId(2), FaceId(3)])],
            system: SystemFonts::load(),
            opened: HashMap::new(),
            found: HashMap::new(),
        })
    }

    pub(crate) fn face(&self, id: FaceId) -> &Arc<Face> {
        &self.faces[usize::from(id.0)]
    }

    /// Adds the faces of a font's file to those of the system; says whether there are any.
    pub(crate) fn add(&mut self, data: Vec<u8>) -> bool {
        self.found.clear();
        self.system.add(data)
    }

    /// Returns the families that are installed, once that is known.
    pub(crate) fn installed(&mut self) -> Option<Vec<String>> {
        self.system.families()
    }

    /// Returns the four faces of `family`, in the order of [`Variant::ALL`].
    pub(crate) fn family(&mut self, family: Option<&str>) -> [FaceId; 4] {
        let known = self.families.iter().find(|(f, _)| f.as_deref() == family);
        if let Some((_, faces)) = known {
            return *faces;
        }
        let bundled = self.families[0].1;
        let name = family.unwrap_or_default();
        let mut faces = bundled;
        for (n, variant) in Variant::ALL.into_iter().enumerate() {
            match self.system.named(name, variant) {
                Some(font) => {
                    if let Some(id) = self.open(font, variant) {
                        faces[n] = id;
                    }
                }
                None if n == 0 => {
                    tracing::warn!(
                        family = name,
                        "the font is not installed: using the bundled one"
                    );
                    break;
                }
                None => faces[n] = faces[0],
            }
        }
        self.families.push((family.map(str::to_owned), faces));
        faces
    }

    fn open(&mut self, font: fallback::SystemFont, variant: Variant) -> Option<FaceId> {
        let key = (font.blob.id(), font.index, variant);
        if let Some(known) = self.opened.get(&key) {
            return *known;
        }
        let face = Face::system(font, variant);
        if face.is_none() {
            tracing::warn!("a font of the system cannot be read");
        }
        let id = face.and_then(|face| {
            let id = u16::try_from(self.faces.len()).ok()?;
            self.faces.push(Arc::new(face));
            Some(FaceId(id))
        });
        self.opened.insert(key, id);
        id
    }

    /// Returns a face for `text`, a cluster that begins with `first`: of those preferred, the
    /// bundled ones and the system's, the first that has the whole of it, or else its beginning.
    pub(crate) fn choose(
        &mut self,
        preferred: FaceId,
        variant: Variant,
        text: &str,
        emoji: bool,
        wide: bool,
    ) -> Option<FaceId> {
        let first = text.chars().next()?;
        if emoji
            && let Some(id) = self.system_face(first, variant, true, wide)
            && self.face(id).has(first)
        {
            return Some(id);
        }
        let bundled = self.families[0].1[variant.index()];
        let mut beginning = None;
        for id in [preferred, bundled] {
            if self.face(id).has_all(text) {
                return Some(id);
            }
            if self.face(id).has(first) {
                beginning = beginning.or(Some(id));
            }
        }
        if beginning.is_none() {
            beginning = self.system_face(first, variant, false, wide);
            if beginning.is_none_or(|id| self.face(id).has_all(text)) {
                return beginning;
            }
        }
        // The face that has the rarest of the marks mostly has the letters too.
        for c in text.chars().skip(1).filter(|c| !is_ignorable(*c)) {
            if let Some(id) = self.system_face(c, variant, false, wide)
                && self.face(id).has_all(text)
            {
                return Some(id);
            }
        }
        beginning
    }

    fn system_face(
        &mut self,
        c: char,
        variant: Variant,
        emoji: bool,
        wide: bool,
    ) -> Option<FaceId> {
        if let Some(&known) = self.found.get(&(c, variant, emoji)) {
            return known;
        }
        let found = self
            .system
            .with_char(c, variant, emoji, wide)
            .and_then(|font| self.open(font, variant));
        if self.found.len() >= FOUND_MAX {
            self.found.clear();
        }
        self.found.insert((c, variant, emoji), found);
        found
    }
}

/// Says whether a character only acts on its neighbours, and is nothing by itself.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What parts of a picture look like that a font wants in the text's colour.
pub(crate) const NEUTRAL: Rgb = Rgb(0x80, 0x80, 0x80);
