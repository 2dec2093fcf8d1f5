//! Who is proposed for what: candidates of a review with the reasons, and those who are not with
//! theirs. People decide; nothing here changes anybody's membership.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::Condition;
use super::fact::Fact;
use super::judge::{Case, Finding};
use super::live::live;
use super::part_year::Office;
use super::rank::{Assessed, Field, Outcome, Places, nominated, part, pick_from};
use super::rulebook::{Pick, Review, Rung};
use super::scheme::{Scheme, subject_kind};
use super::sheet::Closed;
use super::tally::before;
use crate::ids::FactId;

/// One person of a review, with everything that is looked at.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The person with the sheet of the period that is reviewed.
    pub assessed: Assessed,
    /// The facts of the term.
    pub facts: Arc<[Fact]>,
    /// The closed periods of the term before that period.
    pub closed: Vec<Closed>,
    /// Whether the membership was broken just before the period.
    pub after_break: bool,
}

/// What a review proposes for one person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Proposal {
    /// Whether he is proposed, is not, or is tied with others for the last place.
    pub outcome: Outcome,
    /// The consequence, where the review has a ladder.
    pub rung: Option<ProposedRung>,
    /// Why, in words: each with the clause it rests on.
    pub reasons: Vec<Reason>,
}

/// A rung that applies.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ProposedRung {
    /// The key of the rung.
    pub key: String,
    /// The consequence.
    pub title: String,
    /// Who carries it out.
    pub actor: String,
    /// Who decides it.
    pub decided_by: String,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Reason {
    /// The clause it rests on.
    pub clause: String,
    /// What was found.
    pub text: String,
    /// The facts that were counted.
    pub facts: Vec<FactId>,
}

/// What a review proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposals {
    /// For each person, in the order given; none of those whom the review is not about.
    pub proposals: Vec<Option<Proposal>>,
    /// The places of each partition, where the review has places.
    pub places: BTreeMap<String, Places>,
    /// How many each group nominates, by its name, where groups nominate.
    pub nominations: BTreeMap<String, Places>,
}

impl Scheme {
    /// What a review proposes for these people.
    pub fn propose(&self, review: &Review, people: &[Candidate]) -> Proposals {
        let about = |one: &Candidate| subject_kind(&one.assessed.person) == review.subject;
        let mut proposals: Vec<Option<Proposal>> = people
            .iter()
            .map(|one| about(one).then(|| self.consider(review, one)))
            .collect();
        let mut places = BTreeMap::new();
        if let Some(pick) = &review.pick {
            places = self.pick(review, pick, people, &mut proposals);
        }
        let concerned: Vec<&Assessed> = people
            .iter()
            .filter(|one| about(one))
            .map(|one| &one.assessed)
            .collect();
        let nominations = review.nominations.as_ref();
        Proposals {
            proposals,
            places,
            nominations: nominations.map_or_else(BTreeMap::new, |one| nominated(one, &concerned)),
        }
    }

    /// Gives the places of a review to its candidates, and says how many there were of what.
    fn pick(
        &self,
        review: &Review,
        pick: &Pick,
        people: &[Candidate],
        proposals: &mut [Option<Proposal>],
    ) -> BTreeMap<String, Places> {
        let own: Vec<usize> = (0..people.len())
            .filter(|&one| proposals[one].is_some())
            .collect();
        let is_in = |one: usize| {
            let proposal = proposals[own[one]].as_ref();
            proposal.is_some_and(|one| one.outcome == Outcome::In)
        };
        let counts = |one: &Candidate| {
            let counted = |base| self.judge(one, base).holds;
            !one.assessed.sheet.is_exempt() && pick.base.as_ref().is_none_or(counted)
        };
        let field = Field {
            all: own
                .iter()
                .map(|&one| (&people[one].assessed, counts(&people[one])))
                .collect(),
            settled: Vec::new(),
            candidates: (0..own.len()).filter(|&one| is_in(one)).collect(),
        };
        let picked = pick_from(pick, &field);
        let outcomes = picked.outcomes.iter().zip(&picked.why);
        for (&one, (outcome, why)) in field.candidates.iter().zip(outcomes) {
            let assessed = field.all[one].0;
            let among = part(&assessed.person, pick.per);
            let entry = picked.places.get(among);
            let (base, number) = entry.map_or((0, 0), |one| (one.base, one.places));
            let named = if among.is_empty() {
                String::new()
            } else {
                format!("「{among}」")
            };
            let why = match outcome {
                Outcome::Out => format!("：{why}"),
                Outcome::In | Outcome::Tied => String::new(),
            };
            let text = format!(
                "{}{named}名额 {number} 个（基数 {base}），总分 {} 分，{}{why}",
                pick.from.zh(),
                assessed.sheet.total,
                outcome.zh()
            );
            if let Some(proposal) = &mut proposals[own[one]] {
                proposal.outcome = *outcome;
                proposal.reasons.push(Reason {
                    clause: review.clause.clone(),
                    text,
                    facts: Vec::new(),
                });
            }
        }
        picked.places
    }

    /// One person alone, before places are given.
    fn consider(&self, review: &Review, one: &Candidate) -> Proposal {
        let mut reasons = Vec::new();
        let out = |reasons| Proposal {
            outcome: Outcome::Out,
            rung: None,
            reasons,
        };
        let sheet = &one.assessed.sheet;
        if sheet.is_exempt() {
            return out(vec![Reason {
                clause: review.clause.clone(),
                text: "免予考核，不列入评议".to_owned(),
                facts: sheet.decided_by.into_iter().collect(),
            }]);
        }
        let blocked: Vec<Reason> = self
            .requirements_of(&one.assessed.person)
            .into_iter()
            .filter(|requirement| requirement.blocks.contains(&review.key))
            .filter_map(|requirement| {
                let lines = &one.assessed.sheet.requirements;
                let line = lines.iter().find(|line| line.key == requirement.key)?;
                (!line.met).then(|| Reason {
                    clause: requirement.clause.clone(),
                    text: format!("未完成「{}」：{}", line.title, line.finding),
                    facts: line.facts.clone(),
                })
            })
            .collect();
        if !blocked.is_empty() {
            return out(blocked);
        }
        if let Some(excluded) = &review.excluded {
            let finding = self.judge(one, excluded);
            if finding.applies() {
                let text = format!("不参评：{}", finding.text);
                return out(vec![reason(&review.clause, Finding { text, ..finding })]);
            }
        }
        if let Some(candidates) = &review.candidates {
            let finding = self.judge(one, candidates);
            let holds = finding.applies();
            reasons.push(reason(&review.clause, finding));
            if !holds {
                return out(reasons);
            }
        }
        let mut rung = None;
        if !review.rungs.is_empty() {
            let mut found = Vec::new();
            for one_rung in &review.rungs {
                let finding = self.judge(one, &one_rung.when);
                if finding.applies() {
                    rung = Some(proposed(review, one_rung));
                    found = vec![reason(&one_rung.clause, finding)];
                }
            }
            reasons.extend(found);
            if rung.is_none() {
                let text = "没有一级后果的条件成立".to_owned();
                let clause = review.clause.clone();
                let facts = Vec::new();
                reasons.push(Reason {
                    clause,
                    text,
                    facts,
                });
                return out(reasons);
            }
        }
        Proposal {
            outcome: Outcome::In,
            rung,
            reasons,
        }
    }

    /// Whether a condition holds of a candidate, and why.
    pub fn judge(&self, one: &Candidate, condition: &Condition) -> Finding {
        let sheet = &one.assessed.sheet;
        let (standing, _) = live(self, &one.assessed.person, sheet.period, &one.facts);
        let closed = before(&one.closed, sheet.period);
        let points = sheet.points_by_key();
        let requirements = sheet
            .requirements
            .iter()
            .filter(|line| line.asked)
            .map(|line| (line.key.clone(), line.met))
            .collect();
        Case {
            scheme: self,
            person: &one.assessed.person,
            period: sheet.period,
            live: &standing,
            points: &points,
            total: sheet.total.into(),
            grade: sheet.grade_key.as_deref(),
            requirements: &requirements,
            attendance: sheet.attendance,
            closed: &closed,
            after_break: one.after_break,
            office: Office::of(&one.assessed.person),
            duty: false,
            past: false,
        }
        .judge(condition)
    }
}

fn reason(clause: &str, finding: Finding) -> Reason {
    Reason {
        clause: clause.to_owned(),
        text: finding.text,
        facts: finding.facts,
    }
}

fn proposed(review: &Review, rung: &Rung) -> ProposedRung {
    ProposedRung {
        key: rung.key.clone(),
        title: rung.title.clone(),
        actor: rung.actor.clone(),
        decided_by: rung
            .decided_by
            .clone()
            .unwrap_or_else(|| review.decided_by.clone()),
    }
}
