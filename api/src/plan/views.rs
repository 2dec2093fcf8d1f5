//! Plans as clients see them.

use chrono::{DateTime, Utc};
use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::ids::{AccountId, ActivityId, GroupId, MemberId, PlanId, PlanItemId};
use domain::plan::PlanStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::service::{Described, Listed};
use crate::extract::instant;

/// A plan as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanSummary {
    /// Id.
    pub id: PlanId,
    /// Whose plan it is.
    pub group_id: GroupId,
    /// The name of the group.
    pub group_name: String,
    /// For which year.
    pub year: i32,
    /// Where it stands.
    pub status: PlanStatus,
    /// Why it was returned.
    pub status_reason: Option<String>,
    /// How many items it has.
    pub item_count: i64,
    /// The account that drafted it.
    pub created_by: AccountId,
    /// The account that submitted it.
    pub submitted_by: Option<AccountId>,
    /// The account that put it together with the others.
    pub accepted_by: Option<AccountId>,
    /// The account that entered its adoption.
    pub adopted_by: Option<AccountId>,
    /// When it was adopted.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub adopted_at: Option<DateTime<Utc>>,
    /// The number of the document (文号) that adopted it.
    pub adopted_document: Option<String>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When it was drafted.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub updated_at: DateTime<Utc>,
}

impl From<Listed> for PlanSummary {
    fn from(listed: Listed) -> Self {
        let Listed {
            row,
            group_name,
            items,
            ..
        } = listed;
        Self {
            id: row.id,
            group_id: row.group_id,
            group_name,
            year: row.year,
            status: row.status,
            status_reason: row.status_reason,
            item_count: items,
            created_by: row.created_by,
            submitted_by: row.submitted_by,
            accepted_by: row.accepted_by,
            adopted_by: row.adopted_by,
            adopted_at: row.adopted_at,
            adopted_document: row.adopted_document,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// An activity that came of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedActivity {
    /// Id.
    pub id: ActivityId,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub status: ActivityStatus,
}

/// One thing a group plans for a quarter.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanItemView {
    /// Id; another one after every change of the plan.
    pub id: PlanItemId,
    /// 1 to 4.
    pub quarter: i32,
    /// Under which mode it is planned.
    pub mode: ActivityMode,
    /// What kind of activity it is to be.
    pub kind: ActivityKind,
    /// What it is to be about.
    pub topic: String,
    /// What else is to be known.
    pub note: Option<String>,
    /// The member who sees to it.
    pub owner_member_id: MemberId,
    /// His name.
    pub owner_name: String,
    /// The activities of the group in this quarter, as far as the caller may know them.
    pub activities: Vec<PlannedActivity>,
}

/// A plan with its items.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    /// The plan.
    #[serde(flatten)]
    pub plan: PlanSummary,
    /// Its items, by quarter.
    pub items: Vec<PlanItemView>,
}

impl From<Described> for PlanView {
    fn from(described: Described) -> Self {
        let items = described.items.into_iter().map(|item| PlanItemView {
            id: item.row.id,
            quarter: item.row.quarter,
            mode: item.row.mode,
            kind: item.row.kind,
            topic: item.row.topic,
            note: item.row.note,
            owner_member_id: item.row.owner_member_id,
            owner_name: item.owner_name,
            activities: item
                .activities
                .into_iter()
                .map(|(activity, status)| PlannedActivity {
                    id: activity.id,
                    title: activity.title,
                    status,
                })
                .collect(),
        });
        Self {
            items: items.collect(),
            plan: described.plan.into(),
        }
    }
}
