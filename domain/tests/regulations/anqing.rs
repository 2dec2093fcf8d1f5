//! 安庆市政协: a pool of 50 points for meetings, and grades in whole points.

use domain::score::UnusedReason;

use super::desk::Desk;

#[test]
fn absences_are_taken_from_fifty_points_until_they_are_used_up() {
    Desk::with("anqing").earns(
        "meetings",
        &[
            ("", "50"),
            ("出席 全体会议 缺席；出席 常委会议 缺席 ×2", "30"),
            ("出席 全体会议 缺席 ×2；出席 常委会议 缺席 ×7", "0"),
            ("出席 全体会议 缺席 ×4；出席 协商 缺席", "5"),
            ("出席 全体会议 缺席 ×5", "0"),
            ("出席 常委会议 缺席 ×10", "0"),
            ("出席 常委会议 缺席 ×11", "0"),
            ("出席 全体会议 请假；出席 常委会议 迟到", "50"),
            ("出席 调研 缺席", "50"),
        ],
    );
}

#[test]
fn the_sheet_shows_what_was_taken_and_what_was_left() {
    let desk = Desk::with("anqing");
    let facts = "出席 全体会议 缺席；出席 常委会议 缺席 ×2";
    assert_eq!(
        desk.arithmetic("absence", facts),
        "1 次 × (-10) 分 + 2 次 × (-5) 分 = -20 分"
    );
    assert_eq!(
        desk.arithmetic("meetings", facts),
        "50 - 20（无故缺席会议） = 30 分"
    );
    let facts = "出席 全体会议 缺席 ×2；出席 常委会议 缺席 ×7";
    assert_eq!(
        desk.arithmetic("meetings", facts),
        "50 - 55（无故缺席会议） = -5 分，最低 0 分，计 0 分"
    );
}

#[test]
fn scores_that_are_entered_never_exceed_what_the_text_gives() {
    let desk = Desk::with("anqing");
    desk.earns(
        "proposals",
        &[
            ("外部评分 项目=提案 分值=30", "30"),
            ("外部评分 项目=提案 分值=30.5", "30"),
            ("外部评分 项目=提案 分值=-3", "0"),
        ],
    );
    desk.earns(
        "rest",
        &[
            (
                "外部评分 项目=活动 分值=12；外部评分 项目=社情民意信息 分值=8",
                "20",
            ),
            (
                "外部评分 项目=活动 分值=12；外部评分 项目=中心工作 分值=8.5",
                "20",
            ),
            (
                "外部评分 项目=活动 分值=12；外部评分 项目=中心工作 分值=7.5",
                "19.5",
            ),
        ],
    );
    assert_eq!(
        desk.unused("外部评分 项目=提案；外部评分 项目=着装 分值=3"),
        [UnusedReason::MissingNumber, UnusedReason::NotCounted]
    );
}

#[test]
fn a_grade_is_given_by_the_total_rounded_to_a_whole_number() {
    let with = |rest: &str| format!("外部评分 项目=提案 分值=30；外部评分 项目=活动 分值={rest}");
    let desk = Desk::with("anqing");
    for (rest, grade) in [
        ("10", "优秀"),
        ("9.5", "优秀"),
        ("9.4", "良好"),
        ("9", "良好"),
        ("0", "良好"),
    ] {
        desk.grades(&[(&with(rest), grade)]);
    }
    // 79.5 lies between 60–79 and 80–89 of the text; the rulebook's choice is 80.
    for (proposals, grade) in [
        ("29.5", "良好"),
        ("29.4", "称职"),
        ("10", "称职"),
        ("9.5", "称职"),
        ("9.4", "不称职"),
        ("9", "不称职"),
    ] {
        desk.grades(&[(&format!("外部评分 项目=提案 分值={proposals}"), grade)]);
    }
    assert_eq!(
        desk.arithmetic("total", "外部评分 项目=提案 分值=29.5"),
        "50（会议） + 29.5（提案得分） = 79.5 分，按 1 四舍五入为 80 分"
    );
}
