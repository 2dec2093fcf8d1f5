//! The facts that stand: not reversed, verified, recorded by whom the rules name, in words that
//! the rulebook knows.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::fact::{Attributes, Fact};
use super::matching::means;
use super::part_year::Office;
use super::period::Period;
use super::person::Person;
use super::scheme::Scheme;
use super::sheet::UnusedReason;
use crate::ids::FactId;

/// A fact that stands, as the rules look at it.
#[derive(Clone, Debug)]
pub(super) struct Live<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// Its attributes, as other ones where a rule deems it so.
    pub attributes: Cow<'a, Attributes>,
    /// Which rule of `deemed` that was.
    pub deemed: Option<usize>,
}

/// What one fact is a report of: facts that share it are one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Thing<'a> {
    /// Its reference.
    Reference(&'a str),
    /// Nothing but itself.
    Fact(FactId),
}

impl<'a> Live<'a> {
    pub fn thing(&self) -> Thing<'a> {
        match &self.fact.reference {
            Some(reference) => Thing::Reference(reference),
            None => Thing::Fact(self.fact.id),
        }
    }

    /// Whether it exempts this person from being assessed in its period.
    pub fn exempts(&self, person: &Person) -> bool {
        self.fact.kind == "exemption" && self.fact.subject == person.subject
    }

    /// Whether the attribute holds the word.
    pub fn has(&self, attribute: &str, word: &str) -> bool {
        let value = self.attributes.get(attribute);
        value.is_some_and(|value| value.words().iter().any(|one| one == word))
    }
}

/// A fact that does not stand, with the reason and its words.
pub(super) type Fallen<'a> = (&'a Fact, UnusedReason, String);

/// The facts of somebody, by date: those that stand and those that do not.
///
/// A member's are his own; a group's are its own and its members'. Those of the period on whose day
/// he was not in office do not stand; of earlier periods it is not known when he was.
pub(super) fn live<'a>(
    scheme: &Scheme,
    person: &Person,
    period: Period,
    facts: &'a [Fact],
) -> (Vec<Live<'a>>, Vec<Fallen<'a>>) {
    let is_group = matches!(person.subject, super::Subject::Group(_));
    let mut own: Vec<&Fact> = facts
        .iter()
        .filter(|fact| is_group || fact.subject == person.subject)
        .collect();
    own.sort_unstable_by_key(|fact| (fact.on, fact.id));
    own.dedup_by_key(|fact| fact.id);
    let reversed = reversed(&own);
    let office = Office::of(person);

    let mut standing = Vec::with_capacity(own.len());
    let mut fallen = Vec::new();
    for fact in own {
        let mut falls = |reason: UnusedReason, words: String| fallen.push((fact, reason, words));
        if fact.reverses.is_some() {
            falls(
                UnusedReason::Reversal,
                UnusedReason::Reversal.zh().to_owned(),
            );
            continue;
        }
        if reversed.contains(&fact.id) {
            falls(
                UnusedReason::Reversed,
                UnusedReason::Reversed.zh().to_owned(),
            );
            continue;
        }
        if !fact.verified {
            falls(
                UnusedReason::NotVerified,
                UnusedReason::NotVerified.zh().to_owned(),
            );
            continue;
        }
        let mistake = scheme.vocabulary().mistake(&fact.kind, &fact.attributes);
        if let Some(mistake) = mistake {
            falls(UnusedReason::Unknown, mistake.expected);
            continue;
        }
        if period.contains(fact.on) && !office.contains(fact.on) {
            let words = UnusedReason::OutOfOffice.zh().to_owned();
            falls(UnusedReason::OutOfOffice, words);
            continue;
        }
        let plain = Live {
            fact,
            attributes: Cow::Borrowed(&fact.attributes),
            deemed: None,
        };
        if let Some(words) = wrong_recorder(scheme, &plain, person) {
            falls(UnusedReason::WrongRecorder, words);
            continue;
        }
        standing.push(deemed(scheme, person, plain));
    }
    (standing, fallen)
}

/// The fact as the first rule of `deemed` that means it has it.
fn deemed<'a>(scheme: &Scheme, person: &Person, mut live: Live<'a>) -> Live<'a> {
    let rules = &scheme.rulebook().deemed;
    if let Some(index) = rules
        .iter()
        .position(|rule| means(&rule.when, &live, person))
    {
        let changed = rules[index].counts_as.clone();
        live.attributes.to_mut().extend(changed);
        live.deemed = Some(index);
    }
    live
}

/// Why whoever recorded it may not, in words. What the service records itself names no organ.
fn wrong_recorder(scheme: &Scheme, live: &Live<'_>, person: &Person) -> Option<String> {
    let recorders = &scheme.rulebook().recorders;
    let named = live.fact.recorder.as_ref()?;
    if recorders.is_empty() {
        return None;
    }
    let may = recorders
        .iter()
        .any(|one| one.key == *named && one.may_record(&live.fact.kind, &live.attributes, person));
    if may {
        return None;
    }
    let expected: Vec<&str> = scheme
        .recorders_of(&live.fact.kind, &live.attributes, person)
        .into_iter()
        .map(|one| one.title.as_str())
        .collect();
    let title = recorders
        .iter()
        .find(|one| one.key == *named)
        .map_or(named.as_str(), |one| one.title.as_str());
    Some(if expected.is_empty() {
        format!("细则没有规定这类事项由谁记录，「{title}」的记录不计")
    } else {
        format!(
            "这类事项应由「{}」记录，「{title}」的记录不计",
            expected.join("、")
        )
    })
}

/// The facts whose effect a reversal takes away.
///
/// A reversal that is itself reversed takes nothing away, so each is decided after all that name
/// it. Reversals that name each other in a circle are never decided and take nothing away.
fn reversed(facts: &[&Fact]) -> HashSet<FactId> {
    let target: HashMap<FactId, FactId> = facts
        .iter()
        .filter_map(|fact| Some((fact.id, fact.reverses?)))
        .collect();
    let mut undecided: HashMap<FactId, usize> = HashMap::new();
    for reversed in target.values() {
        *undecided.entry(*reversed).or_default() += 1;
    }
    let mut ready: Vec<FactId> = target
        .keys()
        .copied()
        .filter(|id| !undecided.contains_key(id))
        .collect();
    let mut reversed = HashSet::new();
    while let Some(reversal) = ready.pop() {
        let Some(&named) = target.get(&reversal) else {
            continue;
        };
        if !reversed.contains(&reversal) {
            reversed.insert(named);
        }
        let left = undecided
            .get_mut(&named)
            .expect("every named fact was counted above");
        *left -= 1;
        if *left == 0 {
            ready.push(named);
        }
    }
    reversed
}
