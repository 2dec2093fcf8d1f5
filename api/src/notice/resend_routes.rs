//! HTTP for telling those again who were not reached.

use actix_web::post;
use actix_web::web::{Data, Json};
use domain::ids::NoticeId;
use entity::{delivery, notice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::resend;
use super::routes::DeliveryView;
use crate::access::{On, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::Body;

/// Whether somebody who may have been told is told again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// Go on although somebody may get it twice.
    #[serde(default)]
    confirm: bool,
}

/// Tell a member again who was not reached, by the best way there is now: `state` is then
/// `pending`. Who may have been told is told again only with `confirm`; without it the answer is
/// `may_send_twice`.
#[utoipa::path(tag = "notice", params(("delivery_id" = String, Path)), request_body = Resend, responses((status = 200, body = DeliveryView), (status = "default", body = Problem)))]
#[post("/deliveries/{delivery_id}/resend")]
pub async fn resend_delivery(
    app: Data<App>,
    on: On<op::DeliveryResend, delivery::Model>,
    body: Body<Resend>,
) -> Result<Json<DeliveryView>> {
    Ok(Json(resend::one(&app, &on, body.confirm).await?.into()))
}

/// What came of telling the members of a notice again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResentView {
    /// Which notice.
    #[schema(value_type = String)]
    notice_id: NoticeId,
    /// How many are told again.
    resent: usize,
    /// How many cannot be: WeChat has no way to them.
    unreachable: usize,
    /// How many were left alone because they may have been told; with `confirm` they are told
    /// again.
    doubtful: usize,
}

/// Tell everybody again whom a notice did not reach.
#[utoipa::path(tag = "notice", params(("notice_id" = String, Path)), request_body = Resend, responses((status = 200, body = ResentView), (status = "default", body = Problem)))]
#[post("/notices/{notice_id}/resend")]
pub async fn resend_notice(
    app: Data<App>,
    on: On<op::DeliveryResend, notice::Model>,
    body: Body<Resend>,
) -> Result<Json<ResentView>> {
    let resend::Retold {
        resent,
        unreachable,
        doubtful,
    } = resend::all(&app, &on, body.confirm).await?;
    Ok(Json(ResentView {
        notice_id: on.row.id,
        resent,
        unreachable,
        doubtful,
    }))
}
