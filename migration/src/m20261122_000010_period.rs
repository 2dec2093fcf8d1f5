//! Periods of assessment, their frozen sheets, and what was amended afterwards.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("period")
            .required("key", ColumnType::string(None))
            .required("unit", ColumnType::string(None))
            .required("year", ColumnType::Integer)
            .required("number", ColumnType::Integer)
            .required("first", ColumnType::Date)
            .required("last", ColumnType::Date)
            .required("status", ColumnType::string(None))
            .required("closings", ColumnType::Integer)
            .optional("findings", ColumnType::Json)
            .optional("force_reason", ColumnType::string(None))
            .optional("close_proposed_by", ColumnType::Uuid)
            .optional("close_proposed_at", ColumnType::TimestampWithTimeZone)
            .optional("closed_by", ColumnType::Uuid)
            .optional("closed_at", ColumnType::TimestampWithTimeZone)
            .optional("document", ColumnType::string(None))
            .optional("rulebook_id", ColumnType::Uuid)
            .optional("rulebook_hash", ColumnType::string(None))
            .optional("rulebook_text", ColumnType::Text)
            .optional("facts_seq", ColumnType::BigInteger)
            .optional("facts_hash", ColumnType::string(None))
            .optional("sheets_hash", ColumnType::string(None))
            .optional("reopen_proposed_by", ColumnType::Uuid)
            .optional("reopen_reason", ColumnType::string(None))
            .optional("reopen_document", ColumnType::string(None))
            .optional("reopened_by", ColumnType::Uuid)
            .optional("reopened_at", ColumnType::TimestampWithTimeZone)
            .required("row_version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .unique("period_key_once", &["committee_id", "key"])
            .index("period_days", &["committee_id", "first", "last"])
            .create(manager)
            .await?;
        Table::scoped("amendment")
            .required("period_id", ColumnType::Uuid)
            .required("closing", ColumnType::Integer)
            .required("kind", ColumnType::string(None))
            .optional("member_id", ColumnType::Uuid)
            .optional("group_id", ColumnType::Uuid)
            .optional("fact", ColumnType::Json)
            .optional("reverses", ColumnType::Uuid)
            .required("reason", ColumnType::string(None))
            .required("document", ColumnType::string(None))
            .required("status", ColumnType::string(None))
            .required("proposed_by", ColumnType::Uuid)
            .required("proposed_at", ColumnType::TimestampWithTimeZone)
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("ordinal", ColumnType::Integer)
            .optional("note", ColumnType::string(None))
            .references("period_id", "period")
            .references("member_id", "member")
            .references("group_id", "activity_group")
            .index("amendment_period", &["committee_id", "period_id"])
            .create(manager)
            .await?;
        Table::scoped("sheet")
            .required("period_id", ColumnType::Uuid)
            .required("closing", ColumnType::Integer)
            .optional("member_id", ColumnType::Uuid)
            .optional("group_id", ColumnType::Uuid)
            .required("revision", ColumnType::Integer)
            .optional("amendment_id", ColumnType::Uuid)
            .required("document", ColumnType::Text)
            .required("hash", ColumnType::string(None))
            .required("basis", ColumnType::Text)
            .required("total", ColumnType::BigInteger)
            .optional("grade", ColumnType::string(None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("period_id", "period")
            .references("member_id", "member")
            .references("group_id", "activity_group")
            .references("amendment_id", "amendment")
            .unique(
                "sheet_member_revision",
                &["committee_id", "period_id", "member_id", "revision"],
            )
            .unique(
                "sheet_group_revision",
                &["committee_id", "period_id", "group_id", "revision"],
            )
            .index("sheet_closing", &["committee_id", "period_id", "closing"])
            .index("sheet_member", &["committee_id", "member_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["sheet", "amendment", "period"]).await
    }
}
