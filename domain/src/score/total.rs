//! How lines become parts, and parts the total: sums and bests, pools, caps and floors, and the one
//! rounding at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::amount::Amount;
use super::person::Person;
use super::rulebook::{Combine, Part, Total};
use super::scheme::{Scheme, TOTAL, subject_kind};
use super::sheet::{Line, PartLine};

const TEXT: &str = "writing to a string does not fail";

impl Scheme {
    /// Parts and total, with how a person writes them.
    pub(super) fn add_up(
        &self,
        person: &Person,
        lines: &[Line],
    ) -> (Vec<PartLine>, String, Amount, Amount) {
        let parts = self.parts_of(person);
        let mut results: BTreeMap<&str, (Amount, String)> = BTreeMap::new();
        // A part can stand before or after the parts within it; a circle adds nothing.
        let mut waiting: Vec<&Part> = parts.clone();
        while !waiting.is_empty() {
            let (ready, rest): (Vec<&Part>, Vec<&Part>) = waiting.iter().partition(|part| {
                waiting
                    .iter()
                    .all(|inner| inner.part.as_deref() != Some(part.key.as_str()))
            });
            if ready.is_empty() {
                break;
            }
            for part in ready {
                let held = held(&part.key, &parts, lines, &results);
                results.insert(&part.key, combine(part, &held));
            }
            waiting = rest;
        }
        let part_lines = parts
            .iter()
            .filter_map(|part| {
                let (exact, arithmetic) = results.get(part.key.as_str())?;
                Some(PartLine {
                    key: part.key.clone(),
                    part: part.part.clone().unwrap_or_else(|| TOTAL.to_owned()),
                    clause: part.clause.clone(),
                    title: part.title.clone(),
                    arithmetic: arithmetic.clone(),
                    points: exact.to_points(),
                    exact: *exact,
                })
            })
            .collect();
        let rule = self.total(subject_kind(person));
        let held = held(TOTAL, &parts, lines, &results);
        let (exact, mut arithmetic) = added(rule.start, &held);
        let (exact, suffix) = bounded(exact, rule.floor, rule.cap);
        arithmetic.push_str(&suffix);
        let total = rounded(&rule, exact);
        if total != exact {
            let (to, mode) = (rule.rounding.to, rule.rounding.mode.zh());
            arithmetic = format!("{arithmetic}，按 {to} {mode}为 {total} 分");
        }
        (part_lines, arithmetic, exact, total)
    }
}

/// What goes into a part, with its titles.
fn held(
    part: &str,
    parts: &[&Part],
    lines: &[Line],
    results: &BTreeMap<&str, (Amount, String)>,
) -> Vec<(String, Amount)> {
    let inner = parts
        .iter()
        .filter(|inner| inner.part.as_deref().unwrap_or(TOTAL) == part)
        .filter_map(|inner| Some((inner.title.clone(), results.get(inner.key.as_str())?.0)));
    let rules = lines
        .iter()
        .filter(|line| line.part == part)
        .map(|line| (line.title.clone(), line.exact));
    inner.chain(rules).collect()
}

fn combine(part: &Part, held: &[(String, Amount)]) -> (Amount, String) {
    let (sum, mut text) = match part.combine {
        Combine::Sum => added(part.start, held),
        Combine::Best => {
            let best = held
                .iter()
                .rev()
                .max_by(|(_, left), (_, right)| left.cmp(right));
            let (sum, text) = match best {
                Some((title, amount)) => (*amount, format!("取最高一项「{title}」{amount} 分")),
                None => (Amount::ZERO, "没有可取的项目，0 分".to_owned()),
            };
            let start = part.start;
            if start == Amount::ZERO {
                (sum, text)
            } else {
                (start + sum, format!("{start} 分起，{text}"))
            }
        }
    };
    let (sum, suffix) = bounded(sum, part.floor, part.cap);
    text.push_str(&suffix);
    (sum, text)
}

/// `50 - 10（缺席全体会议）= 40 分`.
fn added(start: Amount, held: &[(String, Amount)]) -> (Amount, String) {
    let sum = start + held.iter().map(|(_, amount)| *amount).sum::<Amount>();
    let mut text = if start == Amount::ZERO {
        String::new()
    } else {
        start.to_string()
    };
    for (title, amount) in held.iter().filter(|(_, amount)| *amount != Amount::ZERO) {
        let (sign, size) = if amount.is_negative() {
            ("-", -*amount)
        } else {
            ("+", *amount)
        };
        match (text.is_empty(), sign) {
            (true, "+") => {}
            (true, _) => text.push('-'),
            (false, _) => write!(text, " {sign} ").expect(TEXT),
        }
        write!(text, "{size}（{title}）").expect(TEXT);
    }
    let nothing_added = held.iter().all(|(_, amount)| *amount == Amount::ZERO);
    if nothing_added {
        return (sum, format!("{sum} 分"));
    }
    write!(text, " = {sum} 分").expect(TEXT);
    (sum, text)
}

fn bounded(sum: Amount, floor: Option<Amount>, cap: Option<Amount>) -> (Amount, String) {
    match (floor, cap) {
        (_, Some(cap)) if cap < sum => (cap, format!("，上限 {cap} 分，计 {cap} 分")),
        (Some(floor), _) if sum < floor => (floor, format!("，最低 {floor} 分，计 {floor} 分")),
        _ => (sum, String::new()),
    }
}

fn rounded(rule: &Total, exact: Amount) -> Amount {
    exact.rounded(rule.rounding.to, rule.rounding.mode)
}
