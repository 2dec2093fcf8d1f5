//! HTTP for a member's answer.

use actix_web::put;
use actix_web::web::{Data, Json};
use domain::attendance::Reply;
use domain::ids::LeaveRequestId;
use domain::leave::{LeaveReason, LeaveState};
use entity::activity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{On, op};
use crate::activity::reply::{self, Answer};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields};
use crate::leave::service::Wish;

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// `attend` or `leave`.
    answer: Reply,
    /// Kind of reason; needed with `leave`.
    reason_code: Option<LeaveReason>,
    /// In the member's words, at most 500 characters; needed with `leave`.
    reason: Option<String>,
}

/// The answer that stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplyView {
    /// What was answered.
    pub answer: Reply,
    /// The request for leave, if one was made or withdrawn.
    pub leave_request_id: Option<LeaveRequestId>,
    /// Where it stands; leave counts only once it is `approved`.
    pub leave_state: Option<LeaveState>,
}

/// Answer an invitation.
///
/// Answering `leave` asks for leave, which somebody must approve; after the start it is a late
/// request. Answering `attend` afterwards withdraws it. The same answer again changes nothing; to
/// ask for leave with another reason, withdraw the request that stands.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), request_body = ReplyBody, responses((status = 200, body = ReplyView), (status = "default", body = Problem)))]
#[put("/activities/{activity_id}/reply")]
pub async fn activity_reply(
    app: Data<App>,
    on: On<op::Reply, activity::Model>,
    body: Body<ReplyBody>,
) -> Result<Json<ReplyView>> {
    let mut fields = Fields::default();
    fields.check(
        body.answer != Reply::None,
        "/answer",
        "unknown_word",
        "请选择参加或请假",
    );
    let wish = (body.answer == Reply::Leave).then(|| {
        let reason = fields.line("/reason", body.reason.as_deref().unwrap_or_default(), 500);
        fields.check(
            body.reason_code.is_some(),
            "/reason_code",
            "required",
            "请选择请假事由",
        );
        body.reason_code.map(|reason_code| Wish {
            reason_code,
            reason,
        })
    });
    fields.finish()?;
    let answer = wish.flatten().map_or(Answer::Attend, Answer::Leave);
    let replied = reply::reply(&app, &on, answer).await?;
    let (leave_request_id, leave_state) = replied.leave.unzip();
    Ok(Json(ReplyView {
        answer: replied.reply,
        leave_request_id,
        leave_state,
    }))
}
