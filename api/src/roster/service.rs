//! The roster in the database: the preview that is kept, and its application.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::authority::Operation;
use domain::ids::{AccountId, CommitteeId, MemberId, RosterImportId, SeatId};
use domain::people::{MemberStatus, SeatKind};
use domain::time::local_date;
use entity::{Scoped, group, member, roster_import, seat, sector, special_committee, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, TryInsertResult,
};
use serde_json::json;
use uuid::Uuid;

use super::plan::{self, Action, Plan, State, Step};
use super::template::{self, Choices};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Actor, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::people::rename_account;
use crate::spreadsheet;

/// Rows of one insert; SQLite takes 32,766 values in one statement.
const CHUNK: usize = 500;

/// What a file would do.
#[derive(Debug)]
pub struct Preview {
    /// Under which it is applied.
    pub id: RosterImportId,
    /// Of the plan.
    pub plan_hash: String,
    pub(super) plan: Plan,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Rows by what they did.
    pub actions: BTreeMap<Action, usize>,
    /// Conveners' seats granted.
    pub seats: usize,
}

/// The empty file, with the committee's names to choose from.
pub async fn template(app: &App, committee: CommitteeId) -> Result<Vec<u8>> {
    let (sectors, groups, specials) = names(app, committee).await?;
    let choices = Choices {
        sectors: sectors.into_iter().map(|sector| sector.name).collect(),
        groups: groups.into_iter().map(|group| group.name).collect(),
        special_committees: specials.into_iter().map(|special| special.name).collect(),
    };
    let made = tokio::task::spawn_blocking(move || template::make(&choices));
    made.await
        .map_err(ApiError::internal)?
        .map_err(ApiError::internal)
}

async fn names(
    app: &App,
    committee: CommitteeId,
) -> Result<(
    Vec<sector::Model>,
    Vec<group::Model>,
    Vec<special_committee::Model>,
)> {
    let db = app.db.read();
    Ok((
        sector::Entity::of(committee)
            .order_by_asc(sector::Column::Ordinal)
            .all(db)
            .await?,
        group::Entity::of(committee)
            .order_by_asc(group::Column::Ordinal)
            .all(db)
            .await?,
        special_committee::Entity::of(committee)
            .order_by_asc(special_committee::Column::Ordinal)
            .all(db)
            .await?,
    ))
}

/// Reads a file and keeps what it would do; no member is changed.
pub async fn preview(app: &App, actor: &Actor, file_name: &str, file: Vec<u8>) -> Result<Preview> {
    let table = spreadsheet::read(file).await?;
    let state = state(app, actor.committee).await?;
    let plan = plan::plan(table, &state)?;
    let plan_hash = plan.hash();
    let json = serde_json::to_value(&plan).map_err(ApiError::internal)?;
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let (rows, errors) = (plan.rows.len(), plan.error_count());
    let id = write(app, actor, async |write| {
        let row = roster_import::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(RosterImportId::new(write.at, random())),
            file_name: Set(file_name.to_owned()),
            plan: Set(json),
            plan_hash: Set(plan_hash.clone()),
            row_count: Set(count(rows)),
            error_count: Set(count(errors)),
            // Nobody signed in at the operator's terminal.
            created_by: Set(write.account().unwrap_or(AccountId(Uuid::nil()))),
            created_at: Set(write.at),
            applied_at: Set(None),
        };
        let row = row.insert(&write.txn).await?;
        write.about("roster_import", row.id);
        write.detail(
            json!({ "step": "preview", "rows": rows, "errors": errors, "plan_hash": plan_hash }),
        );
        Ok(row.id)
    })
    .await?;
    Ok(Preview {
        id,
        plan_hash,
        plan,
    })
}

async fn state(app: &App, committee: CommitteeId) -> Result<State<'_>> {
    let (sectors, groups, special_committees) = names(app, committee).await?;
    let (db, today) = (app.db.read(), local_date(app.clock.now()));
    let term = term::Entity::of(committee)
        .filter(term::Column::StartsOn.lte(today))
        .filter(term::Column::EndsOn.gte(today))
        .order_by_desc(term::Column::StartsOn)
        .one(db)
        .await?
        .ok_or_else(|| ApiError::new(Code::TermMissing))?;
    let members = member::Entity::of(committee)
        .filter(member::Column::TermId.eq(term.id))
        .all(db)
        .await?;
    let seats = conveners(committee, today).all(db).await?;
    Ok(State {
        vault: &app.vault,
        today,
        term,
        sectors,
        groups,
        special_committees,
        members,
        seats,
    })
}

/// Conveners' seats that have not ended on this day.
fn conveners(committee: CommitteeId, today: chrono::NaiveDate) -> sea_orm::Select<seat::Entity> {
    let lasts = Condition::any()
        .add(seat::Column::ToDate.is_null())
        .add(seat::Column::ToDate.gte(today));
    seat::Entity::of(committee)
        .filter(seat::Column::Kind.eq(SeatKind::Convener))
        .filter(lasts)
}

/// Does what a preview said, all of it or nothing.
///
/// # Errors
/// `import_has_errors`, `import_already_applied`, and `import_outdated` when the hash is not the
/// preview's or somebody changed a member it is about.
pub async fn apply(
    app: &App,
    actor: &Actor,
    id: RosterImportId,
    plan_hash: &str,
) -> Result<Applied> {
    let applied = write(app, actor, async |write| {
        let row = found(roster_import::Entity::find_by_id((write.committee, id)).lock_exclusive().one(&write.txn).await?)?;
        if row.applied_at.is_some() {
            return Err(ApiError::new(Code::ImportAlreadyApplied));
        }
        // `tidy` empties a plan nobody applied for a month.
        if row.plan == json!({}) {
            return Err(ApiError::with(Code::ImportOutdated, "预览已过期，请重新上传"));
        }
        let plan: Plan = serde_json::from_value(row.plan.clone()).map_err(ApiError::internal)?;
        if row.plan_hash != plan_hash || plan.hash() != plan_hash {
            return Err(ApiError::with(Code::ImportOutdated, "导入内容与预览不一致，请重新上传"));
        }
        if plan.error_count() > 0 {
            return Err(ApiError::with(Code::ImportHasErrors, format!("名册中有 {} 行错误，请改正后重新上传", plan.error_count())));
        }
        let seats = carry_out(write, &plan).await?;
        let mut row = row.into_active_model();
        row.applied_at = Set(Some(write.at));
        row.update(&write.txn).await?;
        let applied = Applied { actions: plan.actions(), seats };
        write.about("roster_import", id);
        write.detail(json!({ "step": "apply", "rows": applied.actions, "seats": seats, "plan_hash": plan_hash }));
        Ok(applied)
    })
    .await?;
    // Who changed group, returned, or became convener counts at once.
    app.standings.forget();
    Ok(applied)
}

async fn write<T>(
    app: &App,
    actor: &Actor,
    change: impl AsyncFnOnce(&mut Write) -> Result<T>,
) -> Result<T> {
    app.db
        .write(
            actor,
            Operation::RosterImport.as_str(),
            app.clock.now(),
            change,
        )
        .await
}

async fn carry_out(write: &Write, plan: &Plan) -> Result<usize> {
    let outdated = || ApiError::new(Code::ImportOutdated);
    let members = member::Entity::of(write.committee)
        .filter(member::Column::TermId.eq(plan.term))
        .order_by_asc(member::Column::Id)
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    let members: HashMap<_, _> = members
        .into_iter()
        .map(|member| (member.id, member))
        .collect();
    let phones: HashSet<_> = members
        .values()
        .map(|member| member.phone_index.as_str())
        .collect();
    let mut created = Vec::new();
    let mut conveners = Vec::new();
    for step in plan.rows.iter().filter_map(|row| row.step.as_ref()) {
        let id = match step.member {
            None if phones.contains(step.data.phone_index.as_str()) => return Err(outdated()),
            None => {
                let id = MemberId::new(write.at, random());
                created.push(new_member(write, plan, step, id)?);
                id
            }
            Some((id, version)) => {
                let member = members
                    .get(&id)
                    .filter(|member| member.version == version)
                    .ok_or_else(outdated)?;
                if step.action != Action::Unchanged {
                    let renamed = member.name != step.data.name;
                    let member = changed_member(write, member, step)?
                        .update(&write.txn)
                        .await?;
                    if renamed {
                        rename_account(&write.txn, &member).await?;
                    }
                }
                id
            }
        };
        if step.seat {
            conveners.push((id, step));
        }
    }
    for chunk in created.chunks(CHUNK) {
        // Somebody can enter the same phone by hand at this moment; `member_phone` lets one in.
        let inserted = member::Entity::insert_many(chunk.to_vec())
            .on_conflict_do_nothing_on([
                member::Column::CommitteeId,
                member::Column::TermId,
                member::Column::PhoneIndex,
            ])
            .exec_without_returning(&write.txn)
            .await?;
        if !matches!(inserted, TryInsertResult::Inserted(count) if usize::try_from(count) == Ok(chunk.len()))
        {
            return Err(outdated());
        }
    }
    grant_seats(write, &conveners).await
}

fn new_member(
    write: &Write,
    plan: &Plan,
    step: &Step,
    id: MemberId,
) -> Result<member::ActiveModel> {
    let data = step.data.clone();
    let born_on_cipher = data.sealed_birth()?;
    Ok(member::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(id),
        term_id: Set(plan.term),
        name: Set(data.name),
        phone_cipher: Set(step.sealed_phone()?),
        phone_index: Set(data.phone_index),
        born_on_cipher: Set(born_on_cipher),
        sector_id: Set(data.sector),
        group_id: Set(data.group),
        position: Set(data.position),
        status: Set(MemberStatus::Active),
        employer: Set(data.employer),
        joined_on: Set(data.joined_on),
        left_on: Set(None),
        remark: Set(data.remark),
        version: Set(1),
        created_at: Set(write.at),
        updated_at: Set(write.at),
    })
}

fn changed_member(
    write: &Write,
    member: &member::Model,
    step: &Step,
) -> Result<member::ActiveModel> {
    let data = step.data.clone();
    let mut row = member.clone().into_active_model();
    if let Some(cipher) = data.sealed_birth()? {
        row.born_on_cipher = Set(Some(cipher));
    }
    row.name = Set(data.name);
    row.sector_id = Set(data.sector);
    row.group_id = Set(data.group);
    row.position = Set(data.position);
    row.employer = Set(data.employer);
    row.joined_on = Set(data.joined_on);
    row.remark = Set(data.remark);
    row.status = Set(MemberStatus::Active);
    row.left_on = Set(None);
    row.version = Set(member.version + 1);
    row.updated_at = Set(write.at);
    Ok(row)
}

async fn grant_seats(write: &Write, conveners_to_be: &[(MemberId, &Step)]) -> Result<usize> {
    let today = local_date(write.at);
    let held: HashSet<_> = conveners(write.committee, today)
        .all(&write.txn)
        .await?
        .into_iter()
        .map(|seat| (seat.member_id, seat.group_id))
        .collect();
    let seats: Vec<_> = conveners_to_be
        .iter()
        .filter(|(member, step)| !held.contains(&(Some(*member), Some(step.data.group))))
        .map(|(member, step)| seat::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(SeatId::new(write.at, random())),
            kind: Set(SeatKind::Convener),
            member_id: Set(Some(*member)),
            account_id: Set(None),
            group_id: Set(Some(step.data.group)),
            special_committee_id: Set(None),
            from_date: Set(today),
            to_date: Set(None),
            granted_by: Set(write.account()),
            confirmed_by: Set(None),
            confirmed_at: Set(Some(write.at)),
            ended_by: Set(None),
            created_at: Set(write.at),
        })
        .collect();
    for chunk in seats.chunks(CHUNK) {
        seat::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(&write.txn)
            .await?;
    }
    Ok(seats.len())
}
