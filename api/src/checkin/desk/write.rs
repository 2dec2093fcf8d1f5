//! The one transaction in which all who wait at the desk are written down.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::attendance::AttendanceSource;
use domain::ids::{ActivityId, AttendanceId, CheckinId, CommitteeId, MemberId};
use entity::{activity, attendance, checkin};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, IdenStatic, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{Judged, Written};
use crate::app::App;
use crate::checkin::code::not_open;
use crate::checkin::service::{CheckedIn, arrival};
use crate::db::{among, found, insert as insert_many};
use crate::error::{ApiError, Result};
use crate::idempotency::{self, Under};

/// Writes check-ins down in one transaction and tells of each what became of it.
pub(super) async fn write(app: &App, judged: &[Judged]) -> Result<Vec<Result<Written>>> {
    app.db
        .write_acts(async |txn| {
            let mut outcomes = refused(txn, judged).await?;
            let good = |outcomes: &[Option<_>]| -> Vec<usize> {
                (0..judged.len())
                    .filter(|&at| outcomes[at].is_none())
                    .collect()
            };
            let waiting = good(&outcomes);
            let rows = waiting.iter().map(|&at| &judged[at].row);
            let new = insert(txn, rows).await?;
            let (first, again): (Vec<usize>, Vec<usize>) = waiting
                .into_iter()
                .partition(|&at| new.contains(&judged[at].row.id));
            attend(txn, first.iter().map(|&at| &judged[at])).await?;
            for (at, row) in stood(txn, judged, &again).await? {
                outcomes[at] = Some(Ok(Written::In(Box::new(CheckedIn { row, first: false }))));
            }
            let mut acts = Vec::with_capacity(first.len());
            for at in first {
                acts.push(judged[at].act());
                let row = judged[at].row.clone();
                outcomes[at] = Some(Ok(Written::In(Box::new(CheckedIn { row, first: true }))));
            }
            let vanished = || Err(ApiError::unavailable(anyhow::anyhow!("check-in vanished")));
            let outcomes = outcomes
                .into_iter()
                .map(|outcome| outcome.unwrap_or_else(vanished))
                .collect();
            Ok((outcomes, acts))
        })
        .await
}

/// Holds the activities open until the transaction ends, and tells of each who came too late for
/// his: closed, changed, or asked for under a key that another request has taken over.
async fn refused(
    txn: &DatabaseTransaction,
    judged: &[Judged],
) -> Result<Vec<Option<Result<Written>>>> {
    let keys: Vec<Under> = judged.iter().filter_map(|one| one.under).collect();
    let noted = idempotency::note_all(txn, &keys).await?;
    let keys: HashSet<(CommitteeId, ActivityId)> = judged
        .iter()
        .map(|one| (one.row.committee_id, one.row.activity_id))
        .collect();
    let activities: HashMap<(CommitteeId, ActivityId), activity::Model> = activity::Entity::find()
        .filter(among::<activity::Entity, 1>(
            txn.get_database_backend(),
            [activity::Column::Id],
            keys.into_iter().map(|(committee, id)| (committee, [id.0])),
        ))
        .order_by_asc(activity::Column::Id)
        .lock_shared()
        .all(txn)
        .await?
        .into_iter()
        .map(|row| ((row.committee_id, row.id), row))
        .collect();
    let refusal = |one: &Judged| {
        let Some(activity) = activities.get(&(one.row.committee_id, one.row.activity_id)) else {
            return Some(Err(ApiError::not_found()));
        };
        if one.under.is_some_and(|under| !noted.contains(&under)) {
            Some(Err(idempotency::in_progress()))
        } else if !activity.status.open() {
            Some(Err(not_open(activity)))
        } else if activity.version != one.version {
            Some(Ok(Written::Moved))
        } else {
            None
        }
    };
    Ok(judged.iter().map(refusal).collect())
}

/// Writes the rows; tells which of them are new. Taps can race past every look-up: `checkin_once`
/// lets one of them in.
async fn insert(
    txn: &DatabaseTransaction,
    rows: impl Iterator<Item = &checkin::Model>,
) -> Result<HashSet<CheckinId>> {
    use checkin::Column as C;
    let rows: Vec<checkin::Model> = rows.cloned().collect();
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let once = OnConflict::columns([C::CommitteeId, C::ActivityId, C::MemberId, C::Session])
        .do_nothing()
        .to_owned();
    let mut insert = insert_many(txn.get_database_backend(), &rows);
    insert.on_conflict(once).returning_col(C::Id);
    let new = txn.query_all(&insert).await?;
    let ids = new.iter().map(|row| row.try_get_by(C::Id.as_str()));
    Ok(ids.collect::<std::result::Result<_, _>>()?)
}

/// The check-ins that stood before these.
async fn stood(
    txn: &DatabaseTransaction,
    judged: &[Judged],
    again: &[usize],
) -> Result<Vec<(usize, checkin::Model)>> {
    if again.is_empty() {
        return Ok(Vec::new());
    }
    let rows = || again.iter().map(|&at| &judged[at].row);
    let keys = rows().map(|row| (row.committee_id, [row.activity_id.0, row.member_id.0]));
    let there: HashMap<_, checkin::Model> = checkin::Entity::find()
        .filter(among::<checkin::Entity, 2>(
            txn.get_database_backend(),
            [checkin::Column::ActivityId, checkin::Column::MemberId],
            keys,
        ))
        .all(txn)
        .await?
        .into_iter()
        .map(|row| (which(&row), row))
        .collect();
    let found = |&at: &usize| Some((at, there.get(&which(&judged[at].row))?.clone()));
    Ok(again.iter().filter_map(found).collect())
}

/// A check-in that can be there once.
type Which = (CommitteeId, ActivityId, MemberId, i32);

fn which(row: &checkin::Model) -> Which {
    (
        row.committee_id,
        row.activity_id,
        row.member_id,
        row.session,
    )
}

/// Adds new check-ins to what the attendances say of all sessions together.
async fn attend(
    txn: &DatabaseTransaction,
    judged: impl Iterator<Item = &Judged> + Clone,
) -> Result<()> {
    use attendance::Column as C;
    let keys: Vec<_> = judged
        .clone()
        .map(|one| (one.row.committee_id, [one.attendance.0]))
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    let backend = txn.get_database_backend();
    // In one order, so that two groups never wait for each other.
    let mut attendances: BTreeMap<AttendanceId, attendance::Model> = attendance::Entity::find()
        .filter(among::<attendance::Entity, 1>(backend, [C::Id], keys))
        .order_by_asc(C::Id)
        .lock_exclusive()
        .all(txn)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    for one in judged {
        let attendance = found(attendances.get_mut(&one.attendance))?;
        add(attendance, &one.row);
    }
    let rows: Vec<attendance::Model> = attendances.into_values().collect();
    let there = OnConflict::columns([C::CommitteeId, C::Id])
        .update_columns([
            C::Status,
            C::Source,
            C::CheckedInAt,
            C::Late,
            C::Offline,
            C::NeedsReview,
            C::UpdatedAt,
        ])
        .to_owned();
    txn.execute(insert_many(backend, &rows).on_conflict(there))
        .await?;
    Ok(())
}

fn add(attendance: &mut attendance::Model, checkin: &checkin::Model) {
    // What a person found stands; the check-in is kept beside it and the conflict is shown.
    let decided = matches!(
        attendance.source,
        Some(AttendanceSource::RollCall | AttendanceSource::Correction)
    );
    attendance.late |= checkin.late;
    attendance.offline |= checkin.offline;
    attendance.needs_review |= checkin.needs_review;
    if !decided {
        attendance.status = arrival(attendance.late);
        attendance.source = Some(AttendanceSource::Code);
    }
    // What was kept from an earlier session may arrive after the check-in to a later one.
    let before = attendance.checked_in_at.unwrap_or(checkin.at);
    attendance.checked_in_at = Some(before.min(checkin.at));
    attendance.updated_at = checkin.received_at;
}
