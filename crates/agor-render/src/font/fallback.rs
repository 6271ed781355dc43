//! The system's fonts. They are looked for in a thread when the program starts, since asking
//! fontconfig for all of them takes a tenth of a second or more; whoever first needs one waits
//! for what is left of it. Without fontconfig there are none, and nothing fails.

use std::sync::Arc;
use std::thread::JoinHandle;

use fontique::{
    Attributes, Blob, Collection, CollectionOptions, FamilyId, FontStyle, FontWeight, FontWidth,
    GenericFamily, QueryFamily, QueryFont, QueryStatus, Script, SourceCache,
};
use swash::text::Codepoint;

use super::face::Variant;

/// A face as the system has it.
pub(crate) struct SystemFont {
    pub blob: Blob<u8>,
    /// Its place in a collection file.
    pub index: u32,
    /// It has no bold of its own.
    pub embolden: bool,
    /// It has no italic of its own.
    pub shear: bool,
    /// What a variable font must be set to.
    pub settings: Vec<([u8; 4], f32)>,
}

enum State {
    Loading(JoinHandle<Collection>),
    Ready(Box<Collection>),
    None,
}

/// See the head of this file.
pub(crate) struct SystemFonts {
    state: State,
    sources: SourceCache,
    /// Families that were added to the system's.
    added: Vec<FamilyId>,
}

fn collection() -> Collection {
    Collection::new(CollectionOptions {
        shared: false,
        system_fonts: true,
    })
}

fn attributes(variant: Variant) -> Attributes {
    let style = if variant.italic {
        FontStyle::Italic
    } else {
        FontStyle::Normal
    };
    let weight = if variant.bold {
        FontWeight::BOLD
    } else {
        FontWeight::NORMAL
    };
    Attributes::new(FontWidth::NORMAL, style, weight)
}

impl From<&QueryFont> for SystemFont {
    fn from(font: &QueryFont) -> Self {
        Self {
            blob: font.blob.clone(),
            index: font.index,
            embolden: font.synthesis.embolden(),
            shear: font.synthesis.skew().is_some(),
            settings: font
                .synthesis
                .variation_settings()
                .iter()
                .map(|(tag, value)| (tag.to_be_bytes(), *value))
                .collect(),
        }
    }
}

impl SystemFonts {
    /// Begins to look for them.
    pub fn load() -> Self {
        let thread = std::thread::Builder::new().name("agor-fonts".into());
        let state = match thread.spawn(collection) {
            Ok(handle) => State::Loading(handle),
            Err(error) => {
                tracing::warn!(%error, "no thread to look for fonts: looking for them now");
                State::Ready(Box::new(collection()))
            }
        };
        Self {
            state,
            sources: SourceCache::default(),
            added: Vec::new(),
        }
    }

    /// Adds the faces of a font's file; says whether there are any.
    pub fn add(&mut self, data: Vec<u8>) -> bool {
        let Some((collection, _)) = self.ready() else {
            return false;
        };
        let added = collection.register_fonts(Blob::new(Arc::new(data)), None);
        self.added.extend(added.iter().map(|(family, _)| *family));
        !added.is_empty()
    }

    fn ready(&mut self) -> Option<(&mut Collection, &mut SourceCache)> {
        if let State::Loading(_) = self.state
            && let State::Loading(handle) = std::mem::replace(&mut self.state, State::None)
        {
            match handle.join() {
                Ok(collection) => self.state = State::Ready(Box::new(collection)),
                Err(_) => tracing::warn!("the system's fonts cannot be listed: using none"),
            }
        }
        match &mut self.state {
            State::Ready(collection) => Some((collection, &mut self.sources)),
            _ => None,
        }
    }

    /// Returns the families that are installed, or `None` while the system is still asked for them.
    pub fn families(&mut self) -> Option<Vec<String>> {
        if let State::Loading(handle) = &self.state
            && !handle.is_finished()
        {
            return None;
        }
        Some(match self.ready() {
            Some((collection, _)) => collection.family_names().map(str::to_owned).collect(),
            None => Vec::new(),
        })
    }

    /// Returns the face of `family` that is nearest to `variant`, if it is installed.
    pub fn named(&mut self, family: &str, variant: Variant) -> Option<SystemFont> {
        let (collection, sources) = self.ready()?;
        let id = collection.family_id(family)?;
        let mut query = collection.query(sources);
        query.set_families([QueryFamily::Id(id)]);
        query.set_attributes(attributes(variant));
        let mut found = None;
        query.matches_with(|font| {
            found = Some(SystemFont::from(font));
            QueryStatus::Stop
        });
        found
    }

    /// Returns a face that has `c`.
    pub fn with_char(
        &mut self,
        c: char,
        variant: Variant,
        emoji: bool,
        wide: bool,
    ) -> Option<SystemFont> {
        let added = self.added.clone();
        let (collection, sources) = self.ready()?;
        let mut query = collection.query(sources);
        if !added.is_empty() {
            query.set_families(added.into_iter().map(QueryFamily::Id));
            query.set_attributes(attributes(variant));
            if let Some(font) = first_with(&mut query, c) {
                return Some(font);
            }
        }
        let script = script(c, wide);
        let families: &[GenericFamily] = if emoji {
            &[GenericFamily::Emoji]
        } else {
            // Which fonts these name is sorted by likeness and covers all that is installed.
            &[
                GenericFamily::Monospace,
                GenericFamily::SansSerif,
                GenericFamily::Math,
                GenericFamily::Emoji,
            ]
        };
        if let Some(script) = script.filter(|_| !emoji) {
            query.set_families(std::iter::empty::<QueryFamily<'_>>());
            query.set_fallbacks(script);
            query.set_attributes(attributes(variant));
            if let Some(font) = first_with(&mut query, c) {
                return Some(font);
            }
        }
        query.set_families(families.iter().copied());
        query.set_attributes(attributes(variant));
        first_with(&mut query, c)
    }
}

fn first_with(query: &mut fontique::Query<'_>, c: char) -> Option<SystemFont> {
    let mut found = None;
    query.matches_with(|font| {
        let has = font
            .charmap()
            .and_then(|map| map.map(c))
            .is_some_and(|glyph| glyph != 0);
        if has {
            found = Some(SystemFont::from(font));
            return QueryStatus::Stop;
        }
        QueryStatus::Continue
    });
    found
}

/// Returns the script by which the system should choose; nothing for signs that belong to none.
fn script(c: char, wide: bool) -> Option<Script> {
    let script = c.script();
    let tag = script.to_opentype().to_be_bytes();
    match &tag {
        b"DFLT" | b"zyyy" | b"zinh" => wide.then_some(Script::from_bytes(*b"Hani")),
        // OpenType has one tag for both kinds of kana.
        b"kana" => Some(Script::from_bytes(*b"Kana")),
        [first, rest @ ..] => Some(Script::from_bytes([
            first.to_ascii_uppercase(),
            rest[0],
            rest[1],
            rest[2],
        ])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_the_list_of_families() {
        let (answer, awaited) = std::sync::mpsc::sync_channel::<()>(1);
        let mut fonts = SystemFonts {
            state: State::Loading(std::thread::spawn(move || {
                awaited.recv().ok(); // The other end going is an answer too.
                collection()
            })),
            sources: SourceCache::default(),
            added: Vec::new(),
        };
        assert_eq!(fonts.families(), None);
        answer.send(()).unwrap();
        let families = std::iter::repeat_with(|| {
            std::thread::yield_now();
            fonts.families()
        });
        assert!(families.flatten().next().is_some());
    }
}
