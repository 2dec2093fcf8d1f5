//! The one place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// Where the service takes the time from. Instants are cut to whole milliseconds, so that what is
/// stored by either database is what was meant.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The machine's clock, shifted by so many milliseconds: `demo --at` starts on another day and
    /// lives on from there.
    Shifted(Arc<AtomicI64>),
    /// Stands still until a test moves it; milliseconds since 1970.
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `at` now and runs on from there.
    pub fn starting(at: DateTime<Utc>) -> Self {
        Self::Shifted(Arc::new(AtomicI64::new((at - system()).num_milliseconds())))
    }

    /// A clock that stands at `at`.
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self::Frozen(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    /// The time it is.
    pub fn now(&self) -> DateTime<Utc> {
        let at = match self {
            Self::System => system(),
            Self::Shifted(by) => system() + TimeDelta::milliseconds(by.load(Ordering::SeqCst)),
            Self::Frozen(millis) => {
                return DateTime::from_timestamp_millis(millis.load(Ordering::SeqCst))
                    .expect("a frozen clock is set from an instant");
            }
        };
        DateTime::from_timestamp_millis(at.timestamp_millis())
            .expect("an instant cut to milliseconds is an instant")
    }

    /// Puts a frozen or shifted clock to `at`; the machine's own cannot be put.
    pub fn set(&self, at: DateTime<Utc>) {
        match self {
            Self::System => tracing::warn!("the machine's clock is not ours to put"),
            Self::Shifted(by) => by.store((at - system()).num_milliseconds(), Ordering::SeqCst),
            Self::Frozen(millis) => millis.store(at.timestamp_millis(), Ordering::SeqCst),
        }
    }

    /// Moves a frozen or shifted clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }

    /// The clock as a function, for crates that know nothing of ours.
    pub fn as_fn(&self) -> Arc<dyn Fn() -> DateTime<Utc> + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock everybody else is sent to"
)]
fn system() -> DateTime<Utc> {
    Utc::now()
}
