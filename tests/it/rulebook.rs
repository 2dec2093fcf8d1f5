//! Versions of the rules: drafted, proposed, adopted by a second person, never changed after that;
//! what they would do to everybody; who sees what; and the same from files, without a server.

mod files;
mod preview;
mod sight;

use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

/// A small regulation: proposals count, and from so many points on it is enough.
fn small(version: u32, points: &str, enough: &str) -> String {
    format!(
        r#"# 邢东试行
key = "xingdong"
title = "邢东考核办法"
version = {version}
same_thing = "best"
period = {{ unit = "year" }}
total = {{ rounding = {{ to = 0.01, mode = "half_up" }} }}

[[rules]]
key = "proposal"
part = "total"
clause = "第一条"
title = "提交提案"
text = "提案每件若干分。"
counts = [{{ kind = "proposal" }}]
unit = "件"
points = {points}

[[grades]]
key = "pass"
title = "合格"
at_least = {enough}

[[grades]]
key = "fail"
title = "不合格"
"#
    )
}

async fn draft(t: &TestApp, text: &str) -> String {
    let draft = t.act("office", "/rulebooks", json!({ "text": text })).await;
    format!("/rulebooks/{}", draft["id"].as_str().expect("an id"))
}

async fn propose(t: &TestApp, path: &str, from: &str) {
    let body = json!({ "effective_from": from });
    t.act("office", &format!("{path}/propose"), body).await;
}

fn document() -> Value {
    json!({ "document": "邢东政协〔2026〕8号" })
}

/// Drafted, proposed and adopted; returns its path.
async fn adopted(t: &TestApp, text: &str, from: &str) -> String {
    let path = draft(t, text).await;
    propose(t, &path, from).await;
    t.act("leader", &format!("{path}/adopt"), document()).await;
    path
}

async fn proposal(t: &TestApp, who: &str, title: &str) {
    let body =
        json!({ "kind": "proposal", "title": title, "done_on": "2026-03-27", "submit": true });
    let record = t.act(who, "/duty-records", body).await;
    let path = format!("/duty-records/{}/verify", record["id"].as_str().unwrap());
    t.act("staff1", &path, json!({})).await;
}

#[actix_web::test]
async fn a_version_is_drafted_proposed_adopted_and_then_in_force() {
    let t = TestApp::start().await;
    proposal(&t, "chen", "关于修路的提案").await;
    let before = t.see("chen", "/rulebooks").await;
    assert_eq!(
        (
            &before["total"],
            &before["items"][0]["id"],
            &before["items"][0]["in_force"]
        ),
        (&json!(1), &json!("default"), &json!(true))
    );
    assert_eq!(before["items"][0]["notice"], "默认方案，请办公室核定");

    let path = draft(&t, &small(1, "7", "60")).await;
    let drafted = t.see("chen", &path).await;
    assert_eq!(
        (
            &drafted["status"],
            &drafted["effective_from"],
            &drafted["row_version"]
        ),
        (&json!("draft"), &Value::Null, &json!(1))
    );
    assert_eq!(drafted["rulebook"]["rules"][0]["clause"], "第一条");
    assert!(drafted["text"].as_str().unwrap().starts_with("# 邢东试行"));
    let (status, edited) = t
        .patch("office2", &path, json!({ "text": small(1, "8", "60") }))
        .await;
    assert_eq!(
        (status, &edited["row_version"]),
        (200, &json!(2)),
        "{edited}"
    );
    assert_ne!(edited["hash"], drafted["hash"]);

    propose(&t, &path, "2026-01-01").await;
    let adopted = t.act("leader", &format!("{path}/adopt"), document()).await;

    assert_eq!(
        (
            &adopted["status"],
            &adopted["effective_from"],
            &adopted["in_force"]
        ),
        (&json!("adopted"), &json!("2026-01-01"), &json!(true))
    );
    assert_eq!(adopted["adopted_document"], "邢东政协〔2026〕8号");
    let sheet = t.see("chen", "/me/score").await;
    assert_eq!(
        (&sheet["rulebook"], &sheet["total"], &sheet["notice"]),
        (&json!("xingdong"), &json!("8"), &Value::Null)
    );
    // What came before it took effect is assessed by the shipped rules.
    let earlier = t.see("chen", "/me/score?period=2025").await;
    assert_eq!(earlier["rulebook"], "six_ones");
    let list = t.see("chen", "/rulebooks").await;
    let in_force: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["in_force"].clone())
        .collect();
    assert_eq!(in_force, [json!(true), json!(false)]);
    // Every step is in the audit log with the hash of what it was about.
    for operation in ["rulebook_write", "rulebook_propose", "rulebook_adopt"] {
        let log = t
            .see("auditor", &format!("/audit?operation={operation}"))
            .await;
        assert_eq!(log["items"][0]["detail"]["key"], "xingdong", "{log}");
    }
    let log = t.see("auditor", "/audit?operation=rulebook_adopt").await;
    assert_eq!(log["items"][0]["detail"]["hash"], adopted["hash"]);
}

#[actix_web::test]
async fn what_is_wrong_in_a_text_is_named_with_its_line() {
    let t = TestApp::start().await;
    let text = small(1, "7", "60")
        .replace("kind = \"proposal\"", "kind = \"proposl\"")
        .replace("key = \"fail\"", "key = \"pass\"");

    let (status, problem) = t
        .post("office", "/rulebooks", json!({ "text": text }))
        .await;

    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("validation_failed"))
    );
    let errors = problem["errors"].as_array().unwrap();
    assert!(errors.len() >= 2, "{problem}");
    for error in errors {
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!("/text"), &json!("rulebook_invalid"))
        );
    }
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.starts_with("第 15 行第"), "{message}");

    let (status, problem) = t
        .post("office", "/rulebooks", json!({ "text": "key = “a”" }))
        .await;
    assert_eq!(status, 422);
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("第 1 行第"), "{message}");
    assert_eq!(t.see("office", "/rulebooks").await["total"], 1);
}

#[actix_web::test]
async fn a_version_of_a_key_is_there_once() {
    let t = TestApp::start().await;
    let path = draft(&t, &small(1, "7", "60")).await;
    let second = draft(&t, &small(2, "7", "60")).await;

    let again = json!({ "text": small(1, "9", "60") });
    let (status, problem) = t.post("office", "/rulebooks", again.clone()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("rulebook_exists")));
    let (status, problem) = t.patch("office", &second, again.clone()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("rulebook_exists")));
    // A withdrawn version keeps its number.
    t.act("office", &format!("{path}/withdraw"), json!({}))
        .await;
    assert_eq!(t.post("office", "/rulebooks", again.clone()).await.0, 409);
    assert_eq!(t.post("x-office", "/rulebooks", again).await.0, 201);
}

#[actix_web::test]
async fn of_two_clerks_who_send_one_version_at_once_one_is_let_in() {
    let t = TestApp::start().await;
    t.token("office").await;
    t.token("office2").await;

    let send = |who| t.post(who, "/rulebooks", json!({ "text": small(1, "7", "60") }));
    let ((first, _), (second, _)) = futures_util::join!(send("office"), send("office2"));

    let mut statuses = [first, second];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

/// Gives somebody of the office a second seat, among the leaders.
async fn seat_among_leaders(t: &TestApp, who: &str) {
    use domain::people::SeatKind;
    use entity::{Scoped, account, seat};
    use sea_orm::{ActiveModelTrait, ColumnTrait, QueryFilter, Set};
    let db = t.app.db.migrations();
    let account = account::Entity::of(t.committee)
        .filter(account::Column::Username.eq(who))
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let of_office = seat::Entity::of(t.committee)
        .filter(seat::Column::AccountId.eq(account.id))
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let mut seat: seat::ActiveModel = of_office.into();
    seat.id = Set(domain::ids::SeatId(uuid::Uuid::now_v7()));
    seat.kind = Set(SeatKind::Leader);
    seat.insert(db).await.unwrap();
    t.app.standings.forget();
}

#[actix_web::test]
async fn who_wrote_or_proposed_a_version_does_not_adopt_it() {
    let t = TestApp::start().await;
    seat_among_leaders(&t, "office").await;
    seat_among_leaders(&t, "office2").await;
    let refused = async |who: &str, path: &str| {
        let (status, problem) = t.post(who, &format!("{path}/adopt"), document()).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("second_person_required")),
            "{who}"
        );
    };

    // office writes and proposes, office2 only touched the text in between.
    let path = draft(&t, &small(1, "7", "60")).await;
    for (who, points) in [("office2", "8"), ("office", "9")] {
        let edit = json!({ "text": small(1, points, "60") });
        assert_eq!(t.patch(who, &path, edit).await.0, 200);
    }
    propose(&t, &path, "2027-01-01").await;
    refused("office", &path).await;
    refused("office2", &path).await;
    t.act("leader", &format!("{path}/adopt"), document()).await;

    // office writes, office2 proposes.
    let path = draft(&t, &small(2, "7", "60")).await;
    let from = json!({ "effective_from": "2028-01-01" });
    t.act("office2", &format!("{path}/propose"), from).await;
    refused("office", &path).await;
    refused("office2", &path).await;
}

#[actix_web::test]
async fn what_was_adopted_is_never_changed() {
    let t = TestApp::start().await;
    let path = adopted(&t, &small(1, "7", "60"), "2026-01-01").await;
    let before = t.see("office", &path).await;

    let edit = json!({ "text": small(1, "9", "60") });
    let (status, problem) = t.patch("office", &path, edit).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    let from = json!({ "effective_from": "2027-01-01" });
    for (who, step, body) in [
        ("office", "propose", from),
        ("office", "withdraw", json!({})),
        ("leader", "adopt", document()),
    ] {
        let (status, problem) = t.post(who, &format!("{path}/{step}"), body).await;
        assert_eq!(
            (status, &problem["code"]),
            (409, &json!("wrong_step")),
            "{step}"
        );
    }

    assert_eq!(t.see("office", &path).await, before);
    // A proposed version is adopted as it was proposed, or withdrawn.
    let second = draft(&t, &small(2, "7", "60")).await;
    propose(&t, &second, "2027-01-01").await;
    let edit = json!({ "text": small(2, "9", "60") });
    assert_eq!(t.patch("office", &second, edit).await.0, 409);
    let withdrawn = t
        .act("office", &format!("{second}/withdraw"), json!({}))
        .await;
    assert_eq!(withdrawn["status"], "withdrawn");
    assert_eq!(
        t.post("leader", &format!("{second}/adopt"), document())
            .await
            .0,
        409
    );
}

#[actix_web::test]
async fn a_version_takes_effect_on_the_first_day_of_a_period() {
    let t = TestApp::start().await;
    let path = draft(&t, &small(1, "7", "60")).await;
    for (from, code) in [
        ("2026-07-01", "not_period_start"),
        ("2026-12-31", "not_period_start"),
        ("1999-01-01", "out_of_range"),
        ("2101-01-01", "out_of_range"),
    ] {
        let body = json!({ "effective_from": from });
        let (status, problem) = t.post("office", &format!("{path}/propose"), body).await;
        assert_eq!(
            (
                status,
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (422, &json!("/effective_from"), &json!(code)),
            "{from}"
        );
    }
    let body = json!({ "effective_from": "2026-07-01" });
    let (_, problem) = t.post("office", &format!("{path}/propose"), body).await;
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("2026-01-01 或 2027-01-01"), "{message}");

    // A session year begins where the rulebook says.
    let session = small(1, "7", "60")
        .replace("key = \"xingdong\"", "key = \"session\"")
        .replace(
            "unit = \"year\"",
            "unit = \"session_year\", starts = \"02-15\"",
        );
    let path = draft(&t, &session).await;
    let body = json!({ "effective_from": "2027-01-01" });
    assert_eq!(
        t.post("office", &format!("{path}/propose"), body).await.0,
        422
    );
    propose(&t, &path, "2027-02-15").await;
}

#[actix_web::test]
async fn of_two_versions_the_later_one_counts_from_its_first_day() {
    let t = TestApp::start().await;
    proposal(&t, "chen", "关于修路的提案").await;
    adopted(&t, &small(1, "7", "60"), "2025-01-01").await;
    adopted(&t, &small(2, "9", "60"), "2027-01-01").await;

    let version = async |period: &str| {
        let sheet = t.see("chen", &format!("/me/score?period={period}")).await;
        sheet["rulebook_version"].clone()
    };
    assert_eq!(version("2025").await, 1);
    assert_eq!(version("2026").await, 1);
    assert_eq!(version("2027").await, 2);
    assert_eq!(t.see("chen", "/me/score").await["total"], "7");

    // A later adoption for the same day replaces the other.
    t.pass_minutes(1);
    adopted(&t, &small(3, "11", "60"), "2025-01-01").await;
    assert_eq!(t.see("chen", "/me/score").await["total"], "11");
}

#[actix_web::test]
async fn a_closed_period_is_never_assessed_anew() {
    let t = TestApp::start().await;
    let body = json!({ "effective_from": "2026-01-01" });
    let waiting = draft(&t, &small(1, "7", "60")).await;
    propose(&t, &waiting, "2026-01-01").await;
    close_2026(&t).await;

    let late = draft(&t, &small(2, "7", "60")).await;
    let (status, problem) = t.post("office", &format!("{late}/propose"), body).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("period_closed")),
        "{problem}"
    );
    let (status, problem) = t
        .post("leader", &format!("{waiting}/adopt"), document())
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("period_closed")),
        "{problem}"
    );
    propose(&t, &late, "2027-01-01").await;
}

/// The year 2026 as a row that is closed.
async fn close_2026(t: &TestApp) {
    use domain::closing::PeriodStatus;
    use entity::period;
    use sea_orm::{EntityTrait, Set};
    let day = |text: &str| text.parse().unwrap();
    let row = period::ActiveModel {
        committee_id: Set(t.committee),
        id: Set(domain::ids::PeriodId(uuid::Uuid::now_v7())),
        key: Set("2026".to_owned()),
        unit: Set("year".to_owned()),
        year: Set(2026),
        number: Set(1),
        first: Set(day("2026-01-01")),
        last: Set(day("2026-12-31")),
        status: Set(PeriodStatus::Closed),
        closings: Set(1),
        row_version: Set(1),
        created_at: Set(t.now()),
        ..Default::default()
    };
    period::Entity::insert(row)
        .exec_without_returning(t.app.db.migrations())
        .await
        .unwrap();
}

#[actix_web::test]
async fn a_lost_update_is_refused() {
    let t = TestApp::start().await;
    let path = draft(&t, &small(1, "7", "60")).await;
    let patch = async |tag: &str, points: &str| {
        let request = t.client.http().request(Method::PATCH, t.client.url(&path));
        let request = request
            .bearer_auth(t.token("office").await)
            .header("If-Match", tag)
            .json(&json!({ "text": small(1, points, "60") }));
        let response = request.send().await.unwrap();
        let tag = response.headers().get("etag").cloned();
        (response.status().as_u16(), tag)
    };

    let (status, tag) = patch("\"1\"", "8").await;
    assert_eq!((status, tag.unwrap()), (200, "\"2\"".parse().unwrap()));
    assert_eq!(patch("\"1\"", "9").await.0, 412);
    assert_eq!(
        t.see("office", &path).await["rulebook"]["rules"][0]["points"],
        "8"
    );
}
