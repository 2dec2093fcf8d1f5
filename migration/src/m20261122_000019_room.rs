//! Room beside rows that are changed soon after they were written.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// How full PostgreSQL makes a page, in hundredths. A row that finds room for its next version in
/// its own page needs no new entry in any index. Every line of a list of invitations is written
/// once and changed once or twice, some forty to a page; the head of a chain is changed with each entry.
const FULL: [(&str, u8); 2] = [("attendance", 85), ("ledger_head", 50)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, full) in FULL {
            let statement = format!("ALTER TABLE {table} SET (fillfactor = {full})");
            on_postgres(manager, &statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _) in FULL {
            let statement = format!("ALTER TABLE {table} RESET (fillfactor)");
            on_postgres(manager, &statement).await?;
        }
        Ok(())
    }
}

async fn on_postgres(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}
