//! HTTP for corrections (补签).

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::attendance::{AttendanceStatus, CorrectionState};
use domain::content::{ContentField, ContentKind};
use domain::ids::{AccountId, ActivityId, CorrectionId, FileId, MemberId};
use entity::{activity, correction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Caller, On, Permit, op};
use crate::app::App;
use crate::checkin::correction::{self as service, Named, Wish};
use crate::content::{ContentMark, Sight};
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params, instant};

/// At most so many files show one thing.
const MOST_EVIDENCE: usize = 20;

/// A correction.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionView {
    /// Id.
    pub id: CorrectionId,
    /// The activity.
    pub activity_id: ActivityId,
    /// Its title.
    pub activity_title: String,
    /// The member.
    pub member_id: MemberId,
    /// His name.
    pub member_name: String,
    /// Kind of reason.
    pub reason_code: String,
    /// In words.
    pub reason: String,
    /// What is to be said of the words.
    pub content_marks: Vec<ContentMark>,
    /// Files that show it.
    #[schema(value_type = Vec<FileId>)]
    pub evidence_ids: serde_json::Value,
    /// Where it stands.
    pub state: CorrectionState,
    /// What the list said when it was asked.
    pub original_status: AttendanceStatus,
    /// The account that asked.
    pub requested_by: AccountId,
    /// The account that decided.
    pub decided_by: Option<AccountId>,
    /// When it was decided.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// What was said with the decision.
    pub note: Option<String>,
    /// When it was asked.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub created_at: DateTime<Utc>,
}

impl CorrectionView {
    fn of(named: Named, sight: &Sight) -> Self {
        let Named {
            mut row,
            member,
            activity,
        } = named;
        let field = (row.id.0, ContentField::Reason);
        let mark = sight.cover(Some(row.member_id), field, &mut row.reason);
        Self {
            content_marks: mark.into_iter().collect(),
            id: row.id,
            activity_id: row.activity_id,
            activity_title: activity,
            member_id: row.member_id,
            member_name: member,
            reason_code: row.reason_code,
            reason: row.reason,
            evidence_ids: row.evidence,
            state: row.state,
            original_status: row.original_status,
            requested_by: row.requested_by,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            note: row.note,
            created_at: row.created_at,
        }
    }
}

/// The corrections as the caller reads them.
async fn views(app: &App, caller: &Caller, named: Vec<Named>) -> Result<Vec<CorrectionView>> {
    let ids = named.iter().map(|named| named.row.id.0);
    let sight = Sight::of(app, caller, ContentKind::Correction, ids).await?;
    let views = named
        .into_iter()
        .map(|named| CorrectionView::of(named, &sight));
    Ok(views.collect())
}

async fn view(app: &App, caller: &Caller, named: Named) -> Result<CorrectionView> {
    let view = views(app, caller, vec![named]).await?.into_iter().next();
    view.ok_or_else(ApiError::not_found)
}

/// A request for a correction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// For whom; for oneself unless told.
    member_id: Option<MemberId>,
    /// Kind of reason, a lower-case word such as `phone_fault`.
    reason_code: String,
    /// In words, at most 500 characters.
    reason: String,
    /// Files uploaded by who asks.
    #[serde(default)]
    evidence_ids: Vec<FileId>,
}

/// Ask for a correction of an attendance.
///
/// From the opening of check-in until the committee's number of workdays after the activity; one
/// at a time for a member and an activity.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path)), request_body = CorrectionRequest, responses((status = 201, body = CorrectionView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/corrections")]
pub async fn request_correction(
    app: Data<App>,
    on: On<op::CorrectionRequest, activity::Model>,
    body: Body<CorrectionRequest>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let word = (1..=40).contains(&body.reason_code.len())
        && body
            .reason_code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    fields.check(
        word,
        "/reason_code",
        "unknown_word",
        "应为 1 到 40 个小写字母或下划线",
    );
    let reason = fields.paragraph("/reason", &body.reason, 500);
    fields.check(
        !body.reason.trim().is_empty(),
        "/reason",
        "required",
        "必填",
    );
    fields.check(
        body.evidence_ids.len() <= MOST_EVIDENCE,
        "/evidence_ids",
        "too_many",
        "证明材料最多 20 个",
    );
    fields.finish()?;
    let wish = Wish {
        member: body.member_id,
        reason_code: body.reason_code,
        reason,
        evidence: body.evidence_ids,
    };
    let named = service::request(&app, &on, wish).await?;
    Ok(HttpResponse::Created().json(view(&app, &on.caller, named).await?))
}

/// Which corrections.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CorrectionParams {
    /// Only those that stand here.
    #[param(value_type = Option<String>)]
    state: Option<CorrectionState>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The corrections of one activity, the latest first.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path), CorrectionParams), responses((status = 200, body = Page<CorrectionView>), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/corrections")]
pub async fn activity_corrections(
    app: Data<App>,
    on: On<op::CorrectionList, activity::Model>,
    params: Params<CorrectionParams>,
) -> Result<Json<Page<CorrectionView>>> {
    page(&app, &on.permit, Some(on.row.id), &params).await
}

/// The corrections within one's reach, the latest first.
#[utoipa::path(tag = "checkin", params(CorrectionParams), responses((status = 200, body = Page<CorrectionView>), (status = "default", body = Problem)))]
#[get("/corrections")]
pub async fn corrections(
    app: Data<App>,
    permit: Permit<op::CorrectionList>,
    params: Params<CorrectionParams>,
) -> Result<Json<Page<CorrectionView>>> {
    page(&app, &permit, None, &params).await
}

async fn page(
    app: &App,
    permit: &Permit<op::CorrectionList>,
    activity: Option<ActivityId>,
    params: &CorrectionParams,
) -> Result<Json<Page<CorrectionView>>> {
    let window = PageParams::window(params.limit, params.cursor.as_deref())?;
    let (named, total) = service::list(app, permit, activity, params.state, window).await?;
    let views = views(app, &permit.caller, named).await?;
    Ok(Json(Page::new(views, total, window.0)))
}

/// A decision on a correction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionDecision {
    /// Whether it is granted.
    approve: bool,
    /// What is said with it, at most 200 characters.
    note: Option<String>,
}

/// Decide a correction.
///
/// Neither who asked nor the member himself decides. Granted, the member counts as present (late
/// where he had checked in late); the original status stays in every list, and a settled activity
/// gets a reversal and a new fact. The member is told.
#[utoipa::path(tag = "checkin", params(("correction_id" = String, Path)), request_body = CorrectionDecision, responses((status = 200, body = CorrectionView), (status = "default", body = Problem)))]
#[post("/corrections/{correction_id}/decide")]
pub async fn decide_correction(
    app: Data<App>,
    on: On<op::CorrectionDecide, correction::Model>,
    body: Body<CorrectionDecision>,
) -> Result<Json<CorrectionView>> {
    let mut fields = Fields::default();
    let note = body
        .note
        .as_deref()
        .filter(|note| !note.trim().is_empty())
        .map(|note| fields.line("/note", note, 200));
    fields.finish()?;
    let named = service::decide(&app, &on, body.approve, note).await?;
    Ok(Json(view(&app, &on.caller, named).await?))
}
