//! How long answers took, and what they cost this process.

use std::time::Duration;

use hdrhistogram::Histogram;

/// A minute: no answer takes so long.
const LONGEST_MICROS: u64 = 60_000_000;

/// How long each answer took, to three digits.
pub struct Waits(Histogram<u64>);

impl Default for Waits {
    fn default() -> Self {
        let bounds = Histogram::new_with_bounds(1, LONGEST_MICROS, 3);
        Self(bounds.expect("these bounds are in order"))
    }
}

impl Waits {
    /// Notes one.
    pub fn add(&mut self, wait: Duration) {
        let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros);
    }

    /// So many of a hundred took at most so many milliseconds.
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        let micros = self.0.value_at_percentile(percent);
        Duration::from_micros(micros).as_secs_f64() * 1000.0
    }
}

/// How long the slowest answer to what was due in each second took.
#[derive(Default)]
pub struct Slowest(Vec<Duration>);

impl Slowest {
    /// Notes one, by when it was due since the beginning.
    pub fn add(&mut self, due: Duration, wait: Duration) {
        let second = usize::try_from(due.as_secs()).unwrap_or_default();
        if self.0.len() <= second {
            self.0.resize(second + 1, Duration::ZERO);
        }
        self.0[second] = self.0[second].max(wait);
    }

    /// Whole milliseconds, second by second.
    pub fn by_second_ms(&self) -> Vec<u64> {
        let ms = |wait: &Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.0.iter().map(ms).collect()
    }
}

/// What this process took of the cores, where the system tells: Linux counts hundredths.
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(f64::from(user + system) / 100.0)
}
