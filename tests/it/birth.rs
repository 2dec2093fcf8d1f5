//! Days of birth: where they come from, who reads them, and the age bands that are all they are for.

use entity::{Scoped, member, roster_import};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tests::TestApp;

const HEADER: &str = "姓名,手机号,界别,活动组,出生日期";

/// Uploads lines under the header; the preview.
async fn upload(t: &TestApp, lines: &[&str]) -> Value {
    let text = [&[HEADER], lines].concat().join("\r\n");
    let part = Part::bytes(text.into_bytes()).file_name("名册.csv");
    let request = t
        .client
        .http()
        .post(format!("{}/api/v1/roster/imports", t.base))
        .bearer_auth(t.token("office").await)
        .multipart(Form::new().part("file", part));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

/// Uploads lines and applies what the preview says; the preview.
async fn import(t: &TestApp, lines: &[&str]) -> Value {
    let preview = upload(t, lines).await;
    let id = preview["import_id"].as_str().unwrap();
    let body = json!({ "plan_hash": preview["plan_hash"] });
    t.act("office", &format!("/roster/imports/{id}/apply"), body)
        .await;
    preview
}

fn actions(preview: &Value) -> Vec<&str> {
    let rows = preview["rows"].as_array().unwrap().iter();
    rows.map(|row| row["action"].as_str().unwrap()).collect()
}

fn path(t: &TestApp, who: &str) -> String {
    format!("/members/{}", t.members[who])
}

#[actix_web::test]
async fn a_roster_brings_them_and_an_empty_cell_takes_none_away() {
    let t = TestApp::start().await;
    let alice = "艾丽丝,10000000001,经济,第一活动组";
    let given = format!("{alice},1958-02-28");

    let preview = import(
        &t,
        &[&given, "新委员,10001000001,经济,第一活动组,1990-12-31"],
    )
    .await;
    assert_eq!(actions(&preview), ["update", "create"]);
    let said = preview["rows"][0]["warnings"].to_string();
    assert!(said.contains("出生日期"), "{said}");
    assert_eq!(
        t.see("alice", "/me").await["member"]["born_on"],
        "1958-02-28"
    );

    let again = upload(&t, &[&given]).await;
    assert_eq!(actions(&again), ["unchanged"]);
    import(&t, &[&format!("{alice},")]).await;
    assert_eq!(
        t.see("alice", "/me").await["member"]["born_on"],
        "1958-02-28"
    );
    let other = import(&t, &[&format!("{alice},1959-02-28")]).await;
    assert_eq!(actions(&other), ["update"]);
    assert_eq!(
        t.see("alice", "/me").await["member"]["born_on"],
        "1959-02-28"
    );

    let child = upload(&t, &[&format!("{alice},2020-01-01")]).await;
    let error = &child["rows"][0]["errors"][0];
    assert_eq!(
        (&error["column"], &error["code"]),
        (&json!("出生日期"), &json!("implausible"))
    );
}

#[actix_web::test]
async fn the_office_and_the_member_himself_read_them_and_no_list_shows_them() {
    let t = TestApp::start().await;
    let chen = path(&t, "chen");
    assert_eq!(t.see("office", &chen).await.get("born_on"), None);

    let edit = json!({ "born_on": "1961-07-01" });
    let (status, edited) = t.patch("office", &chen, edit.clone()).await;
    assert_eq!((status, &edited["born_on"]), (200, &json!("1961-07-01")));
    let (_, same) = t.patch("office", &chen, edit).await;
    assert_eq!(same["version"], edited["version"]);

    assert_eq!(t.see("office", &chen).await["born_on"], "1961-07-01");
    assert_eq!(t.see("chen", &chen).await["born_on"], "1961-07-01");
    for (who, path) in [("alice", &*chen), ("bo", &*chen), ("staff1", &*chen)] {
        assert_eq!(t.see(who, path).await.get("born_on"), None, "{who}");
    }
    let list = t.see("office", "/members").await.to_string();
    assert!(!list.contains("1961-07-01"));

    for (wrong, code) in [("2015-01-01", "implausible"), ("1961年7月", "invalid_date")] {
        let (status, problem) = t.patch("office", &chen, json!({ "born_on": wrong })).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (status, &error["pointer"], &error["code"]),
            (422, &json!("/born_on"), &json!(code))
        );
    }
    let (_, cleared) = t.patch("office", &chen, json!({ "born_on": "" })).await;
    assert_eq!(cleared.get("born_on"), None);
    assert_eq!(t.see("chen", "/me").await["member"]["born_on"], Value::Null);
}

#[actix_web::test]
async fn tables_and_audit_hold_them_sealed() {
    let t = TestApp::start().await;
    import(&t, &["新委员,10001000001,经济,第一活动组,1966-06-16"]).await;
    let (status, _) = t
        .patch(
            "office",
            &path(&t, "bo"),
            json!({ "born_on": "1966-06-16" }),
        )
        .await;
    assert_eq!(status, 200);

    let db = t.app.db.read();
    let rows = member::Entity::of(t.committee).all(db).await.unwrap();
    let sealed: Vec<_> = rows
        .iter()
        .filter_map(|row| row.born_on_cipher.as_deref())
        .collect();
    assert_eq!(sealed.len(), 2);
    for cipher in sealed {
        assert!(!cipher.windows(4).any(|bytes| bytes == b"1966"));
        let day = t.app.vault.open_day(Some(cipher)).unwrap().unwrap();
        assert_eq!(day.to_string(), "1966-06-16");
    }
    let plans = roster_import::Entity::of(t.committee)
        .all(db)
        .await
        .unwrap();
    assert!(
        plans
            .iter()
            .all(|plan| !plan.plan.to_string().contains("1966-06-16"))
    );
    let audit = t.see("auditor", "/audit?limit=200").await.to_string();
    assert!(audit.contains("born_on") && !audit.contains("1966-06-16"));
}

#[actix_web::test]
async fn statistics_count_by_age_band_on_the_last_day_of_the_period() {
    let t = TestApp::start().await;
    let none = t.see("office", "/statistics?period=2026").await;
    assert_eq!(none["age_bands"], json!([]));

    for (who, day) in [
        // 35 until the last day of the year, on which he is 36.
        ("alice", "1990-12-31"),
        ("chen", "1961-01-01"),
        ("ding", "1960-12-31"),
        ("bo", "1961-06-30"),
    ] {
        let (status, problem) = t
            .patch("office", &path(&t, who), json!({ "born_on": day }))
            .await;
        assert_eq!(status, 200, "{problem}");
    }

    let bands = |seen: &Value| -> Vec<(String, i64)> {
        let bands = seen["age_bands"].as_array().unwrap().iter();
        bands
            .map(|band| {
                let id = band["id"].as_str().unwrap_or("unknown").to_owned();
                (id, band["members"].as_i64().unwrap())
            })
            .collect()
    };
    let counted = |id: &str, members| (id.to_owned(), members);
    let year = t.see("office", "/statistics?period=2026").await;
    assert_eq!(
        bands(&year),
        [
            counted("36_to_45", 1),
            counted("56_to_65", 2),
            counted("over_65", 1),
            counted("unknown", 5)
        ]
    );
    let quarter = t.see("leader", "/statistics?period=2026-Q3").await;
    assert_eq!(
        bands(&quarter),
        [
            counted("under_36", 1),
            counted("56_to_65", 3),
            counted("unknown", 5)
        ]
    );
    let group = t.see("staff1", "/statistics?period=2026").await;
    assert_eq!(group["age_bands"], json!([]));
}
