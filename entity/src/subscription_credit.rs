//! One message that somebody agreed to get: one tap on "accept"; spent once or void.

use domain::ids::{CommitteeId, CreditId, DeliveryId, IdentityId};
use sea_orm::entity::prelude::*;

/// One message that somebody agreed to get: one tap on "accept"; spent once or void.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription_credit")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CreditId,
    /// Who agreed, in which app.
    pub identity_id: IdentityId,
    /// To which template.
    pub template_id: String,
    /// The tap as the phone named it, if the phone told of it.
    pub client_key: Option<String>,
    /// The tap as WeChat named it, if WeChat told of it.
    pub event_key: Option<String>,
    /// When.
    pub agreed_at: DateTimeUtc,
    /// The message it was spent on.
    pub spent_by: Option<DeliveryId>,
    /// When it was spent.
    pub spent_at: Option<DateTimeUtc>,
    /// When WeChat was found to know nothing of it.
    pub void_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
