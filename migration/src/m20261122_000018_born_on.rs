//! When a member was born, sealed: the office counts by age band with it.

use sea_orm_migration::prelude::*;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sealed = ColumnType::VarBinary(StringLen::None);
        let mut column = ColumnDef::new_with_type("born_on_cipher", sealed);
        let mut table = Table::alter();
        table.table("member").add_column(column.null());
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table("member").drop_column("born_on_cipher");
        manager.alter_table(table).await
    }
}
