//! What the author of an activity writes, and what of it must fit together.

use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::{ActivityKind, ActivityMode};
use entity::activity;
use sea_orm::Set;

use crate::error::Result;
use crate::extract::Fields;

/// How long before the start check-in opens unless told.
const OPENS_BEFORE: TimeDelta = TimeDelta::minutes(30);
/// How long after the start a check-in is not yet late unless told.
const LATE_AFTER: TimeDelta = TimeDelta::minutes(10);
/// How long before the start replies are asked for unless told.
const REPLY_BEFORE: TimeDelta = TimeDelta::days(1);

/// The instants of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// Check-in opens.
    pub opens_at: DateTime<Utc>,
    /// Check-in closes; half-open.
    pub closes_at: DateTime<Utc>,
    /// From here on a check-in is late.
    pub late_after: DateTime<Utc>,
    /// Replies are asked for until then.
    pub reply_by: DateTime<Utc>,
}

/// The instants an author may leave to us.
#[derive(Clone, Copy, Debug, Default)]
pub struct GivenTimes {
    /// Check-in opens.
    pub opens_at: Option<DateTime<Utc>>,
    /// Check-in closes.
    pub closes_at: Option<DateTime<Utc>>,
    /// From here on a check-in is late.
    pub late_after: Option<DateTime<Utc>>,
    /// Replies are asked for until then.
    pub reply_by: Option<DateTime<Utc>>,
}

impl Times {
    /// Check-in opens half an hour before the start and closes with the end, ten minutes are not
    /// yet late, and replies are asked for until a day before.
    pub fn planned(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, given: GivenTimes) -> Self {
        let closes_at = given.closes_at.unwrap_or(ends_at);
        Self {
            starts_at,
            ends_at,
            opens_at: given.opens_at.unwrap_or(starts_at - OPENS_BEFORE),
            closes_at,
            late_after: given
                .late_after
                .unwrap_or((starts_at + LATE_AFTER).min(closes_at)),
            reply_by: given.reply_by.unwrap_or(starts_at - REPLY_BEFORE),
        }
    }

    /// The instants of an activity as it stands.
    pub fn of(row: &activity::Model) -> Self {
        Self {
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            late_after: row.late_after,
            reply_by: row.reply_by,
        }
    }

    /// The same with another start and end. What is not given keeps its distance: the closing to
    /// the end, everything else to the start.
    pub fn moved(
        self,
        starts_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
        given: GivenTimes,
    ) -> Self {
        let (by, end_by) = (starts_at - self.starts_at, ends_at - self.ends_at);
        Self {
            starts_at,
            ends_at,
            opens_at: given.opens_at.unwrap_or(self.opens_at + by),
            closes_at: given.closes_at.unwrap_or(self.closes_at + end_by),
            late_after: given.late_after.unwrap_or(self.late_after + by),
            reply_by: given.reply_by.unwrap_or(self.reply_by + by),
        }
    }

    /// Says which instants do not fit together.
    pub fn check(&self, fields: &mut Fields) {
        fields.check(
            self.starts_at < self.ends_at,
            "/ends_at",
            "before_start",
            "结束时间应晚于开始时间",
        );
        fields.check(
            self.opens_at <= self.starts_at,
            "/opens_at",
            "after_start",
            "签到开放时间不能晚于活动开始时间",
        );
        fields.check(
            self.opens_at < self.closes_at,
            "/closes_at",
            "before_opening",
            "签到截止时间应晚于签到开放时间",
        );
        let late_within = (self.opens_at..=self.closes_at).contains(&self.late_after);
        fields.check(
            late_within,
            "/late_after",
            "outside_window",
            "迟到时间应在签到时间之内",
        );
        fields.check(
            self.reply_by <= self.starts_at,
            "/reply_by",
            "after_start",
            "回复截止时间不能晚于活动开始时间",
        );
    }

    /// Writes them into a row.
    pub fn fill(&self, row: &mut activity::ActiveModel) {
        row.starts_at = Set(self.starts_at);
        row.ends_at = Set(self.ends_at);
        row.opens_at = Set(self.opens_at);
        row.closes_at = Set(self.closes_at);
        row.late_after = Set(self.late_after);
        row.reply_by = Set(self.reply_by);
    }
}

/// Where members must be to check in; all of it or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// GCJ-02 degrees north.
    pub latitude: Option<f64>,
    /// GCJ-02 degrees east.
    pub longitude: Option<f64>,
    /// How far from the point still counts as there.
    pub radius_m: Option<i32>,
}

impl Point {
    /// The point of an activity as it stands.
    pub fn of(row: &activity::Model) -> Self {
        Self {
            latitude: row.latitude,
            longitude: row.longitude,
            radius_m: row.radius_m,
        }
    }

    /// Whether the activity asks for a place at all.
    pub fn is_asked(&self) -> bool {
        self.latitude.is_some() || self.longitude.is_some() || self.radius_m.is_some()
    }

    /// Says what is missing or off the map.
    pub fn check(&self, fields: &mut Fields) {
        if !self.is_asked() {
            return;
        }
        let missing = "纬度、经度和签到半径须同时填写";
        match self.latitude {
            Some(degrees) => fields.check(
                (-90.0..=90.0).contains(&degrees),
                "/latitude",
                "out_of_range",
                "纬度应在 -90 到 90 之间",
            ),
            None => fields.wrong("/latitude", "required", missing),
        }
        match self.longitude {
            Some(degrees) => fields.check(
                (-180.0..=180.0).contains(&degrees),
                "/longitude",
                "out_of_range",
                "经度应在 -180 到 180 之间",
            ),
            None => fields.wrong("/longitude", "required", missing),
        }
        match self.radius_m {
            Some(metres) => fields.check(
                (10..=5000).contains(&metres),
                "/radius_m",
                "out_of_range",
                "签到半径应在 10 到 5000 米之间",
            ),
            None => fields.wrong("/radius_m", "required", missing),
        }
    }

    /// Writes it into a row.
    pub fn fill(&self, row: &mut activity::ActiveModel) {
        row.latitude = Set(self.latitude);
        row.longitude = Set(self.longitude);
        row.radius_m = Set(self.radius_m);
    }
}

/// Everything the author writes but who is invited.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is.
    pub kind: ActivityKind,
    /// Under which mode it is planned.
    pub mode: ActivityMode,
    /// Title.
    pub title: String,
    /// Agenda and what to bring.
    pub content: String,
    /// Where, in words.
    pub venue: String,
    /// Where, on the map.
    pub point: Point,
    /// When.
    pub times: Times,
    /// Below this share of the time a member counts as absent.
    pub min_share_percent: Option<i32>,
}

impl Plan {
    /// The plan of an activity as it stands.
    pub fn of(row: &activity::Model) -> Self {
        Self {
            kind: row.kind,
            mode: row.mode,
            title: row.title.clone(),
            content: row.content.clone(),
            venue: row.venue.clone(),
            point: Point::of(row),
            times: Times::of(row),
            min_share_percent: row.min_share_percent,
        }
    }

    /// The plan with its texts as they are stored.
    ///
    /// # Errors
    /// `validation_failed` with everything that does not fit.
    pub fn checked(mut self) -> Result<Self> {
        let mut fields = Fields::default();
        self.title = fields.line("/title", &self.title, 100);
        self.content = fields.paragraph("/content", &self.content, 5000);
        self.venue = fields.line("/venue", &self.venue, 100);
        self.point.check(&mut fields);
        self.times.check(&mut fields);
        let share_fits = self
            .min_share_percent
            .is_none_or(|percent| (1..=100).contains(&percent));
        fields.check(
            share_fits,
            "/min_share_percent",
            "out_of_range",
            "出席时长比例应在 1 到 100 之间",
        );
        fields.finish()?;
        Ok(self)
    }

    /// Writes it into a row.
    pub fn fill(self, row: &mut activity::ActiveModel) {
        self.point.fill(row);
        self.times.fill(row);
        row.kind = Set(self.kind);
        row.mode = Set(self.mode);
        row.title = Set(self.title);
        row.content = Set(self.content);
        row.venue = Set(self.venue);
        row.min_share_percent = Set(self.min_share_percent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_plan_with_start_and_end_alone_is_complete() {
        let times = Times::planned(at(0), at(120), GivenTimes::default());

        assert_eq!((times.opens_at, times.closes_at), (at(-30), at(120)));
        assert_eq!((times.late_after, times.reply_by), (at(10), at(-1440)));
        let mut fields = Fields::default();
        times.check(&mut fields);
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn what_is_not_mentioned_moves_with_the_start_and_the_end() {
        let given = GivenTimes {
            late_after: Some(at(5)),
            ..GivenTimes::default()
        };
        let times =
            Times::planned(at(0), at(120), given).moved(at(60), at(240), GivenTimes::default());

        assert_eq!((times.opens_at, times.late_after), (at(30), at(65)));
        assert_eq!(times.closes_at, at(240));
    }

    #[test]
    fn half_a_place_is_none() {
        let wrong = |latitude, longitude, radius_m| {
            let mut fields = Fields::default();
            Point {
                latitude,
                longitude,
                radius_m,
            }
            .check(&mut fields);
            fields
                .finish()
                .err()
                .map_or(0, |refusal| refusal.errors.len())
        };
        assert_eq!(wrong(None, None, None), 0);
        assert_eq!(wrong(Some(37.07), Some(114.48), Some(200)), 0);
        assert_eq!(wrong(Some(37.07), None, None), 2);
        assert_eq!(wrong(None, None, Some(200)), 2);
        assert_eq!(wrong(Some(f64::NAN), Some(180.1), Some(9)), 3);
    }
}
