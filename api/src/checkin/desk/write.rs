//! The one transaction in which all who wait at the desk are written down.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::activity::ActivityStatus;
use domain::ids::{ActivityId, CommitteeId};
use entity::activity;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::arrivals::arrive;
use super::roll_calls::{call, hold};
use super::{Call, Entry, Judged, Written};
use crate::app::App;
use crate::checkin::roll;
use crate::db::{Act, among};
use crate::error::{ApiError, Result};
use crate::idempotency::{self, Under};

/// What became of one entry, by its place among those that came together.
pub(super) struct Done {
    pub at: usize,
    pub written: Written,
    /// What the record says of it, where something was written.
    pub act: Option<Act>,
}

/// Writes entries down in one transaction and tells of each what became of it.
pub(super) async fn write(app: &App, entries: &[Entry]) -> Result<Vec<Result<Written>>> {
    app.db
        .write_acts(async |txn| {
            let mut outcomes = refused(txn, entries).await?;
            let (mut arriving, mut calling) = (Vec::new(), Vec::new());
            for (at, entry) in entries.iter().enumerate() {
                match entry {
                    _ if outcomes[at].is_some() => {}
                    Entry::CheckIn(judged) => arriving.push((at, judged)),
                    Entry::RollCall(call) => calling.push((at, call)),
                }
            }
            if !calling.is_empty() {
                let arriving = arriving.iter().map(|(_, judged)| judged.invited());
                let calling = calling.iter().map(|(_, call)| call.invited());
                hold(txn, arriving.chain(calling)).await?;
            }
            let mut done = arrive(txn, arriving).await?;
            let called = call(txn, calling).await?;
            for (at, outcome) in called {
                match outcome {
                    Ok(called) => done.push(called),
                    Err(refusal) => outcomes[at] = Some(Err(refusal)),
                }
            }
            // The record follows the order in which they came.
            done.sort_unstable_by_key(|one| one.at);
            let mut acts = Vec::with_capacity(done.len());
            for one in done {
                acts.extend(one.act);
                outcomes[one.at] = Some(Ok(one.written));
            }
            let outcomes: Vec<Result<Written>> = outcomes
                .into_iter()
                .map(|outcome| outcome.unwrap_or(Ok(Written::Unfit)))
                .collect();
            let undone = entries.iter().zip(&outcomes);
            let undone =
                undone.filter(|(_, outcome)| matches!(outcome, Ok(Written::Unfit) | Err(_)));
            let undone: Vec<Under> = undone.filter_map(|(entry, _)| entry.under()).collect();
            idempotency::take_back(txn, &undone).await?;
            Ok((outcomes, acts))
        })
        .await
}

/// What of an activity decides whether an entry is still good.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "activity::Entity")]
struct Held {
    committee_id: CommitteeId,
    id: ActivityId,
    status: ActivityStatus,
    opens_at: DateTime<Utc>,
    version: i32,
}

impl Held {
    /// Whether the check-in may not be good any more. Who stands there already hears so whatever
    /// became of the activity, so nobody is refused before he was judged again.
    fn refuses(&self, one: &Judged) -> Option<Result<Written>> {
        let as_judged = self.status.open() && self.version == one.version;
        (!as_judged).then_some(Ok(Written::Unfit))
    }

    /// Why the roll is not called.
    fn refuses_to_call(&self, one: &Call) -> Option<Result<Written>> {
        roll::callable(self.status, self.opens_at, one.at)
            .err()
            .map(Err)
    }
}

/// Holds the activities open until the transaction ends, and tells of each entry that came too late
/// for its own: closed, changed, or asked for under a key that another request has taken over.
async fn refused(
    txn: &DatabaseTransaction,
    entries: &[Entry],
) -> Result<Vec<Option<Result<Written>>>> {
    let keys: Vec<Under> = entries.iter().filter_map(Entry::under).collect();
    let noted = idempotency::note_all(txn, &keys).await?;
    let keys: HashSet<(CommitteeId, ActivityId)> = entries.iter().map(Entry::activity).collect();
    let activities: HashMap<(CommitteeId, ActivityId), Held> = activity::Entity::find()
        .filter(among::<activity::Entity, 1>(
            txn.get_database_backend(),
            [activity::Column::Id],
            keys.into_iter().map(|(committee, id)| (committee, [id.0])),
        ))
        .order_by_asc(activity::Column::Id)
        .lock_shared()
        .into_partial_model::<Held>()
        .all(txn)
        .await?
        .into_iter()
        .map(|row| ((row.committee_id, row.id), row))
        .collect();
    let refusal = |entry: &Entry| {
        let Some(activity) = activities.get(&entry.activity()) else {
            return Some(Err(ApiError::not_found()));
        };
        if entry.under().is_some_and(|under| !noted.contains(&under)) {
            return Some(Err(idempotency::in_progress()));
        }
        match entry {
            Entry::CheckIn(judged) => activity.refuses(judged),
            Entry::RollCall(call) => activity.refuses_to_call(call),
        }
    };
    Ok(entries.iter().map(refusal).collect())
}
