//! Periods of assessment: which one is meant, where it stands, and whether a fact may still fall
//! into it. Calendar periods come from the rulebook and have a row once somebody wants to close
//! them; the days of a session year and of a term are fixed by the office beforehand.

pub mod closing;
pub mod closing_view;
pub mod findings;
pub mod freeze;
pub mod frozen;
pub mod history;
pub mod reopening;
pub mod replay;

use std::sync::Arc;

use chrono::NaiveDate;
use domain::closing::PeriodStatus;
use domain::ids::{CommitteeId, PeriodId};
use domain::score::{Period, PeriodRule, PeriodUnit, Scheme};
use domain::time::local_date;
use entity::{Scoped, period};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TryInsertResult,
};
use serde_json::json;

use super::rulebooks::in_force_on;
use super::service::corrupt;
use crate::access::{Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::Write;
use crate::error::{ApiError, Code, Result};

pub use history::closed_results;

/// The period that `text` names, or the one of the rulebook in force in which today lies.
///
/// # Errors
/// `validation_failed` for a text that is not spelled like a period, and for a session year or a
/// term whose days nobody fixed.
pub async fn period(app: &App, committee: CommitteeId, text: Option<&str>) -> Result<Period> {
    let Some(text) = text else {
        let today = local_date(app.clock.now());
        let in_force = in_force_on(app, committee, today).await?;
        return around(app, committee, &in_force.scheme.rulebook().period, today).await;
    };
    let wrong = |message| ApiError::field("period", "invalid_period", message);
    let named = Period::named(text).map_err(|_| {
        wrong(
            "应为年度（如 2026）、半年（如 2026-H1）、季度（如 2026-Q3）、月份（如 2026-09）、\
             会议年度（如 2026-S）或届（如 2026-T）",
        )
    })?;
    if let Some(row) = find(app.db.read(), committee, text).await? {
        return span_of(&row);
    }
    let in_force = in_force_on(app, committee, named.first).await?;
    if let Some(period) = in_force.scheme.rulebook().period.named(named) {
        return Ok(period);
    }
    match named.unit {
        PeriodUnit::SessionYear | PeriodUnit::Term => Err(wrong("办公室尚未确定该考核期的起止日")),
        _ => Ok(named),
    }
}

/// The period of a rule in which a day lies: with the days that the office fixed, or else those of
/// the calendar.
async fn around(
    app: &App,
    committee: CommitteeId,
    rule: &PeriodRule,
    day: NaiveDate,
) -> Result<Period> {
    use period::Column as C;
    let fixed = period::Entity::of(committee)
        .filter(C::Unit.eq(rule.unit.as_str()))
        .filter(C::First.lte(day))
        .filter(C::Last.gte(day))
        .order_by_desc(C::First)
        .one(app.db.read())
        .await?;
    match fixed {
        Some(row) => span_of(&row),
        None => Ok(rule.around(day)),
    }
}

/// The row of a period, by its id or its name.
pub async fn find(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    name: &str,
) -> Result<Option<period::Model>> {
    let rows = period::Entity::of(committee);
    let row = match name.parse::<uuid::Uuid>() {
        Ok(id) => rows.filter(period::Column::Id.eq(PeriodId(id))),
        Err(_) => rows.filter(period::Column::Key.eq(name)),
    };
    Ok(row.one(db).await?)
}

/// The days of a row.
///
/// # Errors
/// When no rulebook has its unit, which no writer makes.
pub fn span_of(row: &period::Model) -> Result<Period> {
    row.span()
        .ok_or_else(|| corrupt(format_args!("period {} has no unit", row.id)))
}

/// The row of a period whose sheets are frozen; none of one that is open.
pub async fn closed(
    app: &App,
    committee: CommitteeId,
    period: Period,
) -> Result<Option<period::Model>> {
    let row = find(app.db.read(), committee, &period.to_string()).await?;
    Ok(row.filter(|row| row.status.is_frozen()))
}

/// The rulebook of a freeze, made ready.
pub fn frozen_scheme(app: &App, row: &period::Model) -> Result<Arc<Scheme>> {
    let (Some(hash), Some(text)) = (&row.rulebook_hash, &row.rulebook_text) else {
        return Err(corrupt(format_args!("period {} has no rulebook", row.id)));
    };
    Ok(app.schemes.of(hash, text)?)
}

/// Proves that a fact of this day may be recorded: no period in which it lies is closed.
///
/// Holds the periods of the day until the transaction ends, so that none is closed meanwhile.
///
/// # Errors
/// `period_closed`: what is to change goes the way of an amendment.
pub async fn require_open(write: &Write, day: NaiveDate) -> Result<()> {
    use period::Column as C;
    let rows = period::Entity::of(write.committee)
        .filter(C::First.lte(day))
        .filter(C::Last.gte(day))
        .order_by_asc(C::Id)
        .lock_shared()
        .all(&write.txn)
        .await?;
    match rows.iter().find(|row| row.status.is_frozen()) {
        None => Ok(()),
        Some(row) => {
            let name = span_of(row)?.zh();
            let detail = format!("{day} 所在的考核期（{name}）已结账，须由办公室提出更正并经审批");
            Err(ApiError::with(Code::PeriodClosed, detail))
        }
    }
}

/// The rows of a committee, the newest first.
pub async fn list(app: &App, committee: CommitteeId) -> Result<Vec<period::Model>> {
    Ok(period::Entity::of(committee)
        .order_by_desc(period::Column::First)
        .order_by_desc(period::Column::Last)
        .all(app.db.read())
        .await?)
}

/// A row for a period that has none yet.
fn new_row(write: &Write, period: Period) -> period::Model {
    period::Model {
        committee_id: write.committee,
        id: PeriodId::new(write.at, random()),
        key: period.to_string(),
        unit: period.unit.as_str().to_owned(),
        year: period.year,
        number: i32::from(period.number),
        first: period.first,
        last: period.last,
        status: PeriodStatus::Open,
        closings: 0,
        findings: None,
        force_reason: None,
        close_proposed_by: None,
        close_proposed_at: None,
        closed_by: None,
        closed_at: None,
        document: None,
        rulebook_id: None,
        rulebook_hash: None,
        rulebook_text: None,
        facts_seq: None,
        facts_hash: None,
        sheets_hash: None,
        reopen_proposed_by: None,
        reopen_reason: None,
        reopen_document: None,
        reopened_by: None,
        reopened_at: None,
        row_version: 1,
        created_at: write.at,
    }
}

/// Fixes the days of a session year or of a term.
///
/// # Errors
/// `period_exists` when there is one of that name, or one of that unit shares a day with it.
pub async fn fix(
    app: &App,
    permit: &Permit<op::PeriodWrite>,
    wanted: Period,
) -> Result<period::Model> {
    use period::Column as C;
    permit
        .write(app, async |write| {
            let rival = period::Entity::of(write.committee)
                .filter(C::Unit.eq(wanted.unit.as_str()))
                .filter(C::First.lte(wanted.last))
                .filter(C::Last.gte(wanted.first))
                .one(&write.txn)
                .await?;
            if let Some(rival) = rival {
                let detail = format!(
                    "与{}（{} 至 {}）日期重叠",
                    rival.key, rival.first, rival.last
                );
                return Err(ApiError::with(Code::PeriodExists, detail));
            }
            let row = new_row(write, wanted);
            // Two clerks can race past the look-up above; the unique index `period_key_once` lets
            // one of them in.
            let inserted = period::Entity::insert(period::ActiveModel::from(row.clone()))
                .on_conflict_do_nothing_on([C::CommitteeId, C::Key])
                .exec_without_returning(&write.txn)
                .await?;
            if !matches!(inserted, TryInsertResult::Inserted(1..)) {
                let detail = format!("考核期 {} 已经确定", row.key);
                return Err(ApiError::with(Code::PeriodExists, detail));
            }
            write.about("period", row.id);
            write.detail(json!({ "key": row.key, "first": row.first, "last": row.last }));
            Ok(row)
        })
        .await
}
