//! Who has no sheet of a period although a file names him, and what is said of his facts: nothing
//! vanishes without a word.

use super::fact::{Fact, Subject};
use super::part_year::Office;
use super::period::Period;
use super::person::Person;
use super::scheme::Scheme;
use super::sheet::{Unused, UnusedReason};

words! {
    /// Why somebody has no sheet of a period.
    OutsideReason {
        NotAssessed = "not_assessed" "不在考核范围";
        NotScored = "not_scored" "细则不给活动组打分";
        CameLater = "came_later" "本期之后才到任";
        HadLeft = "had_left" "本期之前已离任";
    }
}

/// Somebody without a sheet of a period.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outside {
    /// Why.
    pub reason: OutsideReason,
    /// His facts of the period, by date; none of them earns anything.
    pub facts: Vec<Unused>,
}

impl Scheme {
    /// Why somebody has no sheet of this period, with his facts of its days. `None` of whom there
    /// is a sheet; where only groups are scored, of a member whose facts count for his group, and
    /// where either is not scored, of whom there is nothing to say.
    pub fn outside(&self, period: Period, person: &Person, facts: &[Fact]) -> Option<Outside> {
        let member = matches!(person.subject, Subject::Member(_));
        let office = Office::of(person);
        let scores = if member {
            self.rulebook().total.is_some()
        } else {
            self.rulebook().group_total.is_some()
        };
        let reason = if !scores && !member {
            OutsideReason::NotScored
        } else if scores && !self.assesses(person) {
            OutsideReason::NotAssessed
        } else if office.touches(period) {
            return None;
        } else if person.joined_on.is_some_and(|day| period.last < day) {
            OutsideReason::CameLater
        } else {
            OutsideReason::HadLeft
        };
        let mut own: Vec<&Fact> = facts
            .iter()
            .filter(|fact| fact.subject == person.subject && period.contains(fact.on))
            .collect();
        own.sort_unstable_by_key(|fact| (fact.on, fact.id));
        own.dedup_by_key(|fact| fact.id);
        if !scores && own.is_empty() {
            return None;
        }
        let facts = own
            .into_iter()
            .map(|fact| Unused {
                id: fact.id,
                title: fact.title.clone(),
                on: fact.on,
                kind: fact.kind.clone(),
                reason: match reason {
                    OutsideReason::CameLater | OutsideReason::HadLeft => UnusedReason::OutOfOffice,
                    OutsideReason::NotAssessed | OutsideReason::NotScored => {
                        UnusedReason::NotCounted
                    }
                },
                explanation: reason.zh().to_owned(),
            })
            .collect();
        Some(Outside { reason, facts })
    }
}
