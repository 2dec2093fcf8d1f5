//! A second person verifies a list that was applied: from now on its records are facts, and what
//! it adds to records that were verified before is told anew.

use std::collections::{HashMap, HashSet};

use domain::duty::DutyStatus;
use domain::ids::{DutyImportId, DutyRecordId, MemberId};
use entity::{Scoped, duty_import, duty_record};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde_json::json;

use super::apply::{lock, remembered};
use super::plan::{Action, Plan, Step};
use super::service::{kept, outdated, within};
use crate::access::{Permit, op, second_person};
use crate::app::App;
use crate::db::{Write, found};
use crate::duty::filing::{CHUNK, Filing, change, record, retell, scope};
use crate::duty::recording::Recording;
use crate::duty::steps::{grown, hold_number, mark_conversion, require_open};
use crate::error::{ApiError, Code, Result};

/// What verifying a list did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// Records that are facts now.
    pub verified: usize,
    /// Records that were facts before and are told anew.
    pub updated: usize,
    /// Records of the list that were verified one by one, or returned, meanwhile.
    pub skipped: usize,
}

/// Verifies everything in a list at once.
///
/// # Errors
/// `wrong_step` before it was applied and after it was verified, `second_person_required` for who
/// uploaded, applied, declared or signed, and whatever verifying one record is refused with.
pub async fn verify(app: &App, permit: &Permit<op::DutyVerify>, id: DutyImportId) -> Result<Done> {
    let key = (permit.committee(), id);
    let row = found(
        duty_import::Entity::find_by_id(key)
            .one(app.db.read())
            .await?,
    )?;
    let plan = kept(&row)?.ok_or_else(|| outdated("导入内容已过期，请逐条核实"))?;
    within(permit, Some(&plan))?;
    let rows = concerned(app.db.read(), permit, id, &plan).await?;
    let recording = Recording::of_rows(app, &permit.caller, &rows).await?;
    permit
        .write(app, async |write| {
            let import = lock(write, id).await?;
            if import.applied_at.is_none() || import.verified_at.is_some() {
                let state = if import.applied_at.is_none() {
                    "尚未导入"
                } else {
                    "已核实"
                };
                return Err(ApiError::with(
                    Code::WrongStep,
                    format!("该文件{state}，不能核实"),
                ));
            }
            let rows = concerned(&write.txn, permit, id, &plan).await?;
            by_second_person(write, permit, &import, &rows).await?;
            if !rows.iter().all(|row| permit.reach.covers(&scope(row))) {
                return Err(ApiError::not_found());
            }
            let mut done = Done::default();
            let (listed, others): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|row| row.import_id == Some(id));
            let waits = |row: &duty_record::Model| {
                matches!(row.status, DutyStatus::Submitted | DutyStatus::Checked)
            };
            let (waiting, past): (Vec<_>, Vec<_>) = listed.into_iter().partition(waits);
            done.skipped = past.len();
            done.verified = waiting.len();
            confirm(write, permit, &recording, &waiting, &others).await?;
            for step in plan.steps(Action::Update) {
                done.updated += update(write, &recording, step, &others).await?;
            }
            let mut row = import.into_active_model();
            row.verified_at = Set(Some(write.at));
            row.verified_by = Set(write.account());
            row.update(&write.txn).await?;
            write.about("duty_import", id);
            write.detail(json!({
                "step": "verify", "verified": done.verified, "updated": done.updated,
                "skipped": done.skipped,
            }));
            Ok(done)
        })
        .await
}

/// The records of the list, those it adds to, and those it was converted from.
async fn concerned(
    db: &impl sea_orm::ConnectionTrait,
    permit: &Permit<op::DutyVerify>,
    id: DutyImportId,
    plan: &Plan,
) -> Result<Vec<duty_record::Model>> {
    use duty_record::Column as C;
    let committee = permit.committee();
    let listed = duty_record::Entity::of(committee)
        .filter(C::ImportId.eq(id))
        .order_by_asc(C::Id)
        .lock_exclusive()
        .all(db)
        .await?;
    let mut things: HashSet<DutyRecordId> = listed.iter().map(|row| row.thing_id).collect();
    let known: Vec<DutyRecordId> = plan
        .steps(Action::Update)
        .filter_map(|step| step.known.as_ref())
        .map(|known| known.id)
        .collect();
    let mut rows: HashMap<DutyRecordId, duty_record::Model> = HashMap::new();
    for chunk in known.chunks(CHUNK) {
        let heads = duty_record::Entity::of(committee)
            .filter(C::Id.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        things.extend(heads.iter().map(|row| row.thing_id));
    }
    let mut things: Vec<DutyRecordId> = things.into_iter().collect();
    things.sort_unstable();
    for chunk in things.chunks(CHUNK) {
        let found = duty_record::Entity::of(committee)
            .filter(C::ThingId.is_in(chunk.iter().copied()))
            .order_by_asc(C::Id)
            .lock_exclusive()
            .all(db)
            .await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| (row.id, row.place));
    Ok(rows)
}

async fn by_second_person(
    write: &Write,
    permit: &Permit<op::DutyVerify>,
    import: &duty_import::Model,
    rows: &[duty_record::Model],
) -> Result<()> {
    let mut accounts: Vec<_> = rows.iter().map(|row| row.declared_by).collect();
    accounts.push(import.created_by);
    accounts.extend(import.applied_by);
    accounts.sort_unstable();
    accounts.dedup();
    let members: Vec<MemberId> = rows.iter().filter_map(|row| row.member_id).collect();
    let refusal = "上传、导入、填报和署名的人不能核实该文件，须由另一人办理";
    second_person(write, &permit.caller, &accounts, &members, refusal).await
}

/// Makes facts of what waits.
async fn confirm(
    write: &mut Write,
    permit: &Permit<op::DutyVerify>,
    recording: &Recording,
    waiting: &[duty_record::Model],
    others: &[duty_record::Model],
) -> Result<()> {
    use duty_record::Column as C;
    let recorders = record(write, recording, waiting).await?;
    let mut filings: HashMap<DutyRecordId, Vec<duty_record::Model>> = HashMap::new();
    for row in waiting {
        filings.entry(row.thing_id).or_default().push(row.clone());
    }
    let mut heads = Vec::with_capacity(filings.len());
    let mut things: Vec<DutyRecordId> = filings.keys().copied().collect();
    things.sort_unstable();
    for thing in things {
        let mut rows = filings.remove(&thing).unwrap_or_default();
        rows.sort_by_key(|row| row.place);
        let of_thing = others.iter().filter(|row| row.thing_id == thing);
        let filing = Filing {
            others: of_thing.cloned().collect(),
            rows,
        };
        heads.push(filing.head().clone());
        mark_conversion(write, recording, &filing).await?;
    }
    let verified_by = permit.caller.account_id();
    let mut organs: Vec<Option<String>> = recorders.values().cloned().collect();
    organs.sort_unstable();
    organs.dedup();
    for organ in organs {
        let rows: Vec<_> = waiting
            .iter()
            .filter(|row| recorders.get(&row.id) == Some(&organ))
            .cloned()
            .collect();
        change(write, &rows, |update| {
            update
                .col_expr(C::Status, Expr::value(DutyStatus::Verified))
                .col_expr(C::VerifiedBy, Expr::value(verified_by))
                .col_expr(C::Recorder, Expr::value(organ.clone()))
        })
        .await?;
    }
    hold_number(write, &heads).await
}

/// Adds what a row of the list says of a thing that was verified before.
async fn update(
    write: &mut Write,
    recording: &Recording,
    step: &Step,
    others: &[duty_record::Model],
) -> Result<usize> {
    use duty_record::Column as C;
    let Some(known) = step.known.as_ref().filter(|known| known.verified) else {
        return Ok(0);
    };
    let Some(head) = others.iter().find(|row| row.id == known.id) else {
        return Ok(0);
    };
    if head.status != DutyStatus::Verified {
        // It was taken back since: whoever mends it declares the stage with it.
        return Ok(0);
    }
    let rows: Vec<_> = others
        .iter()
        .filter(|row| (row.thing_id, &row.kind) == (head.thing_id, &head.kind))
        .cloned()
        .collect();
    let progress = remembered(write, step);
    let retold = grown(recording, &rows, &step.growth, &progress, true)?;
    let count = retold.len();
    if !retold.is_empty() {
        require_open(write, &rows).await?;
        retell(write, retold).await?;
    }
    let Some(number) = step
        .new_number
        .clone()
        .filter(|_| head.reference_no.is_none())
    else {
        return Ok(count);
    };
    let rows = change(write, &rows, |update| {
        update.col_expr(C::ReferenceNo, Expr::value(number.clone()))
    })
    .await?;
    crate::duty::filing::numbers_are_free(write, &rows).await?;
    let heads: Vec<_> = rows.into_iter().filter(|row| row.id == head.id).collect();
    hold_number(write, &heads).await?;
    Ok(count.max(1))
}
