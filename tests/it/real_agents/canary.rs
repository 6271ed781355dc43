//! How long the machine lets what is due wait: a thread that rests for a moment again and again, beside what is
//! measured. What its rests are too long by, a program's answer was late by at least, had it been due then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long it rests.
const REST_MICROS: u64 = 5_000;

/// What a rest may be too long by: timers are not more exact than this.
const EXACT_MICROS: u64 = 1_000;

/// When a rest was to end and when it did, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Delay {
    due: u64,
    woken: u64,
}

/// See the module. It rests from its making on, until it is dropped.
pub struct Canary {
    delays: Arc<Mutex<Vec<Delay>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Default for Canary {
    fn default() -> Self {
        let delays = Arc::<Mutex<Vec<Delay>>>::default();
        let ends = Arc::<AtomicBool>::default();
        let (noted, is_over) = (Arc::clone(&delays), Arc::clone(&ends));
        let rests = move || {
            while !is_over.load(Ordering::Relaxed) {
                let due = unix_micros() + REST_MICROS;
                thread::park_timeout(Duration::from_micros(REST_MICROS));
                let woken = unix_micros();
                if woken > due + EXACT_MICROS {
                    let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                    noted.push(Delay { due, woken });
                }
            }
        };
        let thread = thread::Builder::new().name("canary".into()).spawn(rests);
        Self {
            delays,
            ends,
            thread: Some(thread.expect("a thread")),
        }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok(); // It has nothing to tell.
        }
    }
}

impl Canary {
    /// Returns for how many milliseconds of those between two times, in milliseconds since 1970, what was due had to
    /// wait.
    pub fn waited_millis(&self, from: u64, to: u64) -> u64 {
        let delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        waited_micros(&delays, from * 1_000, to * 1_000) / 1_000
    }
}

fn waited_micros(delays: &[Delay], from: u64, to: u64) -> u64 {
    let within = delays
        .iter()
        .map(|delay| delay.woken.min(to).saturating_sub(delay.due.max(from)));
    within.sum()
}

fn unix_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is later than 1970").as_micros() as u64
}

#[test]
fn what_the_machine_let_wait_counts_as_far_as_it_was_within_the_time() {
    let delay = |due, woken| Delay { due, woken };
    let delays = [delay(10, 30), delay(50, 60), delay(90, 200)];
    assert_eq!(waited_micros(&delays, 0, 1_000), 140);
    assert_eq!(waited_micros(&delays, 20, 55), 15);
    assert_eq!(waited_micros(&delays, 100, 150), 50);
    assert_eq!(waited_micros(&delays, 30, 50), 0);
}
