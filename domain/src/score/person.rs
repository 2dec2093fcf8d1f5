//! Who is assessed, as far as rules ask.

use chrono::NaiveDate;

use super::fact::{Attributes, Subject, Value};
use super::part_year::Office;
use super::period::Period;

/// A member or an activity group, as it stands at the end of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub subject: Subject,
    /// What rules can ask of him: `position` in its word, `sector`, `group` and
    /// `special_committee` by name.
    pub traits: Attributes,
    /// His first day in office, where it is known.
    pub joined_on: Option<NaiveDate>,
    /// His last day in office, where he left.
    pub left_on: Option<NaiveDate>,
}

/// The names of what rules can ask of a member.
pub const TRAITS: [&str; 4] = ["position", "sector", "group", "special_committee"];

impl Person {
    /// Somebody who was there all the time.
    pub fn new(subject: Subject, traits: &[(&str, &str)]) -> Self {
        let traits = traits
            .iter()
            .map(|(name, word)| ((*name).to_owned(), Value::Word((*word).to_owned())))
            .collect();
        Self {
            subject,
            traits,
            joined_on: None,
            left_on: None,
        }
    }

    /// Whether he was in office on this day.
    pub fn in_office(&self, day: NaiveDate) -> bool {
        Office::of(self).contains(day)
    }

    /// Whether he was in office on any day of the period.
    pub fn was_there(&self, period: Period) -> bool {
        Office::of(self).touches(period)
    }

    /// Whether he joined or left within the period.
    pub fn was_there_in_part(&self, period: Period) -> bool {
        self.joined_on.is_some_and(|joined| period.first < joined)
            || self.left_on.is_some_and(|left| left < period.last)
    }

    /// One of [`TRAITS`].
    pub fn word(&self, name: &str) -> Option<&str> {
        match self.traits.get(name) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }
}
