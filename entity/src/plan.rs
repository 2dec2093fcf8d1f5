//! A group's plan for one year; at most one row for the pair.

use domain::ids::{AccountId, CommitteeId, GroupId, PlanId, TermId};
use domain::plan::PlanStatus;
use sea_orm::entity::prelude::*;

/// A group's plan for one year; at most one row for the pair.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    /// The term the year belongs to.
    pub term_id: TermId,
    /// Whose plan it is.
    pub group_id: GroupId,
    /// For which year.
    pub year: i32,
    /// Where it stands.
    pub status: PlanStatus,
    /// Why it was returned.
    pub status_reason: Option<String>,
    /// Who drafted it.
    pub created_by: AccountId,
    /// Who submitted it.
    pub submitted_by: Option<AccountId>,
    /// Who put it together with the others.
    pub accepted_by: Option<AccountId>,
    /// Who entered that the leaders adopted it; never who accepted it.
    pub adopted_by: Option<AccountId>,
    /// When it was adopted.
    pub adopted_at: Option<DateTimeUtc>,
    /// The number of the document (文号) that adopted it.
    pub adopted_document: Option<String>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When drafted.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
