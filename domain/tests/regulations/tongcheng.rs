//! 桐城市政协: four heads of a hundred, and how signers share a proposal.

use domain::score::{Amount, UnusedReason};

use super::desk::Desk;

fn share(text: &str) -> Amount {
    text.parse().expect("an amount")
}

#[test]
fn the_plenary_is_fifty_thirty_or_nothing() {
    let desk = Desk::with("tongcheng");
    desk.earns(
        "meetings",
        &[
            ("出席 全体会议 出席", "50"),
            ("出席 全体会议 请假", "30"),
            ("出席 全体会议 缺席", "0"),
            ("出席 全体会议 出席；出席 常委会议 缺席", "50"),
            ("出席 全体会议 出席 ×2", "50"),
        ],
    );
    assert_eq!(desk.unused("出席 全体会议 迟到"), [UnusedReason::NoValue]);
}

#[test]
fn a_plenary_is_worth_fifty_before_the_cap_of_its_head() {
    Desk::with("tongcheng").earns("plenary", &[("出席 全体会议 出席", "50")]);
}

#[test]
fn standing_members_lose_by_standing_meetings_but_never_below_zero() {
    Desk::with("tongcheng").standing().earns(
        "meetings",
        &[
            ("出席 全体会议 出席；出席 常委会议 请假", "48"),
            (
                "出席 全体会议 出席；出席 常委会议 请假；出席 常委会议 缺席 ×2",
                "38",
            ),
            ("出席 全体会议 请假；出席 常委会议 缺席 ×6", "0"),
            ("出席 全体会议 请假；出席 常委会议 缺席 ×7", "0"),
            ("出席 全体会议 缺席；出席 常委会议 请假", "0"),
        ],
    );
}

#[test]
fn a_proposal_of_three_is_shared_and_adds_back() {
    let desk = Desk::with("tongcheng");
    desk.earns(
        "proposals",
        &[
            ("提案 个人 立案", "25"),
            ("提案 个人 已提交", "10"),
            ("提案 联名 立案 第一提交人 署名人数=3", "12.5"),
            ("提案 联名 立案 联名人 署名人数=3", "6.25"),
            ("提案 联名 立案 联名人 署名人数=4", "25/6"),
            ("提案 联名 已提交 第一提交人 署名人数=2", "5"),
            ("提案 集体 立案 第一提交人 署名人数=3", "25/3"),
            ("提案 集体 立案 参与 署名人数=5 署名次序=3", "25/3"),
            ("提案 集体 立案 参与 署名人数=5 署名次序=4", "0"),
            ("提案 集体 立案 参与 署名人数=2 署名次序=2", "12.5"),
        ],
    );
    let whole: Amount = ["12.5", "25/6", "25/6", "25/6"]
        .map(share)
        .into_iter()
        .sum();
    assert_eq!(whole, share("25"));
    assert_eq!(
        desk.unused("提案 集体 立案 参与 署名人数=5 署名次序=4"),
        [UnusedReason::NoShare]
    );
}

#[test]
fn how_a_share_is_worked_out_can_be_read() {
    let desk = Desk::with("tongcheng");
    let line = |facts: &str| {
        let sheet = desk.sheet(facts);
        sheet
            .lines
            .into_iter()
            .find(|line| line.key == "proposals")
            .unwrap()
    };
    let joint = line("提案 联名 立案 联名人 署名人数=3");
    let how = joint.facts[0].arithmetic.as_deref();
    assert_eq!(how, Some("(10 分 + 15 分) × 0.25 = 6.25 分"));
    assert_eq!(
        line("提案 个人 立案 ×2").arithmetic,
        "2 件 × 25 分 = 50 分，上限 25 分，计 25 分"
    );
}

#[test]
fn caps_of_proposals_activities_and_information() {
    let desk = Desk::with("tongcheng");
    desk.earns(
        "proposals",
        &[
            ("提案 个人 立案 ×2", "25"),
            ("提案 个人 已提交 ×2", "20"),
            ("提案 个人 已提交 ×3", "25"),
        ],
    );
    desk.earns(
        "activities",
        &[
            ("出席 调研 出席 ×5", "10"),
            ("出席 调研 迟到；出席 学习 早退", "4"),
            ("出席 调研 出席 ×4", "8"),
            ("出席 调研 出席 ×6", "10"),
            ("出席 调研 出席 ×3；发言 书面 协商 采纳", "10"),
            ("出席 调研 出席 ×2；发言 书面 协商 采纳", "9"),
            ("出席 常委会议 出席", "0"),
        ],
    );
    desk.earns(
        "opinions",
        &[
            ("社情民意信息", "10"),
            ("社情民意信息 采用", "15"),
            ("社情民意信息 采用 ×2", "15"),
            ("社情民意信息 ×2", "15"),
        ],
    );
    desk.earns(
        "speeches",
        &[
            ("发言 书面 全体会议 采纳", "5"),
            ("发言 书面 全体会议", "0"),
            ("发言 口头 全体会议 采纳", "0"),
            ("发言 书面 调研 采纳", "0"),
        ],
    );
}

#[test]
fn a_whole_year_of_a_member() {
    let year = "出席 全体会议 请假；提案 个人 立案；出席 调研 出席 ×5；社情民意信息 采用";
    let desk = Desk::with("tongcheng");
    desk.earns("total", &[(year, "80")]);
    assert_eq!(
        desk.arithmetic("total", year),
        "30（会议） + 10（活动） + 25（提案） + 15（社情民意信息） = 80 分"
    );
}

#[test]
fn sixty_passes() {
    Desk::with("tongcheng").grades(&[
        ("出席 全体会议 出席；提案 已提交", "合格"),
        ("出席 全体会议 出席；出席 调研 出席 ×4", "不合格"),
        ("出席 全体会议 出席；出席 调研 出席 ×5", "合格"),
        (
            "出席 全体会议 出席；提案 联名 立案 联名人 署名人数=4；出席 调研 出席 ×2",
            "不合格",
        ),
    ]);
}
