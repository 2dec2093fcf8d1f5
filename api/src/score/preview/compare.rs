//! Two sheets of everybody held against each other, clause by clause.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::points::Points;
use domain::score::{Amount, Candidate, Fact, Period, Person, Scheme, Sheet, Subject};

use crate::score::known;
use crate::score::periods::history::Before;

/// A member or a group with what is known of it.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// The name.
    pub name: String,
    /// Who, as rules look at him.
    pub person: Person,
    /// The facts.
    pub facts: Arc<[Fact]>,
    /// What was closed before.
    pub before: Before,
}

/// Everybody under two rulebooks.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Comparison {
    /// Everybody whom one of the two assesses, in the order given.
    pub people: Vec<Weighed>,
    /// How many of them have another grade, or are assessed by one only.
    pub moved: usize,
    /// How many went from which grade to which, those who stayed included.
    pub transitions: Vec<Transition>,
    /// What the clauses that make a difference do to all together.
    pub clauses: Vec<Cause>,
}

/// One member, or one group, under two rulebooks.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Weighed {
    /// Who.
    #[serde(flatten)]
    pub subject: Subject,
    /// The name.
    pub name: String,
    /// The name of the group.
    pub group: String,
    /// His result before; none where he was not assessed.
    pub before: Option<Standing>,
    /// His result after; none where he is not assessed.
    pub after: Option<Standing>,
    /// Whether his grade is another one.
    pub moved: bool,
    /// What is different in his sheet.
    pub changes: Vec<Change>,
}

/// A result.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// The total.
    pub total: Points,
    /// The title of the grade.
    pub grade: Option<String>,
    /// Why it is this grade and no higher one.
    pub grade_note: Option<String>,
}

/// What is different in a sheet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Change {
    /// What of the sheet it is.
    pub what: ChangeOf,
    /// The key in the rulebook.
    pub key: String,
    /// Where the rules say it.
    pub clause: String,
    /// Its short name.
    pub title: String,
    /// How it stood before, with its arithmetic; none where the rulebook has no such thing.
    pub before: Option<Told>,
    /// How it stands after.
    pub after: Option<Told>,
}

/// A line, a part or a requirement as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Told {
    /// Its points; of a requirement, none.
    pub points: Option<Points>,
    /// How they come about; of a requirement, what was found.
    pub text: String,
}

/// What of a sheet is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOf {
    /// The line of a rule.
    Rule,
    /// A part.
    Part,
    /// Whether a requirement is met.
    Requirement,
}

/// How many went from one grade to another.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Transition {
    /// The grade before; none of those who were not assessed or had no grade.
    pub from: Option<String>,
    /// The grade after.
    pub to: Option<String>,
    /// How many.
    pub people: usize,
    /// By how much their totals changed, all together.
    pub points: Points,
}

/// What one clause does to all together.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Cause {
    /// What it is.
    pub what: ChangeOf,
    /// The key in the rulebook.
    pub key: String,
    /// Where the rules say it.
    pub clause: String,
    /// Its short name.
    pub title: String,
    /// For how many it makes a difference.
    pub people: usize,
    /// How many of them have another grade.
    pub moved: usize,
}

/// Computes everybody by both schemes. It takes a while: call it where blocking is allowed.
pub fn compare(old: &Scheme, new: &Scheme, period: Period, all: &[Somebody]) -> Comparison {
    let (old, new) = (sheets(old, period, all), sheets(new, period, all));
    let people: Vec<Weighed> = all
        .iter()
        .filter_map(|one| {
            let subject = one.person.subject;
            let (before, after) = (old.get(&subject), new.get(&subject));
            (before.is_some() || after.is_some()).then(|| weigh(one, before, after))
        })
        .collect();
    Comparison {
        moved: people.iter().filter(|one| one.moved).count(),
        transitions: transitions(&people),
        clauses: clauses(&people),
        people,
    }
}

fn sheets(scheme: &Scheme, period: Period, all: &[Somebody]) -> BTreeMap<Subject, Sheet> {
    let mut people: Vec<Candidate> = all
        .iter()
        .filter(|one| scheme.assesses(&one.person))
        .map(|one| {
            let (facts, closed) = (Arc::clone(&one.facts), one.before.closed.clone());
            let person = one.person.clone();
            known::candidate(
                scheme,
                period,
                person,
                facts,
                closed,
                one.before.after_break,
            )
        })
        .collect();
    scheme.keep_quotas(&mut people);
    let sheets = people.into_iter().map(|one| one.assessed.sheet);
    sheets.map(|sheet| (sheet.subject, sheet)).collect()
}

fn weigh(one: &Somebody, old: Option<&Sheet>, new: Option<&Sheet>) -> Weighed {
    let standing = |sheet: &Sheet| Standing {
        total: sheet.total,
        grade: sheet.grade.clone(),
        grade_note: sheet.grade_note.clone(),
    };
    let (before, after) = (old.map(standing), new.map(standing));
    let grade = |standing: &Option<Standing>| standing.as_ref().map(|one| one.grade.clone());
    Weighed {
        subject: one.person.subject,
        name: one.name.clone(),
        group: one.person.word("group").unwrap_or_default().to_owned(),
        moved: grade(&before) != grade(&after),
        changes: changes(old, new),
        before,
        after,
    }
}

/// One entry of a sheet that can be held against the same entry of another sheet.
struct Entry {
    what: ChangeOf,
    key: String,
    clause: String,
    title: String,
    /// What decides whether two entries differ.
    worth: Worth,
    told: Told,
}

#[derive(PartialEq, Eq)]
enum Worth {
    Exact(Amount),
    Met(bool),
}

fn entries(sheet: &Sheet) -> Vec<Entry> {
    let lines = sheet.lines.iter().map(|line| Entry {
        what: ChangeOf::Rule,
        key: line.key.clone(),
        clause: line.clause.clone(),
        title: line.title.clone(),
        worth: Worth::Exact(line.exact),
        told: Told {
            points: Some(line.points),
            text: line.arithmetic.clone(),
        },
    });
    let parts = sheet.parts.iter().map(|part| Entry {
        what: ChangeOf::Part,
        key: part.key.clone(),
        clause: part.clause.clone(),
        title: part.title.clone(),
        worth: Worth::Exact(part.exact),
        told: Told {
            points: Some(part.points),
            text: part.arithmetic.clone(),
        },
    });
    let requirements = sheet.requirements.iter().map(|line| Entry {
        what: ChangeOf::Requirement,
        key: line.key.clone(),
        clause: line.clause.clone(),
        title: line.title.clone(),
        worth: Worth::Met(line.met),
        told: Told {
            points: None,
            text: line.finding.clone(),
        },
    });
    lines.chain(parts).chain(requirements).collect()
}

/// What differs, in the order of the new sheet; what only the old one has comes last. An entry that
/// one sheet has not differs where it is worth something in the other.
fn changes(old: Option<&Sheet>, new: Option<&Sheet>) -> Vec<Change> {
    let mut before = old.map(entries).unwrap_or_default();
    let mut changes = Vec::new();
    for after in new.map(entries).unwrap_or_default() {
        let same = before
            .iter()
            .position(|one| one.what == after.what && one.key == after.key);
        let other = same.map(|index| before.remove(index));
        let differs = match &other {
            Some(other) => other.worth != after.worth,
            None => after.worth.counts(),
        };
        if differs {
            changes.push(Change {
                what: after.what,
                key: after.key,
                clause: after.clause,
                title: after.title,
                before: other.map(|one| one.told),
                after: Some(after.told),
            });
        }
    }
    changes.extend(
        before
            .into_iter()
            .filter(|one| one.worth.counts())
            .map(|one| Change {
                what: one.what,
                key: one.key,
                clause: one.clause,
                title: one.title,
                before: Some(one.told),
                after: None,
            }),
    );
    changes
}

impl Worth {
    /// Whether it makes a difference to have it at all.
    fn counts(&self) -> bool {
        match self {
            Self::Exact(exact) => *exact != Amount::ZERO,
            Self::Met(met) => !met,
        }
    }
}

fn transitions(people: &[Weighed]) -> Vec<Transition> {
    let total =
        |standing: &Option<Standing>| standing.as_ref().map_or(Points::ZERO, |one| one.total);
    let mut transitions: Vec<Transition> = Vec::new();
    for one in people {
        let grade = |standing: &Option<Standing>| standing.as_ref()?.grade.clone();
        let (from, to) = (grade(&one.before), grade(&one.after));
        let known = transitions
            .iter()
            .position(|other| other.from == from && other.to == to);
        let index = known.unwrap_or_else(|| {
            transitions.push(Transition {
                from,
                to,
                people: 0,
                points: Points::ZERO,
            });
            transitions.len() - 1
        });
        let transition = &mut transitions[index];
        transition.people += 1;
        transition.points = transition.points + total(&one.after) - total(&one.before);
    }
    // Those who moved first, the many before the few.
    transitions.sort_by_key(|one| (one.from == one.to, std::cmp::Reverse(one.people)));
    transitions
}

fn clauses(people: &[Weighed]) -> Vec<Cause> {
    let mut clauses: Vec<Cause> = Vec::new();
    for one in people {
        for change in &one.changes {
            let known = clauses
                .iter()
                .position(|clause| clause.what == change.what && clause.key == change.key);
            let index = known.unwrap_or_else(|| {
                clauses.push(Cause {
                    what: change.what,
                    key: change.key.clone(),
                    clause: change.clause.clone(),
                    title: change.title.clone(),
                    people: 0,
                    moved: 0,
                });
                clauses.len() - 1
            });
            clauses[index].people += 1;
            clauses[index].moved += usize::from(one.moved);
        }
    }
    clauses.sort_by_key(|clause| std::cmp::Reverse((clause.moved, clause.people)));
    clauses
}
