//! The record: audit log, chains, jobs, idempotency keys, files.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::told_by("audit", &["committee_id", "seq"])
            .required("seq", ColumnType::BigInteger)
            .required("id", ColumnType::Uuid)
            .required("at", ColumnType::TimestampWithTimeZone)
            .optional("actor_id", ColumnType::Uuid)
            .required("actor", ColumnType::string(None))
            .required("operation", ColumnType::string(None))
            .required("outcome", ColumnType::string(None))
            .optional("code", ColumnType::string(None))
            .optional("subject_kind", ColumnType::string(None))
            .optional("subject_id", ColumnType::string(None))
            .required("detail", ColumnType::string(None))
            .required("trace_id", ColumnType::string(None))
            .required("prev_hash", ColumnType::string(None))
            .required("hash", ColumnType::string(None))
            .index("audit_subject", &["committee_id", "subject_id"])
            .create(manager)
            .await?;
        Table::keyed("ledger_head", "chain")
            .required("seq", ColumnType::BigInteger)
            .required("hash", ColumnType::string(None))
            .create(manager)
            .await?;
        Table::scoped("job")
            .required("kind", ColumnType::string(None))
            .required("payload", ColumnType::Json)
            .optional("unique_key", ColumnType::string(None))
            .required("run_at", ColumnType::TimestampWithTimeZone)
            .required("state", ColumnType::string(None))
            .required("attempts", ColumnType::Integer)
            .optional("lease_until", ColumnType::TimestampWithTimeZone)
            .required("fence", ColumnType::Integer)
            .optional("last_error", ColumnType::string(None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .optional("finished_at", ColumnType::TimestampWithTimeZone)
            .unique("job_unique_key", &["committee_id", "unique_key"])
            .index("job_due", &["state", "run_at"])
            .create(manager)
            .await?;
        Table::scoped("idempotency")
            .required("account_id", ColumnType::Uuid)
            .required("operation", ColumnType::string(None))
            .required("key", ColumnType::string(None))
            .required("body_hash", ColumnType::string(None))
            .optional("status", ColumnType::Integer)
            .optional("body", ColumnType::VarBinary(StringLen::None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("expires_at", ColumnType::TimestampWithTimeZone)
            .unique(
                "idempotency_once",
                &["committee_id", "account_id", "operation", "key"],
            )
            .create(manager)
            .await?;
        Table::scoped("file")
            .required("owner_id", ColumnType::Uuid)
            .required("media_type", ColumnType::string(None))
            .required("size", ColumnType::BigInteger)
            .required("sha256", ColumnType::string(None))
            .required("data", ColumnType::VarBinary(StringLen::None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["file", "idempotency", "job", "ledger_head", "audit"],
        )
        .await
    }
}
