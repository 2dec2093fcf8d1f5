//! Calling the roll, written by the hundred.

use std::collections::HashMap;

use domain::attendance::AttendanceSource;
use domain::authority::{Scope, roles};
use entity::attendance;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::write::Done;
use super::{Call, Invited, Written};
use crate::access::{OperationType, op};
use crate::checkin::roll::Called;
use crate::db::{Act, among, update};
use crate::error::{ApiError, Code, Result};

/// Holds attendances until the transaction ends, in one order, so that two nodes never wait for
/// each other. Check-ins that refer to them go on elsewhere.
pub(super) async fn hold(
    txn: &DatabaseTransaction,
    invited: impl Iterator<Item = Invited>,
) -> Result<()> {
    attendances(txn, invited).await?;
    Ok(())
}

async fn attendances(
    txn: &DatabaseTransaction,
    invited: impl Iterator<Item = Invited>,
) -> Result<Vec<attendance::Model>> {
    use attendance::Column as C;
    let keys = invited.map(|(committee, activity, member)| (committee, [activity.0, member.0]));
    let rows = attendance::Entity::find()
        .filter(among::<attendance::Entity, 2>(
            txn.get_database_backend(),
            [C::ActivityId, C::MemberId],
            keys,
        ))
        .order_by_asc(C::CommitteeId)
        .order_by_asc(C::ActivityId)
        .order_by_asc(C::MemberId)
        .lock(LockType::NoKeyUpdate)
        .all(txn)
        .await?;
    Ok(rows)
}

/// Records what was found of these members, one after the other, and tells of each what became of
/// it. A check-in, if there is one, is kept.
pub(super) async fn call(
    txn: &DatabaseTransaction,
    calling: Vec<(usize, &Call)>,
) -> Result<Vec<(usize, Result<Done>)>> {
    if calling.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: HashMap<Invited, attendance::Model> =
        attendances(txn, calling.iter().map(|(_, call)| call.invited()))
            .await?
            .into_iter()
            .map(|row| ((row.committee_id, row.activity_id, row.member_id), row))
            .collect();
    let mut found = HashMap::new();
    let mut outcomes = Vec::with_capacity(calling.len());
    for (at, call) in calling {
        let row = rows.get_mut(&call.invited());
        let called = note(row, call);
        if let Ok(called) = &called {
            found.insert(call.invited(), called.attendance.clone());
        }
        let done = called.map(|called| Done {
            at,
            act: Some(act(call, &called)),
            written: Written::Called(Box::new(called)),
        });
        outcomes.push((at, done));
    }
    let found: Vec<attendance::Model> = found.into_values().collect();
    if !found.is_empty() {
        use attendance::Column as C;
        let columns = [
            C::Status,
            C::Source,
            C::RolledBy,
            C::RollReason,
            C::UpdatedAt,
        ];
        update(txn, &found, columns).await?;
    }
    Ok(outcomes)
}

/// Notes in the attendance what was found.
fn note(row: Option<&mut attendance::Model>, call: &Call) -> Result<Called> {
    let row =
        row.ok_or_else(|| ApiError::with(Code::NotInvited, "该委员不在本次活动的参加名单中"))?;
    let scope = Scope {
        groups: vec![row.group_id],
        member: None,
    };
    if !call.reach.covers(&scope) {
        return Err(ApiError::forbidden(roles(op::RollCall::OPERATION)));
    }
    if row.source == Some(AttendanceSource::Correction) {
        return Err(ApiError::with(
            Code::Conflict,
            "该委员的补签已经同意，不能再点名",
        ));
    }
    row.status = call.status;
    row.source = Some(AttendanceSource::RollCall);
    row.rolled_by = call.actor.account;
    row.roll_reason = Some(call.reason.clone());
    row.updated_at = call.at;
    Ok(Called::of(row.clone()))
}

fn act(call: &Call, called: &Called) -> Act {
    let attendance = &called.attendance;
    Act {
        actor: call.actor.clone(),
        operation: op::RollCall::OPERATION.as_str(),
        at: call.at,
        subject: Some(("attendance", attendance.id.to_string())),
        detail: json!({
            "activity": attendance.activity_id, "member": attendance.member_id,
            "status": attendance.status, "conflicts_with_check_in": called.conflicts,
        }),
        trace_id: call.trace_id.clone(),
    }
}
