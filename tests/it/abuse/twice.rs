//! The same request twice, many times at once, or cut off in the middle, under one key.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use entity::{Scoped, activity, idempotency};
use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;

use super::plan;

async fn keyed(t: &TestApp, token: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let request = t.client.http().post(t.client.url(path)).bearer_auth(token);
    let answer = request.header("idempotency-key", key).json(body).send();
    let answer = answer.await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn titled(t: &TestApp, title: &str) -> u64 {
    let rows = activity::Entity::of(t.committee)
        .filter(activity::Column::Title.eq(title))
        .count(t.app.db.read());
    rows.await.expect("a count")
}

/// Puts every kept answer into the state of a request whose phone went away after the change.
async fn lose_answers(t: &TestApp, status: Option<i32>) {
    let lost = t.app.db.housekeeping(async |txn| {
        idempotency::Entity::update_many()
            .col_expr(idempotency::Column::Status, Expr::value(status))
            .col_expr(idempotency::Column::Body, Expr::value(None::<Vec<u8>>))
            .filter(idempotency::Column::CommitteeId.eq(t.committee))
            .exec(txn)
            .await?;
        Ok(())
    });
    lost.await.expect("the answers are lost");
}

#[actix_web::test]
async fn one_key_many_times_at_once_does_one_thing() {
    let t = TestApp::start().await;
    let (token, group) = (t.token("alice").await, t.group(0).await);
    let body = plan(&group, "学习");
    let answers = join_all((0..12).map(|_| keyed(&t, &token, "/activities", "k", &body))).await;

    assert_eq!(titled(&t, "学习").await, 1);
    for (status, answer) in &answers {
        let done = *status == 201
            && answer["id"] == answers.iter().find(|(status, _)| *status == 201).unwrap().1["id"];
        let waits = (*status, &answer["code"]) == (409, &json!("idempotency_in_progress"));
        assert!(done || waits, "{status} {answer}");
    }

    // All of them come back to a request that died before it did anything.
    lose_answers(&t, None).await;
    t.pass_minutes(1);
    let again = plan(&group, "学习");
    let answers = join_all((0..12).map(|_| keyed(&t, &token, "/activities", "k", &again))).await;
    assert!(
        answers
            .iter()
            .all(|(status, _)| [201, 409].contains(status)),
        "{answers:?}"
    );
    assert_eq!(titled(&t, "学习").await, 2);
    t.stop().await;
}

#[actix_web::test]
async fn what_was_refused_may_be_tried_again_under_its_key() {
    let t = TestApp::start().await;
    let (token, group) = (t.token("alice").await, t.group(0).await);
    let wrong = plan(&group, " ");
    assert_eq!(keyed(&t, &token, "/activities", "k", &wrong).await.0, 422);
    assert_eq!(keyed(&t, &token, "/activities", "k", &wrong).await.0, 422);
    let right = plan(&group, "学习");
    assert_eq!(keyed(&t, &token, "/activities", "k", &right).await.0, 201);
    for key in ["", &"k".repeat(101)] {
        assert_eq!(
            keyed(&t, &token, "/activities", key, &right).await.0,
            422,
            "{key}"
        );
    }
    t.stop().await;
}

#[actix_web::test]
async fn what_was_done_is_not_done_again_though_its_answer_was_lost() {
    let t = TestApp::start().await;
    let (token, group) = (t.token("alice").await, t.group(0).await);
    let body = plan(&group, "学习");
    assert_eq!(keyed(&t, &token, "/activities", "k", &body).await.0, 201);
    lose_answers(&t, Some(0)).await;
    for (minutes, code) in [
        (0, "idempotency_in_progress"),
        (1, "conflict"),
        (5, "conflict"),
    ] {
        t.pass_minutes(minutes);
        let (status, problem) = keyed(&t, &token, "/activities", "k", &body).await;
        assert_eq!((status, &problem["code"]), (409, &json!(code)));
    }

    let address = t.base.trim_start_matches("http://").to_owned();
    for cut in 0..10 {
        let title = format!("断线之{}", "一".repeat(cut + 1));
        let body = plan(&group, &title);
        let (text, key) = (body.to_string(), format!("cut{cut}"));
        let mut line = TcpStream::connect(&address).unwrap();
        write!(
            line,
            "POST /api/v1/activities HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        )
        .unwrap();
        tokio::time::sleep(Duration::from_millis(2 * cut as u64)).await;
        drop(line);
        tokio::time::sleep(Duration::from_millis(60)).await;
        t.app.clock.advance(chrono::TimeDelta::seconds(31));
        let (status, answer) = keyed(&t, &token, "/activities", &key, &body).await;
        assert!([201, 409].contains(&status), "{status} {answer}");
        assert_eq!(titled(&t, &title).await, 1, "cut after {cut}: {status}");
    }
    t.stop().await;
}

#[actix_web::test]
async fn a_kept_answer_is_sealed_and_not_for_a_session_that_ended() {
    let t = TestApp::start().await;
    let token = t.token("office").await;
    let path = format!("/members/{}/invite-codes", t.members["chen"]);
    let (status, answer) = keyed(&t, &token, &path, "k", &json!({})).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(
        keyed(&t, &token, &path, "k", &json!({})).await,
        (201, answer.clone())
    );

    let kept = idempotency::Entity::of(t.committee)
        .one(t.app.db.read())
        .await;
    let kept = kept.unwrap().unwrap().body.unwrap();
    let code = answer["code"].as_str().unwrap().as_bytes();
    assert!(!kept.windows(code.len()).any(|part| part == code));

    let left = t
        .client
        .call(Method::POST, Some(&token), "/auth/logout", None);
    assert_eq!(left.await.unwrap().status, 204);
    assert_eq!(keyed(&t, &token, &path, "k", &json!({})).await.0, 401);
    t.stop().await;
}
