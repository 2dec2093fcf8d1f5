//! Reading the audit log.

use chrono::{Days, NaiveDate, NaiveTime};
use domain::ids::{AccountId, CommitteeId};
use domain::time::instant;
use entity::{Scoped, audit};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::json;

use super::chain::Chain;
use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::Result;

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// From this day on, in Shanghai.
    pub from: Option<NaiveDate>,
    /// Up to this day, in Shanghai.
    pub to: Option<NaiveDate>,
    /// Whose.
    pub actor: Option<AccountId>,
    /// What was asked.
    pub operation: Option<String>,
    /// What became of it.
    pub outcome: Option<String>,
    /// About what.
    pub subject_id: Option<String>,
}

/// One page of the entries, the newest first, and how many there are in all.
pub async fn entries(
    app: &App,
    committee: CommitteeId,
    wanted: Wanted,
    (skip, limit): (u64, u64),
) -> Result<(Vec<audit::Model>, u64)> {
    use audit::Column as C;
    let midnight = |day| instant(day, NaiveTime::MIN);
    let until = wanted.to.and_then(|day| day.checked_add_days(Days::new(1)));
    let query = audit::Entity::of(committee)
        .apply_if(wanted.from, |query, day| {
            query.filter(C::At.gte(midnight(day)))
        })
        .apply_if(until, |query, day| query.filter(C::At.lt(midnight(day))))
        .apply_if(wanted.actor, |query, actor| {
            query.filter(C::ActorId.eq(actor))
        })
        .apply_if(wanted.operation, |query, operation| {
            query.filter(C::Operation.eq(operation))
        })
        .apply_if(wanted.outcome, |query, outcome| {
            query.filter(C::Outcome.eq(outcome))
        })
        .apply_if(wanted.subject_id, |query, subject| {
            query.filter(C::SubjectId.eq(subject))
        });
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(C::Seq)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((rows, total))
}

/// Notes that a copy of the chains is taken out, before anybody has it.
pub async fn note_export(app: &App, permit: &Permit<op::AuditRead>) -> Result<()> {
    let account = permit.caller.account_id().to_string();
    app.cache
        .take(limits::EXPORT, &account, app.clock.now())
        .await?;
    permit
        .write(app, async |write| {
            write.about("audit", "export");
            write.detail(json!({ "format": "ndjson", "chains": Chain::ALL }));
            Ok(())
        })
        .await
}
