//! Places of a grade or a review: who takes them, and why somebody has none.

use super::{GIVEN, printed, says, says_nothing_of};

fn graded(quota: &str) -> String {
    format!(
        r#"{GIVEN}
[[grades]]
key = "b"
title = "优秀"
at_least = 80
quota = {{ from = "top", {quota} }}

[[grades]]
key = "p"
title = "称职"
at_least = 60

[[grades]]
key = "f"
title = "不称职"

[[overrides]]
clause = "第五条"
text = "获全国表彰的直接评为优秀"
when = [{{ kind = "award" }}]
grade = "b"
"#
    )
}

#[test]
fn a_grade_that_conduct_gives_stands_and_takes_a_place() {
    let facts = "委员,类别,日期,名称,分值
甲,外部评分,2026-05-01,评分,10
甲,表彰奖励,2026-05-01,全国表彰,
乙,外部评分,2026-05-01,评分,90
丙,外部评分,2026-05-01,评分,50
";
    let text = printed(
        &graded("count = 1, per = \"whole\", ties = \"all\""),
        "",
        facts,
    );
    says(
        &text,
        &[
            "甲，2026 年：10 分，优秀",
            "等次说明：第五条：获全国表彰的直接评为优秀（2026-05-01，全国表彰）",
            "乙，2026 年：90 分，称职",
            "等次说明：分数达到「优秀」，名额 1 个（基数 3，其中 1 个由直接定等次的人占用），名额已满",
            "丙，2026 年：50 分，不称职",
        ],
    );
    let text = printed(
        &graded("count = 2, per = \"whole\", ties = \"all\""),
        "",
        facts,
    );
    says(
        &text,
        &["甲，2026 年：10 分，优秀", "乙，2026 年：90 分，优秀"],
    );
    let text = printed(
        &graded("percent = 10, rounding = \"down\", per = \"whole\", ties = \"all\""),
        "",
        facts,
    );
    says(
        &text,
        &["甲，2026 年：10 分，优秀", "乙，2026 年：90 分，称职"],
    );
}

#[test]
fn equals_of_whom_none_is_taken_are_told_so() {
    let facts = "委员,类别,日期,分值
甲,外部评分,2026-05-01,95
乙,外部评分,2026-05-01,95
丙,外部评分,2026-05-01,85
";
    let text = printed(
        &graded("count = 1, per = \"whole\", ties = \"none\""),
        "",
        facts,
    );
    let tied =
        "等次说明：分数达到「优秀」，名额 1 个（基数 3），与他人并列而名额不足，按规定均不列入";
    says(
        &text,
        &[
            tied,
            "等次说明：分数达到「优秀」，名额 1 个（基数 3），排在前面的已有 2 人，名额不足",
        ],
    );
    assert_eq!(text.matches(tied).count(), 2);
    let text = printed(
        &graded("count = 1, per = \"whole\", ties = \"decide\""),
        "",
        facts,
    );
    says(
        &text,
        &["等次说明：分数达到「优秀」，名额 1 个（基数 3），与他人并列而名额不足，须研究决定"],
    );
    says_nothing_of(&text, &["名额已满"]);
}

#[test]
fn whom_two_grades_have_no_place_for_reads_both_reasons() {
    let book = format!(
        r#"{GIVEN}
[[grades]]
key = "b"
title = "优秀"
at_least = 80
quota = {{ from = "top", count = 1, per = "whole", ties = "all" }}

[[grades]]
key = "c"
title = "良好"
at_least = 70
quota = {{ from = "top", count = 1, per = "whole", ties = "all" }}

[[grades]]
key = "p"
title = "称职"
"#
    );
    let facts = "委员,类别,日期,分值
甲,外部评分,2026-05-01,95
乙,外部评分,2026-05-01,90
丙,外部评分,2026-05-01,85
";
    says(
        &printed(&book, "", facts),
        &[
            "丙，2026 年：85 分，称职",
            "等次说明：分数达到「优秀」，名额 1 个（基数 3），名额已满；分数达到「良好」，名额 1 个（基数 3），名额已满",
        ],
    );
}

fn picked(per: &str) -> String {
    format!(
        r#"{GIVEN}
[group_total]
rounding = {{ to = 1, mode = "half_up" }}

[[parts]]
key = "group_part"
subject = "group"
clause = "第二条"
title = "组"

[[rules]]
key = "group_given"
part = "group_part"
clause = "第二条"
title = "组评分"
text = "按评分计入。"
counts = [{{ kind = "score", of = "own" }}]
points = 1

[[reviews]]
key = "last"
kind = "reminder"
title = "末位"
clause = "第三条"
text = "末位提醒。"
decided_by = "主席会议"
pick = {{ from = "bottom", count = 1, per = "{per}", ties = "all" }}
"#
    )
}

#[test]
fn a_pool_of_nobody_is_not_printed_and_every_pool_has_a_chinese_name() {
    let members = "姓名,职务,活动组\n甲,常委,一组\n乙,委员,一组\n丙,委员,\n";
    let facts = "委员,类别,日期,分值
甲,外部评分,2026-05-01,95
乙,外部评分,2026-05-01,90
丙,外部评分,2026-05-01,85
";
    let book = picked("sector");
    let text = printed(&book, members, facts);
    says(&text, &["未填界别：名额 1 个，基数 3 人"]);
    let text = printed(&picked("group"), members, facts);
    says(
        &text,
        &[
            "一组：名额 1 个，基数 2 人",
            "未编活动组：名额 1 个，基数 1 人",
        ],
    );
    says_nothing_of(&text, &["全体", "基数 0 人"]);
    let text = printed(&picked("position"), members, facts);
    says(
        &text,
        &[
            "委员：名额 1 个，基数 2 人",
            "常委：名额 1 个，基数 1 人",
            "第三条 从低到高「委员」名额 1 个（基数 2），总分 85 分，列入",
        ],
    );
    says_nothing_of(&text, &["member", "基数 0 人"]);
}
