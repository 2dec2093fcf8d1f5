//! Tokens that are bent, borrowed, worn out or taken back.

use std::time::Duration;

use chrono::TimeDelta;
use domain::time::local_date;
use entity::{Scoped, seat, session};
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;

async fn enter(t: &TestApp, who: &str) -> (String, String) {
    let mini_program = api::demo::world::MINI_PROGRAM;
    let code = t.sim.handle.login_code(mini_program, who);
    let session = t.client.wechat(mini_program, &code).await.unwrap();
    let [access, refresh] =
        ["access_token", "refresh_token"].map(|name| session[name].as_str().unwrap().to_owned());
    (access, refresh)
}

async fn me(t: &TestApp, token: &str) -> u16 {
    let call = t.client.call(Method::GET, Some(token), "/me", None);
    call.await.unwrap().status
}

async fn refresh(t: &TestApp, token: &str) -> (u16, Value) {
    let body = json!({ "refresh_token": token });
    t.post(None, "/auth/refresh", body).await
}

#[actix_web::test]
async fn only_a_whole_access_token_of_ours_signs_anybody_in() {
    let t = TestApp::start().await;
    let (chen, refresh_token) = enter(&t, "chen").await;
    let (ding, _) = enter(&t, "ding").await;
    let part = |token: &str, index: usize| token.split('.').nth(index).unwrap().to_owned();
    let unsigned = |tail: &str| format!("eyJhbGciOiJub25lIn0.{}.{tail}", part(&chen, 1));

    assert_eq!(me(&t, &chen).await, 200);
    for bent in [
        refresh_token.clone(),
        unsigned(""),
        unsigned(&part(&chen, 2)),
        format!("{}.{}.{}", part(&chen, 0), part(&ding, 1), part(&chen, 2)),
        format!("{}.{}.", part(&chen, 0), part(&chen, 1)),
        format!("{chen}.{chen}"),
        String::new(),
        "a".repeat(7000),
    ] {
        assert_eq!(me(&t, &bent).await, 401, "{bent}");
    }
    assert_eq!(refresh(&t, &chen).await.0, 401);
    assert_eq!(refresh(&t, "").await.0, 401);
    assert_eq!(refresh(&t, &"A".repeat(91)).await.0, 401);
    t.stop().await;
}

#[actix_web::test]
async fn the_token_of_another_committee_reaches_nothing_here() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let chen = t.members["chen"];
    for (who, path) in [
        ("x-zhu", format!("/activities/{activity}")),
        ("x-office", format!("/members/{chen}")),
        ("x-office", format!("/members/{chen}/phone?reason=a")),
        ("x-office", format!("/activities/{activity}/attendance")),
        ("x-staff", format!("/activities/{activity}/check-in-code")),
    ] {
        assert_eq!(t.get(who, &path).await.0, 404, "{who} {path}");
    }
    assert_eq!(t.see("x-office", "/activities").await["total"], 0);
    assert_eq!(t.see("x-office", "/members").await["total"], 2);
    t.stop().await;
}

/// Waits a second and a little, as another node does that nobody told.
async fn a_second() {
    tokio::time::sleep(Duration::from_millis(1050)).await;
}

#[actix_web::test]
async fn what_another_node_took_back_counts_within_a_second() {
    let t = TestApp::start().await;
    let (access, refresh_token) = enter(&t, "chen").await;
    assert_eq!(me(&t, &access).await, 200);
    let draft = json!({ "title": "" });
    assert_eq!(t.post("alice", "/activities", draft.clone()).await.0, 422);

    let now = t.now();
    let yesterday = local_date(now) - chrono::Days::new(1);
    t.app
        .db
        .housekeeping(async |txn| {
            let session = t.app.tokens.verify(&access, now)?.sid;
            session::Entity::update_many()
                .col_expr(session::Column::RevokedAt, Expr::value(Some(now)))
                .filter(session::Column::CommitteeId.eq(t.committee))
                .filter(session::Column::Id.eq(session))
                .exec(txn)
                .await?;
            seat::Entity::update_many()
                .col_expr(seat::Column::ToDate, Expr::value(Some(yesterday)))
                .filter(seat::Column::CommitteeId.eq(t.committee))
                .filter(seat::Column::MemberId.eq(t.members["alice"]))
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    a_second().await;

    assert_eq!(me(&t, &access).await, 401);
    assert_eq!(refresh(&t, &refresh_token).await.0, 401);
    assert_eq!(t.post("alice", "/activities", draft).await.0, 403);
    t.stop().await;
}

#[actix_web::test]
async fn a_seat_counts_through_its_last_day_in_shanghai() {
    let t = TestApp::start().await;
    let today = local_date(t.now());
    let seats = seat::Entity::of(t.committee)
        .filter(seat::Column::MemberId.eq(t.members["alice"]))
        .one(t.app.db.read());
    let alices = seats.await.unwrap().unwrap();
    t.app
        .db
        .housekeeping(async |txn| {
            seat::Entity::update_many()
                .col_expr(seat::Column::ToDate, Expr::value(Some(today)))
                .filter(seat::Column::CommitteeId.eq(t.committee))
                .filter(seat::Column::Id.eq(alices.id))
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
        .unwrap();

    t.set("2026-09-14T23:59:59.999+08:00");
    assert_eq!(t.post("alice", "/activities", json!({})).await.0, 422);
    t.set("2026-09-15T00:00:00+08:00");
    assert_eq!(t.post("alice", "/activities", json!({})).await.0, 403);
    t.stop().await;
}

#[actix_web::test]
async fn a_refresh_token_used_late_again_is_a_copy_and_ends_the_session() {
    let t = TestApp::start().await;
    let (access, first) = enter(&t, "chen").await;

    let taps = (0..4).map(|_| refresh(&t, &first));
    let pairs = futures_util::future::join_all(taps).await;
    let second = pairs[0].1["refresh_token"].as_str().unwrap().to_owned();
    assert!(
        pairs
            .iter()
            .all(|(status, pair)| (*status, &pair["refresh_token"]) == (200, &json!(second))),
        "{pairs:?}"
    );
    t.app.clock.advance(TimeDelta::milliseconds(9_999));
    assert_eq!(refresh(&t, &first).await.1["refresh_token"], json!(second));
    assert_eq!(me(&t, &access).await, 200);

    t.app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(refresh(&t, &first).await.1["code"], "refresh_rejected");
    assert_eq!(refresh(&t, &second).await.0, 401);
    assert_eq!(me(&t, &access).await, 401);
    let log = t
        .see("auditor", "/audit?operation=refresh_token_reused")
        .await;
    assert_eq!(log["total"], 1);
    t.stop().await;
}
