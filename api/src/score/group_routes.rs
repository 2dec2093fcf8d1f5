//! HTTP for the scores of groups, where the rulebook scores groups.

use actix_web::get;
use actix_web::web::{Data, Json};
use domain::ids::GroupId;
use domain::points::Points;
use domain::score::{Rank, Sheet};
use entity::group;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::routes::FrozenView;
use super::service::{self, AssessedGroup};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Code, Problem, Result};
use crate::extract::{Page, Params};

/// Which period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupScoreParams {
    /// `2026`, `2026-H1`, `2026-Q3`, `2026-09`, `2026-S` or `2026-T`; the current period of the
    /// rulebook unless told.
    period: Option<String>,
}

/// One line of the table of groups.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupScoreView {
    /// Which group.
    pub group_id: GroupId,
    /// Its name.
    pub name: String,
    /// Its points.
    pub total: Points,
    /// Its grade, where the rulebook gives groups grades.
    pub grade: Option<String>,
    /// Its place among all groups.
    pub place: Rank,
    /// Whether the period is closed and this the frozen result.
    pub closed: bool,
    /// Whether it was amended after the closing.
    pub amended: bool,
}

impl From<AssessedGroup> for GroupScoreView {
    fn from(one: AssessedGroup) -> Self {
        Self {
            group_id: one.group.id,
            name: one.group.name,
            total: one.sheet.total,
            grade: one.sheet.grade,
            place: one.place,
            closed: one.frozen.is_some(),
            amended: one.frozen.is_some_and(|frozen| frozen.amended),
        }
    }
}

/// A group's sheet.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupSheetView {
    /// The name of the group.
    pub name: String,
    /// Its place among all groups.
    pub place: Rank,
    /// Whether the period is closed and this the frozen result.
    pub closed: bool,
    /// What is frozen of it, of a closed period.
    pub frozen: Option<FrozenView>,
    /// The sheet with every line, every fact and the arithmetic.
    #[serde(flatten)]
    pub sheet: Sheet,
}

impl From<AssessedGroup> for GroupSheetView {
    fn from(one: AssessedGroup) -> Self {
        Self {
            name: one.group.name,
            place: one.place,
            closed: one.frozen.is_some(),
            frozen: one.frozen.map(FrozenView::from),
            sheet: one.sheet,
        }
    }
}

/// The scores of the groups within the caller's reach, in the order of groups.
///
/// Empty where the rulebook does not score groups.
#[utoipa::path(tag = "score", params(GroupScoreParams), responses((status = 200, body = Page<GroupScoreView>), (status = "default", body = Problem)))]
#[get("/group-scores")]
pub async fn group_scores(
    app: Data<App>,
    permit: Permit<op::GroupScoreRead>,
    params: Params<GroupScoreParams>,
) -> Result<Json<Page<GroupScoreView>>> {
    let committee = permit.committee();
    let period = service::period(&app, committee, params.period.as_deref()).await?;
    let reach = &permit.reach;
    let views = service::group_sheets(&app, committee, period)
        .await?
        .into_iter()
        .filter(|one| reach.committee || reach.groups.contains(&one.group.id))
        .map(GroupScoreView::from)
        .collect();
    Ok(Json(Page::whole(views)))
}

/// One group's sheet with all its lines: its own facts and those of its members.
///
/// `conflict` where the rulebook does not score groups.
#[utoipa::path(tag = "score", params(("group_id" = String, Path), GroupScoreParams), responses((status = 200, body = GroupSheetView), (status = "default", body = Problem)))]
#[get("/groups/{group_id}/score")]
pub async fn group_score(
    app: Data<App>,
    on: On<op::GroupScoreRead, group::Model>,
    params: Params<GroupScoreParams>,
) -> Result<Json<GroupSheetView>> {
    let committee = on.committee();
    let period = service::period(&app, committee, params.period.as_deref()).await?;
    let all = service::group_sheets(&app, committee, period).await?;
    let one = all.into_iter().find(|one| one.group.id == on.row.id);
    let refusal = "该考核期的考核办法不考核活动组";
    let one = one.ok_or_else(|| ApiError::with(Code::Conflict, refusal))?;
    Ok(Json(one.into()))
}
