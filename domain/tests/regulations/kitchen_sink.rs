//! The sample of every shape: what facts earn. The numbers are those of the catalogue in the
//! rulebook's comments; the frame around the points is in `kitchen_sink_frame`.

use domain::score::UnusedReason;

use super::desk::Desk;

fn desk() -> Desk {
    Desk::with("kitchen_sink")
}

#[test]
fn s1_flat_points_and_s2_a_cap_per_quarter_and_over_the_year() {
    desk().earns(
        "activities",
        &[
            ("出席 调研 出席 03-10", "2"),
            ("出席 调研 出席 03-10 ×2", "4"),
            ("出席 调研 出席 03-10 ×3", "4"),
            ("出席 调研 出席 05-31 ×3；出席 视察 出席 06-01", "6"),
            ("出席 调研 出席 05-31 ×2；出席 视察 出席 06-01 ×2", "8"),
            (
                "出席 调研 出席 03-10 ×2；出席 调研 出席 06-10 ×2；出席 调研 出席 09-10 ×2",
                "12",
            ),
            (
                "出席 调研 出席 03-10 ×2；出席 调研 出席 06-10 ×2；出席 调研 出席 09-10 ×2；\
             出席 调研 出席 2027-01-10",
                "12",
            ),
        ],
    );
    assert_eq!(
        desk().unused("出席 调研 出席 03-10 ×3"),
        [UnusedReason::OverCap]
    );
}

#[test]
fn s3_full_marks_for_so_many_in_proportion_or_not_at_all() {
    desk().earns(
        "study",
        &[
            ("", "0"),
            ("出席 学习 出席", "2"),
            ("出席 学习 出席 ×3", "6"),
            ("出席 学习 出席 ×4", "8"),
            ("出席 学习 出席 ×5", "8"),
        ],
    );
    desk().standing().earns(
        "study",
        &[
            ("出席 学习 出席", "4/3"),
            ("出席 学习 出席 ×3", "4"),
            ("出席 学习 出席 ×6", "8"),
        ],
    );
    desk().earns(
        "contact",
        &[
            ("联系界别群众 ×2", "0"),
            ("联系界别群众 ×3", "6"),
            ("联系界别群众 ×4", "6"),
        ],
    );
}

#[test]
fn s4_once_whatever_the_number() {
    desk().earns(
        "essay",
        &[("学习 心得体会", "2"), ("学习 心得体会 ×3", "2")],
    );
    assert_eq!(
        desk().unused("学习 心得体会 ×2"),
        [UnusedReason::BeyondMost]
    );
}

#[test]
fn s5_the_best_of_a_group_without_adding() {
    desk().earns(
        "honours",
        &[
            ("表彰奖励 市级；文章", "6"),
            ("表彰奖励 市级；文章 ×2", "6"),
            ("表彰奖励 市级；文章 ×3", "9"),
            ("", "0"),
        ],
    );
    assert_eq!(
        desk().arithmetic("honours", "表彰奖励 市级；文章"),
        "取最高一项「表彰」6 分"
    );
}

#[test]
fn s6_one_thing_is_counted_where_it_is_worth_more_but_a_bonus_counts_it_again() {
    desk().earns(
        "reward",
        &[
            ("文章 #甲；文史资料 #甲", "4"),
            ("文章 #甲；文史资料 #乙", "7"),
        ],
    );
    assert_eq!(
        desk().unused("文章 #甲；文史资料 #甲"),
        [UnusedReason::CountedElsewhere]
    );
    desk().earns(
        "proposals",
        &[
            ("提案 个人 立案 重点提案", "12"),
            ("提案 个人 转为社情民意", "5"),
        ],
    );
    desk().earns("quality", &[("提案 个人 立案 重点提案", "4")]);
}

#[test]
fn s7_one_or_the_other() {
    desk().earns(
        "either",
        &[
            ("发言", "5"),
            ("办实事好事", "5"),
            ("发言；办实事好事", "5"),
            ("", "0"),
        ],
    );
}

#[test]
fn s8_a_pool_is_used_up_and_no_more() {
    desk().earns(
        "discipline",
        &[
            ("", "20"),
            ("出席 常委会议 缺席 ×3", "5"),
            ("出席 常委会议 缺席 ×4", "0"),
            ("出席 常委会议 缺席 ×5", "0"),
            ("出席 调研 缺席；出席 常委会议 迟到；出席 学习 早退", "16"),
        ],
    );
}

#[test]
fn s9_from_zero_without_a_ceiling_and_s32_groups() {
    desk().group().earns(
        "total",
        &[
            ("", "0"),
            (
                "出席 调研 出席 活动组 #甲 @2；出席 调研 出席 活动组 #甲 @3",
                "3",
            ),
            ("出席 调研 出席 活动组 @2 ×50", "150"),
            ("出席 调研 出席 组织方=政协 @2", "0"),
            (
                "出席 调研 缺席 活动组 @2；活动组工作 项目=总结 分值=7.25",
                "7.3",
            ),
        ],
    );
    desk().group().grades(&[
        (
            "活动组工作 项目=总结 分值=12；社情民意信息 @2；社情民意信息",
            "先进活动组",
        ),
        (
            "活动组工作 项目=总结 分值=11.9；社情民意信息 @2 ×2",
            "活动组",
        ),
        ("活动组工作 项目=总结 分值=12；社情民意信息 @2", "活动组"),
    ]);
}

#[test]
fn s10_outcomes_down_to_below_zero_and_s12_by_position() {
    desk().earns(
        "plenary",
        &[
            ("出席 全体会议 出席", "20"),
            ("出席 全体会议 请假", "8"),
            ("出席 全体会议 缺席", "-10"),
        ],
    );
    desk().standing().earns(
        "plenary",
        &[
            ("出席 全体会议 出席", "16"),
            ("出席 全体会议 请假", "8"),
            ("出席 全体会议 缺席", "-10"),
        ],
    );
}

#[test]
fn s11_base_and_reward_have_caps_and_so_has_the_whole() {
    let much = "出席 全体会议 出席；提案 个人 立案 ×5；社情民意信息 国家级 ×2；发言；\
                联系界别群众 ×3；出席 学习 出席 ×4；学习 心得体会；\
                外部评分 项目=单位评价 分值=10 有依据文件；\
                出席 协商 出席 出席场次=4 03-10；出席 协商 出席 出席场次=4 10-10";
    let more = format!("{much}；表彰奖励 国家级；文史资料 ×2；提案 个人 立案 优秀提案");
    let desk = desk();
    desk.earns("base", &[(much, "100"), (&more, "100")]);
    desk.earns("reward", &[(much, "3"), (&more, "20")]);
    desk.earns("total", &[(much, "103"), (&more, "115")]);
    assert_eq!(
        desk.arithmetic("total", &more),
        "100（基本分） + 20（奖励分） = 120 分，上限 115 分，计 115 分"
    );
}

#[test]
fn s13_half_days_and_a_share_that_must_be_reached() {
    desk().earns(
        "consultation",
        &[
            ("出席 协商 出席 出席场次=2", "3"),
            ("出席 协商 出席 出席场次=4", "6"),
            ("出席 协商 出席 出席场次=5", "6"),
            (
                "出席 协商 出席 出席场次=5 08-31；出席 协商 出席 出席场次=1 09-01",
                "7.5",
            ),
        ],
    );
    desk().earns(
        "activities",
        &[
            ("出席 调研 出席 参加时长占比=2/3", "2"),
            ("出席 调研 出席 参加时长占比=0.6666", "0"),
            ("出席 调研 出席", "2"),
        ],
    );
    desk().earns(
        "discipline",
        &[("出席 调研 出席 参加时长占比=0.6666", "18")],
    );
}

#[test]
fn s14_signers_share_as_the_clause_says() {
    desk().earns(
        "proposals",
        &[
            ("提案 联名 立案 第一提交人 署名人数=3", "6"),
            ("提案 联名 立案 联名人 署名人数=3", "3"),
            ("提案 集体 立案 参与 署名人数=3 署名次序=2", "4"),
            ("提案 集体 立案 参与 署名人数=7 署名次序=3", "4"),
            ("提案 集体 立案 参与 署名人数=7 署名次序=4", "0"),
        ],
    );
    desk().earns(
        "opinions",
        &[("社情民意信息 联名 联名人 署名人数=5 市级", "4")],
    );
    desk().earns(
        "history",
        &[
            ("文史资料", "4"),
            ("文史资料 联名 第一提交人 署名人数=3", "4"),
            ("文史资料 联名 联名人 署名人数=3", "0"),
        ],
    );
    desk().earns(
        "quality",
        &[
            ("提案 联名 牵头执笔 立案 重点提案 署名人数=2", "4"),
            ("提案 联名 参与 立案 重点提案 署名人数=2", "1"),
            ("提案 联名 联名人 立案 重点提案 署名人数=2", "0"),
        ],
    );
}

#[test]
fn s15_tiers_by_level() {
    desk().earns(
        "opinions",
        &[
            ("社情民意信息", "1"),
            ("社情民意信息 县（市、区）级", "2"),
            ("社情民意信息 市级", "4"),
            ("社情民意信息 省级", "6"),
            ("社情民意信息 国家级", "8"),
            ("社情民意信息 市级 省级", "6"),
            ("社情民意信息 国家级 ×3", "16"),
        ],
    );
}

#[test]
fn s16_stages_add_up_or_the_highest_counts() {
    desk().earns(
        "proposals",
        &[
            ("提案 个人 已提交", "4"),
            ("提案 个人 已提交 立案", "12"),
            ("提案 个人 立案 ×3", "30"),
        ],
    );
    desk().earns(
        "quality",
        &[
            ("提案 牵头执笔 重点提案", "4"),
            ("提案 牵头执笔 优秀提案", "6"),
            ("提案 牵头执笔 重点提案 优秀提案", "6"),
            ("提案 参与 重点提案 优秀提案", "2"),
        ],
    );
}

#[test]
fn s17_from_the_third_on() {
    desk().earns(
        "third_proposal",
        &[("提案 ×2", "0"), ("提案 ×3", "1"), ("提案 ×5", "3")],
    );
}

#[test]
fn s15_awards_by_level() {
    desk().earns(
        "awards",
        &[
            ("表彰奖励 国家级", "10"),
            ("表彰奖励 省级", "8"),
            ("表彰奖励 县（市、区）级", "4"),
            ("表彰奖励 县（市、区）级 省级", "8"),
            ("表彰奖励 省级；表彰奖励 国家级", "10"),
        ],
    );
}
