//! The facts that earned nothing, each with its reason: what nobody counted is as much a part of
//! an explained score as what counted.

use std::collections::HashSet;

use super::claim::Passed;
use super::condition::Condition;
use super::fact::Fact;
use super::live::{Fallen, Live};
use super::matching::means_any;
use super::period::Period;
use super::person::Person;
use super::rulebook::Override;
use super::scheme::Scheme;
use super::sheet::{Sheet, Unused, UnusedReason};
use crate::ids::FactId;

/// The facts of the period that earned nothing.
pub(super) struct UnusedList<'a> {
    fallen: Vec<Unused>,
    inside: Vec<(&'a Live<'a>, bool)>,
    passed: Vec<Unused>,
    /// Every kind that some rule looks at.
    known: Vec<&'a str>,
    scheme: &'a Scheme,
    person: &'a Person,
}

impl<'a> UnusedList<'a> {
    pub fn new(
        scheme: &'a Scheme,
        person: &'a Person,
        period: Period,
        inside: &[&'a Live<'a>],
        fallen: &[Fallen<'_>],
    ) -> Self {
        let fallen = fallen
            .iter()
            .filter(|(fact, ..)| period.contains(fact.on))
            .map(|(fact, reason, words)| unused(fact, *reason, words.clone()))
            .collect();
        let rules = scheme.rulebook().rules.iter();
        let known = rules.flat_map(|rule| rule.counts.iter().map(|one| one.kind.as_str()));
        Self {
            scheme,
            person,
            fallen,
            inside: inside.iter().map(|live| (*live, false)).collect(),
            passed: Vec::new(),
            known: known.collect(),
        }
    }

    pub fn pass(&mut self, (live, reason, words): Passed<'_>) {
        self.passed.push(unused(live.fact, reason, words));
        self.used(live);
    }

    pub fn used(&mut self, live: &Live<'_>) {
        let at = |one: &Live<'_>| (one.fact.on, one.fact.id);
        if let Ok(index) = self
            .inside
            .binary_search_by_key(&at(live), |(one, _)| at(one))
        {
            self.inside[index].1 = true;
        }
    }

    /// All of them by date. What some rule counted is not listed as passed over by another.
    pub fn finish(mut self, sheet: &Sheet) -> Vec<Unused> {
        let mut all = std::mem::take(&mut self.fallen);
        let passed = std::mem::take(&mut self.passed);
        let counted: HashSet<_> = sheet
            .lines
            .iter()
            .flat_map(|line| line.facts.iter().map(|fact| fact.id))
            .collect();
        all.extend(passed.into_iter().filter(|one| {
            let still = matches!(
                one.reason,
                UnusedReason::OverCap | UnusedReason::WorthNothing | UnusedReason::CountedElsewhere
            );
            still || !counted.contains(&one.id)
        }));
        for (live, _) in self.inside.iter().filter(|(_, used)| !used) {
            let attended = ["leave", "exempt", "absent", "invited"]
                .iter()
                .all(|status| !live.has("status", status));
            let reason = if live.fact.kind == "attendance"
                && !attended
                && self.known.contains(&"attendance")
            {
                UnusedReason::NotAttended
            } else {
                UnusedReason::NotCounted
            };
            let words = self
                .otherwise_used(sheet, live)
                .or_else(|| asked_by(self.scheme, self.person, live));
            let words = words.unwrap_or_else(|| reason.zh().to_owned());
            all.push(unused(live.fact, reason, words));
        }
        all.sort_by_key(|one| (one.on, one.id, one.reason));
        all.dedup_by(|a, b| a.id == b.id && a.reason == b.reason && a.explanation == b.explanation);
        all
    }

    /// What a fact without a clause that earns is for: a requirement, or an exemption.
    fn otherwise_used(&self, sheet: &Sheet, live: &Live<'_>) -> Option<String> {
        // Reports of one thing are for the same.
        let reports: Vec<FactId> = self
            .inside
            .iter()
            .filter(|(one, _)| one.thing() == live.thing())
            .map(|(one, _)| one.fact.id)
            .collect();
        let requirements: Vec<String> = sheet
            .requirements
            .iter()
            .filter(|line| line.facts.iter().any(|id| reports.contains(id)))
            .map(|line| format!("「{}」（{}）", line.title, line.clause))
            .collect();
        if !requirements.is_empty() {
            return Some(format!("不计分，用于{}", requirements.join("、")));
        }
        if live.exempts(self.person) {
            return Some("不计分，本期免予考核".to_owned());
        }
        live.has("status", "exempt")
            .then(|| "免予考勤，不计分".to_owned())
    }
}

/// The override or the reviews that ask for a fact, in words.
fn asked_by(scheme: &Scheme, person: &Person, live: &Live<'_>) -> Option<String> {
    let book = scheme.rulebook();
    let decides = |one: &&Override| means_any(&one.when, live, person);
    if let Some(one) = book.overrides.iter().find(decides) {
        return Some(format!("不计分，依{}定等次", one.clause));
    }
    let reviews: Vec<String> = book
        .reviews
        .iter()
        .filter(|review| {
            let rungs = review.rungs.iter().map(|rung| &rung.when);
            let mut conditions = rungs.chain(&review.candidates).chain(&review.excluded);
            conditions.any(|condition| counts(condition, live, person))
        })
        .map(|review| format!("「{}」（{}）", review.title, review.clause))
        .collect();
    (!reviews.is_empty()).then(|| format!("不计分，用于{}", reviews.join("、")))
}

/// Whether a condition counts such a fact.
fn counts(condition: &Condition, live: &Live<'_>, person: &Person) -> bool {
    let within = [&condition.all, &condition.any]
        .into_iter()
        .flatten()
        .flatten();
    let mut within = within.chain(condition.not.as_deref());
    let patterns = condition.count.as_deref().unwrap_or_default();
    means_any(patterns, live, person) || within.any(|inner| counts(inner, live, person))
}

fn unused(fact: &Fact, reason: UnusedReason, explanation: String) -> Unused {
    Unused {
        id: fact.id,
        title: fact.title.clone(),
        on: fact.on,
        kind: fact.kind.clone(),
        reason,
        explanation,
    }
}
