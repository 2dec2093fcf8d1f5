//! Who is exempt in a period is not graded, not ranked, picked for nothing and blamed for nothing.

use super::{GIVEN, printed, says, says_nothing_of};

fn book() -> String {
    format!(
        r#"
ranking = {{ per = "whole" }}
{GIVEN}
[[grades]]
key = "b"
title = "优秀"
at_least = 80
quota = {{ from = "top", percent = 50, per = "whole", rounding = "down", ties = "none" }}

[[grades]]
key = "f"
title = "不称职"

[[reviews]]
key = "last"
kind = "reminder"
title = "末位"
clause = "第二条"
text = "末位一名谈话。"
pick = {{ from = "bottom", count = 1, per = "whole", ties = "all" }}
decided_by = "主席会议"

[[reviews]]
key = "exit"
kind = "midterm_exit"
title = "劝辞"
clause = "第三条"
text = "连续两年不称职，或一届内三年没有评分的。"
decided_by = "常委会议"
candidates = {{ any = [
    {{ grade = ["f"], consecutive = 2 }},
    {{ count = [{{ kind = "score" }}], at_most = 0, times_in_term = 2 }},
] }}
"#
    )
}

#[test]
fn whoever_is_exempt_is_not_graded_not_ranked_and_no_candidate() {
    let facts = "委员,类别,日期,名称,分值
甲,免予考核,2026-02-01,援藏,
乙,外部评分,2026-05-01,评分,90
丙,外部评分,2026-05-01,评分,50
";
    let text = printed(&book(), "", facts);
    says(
        &text,
        &[
            "甲，2026 年：0 分",
            "等次说明：免予考核（2026-02-01，援藏），不评等次，不排名，不列入评议",
            "不计分：2026-02-01 援藏——不计分，本期免予考核",
            "乙，2026 年：90 分，优秀",
            "名次：全体 2 人中第 1 名",
            "名次：全体 2 人中第 2 名",
            "全体：名额 1 个，基数 2 人",
            "第二条 免予考核，不列入评议",
            "丙：列入",
        ],
    );
    says_nothing_of(&text, &["甲：列入", "3 人中"]);
}

#[test]
fn an_exempt_period_counts_neither_for_nor_against() {
    let facts = "委员,类别,日期,名称,分值
甲,外部评分,2024-05-01,评分,50
甲,免予考核,2025-02-01,援藏,
甲,外部评分,2026-05-01,评分,50
乙,外部评分,2024-05-01,评分,90
乙,免予考核,2025-02-01,借调,
";
    let text = printed(&book(), "", facts);
    let exit = text.rsplit("劝辞（").next().unwrap();
    says(exit, &["甲：未列入", "乙：未列入"]);
}

#[test]
fn an_exemption_of_a_member_exempts_no_group_and_one_taken_back_nobody() {
    let facts = "委员,类别,日期,名称,编号,冲销,分值
甲,免予考核,2026-02-01,援藏,1,,
甲,免予考核,2026-02-01,援藏,,1,
甲,外部评分,2026-05-01,评分,,,90
乙,外部评分,2026-05-01,评分,,,50
";
    let text = printed(&book(), "", facts);
    says(&text, &["甲，2026 年：90 分，优秀", "乙：列入"]);
    says_nothing_of(&text, &["不列入评议"]);
}
