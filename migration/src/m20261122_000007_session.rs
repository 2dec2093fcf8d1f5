//! Activities of several sessions: their times, a check-in for each, and how many were attended.

use sea_orm_migration::prelude::*;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What was settled before had one session.
const ATTENDED_ONE: &str = "UPDATE attendance SET sessions_total = 1, sessions_attended = \
     CASE WHEN status IN ('present', 'late', 'left_early') THEN 1 ELSE 0 END \
     WHERE settled_at IS NOT NULL";

/// Check-outs stood with the attendance alone.
const CHECKED_OUT: &str = "UPDATE checkin SET checked_out_at = (SELECT attendance.checked_out_at FROM attendance \
     WHERE attendance.committee_id = checkin.committee_id AND attendance.activity_id = checkin.activity_id \
     AND attendance.member_id = checkin.member_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("activity", optional("sessions", ColumnType::Json)),
            (
                "attendance",
                optional("sessions_attended", ColumnType::Integer),
            ),
            (
                "attendance",
                optional("sessions_total", ColumnType::Integer),
            ),
            (
                "checkin",
                optional("checked_out_at", ColumnType::TimestampWithTimeZone),
            ),
        ];
        for (table, mut column) in columns {
            manager
                .alter_table(Table::alter().table(table).add_column(&mut column).take())
                .await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(ATTENDED_ONE).await?;
        db.execute_unprepared(CHECKED_OUT).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("checkin", "checked_out_at"),
            ("attendance", "sessions_total"),
            ("attendance", "sessions_attended"),
            ("activity", "sessions"),
        ] {
            manager
                .alter_table(Table::alter().table(table).drop_column(column).take())
                .await?;
        }
        Ok(())
    }
}

fn optional(name: &'static str, kind: ColumnType) -> ColumnDef {
    ColumnDef::new_with_type(name, kind).null().take()
}
