//! 「六个一」: each of six items once.

use super::desk::Desk;

const ALL: [&str; 6] = [
    "出席 学习 出席",
    "提案",
    "社情民意信息",
    "出席 协商 迟到",
    "联系界别群众 村（社区）",
    "办实事好事",
];

#[test]
fn each_item_earns_its_points_once() {
    let desk = Desk::with("six_ones");
    for (key, facts, points) in [
        ("study", "出席 学习 早退 ×2", "20"),
        ("study", "出席 学习 请假", "0"),
        ("proposal", "提案 ×3", "20"),
        ("opinion", "社情民意信息", "15"),
        ("field_work", "出席 视察 出席；出席 调研 出席", "15"),
        ("contact", "联系界别群众 企业", "15"),
        ("good_deed", "办实事好事 ×2", "15"),
    ] {
        desk.earns(key, &[(facts, points)]);
    }
}

#[test]
fn a_missing_item_is_named() {
    let sheet = Desk::with("six_ones").sheet("提案");
    let study = sheet.lines.iter().find(|line| line.key == "study").unwrap();
    let missing = study.reached.as_ref().unwrap().missing.as_deref();
    assert_eq!(missing, Some("还差 1 次：参加一次学习"));
    assert_eq!(sheet.notice.as_deref(), Some("默认方案，请办公室核定"));
}

#[test]
fn grades_follow_from_how_many_items_are_done() {
    let some = |items: &[usize]| {
        let facts: Vec<&str> = items.iter().map(|item| ALL[*item]).collect();
        facts.join("；")
    };
    Desk::with("six_ones").grades(&[
        (&ALL.join("；"), "优秀"),
        (&some(&[0, 1, 2, 3, 4]), "良好"),
        (&some(&[1, 2, 3, 4, 5]), "良好"),
        (&some(&[0, 1, 2, 3]), "合格"),
        (&some(&[2, 3, 4, 5]), "合格"),
        (&some(&[0, 1, 2]), "待改进"),
        ("", "待改进"),
    ]);
}

#[test]
fn an_item_that_nobody_verified_is_not_done() {
    Desk::with("six_ones").earns(
        "total",
        &[("提案 未核实；办实事好事", "15"), ("出席 学习 迟到", "20")],
    );
}
