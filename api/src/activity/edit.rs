//! Changing what was written of an activity: what is not mentioned stays.

use chrono::{DateTime, Utc};
use domain::activity::{ActivityKind, ActivityMode};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::audience::Audience;
use super::files::GivenFile;
use super::plan::{Plan, Point};
use super::sessions::SessionTimes;
use super::times::GivenTimes;
use crate::error::Result;

/// One field of an edit that may also be emptied.
#[derive(Clone, Copy, Debug, Default)]
pub enum Edited<T> {
    /// Not mentioned: it stays.
    #[default]
    Kept,
    /// `null`: it is emptied.
    Emptied,
    /// A new value.
    Given(T),
}

impl<T> Edited<T> {
    /// What stands after the edit where `now` stood.
    pub fn over(self, now: Option<T>) -> Option<T> {
        match self {
            Self::Kept => now,
            Self::Emptied => None,
            Self::Given(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edited<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Emptied, Self::Given))
    }
}

/// What is changed of an activity that is still being written. What is not mentioned stays; when
/// the start moves, instants that are not mentioned move with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityEdit {
    /// What it is.
    kind: Option<ActivityKind>,
    /// Under which mode it is planned.
    mode: Option<ActivityMode>,
    /// At most 100 characters.
    title: Option<String>,
    /// Agenda and what to bring, at most 5000 characters.
    content: Option<String>,
    /// Where, in words, at most 100 characters.
    venue: Option<String>,
    /// GCJ-02 degrees north; `null` for an activity that asks for no place.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    latitude: Edited<f64>,
    /// GCJ-02 degrees east.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    longitude: Edited<f64>,
    /// 10 to 5000.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    radius_m: Edited<i32>,
    /// Start.
    #[serde(default, with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    starts_at: Option<DateTime<Utc>>,
    /// End.
    #[serde(default, with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    ends_at: Option<DateTime<Utc>>,
    /// Check-in opens.
    #[serde(default, with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    opens_at: Option<DateTime<Utc>>,
    /// Check-in closes.
    #[serde(default, with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    closes_at: Option<DateTime<Utc>>,
    /// From here on a check-in is late.
    #[serde(default, with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    late_after: Option<DateTime<Utc>>,
    /// Replies are asked for until then.
    #[serde(default, with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    reply_by: Option<DateTime<Utc>>,
    /// All sessions anew, 1 to 12 in order and without overlap; in place of start and end, and
    /// needed to move an activity that has several.
    sessions: Option<Vec<SessionTimes>>,
    /// 1 to 100; `null` for no minimum.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    min_share_percent: Edited<i32>,
    /// Who is invited.
    pub(super) audience: Option<Audience>,
    /// What is shown with it, at most 10 files; replaces the list.
    pub(super) files: Option<Vec<GivenFile>>,
}

impl ActivityEdit {
    /// The plan after the edit, its instants in order but not yet checked.
    ///
    /// # Errors
    /// `validation_failed` when what is said of the instants cannot be followed.
    pub fn over(self, plan: Plan) -> Result<Plan> {
        let given = GivenTimes {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            late_after: self.late_after,
            reply_by: self.reply_by,
            sessions: self.sessions,
        };
        Ok(Plan {
            kind: self.kind.unwrap_or(plan.kind),
            mode: self.mode.unwrap_or(plan.mode),
            title: self.title.unwrap_or(plan.title),
            content: self.content.unwrap_or(plan.content),
            venue: self.venue.unwrap_or(plan.venue),
            point: Point {
                latitude: self.latitude.over(plan.point.latitude),
                longitude: self.longitude.over(plan.point.longitude),
                radius_m: self.radius_m.over(plan.point.radius_m),
            },
            times: plan.times.moved(&given)?,
            min_share_percent: self.min_share_percent.over(plan.min_share_percent),
        })
    }
}
