//! Work to be done after a change, enqueued with it.

use domain::ids::{CommitteeId, JobId};
use sea_orm::entity::prelude::*;

/// Work to be done after a change, enqueued with it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// With what.
    pub payload: Json,
    /// At most one job of this key.
    pub unique_key: Option<String>,
    /// Not before this.
    pub run_at: DateTimeUtc,
    /// `ready`, `done` or `dead`.
    pub state: String,
    /// How often it was claimed.
    pub attempts: i32,
    /// Until when a worker has it.
    pub lease_until: Option<DateTimeUtc>,
    /// Raised with each claim; only the latest claim may finish it.
    pub fence: i32,
    /// What went wrong last, without personal data.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTimeUtc,
    /// When it was done or given up.
    pub finished_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
