//! What WeChat pushes: believed only when it is WeChat's, counted once, in whatever order it comes.

mod events;
mod forge;
mod hostile;
mod links;
mod replies;

use std::collections::BTreeSet;

use api::callback::{ensure_scheduled, resync};
use api::demo::world::{self, official_account};
use entity::{Scoped, callback, identity, job};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;
use tests::until;
use wechat::sim::PushHabits;

use crate::notice::{follow, habits, start};
use forge::{account, crypt, push, send};

async fn kept(t: &TestApp) -> u64 {
    callback::Entity::of(t.committee)
        .count(t.app.db.read())
        .await
        .expect("callbacks can be counted")
}

async fn following(t: &TestApp, openid: &str) -> Option<bool> {
    let row = identity::Entity::of(t.committee)
        .filter(identity::Column::Openid.eq(openid))
        .one(t.app.db.read())
        .await
        .expect("identities can be read");
    row.map(|row| row.following)
}

#[actix_web::test]
async fn the_address_is_confirmed_to_wechat_and_to_nobody_else() {
    let t = TestApp::start().await;
    let account = account();
    let crypt = crypt(&account);
    let get = async |path: String| {
        let response = t
            .client
            .http()
            .get(format!("{}{path}", t.base))
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let timestamp = t.now().timestamp().to_string();
    let signature = crypt.signature(&timestamp, "n", None);
    let path = |app_id: &str, signature: &str, timestamp: &str| {
        format!(
            "/wechat/callback/{app_id}?signature={signature}&timestamp={timestamp}&nonce=n&echostr=4096"
        )
    };

    assert_eq!(
        get(path(&account.app_id, &signature, &timestamp)).await,
        (200, "4096".to_owned())
    );
    assert_eq!(
        get(path(&account.app_id, &"0".repeat(40), &timestamp))
            .await
            .0,
        403
    );
    assert_eq!(get(path("wxnobody", &signature, &timestamp)).await.0, 404);
    assert_eq!(
        get(path(world::MINI_PROGRAM, &signature, &timestamp))
            .await
            .0,
        404
    );
    assert_eq!(
        get(format!("/wechat/callback/{}", account.app_id)).await.0,
        403
    );
    t.pass_minutes(6);
    assert_eq!(
        get(path(&account.app_id, &signature, &timestamp)).await.0,
        403
    );
}

#[actix_web::test]
async fn a_push_that_is_not_wechats_is_turned_away_and_changes_nothing() {
    let t = start().await;
    let account = account();
    let before = kept(&t).await;
    let good = push(&t, &account, "subscribe", "o-stranger", 1_789_000_000);
    let mut other = account.clone();
    other.gh_id = "gh_other".to_owned();
    let bent = (
        good.0.clone(),
        good.1.replacen("<Encrypt>", "<Encrypt>A", 1),
    );
    let plain = "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>subscribe</Event></xml>";

    let mut bad = vec![
        push(&t, &other, "subscribe", "o-stranger", 1_789_000_000),
        bent,
        (good.0.clone(), plain.to_owned()),
        (good.0.clone(), "\u{0}{{{{".to_owned()),
        (good.0.clone(), String::new()),
        (
            format!(
                "/wechat/callback/{}?timestamp=1&timestamp=2",
                account.app_id
            ),
            good.1.clone(),
        ),
    ];
    bad.push((
        good.0.clone(),
        "<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>".to_owned(),
    ));
    for push in &bad {
        let (status, body) = send(&t, push).await;
        assert_eq!(status, 403, "{}", push.1);
        assert!(
            !body.contains("signature") && !body.contains("gh_"),
            "{body}"
        );
    }
    assert_eq!(kept(&t).await, before);
    assert_eq!(send(&t, &good).await.0, 200);
    t.run_jobs().await;
    assert_eq!(following(&t, "o-stranger").await, Some(true));
}

#[actix_web::test]
async fn a_push_counts_once_and_an_older_one_does_not_undo_a_later_one() {
    let t = start().await;
    let account = account();
    let before = kept(&t).await;
    let at = 1_789_000_000;
    let left = push(&t, &account, "unsubscribe", "o-1", at + 2);
    let came = push(&t, &account, "subscribe", "o-1", at);

    for one in [&left, &left, &came, &came, &left] {
        assert_eq!(send(&t, one).await.0, 200);
        t.run_jobs().await;
    }

    assert_eq!(following(&t, "o-1").await, Some(false));
    assert_eq!(kept(&t).await, before + 2);
    send(&t, &push(&t, &account, "subscribe", "o-1", at + 3)).await;
    t.run_jobs().await;
    assert_eq!(following(&t, "o-1").await, Some(true));
    assert_eq!(
        send(&t, &push(&t, &account, "LOCATION", "o-1", at + 4)).await,
        (200, "success".to_owned())
    );
}

#[actix_web::test]
async fn the_report_on_a_message_counts_whether_it_comes_early_late_or_often() {
    for habits in [
        PushHabits {
            before_answer: 1.0,
            ..habits()
        },
        PushHabits {
            before_answer: 0.0,
            duplicate: 1.0,
            delay_max_millis: 200,
            ..habits()
        },
    ] {
        let t = start().await;
        follow(&t, &[("chen", 0)]).await;
        t.sim.handle.set_push_habits(habits);
        let activity = t.activity("季度学习").await;
        t.run_jobs().await;
        let path = format!("/activities/{activity}/deliveries");
        until("the message is reported", async || {
            t.see("alice", &path).await["summary"]["reached"] == json!(2)
        })
        .await;
        let kept = callback::Entity::of(t.committee)
            .all(t.app.db.read())
            .await
            .unwrap();
        assert!(
            kept.iter().all(|row| row.handled_at.is_some()),
            "{}",
            kept.len()
        );
    }
}

#[actix_web::test]
async fn a_report_that_never_comes_is_not_waited_for_beyond_a_day() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.set_push_habits(PushHabits {
        lost: 1.0,
        ..habits()
    });
    let activity = t.activity("季度学习").await;
    let state = async || {
        let sheet = t
            .see("alice", &format!("/activities/{activity}/deliveries"))
            .await;
        let chen = sheet["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["name"] == "陈晨")
            .unwrap()
            .clone();
        let row = chen["deliveries"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["channel"] == "official_account")
            .unwrap()
            .clone();
        (row["state"].clone(), row["reason"].clone())
    };
    t.run_jobs().await;
    assert_eq!(state().await, (json!("accepted"), Value::Null));

    t.pass_minutes(24 * 60);
    t.run_jobs().await;

    assert_eq!(state().await, (json!("delivered"), json!("unconfirmed")));
}

#[actix_web::test]
async fn reading_the_followers_finds_those_whose_pushes_were_lost() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.token("ding").await;
    t.sim.handle.set_push_habits(PushHabits {
        lost: 1.0,
        ..habits()
    });
    t.sim.handle.follow(&official_account(0), "ding");
    t.sim.handle.unfollow(&official_account(0), "chen");
    t.pass_minutes(1);

    let account = t.app.wechat_apps.get(&official_account(0)).unwrap();
    let found = resync(&t.app, account).await.unwrap();
    assert_eq!(
        (found.followers, found.new, found.left, found.linked),
        (3, 1, 1, 1)
    );
    let again = resync(&t.app, account).await.unwrap();
    assert_eq!(
        (again.followers, again.new, again.left, again.linked),
        (3, 0, 0, 0)
    );

    let ding = t.sim.handle.openid(&official_account(0), "ding");
    let row = identity::Entity::of(t.committee)
        .filter(identity::Column::Openid.eq(ding))
        .one(t.app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.member_id, Some(t.members["ding"]));
    assert_eq!(
        following(&t, &t.sim.handle.openid(&official_account(0), "chen")).await,
        Some(false)
    );
}

#[actix_web::test]
async fn the_followers_of_every_account_are_read_each_night() {
    let t = TestApp::start().await;
    let waiting = async || {
        let jobs = job::Entity::of(t.committee)
            .filter(job::Column::Kind.eq("follower.resync"))
            .filter(job::Column::State.eq("ready"));
        jobs.count(t.app.db.read()).await.unwrap()
    };
    ensure_scheduled(&t.app).await.unwrap();
    ensure_scheduled(&t.app).await.unwrap();
    assert_eq!(waiting().await, 3);

    t.set("2026-09-15T03:00:00+08:00");
    assert!(t.run_jobs().await >= 3);

    assert_eq!(waiting().await, 3);
    let calls = t.sim.handle.calls();
    let read: BTreeSet<_> = calls
        .iter()
        .filter(|call| call.path == "cgi-bin/user/get")
        .map(|call| &call.app_id)
        .collect();
    assert_eq!(read.len(), 3);
}
