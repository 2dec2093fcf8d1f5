//! What follows from results: who is ranked among whom, who is proposed for what, by whom it is
//! decided. The system recommends; people decide.

use super::super::amount::{Amount, RoundingMode};
use super::super::condition::Condition;
use super::{SubjectKind, is_member, members};

words! {
    /// What a review is for (product.md §3).
    ReviewKind {
        Commendation = "commendation" "评优";
        MidtermExit = "midterm_exit" "届中请辞";
        TermRenewal = "term_renewal" "换届去留";
        Reminder = "reminder" "提醒谈话";
        Other = "other" "其他";
    }

    /// Among whom people are ranked or picked.
    Partition {
        Whole = "whole" "全体";
        Group = "group" "活动组";
        Sector = "sector" "界别";
        SpecialCommittee = "special_committee" "专委会";
        Position = "position" "职务";
    }

    /// From which end of the ranking.
    End {
        Top = "top" "从高到低";
        Bottom = "bottom" "从低到高";
    }

    /// What happens to equals of which only some fit.
    Ties {
        All = "all" "并列的一并列入";
        None = "none" "并列的均不列入";
        Decide = "decide" "并列的提请研究决定";
    }
}

/// Among whom members are ranked. Equals share a rank.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Ranking {
    /// Among whom.
    pub per: Partition,
    /// What decides after the total: keys of parts or rules, more points first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// Where the rules say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

/// So many from one end of a ranking. Exactly one of `percent` and `count` says how many.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Pick {
    /// From which end.
    pub from: End,
    /// This percentage of the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Amount>,
    /// This many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Separately in each of these.
    pub per: Partition,
    /// Whom the percentage is taken of; everybody assessed unless told, also those who cannot be
    /// picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Condition>,
    /// How the number of places is rounded; needed with `percent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingMode>,
    /// What happens to equals of which only some fit.
    pub ties: Ties,
    /// What decides after the total: keys of parts or rules, more points first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
}

/// What groups nominate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Nomination {
    /// This percentage of a group's members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Amount>,
    /// This many of each group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How the number of places is rounded.
    pub rounding: RoundingMode,
}

/// One review.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Review {
    /// Its stable name within the rulebook.
    pub key: String,
    /// What it is for.
    pub kind: ReviewKind,
    /// Whom it is about; members unless told.
    #[serde(default = "members", skip_serializing_if = "is_member")]
    pub subject: SubjectKind,
    /// Its name.
    pub title: String,
    /// Where the rules say it.
    pub clause: String,
    /// The rule as people read it.
    pub text: String,
    /// What the text leaves open here, and what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// Who can be a candidate at all; everybody assessed unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Condition>,
    /// Who is no candidate whatever his points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Condition>,
    /// How many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick: Option<Pick>,
    /// A ladder of consequences, the mildest first: the last rung that holds is proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rungs: Vec<Rung>,
    /// What groups nominate, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominations: Option<Nomination>,
    /// The body that decides; a rung may name its own.
    pub decided_by: String,
    /// For how many workdays the list is published, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication_workdays: Option<u32>,
    /// Within how many workdays an objection is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_workdays: Option<u32>,
}

/// One rung of a ladder of consequences.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Rung {
    /// Its stable name within the review.
    pub key: String,
    /// The consequence as people call it, such as 「提醒谈话」.
    pub title: String,
    /// Where the rules say it.
    pub clause: String,
    /// When it applies.
    pub when: Condition,
    /// Who carries it out.
    pub actor: String,
    /// Who decides it; the review's body unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}
