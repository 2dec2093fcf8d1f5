//! When what keeps the service well was last done from outside of it, and an index of the deliveries
//! that have not come to an end: they are counted several times a minute among millions that have.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::keyed("upkeep", "kind")
            .required("done_at", ColumnType::TimestampWithTimeZone)
            .required("note", ColumnType::Text)
            .create(manager)
            .await?;
        // Whoever counts writes the condition in the same words, without parameters.
        let index = "CREATE INDEX delivery_unsettled ON delivery (state) \
            WHERE state IN ('pending', 'sending', 'accepted')";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("delivery_unsettled")
                    .table("delivery")
                    .to_owned(),
            )
            .await?;
        drop_tables(manager, &["upkeep"]).await
    }
}
