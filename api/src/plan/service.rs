//! What may be done to a plan: one function for each step, each one transaction.

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::activity::{ActivityKind, ActivityMode};
use domain::authority::Scope;
use domain::ids::{CommitteeId, GroupId, MemberId, PlanId, PlanItemId, TermId};
use domain::people::MemberStatus;
use domain::plan::{PlanStatus, PlanStep};
use entity::{Scoped, group, member, plan, plan_item, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, TryInsertResult,
};
use serde_json::json;

pub use super::adoption::adopt;
pub use super::queries::{Described, Listed, Wanted, describe, list, summaries};
pub use super::workbook::workbook;
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch};

/// The table as audit entries name it.
const PLAN: &str = "plan";

/// One thing to be planned; the texts are checked already.
#[derive(Clone, Debug)]
pub struct NewItem {
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
    /// The member of the group who sees to it.
    pub owner: MemberId,
}

/// Drafts the plan of a group for a year.
pub async fn create(
    app: &App,
    permit: &Permit<op::PlanWrite>,
    group: GroupId,
    year: i32,
    items: &[NewItem],
) -> Result<plan::Model> {
    let scope = Scope {
        groups: vec![group],
        member: None,
    };
    if !permit.reach.covers(&scope) {
        return Err(ApiError::not_found());
    }
    permit
        .write(app, async |write| {
            let group = found(
                group::Entity::find_by_id((write.committee, group))
                    .one(&write.txn)
                    .await?,
            )?;
            let owners: Vec<_> = items.iter().map(|item| item.owner).collect();
            check_owners(write, group.id, &owners).await?;
            let row = plan::Model {
                committee_id: write.committee,
                id: PlanId::new(write.at, random()),
                term_id: term_of(&write.txn, write.committee, year).await?,
                group_id: group.id,
                year,
                status: PlanStatus::Draft,
                status_reason: None,
                created_by: permit.caller.account_id(),
                submitted_by: None,
                accepted_by: None,
                adopted_by: None,
                adopted_at: None,
                adopted_document: None,
                version: 1,
                created_at: write.at,
                updated_at: write.at,
            };
            // Two conveners can draft at once; `plan_group_year` lets one of them in.
            let inserted = plan::Entity::insert(plan::ActiveModel::from(row.clone()))
                .on_conflict_do_nothing_on([
                    plan::Column::CommitteeId,
                    plan::Column::GroupId,
                    plan::Column::Year,
                ])
                .exec_without_returning(&write.txn)
                .await?;
            let TryInsertResult::Inserted(1..) = inserted else {
                let detail = format!("{}已有 {year} 年度计划，请在原计划上修改", group.name);
                return Err(ApiError::with(Code::PlanExists, detail));
            };
            insert_items(write, row.id, items).await?;
            write.about(PLAN, row.id);
            write.detail(json!({ "group_id": group.id, "year": year, "items": items.len() }));
            Ok(row)
        })
        .await
}

/// Replaces the items of a draft or a returned plan.
pub async fn amend(
    app: &App,
    on: &On<op::PlanWrite, plan::Model>,
    seen: IfMatch,
    items: &[NewItem],
) -> Result<plan::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        if !row.status.editable() {
            let detail = format!("计划当前为「{}」，不能修改", row.status.zh());
            return Err(ApiError::with(Code::WrongStep, detail));
        }
        let owners: Vec<_> = items.iter().map(|item| item.owner).collect();
        check_owners(write, row.group_id, &owners).await?;
        plan_item::Entity::delete_many()
            .filter(plan_item::Column::CommitteeId.eq(write.committee))
            .filter(plan_item::Column::PlanId.eq(row.id))
            .exec(&write.txn)
            .await?;
        insert_items(write, row.id, items).await?;
        let row = touched(write, row).update(&write.txn).await?;
        write.detail(json!({ "version": row.version, "items": items.len() }));
        Ok(row)
    })
    .await
}

/// Hands a draft or a returned plan in. Whoever is to see to an item must still be of the group.
pub async fn submit(
    app: &App,
    on: &On<op::PlanSubmit, plan::Model>,
    seen: IfMatch,
) -> Result<plan::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, PlanStep::Submit)?;
        let owners: Vec<MemberId> = plan_item::Entity::of(write.committee)
            .filter(plan_item::Column::PlanId.eq(row.id))
            .order_by_asc(plan_item::Column::Ordinal)
            .select_only()
            .column(plan_item::Column::OwnerMemberId)
            .into_tuple()
            .all(&write.txn)
            .await?;
        check_owners(write, row.group_id, &owners).await?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(None);
        row.submitted_by = Set(Some(on.caller.account_id()));
        row.accepted_by = Set(None);
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Puts a submitted plan together with the others.
pub async fn accept(
    app: &App,
    on: &On<op::PlanAccept, plan::Model>,
    seen: IfMatch,
) -> Result<plan::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, PlanStep::Accept)?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.accepted_by = Set(Some(on.caller.account_id()));
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Gives a plan back to its group.
pub async fn give_back(
    app: &App,
    on: &On<op::PlanReturn, plan::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<plan::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, PlanStep::Return)?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(Some(reason.clone()));
        row.accepted_by = Set(None);
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// The row as it is now, locked until the transaction ends.
async fn lock(write: &mut Write, id: PlanId, seen: IfMatch) -> Result<plan::Model> {
    let row = found(
        plan::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    seen.check(row.version)?;
    write.about(PLAN, row.id);
    Ok(row)
}

fn touched(write: &mut Write, row: plan::Model) -> plan::ActiveModel {
    let version = row.version + 1;
    write.detail(json!({ "version": version }));
    let mut row = row.into_active_model();
    row.version = Set(version);
    row.updated_at = Set(write.at);
    row
}

fn step(status: PlanStatus, step: PlanStep) -> Result<PlanStatus> {
    status.after(step).map_err(|wrong| {
        let detail = format!(
            "计划当前为「{}」，不能{}",
            wrong.status.zh(),
            wrong.step.zh()
        );
        ApiError::with(Code::WrongStep, detail)
    })
}

async fn check_owners(write: &Write, group: GroupId, owners: &[MemberId]) -> Result<()> {
    let of_group: HashSet<MemberId> = member::Entity::of(write.committee)
        .filter(member::Column::GroupId.eq(group))
        .filter(member::Column::Status.eq(MemberStatus::Active))
        .filter(member::Column::Id.is_in(owners.iter().copied()))
        .select_only()
        .column(member::Column::Id)
        .into_tuple()
        .all(&write.txn)
        .await?
        .into_iter()
        .collect();
    let mut fields = Fields::default();
    for (index, owner) in owners.iter().enumerate() {
        fields.check(
            of_group.contains(owner),
            &format!("/items/{index}/owner_member_id"),
            "not_in_group",
            "负责人应为本组在任委员",
        );
    }
    fields.finish()
}

async fn insert_items(write: &Write, plan: PlanId, items: &[NewItem]) -> Result<()> {
    let rows = (1..)
        .zip(items)
        .map(|(ordinal, item)| plan_item::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(PlanItemId::new(write.at, random())),
            plan_id: Set(plan),
            ordinal: Set(ordinal),
            quarter: Set(item.quarter),
            mode: Set(item.mode),
            kind: Set(item.kind),
            topic: Set(item.topic.clone()),
            note: Set(item.note.clone()),
            owner_member_id: Set(item.owner),
        });
    plan_item::Entity::insert_many(rows)
        .exec_without_returning(&write.txn)
        .await?;
    Ok(())
}

/// The term a year belongs to: in a year of change the one that begins, since its members will
/// carry the plan out.
async fn term_of(db: &impl ConnectionTrait, committee: CommitteeId, year: i32) -> Result<TermId> {
    let [first, last] = [(1, 1), (12, 31)].map(|(month, day)| {
        NaiveDate::from_ymd_opt(year, month, day).expect("every year has these days")
    });
    let term = term::Entity::of(committee)
        .filter(term::Column::StartsOn.lte(last))
        .filter(term::Column::EndsOn.gte(first))
        .order_by_desc(term::Column::StartsOn)
        .one(db)
        .await?;
    let term =
        term.ok_or_else(|| ApiError::with(Code::TermMissing, format!("没有覆盖 {year} 年的届次")))?;
    Ok(term.id)
}
