//! The files of an activity.

use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

use super::{AGENDA, RED, download, header, is_read_by, uploaded};

/// A draft of group 一 by alice that shows these files; returns its id.
async fn draft_with(t: &TestApp, files: Value) -> String {
    let id = t.draft("专题学习").await;
    let (status, activity) = t
        .patch(
            "alice",
            &format!("/activities/{id}"),
            json!({ "files": files }),
        )
        .await;
    assert_eq!(status, 200, "{activity}");
    id
}

/// Brings a draft to its publication.
async fn publish(t: &TestApp, id: &str) {
    for (who, step) in [
        ("alice", "submit"),
        ("staff1", "approve"),
        ("alice", "publish"),
    ] {
        t.act(who, &format!("/activities/{id}/{step}"), json!({}))
            .await;
    }
}

#[actix_web::test]
async fn the_agenda_is_read_by_the_group_before_publication_and_by_the_invited_after() {
    let t = TestApp::start().await;
    let agenda = uploaded(&t, "alice", AGENDA).await;
    let id = draft_with(&t, json!([{ "file_id": agenda, "name": "九月学习议程" }])).await;

    let seen = t.see("bo", &format!("/activities/{id}")).await;
    assert_eq!(
        seen["files"],
        json!([{ "id": agenda, "name": "九月学习议程.pdf", "media_type": "application/pdf", "size": AGENDA.len() }])
    );
    let staff = ["alice", "bo", "staff1", "office", "leader", "auditor"];
    let strangers = ["fang", "gao", "hu", "staff2", "admin", "x-yan", "x-office"];
    is_read_by(&t, &agenda, &staff, &strangers).await;
    is_read_by(&t, &agenda, &[], &["chen", "ding"]).await;

    publish(&t, &id).await;
    is_read_by(&t, &agenda, &staff, &strangers).await;
    is_read_by(&t, &agenda, &["chen", "ding"], &[]).await;
    let answer = download(&t, "chen", &agenda).await;
    let disposition = header(&answer, "content-disposition");
    let utf8 = "filename*=UTF-8''%E4%B9%9D%E6%9C%88%E5%AD%A6%E4%B9%A0%E8%AE%AE%E7%A8%8B.pdf";
    assert!(
        disposition.starts_with("attachment") && disposition.contains(utf8),
        "{disposition}"
    );
    assert_eq!(header(&answer, "content-type"), "application/pdf");
}

#[actix_web::test]
async fn an_activity_is_drafted_with_its_files() {
    let t = TestApp::start().await;
    let agenda = uploaded(&t, "alice", AGENDA).await;
    let starts = t.now() + chrono::TimeDelta::days(5);
    let body = json!({
        "group_id": t.group(0).await, "kind": "study", "mode": "annual_plan", "title": "专题学习", "venue": "第一驿站",
        "starts_at": starts.to_rfc3339(), "ends_at": (starts + chrono::TimeDelta::hours(2)).to_rfc3339(),
        "files": [{ "file_id": agenda, "name": "议程.pdf" }],
    });

    let activity = t.act("alice", "/activities", body).await;

    assert_eq!(activity["files"][0]["name"], "议程.pdf");
    let bare = t.draft("没有材料").await;
    assert_eq!(
        t.see("alice", &format!("/activities/{bare}")).await["files"],
        json!([])
    );
}

#[actix_web::test]
async fn late_materials_replace_the_list_until_the_activity_is_closed() {
    let t = TestApp::start().await;
    let (old, new) = (
        uploaded(&t, "alice", AGENDA).await,
        uploaded(&t, "bo", RED).await,
    );
    let id = draft_with(&t, json!([{ "file_id": old, "name": "议程.pdf" }])).await;
    publish(&t, &id).await;
    let path = format!("/activities/{id}/files");
    let list = json!({ "files": [{ "file_id": new, "name": "座位图.png" }] });

    for (who, status) in [
        ("chen", 403),
        ("staff1", 403),
        ("fang", 404),
        ("x-yan", 404),
    ] {
        assert_eq!(t.put(who, &path, list.clone()).await.0, status, "{who}");
    }
    let (status, changed) = t.put("bo", &path, list.clone()).await;

    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["files"][0]["id"], &changed["files"][0]["name"]),
        (&json!(new), &json!("座位图.jpg"))
    );
    is_read_by(&t, &new, &["chen"], &["gao"]).await;
    is_read_by(&t, &old, &["alice"], &["chen", "bo"]).await;
    let again = t.put("bo", &path, list.clone()).await.1;
    assert_eq!(again["version"], changed["version"]);
    let log = t.see("auditor", "/audit").await;
    let entries = log["items"].as_array().unwrap().iter();
    let entries: Vec<_> = entries
        .filter(|entry| entry["operation"] == "activity_files" && entry["outcome"] == "done")
        .collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["detail"]["files"], json!([new]));

    t.arrive(&id).await;
    assert_eq!(
        t.put("alice", &path, json!({ "files": [] })).await.0,
        200,
        "while it runs"
    );
    t.pass_minutes(180);
    t.act("alice", &format!("/activities/{id}/close"), json!({}))
        .await;
    let (status, problem) = t.put("bo", &path, list).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    assert_eq!(problem["detail"], "活动已结束，不能再更换材料");
}

#[actix_web::test]
async fn a_list_that_saw_no_latest_version_is_refused() {
    let t = TestApp::start().await;
    let agenda = uploaded(&t, "alice", AGENDA).await;
    let id = draft_with(&t, json!([{ "file_id": agenda, "name": "议程.pdf" }])).await;

    let stale = t
        .client
        .http()
        .request(
            Method::PUT,
            t.client.url(&format!("/activities/{id}/files")),
        )
        .bearer_auth(t.token("alice").await)
        .header("If-Match", "\"1\"")
        .json(&json!({ "files": [] }))
        .send()
        .await
        .unwrap();

    assert_eq!(stale.status().as_u16(), 412);
}

#[actix_web::test]
async fn only_ones_own_uploads_and_what_is_there_already_can_be_shown() {
    let t = TestApp::start().await;
    let (alices, bos, foreign) = (
        uploaded(&t, "alice", AGENDA).await,
        uploaded(&t, "bo", AGENDA).await,
        uploaded(&t, "x-yan", AGENDA).await,
    );
    let id = draft_with(&t, json!([{ "file_id": alices, "name": "议程.pdf" }])).await;
    let path = format!("/activities/{id}");
    let refused = async |who: &str, files: Value| {
        let (status, problem) = t.patch(who, &path, json!({ "files": files })).await;
        assert_eq!(status, 422, "{problem}");
        let error = problem["errors"][0].clone();
        format!(
            "{} {}",
            error["pointer"].as_str().unwrap(),
            error["code"].as_str().unwrap()
        )
    };
    let named = |file: &str, name: &str| json!({ "file_id": file, "name": name });

    for strange in [&bos, &foreign] {
        assert_eq!(
            refused("alice", json!([named(strange, "材料.pdf")])).await,
            "/files/0/file_id unknown_file"
        );
    }
    let twice = json!([named(&alices, "一.pdf"), named(&alices, "二.pdf")]);
    assert_eq!(refused("alice", twice).await, "/files/1/file_id duplicate");
    assert_eq!(
        refused("alice", json!([named(&alices, "../议程.pdf")])).await,
        "/files/0/name invalid_char"
    );
    assert_eq!(
        refused("alice", json!([named(&alices, " ")])).await,
        "/files/0/name required"
    );
    let many: Vec<_> = (0..11).map(|_| named(&alices, "议程.pdf")).collect();
    assert_eq!(refused("alice", json!(many)).await, "/files too_many");

    // A second convener leaves what the first one put there and adds to it.
    let both = json!({ "files": [named(&bos, "材料.pdf"), named(&alices, "议程.pdf")] });
    let (status, activity) = t.patch("bo", &path, both).await;
    assert_eq!(status, 200, "{activity}");
    let names: Vec<_> = activity["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].clone())
        .collect();
    assert_eq!(names, ["材料.pdf", "议程.pdf"]);
    let edited = t.patch("bo", &path, json!({ "title": "专题" })).await.1;
    assert_eq!(edited["files"].as_array().unwrap().len(), 2);
}
