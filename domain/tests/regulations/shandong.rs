//! 山东省政协: how many absences end a seat.

use super::desk::Desk;

const RESIGN_STANDING: Option<&str> = Some("劝其辞去常委");
const RESIGN: Option<&str> = Some("劝其辞去委员");

#[test]
fn a_standing_member_may_miss_two_meetings_a_year_and_six_a_term() {
    let (two, three) = ("出席 常委会议 缺席 ×2", "出席 常委会议 缺席 ×3");
    Desk::with("shandong").standing().proposals(
        "absence",
        &[
            (&[two], None),
            (&[three], RESIGN_STANDING),
            (&["出席 常委会议 缺席 ×2；出席 常委会议 请假 ×5"], None),
            (&[two, two, two], None),
            (&[two, two, two, "出席 常委会议 缺席"], RESIGN_STANDING),
            (&["出席 常委会议 缺席", two], None),
        ],
    );
}

#[test]
fn standing_meetings_are_no_matter_of_a_plain_member() {
    Desk::with("shandong").proposals("absence", &[(&["出席 常委会议 缺席 ×7"], None)]);
}

#[test]
fn three_plenaries_of_a_term_end_anybodys_seat() {
    let missed = "出席 全体会议 缺席";
    for desk in [Desk::with("shandong"), Desk::with("shandong").standing()] {
        desk.proposals(
            "absence",
            &[
                (&[missed, missed], None),
                (&[missed, "", missed, "", missed], RESIGN),
                (&[missed, missed, "出席 全体会议 请假"], None),
                (&["出席 全体会议 缺席 ×3"], RESIGN),
            ],
        );
    }
}
