//! Deliveries that more than one worker can carry, notices of other things than activities,
//! credits for subscription messages, and what has stopped an account from sending.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remake(manager, Shape::WithFence).await?;
        Table::scoped("subscription_credit")
            .required("identity_id", ColumnType::Uuid)
            .required("template_id", ColumnType::string(None))
            .optional("client_key", ColumnType::string(None))
            .optional("event_key", ColumnType::string(None))
            .required("agreed_at", ColumnType::TimestampWithTimeZone)
            .optional("spent_by", ColumnType::Uuid)
            .optional("spent_at", ColumnType::TimestampWithTimeZone)
            .optional("void_at", ColumnType::TimestampWithTimeZone)
            .references("identity_id", "identity")
            .references("spent_by", "delivery")
            .unique(
                "subscription_credit_client",
                &["committee_id", "identity_id", "client_key"],
            )
            .unique(
                "subscription_credit_event",
                &["committee_id", "identity_id", "event_key"],
            )
            .index(
                "subscription_credit_left",
                &["committee_id", "identity_id", "template_id", "spent_at"],
            )
            .index("subscription_credit_spent", &["committee_id", "spent_by"])
            .create(manager)
            .await?;
        Table::scoped("message_template")
            .required("app_id", ColumnType::string(None))
            .required("channel", ColumnType::string(None))
            .required("purpose", ColumnType::string(None))
            .required("template_id", ColumnType::string(None))
            .required("fields", ColumnType::Json)
            .required("long_term", ColumnType::Boolean)
            .optional("changed_by", ColumnType::Uuid)
            .required("changed_at", ColumnType::TimestampWithTimeZone)
            .unique(
                "message_template_once",
                &["committee_id", "app_id", "channel", "purpose"],
            )
            .create(manager)
            .await?;
        Table::scoped("channel_pause")
            .required("app_id", ColumnType::string(None))
            .required("channel", ColumnType::string(None))
            .required("template_id", ColumnType::string(None))
            .required("cause", ColumnType::string(None))
            .optional("code", ColumnType::BigInteger)
            .optional("message", ColumnType::string(None))
            .optional("rid", ColumnType::string(None))
            .optional("seen_ip", ColumnType::string(None))
            .required("since", ColumnType::TimestampWithTimeZone)
            .optional("until", ColumnType::TimestampWithTimeZone)
            .required("strikes", ColumnType::Integer)
            .optional("resumed_by", ColumnType::Uuid)
            .optional("resumed_at", ColumnType::TimestampWithTimeZone)
            .unique(
                "channel_pause_once",
                &["committee_id", "app_id", "channel", "template_id"],
            )
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["channel_pause", "message_template", "subscription_credit"],
        )
        .await?;
        let db = manager.get_connection();
        // Before this step a notice was always about an activity.
        for statement in [
            "DELETE FROM inbox_message WHERE notice_id IN (SELECT id FROM notice WHERE activity_id IS NULL)",
            "DELETE FROM delivery WHERE activity_id IS NULL",
            "DELETE FROM notice WHERE activity_id IS NULL",
            "UPDATE delivery SET state = 'failed' WHERE state = 'skipped'",
        ] {
            db.execute_unprepared(statement).await?;
        }
        remake(manager, Shape::OfActivities).await
    }
}

/// How the tables of notices look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Before this step.
    OfActivities,
    /// After it.
    WithFence,
}

const NOTICE: &str =
    "committee_id, id, activity_id, purpose, title, body, fields, created_by, created_at";
const DELIVERY: &str = "committee_id, id, notice_id, activity_id, member_id, channel, state, reason, \
     identity_id, app_id, client_msg_id, msg_id, attempts, first_attempt_at, settled_at, phoned_by, \
     created_at";
const INBOX: &str = "committee_id, id, member_id, notice_id, activity_id, review_id, title, body, \
     created_at, read_at";

/// Makes the tables of notices anew and fills them with what they held: SQLite cannot let a column
/// be empty that could not be before.
async fn remake(manager: &SchemaManager<'_>, shape: Shape) -> Result<(), DbErr> {
    let db = manager.get_connection();
    for table in ["notice", "delivery", "inbox_message"] {
        db.execute_unprepared(&format!(
            "CREATE TABLE {table}_before AS SELECT * FROM {table}"
        ))
        .await?;
    }
    drop_tables(manager, &["delivery", "inbox_message", "notice"]).await?;
    notice(shape).create(manager).await?;
    delivery(shape).create(manager).await?;
    inbox(shape).create(manager).await?;
    for (table, columns) in [("notice", NOTICE), ("inbox_message", INBOX)] {
        db.execute_unprepared(&format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_before"
        ))
        .await?;
    }
    let (more, values) = match shape {
        Shape::OfActivities => ("", ""),
        // Every attempt that was counted before was a claim.
        Shape::WithFence => (", fence, round", ", attempts, 0"),
    };
    db.execute_unprepared(&format!(
        "INSERT INTO delivery ({DELIVERY}{more}) SELECT {DELIVERY}{values} FROM delivery_before"
    ))
    .await?;
    drop_tables(
        manager,
        &["notice_before", "delivery_before", "inbox_message_before"],
    )
    .await
}

fn notice(shape: Shape) -> Table {
    let table = match shape {
        Shape::OfActivities => Table::scoped("notice").required("activity_id", ColumnType::Uuid),
        Shape::WithFence => Table::scoped("notice")
            .optional("activity_id", ColumnType::Uuid)
            .optional("period_id", ColumnType::Uuid)
            .references("period_id", "period"),
    };
    table
        .required("purpose", ColumnType::string(None))
        .required("title", ColumnType::string(None))
        .required("body", ColumnType::string(None))
        .required("fields", ColumnType::Json)
        .optional("created_by", ColumnType::Uuid)
        .required("created_at", ColumnType::TimestampWithTimeZone)
        .references("activity_id", "activity")
        .index("notice_activity", &["committee_id", "activity_id"])
}

fn delivery(shape: Shape) -> Table {
    let table = Table::scoped("delivery").required("notice_id", ColumnType::Uuid);
    let table = match shape {
        Shape::OfActivities => table.required("activity_id", ColumnType::Uuid),
        Shape::WithFence => table
            .optional("activity_id", ColumnType::Uuid)
            .required("fence", ColumnType::BigInteger)
            .required("round", ColumnType::Integer)
            .optional("template_id", ColumnType::string(None))
            .optional("next_attempt_at", ColumnType::TimestampWithTimeZone)
            .optional("lease_until", ColumnType::TimestampWithTimeZone)
            .optional("doubt_since", ColumnType::TimestampWithTimeZone)
            .optional("accepted_at", ColumnType::TimestampWithTimeZone)
            .optional("expires_at", ColumnType::TimestampWithTimeZone)
            .optional("withdrawn", ColumnType::string(None))
            .index(
                "delivery_open",
                &["committee_id", "notice_id", "state", "next_attempt_at"],
            ),
    };
    table
        .required("member_id", ColumnType::Uuid)
        .required("channel", ColumnType::string(None))
        .required("state", ColumnType::string(None))
        .optional("reason", ColumnType::string(None))
        .optional("identity_id", ColumnType::Uuid)
        .optional("app_id", ColumnType::string(None))
        .required("client_msg_id", ColumnType::string(None))
        .optional("msg_id", ColumnType::BigInteger)
        .required("attempts", ColumnType::Integer)
        .optional("first_attempt_at", ColumnType::TimestampWithTimeZone)
        .optional("settled_at", ColumnType::TimestampWithTimeZone)
        .optional("phoned_by", ColumnType::Uuid)
        .required("created_at", ColumnType::TimestampWithTimeZone)
        .references("notice_id", "notice")
        .references("member_id", "member")
        .unique(
            "delivery_once",
            &["committee_id", "notice_id", "member_id", "channel"],
        )
        .index("delivery_activity", &["committee_id", "activity_id"])
        .index("delivery_msg", &["committee_id", "app_id", "msg_id"])
}

fn inbox(shape: Shape) -> Table {
    let table = Table::scoped("inbox_message")
        .required("member_id", ColumnType::Uuid)
        .optional("notice_id", ColumnType::Uuid)
        .optional("activity_id", ColumnType::Uuid)
        .optional("review_id", ColumnType::Uuid);
    let table = match shape {
        Shape::OfActivities => table,
        Shape::WithFence => table
            .optional("period_id", ColumnType::Uuid)
            .references("period_id", "period"),
    };
    table
        .required("title", ColumnType::string(None))
        .required("body", ColumnType::string(None))
        .required("created_at", ColumnType::TimestampWithTimeZone)
        .optional("read_at", ColumnType::TimestampWithTimeZone)
        .references("member_id", "member")
        .references("notice_id", "notice")
        .references("review_id", "review")
        .unique(
            "inbox_message_once",
            &["committee_id", "notice_id", "member_id"],
        )
        .index(
            "inbox_message_member",
            &["committee_id", "member_id", "created_at"],
        )
}
