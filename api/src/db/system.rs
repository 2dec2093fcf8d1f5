//! The committee that stands for the service itself.

use chrono::{DateTime, Utc};
use domain::calendar::ShiftPolicy;
use domain::ids::CommitteeId;
use entity::committee;
use sea_orm::{EntityTrait, Set};
use uuid::Uuid;

use super::{Db, begin_chains};
use crate::error::Result;

/// The committee that stands for the service itself: refusals of strangers are chained here.
pub const SYSTEM: CommitteeId = CommitteeId(Uuid::nil());

impl Db {
    /// Makes the committee that stands for the service itself, if it is not there yet.
    pub async fn found_system(&self, now: DateTime<Utc>) -> Result<()> {
        self.housekeeping(async |txn| {
            let system = committee::ActiveModel {
                id: Set(SYSTEM),
                code: Set("system".to_owned()),
                name: Set("系统".to_owned()),
                shift_policy: Set(ShiftPolicy::PreviousWorkday),
                correction_workdays: Set(0),
                offline_hours: Set(0),
                code_secret: Set(Vec::new()),
                created_at: Set(now),
            };
            committee::Entity::insert(system)
                .on_conflict_do_nothing_on([committee::Column::Id])
                .exec_without_returning(txn)
                .await?;
            begin_chains(txn, SYSTEM).await
        })
        .await
    }
}
