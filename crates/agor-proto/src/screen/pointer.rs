//! The form of the mouse's pointer over a screen, as its program wishes it.

use super::Modes;

/// The forms of the `cursor` property of CSS that programs name (OSC 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum PointerShape {
    Alias = 1,
    Copy,
    Crosshair,
    Default,
    EResize,
    EwResize,
    Grab,
    Grabbing,
    Help,
    Move,
    NResize,
    NeResize,
    NeswResize,
    NoDrop,
    NotAllowed,
    NsResize,
    NwResize,
    NwseResize,
    Pointer,
    Progress,
    SResize,
    SeResize,
    SwResize,
    Text,
    VerticalText,
    WResize,
    Wait,
    ZoomIn,
    ZoomOut,
}

impl PointerShape {
    /// Every form with its name, in the order of their numbers.
    pub const ALL: [(Self, &'static str); 29] = [
        (Self::Alias, "alias"),
        (Self::Copy, "copy"),
        (Self::Crosshair, "crosshair"),
        (Self::Default, "default"),
        (Self::EResize, "e-resize"),
        (Self::EwResize, "ew-resize"),
        (Self::Grab, "grab"),
        (Self::Grabbing, "grabbing"),
        (Self::Help, "help"),
        (Self::Move, "move"),
        (Self::NResize, "n-resize"),
        (Self::NeResize, "ne-resize"),
        (Self::NeswResize, "nesw-resize"),
        (Self::NoDrop, "no-drop"),
        (Self::NotAllowed, "not-allowed"),
        (Self::NsResize, "ns-resize"),
        (Self::NwResize, "nw-resize"),
        (Self::NwseResize, "nwse-resize"),
        (Self::Pointer, "pointer"),
        (Self::Progress, "progress"),
        (Self::SResize, "s-resize"),
        (Self::SeResize, "se-resize"),
        (Self::SwResize, "sw-resize"),
        (Self::Text, "text"),
        (Self::VerticalText, "vertical-text"),
        (Self::WResize, "w-resize"),
        (Self::Wait, "wait"),
        (Self::ZoomIn, "zoom-in"),
        (Self::ZoomOut, "zoom-out"),
    ];

    /// Returns the form that a program names, if there is such a one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(shape, _)| *shape)
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize - 1].1
    }
}

impl Modes {
    const POINTER_SHIFT: u32 = 16;
    const POINTER_MASK: u32 = 0x3f;

    /// Returns the form of the pointer that the program wants; one of a later release is none.
    #[must_use]
    pub fn pointer(self) -> Option<PointerShape> {
        let number = self.0 >> Self::POINTER_SHIFT & Self::POINTER_MASK;
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        PointerShape::ALL.get(at).map(|(shape, _)| *shape)
    }

    /// Sets the form of the pointer, or says that the program wants none.
    pub fn set_pointer(&mut self, shape: Option<PointerShape>) {
        let number = shape.map_or(0, |shape| shape as u32);
        self.0 &= !(Self::POINTER_MASK << Self::POINTER_SHIFT);
        self.0 |= number << Self::POINTER_SHIFT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_place_its_name_and_its_number() {
        for (shape, name) in PointerShape::ALL {
            assert_eq!(shape.name(), name);
            assert_eq!(PointerShape::from_name(name), Some(shape));
            let mut modes = Modes::MOUSE_PIXELS;
            modes.set_pointer(Some(PointerShape::ZoomOut));
            modes.set_pointer(Some(shape));
            assert_eq!(modes.pointer(), Some(shape));
            modes.set_pointer(None);
            assert_eq!(modes, Modes::MOUSE_PIXELS);
        }
        assert_eq!(PointerShape::from_name("left_ptr"), None);
        assert_eq!(Modes(63 << 16).pointer(), None);
    }
}
