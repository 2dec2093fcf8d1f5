//! Whether two sets of tests can both hold of one fact: a row that asks for what its clause does
//! not count is never used.

use super::super::pattern::{Bounds, Pattern, Test, Tests};
use super::super::person::TRAITS;
use super::super::vocabulary::{Holds, Kind};
use super::pattern::has_a_number;

/// The name of the first thing asked of which `tests` and the pattern, of this kind, cannot both
/// be met; none where they can.
pub(super) fn apart<'t>(kind: &Kind, pattern: &Pattern, tests: &'t Tests) -> Option<&'t str> {
    let mut names = tests.iter().filter_map(|(name, test)| {
        let holds = if TRAITS.contains(&name.as_str()) {
            Some(Holds::Word)
        } else {
            kind.attribute(name).map(|attribute| attribute.holds)
        };
        let together = match (holds, pattern.tests.get(name)) {
            // What a kind does not tell of is absent.
            (None, _) => matches!(test, Test::Not { .. } | Test::Is(false)),
            (Some(_), None) => true,
            (Some(holds), Some(counted)) => both(holds, counted, test),
        };
        (!together).then_some(name.as_str())
    });
    names.next()
}

fn both(holds: Holds, one: &Test, other: &Test) -> bool {
    match (one, other) {
        // Of several words each test may find its own.
        (Test::OneOf(one), Test::OneOf(other)) => {
            holds == Holds::Words || one.iter().any(|word| other.contains(word))
        }
        (Test::OneOf(words), Test::Not { not }) | (Test::Not { not }, Test::OneOf(words)) => {
            words.iter().any(|word| !not.contains(word))
        }
        (Test::Is(one), Test::Is(other)) => one == other,
        (Test::Within(one), Test::Within(other)) => has_a_number(Bounds {
            at_least: one.at_least.max(other.at_least),
            above: one.above.max(other.above),
            at_most: lower(one.at_most, other.at_most),
            below: lower(one.below, other.below),
        }),
        // Of another type than the other: told where it stands.
        _ => true,
    }
}

fn lower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}
