//! When what keeps the service well was last done from outside of it: backups and checkpoints.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::keyed("upkeep", "kind")
            .required("done_at", ColumnType::TimestampWithTimeZone)
            .required("note", ColumnType::Text)
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["upkeep"]).await
    }
}
