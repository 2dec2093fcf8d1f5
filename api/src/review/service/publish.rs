//! The publication of a confirmed list (公示).

use chrono::NaiveDate;
use domain::review::{ReviewStep, published_until};
use domain::score::Review;
use domain::time::local_date;
use entity::review;
use sea_orm::{ActiveModelTrait, Set};
use serde_json::json;

use super::{lock_as_seen, require_answered, require_fresh, rule_of, step, tell_all, touched};
use crate::access::{On, op};
use crate::app::App;
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;

/// A last day of the publication that a person sets, because the calendar cannot.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// The last day.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Publishes a confirmed list to all members for the workdays that the rulebook names.
pub async fn publish(
    app: &App,
    on: &On<op::ReviewPublish, review::Model>,
    seen: IfMatch,
    by_hand: Option<ByHand>,
) -> Result<review::Model> {
    require_fresh(app, &on.row).await?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Publish)?;
        if row.provisional {
            let detail = format!("考核期 {} 尚未结账，暂定结果不能公示", row.period);
            return Err(ApiError::with(Code::ReviewProvisional, detail));
        }
        require_answered(write, row.id).await?;
        let rule = rule_of(&row)?;
        let today = local_date(write.at);
        let until = last_day(&rule, today, by_hand.as_ref())?;
        let (id, title) = (row.id, row.title.clone());
        let mut row = touched(write, row);
        row.status = Set(status);
        row.published_by = Set(Some(on.caller.account_id()));
        row.published_at = Set(Some(write.at));
        row.published_until = Set(Some(until));
        row.until_reason = Set(by_hand.map(|by_hand| by_hand.reason));
        let row = row.update(&write.txn).await?;
        let body = format!("名单自 {today} 起公示，至 {until} 止。如有异议，请在公示期内提出。");
        tell_all(write, id, &format!("公示：{title}"), &body).await?;
        write.detail(json!({
            "status": row.status, "version": row.version, "until": until,
            "reason": row.until_reason,
        }));
        Ok(row)
    })
    .await
}

/// The last day: counted by the calendar, or set by hand and then never before the counted one.
fn last_day(rule: &Review, today: NaiveDate, by_hand: Option<&ByHand>) -> Result<NaiveDate> {
    let counted = rule
        .publication_workdays
        .map(|workdays| published_until(today, workdays));
    match (counted, by_hand) {
        (Some(end), None) if end.confirmed => Ok(end.date),
        (Some(_), None) => Err(ApiError::with(
            Code::CalendarUnconfirmed,
            "公示期内有的年份国务院尚未公布节假日安排，请填写公示截止日期 until 和原因 reason",
        )),
        (None, None) => Err(ApiError::field(
            "/until",
            "required",
            "办法没有规定公示天数，请填写公示截止日期",
        )),
        (counted, Some(by_hand)) => {
            let earliest = counted
                .filter(|end| end.confirmed)
                .map_or(today, |end| end.date);
            if by_hand.until < earliest {
                let message = format!("不得早于 {earliest}");
                return Err(ApiError::field("/until", "too_early", message));
            }
            Ok(by_hand.until)
        }
    }
}
