//! The instants of an activity: what its author gives, what is left to us, what must fit together.

use chrono::{DateTime, TimeDelta, Utc};
use domain::session::{MOST, Misfit, Session, Sessions};
use entity::activity;
use sea_orm::Set;

use super::sessions::{SessionTimes, sessions_of, stored};
use crate::error::{ApiError, Result};
use crate::extract::Fields;

/// How long before the start replies are asked for unless told.
const REPLY_BEFORE: TimeDelta = TimeDelta::days(1);

/// The instants of an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// When each session is.
    pub sessions: Sessions,
    /// Replies are asked for until then.
    pub reply_by: DateTime<Utc>,
    /// Whether the author named the sessions one by one, so that we answer in the same words.
    named: bool,
}

/// What an author says of the instants of an activity: start and end, or each session.
#[derive(Clone, Debug, Default)]
pub struct GivenTimes {
    /// Start.
    pub starts_at: Option<DateTime<Utc>>,
    /// End.
    pub ends_at: Option<DateTime<Utc>>,
    /// Check-in opens.
    pub opens_at: Option<DateTime<Utc>>,
    /// Check-in closes.
    pub closes_at: Option<DateTime<Utc>>,
    /// From here on a check-in is late.
    pub late_after: Option<DateTime<Utc>>,
    /// Replies are asked for until then.
    pub reply_by: Option<DateTime<Utc>>,
    /// Each session.
    pub sessions: Option<Vec<SessionTimes>>,
}

impl GivenTimes {
    /// The sessions as they were named, and the outline given beside them must be theirs.
    fn named(&self) -> Result<Option<Sessions>> {
        let Some(given) = &self.sessions else {
            return Ok(None);
        };
        let mut sessions: Vec<Session> = Vec::new();
        if given.len() <= MOST {
            for times in given {
                sessions.push(times.planned(sessions.last()));
            }
        }
        let Some(sessions) = Sessions::of(sessions) else {
            let sentence = format!("场次应有 1 到 {MOST} 个");
            return Err(ApiError::field("/sessions", "out_of_range", sentence));
        };
        let mut fields = Fields::default();
        for (agrees, name, pointer) in self.against(&sessions) {
            let message = format!("与活动的{name}不一致，二者填写其一即可");
            fields.check(agrees, &pointer, "differs", &message);
        }
        fields.finish()?;
        Ok(Some(sessions))
    }

    /// Whether each instant of the outline that was given is that of `sessions`, how it is called
    /// and where these say it.
    fn against(&self, sessions: &Sessions) -> [(bool, &'static str, String); 5] {
        let outline = sessions.outline();
        let last = sessions.total() - 1;
        let first = |field| format!("/sessions/0/{field}");
        let agrees = |given: Option<DateTime<Utc>>, own| given.is_none_or(|given| given == own);
        [
            (
                agrees(self.starts_at, outline.starts_at),
                "开始时间",
                first("starts_at"),
            ),
            (
                agrees(self.ends_at, outline.ends_at),
                "结束时间",
                format!("/sessions/{last}/ends_at"),
            ),
            (
                agrees(self.opens_at, outline.opens_at),
                "签到开放时间",
                first("opens_at"),
            ),
            (
                agrees(self.closes_at, outline.closes_at),
                "签到截止时间",
                format!("/sessions/{last}/closes_at"),
            ),
            (
                agrees(self.late_after, outline.late_after),
                "迟到时间",
                first("late_after"),
            ),
        ]
    }

    /// The only session of an activity that was given by its start and end.
    fn only(&self) -> Result<Session> {
        self.complete()?;
        let (starts_at, ends_at) = self
            .starts_at
            .zip(self.ends_at)
            .expect("nothing of it is missing");
        let only = SessionTimes {
            starts_at,
            ends_at,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            late_after: self.late_after,
        };
        Ok(only.planned(None))
    }

    /// Says which of start and end is missing where the sessions are not named either.
    ///
    /// # Errors
    /// `validation_failed` with the fields that are needed.
    pub fn complete(&self) -> Result<()> {
        let mut fields = Fields::default();
        for (given, pointer) in [
            (self.starts_at.is_some(), "/starts_at"),
            (self.ends_at.is_some(), "/ends_at"),
        ] {
            let known = given || self.sessions.is_some();
            fields.check(
                known,
                pointer,
                "required",
                "必填，或在 sessions 中写明各场次",
            );
        }
        fields.finish()
    }
}

impl Times {
    /// The instants of a new activity. Check-in opens half an hour before a start and closes with
    /// the end, ten minutes are not yet late, and replies are asked for until a day before.
    ///
    /// # Errors
    /// `validation_failed` when neither sessions nor start and end are given, or they disagree.
    pub fn planned(given: &GivenTimes) -> Result<Self> {
        let (sessions, named) = match given.named()? {
            Some(sessions) => (sessions, true),
            None => (Sessions::one(given.only()?), false),
        };
        let starts_at = sessions.first().starts_at;
        Ok(Self {
            sessions,
            reply_by: given.reply_by.unwrap_or(starts_at - REPLY_BEFORE),
            named,
        })
    }

    /// The instants of an activity as it stands.
    pub fn of(row: &activity::Model) -> Result<Self> {
        Ok(Self {
            sessions: sessions_of(row)?,
            reply_by: row.reply_by,
            named: false,
        })
    }

    /// Start of the first session.
    pub fn starts_at(&self) -> DateTime<Utc> {
        self.sessions.first().starts_at
    }

    /// The same after an edit. Sessions that are named take the place of those that were. Without
    /// them what is not given of an only session keeps its distance: the closing to the end,
    /// everything else to the start.
    ///
    /// # Errors
    /// `validation_failed` when sessions and outline disagree, or an outline alone would have to
    /// move several sessions.
    pub fn moved(self, given: &GivenTimes) -> Result<Self> {
        let named = given.named()?;
        let before = *self.sessions.first();
        let (sessions, named) = match named {
            Some(sessions) => (sessions, true),
            None if self.sessions.total() == 1 => (Sessions::one(moved(before, given)), self.named),
            None if given
                .against(&self.sessions)
                .iter()
                .all(|(agrees, ..)| *agrees) =>
            {
                (self.sessions, self.named)
            }
            None => {
                return Err(ApiError::field(
                    "/sessions",
                    "required",
                    "活动分为多个场次，请在 sessions 中写明每个场次的时间",
                ));
            }
        };
        let by = sessions.first().starts_at - before.starts_at;
        Ok(Self {
            sessions,
            reply_by: given.reply_by.unwrap_or(self.reply_by + by),
            named,
        })
    }

    /// Says which instants do not fit together.
    pub fn check(&self, fields: &mut Fields) {
        for (ordinal, misfit) in self.sessions.misfits() {
            let (field, code, message) = told(misfit);
            // An outline has only one session to be wrong about.
            let pointer = if self.named || ordinal > 1 {
                format!("/sessions/{}/{field}", ordinal - 1)
            } else {
                format!("/{field}")
            };
            fields.wrong(pointer, code, message);
        }
        fields.check(
            self.reply_by <= self.starts_at(),
            "/reply_by",
            "after_start",
            "回复截止时间不能晚于活动开始时间",
        );
    }

    /// Writes them into a row.
    pub fn fill(&self, row: &mut activity::ActiveModel) {
        let outline = self.sessions.outline();
        row.starts_at = Set(outline.starts_at);
        row.ends_at = Set(outline.ends_at);
        row.opens_at = Set(outline.opens_at);
        row.closes_at = Set(outline.closes_at);
        row.late_after = Set(outline.late_after);
        row.sessions = Set(stored(&self.sessions));
        row.reply_by = Set(self.reply_by);
    }
}

/// An only session after an edit of its activity's start and end.
fn moved(before: Session, given: &GivenTimes) -> Session {
    let starts_at = given.starts_at.unwrap_or(before.starts_at);
    let by = starts_at - before.starts_at;
    let ends_at = given.ends_at.unwrap_or(before.ends_at + by);
    let end_by = ends_at - before.ends_at;
    Session {
        starts_at,
        ends_at,
        opens_at: given.opens_at.unwrap_or(before.opens_at + by),
        closes_at: given.closes_at.unwrap_or(before.closes_at + end_by),
        late_after: given.late_after.unwrap_or(before.late_after + by),
    }
}

/// At which field, by which code and in which words a misfit is told.
const fn told(misfit: Misfit) -> (&'static str, &'static str, &'static str) {
    match misfit {
        Misfit::EndsBeforeStart => ("ends_at", "before_start", "结束时间应晚于开始时间"),
        Misfit::OpensAfterStart => (
            "opens_at",
            "after_start",
            "签到开放时间不能晚于活动开始时间",
        ),
        Misfit::ClosesBeforeOpening => (
            "closes_at",
            "before_opening",
            "签到截止时间应晚于签到开放时间",
        ),
        Misfit::LateOutsideWindow => ("late_after", "outside_window", "迟到时间应在签到时间之内"),
        Misfit::StartsBeforeEndAhead => (
            "starts_at",
            "overlaps",
            "场次应按先后填写，开始时间不能早于上一场次的结束时间",
        ),
        Misfit::OpensBeforeCloseAhead => (
            "opens_at",
            "overlaps",
            "签到开放时间不能早于上一场次的签到截止时间",
        ),
    }
}

#[cfg(test)]
mod tests;
