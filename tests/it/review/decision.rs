//! The decision and what is carried out after it.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{self, Stage, code, names, row};

fn decision() -> Value {
    json!({ "document": "邢东政协〔2026〕12号", "decided_on": "2026-10-13" })
}

#[actix_web::test]
async fn nothing_is_decided_before_the_publication_ends_and_every_objection_is_answered() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let object = json!({ "text": "程序有误。" });
    let objection = s.t.act("bo", &format!("{path}/object"), object).await;
    assert_eq!(
        s.refused("leader", &path, "decide", decision()).await,
        "publication_open"
    );
    assert_eq!(
        s.refused("office", &path, "present", json!({})).await,
        "publication_open"
    );
    s.t.set("2026-10-13T09:00:00+08:00");
    assert_eq!(
        s.refused("leader", &path, "decide", decision()).await,
        "objections_open"
    );
    assert_eq!(
        s.refused("office", &path, "decide", decision()).await,
        "forbidden"
    );
    let answer = json!({ "upheld": false, "answer": "程序无误。" });
    let to = format!("/objections/{}/answer", objection["id"].as_str().unwrap());
    s.t.act("office", &to, answer).await;
    // A leader who stands on the list decides nothing.
    s.is("leader", "chen").await;
    assert_eq!(
        s.refused("leader", &path, "decide", decision()).await,
        "second_person_required"
    );
    s.is_nobody("leader").await;
    s.t.act("office", &format!("{path}/present"), json!({}))
        .await;
    let before = s.members().await;

    let mut tomorrow = decision();
    tomorrow["decided_on"] = json!("2026-10-14");
    assert_eq!(
        s.refused("leader", &path, "decide", tomorrow).await,
        "validation_failed"
    );
    let decided =
        s.t.act("leader", &format!("{path}/decide"), decision())
            .await;

    assert_eq!(
        (
            &decided["status"],
            &decided["deciding_body"],
            &decided["decided_document"]
        ),
        (
            &json!("decided"),
            &json!("主席会议"),
            &json!("邢东政协〔2026〕12号")
        )
    );
    assert_eq!(names(&decided), ["陈晨", "高山", "金秋"]);
    assert_eq!(row(&decided, "陈晨")["verdict"], "as_proposed");
    assert_eq!(
        s.refused("leader", &path, "decide", decision()).await,
        "wrong_step"
    );
    let reason = json!({ "reason": "再议" });
    assert_eq!(
        s.refused("office", &path, "return", reason).await,
        "wrong_step"
    );
    // Nothing of it touched a membership.
    assert_eq!(s.members().await, before);
    s.told("chen", "评议结果：2025 年优秀委员").await;
}

#[actix_web::test]
async fn of_two_decisions_at_the_same_moment_one_stands() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    s.t.set("2026-10-13T09:00:00+08:00");
    s.t.token("leader").await;
    let to = format!("{path}/decide");

    let (a, b) = futures_util::future::join(
        s.t.post("leader", &to, decision()),
        s.t.post("leader", &to, decision()),
    )
    .await;

    let mut statuses = [a.0, b.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", a.1, b.1);
}

/// 2024 and 2025 closed: 高山 failed both, 胡杨 failed 2025.
async fn failing() -> Stage {
    let s = Stage::new().await;
    for who in ["alice", "bo", "chen", "ding", "fang", "jin", "kong"] {
        s.facts(who, 2024, 1).await;
        s.facts(who, 2025, 1).await;
    }
    s.facts("hu", 2024, 1).await;
    s.close("2024").await;
    s.close("2025").await;
    s
}

#[actix_web::test]
async fn two_failing_years_in_a_row_propose_the_exit_and_people_decide_it() {
    let s = failing().await;
    let before = s.members().await;
    let review = s.review("exit").await;
    let path = stage::path(&review);
    assert_eq!(names(&review), ["高山", "胡杨"]);
    let gao = row(&review, "高山");
    assert_eq!(
        (
            &gao["rung"]["key"],
            &gao["rung"]["decided_by"],
            &gao["reasons"][0]["clause"]
        ),
        (&json!("resign"), &json!("常委会议"), &json!("第五条第二款"))
    );
    assert_eq!(row(&review, "胡杨")["rung"]["title"], "提醒谈话");
    s.t.act("office", &format!("{path}/settle"), json!({}))
        .await;
    s.t.act("office2", &format!("{path}/confirm"), json!({}))
        .await;
    // The rulebook has this list not published.
    assert_eq!(
        s.refused("office", &path, "publish", json!({})).await,
        "validation_failed"
    );
    let presented =
        s.t.act("office", &format!("{path}/present"), json!({}))
            .await;
    assert_eq!(presented["status"], "deciding");
    assert_eq!(s.t.get("gao", &path).await.0, 404);

    let id = |name: &str| row(&review, name)["id"].clone();
    let body = json!({
        "document": "常委会〔2026〕5号", "decided_on": "2026-09-14",
        "candidates": [{ "candidate_id": id("胡杨"), "verdict": "otherwise", "consequence": "书面提醒", "reason": "因病住院" }],
    });
    let unexplained = json!({
        "document": "5号", "decided_on": "2026-09-14",
        "candidates": [{ "candidate_id": id("胡杨"), "verdict": "rejected" }],
    });
    assert_eq!(
        s.refused("leader", &path, "decide", unexplained).await,
        "validation_failed"
    );
    let stranger = json!({
        "document": "5号", "decided_on": "2026-09-14",
        "candidates": [{ "candidate_id": id("陈晨"), "verdict": "rejected", "reason": "无关" }],
    });
    assert_eq!(
        s.refused("leader", &path, "decide", stranger).await,
        "validation_failed"
    );
    let early = json!({ "candidate_id": id("高山"), "kind": "talk", "done_on": "2026-09-14", "done_by": "王主席" });
    assert_eq!(
        s.refused("office", &path, "documents", early).await,
        "wrong_step"
    );
    s.t.act("leader", &format!("{path}/decide"), body).await;

    let talk = json!({ "candidate_id": id("高山"), "kind": "talk", "done_on": "2026-09-14", "done_by": "王主席", "signed_on": "2026-09-14" });
    let talk = s.t.act("office", &format!("{path}/documents"), talk).await;
    assert_eq!(talk["title"], "劝其辞去委员");
    let letter = json!({ "candidate_id": id("胡杨"), "kind": "letter", "title": "告知函", "number": "邢东政协函〔2026〕1号", "done_on": "2026-09-14", "done_by": "办公室" });
    s.t.act("office", &format!("{path}/documents"), letter)
        .await;
    let nobody = json!({ "candidate_id": id("陈晨"), "kind": "talk", "title": "谈话", "done_on": "2026-09-14", "done_by": "王主席" });
    assert_eq!(
        s.refused("office", &path, "documents", nobody).await,
        "validation_failed"
    );

    // It stands in the dossier, for the member and for those who answer for all.
    let dossier = format!("/members/{}/reviews", s.t.members["hu"]);
    let entry = &s.t.see("hu", &dossier).await["items"][0];
    assert_eq!(
        (
            &entry["consequence"],
            &entry["verdict"],
            &entry["documents"][0]["number"]
        ),
        (
            &json!("书面提醒"),
            &json!("otherwise"),
            &json!("邢东政协函〔2026〕1号")
        )
    );
    let gao = format!("/members/{}/reviews", s.t.members["gao"]);
    assert_eq!(
        s.t.see("gao", &gao).await["items"][0]["consequence"],
        "劝其辞去委员"
    );
    assert_eq!(s.t.get("fang", &gao).await.0, 403);
    assert_eq!(s.t.get("chen", &gao).await.0, 404);
    assert_eq!(s.t.see("auditor", &gao).await["total"], 1);
    assert_eq!(s.members().await, before);
}

#[actix_web::test]
async fn the_excel_file_holds_list_reasons_places_objections_and_decision() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let object = json!({ "text": "=HYPERLINK(\"http://x\")" });
    s.t.act("bo", &format!("{path}/object"), object).await;
    let token = s.t.token("office").await;
    let address = format!("{}/api/v1{path}.xlsx", s.t.base);
    let get = |token: String| {
        s.t.client
            .http()
            .request(Method::GET, &address)
            .bearer_auth(token)
            .send()
    };

    let file = get(token).await.unwrap().bytes().await.unwrap();

    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file.to_vec())).unwrap();
    let mut text = |sheet: &str, row, column| {
        let range = book.worksheet_range(sheet).unwrap();
        range.get_value((row, column)).unwrap().to_string()
    };
    assert_eq!(text("名单", 0, 0), "2025 年优秀委员");
    assert!(
        text("名单", 1, 0).contains("office"),
        "{}",
        text("名单", 1, 0)
    );
    assert_eq!([text("名单", 3, 1), text("名单", 5, 1)], ["陈晨", "金秋"]);
    assert_eq!(
        [text("名单", 5, 8), text("名单", 5, 11)],
        ["并列待定", "研究确定"]
    );
    assert!(text("名单", 3, 10).contains("第三条"));
    assert_eq!(
        [text("名额", 3, 1), text("名额", 3, 3), text("名额", 3, 4)],
        ["全体", "3", "3"]
    );
    assert_eq!(text("异议", 3, 2), "'=HYPERLINK(\"http://x\")");
    assert_eq!(text("办理情况", 5, 1), "公示");
    let audit = s.t.see("auditor", "/audit?operation=review_export").await;
    assert_eq!(audit["items"][0]["detail"]["rows"], 9, "{audit}");
    for (who, status) in [
        ("chen", 403),
        ("staff1", 403),
        ("x-office", 404),
        ("auditor", 200),
    ] {
        let token = s.t.token(who).await;
        assert_eq!(get(token).await.unwrap().status(), status, "{who}");
    }
    assert_eq!(
        code(&s.t.get("chen", &format!("{path}.pdf")).await.1),
        "not_found"
    );
}
