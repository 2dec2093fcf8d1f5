//! The computation itself: which facts count, what they earn and what is said about it.

use std::collections::{HashMap, HashSet};

use super::fact::{Fact, FactKind};
use super::period::Period;
use super::rulebook::{Item, PeriodKind, Rounding, Rulebook};
use super::selector::Selector;
use super::sheet::{Invitations, Line, LineFact, Sheet, Unused, UnusedReason};
use crate::attendance::AttendanceStatus;
use crate::calendar::Quarter;
use crate::ids::{FactId, MemberId};
use crate::points::Points;

/// The sheet of `member` for `period`.
///
/// `facts` may hold those of other members and periods and come in any order; reversals are
/// honoured whatever day they bear. The rulebook is one that passed [`Rulebook::check`].
pub fn tally(rulebook: &Rulebook, period: Period, member: MemberId, facts: &[Fact]) -> Sheet {
    let mut own: Vec<&Fact> = facts.iter().filter(|fact| fact.member == member).collect();
    own.sort_unstable_by_key(|fact| (fact.on, fact.id));
    own.dedup_by_key(|fact| fact.id);
    let reversed = reversed(&own);
    own.retain(|fact| period.contains(fact.on));

    let item_of = items_by_kind(rulebook);
    let mut counted: Vec<Vec<&Fact>> = vec![Vec::new(); rulebook.items.len()];
    let mut attendance = Invitations::default();
    let mut unused = Vec::new();
    for &fact in &own {
        match place(fact, &reversed, &item_of) {
            Ok(item) => counted[item].push(fact),
            Err(reason) => unused.push((fact, reason)),
        }
        if fact.reverses.is_none() && !reversed.contains(&fact.id) {
            attendance.count(fact.kind);
        }
    }

    let mut lines = Vec::with_capacity(rulebook.items.len());
    let mut points_from_attendance = Points::ZERO;
    for (item, facts) in rulebook.items.iter().zip(&counted) {
        let result = ItemResult::of(item, period, facts);
        points_from_attendance = points_from_attendance + result.points_from_attendance;
        unused.extend(
            result
                .over_cap
                .iter()
                .map(|fact| (*fact, UnusedReason::OverCap)),
        );
        lines.push(result.line(item, facts));
    }
    unused.sort_unstable_by_key(|(fact, _)| (fact.on, fact.id));

    let total = round(
        lines.iter().map(|line| line.points).sum(),
        rulebook.rounding,
    );
    let (grade, grade_note) = grade(rulebook, &lines, total);
    Sheet {
        member,
        period,
        rulebook: rulebook.key.clone(),
        rulebook_version: rulebook.version,
        notice: rulebook.notice.clone(),
        lines,
        total,
        grade: grade.map(|index| rulebook.bands[index].title.clone()),
        grade_key: grade.map(|index| rulebook.bands[index].key.clone()),
        grade_note,
        attendance,
        attendance_share: attendance.share(),
        points_from_attendance,
        unused: unused
            .into_iter()
            .map(|(fact, reason)| Unused {
                fact: named(fact),
                kind: fact.kind,
                reason,
            })
            .collect(),
    }
}

/// The facts whose effect a reversal takes away.
///
/// A reversal that is itself reversed takes nothing away, so each is decided after all that name
/// it. Reversals that name each other in a circle are never decided and take nothing away.
fn reversed(facts: &[&Fact]) -> HashSet<FactId> {
    let target: HashMap<FactId, FactId> = facts
        .iter()
        .filter_map(|fact| Some((fact.id, fact.reverses?)))
        .collect();
    let mut undecided: HashMap<FactId, usize> = HashMap::new();
    for reversed in target.values() {
        *undecided.entry(*reversed).or_default() += 1;
    }
    let mut ready: Vec<FactId> = target
        .keys()
        .copied()
        .filter(|id| !undecided.contains_key(id))
        .collect();
    let mut reversed = HashSet::new();
    while let Some(reversal) = ready.pop() {
        let Some(&named) = target.get(&reversal) else {
            continue;
        };
        if !reversed.contains(&reversal) {
            reversed.insert(named);
        }
        let left = undecided
            .get_mut(&named)
            .expect("every named fact was counted above");
        *left -= 1;
        if *left == 0 {
            ready.push(named);
        }
    }
    reversed
}

/// Which item counts a kind; the first, should a rulebook name a kind twice.
fn items_by_kind(rulebook: &Rulebook) -> HashMap<FactKind, usize> {
    let mut item_of = HashMap::new();
    for (index, item) in rulebook.items.iter().enumerate() {
        let selectors = item
            .counts
            .iter()
            .flat_map(|alternative| &alternative.facts);
        for kind in selectors.flat_map(Selector::kinds) {
            item_of.entry(*kind).or_insert(index);
        }
    }
    item_of
}

fn place(
    fact: &Fact,
    reversed: &HashSet<FactId>,
    item_of: &HashMap<FactKind, usize>,
) -> Result<usize, UnusedReason> {
    if fact.reverses.is_some() {
        return Err(UnusedReason::Reversal);
    }
    if reversed.contains(&fact.id) {
        return Err(UnusedReason::Reversed);
    }
    item_of.get(&fact.kind).copied().ok_or(match fact.kind {
        FactKind::Attendance { status, .. } if !status.attended() => UnusedReason::NotAttended,
        FactKind::Attendance { .. } | FactKind::Duty { .. } => UnusedReason::NotCounted,
    })
}

impl Invitations {
    fn count(&mut self, kind: FactKind) {
        let FactKind::Attendance { status, .. } = kind else {
            return;
        };
        self.invited += 1;
        match status {
            AttendanceStatus::Invited => {}
            AttendanceStatus::Present | AttendanceStatus::Late | AttendanceStatus::LeftEarly => {
                self.attended += 1;
            }
            AttendanceStatus::Leave => self.leave += 1,
            AttendanceStatus::Exempt => self.exempt += 1,
            AttendanceStatus::Absent => self.absent += 1,
        }
    }
}

/// What an item comes to, summed over the times it is due.
struct ItemResult<'a> {
    points: Points,
    points_from_attendance: Points,
    done: u32,
    target: u32,
    sums: Vec<String>,
    gaps: Vec<String>,
    over_cap: Vec<&'a Fact>,
}

impl<'a> ItemResult<'a> {
    fn of(item: &Item, period: Period, facts: &[&'a Fact]) -> Self {
        let mut result = Self {
            points: Points::ZERO,
            points_from_attendance: Points::ZERO,
            done: 0,
            target: 0,
            sums: Vec::new(),
            gaps: Vec::new(),
            over_cap: Vec::new(),
        };
        let due = due(item.period, period);
        for part in &due {
            let name = if due.len() > 1 { part_name(*part) } else { "" };
            let facts = facts.iter().copied().filter(|fact| part.contains(fact.on));
            result.add(item, name, facts);
        }
        result
    }

    /// Add one time that the item was due. Facts earn in their order until the cap is reached.
    fn add(&mut self, item: &Item, name: &str, facts: impl Iterator<Item = &'a Fact>) {
        let unit = &item.unit;
        let mut count = 0;
        let mut points = Points::ZERO;
        for fact in facts {
            count += 1;
            let earned = item.points_each.min(item.cap - points);
            if earned == Points::ZERO {
                self.over_cap.push(fact);
            }
            if matches!(fact.kind, FactKind::Attendance { .. }) {
                self.points_from_attendance = self.points_from_attendance + earned;
            }
            points = points + earned;
        }
        self.points = self.points + points;
        self.done += count.min(item.target);
        self.target += item.target;
        if count < item.target {
            self.gaps
                .push(format!("{name}还差 {} {unit}", item.target - count));
        }
        if 0 < count || name.is_empty() {
            let space = if name.is_empty() { "" } else { " " };
            let uncapped = item.points_each.times(count).unwrap_or(item.cap);
            let (each, cap) = (item.points_each, item.cap);
            let sum =
                format!("{name}{space}{count} {unit} × {each} 分 = {uncapped} 分，上限 {cap} 分");
            self.sums.push(sum);
        }
    }

    fn line(self, item: &Item, facts: &[&Fact]) -> Line {
        let arithmetic = match self.sums.as_slice() {
            [] => format!("0 {} = 0 分", item.unit),
            [sum] => sum.clone(),
            sums => format!("{}；合计 {} 分", sums.join("；"), self.points),
        };
        let missing = (!self.gaps.is_empty()).then(|| {
            let ways: Vec<&str> = item.counts.iter().map(|way| way.title.as_str()).collect();
            format!("{}：{}", self.gaps.join("，"), ways.join(" 或 "))
        });
        Line {
            key: item.key.clone(),
            clause: item.clause.clone(),
            title: item.title.clone(),
            facts: facts.iter().map(|fact| named(fact)).collect(),
            arithmetic,
            points: self.points,
            done: self.done,
            target: self.target,
            missing,
            gates_grade: item.gates_grade,
        }
    }
}

/// The times at which an item is due within the period of a sheet.
fn due(item: PeriodKind, period: Period) -> Vec<Period> {
    match (item, period) {
        (PeriodKind::Quarter, Period::Year(year)) => {
            Quarter::of_year(year).map(Period::Quarter).to_vec()
        }
        (PeriodKind::Quarter, Period::Quarter(_)) | (PeriodKind::Year | PeriodKind::Term, _) => {
            vec![period]
        }
    }
}

const fn part_name(part: Period) -> &'static str {
    match part {
        Period::Quarter(Quarter { number: 1, .. }) => "第一季度",
        Period::Quarter(Quarter { number: 2, .. }) => "第二季度",
        Period::Quarter(Quarter { number: 3, .. }) => "第三季度",
        Period::Quarter(_) => "第四季度",
        Period::Year(_) => "全年",
    }
}

fn round(total: Points, rounding: Rounding) -> Points {
    let whole = |hundredths: i64| Points::from_hundredths(hundredths.div_euclid(100) * 100);
    match rounding {
        Rounding::Exact => total,
        Rounding::HalfUp => whole(total.hundredths() + 50),
        Rounding::Down => whole(total.hundredths()),
    }
}

/// The highest band that the points reach and no gate closes, and why a higher one is closed.
fn grade(rulebook: &Rulebook, lines: &[Line], total: Points) -> (Option<usize>, Option<String>) {
    let closed: Vec<&str> = lines
        .iter()
        .filter(|line| line.gates_grade && line.missing.is_some())
        .map(|line| line.title.as_str())
        .collect();
    let mut note = None;
    for (index, band) in rulebook.bands.iter().enumerate() {
        if total < band.at_least {
            continue;
        }
        if !band.needs_gates || closed.is_empty() {
            return (Some(index), note);
        }
        note.get_or_insert_with(|| {
            format!("「{}」未完成，不评「{}」", closed.join("」「"), band.title)
        });
    }
    (None, note)
}

fn named(fact: &Fact) -> LineFact {
    LineFact {
        id: fact.id,
        title: fact.title.clone(),
        on: fact.on,
    }
}
