//! Which facts a clause means, and whom: small tests over words, numbers and flags. A pattern
//! always ends and never fails; a word that nobody knows is found when a rulebook is checked.

use std::collections::BTreeMap;
use std::fmt;

use super::amount::Amount;

words! {
    /// Whose facts a group's rule counts.
    Of {
        Own = "own" "活动组自身";
        Members = "members" "本组委员";
        Either = "either" "活动组及本组委员";
    }
}

/// Facts of one kind that pass every test.
///
/// Written as a table: `{ kind = "proposal", stage = ["filed", "key"] }`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Pattern {
    /// The kind.
    pub kind: String,
    /// Whose facts, in a rule for groups; the group's own unless told. A thing that several
    /// members report under one reference is one thing of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// What must hold of the fact's attributes, and of `position`, `sector`, `group` and
    /// `special_committee` of whoever is assessed.
    #[serde(flatten)]
    #[cfg_attr(feature = "utoipa", schema(value_type = std::collections::BTreeMap<String, Test>))]
    pub tests: Tests,
}

/// What must all hold, by the name of an attribute.
pub type Tests = BTreeMap<String, Test>;

/// What must hold of one attribute. A fact that lacks the attribute passes only [`Test::Not`]
/// and `false`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub enum Test {
    /// Has one of these words. Written `"filed"` or `["filed", "key"]`.
    OneOf(Vec<String>),
    /// Has none of these words. Written `{ not = ["filed"] }`.
    Not {
        /// The words.
        not: Vec<String>,
    },
    /// Is yes, or is no. Written `true` or `false`.
    Is(bool),
    /// Lies within these bounds. Written `{ at_least = 2 }`.
    Within(Bounds),
}

/// Bounds of a number; each states whether the bound itself is inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Bounds {
    /// This or more: 「以上（含）」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// More than this: 「超过」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Amount>,
    /// This or less: 「以下（含）」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Less than this: 「不足」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Amount>,
}

impl Bounds {
    /// Whether the number lies within.
    pub fn hold(&self, number: Amount) -> bool {
        self.at_least.is_none_or(|bound| bound <= number)
            && self.above.is_none_or(|bound| bound < number)
            && self.at_most.is_none_or(|bound| number <= bound)
            && self.below.is_none_or(|bound| number < bound)
    }

    /// Whether none is given.
    pub const fn is_empty(&self) -> bool {
        self.at_least.is_none()
            && self.above.is_none()
            && self.at_most.is_none()
            && self.below.is_none()
    }
}

/// As it stands in a sentence: 「不少于 3」.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            ("不少于", self.at_least),
            ("超过", self.above),
            ("不超过", self.at_most),
            ("不足", self.below),
        ]
        .into_iter()
        .filter_map(|(word, bound)| Some(format!("{word} {}", bound?)))
        .collect();
        f.write_str(&parts.join("且"))
    }
}

impl<'de> serde::Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PatternReader)
    }
}

struct PatternReader;

impl<'de> serde::de::Visitor<'de> for PatternReader {
    type Value = Pattern;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("facts such as { kind = \"proposal\", stage = [\"filed\"] }")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pattern, A::Error> {
        let (mut kind, mut of, mut tests) = (None, None, Tests::new());
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "kind" => kind = Some(map.next_value()?),
                "of" => of = Some(map.next_value()?),
                _ => {
                    tests.insert(name, map.next_value()?);
                }
            }
        }
        let kind = kind.ok_or_else(|| serde::de::Error::missing_field("kind"))?;
        Ok(Pattern { kind, of, tests })
    }
}

impl<'de> serde::Deserialize<'de> for Test {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TestReader)
    }
}

struct TestReader;

impl<'de> serde::de::Visitor<'de> for TestReader {
    type Value = Test;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a word, a list of words, true, false, { not = [..] } or bounds such as { at_least = 2 }",
        )
    }

    fn visit_bool<E>(self, expected: bool) -> Result<Test, E> {
        Ok(Test::Is(expected))
    }

    fn visit_str<E>(self, word: &str) -> Result<Test, E> {
        Ok(Test::OneOf(vec![word.to_owned()]))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Test, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Test::OneOf(words))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Test, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            not: Option<Words>,
            at_least: Option<Amount>,
            above: Option<Amount>,
            at_most: Option<Amount>,
            below: Option<Amount>,
        }
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Words {
            One(String),
            Several(Vec<String>),
        }
        let deserializer = serde::de::value::MapAccessDeserializer::new(map);
        let table = <Table as serde::Deserialize>::deserialize(deserializer)?;
        let bounds = Bounds {
            at_least: table.at_least,
            above: table.above,
            at_most: table.at_most,
            below: table.below,
        };
        match (table.not, bounds.is_empty()) {
            (Some(Words::One(word)), true) => Ok(Test::Not { not: vec![word] }),
            (Some(Words::Several(not)), true) => Ok(Test::Not { not }),
            (None, false) => Ok(Test::Within(bounds)),
            _ => Err(serde::de::Error::custom(
                "expected either `not` or bounds such as at_least",
            )),
        }
    }
}
