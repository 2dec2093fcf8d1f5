//! Earlier results typed from paper: what the rules look back at must be told.

use super::*;

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
        ["事实.csv closed[1].period：同一人的这一期写了两次，每期只能有一个结果，写的是「2025」"]
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
