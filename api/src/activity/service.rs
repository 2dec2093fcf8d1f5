//! Writing an activity down, and holding it while something else is decided.

use chrono::{DateTime, Utc};
use domain::activity::{ActivityStatus, ActivityStep};
use domain::ids::{ActivityId, CommitteeId, GroupId, MemberId, TermId};
use domain::time::local_date;
use entity::{Scoped, activity, attendance, group, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde_json::json;

pub use super::sessions::{StayView, sessions_of, stay_of};

use super::audience::Audience;
use super::edit::ActivityEdit;
pub use super::files::names_of_file;
use super::files::{self, GivenFile};
use super::plan::Plan;
use super::status_now;
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;

/// Writes down a draft.
pub(super) async fn create(
    app: &App,
    permit: &Permit<op::ActivityCreate>,
    group: GroupId,
    plan: Plan,
    audience: Option<Audience>,
    files: Vec<GivenFile>,
) -> Result<activity::Model> {
    if !permit.reach.committee && !permit.reach.groups.contains(&group) {
        return Err(ApiError::not_found());
    }
    let plan = plan.checked()?;
    permit
        .write(app, async |write| {
            let group = found(group::Entity::find_by_id((write.committee, group)).one(&write.txn).await?)?;
            let term = term_of(&write.txn, write.committee, plan.times.starts_at()).await?;
            let audience = audience.clone().unwrap_or_else(|| Audience::group(group.id));
            let audience = audience.checked(&write.txn, write.committee, &permit.reach).await?;
            let mut row = activity::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(ActivityId::new(write.at, random())),
                term_id: Set(term),
                group_id: Set(group.id),
                lead_reason: Set(None),
                audience: Set(audience.json()),
                status: Set(ActivityStatus::Draft),
                status_reason: Set(None),
                created_by: Set(permit.caller.account_id()),
                submitted_by: Set(None),
                approved_by: Set(None),
                published_at: Set(None),
                closed_at: Set(None),
                version: Set(1),
                created_at: Set(write.at),
                updated_at: Set(write.at),
                ..Default::default()
            };
            plan.clone().fill(&mut row);
            let row = row.insert(&write.txn).await?;
            files::put(write, permit.caller.account_id(), row.id, &files).await?;
            write.about("activity", row.id);
            write.detail(json!({ "group_id": row.group_id, "kind": row.kind, "starts_at": row.starts_at, "audience": row.audience }));
            Ok(row)
        })
        .await
}

/// Changes a draft, or what was returned.
pub(super) async fn update(
    app: &App,
    on: &On<op::ActivityUpdate, activity::Model>,
    seen: IfMatch,
    mut edit: ActivityEdit,
) -> Result<activity::Model> {
    let audience = edit.audience.take();
    let files = edit.files.take();
    let mut edit = Some(edit);
    on.write(app, async |write| {
        let row = locked(write, on.row.id).await?;
        seen.check(row.version)?;
        if !row.status.editable() {
            let sentence = format!(
                "活动当前为“{}”，不能修改；请退回后修改或改期",
                status_now(&row, write.at).zh()
            );
            return Err(ApiError::with(Code::WrongStep, sentence));
        }
        let edit = edit.take().expect("a change is run once");
        let plan = edit.over(Plan::of(&row)?)?.checked()?;
        let term = term_of(&write.txn, write.committee, plan.times.starts_at()).await?;
        let mut change = row.into_active_model();
        plan.fill(&mut change);
        change.term_id = Set(term);
        if let Some(audience) = audience.clone() {
            change.audience = Set(audience
                .checked(&write.txn, write.committee, &on.reach)
                .await?
                .json());
        }
        if let Some(files) = &files {
            files::put(write, on.caller.account_id(), on.row.id, files).await?;
        }
        store(write, change).await
    })
    .await
}

/// Writes the changed row with its next version, and makes it the subject of the audit entry.
pub(super) async fn store(
    write: &mut Write,
    mut change: activity::ActiveModel,
) -> Result<activity::Model> {
    let version = *change.version.as_ref();
    change.version = Set(version + 1);
    change.updated_at = Set(write.at);
    let row = change.update(&write.txn).await?;
    write.about("activity", row.id);
    write.detail(
        json!({ "status": row.status, "version": row.version, "starts_at": row.starts_at }),
    );
    Ok(row)
}

/// Where `step` leads the activity from where it stands now.
pub(super) fn follow(
    row: &activity::Model,
    now: DateTime<Utc>,
    step: ActivityStep,
) -> Result<ActivityStatus> {
    status_now(row, now).after(step).map_err(|wrong| {
        ApiError::with(
            Code::WrongStep,
            format!("活动当前为“{}”，不能{}", wrong.status.zh(), wrong.step.zh()),
        )
    })
}

/// The term that the day of an instant falls into.
pub(super) async fn term_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    at: DateTime<Utc>,
) -> Result<TermId> {
    let day = local_date(at);
    let term = term::Entity::of(committee)
        .filter(term::Column::StartsOn.lte(day))
        .filter(term::Column::EndsOn.gte(day))
        .order_by_desc(term::Column::StartsOn)
        .one(db)
        .await?;
    term.map(|term| term.id)
        .ok_or_else(|| ApiError::new(Code::TermMissing))
}

/// The activity, which nobody else changes or answers until this transaction ends.
pub async fn locked(write: &Write, id: ActivityId) -> Result<activity::Model> {
    found(
        activity::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )
}

/// The activity, which nobody else changes until this transaction ends. Many may hold it at once.
pub async fn held(write: &Write, id: ActivityId) -> Result<activity::Model> {
    found(
        activity::Entity::find_by_id((write.committee, id))
            .lock_shared()
            .one(&write.txn)
            .await?,
    )
}

/// The activity, held, and one member's part in it, locked. Always in this order: who closes an
/// activity locks it first and its attendances after.
///
/// # Errors
/// `not_invited` when the member has no part in it.
pub async fn part(
    write: &Write,
    id: ActivityId,
    member: MemberId,
) -> Result<(activity::Model, attendance::Model)> {
    let activity = held(write, id).await?;
    let attendance = attendance::Entity::of(write.committee)
        .filter(attendance::Column::ActivityId.eq(id))
        .filter(attendance::Column::MemberId.eq(member))
        .lock_exclusive()
        .one(&write.txn)
        .await?
        .ok_or_else(|| ApiError::new(Code::NotInvited))?;
    Ok((activity, attendance))
}

/// Everybody who was invited.
pub async fn invited(write: &Write, id: ActivityId) -> Result<Vec<MemberId>> {
    let members = attendance::Entity::of(write.committee)
        .filter(attendance::Column::ActivityId.eq(id))
        .order_by_asc(attendance::Column::MemberId)
        .select_only()
        .column(attendance::Column::MemberId)
        .into_tuple()
        .all(&write.txn)
        .await?;
    Ok(members)
}

/// Whom publishing this activity would invite, as things stand.
pub async fn would_be_invited(
    db: &impl ConnectionTrait,
    row: &activity::Model,
) -> Result<Vec<MemberId>> {
    let people = Audience::of(row)?.people(db, row).await?;
    Ok(people.into_iter().map(|member| member.id).collect())
}
