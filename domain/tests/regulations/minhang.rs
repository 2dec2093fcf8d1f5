//! 闵行区政协: minimums, half-days of the plenary, proposals and their bonus.

use domain::score::UnusedReason;

use super::desk::Desk;

#[test]
fn the_minimums_of_a_year() {
    let desk = Desk::with("minhang");
    desk.meets(
        "plenary",
        &[("出席 全体会议 迟到", true), ("出席 全体会议 请假", false)],
    );
    desk.meets(
        "activities",
        &[
            ("出席 调研 出席 ×2；出席 全体会议 出席", false),
            ("出席 调研 出席 ×2；出席 常委会议 出席", true),
            ("出席 调研 出席 ×3；出席 视察 缺席", true),
        ],
    );
    desk.meets("proposal", &[("提案 联名 联名人", true), ("", false)]);
    desk.meets(
        "opinion",
        &[("社情民意信息", true), ("社情民意信息 未核实", false)],
    );
}

#[test]
fn the_plenary_counts_by_half_days() {
    let desk = Desk::with("minhang");
    desk.earns(
        "plenary",
        &[
            ("出席 全体会议 出席 出席场次=7", "35"),
            ("出席 全体会议 早退 出席场次=6", "30"),
            ("出席 全体会议 出席 出席场次=0", "0"),
            ("出席 全体会议 缺席 出席场次=0", "0"),
        ],
    );
    assert_eq!(
        desk.arithmetic("plenary", "出席 全体会议 出席 出席场次=7"),
        "7 个半天 × 5 分 = 35 分"
    );
    assert_eq!(
        desk.unused("出席 全体会议 出席"),
        [UnusedReason::MissingNumber]
    );
}

#[test]
fn other_meetings_and_training() {
    let desk = Desk::with("minhang");
    desk.earns(
        "activities",
        &[
            (
                "出席 常委会议 出席；出席 视察 出席；出席 其他 出席 党政部门",
                "15",
            ),
            ("出席 视察 请假", "0"),
        ],
    );
    desk.earns(
        "training",
        &[
            ("学习 培训 全程", "10"),
            ("学习 培训 部分", "5"),
            ("学习 课程 全程", "0"),
        ],
    );
}

#[test]
fn one_or_more_filed_proposals_count_once_at_the_highest() {
    Desk::with("minhang").earns(
        "proposal",
        &[
            ("提案 个人 立案；提案 联名 参与 立案", "15"),
            ("提案 联名 参与 立案 ×4", "3"),
            ("提案 联名 牵头执笔 立案", "15"),
            ("提案 个人 立案 ×2", "15"),
            ("提案 个人 已提交", "0"),
        ],
    );
}

#[test]
fn key_and_excellent_proposals_earn_beside_it() {
    let desk = Desk::with("minhang");
    desk.earns(
        "total",
        &[
            ("提案 联名 牵头执笔 立案 重点提案", "30"),
            ("提案 联名 参与 立案 重点提案", "6"),
            ("提案 联名 牵头执笔 立案 优秀提案", "25"),
            ("提案 联名 参与 立案 优秀提案", "5"),
        ],
    );
    desk.earns(
        "proposal_bonus",
        &[
            ("提案 牵头执笔 立案 重点提案 优秀提案", "15"),
            ("提案 参与 立案 重点提案 优秀提案", "3"),
            (
                "提案 牵头执笔 立案 重点提案；提案 牵头执笔 立案 优秀提案",
                "25",
            ),
        ],
    );
}

#[test]
fn who_came_late_or_left_early_was_there() {
    let desk = Desk::with("minhang");
    desk.earns("activities", &[("出席 视察 迟到；出席 调研 早退", "10")]);
    desk.earns("plenary", &[("出席 全体会议 迟到 出席场次=5", "25")]);
    desk.meets(
        "activities",
        &[("出席 视察 迟到；出席 调研 早退；出席 学习 出席", true)],
    );
}
