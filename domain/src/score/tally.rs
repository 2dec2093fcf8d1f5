//! The sheet of one person: facts, rules, parts, total, requirements, grade, in that order.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::claim::{Claims, claims};
use super::earn::earn;
use super::fact::Fact;
use super::judge::Case;
use super::live::{Fallen, Live, live};
use super::matching::means_any;
use super::period::Period;
use super::person::Person;
use super::rulebook::{Combine, Grade, Part, Requirement, Total};
use super::scheme::{Scheme, TOTAL, subject_kind};
use super::sheet::{
    Choice, Closed, DeemedLine, Invitations, Line, NextGrade, PartLine, RequirementLine, Sheet,
    Stay, Unused, UnusedReason,
};
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
        let (standing, fallen) = live(self, person, facts);
        let inside: Vec<&Live<'_>> = standing
            .iter()
            .filter(|live| period.contains(live.fact.on))
            .collect();
        let stay = stay(person, period);
        let Claims { by_rule, passed } = claims(self, person, &inside);
        let mut unused = UnusedList::new(self, period, &inside, &fallen);
        passed.into_iter().for_each(|passed| unused.pass(passed));

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
            let earned = earn(
                rule,
                person,
                period,
                stay,
                self.rulebook().part_year,
                claims,
            );
            earned
                .passed
                .into_iter()
                .for_each(|passed| unused.pass(passed));
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

    /// Parts and total, with how a person writes them.
    fn add_up(&self, person: &Person, lines: &[Line]) -> (Vec<PartLine>, String, Amount, Amount) {
        let parts = self.parts_of(person);
        let mut results: BTreeMap<&str, (Amount, String)> = BTreeMap::new();
        // A part can stand before or after the parts within it; a circle adds nothing.
        let mut waiting: Vec<&Part> = parts.clone();
        while !waiting.is_empty() {
            let (ready, rest): (Vec<&Part>, Vec<&Part>) = waiting.iter().partition(|part| {
                waiting
                    .iter()
                    .all(|inner| inner.part.as_deref() != Some(part.key.as_str()))
            });
            if ready.is_empty() {
                break;
            }
            for part in ready {
                let held = held(&part.key, &parts, lines, &results);
                results.insert(&part.key, combine(part, &held));
            }
            waiting = rest;
        }
        let part_lines = parts
            .iter()
            .filter_map(|part| {
                let (exact, arithmetic) = results.get(part.key.as_str())?;
                Some(PartLine {
                    key: part.key.clone(),
                    part: part.part.clone().unwrap_or_else(|| TOTAL.to_owned()),
                    clause: part.clause.clone(),
                    title: part.title.clone(),
                    arithmetic: arithmetic.clone(),
                    points: exact.to_points(),
                    exact: *exact,
                })
            })
            .collect();
        let rule = self.total(subject_kind(person));
        let held = held(TOTAL, &parts, lines, &results);
        let (exact, mut arithmetic) = added(rule.start, &held);
        let (exact, suffix) = bounded(exact, rule.floor, rule.cap);
        arithmetic.push_str(&suffix);
        let total = rounded(&rule, exact);
        if total != exact {
            let (to, mode) = (rule.rounding.to, rule.rounding.mode.zh());
            arithmetic = format!("{arithmetic}，按 {to} {mode}为 {total} 分");
        }
        (part_lines, arithmetic, exact, total)
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
            stay: sheet.stay,
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
                    finding: finding.text,
                    facts: finding.facts,
                }
            })
            .collect()
    }

    /// The grade, and what is missing for the next one.
    fn grade(&self, sheet: &mut Sheet, person: &Person, inside: &[&Live<'_>], total: Amount) {
        let grades = self.grades(subject_kind(person));
        if grades.is_empty() {
            return;
        }
        let overriding = self.rulebook().overrides.iter().find_map(|one| {
            let live = inside
                .iter()
                .find(|live| means_any(&one.when, live, person))?;
            Some((one, live))
        });
        if let Some((rule, live)) = overriding
            && let Some(grade) = grades.iter().find(|grade| grade.key == rule.grade)
        {
            let fact = live.fact;
            let note = format!(
                "{}：{}（{}，{}）",
                rule.clause, rule.text, fact.on, fact.title
            );
            sheet.set_grade(grade, Some(note));
            return;
        }
        let unmet: Vec<&Requirement> = self
            .requirements_of(person)
            .into_iter()
            .filter(|one| {
                sheet
                    .requirements
                    .iter()
                    .any(|line| line.key == one.key && !line.met)
            })
            .collect();
        let reaches = |grade: &Grade| bound_holds(grade, total);
        let barred = |index: usize, grade: &Grade| -> Vec<&Requirement> {
            unmet
                .iter()
                .copied()
                .filter(|one| {
                    let asked = grade.needs.contains(&one.key);
                    let at_most = one.grade_at_most.as_ref();
                    let limit = at_most
                        .and_then(|limit| grades.iter().position(|grade| grade.key == *limit));
                    asked || limit.is_some_and(|limit| index < limit)
                })
                .collect()
        };
        let last = grades.len() - 1;
        let given = grades
            .iter()
            .enumerate()
            .position(|(index, grade)| reaches(grade) && barred(index, grade).is_empty())
            .unwrap_or(last);
        let missed = grades[..given]
            .iter()
            .enumerate()
            .find(|(_, grade)| reaches(grade));
        let note = missed.map(|(index, grade)| {
            let titles: Vec<String> = barred(index, grade)
                .iter()
                .map(|one| format!("「{}」（{}）", one.title, one.clause))
                .collect();
            format!("分数达到「{}」，但未完成{}", grade.title, titles.join("、"))
        });
        sheet.set_grade(grades[given], note);
        if 0 < given {
            let next = grades[given - 1];
            let bound = next.at_least.or(next.above).unwrap_or_default();
            let step = self.total(subject_kind(person)).rounding.to;
            let lacking = if reaches(next) {
                Amount::ZERO
            } else if next.above.is_some() {
                bound + step - total
            } else {
                bound - total
            };
            sheet.next_grade = Some(NextGrade {
                title: next.title.clone(),
                points: lacking.to_points(),
                requirements: barred(given - 1, next)
                    .iter()
                    .map(|one| one.title.clone())
                    .collect(),
                until: sheet.period.last,
            });
        }
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

impl Sheet {
    pub(super) fn set_grade(&mut self, grade: &Grade, note: Option<String>) {
        self.grade = Some(grade.title.clone());
        self.grade_key = Some(grade.key.clone());
        self.grade_note = note;
    }
}

/// Whether a total is within the bound of a grade; the last grade has none.
fn bound_holds(grade: &Grade, total: Amount) -> bool {
    grade.at_least.is_none_or(|bound| bound <= total)
        && grade.above.is_none_or(|bound| bound < total)
}

/// The closed periods before one, by date.
pub(super) fn before(closed: &[Closed], period: Period) -> Vec<Closed> {
    let mut before: Vec<Closed> = closed
        .iter()
        .filter(|one| one.period.last < period.first)
        .cloned()
        .collect();
    before.sort_by_key(|one| one.period.first);
    before
}

fn stay(person: &Person, period: Period) -> Option<Stay> {
    person.was_there_in_part(period).then(|| {
        let (quarters, of) = period.whole_quarters(person.joined_on, person.left_on);
        Stay { quarters, of }
    })
}

/// What goes into a part, with its titles.
fn held(
    part: &str,
    parts: &[&Part],
    lines: &[Line],
    results: &BTreeMap<&str, (Amount, String)>,
) -> Vec<(String, Amount)> {
    let inner = parts
        .iter()
        .filter(|inner| inner.part.as_deref().unwrap_or(TOTAL) == part)
        .filter_map(|inner| Some((inner.title.clone(), results.get(inner.key.as_str())?.0)));
    let rules = lines
        .iter()
        .filter(|line| line.part == part)
        .map(|line| (line.title.clone(), line.exact));
    inner.chain(rules).collect()
}

fn combine(part: &Part, held: &[(String, Amount)]) -> (Amount, String) {
    let (sum, mut text) = match part.combine {
        Combine::Sum => added(part.start, held),
        Combine::Best => {
            let best = held
                .iter()
                .rev()
                .max_by(|(_, left), (_, right)| left.cmp(right));
            let (sum, text) = match best {
                Some((title, amount)) => (*amount, format!("取最高一项「{title}」{amount} 分")),
                None => (Amount::ZERO, "没有可取的项目，0 分".to_owned()),
            };
            let start = part.start;
            if start == Amount::ZERO {
                (sum, text)
            } else {
                (start + sum, format!("{start} 分起，{text}"))
            }
        }
    };
    let (sum, suffix) = bounded(sum, part.floor, part.cap);
    text.push_str(&suffix);
    (sum, text)
}

/// `50 - 10（缺席全体会议）= 40 分`.
fn added(start: Amount, held: &[(String, Amount)]) -> (Amount, String) {
    let sum = start + held.iter().map(|(_, amount)| *amount).sum::<Amount>();
    let mut text = if start == Amount::ZERO {
        String::new()
    } else {
        start.to_string()
    };
    for (title, amount) in held.iter().filter(|(_, amount)| *amount != Amount::ZERO) {
        let (sign, size) = if amount.is_negative() {
            ("-", -*amount)
        } else {
            ("+", *amount)
        };
        match (text.is_empty(), sign) {
            (true, "+") => {}
            (true, _) => text.push('-'),
            (false, _) => text.push_str(&format!(" {sign} ")),
        }
        text.push_str(&format!("{size}（{title}）"));
    }
    if text.is_empty() {
        return (sum, format!("{sum} 分"));
    }
    text.push_str(&format!(" = {sum} 分"));
    (sum, text)
}

fn bounded(sum: Amount, floor: Option<Amount>, cap: Option<Amount>) -> (Amount, String) {
    match (floor, cap) {
        (_, Some(cap)) if cap < sum => (cap, format!("，上限 {cap} 分，计 {cap} 分")),
        (Some(floor), _) if sum < floor => (floor, format!("，最低 {floor} 分，计 {floor} 分")),
        _ => (sum, String::new()),
    }
}

fn rounded(rule: &Total, exact: Amount) -> Amount {
    exact.rounded(rule.rounding.to, rule.rounding.mode)
}

fn invitations(person: &Person, inside: &[&Live<'_>]) -> Invitations {
    let mut all = Invitations::default();
    for live in inside {
        if live.fact.kind != "attendance" || live.fact.subject != person.subject {
            continue;
        }
        // As it was, not as a clause deems it to be.
        let words = live.fact.attributes.get("status").map(super::Value::words);
        let status = words
            .and_then(<[String]>::first)
            .and_then(|word| word.parse().ok());
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

/// The facts of the period that earned nothing.
struct UnusedList<'a> {
    fallen: Vec<Unused>,
    inside: Vec<(&'a Live<'a>, bool)>,
    passed: Vec<Unused>,
    /// Every kind that some rule or condition looks at.
    known: Vec<&'a str>,
}

impl<'a> UnusedList<'a> {
    fn new(
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

    fn pass(&mut self, (live, reason, words): super::claim::Passed<'_>) {
        self.passed.push(unused(live.fact, reason, words));
        self.used(live);
    }

    fn used(&mut self, live: &Live<'_>) {
        let at = |one: &Live<'_>| (one.fact.on, one.fact.id);
        if let Ok(index) = self
            .inside
            .binary_search_by_key(&at(live), |(one, _)| at(one))
        {
            self.inside[index].1 = true;
        }
    }

    /// All of them by date. What some rule counted is not listed as passed over by another.
    fn finish(self, sheet: &Sheet) -> Vec<Unused> {
        let mut all = self.fallen;
        let counted: std::collections::HashSet<_> = sheet
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
            all.push(unused(live.fact, reason, reason.zh().to_owned()));
        }
        all.sort_by(|a, b| (a.on, a.id, a.reason).cmp(&(b.on, b.id, b.reason)));
        all.dedup_by(|a, b| a.id == b.id && a.reason == b.reason && a.explanation == b.explanation);
        all
    }
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
