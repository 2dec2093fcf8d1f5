//! The files of activities.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("activity_file")
            .required("activity_id", ColumnType::Uuid)
            .required("file_id", ColumnType::Uuid)
            .required("name", ColumnType::string(None))
            .required("ordinal", ColumnType::Integer)
            .references("activity_id", "activity")
            .references("file_id", "file")
            .unique(
                "activity_file_once",
                &["committee_id", "activity_id", "file_id"],
            )
            .index("activity_file_shown", &["committee_id", "file_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["activity_file"]).await
    }
}
