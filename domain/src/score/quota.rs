//! The quota of a grade: who is above the bound and finds no place has the next grade.

use super::rank::{Field, Outcome, part, pick_from};
use super::review::Candidate;
use super::rulebook::{Grade, Pick, SubjectKind};
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
    ///
    /// Whom conduct gives the grade whatever his points keeps it, and his place is one of these.
    pub fn keep_quotas(&self, people: &mut [Candidate]) {
        for subject in [SubjectKind::Member, SubjectKind::Group] {
            let grades = self.grades(subject);
            for (grade, next) in grades.iter().zip(grades.iter().skip(1)) {
                let Some(pick) = &grade.quota else { continue };
                let own: Vec<usize> = (0..people.len())
                    .filter(|&one| subject_kind(&people[one].assessed.person) == subject)
                    .collect();
                for (index, note) in self.without_place(grade, pick, people, &own) {
                    let sheet = &mut people[index].assessed.sheet;
                    let note = match sheet.grade_note.take() {
                        Some(before) => format!("{before}；{note}"),
                        None => note,
                    };
                    sheet.set_grade(next, Some(note));
                }
            }
        }
    }

    /// Those of the people named by `own` who have this grade and find no place in it, with the
    /// reason.
    fn without_place(
        &self,
        grade: &Grade,
        pick: &Pick,
        people: &[Candidate],
        own: &[usize],
    ) -> Vec<(usize, String)> {
        let sheet = |one: usize| &people[own[one]].assessed.sheet;
        let (settled, candidates): (Vec<usize>, Vec<usize>) = (0..own.len())
            .filter(|&one| sheet(one).grade_key.as_ref() == Some(&grade.key))
            .partition(|&one| sheet(one).decided_by.is_some());
        let counts = |one: &Candidate| {
            let counted = |base| self.judge(one, base).holds;
            !one.assessed.sheet.is_exempt() && pick.base.as_ref().is_none_or(counted)
        };
        let field = Field {
            all: own
                .iter()
                .map(|&one| (&people[one].assessed, counts(&people[one])))
                .collect(),
            settled,
            candidates,
        };
        let picked = pick_from(pick, &field);
        let outcomes = picked.outcomes.iter().zip(&picked.why);
        field
            .candidates
            .iter()
            .zip(outcomes)
            .filter(|(_, (outcome, _))| **outcome != Outcome::In)
            .map(|(&one, (_, why))| {
                let among = part(&field.all[one].0.person, pick.per);
                let entry = picked.places.get(among);
                let (base, places) = entry.map_or((0, 0), |one| (one.base, one.places));
                let settled = field.settled.iter();
                let direct = settled
                    .filter(|&&one| part(&field.all[one].0.person, pick.per) == among)
                    .count();
                let direct = match direct {
                    0 => String::new(),
                    _ => format!("，其中 {direct} 个由直接定等次的人占用"),
                };
                let title = &grade.title;
                let note =
                    format!("分数达到「{title}」，名额 {places} 个（基数 {base}{direct}），{why}");
                (own[one], note)
            })
            .collect()
    }
}
