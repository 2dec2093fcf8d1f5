//! The sample of every shape: grades, places, and what follows over the years.

use domain::score::Outcome::{In, Out, Tied};

use super::desk::{Desk, FIRST};

/// 82 points, three of the four minimums.
const FULL: &str = "出席 全体会议 出席；提案 个人 立案 ×2；社情民意信息 国家级 ×2；出席 学习 出席";
/// 55 points, three of the four minimums.
const LOW: &str = "出席 全体会议 出席；提案 个人 立案；社情民意信息；出席 学习 出席";

fn desk() -> Desk {
    Desk::with("kitchen_sink")
}

/// These facts and so many points from the employer.
fn plus(facts: &str, points: &str) -> String {
    format!("{facts}；外部评分 项目=单位评价 分值={points} 有依据文件")
}

#[test]
fn s18_three_of_four_minimums_or_no_more_than_the_third_grade() {
    desk().meets(
        "three_of_four",
        &[
            ("提案；社情民意信息；出席 学习 出席", true),
            ("提案；社情民意信息；联系界别群众 ×4", true),
            ("提案；社情民意信息；联系界别群众 ×3", false),
            ("提案 ×3；社情民意信息 ×3", false),
        ],
    );
    let two = "出席 全体会议 出席；提案 个人 立案 ×2；社情民意信息 国家级 ×2；发言";
    desk().grades(&[(two, "合格"), (&format!("{two}；出席 学习 出席"), "良好")]);
    assert_eq!(
        desk().sheet(two).grade_note.as_deref(),
        Some("分数达到「良好」，但未完成「四项中的三项」（第十四条第一款）")
    );
}

#[test]
fn s18_a_minimum_can_be_asked_by_a_grade_or_block_an_award() {
    let rich = "出席 全体会议 出席；社情民意信息 国家级 ×2；联系界别群众 ×4；出席 学习 出席 ×6；\
                学习 心得体会；发言；提案 个人 立案";
    let (one, two) = (
        plus(rich, "10"),
        plus(&format!("{rich}；提案 个人 立案"), "10"),
    );
    desk().standing().grades(&[(&one, "良好"), (&two, "优秀")]);
    desk().grades(&[(&one, "优秀")]);

    let rich = plus(FULL, "10");
    desk().meets(
        "presence",
        &[
            ("", true),
            ("出席 调研 出席 ×4；出席 调研 缺席", true),
            ("出席 调研 出席 ×3；出席 调研 缺席", false),
            ("出席 调研 出席 ×3；出席 调研 免予考勤", true),
        ],
    );
    desk().proposals(
        "excellent_members",
        &[
            (&[&rich], Some("列入")),
            (&[&format!("{rich}；出席 视察 请假")], None),
        ],
    );
}

#[test]
fn s19_bounds_are_inside_or_outside_after_one_rounding() {
    let base = "出席 全体会议 出席；提案 个人 立案 ×2；社情民意信息；出席 学习 出席";
    for (facts, points, grade) in [
        (FULL, "8", "优秀"),
        (FULL, "7.5", "优秀"),
        (FULL, "7.4", "良好"),
        (base, "9", "良好"),
        (base, "8.5", "良好"),
        (base, "8.4", "合格"),
        (base, "8", "合格"),
        (LOW, "5", "合格"),
        (LOW, "4.5", "合格"),
        (LOW, "4.4", "不合格"),
    ] {
        desk().grades(&[(&plus(facts, points), grade)]);
    }
}

#[test]
fn s20_eligible_only_above_eighty() {
    let eighty = "出席 全体会议 出席；提案 个人 立案 ×2；社情民意信息 国家级 ×2";
    desk().proposals(
        "excellent_members",
        &[
            (&[eighty], None),
            (&[&plus(eighty, "0.4")], None),
            (&[&plus(eighty, "0.5")], Some("列入")),
        ],
    );
}

#[test]
fn s21_a_tenth_of_the_plain_members_rounded_up_and_equals_are_decided() {
    let desk = desk();
    let different = |number: u128| plus(FULL, &format!("0.{}", number + 10));
    let whole = |number: u128| plus(FULL, &number.to_string());
    let of = |count| desk.outcomes("excellent_members", &desk.crowd(count, whole));
    assert_eq!(of(8).iter().filter(|one| **one == In).count(), 1);
    assert_eq!(of(10).iter().filter(|one| **one == In).count(), 1);
    assert_eq!(of(10)[9], In);

    // 82.11 to 82.21 are all 82 points, and all have the same from proposals.
    let outcomes = desk.outcomes("excellent_members", &desk.crowd(11, different));
    assert!(outcomes.iter().all(|one| *one == Tied));

    let mut people = vec![("member", "经济界", "第一组", FULL); 10];
    people.push(("standing_member", "经济界", "第一组", ""));
    let proposals = desk.propose("excellent_members", &desk.people(&people));
    assert_eq!(
        (proposals.places[""].base, proposals.places[""].places),
        (10, 1)
    );
    assert_eq!(proposals.nominations["第一组"].places, 1);
}

#[test]
fn s21_equals_are_parted_by_proposals_and_the_criticised_are_left_out() {
    let desk = desk();
    let fewer = "出席 全体会议 出席；提案 个人 立案；社情民意信息 国家级 ×2；出席 学习 出席；\
                 联系界别群众 ×3；学习 心得体会；出席 调研 出席 ×2";
    let criticised = format!("{}；行为认定 通报批评", plus(FULL, "9"));
    let people = desk.people(&[
        ("member", "经济界", "第一组", fewer),
        ("member", "经济界", "第一组", FULL),
        ("member", "经济界", "第一组", &criticised),
    ]);
    let totals: Vec<String> = people
        .iter()
        .map(|one| one.assessed.sheet.total.to_string())
        .collect();
    assert_eq!(totals, ["82", "82", "91"]);
    assert_eq!(desk.outcomes("excellent_members", &people), [Out, In, Out]);
}

#[test]
fn s21_a_fifth_of_each_sector_may_be_excellent() {
    let desk = desk();
    let (ten, nine) = (plus(FULL, "10"), plus(FULL, "9"));
    let of = |sector, facts| ("member", sector, "第一组", facts);

    let mut people = vec![of("经济界", ten.as_str()), of("经济界", nine.as_str())];
    people.extend([of("经济界", LOW); 3]);
    people.extend([
        of("教育界", ten.as_str()),
        of("教育界", LOW),
        of("教育界", LOW),
        of("教育界", LOW),
    ]);
    let grades = desk.after_quota(desk.people(&people));
    assert_eq!(grades[..2], ["优秀", "良好"]);
    // A fifth of four is less than one: rounded down, nobody.
    assert_eq!(grades[5], "良好");

    let mut tied = vec![of("经济界", ten.as_str()); 2];
    tied.extend([of("经济界", LOW); 3]);
    assert_eq!(desk.after_quota(desk.people(&tied))[..2], ["良好", "良好"]);
}

#[test]
fn s22_the_last_three_with_their_equals_and_the_last_tenth_of_a_group() {
    let desk = desk();
    let low = |number: u128| format!("外部评分 项目=单位评价 分值={number} 有依据文件");
    let outcomes = desk.outcomes("last_three", &desk.crowd(5, low));
    assert_eq!(outcomes, [In, In, In, Out, Out]);
    let outcomes = desk.outcomes(
        "last_three",
        &desk.crowd(5, |number| low(number.clamp(2, 3))),
    );
    assert_eq!(outcomes, [In, In, In, In, In]);
    let outcomes = desk.outcomes("last_three", &desk.crowd(5, |number| low(number.min(4))));
    assert_eq!(outcomes, [In, In, In, Out, Out]);

    let tenth = |count| desk.outcomes("last_tenth", &desk.crowd(count, low));
    assert!(tenth(9).iter().all(|one| *one == Out));
    assert_eq!(tenth(10)[..2], [In, Out]);
    let tied = desk.outcomes("last_tenth", &desk.crowd(10, |number| low(number.max(2))));
    assert!(tied.iter().all(|one| *one == Out));
}

#[test]
fn s23_ranks_are_within_a_sector_and_shared_by_equals() {
    let desk = desk();
    let people = desk.people(&[
        ("member", "经济界", "第一组", FULL),
        ("member", "教育界", "第一组", LOW),
        ("member", "经济界", "第二组", LOW),
        ("member", "经济界", "第二组", FULL),
    ]);
    let rank = |sector: &str, of, rank| (sector.to_owned(), of, rank);
    assert_eq!(
        desk.ranks(&people),
        [
            rank("经济界", 3, 1),
            rank("教育界", 1, 1),
            rank("经济界", 3, 3),
            rank("经济界", 3, 1)
        ]
    );
}

#[test]
fn s24_in_a_row_s25_in_the_term_and_s29_any_of_several() {
    let (talk, admonish, resign) = (Some("提醒谈话"), Some("诫勉谈话"), Some("劝其辞去委员"));
    desk().proposals(
        "exit",
        &[
            (&[FULL], None),
            (&[""], talk),
            (&["", FULL, ""], talk),
            (&["", ""], admonish),
            (&[FULL, "", ""], admonish),
            (&["", FULL, "", FULL, ""], resign),
            (&["", "", ""], resign),
        ],
    );
}

#[test]
fn s26_in_the_year_and_not_across_two() {
    let absent = |times: &str| format!("{FULL}；出席 视察 缺席 {times}");
    let (two, three) = (absent("×2 2027-02-27"), absent("×3 2027-02-27"));
    desk().proposals(
        "exit",
        &[
            (&[&two], None),
            (&[&three], Some("诫勉谈话")),
            (&[&two, &absent("2027-03-01")], None),
        ],
    );
    let missed = format!("{FULL}；出席 全体会议 缺席");
    desk().proposals(
        "exit",
        &[
            (&[&missed], None),
            (&[&missed, FULL, &missed], Some("劝其辞去委员")),
        ],
    );
}

#[test]
fn s24_a_break_resets_only_where_it_is_said() {
    let desk = desk();
    let excellent = plus(FULL, "9");
    let years = [excellent.as_str(); 3];
    let outcome = |back_in| {
        let people = [desk.candidate(&years, back_in)];
        desk.outcomes("renewal", &people)[0]
    };
    assert_eq!(outcome(None), In);
    assert_eq!(outcome(Some(FIRST + 1)), Out);
    assert_eq!(outcome(Some(FIRST)), In);

    let failing = [desk.candidate(&["", ""], Some(FIRST + 1))];
    let proposals = desk.propose("exit", &failing).proposals;
    let rung = proposals[0].as_ref().unwrap().rung.as_ref().unwrap();
    assert_eq!(rung.title, "诫勉谈话");
}

#[test]
fn s30_each_rung_names_who_acts_and_who_decides() {
    let desk = desk();
    let rungs = [&[""][..], &["", ""], &["", "", ""]].map(|years| {
        let people = [desk.candidate(years, None)];
        let proposal = desk.propose("exit", &people).proposals[0].clone().unwrap();
        let rung = proposal.rung.unwrap();
        (rung.actor, rung.decided_by)
    });
    let expected = [
        ("召集人", "专委会"),
        ("专委会", "主席会议"),
        ("主席会议", "常委会议"),
    ];
    assert_eq!(
        rungs,
        expected.map(|(actor, body)| (actor.to_owned(), body.to_owned()))
    );
}

#[test]
fn s31_conduct_decides_whatever_the_points() {
    let rich = plus(FULL, "10");
    desk().grades(&[
        (&rich, "优秀"),
        (
            &format!("{rich}；行为认定 党纪政务处分 依据文件=决定"),
            "不合格",
        ),
        (&format!("{rich}；行为认定 通报批评"), "优秀"),
        (&format!("{rich}；行为认定 违法犯罪 未核实"), "优秀"),
    ]);
}

#[test]
fn places_of_a_percentage_at_just_below_and_just_above_a_whole_one() {
    let desk = desk();
    let places = |review: &str, members| {
        let proposals = desk.propose(review, &desk.crowd(members, |_| String::new()));
        proposals
            .places
            .into_values()
            .next()
            .expect("there are members")
            .places
    };
    assert_eq!(
        [9, 10, 19, 20].map(|members| places("last_tenth", members)),
        [0, 1, 1, 2]
    );
    assert_eq!(
        [10, 11, 20, 21].map(|members| places("excellent_members", members)),
        [1, 2, 2, 3]
    );
    let nominated = |members| {
        let people = desk.crowd(members, |_| String::new());
        desk.propose("excellent_members", &people).nominations["第一组"].places
    };
    assert_eq!([4, 5, 14, 15, 24].map(nominated), [0, 1, 1, 2, 2]);
}

#[test]
fn s24_three_years_with_another_between_are_not_in_a_row() {
    let excellent = plus(FULL, "9");
    let one = excellent.as_str();
    desk().proposals(
        "renewal",
        &[
            (&[one, one, one], Some("列入")),
            (&[one, FULL, one, one], None),
            (&[FULL, one, one, one], Some("列入")),
            (&[one, one], None),
        ],
    );
}

#[test]
fn an_award_is_published_and_objections_are_answered() {
    let desk = desk();
    let review = desk.review("excellent_members");
    assert_eq!(
        (review.publication_workdays, review.answer_workdays),
        (Some(5), Some(3))
    );
}
