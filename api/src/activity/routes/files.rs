//! HTTP for the files of an activity.

use actix_web::web::Data;
use actix_web::{HttpResponse, put};
use entity::activity;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ActivityView, shown};
use crate::access::{On, op};
use crate::activity::files::{self, GivenFile};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, IfMatch};

/// The files an activity is to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFiles {
    /// At most 10, in the order in which people see them; empty to take them all away.
    files: Vec<GivenFile>,
}

/// Replace the files of an activity, until it is closed or cancelled.
///
/// Materials often come late: a published activity takes them without being moved or returned.
/// With `If-Match`, a list that did not see the latest version is refused.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = NewFiles, responses((status = 200, body = ActivityView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[put("/activities/{activity_id}/files")]
pub async fn activity_files(
    app: Data<App>,
    on: On<op::ActivityFiles, activity::Model>,
    seen: IfMatch,
    body: Body<NewFiles>,
) -> Result<HttpResponse> {
    let row = files::replace(&app, &on, seen, &body.files).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}
