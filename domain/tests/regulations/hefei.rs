//! 合肥市政协: half of a base of 85, and proposals from the second on.

use super::desk::Desk;

#[test]
fn a_member_has_thirty_for_the_plenary_and_loses_ten() {
    Desk::with("hefei").earns(
        "plenary",
        &[
            ("出席 全体会议 出席", "30"),
            ("出席 全体会议 迟到", "30"),
            ("出席 全体会议 请假", "0"),
            ("出席 全体会议 缺席", "-10"),
            ("出席 全体会议 出席 ×2", "30"),
            ("出席 全体会议 出席；出席 全体会议 缺席", "20"),
        ],
    );
}

#[test]
fn a_member_of_the_standing_committee_loses_four_each_time() {
    let desk = Desk::with("hefei").standing();
    desk.earns(
        "standing_members",
        &[
            ("出席 全体会议 缺席", "-4"),
            ("出席 常委会议 缺席 ×2；出席 全体会议 缺席", "-12"),
            ("出席 常委会议 请假", "0"),
        ],
    );
    desk.earns(
        "plenary",
        &[("出席 全体会议 出席；出席 全体会议 缺席", "0")],
    );
    Desk::with("hefei").earns("standing_members", &[("出席 常委会议 缺席", "0")]);
}

#[test]
fn one_of_two_activities_is_half_by_choice() {
    let desk = Desk::with("hefei");
    desk.earns(
        "activities",
        &[
            ("", "0"),
            ("出席 调研 出席", "15"),
            ("出席 调研 出席；出席 学习 出席", "30"),
            ("出席 调研 出席 ×3", "30"),
            ("出席 全体会议 出席", "0"),
        ],
    );
    assert_eq!(
        desk.arithmetic("activities", "出席 调研 出席"),
        "完成 1 次，要求 2 次，按比例 30 分 × 1/2 = 15 分"
    );
}

#[test]
fn filed_proposals_earn_from_the_second_on_up_to_twenty() {
    Desk::with("hefei").earns(
        "more_proposals",
        &[
            ("提案 立案", "0"),
            ("提案 立案 ×2", "5"),
            ("提案 立案 ×5", "20"),
            ("提案 立案 ×6", "20"),
            ("提案 立案；提案 不予立案 ×3", "0"),
            ("提案 立案 #甲 ×3", "0"),
        ],
    );
}

#[test]
fn the_total_is_never_below_zero() {
    Desk::with("hefei").earns(
        "total",
        &[
            ("出席 全体会议 缺席", "0"),
            ("出席 全体会议 缺席；出席 调研 出席", "5"),
            ("出席 全体会议 出席；出席 调研 出席 ×2；提案 立案 ×3", "70"),
        ],
    );
}

#[test]
fn who_came_late_was_there() {
    Desk::with("hefei").earns("activities", &[("出席 调研 迟到；出席 学习 早退", "30")]);
}
