//! Reviews: their candidates, nominations, objections, and what was carried out after them. The
//! inbox tells of more than activities from here on.

use sea_orm_migration::prelude::*;

use crate::schema::{Table, drop_tables};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Table::scoped("review")
            .required("term_id", ColumnType::Uuid)
            .required("key", ColumnType::string(None))
            .required("kind", ColumnType::string(None))
            .required("title", ColumnType::string(None))
            .required("period", ColumnType::string(None))
            .required("round", ColumnType::Integer)
            .required("rule", ColumnType::Json)
            .required("rulebook_key", ColumnType::string(None))
            .required("rulebook_version", ColumnType::Integer)
            .required("rulebook_hash", ColumnType::string(None))
            .required("sheets_hash", ColumnType::string(None))
            .required("provisional", ColumnType::Boolean)
            .required("shows_points", ColumnType::Boolean)
            .required("computed_at", ColumnType::TimestampWithTimeZone)
            .required("places", ColumnType::Json)
            .required("nominations", ColumnType::Json)
            .required("status", ColumnType::string(None))
            .optional("status_reason", ColumnType::string(None))
            .required("created_by", ColumnType::Uuid)
            .optional("settled_by", ColumnType::Uuid)
            .optional("settled_at", ColumnType::TimestampWithTimeZone)
            .optional("confirmed_by", ColumnType::Uuid)
            .optional("confirmed_at", ColumnType::TimestampWithTimeZone)
            .optional("published_by", ColumnType::Uuid)
            .optional("published_at", ColumnType::TimestampWithTimeZone)
            .optional("published_until", ColumnType::Date)
            .optional("until_reason", ColumnType::string(None))
            .optional("presented_by", ColumnType::Uuid)
            .optional("presented_at", ColumnType::TimestampWithTimeZone)
            .optional("decided_by", ColumnType::Uuid)
            .optional("decided_at", ColumnType::TimestampWithTimeZone)
            .optional("deciding_body", ColumnType::string(None))
            .optional("decided_document", ColumnType::string(None))
            .optional("decided_on", ColumnType::Date)
            .required("version", ColumnType::Integer)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .required("updated_at", ColumnType::TimestampWithTimeZone)
            .references("term_id", "term")
            .unique("review_once", &["committee_id", "key", "period", "round"])
            .create(manager)
            .await?;
        Table::scoped("review_candidate")
            .required("review_id", ColumnType::Uuid)
            .required("ordinal", ColumnType::Integer)
            .optional("member_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("name", ColumnType::string(None))
            .required("group_name", ColumnType::string(None))
            .optional("sector_name", ColumnType::string(None))
            .optional("special_committee_name", ColumnType::string(None))
            .optional("position", ColumnType::string(None))
            .required("total", ColumnType::BigInteger)
            .optional("grade", ColumnType::string(None))
            .required("sheet_hash", ColumnType::string(None))
            .required("eligible", ColumnType::Boolean)
            .required("outcome", ColumnType::string(None))
            .optional("rung", ColumnType::Json)
            .required("reasons", ColumnType::Json)
            .required("listed", ColumnType::Boolean)
            .optional("settled_by", ColumnType::Uuid)
            .optional("settled_reason", ColumnType::string(None))
            .optional("settled_basis", ColumnType::string(None))
            .optional("settled_at", ColumnType::TimestampWithTimeZone)
            .optional("verdict", ColumnType::string(None))
            .optional("consequence", ColumnType::string(None))
            .optional("verdict_reason", ColumnType::string(None))
            .references("review_id", "review")
            .references("member_id", "member")
            .references("group_id", "activity_group")
            .unique(
                "review_candidate_once",
                &["committee_id", "review_id", "ordinal"],
            )
            .index("review_candidate_member", &["committee_id", "member_id"])
            .create(manager)
            .await?;
        Table::scoped("nomination")
            .required("review_id", ColumnType::Uuid)
            .required("candidate_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("reason", ColumnType::string(None))
            .required("nominated_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .optional("withdrawn_by", ColumnType::Uuid)
            .optional("withdrawn_at", ColumnType::TimestampWithTimeZone)
            .references("review_id", "review")
            .references("candidate_id", "review_candidate")
            .references("member_id", "member")
            .references("group_id", "activity_group")
            .unique(
                "nomination_once",
                &["committee_id", "review_id", "candidate_id"],
            )
            .create(manager)
            .await?;
        Table::scoped("objection")
            .required("review_id", ColumnType::Uuid)
            .optional("candidate_id", ColumnType::Uuid)
            .required("member_id", ColumnType::Uuid)
            .required("raised_by", ColumnType::Uuid)
            .required("text", ColumnType::Text)
            .required("evidence", ColumnType::Json)
            .required("state", ColumnType::string(None))
            .optional("due_on", ColumnType::Date)
            .optional("answer", ColumnType::string(None))
            .optional("remedy", ColumnType::string(None))
            .optional("answered_by", ColumnType::Uuid)
            .optional("answered_at", ColumnType::TimestampWithTimeZone)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("review_id", "review")
            .references("candidate_id", "review_candidate")
            .references("member_id", "member")
            .index("objection_by_review", &["committee_id", "review_id"])
            .create(manager)
            .await?;
        Table::scoped("review_document")
            .required("review_id", ColumnType::Uuid)
            .required("candidate_id", ColumnType::Uuid)
            .optional("member_id", ColumnType::Uuid)
            .required("group_id", ColumnType::Uuid)
            .required("kind", ColumnType::string(None))
            .required("title", ColumnType::string(None))
            .optional("number", ColumnType::string(None))
            .required("done_on", ColumnType::Date)
            .required("done_by", ColumnType::string(None))
            .optional("note", ColumnType::string(None))
            .optional("signed_on", ColumnType::Date)
            .optional("file_id", ColumnType::Uuid)
            .required("recorded_by", ColumnType::Uuid)
            .required("created_at", ColumnType::TimestampWithTimeZone)
            .references("review_id", "review")
            .references("candidate_id", "review_candidate")
            .references("member_id", "member")
            .references("file_id", "file")
            .index("review_document_by_review", &["committee_id", "review_id"])
            .index("review_document_member", &["committee_id", "member_id"])
            .create(manager)
            .await?;
        remake_inbox(manager, true).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DELETE FROM inbox_message WHERE activity_id IS NULL")
            .await?;
        remake_inbox(manager, false).await?;
        drop_tables(
            manager,
            &[
                "review_document",
                "objection",
                "nomination",
                "review_candidate",
                "review",
            ],
        )
        .await
    }
}

/// Makes the table of the inbox anew and fills it with what it held: SQLite cannot let a column
/// be empty that could not be before.
async fn remake_inbox(manager: &SchemaManager<'_>, of_reviews: bool) -> Result<(), DbErr> {
    let db = manager.get_connection();
    db.execute_unprepared("CREATE TABLE inbox_message_before AS SELECT * FROM inbox_message")
        .await?;
    drop_tables(manager, &["inbox_message"]).await?;
    let mut table = Table::scoped("inbox_message").required("member_id", ColumnType::Uuid);
    table = if of_reviews {
        table
            .optional("notice_id", ColumnType::Uuid)
            .optional("activity_id", ColumnType::Uuid)
            .optional("review_id", ColumnType::Uuid)
            .references("review_id", "review")
    } else {
        table
            .required("notice_id", ColumnType::Uuid)
            .required("activity_id", ColumnType::Uuid)
    };
    table
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
    let columns =
        "committee_id, id, member_id, notice_id, activity_id, title, body, created_at, read_at";
    db.execute_unprepared(&format!(
        "INSERT INTO inbox_message ({columns}) SELECT {columns} FROM inbox_message_before"
    ))
    .await?;
    drop_tables(manager, &["inbox_message_before"]).await
}
