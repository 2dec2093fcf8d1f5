//! What conditions over several periods look at in the result of an earlier one: whoever writes
//! such a result down by hand is told what is missing, because silence is no finding.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::person::Person;
use super::scheme::{Scheme, TOTAL, subject_kind};

/// What is looked at in the closed results of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedOfPast<'a> {
    /// The keys of requirements that bind him.
    pub requirements: BTreeSet<&'a str>,
    /// The keys of parts and rules that apply to him; the total is always known.
    pub points: BTreeSet<&'a str>,
    /// Whether his grade is.
    pub grade: bool,
    /// Whether his attendance is.
    pub attendance: bool,
}

impl Scheme {
    /// What the conditions of the rulebook that look at several periods look at in the earlier
    /// results of this person.
    pub fn asked_of_past(&self, person: &Person) -> AskedOfPast<'_> {
        let book = self.rulebook();
        let subject = subject_kind(person);
        let requirements = self.requirements_of(person);
        let needs = requirements.iter().map(|one| &one.need);
        let bases = self.grades(subject).into_iter();
        let bases = bases.filter_map(|grade| grade.quota.as_ref()?.base.as_ref());
        let reviews = book
            .reviews
            .iter()
            .filter(|review| review.subject == subject);
        let reviews = reviews.flat_map(|review| {
            let base = review.pick.as_ref().and_then(|pick| pick.base.as_ref());
            let rungs = review.rungs.iter().map(|rung| &rung.when);
            rungs
                .chain(&review.candidates)
                .chain(&review.excluded)
                .chain(base)
        });
        let mut asked = AskedOfPast::default();
        for condition in needs.chain(bases).chain(reviews) {
            look(condition, false, &mut asked);
        }
        let bound: BTreeSet<&str> = requirements.iter().map(|one| one.key.as_str()).collect();
        asked.requirements.retain(|key| bound.contains(key));
        let parts = self.parts_of(person);
        let applies = |key: &str| {
            let mut rules = book.rules.iter();
            let rule = rules.position(|rule| rule.key == key);
            parts.iter().any(|part| part.key == key)
                || rule.is_some_and(|rule| self.applies(rule, person))
        };
        asked.points.retain(|key| applies(key));
        asked
    }
}

fn look<'a>(condition: &'a Condition, over_periods: bool, asked: &mut AskedOfPast<'a>) {
    let over_periods =
        over_periods || condition.consecutive.is_some() || condition.times_in_term.is_some();
    if over_periods {
        asked.requirements.extend(condition.requirement.as_deref());
        let points = condition.points.as_deref();
        asked.points.extend(points.filter(|key| *key != TOTAL));
        asked.grade |= condition.grade.is_some();
        asked.attendance |= condition.attendance.is_some();
    }
    let combined = condition.all.iter().chain(&condition.any).flatten();
    for inner in combined.chain(condition.not.as_deref()) {
        look(inner, over_periods, asked);
    }
}
