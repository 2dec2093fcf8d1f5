//! The tables of scores.

use serde_json::json;
use tests::TestApp;

use super::{close, file, rows, verified};

#[actix_web::test]
async fn the_table_says_parts_places_and_whether_it_is_closed() {
    let t = TestApp::start().await;
    verified(
        &t,
        "chen",
        json!({ "kind": "proposal", "title": "关于修路的提案" }),
    )
    .await;

    let open = file(&t, "office", "/scores.xlsx?period=2026")
        .await
        .unwrap();
    let period = close(&t).await;
    let closed = file(&t, "office", "/scores.xlsx?period=2026")
        .await
        .unwrap();

    let page = t.see("office", "/scores?period=2026").await;
    for (file, state) in [
        (open, "未结账，暂定结果"),
        (closed.clone(), "已结账，第 1 次修订"),
    ] {
        let summary = rows(&file, "积分汇总");
        let column = |name: &str| {
            let headers = summary.iter().find(|row| row[0] == "序号").unwrap();
            headers.iter().position(|header| header == name).unwrap()
        };
        for line in page["items"].as_array().unwrap() {
            let row = summary.iter().find(|row| line["name"] == row[1]).unwrap();
            assert_eq!(line["total"], row[column("合计")], "{row:?}");
            assert_eq!(
                line["place"]["rank"].to_string(),
                row[column("名次")],
                "{row:?}"
            );
            assert_eq!(row[column("状态")], state);
        }
    }
    let notes = rows(&closed, "说明");
    let note = |name: &str| notes.iter().find(|row| row[0] == name).unwrap()[1].clone();
    assert_eq!(period["sheets_hash"], note("计分表总校验码"));
    assert_eq!(period["rulebook_hash"], note("考核办法校验码"));
    assert_eq!(note("结账文号"), "邢东协〔2027〕1号");
}

#[actix_web::test]
async fn groups_have_a_table_of_their_own() {
    let t = TestApp::start().await;

    let empty = file(&t, "office", "/group-scores.xlsx?period=2026")
        .await
        .unwrap();

    // The default scheme scores no groups.
    assert_eq!(rows(&empty, "积分汇总").len(), 3);
    for (who, status) in [("staff1", 403), ("chen", 403)] {
        assert_eq!(
            file(&t, who, "/group-scores.xlsx").await,
            Err(status),
            "{who}"
        );
    }
}
