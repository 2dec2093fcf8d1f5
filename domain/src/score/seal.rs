//! What makes two rulebooks the same one: a canonical form of what they say, and its hash.
//!
//! Versions that were adopted are told apart by this hash, so nothing here may ever change: a
//! new form needs a new name in [`DOMAIN`]. Spaces, comments and the order in which a file was
//! written leave it as it is, and a field that is left out is the same as its default.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::rulebook::Rulebook;
use crate::ledger::Hash;

/// Keeps these hashes apart from every other, and names the form below.
const DOMAIN: &str = "xingdong/rulebook/v1";

impl Rulebook {
    /// What it says, in one form: JSON without spaces, with the keys of every object in the order
    /// of their bytes.
    pub fn canonical(&self) -> String {
        let value = serde_json::to_value(self).expect("a rulebook has nothing that JSON has not");
        let mut text = String::new();
        write(&value, &mut text);
        text
    }

    /// The SHA-256 of its canonical form, by which a version is known.
    pub fn hash(&self) -> Hash {
        let mut hash = Sha256::new();
        hash.update(DOMAIN.as_bytes());
        // No name contains a zero byte, so no other name and form run together to the same bytes.
        hash.update([0]);
        hash.update(self.canonical().as_bytes());
        Hash(hash.finalize().into())
    }
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            // Another crate's features may make maps keep the order in which they were filled.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, value)) in fields.into_iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                write!(text, "{comma}{}:", Value::from(key.as_str()))
                    .expect("writing to a string does not fail");
                self::write(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if 0 < index {
                    text.push(',');
                }
                write(value, text);
            }
            text.push(']');
        }
        plain => write!(text, "{plain}").expect("writing to a string does not fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        key = "small"
        title = "小 细则 \"一\""
        version = 2
        period = { unit = "year" }
        same_thing = "best"
        total = { cap = 100, rounding = { to = 0.5, mode = "half_up" } }
    "#;

    fn read(text: &str) -> Rulebook {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_canonical_form_and_its_hash_never_change() {
        let book = read(SMALL);
        assert_eq!(
            book.canonical(),
            r#"{"key":"small","part_year":{"reach":"full","requirements":"whole_quarters","rounding":"half_up"},"period":{"unit":"year"},"same_thing":"best","title":"小 细则 \"一\"","total":{"cap":"100","rounding":{"mode":"half_up","to":"0.5"}},"version":2,"visibility":{"ranking":["convener","staff"],"sheets":["own"]}}"#
        );
        assert_eq!(
            book.hash().to_string(),
            "1c7d272d0c7966f12d8ecc369ccafe369350765dc6e15de43b9b9c6817e794c4"
        );
    }

    #[test]
    fn how_a_file_is_written_does_not_matter() {
        let other = r#"
            # the same, told in another order
            version = 2
            title = "小 细则 \"一\""
            key = "small"
            same_thing = 'best'
            [period]
            unit = "year"
            starts = "01-01"
            [total]
            start = 0
            cap = 100.00
            [total.rounding]
            mode = "half_up"
            to = "1/2"
        "#;
        assert_eq!(read(other).hash(), read(SMALL).hash());
    }

    #[test]
    fn what_a_rulebook_says_does_matter() {
        let hashes = [
            SMALL.to_owned(),
            SMALL.replace("小", "大"),
            SMALL.replace("100", "99"),
            SMALL.replace("\"best\"", "\"first\""),
            SMALL.replace("version = 2", "version = 3"),
        ]
        .map(|text| read(&text).hash());
        for (index, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(hash), "{index}");
        }
    }

    #[test]
    fn the_canonical_form_reads_back_as_the_same_rulebook() {
        let book = read(include_str!("tests/small.toml"));
        let again: Rulebook = serde_json::from_str(&book.canonical()).unwrap();
        assert_eq!(again, book);
        assert_eq!(again.hash(), book.hash());
    }
}
