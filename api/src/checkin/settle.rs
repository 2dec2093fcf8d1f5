//! What becomes of every member's part when an activity closes.

use std::collections::{BTreeMap, HashMap};

use domain::attendance::{
    AttendanceSource, AttendanceStatus, ClosingRule, Presence, Settlement, Stay, settle,
};
use domain::ids::{AttendanceId, MemberId};
use domain::leave::LeaveReason;
use domain::score::{Attributes, Subject, Value};
use domain::session::Sessions;
use domain::time::local_date;
use entity::{Scoped, activity, attendance, checkin};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use crate::activity::service::{sessions_of, stay_of};
use crate::db::{NewFact, Write};
use crate::error::Result;
use crate::score::periods::require_open;

/// How many members left an activity with which status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Settled {
    /// There, in time.
    pub present: u32,
    /// There, late.
    pub late: u32,
    /// Gone before the end, or not checked out where that is asked for.
    pub left_early: u32,
    /// On approved leave.
    pub leave: u32,
    /// On leave that takes the activity out of the member's count.
    pub exempt: u32,
    /// Not there.
    pub absent: u32,
}

impl Settled {
    fn count(&mut self, status: AttendanceStatus) {
        match status {
            AttendanceStatus::Present => self.present += 1,
            AttendanceStatus::Late => self.late += 1,
            AttendanceStatus::LeftEarly => self.left_early += 1,
            AttendanceStatus::Leave => self.leave += 1,
            AttendanceStatus::Exempt => self.exempt += 1,
            // Settling leaves nobody merely invited; a roll call cannot say so either.
            AttendanceStatus::Absent | AttendanceStatus::Invited => self.absent += 1,
        }
    }
}

/// Settles every attendance of an activity and records one fact for each: called by closing,
/// inside its transaction, with the activity locked. What was settled before stays. Nothing is
/// settled in a closed period.
pub async fn settle_activity(write: &mut Write, activity: &activity::Model) -> Result<Settled> {
    require_open(write, local_date(activity.starts_at)).await?;
    let sessions = sessions_of(activity)?;
    let total = count(sessions.total());
    let rule = closing_rule(activity, sessions);
    let mut stays = stays(write, activity).await?;
    let rows = attendance::Entity::of(write.committee)
        .filter(attendance::Column::ActivityId.eq(activity.id))
        .filter(attendance::Column::SettledAt.is_null())
        .order_by_asc(attendance::Column::Id)
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    let mut settled = Settled::default();
    let mut alike: BTreeMap<(AttendanceStatus, i32), Vec<AttendanceId>> = BTreeMap::new();
    for row in &rows {
        let stays = stays.remove(&row.member_id).unwrap_or_default();
        let Settlement {
            status,
            sessions_attended,
        } = settle(&presence(row, stays), &rule);
        settled.count(status);
        let attended = count(sessions_attended);
        alike.entry((status, attended)).or_default().push(row.id);
        write.fact(fact(activity, row, status, (attended, total)));
    }
    for ((status, attended), ids) in alike {
        // SQLite takes 32,766 parameters in a statement.
        for ids in ids.chunks(500) {
            mark(write, status, (attended, total), ids).await?;
        }
    }
    Ok(settled)
}

/// A number of sessions as it is stored.
pub(super) fn count(sessions: usize) -> i32 {
    i32::try_from(sessions).expect("an activity has at most a dozen sessions")
}

/// To which sessions everybody checked in.
async fn stays(write: &Write, activity: &activity::Model) -> Result<HashMap<MemberId, Vec<Stay>>> {
    let checkins = checkin::Entity::of(write.committee)
        .filter(checkin::Column::ActivityId.eq(activity.id))
        .order_by_asc(checkin::Column::Session)
        .all(&write.txn)
        .await?;
    let mut stays: HashMap<_, Vec<Stay>> = HashMap::new();
    for row in checkins {
        stays.entry(row.member_id).or_default().push(stay_of(&row));
    }
    Ok(stays)
}

/// The fact of one member's part in an activity.
pub(super) fn fact(
    activity: &activity::Model,
    attendance: &attendance::Model,
    status: AttendanceStatus,
    (attended, total): (i32, i32),
) -> NewFact {
    let excused = matches!(status, AttendanceStatus::Leave | AttendanceStatus::Exempt);
    let reason = attendance.leave_reason.filter(|_| excused);
    let words = [
        ("activity", Some(activity.kind.as_str())),
        ("status", Some(status.as_str())),
        ("reason", reason.map(LeaveReason::as_str)),
    ];
    let mut attributes: Attributes = words
        .into_iter()
        .filter_map(|(name, word)| Some((name.to_owned(), Value::Word(word?.to_owned()))))
        .collect();
    for (name, number) in [("sessions_attended", attended), ("sessions_total", total)] {
        attributes.insert(name.to_owned(), Value::Integer(number.into()));
    }
    NewFact {
        subject: Subject::Member(attendance.member_id),
        kind: "attendance".to_owned(),
        happened_on: local_date(activity.starts_at),
        title: activity.title.clone(),
        reference: None,
        attributes,
        recorder: None,
        source_kind: SOURCE.to_owned(),
        source_id: attendance.id.0,
        reverses: None,
    }
}

/// The table that attendance facts come from.
pub(super) const SOURCE: &str = "attendance";

/// An activity that asks for a share of its time asks its members to check out as well: without
/// that nobody could tell how long they stayed.
fn closing_rule(activity: &activity::Model, sessions: Sessions) -> ClosingRule {
    let percent = activity
        .min_share_percent
        .and_then(|percent| u32::try_from(percent).ok());
    ClosingRule {
        sessions,
        min_share: percent.map(|percent| (percent, 100)),
        checkout_required: percent.is_some(),
        exempt_reasons: LeaveReason::ALL
            .iter()
            .copied()
            .filter(|reason| reason.exempt_by_default())
            .collect(),
    }
}

fn presence(row: &attendance::Model, stays: Vec<Stay>) -> Presence {
    // A correction that was approved before the end was decided by a person, as a roll call is.
    let decided = matches!(
        row.source,
        Some(AttendanceSource::RollCall | AttendanceSource::Correction)
    );
    Presence {
        stays,
        leave: row.leave_reason,
        roll_call: decided.then_some(row.status),
    }
}

async fn mark(
    write: &Write,
    status: AttendanceStatus,
    (attended, total): (i32, i32),
    ids: &[AttendanceId],
) -> Result<()> {
    let source = Func::coalesce([
        Expr::col(attendance::Column::Source),
        Expr::value(AttendanceSource::Settled),
    ]);
    attendance::Entity::update_many()
        .col_expr(attendance::Column::Status, Expr::value(status))
        .col_expr(attendance::Column::Source, source.into())
        .col_expr(attendance::Column::SessionsAttended, Expr::value(attended))
        .col_expr(attendance::Column::SessionsTotal, Expr::value(total))
        .col_expr(attendance::Column::SettledAt, Expr::value(write.at))
        .col_expr(attendance::Column::UpdatedAt, Expr::value(write.at))
        .filter(attendance::Column::CommitteeId.eq(write.committee))
        .filter(attendance::Column::Id.is_in(ids.iter().copied()))
        .exec(&write.txn)
        .await?;
    Ok(())
}
