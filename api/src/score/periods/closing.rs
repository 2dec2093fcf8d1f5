//! Closing: the office proposes, a leader decides, and in one transaction the head of the ledger,
//! the rulebook and everybody's sheets are written down.

use std::collections::HashMap;

use domain::authority::Standing;
use domain::closing::{PeriodStatus, PeriodStep, WrongStep};
use domain::ids::MemberId;
use domain::score::{Period, SIX_ONES, Subject};
use domain::time::local_date;
use entity::{Scoped, ledger_head, period, rulebook, sheet};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
};
use serde_json::json;

use super::findings::Findings;
use super::freeze::{Draft, Place, drafts, hash_over};
use super::{find, new_row, span_of};
use crate::access::{Caller, Permit, op, second_person};
use crate::app::App;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::notice::announce_closing;
use crate::score::rulebooks::{InForce, find as find_in_force, hold, in_force};

/// How many rows one statement inserts.
const CHUNK: usize = 200;
/// How often a closing begins again when facts came in while it was computed.
const ATTEMPTS: usize = 3;

/// What is said with a closing.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Go on although something is unsettled.
    pub force: bool,
    /// Why.
    pub reason: Option<String>,
    /// The number of the document.
    pub document: Option<String>,
}

/// Proposes to close a period, or closes it when that was proposed.
///
/// # Errors
/// `closing_blocked` with what is unsettled; `wrong_step`; `second_person_required` when whoever
/// proposed it, or somebody who is no leader, would decide it; `ledger_moved` when facts keep
/// coming in.
pub async fn close(
    app: &App,
    permit: &Permit<op::PeriodClose>,
    name: &str,
    said: &Said,
) -> Result<period::Model> {
    let committee = permit.committee();
    let row = find(app.db.read(), committee, name).await?;
    let waiting = row.filter(|row| row.status == PeriodStatus::Closing);
    let Some(row) = waiting else {
        return propose(app, permit, name, said).await;
    };
    for _ in 1..ATTEMPTS {
        match decide(app, permit, &row, said).await {
            Err(error) if error.code == Code::LedgerMoved => {}
            outcome => return outcome,
        }
    }
    decide(app, permit, &row, said).await
}

async fn propose(
    app: &App,
    permit: &Permit<op::PeriodClose>,
    name: &str,
    said: &Said,
) -> Result<period::Model> {
    let committee = permit.committee();
    let span = match find(app.db.read(), committee, name).await? {
        Some(row) => span_of(&row)?,
        None => match super::period(app, committee, Some(name)).await {
            Ok(span) => span,
            Err(_) => return Err(ApiError::not_found()),
        },
    };
    let unit = in_force(app, committee, span).await?;
    let unit = unit.scheme.rulebook().period.unit;
    permit
        .write(app, async |write| {
            let row = locked_or_made(write, span).await?;
            let status = after(&row, PeriodStep::ProposeClosing)?;
            office(&permit.caller)?;
            if unit != span.unit {
                let detail = format!("现行考核办法按{}考核，不能按{}结账", unit.zh(), span.unit.zh());
                return Err(ApiError::with(Code::WrongStep, detail));
            }
            let today = local_date(write.at);
            let findings = Findings::of(&write.txn, write.committee, span, today).await?;
            if !findings.clear() && !said.force {
                let detail = format!("{}。确需结账的，请说明理由", findings.describe());
                return Err(ApiError::with(Code::ClosingBlocked, detail));
            }
            let forced = !findings.clear();
            write.about("period", row.id);
            write.detail(json!({ "key": row.key, "step": "propose", "findings": findings, "forced": forced }));
            let version = row.row_version;
            let mut row = row.into_active_model();
            row.status = Set(status);
            row.findings = Set(Some(serde_json::to_value(&findings).map_err(ApiError::internal)?));
            row.force_reason = Set(said.reason.clone().filter(|_| forced));
            row.document = Set(said.document.clone());
            row.close_proposed_by = Set(Some(permit.caller.account_id()));
            row.close_proposed_at = Set(Some(write.at));
            row.row_version = Set(version + 1);
            Ok(row.update(&write.txn).await?)
        })
        .await
}

/// The row of a period, made if there was none, locked until the transaction ends.
async fn locked_or_made(write: &Write, span: Period) -> Result<period::Model> {
    use period::Column as C;
    // Two clerks can propose at once; the unique index `period_key_once` keeps it one row, and
    // the lock lets the second see what the first did.
    period::Entity::insert(period::ActiveModel::from(new_row(write, span)))
        .on_conflict_do_nothing_on([C::CommitteeId, C::Key])
        .exec_without_returning(&write.txn)
        .await?;
    found(
        period::Entity::of(write.committee)
            .filter(C::Key.eq(span.to_string()))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )
}

async fn decide(
    app: &App,
    permit: &Permit<op::PeriodClose>,
    seen: &period::Model,
    said: &Said,
) -> Result<period::Model> {
    let committee = permit.committee();
    let span = span_of(seen)?;
    // Computed before the transaction, which then proves that no fact came in meanwhile: nobody
    // else's writing waits for the arithmetic.
    let head = facts_head(app.db.read(), committee, false).await?;
    let in_force = in_force(app, committee, span).await?;
    // What decides rests on what is stored, not on what this node remembers of it.
    app.facts.forget();
    let drafts = drafts(app, committee, &in_force.scheme, span).await?;
    let text = rulebook_text(app, &in_force, seen).await?;
    let row = permit
        .write(app, async |write| {
            hold(write).await?;
            let row = lock(write, seen.id).await?;
            let status = after(&row, PeriodStep::Close)?;
            let proposers: Vec<_> = row.close_proposed_by.into_iter().collect();
            second_person(write, &permit.caller, &proposers, &[], SECOND).await?;
            leader(&permit.caller)?;
            let findings = Findings::of(&write.txn, committee, span, local_date(write.at)).await?;
            if !findings.clear() && row.force_reason.is_none() {
                let detail = format!("提出结账后又有未办结的事项：{}", findings.describe());
                return Err(ApiError::with(Code::ClosingBlocked, detail));
            }
            let still = find_in_force(&write.txn, app, committee, span.first).await?;
            if facts_head(&write.txn, committee, true).await? != head || still.hash != in_force.hash
            {
                return Err(ApiError::new(Code::LedgerMoved));
            }
            let closing = row.closings + 1;
            let rows = store(write, &row, closing, drafts).await?;
            tell(app, write, &row, &rows, span).await?;
            let sheets_hash = hash_over(&rows);
            write.about("period", row.id);
            write.detail(json!({
                "key": row.key, "step": "close", "closing": closing, "sheets": rows.len(),
                "facts_seq": head.seq, "facts_hash": head.hash, "rulebook_id": in_force.id,
                "rulebook_hash": in_force.hash, "sheets_hash": sheets_hash,
            }));
            let (version, document) = (row.row_version, row.document.clone());
            let mut row = row.into_active_model();
            row.status = Set(status);
            row.closings = Set(closing);
            row.closed_by = Set(Some(permit.caller.account_id()));
            row.closed_at = Set(Some(write.at));
            row.document = Set(said.document.clone().or(document));
            row.rulebook_id = Set(in_force.id);
            row.rulebook_hash = Set(Some(in_force.hash.clone()));
            row.rulebook_text = Set(Some(text));
            row.facts_seq = Set(Some(head.seq));
            row.facts_hash = Set(Some(head.hash.clone()));
            row.sheets_hash = Set(Some(sheets_hash));
            row.row_version = Set(version + 1);
            Ok(row.update(&write.txn).await?)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

const SECOND: &str = "提出结账的人不能自己结账，须由另一人办理";

/// The head of the ledger of facts.
async fn facts_head(
    db: &impl ConnectionTrait,
    committee: domain::ids::CommitteeId,
    lock: bool,
) -> Result<ledger_head::Model> {
    let head = ledger_head::Entity::of(committee).filter(ledger_head::Column::Chain.eq("facts"));
    let head = if lock { head.lock_exclusive() } else { head };
    found(head.one(db).await?)
}

/// The text of the rulebook in force.
async fn rulebook_text(app: &App, in_force: &InForce, seen: &period::Model) -> Result<String> {
    match in_force.id {
        None => Ok(SIX_ONES.to_owned()),
        Some(id) => Ok(found(
            rulebook::Entity::find_by_id((seen.committee_id, id))
                .one(app.db.read())
                .await?,
        )?
        .text),
    }
}

/// Writes the sheets down; whoever had one from an earlier closing gets the next revision.
async fn store(
    write: &Write,
    row: &period::Model,
    closing: i32,
    drafts: Vec<Draft>,
) -> Result<Vec<sheet::Model>> {
    let mut last: HashMap<Option<Subject>, i32> = HashMap::new();
    if 1 < closing {
        let before = sheet::Entity::of(write.committee)
            .filter(sheet::Column::PeriodId.eq(row.id))
            .all(&write.txn)
            .await?;
        for row in before {
            let revision = last.entry(row.subject()).or_default();
            *revision = row.revision.max(*revision);
        }
    }
    let rows: Vec<sheet::Model> = drafts
        .into_iter()
        .map(|draft| {
            let place = Place {
                committee: write.committee,
                period: row.id,
                closing,
                revision: last.get(&Some(draft.subject)).copied().unwrap_or(0) + 1,
                amendment: None,
            };
            draft.row(place, write.at)
        })
        .collect();
    insert(write, &rows).await?;
    Ok(rows)
}

/// Inserts rows of sheets.
pub async fn insert(write: &Write, rows: &[sheet::Model]) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(sheet::ActiveModel::from);
        sheet::Entity::insert_many(rows)
            .exec_without_returning(&write.txn)
            .await?;
    }
    Ok(())
}

/// Tells every member with a sheet.
async fn tell(
    app: &App,
    write: &mut Write,
    row: &period::Model,
    rows: &[sheet::Model],
    span: Period,
) -> Result<()> {
    let members: Vec<MemberId> = rows.iter().filter_map(|row| row.member_id).collect();
    announce_closing(app, write, row.id, &span.zh(), members).await
}

/// The row as it is now, locked until the transaction ends.
pub async fn lock(write: &Write, id: domain::ids::PeriodId) -> Result<period::Model> {
    found(
        period::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )
}

/// Where a step leads from where the period stands.
pub fn after(row: &period::Model, step: PeriodStep) -> Result<PeriodStatus> {
    row.status
        .after(step)
        .map_err(|WrongStep { status, step }| {
            let detail = format!("该考核期{}，不能{}", status.zh(), step.zh());
            ApiError::with(Code::WrongStep, detail)
        })
}

/// The first step is the office's.
pub fn office(caller: &Caller) -> Result<()> {
    if caller.standings().contains(&Standing::Office) {
        return Ok(());
    }
    Err(ApiError::with(Code::WrongStep, "须先由办公室提出"))
}

/// The second step is a leader's.
pub fn leader(caller: &Caller) -> Result<()> {
    if caller.standings().contains(&Standing::Leader) {
        return Ok(());
    }
    let refusal = "办公室已经提出，须由主席会议成员决定";
    Err(ApiError::with(Code::SecondPersonRequired, refusal))
}
