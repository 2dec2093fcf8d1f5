//! What the office decides about activity days.

use chrono::NaiveDate;
use domain::calendar::{Proposal, Quarter, propose};
use domain::ids::ActivityDayId;
use entity::{Scoped, activity_day, committee};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use serde_json::json;

use crate::access::{Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::found;
use crate::error::{ApiError, Result};

/// What is proposed for a quarter, and what was confirmed.
#[derive(Clone, Debug)]
pub struct ActivityDay {
    /// By rule and calendar.
    pub proposal: Proposal,
    /// By the office.
    pub confirmed: Option<activity_day::Model>,
}

/// The activity days of a year.
pub async fn activity_days(
    app: &App,
    permit: &Permit<op::CalendarRead>,
    year: i32,
) -> Result<Vec<ActivityDay>> {
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let confirmed = activity_day::Entity::of(permit.committee())
        .filter(activity_day::Column::Year.eq(year))
        .all(app.db.read())
        .await?;
    Ok(Quarter::of_year(year)
        .into_iter()
        .map(|quarter| ActivityDay {
            proposal: propose(quarter, committee.shift_policy),
            confirmed: confirmed
                .iter()
                .find(|row| row.quarter == i32::from(quarter.number))
                .cloned(),
        })
        .collect())
}

/// Confirms the activity day of a quarter, or confirms another one.
pub async fn confirm(
    app: &App,
    permit: &Permit<op::CalendarConfirm>,
    quarter: Quarter,
    date: NaiveDate,
    reason: Option<String>,
) -> Result<ActivityDay> {
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let proposal = propose(quarter, committee.shift_policy);
    if date != proposal.rule_date && reason.is_none() {
        return Err(ApiError::field(
            "/reason",
            "required",
            "活动日不是规定日期时须写明原因",
        ));
    }
    permit
        .write(app, async |write| {
            let earlier = activity_day::Entity::of(write.committee)
                .filter(activity_day::Column::Year.eq(quarter.year))
                .filter(activity_day::Column::Quarter.eq(i32::from(quarter.number)))
                .one(&write.txn)
                .await?;
            let account = permit.caller.account_id();
            let row = if let Some(earlier) = earlier {
                let mut row = earlier.into_active_model();
                row.confirmed_date = Set(date);
                row.reason = Set(reason.clone());
                row.confirmed_by = Set(account);
                row.confirmed_at = Set(write.at);
                row.update(&write.txn).await?
            } else {
                let row = activity_day::ActiveModel {
                    committee_id: Set(write.committee),
                    id: Set(ActivityDayId::new(write.at, random())),
                    year: Set(quarter.year),
                    quarter: Set(i32::from(quarter.number)),
                    rule_date: Set(proposal.rule_date),
                    confirmed_date: Set(date),
                    reason: Set(reason.clone()),
                    confirmed_by: Set(account),
                    confirmed_at: Set(write.at),
                };
                // Two clerks can race past the look-up; `activity_day_quarter` lets one of them in.
                row.insert(&write.txn).await?
            };
            write.about("activity_day", quarter);
            write.detail(
                json!({ "rule_date": row.rule_date, "confirmed_date": date, "reason": reason }),
            );
            Ok(ActivityDay {
                proposal,
                confirmed: Some(row),
            })
        })
        .await
}
