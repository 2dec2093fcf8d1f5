//! Lists in the database: the preview that is kept, and who may see it.

use domain::duty::{Declarer, declarer, needs_evidence};
use domain::ids::{AccountId, CommitteeId, DutyImportId};
use domain::score::{Kind, Vocabulary};
use domain::time::local_date;
use entity::{Scoped, account, duty_import, duty_record, group, member, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde_json::json;

pub(in crate::duty) use super::apply::apply;
use super::columns::{Column, Field, columns, header, sources};
use super::decide::Lookup;
use super::name::State;
use super::plan::{Plan, PlannedRow};
use super::rows::{peek, read};
pub(in crate::duty) use super::verify::verify;
use crate::access::{Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::found;
use crate::duty::recording::{Recording, schemes};
use crate::error::{ApiError, Code, Result};
use crate::spreadsheet::{self, HEADER_WITHIN, Table, template, unreadable};

/// A list, with its plan where it is still kept.
#[derive(Debug)]
pub struct Import {
    /// The row.
    pub row: duty_import::Model,
    /// The name of who uploaded it.
    pub created_by_name: String,
    pub(in crate::duty) plan: Option<Plan>,
}

/// The kind of a list.
///
/// # Errors
/// For a kind that nobody knows, and one whose records each need evidence of their own.
fn importable(vocabulary: &Vocabulary, key: &str) -> Result<Kind> {
    let kind = vocabulary.kind(key);
    let kind = kind.ok_or_else(|| ApiError::field("kind", "unknown_kind", "细则中没有这一类别"))?;
    if declarer(key) == Declarer::Nobody || needs_evidence(key) {
        let message = "这一类事项须逐条登记，不能导入";
        return Err(ApiError::field("kind", "not_imported", message));
    }
    Ok(kind.clone())
}

async fn vocabulary(app: &App, committee: CommitteeId) -> Result<Vocabulary> {
    let today = local_date(app.clock.now());
    let scheme = schemes(app, committee, [today]).await?.remove(&today);
    let vocabulary = scheme.map(|scheme| scheme.vocabulary().clone());
    Ok(vocabulary.unwrap_or_else(Vocabulary::usual))
}

/// The empty list of a kind, with the words to choose from; and what the kind is called.
pub async fn empty(app: &App, committee: CommitteeId, key: &str) -> Result<(String, Vec<u8>)> {
    let vocabulary = vocabulary(app, committee).await?;
    let kind = importable(&vocabulary, key)?;
    let columns = columns(&vocabulary, &kind);
    let columns: Vec<_> = columns.iter().map(Column::template).collect();
    let title = kind.title;
    let name = title.clone();
    let made = tokio::task::spawn_blocking(move || template::make(&name, &columns));
    let file = made
        .await
        .map_err(ApiError::internal)?
        .map_err(ApiError::internal)?;
    Ok((title, file))
}

/// Reads a list and keeps what it would do; no record is changed.
pub async fn preview(
    app: &App,
    permit: &Permit<op::DutyImport>,
    key: &str,
    file_name: &str,
    file: Vec<u8>,
) -> Result<Import> {
    let vocabulary = vocabulary(app, permit.committee()).await?;
    let kind = importable(&vocabulary, key)?;
    let table = spreadsheet::read(file).await?;
    let plan = plan(app, permit, &vocabulary, kind, table).await?;
    let plan_hash = plan.hash();
    let json = serde_json::to_value(&plan).map_err(ApiError::internal)?;
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let (rows, errors) = (plan.rows.len(), plan.error_count());
    let row = permit
        .write(app, async |write| {
            let row = duty_import::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(DutyImportId::new(write.at, random())),
                kind: Set(key.to_owned()),
                file_name: Set(file_name.to_owned()),
                plan: Set(json),
                plan_hash: Set(plan_hash.clone()),
                row_count: Set(count(rows)),
                error_count: Set(count(errors)),
                created_by: Set(permit.caller.account_id()),
                created_at: Set(write.at),
                applied_by: Set(None),
                applied_at: Set(None),
                verified_by: Set(None),
                verified_at: Set(None),
            };
            let row = row.insert(&write.txn).await?;
            write.about("duty_import", row.id);
            write.detail(json!({
                "step": "preview", "kind": key, "rows": rows, "errors": errors, "plan_hash": plan_hash,
            }));
            Ok(row)
        })
        .await?;
    Ok(Import {
        row,
        created_by_name: permit.caller.account().display_name.clone(),
        plan: Some(plan),
    })
}

async fn plan(
    app: &App,
    permit: &Permit<op::DutyImport>,
    vocabulary: &Vocabulary,
    kind: Kind,
    table: Table,
) -> Result<Plan> {
    let columns = columns(vocabulary, &kind);
    let mut rows = table.rows.into_iter();
    let (number, heading) = rows.next().ok_or_else(|| unreadable("文件是空的"))?;
    if HEADER_WITHIN < number {
        return Err(unreadable("表头应在前 5 行之内"));
    }
    let header = header(&columns, &heading, number).map_err(|errors| ApiError {
        errors,
        ..unreadable(format!("表头与「{}」模板不一致", kind.title))
    })?;
    let first = columns.iter().find(|column| column.field == Field::First);
    let first = first.map_or_else(String::new, |column| column.heading.clone());
    let state = state(app, permit, vocabulary, kind, first).await?;
    let mut planned = Vec::new();
    let mut named = Vec::new();
    for (row, cells) in rows {
        let show = |field: &Field| peek(&columns, &header, &cells, field);
        let mut errors = Vec::new();
        match read(&columns, &header, &cells) {
            Ok(read) => named.push((planned.len(), state.name(read, &mut errors))),
            Err(wrong) => errors = wrong,
        }
        planned.push(PlannedRow {
            row,
            number: show(&Field::Number),
            title: show(&Field::Title),
            people: [show(&Field::First), show(&Field::Signers)]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("、"),
            errors,
            warnings: Vec::new(),
            changes: Vec::new(),
            step: None,
        });
    }
    if planned.is_empty() {
        return Err(unreadable("文件中没有记录"));
    }
    let days = named
        .iter()
        .map(|(_, row)| row.read.day)
        .chain(state.records.iter().map(|row| row.done_on));
    let subjects = named.iter().flat_map(|(_, row)| row.subjects());
    let recording = Recording::of(app, &permit.caller, days, subjects).await?;
    let mut lookup = Lookup::new(&state, &recording);
    for (place, row) in named {
        lookup.decide(row, &mut planned[place])?;
    }
    Ok(Plan {
        kind: state.kind.key.clone(),
        rows: planned,
        hidden_rows: table.hidden_rows,
        warnings: table.warnings,
    })
}

async fn state(
    app: &App,
    permit: &Permit<op::DutyImport>,
    vocabulary: &Vocabulary,
    kind: Kind,
    first: String,
) -> Result<State> {
    let (db, committee) = (app.db.read(), permit.committee());
    let is_source = |other: &&Kind| {
        sources(vocabulary, other)
            .iter()
            .any(|one| one.key == kind.key)
    };
    let mut kinds: Vec<String> = sources(vocabulary, &kind)
        .into_iter()
        .chain(vocabulary.kinds().filter(is_source))
        .map(|one| one.key.clone())
        .collect();
    kinds.push(kind.key.clone());
    Ok(State {
        terms: term::Entity::of(committee).all(db).await?,
        members: member::Entity::of(committee).all(db).await?,
        groups: group::Entity::of(committee).all(db).await?,
        records: duty_record::Entity::of(committee)
            .filter(duty_record::Column::Kind.is_in(kinds))
            .order_by_asc(duty_record::Column::Id)
            .all(db)
            .await?,
        reach: permit.reach.clone(),
        today: local_date(app.clock.now()),
        kind,
        first,
    })
}

/// One page of the lists that the caller reaches, the latest first, and how many there are.
pub async fn list(
    app: &App,
    permit: &Permit<op::DutyImport>,
    (skip, limit): (u64, u64),
) -> Result<(Vec<Import>, u64)> {
    use duty_import::Column as C;
    let mut query = duty_import::Entity::of(permit.committee());
    if !permit.reach.committee {
        // Staff see what they uploaded; what others uploaded is the office's to hand on.
        query = query.filter(C::CreatedBy.eq(permit.caller.account_id()));
    }
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(C::CreatedAt)
        .order_by_desc(C::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    let names: Vec<(AccountId, String)> = account::Entity::of(permit.committee())
        .filter(account::Column::Id.is_in(rows.iter().map(|row| row.created_by)))
        .select_only()
        .columns([account::Column::Id, account::Column::DisplayName])
        .into_tuple()
        .all(app.db.read())
        .await?;
    let imports = rows.into_iter().map(|row| {
        let name = names.iter().find(|(id, _)| *id == row.created_by);
        Import {
            created_by_name: name.map(|(_, name)| name.clone()).unwrap_or_default(),
            plan: None,
            row,
        }
    });
    Ok((imports.collect(), total))
}

/// One list as it was previewed, for whoever reaches everybody in it.
///
/// # Errors
/// `not_found` for others.
pub async fn one(app: &App, permit: &Permit<op::DutyImport>, id: DutyImportId) -> Result<Import> {
    let key = (permit.committee(), id);
    let row = found(
        duty_import::Entity::find_by_id(key)
            .one(app.db.read())
            .await?,
    )?;
    let created_by = account::Entity::find_by_id((permit.committee(), row.created_by))
        .one(app.db.read())
        .await?;
    let plan = kept(&row)?;
    within(permit, plan.as_ref())?;
    Ok(Import {
        created_by_name: created_by.map(|one| one.display_name).unwrap_or_default(),
        plan,
        row,
    })
}

/// The plan of a list; none after `tidy` emptied it.
pub(super) fn kept(row: &duty_import::Model) -> Result<Option<Plan>> {
    if row.plan == json!({}) {
        return Ok(None);
    }
    let plan = serde_json::from_value(row.plan.clone());
    Ok(Some(plan.map_err(ApiError::internal)?))
}

/// Proves that the caller reaches everybody in the list; to others it is not there.
pub(super) fn within<O: crate::access::OperationType>(
    permit: &Permit<O>,
    plan: Option<&Plan>,
) -> Result<()> {
    if permit.reach.committee {
        return Ok(());
    }
    let steps = plan.into_iter().flat_map(|plan| &plan.rows);
    let wrong = |row: &PlannedRow| {
        let step = row.step.as_ref();
        // Whom a row with errors names is not known; the office can look.
        step.is_none_or(|step| {
            let mut groups = step.signers.iter().map(|sign| sign.group);
            groups.any(|group| !permit.reach.groups.contains(&group))
        })
    };
    let own = steps.clone().next().is_some() && !steps.into_iter().any(wrong);
    if own {
        Ok(())
    } else {
        Err(ApiError::not_found())
    }
}

/// The refusal of a list that is not as it was previewed any more.
pub(super) fn outdated(detail: &'static str) -> ApiError {
    ApiError::with(Code::ImportOutdated, detail)
}
