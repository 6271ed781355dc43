//! Where glyphs are drawn that are not at hand: in a thread of its own. A picture of an emoji takes as long as a whole
//! frame may, the first sign of a script opens a file of megabytes, and the first of all waits until the system has
//! listed its fonts; what draws the window waits for none of that. A frame that wants such a glyph is drawn
//! without it, and the next one has it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::Fonts;
use super::cluster::{Cluster, Sizing};
use super::raster::{Bitmap, Rasterizer};

/// Glyphs that are waited for at the most; what a hostile program shows beyond is asked for when these have come.
const ORDERS_MAX: usize = 4_096;
/// After so long a frame shows what there is of many glyphs; after twice as long the next one does, and so on.
const FIRST_SHOWN: Duration = Duration::from_millis(8);

/// What became of an order.
pub(crate) enum Ordered {
    /// It was drawn at once.
    Made(Piece),
    /// It comes by [`Workshop::pieces`].
    Taken,
    /// There are too many.
    Refused,
}

/// Where a font keeps a glyph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// By byte, and the variant above its seven bits.
    Ascii(usize),
    /// By character, variant and width in one.
    Char(u32),
    /// In the map of this number, by its text.
    Cluster(usize),
    /// By the glyph of the family's own face, and the variant above its 16 bits. Its cluster has no text.
    Glyph(u32),
}

/// A glyph that is wanted.
pub(crate) struct Order {
    /// The font that asks.
    pub font: u32,
    pub place: Slot,
    pub cluster: Cluster,
    pub sizing: Arc<Sizing>,
}

/// A glyph that is there.
pub(crate) struct Piece {
    pub font: u32,
    pub place: Slot,
    pub cluster: Cluster,
    /// Nothing if no font has it.
    pub bitmap: Option<Bitmap>,
}

/// Called in the thread when what was ordered is there, or much of it.
pub(crate) type Wake = Box<dyn Fn() + Send>;

/// See the head of this file.
pub(crate) struct Workshop {
    fonts: Arc<Mutex<Fonts>>,
    thread: Option<Thread>,
}

struct Thread {
    orders: SyncSender<Order>,
    pieces: Receiver<Piece>,
    /// Ordered, and not taken yet.
    awaited: usize,
}

impl Workshop {
    /// Returns one that draws at once.
    pub fn new(fonts: Fonts) -> Self {
        Self {
            fonts: Arc::new(Mutex::new(fonts)),
            thread: None,
        }
    }

    /// Draws in a thread from now on, which calls `wake` whenever all that was ordered is there, and while that takes
    /// long.
    pub fn start_thread(&mut self, wake: Wake) {
        // What is made finds room, since no more is ordered than is taken.
        let (orders, ordered) = sync_channel(ORDERS_MAX);
        let (made, pieces) = sync_channel(ORDERS_MAX);
        let fonts = Arc::clone(&self.fonts);
        let thread = std::thread::Builder::new().name("agor-glyphs".into());
        match thread.spawn(move || work(&ordered, &made, &fonts, &wake)) {
            Ok(_) => {
                self.thread = Some(Thread {
                    orders,
                    pieces,
                    awaited: 0,
                });
            }
            Err(error) => tracing::warn!(%error, "no thread to draw glyphs: drawing them at once"),
        }
    }

    /// Has a glyph drawn, by `rasterizer` if that is done at once.
    pub fn order(&mut self, order: Order, rasterizer: &mut Rasterizer) -> Ordered {
        let order = match &mut self.thread {
            Some(thread) if thread.awaited >= ORDERS_MAX => return Ordered::Refused,
            Some(thread) => match thread.orders.try_send(order) {
                Ok(()) => {
                    thread.awaited += 1;
                    return Ordered::Taken;
                }
                Err(TrySendError::Full(_)) => return Ordered::Refused,
                Err(TrySendError::Disconnected(order)) => order,
            },
            None => order,
        };
        Ordered::Made(make(order, rasterizer, &self.fonts))
    }

    /// Says whether glyphs are on their way.
    pub fn is_awaited(&self) -> bool {
        self.thread.as_ref().is_some_and(|it| it.awaited > 0)
    }

    /// Moves the glyphs that have come to the end of `into`. Says whether all others will come: not so if the thread
    /// is gone. What it had must be asked for again, and is drawn at once.
    pub fn pieces(&mut self, into: &mut Vec<Piece>) -> bool {
        let Some(thread) = &mut self.thread else {
            return true;
        };
        loop {
            match thread.pieces.try_recv() {
                Ok(piece) => {
                    thread.awaited = thread.awaited.saturating_sub(1);
                    into.push(piece);
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => {
                    self.thread = None;
                    return false;
                }
            }
        }
    }

    /// Returns the faces; waits for a glyph that is being drawn.
    pub fn fonts(&self) -> MutexGuard<'_, Fonts> {
        // Whoever panicked with it has changed nothing by halves: faces are only ever added.
        self.fonts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the faces if nobody is at them.
    pub fn fonts_at_hand(&self) -> Option<MutexGuard<'_, Fonts>> {
        match self.fonts.try_lock() {
            Ok(fonts) => Some(fonts),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Draws what is ordered until nobody can order any more.
fn work(orders: &Receiver<Order>, made: &SyncSender<Piece>, fonts: &Mutex<Fonts>, wake: &Wake) {
    let mut rasterizer = Rasterizer::new();
    while let Ok(mut order) = orders.recv() {
        let (began, mut shown) = (Instant::now(), FIRST_SHOWN);
        loop {
            if made.send(make(order, &mut rasterizer, fonts)).is_err() {
                return;
            }
            match orders.try_recv() {
                Ok(next) => order = next,
                Err(_) => break,
            }
            if began.elapsed() >= shown {
                wake();
                shown *= 2;
            }
        }
        wake();
    }
}

fn make(order: Order, rasterizer: &mut Rasterizer, fonts: &Mutex<Fonts>) -> Piece {
    let Order {
        font,
        place,
        cluster,
        sizing,
    } = order;
    // A damaged font can make what reads it fail; then the glyph is missing and nothing else.
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        if let Slot::Glyph(key) = place {
            return Some(sizing.draw_glyph(rasterizer, key as u16, cluster.variant));
        }
        let mut fonts = fonts.lock().unwrap_or_else(PoisonError::into_inner);
        sizing.draw(&mut fonts, rasterizer, &cluster)
    }));
    let bitmap = drawn.unwrap_or_else(|_| {
        *rasterizer = Rasterizer::new();
        None
    });
    Piece {
        font,
        place,
        cluster,
        bitmap,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cluster::Faces;
    use super::super::{FontSpec, Variant};
    use super::*;

    #[test]
    fn of_glyphs_that_take_long_those_that_are_there_are_shown() {
        let mut fonts = Fonts::new().unwrap();
        let faces = Faces::new(None, &mut fonts);
        let sizing = Arc::new(Sizing::new(&FontSpec::default(), faces));
        let (order, orders) = sync_channel(3);
        for letter in ["a", "b", "c"] {
            let cluster = Cluster {
                text: letter.into(),
                width: 1,
                variant: Variant::default(),
            };
            let wanted = Order {
                font: 1,
                place: Slot::Cluster(0),
                cluster,
                sizing: Arc::clone(&sizing),
            };
            assert!(order.try_send(wanted).is_ok());
        }
        drop(order);
        // A glyph is made when the one before was taken: the second takes longer than a frame waits.
        let (made, pieces) = sync_channel(0);
        let (tell, told) = sync_channel(8);
        let wake: Wake = Box::new(move || tell.try_send(()).unwrap());
        let fonts = Mutex::new(fonts);
        let thread = std::thread::spawn(move || work(&orders, &made, &fonts, &wake));
        assert!(pieces.recv().unwrap().bitmap.is_some());
        let waited = Instant::now();
        while waited.elapsed() < 4 * FIRST_SHOWN {
            // Something is told only if the first has taken long already.
            told.recv_timeout(FIRST_SHOWN).ok();
        }
        assert!(pieces.recv().is_ok());
        // The third is not taken yet.
        assert!(told.recv_timeout(Duration::from_secs(30)).is_ok());
        assert!(pieces.recv().is_ok());
        assert!(told.recv_timeout(Duration::from_secs(30)).is_ok());
        thread.join().unwrap();
    }
}
