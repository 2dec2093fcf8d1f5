//! One file of JSON with members, groups, facts and closed results.

use std::collections::BTreeMap;

use domain::points::Points;
use domain::score::{Amount, Attributes, Closed, Fact, Invitations, Period, PeriodRule, Value};
use serde::Deserialize;

use super::files::{Files, date};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    members: Vec<Member>,
    #[serde(default)]
    groups: Vec<Group>,
    facts: Vec<FactEntry>,
    #[serde(default)]
    closed: Vec<ClosedEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    position: Option<String>,
    sector: Option<String>,
    group: Option<String>,
    special_committee: Option<String>,
    joined_on: Option<String>,
    left_on: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactEntry {
    member: Option<String>,
    group: Option<String>,
    kind: String,
    on: String,
    #[serde(default)]
    title: String,
    id: Option<String>,
    reference: Option<String>,
    reverses: Option<String>,
    #[serde(default = "yes")]
    verified: bool,
    recorder: Option<String>,
    #[serde(default)]
    attributes: Attributes,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedEntry {
    member: String,
    period: String,
    total: Points,
    grade: Option<String>,
    #[serde(default)]
    requirements: BTreeMap<String, bool>,
    #[serde(default)]
    points: BTreeMap<String, Amount>,
    #[serde(default)]
    after_break: bool,
}

impl Files {
    /// Reads everything in one file.
    pub fn read_json(&mut self, text: &str, rule: &PeriodRule) {
        let file: File =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\nin\n{text}"));
        for one in file.members {
            let person = self.member(&one.name);
            for (name, word) in [
                ("position", one.position),
                ("sector", one.sector),
                ("group", one.group),
                ("special_committee", one.special_committee),
            ] {
                if let Some(word) = word {
                    person.traits.insert(name.to_owned(), Value::Word(word));
                }
            }
            person.joined_on = one.joined_on.as_deref().map(date);
            person.left_on = one.left_on.as_deref().map(date);
        }
        for one in file.groups {
            self.group(&one.name);
        }
        for one in file.facts {
            let subject = self.subject(one.member.as_deref(), one.group.as_deref());
            let id = self.id(one.id);
            let reverses = one.reverses.map(|id| self.id(Some(id)));
            self.facts.push(Fact {
                id,
                subject,
                kind: one.kind,
                on: date(&one.on),
                title: one.title,
                reference: one.reference,
                attributes: one.attributes,
                recorder: one.recorder,
                verified: one.verified,
                reverses,
            });
        }
        for one in file.closed {
            let closed = Closed {
                period: period(&one.period, rule),
                total: one.total,
                points: one.points,
                grade: one.grade,
                requirements: one.requirements,
                attendance: Invitations::default(),
                after_break: one.after_break,
            };
            let known = self.closed.iter().filter(|(name, _)| *name == one.member);
            let known: Vec<Period> = known.map(|(_, closed)| closed.period).collect();
            if let Err(error) = rule.takes_earlier(&known, closed.period) {
                panic!("{}：{error}", one.member);
            }
            self.closed.push((one.member, closed));
        }
    }
}

/// The period of this name. A session year is the one that begins in that year.
fn period(name: &str, rule: &PeriodRule) -> Period {
    match name.strip_suffix("-S") {
        Some(year) => rule.around(date(&format!("{year}-{}", rule.starts))),
        None => name.parse().unwrap_or_else(|error| panic!("{error}")),
    }
}
