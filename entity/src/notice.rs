//! Something to be told to members: one purpose, one activity or period, one moment.

use domain::ids::{AccountId, ActivityId, CommitteeId, NoticeId, PeriodId};
use domain::notice::NoticePurpose;
use sea_orm::entity::prelude::*;

/// Something to be told to members: one purpose, one activity or period, one moment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeId,
    /// About which activity.
    pub activity_id: Option<ActivityId>,
    /// About which period of assessment.
    pub period_id: Option<PeriodId>,
    /// Why.
    pub purpose: NoticePurpose,
    /// What the inbox shows as title.
    pub title: String,
    /// What the inbox shows below.
    pub body: String,
    /// What template fields are filled from, by our own names.
    pub fields: Json,
    /// Who sent it; nobody for reminders.
    pub created_by: Option<AccountId>,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
