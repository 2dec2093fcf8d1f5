//! People: committees, groups, members, seats, accounts, sessions.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::root("committee")
            .required("code", ColumnType::string(None))
            .required("name", ColumnType::string(None))
            .required("shift_policy", ColumnType::string(None))
            .required("correction_workdays", ColumnType::Integer)
            .required("offline_hours", ColumnType::Integer)
            .required("code_secret", ColumnType::VarBinary(StringLen::None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .unique("committee_code", &["code"])
            .create(manager)
            .await?;
        Table::scoped("term")
            .required("name", ColumnType::string(None))
            .required("starts_on", ColumnType::Date)
            .required("ends_on", ColumnType::Date)
            .unique("term_name", &["committee_id", "name"])
            .create(manager)
            .await?;
        Table::scoped("sector")
            .required("name", ColumnType::string(None))
            .required("ordinal", ColumnType::Integer)
            .unique("sector_name", &["committee_id", "name"])
            .create(manager)
            .await?;
        Table::scoped("special_committee")
            .required("name", ColumnType::string(None))
            .required("ordinal", ColumnType::Integer)
            .unique("special_committee_name", &["committee_id", "name"])
            .create(manager)
            .await?;
        Table::scoped("activity_group")
            .required("name", ColumnType::string(None))
            .required("ordinal", ColumnType::Integer)
            .optional("special_committee_id", ColumnType::Uuid)
            .references("special_committee_id", "special_committee")
            .unique("activity_group_name", &["committee_id", "name"])
            .create(manager)
            .await?;
        Table::scoped("station")
            .required("group_id", ColumnType::Uuid)
            .required("name", ColumnType::string(None))
            .optional("address", ColumnType::string(None))
            .optional("latitude", ColumnType::Double)
            .optional("longitude", ColumnType::Double)
            .optional("app_id", ColumnType::string(None))
            .references("group_id", "activity_group")
            .unique("station_name", &["committee_id", "name"])
            .create(manager)
            .await?;
        Table::scoped("member")
            .required("term_id", ColumnType::Uuid)
            .required("name", ColumnType::string(None))
            .required("phone_cipher", ColumnType::VarBinary(StringLen::None))
            .required("phone_index", ColumnType::string(None))
            .required("sector_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("position", ColumnType::string(None))
            .required("status", ColumnType::string(None))
            .optional("employer", ColumnType::string(None))
            .required("joined_on", ColumnType::Date)
            .optional("left_on", ColumnType::Date)
            .optional("remark", ColumnType::string(None))
            .required("version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .references("term_id", "term")
            .references("sector_id", "sector")
            .references("group_id", "activity_group")
            .unique("member_phone", &["committee_id", "term_id", "phone_index"])
            .index("member_group", &["committee_id", "group_id"])
            .create(manager)
            .await?;
        Table::scoped("account")
            .required("kind", ColumnType::string(None))
            .optional("member_id", ColumnType::Uuid)
            .optional("username", ColumnType::string(None))
            .required("display_name", ColumnType::string(None))
            .optional("password_hash", ColumnType::string(None))
            .optional("totp_cipher", ColumnType::VarBinary(StringLen::None))
            .optional("totp_step", ColumnType::BigInteger)
            .required("session_version", ColumnType::Integer)
            .required("failed_attempts", ColumnType::Integer)
            .optional("locked_until", ColumnType::TimestampWithTimeZone)
            .optional("disabled_at", ColumnType::TimestampWithTimeZone)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("member_id", "member")
            .unique("account_username", &["committee_id", "username"])
            .unique("account_member", &["committee_id", "member_id"])
            .create(manager)
            .await?;
        Table::scoped("identity")
            .required("app_id", ColumnType::string(None))
            .required("openid", ColumnType::string(None))
            .optional("unionid", ColumnType::string(None))
            .optional("unionid_seen_at", ColumnType::TimestampWithTimeZone)
            .optional("account_id", ColumnType::Uuid)
            .optional("member_id", ColumnType::Uuid)
            .required("following", ColumnType::Boolean)
            .required("following_at", ColumnType::BigInteger)
            .optional("refused_code", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("account_id", "account")
            .references("member_id", "member")
            .unique("identity_openid", &["committee_id", "app_id", "openid"])
            .index("identity_member", &["committee_id", "member_id"])
            .index("identity_unionid", &["committee_id", "unionid"])
            .create(manager)
            .await?;
        Table::scoped("seat")
            .required("kind", ColumnType::string(None))
            .optional("member_id", ColumnType::Uuid)
            .optional("account_id", ColumnType::Uuid)
            .optional("group_id", ColumnType::Uuid)
            .optional("special_committee_id", ColumnType::Uuid)
            .required("from_date", ColumnType::Date)
            .optional("to_date", ColumnType::Date)
            .optional("granted_by", ColumnType::Uuid)
            .optional("confirmed_by", ColumnType::Uuid)
            .optional("confirmed_at", ColumnType::TimestampWithTimeZone)
            .optional("ended_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("member_id", "member")
            .references("account_id", "account")
            .references("group_id", "activity_group")
            .references("special_committee_id", "special_committee")
            .index("seat_member", &["committee_id", "member_id"])
            .index("seat_account", &["committee_id", "account_id"])
            .create(manager)
            .await?;
        Table::scoped("session")
            .required("account_id", ColumnType::Uuid)
            .required("audience", ColumnType::string(None))
            .required("generation", ColumnType::Integer)
            .required("rotated_at", ColumnType::TimestampWithTimeZone)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("expires_at", ColumnType::TimestampWithTimeZone)
            .optional("revoked_at", ColumnType::TimestampWithTimeZone)
            .references("account_id", "account")
            .index("session_account", &["committee_id", "account_id"])
            .create(manager)
            .await?;
        Table::scoped("invite_code")
            .required("member_id", ColumnType::Uuid)
            .required("code_index", ColumnType::string(None))
            .required("expires_at", ColumnType::TimestampWithTimeZone)
            .optional("used_at", ColumnType::TimestampWithTimeZone)
            .required("created_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("member_id", "member")
            .unique("invite_code_index", &["committee_id", "code_index"])
            .create(manager)
            .await?;
        Table::scoped("binding_request")
            .required("account_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("state", ColumnType::string(None))
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("note", ColumnType::string(None))
            .references("account_id", "account")
            .references("member_id", "member")
            .index("binding_request_state", &["committee_id", "state"])
            .create(manager)
            .await?;
        Table::scoped("roster_import")
            .required("file_name", ColumnType::string(None))
            .required("plan", ColumnType::Json)
            .required("plan_hash", ColumnType::string(None))
            .required("row_count", ColumnType::Integer)
            .required("error_count", ColumnType::Integer)
            .required("created_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .optional("applied_at", ColumnType::TimestampWithTimeZone)
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "roster_import",
                "binding_request",
                "invite_code",
                "session",
                "seat",
                "identity",
                "account",
                "member",
                "station",
                "activity_group",
                "special_committee",
                "sector",
                "term",
                "committee",
            ],
        )
        .await
    }
}
