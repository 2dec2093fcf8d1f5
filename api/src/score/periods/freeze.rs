//! What a closing writes down: of everybody the sheet as text, its hash, and what it was computed
//! from besides facts and rulebook, so that it can be computed again.
//!
//! The hash of a sheet is the SHA-256 of its document, as `sha256sum` would say. The hash over all
//! sheets is that of one line for each, members before groups and by id:
//! `member:ID REVISION HASH-OF-THE-DOCUMENT HASH-OF-THE-BASIS`.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{AmendmentId, CommitteeId, PeriodId, SheetId};
use domain::score::{Attributes, Candidate, Period, Person, Scheme, Sheet, Subject};
use entity::sheet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::history::Before;
use crate::app::App;
use crate::crypto::random;
use crate::error::{ApiError, Result};
use crate::facts::Span;
use crate::score::known::{self, Back, Belonging, candidate};
use crate::score::places::Places;

/// What a sheet was computed from besides facts and rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// What rules could ask of him.
    pub traits: Attributes,
    /// His first day in office.
    pub joined_on: Option<NaiveDate>,
    /// His last day in office.
    pub left_on: Option<NaiveDate>,
    /// Of a group: whose facts were counted with its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Belonging>,
    /// From which day on facts were looked at.
    pub facts_from: NaiveDate,
    /// The closed sheets that were looked at.
    pub closed: Vec<SheetId>,
    /// Whether the membership was broken just before the period.
    pub after_break: bool,
}

impl Basis {
    /// The basis of a frozen sheet.
    ///
    /// # Errors
    /// When it is unreadable, which no writer makes.
    pub fn read(row: &sheet::Model) -> Result<Self> {
        serde_json::from_str(&row.basis).map_err(|error| {
            ApiError::internal(anyhow::anyhow!(
                "the basis of sheet {} is unreadable: {error}",
                row.id
            ))
        })
    }

    /// The person as rules looked at him.
    pub fn person(&self, subject: Subject) -> Person {
        Person {
            subject,
            traits: self.traits.clone(),
            joined_on: self.joined_on,
            left_on: self.left_on,
        }
    }

    fn of(person: &Person, members: &[Belonging], span: Span, before: &Before) -> Self {
        Self {
            traits: person.traits.clone(),
            joined_on: person.joined_on,
            left_on: person.left_on,
            members: members.to_vec(),
            facts_from: span.from,
            closed: before.sheets.clone(),
            after_break: before.after_break,
        }
    }
}

/// A sheet about to be frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose.
    pub subject: Subject,
    /// What it says.
    pub sheet: Sheet,
    /// The same as text.
    pub document: String,
    /// The hash of the text.
    pub hash: String,
    /// What it was computed from, as text.
    pub basis: String,
}

impl Draft {
    /// A sheet as text with its hash.
    ///
    /// # Errors
    /// Never for what is computed: a sheet is JSON.
    pub fn new(sheet: Sheet, basis: String) -> Result<Self> {
        let document = serde_json::to_string(&sheet).map_err(ApiError::internal)?;
        Ok(Self {
            subject: sheet.subject,
            hash: hash_of(&document),
            sheet,
            document,
            basis,
        })
    }

    /// The row of this draft.
    pub fn row(self, place: Place, at: DateTime<Utc>) -> sheet::Model {
        let (member_id, group_id) = match self.subject {
            Subject::Member(member) => (Some(member), None),
            Subject::Group(group) => (None, Some(group)),
        };
        sheet::Model {
            committee_id: place.committee,
            id: SheetId::new(at, random()),
            period_id: place.period,
            closing: place.closing,
            member_id,
            group_id,
            revision: place.revision,
            amendment_id: place.amendment,
            total: self.sheet.total.hundredths(),
            grade: self.sheet.grade,
            document: self.document,
            hash: self.hash,
            basis: self.basis,
            created_at: at,
        }
    }
}

/// Where a draft is put.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Whose period.
    pub committee: CommitteeId,
    /// Which period.
    pub period: PeriodId,
    /// Which closing of it.
    pub closing: i32,
    /// Which of the person's sheets of the period.
    pub revision: i32,
    /// The amendment that makes it.
    pub amendment: Option<AmendmentId>,
}

/// The SHA-256 of a text, in hexadecimal digits.
pub fn hash_of(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The hash over these sheets, whatever their order.
pub fn hash_over<'a>(rows: impl IntoIterator<Item = &'a sheet::Model>) -> String {
    let mut lines: Vec<(Option<Subject>, String)> = rows
        .into_iter()
        .map(|row| {
            let (kind, id) = match (row.member_id, row.group_id) {
                (Some(member), _) => ("member", member.0),
                (None, group) => ("group", group.map(|group| group.0).unwrap_or_default()),
            };
            let (revision, hash) = (row.revision, &row.hash);
            let basis = hash_of(&row.basis);
            (
                row.subject(),
                format!("{kind}:{id} {revision} {hash} {basis}\n"),
            )
        })
        .collect();
    lines.sort();
    let mut hash = Sha256::new();
    for (_, line) in &lines {
        hash.update(line);
    }
    hex::encode(hash.finalize())
}

/// The sheet of everybody whom the rulebook assesses in a period, members and groups, computed
/// from what is there now.
pub async fn drafts(
    app: &App,
    committee: CommitteeId,
    scheme: &Scheme,
    period: Period,
) -> Result<Vec<Draft>> {
    let (people, bases) = everybody(app, committee, scheme, period).await?;
    let texts = bases.iter().map(serde_json::to_string);
    let texts = texts
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(ApiError::internal)?;
    people
        .into_iter()
        .zip(texts)
        .map(|(one, basis)| Draft::new(one.assessed.sheet, basis))
        .collect()
}

/// Everybody whom the rulebook assesses in a period, members and groups, quotas kept, each with
/// the facts of the term and what was closed before.
pub async fn everybody(
    app: &App,
    committee: CommitteeId,
    scheme: &Scheme,
    period: Period,
) -> Result<(Vec<Candidate>, Vec<Basis>)> {
    let places = Places::load(app, committee).await?;
    let span = known::of_term(app.db.read(), committee, period).await?;
    let mut people = Vec::new();
    let mut bases = Vec::new();
    for one in known::members(app, committee, &places, period, None, Back::Term).await? {
        if !scheme.assesses(&one.person) {
            continue;
        }
        bases.push(Basis::of(&one.person, &[], span, &one.before));
        let (closed, broken) = (one.before.closed, one.before.after_break);
        let one = candidate(scheme, period, one.person, one.facts, closed, broken);
        people.push(one);
    }
    if scheme.scores_groups() {
        for one in known::groups(app, committee, &places, period, Back::Term).await? {
            if !scheme.assesses(&one.person) {
                continue;
            }
            bases.push(Basis::of(&one.person, &one.members, span, &one.before));
            let (closed, broken) = (one.before.closed, one.before.after_break);
            let one = candidate(scheme, period, one.person, one.facts, closed, broken);
            people.push(one);
        }
    }
    if scheme.has_quotas() {
        scheme.keep_quotas(&mut people);
    }
    Ok((people, bases))
}
