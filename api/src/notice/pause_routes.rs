//! HTTP for what has stopped an account from sending.

use actix_web::web::{Data, Json};
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::ids::PauseId;
use domain::notice::Channel;
use domain::notice::pause::Cause;
use entity::channel_pause;
use serde::Serialize;
use utoipa::ToSchema;

use super::pauses::{self, Seen, advice};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::instant;

/// What has stopped an account, or one template of it, from sending.
#[derive(Debug, Serialize, ToSchema)]
pub struct PauseView {
    /// Id, for ending it.
    #[schema(value_type = String)]
    id: PauseId,
    /// The `AppID` of the account.
    app_id: String,
    /// Which of its channels.
    channel: Channel,
    /// Which template; none where it is the whole channel.
    template_id: Option<String>,
    /// Why.
    cause: Cause,
    /// WeChat's code.
    code: Option<i64>,
    /// What WeChat said.
    message: Option<String>,
    /// WeChat's number of the refused request, which its support asks for; known there for seven
    /// days.
    rid: Option<String>,
    /// Our address as WeChat saw it.
    seen_ip: Option<String>,
    /// Since when.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    since: DateTime<Utc>,
    /// When it ends by itself; none where somebody must end it.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    until: Option<DateTime<Utc>>,
    /// When somebody ended it.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    resumed_at: Option<DateTime<Utc>>,
    /// What to do about it.
    advice: String,
}

impl From<channel_pause::Model> for PauseView {
    fn from(row: channel_pause::Model) -> Self {
        Self {
            advice: advice(&row),
            id: row.id,
            app_id: row.app_id,
            channel: row.channel,
            template_id: Some(row.template_id).filter(|template| !template.is_empty()),
            cause: row.cause,
            code: row.code,
            message: row.message,
            rid: row.rid,
            seen_ip: row.seen_ip,
            since: row.since,
            until: row.until,
            resumed_at: row.resumed_at,
        }
    }
}

/// A stop that holds now.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldingPauseView {
    /// What is stopped.
    #[serde(flatten)]
    pause: PauseView,
    /// How many messages wait for its end. What waits until its activity begins, or for a day, is
    /// put on the list of those to be phoned.
    waiting: u64,
}

impl From<Seen> for HoldingPauseView {
    fn from(seen: Seen) -> Self {
        Self {
            pause: seen.row.into(),
            waiting: seen.waiting,
        }
    }
}

/// Everything that is stopped now.
#[derive(Debug, Serialize, ToSchema)]
pub struct PauseList {
    /// The oldest first.
    items: Vec<HoldingPauseView>,
}

/// The accounts and templates that cannot send now, and what to do about it.
#[utoipa::path(tag = "notice", responses((status = 200, body = PauseList), (status = "default", body = Problem)))]
#[get("/wechat/pauses")]
pub async fn channel_pauses(
    app: Data<App>,
    permit: Permit<op::PauseList>,
) -> Result<Json<PauseList>> {
    let items = pauses::list(&app, &permit).await?;
    Ok(Json(PauseList {
        items: items.into_iter().map(HoldingPauseView::from).collect(),
    }))
}

/// Let an account or a template send again, once what stopped it is put right; what waits is sent
/// at once.
#[utoipa::path(tag = "notice", params(("pause_id" = String, Path)), responses((status = 200, body = PauseView), (status = "default", body = Problem)))]
#[post("/wechat/pauses/{pause_id}/resume")]
pub async fn resume_channel(
    app: Data<App>,
    on: On<op::PauseResume, channel_pause::Model>,
) -> Result<Json<PauseView>> {
    Ok(Json(pauses::resume(&app, &on).await?.into()))
}
