//! Whether an entry is stored in the form in which it was written, and not only with its content.
//!
//! SQLite takes any form in any column: a day without its zeros reads as the same day and yet
//! falls out of a search by days, an id stored as text reads as the same id and is not found by
//! it. So the form is part of what is proved. PostgreSQL has one form for each value.

use std::collections::HashSet;

use domain::ids::CommitteeId;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, RuntimeErr, Statement, sqlx,
};

use super::chain::Chain;

/// The numbers of the entries that are not stored as the service stores them.
pub async fn strange(
    db: &DatabaseConnection,
    committee: CommitteeId,
    chain: Chain,
) -> Result<HashSet<i64>, DbErr> {
    if db.get_database_backend() != DatabaseBackend::Sqlite {
        return Ok(HashSet::new());
    }
    let sql = format!("SELECT seq FROM {}", another_form(chain));
    let asked = Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, [committee.0.into()]);
    let rows = db.query_all_raw(asked).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

const fn another_form(chain: Chain) -> &'static str {
    match chain {
        Chain::Facts => {
            "fact WHERE committee_id = ? AND typeof(seq) = 'integer' AND NOT (
                typeof(id) = 'blob'
                AND typeof(member_id) IN ('blob', 'null')
                AND typeof(group_id) IN ('blob', 'null')
                AND typeof(kind) = 'text'
                AND typeof(happened_on) = 'text' AND happened_on IS date(happened_on)
                AND typeof(title) = 'text'
                AND typeof(reference) IN ('text', 'null')
                AND typeof(attributes) = 'text'
                AND typeof(recorder) IN ('text', 'null')
                AND typeof(source_kind) = 'text'
                AND typeof(source_id) = 'blob'
                AND typeof(reverses) IN ('blob', 'null')
                AND typeof(recorded_by) IN ('blob', 'null')
                AND typeof(recorded_at) = 'text'
                AND typeof(prev_hash) = 'text'
                AND typeof(hash) = 'text')"
        }
        Chain::Audit => {
            "audit WHERE committee_id = ? AND typeof(seq) = 'integer' AND NOT (
                typeof(id) = 'blob'
                AND typeof(at) = 'text'
                AND typeof(actor_id) IN ('blob', 'null')
                AND typeof(actor) = 'text'
                AND typeof(operation) = 'text'
                AND typeof(outcome) = 'text'
                AND typeof(code) IN ('text', 'null')
                AND typeof(subject_kind) IN ('text', 'null')
                AND typeof(subject_id) IN ('text', 'null')
                AND typeof(detail) = 'text'
                AND typeof(trace_id) = 'text'
                AND typeof(prev_hash) = 'text'
                AND typeof(hash) = 'text')"
        }
    }
}

/// Whether it is the content of a row that cannot be read, and not the database that does not
/// answer.
pub fn is_unreadable(error: &DbErr) -> bool {
    match error {
        DbErr::Type(_) | DbErr::TryIntoErr { .. } | DbErr::Json(_) => true,
        DbErr::Query(RuntimeErr::SqlxError(error)) => matches!(
            error.as_ref(),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)
        ),
        _ => false,
    }
}
