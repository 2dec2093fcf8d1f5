//! Whether a condition holds of somebody, and why, in words.

use std::collections::{BTreeMap, HashSet};

use super::amount::Amount;
use super::condition::{Condition, Within};
use super::describe::{describe, describe_tests};
use super::live::Live;
use super::matching::{means_any, passes_all};
use super::part_year::{Asked, Office, asked, asked_in, whole_part};
use super::pattern::{Bounds, Pattern};
use super::period::Period;
use super::person::Person;
use super::rulebook::{PartYear, PeriodRule, PeriodUnit};
use super::scheme::{Scheme, TOTAL};
use super::sheet::{Closed, Invitations};
use super::verdict::Verdict;
use crate::ids::FactId;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it holds; what is not asked of him does, and its opposite does not.
    pub holds: bool,
    /// Whether it rests on anything that is asked of him or is plainly so.
    pub asked: bool,
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
    /// Whether each requirement that was asked of him is met, by key.
    pub requirements: &'a BTreeMap<String, bool>,
    /// What became of the invitations.
    pub attendance: Invitations,
    /// The closed periods of the term before this one, by date.
    pub closed: &'a [Closed],
    /// Whether the membership was broken just before this period.
    pub after_break: bool,
    /// When he was in office.
    pub office: Office,
    /// Whether this is asked of him as a duty, so that a stay of only a part of the period reduces
    /// what is asked; what a review looks at, and the opposite of anything, stays as it is.
    pub duty: bool,
    /// Whether the period is a closed one.
    pub past: bool,
}

impl Case<'_> {
    /// Whether the condition holds, and why.
    pub fn judge(&self, condition: &Condition) -> Finding {
        if condition.consecutive.is_some() || condition.times_in_term.is_some() {
            return self.over_periods(condition);
        }
        if let Some(parts) = &condition.all {
            let found: Vec<Finding> = parts.iter().map(|part| self.judge(part)).collect();
            let verdict = Verdict::of_several(&verdicts(&found), found.len() as u64);
            return Finding::joined(verdict, "且", found);
        }
        if let Some(parts) = &condition.any {
            return self.any(parts, condition.at_least);
        }
        if let Some(inner) = &condition.not {
            let blame = Self {
                duty: false,
                ..*self
            };
            let found = blame.judge(inner);
            let actual = match (found.asked, found.holds) {
                (true, true) => "成立",
                (true, false) => "不成立",
                (false, _) => "不适用",
            };
            let text = format!("{}（条件为此项不成立，实际{actual}）", found.text);
            return Finding::of(found.verdict().not(), Finding { text, ..found });
        }
        match condition.each {
            Some(unit) => self.in_each(unit, condition),
            None => self.measure(condition),
        }
    }

    /// Whether one of several holds, or so many of them.
    fn any(&self, parts: &[Condition], at_least: Option<Amount>) -> Finding {
        let found: Vec<Finding> = parts.iter().map(|part| self.judge(part)).collect();
        let asked = at_least.map_or(1, Amount::floor);
        let verdict = Verdict::of_several(&verdicts(&found), asked);
        let held = found.iter().filter(|one| one.applies()).count();
        let several = at_least.map(|asked| {
            let spared = found.iter().filter(|one| one.holds && !one.asked).count();
            let spared = match spared {
                0 => String::new(),
                _ => format!("、不作要求 {spared} 项"),
            };
            let of = found.len();
            format!("{of} 项中满足 {held} 项{spared}，要求不少于 {asked} 项：")
        });
        // Of several ways to be meant, a person reads the one that he is meant by.
        let found = if 0 < held && verdict.holds && several.is_none() {
            found.into_iter().filter(Finding::applies).collect()
        } else {
            found
        };
        let mut joined = Finding::joined(verdict, "或", found);
        joined.text = several.unwrap_or_default() + &joined.text;
        joined
    }

    /// Whether the rest of the condition holds in each part of the period: of a duty, in those
    /// parts in which it is asked of him; otherwise in those in which he is in office at all. The
    /// number asked in a part is that of everybody.
    fn in_each(&self, unit: PeriodUnit, condition: &Condition) -> Finding {
        let inner = Condition {
            each: None,
            ..condition.clone()
        };
        let policy = self.scheme.rulebook().part_year.requirements;
        let in_part = self.duty && !self.office.covers(self.period);
        if in_part && policy == PartYear::Waived {
            return Finding::spared("在任不满全期，不作要求".to_owned());
        }
        let policy = if in_part { policy } else { PartYear::Full };
        let parts = self.period.parts(unit);
        let all = parts.len();
        let found: Vec<(usize, Finding)> = (1..)
            .zip(parts)
            .filter(|(_, part)| asked_in(*part, policy, self.office))
            .map(|(number, period)| {
                let part = Self {
                    period,
                    duty: false,
                    ..*self
                };
                (number, part.judge(&inner))
            })
            .collect();
        if found.is_empty() {
            return Finding::spared(format!("在任不满一个{}，不作要求", whole_part(unit)));
        }
        let texts: Vec<String> = found
            .iter()
            .filter(|(_, one)| !one.holds)
            .map(|(number, one)| format!("第 {number} 个{}：{}", unit.zh(), one.text))
            .collect();
        let among = match found.len() {
            number if number == all => format!("每个{}都", unit.zh()),
            number if policy == PartYear::Full => format!("在任的 {number} 个{}都", unit.zh()),
            number => format!("在任的 {number} 个{}都", whole_part(unit)),
        };
        let text = if texts.is_empty() {
            format!("{among}符合")
        } else if found.len() < all {
            format!("要求{among}符合；{}", texts.join("；"))
        } else {
            texts.join("；")
        };
        let found: Vec<Finding> = found.into_iter().map(|(_, one)| one).collect();
        let verdict = Verdict::of_several(&verdicts(&found), found.len() as u64);
        Finding {
            text,
            ..Finding::joined(verdict, "", found)
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
            let requirements = &self.scheme.rulebook().requirements;
            let requirement = requirements.iter().find(|one| one.key == *key);
            let title = requirement.map_or(key.as_str(), |one| one.title.as_str());
            return match self.requirements.get(key) {
                Some(true) => Finding::plain(true, format!("「{title}」已完成")),
                Some(false) => Finding::plain(false, format!("「{title}」未完成")),
                None if self.past => Finding::spared(format!("「{title}」没有要求或没有记载")),
                None => Finding::spared(format!("「{title}」对其不作要求")),
            };
        }
        if let Some(tests) = &condition.member {
            let holds = passes_all(tests, &self.person.traits, &self.person.traits);
            let text = describe_tests(self.scheme, "", tests);
            return Finding::plain(holds, text);
        }
        if let Some(expected) = condition.part_of_period {
            let part = !self.office.covers(self.period);
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
        let what = describe(self.scheme, patterns);
        let when = within.filter(|_| !in_period).map_or("", Within::zh);
        let counted = match sum {
            None => format!("{number} 次"),
            Some(_) => format!("合计 {number}"),
        };
        let mut bounds = bounds;
        let mut why = None;
        if in_period && let Some(asked) = self.asked_of_him(bounds) {
            if asked.of_him {
                bounds.at_least = Some(asked.number);
            } else if !bounds.hold(number) {
                let words = asked.why.unwrap_or_default();
                let spared = Finding::spared(format!("{what} {counted}，{words}"));
                return Finding { facts, ..spared };
            }
            why = asked.why;
        }
        let why = why.map_or_else(String::new, |why| format!("（{why}）"));
        let text = format!("{when}{what} {counted}，条件为{bounds}{why}");
        Finding {
            facts,
            ..Finding::plain(bounds.hold(number), text)
        }
    }

    /// What of a plain 「不少于」 is asked of somebody as a duty; none of any other bound, and none
    /// where it is no duty.
    fn asked_of_him(&self, bounds: Bounds) -> Option<Asked> {
        let number = bounds.at_least.filter(|_| self.duty)?;
        let plain = Bounds {
            at_least: Some(number),
            ..Bounds::default()
        };
        let rule = self.scheme.rulebook().part_year;
        let stay = self.office.stay(self.period);
        (bounds == plain).then(|| asked(number, rule.requirements, rule, stay))
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
}

impl Finding {
    /// Whether it holds by something that is asked of him or plainly so: whom a review lists.
    pub const fn applies(&self) -> bool {
        self.holds && self.asked
    }

    const fn verdict(&self) -> Verdict {
        Verdict {
            holds: self.holds,
            asked: self.asked,
        }
    }

    fn of(verdict: Verdict, other: Self) -> Self {
        Self {
            holds: verdict.holds,
            asked: verdict.asked,
            ..other
        }
    }

    pub(super) fn plain(holds: bool, text: String) -> Self {
        Self {
            holds,
            asked: true,
            text,
            facts: Vec::new(),
        }
    }

    /// Of what is not asked of him.
    fn spared(text: String) -> Self {
        Self::of(Verdict::SPARED, Self::plain(true, text))
    }

    fn joined(verdict: Verdict, word: &str, found: Vec<Self>) -> Self {
        let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        let joined = Self {
            text: texts.join(&format!("；{word}")),
            facts: found.into_iter().flat_map(|one| one.facts).collect(),
            ..Self::plain(true, String::new())
        };
        Self::of(verdict, joined)
    }
}

fn verdicts(found: &[Finding]) -> Vec<Verdict> {
    found.iter().map(Finding::verdict).collect()
}
