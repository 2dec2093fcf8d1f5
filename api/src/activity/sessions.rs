//! The sessions of an activity: as they are stored, as an author names them, as others see them.

use chrono::{DateTime, TimeDelta, Utc};
use domain::attendance::Stay;
use domain::session::{Session, Sessions};
use entity::{activity, checkin};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{ApiError, Result};
use crate::extract::instant;

/// How long before the start check-in opens unless told.
const OPENS_BEFORE: TimeDelta = TimeDelta::minutes(30);
/// How long after the start a check-in is not yet late unless told.
const LATE_AFTER: TimeDelta = TimeDelta::minutes(10);

/// The sessions of an activity.
///
/// They lie in its own row and not in a table beside it: they are written, moved and locked with
/// it as one, and a check-in, a list or a venue's screen needs no second query for them.
pub fn sessions_of(row: &activity::Model) -> Result<Sessions> {
    let Some(several) = row.sessions.clone() else {
        return Ok(Sessions::one(Session {
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            late_after: row.late_after,
        }));
    };
    let several = serde_json::from_value(several).map_err(ApiError::internal)?;
    Sessions::of(several)
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("an activity without sessions")))
}

/// As they are stored: one session alone is the outline of its activity and stored nowhere else.
pub fn stored(sessions: &Sessions) -> Option<Value> {
    let all: Vec<_> = sessions.numbered().map(|(_, session)| session).collect();
    (all.len() > 1).then(|| serde_json::json!(all))
}

/// What a stored check-in says of its member's stay.
pub fn stay_of(row: &checkin::Model) -> Stay {
    Stay {
        session: row.session,
        checked_in_at: row.at,
        late: row.late,
        checked_out_at: row.checked_out_at,
    }
}

/// When one session is, as the author of an activity says.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionTimes {
    /// Start.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub starts_at: DateTime<Utc>,
    /// End.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub ends_at: DateTime<Utc>,
    /// Check-in opens; unless told half an hour before the start, but not before the session ahead
    /// has closed.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Check-in closes; at the end unless told.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub closes_at: Option<DateTime<Utc>>,
    /// From here on a check-in is late; ten minutes after the start unless told.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub late_after: Option<DateTime<Utc>>,
}

impl SessionTimes {
    /// The session with what was left to us, behind the one `ahead` of it.
    pub fn planned(self, ahead: Option<&Session>) -> Session {
        let closes_at = self.closes_at.unwrap_or(self.ends_at);
        let opens_at = self.opens_at.unwrap_or_else(|| {
            let opens_at = self.starts_at - OPENS_BEFORE;
            let free = ahead.map_or(opens_at, |ahead| opens_at.max(ahead.closes_at));
            free.min(self.starts_at)
        });
        Session {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            opens_at,
            closes_at,
            late_after: self
                .late_after
                .unwrap_or((self.starts_at + LATE_AFTER).min(closes_at)),
        }
    }
}

/// One session of an activity.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Its number within the activity, from 1.
    pub ordinal: i32,
    /// Start.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub starts_at: DateTime<Utc>,
    /// End.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub ends_at: DateTime<Utc>,
    /// Check-in opens.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub opens_at: DateTime<Utc>,
    /// Check-in closes; at this instant it is closed.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub closes_at: DateTime<Utc>,
    /// From here on a check-in is late.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub late_after: DateTime<Utc>,
}

/// Each session as others see it.
pub fn shown(sessions: &Sessions) -> Vec<SessionView> {
    sessions
        .numbered()
        .map(|(ordinal, session)| SessionView {
            ordinal,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            opens_at: session.opens_at,
            closes_at: session.closes_at,
            late_after: session.late_after,
        })
        .collect()
}

/// A member's stay at one session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StayView {
    /// The number of the session.
    pub session: i32,
    /// When he checked in.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub checked_in_at: DateTime<Utc>,
    /// Whether that was late.
    pub late: bool,
    /// When he checked out.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_out_at: Option<DateTime<Utc>>,
}

impl From<Stay> for StayView {
    fn from(stay: Stay) -> Self {
        Self {
            session: stay.session,
            checked_in_at: stay.checked_in_at,
            late: stay.late,
            checked_out_at: stay.checked_out_at,
        }
    }
}
