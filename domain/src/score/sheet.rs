//! A member's result with everything that explains it.

use chrono::NaiveDate;

use super::fact::FactKind;
use super::period::Period;
use crate::ids::{FactId, MemberId};
use crate::points::Points;

words! {
    /// Why a fact earned nothing.
    UnusedReason {
        NotCounted = "not_counted" "细则中没有对应条款";
        NotAttended = "not_attended" "未出席，不计分";
        OverCap = "over_cap" "本条已达上限";
        Reversed = "reversed" "已冲销";
        Reversal = "reversal" "冲销记录，本身不计分";
    }
}

/// What one member has in one period under one rulebook.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Sheet {
    /// Whose sheet.
    pub member: MemberId,
    /// What it covers.
    pub period: Period,
    /// The key of the rulebook.
    pub rulebook: String,
    /// The version of the rulebook.
    pub rulebook_version: u32,
    /// What must be shown beside the result.
    pub notice: Option<String>,
    /// One line for each item of the rulebook, in its order.
    pub lines: Vec<Line>,
    /// The sum of the lines, rounded as the rulebook says.
    pub total: Points,
    /// The title of the grade, where the rulebook gives grades.
    pub grade: Option<String>,
    /// The key of the grade.
    pub grade_key: Option<String>,
    /// Why a higher grade that the points would reach is not given.
    pub grade_note: Option<String>,
    /// To what the member was invited, and what became of it.
    pub attendance: Invitations,
    /// How much of what he could attend he attended; none where there was nothing to attend.
    pub attendance_share: Option<Share>,
    /// How many of the points, before rounding, come from attending.
    pub points_from_attendance: Points,
    /// The facts of the period that earned nothing, each with its reason.
    pub unused: Vec<Unused>,
}

/// What one item earned.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Line {
    /// The key of the item.
    pub key: String,
    /// Where the rules say it.
    pub clause: String,
    /// The short name of the item.
    pub title: String,
    /// The facts that are counted, by date.
    pub facts: Vec<LineFact>,
    /// The calculation as a person would write it.
    pub arithmetic: String,
    /// What was earned.
    pub points: Points,
    /// How much of the target is reached, never more than it.
    pub done: u32,
    /// How much the whole period asks for.
    pub target: u32,
    /// What is still missing, in words; none where the item is fulfilled.
    pub missing: Option<String>,
    /// Whether a grade can depend on the item.
    pub gates_grade: bool,
}

/// A fact as a sheet names it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct LineFact {
    /// Its id.
    pub id: FactId,
    /// What a person calls it.
    pub title: String,
    /// The day it happened.
    pub on: NaiveDate,
}

/// A fact that earned nothing. One over the cap is counted in its line as well.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Unused {
    /// The fact.
    pub fact: LineFact,
    /// What kind of thing it is.
    pub kind: FactKind,
    /// Why it earned nothing.
    pub reason: UnusedReason,
}

/// What became of a member's invitations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Share {
    /// How many he attended.
    pub attended: u32,
    /// How many he could have attended; never 0.
    pub of: u32,
}
