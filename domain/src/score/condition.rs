//! What must hold of a member over facts, points and closed periods: the one language of minimum
//! requirements, thresholds, candidates and consequences.

use super::pattern::{Bounds, Pattern, Tests};
use super::rulebook::PeriodUnit;

words! {
    /// Over which time facts are counted.
    Within {
        Period = "period" "本考核期";
        Year = "year" "本年度";
        Term = "term" "本届";
    }
}

/// A condition: either one that combines others, or one measure with its bounds.
///
/// Exactly one of the measures is given; the check says so otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema), schema(no_recursion))]
pub struct Condition {
    /// Every one of these holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<Condition>>,
    /// One of these holds; with `at_least`, that many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<Condition>>,
    /// This does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<Condition>>,

    /// How many things there are among these facts; with `sum`, what that attribute adds up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Vec<Pattern>>,
    /// The attribute to add up instead of counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// Over which time the facts are counted; the period unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// It holds in each of these separately: 「每季度至少一次」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<PeriodUnit>,
    /// The points of a rule, a part, or the `total`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<String>,
    /// The share of invitations attended, exempt ones left out, between 0 and 1. Where there was
    /// nothing to attend it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Bounds>,
    /// The grade is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Vec<String>>,
    /// This requirement is met. One that is not asked of somebody is neither met nor missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// What must hold of the member himself: `position`, `sector`, `group`, `special_committee`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<std::collections::BTreeMap<String, super::Test>>))]
    pub member: Option<Tests>,
    /// Whether the member joined or left within the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of_period: Option<bool>,

    /// This or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<super::Amount>,
    /// More than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<super::Amount>,
    /// This or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<super::Amount>,
    /// Less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<super::Amount>,

    /// It holds in this many periods of the member's term that follow each other, the last of
    /// them the period that is looked at. One without a result between them interrupts the row,
    /// unless he was no member then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive: Option<u32>,
    /// It holds in at least this many periods of the member's term, in a row or not; with
    /// `consecutive`, so many periods of the term end such a row: 1 finds it anywhere in the term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_in_term: Option<u32>,
    /// Whether a break in the membership starts the count again; it does not unless told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub break_resets: bool,
}

impl Condition {
    /// The bounds of its measure.
    pub const fn bounds(&self) -> Bounds {
        Bounds {
            at_least: self.at_least,
            above: self.above,
            at_most: self.at_most,
            below: self.below,
        }
    }

    /// Whether it looks at anything beyond the period: facts of the year or the term, or what was
    /// closed before.
    pub fn looks_back(&self) -> bool {
        let inner = self.all.iter().chain(&self.any).flatten();
        self.within.is_some_and(|within| within != Within::Period)
            || self.consecutive.is_some()
            || self.times_in_term.is_some()
            || inner.chain(self.not.as_deref()).any(Self::looks_back)
    }

    /// Whether it asks for a grade, itself or in what it combines.
    pub(super) fn asks_for_grades(&self) -> bool {
        let combined = self.all.iter().chain(&self.any).flatten();
        self.grade.is_some()
            || combined
                .chain(self.not.as_deref())
                .any(Self::asks_for_grades)
    }
}
