//! The sessions (场次) of an activity: one for an afternoon, two for a day with a break, several for
//! a plenary; and which instants of theirs fit together.
//!
//! What a check-in proves is left to [`crate::checkin`], what it is worth at the end to
//! [`crate::attendance`]. The session of somebody who signed in is another thing, see
//! [`crate::ids::SessionId`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How many sessions an activity has at most: two a day for a plenary of six days.
pub const MOST: usize = 12;

/// One session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
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
}

/// The sessions of one activity, at least one, numbered from 1 in the order in which they are
/// given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sessions {
    first: Session,
    others: Vec<Session>,
}

/// What does not fit about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It ends at its start or before.
    EndsBeforeStart,
    /// Check-in opens after its start.
    OpensAfterStart,
    /// Check-in closes at its opening or before.
    ClosesBeforeOpening,
    /// Nobody could be late, or nobody in time.
    LateOutsideWindow,
    /// It starts before the session ahead of it has ended.
    StartsBeforeEndAhead,
    /// Its check-in opens before that of the session ahead of it has closed.
    OpensBeforeCloseAhead,
}

impl Sessions {
    /// One session alone: the usual activity.
    pub const fn one(session: Session) -> Self {
        Self {
            first: session,
            others: Vec::new(),
        }
    }

    /// All of these in their order, if there are any.
    pub fn of(sessions: Vec<Session>) -> Option<Self> {
        let mut sessions = sessions.into_iter();
        let first = sessions.next()?;
        Some(Self {
            first,
            others: sessions.collect(),
        })
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        1 + self.others.len()
    }

    /// Each with its ordinal.
    pub fn numbered(&self) -> impl Iterator<Item = (i32, &Session)> {
        (1..).zip(std::iter::once(&self.first).chain(&self.others))
    }

    /// The first of them.
    pub const fn first(&self) -> &Session {
        &self.first
    }

    /// The last of them.
    pub fn last(&self) -> &Session {
        self.others.last().unwrap_or(&self.first)
    }

    /// The activity as one: from the first start to the last end, from the first opening to the
    /// last close, and late as at the first.
    pub fn outline(&self) -> Session {
        Session {
            ends_at: self.last().ends_at,
            closes_at: self.last().closes_at,
            ..self.first
        }
    }

    /// The session that is on at `now`, from its opening until it is over; else the next to come;
    /// after all of them the last.
    pub fn on_at(&self, now: DateTime<Utc>) -> (i32, &Session) {
        let mut numbered = self.numbered();
        let not_over = numbered.find(|(_, session)| now < session.ends_at.max(session.closes_at));
        not_over
            .or_else(|| self.numbered().last())
            .expect("there is at least one session")
    }

    /// Everything that does not fit, with the ordinal of its session.
    pub fn misfits(&self) -> Vec<(i32, Misfit)> {
        let mut misfits = Vec::new();
        let mut ahead: Option<&Session> = None;
        for (ordinal, session) in self.numbered() {
            let late_within = (session.opens_at..=session.closes_at).contains(&session.late_after);
            let checks = [
                (session.starts_at < session.ends_at, Misfit::EndsBeforeStart),
                (
                    session.opens_at <= session.starts_at,
                    Misfit::OpensAfterStart,
                ),
                (
                    session.opens_at < session.closes_at,
                    Misfit::ClosesBeforeOpening,
                ),
                (late_within, Misfit::LateOutsideWindow),
                (
                    ahead.is_none_or(|ahead| ahead.ends_at <= session.starts_at),
                    Misfit::StartsBeforeEndAhead,
                ),
                (
                    ahead.is_none_or(|ahead| ahead.closes_at <= session.opens_at),
                    Misfit::OpensBeforeCloseAhead,
                ),
            ];
            misfits.extend(
                checks
                    .into_iter()
                    .filter(|(fits, _)| !fits)
                    .map(|(_, misfit)| (ordinal, misfit)),
            );
            ahead = Some(session);
        }
        misfits
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// Minutes after nine in the morning.
    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_741_200, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    /// Check-in from half an hour before the start until the end, late from ten minutes after.
    fn session(starts: i64, ends: i64) -> Session {
        Session {
            starts_at: at(starts),
            ends_at: at(ends),
            opens_at: at(starts - 30),
            closes_at: at(ends),
            late_after: at(starts + 10),
        }
    }

    /// A morning of two hours and an afternoon of three.
    fn day() -> Sessions {
        Sessions::of(vec![session(0, 120), session(330, 510)]).unwrap()
    }

    #[test]
    fn the_outline_reaches_from_the_first_to_the_last() {
        let outline = day().outline();
        assert_eq!((outline.starts_at, outline.ends_at), (at(0), at(510)));
        assert_eq!((outline.opens_at, outline.closes_at), (at(-30), at(510)));
        assert_eq!(outline.late_after, at(10));
        assert_eq!(Sessions::one(session(0, 120)).outline(), session(0, 120));
        assert_eq!(Sessions::of(Vec::new()), None);
    }

    #[test]
    fn the_session_that_is_on_is_the_one_that_is_not_over() {
        for (minutes, ordinal) in [
            (-600, 1),
            (0, 1),
            (119, 1),
            (120, 2),
            (330, 2),
            (509, 2),
            (510, 2),
            (9000, 2),
        ] {
            assert_eq!(day().on_at(at(minutes)).0, ordinal, "{minutes}");
        }
    }

    #[test]
    fn sessions_follow_each_other_and_may_touch() {
        let misfits = |sessions: &[Session]| Sessions::of(sessions.to_vec()).unwrap().misfits();
        assert_eq!(day().misfits(), []);

        let next = Session {
            opens_at: at(120),
            ..session(120, 240)
        };
        assert_eq!(misfits(&[session(0, 120), next]), []);
        assert_eq!(
            misfits(&[session(0, 120), session(120, 240)]),
            [(2, Misfit::OpensBeforeCloseAhead)]
        );
        assert_eq!(
            misfits(&[session(330, 510), session(0, 120)]),
            [
                (2, Misfit::StartsBeforeEndAhead),
                (2, Misfit::OpensBeforeCloseAhead)
            ]
        );
    }

    #[test]
    fn each_session_fits_in_itself() {
        let good = session(0, 120);
        for (wrong, misfit) in [
            (
                Session {
                    ends_at: at(0),
                    ..good
                },
                Misfit::EndsBeforeStart,
            ),
            (
                Session {
                    opens_at: at(1),
                    ..good
                },
                Misfit::OpensAfterStart,
            ),
            (
                Session {
                    closes_at: at(-30),
                    late_after: at(-30),
                    ..good
                },
                Misfit::ClosesBeforeOpening,
            ),
            (
                Session {
                    late_after: at(121),
                    ..good
                },
                Misfit::LateOutsideWindow,
            ),
        ] {
            assert_eq!(Sessions::one(wrong).misfits(), [(1, misfit)]);
        }
    }
}
