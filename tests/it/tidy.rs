//! What the night takes away: raw places, kept answers, finished work. What counts stays.

use api::worker::ensure_scheduled;
use domain::ids::CallbackId;
use entity::{Scoped, callback, checkin, idempotency, job, roster_import};
use reqwest::multipart::{Form, Part};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};
use serde_json::{Value, json};
use tests::TestApp;

/// Latitude, longitude and accuracy of the one check-in, whose distance stays.
async fn place(t: &TestApp) -> (Option<f64>, Option<f64>, Option<f64>) {
    let row = checkin::Entity::of(t.committee)
        .one(t.app.db.read())
        .await
        .unwrap()
        .expect("the check-in stays");
    assert_eq!(row.distance_m, Some(0));
    (row.latitude, row.longitude, row.accuracy_m)
}

async fn activity_with_a_place(t: &TestApp) -> String {
    let id = t.draft("学习会").await;
    let path = format!("/activities/{id}");
    let place = json!({ "latitude": 37.07, "longitude": 114.5, "radius_m": 200 });
    assert_eq!(t.patch("alice", &path, place).await.0, 200);
    for (who, step) in [
        ("alice", "submit"),
        ("staff1", "approve"),
        ("alice", "publish"),
    ] {
        t.act(who, &format!("{path}/{step}"), json!({})).await;
    }
    id
}

async fn nights(t: &TestApp) -> Value {
    t.see("auditor", "/audit?operation=nightly_tidy").await
}

#[actix_web::test]
async fn a_raw_place_is_gone_after_thirty_days_and_the_check_in_stays() {
    let t = TestApp::start().await;
    ensure_scheduled(&t.app).await.unwrap();
    let activity = activity_with_a_place(&t).await;
    let code = t.arrive(&activity).await;
    let tap = json!({
        "code": code["code"], "client_id": "tap",
        "location": { "latitude": 37.07, "longitude": 114.5, "accuracy": 20.0 },
    });
    t.act("chen", &format!("/activities/{activity}/check-ins"), tap)
        .await;
    let there = (Some(37.07), Some(114.5), Some(20.0));

    t.set("2026-10-19T03:30:00+08:00");
    t.run_jobs().await;
    assert_eq!(place(&t).await, there);

    t.set("2026-10-20T03:30:00+08:00");
    t.run_jobs().await;
    assert_eq!(place(&t).await, (None, None, None));
    assert_eq!(nights(&t).await["items"][0]["detail"]["places"], 1);
    let list = t
        .see("staff1", &format!("/activities/{activity}/attendance"))
        .await;
    let status = |line: &&Value| line["member_id"] == json!(t.members["chen"].to_string());
    let line = list["items"].as_array().unwrap().iter().find(status);
    assert_eq!(line.unwrap()["status"], "present");
    t.stop().await;
}

#[actix_web::test]
async fn each_night_is_one_entry_and_names_the_next() {
    let t = TestApp::start().await;
    for _ in 0..3 {
        ensure_scheduled(&t.app).await.unwrap();
    }
    t.set("2026-09-15T03:29:00+08:00");
    t.run_jobs().await;
    assert_eq!(nights(&t).await["total"], 0);

    t.set("2026-09-15T03:30:00+08:00");
    t.run_jobs().await;
    t.set("2026-09-16T12:00:00+08:00");
    t.run_jobs().await;

    let seen = nights(&t).await;
    assert_eq!(seen["total"], 2);
    let entry = &seen["items"][1];
    assert_eq!(
        (&entry["at"], &entry["detail"]),
        (
            &json!("2026-09-15T03:30:00+08:00"),
            &json!({ "places": 0, "answers": 0, "jobs": 0, "callbacks": 0, "link_words": 0, "imports": 0 })
        )
    );
    let tidied = job::Entity::of(t.committee)
        .filter(job::Column::Kind.eq(api::tidy::TIDY))
        .filter(job::Column::State.eq("ready"));
    assert_eq!(tidied.count(t.app.db.read()).await.unwrap(), 1);
    t.stop().await;
}

#[actix_web::test]
async fn an_answer_is_kept_for_a_day() {
    let t = TestApp::start().await;
    let request = t
        .client
        .http()
        .post(t.client.url("/duty-records"))
        .bearer_auth(t.token("chen").await)
        .header("Idempotency-Key", "once")
        .json(&json!({ "kind": "proposal", "title": "提案", "done_on": "2026-03-27" }));
    assert_eq!(request.send().await.unwrap().status().as_u16(), 201);
    let kept = async || {
        let answers = idempotency::Entity::of(t.committee);
        answers.count(t.app.db.read()).await.unwrap()
    };

    t.pass_minutes(24 * 60 - 1);
    api::tidy::tidy(&t.app, t.committee).await.unwrap();
    assert_eq!(kept().await, 1);
    t.pass_minutes(1);
    assert_eq!(
        api::tidy::tidy(&t.app, t.committee).await.unwrap().answers,
        1
    );
    assert_eq!(kept().await, 0);
    t.stop().await;
}

#[actix_web::test]
async fn finished_work_and_the_rows_of_a_roster_are_forgotten_after_a_month() {
    let t = TestApp::start().await;
    let csv = "姓名*,手机号*,界别*,活动组*\n赵新,10001000001,经济,第一活动组\n";
    let part = Part::bytes(csv.as_bytes().to_vec()).file_name("名册.csv");
    let request = t
        .client
        .http()
        .post(t.client.url("/roster/imports"))
        .bearer_auth(t.token("office").await)
        .multipart(Form::new().part("file", part));
    let preview: Value = request.send().await.unwrap().json().await.unwrap();
    pushes(&t).await;
    // Publishing leaves jobs behind that are done.
    t.activity("学习会").await;
    t.run_jobs().await;
    let nothing = api::tidy::tidy(&t.app, t.committee).await.unwrap();
    assert_eq!(
        (nothing.jobs, nothing.callbacks, nothing.imports),
        (0, 0, 0)
    );

    t.set("2026-10-14T09:10:00+08:00");
    let tidied = api::tidy::tidy(&t.app, t.committee).await.unwrap();

    assert!(tidied.jobs > 0, "{tidied:?}");
    assert_eq!(tidied.imports, 1);
    // The simulated followers pushed, too.
    assert!(tidied.callbacks > 0);
    // Each of them was welcomed with a word.
    assert!(tidied.link_words > 0, "{tidied:?}");
    let row = roster_import::Entity::of(t.committee)
        .one(t.app.db.read())
        .await
        .unwrap();
    let row = row.expect("the import stays");
    assert_eq!((row.plan, row.row_count), (json!({}), 1));
    let left = callback::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap();
    let left: Vec<_> = left.into_iter().map(|row| row.dedupe_key).collect();
    assert!(left.contains(&"waiting".to_owned()) && !left.contains(&"handled".to_owned()));
    let again = api::tidy::tidy(&t.app, t.committee).await.unwrap();
    assert_eq!((again.jobs, again.imports), (0, 0));
    let path = format!(
        "/roster/imports/{}/apply",
        preview["import_id"].as_str().unwrap()
    );
    let body = json!({ "plan_hash": preview["plan_hash"] });
    let (status, problem) = t.post("office", &path, body).await;
    assert_eq!((status, &problem["code"]), (409, &json!("import_outdated")));
    t.stop().await;
}

/// A push that was handled and one that was not.
async fn pushes(t: &TestApp) {
    t.app
        .db
        .housekeeping(async |txn| {
            for (key, handled_at) in [("waiting", None), ("handled", Some(t.now()))] {
                let row = callback::ActiveModel {
                    committee_id: Set(t.committee),
                    id: Set(CallbackId(uuid::Uuid::now_v7())),
                    app_id: Set("wxdemo0000000000g1".to_owned()),
                    dedupe_key: Set(key.to_owned()),
                    kind: Set(domain::follower::PushKind::TemplateFinished),
                    event: Set(json!({})),
                    create_time: Set(t.now().timestamp()),
                    received_at: Set(t.now()),
                    handled_at: Set(handled_at),
                };
                callback::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
            }
            Ok(())
        })
        .await
        .expect("the pushes are written");
}
