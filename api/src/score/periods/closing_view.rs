//! What is counted beside a period in a list.

use std::collections::HashMap;

use domain::closing::AmendmentStatus;
use domain::ids::{CommitteeId, PeriodId};
use entity::{Scoped, amendment, period, sheet};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use crate::app::App;
use crate::error::Result;

/// What is counted beside a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The sheets of its last closing.
    pub sheets: u64,
    /// The amendments that wait for a decision.
    pub proposed: u64,
    /// The amendments of its last closing that were approved.
    pub approved: u64,
}

/// The counts of periods, in two queries.
pub async fn counts(
    app: &App,
    committee: CommitteeId,
    periods: &[period::Model],
) -> Result<HashMap<PeriodId, Counts>> {
    use sheet::Column as S;
    let db = app.db.read();
    let closings: HashMap<PeriodId, i32> =
        periods.iter().map(|row| (row.id, row.closings)).collect();
    let frozen: Vec<(PeriodId, i32, i64)> = sheet::Entity::of(committee)
        .filter(S::PeriodId.is_in(closings.keys().copied()))
        .filter(S::AmendmentId.is_null())
        .select_only()
        .column(S::PeriodId)
        .column(S::Closing)
        .column_as(S::Id.count(), "count")
        .group_by(S::PeriodId)
        .group_by(S::Closing)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<PeriodId, Counts> = HashMap::new();
    for (period, closing, count) in frozen {
        if closings.get(&period) == Some(&closing) {
            counts.entry(period).or_default().sheets = count.unsigned_abs();
        }
    }
    let amendments = amendment::Entity::of(committee)
        .filter(amendment::Column::PeriodId.is_in(closings.keys().copied()))
        .all(db)
        .await?;
    for row in amendments {
        let counts = counts.entry(row.period_id).or_default();
        let last = closings.get(&row.period_id) == Some(&row.closing);
        match row.status {
            AmendmentStatus::Proposed => counts.proposed += 1,
            AmendmentStatus::Approved if last => counts.approved += 1,
            AmendmentStatus::Approved | AmendmentStatus::Rejected => {}
        }
    }
    Ok(counts)
}
