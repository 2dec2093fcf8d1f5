//! 海安县政协: debriefs, and each group nominates a tenth.

use super::desk::Desk;

#[test]
fn a_tenth_of_each_group_is_nominated_rounded_half_up() {
    let desk = Desk::with("haian");
    for (members, places) in [(38, 4), (34, 3), (35, 4), (40, 4), (10, 1), (5, 1), (4, 0)] {
        let people = desk.crowd(members, |_| String::new());
        let proposals = desk.propose("excellent_members", &people);
        assert_eq!(
            proposals.nominations["第一组"].places, places,
            "of {members}"
        );
    }
}

#[test]
fn each_group_nominates_of_its_own_members() {
    let desk = Desk::with("haian");
    let of = |group| ("member", "经济界", group, "");
    let people = desk.people(&[[of("甲组"); 6].as_slice(), &[of("乙组"); 4]].concat());
    let nominations = desk.propose("excellent_members", &people).nominations;
    assert_eq!(
        (nominations["甲组"].base, nominations["甲组"].places),
        (6, 1)
    );
    assert_eq!(
        (nominations["乙组"].base, nominations["乙组"].places),
        (4, 0)
    );
}

#[test]
fn members_and_groups_report_on_their_year() {
    Desk::with("haian").meets(
        "debrief",
        &[
            ("述职 口头述职 12-05", true),
            ("述职 书面述职", true),
            ("", false),
            ("述职 口头述职 未核实", false),
        ],
    );
    Desk::with("haian").group().meets(
        "group_report",
        &[
            ("述职 书面述职", true),
            ("述职 口头述职", false),
            ("述职 书面述职 @2", false),
        ],
    );
}
