//! One thing as one kind of record: a proposal with all who signed it, moved and recorded as a
//! whole. One thing has one reference in the ledger, whatever it is recorded as.

use std::collections::{HashMap, HashSet};

use domain::authority::{Reach, Scope};
use domain::duty::{DutyStatus, DutyStep};
use domain::ids::{DutyRecordId, FactId, MemberId};
use domain::score::Attributes;
use entity::{Scoped, duty_record, fact};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, UpdateMany,
};
use serde_json::json;
use uuid::Uuid;

use super::recording::Recording;
use crate::access::{Caller, second_person};
use crate::db::{NewFact, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;

/// The table as facts and audit entries name it.
pub(super) const DUTY_RECORD: &str = "duty_record";

/// Rows of one statement; SQLite takes 32,766 values.
pub(super) const CHUNK: usize = 500;

/// A thing as one kind of record, locked until the transaction ends.
#[derive(Debug)]
pub(super) struct Filing {
    /// The records of those who signed it, by place; one at least.
    pub rows: Vec<duty_record::Model>,
    /// The same thing as records of other kinds: what it was converted from or to.
    pub others: Vec<duty_record::Model>,
}

impl Filing {
    /// The whole of which `id` is a part. What `id` was when the client last saw it is checked.
    pub async fn lock(write: &mut Write, id: DutyRecordId, seen: IfMatch) -> Result<Self> {
        let key = (write.committee, id);
        let one = found(duty_record::Entity::find_by_id(key).one(&write.txn).await?)?;
        let rows = duty_record::Entity::of(write.committee)
            .filter(duty_record::Column::ThingId.eq(one.thing_id))
            .order_by_asc(duty_record::Column::Id)
            .lock_exclusive()
            .all(&write.txn)
            .await?;
        let row = found(rows.iter().find(|row| row.id == id))?;
        seen.check(row.version)?;
        let kind = row.kind.clone();
        let (mut rows, others): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.kind == kind);
        rows.sort_by_key(|row| row.place);
        write.about(DUTY_RECORD, id);
        Ok(Self { rows, others })
    }

    /// The record of the first signer.
    pub fn head(&self) -> &duty_record::Model {
        &self.rows[0]
    }

    /// The record of this id.
    pub fn row(&self, id: DutyRecordId) -> Result<duty_record::Model> {
        found(self.rows.iter().find(|row| row.id == id).cloned())
    }

    /// Where `step` leads from here; all rows stand where the first one stands.
    pub fn after(&self, step: DutyStep) -> Result<DutyStatus> {
        after(self.head().status, step)
    }

    /// What this was converted from, by place; nothing where it was not.
    pub fn source(&self) -> Vec<duty_record::Model> {
        let Some(from) = self.head().converted_from else {
            return Vec::new();
        };
        let kind = self.others.iter().find(|row| row.id == from);
        let Some(kind) = kind.map(|row| row.kind.clone()) else {
            return Vec::new();
        };
        let rows = self.others.iter().filter(|row| row.kind == kind);
        rows.cloned().collect()
    }

    /// Proves that the caller reaches everybody who signed.
    pub fn within(&self, reach: &Reach) -> Result<()> {
        let all = self.rows.iter().all(|row| reach.covers(&scope(row)));
        if all {
            return Ok(());
        }
        let detail = "联名人中有不归您负责的委员，请由办公室办理";
        Err(ApiError::with(Code::Forbidden, detail))
    }

    /// Proves that the caller neither declared nor signed it.
    pub async fn by_second_person(&self, write: &Write, caller: &Caller) -> Result<()> {
        let refusal = "填报人和署名委员不能核实自己的记录，须由另一人办理";
        let members: Vec<MemberId> = self.rows.iter().filter_map(|row| row.member_id).collect();
        let declared = [self.head().declared_by];
        second_person(write, caller, &declared, &members, refusal).await
    }
}

/// Where a record lies.
pub(super) fn scope(row: &duty_record::Model) -> Scope {
    Scope {
        groups: vec![row.group_id],
        member: row.member_id,
    }
}

/// Where a step leads from a status.
pub(super) fn after(status: DutyStatus, step: DutyStep) -> Result<DutyStatus> {
    status.after(step).map_err(|wrong| {
        let detail = format!("记录为「{}」，不能{}", wrong.status.zh(), wrong.step.zh());
        ApiError::with(Code::WrongStep, detail)
    })
}

/// What the kind tells of a record.
pub(super) fn attributes(row: &duty_record::Model) -> Result<Attributes> {
    serde_json::from_value(row.attributes.clone()).map_err(ApiError::internal)
}

/// Changes the same of several records, counts their versions, and answers them as they are then,
/// in the order given.
pub(super) async fn change(
    write: &mut Write,
    rows: &[duty_record::Model],
    with: impl Fn(UpdateMany<duty_record::Entity>) -> UpdateMany<duty_record::Entity>,
) -> Result<Vec<duty_record::Model>> {
    use duty_record::Column as C;
    let ids: Vec<DutyRecordId> = rows.iter().map(|row| row.id).collect();
    let mut changed = HashMap::with_capacity(rows.len());
    for chunk in ids.chunks(CHUNK) {
        let update = duty_record::Entity::update_many()
            .filter(C::CommitteeId.eq(write.committee))
            .filter(C::Id.is_in(chunk.iter().copied()))
            .col_expr(C::Version, Expr::col(C::Version).add(1))
            .col_expr(C::UpdatedAt, Expr::value(write.at));
        with(update).exec(&write.txn).await?;
        let now = duty_record::Entity::of(write.committee)
            .filter(C::Id.is_in(chunk.iter().copied()))
            .all(&write.txn)
            .await?;
        changed.extend(now.into_iter().map(|row| (row.id, row)));
    }
    Ok(ids.iter().filter_map(|id| changed.remove(id)).collect())
}

/// Records the facts of rows that are verified now.
///
/// # Errors
/// `forbidden` where the rules give them to another organ, `conflict` where another thing of the
/// kind is verified under the same number.
pub(super) async fn record(
    write: &mut Write,
    recording: &Recording,
    rows: &[duty_record::Model],
) -> Result<HashMap<DutyRecordId, Option<String>>> {
    numbers_are_free(write, rows).await?;
    super::steps::require_open(write, rows).await?;
    let mut recorders = HashMap::with_capacity(rows.len());
    for row in rows {
        let told = attributes(row)?;
        let scheme = recording.scheme(row.done_on)?;
        if let Some(mistake) = scheme.vocabulary().mistake(&row.kind, &told) {
            // The committee adopted other rules since it was declared.
            return Err(ApiError::field(
                "/attributes",
                "unknown_word",
                mistake.expected,
            ));
        }
        let recorder = match recording.recorder(row.done_on, row.subject(), &row.kind, &told) {
            Ok(organ) => organ,
            // The organ that declared it recorded it; here somebody only confirms.
            Err(refused) => match &row.recorder {
                Some(organ) if recording.gives_it_to(organ, row, &told)? => Some(organ.clone()),
                _ => return Err(refused),
            },
        };
        write.fact(fact_of(row, told, recorder.clone()));
        recorders.insert(row.id, recorder);
    }
    Ok(recorders)
}

fn fact_of(row: &duty_record::Model, told: Attributes, recorder: Option<String>) -> NewFact {
    NewFact {
        subject: row.subject(),
        kind: row.kind.clone(),
        happened_on: row.done_on,
        title: row.title.clone(),
        reference: Some(row.thing_id.to_string()),
        attributes: told,
        recorder,
        source_kind: DUTY_RECORD.to_owned(),
        source_id: row.id.into(),
        reverses: None,
    }
}

/// No two things of a kind are verified under one number. The unique index `duty_record_filed`
/// settles what races past this look.
pub(super) async fn numbers_are_free(write: &Write, rows: &[duty_record::Model]) -> Result<()> {
    use duty_record::Column as C;
    let mut things: HashMap<(&str, &str), DutyRecordId> = HashMap::new();
    for row in rows {
        let Some(number) = &row.reference_no else {
            continue;
        };
        let thing = things.entry((&row.kind, number)).or_insert(row.thing_id);
        if *thing != row.thing_id {
            return Err(number_taken(number, &row.title));
        }
    }
    let numbers: Vec<&str> = things.keys().map(|(_, number)| *number).collect();
    for chunk in numbers.chunks(CHUNK) {
        let taken = duty_record::Entity::of(write.committee)
            .filter(C::FiledNo.is_in(chunk.iter().copied()))
            .all(&write.txn)
            .await?;
        for other in &taken {
            let number = other.filed_no.as_deref().unwrap_or_default();
            let thing = things.get(&(other.kind.as_str(), number));
            if thing.is_some_and(|thing| *thing != other.thing_id) {
                return Err(number_taken(number, &other.title));
            }
        }
    }
    Ok(())
}

fn number_taken(number: &str, title: &str) -> ApiError {
    let detail = format!("编号 {number} 已用于「{title}」，请核对编号；同一件联名事项请一并填报");
    ApiError::with(Code::ReferenceTaken, detail)
}

/// The facts of records that no reversal has taken back.
pub(super) async fn standing_facts(
    write: &Write,
    rows: &[duty_record::Model],
) -> Result<HashMap<Uuid, fact::Model>> {
    let mut standing = HashMap::with_capacity(rows.len());
    for chunk in rows.chunks(CHUNK) {
        let facts = fact::Entity::of(write.committee)
            .filter(fact::Column::SourceKind.eq(DUTY_RECORD))
            .filter(fact::Column::SourceId.is_in(chunk.iter().map(|row| row.id.0)))
            .order_by_asc(fact::Column::Seq)
            .all(&write.txn)
            .await?;
        let reversed: HashSet<FactId> = facts.iter().filter_map(|fact| fact.reverses).collect();
        let stands = |fact: &fact::Model| fact.reverses.is_none() && !reversed.contains(&fact.id);
        for fact in facts.into_iter().filter(stands) {
            standing.insert(fact.source_id, fact);
        }
    }
    for row in rows {
        if !standing.contains_key(&row.id.0) {
            let cause = anyhow::anyhow!("verified duty record {} without a fact", row.id);
            return Err(ApiError::internal(cause));
        }
    }
    Ok(standing)
}

/// A record told anew.
#[derive(Debug)]
pub(super) struct Retold {
    /// The record as it is.
    pub row: duty_record::Model,
    /// What the kind tells of it from now on.
    pub attributes: Attributes,
    /// What to remember of it, beside what is remembered.
    pub progress: Option<serde_json::Value>,
    /// For which organ, where it is another one than before.
    pub recorder: Option<String>,
}

/// Tells records anew: of a verified one the fact is reversed and a new one of the same day takes
/// its place, in one transaction.
pub(super) async fn retell(
    write: &mut Write,
    retold: Vec<Retold>,
) -> Result<Vec<duty_record::Model>> {
    let verified: Vec<_> = retold
        .iter()
        .filter(|one| one.row.status == DutyStatus::Verified)
        .map(|one| one.row.clone())
        .collect();
    let mut standing = standing_facts(write, &verified).await?;
    let mut rows = Vec::with_capacity(retold.len());
    for one in retold {
        let Retold {
            row,
            attributes,
            progress,
            recorder,
        } = one;
        if let Some(fact) = standing.remove(&row.id.0) {
            write.fact(NewFact::reversing(&fact)?);
            let recorder = recorder.clone().or(fact.recorder);
            write.fact(fact_of(&row, attributes.clone(), recorder));
        }
        let mut remembered = row.progress.as_array().cloned().unwrap_or_default();
        remembered.extend(progress);
        let (version, recorder) = (row.version + 1, recorder.or(row.recorder.clone()));
        let mut row = row.into_active_model();
        row.attributes = Set(json!(attributes));
        row.progress = Set(json!(remembered));
        row.recorder = Set(recorder);
        row.version = Set(version);
        row.updated_at = Set(write.at);
        rows.push(row.update(&write.txn).await?);
    }
    Ok(rows)
}
