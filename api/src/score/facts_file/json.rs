//! Everything in one file of JSON, as another system writes it.

use std::collections::BTreeMap;

use domain::people::Position;
use domain::score::{
    Amount, AskedOfPast, Attributes, Closed, Fact, Invitations, Scheme, Subject, Value,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::cells::day;
use super::list::position;
use super::{FactsFile, Mistakes, Told};
use crate::score::offline::period_named;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    members: Vec<Json>,
    groups: Vec<Json>,
    facts: Vec<Json>,
    closed: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    position: Option<String>,
    sector: Option<String>,
    group: Option<String>,
    special_committee: Option<String>,
    joined_on: Option<String>,
    left_on: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    member: Option<String>,
    group: Option<String>,
    kind: String,
    on: String,
    #[serde(default)]
    title: String,
    id: Option<String>,
    reference: Option<String>,
    reverses: Option<String>,
    #[serde(default = "yes")]
    verified: bool,
    recorder: Option<String>,
    #[serde(default)]
    attributes: Attributes,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    member: Option<String>,
    group: Option<String>,
    period: String,
    total: Amount,
    #[serde(default)]
    points: BTreeMap<String, Amount>,
    /// Told to be none where that period gave no grade.
    #[serde(default, deserialize_with = "told")]
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

/// Reads a list of facts, or an object with `members`, `groups`, `facts` and `closed`.
pub fn read(file: &mut FactsFile, text: &str, scheme: &Scheme, mistakes: &mut Mistakes) {
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => {
            let place = format!("第 {} 行第 {} 列", error.line(), error.column());
            mistakes.add(place, "不是完整的 JSON：少了或多了引号、逗号、括号");
            return;
        }
    };
    let document = match json {
        Json::Array(facts) => Document {
            facts,
            ..Document::default()
        },
        other => match one::<Document>("", other, mistakes) {
            Some(document) => document,
            None => return,
        },
    };
    for (index, json) in document.members.into_iter().enumerate() {
        let place = format!("members[{index}]");
        if let Some(member) = one::<Member>(&place, json, mistakes) {
            take_member(file, &place, member, mistakes);
        }
    }
    for (index, json) in document.groups.into_iter().enumerate() {
        if let Some(group) = one::<Group>(&format!("groups[{index}]"), json, mistakes) {
            file.group(&group.name);
        }
    }
    let mut told = Vec::new();
    for (index, json) in document.facts.into_iter().enumerate() {
        let place = format!("facts[{index}]");
        let row = one::<Row>(&place, json, mistakes);
        let id = FactsFile::id(told.len());
        if let Some(row) = row
            && let Some(one) = fact(file, place, id, row, scheme, mistakes)
        {
            told.push(one);
        }
    }
    file.take(&told, mistakes);
    for (index, json) in document.closed.into_iter().enumerate() {
        let place = format!("closed[{index}]");
        if let Some(earlier) = one::<Earlier>(&place, json, mistakes) {
            take_closed(file, &place, earlier, scheme, mistakes);
        }
    }
}

/// One entry, or what is wrong with it and where.
fn one<T: DeserializeOwned>(place: &str, json: Json, mistakes: &mut Mistakes) -> Option<T> {
    match serde_path_to_error::deserialize(json) {
        Ok(value) => Some(value),
        Err(error) => {
            let path = error.path().to_string();
            let inside = if path == "." { "" } else { &path };
            let dot = if place.is_empty() || inside.is_empty() {
                ""
            } else {
                "."
            };
            mistakes.add(
                format!("{place}{dot}{inside}"),
                sentence(&error.inner().to_string()),
            );
            None
        }
    }
}

/// What the reader says, for a person.
fn sentence(error: &str) -> String {
    let quoted = error.split('`').nth(1).unwrap_or_default();
    if error.starts_with("unknown field") {
        let expected: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        format!("没有「{quoted}」这一项，可以有：{}", expected.join("、"))
    } else if error.starts_with("missing field") {
        format!("缺少「{quoted}」")
    } else if error.starts_with("expected a number up to") {
        "应为最多四位小数的数，如 10.5，或带引号的分数 \"2/3\"".to_owned()
    } else if error.contains("expected a number such as") {
        "应是数，如 5、10.5 或 \"2/3\"".to_owned()
    } else if error.contains("expected true, false, a number") {
        "应是数、true、false、带引号的词，或方括号里的几个词；没有填的请删去".to_owned()
    } else if error.contains("expected a string") {
        "应是带引号的文字".to_owned()
    } else if error.contains("expected a boolean") {
        "应是 true 或 false，不加引号".to_owned()
    } else if error.contains("expected a sequence") {
        "应是方括号括起来的一串".to_owned()
    } else if error.contains("expected a map") || error.contains("expected struct") {
        "应是花括号括起来的一项".to_owned()
    } else {
        format!("内容不合要求（{error}）")
    }
}

/// Whom an entry is about: exactly one of the two.
fn subject(
    file: &mut FactsFile,
    place: &str,
    (member, group): (Option<&str>, Option<&str>),
    mistakes: &mut Mistakes,
) -> Option<Subject> {
    match (member, group) {
        (Some(name), None) if !name.trim().is_empty() => Some(file.member(name.trim()).subject),
        (None, Some(name)) if !name.trim().is_empty() => Some(file.group(name.trim()).subject),
        _ => {
            mistakes.add(place, "member（委员）和 group（活动组）填且只填一个");
            None
        }
    }
}

fn fact(
    file: &mut FactsFile,
    place: String,
    id: domain::ids::FactId,
    row: Row,
    scheme: &Scheme,
    mistakes: &mut Mistakes,
) -> Option<Told> {
    let whom = (row.member.as_deref(), row.group.as_deref());
    let subject = subject(file, &place, whom, mistakes);
    let on = day(&row.on);
    if on.is_none() {
        let expected = format!("应是日期，如 2026-03-12，写的是「{}」", row.on);
        mistakes.add(format!("{place}.on"), expected);
    }
    let mut kinds = scheme.vocabulary().kinds();
    let kind = kinds.find(|kind| kind.title == row.kind || kind.key == row.kind);
    if let Some(wrong) = kind.and_then(|kind| kind.impossible(&row.attributes)) {
        let name = wrong.attribute.unwrap_or_default();
        mistakes.add(format!("{place}.attributes.{name}"), wrong.expected);
    }
    let (subject, on) = (subject?, on?);
    Some(Told {
        fact: Fact {
            id,
            subject,
            kind: kind.map_or(row.kind, |kind| kind.key.clone()),
            on,
            title: row.title,
            reference: row.reference,
            attributes: row.attributes,
            recorder: row.recorder,
            verified: row.verified,
            reverses: None,
        },
        place,
        id: row.id,
        reverses: row.reverses,
    })
}

fn take_member(file: &mut FactsFile, place: &str, member: Member, mistakes: &mut Mistakes) {
    let name = member.name.trim().to_owned();
    if name.is_empty() || file.knows_member(&name) {
        let expected = format!("姓名「{name}」空着或与前面的重复；重名时写成“王伟（教育）”这样");
        mistakes.add(format!("{place}.name"), expected);
        return;
    }
    let mut traits = vec![
        ("sector", member.sector),
        ("group", member.group),
        ("special_committee", member.special_committee),
    ];
    if let Some(word) = member.position {
        if let Some(position) = position(&word) {
            traits.push(("position", Some(position.to_string())));
        } else {
            let all: Vec<&str> = Position::ALL.iter().map(|one| one.as_str()).collect();
            let expected = format!("应是{}之一，写的是「{word}」", all.join("、"));
            mistakes.add(format!("{place}.position"), expected);
        }
    }
    let mut read_day = |name: &str, text: Option<String>| {
        let text = text?;
        let read = day(&text);
        if read.is_none() {
            let expected = format!("应是日期，如 2026-03-12，写的是「{text}」");
            mistakes.add(format!("{place}.{name}"), expected);
        }
        read
    };
    let joined_on = read_day("joined_on", member.joined_on);
    let left_on = read_day("left_on", member.left_on);
    let person = file.member(&name);
    for (name, word) in traits {
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            person.traits.insert(name.to_owned(), Value::Word(word));
        }
    }
    (person.joined_on, person.left_on) = (joined_on, left_on);
}

fn take_closed(
    file: &mut FactsFile,
    place: &str,
    earlier: Earlier,
    scheme: &Scheme,
    mistakes: &mut Mistakes,
) {
    let whom = (earlier.member.as_deref(), earlier.group.as_deref());
    let subject = subject(file, place, whom, mistakes);
    let period = period_named(&earlier.period, &scheme.rulebook().period);
    if let Err(expected) = &period {
        mistakes.add(format!("{place}.period"), expected);
    }
    known_grade(place, &earlier, scheme, mistakes);
    known_keys(place, &earlier, scheme, mistakes);
    let (Some(subject), Ok(period)) = (subject, period) else {
        return;
    };
    let told = file.closed.iter();
    let mut twice = told.filter(|(other, one)| *other == subject && one.period == period);
    if twice.next().is_some() {
        mistakes.add(
            place,
            format!("这一位 {period} 的结果前面已经写过，只能写一次"),
        );
        return;
    }
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
