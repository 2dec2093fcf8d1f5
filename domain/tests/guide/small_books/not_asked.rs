//! Duties that do not bind everybody: not done and not missed.

use super::{GIVEN, printed, says};

#[test]
fn a_duty_that_does_not_bind_somebody_is_neither_done_nor_missed() {
    let review = |key: &str, candidates: &str| {
        format!(
            r#"
[[reviews]]
key = "{key}"
kind = "other"
title = "{key}评"
clause = "第九条"
text = "评议。"
decided_by = "主席会议"
candidates = {candidates}
"#
        )
    };
    let rich = "{ points = \"total\", at_least = 60 }";
    let poor = "{ points = \"total\", below = 60 }";
    let cases = [
        (
            "missed",
            "{ not = { requirement = \"d\" } }".to_owned(),
            [true, false],
        ),
        ("done", "{ requirement = \"d\" }".to_owned(), [false, false]),
        (
            "done_and_rich",
            format!("{{ all = [{{ requirement = \"d\" }}, {rich}] }}"),
            [false, true],
        ),
        (
            "missed_and_rich",
            format!("{{ all = [{{ not = {{ requirement = \"d\" }} }}, {rich}] }}"),
            [true, false],
        ),
        (
            "missed_or_poor",
            format!("{{ any = [{{ not = {{ requirement = \"d\" }} }}, {poor}] }}"),
            [true, false],
        ),
        (
            "done_or_poor",
            format!("{{ any = [{{ requirement = \"d\" }}, {poor}] }}"),
            [false, false],
        ),
        (
            "neither",
            format!("{{ not = {{ any = [{{ requirement = \"d\" }}, {poor}] }} }}"),
            [true, false],
        ),
    ];
    let mut book = format!(
        r#"{GIVEN}
[[requirements]]
key = "d"
clause = "第二条"
title = "常委提案"
text = "常委每年提案一件。"
need = {{ count = [{{ kind = "proposal" }}], at_least = 1 }}
when = {{ position = "standing_member" }}
"#
    );
    for (key, candidates, _) in &cases {
        book += &review(key, candidates);
    }
    let members = "姓名,职务\n甲,常委\n乙,委员\n";
    let facts = "委员,类别,日期,分值\n甲,外部评分,2026-05-01,80\n乙,外部评分,2026-05-01,80\n";
    let text = printed(&book, members, facts);
    for (key, _, listed) in &cases {
        let (_, rest) = text.split_once(&format!("{key}评（")).unwrap();
        let word = |listed| if listed { "列入" } else { "未列入" };
        let own = rest.split("评（").next().unwrap();
        says(
            own,
            &[
                &format!("甲：{}", word(listed[0])),
                &format!("乙：{}", word(listed[1])),
            ],
        );
    }
    says(
        &text,
        &["第九条 「常委提案」对其不作要求（条件为此项不成立，实际不适用）"],
    );
}

#[test]
fn whoever_is_bound_by_no_duty_counts_among_those_who_did_not_miss_it() {
    let book = format!(
        r#"{GIVEN}
[[requirements]]
key = "d"
clause = "第二条"
title = "常委提案"
text = "常委每年提案一件。"
need = {{ count = [{{ kind = "proposal" }}], at_least = 1 }}
when = {{ position = "standing_member" }}

[[reviews]]
key = "best"
kind = "commendation"
title = "优秀"
clause = "第三条"
text = "完成任务的人的一半。"
decided_by = "主席会议"
pick = {{ from = "top", percent = 50, per = "whole", base = {{ requirement = "d" }}, rounding = "down", ties = "all" }}
"#
    );
    let members = "姓名,职务\n甲,常委\n乙,委员\n丙,委员\n";
    let facts = "委员,类别,日期,分值\n甲,外部评分,2026-05-01,80\n乙,外部评分,2026-05-01,90\n丙,外部评分,2026-05-01,70\n";
    let text = printed(&book, members, facts);
    says(&text, &["全体：名额 1 个，基数 2 人", "乙：列入"]);
}

#[test]
fn of_three_out_of_four_those_that_are_not_asked_are_not_missed() {
    let count = |kind: &str, number: u32| {
        format!("{{ count = [{{ kind = \"{kind}\" }}], at_least = {number} }}")
    };
    let book = format!(
        r#"
[[requirements]]
key = "three"
clause = "第一条"
title = "四项中的三项"
text = "四项中完成三项。"
need = {{ any = [{}, {}, {}, {}], at_least = 3 }}
"#,
        count("proposal", 1),
        count("opinion_report", 1),
        count("speech", 1),
        count("contact_log", 4)
    );
    let members = "姓名,到任\n甲,2026-10-01\n乙,2026-10-01\n丙,2026-11-01\n";
    let facts = "委员,类别,日期\n甲,联系界别群众,2026-10-05\n乙,联系界别群众,2026-09-05\n";
    let text = printed(&book, members, facts);
    let result = |name: &str| {
        let (_, rest) = text.split_once(&format!("{name}，2026")).unwrap();
        let line = rest
            .lines()
            .find(|line| line.contains("四项中的三项"))
            .unwrap();
        line.trim().to_owned()
    };
    assert!(result("甲").starts_with(
        "必做 第一条 四项中的三项：已完成。4 项中满足 1 项、不作要求 3 项，要求不少于 3 项："
    ));
    assert!(result("乙").contains("：不作要求。4 项中满足 0 项、不作要求 3 项"));
    assert!(result("丙").contains("：不作要求。4 项中满足 0 项、不作要求 4 项"));
}
