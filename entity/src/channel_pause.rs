//! What has stopped an account, or one template of it, from sending; one row for each of these.

use domain::ids::{AccountId, CommitteeId, PauseId};
use domain::notice::Channel;
use domain::notice::pause::Cause;
use sea_orm::entity::prelude::*;

/// What has stopped an account, or one template of it, from sending; one row for each of these.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "channel_pause")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PauseId,
    /// Which account.
    pub app_id: String,
    /// Which of its ways to tell somebody.
    pub channel: Channel,
    /// Which template; empty where it is the whole way.
    pub template_id: String,
    /// Why.
    pub cause: Cause,
    /// WeChat's code.
    pub code: Option<i64>,
    /// What WeChat said, without anything personal.
    pub message: Option<String>,
    /// WeChat's number of the refused request.
    pub rid: Option<String>,
    /// Our address as WeChat saw it.
    pub seen_ip: Option<String>,
    /// Since when.
    pub since: DateTimeUtc,
    /// When it ends by itself; empty where somebody must end it.
    pub until: Option<DateTimeUtc>,
    /// How often the same refusal came in a row.
    pub strikes: i32,
    /// Who ended it.
    pub resumed_by: Option<AccountId>,
    /// When it was ended.
    pub resumed_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
