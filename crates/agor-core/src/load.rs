//! What a process costs: processor time and memory, as the system tells it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Returns the processor time that this process has used.
#[must_use]
pub fn cpu() -> Duration {
    since_begin(ClockId::ProcessCPUTime)
}

/// Returns the processor time that this thread has used.
#[must_use]
pub fn thread_cpu() -> Duration {
    since_begin(ClockId::ThreadCPUTime)
}

fn since_begin(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // These clocks begin at zero with the process and with the thread.
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// Returns the processor time that a process with one thread has used; zero where the system does
/// not say.
#[must_use]
pub fn cpu_of(pid: u32) -> Duration {
    std::fs::read_to_string(format!("/proc/{pid}/schedstat"))
        .ok()
        .and_then(|stat| stat.split_whitespace().next()?.parse().ok())
        .map_or(Duration::ZERO, Duration::from_nanos)
}

/// Returns the bytes of memory that a process has of its own, with its share of what it has with
/// others (PSS); zero where the system does not say.
#[must_use]
pub fn memory_of(pid: u32) -> u64 {
    let Ok(rollup) = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else {
        return 0;
    };
    rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .and_then(|kib| kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_of_a_process_are_seen() {
        let before = cpu();
        let mut sum = 0_u64;
        while cpu() < before + Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(thread_cpu() > Duration::ZERO && thread_cpu() <= cpu());
        assert!(memory_of(std::process::id()) > 100 * 1024);
        assert_eq!(cpu_of(u32::MAX), Duration::ZERO);
        assert_eq!(memory_of(u32::MAX), 0);
    }
}
