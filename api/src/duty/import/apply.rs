//! A list is applied as it was previewed, all of it or nothing: new records are submitted, and
//! those that members declared are completed and submitted with them.

use std::collections::HashMap;

use domain::duty::DutyStatus;
use domain::ids::{DutyImportId, DutyRecordId};
use domain::score::Subject;
use entity::{Scoped, duty_import, duty_record};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde_json::json;

use super::plan::{Action, Plan, Step};
use super::service::{Import, kept, outdated, within};
use crate::access::{Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::duty::filing::{CHUNK, Retold, attributes, change, retell};
use crate::duty::queries::normal_title;
use crate::duty::recording::schemes;
use crate::error::{ApiError, Code, Result};
use crate::extract::instant;

/// Does what a preview said. It makes no fact: a second person verifies the list.
///
/// # Errors
/// `import_has_errors`, `import_already_applied`, and `import_outdated` when the hash is not the
/// preview's or records that resemble its rows were declared or changed since.
pub async fn apply(
    app: &App,
    permit: &Permit<op::DutyImport>,
    id: DutyImportId,
    plan_hash: &str,
) -> Result<Import> {
    let before = super::service::one(app, permit, id).await;
    let name = before.map(|import| (import.created_by_name, import.plan));
    // Staff cannot see a list that names others because of its errors; its errors are the answer.
    let (created_by_name, plan) = match name {
        Ok(known) => known,
        Err(refused) => own_with_errors(app, permit, id).await?.ok_or(refused)?,
    };
    let days = plan.iter().flat_map(|plan| plan.rows.iter());
    let days = days.filter_map(|row| Some(row.step.as_ref()?.day));
    let schemes = schemes(app, permit.committee(), days).await?;
    permit
        .write(app, async |write| {
            let row = lock(write, id).await?;
            if row.applied_at.is_some() {
                return Err(ApiError::new(Code::ImportAlreadyApplied));
            }
            let plan = kept(&row)?.ok_or_else(|| outdated("预览已过期，请重新上传"))?;
            if row.plan_hash != plan_hash || plan.hash() != plan_hash {
                return Err(outdated("导入内容与预览不一致，请重新上传"));
            }
            if plan.error_count() > 0 {
                let detail = format!("文件中有 {} 行错误，请改正后重新上传", plan.error_count());
                return Err(ApiError::with(Code::ImportHasErrors, detail));
            }
            within(permit, Some(&plan))?;
            as_previewed(write, &plan).await?;
            let created = create(write, id, &plan).await?;
            let completed = complete(write, id, &plan, |day| {
                let scheme = schemes.get(&day)?;
                scheme.vocabulary().kind(&plan.kind).cloned()
            })
            .await?;
            let mut row = row.into_active_model();
            row.applied_at = Set(Some(write.at));
            row.applied_by = Set(write.account());
            let row = row.update(&write.txn).await?;
            write.about("duty_import", id);
            write.detail(json!({
                "step": "apply", "rows": plan.actions(), "created": created,
                "completed": completed, "plan_hash": plan_hash,
            }));
            Ok(Import {
                row,
                created_by_name,
                plan: Some(plan),
            })
        })
        .await
}

async fn own_with_errors(
    app: &App,
    permit: &Permit<op::DutyImport>,
    id: DutyImportId,
) -> Result<Option<(String, Option<Plan>)>> {
    let key = (permit.committee(), id);
    let row = duty_import::Entity::find_by_id(key)
        .one(app.db.read())
        .await?;
    let own = row.filter(|row| row.created_by == permit.caller.account_id());
    let Some(row) = own else {
        return Ok(None);
    };
    let name = permit.caller.account().display_name.clone();
    Ok(Some((name, kept(&row)?)))
}

/// The list, locked together with every other of its kind that waits: of two that name the same
/// things one is applied first, and the other sees its records.
pub(super) async fn lock(write: &Write, id: DutyImportId) -> Result<duty_import::Model> {
    use duty_import::Column as C;
    let key = (write.committee, id);
    let row = found(duty_import::Entity::find_by_id(key).one(&write.txn).await?)?;
    let waiting = duty_import::Entity::of(write.committee)
        .filter(C::Kind.eq(row.kind))
        .filter(
            Condition::any()
                .add(C::VerifiedAt.is_null())
                .add(C::Id.eq(id)),
        )
        .order_by_asc(C::Id)
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    found(waiting.into_iter().find(|row| row.id == id))
}

/// Proves that nothing was declared or changed since the preview that would have changed it.
async fn as_previewed(write: &Write, plan: &Plan) -> Result<()> {
    let changed = || outdated("预览之后有新的或更改的记录，请重新上传");
    let rows = duty_record::Entity::of(write.committee)
        .filter(duty_record::Column::Kind.eq(&plan.kind))
        .order_by_asc(duty_record::Column::Id)
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    let mut by_number: HashMap<&str, Vec<&duty_record::Model>> = HashMap::new();
    let mut by_title: HashMap<(String, Subject), Vec<&duty_record::Model>> = HashMap::new();
    let mut by_id = HashMap::with_capacity(rows.len());
    for row in &rows {
        if let Some(number) = &row.reference_no {
            by_number.entry(number).or_default().push(row);
        }
        let title = (normal_title(&row.title), row.subject());
        by_title.entry(title).or_default().push(row);
        by_id.insert(row.id, row);
    }
    for step in plan.rows.iter().filter_map(|row| row.step.as_ref()) {
        let numbered = step
            .number
            .as_deref()
            .and_then(|number| by_number.get(number));
        let title = normal_title(&step.title);
        let titled = step
            .signers
            .iter()
            .filter_map(|sign| by_title.get(&(title.clone(), sign.subject())));
        let mut resembling = numbered.into_iter().chain(titled).flatten();
        if resembling.any(|row| !step.seen.contains(&row.id)) {
            return Err(changed());
        }
        if let Some(known) = &step.known
            && by_id
                .get(&known.id)
                .is_none_or(|row| row.version != known.version)
        {
            return Err(changed());
        }
    }
    Ok(())
}

/// What is remembered of a record that came with a document.
pub(super) fn remembered(write: &Write, step: &Step) -> serde_json::Value {
    json!({
        "at": instant::text(write.at), "by": write.account(),
        "words": step.growth.words, "flags": step.growth.flags, "document": step.document,
    })
}

async fn create(write: &Write, import: DutyImportId, plan: &Plan) -> Result<usize> {
    let declared_by = write
        .account()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("nobody applies a list")))?;
    let mut rows = Vec::new();
    for step in plan.steps(Action::Create) {
        let mut thing = step.converted_from.map(|(_, thing)| thing);
        for sign in &step.signers {
            let id = DutyRecordId::new(write.at, random());
            let progress = step.document.as_ref().map(|_| remembered(write, step));
            rows.push(duty_record::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(id),
                member_id: Set(sign.member),
                group_id: Set(sign.group),
                thing_id: Set(*thing.get_or_insert(id)),
                place: Set(sign.place),
                kind: Set(plan.kind.clone()),
                title: Set(step.title.clone()),
                content: Set(step.content.clone()),
                done_on: Set(step.day),
                attributes: Set(json!(sign.attributes)),
                evidence: Set(json!([])),
                reference_no: Set(step.number.clone()),
                filed_no: Set(None),
                recorder: Set(sign.recorder.clone()),
                converted_from: Set(step.converted_from.map(|(first, _)| first)),
                import_id: Set(Some(import)),
                progress: Set(json!(progress.into_iter().collect::<Vec<_>>())),
                status: Set(DutyStatus::Submitted),
                status_reason: Set(None),
                declared_by: Set(declared_by),
                checked_by: Set(None),
                verified_by: Set(None),
                version: Set(1),
                created_at: Set(write.at),
                updated_at: Set(write.at),
            });
        }
    }
    for chunk in rows.chunks(CHUNK) {
        duty_record::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(&write.txn)
            .await?;
    }
    Ok(rows.len())
}

/// Completes what members declared and nobody verified yet.
async fn complete(
    write: &mut Write,
    import: DutyImportId,
    plan: &Plan,
    kind_on: impl Fn(chrono::NaiveDate) -> Option<domain::score::Kind>,
) -> Result<usize> {
    use duty_record::Column as C;
    let declared: HashMap<DutyRecordId, &Step> = plan
        .steps(Action::Update)
        .filter_map(|step| {
            Some((
                step.known.as_ref().filter(|known| !known.verified)?.id,
                step,
            ))
        })
        .collect();
    let heads = duty_record::Entity::of(write.committee)
        .filter(C::Id.is_in(declared.keys().copied()))
        .all(&write.txn)
        .await?;
    let mut count = 0;
    for head in heads {
        let step = declared[&head.id];
        let rows = duty_record::Entity::of(write.committee)
            .filter(C::ThingId.eq(head.thing_id))
            .filter(C::Kind.eq(&plan.kind))
            .order_by_asc(C::Place)
            .all(&write.txn)
            .await?;
        let mut retold = Vec::with_capacity(rows.len());
        for row in &rows {
            let before = attributes(row)?;
            let kind = kind_on(step.day);
            retold.push(Retold {
                attributes: kind.map_or(before.clone(), |kind| step.growth.applied(&kind, &before)),
                row: row.clone(),
                progress: Some(remembered(write, step)),
                recorder: step.signers[0].recorder.clone(),
            });
        }
        let rows = retell(write, retold).await?;
        count += rows.len();
        change(write, &rows, |update| {
            let update = update
                .col_expr(C::Status, Expr::value(DutyStatus::Submitted))
                .col_expr(C::StatusReason, Expr::value(Option::<String>::None))
                .col_expr(C::ImportId, Expr::value(import));
            match &step.new_number {
                Some(number) => update.col_expr(C::ReferenceNo, Expr::value(number.clone())),
                None => update,
            }
        })
        .await?;
    }
    Ok(count)
}
