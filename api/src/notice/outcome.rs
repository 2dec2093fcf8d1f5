//! What an attempt came to, and what is written down for it.
//!
//! A delivery in state `sending` may have reached its recipient: it was being sent when the worker
//! died, or WeChat's answer was lost. Only what certainly was not sent goes back to `pending`.

use chrono::{DateTime, Utc};
use domain::ids::{CommitteeId, DeliveryId, MemberId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, delivery, identity, notice};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
};
use sha2::{Digest, Sha256};
use wechat::callback::JobOutcome;

use super::verdict::Verdict;
use super::{reach, wording};
use crate::app::App;
use crate::crypto::random;
use crate::error::Result;

/// WeChat's code for a person who refuses the messages of an account, which a job event tells
/// without a code.
const USER_REFUSES: i32 = 43101;

/// At most 32 ASCII characters, the same for each try of one delivery to one account.
pub fn client_msg_id(delivery: DeliveryId, app_id: &str) -> String {
    let mut id = hex::encode(Sha256::digest(format!("{delivery} {app_id}")));
    id.truncate(32);
    id
}

/// A delivery as it was claimed for sending.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The row, in state `sending`, with this attempt counted.
    pub delivery: delivery::Model,
    /// Whether an earlier attempt may have been sent.
    pub doubtful: bool,
}

/// Writes down what an attempt came to; tells the final state, if it is one.
///
/// An acceptance is true whoever hears it. Everything else counts only for the latest claim, so
/// that a worker that froze does not undo what another found out.
pub async fn record(
    app: &App,
    purpose: NoticePurpose,
    attempt: &Attempt,
    verdict: &Verdict,
) -> Result<Option<DeliveryState>> {
    let now = app.clock.now();
    app.db
        .housekeeping(async |txn| {
            let row = &attempt.delivery;
            let Some(there) = delivery::Entity::find_by_id((row.committee_id, row.id))
                .lock_exclusive()
                .one(txn)
                .await?
            else {
                return Ok(None);
            };
            let latest = there.attempts == row.attempts || matches!(verdict, Verdict::Accepted(_));
            if there.state != DeliveryState::Sending || !latest {
                return Ok(None);
            }
            let next = after(app, txn, purpose, there, attempt.doubtful, verdict, now).await?;
            let settled = next.state.settled().then_some(next.state);
            if next.state == DeliveryState::Failed {
                hand_to_phone(txn, purpose, &next, now).await?;
            }
            delivery::Entity::update(delivery::ActiveModel::from(next).reset_all())
                .exec(txn)
                .await?;
            Ok(settled)
        })
        .await
}

async fn after(
    app: &App,
    txn: &DatabaseTransaction,
    purpose: NoticePurpose,
    mut row: delivery::Model,
    doubtful: bool,
    verdict: &Verdict,
    now: DateTime<Utc>,
) -> Result<delivery::Model> {
    match verdict {
        Verdict::Accepted(msg_id) => {
            row.state = DeliveryState::Accepted;
            row.msg_id = *msg_id;
        }
        Verdict::Doubtful => {}
        Verdict::NotSent | Verdict::Paused(_) => {
            if matches!(verdict, Verdict::Paused(_)) {
                row.attempts -= 1;
            }
            if !doubtful {
                row.state = DeliveryState::Pending;
                row.first_attempt_at = None;
            }
        }
        Verdict::Failed(reason) | Verdict::Broken(reason) => fail(&mut row, reason, now),
        Verdict::Gone(code) => {
            if let (Some(code), Some(identity)) = (code, row.identity_id) {
                refuse(txn, row.committee_id, identity, *code).await?;
            }
            let other = reach::targets(app, txn, row.committee_id, purpose, &[row.member_id])
                .await?
                .remove(&row.member_id);
            match other.filter(|other| !doubtful && Some(other.identity) != row.identity_id) {
                Some(other) => {
                    row.client_msg_id = client_msg_id(row.id, &other.app_id);
                    row.identity_id = Some(other.identity);
                    row.app_id = Some(other.app_id);
                    row.state = DeliveryState::Pending;
                    row.attempts = 0;
                    row.first_attempt_at = None;
                }
                None => fail(
                    &mut row,
                    &code.map_or_else(
                        || "not_following".to_owned(),
                        |code| format!("wechat_{code}"),
                    ),
                    now,
                ),
            }
        }
    }
    Ok(row)
}

fn fail(row: &mut delivery::Model, reason: &str, now: DateTime<Utc>) {
    row.state = DeliveryState::Failed;
    row.reason = Some(reason.to_owned());
    row.settled_at = Some(now);
}

/// Remembers that WeChat does not deliver to this follower.
async fn refuse(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    identity: domain::ids::IdentityId,
    code: i32,
) -> Result<()> {
    identity::Entity::update_many()
        .col_expr(identity::Column::RefusedCode, Expr::value(Some(code)))
        .filter(identity::Column::CommitteeId.eq(committee))
        .filter(identity::Column::Id.eq(identity))
        .exec(txn)
        .await?;
    Ok(())
}

/// A delivery of a notice by one channel, not begun.
pub fn new_delivery(
    notice: &notice::Model,
    member: MemberId,
    channel: Channel,
    at: DateTime<Utc>,
) -> delivery::Model {
    let id = DeliveryId::new(at, random());
    delivery::Model {
        committee_id: notice.committee_id,
        id,
        notice_id: notice.id,
        activity_id: notice.activity_id,
        member_id: member,
        channel,
        state: DeliveryState::Pending,
        reason: None,
        identity_id: None,
        app_id: None,
        client_msg_id: client_msg_id(id, ""),
        msg_id: None,
        attempts: 0,
        fence: 0,
        round: 0,
        template_id: None,
        next_attempt_at: None,
        lease_until: None,
        doubt_since: None,
        accepted_at: None,
        expires_at: None,
        withdrawn: None,
        first_attempt_at: None,
        settled_at: None,
        phoned_by: None,
        created_at: at,
    }
}

/// Puts the recipient of a delivery that failed on the list of those to be phoned.
pub async fn hand_to_phone(
    txn: &DatabaseTransaction,
    purpose: NoticePurpose,
    failed: &delivery::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    if !wording::worth_a_call(purpose) {
        return Ok(());
    }
    let id = DeliveryId::new(at, random());
    let row = delivery::Model {
        id,
        channel: Channel::Phone,
        state: DeliveryState::Pending,
        reason: None,
        identity_id: None,
        app_id: None,
        client_msg_id: client_msg_id(id, ""),
        msg_id: None,
        attempts: 0,
        first_attempt_at: None,
        settled_at: None,
        created_at: at,
        ..failed.clone()
    };
    delivery::Entity::insert(delivery::ActiveModel::from(row))
        .on_conflict_do_nothing_on([
            delivery::Column::CommitteeId,
            delivery::Column::NoticeId,
            delivery::Column::MemberId,
            delivery::Column::Channel,
        ])
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// What WeChat reports of a message it had taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Through which account.
    pub app_id: String,
    /// WeChat's id of the message.
    pub msg_id: i64,
    /// How it ended.
    pub outcome: JobOutcome,
}

/// Writes down what WeChat reports. `None` when no delivery of this message is known yet, else
/// the final state it came to, if it had none before.
pub async fn report(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    report: &Report,
    now: DateTime<Utc>,
) -> Result<Option<Option<DeliveryState>>> {
    let row = delivery::Entity::of(committee)
        .filter(delivery::Column::AppId.eq(report.app_id.as_str()))
        .filter(delivery::Column::MsgId.eq(report.msg_id))
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let open = row.state == DeliveryState::Accepted
        || row.reason.as_deref() == Some(super::reminders::UNCONFIRMED);
    if !open {
        return Ok(Some(None));
    }
    match &report.outcome {
        JobOutcome::Success => {
            row.state = DeliveryState::Delivered;
            row.reason = None;
            row.settled_at = Some(now);
        }
        JobOutcome::UserBlock => fail(&mut row, "user_block", now),
        JobOutcome::SystemFailed => fail(&mut row, "system_failed", now),
        JobOutcome::FreqLimit => fail(&mut row, "freq_limit", now),
        JobOutcome::Other(_) => fail(&mut row, "not_delivered", now),
    }
    if let (JobOutcome::UserBlock, Some(identity)) = (&report.outcome, row.identity_id) {
        refuse(txn, committee, identity, USER_REFUSES).await?;
    }
    let state = row.state;
    if state == DeliveryState::Failed
        && let Some(notice) = notice::Entity::find_by_id((committee, row.notice_id))
            .one(txn)
            .await?
    {
        hand_to_phone(txn, notice.purpose, &row, now).await?;
    }
    delivery::Entity::update(delivery::ActiveModel::from(row).reset_all())
        .exec(txn)
        .await?;
    Ok(Some(Some(state)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_message_has_one_id_for_each_account_and_it_fits() {
        let id = DeliveryId(Uuid::from_u128(7));

        assert_eq!(client_msg_id(id, "wx1"), client_msg_id(id, "wx1"));
        assert_ne!(client_msg_id(id, "wx1"), client_msg_id(id, "wx2"));
        assert!(client_msg_id(id, "wx1").len() <= 32);
    }
}
