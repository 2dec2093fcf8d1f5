//! HTTP for the kinds of duty record.

use actix_web::get;
use actix_web::web::{Data, Json};
use chrono::NaiveDate;
use domain::duty::Declarer;
use domain::score::Attribute;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Permit, op};
use crate::app::App;
use crate::duty::kinds;
use crate::error::{Problem, Result};
use crate::extract::{Page, Params, day};

/// A kind of duty record, as a form needs it.
#[derive(Debug, Serialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a form asks six questions of a kind, each with yes or no"
)]
pub struct DutyKindView {
    /// Its stable name, `kind` of a record.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it tells of a record, with the words to choose from.
    pub attributes: Vec<Attribute>,
    /// Who declares it.
    pub declared_by: Declarer,
    /// Whether the caller may declare it of somebody at all.
    pub may_declare: bool,
    /// Whether the caller may verify it: he sits in an organ that records it.
    pub may_verify: bool,
    /// The organs that record it by the rulebook, by title; empty where the rules leave it open.
    pub recorders: Vec<String>,
    /// Whether several can sign one thing.
    pub signed: bool,
    /// The attribute in which stages are added later, for `POST /duty-records/{id}/stage`.
    pub stages: Option<String>,
    /// Whether it can be converted to another kind.
    pub convertible: bool,
    /// Whether it must name the document it rests on, in the attribute `document`.
    pub needs_document: bool,
    /// Whether it must show evidence.
    pub needs_evidence: bool,
}

/// On which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DutyKindParams {
    /// By the rules in force on this day; today unless told.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    on: Option<NaiveDate>,
}

/// The kinds of duty record that the rulebook knows, for forms.
#[utoipa::path(tag = "duty", params(DutyKindParams), responses((status = 200, body = Page<DutyKindView>), (status = "default", body = Problem)))]
#[get("/duty-kinds")]
pub async fn duty_kinds(
    app: Data<App>,
    permit: Permit<op::DutyList>,
    params: Params<DutyKindParams>,
) -> Result<Json<Page<DutyKindView>>> {
    let kinds = kinds::list(&app, &permit.caller, params.on).await?;
    Ok(Json(Page::whole(kinds)))
}
