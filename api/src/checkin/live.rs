//! The counts that the venue's screen shows while members come.

use chrono::{DateTime, TimeDelta, Utc};
use domain::attendance::{AttendanceSource, AttendanceStatus, Reply};
use domain::ids::MemberId;
use entity::{Scoped, activity, attendance, checkin};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::roll::names;
use crate::activity::service::sessions_of;
use crate::app::App;
use crate::error::Result;

/// How many of those who came last are named.
const LATEST: usize = 10;
/// How long the screen is served after the door closed.
const AFTER: TimeDelta = TimeDelta::minutes(30);

/// Where an activity stands at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many are invited.
    pub invited: usize,
    /// How many said they come.
    pub attend: usize,
    /// How many asked for leave instead.
    pub leave: usize,
    /// How many checked in.
    pub checked_in: usize,
    /// How many of these were late.
    pub late: usize,
    /// How many of these were sent later, from a phone without network.
    pub offline: usize,
    /// How many more a roll call found there.
    pub rolled: usize,
    /// The session that is on, or the next one.
    pub session: SessionNow,
    /// Who checked in last, and when.
    pub latest: Vec<(String, DateTime<Utc>)>,
}

/// The session that the screen is about: the one that is on, else the next, at the end the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionNow {
    /// Its number, from 1.
    pub ordinal: i32,
    /// How many sessions the activity has.
    pub of: usize,
    /// Its start.
    pub starts_at: DateTime<Utc>,
    /// Its end.
    pub ends_at: DateTime<Utc>,
    /// How many checked in to it.
    pub checked_in: usize,
}

/// When the screen of this activity goes dark.
pub fn ends_at(activity: &activity::Model) -> DateTime<Utc> {
    activity.closes_at.max(activity.ends_at) + AFTER
}

#[derive(Debug, sea_orm::FromQueryResult)]
struct Part {
    member_id: MemberId,
    status: AttendanceStatus,
    source: Option<AttendanceSource>,
    reply: Reply,
    checked_in_at: Option<DateTime<Utc>>,
    late: bool,
    offline: bool,
}

/// The counts of this moment.
pub async fn counts(app: &App, activity: &activity::Model) -> Result<Counts> {
    use attendance::Column as C;
    let parts = attendance::Entity::of(activity.committee_id)
        .filter(C::ActivityId.eq(activity.id))
        .select_only()
        .columns([
            C::MemberId,
            C::Status,
            C::Source,
            C::Reply,
            C::CheckedInAt,
            C::Late,
            C::Offline,
        ])
        .into_model::<Part>()
        .all(app.db.read())
        .await?;
    let mut counts = Counts {
        invited: parts.len(),
        ..Counts::default()
    };
    let mut came = Vec::new();
    let sessions = sessions_of(activity)?;
    let (ordinal, session) = sessions.on_at(app.clock.now());
    for part in &parts {
        match part.reply {
            Reply::Attend => counts.attend += 1,
            Reply::Leave => counts.leave += 1,
            Reply::None => {}
        }
        if let Some(at) = part.checked_in_at {
            came.push((at, part.member_id));
            counts.late += usize::from(part.late);
            counts.offline += usize::from(part.offline);
        } else if part.source == Some(AttendanceSource::RollCall) && part.status.attended() {
            counts.rolled += 1;
        }
    }
    counts.checked_in = came.len();
    counts.session = SessionNow {
        ordinal,
        of: sessions.total(),
        starts_at: session.starts_at,
        ends_at: session.ends_at,
        checked_in: came.len(),
    };
    if activity.sessions.is_some() {
        // Of several sessions the screen names those who came to this one.
        came = arrivals(app, activity, ordinal).await?;
        counts.session.checked_in = came.len();
    }
    came.sort_unstable_by(|a, b| b.cmp(a));
    came.truncate(LATEST);
    let names = names(
        app,
        activity.committee_id,
        came.iter().map(|(_, member)| *member),
    )
    .await?;
    counts.latest = came
        .into_iter()
        .filter_map(|(at, member)| Some((names.get(&member)?.name.clone(), at)))
        .collect();
    Ok(counts)
}

/// Who checked in to one session, and when.
async fn arrivals(
    app: &App,
    activity: &activity::Model,
    session: i32,
) -> Result<Vec<(DateTime<Utc>, MemberId)>> {
    use checkin::Column as C;
    let arrivals = checkin::Entity::of(activity.committee_id)
        .filter(C::ActivityId.eq(activity.id))
        .filter(C::Session.eq(session))
        .select_only()
        .columns([C::At, C::MemberId])
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(arrivals)
}
