//! Everybody in the files, period by period; what came of a period is what later ones look back at.

use std::collections::BTreeMap;

use domain::score::{
    Assessed, Candidate, Closed, Fact, Outside, Period, Person, Proposals, Rank, Record, Scheme,
    Subject, Value,
};

use super::Wanted;
use crate::score::facts_file::FactsFile;

/// What came of one period.
#[derive(Debug)]
pub struct Result {
    /// The period.
    pub period: Period,
    /// The names of those who are assessed, in the order of the files.
    pub names: Vec<String>,
    /// Those who are assessed, each with his sheet.
    pub people: Vec<Candidate>,
    /// Their ranks.
    pub ranks: Vec<Rank>,
    /// Those who have no sheet, by name, each with the reason and with what was not counted.
    pub outside: Vec<(String, Outside)>,
    /// What each review of the rulebook proposes; only of the last period.
    pub reviews: Vec<Proposals>,
}

/// The periods that are asked for, each with everybody who was there.
pub fn assess(
    scheme: &Scheme,
    file: &FactsFile,
    wanted: Option<Wanted>,
) -> std::result::Result<Vec<Result>, String> {
    let people = with_groups_of_members(scheme, file);
    let mut closed: BTreeMap<Subject, Vec<Closed>> = BTreeMap::new();
    for (subject, one) in &file.closed {
        closed.entry(*subject).or_default().push(one.clone());
    }
    let periods = periods(scheme, file, wanted)?;
    let last = periods.len() - 1;
    let mut results = Vec::new();
    for (index, period) in periods.into_iter().enumerate() {
        let mut result = one_period(scheme, period, &people, &file.facts, &closed);
        for one in &result.people {
            let known = closed.entry(one.assessed.person.subject).or_default();
            // What a file says of a closed period stands.
            if known.iter().all(|closed| closed.period != period) {
                known.push(one.assessed.sheet.closed(false));
            }
        }
        if index == last {
            let reviews = scheme.rulebook().reviews.iter();
            result.reviews = reviews
                .map(|review| scheme.propose(review, &result.people))
                .collect();
        }
        if wanted.is_none() || index == last {
            results.push(result);
        }
    }
    Ok(results)
}

/// Every period from the first fact to the last, or to the one that is asked for.
fn periods(
    scheme: &Scheme,
    file: &FactsFile,
    wanted: Option<Wanted>,
) -> std::result::Result<Vec<Period>, String> {
    let rule = &scheme.rulebook().period;
    let days = || file.facts.iter().map(|fact| fact.on);
    let (first, last) = match (wanted, days().min(), days().max()) {
        (Some(Wanted::Alone(period)), ..) => return Ok(vec![period]),
        (Some(Wanted::Named(period)), first, _) => {
            let first = first.map_or(period.first, |first| first.min(period.first));
            (first, period.first)
        }
        (None, Some(first), Some(last)) => (first, last),
        (None, ..) => {
            return Err(
                "没有一件事，不知道算哪一期：请用 --period 写明，如 --period 2026".to_owned(),
            );
        }
    };
    let mut periods = vec![rule.around(first)];
    while let Some(end) = periods.last().map(|one| one.last).filter(|end| *end < last) {
        match end.succ_opt() {
            Some(next) => periods.push(rule.around(next)),
            None => break,
        }
    }
    Ok(periods)
}

/// Where groups are scored, also those that only the list of members names.
fn with_groups_of_members(scheme: &Scheme, file: &FactsFile) -> Vec<(String, Person)> {
    let mut file = file.clone();
    if scheme.rulebook().group_total.is_some() {
        let named: Vec<String> = file
            .people
            .iter()
            .filter_map(|(_, person)| person.word("group").map(str::to_owned))
            .collect();
        for name in named {
            file.group(&name);
        }
    }
    // A group works with the special committee that its members name, where they agree.
    let people = file.people.clone();
    for (name, group) in &mut file.people {
        if !matches!(group.subject, Subject::Group(_)) {
            continue;
        }
        let mut committees = people
            .iter()
            .filter(|(_, one)| matches!(one.subject, Subject::Member(_)))
            .filter(|(_, one)| one.word("group") == Some(name))
            .map(|(_, one)| one.word("special_committee"));
        let first = committees.next().flatten();
        if let Some(first) = first.filter(|first| committees.all(|other| other == Some(first))) {
            let word = Value::Word(first.to_owned());
            group.traits.insert("special_committee".to_owned(), word);
        }
    }
    file.people
}

fn one_period(
    scheme: &Scheme,
    period: Period,
    all: &[(String, Person)],
    facts: &[Fact],
    closed: &BTreeMap<Subject, Vec<Closed>>,
) -> Result {
    let (mut names, mut people, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    for (name, person) in all {
        if let Some(one) = scheme.outside(period, person, facts) {
            outside.push((name.clone(), one));
        }
        if !person.was_there(period) || !scheme.assesses(person) {
            continue;
        }
        let facts = facts_of(person, all, facts);
        let closed = closed.get(&person.subject).cloned().unwrap_or_default();
        let record = Record {
            person,
            facts: &facts,
            closed: &closed,
            after_break: false,
        };
        let sheet = scheme.sheet(period, record);
        let person = person.clone();
        names.push(name.clone());
        people.push(Candidate {
            assessed: Assessed { person, sheet },
            facts: facts.into(),
            closed,
            after_break: false,
        });
    }
    scheme.keep_quotas(&mut people);
    Result {
        period,
        ranks: scheme.rank(people.iter().map(|one| one.assessed.parts())),
        names,
        people,
        outside,
        reviews: Vec::new(),
    }
}

/// A member's own facts; of a group also those of its members while they were in office.
fn facts_of(person: &Person, all: &[(String, Person)], facts: &[Fact]) -> Vec<Fact> {
    let is_group = matches!(person.subject, Subject::Group(_));
    let of_its_members = |fact: &Fact| {
        is_group
            && all.iter().any(|(_, other)| {
                other.subject == fact.subject
                    && matches!(other.subject, Subject::Member(_))
                    && other.word("group") == person.word("group")
                    && other.in_office(fact.on)
            })
    };
    let ours = |fact: &&Fact| fact.subject == person.subject || of_its_members(fact);
    facts.iter().filter(ours).cloned().collect()
}
