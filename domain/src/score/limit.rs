//! Which facts of a rule count by their place: only from the n-th on, only so many, only until
//! full marks or the cap are reached.

use super::amount::Amount;
use super::claim::{Claim, reach_row};
use super::earn::target;
use super::period::Period;
use super::person::Person;
use super::rulebook::{PartYearRule, Rule, Which};

/// What the place of a fact among those of its rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It counts.
    Counts,
    /// It comes before the one from which on facts count.
    TooEarly,
    /// As many as may count do so already.
    TooMany,
}

/// The place of each claim of a rule, all of one part of the period and by date.
pub(super) fn places(rule: &Rule, claims: &[&Claim<'_>]) -> Vec<Place> {
    let skip = (rule.from as usize).saturating_sub(1).min(claims.len());
    let mut places = vec![Place::TooEarly; skip];
    let counts = among_most(rule, &claims[skip..]).into_iter();
    places.extend(counts.map(|counts| {
        if counts {
            Place::Counts
        } else {
            Place::TooMany
        }
    }));
    places
}

/// Whether each is among the most that may count.
fn among_most(rule: &Rule, claims: &[&Claim<'_>]) -> Vec<bool> {
    let mut counts = vec![true; claims.len()];
    let Some(most) = rule.most.map(|most| most as usize) else {
        return counts;
    };
    let mut order: Vec<usize> = (0..claims.len()).collect();
    if rule.which == Which::Best {
        // The sort is stable: of equals the earlier one counts.
        order.sort_by_key(|claim| std::cmp::Reverse(claims[*claim].value));
    }
    for claim in order.into_iter().skip(most) {
        counts[claim] = false;
    }
    counts
}

/// Whether each claim of a rule comes before the one from which on they count, in whichever part
/// of the period it lies.
pub(super) fn too_early(rule: &Rule, period: Period, claims: &[&Claim<'_>]) -> Vec<bool> {
    let skip = (rule.from as usize).saturating_sub(1);
    claims
        .chunk_by(|one, next| part(rule, period, one) == part(rule, period, next))
        .flat_map(|run| (0..run.len()).map(|place| place < skip))
        .collect()
}

/// In which part of the period a claim lies, where the rule looks at each by itself. Claims are in
/// the order of their dates, so that each part is a run of them.
fn part(rule: &Rule, period: Period, claim: &Claim<'_>) -> usize {
    rule.each
        .map_or(0, |unit| period.part_of(unit, claim.live.fact.on))
}

/// The room below a cap, filled by date. What costs points makes room for what earns them.
pub(super) struct Room {
    left: Amount,
}

impl Room {
    /// All the room there is for these.
    pub fn below(cap: Amount, claims: &[&Claim<'_>]) -> Self {
        let costs = claims.iter().map(|claim| claim.value.min(Amount::ZERO));
        Self {
            left: cap - costs.sum(),
        }
    }

    /// Whether there was no room left for one that earns. The next one is asked about next.
    pub fn is_full_for(&mut self, claim: &Claim<'_>) -> bool {
        let full = self.left <= Amount::ZERO && Amount::ZERO < claim.value;
        self.left = self.left - claim.value.max(Amount::ZERO);
        full
    }
}

/// Of each claim that a rule has, whether it earns nothing there because as many as may count do
/// so already, or because those before it reached full marks or the cap.
pub(super) fn comes_too_late(
    rule: &Rule,
    person: &Person,
    period: Period,
    part_year: PartYearRule,
    claims: &[&Claim<'_>],
) -> Vec<bool> {
    let unlimited = rule.most.is_none() && rule.cap.is_none() && rule.cap_in_all.is_none();
    if unlimited && rule.reach.is_empty() {
        return vec![false; claims.len()];
    }
    let mut whole = rule.cap_in_all.map(|cap| Room::below(cap, claims));
    let parts = rule.each.map(|unit| period.parts(unit));
    let row = reach_row(rule, person);
    let mut late = Vec::with_capacity(claims.len());
    for run in claims.chunk_by(|one, next| part(rule, period, one) == part(rule, period, next)) {
        let days = parts
            .as_ref()
            .and_then(|parts| parts.get(part(rule, period, run[0])).copied());
        let target = row.map(|row| target(row, days, period, person, part_year).number);
        let mut cap = rule
            .cap
            .filter(|_| rule.reach.is_empty())
            .map(|cap| Room::below(cap, run));
        let mut before = Amount::ZERO;
        for (claim, counts) in run.iter().zip(among_most(rule, run)) {
            // What is left out takes no room of the others.
            if !counts || target.is_some_and(|target| target <= before) {
                late.push(true);
                continue;
            }
            before = before + claim.count;
            let full = |room: &mut Option<Room>| {
                let room = room.as_mut();
                room.is_some_and(|room| room.is_full_for(claim))
            };
            late.push(full(&mut cap) || full(&mut whole));
        }
    }
    late
}
