//! What scoring counts: immutable facts, each of one kind, with what the kind tells of them.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use super::amount::{Amount, NotAnAmount};
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
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

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> serde::de::Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a number, a word or a list of words")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number)
            .map(Value::Integer)
            .map_err(|_| E::custom(NotAnAmount))
    }

    // A decimal is kept as the text of it: nothing is computed in floating point.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        let text = number.to_string();
        match text.parse::<Amount>() {
            Ok(_) => Ok(Value::Word(text)),
            Err(error) => Err(E::custom(error)),
        }
    }

    fn visit_str<E>(self, word: &str) -> Result<Value, E> {
        Ok(Value::Word(word.to_owned()))
    }

    fn visit_string<E>(self, word: String) -> Result<Value, E> {
        Ok(Value::Word(word))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Value::Words(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_it_is_written_and_a_decimal_as_its_text() {
        let read = |json: &str| serde_json::from_str::<Value>(json).ok();
        let word = |text: &str| Some(Value::Word(text.to_owned()));
        assert_eq!(read("true"), Some(Value::Flag(true)));
        assert_eq!(read("-3"), Some(Value::Integer(-3)));
        assert_eq!(read("10.5"), word("10.5"));
        assert_eq!(read("0.1"), word("0.1"));
        assert_eq!(read("\"0.5\""), word("0.5"));
        assert_eq!(
            read("[\"a\", \"b\"]"),
            Some(Value::Words(vec!["a".to_owned(), "b".to_owned()]))
        );
        for json in [
            "0.12345",
            "1e9",
            "null",
            "{}",
            "[1]",
            "18446744073709551615",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
        let half = read("10.5").and_then(|value| value.number());
        assert_eq!(half, Some(Amount::fraction(21, 2)));
    }
}
