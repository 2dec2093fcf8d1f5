//! What a rulebook says: the assessment rules of one committee, as data.
//!
//! A rulebook is a document of tables that an office can read beside its regulation. Whether it
//! makes sense is asked in [`Rulebook::check`]; what it gives is computed in
//! [`tally`](super::tally). What follows from results — awards, exits — is in
//! [`review`](super::rulebook::Review) rules at its end.

mod review;
mod rule;

use super::amount::{Amount, RoundingMode};
use super::condition::Condition;
use super::fact::Attributes;
use super::pattern::{Pattern, Tests};
use super::vocabulary::Kind;

pub use review::{End, Nomination, Partition, Pick, Ranking, Review, ReviewKind, Rung, Ties};
pub use rule::{Reach, Rule, Split, ValueRow};

words! {
    /// What one sheet covers.
    PeriodUnit {
        Month = "month" "月";
        Quarter = "quarter" "季度";
        HalfYear = "half_year" "半年";
        Year = "year" "年度";
        SessionYear = "session_year" "会议年度";
        Term = "term" "届";
    }

    /// Whom a rule assesses.
    SubjectKind {
        Member = "member" "委员";
        Group = "group" "活动组";
    }

    /// How the parts below a part become one number.
    Combine {
        Sum = "sum" "相加";
        Best = "best" "取最高一项";
    }

    /// Which rows of a table of values a fact earns.
    RowChoice {
        First = "first" "按先列者";
        Highest = "highest" "就高";
        Sum = "sum" "累加";
    }

    /// What happens to one thing that several rules could count.
    SameThing {
        Best = "best" "只计得分最高的一条";
        First = "first" "只计条款在先的一条";
        Each = "each" "各条均计";
    }

    /// Which facts count where only so many do.
    Which {
        Best = "best" "得分高者优先";
        First = "first" "时间早者优先";
    }

    /// What part of the full marks is earned below the number asked.
    Partial {
        ProRata = "pro_rata" "按比例计分";
        AllOrNothing = "all_or_nothing" "达到方计分";
    }

    /// What the rest of the signers of one thing earn, each.
    Rest {
        Equal = "equal" "其余平均分配";
        Full = "full" "每人全额";
        None = "none" "其余不计";
    }

    /// What a stay of only a part of the period does to a number asked.
    PartYear {
        Full = "full" "不减";
        WholeQuarters = "whole_quarters" "按在任整季度折算";
        Waived = "waived" "不作要求";
    }

    /// Who may see a result (product.md §4.9).
    Viewer {
        Own = "own" "本人";
        Group = "group" "本组委员";
        AllMembers = "all_members" "全体委员";
        Convener = "convener" "召集人";
        Staff = "staff" "专委会";
        Office = "office" "办公室";
        Leader = "leader" "主席会议";
    }
}

/// The assessment rules of a committee.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Rulebook {
    /// Its stable name, such as `six_ones`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// Which version of the text this is, counted from 1.
    pub version: u32,
    /// The document it writes down, with number and date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What must be shown beside every result, such as that the office has not confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// What one sheet covers.
    pub period: PeriodRule,
    /// How the points of a member become his total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// How the points of an activity group become its total, where groups are scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_total: Option<Total>,
    /// What happens to one thing that several rules could count.
    pub same_thing: SameThing,
    /// Who is assessed: what must hold of `position`, `sector`, `group`, `special_committee`.
    /// Everybody unless told.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::Test>))]
    pub assessed: Tests,
    /// What a stay of only a part of the period does.
    #[serde(default)]
    pub part_year: PartYearRule,
    /// Kinds of fact beyond the usual ones, or attributes beyond theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// Who may record what. Without any, whoever the service lets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorders: Vec<Recorder>,
    /// Facts that count as other facts: 「视同」.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deemed: Vec<Deemed>,
    /// The parts that points are added up in: heads, pools, base and reward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// What earns and costs points, in the order of the clauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What must be done whatever the points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<Requirement>,
    /// The grades, the highest first; none where the committee gives no grades.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<Grade>,
    /// Conduct that decides a grade whatever the points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Among whom members are ranked; among all unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
    /// What follows from results: awards, talks, exits. Proposed to people, never done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// Who sees what.
    #[serde(default)]
    pub visibility: Visibility,
}

/// What one sheet covers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct PeriodRule {
    /// The unit.
    pub unit: PeriodUnit,
    /// Month and day on which a year of the rulebook begins, `01-01` unless told. A session year
    /// begins with the plenary: the office confirms the real day when it opens the period.
    #[serde(default = "new_year", skip_serializing_if = "is_new_year")]
    pub starts: String,
}

fn new_year() -> String {
    "01-01".to_owned()
}

fn is_new_year(day: &String) -> bool {
    day == "01-01"
}

/// How points become the total.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Total {
    /// What everybody begins with; 0 unless told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start: Amount,
    /// Never below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Amount>,
    /// Never above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// The one rounding, before grades are given.
    pub rounding: Rounding,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
}

fn is_zero(amount: &Amount) -> bool {
    *amount == Amount::ZERO
}

/// How a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Rounding {
    /// To a multiple of this: `1`, `0.5`, `0.1` or `0.01`. Points have two decimals.
    pub to: Amount,
    /// Which way.
    pub mode: RoundingMode,
}

/// What a stay of only a part of the period does. By default minimum requirements are reduced by
/// whole quarters, rounded half up, and points are as they are: none are invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct PartYearRule {
    /// To the numbers that requirements ask for: a plain 「不少于」. What reviews look at stays.
    pub requirements: PartYear,
    /// To the numbers that full marks ask for; none is given for nothing.
    pub reach: PartYear,
    /// How a reduced number is rounded to a whole one.
    pub rounding: RoundingMode,
}

impl Default for PartYearRule {
    fn default() -> Self {
        Self {
            requirements: PartYear::WholeQuarters,
            reach: PartYear::Full,
            rounding: RoundingMode::HalfUp,
        }
    }
}

/// An organ that records facts: 「谁组织谁记录」.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Recorder {
    /// Its stable name, such as `office`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// Where the rules say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What it may record.
    pub records: Vec<Pattern>,
}

/// Facts that count as other facts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Deemed {
    /// Where the rules say it.
    pub clause: String,
    /// The rule as people read it.
    pub text: String,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// Which facts.
    pub when: Pattern,
    /// The attributes they then have, such as `{ status = "absent" }`.
    #[serde(rename = "as")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::Value>))]
    pub counts_as: Attributes,
}

/// A part that points are added up in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Part {
    /// Its stable name within the rulebook.
    pub key: String,
    /// The part it goes into; the total unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Whom it assesses; members unless told. A part within a part assesses the same.
    #[serde(default = "members", skip_serializing_if = "is_member")]
    pub subject: SubjectKind,
    /// Where the rules say it.
    pub clause: String,
    /// Its short name.
    pub title: String,
    /// The rule as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// For whom there is this part: tests of `position`, `sector`, `group`, `special_committee`.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::Test>))]
    pub when: Tests,
    /// How what it holds becomes one number; added up unless told.
    #[serde(default = "sum", skip_serializing_if = "is_sum")]
    pub combine: Combine,
    /// What it begins with: a pool that deductions are taken from.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start: Amount,
    /// Never below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Amount>,
    /// Never above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
}

const fn members() -> SubjectKind {
    SubjectKind::Member
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_member(subject: &SubjectKind) -> bool {
    *subject == SubjectKind::Member
}

const fn sum() -> Combine {
    Combine::Sum
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_sum(combine: &Combine) -> bool {
    *combine == Combine::Sum
}

/// Something that must be done whatever the points.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Requirement {
    /// Its stable name within the rulebook.
    pub key: String,
    /// Whom it binds; members unless told.
    #[serde(default = "members", skip_serializing_if = "is_member")]
    pub subject: SubjectKind,
    /// Where the rules say it.
    pub clause: String,
    /// Its short name, as it reads after 「还差」.
    pub title: String,
    /// The rule as people read it.
    pub text: String,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// For whom: tests of `position`, `sector`, `group`, `special_committee`.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, super::Test>))]
    pub when: Tests,
    /// What must hold.
    pub need: Condition,
    /// The best grade that can be given without it; what a `grade` asks in `needs` is apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade_at_most: Option<String>,
    /// The reviews in which nobody is a candidate without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<String>,
}

/// A grade. The last one has no bound: it is for all others.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Grade {
    /// Its stable name.
    pub key: String,
    /// Whom it is for; members unless told.
    #[serde(default = "members", skip_serializing_if = "is_member")]
    pub subject: SubjectKind,
    /// What people call it.
    pub title: String,
    /// Where the rules say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// From this rounded total on: 「以上（含）」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// Above this rounded total: 「超过」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Amount>,
    /// The requirements it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// How many may have it; who is above the bound and not among them has the next grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Pick>,
}

/// Conduct that decides a grade whatever the points; its facts name a basis document.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Override {
    /// Where the rules say it.
    pub clause: String,
    /// The rule as people read it.
    pub text: String,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// Which facts.
    pub when: Vec<Pattern>,
    /// The grade given then.
    pub grade: String,
}

/// Who sees what (S40). The office, leaders and auditors see everything whatever stands here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Visibility {
    /// A member's sheet with its lines.
    pub sheets: Vec<Viewer>,
    /// Totals, grades and ranks.
    pub ranking: Vec<Viewer>,
}

impl Default for Visibility {
    fn default() -> Self {
        Self {
            sheets: vec![Viewer::Own],
            ranking: vec![Viewer::Convener, Viewer::Staff],
        }
    }
}
