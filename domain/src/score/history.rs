//! Conditions over several periods: the row of closed results before the one that is looked at,
//! and what interrupts it.

use super::condition::Condition;
use super::judge::{Case, Finding};
use super::part_year::Office;
use super::period::Period;
use super::sheet::Closed;

impl<'a> Case<'a> {
    /// Whether the rest of the condition holds in enough periods of the term.
    pub(super) fn over_periods(&self, condition: &Condition) -> Finding {
        let (consecutive, times) = (condition.consecutive, condition.times_in_term);
        // Both: how many periods of the term such a row ends in.
        let row = consecutive.filter(|_| times.is_some());
        let inner = Condition {
            consecutive: row,
            times_in_term: None,
            break_resets: condition.break_resets && row.is_some(),
            ..condition.clone()
        };
        let condition = &Condition {
            consecutive: consecutive.filter(|_| row.is_none()),
            times_in_term: times,
            break_resets: condition.break_resets && row.is_none(),
            ..Condition::default()
        };
        let Back { found, notes } = self.look_back(condition, &inner);
        let all = found.len();
        let (holds, held): (bool, Vec<_>) = match (condition.consecutive, condition.times_in_term) {
            (Some(asked), _) => {
                let row: Vec<_> = found
                    .into_iter()
                    .take_while(|(_, one)| one.applies())
                    .collect();
                (asked as usize <= row.len(), row)
            }
            (None, asked) => {
                let held: Vec<_> = found.into_iter().filter(|(_, one)| one.applies()).collect();
                (asked.unwrap_or(1) as usize <= held.len(), held)
            }
        };
        let asked = match condition.consecutive {
            Some(asked) => format!("连续 {asked} 个考核期"),
            None => format!("本届累计 {} 个考核期", condition.times_in_term.unwrap_or(1)),
        };
        let mut texts: Vec<String> = held
            .iter()
            .rev()
            .map(|(period, one)| format!("{}：{}", period.zh(), one.text))
            .collect();
        if texts.is_empty() {
            texts.push("没有一个考核期符合".to_owned());
        }
        // What lies beyond the end of the row interrupted nothing.
        let reached = if condition.consecutive.is_some() {
            held.len()
        } else {
            all
        };
        texts.extend(
            notes
                .into_iter()
                .filter(|(after, stops, _)| {
                    *after < reached || (*after == reached && *stops && !holds)
                })
                .map(|(_, _, note)| note),
        );
        Finding {
            holds,
            asked: true,
            text: format!(
                "条件为{asked}，符合 {} 个（{}）",
                held.len(),
                texts.join("；")
            ),
            facts: held
                .into_iter()
                .rev()
                .flat_map(|(_, one)| one.facts)
                .collect(),
        }
    }

    /// Every period that is looked at, the newest first. A break in the membership ends the look
    /// back only where the rulebook says so; a period without a result interrupts a row, unless
    /// he was no member then. A period whose grade is not decided yet says nothing about grades.
    fn look_back(&self, condition: &Condition, inner: &Condition) -> Back {
        let undecided = self.grade.is_none() && inner.asks_for_grades();
        let mut back = Back::default();
        if !undecided {
            back.found.push((self.period, self.judge(inner)));
        }
        let (mut later, mut after_break) = (self.period, self.after_break);
        for (index, closed) in self.closed.iter().enumerate().rev() {
            let broken = after_break || self.came_between(closed.period, later);
            let missing = (!later.follows(closed.period) && !back.found.is_empty())
                .then(|| self.between(closed.period, later));
            let after = back.found.len();
            if condition.break_resets && broken {
                let note = "任期在此前中断，重新计算".to_owned();
                back.notes.push((after, true, note));
                break;
            }
            if condition.consecutive.is_some()
                && let Some(missing) = missing
            {
                if !broken {
                    let note = format!("{missing}没有结果，不算连续");
                    back.notes.push((after, true, note));
                    break;
                }
                let note = format!("{missing}不在任，前后接着算");
                back.notes.push((after, false, note));
            }
            let found = if self.was_exempt(closed.period) {
                Finding::plain(false, "免予考核".to_owned())
            } else {
                self.at(index, closed).judge(inner)
            };
            back.found.push((closed.period, found));
            (later, after_break) = (closed.period, closed.after_break);
        }
        back
    }

    /// Whether he was exempt in a period: nothing that it asks holds of him, for or against him.
    fn was_exempt(&self, period: Period) -> bool {
        let mut inside = self
            .live
            .iter()
            .filter(|live| period.contains(live.fact.on));
        inside.any(|live| live.exempts(self.person))
    }

    /// Whether he came into office anew after one period and by the end of a later one.
    fn came_between(&self, earlier: Period, later: Period) -> bool {
        let joined = self.person.joined_on;
        joined.is_some_and(|joined| earlier.last < joined && joined <= later.last)
    }

    /// The periods between two, in words.
    fn between(&self, earlier: Period, later: Period) -> String {
        let rule = &self.scheme.rulebook().period;
        let (first, last) = (earlier.last.succ_opt(), later.first.pred_opt());
        let name = |day: Option<chrono::NaiveDate>| day.map(|day| rule.around(day).zh());
        match (name(first), name(last)) {
            (Some(first), Some(last)) if first != last => format!("{first}至 {last}"),
            (first, last) => first.or(last).unwrap_or_default(),
        }
    }

    /// The same person in a closed period, with what was closed before it.
    fn at(&self, index: usize, closed: &'a Closed) -> Self {
        let office = Office::of(self.person);
        Self {
            period: closed.period,
            points: &closed.points,
            total: closed.total.into(),
            grade: closed.grade.as_deref(),
            requirements: &closed.requirements,
            attendance: closed.attendance,
            closed: &self.closed[..index],
            after_break: closed.after_break,
            // Of an earlier time in office nothing is known but its results.
            office: if office.touches(closed.period) {
                office
            } else {
                Office::default()
            },
            past: true,
            ..*self
        }
    }
}

/// What a look back finds.
#[derive(Default)]
struct Back {
    found: Vec<(Period, Finding)>,
    /// After how many of these something lies between, whether it ends the look back, and what.
    notes: Vec<(usize, bool, String)>,
}
