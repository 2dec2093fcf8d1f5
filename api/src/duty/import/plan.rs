//! What applying and verifying a list will do, row by row: decided once, shown to the clerk, kept,
//! and carried out as shown or not at all.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::duty::Growth;
use domain::ids::{DutyRecordId, GroupId, MemberId};
use domain::score::{Attributes, Subject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::spreadsheet::Issue;

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DutyImportAction)]
pub enum Action {
    /// A new thing.
    Create,
    /// A thing that is recorded already and has become more.
    Update,
    /// A thing that is recorded already as it stands in the file.
    Unchanged,
}

/// Somebody who signed it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sign {
    pub member: Option<MemberId>,
    pub group: GroupId,
    pub place: i32,
    pub attributes: Attributes,
    pub recorder: Option<String>,
}

impl Sign {
    /// Whom the record is about.
    pub fn subject(&self) -> Subject {
        self.member
            .map_or(Subject::Group(self.group), Subject::Member)
    }
}

/// A record that a row means.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Known {
    pub id: DutyRecordId,
    /// The version the step was decided on.
    pub version: i32,
    /// Whether it was verified then.
    pub verified: bool,
}

/// What a row without errors does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub action: Action,
    pub number: Option<String>,
    pub document: Option<String>,
    pub title: String,
    pub content: String,
    pub day: NaiveDate,
    /// By place; one at least.
    pub signers: Vec<Sign>,
    /// The first record of what became this, and the thing it is.
    pub converted_from: Option<(DutyRecordId, DutyRecordId)>,
    /// The records of the kind that resemble it, all of which were looked at.
    pub seen: Vec<DutyRecordId>,
    /// Of a thing that is recorded: the first signer's record.
    pub known: Option<Known>,
    /// Of such a thing: what it has become.
    pub growth: Growth,
    /// Of such a thing: the number it has now.
    pub new_number: Option<String>,
}

/// One row of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlannedRow {
    pub(in crate::duty) row: usize,
    pub(in crate::duty) number: String,
    pub(in crate::duty) title: String,
    pub(in crate::duty) people: String,
    pub(in crate::duty) errors: Vec<Issue>,
    pub(in crate::duty) warnings: Vec<Issue>,
    /// What becomes of a thing that is recorded, as a person reads it.
    pub(in crate::duty) changes: Vec<String>,
    pub(super) step: Option<Step>,
}

impl PlannedRow {
    /// What it does; nothing where it has errors.
    pub fn action(&self) -> Option<Action> {
        self.step.as_ref().map(|step| step.action)
    }
}

/// The whole file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::duty) struct Plan {
    pub kind: String,
    pub rows: Vec<PlannedRow>,
    pub hidden_rows: Vec<usize>,
    pub warnings: Vec<String>,
}

impl Plan {
    /// SHA-256 of the plan. The versions of the records it was decided on are part of it.
    pub fn hash(&self) -> String {
        // Field by field in the order of the types, whatever order a database keeps keys in.
        let canonical = serde_json::to_vec(self).expect("a plan has only strings for keys");
        hex::encode(Sha256::digest(canonical))
    }

    /// Rows that stand in the way.
    pub fn error_count(&self) -> usize {
        let wrong = |row: &&PlannedRow| !row.errors.is_empty();
        self.rows.iter().filter(wrong).count()
    }

    /// How many rows do what.
    pub fn actions(&self) -> BTreeMap<Action, usize> {
        let mut actions = BTreeMap::new();
        for action in self.rows.iter().filter_map(PlannedRow::action) {
            *actions.entry(action).or_default() += 1;
        }
        actions
    }

    /// The steps of one action.
    pub(super) fn steps(&self, action: Action) -> impl Iterator<Item = &Step> {
        let steps = self.rows.iter().filter_map(|row| row.step.as_ref());
        steps.filter(move |step| step.action == action)
    }
}
