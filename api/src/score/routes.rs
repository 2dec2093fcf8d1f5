//! HTTP for the scores of members.

use actix_web::get;
use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use domain::ids::{AmendmentId, GroupId, MemberId, PeriodId, SectorId};
use domain::people::Position;
use domain::points::Points;
use domain::score::{Invitations, Period, Rank, Share, Sheet, Subject};
use entity::{member, sheet};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::periods::{self, frozen};
use super::service::{self, Assessed, Filter, Frozen, Ranked};
use super::visibility::{self, SheetOf};
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
    /// To what he was invited, and what became of it; not of others for a member who sees them
    /// only because the rulebook lets members see each other's totals.
    pub attendance: Option<Invitations>,
    /// How much of what he could attend he attended.
    pub attendance_share: Option<Share>,
    /// His rank among the members that the query selects and the caller may see; equal points
    /// share a rank, and whoever is exempt has none.
    pub rank: Option<u64>,
    /// His place within the partition that the rulebook names, among everybody assessed; none for
    /// a member who may not see the ranking.
    pub place: Option<Rank>,
    /// Whether the period is closed and this the frozen result.
    pub closed: bool,
    /// Whether it was amended after the closing.
    pub amended: bool,
}

impl ScoreView {
    fn new(one: Ranked, detailed: bool, placed: bool) -> Self {
        let Ranked {
            assessed: one,
            rank,
            place,
        } = one;
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
            attendance: detailed.then_some(one.sheet.attendance),
            attendance_share: one.sheet.attendance_share.filter(|_| detailed),
            rank,
            place: placed.then_some(place),
            closed: one.frozen.is_some(),
            amended: one.frozen.is_some_and(|frozen| frozen.amended),
        }
    }
}

/// Which scores, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScoreParams {
    /// `2026`, `2026-H1`, `2026-Q3`, `2026-09`, `2026-S` or `2026-T`; the current period of the
    /// rulebook unless told.
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
/// The office, leaders and auditors see all, conveners and staff the totals of their groups, a
/// member his own line: and besides whatever the rulebook's `visibility.ranking` lets them see.
/// `rank` is one among the members selected by the query, `place` one within the partition of the
/// rulebook. Of a closed period these are the frozen results.
#[utoipa::path(tag = "score", params(ScoreParams), responses((status = 200, body = Page<ScoreView>), (status = "default", body = Problem)))]
#[get("/scores")]
pub async fn scores(
    app: Data<App>,
    permit: Permit<op::RankingRead>,
    params: Params<ScoreParams>,
) -> Result<Json<Page<ScoreView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let committee = permit.committee();
    let period = service::period(&app, committee, params.period.as_deref()).await?;
    let scheme = service::scheme_of(&app, committee, period).await?;
    let reach = visibility::ranking(&scheme, &permit.caller);
    let placed = visibility::sees_places(&scheme, &reach);
    let detailed = Filter::within(visibility::details(&permit.caller));
    let filter = Filter {
        group: params.group,
        sector: params.sector,
        position: params.position,
        ..Filter::within(reach)
    };
    let views = service::ranking(&app, committee, period, &filter)
        .await?
        .into_iter()
        .map(|one| {
            let detailed = detailed.includes(&one.assessed.member);
            ScoreView::new(one, detailed, placed)
        })
        .collect();
    Ok(Json(Page::cut(views, skip, limit)))
}

/// What is frozen of a result.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FrozenView {
    /// The period.
    pub period_id: PeriodId,
    /// Which revision of the sheet this is, from 1.
    pub revision: i32,
    /// The SHA-256 of the sheet as it was written down.
    pub hash: String,
    /// Whether it was amended after the closing.
    pub amended: bool,
    /// When it was written down.
    #[serde(with = "crate::extract::instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
}

impl From<Frozen> for FrozenView {
    fn from(one: Frozen) -> Self {
        Self {
            period_id: one.period,
            revision: one.revision,
            hash: one.hash,
            amended: one.amended,
            at: one.at,
        }
    }
}

/// One revision of a frozen sheet in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionView {
    /// Which revision.
    pub revision: i32,
    /// Of which closing of the period.
    pub closing: i32,
    /// The total it said.
    pub total: Points,
    /// The grade it said.
    pub grade: Option<String>,
    /// The SHA-256 of the sheet.
    pub hash: String,
    /// The amendment that made it; none of a closing.
    pub amendment_id: Option<AmendmentId>,
    /// When it was written down.
    #[serde(with = "crate::extract::instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
}

impl From<&sheet::Model> for RevisionView {
    fn from(row: &sheet::Model) -> Self {
        Self {
            revision: row.revision,
            closing: row.closing,
            total: Points::from_hundredths(row.total),
            grade: row.grade.clone(),
            hash: row.hash.clone(),
            amendment_id: row.amendment_id,
            at: row.created_at,
        }
    }
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
    /// Whether the period is closed and this the frozen result.
    pub closed: bool,
    /// What is frozen of it, of a closed period.
    pub frozen: Option<FrozenView>,
    /// Every revision of the sheet that was ever frozen, the newest first.
    pub revisions: Vec<RevisionView>,
    /// The sheet with every line, every fact and the arithmetic.
    #[serde(flatten)]
    pub sheet: Sheet,
}

impl SheetView {
    /// The sheet, in the revision that is asked for.
    async fn of(
        app: &App,
        member: member::Model,
        period: Period,
        asked: Option<i32>,
    ) -> Result<Self> {
        let subject = Subject::Member(member.id);
        let row = periods::find(app.db.read(), member.committee_id, &period.to_string()).await?;
        let rows = match &row {
            Some(row) => frozen::revisions(app.db.read(), row, subject).await?,
            None => Vec::new(),
        };
        let mut one = service::sheet(app, member, period).await?;
        if let Some(asked) = asked {
            let row = rows.iter().find(|row| row.revision == asked);
            let row = row.ok_or_else(ApiError::not_found)?;
            one.sheet = frozen::read(row, period)?;
            one.frozen = Some(Frozen::of(row));
        }
        Ok(Self {
            revisions: rows.iter().map(RevisionView::from).collect(),
            ..Self::from(one)
        })
    }
}

impl From<Assessed> for SheetView {
    fn from(one: Assessed) -> Self {
        Self {
            name: one.member.name,
            group: one.group,
            sector: one.sector,
            position: one.member.position,
            closed: one.frozen.is_some(),
            frozen: one.frozen.map(FrozenView::from),
            revisions: Vec::new(),
            sheet: one.sheet,
        }
    }
}

/// Which period, and which revision of its sheet.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SheetParams {
    /// `2026`, `2026-H1`, `2026-Q3`, `2026-09`, `2026-S` or `2026-T`; the current period of the
    /// rulebook unless told.
    period: Option<String>,
    /// One of `revisions`; the one that counts unless told.
    revision: Option<i32>,
}

/// One member's sheet with all its lines.
///
/// Every line names its clause, the facts that count and the arithmetic; what earned nothing
/// stands in `unused` with the reason. Of a closed period this is the frozen sheet, with every
/// revision of it in `revisions`. Besides the member, the office, leaders and auditors, whoever the
/// rulebook in force lists in `visibility.sheets` may see it (S40).
#[utoipa::path(tag = "score", params(("member_id" = String, Path), SheetParams), responses((status = 200, body = SheetView), (status = "default", body = Problem)))]
#[get("/members/{member_id}/score")]
pub async fn member_score(
    app: Data<App>,
    on: On<op::ScoreRead, SheetOf>,
    params: Params<SheetParams>,
) -> Result<Json<SheetView>> {
    let period = service::period(&app, on.committee(), params.period.as_deref()).await?;
    let view = SheetView::of(&app, on.row.0.clone(), period, params.revision).await?;
    Ok(Json(view))
}

/// The caller's own sheet with all its lines.
///
/// `not_found` for an account that is no member in office.
#[utoipa::path(tag = "score", params(SheetParams), responses((status = 200, body = SheetView), (status = "default", body = Problem)))]
#[get("/me/score")]
pub async fn my_score(
    app: Data<App>,
    permit: Permit<op::ScoreRead>,
    params: Params<SheetParams>,
) -> Result<Json<SheetView>> {
    let period = service::period(&app, permit.committee(), params.period.as_deref()).await?;
    let member = service::own(&app, &permit).await?;
    let view = SheetView::of(&app, member, period, params.revision).await?;
    Ok(Json(view))
}
