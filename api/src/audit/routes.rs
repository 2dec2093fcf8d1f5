//! HTTP for the audit log.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Json};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use domain::authority::Operation;
use domain::ids::{AccountId, AuditId};
use entity::audit;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::chain::{self, Chain, ChainReport};
use super::checkpoint::Checkpoints;
use super::export;
use super::service::{self, Wanted};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Page, PageParams, Params, day, instant};

/// One entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Id.
    pub id: AuditId,
    /// Place in the chain, from 1, without gaps.
    pub seq: i64,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
    /// The account; none for a stranger or for the service itself.
    pub actor_id: Option<AccountId>,
    /// How he was called then.
    pub actor: String,
    /// What was asked.
    pub operation: String,
    /// The same in Chinese, where it is an operation that needs a seat.
    pub operation_title: Option<&'static str>,
    /// `done` or `refused`.
    pub outcome: String,
    /// Why it was refused.
    pub code: Option<String>,
    /// What it was about.
    pub subject_kind: Option<String>,
    /// Which one.
    pub subject_id: Option<String>,
    /// What changed, without personal data.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// The request.
    pub trace_id: String,
    /// The seal of the entry before.
    pub prev_hash: String,
    /// The seal of this entry.
    pub hash: String,
}

impl From<audit::Model> for AuditView {
    fn from(row: audit::Model) -> Self {
        Self {
            id: row.id,
            seq: row.seq,
            at: row.at,
            actor_id: row.actor_id,
            actor: row.actor,
            operation_title: row.operation.parse().ok().map(Operation::zh),
            operation: row.operation,
            outcome: row.outcome,
            code: row.code,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            // What is no JSON was not written by this service; it is shown as it stands.
            detail: serde_json::from_str(&row.detail)
                .unwrap_or(serde_json::Value::String(row.detail)),
            trace_id: row.trace_id,
            prev_hash: row.prev_hash,
            hash: row.hash,
        }
    }
}

/// Which entries, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// From this day on, in Shanghai.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    from: Option<NaiveDate>,
    /// Up to this day, in Shanghai.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    to: Option<NaiveDate>,
    /// Id of the account that acted.
    #[param(value_type = Option<String>)]
    actor: Option<AccountId>,
    /// What was asked, such as `duty_verify`.
    operation: Option<String>,
    /// `done` or `refused`.
    outcome: Option<String>,
    /// Id of what it was about.
    subject_id: Option<String>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The audit log, the newest entry first.
#[utoipa::path(tag = "audit", params(AuditParams), responses((status = 200, body = Page<AuditView>), (status = "default", body = Problem)))]
#[get("/audit")]
pub async fn audit_log(
    app: Data<App>,
    permit: Permit<op::AuditRead>,
    params: Params<AuditParams>,
) -> Result<Json<Page<AuditView>>> {
    let Params(params) = params;
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let wanted = Wanted {
        from: params.from,
        to: params.to,
        actor: params.actor,
        operation: params.operation,
        outcome: params.outcome,
        subject_id: params.subject_id,
    };
    let (rows, total) = service::entries(&app, permit.committee(), wanted, (skip, limit)).await?;
    Ok(Json(Page::new(
        rows.into_iter().map(AuditView::from).collect(),
        total,
        skip,
    )))
}

/// What was found about the chains of the committee.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verification {
    /// Whether every entry of every chain is as it was written.
    pub ok: bool,
    /// Each chain.
    pub chains: Vec<ChainReport>,
}

/// Prove that nothing in the facts and in the audit log was changed.
///
/// Every seal is computed again from what is stored. Where something was changed, the first entry
/// that is not as it was written is named.
#[utoipa::path(tag = "audit", responses((status = 200, body = Verification), (status = "default", body = Problem)))]
#[get("/audit/verify")]
pub async fn verify_chains(
    app: Data<App>,
    permit: Permit<op::AuditVerify>,
) -> Result<Json<Verification>> {
    let mut chains = Vec::new();
    for chain in Chain::ALL {
        chains.push(chain::verify(&app.db, permit.committee(), chain, &Checkpoints::none()).await?);
    }
    Ok(Json(Verification {
        ok: chains.iter().all(|chain| chain.ok),
        chains,
    }))
}

/// Take out a copy of both chains.
///
/// Lines of JSON that `xingdong audit verify --from FILE` can verify anywhere. Counts as an
/// export and is in the audit log, in the copy too.
#[utoipa::path(tag = "audit", responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = "default", body = Problem)))]
#[get("/audit/export")]
pub async fn export_chains(app: Data<App>, permit: Permit<op::AuditRead>) -> Result<HttpResponse> {
    service::note_export(&app, &permit).await?;
    let pages = export::pages(app.db.clone(), permit.committee()).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/x-ndjson"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"audit.ndjson\""))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .streaming(pages.map(|page| page.map(Bytes::from))))
}
