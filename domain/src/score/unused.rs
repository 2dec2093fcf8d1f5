//! The facts that earned nothing, each with its reason: what nobody counted is as much a part of
//! an explained score as what counted.

use std::collections::HashSet;

use super::claim::Passed;
use super::fact::Fact;
use super::live::{Fallen, Live};
use super::period::Period;
use super::scheme::Scheme;
use super::sheet::{Sheet, Unused, UnusedReason};

/// The facts of the period that earned nothing.
pub(super) struct UnusedList<'a> {
    fallen: Vec<Unused>,
    inside: Vec<(&'a Live<'a>, bool)>,
    passed: Vec<Unused>,
    /// Every kind that some rule or condition looks at.
    known: Vec<&'a str>,
}

impl<'a> UnusedList<'a> {
    pub fn new(
        scheme: &'a Scheme,
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
    pub fn finish(self, sheet: &Sheet) -> Vec<Unused> {
        let mut all = self.fallen;
        let counted: HashSet<_> = sheet
            .lines
            .iter()
            .flat_map(|line| line.facts.iter().map(|fact| fact.id))
            .collect();
        all.extend(self.passed.into_iter().filter(|one| {
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
            let words = otherwise_used(sheet, live).unwrap_or_else(|| reason.zh().to_owned());
            all.push(unused(live.fact, reason, words));
        }
        all.sort_by_key(|one| (one.on, one.id, one.reason));
        all.dedup_by(|a, b| a.id == b.id && a.reason == b.reason && a.explanation == b.explanation);
        all
    }
}

/// What a fact without a clause that earns is for: a requirement, or an exemption.
fn otherwise_used(sheet: &Sheet, live: &Live<'_>) -> Option<String> {
    let requirements: Vec<String> = sheet
        .requirements
        .iter()
        .filter(|line| line.facts.contains(&live.fact.id))
        .map(|line| format!("「{}」（{}）", line.title, line.clause))
        .collect();
    if !requirements.is_empty() {
        return Some(format!("不计分，用于{}", requirements.join("、")));
    }
    if sheet.decided_by == Some(live.fact.id) {
        return Some("不计分，等次据此认定".to_owned());
    }
    live.has("status", "exempt")
        .then(|| "免予考勤，不计分".to_owned())
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
