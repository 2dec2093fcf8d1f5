//! HTTP for the figures of a period.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::activity::ActivityKind;
use domain::points::Points;
use domain::score::{Period, Share};
use serde::Serialize;
use utoipa::ToSchema;

use super::routes::{ReportParams, download};
use super::statistics::{Figures, Part, Statistics, of};
use super::statistics_workbook;
use super::works::{Activities, Held, KindOfWork, Level, OpinionReports, Proposals, Works};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Params, instant};
use crate::score;
use crate::sheet::MEDIA_TYPE;

/// Figures of some members.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// How many members.
    pub members: u32,
    /// To how many activities they were invited, counted for each member.
    pub invited: u32,
    /// How many of these they attended.
    pub attended: u32,
    /// How much of what they could attend they attended.
    pub attendance_share: Option<Share>,
    /// Their average total, rounded half up at the second decimal.
    pub average_total: Option<Points>,
    /// Their median total, rounded half up at the second decimal.
    pub median_total: Option<Points>,
    /// How many of them have no verified duty record.
    pub without_duty: u32,
}

impl From<&Figures> for FiguresView {
    fn from(figures: &Figures) -> Self {
        Self {
            members: figures.members,
            invited: figures.invited,
            attended: figures.attended,
            attendance_share: figures.attendance_share,
            average_total: figures.average(),
            median_total: figures.median(),
            without_duty: figures.without_duty,
        }
    }
}

/// Figures of a part of the members.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartFigures {
    /// Id of the group, sector or special committee, or the word of the position or age band; none
    /// where a closed period names what is called otherwise now, and for those who belong to none.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: FiguresView,
}

fn parts(parts: &[Part]) -> Vec<PartFigures> {
    parts
        .iter()
        .map(|part| PartFigures {
            id: part.id.clone(),
            name: part.name.clone(),
            figures: FiguresView::from(&part.figures),
        })
        .collect()
}

/// Activities of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldView {
    /// The kind; none of all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ActivityKind>,
    /// How many were held and settled.
    pub held: u32,
    /// How many invitations there were to them.
    pub invited: u32,
    /// How many person-times came.
    pub attended: u32,
    /// How many of those who could come did.
    pub attendance_share: Option<Share>,
}

impl HeldView {
    fn new(kind: Option<ActivityKind>, held: &Held) -> Self {
        Self {
            kind,
            held: held.held,
            invited: held.invitations.invited,
            attended: held.invitations.attended,
            attendance_share: held.invitations.share(),
        }
    }
}

/// The activities that were held.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivitiesView {
    /// All together.
    #[serde(flatten)]
    pub all: HeldView,
    /// By kind; those of which none was held are left out.
    pub by_kind: Vec<HeldView>,
}

impl From<&Activities> for ActivitiesView {
    fn from(activities: &Activities) -> Self {
        let by_kind = activities.by_kind.iter();
        Self {
            all: HeldView::new(None, &activities.all),
            by_kind: by_kind
                .map(|(kind, held)| HeldView::new(Some(*kind), held))
                .collect(),
        }
    }
}

/// The verified duty records of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindView {
    /// The kind.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// How many things; what several signed is one.
    pub things: u32,
    /// How many signed them.
    pub person_times: u32,
}

impl From<&KindOfWork> for KindView {
    fn from(one: &KindOfWork) -> Self {
        Self {
            kind: one.kind.clone(),
            title: one.title.clone(),
            things: one.things,
            person_times: one.person_times,
        }
    }
}

/// What became of the proposals; what several signed is one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalsView {
    /// How many were submitted.
    pub submitted: u32,
    /// How many were filed; a key or excellent one was.
    pub filed: u32,
    /// How many were not.
    pub not_filed: u32,
    /// How many were turned into something else.
    pub converted: u32,
    /// How many were key proposals.
    pub key: u32,
    /// How many were found excellent.
    pub excellent: u32,
}

impl From<Proposals> for ProposalsView {
    fn from(one: Proposals) -> Self {
        Self {
            submitted: one.submitted,
            filed: one.filed,
            not_filed: one.not_filed,
            converted: one.converted,
            key: one.key,
            excellent: one.excellent,
        }
    }
}

/// A level with how many reports reached it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LevelView {
    /// The level.
    pub level: String,
    /// What people call it.
    pub title: String,
    /// How many; one that reached several counts at each.
    pub reports: u32,
}

fn levels(levels: &[Level]) -> Vec<LevelView> {
    levels
        .iter()
        .map(|one| LevelView {
            level: one.word.clone(),
            title: one.title.clone(),
            reports: one.reports,
        })
        .collect()
}

/// What became of the opinion reports; what several signed is one.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpinionReportsView {
    /// How many were submitted.
    pub submitted: u32,
    /// How many were adopted at any level.
    pub adopted: u32,
    /// At which.
    pub adopted_by_level: Vec<LevelView>,
    /// How many a leader wrote instructions on.
    pub instructed: u32,
    /// At which level.
    pub instructed_by_level: Vec<LevelView>,
}

impl From<&OpinionReports> for OpinionReportsView {
    fn from(one: &OpinionReports) -> Self {
        Self {
            submitted: one.submitted,
            adopted: one.adopted,
            adopted_by_level: levels(&one.adopted_by_level),
            instructed: one.instructed,
            instructed_by_level: levels(&one.instructed_by_level),
        }
    }
}

/// How many have a grade.
#[derive(Debug, Serialize, ToSchema)]
pub struct GradeCount {
    /// The title of the grade; none of those without one.
    pub grade: Option<String>,
    /// How many members.
    pub members: u32,
}

/// The figures of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatisticsView {
    /// The period.
    pub period: Period,
    /// Whether it is closed and the scores are the frozen ones.
    pub closed: bool,
    /// Of everybody within the caller's reach.
    pub all: FiguresView,
    /// Of each group.
    pub groups: Vec<PartFigures>,
    /// Of each sector.
    pub sectors: Vec<PartFigures>,
    /// Of the groups that each special committee serves.
    pub special_committees: Vec<PartFigures>,
    /// Of each position.
    pub positions: Vec<PartFigures>,
    /// Of each age band, for who sees the whole committee; empty where no day of birth is known.
    pub age_bands: Vec<PartFigures>,
    /// How many members have each grade, in the order of the rulebook.
    pub grades: Vec<GradeCount>,
    /// The activities that groups within reach held.
    pub activities: ActivitiesView,
    /// The verified duty records of members and groups within reach, by kind.
    pub duty_records: Vec<KindView>,
    /// The proposals among them.
    pub proposals: ProposalsView,
    /// The opinion reports among them.
    pub opinion_reports: OpinionReportsView,
    /// The moment up to which everything is counted: now, or somewhat earlier where a replica of
    /// the database was asked.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub as_of: DateTime<Utc>,
}

impl From<&Statistics> for StatisticsView {
    fn from(one: &Statistics) -> Self {
        let Works {
            kinds,
            proposals,
            opinion_reports,
            ..
        } = &one.works;
        let grades = one.grades.iter().map(|(grade, members)| GradeCount {
            grade: grade.clone(),
            members: *members,
        });
        Self {
            period: one.period,
            closed: one.closed,
            all: FiguresView::from(&one.all),
            groups: parts(&one.groups),
            sectors: parts(&one.sectors),
            special_committees: parts(&one.special_committees),
            positions: parts(&one.positions),
            age_bands: parts(&one.age_bands),
            grades: grades.collect(),
            activities: ActivitiesView::from(&one.activities),
            duty_records: kinds.iter().map(KindView::from).collect(),
            proposals: ProposalsView::from(*proposals),
            opinion_reports: OpinionReportsView::from(opinion_reports),
            as_of: one.as_of,
        }
    }
}

/// The figures of a period: attendance and scores by group, sector, special committee, position
/// and age band, and what an annual work report quotes.
///
/// Only what lies within the caller's reach is counted. `all` and the parts count the invitations
/// of the members assessed, `activities` those to activities held and settled by the groups within
/// reach. Ages are those of the last day of the period.
#[utoipa::path(tag = "report", params(ReportParams), responses((status = 200, body = StatisticsView), (status = "default", body = Problem)))]
#[get("/statistics")]
pub async fn statistics(
    app: Data<App>,
    permit: Permit<op::ScoreList>,
    params: Params<ReportParams>,
) -> Result<Json<StatisticsView>> {
    let committee = permit.committee();
    let period = score::service::period(&app, committee, params.period()).await?;
    let figures = of(&app, committee, &permit.reach, period).await?;
    Ok(Json(StatisticsView::from(&figures)))
}

/// The same figures as an Excel file, with the names of the members without any duty record.
///
/// At most five a day for each account; every one is in the audit log.
#[utoipa::path(tag = "report", params(ReportParams), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "default", body = Problem)))]
#[get("/statistics.xlsx")]
pub async fn statistics_xlsx(
    app: Data<App>,
    permit: Permit<op::ScoresExport>,
    params: Params<ReportParams>,
) -> Result<HttpResponse> {
    let period = score::service::period(&app, permit.committee(), params.period()).await?;
    let bytes = statistics_workbook::workbook(&app, &permit, period).await?;
    let name = format!("statistics-{period}.xlsx");
    Ok(download(MEDIA_TYPE, &name, bytes))
}
