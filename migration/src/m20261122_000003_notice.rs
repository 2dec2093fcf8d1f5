//! Notices: what is told, by which way, and what WeChat says back.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("notice")
            .required("activity_id", ColumnType::Uuid)
            .required("purpose", ColumnType::string(None))
            .required("title", ColumnType::string(None))
            .required("body", ColumnType::string(None))
            .required("fields", ColumnType::Json)
            .optional("created_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("activity_id", "activity")
            .index("notice_activity", &["committee_id", "activity_id"])
            .create(manager)
            .await?;
        Table::scoped("delivery")
            .required("notice_id", ColumnType::Uuid)
            .required("activity_id", ColumnType::Uuid)
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
            .create(manager)
            .await?;
        Table::scoped("inbox_message")
            .required("member_id", ColumnType::Uuid)
            .required("notice_id", ColumnType::Uuid)
            .required("activity_id", ColumnType::Uuid)
            .required("title", ColumnType::string(None))
            .required("body", ColumnType::string(None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .optional("read_at", ColumnType::TimestampWithTimeZone)
            .references("member_id", "member")
            .references("notice_id", "notice")
            .unique(
                "inbox_message_once",
                &["committee_id", "notice_id", "member_id"],
            )
            .index(
                "inbox_message_member",
                &["committee_id", "member_id", "created_at"],
            )
            .create(manager)
            .await?;
        Table::scoped("callback")
            .required("app_id", ColumnType::string(None))
            .required("dedupe_key", ColumnType::string(None))
            .required("event", ColumnType::Json)
            .required("create_time", ColumnType::BigInteger)
            .required("received_at", ColumnType::TimestampWithTimeZone)
            .optional("handled_at", ColumnType::TimestampWithTimeZone)
            .unique("callback_once", &["committee_id", "app_id", "dedupe_key"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["callback", "inbox_message", "delivery", "notice"],
        )
        .await
    }
}
