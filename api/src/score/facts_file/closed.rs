//! Results of earlier periods that were given on paper, as somebody types them: what the rules look
//! back at must be told, because silence is no finding.

use std::collections::BTreeMap;

use domain::score::{Amount, AskedOfPast, Closed, Invitations, Period, Scheme};
use serde::Deserialize;

use super::json::subject;
use super::{FactsFile, Mistakes};
use crate::score::offline::period_named;

/// One result of somebody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Earlier {
    member: Option<String>,
    group: Option<String>,
    period: String,
    total: Amount,
    #[serde(default)]
    points: BTreeMap<String, Amount>,
    /// Told to be none where that period gave no grade.
    #[serde(default, deserialize_with = "told")]
    #[expect(
        clippy::option_option,
        reason = "not told, told to be none, and told are three things"
    )]
    grade: Option<Option<String>>,
    /// Told to be none where it was not asked of him then.
    #[serde(default)]
    requirements: BTreeMap<String, Option<bool>>,
    attendance: Option<Invitations>,
    #[serde(default)]
    after_break: bool,
}

/// What stands there, also where it is said to be nothing.
fn told<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Takes a result in, or says what is wrong with it.
pub(super) fn take(
    file: &mut FactsFile,
    place: &str,
    earlier: Earlier,
    scheme: &Scheme,
    mistakes: &mut Mistakes,
) {
    let whom = (earlier.member.as_deref(), earlier.group.as_deref());
    let subject = subject(file, place, whom, mistakes);
    let rule = &scheme.rulebook().period;
    let known: Vec<Period> = file
        .closed
        .iter()
        .filter(|(known, _)| Some(*known) == subject)
        .map(|(_, closed)| closed.period)
        .collect();
    let period = period_named(&earlier.period, rule).and_then(|period| {
        let taken = rule.takes_earlier(&known, period);
        taken.map(|()| period).map_err(|error| {
            let told = &earlier.period;
            format!("{error}，写的是「{told}」")
        })
    });
    if let Err(expected) = &period {
        mistakes.add(format!("{place}.period"), expected);
    }
    known_grade(place, &earlier, scheme, mistakes);
    known_keys(place, &earlier, scheme, mistakes);
    let (Some(subject), Ok(period)) = (subject, period) else {
        return;
    };
    let people = file.people.iter();
    let person = people
        .map(|(_, person)| person)
        .find(|person| person.subject == subject);
    if let Some(person) = person {
        missing(
            place,
            &earlier,
            &scheme.asked_of_past(person),
            scheme,
            mistakes,
        );
    }
    let requirements = earlier.requirements.into_iter();
    file.closed.push((
        subject,
        Closed {
            period,
            total: earlier.total.to_points(),
            points: earlier.points,
            grade: earlier.grade.flatten(),
            requirements: requirements
                .filter_map(|(key, met)| Some((key, met?)))
                .collect(),
            attendance: earlier.attendance.unwrap_or_default(),
            after_break: earlier.after_break,
        },
    ));
}

fn known_grade(place: &str, earlier: &Earlier, scheme: &Scheme, mistakes: &mut Mistakes) {
    let grades = scheme.rulebook().grades.iter();
    if let Some(Some(grade)) = &earlier.grade
        && !grades.clone().any(|one| one.key == *grade)
    {
        let known: Vec<&str> = grades.map(|one| one.key.as_str()).collect();
        let expected = format!("细则中没有等次「{grade}」，可以是：{}", known.join("、"));
        mistakes.add(format!("{place}.grade"), expected);
    }
}

/// Requirements, parts and rules that the rulebook has.
fn known_keys(place: &str, earlier: &Earlier, scheme: &Scheme, mistakes: &mut Mistakes) {
    let book = scheme.rulebook();
    for key in earlier.requirements.keys() {
        if book.requirements.iter().all(|one| one.key != *key) {
            let expected = format!("细则中没有必做「{key}」");
            mistakes.add(format!("{place}.requirements.{key}"), expected);
        }
    }
    for key in earlier.points.keys() {
        let part = book.parts.iter().any(|part| part.key == *key);
        if !part && book.rules.iter().all(|rule| rule.key != *key) {
            let expected = format!("细则中没有部分或条款「{key}」；总分写在 total 里");
            mistakes.add(format!("{place}.points.{key}"), expected);
        }
    }
}

/// What conditions over several periods look at and the entry does not tell.
fn missing(
    place: &str,
    earlier: &Earlier,
    asked: &AskedOfPast<'_>,
    scheme: &Scheme,
    mistakes: &mut Mistakes,
) {
    const WHY: &str = "细则中连续、累计几期的条件要看它";
    let requirements = &scheme.rulebook().requirements;
    for key in &asked.requirements {
        if earlier.requirements.contains_key(*key) {
            continue;
        }
        let one = requirements.iter().find(|one| one.key == *key);
        let title = one.map_or(*key, |one| one.title.as_str());
        let expected = format!(
            "缺少「{title}」：{WHY}；完成了写 \"{key}\": true，没完成写 false，那一期没有要求写 null"
        );
        mistakes.add(format!("{place}.requirements"), expected);
    }
    for key in &asked.points {
        if !earlier.points.contains_key(*key) {
            let title = scheme.title(key);
            let expected = format!("缺少「{title}」的得分：{WHY}，如 \"{key}\": 12.5");
            mistakes.add(format!("{place}.points"), expected);
        }
    }
    if asked.grade && earlier.grade.is_none() {
        let expected = format!("缺少等次：{WHY}；那一期没有评等次的写 null");
        mistakes.add(format!("{place}.grade"), expected);
    }
    if asked.attendance && earlier.attendance.is_none() {
        let expected = format!(
            "缺少出席情况：{WHY}，如 {{ \"invited\": 10, \"attended\": 8, \"leave\": 1, \
             \"exempt\": 0, \"absent\": 1 }}"
        );
        mistakes.add(format!("{place}.attendance"), expected);
    }
}
