//! Where glyphs are drawn that are not at hand: in threads of their own. A picture of an emoji takes as long as a whole
//! frame may, the first sign of a script opens a file of megabytes, and the first of all waits until the system has
//! listed its fonts; what draws the window waits for none of that. A frame that wants such a glyph is drawn
//! without it, and the next one has it. Several threads draw, so that this holds for a whole screen of new glyphs, too.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Fonts;
use super::cluster::{Cluster, Sizing};
use super::raster::{Bitmap, Rasterizer};

/// Glyphs that are waited for at the most; what a hostile program shows beyond is asked for when these have come.
const ORDERS_MAX: usize = 4_096;
/// Threads that draw at the most. Fewer where there are fewer processors: one is left to what draws the window.
const THREADS_MAX: usize = 4;
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

/// Called in a thread when what was ordered is there, or much of it.
pub(crate) type Wake = Box<dyn Fn() + Send>;

/// See the head of this file.
pub(crate) struct Workshop {
    fonts: Arc<Mutex<Fonts>>,
    threads: Option<Threads>,
}

struct Threads {
    workers: Vec<JoinHandle<()>>,
    orders: SyncSender<Order>,
    pieces: Receiver<Piece>,
    /// Ordered, and not taken yet.
    awaited: usize,
    unmade: Arc<AtomicUsize>,
}

/// What the threads share.
struct Bench {
    orders: Mutex<Receiver<Order>>,
    fonts: Arc<Mutex<Fonts>>,
    /// How many are ordered and not made yet.
    unmade: Arc<AtomicUsize>,
    waking: Mutex<Waking>,
}

/// When somebody is told that there are glyphs.
struct Waking {
    wake: Wake,
    /// Since when there is something to draw, and after how long it is told again what is there of it.
    busy: Option<(Instant, Duration)>,
}

impl Workshop {
    /// Returns one that draws at once.
    pub fn new(fonts: Fonts) -> Self {
        Self {
            fonts: Arc::new(Mutex::new(fonts)),
            threads: None,
        }
    }

    /// Draws in threads from now on, one of which calls `wake` whenever all that was ordered is there, and while that
    /// takes long.
    pub fn start_threads(&mut self, wake: Wake) {
        // What is made finds room, since no more is ordered than is taken.
        let (orders, ordered) = sync_channel(ORDERS_MAX);
        let (made, pieces) = sync_channel(ORDERS_MAX);
        let bench = Arc::new(Bench::new(ordered, Arc::clone(&self.fonts), wake));
        let unmade = Arc::clone(&bench.unmade);
        let mut workers = Vec::new();
        for _ in 0..threads() {
            let (bench, made) = (Arc::clone(&bench), made.clone());
            let thread = std::thread::Builder::new().name("agor-glyphs".into());
            match thread.spawn(move || work(&bench, &made)) {
                Ok(worker) => workers.push(worker),
                Err(error) => {
                    let others = workers.len();
                    tracing::warn!(%error, others, "no thread to draw glyphs");
                    break;
                }
            }
        }
        // Without any they are drawn at once.
        self.threads = (!workers.is_empty()).then_some(Threads {
            workers,
            orders,
            pieces,
            awaited: 0,
            unmade,
        });
    }

    /// Has a glyph drawn, by `rasterizer` if that is done at once.
    pub fn order(&mut self, order: Order, rasterizer: &mut Rasterizer) -> Ordered {
        let order = match &mut self.threads {
            Some(threads) if threads.awaited >= ORDERS_MAX => return Ordered::Refused,
            Some(threads) => {
                // Before one of them can have made it.
                threads.unmade.fetch_add(1, Ordering::AcqRel);
                match threads.orders.try_send(order) {
                    Ok(()) => {
                        threads.awaited += 1;
                        return Ordered::Taken;
                    }
                    Err(TrySendError::Full(_)) => {
                        threads.unmade.fetch_sub(1, Ordering::AcqRel);
                        return Ordered::Refused;
                    }
                    Err(TrySendError::Disconnected(order)) => order,
                }
            }
            None => order,
        };
        Ordered::Made(make(order, rasterizer, &self.fonts))
    }

    /// Says whether glyphs are on their way.
    pub fn is_awaited(&self) -> bool {
        self.threads.as_ref().is_some_and(|it| it.awaited > 0)
    }

    /// Moves the glyphs that have come to the end of `into`. Says whether all others will come: not so if a thread
    /// is gone. What they had must be asked for again, and is drawn at once.
    pub fn pieces(&mut self, into: &mut Vec<Piece>) -> bool {
        let Some(threads) = &mut self.threads else {
            return true;
        };
        let gone = threads.workers.iter().any(JoinHandle::is_finished);
        loop {
            match threads.pieces.try_recv() {
                Ok(piece) => {
                    threads.awaited = threads.awaited.saturating_sub(1);
                    into.push(piece);
                }
                Err(TryRecvError::Empty) if !gone => return true,
                Err(_) => {
                    // The others end when they see that nobody orders any more.
                    self.threads = None;
                    return false;
                }
            }
        }
    }

    /// Returns the faces; waits while one is opened for a glyph.
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

/// Returns how many threads draw.
fn threads() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    processors.saturating_sub(1).clamp(1, THREADS_MAX)
}

impl Bench {
    fn new(orders: Receiver<Order>, fonts: Arc<Mutex<Fonts>>, wake: Wake) -> Self {
        Self {
            orders: Mutex::new(orders),
            fonts,
            unmade: Arc::default(),
            waking: Mutex::new(Waking { wake, busy: None }),
        }
    }

    /// Returns what is to be drawn next; nothing if nobody orders any more.
    fn next(&self) -> Option<Order> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let order = orders.recv().ok();
        drop(orders);
        let now = || (Instant::now(), FIRST_SHOWN);
        self.waking().busy.get_or_insert_with(now);
        order
    }

    /// Notes that a glyph is there, and tells it if it was the last or the others take long.
    fn made_one(&self) {
        let last = self.unmade.fetch_sub(1, Ordering::AcqRel) == 1;
        let mut waking = self.waking();
        if let Some((since, shown)) = &mut waking.busy
            && !last
        {
            if since.elapsed() < *shown {
                return;
            }
            *shown *= 2;
        } else {
            waking.busy = None;
        }
        (waking.wake)();
    }

    fn waking(&self) -> MutexGuard<'_, Waking> {
        self.waking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Draws what is ordered until nobody can order any more.
fn work(bench: &Bench, made: &SyncSender<Piece>) {
    let mut rasterizer = Rasterizer::new();
    while let Some(order) = bench.next() {
        if made
            .send(make(order, &mut rasterizer, &bench.fonts))
            .is_err()
        {
            return;
        }
        bench.made_one();
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
        sizing.draw(fonts, rasterizer, &cluster)
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

    /// Returns what a thread works with, for as many letters as orders, and tells by `tell` when it wakes.
    fn bench(orders: Receiver<Order>, letters: &[Order], tell: SyncSender<()>) -> Bench {
        let wake: Wake = Box::new(move || tell.try_send(()).unwrap());
        let fonts = Arc::new(Mutex::new(Fonts::new().unwrap()));
        let bench = Bench::new(orders, fonts, wake);
        bench.unmade.store(letters.len(), Ordering::Release);
        bench
    }

    fn letters() -> Vec<Order> {
        let mut fonts = Fonts::new().unwrap();
        let faces = Faces::new(None, &mut fonts);
        let sizing = Arc::new(Sizing::new(&FontSpec::default(), faces));
        let order = |letter: &str| Order {
            font: 1,
            place: Slot::Cluster(0),
            cluster: Cluster {
                text: letter.into(),
                width: 1,
                variant: Variant::default(),
            },
            sizing: Arc::clone(&sizing),
        };
        ["a", "b", "c"].map(order).into()
    }

    #[test]
    fn of_glyphs_that_take_long_those_that_are_there_are_shown() {
        let letters = letters();
        let (order, orders) = sync_channel(3);
        let (tell, told) = sync_channel(8);
        let bench = bench(orders, &letters, tell);
        for letter in letters {
            assert!(order.try_send(letter).is_ok());
        }
        drop(order);
        // A glyph is made when the one before was taken: the second takes longer than a frame waits.
        let (made, pieces) = sync_channel(0);
        let thread = std::thread::spawn(move || work(&bench, &made));
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

    #[test]
    fn glyphs_are_drawn_side_by_side_and_told_of_once_when_all_are_there() {
        let letters = letters();
        let (tell, told) = sync_channel(8);
        // A thread can hand over a glyph only when somebody takes it, and an order is taken up only by a thread that
        // has handed over all others: with one thread no second order would go.
        let (order, orders) = sync_channel(0);
        let (made, pieces) = sync_channel(0);
        let bench = Arc::new(bench(orders, &letters, tell));
        let threads = [0, 1, 2].map(|_| {
            let (bench, made) = (Arc::clone(&bench), made.clone());
            std::thread::spawn(move || work(&bench, &made))
        });
        let count = letters.len();
        for letter in letters {
            assert!(order.send(letter).is_ok());
        }
        // Nothing was taken, and nothing is told.
        assert_eq!(bench.unmade.load(Ordering::Acquire), count);
        assert!(told.try_recv().is_err());
        // However slow the machine is.
        bench.waking().busy = Some((Instant::now(), Duration::MAX));
        let taken: Vec<Piece> = pieces.iter().take(count).collect();
        assert!(taken.iter().all(|piece| piece.bitmap.is_some()));
        drop(order);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(bench.unmade.load(Ordering::Acquire), 0);
        assert_eq!(told.try_iter().count(), 1);
    }
}
