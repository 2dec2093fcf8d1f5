//! Which grade a total gives, and what is missing for the next one.

use super::amount::Amount;
use super::fact::Fact;
use super::live::Live;
use super::matching::means_any;
use super::person::Person;
use super::rulebook::{Grade, Requirement};
use super::scheme::{Scheme, subject_kind};
use super::sheet::{NextGrade, Sheet};

impl Scheme {
    /// The grade, and what is missing for the next one.
    pub(super) fn grade(
        &self,
        sheet: &mut Sheet,
        person: &Person,
        inside: &[&Live<'_>],
        total: Amount,
    ) {
        if let Some(live) = inside.iter().find(|live| live.exempts(person)) {
            let Fact { id, on, title, .. } = live.fact;
            sheet.decided_by = Some(*id);
            let note = format!("免予考核（{on}，{title}），不评等次，不排名，不列入评议");
            sheet.grade_note = Some(note);
            return;
        }
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
            sheet.decided_by = Some(fact.id);
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
