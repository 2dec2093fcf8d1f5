//! Which keys the rows still need.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use entity::roster_import;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::Value;

use super::SEALED;
use crate::crypto::Vault;
use crate::db::Db;
use crate::error::{ApiError, Result};

/// How many values of one kind a key sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The key.
    pub key: u8,
    /// What it sealed, in Chinese.
    pub what: &'static str,
    /// How many values.
    pub values: u64,
    /// Whether [`super::rewrap`] seals them anew; what it does not goes by itself within thirty
    /// days.
    pub rewrapped: bool,
}

/// What each key sealed that is still there.
///
/// # Errors
/// When the database does not answer in time.
pub async fn needed(db: &Db) -> Result<Vec<Needed>> {
    let mut found = Vec::new();
    for sealed in &SEALED {
        let sql = format!(
            "SELECT {key} AS key, count(*) AS count FROM {table} WHERE {there} GROUP BY 1 ORDER BY 1",
            key = sealed.key_in_front(db.engine()),
            table = sealed.table,
            there = sealed.is_there(),
        );
        let rows = db
            .read()
            .query_all_raw(Statement::from_string(db.engine(), sql))
            .await?;
        for row in rows {
            let digits: String = row.try_get("", "key")?;
            let count: i64 = row.try_get("", "count")?;
            found.push(Needed {
                key: u8::from_str_radix(&digits, 16).map_err(ApiError::internal)?,
                what: sealed.zh,
                values: count.unsigned_abs(),
                rewrapped: true,
            });
        }
    }
    found.extend(of_previews(db).await?);
    Ok(found)
}

/// Previews of rosters carry sealed phones within a plan whose hash was told: they are applied as
/// they are or not at all.
async fn of_previews(db: &Db) -> Result<Vec<Needed>> {
    let open = roster_import::Entity::find()
        .filter(roster_import::Column::AppliedAt.is_null())
        .all(db.read())
        .await?;
    let mut counts = [0_u64; 256];
    for import in &open {
        count_phones(&import.plan, &mut counts);
    }
    let counts = (0..=u8::MAX).zip(counts).filter(|(_, count)| 0 < *count);
    Ok(counts
        .map(|(key, values)| Needed {
            key,
            what: "待确认的名册导入",
            values,
            rewrapped: false,
        })
        .collect())
}

fn count_phones(value: &Value, counts: &mut [u64; 256]) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "sealed_phone" => {
                        let sealed = BASE64.decode(text).unwrap_or_default();
                        if let Some(key) = Vault::key_of(&sealed) {
                            counts[usize::from(key)] += 1;
                        }
                    }
                    field => count_phones(field, counts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| count_phones(item, counts)),
        _ => {}
    }
}
