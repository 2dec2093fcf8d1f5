//! 无锡市政协: leave is asked for two days before.

use super::desk::Desk;

#[test]
fn leave_asked_for_too_late_is_absence() {
    let desk = Desk::with("wuxi");
    for (fact, deemed) in [
        ("出席 全体会议 请假 提前请假天数=1", true),
        ("出席 全体会议 请假 提前请假天数=1.5", true),
        ("出席 全体会议 请假 提前请假天数=2", false),
        ("出席 常委会议 请假 提前请假天数=3", false),
        ("出席 常委会议 请假 提前请假天数=0", true),
        ("出席 全体会议 请假 提前请假天数=0 会议期间请假", false),
        ("出席 调研 请假 提前请假天数=0", false),
        ("出席 常委会议 请假", false),
        ("出席 常委会议 出席 提前请假天数=0", false),
    ] {
        assert_eq!(desk.sheet(fact).deemed.len(), usize::from(deemed), "{fact}");
    }
}
