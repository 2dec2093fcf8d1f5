//! A result with everything that explains it (scoring.md, rule 5).

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::amount::Amount;
use super::fact::Subject;
use super::period::Period;
use crate::ids::FactId;
use crate::points::Points;

words! {
    /// Why a fact earned nothing.
    UnusedReason {
        NotCounted = "not_counted" "细则中没有对应条款";
        NotAttended = "not_attended" "未出席，不计分";
        NotVerified = "not_verified" "尚未核实，不计分";
        OutOfOffice = "out_of_office" "当时不在任，不计分";
        WrongRecorder = "wrong_recorder" "不是由规定的部门记录";
        SameThing = "same_thing" "与另一条记录是同一件事，只计一次";
        CountedElsewhere = "counted_elsewhere" "已在其他条款计分";
        BeforeFrom = "before_from" "未到起算件数";
        BeyondMost = "beyond_most" "超过可计次数";
        OverCap = "over_cap" "本条已达上限";
        NoShare = "no_share" "按分配办法不计分";
        WorthNothing = "worth_nothing" "按细则计 0 分";
        NoValue = "no_value" "细则没有规定这种情形的分值";
        MissingNumber = "missing_number" "缺少计分所需的数值";
        Unknown = "unknown" "细则不认识这条记录的用词";
        Reversed = "reversed" "已冲销";
        Reversal = "reversal" "冲销记录，本身不计分";
    }
}

/// What one member, or one group, has in one period under one rulebook.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Sheet {
    /// Whose sheet.
    #[serde(flatten)]
    pub subject: Subject,
    /// What it covers. Read back from text, a session year and a term have the days of the
    /// calendar until whoever knows the days that the office fixed says so.
    #[serde(deserialize_with = "named")]
    pub period: Period,
    /// The key of the rulebook.
    pub rulebook: String,
    /// The version of the rulebook.
    pub rulebook_version: u32,
    /// What must be shown beside the result.
    pub notice: Option<String>,
    /// One line for each rule that applies to him, in the order of the rulebook.
    pub lines: Vec<Line>,
    /// The parts, in the order of the rulebook.
    pub parts: Vec<PartLine>,
    /// How the parts become the total, as a person would write it.
    pub arithmetic: String,
    /// The total before rounding.
    pub exact: Amount,
    /// The total, rounded as the rulebook says.
    pub total: Points,
    /// What had to be done whatever the points.
    pub requirements: Vec<RequirementLine>,
    /// The title of the grade, where the rulebook gives grades.
    pub grade: Option<String>,
    /// The key of the grade.
    pub grade_key: Option<String>,
    /// Why it is this grade and no higher one.
    pub grade_note: Option<String>,
    /// The fact of conduct that decided the grade, whatever the points; the exemption where there
    /// is no grade because of it.
    pub decided_by: Option<FactId>,
    /// What is missing for the next grade, and until when.
    pub next_grade: Option<NextGrade>,
    /// To what he was invited, and what became of it.
    pub attendance: Invitations,
    /// How much of what he could attend he attended; none where there was nothing to attend.
    pub attendance_share: Option<Share>,
    /// How many of the points, before parts are capped, come from attending.
    pub points_from_attendance: Points,
    /// The facts of the period that earned nothing, each with its reason.
    pub unused: Vec<Unused>,
    /// Facts that counted as something else: 「视同」.
    pub deemed: Vec<DeemedLine>,
    /// Where the committee's text is silent and the rulebook chose.
    pub choices: Vec<Choice>,
    /// How much of the period he was in office, where it was not all of it.
    pub stay: Option<Stay>,
}

/// What one rule earned.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Line {
    /// The key of the rule.
    pub key: String,
    /// The key of the part it goes into.
    pub part: String,
    /// Where the rules say it.
    pub clause: String,
    /// The short name of the rule.
    pub title: String,
    /// The rule as people read it.
    pub text: String,
    /// The facts that are counted, by date.
    pub facts: Vec<LineFact>,
    /// The calculation as a person would write it.
    pub arithmetic: String,
    /// What was earned, shown to the hundredth.
    pub points: Points,
    /// What was earned, exactly.
    pub exact: Amount,
    /// How much of full marks is reached, where the rule asks for a number.
    pub reached: Option<Reached>,
}

/// How much of a number asked is reached.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Reached {
    /// How much there is.
    pub done: Amount,
    /// How much is asked.
    pub target: Amount,
    /// What is still missing, in words.
    pub missing: Option<String>,
}

/// A fact as a line names it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct LineFact {
    /// Its id.
    pub id: FactId,
    /// What a person calls it.
    pub title: String,
    /// The day it happened.
    pub on: NaiveDate,
    /// What it is worth here before the rule's cap; none where a number asked is counted.
    pub exact: Option<Amount>,
    /// How that comes about where it is more than a look-up, such as 「25 分 × 1/2」.
    pub arithmetic: Option<String>,
}

/// What a part comes to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct PartLine {
    /// The key of the part.
    pub key: String,
    /// The key of the part it goes into; `total` for the total.
    pub part: String,
    /// Where the rules say it.
    pub clause: String,
    /// The short name of the part.
    pub title: String,
    /// The calculation as a person would write it.
    pub arithmetic: String,
    /// What it comes to, shown to the hundredth.
    pub points: Points,
    /// What it comes to, exactly.
    pub exact: Amount,
}

/// Whether a requirement is met.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct RequirementLine {
    /// The key of the requirement.
    pub key: String,
    /// Where the rules say it.
    pub clause: String,
    /// Its short name.
    pub title: String,
    /// Whether it is met; what is not asked of him counts as met.
    pub met: bool,
    /// Whether it was asked of him at all: a number that a stay of only a part of the period
    /// reduces to nothing is not. Left out where it was.
    #[serde(default = "yes", skip_serializing_if = "is_asked")]
    pub asked: bool,
    /// What was found and what is asked.
    pub finding: String,
    /// The facts that were counted for it.
    pub facts: Vec<FactId>,
}

const fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_asked(asked: &bool) -> bool {
    *asked
}

impl RequirementLine {
    /// What became of it, in words.
    pub const fn zh(&self) -> &'static str {
        match (self.asked, self.met) {
            (false, _) => "不作要求",
            (true, true) => "已完成",
            (true, false) => "未完成",
        }
    }
}

/// What is missing for the next grade.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct NextGrade {
    /// Its title.
    pub title: String,
    /// How many points are missing; 0 where they suffice.
    pub points: Points,
    /// The requirements that are not met yet, in words.
    pub requirements: Vec<String>,
    /// The last day on which something can still be done for it.
    pub until: NaiveDate,
}

/// A fact that earned nothing. One over the cap is counted in its line as well.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Unused {
    /// Its id.
    pub id: FactId,
    /// What a person calls it.
    pub title: String,
    /// The day it happened.
    pub on: NaiveDate,
    /// What kind of thing it is.
    pub kind: String,
    /// Why it earned nothing.
    pub reason: UnusedReason,
    /// The reason in words, with the clause or the word it is about.
    pub explanation: String,
}

/// A fact that counted as something else.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct DeemedLine {
    /// The fact.
    pub id: FactId,
    /// What a person calls it.
    pub title: String,
    /// Where the rules say it.
    pub clause: String,
    /// The rule as people read it.
    pub text: String,
}

/// What a rulebook chose where the committee's text is silent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Choice {
    /// Which clause it is about.
    pub clause: String,
    /// What was chosen.
    pub text: String,
}

/// How much of a period somebody was in office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Stay {
    /// His whole quarters in office.
    pub quarters: u32,
    /// The quarters of the period.
    pub of: u32,
}

/// What became of a member's invitations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Invitations {
    /// How many there were, also those not settled yet.
    pub invited: u32,
    /// How many he attended, if only for a part.
    pub attended: u32,
    /// From how many he was on leave.
    pub leave: u32,
    /// From how many he was exempt.
    pub exempt: u32,
    /// From how many he was absent.
    pub absent: u32,
}

impl Invitations {
    /// The share attended of what is settled and not exempt.
    pub fn share(&self) -> Option<Share> {
        let of = self.attended + self.leave + self.absent;
        (0 < of).then_some(Share {
            attended: self.attended,
            of,
        })
    }
}

/// A share, exact: so many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Share {
    /// How many he attended.
    pub attended: u32,
    /// How many he could have attended; never 0.
    pub of: u32,
}

/// The result of a period that is closed, as conditions over several periods look at it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Closed {
    /// The period; read back from text as in a [`Sheet`].
    #[serde(deserialize_with = "named")]
    pub period: Period,
    /// The rounded total.
    pub total: Points,
    /// What rules and parts came to, by key.
    pub points: BTreeMap<String, Amount>,
    /// The key of the grade.
    pub grade: Option<String>,
    /// Whether each requirement was met, by key; without those that were not asked of him.
    pub requirements: BTreeMap<String, bool>,
    /// What became of the invitations.
    pub attendance: Invitations,
    /// Whether the membership was broken between the period before and this one.
    pub after_break: bool,
}

fn named<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
    let text = <Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    Period::named(&text).map_err(serde::de::Error::custom)
}

impl Sheet {
    /// What rules and parts came to, by key.
    pub fn points_by_key(&self) -> BTreeMap<String, Amount> {
        let lines = self.lines.iter().map(|line| (line.key.clone(), line.exact));
        let parts = self.parts.iter().map(|part| (part.key.clone(), part.exact));
        lines.chain(parts).collect()
    }

    /// Whether he is exempt in this period: his points are counted, but he is not graded, not
    /// ranked, picked for nothing and part of no base.
    pub const fn is_exempt(&self) -> bool {
        self.grade_key.is_none() && self.decided_by.is_some()
    }

    /// The result as later periods look at it.
    pub fn closed(&self, after_break: bool) -> Closed {
        Closed {
            period: self.period,
            total: self.total,
            points: self.points_by_key(),
            grade: self.grade_key.clone(),
            requirements: self
                .requirements
                .iter()
                .filter(|line| line.asked)
                .map(|line| (line.key.clone(), line.met))
                .collect(),
            attendance: self.attendance,
            after_break,
        }
    }
}
