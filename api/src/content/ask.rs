//! Asking WeChat: a text is judged at once, a picture within half an hour by a push.
//!
//! While WeChat is silent one job a minute tries in vain for all; after two hours it is given up,
//! because WeChat judges only what people write who opened the mini-program within two hours.

use chrono::{DateTime, TimeDelta, Utc};
use domain::content::{ContentKind, ContentObstacle, ContentOutcome, ContentPolicy};
use domain::ids::{ContentCheckId, FileId};
use entity::{Scoped, committee, content_check, identity, job, media_check};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use wechat::Error;
use wechat::error::Class;
use wechat::security::{MediaKind, Scene, Words};

use super::service::{Found, settle};
use super::{picture, texts};
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Result};
use crate::jobs::Outcome;
use crate::telemetry::redact;
use crate::wechat_apps::WechatApp;

/// How long nobody asks after WeChat was silent.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// How long it is tried.
const PATIENCE: TimeDelta = TimeDelta::hours(2);
/// When the verdict on a picture is overdue: WeChat promises it within 30 minutes.
const OVERDUE: TimeDelta = TimeDelta::minutes(35);

/// What came of asking.
enum Answer {
    /// It is known.
    Found(Found),
    /// WeChat will push what it finds, under this number.
    Promised(String),
    /// WeChat may judge it later.
    Silent,
}

/// Has one text or picture judged.
pub async fn check_due(app: &App, job: &job::Model) -> Result<Outcome> {
    let committee = job.committee_id;
    let id: ContentCheckId = job.payload["content_check_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("job {} names no check", job.id)))?;
    let row = content_check::Entity::find_by_id((committee, id))
        .one(app.db.read())
        .await?;
    let policy = app.config.wechat.content_check;
    let Some(row) = row.filter(|row| row.outcome == ContentOutcome::Unchecked) else {
        return Ok(Outcome::Done);
    };
    if policy == ContentPolicy::Off || row.decision.is_some() {
        return Ok(Outcome::Done);
    }
    if row.trace_id.is_some() {
        return overdue(app, &row).await;
    }
    let now = app.clock.now();
    let paused = silent_until(app, &row, now).await?;
    let answer = match paused {
        Some(_) => Answer::Silent,
        None => match ask(app, &row, now).await? {
            None => return forget(app, &row).await,
            Some(answer) => answer,
        },
    };
    match (answer, paused) {
        (Answer::Silent, _) if row.written_at + PATIENCE <= now => {
            let found = Found::nothing(ContentObstacle::Silent);
            note(app, &row, Answer::Found(found), now).await
        }
        (Answer::Silent, Some(until)) => Ok(Outcome::Later(until)),
        (answer, _) => note(app, &row, answer, now).await,
    }
}

/// Until when nobody asks, because WeChat was silent a moment ago on whatever was asked.
async fn silent_until(
    app: &App,
    row: &content_check::Model,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    use content_check::Column as C;
    let in_vain = content_check::Entity::of(row.committee_id)
        .filter(C::Outcome.eq(ContentOutcome::Unchecked))
        .filter(C::TraceId.is_null())
        .filter(C::AskedAt.gt(now - PAUSE))
        .count(app.db.read())
        .await?;
    Ok((0 < in_vain).then(|| now + PAUSE))
}

/// Asks WeChat; none where the text stands nowhere any more.
async fn ask(app: &App, row: &content_check::Model, now: DateTime<Utc>) -> Result<Option<Answer>> {
    let nothing = |obstacle| Ok(Some(Answer::Found(Found::nothing(obstacle))));
    let Some(mini_program) = mini_program(app, row).await? else {
        return nothing(ContentObstacle::NoMiniProgram);
    };
    let writer = identity::Entity::of(row.committee_id)
        .filter(identity::Column::AppId.eq(mini_program.config.app_id.as_str()))
        .filter(identity::Column::AccountId.eq(row.account_id))
        .one(app.db.read())
        .await?;
    let Some(writer) = writer else {
        return nothing(ContentObstacle::WriterUnknown);
    };
    // A file is read by whoever sees the record, as one reads a post; other texts answer something.
    let scene = match row.kind {
        ContentKind::File | ContentKind::DutyRecord => Scene::SocialLog,
        ContentKind::LeaveRequest
        | ContentKind::Correction
        | ContentKind::Nomination
        | ContentKind::Objection => Scene::Comment,
    };
    let client = &mini_program.client;
    if row.kind == ContentKind::File {
        let file = FileId(row.subject_id);
        let Some(address) = picture::address(app, row.committee_id, file, now) else {
            return nothing(ContentObstacle::NoPublicUrl);
        };
        if mini_program.config.token.is_none() {
            return nothing(ContentObstacle::NoPush);
        }
        let asked = client
            .check_media(&address, MediaKind::Image, scene, &writer.openid)
            .await;
        return Ok(Some(
            asked.map_or_else(|error| refused(row, &error), Answer::Promised),
        ));
    }
    let standing = texts::of_checks(app.db.read(), row.committee_id, std::slice::from_ref(row));
    let Some(content) = standing.await?.remove(&(row.subject_id, row.field)) else {
        return Ok(None);
    };
    let words = Words {
        openid: writer.openid,
        scene,
        content,
        title: None,
        nickname: None,
    };
    Ok(Some(match client.check_words(&words).await {
        Ok(judgement) => Answer::Found(Found::judged(&judgement)),
        Err(error) => refused(row, &error),
    }))
}

async fn mini_program<'a>(
    app: &'a App,
    row: &content_check::Model,
) -> Result<Option<&'a WechatApp>> {
    let committee = found(
        committee::Entity::find_by_id(row.committee_id)
            .one(app.db.read())
            .await?,
    )?;
    Ok(app.wechat_apps.mini_program(&committee.code))
}

/// The writer has not opened the mini-program within two hours.
const AWAY: i64 = 61010;

/// What follows where WeChat did not judge.
fn refused(row: &content_check::Model, error: &Error) -> Answer {
    let answer = match error {
        Error::NotSent { .. }
        | Error::Ambiguous { .. }
        | Error::CircuitOpen { .. }
        | Error::Unbelievable { .. } => Answer::Silent,
        Error::Api(refusal) => match (refusal.class, refusal.code) {
            (_, AWAY) => Answer::Found(Found::nothing(ContentObstacle::Away)),
            // The older interface calls a text illegal by this and says not for what.
            (_, 87014) => Answer::Found(Found {
                outcome: ContentOutcome::Review,
                ..Found::nothing(ContentObstacle::Refused)
            }),
            // Quotas end and an operator mends his configuration; the text can wait for both.
            (
                Class::Token
                | Class::Transient
                | Class::MinuteQuota
                | Class::DayQuota
                | Class::Serialise
                | Class::Config,
                _,
            ) => Answer::Silent,
            _ => Answer::Found(Found::nothing(ContentObstacle::Refused)),
        },
        _ => Answer::Found(Found::nothing(ContentObstacle::Refused)),
    };
    let why = redact(&error.to_string());
    // That somebody has put his phone away is usual, and nothing an operator could mend.
    if matches!(error, Error::Api(refusal) if refusal.code == AWAY) {
        tracing::debug!(check = %row.id, kind = %row.kind, error = why, "content was not judged");
    } else {
        tracing::warn!(check = %row.id, kind = %row.kind, error = why, "content was not judged");
    }
    answer
}

async fn note(
    app: &App,
    row: &content_check::Model,
    answer: Answer,
    now: DateTime<Utc>,
) -> Result<Outcome> {
    use content_check::Column as C;
    let (committee, id) = (row.committee_id, row.id);
    let promised = match answer {
        Answer::Found(found) => {
            app.db
                .housekeeping(async |txn| settle(txn, committee, id, found, now).await)
                .await?;
            return Ok(Outcome::Done);
        }
        Answer::Promised(trace_id) => Some(trace_id),
        Answer::Silent => None,
    };
    let app_id = mini_program(app, row)
        .await?
        .map(|mini_program| mini_program.config.app_id.clone());
    let told = app
        .db
        .housekeeping(async |txn| {
            content_check::Entity::update_many()
                .col_expr(C::AskedAt, Expr::value(Some(now)))
                .col_expr(C::AppId, Expr::value(app_id.clone()))
                .col_expr(C::TraceId, Expr::value(promised.clone()))
                .filter(C::CommitteeId.eq(committee))
                .filter(C::Id.eq(id))
                .exec(txn)
                .await?;
            // WeChat may have pushed what it found before its number was written down here.
            let (Some(app_id), Some(trace_id)) = (&app_id, &promised) else {
                return Ok(false);
            };
            let Some(found) = pushed(txn, row, app_id, trace_id).await? else {
                return Ok(false);
            };
            settle(txn, committee, id, found, now).await?;
            Ok(true)
        })
        .await?;
    Ok(match (told, promised) {
        (true, _) => Outcome::Done,
        (false, Some(_)) => Outcome::Later(now + OVERDUE),
        (false, None) => Outcome::Later(now + PAUSE),
    })
}

/// What WeChat pushed of a picture, if it did.
async fn pushed(
    db: &impl sea_orm::ConnectionTrait,
    row: &content_check::Model,
    app_id: &str,
    trace_id: &str,
) -> Result<Option<Found>> {
    let told = media_check::Entity::of(row.committee_id)
        .filter(media_check::Column::AppId.eq(app_id))
        .filter(media_check::Column::TraceId.eq(trace_id))
        .one(db)
        .await?;
    Ok(told.map(|told| Found::of_media(told.code, told.suggest.as_deref(), told.label, trace_id)))
}

/// The verdict on a picture is overdue: what was pushed while its number was being written down is
/// found now, and what was not pushed is not waited for.
async fn overdue(app: &App, row: &content_check::Model) -> Result<Outcome> {
    let now = app.clock.now();
    let due = row.asked_at.unwrap_or(row.written_at) + OVERDUE;
    if now < due {
        return Ok(Outcome::Later(due));
    }
    let app_id = row.app_id.as_deref().unwrap_or_default();
    let trace_id = row.trace_id.as_deref().unwrap_or_default();
    let told = pushed(app.db.read(), row, app_id, trace_id).await?;
    let found = told.unwrap_or_else(|| Found::nothing(ContentObstacle::NoVerdict));
    app.db
        .housekeeping(async |txn| settle(txn, row.committee_id, row.id, found, now).await)
        .await?;
    Ok(Outcome::Done)
}

/// The text was changed from the desk, or is gone: nobody reads it any more.
async fn forget(app: &App, row: &content_check::Model) -> Result<Outcome> {
    app.db
        .housekeeping(async |txn| {
            content_check::Entity::delete_many()
                .filter(content_check::Column::CommitteeId.eq(row.committee_id))
                .filter(content_check::Column::Id.eq(row.id))
                .filter(content_check::Column::Decision.is_null())
                .exec(txn)
                .await?;
            Ok(Outcome::Done)
        })
        .await
}
