//! Which rule counts which fact, and for how much, before caps.

use std::collections::HashMap;

use super::amount::Amount;
use super::limit::counting;
use super::live::{Live, Thing};
use super::matching::{means_any, passes_all};
use super::period::Period;
use super::person::Person;
use super::rulebook::{Reach, Rest, RowChoice, Rule, SameThing, Split};
use super::scheme::Scheme;
use super::sheet::UnusedReason;

/// A fact under a rule.
#[derive(Clone, Debug)]
pub(super) struct Claim<'a> {
    /// The fact.
    pub live: &'a Live<'a>,
    /// How many it counts as.
    pub count: Amount,
    /// What it is worth; where a number asked is counted, its share of full marks.
    pub value: Amount,
    /// How that comes about, where it is more than a look-up.
    pub arithmetic: Option<String>,
}

/// A fact that a rule looked at and did not count, with the reason in words.
pub(super) type Passed<'a> = (&'a Live<'a>, UnusedReason, String);

/// What the rules make of the facts.
pub(super) struct Claims<'a> {
    /// The facts that each rule counts, by date.
    pub by_rule: Vec<Vec<Claim<'a>>>,
    /// The facts that a rule looked at and did not count.
    pub passed: Vec<Passed<'a>>,
}

/// What each rule that applies to the person counts among these facts.
pub(super) fn claims<'a>(
    scheme: &Scheme,
    person: &Person,
    period: Period,
    facts: &[&'a Live<'a>],
) -> Claims<'a> {
    let rules = &scheme.rulebook().rules;
    let applies: Vec<bool> = (0..rules.len())
        .map(|rule| scheme.applies(rule, person))
        .collect();
    let mut claims = Claims {
        by_rule: vec![Vec::new(); rules.len()],
        passed: Vec::new(),
    };
    for &live in facts {
        for &index in scheme.rules_for(&live.fact.kind) {
            let rule = &rules[index];
            if !applies[index] || !means_any(&rule.counts, live, person) {
                continue;
            }
            match value(scheme, rule, person, live) {
                Ok(claim) => claims.by_rule[index].push(claim),
                Err((reason, words)) => claims.passed.push((live, reason, words)),
            }
        }
    }
    claims.count_each_thing_once_a_rule();
    if scheme.rulebook().same_thing != SameThing::Each {
        claims.settle(rules, period, scheme.rulebook().same_thing);
    }
    claims
}

impl<'a> Claims<'a> {
    /// One thing reported twice is one thing: the report that is worth more stands.
    fn count_each_thing_once_a_rule(&mut self) {
        for claims in &mut self.by_rule {
            let mut best: HashMap<Thing<'a>, usize> = HashMap::with_capacity(claims.len());
            for (index, claim) in claims.iter().enumerate() {
                let stands = best.entry(claim.live.thing()).or_insert(index);
                if claims[*stands].value < claim.value {
                    *stands = index;
                }
            }
            if best.len() == claims.len() {
                continue;
            }
            let mut index = 0;
            claims.retain(|claim| {
                let stands = best[&claim.live.thing()] == index;
                index += 1;
                if !stands {
                    let words = UnusedReason::SameThing.zh().to_owned();
                    self.passed
                        .push((claim.live, UnusedReason::SameThing, words));
                }
                stands
            });
        }
    }

    /// Leaves each thing to one of the rules that would count it, but for those that count it
    /// again whatever others make of it. What earns and what costs are settled apart: of two
    /// deductions for one thing the larger stands.
    fn settle(&mut self, rules: &[Rule], period: Period, policy: SameThing) {
        let mut winner: HashMap<(Thing<'a>, bool), (usize, Amount)> = HashMap::new();
        let key = |claim: &Claim<'a>| (claim.live.thing(), claim.value.is_negative());
        // What a rule does not count by its place is left to others, and keeps its place.
        let counting: Vec<Vec<bool>> = rules
            .iter()
            .zip(&self.by_rule)
            .map(|(rule, claims)| {
                if rule.again {
                    vec![false; claims.len()]
                } else {
                    counting(rule, period, claims)
                }
            })
            .collect();
        for (index, (claims, counting)) in self.by_rule.iter().zip(&counting).enumerate() {
            for (claim, _) in claims.iter().zip(counting).filter(|(_, counts)| **counts) {
                let size = claim.value.size();
                let (rule, best) = winner.entry(key(claim)).or_insert((index, size));
                if policy == SameThing::Best && *best < size {
                    (*rule, *best) = (index, size);
                }
            }
        }
        for (index, (claims, counting)) in self.by_rule.iter_mut().zip(counting).enumerate() {
            let mut counting = counting.into_iter();
            claims.retain(|claim| {
                if counting.next() != Some(true) {
                    return true;
                }
                let (rule, _) = winner[&key(claim)];
                if rule != index {
                    let words = format!("已按「{}」计分", rules[rule].title);
                    let reason = UnusedReason::CountedElsewhere;
                    self.passed.push((claim.live, reason, words));
                }
                rule == index
            });
        }
    }
}

/// What one fact is worth under a rule that means it.
fn value<'a>(
    scheme: &Scheme,
    rule: &Rule,
    person: &Person,
    live: &'a Live<'a>,
) -> Result<Claim<'a>, (UnusedReason, String)> {
    let (base, mut steps) = base(rule, person, live)?;
    let mut count = Amount::ONE;
    if let Some(name) = &rule.times {
        let number = live.attributes.get(name).and_then(super::Value::number);
        count = number.ok_or_else(|| missing(scheme, rule, live, name))?;
        steps = if base == Amount::ONE {
            format!("{count} 分")
        } else {
            // A negative factor stands in brackets, as on paper.
            let steps = match steps.strip_prefix('-') {
                Some(_) => format!("({base}) 分"),
                None => steps,
            };
            format!("{count} × {steps}")
        };
    }
    let mut value = base * count;
    let split = rule
        .splits
        .iter()
        .find(|split| passes_all(&split.when, &live.attributes, &person.traits));
    if let Some(split) = split {
        let share = share(scheme, rule, split, live)?;
        if share == Amount::ZERO {
            let words = UnusedReason::NoShare.zh().to_owned();
            return Err((UnusedReason::NoShare, words));
        }
        value = value * share;
        count = count * share;
        if share != Amount::ONE {
            steps = format!("{steps} × {share}");
        }
    }
    if !steps.contains('×') {
        steps = steps.replace(['(', ')'], "");
    }
    let simple = !steps.contains(['+', '×']);
    Ok(Claim {
        live,
        count,
        value,
        arithmetic: (!simple).then(|| format!("{steps} = {value:#} 分")),
    })
}

/// What a fact is worth before it is multiplied and shared, and how a person writes it.
fn base(
    rule: &Rule,
    person: &Person,
    live: &Live<'_>,
) -> Result<(Amount, String), (UnusedReason, String)> {
    if let Some(points) = rule.points {
        return Ok((points, format!("{points} 分")));
    }
    if let Some(row) = reach_row(rule, person) {
        let each = if row.count == Amount::ZERO {
            Amount::ZERO
        } else {
            row.points * row.count.inverse()
        };
        return Ok((each, "1".to_owned()));
    }
    let mut fitting = rule
        .values
        .iter()
        .filter(|row| passes_all(&row.when, &live.attributes, &person.traits))
        .map(|row| row.points);
    let chosen = match rule.rows {
        RowChoice::First => fitting.next(),
        RowChoice::Highest => fitting.max(),
        RowChoice::Sum => {
            let rows: Vec<Amount> = fitting.collect();
            if 1 < rows.len() {
                let steps: Vec<String> = rows.iter().map(|row| format!("{row} 分")).collect();
                let sum = rows.into_iter().sum();
                return Ok((sum, format!("({})", steps.join(" + "))));
            }
            rows.first().copied()
        }
    };
    chosen
        .map(|points| (points, format!("{points} 分")))
        .ok_or_else(|| {
            let words = format!("「{}」没有规定这种情形的分值", rule.title);
            (UnusedReason::NoValue, words)
        })
}

/// The row of full marks for this person.
pub(super) fn reach_row<'r>(rule: &'r Rule, person: &Person) -> Option<&'r Reach> {
    rule.reach
        .iter()
        .find(|row| passes_all(&row.when, &person.traits, &person.traits))
}

fn missing(scheme: &Scheme, rule: &Rule, live: &Live<'_>, name: &str) -> (UnusedReason, String) {
    let kind = scheme.vocabulary().kind(&live.fact.kind);
    let attribute = kind.and_then(|kind| kind.attribute(name));
    let title = attribute.map_or(name, |attribute| &attribute.title);
    let words = format!("「{}」计分需要「{title}」，这条记录没有", rule.title);
    (UnusedReason::MissingNumber, words)
}

/// Which share of one thing this signer has.
fn share(
    scheme: &Scheme,
    rule: &Rule,
    split: &Split,
    live: &Live<'_>,
) -> Result<Amount, (UnusedReason, String)> {
    let whole = |name: &str| {
        let number = live.attributes.get(name)?.number()?;
        u32::try_from(number.floor()).ok()
    };
    let place = whole("place");
    let is_first = place == Some(1)
        || (place.is_none() && (live.has("role", "first") || live.has("role", "lead")));
    if let Some(most) = split.most {
        let place = if is_first { Some(1) } else { place };
        if most < place.ok_or_else(|| missing(scheme, rule, live, "place"))? {
            return Ok(Amount::ZERO);
        }
    }
    if is_first && split.first.is_some() && whole("signers").is_none_or(|signers| signers <= 1) {
        // Alone, the first signer is everybody.
        return match whole("signers") {
            Some(_) => Ok(Amount::ONE),
            None => Ok(split.first.unwrap_or(Amount::ONE)),
        };
    }
    match (split.first, split.rest) {
        (Some(first), _) if is_first => Ok(first),
        (_, Rest::None) => Ok(Amount::ZERO),
        (_, Rest::Full) => Ok(Amount::ONE),
        (first, Rest::Equal) => {
            let signers = whole("signers").ok_or_else(|| missing(scheme, rule, live, "signers"))?;
            let sharing = split.most.map_or(signers, |most| signers.min(most));
            Ok(match first {
                Some(first) => (Amount::ONE - first).shared_by(sharing.saturating_sub(1)),
                None => Amount::ONE.shared_by(sharing),
            })
        }
    }
}
