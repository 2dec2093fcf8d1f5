//! Which template of an account tells of a purpose, where the office says otherwise than the
//! configuration.

use domain::ids::{AccountId, CommitteeId, MessageTemplateId};
use domain::notice::{Channel, NoticePurpose};
use sea_orm::entity::prelude::*;

/// Which template of an account tells of a purpose, where the office says otherwise than the
/// configuration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_template")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageTemplateId,
    /// Which account.
    pub app_id: String,
    /// Which of its ways to tell somebody.
    pub channel: Channel,
    /// Of what it tells.
    pub purpose: NoticePurpose,
    /// WeChat's id of the template; empty where the purpose is not to be told of this way.
    pub template_id: String,
    /// Template key to our own name of the value.
    pub fields: Json,
    /// Of a subscription: whether one agreement is good for every message.
    pub long_term: bool,
    /// Who said so last.
    pub changed_by: Option<AccountId>,
    /// When.
    pub changed_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
