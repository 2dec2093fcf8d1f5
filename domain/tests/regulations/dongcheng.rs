//! 东城区政协: no values are known; 60 is the base line, and what follows below it.

use super::desk::Desk;

const RECOGNISED: &str = "优秀认定 认定文件=决定";

#[test]
fn blocks_add_up_without_a_ceiling() {
    Desk::with("dongcheng").earns(
        "total",
        &[
            ("", "0"),
            (
                "外部评分 项目=会议 分值=70.5；外部评分 项目=活动 分值=80",
                "150.5",
            ),
            (
                "外部评分 项目=提案 分值=20 ×2；外部评分 项目=社情民意信息 分值=5",
                "45",
            ),
        ],
    );
}

#[test]
fn sixty_is_competent_and_excellence_is_recognised_by_people() {
    Desk::with("dongcheng").grades(&[
        ("外部评分 项目=会议 分值=60", "称职"),
        ("外部评分 项目=会议 分值=59.99", "不称职"),
        ("外部评分 项目=会议 分值=60.01", "称职"),
        (&format!("外部评分 项目=会议 分值=60；{RECOGNISED}"), "优秀"),
        (
            &format!("外部评分 项目=会议 分值=59；{RECOGNISED}"),
            "不称职",
        ),
    ]);
}

#[test]
fn two_years_below_the_line_count_only_in_a_row() {
    let (low, enough) = ("外部评分 项目=会议 分值=59", "外部评分 项目=会议 分值=60");
    Desk::with("dongcheng").proposals(
        "below_line",
        &[
            (&[enough], None),
            (&[low], Some("诫勉谈话")),
            (&[low, enough], None),
            (&[low, enough, low], Some("诫勉谈话")),
            (&[enough, low, low], Some("劝其退出")),
            (&[low, low, low], Some("劝其退出")),
        ],
    );
}

#[test]
fn the_excellent_are_publicised() {
    let excellent = format!("外部评分 项目=会议 分值=90；{RECOGNISED}");
    Desk::with("dongcheng").proposals(
        "commendation",
        &[
            (&[&excellent], Some("列入")),
            (&["外部评分 项目=会议 分值=90"], None),
        ],
    );
}
