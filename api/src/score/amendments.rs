//! What changes after a closing: the office proposes a fact that was missing or wrong, another
//! person decides, and the sheets concerned get a next revision by the frozen rulebook.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::authority::{Operation, Scope};
use domain::closing::{AmendmentKind, AmendmentStatus, PeriodStep};
use domain::ids::{AmendmentId, CommitteeId, FactId};
use domain::score::{Attributes, Fact, Subject};
use entity::{Scoped, amendment, fact, group, member, period, sheet};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::periods::closing::{after, insert, lock};
use super::periods::freeze::{Draft, Place, hash_over};
use super::periods::replay::{self, Closing};
use super::periods::{frozen, frozen_scheme, span_of};
use super::service::corrupt;
use crate::access::{Caller, Guarded, On, Permit, op, second_person};
use crate::app::App;
use crate::crypto::random;
use crate::db::{NewFact, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;

/// Where the facts of amendments come from.
pub const SOURCE: &str = "amendment";

/// A fact to be recorded by an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendedFact {
    /// What it is, a kind that the frozen rulebook knows.
    pub kind: String,
    /// The day it happened.
    pub on: NaiveDate,
    /// What a sheet shows.
    pub title: String,
    /// The one thing behind several facts.
    pub reference: Option<String>,
    /// What the kind tells of it.
    pub attributes: Attributes,
    /// Which organ recorded it, in the word of the rulebook.
    pub recorder: Option<String>,
}

/// An amendment to be proposed.
#[derive(Clone, Debug)]
pub struct NewAmendment {
    /// What it does.
    pub kind: AmendmentKind,
    /// Whose facts it changes.
    pub subject: Subject,
    /// The fact to be recorded; none of a reversal.
    pub fact: Option<AmendedFact>,
    /// The fact to be taken back; none of a fact that was missing.
    pub reverses: Option<FactId>,
    /// Why.
    pub reason: String,
    /// The number of the document it rests on.
    pub document: String,
}

impl Guarded for amendment::Model {
    const PARAM: &'static str = "amendment_id";
    const READ: Operation = Operation::AmendmentRead;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        let key = (committee, AmendmentId(id));
        Ok(amendment::Entity::find_by_id(key)
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: self.group_id.into_iter().collect(),
            member: self.member_id,
        })
    }
}

/// The amendments of a period, the newest first.
pub async fn list(app: &App, period: &period::Model) -> Result<Vec<amendment::Model>> {
    Ok(amendment::Entity::of(period.committee_id)
        .filter(amendment::Column::PeriodId.eq(period.id))
        .order_by_desc(amendment::Column::ProposedAt)
        .order_by_desc(amendment::Column::Id)
        .all(app.db.read())
        .await?)
}

/// Proposes to change what a closed period counts.
///
/// # Errors
/// `wrong_step` while the period is not closed; `validation_failed` for a fact that the frozen
/// rulebook does not know, that lies outside of the period, or that was taken back already.
pub async fn propose(
    app: &App,
    permit: &Permit<op::AmendmentPropose>,
    period: &period::Model,
    new: NewAmendment,
) -> Result<amendment::Model> {
    permit
        .write(app, async |write| {
            let period = lock(write, period.id).await?;
            after(&period, PeriodStep::Amend)?;
            check(app, write, &period, &new).await?;
            let (member_id, group_id) = match new.subject {
                Subject::Member(member) => (Some(member), None),
                Subject::Group(group) => (None, Some(group)),
            };
            let fact = new.fact.as_ref().map(serde_json::to_value).transpose();
            let row = amendment::Model {
                committee_id: write.committee,
                id: AmendmentId::new(write.at, random()),
                period_id: period.id,
                closing: period.closings,
                kind: new.kind,
                member_id,
                group_id,
                fact: fact.map_err(ApiError::internal)?,
                reverses: new.reverses,
                reason: new.reason,
                document: new.document,
                status: AmendmentStatus::Proposed,
                proposed_by: permit.caller.account_id(),
                proposed_at: write.at,
                decided_by: None,
                decided_at: None,
                ordinal: None,
                note: None,
            };
            amendment::Entity::insert(amendment::ActiveModel::from(row.clone()))
                .exec_without_returning(&write.txn)
                .await?;
            write.about("amendment", row.id);
            write.detail(json!({
                "period": period.key, "kind": row.kind, "member_id": row.member_id,
                "group_id": row.group_id, "reverses": row.reverses, "document": row.document,
            }));
            Ok(row)
        })
        .await
}

async fn check(app: &App, write: &Write, period: &period::Model, new: &NewAmendment) -> Result<()> {
    let mut fields = Fields::default();
    let asked = (new.fact.is_some(), new.reverses.is_some());
    let fits = match new.kind {
        AmendmentKind::Fact => asked == (true, false),
        AmendmentKind::Reversal => asked == (false, true),
        AmendmentKind::Replacement => asked == (true, true),
    };
    let message = "补记须有 fact，冲销须有 reverses，更正须两者都有";
    fields.check(fits, "/kind", "does_not_fit", message);
    let span = span_of(period)?;
    if let Some(fact) = &new.fact {
        let message = "日期不在该考核期内";
        fields.check(
            span.contains(fact.on),
            "/fact/on",
            "outside_period",
            message,
        );
        let scheme = frozen_scheme(app, period)?;
        if let Some(mistake) = scheme.vocabulary().mistake(&fact.kind, &fact.attributes) {
            match mistake.attribute {
                Some(name) => {
                    let pointer = format!("/fact/attributes/{name}");
                    fields.wrong(pointer, "unknown_word", mistake.expected);
                }
                None => fields.wrong("/fact/kind", "unknown_kind", mistake.expected),
            }
        }
    }
    fields.finish()?;
    let rows = frozen::revisions(&write.txn, period, new.subject).await?;
    if !rows.iter().any(|row| row.closing == period.closings) {
        let message = "该考核期结账时没有这位委员（活动组）的积分表";
        return Err(ApiError::field(
            pointer_of(new.subject),
            "no_sheet",
            message,
        ));
    }
    if let Some(id) = new.reverses {
        standing(write, period, new.subject, id).await?;
    }
    Ok(())
}

const fn pointer_of(subject: Subject) -> &'static str {
    match subject {
        Subject::Member(_) => "/member_id",
        Subject::Group(_) => "/group_id",
    }
}

/// The fact to be taken back, which is this person's, lies in the period and stands.
async fn standing(
    write: &Write,
    period: &period::Model,
    subject: Subject,
    id: FactId,
) -> Result<fact::Model> {
    let wrong = |code, message| ApiError::field("/reverses", code, message);
    let row = fact::Entity::find_by_id((write.committee, id))
        .one(&write.txn)
        .await?
        .filter(|row| row.subject() == Some(subject) && row.reverses.is_none())
        .ok_or_else(|| wrong("unknown_fact", "没有这条记录，或者不是其本人的记录"))?;
    if !(period.first..=period.last).contains(&row.happened_on) {
        return Err(wrong("outside_period", "日期不在该考核期内"));
    }
    let reversed = fact::Entity::of(write.committee)
        .filter(fact::Column::Reverses.eq(id))
        .count(&write.txn)
        .await?;
    if 0 < reversed {
        return Err(wrong("already_reversed", "这条记录已经冲销"));
    }
    Ok(row)
}

/// Decides an amendment. Approved, its facts are recorded and the sheets concerned get a next
/// revision, computed by the frozen rulebook from the facts of the closing and the amendments.
///
/// # Errors
/// `second_person_required` for whoever proposed it or whom it concerns; `wrong_step`.
pub async fn decide(
    app: &App,
    on: &On<op::AmendmentDecide, amendment::Model>,
    approve: bool,
    note: Option<String>,
) -> Result<amendment::Model> {
    on.write(app, async |write| {
        let period = lock(write, on.row.period_id).await?;
        let row = found(
            amendment::Entity::find_by_id((write.committee, on.row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        let concerned: Vec<_> = row.member_id.into_iter().collect();
        let refusal = "更正须由提出人和委员本人以外的人审批";
        second_person(write, &on.caller, &[row.proposed_by], &concerned, refusal).await?;
        if row.status != AmendmentStatus::Proposed {
            let detail = format!("该更正{}，不能再审批", row.status.zh());
            return Err(ApiError::with(Code::WrongStep, detail));
        }
        write.about("amendment", row.id);
        let mut ordinal = None;
        if approve {
            after(&period, PeriodStep::Amend)?;
            if row.closing != period.closings {
                let refusal = "提出更正之后该考核期重新结过账，请重新提出";
                return Err(ApiError::with(Code::WrongStep, refusal));
            }
            ordinal = Some(apply(app, write, &period, &row).await?);
        } else {
            write.detail(json!({ "period": period.key, "approved": false }));
        }
        let mut row = row.into_active_model();
        row.status = Set(if approve {
            AmendmentStatus::Approved
        } else {
            AmendmentStatus::Rejected
        });
        row.decided_by = Set(Some(on.caller.account_id()));
        row.decided_at = Set(Some(write.at));
        row.ordinal = Set(ordinal);
        row.note = Set(note);
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Records the facts of an amendment and writes the next revisions; tells which amendment of the
/// closing it is.
async fn apply(
    app: &App,
    write: &mut Write,
    period: &period::Model,
    row: &amendment::Model,
) -> Result<i32> {
    let rows = replay::rows(&write.txn, period).await?;
    let closing = Closing::load(&write.txn, period, &rows).await?;
    let stage = closing.amendments.len();
    let more = record(write, period, row).await?;
    let scheme = frozen_scheme(app, period)?;
    let sheets = closing.sheets(&scheme, stage, &more)?;
    // The highest revision comes last.
    let mut latest: HashMap<Option<Subject>, sheet::Model> =
        rows.into_iter().map(|row| (row.subject(), row)).collect();
    let mut revised = Vec::new();
    for (person, sheet) in closing.people.iter().zip(sheets) {
        let draft = Draft::new(sheet, person.text.clone())?;
        let Some(before) = latest.get_mut(&Some(person.subject)) else {
            continue;
        };
        if before.document == draft.document {
            continue;
        }
        let place = Place {
            committee: write.committee,
            period: period.id,
            closing: period.closings,
            revision: before.revision + 1,
            amendment: Some(row.id),
        };
        *before = draft.row(place, write.at);
        revised.push(before.clone());
    }
    insert(write, &revised).await?;
    let sheets_hash = hash_over(latest.values());
    let ordinal = i32::try_from(stage).unwrap_or(i32::MAX - 1) + 1;
    write.detail(json!({
        "period": period.key, "approved": true, "closing": period.closings, "ordinal": ordinal,
        "revised": revised.len(), "sheets_hash": sheets_hash,
    }));
    let version = period.row_version;
    let mut change = period.clone().into_active_model();
    change.sheets_hash = Set(Some(sheets_hash));
    change.row_version = Set(version + 1);
    change.update(&write.txn).await?;
    Ok(ordinal)
}

/// Records the facts of an amendment; returns them as rules look at them.
async fn record(
    write: &mut Write,
    period: &period::Model,
    row: &amendment::Model,
) -> Result<Vec<Fact>> {
    let subject = row
        .subject()
        .ok_or_else(|| corrupt(format_args!("amendment {} is nobody's", row.id)))?;
    let mut recorded = Vec::new();
    if let Some(id) = row.reverses {
        let of = standing(write, period, subject, id).await?;
        recorded.push(NewFact {
            source_kind: SOURCE.to_owned(),
            source_id: row.id.0,
            ..NewFact::reversing(&of)?
        });
    }
    if let Some(fact) = &row.fact {
        let fact: AmendedFact = serde_json::from_value(fact.clone()).map_err(ApiError::internal)?;
        recorded.push(NewFact {
            subject,
            kind: fact.kind,
            happened_on: fact.on,
            title: fact.title,
            reference: fact.reference,
            attributes: fact.attributes,
            recorder: fact.recorder,
            source_kind: SOURCE.to_owned(),
            source_id: row.id.0,
            reverses: None,
        });
    }
    let facts = recorded.into_iter().map(|new| Fact {
        subject: new.subject,
        kind: new.kind.clone(),
        on: new.happened_on,
        title: new.title.clone(),
        reference: new.reference.clone(),
        attributes: new.attributes.clone(),
        recorder: new.recorder.clone(),
        verified: true,
        reverses: new.reverses,
        id: write.fact(new),
    });
    Ok(facts.collect())
}

/// Whom an amendment concerns, by name.
pub async fn names(
    app: &App,
    committee: CommitteeId,
    rows: &[amendment::Model],
) -> Result<HashMap<Subject, String>> {
    let db = app.db.read();
    let members: Vec<_> = rows.iter().filter_map(|row| row.member_id).collect();
    let mut names = HashMap::new();
    for ids in members.chunks(500) {
        let found = member::Entity::of(committee)
            .filter(member::Column::Id.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        names.extend(
            found
                .into_iter()
                .map(|row| (Subject::Member(row.id), row.name)),
        );
    }
    let groups = group::Entity::of(committee).all(db).await?;
    names.extend(
        groups
            .into_iter()
            .map(|row| (Subject::Group(row.id), row.name)),
    );
    Ok(names)
}
