//! 广水市政协: four tasks of 20, a pool of 10 for attendance, study, awards; groups.

use domain::score::UnusedReason;

use super::desk::Desk;

#[test]
fn one_proposal_by_what_became_of_it_and_who_signed_first() {
    Desk::with("guangshui").earns(
        "proposal",
        &[
            ("提案 立案 第一提交人", "20"),
            ("提案 个人 立案", "20"),
            ("提案 立案 联名人", "15"),
            ("提案 转为社情民意 第一提交人", "15"),
            ("提案 转为社情民意 联名人", "10"),
            ("提案 已提交 第一提交人", "0"),
            ("提案 立案 联名人；提案 立案 第一提交人", "20"),
            ("提案 立案 第一提交人 ×3", "20"),
        ],
    );
}

#[test]
fn the_other_tasks_are_done_or_not() {
    let desk = Desk::with("guangshui");
    desk.earns(
        "information",
        &[
            ("", "0"),
            ("社情民意信息", "20"),
            ("文史资料", "20"),
            ("社情民意信息；文史资料", "20"),
        ],
    );
    desk.earns(
        "project",
        &[
            ("联系界别群众 重点企业项目", "20"),
            ("联系界别群众 企业", "0"),
        ],
    );
    desk.earns(
        "household",
        &[
            ("联系界别群众 困难户 ×2", "20"),
            ("联系界别群众 村（社区）", "0"),
        ],
    );
    desk.earns(
        "duty",
        &[(
            "提案 立案 第一提交人；文史资料；联系界别群众 重点企业项目；联系界别群众 困难户",
            "80",
        )],
    );
}

#[test]
fn the_pool_for_attendance_ends_at_zero() {
    Desk::with("guangshui").earns(
        "meetings",
        &[
            ("", "10"),
            ("出席 常委会议 缺席；出席 调研 缺席 ×5", "0"),
            ("出席 常委会议 缺席；出席 调研 缺席 ×4", "1"),
            (
                "出席 全体会议 迟到；出席 全体会议 早退；出席 全体会议 缺席 分组讨论",
                "6.5",
            ),
            ("出席 常委会议 迟到；出席 常委会议 缺席", "5"),
            ("出席 学习 早退；出席 其他 缺席", "7.5"),
            ("出席 调研 缺席 ×6；出席 学习 迟到", "0"),
            ("出席 常委会议 请假；出席 学习 出席", "10"),
        ],
    );
}

#[test]
fn what_an_absence_from_the_whole_plenary_costs_is_not_invented() {
    let desk = Desk::with("guangshui");
    desk.earns("meetings", &[("出席 全体会议 缺席", "10")]);
    assert_eq!(desk.unused("出席 全体会议 缺席"), [UnusedReason::NoValue]);
}

#[test]
fn study_is_a_notebook_and_an_essay() {
    Desk::with("guangshui").earns(
        "study",
        &[
            ("学习 学习笔记", "5"),
            ("学习 学习笔记 ×2", "5"),
            ("学习 学习笔记；学习 心得体会 ×3", "10"),
        ],
    );
}

#[test]
fn of_several_commendations_the_highest_counts() {
    Desk::with("guangshui").earns(
        "award",
        &[
            ("表彰奖励 县（市、区）级", "4"),
            ("表彰奖励 市级", "6"),
            ("表彰奖励 省级", "8"),
            ("表彰奖励 国家级", "10"),
            ("表彰奖励 国家级；表彰奖励 县（市、区）级", "10"),
        ],
    );
}

#[test]
fn a_full_year_is_a_hundred_and_the_commendation_beside_it() {
    Desk::with("guangshui").earns(
        "total",
        &[(
            "提案 立案 第一提交人；社情民意信息；联系界别群众 重点企业项目；联系界别群众 困难户；\
         学习 学习笔记；学习 心得体会；表彰奖励 省级",
            "108",
        )],
    );
}

#[test]
fn of_a_group_only_its_housekeeping_is_known() {
    let desk = Desk::with("guangshui").group();
    desk.earns("self_building", &[
        ("", "0"),
        ("活动组工作 项目=计划总结 分值=5", "5"),
        ("活动组工作 项目=计划总结 分值=5.5", "5"),
        ("活动组工作 项目=计划总结 分值=4.5；活动组工作 项目=登记档案 分值=5；活动组工作 项目=场所台账 分值=3", "12.5"),
    ]);
    desk.meets(
        "articles",
        &[
            ("文章 ×3", false),
            ("文章 ×3；文章 @2", true),
            ("文章 ×3；文章 #甲 @2；文章 #甲 @3", true),
            ("文章 ×2；文章 #甲 @2；文章 #甲 @3", false),
        ],
    );
}

#[test]
fn each_item_is_worth_its_own_points_before_the_head_is_full() {
    let desk = Desk::with("guangshui");
    desk.earns("notebook", &[("学习 学习笔记 ×2", "5")]);
    desk.earns("essay", &[("学习 心得体会 ×3", "5")]);
    desk.earns(
        "award",
        &[
            ("表彰奖励 县（市、区）级 国家级", "10"),
            ("表彰奖励 市级 省级", "8"),
        ],
    );
    let group = Desk::with("guangshui").group();
    group.earns("dossiers", &[("活动组工作 项目=登记档案 分值=5.5", "5")]);
    group.earns("premises", &[("活动组工作 项目=场所台账 分值=9", "5")]);
    group.earns("premises", &[("活动组工作 项目=场所台账 分值=2.5", "2.5")]);
}
