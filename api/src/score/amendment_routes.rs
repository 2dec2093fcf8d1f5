//! HTTP for what changes after a closing.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::closing::{AmendmentKind, AmendmentStatus};
use domain::ids::{AccountId, AmendmentId, FactId, GroupId, MemberId, PeriodId};
use domain::score::{Attributes, Subject};
use entity::amendment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amendments::{self, AmendedFact, NewAmendment};
use super::periods;
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params};

/// A fact of an amendment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendedFactView {
    /// What it is, a kind that the frozen rulebook knows.
    kind: String,
    /// The day it happened, within the period.
    on: NaiveDate,
    /// What a sheet shows, at most 100 characters.
    title: String,
    /// The one thing behind several facts, such as a proposal's number.
    reference: Option<String>,
    /// What the kind tells of it.
    #[serde(default)]
    #[schema(value_type = domain::score::Attributes)]
    attributes: Attributes,
    /// Which organ recorded it, in the word of the rulebook.
    recorder: Option<String>,
}

/// An amendment.
#[derive(Debug, Serialize, ToSchema)]
pub struct AmendmentView {
    /// Its id.
    pub id: AmendmentId,
    /// Of which period.
    pub period_id: PeriodId,
    /// After which closing of it.
    pub closing: i32,
    /// What it does: `fact` records one that was missing, `reversal` takes one back,
    /// `replacement` does both.
    pub kind: AmendmentKind,
    /// Whose facts, if a member's.
    pub member_id: Option<MemberId>,
    /// Whose facts, if a group's.
    pub group_id: Option<GroupId>,
    /// The name of the member or the group.
    pub name: String,
    /// The fact to be recorded.
    pub fact: Option<AmendedFactView>,
    /// The fact to be taken back.
    pub reverses: Option<FactId>,
    /// Why.
    pub reason: String,
    /// The number of the document it rests on.
    pub document: String,
    /// Where it stands.
    pub status: AmendmentStatus,
    /// Who proposed it.
    pub proposed_by: AccountId,
    /// When.
    #[serde(with = "crate::extract::instant")]
    #[schema(value_type = String)]
    pub proposed_at: DateTime<Utc>,
    /// Who decided it.
    pub decided_by: Option<AccountId>,
    /// When.
    #[serde(with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// What was said with the decision.
    pub note: Option<String>,
}

async fn views(app: &App, rows: Vec<amendment::Model>) -> Result<Vec<AmendmentView>> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let names = amendments::names(app, first.committee_id, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let fact = row.fact.clone().map(serde_json::from_value).transpose();
            let name = row.subject().and_then(|subject| names.get(&subject));
            Ok(AmendmentView {
                name: name.cloned().unwrap_or_default(),
                id: row.id,
                period_id: row.period_id,
                closing: row.closing,
                kind: row.kind,
                member_id: row.member_id,
                group_id: row.group_id,
                fact: fact.map_err(ApiError::internal)?,
                reverses: row.reverses,
                reason: row.reason,
                document: row.document,
                status: row.status,
                proposed_by: row.proposed_by,
                proposed_at: row.proposed_at,
                decided_by: row.decided_by,
                decided_at: row.decided_at,
                note: row.note,
            })
        })
        .collect()
}

async fn view(app: &App, row: amendment::Model) -> Result<AmendmentView> {
    let view = views(app, vec![row]).await?.pop();
    view.ok_or_else(ApiError::not_found)
}

/// The amendments of a period, the newest first.
#[utoipa::path(tag = "period", params(("period" = String, Path, description = "name or id"), PageParams), responses((status = 200, body = Page<AmendmentView>), (status = "default", body = Problem)))]
#[get("/periods/{period}/amendments")]
pub async fn amendment_list(
    app: Data<App>,
    permit: Permit<op::AmendmentRead>,
    name: Path<String>,
    params: Params<PageParams>,
) -> Result<Json<Page<AmendmentView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let period = periods::find(app.db.read(), permit.committee(), &name).await?;
    let period = period.ok_or_else(ApiError::not_found)?;
    let rows = amendments::list(&app, &period).await?;
    let views = views(&app, rows).await?;
    Ok(Json(Page::cut(views, skip, limit)))
}

/// An amendment to be proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendmentRequest {
    /// `fact`, `reversal` or `replacement`.
    kind: AmendmentKind,
    /// Whose facts: either a member's
    member_id: Option<MemberId>,
    /// or a group's.
    group_id: Option<GroupId>,
    /// The fact to be recorded; not with a reversal.
    fact: Option<AmendedFactView>,
    /// Id of the fact to be taken back, as the sheet names it; not with a fact alone.
    reverses: Option<FactId>,
    /// Why, at most 200 characters.
    reason: String,
    /// The number of the document it rests on, at most 60 characters.
    document: String,
}

/// Propose to change what a closed period counts.
#[utoipa::path(tag = "period", params(("period" = String, Path, description = "name or id")), request_body = AmendmentRequest, responses((status = 201, body = AmendmentView), (status = "default", body = Problem)))]
#[post("/periods/{period}/amendments")]
pub async fn amendment_propose(
    app: Data<App>,
    permit: Permit<op::AmendmentPropose>,
    name: Path<String>,
    body: Body<AmendmentRequest>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let period = periods::find(app.db.read(), permit.committee(), &name).await?;
    let period = period.ok_or_else(ApiError::not_found)?;
    let mut fields = Fields::default();
    let subject = match (body.member_id, body.group_id) {
        (Some(member), None) => Some(Subject::Member(member)),
        (None, Some(group)) => Some(Subject::Group(group)),
        _ => None,
    };
    let message = "须填委员或活动组其中之一";
    fields.check(subject.is_some(), "/member_id", "either_or", message);
    let fact = body.fact.map(|fact| AmendedFact {
        title: fields.line("/fact/title", &fact.title, 100),
        reference: (fact.reference.as_deref())
            .map(|text| fields.line("/fact/reference", text, 100)),
        recorder: (fact.recorder.as_deref()).map(|text| fields.line("/fact/recorder", text, 60)),
        kind: fact.kind,
        on: fact.on,
        attributes: fact.attributes,
    });
    let reason = fields.line("/reason", &body.reason, 200);
    let document = fields.line("/document", &body.document, 60);
    fields.finish()?;
    let new = NewAmendment {
        kind: body.kind,
        subject: subject.ok_or_else(ApiError::not_found)?,
        fact,
        reverses: body.reverses,
        reason,
        document,
    };
    let row = amendments::propose(&app, &permit, &period, new).await?;
    Ok(HttpResponse::Created().json(view(&app, row).await?))
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendmentDecision {
    /// Whether it is approved.
    approve: bool,
    /// What is said with it, at most 200 characters.
    note: Option<String>,
}

/// Decide an amendment, as another human than the one who proposed it.
///
/// Approved, its facts are recorded and the sheets concerned get a next revision, computed by the
/// frozen rulebook; lists show them as amended.
#[utoipa::path(tag = "period", params(("amendment_id" = String, Path)), request_body = AmendmentDecision, responses((status = 200, body = AmendmentView), (status = "default", body = Problem)))]
#[post("/amendments/{amendment_id}/decide")]
pub async fn amendment_decide(
    app: Data<App>,
    on: On<op::AmendmentDecide, amendment::Model>,
    body: Body<AmendmentDecision>,
) -> Result<Json<AmendmentView>> {
    let mut fields = Fields::default();
    let note = (body.note.as_deref()).map(|note| fields.line("/note", note, 200));
    fields.finish()?;
    let row = amendments::decide(&app, &on, body.approve, note).await?;
    Ok(Json(view(&app, row).await?))
}
