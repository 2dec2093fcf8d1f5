//! 垦利区政协: two grades by finding, the top thirty, and two bad years in one term.

use domain::score::Outcome;

use super::desk::Desk;

const BAD: &str = "年度考核认定 认定不称职";
const GOOD: &str = "年度考核认定 认定称职";

#[test]
fn who_is_found_wanting_has_the_lower_grade_whatever_the_score() {
    Desk::with("kenli").grades(&[
        ("", "称职"),
        ("外部评分 项目=会议 分值=95", "称职"),
        (
            "外部评分 项目=会议 分值=95；年度考核认定 认定不称职",
            "不称职",
        ),
        (
            "外部评分 项目=会议 分值=95；年度考核认定 认定不称职 未核实",
            "称职",
        ),
    ]);
}

#[test]
fn two_bad_years_of_one_term_need_not_follow_each_other() {
    Desk::with("kenli").proposals(
        "incompetent",
        &[
            (&[GOOD], None),
            (&[BAD], Some("提醒谈话")),
            (&[BAD, GOOD, GOOD, BAD], Some("责令辞去委员")),
            (&[BAD, BAD], Some("责令辞去委员")),
            (&[BAD, GOOD], None),
        ],
    );
}

#[test]
fn the_bad_year_of_the_term_before_is_not_counted() {
    // Year 5 of one term and year 1 of the next: the next term begins with no closed period.
    Desk::with("kenli").proposals(
        "incompetent",
        &[
            (&[GOOD, GOOD, GOOD, GOOD, BAD], Some("提醒谈话")),
            (&[BAD], Some("提醒谈话")),
        ],
    );
}

#[test]
fn thirty_are_at_the_top_and_equals_for_the_last_place_are_decided_by_people() {
    let desk = Desk::with("kenli");
    let score = |number: u128| format!("外部评分 项目=全年 分值={number}");
    let outcomes = desk.outcomes("top", &desk.crowd(31, score));
    assert_eq!(outcomes[0], Outcome::Out);
    assert!(outcomes[1..].iter().all(|one| *one == Outcome::In));

    let tied = |number: u128| score(number.max(2));
    let outcomes = desk.outcomes("top", &desk.crowd(31, tied));
    assert_eq!(outcomes[..3], [Outcome::Tied, Outcome::Tied, Outcome::In]);

    let outcomes = desk.outcomes("top", &desk.crowd(30, tied));
    assert!(outcomes.iter().all(|one| *one == Outcome::In));
}

#[test]
fn scores_of_the_items_add_up() {
    Desk::with("kenli").earns(
        "total",
        &[
            (
                "外部评分 项目=会议 分值=40.5；外部评分 项目=提案 分值=22",
                "62.5",
            ),
            ("", "0"),
        ],
    );
}
