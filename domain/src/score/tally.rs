//! The sheet of one person: facts, rules, parts, total, requirements, grade, in that order.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::claim::{Claims, claims};
use super::earn::earn;
use super::fact::Fact;
use super::judge::Case;
use super::live::{Live, Thing, live};
use super::part_year::Office;
use super::period::Period;
use super::person::Person;
use super::scheme::{Scheme, subject_kind};
use super::sheet::{Choice, Closed, DeemedLine, Invitations, RequirementLine, Sheet, UnusedReason};
use super::unused::UnusedList;
use crate::attendance::AttendanceStatus;

/// What is known of somebody when he is assessed.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Who.
    pub person: &'a Person,
    /// The facts of the term, in any order; of a group also those of its members.
    pub facts: &'a [Fact],
    /// The closed periods of the term before this one, in any order.
    pub closed: &'a [Closed],
    /// Whether the membership was broken just before this period.
    pub after_break: bool,
}

impl<'a> Record<'a> {
    /// Somebody with these facts and nothing before.
    pub const fn of(person: &'a Person, facts: &'a [Fact]) -> Self {
        Self {
            person,
            facts,
            closed: &[],
            after_break: false,
        }
    }
}

impl Scheme {
    /// The sheet of one person for one period.
    ///
    /// The order of the facts does not matter; a fact given twice is one. Facts outside the
    /// period earn nothing and are seen only by conditions over the year or the term.
    pub fn sheet(&self, period: Period, record: Record<'_>) -> Sheet {
        let Record { person, facts, .. } = record;
        let (standing, fallen) = live(self, person, period, facts);
        let inside: Vec<&Live<'_>> = standing
            .iter()
            .filter(|live| period.contains(live.fact.on))
            .collect();
        let stay = Office::of(person).stay(period);
        let Claims { by_rule, passed } = claims(self, person, period, &inside);
        let mut unused = UnusedList::new(self, person, period, &inside, &fallen);
        for one in passed {
            unused.pass(one);
        }

        let mut lines = Vec::new();
        let mut from_attendance = Amount::ZERO;
        let mut mentioned = vec![false; self.rulebook().rules.len()];
        for (index, claims) in by_rule.into_iter().enumerate() {
            if !self.applies(index, person) {
                continue;
            }
            let rule = self.rule(index);
            mentioned[index] = true;
            for claim in claims
                .iter()
                .filter(|claim| rule.reach.is_empty() && claim.value == Amount::ZERO)
            {
                let words = format!("按「{}」计 0 分", rule.title);
                unused.pass((claim.live, UnusedReason::WorthNothing, words));
            }
            for claim in &claims {
                unused.used(claim.live);
            }
            let earned = earn(rule, person, period, self.rulebook().part_year, claims);
            for one in earned.passed {
                unused.pass(one);
            }
            from_attendance = from_attendance + earned.from_attendance;
            lines.push(earned.line);
        }
        let attendance = invitations(person, &inside);
        let (parts, arithmetic, exact, total) = self.add_up(person, &lines);

        let mut sheet = Sheet {
            subject: person.subject,
            period,
            rulebook: self.rulebook().key.clone(),
            rulebook_version: self.rulebook().version,
            notice: self.rulebook().notice.clone(),
            lines,
            parts,
            arithmetic,
            exact,
            total: total.to_points(),
            requirements: Vec::new(),
            grade: None,
            grade_key: None,
            grade_note: None,
            decided_by: None,
            next_grade: None,
            attendance_share: attendance.share(),
            attendance,
            points_from_attendance: from_attendance.to_points(),
            unused: Vec::new(),
            deemed: self.deemed_lines(&inside),
            choices: self.choices(person, &mentioned),
            stay,
        };
        sheet.requirements = self.require(&sheet, record, &standing, total);
        self.grade(&mut sheet, person, &inside, total);
        sheet.unused = unused.finish(&sheet);
        sheet
    }

    fn require(
        &self,
        sheet: &Sheet,
        record: Record<'_>,
        standing: &[Live<'_>],
        total: Amount,
    ) -> Vec<RequirementLine> {
        let asked = self.requirements_of(record.person);
        if asked.is_empty() {
            return Vec::new();
        }
        let (points, none) = (sheet.points_by_key(), BTreeMap::new());
        let closed = before(record.closed, sheet.period);
        let case = Case {
            scheme: self,
            person: record.person,
            period: sheet.period,
            live: standing,
            points: &points,
            total,
            grade: None,
            requirements: &none,
            attendance: sheet.attendance,
            closed: &closed,
            after_break: record.after_break,
            office: Office::of(record.person),
            duty: true,
            past: false,
        };
        asked
            .into_iter()
            .map(|requirement| {
                let finding = case.judge(&requirement.need);
                RequirementLine {
                    key: requirement.key.clone(),
                    clause: requirement.clause.clone(),
                    title: requirement.title.clone(),
                    met: finding.holds,
                    asked: finding.asked,
                    finding: finding.text,
                    facts: finding.facts,
                }
            })
            .collect()
    }

    fn deemed_lines(&self, inside: &[&Live<'_>]) -> Vec<DeemedLine> {
        inside
            .iter()
            .filter_map(|live| {
                let rule = &self.rulebook().deemed[live.deemed?];
                Some(DeemedLine {
                    id: live.fact.id,
                    title: live.fact.title.clone(),
                    clause: rule.clause.clone(),
                    text: rule.text.clone(),
                })
            })
            .collect()
    }

    /// The choices that concern this person.
    fn choices(&self, person: &Person, mentioned: &[bool]) -> Vec<Choice> {
        let book = self.rulebook();
        let subject = subject_kind(person);
        let total = self
            .total(subject)
            .choice
            .map(|text| ("总分".to_owned(), text));
        let deemed = book
            .deemed
            .iter()
            .map(|one| (one.clause.clone(), one.choice.clone()));
        let parts = self.parts_of(person);
        let parts = parts
            .iter()
            .map(|one| (one.clause.clone(), one.choice.clone()));
        let rules = book
            .rules
            .iter()
            .zip(mentioned)
            .filter(|(_, mentioned)| **mentioned)
            .map(|(rule, _)| (rule.clause.clone(), rule.choice.clone()));
        let requirements = self.requirements_of(person);
        let requirements = requirements
            .iter()
            .map(|one| (one.clause.clone(), one.choice.clone()));
        let grades = self.grades(subject);
        let grades = grades.iter().map(|one| {
            (
                one.clause.clone().unwrap_or_else(|| one.title.clone()),
                one.choice.clone(),
            )
        });
        let overrides = book
            .overrides
            .iter()
            .map(|one| (one.clause.clone(), one.choice.clone()));
        total
            .map(|(clause, text)| (clause, Some(text)))
            .into_iter()
            .chain(deemed)
            .chain(parts)
            .chain(rules)
            .chain(requirements)
            .chain(grades)
            .chain(overrides)
            .filter_map(|(clause, text)| {
                Some(Choice {
                    clause,
                    text: text?,
                })
            })
            .collect()
    }
}

/// The closed periods of its unit before one, by date, each once.
pub(super) fn before(closed: &[Closed], period: Period) -> Vec<Closed> {
    let mut before: Vec<Closed> = closed
        .iter()
        .filter(|one| one.period.unit == period.unit && one.period.last < period.first)
        .cloned()
        .collect();
    before.sort_by_key(|one| one.period.first);
    before.dedup_by_key(|one| one.period.first);
    before
}

/// What became of the invitations; of several reports of one the best stands, as where a thing is
/// counted.
fn invitations(person: &Person, inside: &[&Live<'_>]) -> Invitations {
    let mut known: BTreeMap<Thing<'_>, Option<AttendanceStatus>> = BTreeMap::new();
    for live in inside {
        if live.fact.kind != "attendance" || live.fact.subject != person.subject {
            continue;
        }
        let words = live.attributes.get("status").map(super::Value::words);
        let status = words
            .and_then(<[String]>::first)
            .and_then(|word| word.parse().ok());
        let best = known.entry(live.thing()).or_insert(status);
        if standing(*best) < standing(status) {
            *best = status;
        }
    }
    let mut all = Invitations::default();
    for status in known.into_values() {
        all.invited += 1;
        match status {
            Some(AttendanceStatus::Invited) | None => {}
            Some(status) if status.attended() => all.attended += 1,
            Some(AttendanceStatus::Leave) => all.leave += 1,
            Some(AttendanceStatus::Exempt) => all.exempt += 1,
            Some(_) => all.absent += 1,
        }
    }
    all
}

/// How much better one report of an invitation is than another.
fn standing(status: Option<AttendanceStatus>) -> u8 {
    match status {
        Some(AttendanceStatus::Invited) | None => 0,
        Some(status) if status.attended() => 4,
        Some(AttendanceStatus::Exempt) => 3,
        Some(AttendanceStatus::Leave) => 2,
        Some(_) => 1,
    }
}
