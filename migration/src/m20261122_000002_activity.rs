//! Activities: days, invitations, check-ins, leave, corrections.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What there is one check-in of. It has no id beside: nothing names it, and every index is one
/// more page to change for each of them.
const CHECK_IN: [&str; 4] = ["committee_id", "activity_id", "member_id", "session"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("activity_day")
            .required("year", ColumnType::Integer)
            .required("quarter", ColumnType::Integer)
            .required("rule_date", ColumnType::Date)
            .required("confirmed_date", ColumnType::Date)
            .optional("reason", ColumnType::string(None))
            .required("confirmed_by", ColumnType::Uuid)
            .required("confirmed_at", ColumnType::TimestampWithTimeZone)
            .unique("activity_day_quarter", &["committee_id", "year", "quarter"])
            .create(manager)
            .await?;
        Table::scoped("activity")
            .required("term_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("kind", ColumnType::string(None))
            .required("mode", ColumnType::string(None))
            .required("title", ColumnType::string(None))
            .required("content", ColumnType::string(None))
            .required("venue", ColumnType::string(None))
            .optional("latitude", ColumnType::Double)
            .optional("longitude", ColumnType::Double)
            .optional("radius_m", ColumnType::Integer)
            .required("starts_at", ColumnType::TimestampWithTimeZone)
            .required("ends_at", ColumnType::TimestampWithTimeZone)
            .required("opens_at", ColumnType::TimestampWithTimeZone)
            .required("closes_at", ColumnType::TimestampWithTimeZone)
            .required("late_after", ColumnType::TimestampWithTimeZone)
            .required("reply_by", ColumnType::TimestampWithTimeZone)
            .optional("min_share_percent", ColumnType::Integer)
            .optional("lead_reason", ColumnType::string(None))
            .required("audience", ColumnType::Json)
            .required("status", ColumnType::string(None))
            .optional("status_reason", ColumnType::string(None))
            .required("created_by", ColumnType::Uuid)
            .optional("submitted_by", ColumnType::Uuid)
            .optional("approved_by", ColumnType::Uuid)
            .optional("published_at", ColumnType::TimestampWithTimeZone)
            .optional("closed_at", ColumnType::TimestampWithTimeZone)
            .required("version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .references("term_id", "term")
            .references("group_id", "activity_group")
            .index(
                "activity_group_starts",
                &["committee_id", "group_id", "starts_at"],
            )
            .index("activity_status", &["committee_id", "status", "starts_at"])
            .create(manager)
            .await?;
        Table::scoped("attendance")
            .required("activity_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("status", ColumnType::string(None))
            .optional("original_status", ColumnType::string(None))
            .optional("source", ColumnType::string(None))
            .required("reply", ColumnType::string(None))
            .optional("replied_at", ColumnType::TimestampWithTimeZone)
            .optional("leave_reason", ColumnType::string(None))
            .optional("checked_in_at", ColumnType::TimestampWithTimeZone)
            .required("late", ColumnType::Boolean)
            .required("offline", ColumnType::Boolean)
            .required("needs_review", ColumnType::Boolean)
            .optional("checked_out_at", ColumnType::TimestampWithTimeZone)
            .optional("rolled_by", ColumnType::Uuid)
            .optional("roll_reason", ColumnType::string(None))
            .optional("read_at", ColumnType::TimestampWithTimeZone)
            .optional("settled_at", ColumnType::TimestampWithTimeZone)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .references("activity_id", "activity")
            .references("member_id", "member")
            .unique(
                "attendance_once",
                &["committee_id", "activity_id", "member_id"],
            )
            .index("attendance_member", &["committee_id", "member_id"])
            .create(manager)
            .await?;
        Table::told_by("checkin", &CHECK_IN)
            .required("activity_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("session", ColumnType::Integer)
            .required("at", ColumnType::TimestampWithTimeZone)
            .required("received_at", ColumnType::TimestampWithTimeZone)
            .required("slot", ColumnType::BigInteger)
            .required("late", ColumnType::Boolean)
            .required("offline", ColumnType::Boolean)
            .required("client_id", ColumnType::string(None))
            .optional("captured_at", ColumnType::TimestampWithTimeZone)
            .optional("latitude", ColumnType::Double)
            .optional("longitude", ColumnType::Double)
            .optional("accuracy_m", ColumnType::Double)
            .optional("distance_m", ColumnType::Integer)
            .required("needs_review", ColumnType::Boolean)
            .listed_in("attendance", &["committee_id", "activity_id", "member_id"])
            .create(manager)
            .await?;
        Table::scoped("leave_request")
            .required("activity_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("reason_code", ColumnType::string(None))
            .required("reason", ColumnType::string(None))
            .required("state", ColumnType::string(None))
            .optional("registered_by", ColumnType::Uuid)
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("note", ColumnType::string(None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("activity_id", "activity")
            .references("member_id", "member")
            .index("leave_request_activity", &["committee_id", "activity_id"])
            .create(manager)
            .await?;
        Table::scoped("correction")
            .required("activity_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("reason_code", ColumnType::string(None))
            .required("reason", ColumnType::string(None))
            .required("evidence", ColumnType::Json)
            .required("state", ColumnType::string(None))
            .required("original_status", ColumnType::string(None))
            .required("requested_by", ColumnType::Uuid)
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("note", ColumnType::string(None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("activity_id", "activity")
            .references("member_id", "member")
            .index("correction_activity", &["committee_id", "activity_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "correction",
                "leave_request",
                "checkin",
                "attendance",
                "activity",
                "activity_day",
            ],
        )
        .await
    }
}
