//! Storing a push and doing what it asks for.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ids::{CallbackId, CommitteeId, IdentityId, NoticeId};
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, callback, committee, delivery, identity};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set, TryInsertResult,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wechat::callback::{Event, JobOutcome, Push};

use super::{FOLLOW, followers};
use crate::app::App;
use crate::crypto::random;
use crate::db::{NewJob, found};
use crate::error::{ApiError, Result};
use crate::jobs::enqueue;
use crate::notice;
use crate::telemetry::Metrics;
use crate::wechat_apps::WechatApp;

/// What of a push is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    event: String,
    openid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    msg_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

impl Kept {
    fn of(push: &Push) -> Self {
        let openid = push.from_user_name.clone();
        let (event, msg_id, status) = match &push.event {
            Event::TemplateSendJobFinish { msg_id, outcome } => {
                ("template_finished", Some(*msg_id), Some(spell(outcome)))
            }
            Event::Subscribe { .. } => ("subscribe", None, None),
            Event::Unsubscribe => ("unsubscribe", None, None),
            // What people write or tap is nobody's business here.
            _ => ("other", None, None),
        };
        Self {
            event: event.to_owned(),
            openid,
            msg_id,
            status,
        }
    }

    fn report(&self, app_id: &str) -> Option<notice::Report> {
        let outcome = JobOutcome::read(self.status.as_deref()?);
        Some(notice::Report {
            app_id: app_id.to_owned(),
            msg_id: self.msg_id?,
            outcome,
        })
    }
}

fn spell(outcome: &JobOutcome) -> String {
    match outcome {
        JobOutcome::Success => "success",
        JobOutcome::UserBlock => "failed:user block",
        JobOutcome::SystemFailed => "failed:system failed",
        JobOutcome::FreqLimit => "failed:freq limit",
        JobOutcome::Other(word) => word,
    }
    .to_owned()
}

/// Under which key the report on a message is stored. A message has one end, so the key leaves
/// out the second in which it was told: who waits for the report can ask for it by this.
fn message_key(msg_id: i64, openid: &str) -> String {
    hex::encode(Sha256::digest(format!("message {msg_id} {openid}")))
}

/// Stores a push, unless it was here before, and handles it.
pub async fn receive(app: &App, account: &WechatApp, push: &Push) -> Result<()> {
    let app_id = account.config.app_id.as_str();
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(account.config.committee.as_str()))
        .one(app.db.read())
        .await?;
    let committee = found(committee)?.id;
    let kept = Kept::of(push);
    let dedupe_key = match kept.msg_id {
        Some(msg_id) => message_key(msg_id, &kept.openid),
        None => push.dedupe_key.clone(),
    };
    let event = serde_json::to_value(&kept).map_err(ApiError::internal)?;
    let now = app.clock.now();
    let id = CallbackId::new(now, random());
    let (settled, asked) = app
        .db
        .housekeeping(async |txn| {
            let row = callback::ActiveModel {
                committee_id: Set(committee),
                id: Set(id),
                app_id: Set(app_id.to_owned()),
                dedupe_key: Set(dedupe_key.clone()),
                event: Set(event.clone()),
                create_time: Set(push.create_time),
                received_at: Set(now),
                handled_at: Set(None),
            };
            let columns = [
                callback::Column::CommitteeId,
                callback::Column::AppId,
                callback::Column::DedupeKey,
            ];
            let inserted = callback::Entity::insert(row)
                .on_conflict_do_nothing_on(columns)
                .exec_without_returning(txn)
                .await?;
            let TryInsertResult::Inserted(1..) = inserted else {
                return Ok((None, false));
            };
            let mut settled = None;
            let mut asked = false;
            let handled = match (&push.event, kept.report(app_id)) {
                (_, Some(report)) => match notice::report(txn, committee, &report, now).await? {
                    // The answer to our send is not written down yet; `catch_up` comes for this.
                    None => false,
                    Some(state) => {
                        settled = state;
                        true
                    }
                },
                (Event::Subscribe { .. } | Event::Unsubscribe, _) => {
                    let follows = matches!(push.event, Event::Subscribe { .. });
                    asked = followed(txn, committee, app_id, push, follows, now).await?;
                    true
                }
                _ => true,
            };
            if handled {
                close(txn, committee, id, now).await?;
            }
            Ok((settled, asked))
        })
        .await?;
    if let Some(state) = settled {
        Metrics::count(&app.metrics.deliveries, state.as_str());
    }
    if asked {
        app.work.notify_one();
    }
    Ok(())
}

async fn close(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    id: CallbackId,
    now: DateTime<Utc>,
) -> Result<()> {
    callback::Entity::update_many()
        .col_expr(callback::Column::HandledAt, Expr::value(Some(now)))
        .filter(callback::Column::CommitteeId.eq(committee))
        .filter(callback::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}

/// Notes that somebody follows or left, unless something later is known; tells whether a job was
/// enqueued to find out who he is.
async fn followed(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    app_id: &str,
    push: &Push,
    follows: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let openid = push.from_user_name.as_str();
    let id = IdentityId::new(now, random());
    let new = followers::new_identity(
        committee,
        id,
        app_id,
        openid,
        follows,
        push.create_time,
        now,
    );
    let columns = [
        identity::Column::CommitteeId,
        identity::Column::AppId,
        identity::Column::Openid,
    ];
    let inserted = identity::Entity::insert(new)
        .on_conflict_do_nothing_on(columns)
        .exec_without_returning(txn)
        .await?;
    let id = if let TryInsertResult::Inserted(1..) = inserted {
        id
    } else {
        let there = identity::Entity::of(committee)
            .filter(identity::Column::AppId.eq(app_id))
            .filter(identity::Column::Openid.eq(openid))
            .lock_exclusive()
            .one(txn)
            .await?;
        let there = found(there)?;
        if push.create_time <= there.following_at {
            return Ok(false);
        }
        let id = there.id;
        let mut row = there.into_active_model();
        row.following = Set(follows);
        row.following_at = Set(push.create_time);
        // Who follows anew has changed his mind about our messages.
        row.refused_code = Set(None);
        row.update(txn).await?;
        id
    };
    if follows {
        let job = NewJob {
            kind: FOLLOW,
            payload: serde_json::json!({ "identity_id": id }),
            run_at: now,
            unique_key: Some(format!("follow:{id}:{}", push.create_time)),
        };
        enqueue(txn, committee, job, now).await?;
    }
    Ok(follows)
}

/// Handles the reports on the messages of a notice that were here before the answers to our sends
/// were written down.
pub async fn catch_up(app: &App, committee: CommitteeId, notice: NoticeId) -> Result<()> {
    let waiting: Vec<(String, i64, IdentityId)> = delivery::Entity::of(committee)
        .filter(delivery::Column::NoticeId.eq(notice))
        .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
        .filter(delivery::Column::State.eq(DeliveryState::Accepted))
        .all(app.db.read())
        .await?
        .into_iter()
        .filter_map(|row| Some((row.app_id?, row.msg_id?, row.identity_id?)))
        .collect();
    for chunk in waiting.chunks(500) {
        let openids: HashMap<IdentityId, String> = identity::Entity::of(committee)
            .filter(identity::Column::Id.is_in(chunk.iter().map(|(_, _, identity)| *identity)))
            .select_only()
            .columns([identity::Column::Id, identity::Column::Openid])
            .into_tuple()
            .all(app.db.read())
            .await?
            .into_iter()
            .collect();
        let keys = chunk
            .iter()
            .filter_map(|(_, msg_id, identity)| Some(message_key(*msg_id, openids.get(identity)?)));
        let early = callback::Entity::of(committee)
            .filter(
                callback::Column::AppId.is_in(
                    chunk
                        .iter()
                        .map(|(app_id, _, _)| app_id.clone())
                        .collect::<std::collections::BTreeSet<_>>(),
                ),
            )
            .filter(callback::Column::DedupeKey.is_in(keys))
            .filter(callback::Column::HandledAt.is_null())
            .all(app.db.read())
            .await?;
        for row in early {
            handle_early(app, &row).await?;
        }
    }
    Ok(())
}

async fn handle_early(app: &App, row: &callback::Model) -> Result<()> {
    let kept: Kept = serde_json::from_value(row.event.clone()).map_err(ApiError::internal)?;
    let Some(report) = kept.report(&row.app_id) else {
        return Ok(());
    };
    let now = app.clock.now();
    let settled = app
        .db
        .housekeeping(async |txn| {
            let Some(state) = notice::report(txn, row.committee_id, &report, now).await? else {
                return Ok(None);
            };
            close(txn, row.committee_id, row.id, now).await?;
            Ok(state)
        })
        .await?;
    if let Some(state) = settled {
        Metrics::count(&app.metrics.deliveries, state.as_str());
    }
    Ok(())
}
