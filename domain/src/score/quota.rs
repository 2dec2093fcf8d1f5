//! The quota of a grade: who is above the bound and finds no place has the next grade.

use super::rank::{Assessed, Outcome, part, pick_from};
use super::review::Candidate;
use super::rulebook::SubjectKind;
use super::scheme::{Scheme, subject_kind};

impl Scheme {
    /// Whether a grade has a quota, so that nobody's grade is known without everybody's sheet.
    pub fn has_quotas(&self) -> bool {
        self.rulebook()
            .grades
            .iter()
            .any(|grade| grade.quota.is_some())
    }

    /// Takes the grades that have a quota from those for whom there is no place; they have the
    /// next grade, and their sheet says why. Everybody assessed is given, because a percentage is
    /// taken of them.
    pub fn keep_quotas(&self, people: &mut [Candidate]) {
        for subject in [SubjectKind::Member, SubjectKind::Group] {
            let grades = self.grades(subject);
            for (grade, next) in grades.iter().zip(grades.iter().skip(1)) {
                let Some(pick) = &grade.quota else { continue };
                let is_subject = |one: &Candidate| subject_kind(&one.assessed.person) == subject;
                let having: Vec<usize> = people
                    .iter()
                    .enumerate()
                    .filter(|(_, one)| {
                        is_subject(one) && one.assessed.sheet.grade_key.as_ref() == Some(&grade.key)
                    })
                    .map(|(index, _)| index)
                    .collect();
                let base: Vec<bool> = people
                    .iter()
                    .map(|one| {
                        let counted = |base| self.judge(one, base).holds;
                        is_subject(one) && pick.base.as_ref().is_none_or(counted)
                    })
                    .collect();
                let all: Vec<&Assessed> = people.iter().map(|one| &one.assessed).collect();
                let picked = pick_from(pick, &all, &having, &base);
                let moved: Vec<(usize, String)> = having
                    .iter()
                    .zip(&picked.outcomes)
                    .filter_map(|(&index, outcome)| {
                        let places = picked.places.get(part(all[index], pick.per));
                        let (base, places) = places.map_or((0, 0), |one| (one.base, one.places));
                        let why = match outcome {
                            Outcome::In => return None,
                            Outcome::Out if places == 0 => "没有名额",
                            Outcome::Out => "名额已满",
                            Outcome::Tied => "与他人并列而名额不足，须研究决定",
                        };
                        let title = &grade.title;
                        let note =
                            format!("分数达到「{title}」，名额 {places} 个（基数 {base}），{why}");
                        Some((index, note))
                    })
                    .collect();
                for (index, note) in moved {
                    people[index].assessed.sheet.set_grade(next, Some(note));
                }
            }
        }
    }
}
