//! HTTP for scores and rulebooks.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use domain::ids::{GroupId, MemberId, SectorId};
use domain::people::Position;
use domain::points::Points;
use domain::score::{Invitations, Rulebook, Share, Sheet};
use entity::member;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service::{self, Assessed, Filter};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Page, PageParams, Params};

/// One line of the table of scores.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreView {
    /// Who.
    pub member_id: MemberId,
    /// His name.
    pub name: String,
    /// His group.
    pub group_id: GroupId,
    /// Its name.
    pub group: String,
    /// His sector.
    pub sector_id: SectorId,
    /// Its name.
    pub sector: String,
    /// His position.
    pub position: Position,
    /// His points.
    pub total: Points,
    /// His grade, where the rulebook gives grades.
    pub grade: Option<String>,
    /// To what he was invited, and what became of it.
    pub attendance: Invitations,
    /// How much of what he could attend he attended.
    pub attendance_share: Option<Share>,
    /// His rank among the members that the query selects and the caller may see; equal points
    /// share a rank.
    pub rank: u64,
}

impl From<(u64, Assessed)> for ScoreView {
    fn from((rank, one): (u64, Assessed)) -> Self {
        Self {
            member_id: one.member.id,
            name: one.member.name,
            group_id: one.member.group_id,
            group: one.group,
            sector_id: one.member.sector_id,
            sector: one.sector,
            position: one.member.position,
            total: one.sheet.total,
            grade: one.sheet.grade,
            attendance: one.sheet.attendance,
            attendance_share: one.sheet.attendance_share,
            rank,
        }
    }
}

/// Which scores, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScoreParams {
    /// `2026`, `2026-H1`, `2026-Q3` or `2026-09`; the current period of the rulebook unless told.
    period: Option<String>,
    /// Id of a group.
    #[param(value_type = Option<String>)]
    group: Option<GroupId>,
    /// Id of a sector.
    #[param(value_type = Option<String>)]
    sector: Option<SectorId>,
    /// A position.
    #[param(value_type = Option<String>)]
    position: Option<Position>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The scores of a period, the most points first.
///
/// Conveners and staff see the totals of their groups, the office, leaders and auditors all. The
/// rank is one among the members selected by the query.
#[utoipa::path(tag = "score", params(ScoreParams), responses((status = 200, body = Page<ScoreView>), (status = "default", body = Problem)))]
#[get("/scores")]
pub async fn scores(
    app: Data<App>,
    permit: Permit<op::ScoreList>,
    params: Params<ScoreParams>,
) -> Result<Json<Page<ScoreView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let period = service::period(&app, params.period.as_deref())?;
    let filter = Filter {
        group: params.group,
        sector: params.sector,
        position: params.position,
        ..Filter::within(permit.reach.clone())
    };
    let assessed = service::sheets(&app, permit.committee(), period, &filter).await?;
    let views = service::ranked(assessed)
        .into_iter()
        .map(ScoreView::from)
        .collect();
    Ok(Json(Page::cut(views, skip, limit)))
}

/// A sheet with the person it is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct SheetView {
    /// The member's name.
    pub name: String,
    /// The name of his group.
    pub group: String,
    /// The name of his sector.
    pub sector: String,
    /// His position.
    pub position: Position,
    /// The sheet with every line, every fact and the arithmetic.
    #[serde(flatten)]
    pub sheet: Sheet,
}

impl From<Assessed> for SheetView {
    fn from(one: Assessed) -> Self {
        Self {
            name: one.member.name,
            group: one.group,
            sector: one.sector,
            position: one.member.position,
            sheet: one.sheet,
        }
    }
}

/// Which period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodParams {
    /// `2026`, `2026-H1`, `2026-Q3` or `2026-09`; the current period of the rulebook unless told.
    pub(crate) period: Option<String>,
}

/// One member's sheet with all its lines.
///
/// Every line names its clause, the facts that count and the arithmetic; what earned nothing
/// stands in `unused` with the reason.
#[utoipa::path(tag = "score", params(("member_id" = String, Path), PeriodParams), responses((status = 200, body = SheetView), (status = "default", body = Problem)))]
#[get("/members/{member_id}/score")]
pub async fn member_score(
    app: Data<App>,
    on: On<op::ScoreRead, member::Model>,
    params: Params<PeriodParams>,
) -> Result<Json<SheetView>> {
    let period = service::period(&app, params.period.as_deref())?;
    Ok(Json(
        service::sheet(&app, on.row.clone(), period).await?.into(),
    ))
}

/// The caller's own sheet with all its lines.
///
/// `not_found` for an account that is no member in office.
#[utoipa::path(tag = "score", params(PeriodParams), responses((status = 200, body = SheetView), (status = "default", body = Problem)))]
#[get("/me/score")]
pub async fn my_score(
    app: Data<App>,
    permit: Permit<op::ScoreRead>,
    params: Params<PeriodParams>,
) -> Result<Json<SheetView>> {
    let period = service::period(&app, params.period.as_deref())?;
    let member = permit.caller.member().ok_or_else(ApiError::not_found)?;
    Ok(Json(
        service::sheet(&app, member.clone(), period).await?.into(),
    ))
}

/// A rulebook in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulebookView {
    /// Its stable name.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Which version of the text this is.
    pub version: u32,
    /// What must be shown beside every result.
    pub notice: Option<String>,
    /// Whether scores are computed by it now.
    pub adopted: bool,
}

/// The rulebooks of the committee: for now the one that is adopted.
#[utoipa::path(tag = "score", params(PageParams), responses((status = 200, body = Page<RulebookView>), (status = "default", body = Problem)))]
#[get("/rulebooks")]
pub async fn rulebooks(
    app: Data<App>,
    _permit: Permit<op::RulebookRead>,
    params: Params<PageParams>,
) -> Result<Json<Page<RulebookView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let Rulebook {
        key,
        title,
        version,
        notice,
        ..
    } = service::in_force(&app).rulebook().clone();
    let adopted = RulebookView {
        id: key,
        title,
        version,
        notice,
        adopted: true,
    };
    Ok(Json(Page::cut(vec![adopted], skip, limit)))
}

/// A rulebook with its rules and grades.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulebookDetail {
    /// Its stable name.
    pub id: String,
    /// Whether scores are computed by it now.
    pub adopted: bool,
    /// What it says.
    #[serde(flatten)]
    pub rulebook: Rulebook,
}

/// One rulebook, clause by clause.
#[utoipa::path(tag = "score", params(("rulebook_id" = String, Path)), responses((status = 200, body = RulebookDetail), (status = "default", body = Problem)))]
#[get("/rulebooks/{rulebook_id}")]
pub async fn rulebook(
    app: Data<App>,
    _permit: Permit<op::RulebookRead>,
    rulebook_id: Path<String>,
) -> Result<Json<RulebookDetail>> {
    let scheme = service::in_force(&app);
    if *rulebook_id != scheme.rulebook().key {
        return Err(ApiError::not_found());
    }
    let rulebook = scheme.rulebook().clone();
    Ok(Json(RulebookDetail {
        id: rulebook.key.clone(),
        adopted: true,
        rulebook,
    }))
}
