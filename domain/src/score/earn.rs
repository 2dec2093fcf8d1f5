//! What one rule makes of the facts it counts: how many, how much, up to where.

use super::amount::Amount;
use super::claim::{Claim, Passed, reach_row};
use super::limit::{Place, Room, places};
use super::part_year::{Asked, Office, asked, asked_in};
use super::period::Period;
use super::person::Person;
use super::rulebook::{PartYear, PartYearRule, Partial, PeriodUnit, Reach, Rule};
use super::sheet::{Line, LineFact, Reached, UnusedReason};

/// What a rule came to.
pub(super) struct Earned<'a> {
    /// Its line.
    pub line: Line,
    /// How much of it comes from attending.
    pub from_attendance: Amount,
    /// The facts that earned nothing after all.
    pub passed: Vec<Passed<'a>>,
}

/// The line of a rule.
pub(super) fn earn<'a>(
    rule: &Rule,
    person: &Person,
    period: Period,
    part_year: PartYearRule,
    claims: Vec<Claim<'a>>,
) -> Earned<'a> {
    let mut earning = Earning {
        rule,
        person,
        period,
        part_year,
        kept: Vec::with_capacity(claims.len()),
        passed: Vec::new(),
        done: Amount::ZERO,
        target: Amount::ZERO,
        from_attendance: Amount::ZERO,
    };
    let (mut sum, arithmetic) = match rule.each {
        None => earning.once(claims, None),
        Some(unit) => earning.in_each(unit, claims),
    };
    let mut arithmetic = arithmetic;
    if let Some(cap) = rule.cap_in_all
        && cap < sum
    {
        sum = cap;
        arithmetic = format!("{arithmetic}，全期上限 {cap} 分，计 {cap} 分");
    }
    let reached = (earning.target != Amount::ZERO).then(|| Reached {
        done: earning.done,
        target: earning.target,
        missing: (earning.done < earning.target).then(|| {
            let (left, unit) = (earning.target - earning.done, &rule.unit);
            format!("还差 {left} {unit}：{}", rule.title)
        }),
    });
    let facts = earning
        .kept
        .iter()
        .map(|claim| LineFact {
            id: claim.live.fact.id,
            title: claim.live.fact.title.clone(),
            on: claim.live.fact.on,
            exact: rule.reach.is_empty().then_some(claim.value),
            arithmetic: claim.arithmetic.clone().filter(|_| rule.reach.is_empty()),
        })
        .collect();
    Earned {
        line: Line {
            key: rule.key.clone(),
            part: rule.part.clone(),
            clause: rule.clause.clone(),
            title: rule.title.clone(),
            text: rule.text.clone(),
            facts,
            arithmetic,
            points: sum.to_points(),
            exact: sum,
            reached,
        },
        from_attendance: earning.from_attendance.min(sum).max(Amount::ZERO),
        passed: earning.passed,
    }
}

struct Earning<'a, 'r> {
    rule: &'r Rule,
    person: &'r Person,
    period: Period,
    part_year: PartYearRule,
    kept: Vec<Claim<'a>>,
    passed: Vec<Passed<'a>>,
    done: Amount,
    target: Amount,
    from_attendance: Amount,
}

impl<'a> Earning<'a, '_> {
    /// The rule applied in each part of the period, and added up.
    fn in_each(&mut self, unit: PeriodUnit, claims: Vec<Claim<'a>>) -> (Amount, String) {
        let parts = self.period.parts(unit);
        let count = parts.len().max(1);
        let mut buckets: Vec<Vec<Claim<'a>>> = vec![Vec::new(); count];
        for claim in claims {
            let part = self.period.part_of(unit, claim.live.fact.on).min(count - 1);
            buckets[part].push(claim);
        }
        let (mut sum, mut texts) = (Amount::ZERO, Vec::new());
        for (number, (bucket, part)) in (1..).zip(buckets.into_iter().zip(parts)) {
            let empty = bucket.is_empty();
            let (points, text) = self.once(bucket, Some(part));
            sum = sum + points;
            if !empty {
                texts.push(format!("第 {number} {}：{text}", measure(unit)));
            }
        }
        match texts.len() {
            0 => (sum, format!("没有记录，{sum} 分")),
            1 => (sum, texts.remove(0)),
            _ => (sum, format!("{}；共 {sum:#} 分", texts.join("；"))),
        }
    }

    /// The rule applied once, to the whole period or to one part of it.
    fn once(&mut self, claims: Vec<Claim<'a>>, part: Option<Period>) -> (Amount, String) {
        let counted = self.counted(claims);
        let row = reach_row(self.rule, self.person);
        let (sum, text) = match (self.rule.reach.is_empty(), row) {
            (true, _) => self.added(&counted),
            (false, None) => (Amount::ZERO, "本条对其不适用，0 分".to_owned()),
            (false, Some(row)) => self.against_target(row, part, &counted),
        };
        let (sum, text) = self.bounded(sum, text, &counted);
        let attendance = counted
            .iter()
            .filter(|claim| claim.live.fact.kind == "attendance")
            .map(|claim| claim.value)
            .sum::<Amount>();
        self.from_attendance = self.from_attendance + attendance.min(sum).max(Amount::ZERO);
        self.kept.extend(counted);
        (sum, text)
    }

    /// Those that count by their place, by date.
    fn counted(&mut self, claims: Vec<Claim<'a>>) -> Vec<Claim<'a>> {
        let Rule {
            from, most, unit, ..
        } = self.rule;
        let places = places(self.rule, &claims);
        let mut counted = Vec::with_capacity(claims.len());
        for (claim, place) in claims.into_iter().zip(places) {
            match place {
                Place::Counts => counted.push(claim),
                Place::TooEarly => {
                    let words = format!("从第 {from} {unit}起计分");
                    self.pass(&claim, UnusedReason::BeforeFrom, words);
                }
                Place::TooMany => {
                    let words = format!("最多计 {} {unit}", most.unwrap_or_default());
                    self.pass(&claim, UnusedReason::BeyondMost, words);
                }
            }
        }
        counted
    }

    /// What they come to, and how a person writes it: equal ones as a product.
    fn added(&self, claims: &[Claim<'a>]) -> (Amount, String) {
        let sum: Amount = claims.iter().map(|claim| claim.value).sum();
        if claims.is_empty() {
            return (sum, "没有记录，0 分".to_owned());
        }
        let unit = &self.rule.unit;
        if let Some(points) = self.rule.points
            && self.rule.times.is_some()
            && self.rule.splits.is_empty()
        {
            let count: Amount = claims.iter().map(|claim| claim.count).sum();
            return (sum, multiplied(count, unit, points, sum));
        }
        let mut groups: Vec<(Amount, usize)> = Vec::new();
        for claim in claims {
            match groups.iter_mut().find(|(value, _)| *value == claim.value) {
                Some((_, count)) => *count += 1,
                None => groups.push((claim.value, 1)),
            }
        }
        let texts: Vec<String> = groups
            .iter()
            .map(|(value, count)| format!("{count} {unit} × {} 分", in_product(*value)))
            .collect();
        (sum, format!("{} = {sum:#} 分", texts.join(" + ")))
    }

    /// Full marks, or a part of them. Where no number is asked of him, nothing done is worth
    /// nothing, and what he did is worth what it is worth to everybody.
    fn against_target(
        &mut self,
        row: &Reach,
        part: Option<Period>,
        claims: &[Claim<'a>],
    ) -> (Amount, String) {
        let unit = &self.rule.unit;
        let Asked {
            number: target,
            of_him,
            why,
        } = target(row, part, self.period, self.person, self.part_year);
        let done: Amount = claims.iter().map(|claim| claim.count).sum();
        if of_him {
            self.done = self.done + done.min(target);
            self.target = self.target + target;
        }
        if let (false, true, Some(why)) = (of_him, claims.is_empty(), &why) {
            return (Amount::ZERO, format!("没有记录，0 分（{why}）"));
        }
        // What is asked of him, or of everybody where nothing is asked of him.
        let (done_of, of_all) = match (of_him, why) {
            (true, None) => (format!("完成 {done} {unit}，要求 {target} {unit}"), ""),
            (true, Some(why)) => {
                let asked = format!("完成 {done} {unit}，要求 {target} {unit}（{why}）");
                (asked, "")
            }
            (false, why) => {
                let why = why.unwrap_or_default();
                let asked = format!("完成 {done} {unit}（{why}），原要求 {target} {unit}");
                (asked, "仍")
            }
        };
        let full = row.points;
        self.pass_beyond(target, claims);
        if target <= done {
            return (full, format!("{done_of}，{of_all}计满分 {full} 分"));
        }
        match row.partial {
            Partial::AllOrNothing => (Amount::ZERO, format!("{done_of}，未达到，0 分")),
            Partial::ProRata => {
                let share = done * target.inverse();
                let points = full * share;
                let sum = format!("{full} 分 × {done}/{target} = {points:#} 分");
                (points, format!("{done_of}，{of_all}按比例 {sum}"))
            }
        }
    }

    /// Names what came when full marks were reached already.
    fn pass_beyond(&mut self, target: Amount, claims: &[Claim<'a>]) {
        let mut before = Amount::ZERO;
        for claim in claims {
            if target <= before {
                let words = format!("满分只要求 {target} {}，之前已达到", self.rule.unit);
                self.pass(claim, UnusedReason::OverCap, words);
            }
            before = before + claim.count;
        }
    }

    /// Within cap and floor. What came after the cap was full is named.
    fn bounded(&mut self, sum: Amount, text: String, claims: &[Claim<'a>]) -> (Amount, String) {
        if let Some(cap) = self.rule.cap
            && cap < sum
        {
            if self.rule.reach.is_empty() {
                let mut room = Room::below(cap, claims);
                for claim in claims {
                    if room.is_full_for(claim) {
                        let words = format!("本条上限 {cap} 分，之前已满");
                        self.pass(claim, UnusedReason::OverCap, words);
                    }
                }
            }
            return (cap, format!("{text}，上限 {cap} 分，计 {cap} 分"));
        }
        if let Some(floor) = self.rule.floor
            && sum < floor
        {
            return (floor, format!("{text}，最低 {floor} 分，计 {floor} 分"));
        }
        (sum, text)
    }

    fn pass(&mut self, claim: &Claim<'a>, reason: UnusedReason, words: String) {
        self.passed.push((claim.live, reason, words));
    }
}

/// How many full marks ask of him: in a part of the period as many as of everybody, if any.
pub(super) fn target(
    row: &Reach,
    part: Option<Period>,
    period: Period,
    person: &Person,
    part_year: PartYearRule,
) -> Asked {
    let office = Office::of(person);
    let stay = office.stay(period);
    match part {
        Some(part) if part_year.reach != PartYear::Waived => {
            let of_him = asked_in(part, part_year.reach, office);
            let why = (!of_him).then(|| "这一段在任不满，不作要求".to_owned());
            Asked {
                number: row.count,
                of_him,
                why,
            }
        }
        _ => asked(row.count, part_year.reach, part_year, stay),
    }
}

/// A number of things at so many points each. Points that others gave are not called things.
fn multiplied(count: Amount, unit: &str, points: Amount, sum: Amount) -> String {
    match (unit, points == Amount::ONE) {
        ("分", true) => format!("{sum:#} 分"),
        ("分", false) => format!("{count} 分 × {} = {sum:#} 分", in_product(points)),
        _ => format!("{count} {unit} × {} 分 = {sum:#} 分", in_product(points)),
    }
}

fn in_product(value: Amount) -> String {
    if value.is_negative() {
        format!("({value})")
    } else {
        value.to_string()
    }
}

/// How a part of a period is counted in words.
const fn measure(unit: PeriodUnit) -> &'static str {
    match unit {
        PeriodUnit::Month => "个月",
        PeriodUnit::Quarter => "季度",
        PeriodUnit::HalfYear => "个半年",
        PeriodUnit::Year | PeriodUnit::SessionYear => "年",
        PeriodUnit::Term => "届",
    }
}
