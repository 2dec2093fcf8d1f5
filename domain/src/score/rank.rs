//! Who stands before whom, among whom: ranks, places and the quota of a grade.

use std::collections::BTreeMap;

use super::amount::{Amount, RoundingMode};
use super::person::Person;
use super::rulebook::{End, Nomination, Partition, Pick, SubjectKind, Ties};
use super::scheme::{Scheme, TOTAL, subject_kind};
use super::sheet::Sheet;

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
    pub rank: u32,
}

/// Who of the candidates is picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Of each candidate, what became of him.
    pub outcomes: Vec<Outcome>,
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

impl Scheme {
    /// The rank of each, in the order given, within the partition the rulebook names.
    pub fn rank(&self, all: &[Assessed]) -> Vec<Rank> {
        let (per, order) = match &self.rulebook().ranking {
            Some(ranking) => (ranking.per, ranking.order.as_slice()),
            None => (Partition::Whole, [].as_slice()),
        };
        let scores: Vec<Vec<Amount>> = all.iter().map(|one| score(one, order)).collect();
        all.iter()
            .zip(&scores)
            .map(|(one, own)| {
                let among = ranked_in(one, per);
                let others = all
                    .iter()
                    .zip(&scores)
                    .filter(|(other, _)| same(one, other) && ranked_in(other, per) == among);
                let (mut of, mut rank) = (0, 1);
                for (_, theirs) in others {
                    of += 1;
                    rank += u32::from(own < theirs);
                }
                let among = among.to_owned();
                Rank { among, of, rank }
            })
            .collect()
    }
}

/// Whom places are given to, among the candidates by index; `base` says who counts for a
/// percentage.
pub(super) fn pick_from(
    pick: &Pick,
    all: &[&Assessed],
    candidates: &[usize],
    base: &[bool],
) -> Picked {
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    for (one, counts) in all.iter().zip(base) {
        let entry = places.entry(part(one, pick.per).to_owned());
        let entry = entry.or_insert(Places { base: 0, places: 0 });
        entry.base += u32::from(*counts);
    }
    for entry in places.values_mut() {
        let mode = pick.rounding.unwrap_or(RoundingMode::Down);
        entry.places = places_of(entry.base, pick.percent, pick.count, mode);
    }
    let scores: Vec<Vec<Amount>> = candidates
        .iter()
        .map(|one| score(all[*one], &pick.order))
        .collect();
    let ahead = |own: &[Amount], other: &[Amount]| match pick.from {
        End::Top => own < other,
        End::Bottom => other < own,
    };
    let outcomes = candidates
        .iter()
        .zip(&scores)
        .map(|(one, own)| {
            let among = part(all[*one], pick.per);
            let rivals = || {
                candidates
                    .iter()
                    .zip(&scores)
                    .filter(|(other, _)| part(all[**other], pick.per) == among)
            };
            let before = rivals().filter(|(_, theirs)| ahead(own, theirs)).count();
            let equal = rivals().filter(|(_, theirs)| *theirs == own).count();
            let places = places.get(among).map_or(0, |entry| entry.places as usize);
            if before + equal <= places {
                Outcome::In
            } else if places <= before {
                Outcome::Out
            } else {
                match pick.ties {
                    Ties::All => Outcome::In,
                    Ties::None => Outcome::Out,
                    Ties::Decide => Outcome::Tied,
                }
            }
        })
        .collect();
    Picked { outcomes, places }
}

/// How many each group nominates.
pub(super) fn nominated(nomination: &Nomination, all: &[&Assessed]) -> BTreeMap<String, Places> {
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    for one in all {
        let entry = places.entry(part(one, Partition::Group).to_owned());
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
fn score(one: &Assessed, order: &[String]) -> Vec<Amount> {
    let points = if order.is_empty() {
        BTreeMap::new()
    } else {
        one.sheet.points_by_key()
    };
    let more = order.iter().map(|key| {
        if key == TOTAL {
            one.sheet.exact
        } else {
            points.get(key).copied().unwrap_or_default()
        }
    });
    std::iter::once(one.sheet.total.into())
        .chain(more)
        .collect()
}

fn same(one: &Assessed, other: &Assessed) -> bool {
    subject_kind(&one.person) == subject_kind(&other.person)
}

/// The partition somebody is ranked in: groups among all groups where members are ranked within
/// theirs.
fn ranked_in(one: &Assessed, per: Partition) -> &str {
    match (subject_kind(&one.person), per) {
        (SubjectKind::Group, Partition::Group) => "",
        _ => part(one, per),
    }
}

/// The name of the partition somebody is in.
pub(super) fn part(one: &Assessed, per: Partition) -> &str {
    let name = match per {
        Partition::Whole => return "",
        Partition::Group => "group",
        Partition::Sector => "sector",
        Partition::SpecialCommittee => "special_committee",
        Partition::Position => "position",
    };
    one.person.word(name).unwrap_or("")
}
