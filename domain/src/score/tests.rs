//! The engine on one small rulebook; the published regulations are in `tests/regulations.rs`.

use chrono::NaiveDate;
use uuid::Uuid;

use super::*;
use crate::ids::{FactId, GroupId, MemberId};

mod boundaries;
mod properties;

const YEAR: i32 = 2026;

fn member() -> Subject {
    Subject::Member(MemberId(Uuid::from_u128(7)))
}

fn person() -> Person {
    Person::new(member(), &[("position", "member"), ("sector", "经济界")])
}

fn small() -> Rulebook {
    toml::from_str(include_str!("tests/small.toml")).unwrap()
}

fn fact(id: u128, kind: &str, on: &str, attributes: &[(&str, Value)]) -> Fact {
    Fact {
        id: FactId(Uuid::from_u128(id)),
        subject: member(),
        kind: kind.to_owned(),
        on: on.parse().unwrap(),
        title: format!("{kind} {id}"),
        reference: None,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        recorder: None,
        verified: true,
        reverses: None,
    }
}

fn word(word: &str) -> Value {
    Value::Word(word.to_owned())
}

fn came(id: u128, on: &str, activity: &str, status: &str) -> Fact {
    fact(
        id,
        "attendance",
        on,
        &[("activity", word(activity)), ("status", word(status))],
    )
}

fn proposal(id: u128, form: &str, role: &str, signers: i64, stage: &str) -> Fact {
    let attributes = [
        ("form", word(form)),
        ("role", word(role)),
        ("signers", Value::Integer(signers)),
        ("stage", word(stage)),
    ];
    fact(id, "proposal", "2026-03-01", &attributes)
}

fn sheet(facts: &[Fact]) -> Sheet {
    let scheme = Scheme::new(small());
    scheme.sheet(Period::of_year(YEAR), Record::of(&person(), facts))
}

#[test]
fn a_sheet_says_how_every_point_comes_about() {
    let sheet = sheet(&[
        came(1, "2026-01-10", "plenary", "absent"),
        came(2, "2026-02-10", "standing", "absent"),
        came(3, "2026-02-11", "standing", "absent"),
        proposal(4, "joint", "first", 3, "filed"),
        came(5, "2026-05-01", "research", "present"),
        came(6, "2026-05-02", "research", "leave"),
    ]);

    let line = |key: &str| sheet.lines.iter().find(|line| line.key == key).unwrap();
    assert_eq!(
        line("absence").arithmetic,
        "1 次 × (-10) 分 + 2 次 × (-5) 分 = -20 分"
    );
    assert_eq!(line("proposal").arithmetic, "1 件 × 12.5 分 = 12.5 分");
    let how = line("proposal").facts[0].arithmetic.as_deref();
    assert_eq!(how, Some("(10 分 + 15 分) × 0.5 = 12.5 分"));
    assert_eq!(sheet.parts[0].arithmetic, "50 - 20（缺席会议） = 30 分");
    assert_eq!(
        sheet.arithmetic,
        "30（会议） + 12.5（提案） + 2（参加活动） = 44.5 分"
    );
    assert_eq!(sheet.total.to_string(), "44.5");
    assert_eq!(sheet.grade.as_deref(), Some("不称职"));
    let next = sheet.next_grade.as_ref().unwrap();
    assert_eq!(
        (next.title.as_str(), next.points.to_string()),
        ("称职", "15.5".to_owned())
    );
    assert_eq!(sheet.unused.len(), 1);
    assert_eq!(sheet.unused[0].reason, UnusedReason::NotAttended);
    assert_eq!(sheet.attendance.invited, 5);
    assert_eq!(sheet.points_from_attendance.to_string(), "2");
}

#[test]
fn a_pool_is_never_below_its_floor_and_a_part_never_above_its_cap() {
    let absences: Vec<Fact> = (1..=9)
        .map(|id| came(id, "2026-02-10", "plenary", "absent"))
        .collect();
    let both = [
        absences,
        vec![
            proposal(20, "individual", "first", 1, "filed"),
            proposal(21, "individual", "first", 1, "filed"),
        ],
    ]
    .concat();
    let sheet = sheet(&both);
    assert_eq!(
        sheet.parts[0].arithmetic,
        "50 - 90（缺席会议） = -40 分，最低 0 分，计 0 分"
    );
    assert_eq!(
        sheet.parts[1].arithmetic,
        "50（提交提案） = 50 分，上限 25 分，计 25 分"
    );
    assert_eq!(sheet.total.to_string(), "25");
}

#[test]
fn a_minimum_that_is_not_met_holds_the_grade_down_and_says_so() {
    let activities: Vec<Fact> = (1..=30)
        .map(|id| came(id, "2026-02-10", "research", "present"))
        .collect();
    let good = sheet(
        &[
            activities.clone(),
            vec![proposal(40, "individual", "first", 1, "filed")],
        ]
        .concat(),
    );
    assert_eq!(
        (good.total.to_string().as_str(), good.grade.as_deref()),
        ("85", Some("优秀"))
    );

    let without = sheet(&activities);
    assert_eq!(without.grade.as_deref(), Some("称职"));
    assert_eq!(without.requirements[0].finding, "提案 0 次，条件为不少于 1");
}

#[test]
fn what_a_rulebook_does_not_know_is_reported() {
    let odd = sheet(&[
        fact(1, "prposal", "2026-01-01", &[]),
        fact(2, "proposal", "2026-01-01", &[("stage", word("fild"))]),
        fact(
            3,
            "proposal",
            "2026-01-01",
            &[("sponsors", Value::Integer(2))],
        ),
        fact(4, "award", "2026-01-01", &[]),
    ]);
    let words: Vec<&str> = odd
        .unused
        .iter()
        .map(|one| one.explanation.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "细则中没有「prposal」这一类别",
            "「办理阶段」没有「fild」这个词",
            "「提案」没有「sponsors」这一项",
            "细则中没有对应条款",
        ]
    );
}

#[test]
fn one_proposal_reported_twice_is_one() {
    let mut first = proposal(1, "individual", "first", 1, "filed");
    let mut second = proposal(2, "individual", "first", 1, "submitted");
    first.reference = Some("提案 2026-12".to_owned());
    second.reference = Some("提案 2026-12".to_owned());
    let once = sheet(&[second, first]);
    assert_eq!(once.total.to_string(), "75");
    assert_eq!(once.unused[0].reason, UnusedReason::SameThing);
}

#[test]
fn what_a_rule_passes_over_by_its_place_is_left_to_the_next() {
    let mut book = small();
    let absence = book.rules.remove(0);
    let rung = |key: &str, from: u32, most: Option<u32>, points: i64| Rule {
        key: key.to_owned(),
        from,
        most,
        which: Which::First,
        points: Some(Amount::whole(points)),
        values: Vec::new(),
        ..absence.clone()
    };
    book.rules = vec![
        rung("first_two", 1, Some(2), -3),
        rung("from_the_third", 3, None, -6),
    ];
    let days = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"];
    let facts: Vec<Fact> = (1..)
        .zip(days)
        .map(|(id, on)| came(id, on, "standing", "absent"))
        .collect();
    let sheet = Scheme::new(book).sheet(Period::of_year(YEAR), Record::of(&person(), &facts));
    assert_eq!(
        sheet.parts[0].arithmetic,
        "50 - 6（缺席会议） - 12（缺席会议） = 32 分"
    );
    assert!(sheet.unused.is_empty(), "{:?}", sheet.unused);
}
