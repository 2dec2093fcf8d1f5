//! The next way to somebody whose message WeChat took and then could not deliver.

use domain::ids::DeliveryId;
use entity::{delivery, job, notice};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::TURN;
use super::announce::enqueue_carrying;
use super::outcome::settle;
use super::rows::{machine, open_rows};
use crate::app::App;
use crate::error::{ApiError, Result};
use crate::jobs::Outcome;

/// Finds the next way for one whose message WeChat took and then could not deliver. Payload:
/// `{ delivery_id }`.
pub async fn turn_due(app: &App, job: &job::Model) -> Result<Outcome> {
    let id: DeliveryId = job.payload["delivery_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a {TURN} job names no delivery")))?;
    let committee = job.committee_id;
    let now = app.clock.now();
    let notice = app
        .db
        .housekeeping(async |txn| {
            let row = delivery::Entity::find_by_id((committee, id))
                .lock_exclusive()
                .one(txn)
                .await?;
            let Some(row) = row.filter(|row| machine(row).asks_for_another_way()) else {
                return Ok(None);
            };
            let notice = notice::Entity::find_by_id((committee, row.notice_id));
            let Some(notice) = notice.one(txn).await? else {
                return Ok(None);
            };
            let member = row.member_id;
            settle(app, txn, &notice, vec![row], now).await?;
            let sends = open_rows(committee, notice.id)
                .filter(delivery::Column::MemberId.eq(member))
                .one(txn)
                .await?;
            if sends.is_some() {
                enqueue_carrying(txn, &notice, now).await?;
            }
            Ok(sends.map(|_| notice.id))
        })
        .await?;
    if notice.is_some() {
        app.work.notify_one();
    }
    Ok(Outcome::Done)
}
