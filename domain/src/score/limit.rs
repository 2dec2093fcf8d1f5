//! Which facts of a rule count by their place: only from the n-th on, only so many.

use super::claim::Claim;
use super::period::Period;
use super::rulebook::{Rule, Which};

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
pub(super) fn places(rule: &Rule, claims: &[Claim<'_>]) -> Vec<Place> {
    let skip = (rule.from as usize).saturating_sub(1).min(claims.len());
    let mut places = vec![Place::TooEarly; skip];
    places.resize(claims.len(), Place::Counts);
    let Some(most) = rule.most.map(|most| most as usize) else {
        return places;
    };
    let mut order: Vec<usize> = (skip..claims.len()).collect();
    if rule.which == Which::Best {
        // The sort is stable: of equals the earlier one counts.
        order.sort_by_key(|claim| std::cmp::Reverse(claims[*claim].value));
    }
    for claim in order.into_iter().skip(most) {
        places[claim] = Place::TooMany;
    }
    places
}

/// Whether each claim of a rule counts by its place, in whichever part of the period it lies.
pub(super) fn counting(rule: &Rule, period: Period, claims: &[Claim<'_>]) -> Vec<bool> {
    if rule.from <= 1 && rule.most.is_none() {
        return vec![true; claims.len()];
    }
    let part = |claim: &Claim<'_>| match rule.each {
        Some(unit) => period.part_of(unit, claim.live.fact.on),
        None => 0,
    };
    // By date, so that each part is a run.
    claims
        .chunk_by(|one, next| part(one) == part(next))
        .flat_map(|run| places(rule, run))
        .map(|place| place == Place::Counts)
        .collect()
}
