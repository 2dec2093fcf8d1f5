//! What a rulebook says. Whether it makes sense is asked in [`Rulebook::check`].

use super::selector::Selector;
use crate::points::Points;

words! {
    /// A kind of period.
    PeriodKind {
        Quarter = "quarter" "季度";
        Year = "year" "年度";
        Term = "term" "届";
    }

    /// Who fulfils an item.
    Scope {
        Member = "member" "委员";
        Group = "group" "活动组";
        Event = "event" "单项活动";
    }

    /// How the total is rounded: once, at the end.
    Rounding {
        Exact = "exact" "不取整";
        HalfUp = "half_up" "四舍五入到整数";
        Down = "down" "舍去小数";
    }
}

/// The assessment rules of a committee, as data.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Rulebook {
    /// Its stable name, such as `six_ones`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What must be shown beside every result, such as that the office has not confirmed it.
    #[serde(default)]
    pub notice: Option<String>,
    /// Which version of the text this is, counted from 1.
    pub version: u32,
    /// What one sheet covers.
    pub period: PeriodKind,
    /// How the total is rounded.
    pub rounding: Rounding,
    /// What is asked, in the order of the clauses.
    pub items: Vec<Item>,
    /// The grades, the highest first; none where the committee gives no grades.
    #[serde(default)]
    pub bands: Vec<Band>,
}

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Item {
    /// Its stable name within the rulebook.
    pub key: String,
    /// Where the rules say it, such as 「第一项」.
    pub clause: String,
    /// Its short name.
    pub title: String,
    /// The rule as people read it.
    pub text: String,
    /// Who fulfils it.
    pub scope: Scope,
    /// How often it is due.
    pub period: PeriodKind,
    /// How many facts fulfil it, each time it is due.
    pub target: u32,
    /// The measure word of a fact, such as 次 or 件.
    pub unit: String,
    /// What each fact earns.
    pub points_each: Points,
    /// The most that it earns, each time it is due.
    pub cap: Points,
    /// What counts: any fact of any of these.
    pub counts: Vec<Alternative>,
    /// What a member shows for it.
    pub proof: String,
    /// Whether a grade can depend on it, see [`Band::needs_gates`].
    pub gates_grade: bool,
}

/// One of the ways to fulfil an item.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Alternative {
    /// What a member does, as it reads after 「还差 1 次：」.
    pub title: String,
    /// The facts that show it.
    pub facts: Vec<Selector>,
}

/// A grade.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Band {
    /// Its stable name.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// The rounded total from which on it is given; exactly this many points are enough.
    pub at_least: Points,
    /// Whether every item with `gates_grade` must be fulfilled for it.
    #[serde(default)]
    pub needs_gates: bool,
}
