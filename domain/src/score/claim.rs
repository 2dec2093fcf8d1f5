//! Which rule counts which fact, and for how much, before caps.

use std::collections::HashMap;

use super::amount::Amount;
use super::limit::{comes_too_late, too_early};
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
        let full = |rule: usize, claims: &[&Claim<'_>]| {
            let part_year = scheme.rulebook().part_year;
            comes_too_late(&rules[rule], person, period, part_year, claims)
        };
        claims.settle(rules, period, scheme.rulebook().same_thing, full);
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
    ///
    /// What earns nothing in a rule because it has as many as it counts, or because full marks or
    /// the cap are reached there, is left to the next rule that it earns something in: `full` says
    /// it of those that a rule has.
    fn settle(
        &mut self,
        rules: &[Rule],
        period: Period,
        policy: SameThing,
        full: impl Fn(usize, &[&Claim<'a>]) -> Vec<bool>,
    ) {
        // What comes before those that a rule counts is left to others, and keeps its place.
        let contest: Vec<Vec<bool>> = rules
            .iter()
            .zip(&self.by_rule)
            .map(|(rule, claims)| {
                let claims: Vec<&Claim<'_>> = claims.iter().collect();
                let early = too_early(rule, period, &claims).into_iter();
                early.map(|early| !early && !rule.again).collect()
            })
            .collect();
        let mut late: Vec<Vec<bool>> = contest.iter().map(|one| vec![false; one.len()]).collect();
        // Where all are full, a thing stays where it would be if none were.
        let first = self.winners(&contest, &late, policy);
        let mut winners = first.clone();
        loop {
            let more = self.newly_late(&contest, &late, &winners, &full);
            if more.is_empty() {
                break;
            }
            for (rule, claim) in more {
                late[rule][claim] = true;
            }
            winners = self.winners(&contest, &late, policy);
        }
        for (index, claims) in self.by_rule.iter_mut().enumerate() {
            let contested: Vec<&Claim<'a>> = claims
                .iter()
                .zip(&contest[index])
                .filter(|(_, contested)| **contested)
                .map(|(claim, _)| claim)
                .collect();
            let mut beyond = full(index, &contested).into_iter();
            let mut marks = contest[index].iter().zip(&late[index]);
            claims.retain(|claim| {
                let Some((true, late)) = marks.next() else {
                    return true;
                };
                let beyond = beyond.next() == Some(true);
                let key = key(claim);
                let Some((rule, _)) = winners.get(&key) else {
                    return first[&key].0 == index;
                };
                if *rule == index {
                    return true;
                }
                let title = &rules[*rule].title;
                let words = if *late {
                    format!("「{}」已计满，按「{title}」计分", rules[index].title)
                } else {
                    format!("已按「{title}」计分")
                };
                // Beyond what a rule counts of all it looks at, a thing is not missed there.
                if *late || !beyond {
                    let reason = UnusedReason::CountedElsewhere;
                    self.passed.push((claim.live, reason, words));
                }
                false
            });
        }
    }

    /// The rule that each thing is left to, of those where it does not come too late.
    fn winners(&self, contest: &[Vec<bool>], late: &[Vec<bool>], policy: SameThing) -> Winners<'a> {
        let mut winners = Winners::new();
        for (index, claims) in self.by_rule.iter().enumerate() {
            for (at, claim) in claims.iter().enumerate() {
                if !contest[index][at] || late[index][at] {
                    continue;
                }
                let size = claim.value.size();
                let (rule, best) = winners.entry(key(claim)).or_insert((index, size));
                if policy == SameThing::Best && *best < size {
                    (*rule, *best) = (index, size);
                }
            }
        }
        winners
    }

    /// The claims that come too late in the rule that they are left to.
    fn newly_late(
        &self,
        contest: &[Vec<bool>],
        late: &[Vec<bool>],
        winners: &Winners<'a>,
        full: impl Fn(usize, &[&Claim<'a>]) -> Vec<bool>,
    ) -> Vec<(usize, usize)> {
        let mut more = Vec::new();
        for (index, claims) in self.by_rule.iter().enumerate() {
            let own: Vec<usize> = (0..claims.len())
                .filter(|&at| {
                    let wins = || {
                        winners
                            .get(&key(&claims[at]))
                            .is_some_and(|one| one.0 == index)
                    };
                    contest[index][at] && !late[index][at] && wins()
                })
                .collect();
            let held: Vec<&Claim<'a>> = own.iter().map(|&at| &claims[at]).collect();
            let full = full(index, &held);
            more.extend(
                own.into_iter()
                    .zip(full)
                    .filter(|(_, full)| *full)
                    .map(|(at, _)| (index, at)),
            );
        }
        more
    }
}

/// What is settled as one: a thing that earns, or one that costs.
type Key<'a> = (Thing<'a>, bool);

/// The rule that each thing is left to, with what it is worth there.
type Winners<'a> = HashMap<Key<'a>, (usize, Amount)>;

fn key<'a>(claim: &Claim<'a>) -> Key<'a> {
    (claim.live.thing(), claim.value.is_negative())
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
