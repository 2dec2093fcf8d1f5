//! What a clerk may write, and what he is told where it is wrong.

use std::path::PathBuf;

use chrono::NaiveDate;
use domain::score::{Scheme, Value};

use super::*;

fn scheme() -> Scheme {
    Scheme::new(crate::rulebook::shipped())
}

/// Reads files of these contents; no list of members where the second is empty.
fn read_bytes(facts: &[u8], members: &str) -> Result<FactsFile, Vec<String>> {
    read_under(&scheme(), facts, members)
}

fn read_under(scheme: &Scheme, facts: &[u8], members: &str) -> Result<FactsFile, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let facts = put("事实.csv", facts);
    let members = (!members.is_empty()).then(|| put("委员.csv", members.as_bytes()));
    read(&facts, members.as_deref(), scheme)
        .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
}

fn read_text(facts: &str) -> Result<FactsFile, Vec<String>> {
    read_bytes(facts.as_bytes(), "")
}

fn mistakes(facts: &str) -> Vec<String> {
    read_text(facts).unwrap_err()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const LIST: &str = "\
委员,类别,日期,名称,编号,文号,冲销,核实,活动类型,出席情况,办理阶段
张三,出席,2026/3/12,乡村振兴调研,,,,是,调研,出席,
张三,提案,2026年3月13日,修缮古桥,1,第12号,,,,,已提交、立案
张三,提案,2026-03-13,修缮古桥,,第12号,1,否,,,
李四,proposal,2026.3.14,夜间公交,,,,,,,filed
";

#[test]
fn a_list_is_read_in_chinese_and_in_english() {
    let file = read_text(LIST).unwrap();

    let names: Vec<&str> = file.people.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["张三", "李四"]);
    let [attended, proposal, reversal, other] = &file.facts[..] else {
        panic!("{:?}", file.facts);
    };
    assert_eq!(
        (attended.kind.as_str(), attended.on),
        ("attendance", day("2026-03-12"))
    );
    assert_eq!(attended.attributes["status"].words(), ["present"]);
    assert_eq!(proposal.attributes["stage"].words(), ["submitted", "filed"]);
    assert_eq!(proposal.reference.as_deref(), Some("第12号"));
    assert_eq!(reversal.reverses, Some(proposal.id));
    assert!(proposal.verified && !reversal.verified);
    assert_eq!(
        (other.kind.as_str(), other.on),
        ("proposal", day("2026-03-14"))
    );
}

#[test]
fn a_list_may_be_what_excel_writes() {
    let plain = read_text(LIST).unwrap().facts;
    let (gb18030, _, _) = encoding_rs::GB18030.encode(LIST);
    assert_eq!(read_bytes(&gb18030, "").unwrap().facts, plain);
    let marked = format!("\u{feff}{}", LIST.replace('\n', "\r\n"));
    assert_eq!(read_text(&marked).unwrap().facts, plain);
    let tabs = LIST.replace(',', "\t");
    assert_eq!(read_text(&tabs).unwrap().facts, plain);
}

#[test]
fn every_mistake_of_a_list_is_named_with_its_line_at_once() {
    let wrong = "\
委员,活动组事项,类别,日期,编号,冲销,核实
张三,,提案,3月12日,1,,
,,提案,2026-02-30,,,
张三,第一组,提案,2026-03-12,,,
张三,,,2026-03-12,,,
张三,,提案,2026-03-12,2,9,
张三,,提案,2026-03-12,2,,
李四,,提案,2026-03-12,3,2,
李四,,提案,2026-03-12,4,4,
李四,,提案,2026-03-12,,,对
李四,,提案,,,,是,多出来的
";
    assert_eq!(
        mistakes(wrong),
        [
            "事实.csv 第 11 行第 8 列：「多出来的」上面没有表头；格子里有逗号的，整格要加英文引号",
            "事实.csv 第 2 行「日期」：应是日期，如 2026-03-12，写的是「3月12日」",
            "事实.csv 第 3 行「委员」：应是委员姓名，现在空着",
            "事实.csv 第 3 行「日期」：应是日期，如 2026-03-12，写的是「2026-02-30」",
            "事实.csv 第 4 行：“委员”和“活动组事项”只能填一个",
            "事实.csv 第 5 行「类别」：应是一个类别，如“提案”，现在空着",
            "事实.csv 第 10 行「核实」：应是“是”或“否”，写的是「对」",
            "事实.csv 第 11 行「日期」：应是日期，如 2026-03-12，现在空着",
            "事实.csv 第 7 行：编号「2」与第 6 行相同，编号不能重复",
            "事实.csv 第 6 行：冲销的编号「9」没有一件事用过",
            "事实.csv 第 8 行：冲销的「2」是另一位委员（组）的事，只能冲销同一位的",
            "事实.csv 第 9 行：冲销的编号「4」是它自己",
        ]
    );
}

#[test]
fn headings_are_looked_at_first() {
    assert_eq!(
        mistakes("姓名，类别，日期\n张三，提案，2026-03-12\n"),
        ["事实.csv 第 1 行：表头中缺少「委员」「类别」「日期」；表头之间用英文逗号隔开"]
    );
    assert_eq!(
        mistakes("委员,类别,kind,日期\n张三,提案,提案,2026-03-12\n"),
        ["事实.csv 第 1 行：表头「kind」出现了两次，每项只能有一列"]
    );
    assert_eq!(mistakes("  \n"), ["事实.csv：文件是空的"]);
    assert!(read_bytes(&[0x81, 0x30, 0xff, 0xff], "").unwrap_err()[0].contains("编码"));
}

#[test]
fn what_a_rulebook_does_not_know_is_left_to_the_sheet() {
    let file = read_text("委员,类别,日期,不存在的项目\n张三,走仿,2026-03-12,甲\n").unwrap();
    assert_eq!(file.facts[0].kind, "走仿");
    let value = Value::Word("甲".to_owned());
    assert_eq!(file.facts[0].attributes["不存在的项目"], value);
}

#[test]
fn a_list_of_members_says_who_they_are() {
    let members = "\
姓名,职务,界别,活动组,专委会,到任,离任
张三,常委,经济界,第一组,经济委,2026-04-01,
王五,,,,,,2026-09-30
";
    let file = read_bytes(LIST.as_bytes(), members).unwrap();
    let names: Vec<&str> = file.people.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["张三", "王五", "李四"]);
    let zhang = &file.people[0].1;
    assert_eq!(
        ["position", "sector", "group", "special_committee"].map(|name| zhang.word(name)),
        ["standing_member", "经济界", "第一组", "经济委"].map(Some)
    );
    assert_eq!(zhang.joined_on, Some(day("2026-04-01")));
    assert_eq!(file.people[1].1.left_on, Some(day("2026-09-30")));
    assert_eq!(file.people[2].1.word("position"), Some("member"));
}

#[test]
fn every_mistake_of_a_list_of_members_is_named() {
    let members = "\
姓名,职务,电话,到任,离任
张三,主席,1,2026-04-01,2026-03-01
,委员,,,
张三,委员,,昨天,
";
    assert_eq!(
        read_bytes(LIST.as_bytes(), members).unwrap_err(),
        [
            "委员.csv 第 1 行：不认识表头「电话」，可以有：姓名、职务、界别、活动组、专委会、到任、离任",
            "委员.csv 第 2 行「职务」：应是委员、常委、主席会议成员之一，写的是「主席」",
            "委员.csv 第 2 行「离任」：应不早于到任日期",
            "委员.csv 第 3 行「姓名」：应是姓名，现在空着",
            "委员.csv 第 4 行「姓名」：「张三」已在名单上；重名时写成“张三（教育）”这样",
        ]
    );
}

#[test]
fn json_holds_everything_in_one_file() {
    let grade = &scheme().rulebook().grades[0].key.clone();
    let text = format!(
        r#"{{
  "members": [{{ "name": "张三", "position": "standing_member" }}],
  "groups": [{{ "name": "第一组" }}],
  "facts": [
    {{ "member": "张三", "kind": "proposal", "on": "2026-01-08", "title": "古桥",
      "attributes": {{ "stage": ["filed"], "signers": 3 }} }},
    {{ "group": "第一组", "kind": "good_deed", "on": "2026-01-09" }}
  ],
  "closed": [{{ "member": "张三", "period": "2025", "total": "82.5", "grade": "{grade}" }}]
}}"#
    );
    let file = read_text(&text).unwrap();
    assert_eq!(file.people.len(), 2);
    assert_eq!(file.facts[0].attributes["signers"], Value::Integer(3));
    assert!(matches!(file.facts[1].subject, Subject::Group(_)));
    assert_eq!(file.closed[0].1.total.to_string(), "82.5");
    assert_eq!(file.closed[0].1.period.to_string(), "2025");
}

#[test]
fn every_mistake_in_json_is_named_with_its_place() {
    let text = r#"{
  "members": [{ "name": "" }, { "name": "张三", "position": "king", "joined_on": "昨天" }, { "nam": "李四" }],
  "facts": [
    { "member": "张三", "kind": "proposal", "on": "2026-13-01" },
    { "kind": "proposal", "on": "2026-01-01" },
    { "member": "张三", "on": "2026-01-01" },
    { "member": "张三", "kind": "proposal", "on": "2026-01-01", "verified": "是" }
  ],
  "closed": [{ "member": "张三", "period": "2025-S", "total": "1", "grade": "king" }]
}"#;
    let found = mistakes(text);
    let places: Vec<&str> = found
        .iter()
        .map(|mistake| mistake.split('：').next().unwrap())
        .collect();
    assert_eq!(
        places,
        [
            "事实.csv members[0].name",
            "事实.csv members[1].position",
            "事实.csv members[1].joined_on",
            "事实.csv members[2].nam",
            "事实.csv facts[0].on",
            "事实.csv facts[1]",
            "事实.csv facts[2]",
            "事实.csv facts[3].verified",
            "事实.csv closed[0].period",
            "事实.csv closed[0].grade",
        ],
        "{found:#?}"
    );
    assert!(
        found[3].contains("没有「nam」这一项，可以有：name"),
        "{}",
        found[3]
    );
    assert!(found[6].contains("缺少「kind」"), "{}", found[6]);
    assert!(found[7].contains("true 或 false"), "{}", found[7]);
    assert!(mistakes("{ \"facts\": [ }")[0].contains("第 1 行第"));
}

#[test]
fn numbers_that_cannot_be_are_named_with_their_line() {
    let found = mistakes(
        "委员,类别,日期,署名人数,署名次序,参加时长占比
张三,提案,2026-01-01,2.5,,
张三,提案,2026-01-02,-3,,
张三,提案,2026-01-03,0,,
张三,提案,2026-01-04,1/2,,
张三,提案,2026-01-05,3,9,
张三,提案,2026-01-06,3,0,
张三,出席,2026-01-07,,,66
张三,提案,2026-01-08,3,3,
张三,出席,2026-01-09,,,2/3
",
    );
    assert_eq!(
        found,
        [
            "事实.csv 第 2 行：「署名人数」应是 1 以上的整数，写的是 2.5",
            "事实.csv 第 3 行：「署名人数」应是 1 以上的整数，写的是 -3",
            "事实.csv 第 4 行：「署名人数」应是 1 以上的整数，写的是 0",
            "事实.csv 第 5 行：「署名人数」应是 1 以上的整数，写的是 0.5",
            "事实.csv 第 6 行：「署名次序」是 9，但一共只有 3 人署名",
            "事实.csv 第 7 行：「署名次序」应是 1 以上的整数，写的是 0",
            "事实.csv 第 8 行：「参加时长占比」在 0 与 1 之间，如一半写 0.5、三分之二写 2/3，写的是 66",
        ]
    );
    let found = mistakes(
        r#"[{ "member": "张三", "kind": "proposal", "on": "2026-01-01", "attributes": { "signers": 2, "place": 3 } }]"#,
    );
    assert_eq!(
        found,
        ["事实.csv facts[0].attributes.place：「署名次序」是 3，但一共只有 2 人署名"]
    );
}

#[test]
fn a_decimal_in_json_is_a_number_like_any_other() {
    let fact = |value: &str| {
        format!(
            r#"[{{ "member": "张三", "kind": "score", "on": "2026-01-01", "attributes": {{ "value": {value} }} }}]"#
        )
    };
    let file = read_text(&fact("10.5")).unwrap();
    let value = &file.facts[0].attributes["value"];
    assert_eq!(value.number().unwrap().to_string(), "10.5");
    let found = mistakes(&fact("0.12345"));
    assert!(found[0].ends_with("应为最多四位小数的数，如 10.5，或带引号的分数 \"2/3\""));
    let found = mistakes(&fact("null"));
    assert!(found[0].contains("应是数、true、false"), "{found:?}");
}

const YEARS: &str = r#"
key = "years"
title = "几年"
version = 1
same_thing = "best"
period = { unit = "year" }
total = { rounding = { to = 1, mode = "half_up" } }

[[parts]]
key = "writing"
clause = "第一条"
title = "建言"

[[rules]]
key = "proposal"
part = "writing"
clause = "第一条"
title = "提案"
text = "每件 5 分。"
counts = [{ kind = "proposal" }]
points = 5

[[requirements]]
key = "one"
clause = "第二条"
title = "提案一件"
text = "提案一件。"
need = { count = [{ kind = "proposal" }], at_least = 1 }

[[requirements]]
key = "standing"
clause = "第二条"
title = "常委两件"
text = "常委两件。"
when = { position = "standing_member" }
need = { count = [{ kind = "proposal" }], at_least = 2 }

[[grades]]
key = "pass"
title = "称职"
at_least = 60

[[grades]]
key = "fail"
title = "不称职"

[[reviews]]
key = "renewal"
kind = "term_renewal"
title = "去留"
clause = "第三条"
text = "连续两年的。"
decided_by = "主席会议"
candidates = { any = [
    { not = { requirement = "one" }, consecutive = 2 },
    { not = { requirement = "standing" }, consecutive = 2 },
    { grade = ["fail"], times_in_term = 2 },
    { all = [{ points = "writing", below = 5 }, { points = "total", below = 60 }], consecutive = 2 },
    { attendance = { below = 0.5 }, consecutive = 2 },
] }
"#;

#[test]
fn an_earlier_result_tells_what_the_rules_look_back_at() {
    let scheme = Scheme::new(crate::score::rulebook_file::parse(YEARS).unwrap());
    let closed = |closed: &str| {
        let text = format!(
            r#"{{ "members": [{{ "name": "张三" }}], "facts": [], "closed": [{closed}] }}"#
        );
        read_under(&scheme, text.as_bytes(), "")
    };
    let found = closed(r#"{ "member": "张三", "period": "2025", "total": 3.5 }"#).unwrap_err();
    let places: Vec<&str> = found
        .iter()
        .map(|mistake| mistake.split('：').next().unwrap())
        .collect();
    let at = |name: &str| format!("事实.csv closed[0].{name}");
    assert_eq!(
        places,
        [
            at("requirements"),
            at("points"),
            at("grade"),
            at("attendance")
        ],
        "{found:#?}"
    );
    assert!(found[0].contains("缺少「提案一件」"), "{found:?}");

    let whole = r#"{ "member": "张三", "period": "2025", "total": 3.5, "points": { "writing": 3.5 },
        "grade": null, "requirements": { "one": null, "standing": true },
        "attendance": { "invited": 2, "attended": 1, "leave": 1, "exempt": 0, "absent": 0 } }"#;
    let file = closed(whole).unwrap();
    let one = &file.closed[0].1;
    assert_eq!(one.total.to_string(), "3.5");
    assert_eq!((one.grade.as_deref(), one.requirements.len()), (None, 1));

    let found = closed(&format!("{whole}, {whole}")).unwrap_err();
    assert_eq!(
        found,
        ["事实.csv closed[1]：这一位 2025 的结果前面已经写过，只能写一次"]
    );
    let quarter = closed(&whole.replace("\"2025\"", "\"2025-Q1\"")).unwrap_err();
    assert!(
        quarter[0].contains("「2025-Q1」不是本细则的考核期；本细则按年度考核"),
        "{quarter:?}"
    );
    let unknown = whole.replace("\"writing\": 3.5", "\"writing\": 3.5, \"wrting\": 1");
    let unknown = unknown.replace("\"standing\": true", "\"stnding\": true");
    let found = closed(&unknown).unwrap_err();
    assert!(found[0].contains("没有必做「stnding」"), "{found:?}");
    assert!(found[1].contains("没有部分或条款「wrting」"), "{found:?}");
}
