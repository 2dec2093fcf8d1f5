//! What an approved correction does: the original status stays in every list, and what was settled
//! is mended by a reversal of its fact and a new fact, never by a change.

use std::collections::HashSet;

use domain::activity::ActivityStatus;
use domain::attendance::{AttendanceSource, AttendanceStatus};
use domain::ids::MemberId;
use domain::time::local_date;
use entity::{Scoped, activity, attendance, fact};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::settle::{SOURCE, count, fact};
use crate::activity::service::sessions_of;
use crate::db::{NewFact, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::score::periods::require_open;

/// Makes a member present at all sessions; what was settled already is taken back and recorded anew.
pub async fn mend(write: &mut Write, activity: &activity::Model, member: MemberId) -> Result<()> {
    if activity.status == ActivityStatus::Cancelled {
        return Err(ApiError::with(Code::Conflict, "活动已取消，不能补签"));
    }
    let attendance = attendance::Entity::of(write.committee)
        .filter(attendance::Column::ActivityId.eq(activity.id))
        .filter(attendance::Column::MemberId.eq(member))
        .lock_exclusive()
        .one(&write.txn)
        .await?;
    let attendance = found(attendance)?;
    let status = mended(&attendance);
    let total = count(sessions_of(activity)?.total());
    if attendance.settled_at.is_some() {
        require_open(write, local_date(activity.starts_at)).await?;
        if let Some(settled) = standing_fact(write, &attendance).await? {
            write.fact(NewFact::reversing(&settled)?);
        }
        write.fact(fact(activity, &attendance, status, (total, total)));
    }
    let settled_before = attendance.settled_at.is_some();
    let original = attendance.original_status.unwrap_or(attendance.status);
    let mut row = attendance.into_active_model();
    row.original_status = Set(Some(original));
    row.status = Set(status);
    row.source = Set(Some(AttendanceSource::Correction));
    if settled_before {
        row.sessions_attended = Set(Some(total));
        row.sessions_total = Set(Some(total));
    }
    row.updated_at = Set(write.at);
    row.update(&write.txn).await?;
    Ok(())
}

/// Who came late and is listed as gone or absent was late all the same; whose lateness itself is
/// corrected was in time.
fn mended(attendance: &attendance::Model) -> AttendanceStatus {
    if attendance.late && attendance.status != AttendanceStatus::Late {
        AttendanceStatus::Late
    } else {
        AttendanceStatus::Present
    }
}

/// The fact of this attendance that nothing has taken back.
async fn standing_fact(
    write: &Write,
    attendance: &attendance::Model,
) -> Result<Option<fact::Model>> {
    let facts = fact::Entity::of(write.committee)
        .filter(fact::Column::SourceId.eq(attendance.id.0))
        .filter(fact::Column::SourceKind.eq(SOURCE))
        .order_by_desc(fact::Column::Seq)
        .all(&write.txn)
        .await?;
    let reversed: HashSet<_> = facts.iter().filter_map(|fact| fact.reverses).collect();
    Ok(facts
        .into_iter()
        .find(|fact| fact.reverses.is_none() && !reversed.contains(&fact.id)))
}
