//! `xingdong keys rewrap`: what older keys sealed is sealed with the first one, while the service
//! goes on.
//!
//! A value that somebody changed meanwhile is left to him: it is replaced only where it still is
//! what was read. Transactions are small, so that nobody waits for them.

use std::fmt;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{SEALED, Sealed};
use crate::app::App;
use crate::db::{Actor, SYSTEM};
use crate::error::Result;

/// How many values are sealed anew in one transaction.
const BATCH: u64 = 100;

/// What became of the values of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rewrapped {
    /// The column.
    pub column: String,
    /// Sealed with the first key now.
    pub sealed: u64,
    /// Changed by somebody else meanwhile.
    pub left: u64,
    /// Not opened by any configured key.
    pub closed: u64,
}

impl Rewrapped {
    /// Whether every value of the column opens with a configured key.
    pub const fn opens(&self) -> bool {
        self.closed == 0
    }
}

impl fmt::Display for Rewrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} sealed anew", self.column, self.sealed)?;
        if 0 < self.left {
            write!(f, ", {} changed meanwhile", self.left)?;
        }
        if 0 < self.closed {
            write!(f, ", {} OPENED BY NO CONFIGURED KEY", self.closed)?;
        }
        Ok(())
    }
}

/// Seals everything with the first key that another one sealed, and leaves an audit entry that
/// says how much.
///
/// # Errors
/// When the database does not answer; what was sealed until then stays so, and a second run goes
/// on from there.
pub async fn rewrap(app: &App) -> Result<Vec<Rewrapped>> {
    let mut report = Vec::new();
    for sealed in &SEALED {
        report.push(rewrap_column(app, sealed).await?);
    }
    let key = app.vault.sealing_key();
    app.db
        .write(
            &Actor::service(SYSTEM),
            "keys_rewrap",
            app.clock.now(),
            async |write| {
                write.about("field_key", key);
                write.detail(json!({ "columns": report }));
                Ok(())
            },
        )
        .await?;
    Ok(report)
}

/// A sealed value and where it is.
struct Value {
    key: Vec<Uuid>,
    bytes: Vec<u8>,
}

impl Value {
    fn of(sealed: &Sealed, row: &QueryResult) -> Result<Self> {
        let key = sealed.key.iter().map(|name| row.try_get("", name));
        Ok(Self {
            key: key.collect::<std::result::Result<_, _>>()?,
            bytes: row.try_get("", sealed.column)?,
        })
    }
}

async fn rewrap_column(app: &App, sealed: &Sealed) -> Result<Rewrapped> {
    let mut done = Rewrapped {
        column: format!("{}.{}", sealed.table, sealed.column),
        ..Rewrapped::default()
    };
    let mut after = None;
    loop {
        let batch = older(app, sealed, after.as_deref()).await?;
        let Some(last) = batch.last() else {
            return Ok(done);
        };
        after = Some(last.key.clone());
        let mut anew = Vec::with_capacity(batch.len());
        for value in &batch {
            match app.vault.open(&value.bytes) {
                Ok(plain) => anew.push((value, app.vault.seal(&plain))),
                Err(_) => done.closed += 1,
            }
        }
        let replaced = app
            .db
            .housekeeping(async |txn| {
                let mut replaced = 0;
                for (value, bytes) in &anew {
                    let update = Query::update()
                        .table(sealed.table)
                        .value(sealed.column, bytes.clone())
                        .cond_where(place(sealed, &value.key))
                        .and_where(Expr::col(sealed.column).eq(value.bytes.clone()))
                        .take();
                    replaced += txn.execute(&update).await?.rows_affected();
                }
                Ok(replaced)
            })
            .await?;
        done.sealed += replaced;
        done.left += anew.len() as u64 - replaced;
    }
}

/// The next values behind `after` that another key than the first one sealed, in the order of
/// their keys.
async fn older(app: &App, sealed: &Sealed, after: Option<&[Uuid]>) -> Result<Vec<Value>> {
    let first = format!("{:02x}", app.vault.sealing_key());
    let mut query = Query::select();
    query
        .from(sealed.table)
        .column(sealed.column)
        .cond_where(Expr::cust(sealed.is_there()))
        .and_where(Expr::cust(sealed.key_in_front(app.db.engine())).ne(first))
        .limit(BATCH);
    for name in sealed.key {
        query
            .column(*name)
            .order_by(*name, sea_orm::sea_query::Order::Asc);
    }
    if let Some(after) = after {
        let columns = sealed.key.iter().map(|name| Expr::col(*name));
        let values = after.iter().map(|id| Expr::value(*id));
        query.and_where(Expr::tuple(columns).gt(Expr::tuple(values)));
    }
    let rows = app.db.read().query_all(&query).await?;
    let values = rows.iter().map(|row| Value::of(sealed, row));
    values.collect()
}

fn place(sealed: &Sealed, key: &[Uuid]) -> SimpleExpr {
    let parts = sealed.key.iter().zip(key);
    parts
        .map(|(name, id)| Expr::col(*name).eq(*id))
        .reduce(ExprTrait::and)
        .expect("every table has a key")
}
