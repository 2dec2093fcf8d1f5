//! Duty records and the facts that scoring counts.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("duty_record")
            .optional("member_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("thing_id", ColumnType::Uuid)
            .required("place", ColumnType::Integer)
            .required("kind", ColumnType::string(None))
            .required("title", ColumnType::string(None))
            .required("content", ColumnType::string(None))
            .required("done_on", ColumnType::Date)
            .required("attributes", ColumnType::Json)
            .required("evidence", ColumnType::Json)
            .optional("reference_no", ColumnType::string(None))
            .optional("filed_no", ColumnType::string(None))
            .optional("recorder", ColumnType::string(None))
            .optional("converted_from", ColumnType::Uuid)
            .optional("import_id", ColumnType::Uuid)
            .required("progress", ColumnType::Json)
            .required("status", ColumnType::string(None))
            .optional("status_reason", ColumnType::string(None))
            .required("declared_by", ColumnType::Uuid)
            .optional("checked_by", ColumnType::Uuid)
            .optional("verified_by", ColumnType::Uuid)
            .required("version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .references("member_id", "member")
            .references("group_id", "activity_group")
            .unique("duty_record_filed", &["committee_id", "kind", "filed_no"])
            .unique(
                "duty_record_place",
                &["committee_id", "thing_id", "kind", "place"],
            )
            .index("duty_record_member", &["committee_id", "member_id"])
            .index("duty_record_kind", &["committee_id", "kind"])
            .index("duty_record_import", &["committee_id", "import_id"])
            .index("duty_record_status", &["committee_id", "status"])
            .create(manager)
            .await?;
        Table::scoped("fact")
            .required("seq", ColumnType::BigInteger)
            .optional("member_id", ColumnType::Uuid)
            .optional("group_id", ColumnType::Uuid)
            .required("kind", ColumnType::string(None))
            .required("happened_on", ColumnType::Date)
            .required("title", ColumnType::string(None))
            .optional("reference", ColumnType::string(None))
            .required("attributes", ColumnType::string(None))
            .optional("recorder", ColumnType::string(None))
            .required("source_kind", ColumnType::string(None))
            .required("source_id", ColumnType::Uuid)
            .optional("reverses", ColumnType::Uuid)
            .optional("recorded_by", ColumnType::Uuid)
            .required("recorded_at", ColumnType::TimestampWithTimeZone)
            .required("prev_hash", ColumnType::string(None))
            .required("hash", ColumnType::string(None))
            .references("member_id", "member")
            .references("group_id", "activity_group")
            .unique("fact_seq", &["committee_id", "seq"])
            .unique("fact_reversed_once", &["committee_id", "reverses"])
            .index("fact_member", &["committee_id", "member_id", "happened_on"])
            .index("fact_group", &["committee_id", "group_id", "happened_on"])
            .index("fact_source", &["committee_id", "source_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["fact", "duty_record"]).await
    }
}
