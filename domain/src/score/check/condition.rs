//! Whether conditions ask one thing each, of what there is and what is known by then.

use super::super::amount::Amount;
use super::super::condition::{Condition, Within};
use super::super::pattern::Bounds;
use super::super::rulebook::{PeriodUnit, SubjectKind};
use super::{Check, TOTAL, Whose};

/// Who is asked about, and what is known already when it is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// About whom.
    pub subject: SubjectKind,
    /// Whether requirements have been looked at.
    pub requirements_known: bool,
    /// Whether grades have been given.
    pub grades_known: bool,
    /// Whether several periods are looked at.
    pub over_periods: bool,
}

impl Asked {
    /// After everything.
    pub const fn at_the_end(subject: SubjectKind) -> Self {
        Self {
            subject,
            requirements_known: true,
            grades_known: true,
            over_periods: false,
        }
    }

    /// Between requirements and grades.
    pub const fn before_grades(subject: SubjectKind) -> Self {
        Self {
            grades_known: false,
            ..Self::at_the_end(subject)
        }
    }

    /// Before requirements have been looked at.
    pub const fn before_requirements(subject: SubjectKind) -> Self {
        Self {
            requirements_known: false,
            ..Self::before_grades(subject)
        }
    }
}

impl Check<'_> {
    pub(super) fn condition(&mut self, at: &str, condition: &Condition, asked: Asked) {
        let asked = self.periods(at, condition, asked);
        if !self.asks_one_thing(at, condition) {
            return;
        }
        self.combined(at, condition, asked);
        self.counted(at, condition, asked);
        if let Some(key) = &condition.points {
            self.points_of(&format!("{at}.points"), key, asked);
            self.measured(at, condition);
        }
        if let Some(bounds) = condition.attendance {
            self.attendance(&format!("{at}.attendance"), bounds);
        }
        if let Some(grades) = &condition.grade {
            self.asks_grade(&format!("{at}.grade"), grades, asked);
        }
        if let Some(key) = &condition.requirement {
            self.asks_requirement(&format!("{at}.requirement"), key, asked);
        }
        if let Some(tests) = &condition.member {
            let at = format!("{at}.member");
            if tests.is_empty() {
                self.wrong(
                    &at,
                    "应写明对被考核的人的要求，如 { position = \"standing_member\" }",
                );
            }
            self.traits(&at, tests, Whose::Of(asked.subject));
        }
        if condition.part_of_period.is_some() && asked.subject == SubjectKind::Group {
            self.wrong(
                format!("{at}.part_of_period"),
                "只用于委员：活动组没有任职起止",
            );
        }
        self.stray(at, condition);
    }

    /// Whether exactly one measure or combination is given.
    fn asks_one_thing(&mut self, at: &str, condition: &Condition) -> bool {
        let given: Vec<&str> = [
            ("all", condition.all.is_some()),
            ("any", condition.any.is_some()),
            ("not", condition.not.is_some()),
            ("count", condition.count.is_some()),
            ("points", condition.points.is_some()),
            ("attendance", condition.attendance.is_some()),
            ("grade", condition.grade.is_some()),
            ("requirement", condition.requirement.is_some()),
            ("member", condition.member.is_some()),
            ("part_of_period", condition.part_of_period.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        if given.len() == 1 {
            return true;
        }
        let stands = if given.is_empty() {
            "一个也没有写".to_owned()
        } else {
            format!("写了 {}，几个条件请用 all = [ ] 合起来", given.join("、"))
        };
        self.wrong(
            at,
            format!(
                "一个条件应写且只写 all、any、not、count、points、attendance、grade、requirement、\
                 member、part_of_period 中的一个，这里{stands}"
            ),
        );
        false
    }

    fn combined(&mut self, at: &str, condition: &Condition, asked: Asked) {
        let lists = [("all", &condition.all), ("any", &condition.any)];
        for (name, list) in lists {
            let Some(list) = list else { continue };
            let at = format!("{at}.{name}");
            if list.is_empty() {
                self.wrong(&at, "列表是空的，应至少写一个条件");
            }
            for (index, condition) in list.iter().enumerate() {
                self.condition(&format!("{at}[{index}]"), condition, asked);
            }
        }
        if let Some(condition) = &condition.not {
            self.condition(&format!("{at}.not"), condition, asked);
        }
        if let (Some(any), Some(least)) = (&condition.any, condition.at_least) {
            let possible = (1..=any.len()).filter_map(|number| i64::try_from(number).ok());
            if possible.map(Amount::whole).all(|number| number != least) {
                self.wrong(
                    format!("{at}.at_least"),
                    format!(
                        "at_least 说明 {} 个条件中至少要满足几个，应为 1 到 {} 的整数，这里是 {least}",
                        any.len(),
                        any.len()
                    ),
                );
            }
        }
    }

    fn counted(&mut self, at: &str, condition: &Condition, asked: Asked) {
        if let Some(patterns) = &condition.count {
            self.patterns(&format!("{at}.count"), patterns, Whose::Of(asked.subject));
            if let Some(name) = &condition.sum
                && let Some(kinds) = self.kinds_of(patterns)
            {
                self.number_of(&format!("{at}.sum"), name, &kinds);
            }
            self.measured(at, condition);
            if condition.sum.is_none() {
                self.telling(at, condition.bounds(), Amount::ZERO, None);
            }
        } else if condition.sum.is_some() {
            self.wrong(
                format!("{at}.sum"),
                "sum 只与 count 一起用：把所数各件事的某个数加起来",
            );
        }
        if let Some(unit) = condition.each {
            let at = format!("{at}.each");
            if condition.count.is_none() {
                self.wrong(&at, "each 只与 count 一起用：在每一段内分别计数");
            } else if condition
                .within
                .is_some_and(|within| within != Within::Period)
            {
                self.wrong(
                    &at,
                    "each 把本考核期分段计数，不能与 within 的本年度、本届合用",
                );
            }
            self.shorter(&at, unit);
        }
        let Some(within) = condition.within else {
            return;
        };
        let at = format!("{at}.within");
        if condition.count.is_none() {
            self.wrong(&at, "within 只与 count 一起用：说明在多长时间内计数");
        } else if asked.over_periods && within != Within::Period {
            self.wrong(
                &at,
                "已用 consecutive 或 times_in_term 逐期判断，每期只看本期，请删去 within",
            );
        } else if within == Within::Year && self.book.period.unit == PeriodUnit::Term {
            self.wrong(&at, "考核期为一届时没有「本年度」，应写 period 或 term");
        }
    }

    /// A measure that is compared with bounds.
    fn measured(&mut self, at: &str, condition: &Condition) {
        self.bounds(at, condition.bounds());
    }

    fn points_of(&mut self, at: &str, key: &str, asked: Asked) {
        let subject = asked.subject;
        if key == TOTAL {
            if self.total_of(subject).is_none() {
                self.wrong(
                    at,
                    format!("细则没有规定{}的总分，不能以总分为条件", subject.zh()),
                );
            }
            return;
        }
        let mut known = self.earning(subject);
        known.push((TOTAL, "总分"));
        self.one_of(at, &format!("{}的部分或条款", subject.zh()), key, &known);
    }

    fn attendance(&mut self, at: &str, bounds: Bounds) {
        self.bounds(at, bounds);
        let given = [bounds.at_least, bounds.above, bounds.at_most, bounds.below];
        let share = |bound: &Amount| !bound.is_negative() && *bound <= Amount::ONE;
        match given.iter().flatten().find(|bound| !share(bound)) {
            Some(bound) => self.wrong(
                at,
                format!("出席率在 0 与 1 之间，如八成写 0.8，这里是 {bound}"),
            ),
            None => self.telling(at, bounds, Amount::ZERO, Some(Amount::ONE)),
        }
    }

    fn asks_grade(&mut self, at: &str, grades: &[String], asked: Asked) {
        if !asked.grades_known {
            self.wrong(
                at,
                "这时本期等次还没有定，不能以它为条件；问往期等次请与 times_in_term 合用",
            );
        }
        if grades.is_empty() {
            self.wrong(at, "列表是空的，应至少写一个等次");
        }
        let known = self.grades_for(asked.subject);
        for (index, grade) in grades.iter().enumerate() {
            let what = format!("{}等次", asked.subject.zh());
            self.one_of(&format!("{at}[{index}]"), &what, grade, &known);
        }
    }

    fn asks_requirement(&mut self, at: &str, key: &str, asked: Asked) {
        if !asked.requirements_known {
            self.wrong(
                at,
                "必做不能以本期的另一项必做为条件，请直接写出那一项的条件",
            );
        }
        let known = self.requirements_for(asked.subject);
        self.one_of(at, &format!("{}的必做", asked.subject.zh()), key, &known);
    }

    /// How often it must hold; within it, what each period closed with is known.
    fn periods(&mut self, at: &str, condition: &Condition, asked: Asked) -> Asked {
        let counts = [
            ("consecutive", condition.consecutive),
            ("times_in_term", condition.times_in_term),
        ];
        let months = |unit: PeriodUnit| unit.months().unwrap_or(60);
        let unit = self.book.period.unit;
        let in_a_term = 60 / months(unit);
        for (name, count) in counts {
            let Some(count) = count else { continue };
            let at = format!("{at}.{name}");
            if !(1..=in_a_term).contains(&count) {
                self.wrong(
                    &at,
                    format!(
                        "一届有 {in_a_term} 个考核期（{}），这里应为 1 到 {in_a_term}，不能是 {count}",
                        unit.zh()
                    ),
                );
            }
            if asked.over_periods {
                self.wrong(&at, "外层已写 consecutive 或 times_in_term，不能再套一层");
            }
        }
        if let (Some(row), Some(times)) = (condition.consecutive, condition.times_in_term)
            && times != 1
        {
            self.wrong(
                format!("{at}.times_in_term"),
                format!(
                    "连续 {row} 期与累计 {times} 期是两个条件，不能写在一起：有一个成立就算的，\
                     写 any = [{{ ……, consecutive = {row} }}, {{ ……, times_in_term = {times} }}]；\
                     都要成立的用 all。times_in_term = 1 与 consecutive 合写，是本届里任何时候曾经连续"
                ),
            );
        }
        let over_periods = condition.consecutive.or(condition.times_in_term).is_some();
        if condition.break_resets && !over_periods {
            self.wrong(
                format!("{at}.break_resets"),
                "break_resets 只与 consecutive 或 times_in_term 一起用",
            );
        }
        if condition.times_in_term.is_some() {
            // The earlier periods have closed; the one that is looked at does not count yet.
            return Asked {
                over_periods,
                ..Asked::at_the_end(asked.subject)
            };
        }
        Asked {
            over_periods: asked.over_periods || over_periods,
            ..asked
        }
    }

    /// Bounds where nothing is measured.
    fn stray(&mut self, at: &str, condition: &Condition) {
        if condition.count.is_some() || condition.points.is_some() {
            return;
        }
        let bounds = [
            ("at_least", condition.at_least),
            ("above", condition.above),
            ("at_most", condition.at_most),
            ("below", condition.below),
        ];
        for (name, bound) in bounds {
            let of_any = name == "at_least" && condition.any.is_some();
            if bound.is_some() && !of_any {
                let hint = if condition.attendance.is_some() {
                    "，出席率的界限应写在 attendance = { } 里面"
                } else {
                    "，只有 count、points 才有界限，any 可写 at_least"
                };
                self.wrong(format!("{at}.{name}"), format!("这里不应写 {name}{hint}"));
            }
        }
    }
}
