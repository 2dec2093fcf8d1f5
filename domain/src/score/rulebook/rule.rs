//! A rule: which facts it looks at, what each of them earns or costs, and how much at most.

use super::super::amount::Amount;
use super::super::pattern::{Pattern, Tests};
use super::{Partial, PeriodUnit, Rest, RowChoice, Which};

/// One clause that earns or costs points.
///
/// Exactly one of `points`, `values` and `reach` says how much.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Rule {
    /// Its stable name within the rulebook.
    pub key: String,
    /// The part that its points go into or are taken from; `total` for the total itself.
    pub part: String,
    /// Where the rules say it, such as 「第三条第二款」.
    pub clause: String,
    /// Its short name.
    pub title: String,
    /// The rule as people read it.
    pub text: String,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// The facts it looks at: any of any of these.
    pub counts: Vec<Pattern>,
    /// The measure word of a fact; 次 unless told.
    #[serde(default = "unit", skip_serializing_if = "is_unit")]
    pub unit: String,
    /// What a member shows for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,

    /// What each fact earns; negative for a deduction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Amount>,
    /// What a fact earns by what it is: a table of outcomes, levels, stages or positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueRow>,
    /// Which rows of the table a fact earns; the first that fits unless told.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub rows: RowChoice,
    /// Full marks for so many: the first row that fits the member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<Reach>,

    /// The number attribute that a fact counts as: half-days attended, an outside score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<String>,
    /// How one thing of several people is shared; the first that fits the fact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub splits: Vec<Split>,
    /// Only from the n-th fact on, by date; from the first unless told.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub from: u32,
    /// At most so many facts count; 1 is 「只计一次」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Which ones then; the best unless told.
    #[serde(default = "best", skip_serializing_if = "is_best")]
    pub which: Which,
    /// Everything above and `cap` and `floor` apply in each of these separately, then the results
    /// are added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<PeriodUnit>,
    /// Never more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// Never less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Amount>,
    /// Never more than this over the whole period, where `each` divides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_in_all: Option<Amount>,
    /// Whether it counts things whatever other rules make of them, as a bonus does. Without it
    /// the rulebook's `same_thing` decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

fn unit() -> String {
    "次".to_owned()
}

fn is_unit(unit: &String) -> bool {
    unit == "次"
}

const fn first() -> RowChoice {
    RowChoice::First
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_first(rows: &RowChoice) -> bool {
    *rows == RowChoice::First
}

const fn best() -> Which {
    Which::Best
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_best(which: &Which) -> bool {
    *which == Which::Best
}

const fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_one(number: &u32) -> bool {
    *number == 1
}

/// A row of a table of values.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ValueRow {
    /// What must hold of the fact and the member; without tests it is the row for all others.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::super::Test>))]
    pub when: Tests,
    /// What such a fact earns.
    pub points: Amount,
}

/// Full marks for so many facts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Reach {
    /// For whom: tests of `position`, `sector`, `group`, `special_committee`.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::super::Test>))]
    pub when: Tests,
    /// How many it takes.
    pub count: Amount,
    /// What they earn.
    pub points: Amount,
    /// What fewer earn.
    pub partial: Partial,
}

/// How one thing of several people is shared. The fact tells by `role`, `signers` (how many
/// signed) and `place` (which one this is, the first being 1).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Split {
    /// Which facts.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::super::Test>))]
    pub when: Tests,
    /// What the first signer has of it, such as `1/2`. Without it the first has what the others
    /// have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Amount>,
    /// What the others have.
    pub rest: Rest,
    /// Only the first so many signers have anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}
