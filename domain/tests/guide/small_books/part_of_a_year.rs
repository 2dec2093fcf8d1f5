//! Who was in office for a part of the period: what is asked of him, and what is not counted.

use super::{GIVEN, printed, says, says_nothing_of};

const AWARD: &str = r#"
[[rules]]
key = "proposal"
part = "total"
clause = "第四十一条"
title = "提案"
text = "每件 50 分。"
counts = [{ kind = "proposal" }]
unit = "件"
points = 50

[[reviews]]
key = "excellent"
kind = "commendation"
title = "优秀委员"
clause = "第四十二条"
text = "总分 50 分以上的可以评优；受处分，或者全年没有参加活动的，不得评优。"
candidates = { points = "total", at_least = 50 }
excluded = { any = [
    { count = [{ kind = "conduct", finding = ["discipline", "crime"] }], at_least = 1 },
    { count = [{ kind = "attendance", status = "present" }], at_most = 0 },
] }
decided_by = "主席会议"

[[reviews]]
key = "notice"
kind = "other"
title = "通报"
clause = "第四十三条"
text = "全年无故缺席三次以上的通报。"
candidates = { count = [{ kind = "attendance", status = "absent" }], at_least = 3 }
decided_by = "主席会议"

[[reviews]]
key = "exit"
kind = "midterm_exit"
title = "退出"
clause = "第四十四条"
text = "无故缺席三次以上的责令辞职。"
decided_by = "主席会议"

[[reviews.rungs]]
key = "resign"
title = "责令辞职"
clause = "第四十四条"
when = { count = [{ kind = "attendance", status = "absent" }], at_least = 3 }
actor = "主席会议"
"#;

const CAME_IN_AUTUMN: &str = "姓名,到任\n李四,\n王五,2026-10-01\n赵六,2026-10-15\n";

const AUTUMN: &str = "委员,类别,日期,名称,活动类型,出席情况
李四,提案,2026-02-12,夜间公交,,
李四,出席,2026-03-12,视察,视察,出席
王五,提案,2026-11-12,增加车位,,
王五,出席,2026-11-20,视察,视察,出席
赵六,提案,2026-11-12,修桥,,
赵六,出席,2026-11-20,视察,视察,出席
";

#[test]
fn what_a_review_looks_at_is_never_reduced() {
    for policy in ["whole_quarters", "waived", "full"] {
        let book = format!("part_year = {{ requirements = \"{policy}\" }}\n{AWARD}");
        let text = printed(&book, CAME_IN_AUTUMN, AUTUMN);
        let (award, rest) = text
            .split_once("优秀委员（")
            .and_then(|(_, rest)| rest.split_once("通报（"))
            .unwrap();
        says(award, &["李四：列入", "王五：列入", "赵六：列入"]);
        let (notice, exit) = rest.split_once("退出（").unwrap();
        for listed in [notice, exit] {
            says(listed, &["李四：未列入", "王五：未列入", "赵六：未列入"]);
            says_nothing_of(listed, &["折算", "不作要求", "不少于 0"]);
        }
        says(
            notice,
            &["第四十三条 出席（出席情况为缺席） 0 次，条件为不少于 3"],
        );
    }
}

#[test]
fn the_opposite_of_anything_is_never_reduced() {
    let book = r#"
[[requirements]]
key = "clean"
clause = "第一条"
title = "未受处分"
text = "未受处分。"
need = { not = { count = [{ kind = "conduct", finding = "discipline" }], at_least = 1 } }
"#;
    let facts = "委员,类别,日期,认定\n王五,行为认定,2026-12-12,通报批评\n赵六,行为认定,2026-12-12,党纪政务处分\n";
    let text = printed(book, CAME_IN_AUTUMN, facts);
    let (clean, punished) = text.split_once("赵六").unwrap();
    assert_eq!(clean.matches("未受处分：已完成").count(), 2, "{text}");
    assert_eq!(punished.matches("未受处分：未完成").count(), 1, "{text}");
    says_nothing_of(&text, &["折算", "不作要求"]);
}

#[test]
fn a_number_that_is_reduced_to_nothing_is_not_asked() {
    let book = r#"
[[requirements]]
key = "reports"
clause = "第一条"
title = "社情民意"
text = "每年社情民意一件。"
need = { count = [{ kind = "opinion_report" }], at_least = 1 }
grade_at_most = "pass"

[[requirements]]
key = "few"
clause = "第二条"
title = "缺席不过二"
text = "缺席不超过二次。"
need = { count = [{ kind = "attendance", status = "absent" }], at_most = 2 }

[[grades]]
key = "good"
title = "优秀"
at_least = 0

[[grades]]
key = "pass"
title = "称职"
"#;
    let members = "姓名,到任\n甲,2026-11-02\n乙,2026-10-01\n丙,2026-07-01\n";
    let facts = "委员,类别,日期\n丁,提案,2026-01-05\n";
    let text = printed(book, members, facts);
    let people: Vec<&str> = text.split("年：0 分").collect();
    says(
        people[1],
        &["必做 第一条 社情民意：不作要求。社情民意信息 0 次，在任不满一个整季度，不作要求"],
    );
    assert!(people[1].starts_with("，优秀"), "{text}");
    says(
        people[2],
        &[
            "必做 第一条 社情民意：不作要求。社情民意信息 0 次，全期要求 1，在任 1/4 个整季度，折算为 0，不作要求",
        ],
    );
    says(
        people[3],
        &[
            "必做 第一条 社情民意：未完成。社情民意信息 0 次，条件为不少于 1（全期要求 1，在任 2/4 个整季度）",
        ],
    );
    assert!(people[3].starts_with("，称职"), "{text}");
    assert_eq!(
        text.matches("缺席不过二：已完成。出席（出席情况为缺席） 0 次，条件为不超过 2\n")
            .count(),
        4,
        "{text}"
    );
}

#[test]
fn once_a_quarter_is_asked_of_the_quarters_wholly_in_office() {
    let book = r#"
[[requirements]]
key = "q"
clause = "第一条"
title = "每季一次"
text = "每季度至少参加一次。"
need = { count = [{ kind = "attendance", status = "present" }], at_least = 1, each = "quarter" }
"#;
    let members = "姓名,到任\n甲,2026-07-01\n乙,2026-10-01\n丙,2026-11-01\n";
    let facts = "委员,类别,日期,出席情况
甲,出席,2026-08-01,出席
甲,出席,2026-11-01,出席
乙,出席,2026-11-20,缺席
";
    let text = printed(book, members, facts);
    says(
        &text,
        &[
            "必做 第一条 每季一次：已完成。在任的 2 个整季度都符合",
            "必做 第一条 每季一次：未完成。要求在任的 1 个整季度都符合；第 4 个季度：出席（出席情况为出席） 0 次，条件为不少于 1",
            "必做 第一条 每季一次：不作要求。在任不满一个整季度，不作要求",
        ],
    );
}

const REACH: &str = r#"
[[rules]]
key = "a"
part = "total"
clause = "第一条"
title = "活动"
text = "参加四次得 20 分，不足的不得分。"
counts = [{ kind = "attendance", status = "present" }]
reach = [{ count = 4, points = 20, partial = "all_or_nothing" }]

[[rules]]
key = "b"
part = "total"
clause = "第二条"
title = "学习"
text = "学习一次得 10 分。"
counts = [{ kind = "study" }]
reach = [{ count = 1, points = 10, partial = "pro_rata" }]
"#;

#[test]
fn full_marks_are_never_given_for_nothing() {
    let members = "姓名,到任,离任\n甲,2026-11-02,\n乙,2026-11-02,\n丙,,2026-03-31\n";
    let facts = "委员,类别,日期,出席情况
乙,学习,2026-11-10,
丙,出席,2026-01-10,出席
";
    for (policy, why) in [
        ("whole_quarters", "在任不满一个整季度，不作要求"),
        ("waived", "在任不满全期，不作要求"),
    ] {
        let book = format!("part_year = {{ reach = \"{policy}\" }}\n{REACH}");
        let text = printed(&book, members, facts);
        says(
            &text,
            &[
                "甲，2026 年：0 分",
                "乙，2026 年：10 分",
                &format!("第一条 活动：没有记录，0 分（{why}）"),
                &format!("第二条 学习：没有记录，0 分（{why}）"),
                &format!("第二条 学习：完成 1 次（{why}），原要求 1 次，仍计满分 10 分"),
            ],
        );
    }
    let book = format!("part_year = {{ reach = \"whole_quarters\" }}\n{REACH}");
    let text = printed(&book, members, facts);
    says(
        &text,
        &[
            "丙，2026 年：20 分",
            "第一条 活动：完成 1 次，要求 1 次（全期要求 4，在任 1/4 个整季度），计满分 20 分",
            "第二条 学习：没有记录，0 分（全期要求 1，在任 1/4 个整季度，折算为 0，不作要求）",
        ],
    );
}

#[test]
fn the_number_asked_in_a_quarter_is_that_of_everybody() {
    let book = r#"
part_year = { reach = "whole_quarters" }

[[rules]]
key = "a"
part = "total"
clause = "第一条"
title = "活动"
text = "每季度两次得 5 分，不足的按比例。"
counts = [{ kind = "attendance", status = "present" }]
reach = [{ count = 2, points = 5, partial = "pro_rata" }]
each = "quarter"
"#;
    let members = "姓名,到任\n甲,2026-07-01\n乙,2026-10-01\n";
    let facts = "委员,类别,日期,出席情况
甲,出席,2026-08-01,出席
甲,出席,2026-11-01,出席
乙,出席,2026-11-20,缺席
";
    let text = printed(book, members, facts);
    says(
        &text,
        &[
            "甲，2026 年：5 分",
            "第一条 活动：第 3 季度：完成 1 次，要求 2 次，按比例 5 分 × 1/2 = 2.5 分；第 4 季度：完成 1 次，要求 2 次，按比例 5 分 × 1/2 = 2.5 分；共 5 分",
            "乙，2026 年：0 分",
        ],
    );
}

#[test]
fn what_happened_outside_his_time_in_office_is_not_counted() {
    let book = r#"
[[rules]]
key = "a"
part = "total"
clause = "第一条"
title = "活动"
text = "每次 5 分。"
counts = [{ kind = "attendance", status = "present" }]
points = 5

[[requirements]]
key = "three"
clause = "第二条"
title = "三次"
text = "每年三次。"
need = { count = [{ kind = "attendance" }], at_least = 3 }
"#;
    let members = "姓名,到任,离任\n甲,2026-03-01,2026-11-01\n";
    let facts = "委员,类别,日期,名称,出席情况
甲,出席,2026-01-10,视察,出席
甲,出席,2026-04-10,调研,出席
甲,出席,2026-12-10,学习,出席
";
    let text = printed(book, members, facts);
    says(
        &text,
        &[
            "甲，2026 年：5 分",
            "必做 第二条 三次：未完成。出席 1 次，条件为不少于 2（全期要求 3，在任 2/4 个整季度）",
            "受邀 1 次，出席 1 次",
            "不计分：2026-01-10 视察——当时不在任，不计分",
            "不计分：2026-12-10 学习——当时不在任，不计分",
        ],
    );
}

#[test]
fn who_left_before_or_came_after_is_named_with_what_was_not_counted() {
    let members = "姓名,职务,离任,到任\n甲,,2025-12-31,\n乙,,,\n丙,,,2027-01-01\n丁,,2025-06-30,\n";
    let facts = "委员,类别,日期,名称,分值
甲,外部评分,2026-01-01,评分一,5
乙,外部评分,2026-01-02,评分二,5
丙,外部评分,2026-01-03,评分三,5
";
    let text = printed(GIVEN, members, facts);
    says(
        &text,
        &[
            "乙，2026 年：5 分",
            "甲：本期之前已离任",
            "未计入：2026-01-01 评分一",
            "丙：本期之后才到任",
            "未计入：2026-01-03 评分三",
            "丁：本期之前已离任",
        ],
    );
    says_nothing_of(&text, &["甲，2026", "丙，2026", "丁，2026"]);
}
