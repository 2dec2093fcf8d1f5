//! What becomes of a thing after it was recorded: stages and levels are added, never rewritten.

use std::collections::BTreeMap;

use crate::score::{Attributes, Holds, Kind, Value};

/// What is added to the attributes of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Growth {
    /// Words, by the attribute that holds several.
    pub words: BTreeMap<String, Vec<String>>,
    /// Attributes that become yes.
    pub flags: Vec<String>,
}

impl Growth {
    /// One word of one attribute.
    pub fn word(attribute: &str, word: &str) -> Self {
        Self {
            words: BTreeMap::from([(attribute.to_owned(), vec![word.to_owned()])]),
            flags: Vec::new(),
        }
    }

    /// Whether nothing is added.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty() && self.words.values().all(Vec::is_empty)
    }

    /// What of `found` these attributes do not have yet. Only what a kind gathers over time can be
    /// added: attributes of several words, and flags that turn to yes.
    pub fn missing(kind: &Kind, attributes: &Attributes, found: &Attributes) -> Self {
        let mut growth = Self::default();
        for attribute in &kind.attributes {
            let (now, then) = (attributes.get(&attribute.key), found.get(&attribute.key));
            match (attribute.holds, then) {
                (Holds::Words, Some(then)) => {
                    let new = then.words().iter().filter(|word| !has(now, word));
                    let new: Vec<String> = new.cloned().collect();
                    if !new.is_empty() {
                        growth.words.insert(attribute.key.clone(), new);
                    }
                }
                (Holds::Flag, Some(Value::Flag(true))) if now != Some(&Value::Flag(true)) => {
                    growth.flags.push(attribute.key.clone());
                }
                _ => {}
            }
        }
        growth
    }

    /// The attributes with what is added, words in the order of the vocabulary, so that the same
    /// stages are the same text whatever came first.
    #[must_use]
    pub fn applied(&self, kind: &Kind, attributes: &Attributes) -> Attributes {
        let mut grown = attributes.clone();
        for (name, added) in &self.words {
            let before = grown.get(name);
            let mut words: Vec<String> = before.map_or(Vec::new(), |value| value.words().to_vec());
            words.extend(added.iter().filter(|word| !has(before, word)).cloned());
            if let Some(attribute) = kind.attribute(name) {
                let known = &attribute.words;
                words.sort_by_key(|word| known.iter().position(|one| one.key == *word));
            }
            words.dedup();
            grown.insert(name.clone(), Value::Words(words));
        }
        for flag in &self.flags {
            grown.insert(flag.clone(), Value::Flag(true));
        }
        grown
    }
}

/// The attributes without a word; an attribute that has no word left is gone.
#[must_use]
pub fn without(attributes: &Attributes, attribute: &str, word: &str) -> Attributes {
    let mut rest = attributes.clone();
    if let Some(value) = attributes.get(attribute) {
        let words: Vec<String> = value
            .words()
            .iter()
            .filter(|one| *one != word)
            .cloned()
            .collect();
        if words.is_empty() {
            rest.remove(attribute);
        } else {
            rest.insert(attribute.to_owned(), Value::Words(words));
        }
    }
    rest
}

fn has(value: Option<&Value>, word: &str) -> bool {
    value.is_some_and(|value| value.words().iter().any(|one| one == word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Vocabulary;

    fn attributes(json: &str) -> Attributes {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn stages_are_added_in_the_order_of_the_vocabulary() {
        let vocabulary = Vocabulary::usual();
        let proposal = vocabulary.kind("proposal").unwrap();
        let before = attributes(r#"{ "stage": ["key", "submitted"], "role": "first" }"#);

        let after = Growth::word("stage", "filed").applied(proposal, &before);

        let expected = attributes(r#"{ "stage": ["submitted", "filed", "key"], "role": "first" }"#);
        assert_eq!(after, expected);
        assert_eq!(
            Growth::word("stage", "filed").applied(proposal, &after),
            after
        );
        let without_it = without(&after, "stage", "filed");
        assert_eq!(
            without_it,
            attributes(r#"{ "stage": ["submitted", "key"], "role": "first" }"#)
        );
    }

    #[test]
    fn only_what_is_new_is_missing_and_only_what_grows_is_new() {
        let vocabulary = Vocabulary::usual();
        let report = vocabulary.kind("opinion_report").unwrap();
        let before = attributes(r#"{ "level": "district", "form": "individual" }"#);
        let found =
            attributes(r#"{ "level": ["district", "city"], "adopted": true, "form": "joint" }"#);

        let missing = Growth::missing(report, &before, &found);

        assert_eq!(missing.words["level"], ["city"]);
        assert_eq!(missing.flags, ["adopted"]);
        let after = missing.applied(report, &before);
        assert!(Growth::missing(report, &after, &found).is_empty());
        let expected = attributes(
            r#"{ "level": ["district", "city"], "adopted": true, "form": "individual" }"#,
        );
        assert_eq!(after, expected);
    }
}
