//! What scoring counts: immutable facts, each of one kind, with what the kind tells of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::amount::Amount;
use crate::ids::{FactId, GroupId, MemberId};

/// One thing that is so and is never changed: a correction is a reversal and a new fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// Whose fact it is.
    #[serde(flatten)]
    pub subject: Subject,
    /// What kind of thing it is, see [`Vocabulary`](super::Vocabulary); of a reversal, the kind
    /// of what it reverses.
    pub kind: String,
    /// The day it happened, in Shanghai.
    pub on: NaiveDate,
    /// What a person calls it.
    pub title: String,
    /// The one thing behind several facts, such as a proposal's number: what is counted once
    /// although two members, or two lists, report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What the kind tells of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, Value>))]
    pub attributes: Attributes,
    /// Which organ recorded it, in the word of the rulebook's `recorders`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorder: Option<String>,
    /// Whether somebody verified it. Only then it counts.
    #[serde(default = "verified")]
    pub verified: bool,
    /// The fact whose effect this one takes away. A reversal earns nothing itself; reversed in
    /// its turn, it takes nothing away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<FactId>,
}

const fn verified() -> bool {
    true
}

/// Whom a fact is about, and whom a sheet assesses.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub enum Subject {
    /// A member.
    Member(MemberId),
    /// An activity group.
    Group(GroupId),
}

/// What a kind tells of a fact, by the name of the attribute.
pub type Attributes = BTreeMap<String, Value>;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// One word, or the text of a decimal.
    Word(String),
    /// Several words, such as the stages that a proposal reached.
    Words(Vec<String>),
}

impl Value {
    /// The words of it; none of a number or a flag.
    pub fn words(&self) -> &[String] {
        match self {
            Self::Word(word) => std::slice::from_ref(word),
            Self::Words(words) => words,
            Self::Flag(_) | Self::Integer(_) => &[],
        }
    }

    /// The number it is, where it is one.
    pub fn number(&self) -> Option<Amount> {
        match self {
            Self::Integer(number) => number.to_string().parse().ok(),
            Self::Word(text) => text.parse().ok(),
            Self::Flag(_) | Self::Words(_) => None,
        }
    }
}
