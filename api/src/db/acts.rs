//! Acts of several people committed in one transaction, each with its own audit entry.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use super::chain::append_acts;
use super::{Actor, Db};
use crate::error::Result;

/// What one person did, for the audit log.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who; his committee's chain takes the entry.
    pub actor: Actor,
    /// What was asked.
    pub operation: &'static str,
    /// When it happens.
    pub at: DateTime<Utc>,
    /// What it is about, the table and the id.
    pub subject: Option<(&'static str, String)>,
    /// What changed; ids and words, never personal data.
    pub detail: Value,
    /// The request that asked for it.
    pub trace_id: String,
}

impl Db {
    /// Runs `change` in one transaction and commits it with an audit entry for each act that it
    /// returns beside its answer.
    ///
    /// # Errors
    /// Those of `change`; then nothing was written.
    pub async fn write_acts<T>(
        &self,
        change: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(T, Vec<Act>)>,
    ) -> Result<T> {
        self.housekeeping(async |txn| {
            let (value, acts) = change(txn).await?;
            if !acts.is_empty() {
                append_acts(txn, acts).await?;
            }
            Ok(value)
        })
        .await
    }
}
