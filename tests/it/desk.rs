//! The check-in desk: many are written together, each by what is true when he is written, and each
//! hears of his own check-in alone.

use api::audit::offline::{Source, verify};
use entity::activity;
use futures_util::future::join_all;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;

fn check_ins(activity: &str) -> String {
    format!("/activities/{activity}/check-ins")
}

fn tap(code: &Value, phone: &str) -> Value {
    json!({ "code": code["code"], "slot": code["slot"], "client_id": phone })
}

#[actix_web::test]
async fn whoever_comes_after_a_cancellation_is_refused_however_fresh_the_desk_s_memory() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    t.token("ding").await;
    let (status, _) = t.post("chen", &check_ins(&activity), tap(&code, "a")).await;
    assert_eq!(status, 201);

    let reason = json!({ "reason": "停电" });
    t.act("office", &format!("/activities/{activity}/cancel"), reason)
        .await;
    let (status, problem) = t.post("ding", &check_ins(&activity), tap(&code, "b")).await;

    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("checkin_not_open"))
    );
    assert_eq!(t.count_checkins(&activity).await, 1);
}

#[actix_web::test]
async fn a_change_of_the_activity_a_moment_ago_counts_at_once() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    t.token("ding").await;
    let (_, first) = t.post("chen", &check_ins(&activity), tap(&code, "a")).await;
    assert_eq!(first["status"], "present");

    // As though another node had moved it: late is who comes from an hour ago on.
    let id: uuid::Uuid = activity.parse().expect("an id");
    let earlier = t.now() - chrono::TimeDelta::hours(1);
    activity::Entity::update_many()
        .col_expr(activity::Column::LateAfter, Expr::value(earlier))
        .col_expr(
            activity::Column::Version,
            Expr::col(activity::Column::Version).add(1),
        )
        .filter(activity::Column::Id.eq(id))
        .exec(t.app.db.migrations())
        .await
        .expect("an update");
    let (status, second) = t.post("ding", &check_ins(&activity), tap(&code, "b")).await;

    assert_eq!(
        (status, &second["status"]),
        (201, &json!("late")),
        "{second}"
    );
}

#[actix_web::test]
async fn good_and_bad_and_second_taps_at_once_each_hear_their_own() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    for who in ["chen", "ding", "bo", "alice", "gao"] {
        t.token(who).await;
    }
    let path = check_ins(&activity);
    let wrong = json!({ "code": "12345678", "client_id": "w" });
    let tries = [
        ("chen", tap(&code, "c")),
        ("ding", wrong),
        ("bo", tap(&code, "b")),
        ("gao", tap(&code, "g")),
        ("chen", tap(&code, "c")),
        ("alice", tap(&code, "a")),
    ];

    let answers = join_all(tries.into_iter().map(|(who, body)| {
        let (t, path) = (&t, &path);
        async move { (who, t.post(who, path, body).await) }
    }))
    .await;

    let mut chen = Vec::new();
    for (who, (status, body)) in answers {
        match who {
            "chen" => chen.push(status),
            "ding" => assert_eq!(
                (status, &body["code"]),
                (422, &json!("code_invalid")),
                "{body}"
            ),
            "gao" => assert_eq!(body["code"], "not_invited", "{body}"),
            _ => assert_eq!(status, 201, "{who}: {body}"),
        }
    }
    chen.sort_unstable();
    assert_eq!(chen, [200, 201]);
    assert_eq!(t.count_checkins(&activity).await, 3);
    assert!(verify(Source::Database(&t.app.db)).await.unwrap().ok());
}

/// Forty members tap while their convener calls the roll of thirty of them and of a stranger, all
/// at once: both are kept of each, the roll stands above the tap, and each has his own entry.
#[actix_web::test]
async fn the_roll_is_called_while_they_come() {
    let t = TestApp::start().await;
    let crowd = t.crowd(40).await;
    let activity = t.activity("全体学习").await;
    let code = t.arrive(&activity).await;
    let tokens = t.crowd_tokens(&crowd);
    for who in ["alice", "gao"] {
        t.token(who).await;
    }
    let found = |at: usize| ["present", "absent"][at % 2];
    let list = format!("/activities/{activity}/attendance");
    let lines = async || {
        let lines = t.see("alice", &format!("{list}?limit=200")).await;
        let mut lines = lines["items"].as_array().expect("a page").clone();
        // Those who were there before the crowd stay away.
        lines.retain(|line| {
            !t.members
                .values()
                .any(|known| line["member_id"] == json!(known))
        });
        lines
    };
    let invited = lines().await;
    let called = &invited[..30];

    let taps = tokens.iter().enumerate().map(|(at, token)| {
        let (client, path) = (&t.client, check_ins(&activity));
        let body = tap(&code, &format!("phone-{at}"));
        async move {
            let answer = client.call(reqwest::Method::POST, Some(token), &path, Some(&body));
            answer.await.expect("an answer").status
        }
    });
    let calls = called.iter().enumerate().map(|(at, line)| {
        let member = line["member_id"].as_str().expect("an id");
        let (t, path) = (&t, format!("{list}/{member}"));
        let body = json!({ "status": found(at), "reason": "现场核对" });
        async move { t.put("alice", &path, body).await }
    });
    let stranger = format!("{list}/{}", t.members["gao"]);
    let body = json!({ "status": "present", "reason": "现场核对" });
    let (taps, calls, stranger) = futures_util::join!(
        join_all(taps),
        join_all(calls),
        t.put("alice", &stranger, body)
    );

    assert!(taps.iter().all(|&status| status == 201), "{taps:?}");
    for (at, (status, body)) in calls.iter().enumerate() {
        assert_eq!(
            (*status, &body["member_id"], &body["status"]),
            (200, &called[at]["member_id"], &json!(found(at))),
            "{body}"
        );
    }
    assert_eq!(stranger.1["code"], "not_invited");
    for (at, line) in lines().await.iter().enumerate() {
        assert!(line["checked_in_at"].is_string(), "{line}");
        let stands = match called.get(at) {
            Some(_) => json!([found(at), "roll_call", found(at) == "absent"]),
            None => json!(["present", "code", false]),
        };
        let [status, source, conflict] =
            ["status", "source", "conflicts_with_check_in"].map(|name| &line[name]);
        assert_eq!(json!([status, source, conflict]), stands);
    }
    assert_eq!(t.count_checkins(&activity).await, 40);
    let log = t
        .see("auditor", "/audit?operation=roll_call&limit=200")
        .await;
    let entries = log["items"].as_array().expect("a page");
    let done = entries.iter().filter(|entry| entry["outcome"] == "done");
    assert_eq!(done.count(), 30);
    assert!(
        verify(Source::Database(&t.app.db))
            .await
            .expect("the chains are read")
            .ok()
    );
}

#[actix_web::test]
async fn each_check_in_of_a_group_has_its_own_entry_with_its_own_trace() {
    let t = TestApp::start().await;
    let crowd = t.crowd(60).await;
    let activity = t.activity("全体学习").await;
    let code = t.arrive(&activity).await;
    let tokens = t.crowd_tokens(&crowd);
    let path = check_ins(&activity);

    let answers = join_all(tokens.iter().enumerate().map(|(index, token)| {
        let body = tap(&code, &format!("phone-{index}"));
        let (client, path) = (&t.client, &path);
        async move {
            client
                .call(reqwest::Method::POST, Some(token), path, Some(&body))
                .await
                .expect("an answer")
                .status
        }
    }))
    .await;
    assert!(answers.iter().all(|&status| status == 201), "{answers:?}");

    let log = t
        .see("auditor", "/audit?operation=check_in&limit=200")
        .await;
    let entries = log["items"].as_array().expect("a page");
    let distinct = |name: &str| {
        let all = entries.iter().map(|entry| entry[name].to_string());
        all.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(
        (entries.len(), distinct("trace_id"), distinct("detail")),
        (60, 60, 60)
    );
    assert!(verify(Source::Database(&t.app.db)).await.unwrap().ok());
}

#[actix_web::test]
async fn a_key_that_comes_again_gets_the_same_check_in() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    let token = t.token("chen").await;
    let send = async || {
        let request = t.client.http().post(t.client.url(&check_ins(&activity)));
        let response = request
            .bearer_auth(&token)
            .header("Idempotency-Key", "tap-7")
            .json(&tap(&code, "phone"))
            .send()
            .await
            .expect("an answer");
        (
            response.status().as_u16(),
            response.text().await.expect("a body"),
        )
    };

    let first = send().await;
    let again = send().await;

    assert_eq!(first.0, 201, "{first:?}");
    assert_eq!(again, first);
    assert_eq!(t.count_checkins(&activity).await, 1);
}
