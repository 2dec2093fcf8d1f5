//! One thing under several rules, or reported several times.

use super::{printed, says, says_nothing_of};

fn two_rules(first: &str) -> String {
    format!(
        r#"
[[rules]]
key = "k"
part = "total"
clause = "第一条"
title = "重点提案"
text = "每件 8 分。"
counts = [{{ kind = "proposal", stage = "key" }}]
{first}

[[rules]]
key = "p"
part = "total"
clause = "第二条"
title = "提案"
text = "每件 5 分。"
counts = [{{ kind = "proposal" }}]
points = 5
"#
    )
}

const TWO: &str = "委员,类别,日期,名称,办理阶段
甲,提案,2026-01-01,修桥,重点提案
甲,提案,2026-02-01,修路,重点提案
";
const THREE: &str = "委员,类别,日期,名称,办理阶段
甲,提案,2026-01-01,修桥,重点提案
甲,提案,2026-02-01,修路,重点提案
甲,提案,2026-03-01,修渠,重点提案
";

#[test]
fn what_earns_nothing_in_a_full_rule_is_left_to_the_next() {
    for (first, facts, total) in [
        ("points = 8\ncap = 8", TWO, "13"),
        ("points = 8\nmost = 1", TWO, "13"),
        ("points = 8\neach = \"quarter\"\ncap_in_all = 8", TWO, "13"),
        (
            "points = 8\neach = \"month\"\ncap = 8\ncap_in_all = 16",
            THREE,
            "21",
        ),
        (
            "reach = [{ count = 2, points = 16, partial = \"pro_rata\" }]",
            THREE,
            "21",
        ),
        // The second still earns 2 points under the cap, and so it stays.
        ("points = 8\ncap = 10", TWO, "10"),
    ] {
        let text = printed(&two_rules(first), "", facts);
        says(&text, &[&format!("甲，2026 年：{total} 分")]);
        says_nothing_of(&text, &["之前已满", "之前已达到", "最多计"]);
    }
    let text = printed(&two_rules("points = 8\ncap = 8"), "", TWO);
    says(
        &text,
        &[
            "第一条 重点提案：1 次 × 8 分 = 8 分",
            "第二条 提案：1 次 × 5 分 = 5 分",
            "不计分：2026-01-01 修桥——已按「重点提案」计分",
            "不计分：2026-02-01 修路——「重点提案」已计满，按「提案」计分",
        ],
    );
}

#[test]
fn what_every_rule_is_too_full_for_says_so_once() {
    let book = two_rules("points = 8\ncap = 8").replace("points = 5", "points = 5\ncap = 5");
    let text = printed(&book, "", THREE);
    says(
        &text,
        &[
            "甲，2026 年：13 分",
            "第一条 重点提案：2 次 × 8 分 = 16 分，上限 8 分，计 8 分",
            "第二条 提案：1 次 × 5 分 = 5 分",
            "不计分：2026-02-01 修路——「重点提案」已计满，按「提案」计分",
            "不计分：2026-03-01 修渠——本条上限 8 分，之前已满",
        ],
    );
    assert_eq!(text.matches("不计分：2026-03-01").count(), 1, "{text}");
}

#[test]
fn a_place_that_a_better_rule_frees_is_not_given_twice() {
    let book = format!(
        r#"{}
[[rules]]
key = "j"
part = "total"
clause = "第三条"
title = "优秀提案"
text = "优秀的 12 分。"
counts = [{{ kind = "proposal", stage = "excellent" }}]
points = 12
"#,
        two_rules("points = 8\nmost = 1")
    );
    let facts = "委员,类别,日期,名称,办理阶段
甲,提案,2026-01-01,修桥,重点提案、优秀提案
甲,提案,2026-02-01,修路,重点提案
";
    let text = printed(&book, "", facts);
    says(
        &text,
        &[
            "甲，2026 年：20 分",
            "第三条 优秀提案：1 次 × 12 分 = 12 分",
            "第一条 重点提案：1 次 × 8 分 = 8 分",
            "第二条 提案：没有记录，0 分",
        ],
    );
}

#[test]
fn two_reports_of_one_meeting_are_one_meeting_in_the_rate_too() {
    let book = r#"
[[requirements]]
key = "d"
clause = "第一条"
title = "出席率"
text = "出席率六成以上。"
need = { attendance = { at_least = 0.6 } }
"#;
    let facts = "委员,类别,日期,出席情况,文号
甲,出席,2026-01-01,出席,会1
甲,出席,2026-01-02,出席,会1
甲,出席,2026-01-02,缺席,会2
乙,出席,2026-01-01,缺席,会1
乙,出席,2026-01-01,出席,会1
";
    let text = printed(book, "", facts);
    says(
        &text,
        &[
            "必做 第一条 出席率：未完成。应出席 2 次，出席 1 次，出席率条件为不少于 0.6",
            "受邀 2 次，出席 1 次，缺席 1 次",
            "必做 第一条 出席率：已完成。应出席 1 次，出席 1 次，出席率条件为不少于 0.6",
        ],
    );
}

#[test]
fn a_deduction_below_a_full_cap_is_not_said_to_count_for_nothing() {
    let book = r#"
[[rules]]
key = "a"
part = "total"
clause = "第一条"
title = "出缺席"
text = "出席得 5 分，缺席扣 5 分，最多 8 分。"
counts = [{ kind = "attendance" }]
values = [{ when = { status = "present" }, points = 5 }, { when = { status = "absent" }, points = -5 }]
cap = 8
"#;
    let facts = "委员,类别,日期,名称,出席情况
甲,出席,2026-01-01,一,出席
甲,出席,2026-01-02,二,出席
甲,出席,2026-01-03,三,出席
甲,出席,2026-01-04,四,出席
甲,出席,2026-01-05,五,缺席
";
    let text = printed(book, "", facts);
    says(
        &text,
        &[
            "第一条 出缺席：4 次 × 5 分 + 1 次 × (-5) 分 = 15 分，上限 8 分，计 8 分",
            "不计分：2026-01-04 四——本条上限 8 分，之前已满",
        ],
    );
    assert_eq!(text.matches("不计分：").count(), 1, "{text}");
}
