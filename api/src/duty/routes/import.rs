//! HTTP for lists of duty records.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::ids::{AccountId, DutyImportId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::duty::import::service::{self, Import};
use crate::duty::import::{Action, Done, PlannedRow};
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Page, PageParams, Params, instant};
use crate::files::{FileForm, Upload};
use crate::sheet::MEDIA_TYPE;
use crate::spreadsheet::{Issue, RowStatus};

/// Of which kind a list is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DutyImportKind {
    /// A kind of `GET /duty-kinds`, such as `proposal` or `opinion_report`.
    kind: String,
}

/// The empty list of a kind: columns, explanations, and the words to choose from.
#[utoipa::path(tag = "duty", params(DutyImportKind), responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>), (status = "default", body = Problem)))]
#[get("/duty-records/imports/template.xlsx")]
pub async fn duty_import_template(
    app: Data<App>,
    permit: Permit<op::DutyImport>,
    params: Params<DutyImportKind>,
) -> Result<HttpResponse> {
    let (title, file) = service::empty(&app, permit.committee(), &params.kind).await?;
    let name = format!("{title}模板.xlsx");
    let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let disposition =
        format!("attachment; filename=\"duty-records.xlsx\"; filename*=UTF-8''{name}");
    Ok(HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .insert_header(("Content-Disposition", disposition))
        .body(file))
}

/// One row of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyImportRow {
    /// The number the clerk sees.
    pub row: usize,
    /// Whether it can be imported.
    pub status: RowStatus,
    /// What it does; nothing where it has errors.
    pub action: Option<Action>,
    /// The number in it.
    pub number: String,
    /// The title in it.
    pub title: String,
    /// The names in it.
    pub people: String,
    /// What it adds to a thing that is recorded already, for the clerk.
    pub changes: Vec<String>,
    /// What stands in the way.
    pub errors: Vec<Issue>,
    /// What to look at again.
    pub warnings: Vec<Issue>,
}

impl From<PlannedRow> for DutyImportRow {
    fn from(row: PlannedRow) -> Self {
        Self {
            row: row.row,
            status: RowStatus::of(&row.errors, &row.warnings),
            action: row.action(),
            number: row.number,
            title: row.title,
            people: row.people,
            changes: row.changes,
            errors: row.errors,
            warnings: row.warnings,
        }
    }
}

/// How many rows there are of each kind.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct DutyImportCounts {
    /// In the file, without the header.
    pub rows: i32,
    /// New things.
    pub create: usize,
    /// Things that are recorded already and have become more.
    pub update: usize,
    /// Things that are recorded already as they stand.
    pub unchanged: usize,
    /// Rows with warnings.
    pub warnings: usize,
    /// Rows with errors.
    pub errors: i32,
}

/// A list: what importing it does, and how far it came.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyImportView {
    /// Under which it is applied and verified.
    pub import_id: DutyImportId,
    /// What its rows are.
    pub kind: String,
    /// As uploaded.
    pub file_name: String,
    /// Handed back when applying: what was seen is what is done.
    pub plan_hash: String,
    /// Who uploaded it.
    pub created_by: AccountId,
    /// His name.
    pub created_by_name: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub created_at: DateTime<Utc>,
    /// When it was applied.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub applied_at: Option<DateTime<Utc>>,
    /// When a second person verified it.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub verified_at: Option<DateTime<Utc>>,
    /// How many of each kind; of a list in a page only rows and errors.
    pub counts: DutyImportCounts,
    /// Row by row, in the order of the file; none in a page of lists, and none after 30 days.
    pub rows: Vec<DutyImportRow>,
    /// Rows that do not show in the spreadsheet; they are imported like the others.
    pub hidden_rows: Vec<usize>,
    /// About the file as a whole.
    pub warnings: Vec<String>,
}

impl From<Import> for DutyImportView {
    fn from(import: Import) -> Self {
        let Import {
            row,
            created_by_name,
            plan,
        } = import;
        let mut counts = DutyImportCounts {
            rows: row.row_count,
            errors: row.error_count,
            ..DutyImportCounts::default()
        };
        let (mut rows, mut hidden_rows, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(plan) = plan {
            let actions = plan.actions();
            let of = |action| actions.get(&action).copied().unwrap_or(0);
            counts.create = of(Action::Create);
            counts.update = of(Action::Update);
            counts.unchanged = of(Action::Unchanged);
            rows = plan.rows.into_iter().map(DutyImportRow::from).collect();
            let warned = |row: &&DutyImportRow| matches!(row.status, RowStatus::Warning);
            counts.warnings = rows.iter().filter(warned).count();
            (hidden_rows, warnings) = (plan.hidden_rows, plan.warnings);
        }
        Self {
            import_id: row.id,
            kind: row.kind,
            file_name: row.file_name,
            plan_hash: row.plan_hash,
            created_by: row.created_by,
            created_by_name,
            created_at: row.created_at,
            applied_at: row.applied_at,
            verified_at: row.verified_at,
            counts,
            rows,
            hidden_rows,
            warnings,
        }
    }
}

/// Upload a list of proposals, opinion reports or other records, and see what importing it does.
///
/// The file is xlsx, or csv as UTF-8 or GB18030; at most 10 MB and 10,000 rows. No record is
/// changed. Each row is ok, has warnings, or has errors with column and reason; one that is
/// recorded already says what it adds. Who may record the kind by the rulebook may import it.
#[utoipa::path(tag = "duty", params(DutyImportKind), request_body(content = FileForm, content_type = "multipart/form-data"), responses((status = 201, body = DutyImportView), (status = "default", body = Problem)))]
#[post("/duty-records/imports")]
pub async fn preview_duty_import(
    app: Data<App>,
    permit: Permit<op::DutyImport>,
    params: Params<DutyImportKind>,
    upload: Upload,
) -> Result<HttpResponse> {
    let subject = format!("duty:{}", permit.caller.account_id());
    app.cache
        .take(limits::UPLOAD, &subject, app.clock.now())
        .await?;
    let import = service::preview(&app, &permit, &params.kind, &upload.file_name, upload.bytes);
    Ok(HttpResponse::Created().json(DutyImportView::from(import.await?)))
}

/// The lists that were uploaded, the latest first: all for the office, their own for staff.
#[utoipa::path(tag = "duty", params(PageParams), responses((status = 200, body = Page<DutyImportView>), (status = "default", body = Problem)))]
#[get("/duty-records/imports")]
pub async fn duty_imports(
    app: Data<App>,
    permit: Permit<op::DutyImport>,
    params: Params<PageParams>,
) -> Result<Json<Page<DutyImportView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let (imports, total) = service::list(&app, &permit, (skip, limit)).await?;
    let items = imports.into_iter().map(DutyImportView::from).collect();
    Ok(Json(Page::new(items, total, skip)))
}

/// One list as it was previewed, for whoever verifies it.
#[utoipa::path(tag = "duty", params(("import_id" = String, Path)), responses((status = 200, body = DutyImportView), (status = "default", body = Problem)))]
#[get("/duty-records/imports/{import_id}")]
pub async fn duty_import(
    app: Data<App>,
    permit: Permit<op::DutyImport>,
    import_id: Path<String>,
) -> Result<Json<DutyImportView>> {
    let import = service::one(&app, &permit, id(&import_id)?).await?;
    Ok(Json(import.into()))
}

/// What was previewed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyImportApproval {
    /// As the preview gave it.
    plan_hash: String,
}

/// Import the list as previewed: all rows or none.
///
/// Its records are submitted, and no point changes before a second person verifies the list.
/// Refused with `import_has_errors` while a row has errors, with `import_already_applied` the
/// second time, and with `import_outdated` when records that resemble its rows were declared or
/// changed after the preview.
#[utoipa::path(tag = "duty", params(("import_id" = String, Path)), request_body = DutyImportApproval, responses((status = 200, body = DutyImportView), (status = "default", body = Problem)))]
#[post("/duty-records/imports/{import_id}/apply")]
pub async fn apply_duty_import(
    app: Data<App>,
    permit: Permit<op::DutyImport>,
    import_id: Path<String>,
    body: Body<DutyImportApproval>,
) -> Result<Json<DutyImportView>> {
    let import = service::apply(&app, &permit, id(&import_id)?, &body.plan_hash).await?;
    Ok(Json(import.into()))
}

/// What verifying a list did.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyImportVerified {
    /// Which list.
    pub import_id: DutyImportId,
    /// Records that count from now on.
    pub verified: usize,
    /// Records that counted before and have become more.
    pub updated: usize,
    /// Records of the list that were verified one by one, or returned, meanwhile.
    pub skipped: usize,
}

/// Verify everything in a list that was applied, so that it counts.
///
/// Never by who uploaded or applied it, nor by who declared or signed something in it:
/// `second_person_required`.
#[utoipa::path(tag = "duty", params(("import_id" = String, Path)), responses((status = 200, body = DutyImportVerified), (status = "default", body = Problem)))]
#[post("/duty-records/imports/{import_id}/verify")]
pub async fn verify_duty_import(
    app: Data<App>,
    permit: Permit<op::DutyVerify>,
    import_id: Path<String>,
) -> Result<Json<DutyImportVerified>> {
    let import_id = id(&import_id)?;
    let Done {
        verified,
        updated,
        skipped,
    } = service::verify(&app, &permit, import_id).await?;
    Ok(Json(DutyImportVerified {
        import_id,
        verified,
        updated,
        skipped,
    }))
}

fn id(text: &str) -> Result<DutyImportId> {
    text.parse().map_err(|_| ApiError::not_found())
}
