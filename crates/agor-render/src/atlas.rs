//! The textures that hold every glyph of the process: one of coverage (R8) and one of colour
//! (RGBA8, premultiplied), each an array of pages.
//!
//! A page is filled shelf by shelf. When no page has room the texture grows; at its limit the page
//! that was used longest ago is emptied. [`Atlas::evictions`] then goes up, so that whoever keeps
//! a place in the atlas can tell whether it is still its own ([`Atlas::kept`]).

/// Pixels on each side of a page.
pub(crate) const PAGE_PX: u32 = 1024;
/// Pages of coverage at the most: 16 MiB, four screens of 4K filled with different glyphs.
const MONO_PAGES: usize = 16;
/// Pages of colour at the most: 32 MiB.
const COLOR_PAGES: usize = 8;
/// Pages of both.
pub(crate) const PAGES_MAX: usize = MONO_PAGES + COLOR_PAGES;
/// Frames one after another that are asked for at the most because there is no room: windows that take each other's
/// would ask for ever.
const ASKED_MAX: u64 = 60;

/// Which texture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sheet {
    Mono,
    Color,
}

/// A place in the atlas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The page's number over both textures: a bit of the masks that rows keep.
    pub page: u8,
    /// The layer of its texture.
    pub layer: u8,
    pub x: u16,
    pub y: u16,
}

#[derive(Debug)]
struct Shelf {
    top: u32,
    height: u32,
    end: u32,
}

#[derive(Debug, Default)]
struct Page {
    shelves: Vec<Shelf>,
    used: u64,
    evicted: u64,
}

impl Page {
    /// Takes a rectangle out of the page, with a pixel to its neighbours.
    fn take(&mut self, width: u32, height: u32) -> Option<(u32, u32)> {
        let bottom = self.shelves.last().map_or(0, |s| s.top + s.height);
        let fits = |s: &&mut Shelf| s.height >= height && s.end + width <= PAGE_PX;
        let best = self
            .shelves
            .iter_mut()
            .filter(fits)
            .min_by_key(|s| s.height);
        let fresh = bottom + height <= PAGE_PX;
        if let Some(shelf) = best
            // A low glyph on a high shelf wastes what a shelf of its own would not.
            && (shelf.height <= height + height / 3 + 2 || !fresh)
        {
            let x = shelf.end;
            shelf.end += width + 1;
            return Some((x, shelf.top));
        }
        if !fresh {
            return None;
        }
        self.shelves.push(Shelf {
            top: bottom,
            height: height + 1,
            end: width + 1,
        });
        Some((0, bottom))
    }
}

struct Pages {
    sheet: Sheet,
    texture: wgpu::Texture,
    pages: Vec<Page>,
    limit: usize,
    first: u8,
    /// There was no room for an image, and it was not found out yet whether there is now.
    overfull: bool,
}

impl Pages {
    fn new(device: &wgpu::Device, sheet: Sheet) -> Self {
        let (pages, limit, first) = match sheet {
            Sheet::Mono => (2, MONO_PAGES, 0),
            Sheet::Color => (1, COLOR_PAGES, MONO_PAGES as u8),
        };
        Self {
            sheet,
            texture: texture(device, sheet, pages),
            pages: std::iter::repeat_with(Page::default).take(pages).collect(),
            limit,
            first,
            overfull: false,
        }
    }

    /// Returns the page that was used longest ago, if neither the frame of `tick` nor the one before needs it.
    fn oldest(&mut self, tick: u64) -> Option<(usize, &mut Page)> {
        self.pages
            .iter_mut()
            .enumerate()
            .min_by_key(|(_, page)| page.used)
            .filter(|(_, page)| page.used + 1 < tick)
    }

    fn grow(&mut self, device: &wgpu::Device, queue: &wgpu::Queue) {
        let before = self.pages.len();
        let after = (before * 2).min(self.limit);
        let larger = texture(device, self.sheet, after);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_texture(
            self.texture.as_image_copy(),
            larger.as_image_copy(),
            self.texture.size(),
        );
        queue.submit([encoder.finish()]);
        self.texture = larger;
        self.pages.resize_with(after, Page::default);
    }
}

fn texture(device: &wgpu::Device, sheet: Sheet, pages: usize) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("agor glyphs"),
        size: wgpu::Extent3d {
            width: PAGE_PX,
            height: PAGE_PX,
            depth_or_array_layers: pages as u32,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: match sheet {
            Sheet::Mono => wgpu::TextureFormat::R8Unorm,
            Sheet::Color => wgpu::TextureFormat::Rgba8Unorm,
        },
        usage: wgpu::TextureUsages::TEXTURE_BINDING
            | wgpu::TextureUsages::COPY_DST
            | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    })
}

/// See the head of this file.
pub(crate) struct Atlas {
    device: wgpu::Device,
    queue: wgpu::Queue,
    mono: Pages,
    color: Pages,
    tick: u64,
    evictions: u64,
    /// The first and the last of the frames, close after each other, that had no room for something.
    lacked: Option<(u64, u64)>,
    /// A texture was replaced by a larger one since this was last cleared.
    pub grown: bool,
    /// Bytes of glyphs sent to the device since this was last cleared.
    pub uploaded_bytes: u64,
}

impl Atlas {
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        Self {
            mono: Pages::new(device, Sheet::Mono),
            color: Pages::new(device, Sheet::Color),
            device: device.clone(),
            queue: queue.clone(),
            tick: 2,
            evictions: 0,
            lacked: None,
            grown: false,
            uploaded_bytes: 0,
        }
    }

    /// Begins a frame: pages used in it or in the one before stay.
    pub fn begin(&mut self) {
        self.tick += 1;
        self.uploaded_bytes = 0;
    }

    /// Says, once, that there is room again for something that there was none for.
    pub fn has_room_again(&mut self) -> bool {
        let tick = self.tick;
        let mut again = false;
        for pages in [&mut self.mono, &mut self.color] {
            if pages.overfull && pages.oldest(tick).is_some() {
                pages.overfull = false;
                again = true;
            }
        }
        again
    }

    /// Says whether there is no room for something and a frame soon after this one may have it: of what the frame
    /// before needed nothing is emptied, so the second one after does. If that has none, all is in use.
    pub fn may_have_room(&self) -> bool {
        let soon =
            |(first, last): (u64, u64)| self.tick < last + 2 && self.tick < first + ASKED_MAX;
        (self.mono.overfull || self.color.overfull) && self.lacked.is_some_and(soon)
    }

    /// Returns how many times a page was emptied.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    pub fn views(&self) -> [wgpu::TextureView; 2] {
        [&self.mono, &self.color].map(|pages| {
            pages.texture.create_view(&wgpu::TextureViewDescriptor {
                dimension: Some(wgpu::TextureViewDimension::D2Array),
                ..Default::default()
            })
        })
    }

    /// Says whether all pages of `mask` are what they were when there had been `since` evictions.
    pub fn kept(&self, mask: u32, since: u64) -> bool {
        self.evictions == since || self.numbered(mask).all(|page| page.evicted <= since)
    }

    /// Marks the pages of `mask` as used in this frame.
    pub fn touch(&mut self, mask: u32) {
        let tick = self.tick;
        for pages in [&mut self.mono, &mut self.color] {
            for (n, page) in pages.pages.iter_mut().enumerate() {
                if mask >> (usize::from(pages.first) + n) & 1 == 1 {
                    page.used = tick;
                }
            }
        }
    }

    fn numbered(&self, mask: u32) -> impl Iterator<Item = &Page> {
        [&self.mono, &self.color]
            .into_iter()
            .flat_map(move |pages| {
                pages
                    .pages
                    .iter()
                    .enumerate()
                    .filter(move |(n, _)| mask >> (usize::from(pages.first) + n) & 1 == 1)
                    .map(|(_, page)| page)
            })
    }

    /// Says whether a page can hold something of that size.
    pub fn holds(width: u32, height: u32) -> bool {
        (1..PAGE_PX).contains(&width) && (1..PAGE_PX).contains(&height)
    }

    /// Puts an image into the atlas; nothing if it is larger than a page, or if every page is in
    /// use by this frame.
    pub fn insert(&mut self, sheet: Sheet, width: u32, height: u32, data: &[u8]) -> Option<Place> {
        if !Self::holds(width, height) {
            return None;
        }
        let pages = match sheet {
            Sheet::Mono => &mut self.mono,
            Sheet::Color => &mut self.color,
        };
        let mut found = find(&mut pages.pages, width, height);
        if found.is_none() && pages.pages.len() < pages.limit {
            pages.grow(&self.device, &self.queue);
            self.grown = true;
            found = find(&mut pages.pages, width, height);
        }
        if found.is_none() {
            let Some((layer, page)) = pages.oldest(self.tick) else {
                pages.overfull = true;
                let near = self.lacked.filter(|(_, last)| self.tick <= last + 2);
                self.lacked = Some((near.map_or(self.tick, |(first, _)| first), self.tick));
                return None;
            };
            self.evictions += 1;
            page.evicted = self.evictions;
            page.shelves.clear();
            found = page.take(width, height).map(|(x, y)| (layer, x, y));
        }
        let (layer, x, y) = found?;
        pages.pages[layer].used = self.tick;
        self.queue.write_texture(
            wgpu::TexelCopyTextureInfo {
                texture: &pages.texture,
                mip_level: 0,
                origin: wgpu::Origin3d {
                    x,
                    y,
                    z: layer as u32,
                },
                aspect: wgpu::TextureAspect::All,
            },
            data,
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(match sheet {
                    Sheet::Mono => width,
                    Sheet::Color => width * 4,
                }),
                rows_per_image: None,
            },
            wgpu::Extent3d {
                width,
                height,
                depth_or_array_layers: 1,
            },
        );
        self.uploaded_bytes += data.len() as u64;
        Some(Place {
            page: pages.first + layer as u8,
            layer: layer as u8,
            x: x as u16,
            y: y as u16,
        })
    }
}

fn find(pages: &mut [Page], width: u32, height: u32) -> Option<(usize, u32, u32)> {
    pages
        .iter_mut()
        .enumerate()
        .find_map(|(layer, page)| page.take(width, height).map(|(x, y)| (layer, x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_filled_without_overlaps() {
        let mut page = Page::default();
        let mut taken: Vec<(u32, u32, u32, u32)> = Vec::new();
        for n in 0_u32.. {
            let (w, h) = (8 + n * 7 % 23, 10 + n * 5 % 17);
            let Some((x, y)) = page.take(w, h) else { break };
            assert!(x + w <= PAGE_PX && y + h <= PAGE_PX);
            for &(ox, oy, ow, oh) in &taken {
                assert!(x >= ox + ow || ox >= x + w || y >= oy + oh || oy >= y + h);
            }
            taken.push((x, y, w, h));
        }
        let area: u32 = taken.iter().map(|(_, _, w, h)| w * h).sum();
        assert!(area > PAGE_PX * PAGE_PX * 6 / 10, "{area}");
    }
}
