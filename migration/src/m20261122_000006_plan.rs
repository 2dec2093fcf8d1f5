//! The yearly plans of the groups.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("plan")
            .required("term_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("year", ColumnType::Integer)
            .required("status", ColumnType::string(None))
            .optional("status_reason", ColumnType::string(None))
            .required("created_by", ColumnType::Uuid)
            .optional("submitted_by", ColumnType::Uuid)
            .optional("accepted_by", ColumnType::Uuid)
            .optional("adopted_by", ColumnType::Uuid)
            .optional("adopted_at", ColumnType::TimestampWithTimeZone)
            .optional("adopted_document", ColumnType::string(None))
            .required("version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .references("term_id", "term")
            .references("group_id", "activity_group")
            .unique("plan_group_year", &["committee_id", "group_id", "year"])
            .create(manager)
            .await?;
        Table::scoped("plan_item")
            .required("plan_id", ColumnType::Uuid)
            .required("ordinal", ColumnType::Integer)
            .required("quarter", ColumnType::Integer)
            .required("mode", ColumnType::string(None))
            .required("kind", ColumnType::string(None))
            .required("topic", ColumnType::string(None))
            .optional("note", ColumnType::string(None))
            .required("owner_member_id", ColumnType::Uuid)
            .references("plan_id", "plan")
            .references("owner_member_id", "member")
            .index("plan_item_by_plan", &["committee_id", "plan_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["plan_item", "plan"]).await
    }
}
