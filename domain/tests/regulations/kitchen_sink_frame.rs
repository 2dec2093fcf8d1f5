//! The sample of every shape: what is around the points — leave, evidence, recorders, periods, who
//! is assessed and who sees it.

use domain::score::{UnusedReason, Viewer};

use super::desk::Desk;

fn desk() -> Desk {
    Desk::with("kitchen_sink")
}

#[test]
fn s27_leave_that_costs_or_counts_and_s28_leave_that_is_none() {
    desk().earns(
        "discipline",
        &[
            ("出席 常委会议 请假 因病", "19.5"),
            ("出席 常委会议 请假 家庭事务", "15"),
            ("出席 常委会议 请假 参加上级会议", "20"),
        ],
    );
    desk().earns(
        "plenary",
        &[
            ("出席 全体会议 请假 因病", "8"),
            ("出席 全体会议 请假 家庭事务", "-10"),
            ("出席 全体会议 请假 参加上级会议", "20"),
        ],
    );
    let sheet = desk().sheet("出席 全体会议 请假 家庭事务");
    assert_eq!(sheet.deemed[0].text, "因家庭事务请假的，视同缺席。");
}

#[test]
fn s33_scores_from_outside_with_evidence_and_s34_only_once_verified() {
    desk().earns(
        "employer",
        &[
            (
                "外部评分 项目=单位评价 分值=9.5 有依据文件 记录=所在单位",
                "9.5",
            ),
            ("外部评分 项目=单位评价 分值=12 有依据文件", "10"),
            ("外部评分 项目=单位评价 分值=9.5", "0"),
            ("外部评分 项目=单位评价 分值=9.5 有依据文件 未核实", "0"),
        ],
    );
    assert_eq!(desk().unused("发言 未核实"), [UnusedReason::NotVerified]);
}

#[test]
fn s35_who_may_record_what() {
    desk().earns(
        "plenary",
        &[
            ("出席 全体会议 出席 记录=办公室", "20"),
            ("出席 全体会议 出席 记录=专委会", "0"),
        ],
    );
    desk().earns(
        "activities",
        &[
            ("出席 调研 出席 记录=专委会", "2"),
            ("出席 调研 出席 记录=办公室", "0"),
        ],
    );
}

#[test]
fn s36_the_year_begins_in_march() {
    desk().earns(
        "either",
        &[
            ("发言 2026-02-28", "0"),
            ("发言 2026-03-01", "5"),
            ("发言 2027-02-28", "5"),
            ("发言 2027-03-01", "0"),
        ],
    );
}

#[test]
fn s37_decimals_are_exact_until_the_one_rounding() {
    let desk = desk();
    desk.earns(
        "base",
        &[
            ("出席 协商 出席 出席场次=1；出席 常委会议 请假", "21"),
            ("出席 学习 请假；提案 联名 立案 联名人 署名人数=8", "285/14"),
        ],
    );
    desk.earns(
        "total",
        &[
            ("出席 协商 出席 出席场次=1", "22"),
            ("出席 常委会议 请假", "20"),
            ("出席 学习 请假；提案 联名 立案 联名人 署名人数=8", "20"),
        ],
    );
}

#[test]
fn s38_leading_members_are_not_assessed() {
    assert!(desk().assesses("member"));
    assert!(desk().assesses("standing_member"));
    assert!(!desk().assesses("leading_member"));
}

#[test]
fn s39_who_came_within_the_year_owes_whole_quarters_and_gets_no_points() {
    let since = |day| desk().standing().joined(day);
    desk()
        .standing()
        .meets("two_proposals", &[("提案", false), ("提案 ×2", true)]);
    since("2026-03-01").meets("two_proposals", &[("提案", false), ("提案 ×2", true)]);
    let one = [("", false), ("提案", false), ("提案 2026-10-01", true)];
    since("2026-03-02").meets("two_proposals", &one);
    since("2026-06-01").meets("two_proposals", &one);
    since("2026-09-01").meets("two_proposals", &one);
    since("2026-09-02").meets("two_proposals", &[("", true)]);
    let asked = |day| {
        let sheet = since(day).sheet("");
        let mut lines = sheet.requirements.iter();
        let line = lines.find(|line| line.key == "two_proposals");
        line.expect("it binds the standing committee").asked
    };
    assert!(asked("2026-09-01") && !asked("2026-09-02"));
    since("2026-06-01").earns("study", &[("出席 学习 出席 ×3 2026-06-01", "4")]);
    assert!(since("2026-06-01").sheet("").stay.is_some());
}

#[test]
fn s40_who_sees_what_is_said() {
    let desk = desk();
    let visibility = &desk.rulebook().visibility;
    assert_eq!(visibility.sheets, [Viewer::Own, Viewer::Convener]);
    assert!(visibility.ranking.contains(&Viewer::Group));
    assert!(!visibility.ranking.contains(&Viewer::AllMembers));
}

#[test]
fn who_came_late_was_there_and_pays_for_it() {
    let desk = desk();
    desk.earns("plenary", &[("出席 全体会议 迟到", "20")]);
    desk.earns("activities", &[("出席 调研 迟到", "2")]);
    desk.earns("study", &[("出席 学习 迟到", "2")]);
    desk.earns("consultation", &[("出席 协商 迟到 出席场次=1", "1.5")]);
    desk.earns("discipline", &[("出席 调研 迟到；出席 学习 早退", "18")]);
    desk.earns("discipline", &[("出席 学习 迟到 参加时长占比=0.5", "18")]);
    desk.meets(
        "three_of_four",
        &[("提案；社情民意信息；出席 学习 迟到", true)],
    );
}
