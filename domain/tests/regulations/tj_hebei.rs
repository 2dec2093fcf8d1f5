//! 天津市河北区政协: who organises, records.

use domain::score::UnusedReason;

use super::desk::Desk;

#[test]
fn a_fact_recorded_by_another_office_does_not_stand() {
    let desk = Desk::with("tj_hebei");
    for (fact, right) in [
        ("出席 常委会议 出席 记录=办公室", true),
        ("出席 其他 主席会议 出席 记录=办公室", true),
        ("出席 其他 秘书长会议 出席 记录=专委会", false),
        ("出席 其他 界别 出席 记录=专委会", true),
        ("出席 视察 出席 记录=专委会", true),
        ("出席 视察 出席 记录=办公室", false),
        ("学习 培训 记录=专委会", true),
        ("社情民意信息 记录=研究室", true),
        ("社情民意信息 记录=提案办", false),
        ("提案 立案 记录=提案办", true),
        ("提案 立案 记录=专委会", false),
    ] {
        let wrong = desk.unused(fact).contains(&UnusedReason::WrongRecorder);
        assert_eq!(!wrong, right, "{fact}");
    }
}

#[test]
fn the_member_reads_who_should_have_recorded_it() {
    let sheet = Desk::with("tj_hebei").sheet("提案 立案 记录=专委会");
    assert_eq!(
        sheet.unused[0].explanation,
        "这类事项应由「提案办」记录，「专委会」的记录不计"
    );
}
