//! The roster: read with care, previewed row by row, imported as previewed or not at all.

use calamine::Reader;
use reqwest::multipart::{Form, Part};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use serde_json::{Value, json};
use tests::TestApp;

const HEADER: [&str; 6] = ["姓名*", "手机号*", "界别*", "活动组*", "职务", "召集人"];

fn sheet(rows: &[[&str; 6]]) -> Worksheet {
    let mut sheet = Worksheet::new();
    for (row, cells) in (0..).zip(std::iter::once(&HEADER).chain(rows)) {
        for (column, text) in (0..).zip(cells) {
            if !text.is_empty() {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
    }
    sheet
}

fn file(sheet: Worksheet) -> Vec<u8> {
    let mut book = Workbook::new();
    book.push_worksheet(sheet);
    book.save_to_buffer().unwrap()
}

async fn upload(t: &TestApp, who: &str, bytes: Vec<u8>) -> (u16, Value) {
    let form = Form::new().part("file", Part::bytes(bytes).file_name("名册.xlsx"));
    let request = t
        .client
        .http()
        .clone()
        .post(format!("{}/api/v1/roster/imports", t.base))
        .bearer_auth(t.token(who).await)
        .multipart(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn preview(t: &TestApp, bytes: Vec<u8>) -> Value {
    let (status, preview) = upload(t, "office", bytes).await;
    assert_eq!(status, 201, "{preview}");
    preview
}

async fn apply(t: &TestApp, preview: &Value) -> (u16, Value) {
    let path = format!(
        "/roster/imports/{}/apply",
        preview["import_id"].as_str().unwrap()
    );
    t.post(
        "office",
        &path,
        json!({ "plan_hash": preview["plan_hash"] }),
    )
    .await
}

fn codes(row: &Value, kind: &str) -> Vec<String> {
    row[kind]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["code"].as_str().unwrap().to_owned())
        .collect()
}

/// New members besides the nine who are there.
fn newcomers(count: usize) -> Vec<[String; 6]> {
    (0..count)
        .map(|index| {
            [
                format!("委员{}", "甲乙丙丁戊".chars().cycle().nth(index).unwrap()),
                format!("1000100{index:04}"),
                "经济".to_owned(),
                "第一活动组".to_owned(),
                String::new(),
                String::new(),
            ]
        })
        .collect()
}

#[actix_web::test]
async fn the_template_can_be_filled_in_and_imported() {
    let t = TestApp::start().await;
    let url = format!("{}/api/v1/roster/template.xlsx", t.base);
    let bytes = t
        .client
        .http()
        .clone()
        .get(url)
        .bearer_auth(t.token("office").await)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();

    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let header: Vec<_> = book
        .worksheet_range("名册")
        .unwrap()
        .rows()
        .next()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();

    assert_eq!(
        header[..5],
        ["姓名*", "手机号*", "界别*", "活动组*", "职务"]
    );
    assert_eq!(t.get("alice", "/roster/template.xlsx").await.0, 403);
}

#[actix_web::test]
async fn a_file_is_previewed_and_imported_once() {
    let t = TestApp::start().await;
    let rows = [
        [
            "新委员",
            "+86 １０００１００００01",
            "经济",
            "第一活动组",
            "常委",
            "是",
        ],
        ["陈晨", "10000000003", "经济", "第二活动组", "", ""],
        ["艾丽丝", "10000000001", "经济", "第一活动组", "", "是"],
        ["丁宁", "10001000002", "教育", "第一活动组", "", ""],
    ];

    let preview = preview(&t, file(sheet(&rows))).await;
    let seen: Vec<_> = preview["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["row"].as_u64().unwrap(),
                row["action"].as_str().unwrap(),
                row["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (2, "create", "ok"),
            (3, "update", "warning"),
            (4, "unchanged", "ok"),
            (5, "create", "warning")
        ]
    );
    assert_eq!(
        codes(&preview["rows"][3], "warnings"),
        ["same_name_other_phone"]
    );
    let (status, applied) = apply(&t, &preview).await;

    assert_eq!(status, 200, "{applied}");
    assert_eq!(
        (
            &applied["create"],
            &applied["update"],
            &applied["unchanged"],
            &applied["seats"]
        ),
        (&json!(2), &json!(1), &json!(1), &json!(1))
    );
    let (status, problem) = apply(&t, &preview).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("import_already_applied"))
    );
}

#[actix_web::test]
async fn an_imported_member_signs_in_with_his_phone_and_a_convener_counts_at_once() {
    let t = TestApp::start().await;
    let rows = [["新召集", "10001000001", "经济", "第一活动组", "", "是"]];
    let preview = preview(&t, file(sheet(&rows))).await;
    assert_eq!(apply(&t, &preview).await.0, 200);

    t.phone("newcomer", "10001000001");
    let me = t.see("newcomer", "/me").await;

    assert!(me.to_string().contains("新召集"), "{me}");
    assert!(me.to_string().contains("convener"), "{me}");
}

#[actix_web::test]
async fn every_wrong_cell_is_named_with_row_column_and_reason_and_nothing_is_imported() {
    let t = TestApp::start().await;
    let mut sheet = sheet(&[
        ["甲", "10001000001", "经济", "第一活动组", "", ""],
        ["乙", "10001000001", "经济", "第一活动组", "", ""],
        ["丙", "", "经济", "第一活动组", "", ""],
        ["丁", "10001000004", "没有的界别", "第一活动组", "", ""],
        ["戊", "10001000005", "经济", "", "", ""],
        ["己", "10001000006", "经济", "第一活动组", "", ""],
        ["庚", "", "经济", "第一活动组", "", ""],
    ]);
    sheet.write_formula(3, 1, "=10001000000+3").unwrap();
    sheet
        .merge_range(5, 3, 6, 3, "第一活动组", &Format::new())
        .unwrap();
    sheet.write_number(7, 1, 1.000_1e12).unwrap();

    let preview = preview(&t, file(sheet)).await;

    let rows = preview["rows"].as_array().unwrap();
    let found: Vec<_> = rows.iter().map(|row| codes(row, "errors")).collect();
    let expected: [&[&str]; 7] = [
        &[],
        &["phone_duplicate"],
        &["formula_cell"],
        &["unknown_sector"],
        &["merged_cell"],
        &["merged_cell"],
        &["phone_number_format"],
    ];
    assert_eq!(found, expected);
    assert!(
        rows[3]["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("经济、教育")
    );
    assert!(
        !preview.to_string().contains("10001000001"),
        "a preview shows no whole phone"
    );
    let (status, problem) = apply(&t, &preview).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("import_has_errors"))
    );
}

#[actix_web::test]
async fn a_member_changed_after_the_preview_makes_it_outdated() {
    let t = TestApp::start().await;
    let preview = preview(
        &t,
        file(sheet(&[[
            "陈晨",
            "10000000003",
            "教育",
            "第二活动组",
            "",
            "",
        ]])),
    )
    .await;
    let path = format!("/members/{}", t.members["chen"]);
    let (status, changed) = t
        .patch("office", &path, json!({ "remark": "换了单位" }))
        .await;
    assert_eq!(status, 200, "{changed}");

    let (status, problem) = apply(&t, &preview).await;

    assert_eq!((status, &problem["code"]), (409, &json!("import_outdated")));
}

#[actix_web::test]
async fn a_cell_at_the_end_of_the_sheet_is_refused_and_the_service_lives() {
    let t = TestApp::start().await;
    let mut sheet = sheet(&[["甲", "10001000001", "经济", "第一活动组", "", ""]]);
    sheet.write_string(1_048_575, 16_383, "x").unwrap();

    let (status, problem) = upload(&t, "office", file(sheet)).await;

    assert_eq!((status, &problem["code"]), (422, &json!("file_unreadable")));
    assert_eq!(t.get("office", "/me").await.0, 200);
}

#[actix_web::test]
async fn hidden_rows_are_reported_and_csv_is_read_like_xlsx() {
    let t = TestApp::start().await;
    let mut hidden = sheet(&[
        ["甲", "10001000001", "经济", "第一活动组", "", ""],
        ["乙", "10001000002", "经济", "第一活动组", "", ""],
    ]);
    hidden.set_row_hidden(2).unwrap();
    assert_eq!(preview(&t, file(hidden)).await["hidden_rows"], json!([3]));

    let csv = "姓名,手机号,界别,活动组\r\n甲,10001000001,经济,第一活动组\r\n乙,1.0001E+10,经济,第一活动组\r\n";
    let read = preview(&t, csv.as_bytes().to_vec()).await;

    assert_eq!(read["rows"][0]["status"], "ok");
    assert_eq!(codes(&read["rows"][1], "errors"), ["phone_number_format"]);
}

#[actix_web::test]
async fn a_whole_roster_is_imported_in_one_go() {
    let t = TestApp::start().await;
    let rows = newcomers(190);
    let rows: Vec<[&str; 6]> = rows
        .iter()
        .map(|row| row.each_ref().map(String::as_str))
        .collect();
    let preview = preview(&t, file(sheet(&rows))).await;
    assert_eq!(preview["counts"]["create"], 190);

    let begun = std::time::Instant::now();
    let (status, applied) = apply(&t, &preview).await;

    println!("190 rows were imported in {:?}", begun.elapsed());
    assert_eq!((status, &applied["create"]), (200, &json!(190)));
}

#[actix_web::test]
async fn nobody_but_the_office_imports_and_a_foreign_preview_is_not_there() {
    let t = TestApp::start().await;
    let bytes = file(sheet(&[[
        "甲",
        "10001000001",
        "经济",
        "第一活动组",
        "",
        "",
    ]]));
    for who in ["alice", "staff1", "leader", "admin"] {
        let (status, problem) = upload(&t, who, bytes.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("forbidden")),
            "{who}"
        );
    }
    let preview = preview(&t, bytes).await;
    let path = format!(
        "/roster/imports/{}/apply",
        preview["import_id"].as_str().unwrap()
    );

    let (status, _) = t
        .post(
            "x-office",
            &path,
            json!({ "plan_hash": preview["plan_hash"] }),
        )
        .await;

    assert_eq!(status, 404);
}
