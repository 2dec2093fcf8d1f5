//! Results of earlier periods that a file gives: each period once, and a missing one is no
//! period in a row.

use super::{GIVEN, printed, says};

fn book(candidates: &str) -> String {
    format!(
        r#"{GIVEN}
[[grades]]
key = "a"
title = "甲等"
at_least = 60

[[grades]]
key = "b"
title = "乙等"

[[reviews]]
key = "x"
kind = "other"
title = "退出"
clause = "第三条"
text = "连续几年乙等的退出。"
decided_by = "主席会议"
candidates = {{ grade = ["b"], {candidates} }}
"#
    )
}

fn facts(closed: &[&str]) -> String {
    let closed: Vec<String> = closed
        .iter()
        .map(|one| format!(r#"{{ "member": "乙", {one}, "total": "0", "grade": "b" }}"#))
        .collect();
    let member =
        r#"{ "member": "乙", "kind": "score", "on": "2026-05-01", "attributes": { "value": 10 } }"#;
    format!(
        r#"{{ "members": [{{ "name": "乙" }}], "facts": [{member}], "closed": [{}] }}"#,
        closed.join(", ")
    )
}

#[test]
fn a_missing_period_interrupts_a_row() {
    for more in ["consecutive = 3", "consecutive = 3, break_resets = true"] {
        let closed = facts(&[r#""period": "2023""#, r#""period": "2025""#]);
        let text = printed(&book(more), "", &closed);
        says(
            &text,
            &[
                "乙：未列入",
                "第三条 条件为连续 3 个考核期，符合 2 个（2025 年：等次「乙等」，条件为「乙等」；2026 年：等次「乙等」，条件为「乙等」；2024 年没有结果，不算连续）",
            ],
        );
    }
    let text = printed(
        &book("consecutive = 2"),
        "",
        &facts(&[r#""period": "2012""#]),
    );
    says(
        &text,
        &[
            "乙：未列入",
            "第三条 条件为连续 2 个考核期，符合 1 个（2026 年：等次「乙等」，条件为「乙等」；2013 年至 2025 年没有结果，不算连续）",
        ],
    );
}

#[test]
fn a_period_out_of_office_is_bridged_unless_the_rulebook_begins_anew() {
    let closed = facts(&[
        r#""period": "2023""#,
        r#""period": "2025", "after_break": true"#,
    ]);
    let text = printed(&book("consecutive = 3"), "", &closed);
    says(
        &text,
        &[
            "乙：列入",
            "第三条 条件为连续 3 个考核期，符合 3 个（2023 年：等次「乙等」，条件为「乙等」；2025 年：等次「乙等」，条件为「乙等」；2026 年：等次「乙等」，条件为「乙等」；2024 年不在任，前后接着算）",
        ],
    );
    let text = printed(&book("consecutive = 3, break_resets = true"), "", &closed);
    says(
        &text,
        &[
            "乙：未列入",
            "第三条 条件为连续 3 个考核期，符合 2 个（2025 年：等次「乙等」，条件为「乙等」；2026 年：等次「乙等」，条件为「乙等」；任期在此前中断，重新计算）",
        ],
    );
}

#[test]
fn what_is_missing_does_not_matter_where_periods_need_not_be_in_a_row() {
    let closed = facts(&[r#""period": "2023""#, r#""period": "2025""#]);
    let text = printed(&book("times_in_term = 3"), "", &closed);
    says(&text, &["乙：列入"]);
}

#[test]
#[should_panic(expected = "同一人的这一期写了两次")]
fn a_period_has_one_result() {
    let closed = facts(&[r#""period": "2025""#, r#""period": "2025""#]);
    printed(&book("consecutive = 3"), "", &closed);
}

#[test]
#[should_panic(expected = "细则的考核期是年度，应写成 2025 这样")]
fn a_quarter_is_no_period_of_a_yearly_rulebook() {
    let closed = facts(&[r#""period": "2025-Q1""#, r#""period": "2025-Q2""#]);
    printed(&book("times_in_term = 3"), "", &closed);
}
