//! Whether a test holds.

use super::fact::{Attributes, Subject, Value};
use super::live::Live;
use super::pattern::{Of, Pattern, Test, Tests};
use super::person::{Person, TRAITS};

/// Whether one test holds of a value, or of its absence.
pub(super) fn passes(test: &Test, value: Option<&Value>) -> bool {
    match test {
        Test::OneOf(words) => has_any(value, words),
        Test::Not { not } => !has_any(value, not),
        Test::Is(expected) => (value == Some(&Value::Flag(true))) == *expected,
        Test::Within(bounds) => value
            .and_then(Value::number)
            .is_some_and(|number| bounds.hold(number)),
    }
}

fn has_any(value: Option<&Value>, words: &[String]) -> bool {
    value.is_some_and(|value| value.words().iter().any(|word| words.contains(word)))
}

/// Whether all tests hold of a fact's attributes and a person's traits.
pub(super) fn passes_all(tests: &Tests, attributes: &Attributes, traits: &Attributes) -> bool {
    tests.iter().all(|(name, test)| {
        let of = if TRAITS.contains(&name.as_str()) {
            traits
        } else {
            attributes
        };
        passes(test, of.get(name))
    })
}

/// Whether a pattern means this fact of this person.
pub(super) fn means(pattern: &Pattern, live: &Live<'_>, person: &Person) -> bool {
    if pattern.kind != live.fact.kind {
        return false;
    }
    let whose = match (person.subject, live.fact.subject) {
        (Subject::Member(_), _) => true,
        (Subject::Group(_), Subject::Group(_)) => pattern.of != Some(Of::Members),
        (Subject::Group(_), Subject::Member(_)) => {
            matches!(pattern.of, Some(Of::Members | Of::Either))
        }
    };
    whose && passes_all(&pattern.tests, &live.attributes, &person.traits)
}

/// Whether any of the patterns means it.
pub(super) fn means_any(patterns: &[Pattern], live: &Live<'_>, person: &Person) -> bool {
    patterns.iter().any(|pattern| means(pattern, live, person))
}
