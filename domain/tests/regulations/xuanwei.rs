//! 宣威市政协: points of one page, plenaries missed in a term, and terms without proposals.

use super::desk::Desk;

#[test]
fn points_of_the_page_that_is_left() {
    Desk::with("xuanwei").earns(
        "total",
        &[
            ("出席 全体会议 出席", "2"),
            ("出席 常委会议 出席；出席 其他 迟到", "2"),
            ("发言 书面 全体会议；发言 口头 协商", "4"),
            ("出席 学习 出席；学习 培训", "2"),
            ("出席 调研 出席；出席 视察 出席；出席 民主监督 出席", "6"),
            ("出席 全体会议 缺席；出席 服务群众 出席", "0"),
        ],
    );
}

#[test]
fn two_plenaries_missed_in_a_term_cost_the_seat() {
    let missed = "出席 全体会议 缺席";
    Desk::with("xuanwei").proposals(
        "plenary_absence",
        &[
            (&[""], None),
            (&["出席 全体会议 请假"], None),
            (&[missed], Some("书面通报批评")),
            (&[missed, "", "", missed], Some("撤销委员资格")),
            (&["出席 全体会议 缺席 ×3"], Some("撤销委员资格")),
        ],
    );
}

#[test]
fn revoking_needs_the_standing_committee() {
    let desk = Desk::with("xuanwei");
    let missed = "出席 全体会议 缺席";
    let two = desk.candidate(&[missed, missed], None);
    let proposals = desk.propose("plenary_absence", &[two]).proposals;
    let rung = proposals[0].as_ref().unwrap().rung.as_ref().unwrap();
    assert_eq!(
        (rung.actor.as_str(), rung.decided_by.as_str()),
        ("主席会议", "常委会议")
    );
}

#[test]
fn two_empty_years_in_a_row_or_fewer_than_three_proposals_speak_against_renewal() {
    let advised = Some("列入");
    Desk::with("xuanwei").proposals(
        "no_proposals",
        &[
            (&["提案", "", ""], advised),
            (&["提案 ×3", "", ""], advised),
            (&["提案 ×3", "", "", "提案", "提案"], advised),
            (&["提案", "", "提案", "", "提案"], None),
            (&["提案", "", "提案", "", ""], advised),
            (&["提案", "", "提案", "", "提案 未核实"], advised),
            (&["提案 ×2", "", "提案"], None),
            (&["提案 ×2"], advised),
        ],
    );
}

#[test]
fn a_plenary_missed_in_an_earlier_year_of_the_term_is_not_forgotten() {
    Desk::with("xuanwei").proposals(
        "plenary_absence",
        &[
            (&["出席 全体会议 缺席", ""], Some("书面通报批评")),
            (
                &["出席 全体会议 缺席", "出席 全体会议 缺席 未核实"],
                Some("书面通报批评"),
            ),
        ],
    );
}

#[test]
fn who_came_late_was_there() {
    Desk::with("xuanwei").earns(
        "total",
        &[
            ("出席 全体会议 迟到", "2"),
            ("出席 学习 早退；出席 视察 迟到", "3"),
        ],
    );
}
