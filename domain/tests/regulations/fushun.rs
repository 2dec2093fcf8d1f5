//! 抚顺市政协: four minimums for activity groups, no points.

use super::desk::Desk;

#[test]
fn a_study_session_is_one_whoever_of_the_group_came() {
    Desk::with("fushun").group().meets(
        "study",
        &[
            ("", false),
            ("出席 学习 出席 活动组 #读书会 @2", true),
            ("出席 学习 缺席 活动组 #读书会 @2", false),
            ("出席 学习 出席 组织方=政协 #大讲堂 @2", false),
        ],
    );
}

#[test]
fn three_outings_are_three_and_not_three_people_on_one() {
    Desk::with("fushun").group().meets("field_work", &[
        ("出席 调研 出席 活动组 #一 @2；出席 视察 出席 活动组 #二 @2；出席 调研 出席 活动组 #三 @3", true),
        ("出席 调研 出席 活动组 #一 @2；出席 视察 出席 活动组 #二 @2", false),
        ("出席 调研 出席 活动组 #一 @2；出席 调研 出席 活动组 #一 @3；出席 调研 出席 活动组 #一 @4", false),
        ("出席 调研 出席 活动组 @2 ×4", true),
    ]);
}

#[test]
fn a_proposal_of_quality_is_a_filed_one_of_the_group_or_of_a_member() {
    let desk = Desk::with("fushun").group();
    desk.meets(
        "proposal",
        &[
            ("提案 集体 立案", true),
            ("提案 个人 立案 @2", true),
            ("提案 个人 优秀提案 @2", true),
            ("提案 个人 已提交 @2", false),
        ],
    );
    desk.meets(
        "opinion",
        &[
            ("社情民意信息 @2", true),
            ("社情民意信息", true),
            ("", false),
        ],
    );
}

#[test]
fn members_are_not_assessed() {
    let desk = Desk::with("fushun");
    assert!(!desk.assesses("member"));
    assert_eq!(desk.group().sheet("").total.to_string(), "0");
}

#[test]
fn who_came_late_was_there() {
    let desk = Desk::with("fushun").group();
    desk.meets("study", &[("出席 学习 迟到 活动组 @2", true)]);
    desk.meets("field_work", &[("出席 调研 迟到 活动组 @2 ×3", true)]);
}
