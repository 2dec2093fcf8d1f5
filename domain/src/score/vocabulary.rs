//! The words that facts are told in: kinds, their attributes, and the words of an attribute.
//!
//! The usual kinds are here; a rulebook adds its committee's own. A fact, or a rulebook, that
//! says something else is reported.

mod numbers;
mod usual;

use std::collections::BTreeMap;

use super::fact::{Attributes, Value};

/// What every list of facts has a column for, in Chinese and in English: no attribute is called
/// so, because nobody could fill it in.
pub const HEADINGS: [(&str, &str); 10] = [
    ("委员", "member"),
    ("活动组事项", "group"),
    ("类别", "kind"),
    ("日期", "on"),
    ("名称", "title"),
    ("编号", "id"),
    ("文号", "reference"),
    ("冲销", "reverses"),
    ("核实", "verified"),
    ("记录单位", "recorder"),
];

/// A kind of fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Kind {
    /// Its stable name, such as `proposal`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it tells of a fact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// What a kind tells of a fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Attribute {
    /// Its stable name, such as `stage`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it holds; one of the words unless told.
    #[serde(default = "word", rename = "type", skip_serializing_if = "is_word")]
    pub holds: Holds,
    /// The words it can have, of an attribute that holds words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// A word with its name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Word {
    /// The word.
    pub key: String,
    /// What people call it.
    pub title: String,
}

words! {
    /// What an attribute holds.
    Holds {
        Word = "word" "词";
        Words = "words" "多个词";
        Number = "number" "数";
        Flag = "flag" "是否";
        Text = "text" "文字";
    }
}

const fn word() -> Holds {
    Holds::Word
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_word(holds: &Holds) -> bool {
    *holds == Holds::Word
}

/// Every kind that is known: the usual ones and those of a rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    kinds: BTreeMap<String, Kind>,
}

/// What of a fact nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The attribute that is wrong; none where the kind is.
    pub attribute: Option<String>,
    /// What is wrong and what was expected, as a person reads it.
    pub expected: String,
}

impl Vocabulary {
    /// The usual kinds.
    pub fn usual() -> Self {
        let kinds = usual::kinds();
        Self {
            kinds: kinds
                .into_iter()
                .map(|kind| (kind.key.clone(), kind))
                .collect(),
        }
    }

    /// The usual kinds and these. A kind of the same name gets these attributes and words added.
    #[must_use]
    pub fn with(mut self, kinds: &[Kind]) -> Self {
        for kind in kinds {
            match self.kinds.get_mut(&kind.key) {
                Some(known) => known.add(kind),
                None => {
                    self.kinds.insert(kind.key.clone(), kind.clone());
                }
            }
        }
        self
    }

    /// The kind of this name.
    pub fn kind(&self, key: &str) -> Option<&Kind> {
        self.kinds.get(key)
    }

    /// Every kind, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    /// The first thing that is not known of a fact of this kind with these attributes.
    pub fn mistake(&self, kind: &str, attributes: &Attributes) -> Option<Mistake> {
        let Some(kind) = self.kind(kind) else {
            return Some(Mistake {
                attribute: None,
                expected: format!("细则中没有「{kind}」这一类别"),
            });
        };
        let unknown = attributes.iter().find_map(|(name, value)| {
            let expected = match kind.attribute(name) {
                Some(attribute) => attribute.mistake(value)?,
                None => format!("「{}」没有「{name}」这一项", kind.title),
            };
            Some(Mistake {
                attribute: Some(name.clone()),
                expected,
            })
        });
        unknown.or_else(|| kind.impossible(attributes))
    }

    /// What people call a word; the word itself where nobody knows it.
    pub fn title<'a>(&'a self, kind: &str, attribute: &str, word: &'a str) -> &'a str {
        self.kind(kind)
            .and_then(|kind| kind.attribute(attribute))
            .and_then(|attribute| attribute.words.iter().find(|known| known.key == word))
            .map_or(word, |known| &known.title)
    }
}

impl Kind {
    /// The attribute of this name.
    pub fn attribute(&self, key: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key == key)
    }

    fn add(&mut self, other: &Self) {
        for attribute in &other.attributes {
            let known = self
                .attributes
                .iter_mut()
                .find(|known| known.key == attribute.key);
            match known {
                Some(known) => {
                    for word in &attribute.words {
                        if known.words.iter().all(|old| old.key != word.key) {
                            known.words.push(word.clone());
                        }
                    }
                }
                None => self.attributes.push(attribute.clone()),
            }
        }
    }
}

impl Attribute {
    /// What is wrong with a value of it.
    fn mistake(&self, value: &Value) -> Option<String> {
        let title = &self.title;
        match (self.holds, value) {
            (Holds::Word, Value::Words(_)) => Some(format!("「{title}」只能填一个词")),
            (Holds::Word | Holds::Words, Value::Word(_) | Value::Words(_)) => value
                .words()
                .iter()
                .find(|word| self.words.iter().all(|known| known.key != **word))
                .map(|word| format!("「{title}」没有「{word}」这个词")),
            (Holds::Number, value) if value.number().is_some() => None,
            (Holds::Flag, Value::Flag(_)) | (Holds::Text, Value::Word(_)) => None,
            (Holds::Number, _) => Some(format!("「{title}」应是数字")),
            (Holds::Flag, _) => Some(format!("「{title}」应是“是”或“否”")),
            (Holds::Text, _) => Some(format!("「{title}」应是文字")),
            (Holds::Word | Holds::Words, _) => Some(format!("「{title}」应是规定的用词")),
        }
    }
}
