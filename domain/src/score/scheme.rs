//! A rulebook made ready for computing: what applies to whom, and which rules look at which kind.

use std::collections::{BTreeMap, HashMap};

use super::condition::Condition;
use super::fact::Subject;
use super::matching::passes_all;
use super::person::Person;
use super::rulebook::{Grade, Part, Requirement, Rule, Rulebook, SubjectKind, Total};
use super::vocabulary::Vocabulary;
use super::{Amount, Rounding, RoundingMode};

/// The name of the total, as the part of a part or of a rule.
pub const TOTAL: &str = "total";

/// A rulebook made ready for computing. Make it once and use it for everybody.
#[derive(Clone, Debug)]
pub struct Scheme {
    rulebook: Rulebook,
    vocabulary: Vocabulary,
    /// The rules that look at a kind, in the order of the rulebook.
    rules_by_kind: HashMap<String, Vec<usize>>,
    /// Of each rule, the parts that it goes through, from its own to the last below the total.
    chains: Vec<Vec<usize>>,
    parts: BTreeMap<String, usize>,
}

impl Scheme {
    /// The rulebook made ready. One that does not pass [`Rulebook::check`] gives sheets without
    /// sense, but no panic.
    pub fn new(rulebook: Rulebook) -> Self {
        let parts: BTreeMap<String, usize> = rulebook
            .parts
            .iter()
            .enumerate()
            .map(|(index, part)| (part.key.clone(), index))
            .collect();
        let mut rules_by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, rule) in rulebook.rules.iter().enumerate() {
            for pattern in &rule.counts {
                let rules = rules_by_kind.entry(pattern.kind.clone()).or_default();
                if rules.last() != Some(&index) {
                    rules.push(index);
                }
            }
        }
        let chains = rulebook
            .rules
            .iter()
            .map(|rule| chain(&rulebook, &parts, &rule.part))
            .collect();
        Self {
            vocabulary: Vocabulary::usual().with(&rulebook.kinds),
            rules_by_kind,
            chains,
            parts,
            rulebook,
        }
    }

    /// What it was made of.
    pub const fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// The kinds it knows.
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Whether the rulebook assesses this person at all.
    pub fn assesses(&self, person: &Person) -> bool {
        let scored = match person.subject {
            Subject::Member(_) => self.rulebook.total.is_some(),
            Subject::Group(_) => self.rulebook.group_total.is_some(),
        };
        scored && passes_all(&self.rulebook.assessed, &person.traits, &person.traits)
    }

    /// Whether the rulebook scores groups.
    pub const fn scores_groups(&self) -> bool {
        self.rulebook.group_total.is_some()
    }

    /// Whether a sheet depends on more than the period: on facts of the year or the term, or on
    /// what was closed before. What reviews look at is not part of a sheet.
    pub fn looks_back(&self) -> bool {
        let needs = self.rulebook.requirements.iter().map(|one| &one.need);
        let quotas = self.rulebook.grades.iter();
        let bases = quotas.filter_map(|grade| grade.quota.as_ref()?.base.as_ref());
        needs.chain(bases).any(Condition::looks_back)
    }

    pub(super) fn total(&self, subject: SubjectKind) -> Total {
        let total = match subject {
            SubjectKind::Member => &self.rulebook.total,
            SubjectKind::Group => &self.rulebook.group_total,
        };
        total.clone().unwrap_or(Total {
            start: Amount::ZERO,
            floor: None,
            cap: None,
            rounding: Rounding {
                to: Amount::fraction(1, 100),
                mode: RoundingMode::HalfUp,
            },
            choice: None,
        })
    }

    /// The rules that look at facts of a kind.
    pub(super) fn rules_for(&self, kind: &str) -> &[usize] {
        self.rules_by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule applies to somebody: its parts are for his kind and for him.
    pub(super) fn applies(&self, rule: usize, person: &Person) -> bool {
        let chain = &self.chains[rule];
        let subject = chain.first().map_or(SubjectKind::Member, |part| {
            self.rulebook.parts[*part].subject
        });
        subject == subject_kind(person)
            && chain.iter().all(|part| {
                let when = &self.rulebook.parts[*part].when;
                passes_all(when, &person.traits, &person.traits)
            })
    }

    pub(super) fn parts_of(&self, person: &Person) -> Vec<&Part> {
        let subject = subject_kind(person);
        self.rulebook
            .parts
            .iter()
            .filter(|part| {
                part.subject == subject
                    && passes_all(&part.when, &person.traits, &person.traits)
                    && chain(
                        &self.rulebook,
                        &self.parts,
                        part.part.as_deref().unwrap_or(TOTAL),
                    )
                    .iter()
                    .all(|above| {
                        let when = &self.rulebook.parts[*above].when;
                        passes_all(when, &person.traits, &person.traits)
                    })
            })
            .collect()
    }

    pub(super) fn requirements_of(&self, person: &Person) -> Vec<&Requirement> {
        let subject = subject_kind(person);
        self.rulebook
            .requirements
            .iter()
            .filter(|one| {
                one.subject == subject && passes_all(&one.when, &person.traits, &person.traits)
            })
            .collect()
    }

    /// The grades of members or of groups, the highest first.
    pub fn grades(&self, subject: SubjectKind) -> Vec<&Grade> {
        let grades = self.rulebook.grades.iter();
        grades.filter(|grade| grade.subject == subject).collect()
    }

    /// What people call a rule, a part or the total.
    pub fn title<'a>(&'a self, key: &'a str) -> &'a str {
        if key == TOTAL {
            return "总分";
        }
        let part = self
            .parts
            .get(key)
            .map(|index| &self.rulebook.parts[*index].title);
        let rule = || self.rulebook.rules.iter().find(|rule| rule.key == key);
        part.or_else(|| rule().map(|rule| &rule.title))
            .map_or(key, String::as_str)
    }

    pub(super) fn rule(&self, index: usize) -> &Rule {
        &self.rulebook.rules[index]
    }
}

/// Whom a person is assessed as.
pub(super) const fn subject_kind(person: &Person) -> SubjectKind {
    match person.subject {
        Subject::Member(_) => SubjectKind::Member,
        Subject::Group(_) => SubjectKind::Group,
    }
}

/// The parts from the named one up to the total. A circle is cut where it closes.
fn chain(rulebook: &Rulebook, parts: &BTreeMap<String, usize>, key: &str) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut next = parts.get(key).copied();
    while let Some(part) = next {
        if chain.contains(&part) {
            break;
        }
        chain.push(part);
        let above = rulebook.parts[part].part.as_deref();
        next = above.and_then(|above| parts.get(above).copied());
    }
    chain
}
