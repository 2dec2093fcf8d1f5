//! A binding that the office must decide, because the roster entry has a WeChat already.

use domain::ids::{AccountId, BindingRequestId, CommitteeId, MemberId};
use domain::people::BindingState;
use sea_orm::entity::prelude::*;

/// A binding that the office must decide, because the roster entry has a WeChat already.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "binding_request")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BindingRequestId,
    /// Who asks.
    pub account_id: AccountId,
    /// Who he says he is.
    pub member_id: MemberId,
    /// Where it stands.
    pub state: BindingState,
    /// When he asked.
    pub created_at: DateTimeUtc,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Why.
    pub note: Option<String>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
