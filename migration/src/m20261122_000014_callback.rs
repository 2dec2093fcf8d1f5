//! Pushes told apart by what they tell, words that link a follower to a member, questions whose
//! follower somebody is, what was last learned of each account, and what WeChat found in pictures.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Earlier pushes that are still open are reports that wait for the answer to a send.
        let kind = ColumnDef::new_with_type("kind", ColumnType::string(None))
            .not_null()
            .default("template_finished")
            .take();
        manager
            .alter_table(
                sea_orm_migration::prelude::Table::alter()
                    .table("callback")
                    .add_column(kind)
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("callback_open")
                    .table("callback")
                    .col("committee_id")
                    .col("app_id")
                    .col("handled_at")
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("callback_received")
                    .table("callback")
                    .col("committee_id")
                    .col("app_id")
                    .col("received_at")
                    .take(),
            )
            .await?;
        Table::scoped("link_token")
            .required("app_id", ColumnType::string(None))
            .required("token_index", ColumnType::string(None))
            .optional("openid", ColumnType::string(None))
            .optional("member_id", ColumnType::Uuid)
            .optional("code_cipher", ColumnType::VarBinary(StringLen::None))
            .required("expires_at", ColumnType::TimestampWithTimeZone)
            .optional("used_by", ColumnType::Uuid)
            .optional("used_at", ColumnType::TimestampWithTimeZone)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("member_id", "member")
            .unique("link_token_once", &["committee_id", "token_index"])
            .index(
                "link_token_member",
                &["committee_id", "member_id", "app_id"],
            )
            .create(manager)
            .await?;
        Table::scoped("link_conflict")
            .required("identity_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("state", ColumnType::string(None))
            .required("asked_at", ColumnType::TimestampWithTimeZone)
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("note", ColumnType::string(None))
            .references("identity_id", "identity")
            .references("member_id", "member")
            .unique(
                "link_conflict_once",
                &["committee_id", "identity_id", "member_id"],
            )
            .create(manager)
            .await?;
        Table::keyed("wechat_account", "app_id")
            .optional("resynced_at", ColumnType::TimestampWithTimeZone)
            .optional("followers", ColumnType::Integer)
            .optional("resync_problem", ColumnType::Text)
            .optional("checked_at", ColumnType::TimestampWithTimeZone)
            .optional("problems", ColumnType::Json)
            .optional("menu_published_at", ColumnType::TimestampWithTimeZone)
            .create(manager)
            .await?;
        Table::scoped("media_check")
            .required("app_id", ColumnType::string(None))
            .required("trace_id", ColumnType::string(None))
            .optional("code", ColumnType::BigInteger)
            .optional("suggest", ColumnType::string(None))
            .optional("label", ColumnType::BigInteger)
            .required("told_at", ColumnType::TimestampWithTimeZone)
            .unique("media_check_once", &["committee_id", "app_id", "trace_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "media_check",
                "wechat_account",
                "link_conflict",
                "link_token",
            ],
        )
        .await?;
        for index in ["callback_received", "callback_open"] {
            manager
                .drop_index(Index::drop().name(index).table("callback").to_owned())
                .await?;
        }
        manager
            .alter_table(
                sea_orm_migration::prelude::Table::alter()
                    .table("callback")
                    .drop_column("kind")
                    .take(),
            )
            .await
    }
}
