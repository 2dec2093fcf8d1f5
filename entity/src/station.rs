//! A station (驿站): the place of a group and its official account.

use domain::ids::{CommitteeId, GroupId, StationId};
use sea_orm::entity::prelude::*;

/// A station (驿站): the place of a group and its official account.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "station")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StationId,
    /// The group that meets here.
    pub group_id: GroupId,
    /// Its name.
    pub name: String,
    /// Where it is, in words.
    pub address: Option<String>,
    /// GCJ-02 degrees north.
    pub latitude: Option<f64>,
    /// GCJ-02 degrees east.
    pub longitude: Option<f64>,
    /// The `AppID` of its official account; the secret is in the configuration.
    pub app_id: Option<String>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
