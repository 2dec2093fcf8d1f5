//! Whether requirements, grades and overrides fit together.

use std::collections::BTreeSet;

use super::super::amount::{Amount, RoundingMode};
use super::super::pattern::Pattern;
use super::super::rulebook::{End, Grade, SubjectKind};
use super::condition::Asked;
use super::pattern::takes;
use super::suggest::unknown;
use super::{Check, Whose};

impl<'a> Check<'a> {
    pub(super) fn requirements(&mut self) {
        let book = self.book;
        let mut seen = BTreeSet::new();
        for (index, requirement) in book.requirements.iter().enumerate() {
            let at = format!("requirements[{index}]");
            let subject = requirement.subject;
            self.own_key(&at, &requirement.key, &mut seen);
            self.text(&format!("{at}.clause"), &requirement.clause);
            self.text(&format!("{at}.title"), &requirement.title);
            self.text(&format!("{at}.text"), &requirement.text);
            self.optional_text(&format!("{at}.choice"), requirement.choice.as_deref());
            self.traits(&format!("{at}.when"), &requirement.when, Whose::Of(subject));
            let asked = Asked::before_requirements(subject);
            self.condition(&format!("{at}.need"), &requirement.need, asked);
            if let Some(grade) = &requirement.grade_at_most {
                let known = self.grades_for(subject);
                let what = format!("{}等次", subject.zh());
                let at = format!("{at}.grade_at_most");
                self.one_of(&at, &what, grade, &known);
                if let Some((top, title)) = known.first()
                    && top == grade
                {
                    self.wrong(
                        at,
                        format!("「{title}」是最高一等，没完成的也能评到，不起作用；应写低一等的"),
                    );
                }
            }
            let reviews = book
                .reviews
                .iter()
                .filter(|review| review.subject == subject);
            let known: Vec<_> = reviews
                .map(|review| (review.key.as_str(), review.title.as_str()))
                .collect();
            for (index, review) in requirement.blocks.iter().enumerate() {
                let what = format!("{}的评议", subject.zh());
                self.one_of(&format!("{at}.blocks[{index}]"), &what, review, &known);
            }
        }
    }

    pub(super) fn requirements_for(&self, subject: SubjectKind) -> Vec<(&'a str, &'a str)> {
        let all = self.book.requirements.iter();
        all.filter(|requirement| requirement.subject == subject)
            .map(|requirement| (requirement.key.as_str(), requirement.title.as_str()))
            .collect()
    }

    pub(super) fn grades_for(&self, subject: SubjectKind) -> Vec<(&'a str, &'a str)> {
        let all = self.book.grades.iter();
        all.filter(|grade| grade.subject == subject)
            .map(|grade| (grade.key.as_str(), grade.title.as_str()))
            .collect()
    }

    pub(super) fn grades(&mut self) {
        let grades = &self.book.grades;
        let mut seen = BTreeSet::new();
        for (index, grade) in grades.iter().enumerate() {
            let at = format!("grades[{index}]");
            self.own_key(&at, &grade.key, &mut seen);
            self.text(&format!("{at}.title"), &grade.title);
            self.optional_text(&format!("{at}.clause"), grade.clause.as_deref());
            self.optional_text(&format!("{at}.choice"), grade.choice.as_deref());
            let same = |other: &&Grade| other.subject == grade.subject;
            let mut higher = grades[..index].iter().filter(same);
            let last = !grades[index + 1..].iter().any(|other| same(&other));
            if last {
                self.for_all_others(&at, grade);
            } else {
                self.bound(
                    &at,
                    grade,
                    higher.rfind(|higher| bound_of(higher).is_some()),
                );
            }
            let known = self.requirements_for(grade.subject);
            for (index, key) in grade.needs.iter().enumerate() {
                let what = format!("{}的必做", grade.subject.zh());
                self.one_of(&format!("{at}.needs[{index}]"), &what, key, &known);
            }
            if let Some(quota) = &grade.quota {
                let at = format!("{at}.quota");
                if quota.from != End::Top {
                    self.wrong(
                        format!("{at}.from"),
                        "等次的名额从高分起计，应为 top（从高到低）",
                    );
                }
                self.pick(&at, quota, Asked::before_grades(grade.subject));
            }
        }
    }

    /// The last grade is for whoever has no other.
    fn for_all_others(&mut self, at: &str, grade: &Grade) {
        let stands = [
            ("at_least", grade.at_least.is_some()),
            ("above", grade.above.is_some()),
            ("needs", !grade.needs.is_empty()),
            ("quota", grade.quota.is_some()),
        ];
        for (name, given) in stands {
            if given {
                self.wrong(
                    format!("{at}.{name}"),
                    format!(
                        "最后一个等次「{}」归其余的人，不应再写 {name}；等次从高到低排列",
                        grade.title
                    ),
                );
            }
        }
    }

    fn bound(&mut self, at: &str, grade: &Grade, higher: Option<&Grade>) {
        if grade.at_least.is_some() && grade.above.is_some() {
            return self.wrong(
                format!("{at}.above"),
                "at_least（以上，含本数）与 above（超过）只能写一个",
            );
        }
        let Some((bound, strict)) = bound_of(grade) else {
            if grade.needs.is_empty() && grade.quota.is_none() {
                self.wrong(
                    at,
                    format!(
                        "等次「{}」没有分数线、必做（needs）或名额，其后的等次永远轮不到；只有最后一个等次可以不写",
                        grade.title
                    ),
                );
            }
            return;
        };
        let at = format!("{at}.{}", if strict { "above" } else { "at_least" });
        self.points(&at, bound);
        if let Some(higher) = higher
            && let Some(above) = bound_of(higher)
        {
            let apart = !higher.needs.is_empty() || higher.quota.is_some();
            if above < (bound, strict) || (above == (bound, strict) && !apart) {
                self.wrong(
                    &at,
                    format!(
                        "分数线 {bound} 应低于前一等次「{}」的 {}；等次从高到低排列",
                        higher.title, above.0
                    ),
                );
            }
        }
        self.attainable(&at, grade, bound, strict);
    }

    /// Whether a rounded total can be on either side of the bound.
    fn attainable(&mut self, at: &str, grade: &Grade, bound: Amount, strict: bool) {
        let Some(total) = self.total_of(grade.subject) else {
            return;
        };
        let step = total.rounding.to;
        if bound.rounded(step, RoundingMode::Down) != bound {
            self.wrong(
                at,
                format!("总分按 {step} 取整，不会正好是 {bound}，分数线应为 {step} 的整数倍"),
            );
        }
        let out_of_reach = |cap: Amount| if strict { cap <= bound } else { cap < bound };
        if total.cap.is_some_and(out_of_reach) {
            self.wrong(at, format!("总分上限低于分数线 {bound}，没有人能达到"));
        }
        let always = |floor: Amount| {
            if strict {
                bound < floor
            } else {
                bound <= floor
            }
        };
        if total.floor.is_some_and(always) && grade.needs.is_empty() && grade.quota.is_none() {
            self.wrong(
                at,
                format!("总分下限不低于分数线 {bound}，人人都达到，其后的等次永远轮不到"),
            );
        }
    }

    pub(super) fn overrides(&mut self) {
        let book = self.book;
        for (index, one) in book.overrides.iter().enumerate() {
            let at = format!("overrides[{index}]");
            self.text(&format!("{at}.clause"), &one.clause);
            self.text(&format!("{at}.text"), &one.text);
            self.optional_text(&format!("{at}.choice"), one.choice.as_deref());
            let grade = book.grades.iter().find(|grade| grade.key == one.grade);
            let whose = grade.map_or(Whose::Unknown, |grade| Whose::Of(grade.subject));
            self.patterns(&format!("{at}.when"), &one.when, whose);
            let taken = |pattern: &Pattern| {
                book.overrides[..index].iter().position(|earlier| {
                    let earlier = earlier.when.iter();
                    earlier.into_iter().any(|earlier| takes(earlier, pattern))
                })
            };
            let taken: Option<BTreeSet<usize>> = one.when.iter().map(taken).collect();
            if let Some(earlier) = taken.and_then(|taken| taken.last().copied()) {
                self.wrong(
                    &at,
                    format!(
                        "这一条永远轮不到：前面第 {} 条 [[overrides]] 已包含这里的情形，只用第一条合适的；\
                         范围小的、处理重的应放在前面",
                        earlier + 1
                    ),
                );
            }
            if grade.is_none() {
                let known: Vec<_> = book
                    .grades
                    .iter()
                    .map(|grade| (grade.key.as_str(), grade.title.as_str()))
                    .collect();
                self.wrong(format!("{at}.grade"), unknown("等次", &one.grade, &known));
            }
        }
    }
}

/// From where on a grade is given, and whether beyond it only; greater is harder to reach.
fn bound_of(grade: &Grade) -> Option<(Amount, bool)> {
    let inclusive = grade.at_least.map(|bound| (bound, false));
    inclusive.or(grade.above.map(|bound| (bound, true)))
}
