//! Lists of duty records that are imported.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("duty_import")
            .required("kind", ColumnType::string(None))
            .required("file_name", ColumnType::string(None))
            .required("plan", ColumnType::Json)
            .required("plan_hash", ColumnType::string(None))
            .required("row_count", ColumnType::Integer)
            .required("error_count", ColumnType::Integer)
            .required("created_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .optional("applied_by", ColumnType::Uuid)
            .optional("applied_at", ColumnType::TimestampWithTimeZone)
            .optional("verified_by", ColumnType::Uuid)
            .optional("verified_at", ColumnType::TimestampWithTimeZone)
            .index("duty_import_kind", &["committee_id", "kind"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["duty_import"]).await
    }
}
