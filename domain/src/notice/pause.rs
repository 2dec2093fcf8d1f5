//! What stops an account, or one template of it, from sending, and for how long.
//!
//! What waits meanwhile is left to [`super::delivery`].

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use crate::time;

words! {
    /// Why an account or a template sends nothing.
    Cause {
        MinuteQuota = "minute_quota" "每分钟调用次数已用完";
        DayQuota = "day_quota" "当日调用次数已用完";
        Token = "token" "访问凭证被拒";
        Template = "template" "模板不可用";
        Configuration = "configuration" "账号或配置不可用";
    }
}

/// Between two tries of a template WeChat says it does not know (40037): it is said of good ones
/// now and then.
pub const TEMPLATE_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// How often such a template is tried again before it is stopped.
pub const TEMPLATE_TRIES: u32 = 3;

/// A stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it ends by itself; `None` where somebody must end it.
    pub until: Option<DateTime<Utc>>,
    /// How often the same refusal came in a row.
    pub strikes: u32,
}

/// What a refusal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub cause: Cause,
    /// When WeChat takes messages again, where the refusal says so.
    pub until: Option<DateTime<Utc>>,
}

impl Stop {
    /// The quota of this minute is used up (45011).
    pub fn minute(now: DateTime<Utc>) -> Self {
        Self {
            cause: Cause::MinuteQuota,
            until: Some(now + TimeDelta::minutes(1)),
        }
    }

    /// The quota of this day is used up (45009): it begins anew at midnight in Beijing.
    pub fn day(now: DateTime<Utc>) -> Self {
        let midnight = time::instant(time::local_date(now) + Days::new(1), NaiveTime::MIN);
        Self {
            cause: Cause::DayQuota,
            until: Some(midnight),
        }
    }
}

impl Pause {
    /// Whether nothing is sent at `now`.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// What a refusal makes of what was there; `None` when it changes nothing, because what it
    /// answers was on its way when the pause began.
    pub fn struck(before: Option<&Self>, stop: Stop, now: DateTime<Utc>) -> Option<Self> {
        if before.is_some_and(|before| {
            before.holds(now) && (before.until.is_none() || stop.until <= before.until)
        }) {
            return None;
        }
        let again = before.filter(|before| {
            before.cause == stop.cause
                && before
                    .until
                    .is_some_and(|until| now < until + TEMPLATE_AGAIN)
        });
        let strikes = again.map_or(1, |before| before.strikes + 1);
        let until = match stop.cause {
            Cause::Template if strikes <= TEMPLATE_TRIES => Some(now + TEMPLATE_AGAIN),
            Cause::Template | Cause::Configuration => None,
            Cause::MinuteQuota | Cause::DayQuota | Cause::Token => {
                Some(stop.until.unwrap_or(now + TimeDelta::minutes(1)))
            }
        };
        Some(Self {
            cause: stop.cause,
            since: again.map_or(now, |before| before.since),
            until,
            strikes,
        })
    }

    /// Whether somebody has to be told: it does not end before the day does.
    pub fn is_alarming(&self) -> bool {
        self.until.is_none() || self.cause == Cause::DayQuota
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_quota_lasts_until_midnight_in_beijing() {
        let now = at("2026-09-24T07:00:00Z");
        assert_eq!(Stop::day(now).until, Some(at("2026-09-24T16:00:00Z")));
        assert_eq!(Stop::minute(now).until, Some(at("2026-09-24T07:01:00Z")));
    }

    #[test]
    fn a_template_is_tried_three_times_more_within_a_quarter_of_an_hour_and_then_stopped() {
        let mut now = at("2026-09-24T07:00:00Z");
        let stop = Stop {
            cause: Cause::Template,
            until: None,
        };
        let mut pause = Pause::struck(None, stop, now).unwrap();
        for _ in 0..3 {
            assert_eq!(Pause::struck(Some(&pause), stop, now), None);
            now = pause.until.unwrap();
            assert!(!pause.holds(now));
            pause = Pause::struck(Some(&pause), stop, now).unwrap();
        }
        assert_eq!((pause.until, pause.strikes), (None, 4));
        assert_eq!(pause.since, at("2026-09-24T07:00:00Z"));
        assert_eq!(now, at("2026-09-24T07:15:00Z"));
        assert_eq!(Pause::struck(Some(&pause), stop, now), None);
    }

    #[test]
    fn what_is_refused_again_after_a_while_begins_anew() {
        let now = at("2026-09-24T07:00:00Z");
        let stop = Stop {
            cause: Cause::Template,
            until: None,
        };
        let first = Pause::struck(None, stop, now).unwrap();
        let later = Pause::struck(Some(&first), stop, now + TimeDelta::hours(1)).unwrap();
        assert_eq!(later.strikes, 1);
    }

    #[test]
    fn a_longer_stop_takes_the_place_of_a_shorter_one() {
        let now = at("2026-09-24T07:00:00Z");
        let minute = Pause::struck(None, Stop::minute(now), now).unwrap();
        let day = Pause::struck(Some(&minute), Stop::day(now), now).unwrap();
        assert_eq!(day.cause, Cause::DayQuota);
        assert_eq!(Pause::struck(Some(&day), Stop::minute(now), now), None);
    }
}
