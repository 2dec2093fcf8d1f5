//! What follows from a push, done after WeChat was answered, in order of WeChat's clock.
//!
//! Every push has a job of its own; whichever comes first handles all that are open. The order
//! spares work and decides nothing: what is older than what is known is passed over.

use chrono::{DateTime, TimeDelta, Utc};
use domain::follower::PushKind;
use domain::ids::{CallbackId, CommitteeId, IdentityId, MediaCheckId};
use entity::{Scoped, callback, identity, job, media_check};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, TryInsertResult,
};
use serde_json::json;

use super::kept::{Kept, Subscribed, happened};
use super::service::close;
use super::{FOLLOW, followers, links};
use crate::app::App;
use crate::content::service::{MediaVerdict, media_found};
use crate::crypto::random;
use crate::db::{NewJob, found};
use crate::error::{ApiError, Result};
use crate::jobs::{Outcome, enqueue};
use crate::notice::{self, credit};
use crate::telemetry::{Metrics, redact};

/// How many pushes one job handles; those behind them have jobs of their own.
const ROUND: u64 = 500;
/// How long a report on a subscription message waits for the answer to its send.
const WAIT: TimeDelta = TimeDelta::hours(1);

/// Handles the pushes of the account whose push the job names.
pub async fn handle_due(app: &App, job: &job::Model) -> Result<Outcome> {
    let committee = job.committee_id;
    let id: CallbackId = job.payload["callback_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("job {} names no push", job.id)))?;
    let own = callback::Entity::find_by_id((committee, id))
        .filter(callback::Column::HandledAt.is_null())
        .one(app.db.read())
        .await?;
    let Some(own) = own else {
        return Ok(Outcome::Done);
    };
    // A report without a delivery waits for the answer to its send and has no job to be tried by.
    if own.kind == PushKind::TemplateFinished {
        handle(app, &own).await?;
        return Ok(Outcome::Done);
    }
    let open = callback::Entity::of(committee)
        .filter(callback::Column::AppId.eq(own.app_id.as_str()))
        .filter(callback::Column::HandledAt.is_null())
        .filter(callback::Column::Kind.ne(PushKind::TemplateFinished))
        .order_by_asc(callback::Column::CreateTime)
        .order_by_asc(callback::Column::Id)
        .limit(ROUND)
        .all(app.db.read())
        .await?;
    let mut failed = None;
    for push in &open {
        match handle(app, push).await {
            Ok(()) => {}
            Err(error) if push.id == id => failed = Some(error),
            // It has a job of its own, which tries it again and says so.
            Err(error) => {
                let cause = error
                    .cause
                    .as_ref()
                    .map(|cause| redact(&format!("{cause:#}")));
                tracing::warn!(callback = %push.id, kind = %push.kind, %error, cause, "a push waits");
            }
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let waiting = callback::Entity::find_by_id((committee, id))
        .filter(callback::Column::HandledAt.is_null())
        .one(app.db.read())
        .await?;
    Ok(match waiting {
        None => Outcome::Done,
        // It waits for the answer to a send, or behind more than one round of others.
        Some(_) => Outcome::Later(app.clock.now() + TimeDelta::seconds(30)),
    })
}

/// Does what one push asks for, once, and notes that it is done.
pub(super) async fn handle(app: &App, push: &callback::Model) -> Result<()> {
    let kept: Kept = serde_json::from_value(push.event.clone()).map_err(ApiError::internal)?;
    let now = app.clock.now();
    if let (PushKind::Subscribe | PushKind::Scan, Some(index)) = (push.kind, &kept.scene_index) {
        // Before the push is closed: if this fails, all of it is tried again, and a word is used
        // up by the first success.
        let (committee, app_id) = (push.committee_id, push.app_id.as_str());
        links::redeem(
            app,
            committee,
            app_id,
            &kept.openid,
            index,
            push.create_time,
        )
        .await?;
    }
    let (settled, asked) = app
        .db
        .housekeeping(async |txn| {
            let open = callback::Entity::find_by_id((push.committee_id, push.id))
                .filter(callback::Column::HandledAt.is_null())
                .lock_exclusive()
                .one(txn)
                .await?;
            if open.is_none() {
                return Ok((None, false));
            }
            let mut settled = None;
            let mut asked = false;
            match push.kind {
                PushKind::TemplateFinished => {
                    if let Some(report) = kept.report(&push.app_id) {
                        match notice::report(txn, push.committee_id, &report, now).await? {
                            None => return Ok((None, false)),
                            Some(state) => settled = state,
                        }
                    }
                }
                PushKind::Subscribe => asked = followed(txn, push, &kept, true, now).await?,
                PushKind::Unsubscribe => asked = followed(txn, push, &kept, false, now).await?,
                PushKind::SubscribeAnswered
                | PushKind::SubscribeChanged
                | PushKind::SubscribeSent => {
                    let known = subscribed(txn, push, &kept, now).await?;
                    if !known && now < push.received_at + WAIT {
                        return Ok((None, false));
                    }
                }
                PushKind::MediaChecked => found_in_media(txn, push, &kept, now).await?,
                PushKind::Scan | PushKind::Text | PushKind::Click | PushKind::Other => {}
            }
            close(txn, push.committee_id, push.id, now).await?;
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

/// Notes that somebody follows or left, unless something later is known; tells whether a job was
/// enqueued to ask WeChat about him.
async fn followed(
    txn: &DatabaseTransaction,
    push: &callback::Model,
    kept: &Kept,
    follows: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let committee = push.committee_id;
    let id = IdentityId::new(now, random());
    let new = followers::new_identity(
        committee,
        id,
        &push.app_id,
        &kept.openid,
        follows,
        push.create_time,
        now,
    );
    let inserted = identity::Entity::insert(new)
        .on_conflict_do_nothing_on([
            identity::Column::CommitteeId,
            identity::Column::AppId,
            identity::Column::Openid,
        ])
        .exec_without_returning(txn)
        .await?;
    if let TryInsertResult::Inserted(1..) = inserted {
        return ask(txn, committee, id, push, follows, false, now).await;
    }
    let there = identity::Entity::of(committee)
        .filter(identity::Column::AppId.eq(push.app_id.as_str()))
        .filter(identity::Column::Openid.eq(kept.openid.as_str()))
        .lock_exclusive()
        .one(txn)
        .await?;
    let there = found(there)?;
    let id = there.id;
    if push.create_time < there.following_at {
        return Ok(false);
    }
    if push.create_time == there.following_at {
        // Came and left within a second: WeChat's clock cannot tell which was last, WeChat can.
        let doubt = there.following != follows;
        return ask(txn, committee, id, push, doubt, doubt, now).await;
    }
    let mut row = there.into_active_model();
    row.following = Set(follows);
    row.following_at = Set(push.create_time);
    // Who follows anew has changed his mind about our messages.
    row.refused_code = Set(None);
    row.update(txn).await?;
    ask(txn, committee, id, push, follows, false, now).await
}

/// Enqueues the question who a follower is, and in doubt whether he follows.
async fn ask(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    identity: IdentityId,
    push: &callback::Model,
    wanted: bool,
    doubt: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    if wanted {
        let word = if doubt { "doubt" } else { "follow" };
        let job = NewJob {
            kind: FOLLOW,
            payload: json!({ "identity_id": identity, "doubt": doubt }),
            run_at: now,
            unique_key: Some(format!("{word}:{identity}:{}", push.create_time)),
        };
        enqueue(txn, committee, job, now).await?;
    }
    Ok(wanted)
}

/// Counts what somebody agreed to, and closes what WeChat reports on; tells whether everything it
/// names was known.
async fn subscribed(
    txn: &DatabaseTransaction,
    push: &callback::Model,
    kept: &Kept,
    now: DateTime<Utc>,
) -> Result<bool> {
    let at = happened(push.create_time).unwrap_or(now);
    let (committee, app_id, openid) = (push.committee_id, &push.app_id, &kept.openid);
    let told = credit::Told::ByEvent(push.create_time);
    let mut known = true;
    for one in &kept.subscribed {
        match one {
            Subscribed::Agreed(template) => {
                credit::granted(txn, committee, app_id, openid, template, &told, at).await?;
            }
            Subscribed::Declined(template) if push.kind == PushKind::SubscribeChanged => {
                credit::rejected(txn, committee, app_id, openid, template, at).await?;
            }
            // A tap on "no" in a popup takes nothing away.
            Subscribed::Declined(_) => {}
            Subscribed::Sent { msg_id, code } => {
                let found = credit::sent(txn, committee, app_id, *msg_id, *code, now).await?;
                known &= found.is_some();
            }
        }
    }
    Ok(known)
}

/// Keeps what WeChat found in a picture, the first time it says so, and settles its check.
async fn found_in_media(
    txn: &DatabaseTransaction,
    push: &callback::Model,
    kept: &Kept,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(media) = &kept.media else {
        return Ok(());
    };
    let row = media_check::ActiveModel {
        committee_id: Set(push.committee_id),
        id: Set(MediaCheckId::new(now, random())),
        app_id: Set(push.app_id.clone()),
        trace_id: Set(media.trace_id.clone()),
        code: Set(media.code),
        suggest: Set(media.suggest.clone()),
        label: Set(media.label),
        told_at: Set(now),
    };
    media_check::Entity::insert(row)
        .on_conflict_do_nothing_on([
            media_check::Column::CommitteeId,
            media_check::Column::AppId,
            media_check::Column::TraceId,
        ])
        .exec_without_returning(txn)
        .await?;
    let verdict = MediaVerdict {
        app_id: push.app_id.clone(),
        trace_id: media.trace_id.clone(),
        code: media.code,
        suggest: media.suggest.clone(),
        label: media.label,
    };
    media_found(txn, push.committee_id, &verdict, now).await
}
