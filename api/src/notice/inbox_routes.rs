//! HTTP for a member's own inbox.

use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::ids::{ActivityId, InboxMessageId, PeriodId, ReviewId};
use entity::inbox_message;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::inbox as letters;
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Page, PageParams, Params, instant};

/// A message in the caller's inbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxMessageView {
    /// Id.
    #[schema(value_type = String)]
    id: InboxMessageId,
    /// About which activity.
    #[schema(value_type = Option<String>)]
    activity_id: Option<ActivityId>,
    /// About which review.
    #[schema(value_type = Option<String>)]
    review_id: Option<ReviewId>,
    /// About which period of assessment.
    #[schema(value_type = Option<String>)]
    period_id: Option<PeriodId>,
    /// Title.
    title: String,
    /// Text.
    body: String,
    /// When it arrived.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    created_at: DateTime<Utc>,
    /// When it was read.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    read_at: Option<DateTime<Utc>>,
}

impl From<inbox_message::Model> for InboxMessageView {
    fn from(row: inbox_message::Model) -> Self {
        Self {
            id: row.id,
            activity_id: row.activity_id,
            review_id: row.review_id,
            period_id: row.period_id,
            title: row.title,
            body: row.body,
            created_at: row.created_at,
            read_at: row.read_at,
        }
    }
}

/// Which page of the inbox.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InboxParams {
    /// Only what was not read yet; `total` is then the figure on the badge.
    unread: Option<bool>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The caller's inbox, newest first.
#[utoipa::path(tag = "notice", params(InboxParams), responses((status = 200, body = Page<InboxMessageView>), (status = "default", body = Problem)))]
#[get("/me/inbox")]
pub async fn inbox(
    app: Data<App>,
    permit: Permit<op::InboxRead>,
    params: Params<InboxParams>,
) -> Result<Json<Page<InboxMessageView>>> {
    let window = PageParams::window(params.limit, params.cursor.as_deref())?;
    let page = letters::messages(&app, &permit, params.unread.unwrap_or(false), window).await?;
    Ok(Json(Page {
        items: page.items.into_iter().map(InboxMessageView::from).collect(),
        total: page.total,
        next_cursor: page.next_cursor,
    }))
}

/// Note that a message was read. The convener sees when the notice of an activity was read first.
#[utoipa::path(tag = "notice", params(("message_id" = String, Path)), responses((status = 200, body = InboxMessageView), (status = "default", body = Problem)))]
#[post("/me/inbox/{message_id}/read")]
pub async fn inbox_read(
    app: Data<App>,
    permit: Permit<op::InboxRead>,
    message_id: Path<String>,
) -> Result<Json<InboxMessageView>> {
    let id = message_id.parse().map_err(|_| ApiError::not_found())?;
    Ok(Json(letters::read(&app, &permit, id).await?.into()))
}
