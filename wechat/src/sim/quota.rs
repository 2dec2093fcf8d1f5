//! How often an account may call a path, per day in Beijing and per minute.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};

use super::answer::{Refused, words_for};
use super::state::{beijing, beijing_day};

const CLEARS_PER_MONTH: u32 = 10;
const PATH_CLEARS_PER_MONTH: u32 = 50;

/// One path's allowance.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub day: u64,
    pub minute: u64,
}

#[derive(Default)]
pub(super) struct Meter {
    day: i64,
    pub used: u64,
    minute: i64,
    used_this_minute: u64,
}

/// How often counters were set back in a month.
#[derive(Default)]
struct Clears {
    month: (i32, u32),
    used: u32,
}

impl Clears {
    fn spend(&mut self, allowed: u32, now: DateTime<Utc>) -> Result<(), Refused> {
        let here = beijing(now);
        let month = (here.year(), here.month());
        if self.month != month {
            (self.month, self.used) = (month, 0);
        }
        if allowed <= self.used {
            return Err(Refused::new(
                48006,
                "forbid to clear quota because of reaching the limit",
            ));
        }
        self.used += 1;
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct Quotas {
    meters: HashMap<(String, String), Meter>,
    changed: HashMap<(String, String), Limits>,
    clears: HashMap<String, Clears>,
    path_clears: HashMap<String, Clears>,
}

impl Quotas {
    pub fn limits(&self, app_id: &str, path: &str) -> Limits {
        let key = (app_id.to_owned(), path.to_owned());
        self.changed
            .get(&key)
            .copied()
            .unwrap_or_else(|| usual(path))
    }

    pub fn set(&mut self, app_id: &str, path: &str, limits: Limits) {
        self.changed
            .insert((app_id.to_owned(), path.to_owned()), limits);
    }

    /// How often the path was called today.
    pub fn used(&self, app_id: &str, path: &str, now: DateTime<Utc>) -> u64 {
        self.meters
            .get(&(app_id.to_owned(), path.to_owned()))
            .filter(|meter| meter.day == beijing_day(now))
            .map_or(0, |meter| meter.used)
    }

    /// Counts one call, or refuses it.
    pub fn spend(&mut self, app_id: &str, path: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        let limits = self.limits(app_id, path);
        let meter = self
            .meters
            .entry((app_id.to_owned(), path.to_owned()))
            .or_default();
        let (day, minute) = (beijing_day(now), now.timestamp().div_euclid(60));
        if meter.day != day {
            (meter.day, meter.used) = (day, 0);
        }
        if meter.minute != minute {
            (meter.minute, meter.used_this_minute) = (minute, 0);
        }
        if limits.day <= meter.used {
            return Err(Refused::new(45009, words_for(45009)));
        }
        if limits.minute <= meter.used_this_minute {
            return Err(Refused::new(45011, words_for(45011)));
        }
        meter.used += 1;
        meter.used_this_minute += 1;
        Ok(())
    }

    /// Sets an account's counters back; ten times a month.
    pub fn clear(&mut self, app_id: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        let clears = self.clears.entry(app_id.to_owned()).or_default();
        clears.spend(CLEARS_PER_MONTH, now)?;
        self.meters.retain(|(owner, _), _| owner != app_id);
        Ok(())
    }

    /// Sets one path's counter back; fifty times a month.
    pub fn clear_path(
        &mut self,
        app_id: &str,
        path: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let clears = self.path_clears.entry(app_id.to_owned()).or_default();
        clears.spend(PATH_CLEARS_PER_MONTH, now)?;
        self.meters.remove(&(app_id.to_owned(), path.to_owned()));
        Ok(())
    }
}

fn usual(path: &str) -> Limits {
    match path {
        "cgi-bin/token" => Limits {
            day: 2_000,
            minute: 10_000,
        },
        "cgi-bin/stable_token" => Limits {
            day: 500_000,
            minute: 10_000,
        },
        "cgi-bin/message/template/send" => Limits {
            day: 100_000,
            minute: 100_000,
        },
        "wxa/getwxacodeunlimit" => Limits {
            day: 50_000_000,
            minute: 5_000,
        },
        "wxa/media_check_async" => Limits {
            day: 200_000,
            minute: 2_000,
        },
        "wxa/resetusersessionkey" => Limits {
            day: 10_000_000,
            minute: 60_000,
        },
        "wxa/msg_sec_check" => Limits {
            day: 2_000_000,
            minute: 4_000,
        },
        _ => Limits {
            day: 10_000_000,
            minute: 100_000,
        },
    }
}
