//! Enumerations to which later releases add variants: one that this release does not know reads
//! as unknown, whatever it holds.
//!
//! `#[serde(other)]` cannot do this for variants that hold something.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
};
use serde::{Deserialize, de};

/// An enumeration, adjacently tagged, that may grow.
pub trait Open: Sized {
    /// Returns what a variant of a later release reads as.
    fn unknown() -> Self;
}

/// Reads a `T`; for `#[serde(deserialize_with)]`. The tag must come first, as serde writes it.
///
/// # Errors
/// The deserializer's, unless it is about the tag.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Open + Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(OpenVisitor(PhantomData))
}

struct OpenVisitor<T>(PhantomData<T>);

impl<'de, T: Open + Deserialize<'de>> Visitor<'de> for OpenVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variant's tag and what it holds")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut tag_is_known = false;
        let watched = Watched {
            map: &mut map,
            tag_read: false,
            tag_is_known: &mut tag_is_known,
        };
        match T::deserialize(MapAccessDeserializer::new(watched)) {
            Err(_) if !tag_is_known => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(T::unknown())
            }
            result => result,
        }
    }
}

/// A map that tells whether its reader went on after the first entry, the tag.
struct Watched<'a, A> {
    map: &'a mut A,
    tag_read: bool,
    tag_is_known: &'a mut bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Watched<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        *self.tag_is_known = self.tag_read;
        self.map.next_key_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        if self.tag_read {
            return self.map.next_value_seed(seed);
        }
        self.tag_read = true;
        // Read whole before it is judged, so that a refused tag leaves the map after its value.
        let tag: String = self.map.next_value()?;
        let tag: de::value::StringDeserializer<A::Error> = tag.into_deserializer();
        seed.deserialize(tag).map_err(A::Error::custom)
    }
}
