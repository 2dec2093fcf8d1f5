//! What was found of the texts and pictures of members, and what was decided of them.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("content_check")
            .required("kind", ColumnType::string(None))
            .required("subject_id", ColumnType::Uuid)
            .required("field", ColumnType::string(None))
            .required("text_hash", ColumnType::string(None))
            .required("account_id", ColumnType::Uuid)
            .required("written_at", ColumnType::TimestampWithTimeZone)
            .required("outcome", ColumnType::string(None))
            .optional("suggest", ColumnType::string(None))
            .optional("label", ColumnType::BigInteger)
            .optional("obstacle", ColumnType::string(None))
            .optional("app_id", ColumnType::string(None))
            .optional("trace_id", ColumnType::string(None))
            .optional("asked_at", ColumnType::TimestampWithTimeZone)
            .optional("checked_at", ColumnType::TimestampWithTimeZone)
            .optional("decision", ColumnType::string(None))
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("note", ColumnType::string(None))
            .references("account_id", "account")
            .unique(
                "content_check_once",
                &["committee_id", "kind", "subject_id", "field", "text_hash"],
            )
            .index("content_check_outcome", &["committee_id", "outcome"])
            .index("content_check_trace", &["committee_id", "trace_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["content_check"]).await
    }
}
