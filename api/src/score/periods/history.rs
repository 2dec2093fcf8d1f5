//! What was closed before: the results of earlier periods as conditions over several periods look
//! at them.

use std::collections::HashMap;

use domain::closing::PeriodStatus;
use domain::ids::{CommitteeId, SheetId, TermId};
use domain::score::{Closed, Period, Person, Subject};
use entity::{Scoped, period, sheet, term};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::freeze::Basis;
use super::frozen;
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Result};
use crate::facts::Span;

/// A closed result with the sheet it stands on.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The sheet.
    pub sheet: SheetId,
    /// Its result.
    pub closed: Closed,
    basis: Basis,
}

impl Earlier {
    /// The result of a frozen sheet of a period.
    pub fn of(row: &sheet::Model, period: Period) -> Result<Self> {
        let basis = Basis::read(row)?;
        Ok(Self {
            sheet: row.id,
            closed: frozen::read(row, period)?.closed(basis.after_break),
            basis,
        })
    }
}

/// What was closed before a period, for one person.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// The results, by date.
    pub closed: Vec<Closed>,
    /// The sheets they stand on.
    pub sheets: Vec<SheetId>,
    /// Whether the membership was broken between the last of them and this period.
    pub after_break: bool,
}

impl Before {
    /// What was closed before, and whether the person came anew since: his first day in office is
    /// a later one than it was then.
    pub fn of(earlier: Option<Vec<Earlier>>, person: &Person) -> Self {
        let earlier = earlier.unwrap_or_default();
        Self {
            after_break: earlier
                .last()
                .is_some_and(|last| last.basis.joined_on < person.joined_on),
            sheets: earlier.iter().map(|one| one.sheet).collect(),
            closed: earlier.into_iter().map(|one| one.closed).collect(),
        }
    }
}

/// The closed results of a term, by whom they are about, each in the order of time.
pub async fn closed_results(
    app: &App,
    committee: CommitteeId,
    term: TermId,
) -> Result<HashMap<Subject, Vec<Closed>>> {
    let term = found(
        term::Entity::find_by_id((committee, term))
            .one(app.db.read())
            .await?,
    )?;
    let span = Span {
        from: term.starts_on,
        last: term.ends_on,
    };
    let rows = periods_within(app, committee, span).await?;
    let results = of_periods(app, committee, rows).await?;
    Ok(results
        .into_iter()
        .map(|(subject, all)| (subject, all.into_iter().map(|one| one.closed).collect()))
        .collect())
}

/// What was closed in these days before a period, in periods of its unit.
pub async fn earlier(
    app: &App,
    committee: CommitteeId,
    period: Period,
    span: Span,
) -> Result<HashMap<Subject, Vec<Earlier>>> {
    if span.from == period.first {
        return Ok(HashMap::new());
    }
    let mut rows = periods_within(app, committee, span).await?;
    rows.retain(|row| row.last < period.first && row.unit == period.unit.as_str());
    of_periods(app, committee, rows).await
}

async fn periods_within(
    app: &App,
    committee: CommitteeId,
    span: Span,
) -> Result<Vec<period::Model>> {
    use period::Column as C;
    Ok(period::Entity::of(committee)
        .filter(C::Status.is_in([PeriodStatus::Closed, PeriodStatus::Reopening]))
        .filter(C::First.gte(span.from))
        .filter(C::First.lte(span.last))
        .order_by_asc(C::First)
        .all(app.db.read())
        .await?)
}

async fn of_periods(
    app: &App,
    committee: CommitteeId,
    periods: Vec<period::Model>,
) -> Result<HashMap<Subject, Vec<Earlier>>> {
    let mut results: HashMap<Subject, Vec<Earlier>> = HashMap::new();
    let mut rows = frozen::rows_of(app.db.read(), committee, &periods).await?;
    for period in periods {
        let span = super::span_of(&period)?;
        for row in rows.remove(&period.id).unwrap_or_default() {
            let subject = row.subject().ok_or_else(|| {
                ApiError::internal(anyhow::anyhow!("sheet {} is nobody's", row.id))
            })?;
            let earlier = Earlier::of(&row, span)?;
            results.entry(subject).or_default().push(earlier);
        }
    }
    Ok(results)
}
