//! 中牟县政协: township committees with a hundred points and a bonus that may repeat.

use domain::score::Outcome;

use super::desk::Desk;

#[test]
fn a_hundred_points_and_a_bonus_without_a_ceiling() {
    Desk::with("zhongmu").group().earns(
        "total",
        &[
            ("活动组工作 项目=综合考核 分值=88.5", "88.5"),
            (
                "活动组工作 项目=综合考核 分值=60；活动组工作 项目=综合考核 分值=41",
                "100",
            ),
            (
                "活动组工作 项目=综合考核 分值=100；活动组工作 项目=采用 分值=6 有部门正式文件；\
             活动组工作 项目=批示 分值=5 有部门正式文件",
                "111",
            ),
            ("活动组工作 项目=自评 分值=100", "0"),
        ],
    );
}

#[test]
fn a_bonus_rests_on_a_formal_document_and_one_thing_may_earn_twice() {
    Desk::with("zhongmu").group().earns("bonus", &[
        ("活动组工作 项目=采用 分值=6", "0"),
        ("活动组工作 项目=采用 分值=6 有部门正式文件", "6"),
        (
            "活动组工作 项目=采用 分值=6 有部门正式文件 #甲；活动组工作 项目=批示 分值=5 有部门正式文件 #甲",
            "11",
        ),
        ("活动组工作 项目=采用 分值=6 有部门正式文件 ×2", "12"),
    ]);
}

#[test]
fn six_groups_are_at_the_top() {
    let desk = Desk::with("zhongmu").group();
    let score = |number: u128| format!("活动组工作 项目=综合考核 分值={number}");
    let outcomes = desk.outcomes("top_six", &desk.crowd(8, score));
    assert_eq!(outcomes[..3], [Outcome::Out, Outcome::Out, Outcome::In]);

    let tied = |number: u128| score(number.max(3));
    let outcomes = desk.outcomes("top_six", &desk.crowd(8, tied));
    assert_eq!(
        outcomes[..4],
        [Outcome::Tied, Outcome::Tied, Outcome::Tied, Outcome::In]
    );
}
