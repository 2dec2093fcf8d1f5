//! What may be done to a version: one function for each step, each one transaction, each in the
//! audit log with the hash of what the version says.

use chrono::{Datelike, NaiveDate};
use domain::closing::PeriodStatus;
use domain::ids::{AccountId, RulebookId};
use domain::rulebook::{RulebookStatus, RulebookStep};
use domain::score::{Period, Rulebook};
use entity::{Scoped, period, rulebook};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, TryInsertResult,
};
use serde_json::json;

use crate::access::{On, Permit, op, second_person};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;
use crate::score::rulebook_file;
use crate::score::rulebooks::in_force;

/// The table as audit entries name it.
const RULEBOOK: &str = "rulebook";

/// Takes in the text of a new version as a draft.
pub async fn create(
    app: &App,
    permit: &Permit<op::RulebookWrite>,
    text: &str,
) -> Result<rulebook::Model> {
    use rulebook::Column as C;
    let read = Read::of(text)?;
    let author = permit.caller.account_id();
    permit
        .write(app, async |write| {
            let row = rulebook::Model {
                committee_id: write.committee,
                id: RulebookId::new(write.at, random()),
                key: read.book.key.clone(),
                version: read.version,
                title: read.book.title.clone(),
                text: text.to_owned(),
                hash: read.hash.clone(),
                status: RulebookStatus::Draft,
                effective_from: None,
                created_by: author,
                authors: json!([author]),
                proposed_by: None,
                proposed_at: None,
                adopted_by: None,
                adopted_at: None,
                adopted_document: None,
                row_version: 1,
                created_at: write.at,
                updated_at: write.at,
            };
            // Two clerks can send the same version at once; `rulebook_version` lets one of them in.
            let inserted = rulebook::Entity::insert(rulebook::ActiveModel::from(row.clone()))
                .on_conflict_do_nothing_on([C::CommitteeId, C::Key, C::Version])
                .exec_without_returning(&write.txn)
                .await?;
            let TryInsertResult::Inserted(1..) = inserted else {
                return Err(exists(&read));
            };
            note(write, &row);
            Ok(row)
        })
        .await
}

/// Puts another text in the place of a draft's.
pub async fn amend(
    app: &App,
    on: &On<op::RulebookWrite, rulebook::Model>,
    seen: IfMatch,
    text: &str,
) -> Result<rulebook::Model> {
    use rulebook::Column as C;
    let read = Read::of(text)?;
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, RulebookStep::Edit)?;
        let another = rulebook::Entity::of(write.committee)
            .filter(C::Key.eq(&read.book.key))
            .filter(C::Version.eq(read.version))
            .filter(C::Id.ne(row.id))
            .one(&write.txn)
            .await?;
        if another.is_some() {
            return Err(exists(&read));
        }
        let mut authors = authors(&row)?;
        if !authors.contains(&on.caller.account_id()) {
            authors.push(on.caller.account_id());
        }
        let mut row = touched(write, row);
        row.status = Set(status);
        row.key = Set(read.book.key.clone());
        row.version = Set(read.version);
        row.title = Set(read.book.title.clone());
        row.text = Set(text.to_owned());
        row.hash = Set(read.hash.clone());
        row.authors = Set(json!(authors));
        let row = row.update(&write.txn).await?;
        note(write, &row);
        Ok(row)
    })
    .await
}

/// Puts a draft before the leaders, to take effect on a day that begins a period.
pub async fn propose(
    app: &App,
    on: &On<op::RulebookPropose, rulebook::Model>,
    seen: IfMatch,
    effective_from: NaiveDate,
) -> Result<rulebook::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, RulebookStep::Propose)?;
        check_start(app, write, &row, effective_from).await?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.effective_from = Set(Some(effective_from));
        row.proposed_by = Set(Some(on.caller.account_id()));
        row.proposed_at = Set(Some(write.at));
        let row = row.update(&write.txn).await?;
        note(write, &row);
        Ok(row)
    })
    .await
}

/// Enters that the leaders adopted a version, by which document. Never by who wrote or proposed it.
pub async fn adopt(
    app: &App,
    on: &On<op::RulebookAdopt, rulebook::Model>,
    seen: IfMatch,
    document: &str,
) -> Result<rulebook::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, RulebookStep::Adopt)?;
        let mut others = authors(&row)?;
        others.push(row.created_by);
        others.extend(row.proposed_by);
        second_person(
            write,
            &on.caller,
            &others,
            &[],
            "起草或提请考核办法的人不能办理通过，须由另一人办理",
        )
        .await?;
        let from = row
            .effective_from
            .ok_or_else(|| ApiError::internal(anyhow::anyhow!("{} has no first day", row.id)))?;
        // A period may have been closed since it was proposed.
        check_start(app, write, &row, from).await?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.adopted_by = Set(Some(on.caller.account_id()));
        row.adopted_at = Set(Some(write.at));
        row.adopted_document = Set(Some(document.to_owned()));
        let row = row.update(&write.txn).await?;
        note(write, &row);
        Ok(row)
    })
    .await
}

/// Takes back a draft or a proposed version; it stays in the list, and its number stays taken.
pub async fn withdraw(
    app: &App,
    on: &On<op::RulebookWithdraw, rulebook::Model>,
    seen: IfMatch,
) -> Result<rulebook::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, RulebookStep::Withdraw)?;
        let mut row = touched(write, row);
        row.status = Set(status);
        let row = row.update(&write.txn).await?;
        note(write, &row);
        Ok(row)
    })
    .await
}

/// A text that is a usable rulebook.
struct Read {
    book: Rulebook,
    version: i32,
    hash: String,
}

impl Read {
    fn of(text: &str) -> Result<Self> {
        let book = rulebook_file::parse(text).map_err(rulebook_file::refusal)?;
        let version = i32::try_from(book.version)
            .map_err(|_| ApiError::field("/text", "out_of_range", "版本号（version）过大"))?;
        Ok(Self {
            hash: book.hash().to_string(),
            version,
            book,
        })
    }
}

fn exists(read: &Read) -> ApiError {
    let detail = format!(
        "「{}」第 {} 版已经存在，请在原草稿上修改，或把版本号（version）加一",
        read.book.key, read.version
    );
    ApiError::with(Code::RulebookExists, detail)
}

/// The row as it is now, locked until the transaction ends.
async fn lock(write: &Write, id: RulebookId, seen: IfMatch) -> Result<rulebook::Model> {
    let row = found(
        rulebook::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    seen.check(row.row_version)?;
    Ok(row)
}

fn touched(write: &Write, row: rulebook::Model) -> rulebook::ActiveModel {
    let row_version = row.row_version + 1;
    let mut row = row.into_active_model();
    row.row_version = Set(row_version);
    row.updated_at = Set(write.at);
    row
}

fn note(write: &mut Write, row: &rulebook::Model) {
    write.about(RULEBOOK, row.id);
    write.detail(json!({
        "key": row.key,
        "version": row.version,
        "hash": row.hash,
        "status": row.status,
        "effective_from": row.effective_from,
        "document": row.adopted_document,
    }));
}

fn step(status: RulebookStatus, step: RulebookStep) -> Result<RulebookStatus> {
    status.after(step).map_err(|wrong| {
        let detail = format!(
            "本版考核办法当前为「{}」，不能{}",
            wrong.status.zh(),
            wrong.step.zh()
        );
        ApiError::with(Code::WrongStep, detail)
    })
}

fn authors(row: &rulebook::Model) -> Result<Vec<AccountId>> {
    serde_json::from_value(row.authors.clone()).map_err(ApiError::internal)
}

/// The day is the first one of a period of this rulebook, and no closed period would be assessed
/// anew.
async fn check_start(
    app: &App,
    write: &Write,
    row: &rulebook::Model,
    day: NaiveDate,
) -> Result<()> {
    let wrong = |code, message: String| ApiError::field("/effective_from", code, message);
    if !(2000..=2100).contains(&day.year()) {
        let message = "年份应在 2000 到 2100 之间".to_owned();
        return Err(wrong("out_of_range", message));
    }
    in_force::hold(write).await?;
    let scheme = app.schemes.of(&row.hash, &row.text)?;
    let rule = &scheme.rulebook().period;
    let later = period::Entity::of(write.committee)
        .filter(period::Column::Last.gte(day))
        .order_by_asc(period::Column::First)
        .all(&write.txn)
        .await?;
    if let Some(settled) = later.iter().find(|one| one.status != PeriodStatus::Open) {
        let detail = format!(
            "{}（{} 至 {}）{}，生效日期须在它之后",
            settled.key,
            settled.first,
            settled.last,
            settled.status.zh()
        );
        return Err(ApiError::with(Code::PeriodClosed, detail));
    }
    // The days of a session year or a term are those that the office fixed, where it did.
    let fixed = later
        .iter()
        .filter(|one| one.unit == rule.unit.as_str())
        .find(|one| one.first <= day);
    let around = fixed.map_or_else(
        || rule.around(day),
        |one| Period::fixed(rule.unit, one.first, one.last),
    );
    if around.first != day {
        let next = around.last.succ_opt().unwrap_or(around.last);
        let message = format!("生效日期应为考核期的第一天，如 {} 或 {next}", around.first);
        return Err(wrong("not_period_start", message));
    }
    Ok(())
}
