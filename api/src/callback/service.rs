//! Taking a push in: stored once under a key of its own, answered from what was stored.
//!
//! The report on a message stays in the receiving transaction: it is one row found by one index,
//! hundreds of them come within seconds, and a job for each would cost four transactions instead
//! of one. Everything else is left to [`super::handle`], in order of WeChat's clock.

use domain::follower::PushKind;
use domain::ids::{CallbackId, CommitteeId};
use domain::notice::DeliveryState;
use entity::{Scoped, callback, committee, identity, station};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set, TryInsertResult};
use serde_json::json;
use sha2::{Digest, Sha256};
use wechat::callback::reply::Text;
use wechat::callback::{Event, Push};

use super::kept::Kept;
use super::reply::{Answer, Known, Station};
use super::{HANDLE, links};
use crate::app::App;
use crate::config::AppKind;
use crate::crypto::random;
use crate::db::{NewJob, found};
use crate::error::{ApiError, Result};
use crate::jobs::enqueue;
use crate::notice;
use crate::telemetry::{Metrics, redact};
use crate::wechat_apps::WechatApp;

/// Under which key the report on a message is stored. A message has one end, so the key leaves
/// out the second in which it was told: who waits for the report can ask for it by this.
pub(super) fn message_key(msg_id: i64, openid: &str) -> String {
    hex::encode(Sha256::digest(format!("message {msg_id} {openid}")))
}

/// A push on its way into the table.
struct Arrival {
    committee: CommitteeId,
    id: CallbackId,
    app_id: String,
    dedupe_key: String,
    kind: PushKind,
    kept: Kept,
    create_time: i64,
    word: String,
}

/// What was stored.
enum Stored {
    /// It is new; a report on a message may have settled a delivery.
    New(Option<DeliveryState>),
    /// It was here before and is answered as then.
    Before(Option<Answer>),
}

/// Stores a push, unless it was here before; tells what to say in answer, if anything.
///
/// The key is the replay set as well: whoever sends again what he overheard is answered again, in
/// an envelope he cannot open, and changes nothing.
pub async fn receive(app: &App, account: &WechatApp, push: &Push) -> Result<Option<Text>> {
    let app_id = account.config.app_id.as_str();
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(account.config.committee.as_str()))
        .one(app.db.read())
        .await?;
    let committee = found(committee)?.id;
    let (kind, mut kept) = Kept::of(app, push);
    // A mini-program says nothing in its answers.
    if account.config.kind == AppKind::OfficialAccount {
        let known = known(app, committee, app_id, &kept, &push.event).await?;
        kept.answer = Answer::to(&push.event, known);
    }
    let dedupe_key = match kept.msg_id {
        Some(msg_id) => message_key(msg_id, &kept.openid),
        None => push.dedupe_key.clone(),
    };
    let arrival = Arrival {
        committee,
        id: CallbackId::new(app.clock.now(), random()),
        app_id: app_id.to_owned(),
        word: links::word_of_push(app, app_id, &dedupe_key),
        dedupe_key,
        kind,
        kept,
        create_time: push.create_time,
    };
    let stored = match store(app, &arrival, true).await {
        Err(error) if arrival.kind == PushKind::TemplateFinished => {
            // What goes wrong with a delivery must not cost the report: a job tries again.
            let cause = error
                .cause
                .as_ref()
                .map(|cause| redact(&format!("{cause:#}")));
            tracing::warn!(app_id, %error, cause, "a report is left to a job");
            store(app, &arrival, false).await?
        }
        stored => stored?,
    };
    let answer = match stored {
        Stored::New(settled) => {
            if let Some(state) = settled {
                Metrics::count(&app.metrics.deliveries, state.as_str());
            }
            app.work.notify_one();
            arrival.kept.answer
        }
        Stored::Before(answer) => answer,
    };
    match answer {
        None => Ok(None),
        Some(answer) => {
            let name = name_of(app, committee, account).await?;
            let mini_program = app.wechat_apps.mini_program(&account.config.committee);
            let station = Station {
                name: &name,
                mini_program: mini_program.map(|program| program.config.app_id.as_str()),
                pages: &app.config.wechat.pages,
            };
            Ok(Some(answer.text(&station, &arrival.word)))
        }
    }
}

/// What is known of the person when the answer depends on it.
async fn known(
    app: &App,
    committee: CommitteeId,
    app_id: &str,
    kept: &Kept,
    event: &Event,
) -> Result<Known> {
    let mut known = Known::default();
    if !matches!(
        event,
        Event::Subscribe { .. } | Event::Scan { .. } | Event::Text { .. } | Event::Click { .. }
    ) {
        return Ok(known);
    }
    let row = identity::Entity::of(committee)
        .filter(identity::Column::AppId.eq(app_id))
        .filter(identity::Column::Openid.eq(kept.openid.as_str()))
        .one(app.db.read())
        .await?;
    known.member = row.is_some_and(|row| row.member_id.is_some());
    if let Some(index) = &kept.scene_index {
        known.code = links::is_code(app, committee, app_id, index).await?;
    }
    Ok(known)
}

/// How an account is called: as configured, else as its station, else as its committee's.
pub(crate) async fn name_of(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
) -> Result<String> {
    if let Some(name) = &account.config.name {
        return Ok(name.clone());
    }
    let station = station::Entity::of(committee)
        .filter(station::Column::AppId.eq(account.config.app_id.as_str()))
        .one(app.db.read())
        .await?;
    Ok(station.map_or_else(|| "本公众号".to_owned(), |station| station.name))
}

async fn store(app: &App, arrival: &Arrival, report_now: bool) -> Result<Stored> {
    let now = app.clock.now();
    let event = serde_json::to_value(&arrival.kept).map_err(ApiError::internal)?;
    app.db
        .housekeeping(async |txn| {
            let row = callback::ActiveModel {
                committee_id: Set(arrival.committee),
                id: Set(arrival.id),
                app_id: Set(arrival.app_id.clone()),
                dedupe_key: Set(arrival.dedupe_key.clone()),
                kind: Set(arrival.kind),
                event: Set(event.clone()),
                create_time: Set(arrival.create_time),
                received_at: Set(now),
                handled_at: Set(None),
            };
            let inserted = callback::Entity::insert(row)
                .on_conflict_do_nothing_on([
                    callback::Column::CommitteeId,
                    callback::Column::AppId,
                    callback::Column::DedupeKey,
                ])
                .exec_without_returning(txn)
                .await?;
            let TryInsertResult::Inserted(1..) = inserted else {
                return Ok(Stored::Before(answered(txn, arrival).await?));
            };
            if arrival.kept.answer.is_some_and(Answer::offers_link) {
                let index = links::index(app, &arrival.word);
                let token = links::new_token(arrival.committee, &arrival.app_id, index, now);
                links::offer(txn, token, &arrival.kept.openid).await?;
            }
            begin(txn, arrival, report_now, now).await
        })
        .await
}

/// Does what is done at once and leaves the rest to a job.
async fn begin(
    txn: &DatabaseTransaction,
    arrival: &Arrival,
    report_now: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Stored> {
    let (committee, id) = (arrival.committee, arrival.id);
    match (arrival.kind, arrival.kept.report(&arrival.app_id)) {
        (PushKind::Text | PushKind::Click | PushKind::Other, _) => {
            close(txn, committee, id, now).await?;
            Ok(Stored::New(None))
        }
        (PushKind::TemplateFinished, Some(report)) if report_now => {
            match notice::report(txn, committee, &report, now).await? {
                // The answer to our send is not written down yet; `catch_up` comes for this.
                None => Ok(Stored::New(None)),
                Some(settled) => {
                    close(txn, committee, id, now).await?;
                    Ok(Stored::New(settled))
                }
            }
        }
        _ => {
            let job = NewJob {
                kind: HANDLE,
                payload: json!({ "callback_id": id }),
                run_at: now,
                unique_key: Some(format!("callback:{id}")),
            };
            enqueue(txn, committee, job, now).await?;
            Ok(Stored::New(None))
        }
    }
}

/// How the same push was answered before.
async fn answered(txn: &DatabaseTransaction, arrival: &Arrival) -> Result<Option<Answer>> {
    let row = callback::Entity::of(arrival.committee)
        .filter(callback::Column::AppId.eq(arrival.app_id.as_str()))
        .filter(callback::Column::DedupeKey.eq(arrival.dedupe_key.as_str()))
        .one(txn)
        .await?;
    let kept: Option<Kept> = row.and_then(|row| serde_json::from_value(row.event).ok());
    Ok(kept.and_then(|kept| kept.answer))
}

/// Notes that a push is handled.
pub(super) async fn close(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    id: CallbackId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    callback::Entity::update_many()
        .col_expr(callback::Column::HandledAt, Expr::value(Some(now)))
        .filter(callback::Column::CommitteeId.eq(committee))
        .filter(callback::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}
