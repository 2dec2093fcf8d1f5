//! A committee (政协委员会): the tenant every other row belongs to.

use domain::calendar::ShiftPolicy;
use domain::ids::CommitteeId;
use sea_orm::entity::prelude::*;

/// A committee (政协委员会): the tenant every other row belongs to.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "committee")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommitteeId,
    /// Short stable name used in user names (`name@code`) and in configuration.
    pub code: String,
    /// Its name as people read it.
    pub name: String,
    /// What is proposed when a rule date falls on a holiday.
    pub shift_policy: ShiftPolicy,
    /// How many workdays after an activity a correction may be asked for.
    pub correction_workdays: i32,
    /// How many hours a check-in made without network may come late.
    pub offline_hours: i32,
    /// Encrypted secret of the rotating check-in codes.
    pub code_secret: Vec<u8>,
    /// When it was set up.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
