//! Reading frozen sheets back.

use std::collections::{BTreeMap, HashMap};

use domain::ids::{CommitteeId, PeriodId};
use domain::score::{Period, Sheet, Subject};
use entity::{Scoped, period, sheet};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};

use crate::error::{ApiError, Result};

/// The sheets that count of each of these periods, of members and of groups: of the last closing
/// of the period the highest revision.
pub async fn rows_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    periods: &[period::Model],
) -> Result<HashMap<PeriodId, Vec<sheet::Model>>> {
    use sheet::Column as C;
    let closings: HashMap<PeriodId, i32> =
        periods.iter().map(|row| (row.id, row.closings)).collect();
    if closings.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sheet::Entity::of(committee)
        .filter(C::PeriodId.is_in(closings.keys().copied()))
        .order_by_asc(C::Revision)
        .all(db)
        .await?;
    let mut latest: HashMap<PeriodId, BTreeMap<Option<Subject>, sheet::Model>> = HashMap::new();
    for row in rows {
        if closings.get(&row.period_id) == Some(&row.closing) {
            let of_period = latest.entry(row.period_id).or_default();
            of_period.insert(row.subject(), row);
        }
    }
    Ok(latest
        .into_iter()
        .map(|(period, rows)| (period, rows.into_values().collect()))
        .collect())
}

/// The sheets that count of one period, members before groups, by id.
pub async fn rows(db: &impl ConnectionTrait, period: &period::Model) -> Result<Vec<sheet::Model>> {
    let mut rows = rows_of(db, period.committee_id, std::slice::from_ref(period)).await?;
    Ok(rows.remove(&period.id).unwrap_or_default())
}

/// Every revision of one person's sheet of a period, the newest first.
pub async fn revisions(
    db: &impl ConnectionTrait,
    period: &period::Model,
    subject: Subject,
) -> Result<Vec<sheet::Model>> {
    use sheet::Column as C;
    let whose = match subject {
        Subject::Member(member) => C::MemberId.eq(member),
        Subject::Group(group) => C::GroupId.eq(group),
    };
    Ok(sheet::Entity::of(period.committee_id)
        .filter(C::PeriodId.eq(period.id))
        .filter(whose)
        .order_by_desc(C::Revision)
        .all(db)
        .await?)
}

/// The sheet that a row holds.
///
/// # Errors
/// When the document is unreadable, which no writer makes.
pub fn read(row: &sheet::Model, period: Period) -> Result<Sheet> {
    let mut sheet: Sheet = serde_json::from_str(&row.document).map_err(|error| {
        ApiError::internal(anyhow::anyhow!("sheet {} is unreadable: {error}", row.id))
    })?;
    // The text names the period; its days, where the office fixed them, stand in the table.
    sheet.period = period;
    Ok(sheet)
}
