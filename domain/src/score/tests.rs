use super::*;
use crate::ids::{FactId, MemberId};
use crate::points::Points;
use uuid::Uuid;

const ALICE: MemberId = MemberId(Uuid::from_u128(1));
const BO: MemberId = MemberId(Uuid::from_u128(2));
const YEAR: Period = Period::Year(2026);

fn six_ones() -> Rulebook {
    toml::from_str(include_str!("../../../api/rulebooks/six_ones.toml")).unwrap()
}

fn fact(id: u128, kind: &str, on: &str) -> Fact {
    Fact {
        id: FactId(Uuid::from_u128(id)),
        member: ALICE,
        kind: kind.parse().unwrap(),
        on: on.parse().unwrap(),
        title: format!("事实 {id}"),
        reverses: None,
    }
}

fn reversal(id: u128, of: &Fact) -> Fact {
    Fact {
        id: FactId(Uuid::from_u128(id)),
        reverses: Some(of.id),
        ..of.clone()
    }
}

fn all_six() -> Vec<Fact> {
    vec![
        fact(1, "attendance.study.late", "2026-03-27"),
        fact(2, "duty.proposal", "2026-01-20"),
        fact(3, "duty.opinion_report", "2026-05-06"),
        fact(4, "attendance.inspection.present", "2026-06-26"),
        fact(5, "duty.contact_log", "2026-07-01"),
        fact(6, "duty.good_deed", "2026-12-31"),
    ]
}

fn sheet(facts: &[Fact]) -> Sheet {
    tally(&six_ones(), YEAR, ALICE, facts)
}

fn reasons(sheet: &Sheet) -> Vec<(&'static str, UnusedReason)> {
    sheet
        .unused
        .iter()
        .map(|unused| (unused.kind.as_str(), unused.reason))
        .collect()
}

fn points(text: &str) -> Points {
    text.parse().unwrap()
}

/// A rulebook with one item, due each quarter: 2.5 points each, at most 5, and a gate.
fn quarterly() -> Rulebook {
    let mut rulebook = six_ones();
    rulebook.items.truncate(1);
    let item = &mut rulebook.items[0];
    item.period = PeriodKind::Quarter;
    item.points_each = points("2.5");
    item.cap = points("5");
    item.gates_grade = true;
    rulebook.bands = vec![
        Band {
            key: "a".into(),
            title: "优秀".into(),
            at_least: points("10"),
            needs_gates: true,
        },
        Band {
            key: "b".into(),
            title: "合格".into(),
            at_least: points("0"),
            needs_gates: false,
        },
    ];
    assert_eq!(rulebook.check(), Ok(()));
    rulebook
}

#[test]
fn six_things_done_are_a_hundred_points() {
    let sheet = sheet(&all_six());
    assert_eq!(sheet.total, Points::whole(100));
    assert_eq!(sheet.grade.as_deref(), Some("优秀"));
    assert!(
        sheet
            .lines
            .iter()
            .all(|line| line.missing.is_none() && line.done == line.target)
    );
    assert!(sheet.unused.is_empty());
    assert_eq!(sheet.points_from_attendance, Points::whole(35));
}

#[test]
fn each_item_left_out_costs_its_points_and_says_what_is_missing() {
    for (left_out, total, grade, missing) in [
        (0, 80, "良好", "还差 1 次：参加学习活动或委员大讲堂"),
        (1, 80, "良好", "还差 1 件：提交提案"),
        (2, 85, "良好", "还差 1 条：反映社情民意信息"),
        (3, 85, "良好", "还差 1 次：参加调研 或 参加视察 或 参加协商"),
        (4, 85, "良好", "还差 1 次：联系村（社区）、企业或界别群众"),
        (5, 85, "良好", "还差 1 件：办实事好事"),
    ] {
        let mut facts = all_six();
        facts.remove(left_out);
        let sheet = sheet(&facts);
        assert_eq!(sheet.total, Points::whole(total));
        assert_eq!(sheet.grade.as_deref(), Some(grade));
        assert_eq!(sheet.lines[left_out].missing.as_deref(), Some(missing));
        assert_eq!(sheet.lines[left_out].points, Points::ZERO);
    }
}

#[test]
fn the_grades_of_the_default_rulebook_begin_at_their_bounds() {
    for (kept, total, grade) in [
        (6, 100, "优秀"),
        (5, 85, "良好"),
        (4, 70, "合格"),
        (3, 55, "待改进"),
    ] {
        let sheet = sheet(&all_six()[..kept]);
        assert_eq!(
            (sheet.total, sheet.grade.as_deref()),
            (Points::whole(total), Some(grade))
        );
    }
    let mut facts = all_six();
    facts.drain(2..4);
    facts.pop();
    assert_eq!(
        (sheet(&facts).total, sheet(&facts).grade_key),
        (points("55"), Some("to_improve".into()))
    );
}

#[test]
fn a_line_is_explained_as_a_person_would() {
    let sheet = sheet(&[
        fact(1, "duty.opinion_report", "2026-02-01"),
        fact(2, "duty.opinion_report", "2026-01-01"),
    ]);
    let line = &sheet.lines[2];
    assert_eq!(line.clause, "第三项");
    assert_eq!(line.arithmetic, "2 条 × 15 分 = 30 分，上限 15 分");
    assert_eq!(line.points, Points::whole(15));
    assert_eq!((line.done, line.target), (1, 1));
    let titles: Vec<_> = line.facts.iter().map(|fact| fact.title.as_str()).collect();
    assert_eq!(titles, ["事实 2", "事实 1"], "by date");
    assert_eq!(sheet.unused[0].fact.title, "事实 1");
    assert_eq!(
        reasons(&sheet),
        [("duty.opinion_report", UnusedReason::OverCap)]
    );
    assert_eq!(sheet.lines[0].arithmetic, "0 次 × 20 分 = 0 分，上限 20 分");
}

#[test]
fn what_earned_nothing_is_listed_with_its_reason() {
    let facts = [
        fact(1, "attendance.study.absent", "2026-01-01"),
        fact(2, "attendance.plenary.present", "2026-01-02"),
        fact(3, "duty.award", "2026-01-03"),
        fact(4, "attendance.research.exempt", "2026-01-04"),
    ];
    assert_eq!(
        reasons(&sheet(&facts)),
        [
            ("attendance.study.absent", UnusedReason::NotAttended),
            ("attendance.plenary.present", UnusedReason::NotCounted),
            ("duty.award", UnusedReason::NotCounted),
            ("attendance.research.exempt", UnusedReason::NotAttended),
        ]
    );
}

#[test]
fn the_share_of_attendance_leaves_out_what_was_exempt_or_is_not_settled() {
    let statuses = [
        "invited",
        "present",
        "late",
        "left_early",
        "leave",
        "exempt",
        "absent",
    ];
    let facts: Vec<_> = statuses
        .iter()
        .zip(1..)
        .map(|(status, id)| fact(id, &format!("attendance.other.{status}"), "2026-05-01"))
        .collect();
    let sheet = sheet(&facts);
    let expected = Invitations {
        invited: 7,
        attended: 3,
        leave: 1,
        exempt: 1,
        absent: 1,
    };
    assert_eq!(sheet.attendance, expected);
    assert_eq!(sheet.attendance_share, Some(Share { attended: 3, of: 5 }));
    assert_eq!(self::sheet(&facts[..1]).attendance_share, None);
}

#[test]
fn facts_of_others_and_of_other_years_are_not_on_the_sheet() {
    let facts = [
        Fact {
            member: BO,
            ..fact(1, "duty.proposal", "2026-05-01")
        },
        fact(2, "duty.proposal", "2025-12-31"),
        fact(3, "duty.proposal", "2027-01-01"),
    ];
    let sheet = sheet(&facts);
    assert_eq!(sheet.total, Points::ZERO);
    assert!(sheet.unused.is_empty());
}

#[test]
fn a_reversal_takes_the_fact_away_and_both_remain_visible() {
    let proposal = fact(1, "duty.proposal", "2026-05-01");
    let undo = reversal(2, &proposal);
    let sheet = sheet(&[undo.clone(), proposal.clone()]);
    assert_eq!(sheet.total, Points::ZERO);
    let expected = [
        ("duty.proposal", UnusedReason::Reversed),
        ("duty.proposal", UnusedReason::Reversal),
    ];
    assert_eq!(reasons(&sheet), expected);

    let next_year = Fact {
        on: "2027-02-01".parse().unwrap(),
        ..undo.clone()
    };
    assert_eq!(
        self::sheet(&[proposal.clone(), next_year]).total,
        Points::ZERO
    );

    let redo = reversal(3, &undo);
    let restored = self::sheet(&[proposal.clone(), undo, redo]);
    assert_eq!(restored.total, Points::whole(20));
}

#[test]
fn reversals_in_a_circle_or_of_nothing_harm_nobody() {
    let proposal = fact(1, "duty.proposal", "2026-05-01");
    let mut first = reversal(2, &proposal);
    let second = reversal(3, &first);
    first.reverses = Some(second.id);
    let stray = reversal(4, &fact(9, "duty.award", "2026-05-01"));
    let own = Fact {
        reverses: Some(FactId(Uuid::from_u128(5))),
        ..fact(5, "duty.award", "2026-05-01")
    };
    let sheet = sheet(&[proposal, first, second, stray, own]);
    assert_eq!(sheet.total, Points::whole(20));
}

#[test]
fn one_fact_given_twice_counts_once() {
    let study = fact(1, "attendance.study.present", "2026-05-01");
    let sheet = sheet(&[study.clone(), study]);
    assert_eq!(sheet.lines[0].facts.len(), 1);
    assert_eq!(sheet.attendance.invited, 1);
}

#[test]
fn an_item_due_each_quarter_is_capped_and_missed_by_the_quarter() {
    let facts: Vec<_> = ["2026-01-01", "2026-02-01", "2026-03-31", "2026-04-01"]
        .iter()
        .zip(1..)
        .map(|(on, id)| fact(id, "attendance.study.present", on))
        .collect();
    let sheet = tally(&quarterly(), YEAR, ALICE, &facts);
    let line = &sheet.lines[0];
    assert_eq!(
        line.arithmetic,
        "第一季度 3 次 × 2.5 分 = 7.5 分，上限 5 分；第二季度 1 次 × 2.5 分 = 2.5 分，上限 5 分；合计 7.5 分"
    );
    assert_eq!((line.points, line.done, line.target), (points("7.5"), 2, 4));
    let missing = "第三季度还差 1 次，第四季度还差 1 次：参加学习活动或委员大讲堂";
    assert_eq!(line.missing.as_deref(), Some(missing));
    assert_eq!(
        reasons(&sheet),
        [("attendance.study.present", UnusedReason::OverCap)]
    );

    let second = tally(&quarterly(), "2026-Q2".parse().unwrap(), ALICE, &facts);
    assert_eq!(
        (second.total, second.lines[0].missing.as_deref()),
        (points("2.5"), None)
    );
}

#[test]
fn a_gate_closes_the_grades_that_ask_for_it_and_says_so() {
    let study = |on, id| fact(id, "attendance.study.present", on);
    let two_quarters = ["2026-01-01", "2026-01-02", "2026-04-01", "2026-04-02"];
    let mut facts: Vec<_> = two_quarters
        .into_iter()
        .zip(1..)
        .map(|(on, id)| study(on, id))
        .collect();
    let closed = tally(&quarterly(), YEAR, ALICE, &facts);
    assert_eq!(
        (closed.total, closed.grade.as_deref()),
        (points("10"), Some("合格"))
    );
    assert_eq!(
        closed.grade_note.as_deref(),
        Some("「参加一次学习」未完成，不评「优秀」")
    );

    facts.extend([study("2026-07-01", 5), study("2026-10-01", 6)]);
    let open = tally(&quarterly(), YEAR, ALICE, &facts);
    assert_eq!(
        (open.grade.as_deref(), open.grade_note),
        (Some("优秀"), None)
    );
}

#[test]
fn the_total_is_rounded_once_and_as_the_rulebook_says() {
    let facts = [fact(1, "attendance.study.present", "2026-01-01")];
    for (rounding, total) in [("exact", "2.5"), ("half_up", "3"), ("down", "2")] {
        let rulebook = Rulebook {
            rounding: rounding.parse().unwrap(),
            ..quarterly()
        };
        assert_eq!(
            tally(&rulebook, YEAR, ALICE, &facts).total,
            points(total),
            "{rounding}"
        );
    }
}

#[test]
fn a_sheet_in_json_has_points_as_decimal_text() {
    let json = serde_json::to_value(sheet(&all_six()[..1])).unwrap();
    assert_eq!(json["total"], "20");
    assert_eq!(json["period"], "2026");
    assert_eq!(json["lines"][0]["facts"][0]["on"], "2026-03-27");
    assert_eq!(json["attendance_share"]["of"], 1);
}

mod properties;
mod rulebooks;
