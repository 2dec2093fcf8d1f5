//! Lists of proposals and opinion reports: previewed row by row, applied as previewed, verified as
//! a whole by a second person.

use calamine::Reader;
use reqwest::multipart::{Form, Part};
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::{Value, json};
use tests::TestApp;

use crate::duty::{TONGCHENG, adopt};

const HEADER: [&str; 8] = [
    "编号",
    "文号",
    "标题*",
    "日期*",
    "第一提案人*",
    "联名人",
    "形式",
    "办理阶段",
];

fn file(header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut sheet = Worksheet::new();
    let heading: Vec<String> = header.iter().map(|text| (*text).to_owned()).collect();
    for (row, cells) in (0..).zip(std::iter::once(&heading).chain(rows)) {
        for (column, text) in (0..).zip(cells) {
            if !text.is_empty() {
                sheet.write_string(row, column, text).unwrap();
            }
        }
    }
    let mut book = Workbook::new();
    book.push_worksheet(sheet);
    book.save_to_buffer().unwrap()
}

/// Number, title, first signer, others, stages.
fn row(cells: [&str; 5]) -> Vec<String> {
    let [number, title, first, others, stages] = cells;
    [number, "", title, "2026-03-10", first, others, "", stages]
        .map(str::to_owned)
        .to_vec()
}

async fn upload(t: &TestApp, who: &str, kind: &str, bytes: Vec<u8>) -> (u16, Value) {
    let form = Form::new().part("file", Part::bytes(bytes).file_name("提案.xlsx"));
    let url = t.client.url(&format!("/duty-records/imports?kind={kind}"));
    let request = t
        .client
        .http()
        .clone()
        .post(url)
        .bearer_auth(t.token(who).await);
    let answer = request.multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn preview(t: &TestApp, rows: &[Vec<String>]) -> Value {
    let (status, preview) = upload(t, "office", "proposal", file(&HEADER, rows)).await;
    assert_eq!(status, 201, "{preview}");
    preview
}

fn path(preview: &Value) -> String {
    format!(
        "/duty-records/imports/{}",
        preview["import_id"].as_str().unwrap()
    )
}

async fn apply(t: &TestApp, preview: &Value) -> (u16, Value) {
    let body = json!({ "plan_hash": preview["plan_hash"] });
    t.post("office", &format!("{}/apply", path(preview)), body)
        .await
}

/// Imports a list from the first look to the second person.
async fn import(t: &TestApp, rows: &[Vec<String>]) -> Value {
    let preview = preview(t, rows).await;
    let (status, applied) = apply(t, &preview).await;
    assert_eq!(status, 200, "{applied}");
    t.act("office2", &format!("{}/verify", path(&preview)), json!({}))
        .await
}

fn codes(row: &Value, kind: &str) -> Vec<String> {
    let issues = row[kind].as_array().unwrap().iter();
    issues
        .map(|issue| issue["code"].as_str().unwrap().to_owned())
        .collect()
}

async fn total(t: &TestApp, who: &str) -> Value {
    t.see(who, "/me/score?period=2026").await["total"].clone()
}

#[actix_web::test]
async fn the_template_can_be_filled_in_and_uploaded() {
    let t = TestApp::start().await;
    let url = t
        .client
        .url("/duty-records/imports/template.xlsx?kind=opinion_report");
    let request = t
        .client
        .http()
        .clone()
        .get(url)
        .bearer_auth(t.token("staff1").await);
    let bytes = request
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap()
        .to_vec();

    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.clone())).unwrap();
    let range = book.worksheet_range("社情民意信息").unwrap();
    let header: Vec<String> = range
        .rows()
        .next()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        header[..5],
        ["编号", "文号", "标题*", "日期*", "第一提交人*"]
    );
    assert!(header.contains(&"采用层级".to_owned()) && header.contains(&"转自提案编号".to_owned()));

    let (status, problem) = upload(&t, "office", "opinion_report", bytes).await;
    assert_eq!(
        (status, &problem["detail"]),
        (422, &json!("文件中没有记录"))
    );
    for kind in ["attendance", "conduct", "poem"] {
        let path = format!("/duty-records/imports/template.xlsx?kind={kind}");
        assert_eq!(t.get("office", &path).await.0, 422, "{kind}");
    }
    for who in ["chen", "alice", "leader", "auditor", "admin"] {
        let (status, _) = t
            .get(who, "/duty-records/imports/template.xlsx?kind=proposal")
            .await;
        assert_eq!(status, 403, "{who}");
    }
}

#[actix_web::test]
async fn a_list_counts_once_a_second_person_verified_it() {
    let t = TestApp::start().await;
    adopt(&t, TONGCHENG).await;
    let rows = [
        row([
            "2026-001",
            "关于修路的提案",
            "陈晨",
            "丁宁、金秋",
            "已提交、立案",
        ]),
        row(["2026-002", "关于修桥的提案", "高山", "", ""]),
        row(["2026-003", "第一组的集体提案", "第一活动组", "", "立案"]),
    ];

    let preview = preview(&t, &rows).await;
    assert_eq!(
        (&preview["counts"]["create"], &preview["counts"]["errors"]),
        (&json!(3), &json!(0)),
        "{preview}"
    );
    assert_eq!(t.see("chen", "/duty-records").await["total"], 0);
    let (status, applied) = apply(&t, &preview).await;
    assert_eq!(status, 200, "{applied}");
    assert!(applied["applied_at"].is_string());
    let own = t.see("ding", "/duty-records").await;
    assert_eq!(
        (&own["items"][0]["status"], &own["items"][0]["import_id"]),
        (&json!("submitted"), &preview["import_id"])
    );
    assert_eq!(
        own["items"][0]["attributes"],
        json!({ "form": "joint", "place": 2, "role": "signer", "signers": 3, "stage": ["submitted", "filed"] })
    );
    assert_eq!(total(&t, "chen").await, "0");

    let (status, problem) = apply(&t, &preview).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("import_already_applied"))
    );
    let verify = format!("{}/verify", path(&preview));
    let (status, problem) = t.post("office", &verify, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    assert_eq!(t.post("chen", &verify, json!({})).await.0, 403);
    assert_eq!(t.post("x-office", &verify, json!({})).await.0, 404);
    assert_eq!(t.get("x-office", &path(&preview)).await.0, 404);
    assert_eq!(
        t.see("office2", &path(&preview)).await["rows"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let done = t.act("office2", &verify, json!({})).await;

    assert_eq!(
        (&done["verified"], &done["updated"], &done["skipped"]),
        (&json!(5), &json!(0), &json!(0))
    );
    assert_eq!(total(&t, "chen").await, "12.5");
    assert_eq!(total(&t, "jin").await, "6.25");
    assert_eq!(total(&t, "gao").await, "10");
    assert_eq!(t.post("office2", &verify, json!({})).await.0, 409);
    let group = t
        .see(
            "office",
            &format!(
                "/duty-records?import={}",
                preview["import_id"].as_str().unwrap()
            ),
        )
        .await;
    assert_eq!(group["total"], 5);
}

#[actix_web::test]
async fn three_mistakes_among_190_rows_are_named_and_nothing_is_imported() {
    let t = TestApp::start().await;
    let people = ["陈晨", "丁宁", "高山", "金秋", "艾丽丝"];
    let mut rows: Vec<Vec<String>> = (0..190)
        .map(|index| {
            let (number, title) = (
                format!("2026-{index:03}"),
                format!("关于第 {index} 件事的提案"),
            );
            row([
                &number,
                &title,
                people[index % 5],
                people[(index + 1) % 5],
                "立案",
            ])
        })
        .collect();
    let right = rows.clone();
    rows[9][4] = "陈晨晨".to_owned();
    rows[99][0] = "2026-050".to_owned();
    rows[149][7] = "立案、特别提案".to_owned();

    let preview = preview(&t, &rows).await;

    let wrong: Vec<_> = preview["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["status"] == "error")
        .map(|row| {
            (
                row["row"].as_u64().unwrap(),
                row["errors"][0]["column"].as_str().unwrap().to_owned(),
                codes(row, "errors"),
            )
        })
        .collect();
    let expected = |row, column: &str, code: &str| (row, column.to_owned(), vec![code.to_owned()]);
    assert_eq!(
        wrong,
        [
            expected(11, "第一提案人", "unknown_member"),
            expected(101, "编号", "duplicate_number"),
            expected(151, "办理阶段", "unknown_word"),
        ]
    );
    let (status, problem) = apply(&t, &preview).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("import_has_errors"))
    );
    assert_eq!(t.see("office", "/duty-records").await["total"], 0);

    let begun = std::time::Instant::now();
    let done = import(&t, &right).await;
    println!(
        "190 rows were previewed, applied and verified in {:?}",
        begun.elapsed()
    );
    assert_eq!(done["verified"], 380);
    // The list again says nothing new.
    let again = self::preview(&t, &right).await;
    assert_eq!(
        (&again["counts"]["unchanged"], &again["counts"]["warnings"]),
        (&json!(190), &json!(0))
    );
}

#[actix_web::test]
async fn a_list_that_knows_more_adds_stages_after_a_second_person() {
    let t = TestApp::start().await;
    adopt(&t, TONGCHENG).await;
    import(
        &t,
        &[
            row(["2026-001", "关于修路的提案", "陈晨", "丁宁", ""]),
            row(["2026-002", "关于修桥的提案", "高山", "", ""]),
        ],
    )
    .await;
    assert_eq!(total(&t, "chen").await, "5");
    t.pass_minutes(1);

    let mut later = row(["2026-001", "关于修路 的提案。", "陈晨", "丁宁", "立案"]);
    later[1] = "提案委〔2026〕3 号".to_owned();
    let preview = preview(
        &t,
        &[later, row(["2026-002", "关于修桥的提案", "高山", "", ""])],
    )
    .await;

    assert_eq!(preview["rows"][0]["changes"], json!(["补记办理阶段：立案"]));
    assert_eq!(
        (
            &preview["counts"]["update"],
            &preview["counts"]["unchanged"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(apply(&t, &preview).await.0, 200);
    assert_eq!(total(&t, "chen").await, "5");
    let verify = format!("{}/verify", path(&preview));
    assert_eq!(t.post("office", &verify, json!({})).await.0, 403);
    // Who verifies may not have entered the records either: the office did, staff confirms.
    let done = t.act("office2", &verify, json!({})).await;
    assert_eq!(
        (&done["verified"], &done["updated"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(total(&t, "chen").await, "12.5");
    assert_eq!(total(&t, "ding").await, "12.5");
    let record = t.see("chen", "/duty-records").await["items"][0].clone();
    assert_eq!(record["progress"][0]["document"], "提案委〔2026〕3 号");
}

#[actix_web::test]
async fn what_a_member_declared_is_completed_and_verified_with_the_list() {
    let t = TestApp::start().await;
    let body = json!({ "kind": "proposal", "title": "关于修路的提案", "done_on": "2026-03-10", "submit": true });
    let record = t.act("chen", "/duty-records", body).await;

    let preview = preview(
        &t,
        &[row(["2026-001", "关于修路的提案", "陈晨", "", "立案"])],
    )
    .await;
    assert_eq!(preview["rows"][0]["action"], "update");
    assert_eq!(apply(&t, &preview).await.0, 200);
    t.act("office2", &format!("{}/verify", path(&preview)), json!({}))
        .await;

    let record = t
        .see(
            "chen",
            &format!("/duty-records/{}", record["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!(
        (&record["status"], &record["reference_no"]),
        (&json!("verified"), &json!("2026-001"))
    );
    assert_eq!(record["attributes"]["stage"], json!(["filed"]));
    assert_eq!(
        t.see("chen", "/duty-records").await["total"],
        1,
        "it is not recorded twice"
    );
}

#[actix_web::test]
async fn two_of_one_name_are_told_apart_by_their_group() {
    let t = TestApp::start().await;
    let sectors = t.see("office", "/sectors").await;
    let body = json!({ "name": "陈晨", "phone": "10000000099", "sector_id": sectors["items"][0]["id"],
                       "group_id": t.group(1).await, "position": "member", "joined_on": "2022-01-01" });
    t.act("office", "/members", body).await;

    let preview = preview(
        &t,
        &[
            row(["1", "甲", "陈晨", "", ""]),
            row(["2", "乙", "陈晨（第二活动组）", "", ""]),
            row(["3", "丙", "陈　晨(第一活动组)", "", ""]),
        ],
    )
    .await;

    assert_eq!(codes(&preview["rows"][0], "errors"), ["ambiguous_member"]);
    let message = preview["rows"][0]["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("陈晨（第一活动组）") && message.contains("陈晨（第二活动组）"),
        "{message}"
    );
    assert_eq!(
        (&preview["rows"][1]["status"], &preview["rows"][2]["status"]),
        (&json!("ok"), &json!("ok"))
    );
}

#[actix_web::test]
async fn what_was_declared_after_the_preview_makes_it_outdated() {
    let t = TestApp::start().await;
    let rows = [row(["2026-001", "关于修路的提案", "陈晨", "", ""])];
    let (first, second) = (preview(&t, &rows).await, preview(&t, &rows).await);
    assert_eq!(apply(&t, &first).await.0, 200);
    let (status, problem) = apply(&t, &second).await;
    assert_eq!((status, &problem["code"]), (409, &json!("import_outdated")));

    let third = preview(&t, &rows).await;
    let changed = json!({ "plan_hash": first["plan_hash"] });
    let (status, problem) = t
        .post("office", &format!("{}/apply", path(&third)), changed)
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("import_outdated")));
}

#[actix_web::test]
async fn a_report_that_was_a_proposal_is_one_thing_with_it() {
    let t = TestApp::start().await;
    adopt(&t, TONGCHENG).await;
    import(&t, &[row(["2026-001", "关于修路的提案", "陈晨", "", ""])]).await;
    assert_eq!(total(&t, "chen").await, "10");
    let header = [
        "编号",
        "标题",
        "日期",
        "报送人",
        "采用",
        "采用层级",
        "转自提案编号",
    ];
    let report = |number: &str, title: &str, from: &str| {
        [
            number,
            title,
            "2026-04-10",
            "陈晨",
            "是",
            "县（市、区）级",
            from,
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let rows = [
        report("S-1", "关于修路的提案", ""),
        report("S-2", "关于修路的信息", "2026-001"),
        report("S-3", "另一条", "2026-099"),
    ];
    let (status, preview) = upload(&t, "office", "opinion_report", file(&header, &rows)).await;
    assert_eq!(status, 201, "{preview}");
    assert_eq!(
        codes(&preview["rows"][0], "warnings"),
        ["possible_conversion"],
        "{preview}"
    );
    assert_eq!(codes(&preview["rows"][2], "errors"), ["unknown_source"]);

    let (_, preview) = upload(&t, "office", "opinion_report", file(&header, &rows[1..2])).await;
    assert_eq!(apply(&t, &preview).await.0, 200);
    t.act("office2", &format!("{}/verify", path(&preview)), json!({}))
        .await;

    assert_eq!(
        total(&t, "chen").await,
        "15",
        "the better of the two counts"
    );
    let records = t.see("chen", "/duty-records?kind=proposal").await;
    assert_eq!(
        records["items"][0]["attributes"]["stage"],
        json!(["converted"])
    );
}

#[actix_web::test]
async fn staff_import_for_the_groups_they_serve() {
    let t = TestApp::start().await;
    let rows = |name: &str| file(&HEADER, &[row(["1", "提案", name, "", ""])]);
    let (_, foreign) = upload(&t, "staff1", "proposal", rows("金秋")).await;
    assert_eq!(codes(&foreign["rows"][0], "errors"), ["out_of_reach"]);
    let (status, own) = upload(&t, "staff1", "proposal", rows("陈晨")).await;
    assert_eq!((status, &own["counts"]["create"]), (201, &json!(1)));
    let hash = json!({ "plan_hash": own["plan_hash"] });
    assert_eq!(
        t.post("staff2", &format!("{}/apply", path(&own)), hash.clone())
            .await
            .0,
        404
    );
    t.act("staff1", &format!("{}/apply", path(&own)), hash)
        .await;
    assert_eq!(
        t.post("staff2", &format!("{}/verify", path(&own)), json!({}))
            .await
            .0,
        404
    );
    t.act("office", &format!("{}/verify", path(&own)), json!({}))
        .await;
    assert_eq!(t.see("staff1", "/duty-records/imports").await["total"], 2);
    assert_eq!(t.see("staff2", "/duty-records/imports").await["total"], 0);
    for who in ["chen", "alice", "leader"] {
        assert_eq!(
            upload(&t, who, "proposal", rows("陈晨")).await.0,
            403,
            "{who}"
        );
    }
}

#[actix_web::test]
async fn a_file_that_is_no_list_is_refused_with_its_reasons() {
    let t = TestApp::start().await;
    let header = ["编号", "标题", "电话", "标题"];
    let (status, problem) = upload(&t, "office", "proposal", file(&header, &[])).await;
    assert_eq!((status, &problem["code"]), (422, &json!("file_unreadable")));
    let codes: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "column_unknown",
            "column_duplicate",
            "column_missing",
            "column_missing"
        ]
    );
    let (status, _) = upload(&t, "office", "proposal", b"%PDF-1.7\0".to_vec()).await;
    assert_eq!(status, 422);
    assert_eq!(
        upload(&t, "office", "attendance", file(&HEADER, &[]))
            .await
            .0,
        422
    );
    assert_eq!(t.get("office", "/duty-records/imports/0").await.0, 404);
}
