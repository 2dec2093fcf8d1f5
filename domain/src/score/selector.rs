//! Which kinds of fact a clause counts, written as a pattern over their spelling.

use std::fmt;
use std::str::FromStr;

use super::fact::FactKind;
use crate::attendance::AttendanceStatus;

/// A set of kinds of fact.
///
/// Written like a kind, where a part may be `*`, alternatives such as `research|inspection`, or
/// in the place of a status the word `attended` for everybody who was there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector {
    text: String,
    kinds: Vec<FactKind>,
}

impl Selector {
    /// The kinds it selects, in the order of their list; never none.
    pub fn kinds(&self) -> &[FactKind] {
        &self.kinds
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A pattern that selects nothing, or a part of which does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSelector {
    /// The pattern.
    pub text: String,
    /// The part of it that names nothing.
    pub part: String,
}

impl fmt::Display for BadSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} in {:?} names no kind of fact: expected a pattern such as \
             attendance.study|research.attended or duty.proposal",
            self.part, self.text
        )
    }
}

impl std::error::Error for BadSelector {}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Self, BadSelector> {
        let patterns: Vec<Vec<&str>> = text
            .split('.')
            .map(|part| part.split('|').collect())
            .collect();
        let kinds: Vec<FactKind> = FactKind::all()
            .filter(|kind| matches(&patterns, *kind))
            .collect();
        let bad = |part: &str| BadSelector {
            text: text.to_owned(),
            part: part.to_owned(),
        };
        if kinds.is_empty() {
            return Err(bad(text));
        }
        // A misspelled alternative beside a good one must not be lost in silence.
        for (index, words) in patterns.iter().enumerate() {
            for word in words {
                if !kinds.iter().any(|kind| part_matches(word, index, *kind)) {
                    return Err(bad(word));
                }
            }
        }
        Ok(Self {
            text: text.to_owned(),
            kinds,
        })
    }
}

fn matches(patterns: &[Vec<&str>], kind: FactKind) -> bool {
    patterns.len() == kind.as_str().split('.').count()
        && patterns
            .iter()
            .enumerate()
            .all(|(index, words)| words.iter().any(|word| part_matches(word, index, kind)))
}

fn part_matches(word: &str, index: usize, kind: FactKind) -> bool {
    let Some(part) = kind.as_str().split('.').nth(index) else {
        return false;
    };
    let attended = index == 2 && part.parse().is_ok_and(AttendanceStatus::attended);
    word == "*" || word == part || (word == "attended" && attended)
}

impl TryFrom<String> for Selector {
    type Error = BadSelector;

    fn try_from(text: String) -> Result<Self, BadSelector> {
        text.parse()
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(text: &str) -> Vec<&'static str> {
        let selector: Selector = text.parse().unwrap();
        selector.kinds().iter().map(|kind| kind.as_str()).collect()
    }

    #[test]
    fn a_pattern_selects_what_it_says() {
        assert_eq!(selected("duty.proposal"), ["duty.proposal"]);
        assert_eq!(selected("duty.*").len(), 8);
        let attended = [
            "attendance.study.present",
            "attendance.study.late",
            "attendance.study.left_early",
        ];
        assert_eq!(selected("attendance.study.attended"), attended);
        assert_eq!(
            selected("attendance.research|inspection.attended|absent").len(),
            8
        );
        assert_eq!(selected("*.*.*").len(), 63);
    }

    #[test]
    fn a_part_that_names_nothing_is_an_error_that_names_it() {
        for (text, part) in [
            ("", ""),
            ("duty.proposals", "duty.proposals"),
            ("duty.proposal|speach", "speach"),
            ("duty.attended", "duty.attended"),
            ("attendance.study", "attendance.study"),
            ("attendance.study|.present", ""),
        ] {
            let error = BadSelector {
                text: text.to_owned(),
                part: part.to_owned(),
            };
            assert_eq!(text.parse::<Selector>(), Err(error), "{text}");
        }
    }
}
