//! `xingdong audit recompute`: every closed sheet is computed again, from the facts of the ledger,
//! the frozen rulebook and what the closing noted, and compared with what is stored, byte for byte.
//!
//! That the ledger and the log themselves were not changed is proved by [`super::offline`]; here
//! the chain of facts is walked as well, because a changed fact is the likeliest reason why a sheet
//! does not come out the same.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Result, bail};
use domain::closing::PeriodStatus;
use domain::ids::AmendmentId;
use domain::score::{Rulebook, Scheme, Subject};
use entity::{Scoped, audit, committee, fact, period, sheet};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::chain::{self, Chain, FirstBroken};
use super::checkpoint::Checkpoints;
use crate::db::Db;
use crate::error::ApiError;
use crate::score::periods::freeze::{Draft, hash_of, hash_over};
use crate::score::periods::frozen;
use crate::score::periods::replay::{self, Closing};

/// What was found about one closed period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodReport {
    /// The code of the committee.
    pub committee: String,
    /// The name of the period.
    pub period: String,
    /// How many sheets were computed again, every revision counted.
    pub sheets: usize,
    /// What is not as it was, the first thing first.
    pub differences: Vec<String>,
}

/// What was found about every closed period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each period.
    pub periods: Vec<PeriodReport>,
}

impl Report {
    /// Whether every sheet came out as it is stored.
    pub fn ok(&self) -> bool {
        self.periods.iter().all(|one| one.differences.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.periods {
            let (committee, period, sheets) = (&one.committee, &one.period, one.sheets);
            match one.differences.first() {
                None => writeln!(f, "{committee} {period}: ok, {sheets} sheets")?,
                Some(first) => {
                    let more = one.differences.len() - 1;
                    writeln!(f, "{committee} {period}: DIFFERENT: {first}")?;
                    if 0 < more {
                        writeln!(f, "{committee} {period}: and {more} more")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Computes the closed sheets of every committee again, or those of one period.
///
/// # Errors
/// When the database cannot be read, or no committee has a closed period of this name; a sheet
/// that comes out differently is no error but part of the report.
pub async fn recompute(db: &Db, key: Option<&str>) -> Result<Report> {
    let mut report = Report::default();
    let committees = committee::Entity::find().order_by_asc(committee::Column::Code);
    for committee in committees.all(db.read()).await? {
        let mut rows = period::Entity::of(committee.id)
            .filter(period::Column::Status.is_in([PeriodStatus::Closed, PeriodStatus::Reopening]))
            .order_by_asc(period::Column::First)
            .all(db.read())
            .await?;
        rows.retain(|row| key.is_none_or(|key| key == row.key));
        if rows.is_empty() {
            continue;
        }
        let facts = chain::verify(db, committee.id, Chain::Facts, &Checkpoints::none()).await;
        let broken = facts.map_err(operators)?.first_broken;
        for row in rows {
            let mut check = Check {
                db,
                row: &row,
                sheets: 0,
                differences: Vec::new(),
            };
            check.ledger(broken.as_ref()).await?;
            if let Err(error) = check.sheets().await {
                let why = operators(error);
                check.differ(format!("cannot be computed again: {why:#}"));
            }
            report.periods.push(PeriodReport {
                committee: committee.code.clone(),
                period: row.key.clone(),
                sheets: check.sheets,
                differences: check.differences,
            });
        }
    }
    if let (Some(key), true) = (key, report.periods.is_empty()) {
        bail!("no committee has a closed period {key}");
    }
    Ok(report)
}

fn operators(error: ApiError) -> anyhow::Error {
    let ApiError { code, cause, .. } = error;
    cause.unwrap_or_else(|| anyhow::anyhow!("{}", code.as_str()))
}

struct Check<'a> {
    db: &'a Db,
    row: &'a period::Model,
    sheets: usize,
    differences: Vec<String>,
}

impl Check<'_> {
    fn differ(&mut self, what: String) {
        self.differences.push(what);
    }

    /// The facts up to the closing are as they were, and the closing in the log says what the row
    /// says.
    async fn ledger(&mut self, broken: Option<&FirstBroken>) -> Result<()> {
        let row = self.row;
        let seq = row.facts_seq.unwrap_or_default();
        if let Some(broken) = broken {
            self.differ(format!(
                "the ledger of facts at entry {}: {} ({})",
                broken.seq, broken.why, broken.detail
            ));
        }
        if 0 < seq {
            let last = fact::Entity::of(row.committee_id)
                .filter(fact::Column::Seq.eq(seq))
                .one(self.db.read())
                .await?;
            if last.as_ref().map(|fact| &fact.hash) != row.facts_hash.as_ref() {
                self.differ(format!("fact {seq} is not the one that was counted last"));
            }
        }
        let logged = self.logged().await?;
        let said = [
            ("facts_seq", Value::from(row.facts_seq)),
            ("facts_hash", Value::from(row.facts_hash.clone())),
            ("rulebook_hash", Value::from(row.rulebook_hash.clone())),
            ("sheets_hash", Value::from(row.sheets_hash.clone())),
        ];
        for (name, stored) in said {
            let noted = logged.get(name).cloned().unwrap_or_default();
            if noted != stored {
                self.differ(format!(
                    "the period says {name} {stored}, the audit log {noted}"
                ));
            }
        }
        Ok(())
    }

    /// What the audit log noted of the closing, and of the sheets after the last amendment.
    async fn logged(&self) -> Result<HashMap<String, Value>> {
        let row = self.row;
        let entries = audit::Entity::of(row.committee_id)
            .filter(audit::Column::Operation.is_in(["period_close", "amendment_decide"]))
            .filter(audit::Column::Outcome.eq("done"))
            .order_by_asc(audit::Column::Seq)
            .all(self.db.read())
            .await?;
        let mut noted = HashMap::new();
        for entry in entries {
            let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
            if detail["closing"] != row.closings {
                continue;
            }
            let id = row.id.to_string();
            let closing = detail["step"] == "close" && entry.subject_id == Some(id);
            let amended = detail["approved"] == true && detail["period"] == row.key.as_str();
            if let (true, Value::Object(detail)) = (closing || amended, detail) {
                noted.extend(detail);
            }
        }
        Ok(noted)
    }

    /// Every revision of every sheet comes out as it is stored.
    async fn sheets(&mut self) -> crate::error::Result<()> {
        let (db, row) = (self.db.read(), self.row);
        let scheme = self.scheme();
        let rows = replay::rows(db, row).await?;
        for row in &rows {
            if hash_of(&row.document) != row.hash {
                self.differ(format!(
                    "the document of {} is not that of its hash",
                    named(row)
                ));
            }
        }
        let latest = frozen::rows(db, row).await?;
        let over = hash_over(&latest);
        if Some(&over) != row.sheets_hash.as_ref() {
            let noted = row.sheets_hash.as_deref().unwrap_or_default();
            self.differ(format!(
                "the sheets have the hash {over}, the period says {noted}"
            ));
        }
        let Some(scheme) = scheme else {
            return Ok(());
        };
        let closing = Closing::load(db, row, &rows).await?;
        let stages: HashMap<AmendmentId, usize> = (1..)
            .zip(&closing.amendments)
            .map(|(stage, amendment)| (amendment.id, stage))
            .collect();
        // What each person's sheet says after each amendment: the last one made until then.
        let mut standing: HashMap<Option<Subject>, &sheet::Model> = HashMap::new();
        for stage in 0..=closing.amendments.len() {
            for row in &rows {
                let of = row.amendment_id.map_or(Some(&0), |id| stages.get(&id));
                if of == Some(&stage) {
                    standing.insert(row.subject(), row);
                }
            }
            let again = closing.sheets(&scheme, stage, &[])?;
            for (person, sheet) in closing.people.iter().zip(again) {
                let draft = Draft::new(sheet, String::new())?;
                let Some(row) = standing.get(&Some(person.subject)) else {
                    continue;
                };
                self.sheets += 1;
                if row.document != draft.document {
                    self.differ(difference(row, &draft.document));
                }
            }
        }
        if let Some(stray) = rows
            .iter()
            .find(|row| row.amendment_id.is_some_and(|id| !stages.contains_key(&id)))
        {
            self.differ(format!("{} rests on no approved amendment", named(stray)));
        }
        Ok(())
    }

    /// The frozen rulebook, if its text is the one that was frozen.
    fn scheme(&mut self) -> Option<Scheme> {
        let text = self.row.rulebook_text.as_deref().unwrap_or_default();
        let rulebook: Rulebook = match toml::from_str(text) {
            Ok(rulebook) => rulebook,
            Err(error) => {
                self.differ(format!("the frozen rulebook is unreadable: {error}"));
                return None;
            }
        };
        let hash = rulebook.hash().to_string();
        if Some(&hash) != self.row.rulebook_hash.as_ref() {
            let noted = self.row.rulebook_hash.as_deref().unwrap_or_default();
            self.differ(format!(
                "the frozen rulebook has the hash {hash}, the period says {noted}"
            ));
        }
        Some(Scheme::new(rulebook))
    }
}

fn named(row: &sheet::Model) -> String {
    let whose = match row.subject() {
        Some(Subject::Member(member)) => format!("member {member}"),
        Some(Subject::Group(group)) => format!("group {group}"),
        None => "nobody".to_owned(),
    };
    format!("the sheet of {whose}, revision {}", row.revision)
}

fn difference(row: &sheet::Model, again: &str) -> String {
    let [stored, again] = [row.document.as_str(), again].map(serde_json::from_str::<Value>);
    let (Ok(stored), Ok(again)) = (stored, again) else {
        return format!("{} is no JSON", named(row));
    };
    match first_difference(&stored, &again, "") {
        Some((place, stored, again)) => format!(
            "{} says {stored} at {place}, computed again {again}",
            named(row)
        ),
        None => format!("{} is spelled differently", named(row)),
    }
}

/// The first place at which two values differ, and what they say there.
fn first_difference(one: &Value, other: &Value, place: &str) -> Option<(String, Value, Value)> {
    let none = Value::Null;
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys());
            keys.into_iter().find_map(|key| {
                let [one, other] = [one, other].map(|map| map.get(key).unwrap_or(&none));
                first_difference(one, other, &format!("{place}/{key}"))
            })
        }
        (Value::Array(one), Value::Array(other)) => {
            (0..one.len().max(other.len())).find_map(|index| {
                let [one, other] = [one, other].map(|list| list.get(index).unwrap_or(&none));
                first_difference(one, other, &format!("{place}/{index}"))
            })
        }
        _ => (one != other).then(|| (place.to_owned(), one.clone(), other.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_by_its_place() {
        let stored = json!({ "lines": [{ "points": "1" }, { "points": "2" }], "total": "3" });
        let again = json!({ "lines": [{ "points": "1" }, { "points": "4" }], "total": "5" });
        assert_eq!(
            first_difference(&stored, &again, ""),
            Some(("/lines/1/points".to_owned(), json!("2"), json!("4")))
        );
        assert_eq!(first_difference(&stored, &stored, ""), None);
        let longer = json!({ "lines": [{ "points": "1" }] });
        let place = first_difference(&longer, &stored, "").map(|(place, ..)| place);
        assert_eq!(place.as_deref(), Some("/lines/1"));
    }
}
