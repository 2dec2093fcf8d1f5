//! Whether a condition holds of somebody, and why, in words.

use std::collections::{BTreeMap, HashSet};

use super::amount::Amount;
use super::condition::{Condition, Within};
use super::earn::reduced;
use super::live::Live;
use super::matching::{means_any, passes_all};
use super::pattern::{Bounds, Pattern, Test, Tests};
use super::period::Period;
use super::person::Person;
use super::rulebook::{PartYear, PeriodRule, PeriodUnit};
use super::scheme::{Scheme, TOTAL};
use super::sheet::{Closed, Invitations, Stay};
use crate::ids::FactId;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it holds.
    pub holds: bool,
    /// What was found and what is asked, as a person reads it.
    pub text: String,
    /// The facts that were counted.
    pub facts: Vec<FactId>,
}

/// Everything a condition can look at.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub scheme: &'a Scheme,
    pub person: &'a Person,
    /// The period that is looked at.
    pub period: Period,
    /// The facts of the term that stand, by date.
    pub live: &'a [Live<'a>],
    /// What rules and parts came to, by key.
    pub points: &'a BTreeMap<String, Amount>,
    /// The rounded total.
    pub total: Amount,
    /// The key of the grade.
    pub grade: Option<&'a str>,
    /// Whether each requirement is met, by key.
    pub requirements: &'a BTreeMap<String, bool>,
    /// What became of the invitations.
    pub attendance: Invitations,
    /// The closed periods of the term before this one, by date.
    pub closed: &'a [Closed],
    /// Whether the membership was broken just before this period.
    pub after_break: bool,
    /// How much of the period he was there, where numbers asked are reduced by it.
    pub stay: Option<Stay>,
}

impl<'a> Case<'a> {
    /// Whether the condition holds, and why.
    pub fn judge(&self, condition: &Condition) -> Finding {
        if condition.consecutive.is_some() || condition.times_in_term.is_some() {
            return self.over_periods(condition);
        }
        if let Some(parts) = &condition.all {
            let found: Vec<Finding> = parts.iter().map(|part| self.judge(part)).collect();
            let holds = found.iter().all(|one| one.holds);
            return Finding::joined(holds, "且", found);
        }
        if let Some(parts) = &condition.any {
            let found: Vec<Finding> = parts.iter().map(|part| self.judge(part)).collect();
            let held = found.iter().filter(|one| one.holds).count();
            let asked = condition.at_least.map_or(1, Amount::floor);
            let holds = asked <= held as u64;
            let several = condition.at_least.map(|asked| {
                format!(
                    "{} 项中满足 {held} 项，要求不少于 {asked} 项：",
                    found.len()
                )
            });
            // Of several ways to be meant, a person reads the one that he is meant by.
            let found = if holds && several.is_none() {
                found.into_iter().filter(|one| one.holds).collect()
            } else {
                found
            };
            let mut joined = Finding::joined(holds, "或", found);
            joined.text = several.unwrap_or_default() + &joined.text;
            return joined;
        }
        if let Some(inner) = &condition.not {
            let inner = self.judge(inner);
            let holds = if inner.holds { "成立" } else { "不成立" };
            return Finding {
                holds: !inner.holds,
                text: format!("{}（条件为此项不成立，实际{holds}）", inner.text),
                facts: inner.facts,
            };
        }
        match condition.each {
            Some(unit) => self.in_each(unit, condition),
            None => self.measure(condition),
        }
    }

    /// Whether the rest of the condition holds in each part of the period.
    fn in_each(&self, unit: PeriodUnit, condition: &Condition) -> Finding {
        let inner = Condition {
            each: None,
            ..condition.clone()
        };
        let found: Vec<(usize, Finding)> = (1..)
            .zip(self.period.parts(unit))
            .map(|(number, period)| (number, Self { period, ..*self }.judge(&inner)))
            .collect();
        let texts: Vec<String> = found
            .iter()
            .filter(|(_, one)| !one.holds)
            .map(|(number, one)| format!("第 {number} 个{}：{}", unit.zh(), one.text))
            .collect();
        let text = if texts.is_empty() {
            format!("每个{}都符合", unit.zh())
        } else {
            texts.join("；")
        };
        Finding {
            holds: found.iter().all(|(_, one)| one.holds),
            text,
            facts: found.into_iter().flat_map(|(_, one)| one.facts).collect(),
        }
    }

    fn measure(&self, condition: &Condition) -> Finding {
        let bounds = condition.bounds();
        if let Some(patterns) = &condition.count {
            return self.count(patterns, condition.sum.as_deref(), condition.within, bounds);
        }
        if let Some(key) = &condition.points {
            let points = if key == TOTAL {
                self.total
            } else {
                self.points.get(key).copied().unwrap_or_default()
            };
            let title = self.scheme.title(key);
            let text = format!("「{title}」{points} 分，条件为{bounds} 分");
            return Finding::plain(bounds.hold(points), text);
        }
        if let Some(bounds) = &condition.attendance {
            let Some(share) = self.attendance.share() else {
                return Finding::plain(true, "没有应出席的活动".to_owned());
            };
            let (attended, of) = (share.attended, share.of);
            let holds = bounds.hold(Amount::fraction(i64::from(attended), i64::from(of)));
            let text = format!("应出席 {of} 次，出席 {attended} 次，出席率条件为{bounds}");
            return Finding::plain(holds, text);
        }
        if let Some(grades) = &condition.grade {
            let holds = self
                .grade
                .is_some_and(|grade| grades.iter().any(|one| one == grade));
            let title = |key: &str| {
                let grades = &self.scheme.rulebook().grades;
                let grade = grades.iter().find(|grade| grade.key == key);
                grade.map_or(key.to_owned(), |grade| grade.title.clone())
            };
            let own = self.grade.map_or("未定".to_owned(), title);
            let asked: Vec<String> = grades.iter().map(|key| title(key)).collect();
            let text = format!("等次「{own}」，条件为「{}」", asked.join("、"));
            return Finding::plain(holds, text);
        }
        if let Some(key) = &condition.requirement {
            let met = self.requirements.get(key).copied().unwrap_or(false);
            let requirements = &self.scheme.rulebook().requirements;
            let requirement = requirements.iter().find(|one| one.key == *key);
            let title = requirement.map_or(key.as_str(), |one| one.title.as_str());
            let text = format!("「{title}」{}", if met { "已完成" } else { "未完成" });
            return Finding::plain(met, text);
        }
        if let Some(tests) = &condition.member {
            let holds = passes_all(tests, &self.person.traits, &self.person.traits);
            let text = describe_tests(self.scheme, "", tests);
            return Finding::plain(holds, text);
        }
        if let Some(expected) = condition.part_of_period {
            let part = self.person.was_there_in_part(self.period);
            let text = if part {
                "在任不满全期"
            } else {
                "全期在任"
            };
            return Finding::plain(part == expected, text.to_owned());
        }
        Finding::plain(false, "条件没有内容".to_owned())
    }

    /// How many things, or what an attribute of them adds up to.
    fn count(
        &self,
        patterns: &[Pattern],
        sum: Option<&str>,
        within: Option<Within>,
        bounds: Bounds,
    ) -> Finding {
        let first = self.first_day(within.unwrap_or(Within::Period));
        let mut things = HashSet::new();
        let mut facts = Vec::new();
        let mut number = Amount::ZERO;
        for live in self.live {
            let on = live.fact.on;
            let inside = first.is_none_or(|first| first <= on) && on <= self.period.last;
            if !inside || !means_any(patterns, live, self.person) || !things.insert(live.thing()) {
                continue;
            }
            facts.push(live.fact.id);
            number = number
                + match sum {
                    None => Amount::ONE,
                    Some(name) => live
                        .attributes
                        .get(name)
                        .and_then(super::Value::number)
                        .unwrap_or_default(),
                };
        }
        let in_period = matches!(within, None | Some(Within::Period));
        let (bounds, reduced) = if in_period {
            self.reduced(bounds)
        } else {
            (bounds, None)
        };
        let what = describe(self.scheme, patterns);
        let when = within.filter(|_| !in_period).map_or("", Within::zh);
        let reduced = reduced
            .map(|words| format!("（{words}）"))
            .unwrap_or_default();
        let counted = match sum {
            None => format!("{number} 次"),
            Some(_) => format!("合计 {number}"),
        };
        Finding {
            holds: bounds.hold(number),
            text: format!("{when}{what} {counted}，条件为{bounds}{reduced}"),
            facts,
        }
    }

    /// Bounds as they are for somebody who was there for a part of the period.
    fn reduced(&self, bounds: Bounds) -> (Bounds, Option<String>) {
        let policy = self.scheme.rulebook().part_year;
        let mut why = None;
        let mut fewer = |bound: Option<Amount>| {
            bound.map(|asked| {
                let (asked, words) =
                    reduced(asked, policy.requirements, self.stay, policy.rounding);
                why = why.take().or(words);
                asked
            })
        };
        if policy.requirements == PartYear::Waived && self.stay.is_some() {
            let none = Bounds::default();
            return (none, Some("在任不满全期，不作要求".to_owned()));
        }
        let reduced = Bounds {
            at_least: fewer(bounds.at_least),
            above: fewer(bounds.above),
            ..bounds
        };
        (reduced, why)
    }

    fn first_day(&self, within: Within) -> Option<chrono::NaiveDate> {
        match within {
            Within::Period => Some(self.period.first),
            Within::Term => None,
            Within::Year => {
                let rule = PeriodRule {
                    unit: PeriodUnit::Year,
                    starts: self.scheme.rulebook().period.starts.clone(),
                };
                Some(rule.around(self.period.last).first.min(self.period.first))
            }
        }
    }

    /// Whether the rest of the condition holds in enough periods of the term.
    fn over_periods(&self, condition: &Condition) -> Finding {
        let (consecutive, times) = (condition.consecutive, condition.times_in_term);
        // Both: how many periods of the term such a row ends in.
        let row = consecutive.filter(|_| times.is_some());
        let inner = Condition {
            consecutive: row,
            times_in_term: None,
            break_resets: condition.break_resets && row.is_some(),
            ..condition.clone()
        };
        let condition = &Condition {
            consecutive: consecutive.filter(|_| row.is_none()),
            times_in_term: times,
            break_resets: condition.break_resets && row.is_none(),
            ..Condition::default()
        };
        // Newest first; a break ends the look back only where the rulebook says so. A period whose
        // grade is not decided yet says nothing about grades.
        let undecided = self.grade.is_none() && inner.asks_for_grades();
        let mut found = Vec::new();
        if !undecided {
            found.push((self.period, self.judge(&inner)));
        }
        let mut broken = condition.break_resets && self.after_break;
        for (index, closed) in self.closed.iter().enumerate().rev() {
            if broken {
                break;
            }
            found.push((closed.period, self.at(index, closed).judge(&inner)));
            broken = condition.break_resets && closed.after_break;
        }
        let (holds, held): (bool, Vec<_>) = match (condition.consecutive, condition.times_in_term) {
            (Some(asked), _) => {
                let row: Vec<_> = found.into_iter().take_while(|(_, one)| one.holds).collect();
                (asked as usize <= row.len(), row)
            }
            (None, asked) => {
                let held: Vec<_> = found.into_iter().filter(|(_, one)| one.holds).collect();
                (asked.unwrap_or(1) as usize <= held.len(), held)
            }
        };
        let asked = match condition.consecutive {
            Some(asked) => format!("连续 {asked} 个考核期"),
            None => format!("本届累计 {} 个考核期", condition.times_in_term.unwrap_or(1)),
        };
        let texts: Vec<String> = held
            .iter()
            .rev()
            .map(|(period, one)| format!("{}：{}", period.zh(), one.text))
            .collect();
        let texts = if texts.is_empty() {
            "没有一个考核期符合".to_owned()
        } else {
            texts.join("；")
        };
        Finding {
            holds,
            text: format!("条件为{asked}，符合 {} 个（{texts}）", held.len()),
            facts: held
                .into_iter()
                .rev()
                .flat_map(|(_, one)| one.facts)
                .collect(),
        }
    }

    /// The same person in a closed period, with what was closed before it.
    fn at(&self, index: usize, closed: &'a Closed) -> Self {
        Self {
            period: closed.period,
            points: &closed.points,
            total: closed.total.into(),
            grade: closed.grade.as_deref(),
            requirements: &closed.requirements,
            attendance: closed.attendance,
            closed: &self.closed[..index],
            after_break: closed.after_break,
            stay: None,
            ..*self
        }
    }
}

impl Finding {
    fn plain(holds: bool, text: String) -> Self {
        Self {
            holds,
            text,
            facts: Vec::new(),
        }
    }

    fn joined(holds: bool, word: &str, found: Vec<Self>) -> Self {
        let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        Self {
            holds,
            text: texts.join(&format!("；{word}")),
            facts: found.into_iter().flat_map(|one| one.facts).collect(),
        }
    }
}

/// What patterns mean, as a person reads it.
pub(super) fn describe(scheme: &Scheme, patterns: &[Pattern]) -> String {
    let texts: Vec<String> = patterns
        .iter()
        .map(|pattern| {
            let kind = scheme.vocabulary().kind(&pattern.kind);
            let title = kind.map_or(pattern.kind.as_str(), |kind| kind.title.as_str());
            if pattern.tests.is_empty() {
                title.to_owned()
            } else {
                let tests = describe_tests(scheme, &pattern.kind, &pattern.tests);
                format!("{title}（{tests}）")
            }
        })
        .collect();
    texts.join("或")
}

fn describe_tests(scheme: &Scheme, kind: &str, tests: &Tests) -> String {
    let vocabulary = scheme.vocabulary();
    let parts: Vec<String> = tests
        .iter()
        .map(|(name, test)| {
            let attribute = vocabulary.kind(kind).and_then(|kind| kind.attribute(name));
            let title = attribute.map_or(trait_title(name), |attribute| &attribute.title);
            let words = |words: &[String]| {
                let titles: Vec<&str> = words
                    .iter()
                    .map(|word| match name.as_str() {
                        "position" => position_title(word),
                        _ => vocabulary.title(kind, name, word),
                    })
                    .collect();
                titles.join("、")
            };
            match test {
                Test::OneOf(list) => format!("{title}为{}", words(list)),
                Test::Not { not } => format!("{title}不为{}", words(not)),
                Test::Is(true) => format!("{title}：是"),
                Test::Is(false) => format!("{title}：否"),
                Test::Within(bounds) => format!("{title}{bounds}"),
            }
        })
        .collect();
    parts.join("，")
}

fn position_title(word: &str) -> &str {
    word.parse()
        .map_or(word, |position: crate::people::Position| position.zh())
}

fn trait_title(name: &str) -> &str {
    match name {
        "position" => "职务",
        "sector" => "界别",
        "group" => "活动组",
        "special_committee" => "专委会",
        other => other,
    }
}
