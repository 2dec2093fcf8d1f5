//! Who stands before whom, among whom: ranks, places and the quota of a grade.

use std::collections::BTreeMap;

use super::amount::{Amount, RoundingMode};
use super::person::Person;
use super::rulebook::{End, Nomination, Partition, Pick, SubjectKind, Ties};
use super::scheme::{Scheme, TOTAL, subject_kind};
use super::sheet::Sheet;
use crate::people::Position;

/// A person with his sheet.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// Who.
    pub person: Person,
    /// His sheet.
    pub sheet: Sheet,
}

/// A place in a ranking.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Rank {
    /// The name of the sector, group or other partition; empty among all.
    pub among: String,
    /// How many are ranked there.
    pub of: u32,
    /// The place, 1 for the most points; equals share it, and the next one comes after them all.
    /// 0 of whoever is exempt: he is not ranked, and nobody is counted after him.
    pub rank: u32,
}

/// Who of the candidates is picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Of each candidate, what became of him.
    pub outcomes: Vec<Outcome>,
    /// Of each candidate, why he is not in; empty of those who are.
    pub why: Vec<String>,
    /// How many places there were in each partition, and of how many people they are counted.
    pub places: BTreeMap<String, Places>,
}

/// How many places a partition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Places {
    /// How many people the number is taken of.
    pub base: u32,
    /// How many places that makes.
    pub places: u32,
}

words! {
    /// What became of a candidate.
    Outcome {
        In = "in" "列入";
        Out = "out" "未列入";
        Tied = "tied" "并列待定";
    }
}

impl Assessed {
    /// The person and the sheet.
    pub const fn parts(&self) -> (&Person, &Sheet) {
        (&self.person, &self.sheet)
    }
}

impl Scheme {
    /// The rank of each, in the order given, within the partition the rulebook names.
    pub fn rank<'a>(&self, all: impl IntoIterator<Item = (&'a Person, &'a Sheet)>) -> Vec<Rank> {
        let (per, order) = match &self.rulebook().ranking {
            Some(ranking) => (ranking.per, ranking.order.as_slice()),
            None => (Partition::Whole, [].as_slice()),
        };
        let mut ranked: BTreeMap<(bool, &str), Vec<Vec<Amount>>> = BTreeMap::new();
        let all: Vec<_> = all
            .into_iter()
            .map(|(person, sheet)| {
                let group = matches!(subject_kind(person), SubjectKind::Group);
                let among = (group, ranked_in(person, per));
                let own = (!sheet.is_exempt()).then(|| score(sheet, order));
                let theirs = ranked.entry(among).or_default();
                theirs.extend(own.clone());
                (among, own)
            })
            .collect();
        for theirs in ranked.values_mut() {
            theirs.sort_unstable_by(|one, other| other.cmp(one));
        }
        let place = |((group, among), own): ((bool, &str), Option<Vec<Amount>>)| {
            let theirs = &ranked[&(group, among)];
            let before = own.map(|own| theirs.partition_point(|other| *other > own) + 1);
            Rank {
                among: among.to_owned(),
                of: count(theirs.len()),
                rank: before.map_or(0, count),
            }
        };
        all.into_iter().map(place).collect()
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whom places are given to.
pub(super) struct Field<'a> {
    /// Everybody of the kind that is picked from, with whether he counts for a percentage.
    pub all: Vec<(&'a Assessed, bool)>,
    /// Those who have a place whatever their points, by index.
    pub settled: Vec<usize>,
    /// The others who can have one, by index.
    pub candidates: Vec<usize>,
}

/// Who of the candidates has a place.
pub(super) fn pick_from(pick: &Pick, field: &Field<'_>) -> Picked {
    let among = |one: usize| part(&field.all[one].0.person, pick.per);
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    for (one, counts) in &field.all {
        let entry = places.entry(part(&one.person, pick.per).to_owned());
        let entry = entry.or_insert(Places { base: 0, places: 0 });
        entry.base += u32::from(*counts);
    }
    for entry in places.values_mut() {
        let mode = pick.rounding.unwrap_or(RoundingMode::Down);
        entry.places = places_of(entry.base, pick.percent, pick.count, mode);
    }
    let scores: Vec<Vec<Amount>> = field
        .candidates
        .iter()
        .map(|one| score(&field.all[*one].0.sheet, &pick.order))
        .collect();
    let ahead = |own: &[Amount], other: &[Amount]| match pick.from {
        End::Top => own < other,
        End::Bottom => other < own,
    };
    let settled = |name: &str| {
        field
            .settled
            .iter()
            .filter(|one| among(**one) == name)
            .count()
    };
    let stands: Vec<Stand<'_>> = field
        .candidates
        .iter()
        .zip(&scores)
        .map(|(one, own)| {
            let among = among(*one);
            let rivals = || {
                field
                    .candidates
                    .iter()
                    .zip(&scores)
                    .filter(|(other, _)| part(&field.all[**other].0.person, pick.per) == among)
            };
            Stand {
                among,
                before: settled(among) + rivals().filter(|(_, theirs)| ahead(own, theirs)).count(),
                equal: rivals().filter(|(_, theirs)| *theirs == own).count(),
                places: places.get(among).map_or(0, |entry| entry.places as usize),
            }
        })
        .collect();
    let outcomes: Vec<Outcome> = stands.iter().map(|one| one.outcome(pick.ties)).collect();
    let why = stands
        .iter()
        .zip(&outcomes)
        .map(|(one, outcome)| {
            let others = stands.iter().zip(&outcomes);
            let taken = others
                .filter(|(other, outcome)| other.among == one.among && **outcome == Outcome::In)
                .count();
            one.why(*outcome, settled(one.among) + taken)
        })
        .collect();
    Picked {
        outcomes,
        why,
        places,
    }
}

/// Where a candidate stands among those of his partition.
struct Stand<'a> {
    among: &'a str,
    before: usize,
    equal: usize,
    places: usize,
}

impl Stand<'_> {
    fn outcome(&self, ties: Ties) -> Outcome {
        if self.before + self.equal <= self.places {
            return Outcome::In;
        }
        if self.places <= self.before {
            return Outcome::Out;
        }
        match ties {
            Ties::All => Outcome::In,
            Ties::None => Outcome::Out,
            Ties::Decide => Outcome::Tied,
        }
    }

    /// Why he is not in, where so many places are taken.
    fn why(&self, outcome: Outcome, taken: usize) -> String {
        let before = self.before;
        match outcome {
            Outcome::In => String::new(),
            Outcome::Tied => "与他人并列而名额不足，须研究决定".to_owned(),
            Outcome::Out if self.places == 0 => "没有名额".to_owned(),
            Outcome::Out if before < self.places => {
                "与他人并列而名额不足，按规定均不列入".to_owned()
            }
            Outcome::Out if self.places <= taken => "名额已满".to_owned(),
            Outcome::Out => format!("排在前面的已有 {before} 人，名额不足"),
        }
    }
}

/// How many each group nominates.
pub(super) fn nominated(nomination: &Nomination, all: &[&Assessed]) -> BTreeMap<String, Places> {
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    // Who is in no group is nominated by none.
    for group in all.iter().filter_map(|one| one.person.word("group")) {
        let entry = places.entry(group.to_owned());
        entry.or_insert(Places { base: 0, places: 0 }).base += 1;
    }
    for entry in places.values_mut() {
        let Nomination {
            percent,
            count,
            rounding,
        } = *nomination;
        entry.places = places_of(entry.base, percent, count, rounding);
    }
    places
}

fn places_of(base: u32, percent: Option<Amount>, count: Option<u32>, mode: RoundingMode) -> u32 {
    let Some(percent) = percent else {
        return count.unwrap_or(0);
    };
    let share = percent * Amount::fraction(i64::from(base), 100);
    u32::try_from(share.rounded(Amount::ONE, mode).floor()).unwrap_or(u32::MAX)
}

/// What is compared: the rounded total, then what the rulebook names.
fn score(sheet: &Sheet, order: &[String]) -> Vec<Amount> {
    let points = if order.is_empty() {
        BTreeMap::new()
    } else {
        sheet.points_by_key()
    };
    let more = order.iter().map(|key| {
        if key == TOTAL {
            sheet.exact
        } else {
            points.get(key).copied().unwrap_or_default()
        }
    });
    std::iter::once(sheet.total.into()).chain(more).collect()
}

/// The partition somebody is ranked in: groups among all groups where members are ranked within
/// theirs.
fn ranked_in(one: &Person, per: Partition) -> &str {
    match (subject_kind(one), per) {
        (SubjectKind::Group, Partition::Group) => "",
        _ => part(one, per),
    }
}

/// The name of the partition somebody is in.
pub(super) fn part(one: &Person, per: Partition) -> &str {
    let word = match per {
        Partition::Whole => None,
        Partition::Group => one.word("group"),
        Partition::Sector => one.word("sector"),
        Partition::SpecialCommittee => one.word("special_committee"),
        Partition::Position => one.word("position"),
    };
    per.named(word)
}

impl Partition {
    /// What one of these is called: a group, a sector or a special committee by its name, a
    /// position in Chinese; of those of whom it is not known, that it is not. Empty of all.
    pub fn named(self, word: Option<&str>) -> &str {
        match (self, word.filter(|word| !word.is_empty())) {
            (Self::Whole, _) => "",
            (Self::Position, Some(word)) => word.parse().map_or(word, |known: Position| known.zh()),
            (_, Some(word)) => word,
            (Self::Group, None) => "未编活动组",
            (Self::Sector, None) => "未填界别",
            (Self::SpecialCommittee, None) => "未填专委会",
            (Self::Position, None) => "未填职务",
        }
    }
}
