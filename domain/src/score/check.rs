//! What must hold of a rulebook before anybody is assessed by it.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::fact::FactKind;
use super::rulebook::{Item, PeriodKind, Rulebook, Scope};
use super::selector::Selector;
use crate::points::Points;

/// Far above any published rule; what exceeds it is a slip of the keyboard, and sums stay exact.
const MOST_POINTS: Points = Points::whole(100_000);
const MOST_ITEMS: usize = 200;
const HIGHEST_TARGET: u32 = 1_000;

/// One thing that is wrong with a rulebook.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct RulebookError {
    /// Where, such as `items[2].cap`.
    pub path: String,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for RulebookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.path, self.expected)
    }
}

impl std::error::Error for RulebookError {}

impl Rulebook {
    /// Whether this can be used: everything that is wrong with it, in the order of the text.
    pub fn check(&self) -> Result<(), Vec<RulebookError>> {
        let mut findings = Findings(Vec::new());
        findings.expect(is_key(&self.key), "key", "lower-case letters, digits and _");
        findings.expect(!self.title.trim().is_empty(), "title", "a title");
        findings.expect(1 <= self.version, "version", "a version from 1 on");
        findings.expect(self.period != PeriodKind::Term, "period", "year or quarter");
        let count = self.items.len();
        findings.expect((1..=MOST_ITEMS).contains(&count), "items", "1 to 200 items");

        let mut keys = HashSet::new();
        let mut counted_by = HashMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let path = format!("items[{index}]");
            let new_key = is_key(&item.key) && keys.insert(&item.key);
            findings.expect(
                new_key,
                &format!("{path}.key"),
                "a key that no other item has",
            );
            check_item(item, self.period, &path, &mut findings);
            check_overlap(item, index, &path, &mut counted_by, &mut findings);
        }
        self.check_bands(&mut findings);
        if findings.0.is_empty() {
            Ok(())
        } else {
            Err(findings.0)
        }
    }

    fn check_bands(&self, findings: &mut Findings) {
        let mut keys = HashSet::new();
        for (index, band) in self.bands.iter().enumerate() {
            let path = |field: &str| format!("bands[{index}].{field}");
            let new_key = is_key(&band.key) && keys.insert(&band.key);
            findings.expect(new_key, &path("key"), "a key that no other band has");
            findings.expect(!band.title.trim().is_empty(), &path("title"), "a title");
            let below = index == 0 || band.at_least < self.bands[index - 1].at_least;
            findings.expect(
                below,
                &path("at_least"),
                "fewer points than the band before",
            );
        }
        if let Some((index, last)) = self.bands.iter().enumerate().next_back() {
            let open = last.at_least <= Points::ZERO && !last.needs_gates;
            let path = format!("bands[{index}].at_least");
            findings.expect(open, &path, "a last band from 0 points that needs no gates");
        }
        if let Some(index) = self.bands.iter().position(|band| band.needs_gates) {
            let some_item_gates = self.items.iter().any(|item| item.gates_grade);
            let path = format!("bands[{index}].needs_gates");
            findings.expect(some_item_gates, &path, "an item with gates_grade");
        }
    }
}

fn check_item(item: &Item, period: PeriodKind, path: &str, findings: &mut Findings) {
    let at = |field: &str| format!("{path}.{field}");
    for (field, text) in [
        ("clause", &item.clause),
        ("title", &item.title),
        ("text", &item.text),
        ("unit", &item.unit),
        ("proof", &item.proof),
    ] {
        findings.expect(!text.trim().is_empty(), &at(field), "a text");
    }
    // Facts name one member. Scores of groups and events come with the full rulebook engine.
    findings.expect(item.scope == Scope::Member, &at("scope"), "member");
    let due =
        item.period == period || (item.period, period) == (PeriodKind::Quarter, PeriodKind::Year);
    findings.expect(
        due,
        &at("period"),
        "the rulebook's own period, or quarter within a year",
    );
    let target = (1..=HIGHEST_TARGET).contains(&item.target);
    findings.expect(target, &at("target"), "1 to 1000");
    let each = Points::ZERO < item.points_each && item.points_each <= MOST_POINTS;
    findings.expect(
        each,
        &at("points_each"),
        "more than 0 and at most 100000 points",
    );
    let cap = item.points_each <= item.cap && item.cap <= MOST_POINTS;
    findings.expect(
        cap,
        &at("cap"),
        "at least points_each and at most 100000 points",
    );
    findings.expect(
        !item.counts.is_empty(),
        &at("counts"),
        "at least one alternative",
    );
    for (index, alternative) in item.counts.iter().enumerate() {
        let at = |field: &str| format!("{path}.counts[{index}].{field}");
        findings.expect(!alternative.title.trim().is_empty(), &at("title"), "a text");
        findings.expect(
            !alternative.facts.is_empty(),
            &at("facts"),
            "at least one pattern",
        );
    }
}

/// One thing claimed twice needs a policy of the committee; until a rulebook can state it, no two
/// items may count the same kind.
fn check_overlap(
    item: &Item,
    index: usize,
    path: &str,
    counted_by: &mut HashMap<FactKind, usize>,
    findings: &mut Findings,
) {
    let selectors = item
        .counts
        .iter()
        .flat_map(|alternative| &alternative.facts);
    for kind in selectors.flat_map(Selector::kinds) {
        let first = *counted_by.entry(*kind).or_insert(index);
        let expected = format!("kinds that no other item counts; items[{first}] counts {kind}");
        findings.expect(first == index, &format!("{path}.counts"), &expected);
    }
}

fn is_key(text: &str) -> bool {
    let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(letters)
}

struct Findings(Vec<RulebookError>);

impl Findings {
    fn expect(&mut self, holds: bool, path: &str, expected: &str) {
        if !holds {
            self.0.push(RulebookError {
                path: path.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }
}
