//! The committees' own assessment rules, version by version.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("rulebook")
            .required("key", ColumnType::string(None))
            .required("version", ColumnType::Integer)
            .required("title", ColumnType::string(None))
            .required("text", ColumnType::Text)
            .required("hash", ColumnType::string(None))
            .required("status", ColumnType::string(None))
            .optional("effective_from", ColumnType::Date)
            .required("created_by", ColumnType::Uuid)
            .required("authors", ColumnType::Json)
            .optional("proposed_by", ColumnType::Uuid)
            .optional("proposed_at", ColumnType::TimestampWithTimeZone)
            .optional("adopted_by", ColumnType::Uuid)
            .optional("adopted_at", ColumnType::TimestampWithTimeZone)
            .optional("adopted_document", ColumnType::string(None))
            .required("row_version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .unique("rulebook_version", &["committee_id", "key", "version"])
            .index(
                "rulebook_in_force",
                &["committee_id", "status", "effective_from"],
            )
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["rulebook"]).await
    }
}
