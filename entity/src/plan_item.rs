//! One thing a group plans for a quarter. The items of a plan are replaced together.

use domain::activity::{ActivityKind, ActivityMode};
use domain::ids::{CommitteeId, MemberId, PlanId, PlanItemId};
use sea_orm::entity::prelude::*;

/// One thing a group plans for a quarter. The items of a plan are replaced together.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_item")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanItemId,
    /// The plan.
    pub plan_id: PlanId,
    /// Place in the plan, from 1.
    pub ordinal: i32,
    /// 1 to 4.
    pub quarter: i32,
    /// Under which mode it is planned.
    pub mode: ActivityMode,
    /// What kind of activity it is to be.
    pub kind: ActivityKind,
    /// What it is to be about.
    pub topic: String,
    /// What else is to be known.
    pub note: Option<String>,
    /// The member of the group who sees to it.
    pub owner_member_id: MemberId,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
