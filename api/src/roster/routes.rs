//! HTTP for the roster.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use domain::ids::RosterImportId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plan::{Action, PlannedRow};
use super::service::{self, Applied, Preview};
use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{ApiError, Problem, Result};
use crate::extract::Body;
use crate::files::{FileForm, Upload};
use crate::sheet::MEDIA_TYPE;
use crate::spreadsheet::{Issue, RowStatus};

/// The empty roster file: columns, explanations, and the committee's names to choose from.
#[utoipa::path(tag = "roster", responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>), (status = "default", body = Problem)))]
#[get("/roster/template.xlsx")]
pub async fn roster_template(
    app: Data<App>,
    permit: Permit<op::RosterImport>,
) -> Result<HttpResponse> {
    let file = service::template(&app, permit.committee()).await?;
    let disposition = "attachment; filename=\"roster.xlsx\"; filename*=UTF-8''%E5%90%8D%E5%86%8C%E6%A8%A1%E6%9D%BF.xlsx";
    Ok(HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .insert_header(("Content-Disposition", disposition))
        .body(file))
}

/// One row of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// The number the clerk sees.
    pub row: usize,
    /// Whether it can be imported.
    pub status: RowStatus,
    /// What it does; nothing where it has errors.
    pub action: Option<Action>,
    /// The name in it.
    pub name: String,
    /// What stands in the way.
    pub errors: Vec<Issue>,
    /// What to look at again.
    pub warnings: Vec<Issue>,
}

impl From<PlannedRow> for RowView {
    fn from(row: PlannedRow) -> Self {
        Self {
            row: row.row,
            status: RowStatus::of(&row.errors, &row.warnings),
            action: row.step.map(|step| step.action),
            name: row.name,
            errors: row.errors,
            warnings: row.warnings,
        }
    }
}

/// How many rows there are of each kind.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = RosterCounts)]
pub struct Counts {
    /// In the file, without the header.
    pub rows: usize,
    /// New members.
    pub create: usize,
    /// Members whose data changes.
    pub update: usize,
    /// Members who return.
    #[serde(rename = "return")]
    pub returning: usize,
    /// Members who stay as they are.
    pub unchanged: usize,
    /// Rows with warnings.
    pub warnings: usize,
    /// Rows with errors.
    pub errors: usize,
}

/// What importing the file would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// Under which it is applied.
    pub import_id: RosterImportId,
    /// Handed back when applying: what was seen is what is done.
    pub plan_hash: String,
    /// Row by row, in the order of the file.
    pub rows: Vec<RowView>,
    /// How many of each kind.
    pub counts: Counts,
    /// Rows that do not show in the spreadsheet; they are imported like the others.
    pub hidden_rows: Vec<usize>,
    /// About the file as a whole.
    pub warnings: Vec<String>,
}

impl From<Preview> for PreviewView {
    fn from(preview: Preview) -> Self {
        let Preview {
            id,
            plan_hash,
            plan,
        } = preview;
        let actions = plan.actions();
        let of = |action| actions.get(&action).copied().unwrap_or(0);
        let counts = Counts {
            rows: plan.rows.len(),
            create: of(Action::Create),
            update: of(Action::Update),
            returning: of(Action::Return),
            unchanged: of(Action::Unchanged),
            warnings: plan
                .rows
                .iter()
                .filter(|row| row.errors.is_empty() && !row.warnings.is_empty())
                .count(),
            errors: plan.error_count(),
        };
        Self {
            import_id: id,
            plan_hash,
            rows: plan.rows.into_iter().map(RowView::from).collect(),
            counts,
            hidden_rows: plan.hidden_rows,
            warnings: plan.warnings,
        }
    }
}

/// Upload a roster and see what importing it would do.
///
/// The file is xlsx, or csv as UTF-8 or GB18030; at most 10 MB and 10,000 rows. No member is
/// changed. Each row is ok, has warnings, or has errors with column and reason.
#[utoipa::path(tag = "roster", request_body(content = FileForm, content_type = "multipart/form-data"), responses((status = 201, body = PreviewView), (status = "default", body = Problem)))]
#[post("/roster/imports")]
pub async fn preview_roster(
    app: Data<App>,
    permit: Permit<op::RosterImport>,
    upload: Upload,
) -> Result<HttpResponse> {
    let subject = format!("roster:{}", permit.caller.account_id());
    app.cache
        .take(limits::UPLOAD, &subject, app.clock.now())
        .await?;
    let preview = service::preview(
        &app,
        &permit.caller.actor(),
        &upload.file_name,
        upload.bytes,
    )
    .await?;
    Ok(HttpResponse::Created().json(PreviewView::from(preview)))
}

/// What was previewed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// As the preview gave it.
    plan_hash: String,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedView {
    /// Which import.
    pub import_id: RosterImportId,
    /// New members.
    pub create: usize,
    /// Members whose data changed.
    pub update: usize,
    /// Members who returned.
    #[serde(rename = "return")]
    pub returning: usize,
    /// Members who stayed as they were.
    pub unchanged: usize,
    /// Conveners' seats granted.
    pub seats: usize,
}

impl AppliedView {
    fn new(import_id: RosterImportId, applied: &Applied) -> Self {
        let of = |action| applied.actions.get(&action).copied().unwrap_or(0);
        Self {
            import_id,
            create: of(Action::Create),
            update: of(Action::Update),
            returning: of(Action::Return),
            unchanged: of(Action::Unchanged),
            seats: applied.seats,
        }
    }
}

/// Import the roster as previewed: all rows or none.
///
/// Refused with `import_has_errors` while a row has errors, with `import_already_applied` the
/// second time, and with `import_outdated` when a member in it was changed after the preview.
#[utoipa::path(tag = "roster", params(("import_id" = String, Path)), request_body = Approval, responses((status = 200, body = AppliedView), (status = "default", body = Problem)))]
#[post("/roster/imports/{import_id}/apply")]
pub async fn apply_roster(
    app: Data<App>,
    permit: Permit<op::RosterImport>,
    import_id: Path<String>,
    body: Body<Approval>,
) -> Result<Json<AppliedView>> {
    let id: RosterImportId = import_id.parse().map_err(|_| ApiError::not_found())?;
    let applied = service::apply(&app, &permit.caller.actor(), id, &body.plan_hash).await?;
    Ok(Json(AppliedView::new(id, &applied)))
}
